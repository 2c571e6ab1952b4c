/* strata merge: an archive and its companions from journals, of one directory or more. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "cli/companion.h"
#include "cli/merge.h"
#include "cli/options.h"
#include "cli/rundir.h"
#include "cli/signals.h"
#include "cli/source.h"
#include "sweep/kept_network.h"

enum { OPT_OUTPUT, OPT_LOCK };

static const struct option_row rows[] = {
    [OPT_OUTPUT] = {"output", 'o', "OUT", "unite the directories in OUT", false},
    [OPT_LOCK] = {"lock", 0, "none", "do without the directory's lock", false},
    {NULL, 0, NULL, NULL, false}};

struct merge {
    const char *output;
    struct source *sources;
    int n_sources;
    struct study study;
    bool has_study;
    struct rundir dir;
};

/* ---- what is to be merged ---- */

static bool is_output(const struct merge *m, const char *path)
{
    struct stat a, b;
    return stat(m->output, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

static enum status open_one(struct merge *m, const char *path, struct error *err)
{
    struct source *source = &m->sources[m->n_sources];
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISDIR(info.st_mode))
        return error_set(err, STATUS_USAGE, "merge: %s: not a directory", path);
    if (!is_output(m, path) && rundir_is_locked(path))
        return error_set(err, STATUS_LOCKED, "%s: locked by a live run", path);
    if (source_open(source, path, err) != STATUS_OK)
        return err->status;
    m->n_sources++;
    if (source->archive && archive_is_newer(source->archive))
        return error_set(err, STATUS_VERSION,
                         "%s: has what this version does not know and would lose: it "
                         "takes a newer strata",
                         source->archive_path);
    if (!source->has_study)
        return error_set(err, STATUS_DATA, "%s: its study cannot be read", path);
    return STATUS_OK;
}

/* An output that is a run directory already is one of the sources. */
static enum status open_sources(struct merge *m, const struct args *args,
                                struct error *err)
{
    char study[IO_PATH_MAX];
    m->sources = memory_alloc((size_t)args->n_positional + 1, sizeof *m->sources, err);
    if (!m->sources || io_join(study, m->output, "study.yaml", err) != STATUS_OK)
        return err->status;
    if (io_exists(study))
        open_one(m, m->output, err);
    for (int i = 0; i < args->n_positional && err->status == STATUS_OK; i++)
        if (!is_output(m, args->positional[i]) || m->n_sources == 0)
            open_one(m, args->positional[i], err);
    return err->status;
}

static enum status unite_studies(struct merge *m, struct error *err)
{
    struct error difference = {0};
    m->has_study = study_copy(&m->study, &m->sources[0].study, err) == STATUS_OK;
    for (int i = 1; i < m->n_sources && err->status == STATUS_OK; i++)
        if (study_unite(&m->study, &m->sources[i].study, &difference) != STATUS_OK)
            error_set(err, difference.status, "%s and %s: %s", m->sources[0].path,
                      m->sources[i].path, difference.text);
    return err->status;
}

/* ---- the same cell must be the same everywhere ---- */

struct claim {
    struct held_cell cell; /* first: claims are ordered as held cells */
    int source;
};

static enum status collect_claims(struct merge *m, struct claim **claims, size_t *n,
                                  struct error *err)
{
    size_t capacity = 0;
    *claims = NULL;
    *n = 0;
    for (int i = 0; i < m->n_sources && err->status == STATUS_OK; i++) {
        struct held_cell *cells;
        size_t n_cells;
        if (source_list(&m->sources[i], &cells, &n_cells, err) == STATUS_OK)
            memory_grow(claims, &capacity, *n + n_cells, sizeof **claims, err);
        for (size_t k = 0; k < n_cells && err->status == STATUS_OK; k++)
            (*claims)[(*n)++] = (struct claim){cells[k], i};
        free(cells);
    }
    return err->status;
}

/* An archive's networks and node sets are compared by nobody: journals are the truth. */
static bool claims_equal(const struct merge *m, const struct claim *a,
                         const struct claim *b, struct error *err)
{
    const struct source *one = &m->sources[a->source], *two = &m->sources[b->source];
    if (!hash_equal(a->cell.content, b->cell.content))
        return false;
    return one->archive || two->archive ||
           rundir_kept_equal(&one->journals, &one->journals.entries[a->cell.at],
                             &two->journals, &two->journals.entries[b->cell.at], err);
}

static enum status check_conflicts(struct merge *m, struct error *err)
{
    struct claim *claims;
    size_t n;
    if (collect_claims(m, &claims, &n, err) == STATUS_OK && n > 0)
        qsort(claims, n, sizeof *claims, source_compare_cells);
    for (size_t i = 1; i < n && err->status == STATUS_OK; i++) {
        const struct claim *a = &claims[i - 1], *b = &claims[i];
        if (!hash_equal(a->cell.id, b->cell.id) || b->cell.failed ||
            claims_equal(m, a, b, err) || err->status != STATUS_OK)
            continue;
        char id[HASH_HEX + 1], places[2][IO_PATH_MAX];
        hash_format(a->cell.id, id);
        source_name_file(&m->sources[a->source], a->cell.at, places[0]);
        source_name_file(&m->sources[b->source], b->cell.at, places[1]);
        error_set(err, STATUS_DATA, "cell %s: %.400s and %.400s hold different results",
                  id, places[0], places[1]);
    }
    free(claims);
    return err->status;
}

/* ---- the products ---- */

/* What the journals of the directory came to. */
struct finished {
    struct journal_index journals;
    struct grid grid;
    size_t *cells;
    size_t n_cells;
    int n_classes;
};

static void finished_fini(struct finished *f)
{
    journal_index_fini(&f->journals);
    grid_fini(&f->grid);
    free(f->cells);
}

static enum status find_finished(const struct merge *m, struct finished *f,
                                 struct error *err)
{
    if (rundir_scan(&f->journals, m->output, err) != STATUS_OK ||
        grid_expand(&f->grid, &m->study, m->study.data.hash, err) != STATUS_OK ||
        rundir_mark_lacking(&f->journals, &m->study, &f->grid, err) != STATUS_OK)
        return err->status;
    f->cells = memory_alloc(f->grid.n_cells, sizeof *f->cells, err);
    if (!f->cells)
        return err->status;
    for (size_t i = 0; i < f->grid.n_cells; i++)
        if (journal_find(&f->journals, f->grid.cells[i].id))
            f->cells[f->n_cells++] = i;
    if (f->n_cells == 0)
        return error_set(err, STATUS_MISSING,
                         "%s: its journals hold no finished cell of the study",
                         m->output);
    return STATUS_OK;
}

static const struct journal_entry *entry_of(const struct finished *f, size_t number)
{
    return journal_find(&f->journals, f->grid.cells[f->cells[number]].id);
}

/* The number of classes, which all records have in common. */
static enum status find_classes(struct finished *f, struct error *err)
{
    struct record record;
    if (rundir_read_cell(&f->journals, entry_of(f, 0), &f->grid, &record, err) !=
        STATUS_OK)
        return err->status;
    f->n_classes = record.shape.n_classes;
    record_fini(&record);
    return STATUS_OK;
}

static enum status add_cell(const struct merge *m, struct finished *f, size_t number,
                            struct publisher *publisher, struct error *err)
{
    const struct journal_entry *entry = entry_of(f, number);
    struct record record;
    if (rundir_read_cell(&f->journals, entry, &f->grid, &record, err) != STATUS_OK)
        return err->status;
    if (record.shape.n_classes != f->n_classes ||
        record.shape.n_snapshots != m->study.n_snapshots ||
        record.shape.n_layers != *record_int(&record, FIELD_DEPTH) + 1)
        error_set(err, STATUS_DATA, "%s/%s: a record is not of the cell it stands for",
                  f->journals.dir, f->journals.files[entry->file].name);
    else
        publisher_add(publisher, &record, err);
    record_fini(&record);
    return err->status;
}

static struct publication publication_of(const struct merge *m, const struct finished *f)
{
    return (struct publication){.dir = m->output,
                                .study = &m->study,
                                .grid = &f->grid,
                                .cells = f->cells,
                                .n_cells = f->n_cells,
                                .n_classes = f->n_classes,
                                .journals = &f->journals};
}

static enum status write_archive(const struct merge *m, struct finished *f,
                                 struct error *err)
{
    struct publisher *publisher = NULL;
    if (find_classes(f, err) != STATUS_OK)
        return err->status;
    struct publication what = publication_of(m, f);
    publisher_create(&publisher, &what, err);
    for (size_t i = 0; i < f->n_cells && err->status == STATUS_OK; i++)
        add_cell(m, f, i, publisher, err);
    if (err->status == STATUS_OK)
        publisher_finish(publisher, err);
    publisher_destroy(publisher);
    return err->status;
}

static enum status add_kept(const struct finished *f, const struct companion *companion,
                            const struct publication *what, const int32_t *counts,
                            void *writer, struct error *err)
{
    for (size_t i = 0; i < f->n_cells && err->status == STATUS_OK; i++) {
        size_t cell = f->cells[i];
        const struct journal_entry *result = entry_of(f, i);
        if (counts[cell] > 0 && companion->add_cell)
            companion->add_cell(writer, what, cell, err);
        for (int k = 0; k < counts[cell] && err->status == STATUS_OK; k++) {
            const struct journal_entry *entry = journal_find_kept(&f->journals, result,
                                                                  companion->type, k);
            void *payload;
            if (companion_read(companion, what, cell, &f->journals, entry, &payload,
                               err) == STATUS_OK)
                companion->add(writer, what, cell, payload, entry->length, err);
            free(payload);
        }
    }
    return err->status;
}

static enum status write_companion(const struct finished *f,
                                   const struct companion *companion,
                                   const struct publication *what, struct error *err)
{
    void *writer = NULL;
    int32_t *counts = memory_alloc(f->grid.n_cells, sizeof *counts, err);
    if (counts) {
        for (size_t i = 0; i < f->n_cells; i++)
            counts[f->cells[i]] = journal_count_kept(&f->journals, entry_of(f, i),
                                                     companion->type);
        companion->create(&writer, what, counts, err);
    }
    if (writer && add_kept(f, companion, what, counts, writer, err) == STATUS_OK) {
        companion->publish(writer, err);
        writer = NULL;
    }
    companion->discard(writer);
    free(counts);
    return err->status;
}

/* Labels that cells were trained with are made from the data, which must be there where a
 * companion has them. */
static enum status write_companions(const struct merge *m, const struct finished *f,
                                    struct error *err)
{
    for (int c = 0; c < COMPANIONS && err->status == STATUS_OK; c++) {
        struct session session = {.study = {.n_blocks = 0}};
        struct publication what = publication_of(m, f);
        if (kept_planned(&m->study, companions[c]->type) == 0)
            continue;
        if (companions[c]->needs_data) {
            what.session = &session;
            if (study_copy(&session.study, &m->study, err) == STATUS_OK)
                session_prepare(&session, NULL, err);
        }
        if (err->status == STATUS_OK)
            write_companion(f, companions[c], &what, err);
        session_fini(&session);
    }
    return err->status;
}

static void tell(const struct merge *m, const struct finished *f)
{
    fprintf(stderr, "strata: %s/archive.nc: %zu of %zu cells, from %zu journal%s\n",
            m->output, f->n_cells, f->grid.n_cells, f->journals.n_files,
            f->journals.n_files == 1 ? "" : "s");
    if (f->journals.damaged_files > 0)
        fprintf(stderr, "strata: skipped damaged or torn journal records: %s\n",
                f->journals.first_damage);
    rundir_warn_lacking(&f->journals);
    rundir_warn_others(&f->journals, &f->grid);
}

static enum status publish(const struct merge *m, struct error *err)
{
    struct finished f = {.n_cells = 0};
    if (find_finished(m, &f, err) == STATUS_OK &&
        write_archive(m, &f, err) == STATUS_OK &&
        write_companions(m, &f, err) == STATUS_OK)
        tell(m, &f);
    finished_fini(&f);
    return err->status;
}

/* ---- the command ---- */

static enum status fill_directory(struct merge *m, struct error *err)
{
    for (int i = 0; i < m->n_sources && err->status == STATUS_OK; i++)
        if (!m->sources[i].archive && !is_output(m, m->sources[i].path))
            merge_copy_journals(&m->sources[i], &m->dir, err);
    for (int i = 0; i < m->n_sources && err->status == STATUS_OK; i++)
        if (m->sources[i].archive)
            merge_import_archive(&m->sources[i], &m->dir, err);
    return err->status;
}

static enum status check_arguments(const struct args *args, struct error *err)
{
    const char *lock = args->value[OPT_LOCK];
    if (lock && strcmp(lock, "none") != 0)
        return error_set(err, STATUS_USAGE, "--lock %s: only 'none' is known", lock);
    if (!args->value[OPT_OUTPUT] && args->n_positional > 1)
        return error_set(err, STATUS_USAGE,
                         "merge: several directories need -o OUT to be united in");
    return STATUS_OK;
}

static enum status run(const struct args *args, struct dist *dist, struct error *err)
{
    (void)dist;
    struct merge m = {.dir = {.lock = -1}};
    if (check_arguments(args, err) != STATUS_OK)
        return err->status;
    signals_report_size_limit();
    m.output = args->value[OPT_OUTPUT] ? args->value[OPT_OUTPUT] : args->positional[0];
    if (open_sources(&m, args, err) == STATUS_OK && unite_studies(&m, err) == STATUS_OK &&
        check_conflicts(&m, err) == STATUS_OK &&
        rundir_open(&m.dir, m.output, &m.study, !args->value[OPT_LOCK], err) ==
            STATUS_OK &&
        fill_directory(&m, err) == STATUS_OK)
        publish(&m, err);
    for (int i = 0; i < m.n_sources; i++)
        source_close(&m.sources[i]);
    free(m.sources);
    if (m.has_study)
        study_fini(&m.study);
    rundir_close(&m.dir);
    return err->status;
}

const struct command cmd_merge = {
    .name = "merge",
    .operands = "[-o OUT] DIR...",
    .summary = "make the archive from journals, of one directory or several",
    .details =
        "Writes DIR/archive.nc, and networks.nc and nodes.nc where the study keeps\n"
        "them, from DIR's journals, as the end of a sweep does: the same bytes. With "
        "-o,\n"
        "unites run directories in OUT, a run directory with all their journals: shards\n"
        "of a study, or grids of one study that differ in their axes. A directory\n"
        "without journals gives the cells of its archive.nc. A cell of which two places\n"
        "hold different results is an error.",
    .min_operands = 1,
    .max_operands = POSITIONALS_MAX,
    .options = rows,
    .run = run,
};
