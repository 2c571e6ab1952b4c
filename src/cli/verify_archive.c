#include <stdlib.h>
#include <string.h>

#include "archive/networks.h"
#include "base/memory.h"
#include "cli/rundir.h"
#include "cli/verify.h"
#include "sweep/kept_network.h"

/* ---- archive.nc ---- */

/* What an archive has that its cells do not cover. */
static void compare_header(struct verify *v, struct archive *archive, const char *path,
                           bool has_study, const struct study *study)
{
    char hash[HASH_HEX + 1];
    if (!has_study) {
        findings_add(&v->findings, FINDING_DAMAGE, "%s: its study cannot be read", path);
        return;
    }
    hash_format(study->data.hash, hash);
    if (strcmp(archive_attribute(archive, "title"), study->name) != 0 ||
        strcmp(archive_attribute(archive, "data_hash"), hash) != 0)
        findings_add(&v->findings, FINDING_DAMAGE,
                     "%s: title or data hash are not those of its study", path);
    struct text ours = {0};
    if (v->has_study)
        study_format(&v->study, &ours);
    if (v->has_study &&
        strcmp(text_string(&ours), archive_attribute(archive, "study")) != 0)
        findings_add(&v->findings, FINDING_NOTE, "%s: of another grid than study.yaml",
                     path);
    text_free(&ours);
}

/* A cell of the archive against the archive's own study. */
static enum status check_identity(struct verify *v, struct source *s,
                                  const struct held_cell *cell, struct error *err)
{
    struct record record;
    if (source_read(s, cell->at, &record, err) != STATUS_OK)
        return err->status;
    size_t number = grid_find(&s->grid, cell->id);
    if (number == s->grid.n_cells || !rundir_is_record_of(&record, cell->id, &s->grid))
        findings_add(&v->findings, FINDING_DAMAGE,
                     "%s: cell %.32s is not the cell of its study that it stands for",
                     s->archive_path, record_text(&record, FIELD_CELL_ID));
    record_fini(&record);
    return STATUS_OK;
}

static void check_against_journals(struct verify *v, const struct source *s,
                                   const struct held_cell *cell)
{
    const struct held_cell *journalled = source_find(v->cells, v->n_cells, cell->id);
    char id[HASH_HEX + 1];
    hash_format(cell->id, id);
    if (!journalled)
        findings_add(&v->findings, FINDING_DAMAGE, "%s: cell %s is in no journal",
                     s->archive_path, id);
    else if (!hash_equal(journalled->content, cell->content) &&
             !(cell->failed && !journalled->failed))
        findings_add(&v->findings, FINDING_DAMAGE,
                     "%s: cell %s is not as its journal has it", s->archive_path, id);
}

static size_t count_newer(const struct verify *v, const struct source *s,
                          const struct held_cell *cells, size_t n)
{
    size_t newer = 0;
    for (size_t i = 0; i < v->n_cells; i++) {
        bool known = grid_find(&s->grid, v->cells[i].id) < s->grid.n_cells;
        bool again = i > 0 && hash_equal(v->cells[i].id, v->cells[i - 1].id);
        newer += known && !again && !source_find(cells, n, v->cells[i].id);
    }
    return newer;
}

static enum status check_cells(struct verify *v, struct source *s, struct error *err)
{
    struct held_cell *cells;
    size_t n, newer;
    if (source_list(s, &cells, &n, err) != STATUS_OK)
        return err->status;
    for (size_t i = 0; i < n && err->status == STATUS_OK; i++) {
        char id[HASH_HEX + 1];
        hash_format(cells[i].id, id);
        if (i > 0 && hash_equal(cells[i].id, cells[i - 1].id))
            findings_add(&v->findings, FINDING_DAMAGE, "%s: cell %s is there twice",
                         s->archive_path, id);
        if (s->has_study)
            check_identity(v, s, &cells[i], err);
        if (v->journals.n_files > 0)
            check_against_journals(v, s, &cells[i]);
    }
    if (err->status == STATUS_OK && (newer = count_newer(v, s, cells, n)) > 0)
        findings_add(&v->findings, FINDING_NOTE,
                     "%s: lacks %zu cells that are finished since; `strata merge` makes "
                     "it anew",
                     s->archive_path, newer);
    free(cells);
    return err->status;
}

enum status verify_archive(struct verify *v, const char *path, struct error *err)
{
    struct source source;
    struct hash128 content;
    char hash[HASH_HEX + 1];
    if (archive_check(path, &content, err) != STATUS_OK ||
        source_open(&source, path, err) != STATUS_OK) {
        verify_absorb(v, err);
        return err->status;
    }
    hash_format(content, hash);
    findings_add(&v->findings, FINDING_SOUND,
                 "%s: checksums of all chunks; %lld cells, content hash %s", path,
                 (long long)archive_n_cells(source.archive), hash);
    compare_header(v, source.archive, path, source.has_study, &source.study);
    check_cells(v, &source, err);
    source_close(&source);
    verify_absorb(v, err);
    return err->status;
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

static enum status find_in_journals(struct verify *v, const char *path,
                                    const struct network_entry *entry, struct error *err)
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
                     "%s: network %s of cell %s is in no journal", path, entry->label,
                     entry->cell_id);
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

enum status verify_networks(struct verify *v, const char *path, struct error *err)
{
    struct networks *networks;
    if (networks_check(path, NULL, err) != STATUS_OK ||
        networks_open(&networks, path, err) != STATUS_OK) {
        verify_absorb(v, err);
        return err->status;
    }
    int64_t n = networks_count(networks);
    findings_add(&v->findings, FINDING_SOUND,
                 "%s: checksums of all chunks; %lld networks of %lld cells", path,
                 (long long)n, (long long)networks_count_cells(networks));
    for (int64_t i = 0; i < n && v->journals.n_files > 0 && err->status == STATUS_OK;
         i++) {
        struct network_entry entry;
        if (networks_read(networks, i, &entry, err) == STATUS_OK)
            find_in_journals(v, path, &entry, err);
    }
    if (v->journals.n_files > 0 && count_journalled(v) > n)
        findings_add(&v->findings, FINDING_NOTE,
                     "%s: lacks %lld networks that the journals hold; `strata merge` "
                     "makes it anew",
                     path, (long long)(count_journalled(v) - n));
    networks_close(networks);
    verify_absorb(v, err);
    return err->status;
}
