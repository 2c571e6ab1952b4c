/* verify_agreement: archive.nc and networks.nc against the journals. */
#include <stdlib.h>
#include <string.h>

#include "cli/rundir.h"
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
        newer += known && !again &&
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

/* ---- networks.nc ---- */

/* Whether the payload of a NETWORK record is that network. */
static bool is_network(const void *payload, size_t length,
                       const struct network_entry *entry)
{
    struct kept_view view;
    struct error malformed = {0};
    return kept_network_view(&view, payload, length, &malformed) == STATUS_OK &&
           strcmp(view.label, entry->label) == 0 && view.step == entry->step &&
           view.n_parameters == (size_t)entry->n_parameters &&
           memcmp(view.parameters, entry->parameters,
                  view.n_parameters * sizeof *view.parameters) == 0;
}

static enum status find_in_journals(struct verify *v, const struct network_entry *entry,
                                    struct error *err)
{
    const struct journal_index *journals = &v->journals;
    const struct journal_entry *result = NULL, *network;
    struct hash128 id;
    bool found = false;
    if (hash_parse(entry->cell_id, &id))
        result = journal_find(journals, id);
    for (int i = 0; result && !found && err->status == STATUS_OK &&
                    (network = journal_find_network(journals, result, i));
         i++) {
        void *payload;
        if (journal_read(journals, network, &payload, err) == STATUS_OK)
            found = is_network(payload, network->length, entry);
        free(payload);
    }
    if (!found && err->status == STATUS_OK)
        findings_add(&v->findings, FINDING_DAMAGE,
                     "%s: network %s of cell %s is in no journal", v->networks_path,
                     entry->label, entry->cell_id);
    return err->status;
}

/* Networks of all finished cells of the grid, as the journals have them. */
static int64_t count_journalled(const struct verify *v)
{
    int64_t n = 0;
    for (size_t i = 0; i < v->grid.n_cells; i++) {
        const struct journal_entry *entry = journal_find(&v->journals,
                                                         v->grid.cells[i].id);
        n += entry ? rundir_count_networks(&v->journals, entry) : 0;
    }
    return n;
}

static enum status compare_networks(struct verify *v, struct error *err)
{
    int64_t n = networks_count(v->networks), journalled = count_journalled(v);
    for (int64_t i = 0; i < n && err->status == STATUS_OK; i++) {
        struct network_entry entry;
        if (networks_read(v->networks, i, &entry, err) == STATUS_OK)
            find_in_journals(v, &entry, err);
    }
    if (err->status == STATUS_OK && journalled > n)
        findings_add(&v->findings, FINDING_NOTE,
                     "%s: lacks %lld networks that the journals hold; `strata merge` "
                     "makes it anew",
                     v->networks_path, (long long)(journalled - n));
    return err->status;
}

enum status verify_agreement(struct verify *v, struct error *err)
{
    if (v->journals.n_files == 0)
        return STATUS_OK;
    if (v->archived)
        compare_archive(v);
    if (v->networks)
        compare_networks(v, err);
    verify_absorb(v, err);
    return err->status;
}
