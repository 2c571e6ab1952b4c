/* verify_agreement: archive.nc, networks.nc and nodes.nc against the journals. */
#include <stdlib.h>
#include <string.h>

#include "cli/companion.h"
#include "cli/verify.h"
#include "sweep/kept_network.h"

/* ---- archive.nc ---- */

static void compare_cell(struct verify *v, const struct held_cell *cell)
{
    const struct held_cell *journalled = source_find(v->cells, v->n_cells, cell->id);
    char id[HASH_HEX + 1];
    hash_format(cell->id, id);
    if (!journalled)
        findings_add(&v->findings, FINDING_DAMAGE, "%s: cell %s is in no journal",
                     v->archive.archive_path, id);
    else if (!hash_equal(journalled->content, cell->content) &&
             !(cell->failed && !journalled->failed))
        findings_add(&v->findings, FINDING_DAMAGE,
                     "%s: cell %s is not as its journal has it", v->archive.archive_path,
                     id);
}

/* Cells of the archive's own grid that it lacks. */
static size_t count_newer(const struct verify *v)
{
    const struct grid *grid = &v->archive.grid;
    size_t newer = 0;
    for (size_t i = 0; i < v->n_cells; i++) {
        bool known = grid_find(grid, v->cells[i].id) < grid->n_cells;
        bool again = i > 0 && hash_equal(v->cells[i].id, v->cells[i - 1].id);
        newer += known && !again && journal_find(&v->journals, v->cells[i].id) &&
                 !source_find(v->archived, v->n_archived, v->cells[i].id);
    }
    return newer;
}

static void compare_archive(struct verify *v)
{
    for (size_t i = 0; i < v->n_archived; i++)
        compare_cell(v, &v->archived[i]);
    size_t newer = count_newer(v);
    if (newer > 0)
        findings_add(&v->findings, FINDING_NOTE,
                     "%s: lacks %zu cells that are finished since; `strata merge` makes "
                     "it anew",
                     v->archive.archive_path, newer);
}

/* ---- networks.nc and nodes.nc ---- */

/* One of what a file holds, as a journal has it. */
struct kept {
    const char *path, *cell_id, *label;
    const struct companion *companion;
    struct bytes payload;
};

/* Whether a result of the cell has it. */
static bool is_kept_with(const struct verify *v, const struct journal_entry *result,
                         const struct kept *kept, struct error *err)
{
    const struct journal_index *journals = &v->journals;
    const struct journal_entry *entry;
    bool found = false;
    for (int i = 0;
         !found && err->status == STATUS_OK &&
         (entry = journal_find_kept(journals, result, kept->companion->type, i));
         i++) {
        void *payload;
        if (journal_read(journals, entry, &payload, err) == STATUS_OK)
            found = entry->length == kept->payload.length &&
                    memcmp(payload, kept->payload.data, entry->length) == 0;
        free(payload);
    }
    return found;
}

static enum status find_in_journals(struct verify *v, const struct kept *kept,
                                    struct error *err)
{
    const struct held_cell *cell = NULL, *end = v->cells + v->n_cells;
    struct hash128 id;
    bool found = false;
    if (kept->payload.failed)
        return error_set(err, STATUS_MEMORY, "%s: no memory for a %s", kept->path,
                         kept->companion->noun);
    if (hash_parse(kept->cell_id, &id))
        cell = source_find(v->cells, v->n_cells, id);
    for (; cell && cell < end && hash_equal(cell->id, id) && !found; cell++)
        found = is_kept_with(v, &v->journals.entries[cell->at], kept, err);
    if (!found && err->status == STATUS_OK)
        findings_add(&v->findings, FINDING_DAMAGE,
                     "%s: %s %s of cell %s is in no journal", kept->path,
                     kept->companion->noun, kept->label, kept->cell_id);
    return err->status;
}

/* What all finished cells of the grid kept, as the journals have it. */
static int64_t count_journalled(const struct verify *v, enum journal_type type)
{
    int64_t n = 0;
    for (size_t i = 0; i < v->grid.n_cells; i++) {
        const struct journal_entry *entry = journal_find(&v->journals,
                                                         v->grid.cells[i].id);
        n += entry ? journal_count_kept(&v->journals, entry, type) : 0;
    }
    return n;
}

/* What a file holds: n, of which n_known are of cells of the grid. */
static void tell_others(struct verify *v, const char *path, int64_t n, int64_t n_known,
                        const struct companion *companion)
{
    int64_t newer = count_journalled(v, companion->type) - n_known;
    if (newer > 0)
        findings_add(&v->findings, FINDING_NOTE,
                     "%s: lacks %lld %ss that the journals hold; `strata merge` makes it "
                     "anew",
                     path, (long long)newer, companion->noun);
    if (n > n_known)
        findings_add(&v->findings, FINDING_NOTE,
                     "%s: %lld of its %lld %ss are of cells that study.yaml lacks", path,
                     (long long)(n - n_known), (long long)n, companion->noun);
}

/* A file that is not there beside an archive. */
static enum status tell_missing(struct verify *v, const char *dir,
                                const struct companion *companion, struct error *err)
{
    char path[IO_PATH_MAX];
    int64_t n = count_journalled(v, companion->type);
    if (io_join(path, dir, companion->file, err) == STATUS_OK && n > 0 &&
        !io_exists(path))
        findings_add(&v->findings, FINDING_NOTE,
                     "%s: not there, though the journals hold %lld %ss; `strata merge` "
                     "makes it",
                     path, (long long)n, companion->noun);
    return err->status;
}

static bool is_known(const struct verify *v, const char *cell_id)
{
    struct hash128 id;
    return hash_parse(cell_id, &id) && grid_find(&v->grid, id) < v->grid.n_cells;
}

static enum status compare_networks(struct verify *v, struct error *err)
{
    int64_t n = networks_count(v->networks), n_known = 0;
    for (int64_t i = 0; i < n && err->status == STATUS_OK; i++) {
        struct network_entry entry;
        if (networks_read(v->networks, i, &entry, err) != STATUS_OK)
            break;
        struct kept kept = {.path = v->networks_path,
                            .cell_id = entry.cell_id,
                            .label = entry.label,
                            .companion = &companion_networks};
        struct kept_network network = {
            .step = entry.step, .parameters = (float *)(uintptr_t)entry.parameters};
        kept_network_pack(&network, entry.label, (size_t)entry.n_parameters,
                          &kept.payload);
        n_known += is_known(v, kept.cell_id);
        find_in_journals(v, &kept, err);
        bytes_free(&kept.payload);
    }
    if (err->status == STATUS_OK)
        tell_others(v, v->networks_path, n, n_known, &companion_networks);
    return err->status;
}

static enum status compare_nodes(struct verify *v, struct error *err)
{
    int64_t n = nodes_count(v->nodes), n_known = 0;
    for (int64_t i = 0; i < n && err->status == STATUS_OK; i++) {
        struct node_set set;
        if (nodes_read(v->nodes, i, &set, err) != STATUS_OK)
            break;
        struct kept kept = {.path = v->nodes_path,
                            .cell_id = nodes_cell_id(v->nodes, i),
                            .label = set.label,
                            .companion = &companion_nodes};
        node_set_pack(&set, &kept.payload);
        n_known += is_known(v, kept.cell_id);
        find_in_journals(v, &kept, err);
        bytes_free(&kept.payload);
        node_set_fini(&set);
    }
    if (err->status == STATUS_OK)
        tell_others(v, v->nodes_path, n, n_known, &companion_nodes);
    return err->status;
}

enum status verify_agreement(struct verify *v, const char *dir, struct error *err)
{
    if (v->journals.n_files == 0)
        return STATUS_OK;
    if (v->archived)
        compare_archive(v);
    if (v->networks)
        compare_networks(v, err);
    if (v->nodes && err->status == STATUS_OK)
        compare_nodes(v, err);
    for (int c = 0; c < COMPANIONS && v->archived && err->status == STATUS_OK; c++)
        tell_missing(v, dir, companions[c], err);
    verify_absorb(v, err);
    return err->status;
}
