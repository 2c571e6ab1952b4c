#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/cells/cells.h"
#include "analysis/cells/select.h"
#include "base/memory.h"
#include "cli/rundir.h"
#include "cli/verify.h"

/* What an archive has that its cells do not cover. */
static void check_header(struct verify *v, const char *path)
{
    struct archive *archive = v->archive.archive;
    const struct study *study = &v->archive.study;
    char hash[HASH_HEX + 1];
    if (!v->archive.has_study) {
        findings_add(&v->findings, FINDING_DAMAGE, "%s: its study cannot be read", path);
        return;
    }
    hash_format(study->data.hash, hash);
    if (strcmp(archive_attribute(archive, "title"), study->name) != 0 ||
        strcmp(archive_attribute(archive, "data_hash"), hash) != 0)
        findings_add(&v->findings, FINDING_DAMAGE,
                     "%s: title or data hash are not those of its study", path);
    /* Both by this program: one of an earlier version lacks later options. */
    struct text ours = {0}, its = {0};
    if (v->has_study) {
        study_format(&v->study, &ours);
        study_format(study, &its);
    }
    if (v->has_study && strcmp(text_string(&ours), text_string(&its)) != 0)
        findings_add(&v->findings, FINDING_NOTE, "%s: of another grid than study.yaml",
                     path);
    text_free(&ours);
    text_free(&its);
}

/* A cell of the archive against the archive's own study. */
static enum status check_identity(struct verify *v, const struct held_cell *cell,
                                  struct error *err)
{
    struct source *s = &v->archive;
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

static void check_duplicates(struct verify *v)
{
    for (size_t i = 1; i < v->n_archived; i++) {
        char id[HASH_HEX + 1];
        hash_format(v->archived[i].id, id);
        if (hash_equal(v->archived[i].id, v->archived[i - 1].id))
            findings_add(&v->findings, FINDING_DAMAGE, "%s: cell %s is there twice",
                         v->archive.archive_path, id);
    }
}

static enum status check_identities(struct verify *v, struct error *err)
{
    struct held_cell *ordered = memory_alloc(v->n_archived, sizeof *ordered, err);
    if (!ordered)
        return err->status;
    memcpy(ordered, v->archived, v->n_archived * sizeof *ordered);
    qsort(ordered, v->n_archived, sizeof *ordered, source_compare_places);
    for (size_t i = 0; i < v->n_archived && err->status == STATUS_OK; i++)
        check_identity(v, &ordered[i], err);
    free(ordered);
    return err->status;
}

/* --- What the study selects -------------------------------------------------------- */

struct selection_check {
    struct verify *verify;
    int snapshot;
    size_t n;
    double *options;         /* [n_archived][OPTION_COUNT] */
    double *errors, *stored; /* [n_archived] */
};

static enum status note_cell(void *context, const struct record *record,
                             struct error *err)
{
    struct selection_check *c = context;
    cells_options(record, c->options + c->n * OPTION_COUNT);
    c->errors[c->n] = select_error(record, c->snapshot);
    c->stored[c->n++] = *record_int(record, FIELD_SELECTED);
    return err->status;
}

/* Makes the choice again of the cells' validation errors. */
static enum status compare_selected(struct selection_check *c, struct error *err)
{
    struct verify *v = c->verify;
    bool *kept = memory_alloc(c->n, sizeof *kept, err);
    size_t n_wrong = 0, first = 0;
    if (!kept)
        return err->status;
    memset(kept, true, c->n * sizeof *kept);
    select_best(c->options, c->errors, c->n, v->archive.study.select, kept, err);
    for (size_t i = c->n; i-- > 0;)
        if (c->stored[i] != (kept[i] ? SELECTED_YES : SELECTED_NO)) {
            n_wrong++;
            first = i;
        }
    if (n_wrong > 0 && err->status == STATUS_OK)
        findings_add(&v->findings, FINDING_DAMAGE,
                     "%s: selected of %zu cells, from cell %zu on, is not what their "
                     "validation errors say",
                     v->archive.archive_path, n_wrong, first);
    free(kept);
    return err->status;
}

static enum status check_selection(struct verify *v, struct error *err)
{
    struct archive *archive = v->archive.archive;
    const struct study *study = &v->archive.study;
    bool over[OPTION_COUNT];
    archive_selects(archive, over);
    if (memcmp(over, study->select, sizeof over) != 0)
        findings_add(&v->findings, FINDING_DAMAGE,
                     "%s: selects over other options than its study",
                     v->archive.archive_path);
    else if (study_selects(study)) {
        struct selection_check c = {.verify = v};
        c.options = memory_alloc(v->n_archived * OPTION_COUNT, sizeof *c.options, err);
        c.errors = memory_alloc(v->n_archived, sizeof *c.errors, err);
        c.stored = memory_alloc(v->n_archived, sizeof *c.stored, err);
        if (err->status == STATUS_OK &&
            cells_find_snapshot(archive, NULL, &c.snapshot, err) == STATUS_OK &&
            cells_visit(archive, NULL, note_cell, &c, err) == STATUS_OK)
            compare_selected(&c, err);
        free(c.options);
        free(c.errors);
        free(c.stored);
    }
    return err->status;
}

enum status verify_archive(struct verify *v, const char *path, struct error *err)
{
    struct hash128 content;
    char hash[HASH_HEX + 1];
    if (archive_check(path, &content, err) == STATUS_OK &&
        source_open(&v->archive, path, err) == STATUS_OK &&
        source_list(&v->archive, &v->archived, &v->n_archived, err) == STATUS_OK) {
        hash_format(content, hash);
        findings_add(&v->findings, FINDING_SOUND,
                     "%s: checksums of all chunks; %zu cells, content hash %s", path,
                     v->n_archived, hash);
        check_header(v, path);
        check_duplicates(v);
        if (v->archive.has_study && check_identities(v, err) == STATUS_OK)
            check_selection(v, err);
    }
    verify_absorb(v, err);
    return err->status;
}

enum status verify_networks(struct verify *v, const char *path, struct error *err)
{
    if (networks_check(path, NULL, err) == STATUS_OK &&
        networks_open(&v->networks, path, err) == STATUS_OK) {
        snprintf(v->networks_path, sizeof v->networks_path, "%s", path);
        findings_add(&v->findings, FINDING_SOUND,
                     "%s: checksums of all chunks; %lld networks of %lld cells", path,
                     (long long)networks_count(v->networks),
                     (long long)networks_count_cells(v->networks));
    }
    verify_absorb(v, err);
    return err->status;
}

enum status verify_nodes(struct verify *v, const char *path, struct error *err)
{
    if (nodes_check(path, NULL, err) == STATUS_OK &&
        nodes_open(&v->nodes, path, err) == STATUS_OK) {
        snprintf(v->nodes_path, sizeof v->nodes_path, "%s", path);
        findings_add(&v->findings, FINDING_SOUND,
                     "%s: checksums of all chunks; %lld nodes of %lld networks", path,
                     (long long)nodes_count_records(v->nodes),
                     (long long)nodes_count(v->nodes));
    }
    verify_absorb(v, err);
    return err->status;
}
