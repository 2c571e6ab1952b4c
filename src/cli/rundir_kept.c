/* What results of a run directory kept beside their records. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/rundir.h"
#include "sweep/kept_network.h"

/* What a cell keeps beside its record. */
static const enum journal_type kept_types[] = {JOURNAL_NETWORK, JOURNAL_NODES};
enum { KEPT_TYPES = sizeof kept_types / sizeof *kept_types };

/* Whether an entry has all that its cell kept, as many as the record says that it
 * reached. What cannot be read is for others to refuse. */
static bool has_kept(const struct journal_index *index, const struct journal_entry *entry,
                     const struct study *study, const struct grid *grid,
                     struct error *err)
{
    struct record record;
    bool all = true;
    for (int i = 0; i < KEPT_TYPES; i++)
        all = all && journal_count_kept(index, entry, kept_types[i]) >=
                         kept_planned(study, kept_types[i]);
    if (all)
        return true;
    struct error found = {0};
    if (rundir_read_cell(index, entry, grid, &record, &found) != STATUS_OK) {
        if (found.status != STATUS_DATA)
            *err = found;
        return true;
    }
    all = true;
    for (int i = 0; i < KEPT_TYPES; i++)
        all = all && journal_count_kept(index, entry, kept_types[i]) >=
                         kept_count(study, &record, kept_types[i]);
    record_fini(&record);
    return all;
}

enum status rundir_mark_lacking(struct journal_index *index, const struct study *study,
                                const struct grid *grid, struct error *err)
{
    for (size_t i = 0; i < index->n_entries && err->status == STATUS_OK; i++) {
        struct journal_entry *entry = &index->entries[i];
        if (entry->type == JOURNAL_RESULT && grid_find(grid, entry->id) < grid->n_cells)
            entry->lacking = !has_kept(index, entry, study, grid, err);
    }
    return err->status;
}

static bool payload_equal(const struct journal_index *index,
                          const struct journal_entry *entry,
                          const struct journal_index *other_index,
                          const struct journal_entry *other, struct error *err)
{
    void *one = NULL, *two = NULL;
    bool equal = false;
    if (entry->length == other->length &&
        journal_read(index, entry, &one, err) == STATUS_OK &&
        journal_read(other_index, other, &two, err) == STATUS_OK)
        equal = memcmp(one, two, entry->length) == 0;
    free(one);
    free(two);
    return equal;
}

bool rundir_kept_equal(const struct journal_index *index,
                       const struct journal_entry *entry,
                       const struct journal_index *other_index,
                       const struct journal_entry *other, struct error *err)
{
    if (entry->lacking || other->lacking)
        return true;
    for (int t = 0; t < KEPT_TYPES; t++)
        for (int i = 0;; i++) {
            const struct journal_entry *one = journal_find_kept(index, entry,
                                                                kept_types[t], i);
            const struct journal_entry *two = journal_find_kept(other_index, other,
                                                                kept_types[t], i);
            if (!one || !two)
                break;
            if (!payload_equal(index, one, other_index, two, err))
                return false;
        }
    return true;
}

void rundir_warn_lacking(const struct journal_index *index)
{
    size_t n = 0;
    const struct journal_entry *last = NULL;
    for (size_t i = 0; i < index->n_entries; i++) {
        const struct journal_entry *entry = &index->entries[index->by_id[i]];
        if (!entry->lacking || (last && hash_equal(last->id, entry->id)) ||
            journal_find(index, entry->id))
            continue;
        last = entry;
        n++;
    }
    if (n > 0)
        fprintf(stderr,
                "strata: %zu cell%s left again: kept networks or node sets are lost to "
                "damaged journal records, %s/%s\n",
                n, n == 1 ? " is" : "s are", index->dir, index->files[last->file].name);
}
