/* strata verify: whether what a run directory or an archive holds is what was computed.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/options.h"
#include "cli/rundir.h"
#include "cli/verify.h"

enum { OPT_RECOMPUTE, OPT_JSON };

static const struct option_row rows[] = {
    [OPT_RECOMPUTE] = {"recompute", 0, "K", "train K cells again and compare bits",
                       false},
    [OPT_JSON] = {"json", 0, NULL, "one JSON object", false},
    {NULL, 0, NULL, NULL, false}};

bool verify_absorb(struct verify *v, struct error *err)
{
    if (err->status == STATUS_DATA) {
        findings_add(&v->findings, FINDING_DAMAGE, "%s", err->text);
        *err = (struct error){0};
    }
    return err->status == STATUS_OK;
}

/* The study decides which cells there are: without it only bytes can be checked. */
static enum status read_study(struct verify *v, const char *dir, struct error *err)
{
    if (rundir_read_study(&v->study, dir, err) != STATUS_OK) {
        if (err->status == STATUS_STUDY)
            err->status = STATUS_DATA;
        verify_absorb(v, err);
        return err->status;
    }
    v->has_study = true;
    if (!v->study.data.has_hash)
        error_set(err, STATUS_DATA, "%s/study.yaml: has no data hash", dir);
    else if (grid_expand(&v->grid, &v->study, v->study.data.hash, err) == STATUS_OK)
        findings_add(&v->findings, FINDING_SOUND, "%s/study.yaml: study %s, %zu cells",
                     dir, v->study.name, v->grid.n_cells);
    verify_absorb(v, err);
    return err->status;
}

/* What is there by name, and not read as a file of that name. */
static void check_names(struct verify *v, const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        size_t length = strlen(entry->d_name);
        bool journal = length > 4 && strcmp(entry->d_name + length - 4, ".jrn") == 0;
        struct stat info;
        if (rundir_is_temporary(entry->d_name))
            findings_add(&v->findings, FINDING_NOTE,
                         "%s/%s: left by a process that was killed; the next run removes "
                         "it",
                         path, entry->d_name);
        else if (journal &&
                 fstatat(dirfd(folder), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
                 !S_ISREG(info.st_mode))
            findings_add(&v->findings, FINDING_DAMAGE, "%s/%s: not a regular file", path,
                         entry->d_name);
    }
    if (folder)
        closedir(folder);
}

typedef enum status product_fn(struct verify *verify, const char *path,
                               struct error *err);

static enum status check_product(struct verify *v, const char *dir, const char *name,
                                 product_fn *check, struct error *err)
{
    char path[IO_PATH_MAX];
    if (io_join(path, dir, name, err) == STATUS_OK && io_exists(path))
        check(v, path, err);
    return err->status;
}

static enum status check_directory(struct verify *v, const char *dir, struct error *err)
{
    char path[IO_PATH_MAX];
    bool archive_alone = io_join(path, dir, "study.yaml", err) == STATUS_OK &&
                         !io_exists(path) &&
                         io_join(path, dir, "archive.nc", err) == STATUS_OK &&
                         io_exists(path);
    if (rundir_is_locked(dir))
        findings_add(&v->findings, FINDING_NOTE, "%s: a run is at work", dir);
    if (archive_alone)
        findings_add(&v->findings, FINDING_NOTE, "%s: no run directory, an archive alone",
                     dir);
    else if (read_study(v, dir, err) != STATUS_OK)
        return err->status;
    if (check_product(v, dir, "archive.nc", verify_archive, err) != STATUS_OK ||
        check_product(v, dir, "networks.nc", verify_networks, err) != STATUS_OK ||
        check_product(v, dir, "nodes.nc", verify_nodes, err) != STATUS_OK ||
        verify_journals(v, dir, err) != STATUS_OK ||
        verify_agreement(v, dir, err) != STATUS_OK)
        return err->status;
    check_names(v, dir);
    if (io_join(path, dir, "journal", err) == STATUS_OK)
        check_names(v, path);
    return err->status;
}

/* What a file is goes by its name: "networks-old.nc" holds networks. */
static product_fn *find_product(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    if (strncmp(name, "networks", 8) == 0)
        return verify_networks;
    return strncmp(name, "nodes", 5) == 0 ? verify_nodes : verify_archive;
}

static enum status check(struct verify *v, const char *path, struct error *err)
{
    struct stat info;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return check_directory(v, path, err);
    return find_product(path)(v, path, err);
}

static enum status parse_count(const struct args *args, int64_t *count, struct error *err)
{
    const char *text = args->value[OPT_RECOMPUTE];
    if (text && (!text_parse_int(text, count) || *count < 1))
        return error_set(err, STATUS_USAGE, "--recompute %s: not a positive number",
                         text_quote(text).text);
    return STATUS_OK;
}

static enum status run(const struct args *args, struct dist *dist, struct error *err)
{
    (void)dist;
    struct verify v = {.has_study = false};
    const char *path = args->positional[0];
    int64_t count = 0;
    if (parse_count(args, &count, err) == STATUS_OK &&
        findings_init(&v.findings, args->value[OPT_JSON], err) == STATUS_OK &&
        check(&v, path, err) == STATUS_OK &&
        (count == 0 || verify_recompute(&v, path, count, err) == STATUS_OK) &&
        findings_print(&v.findings, path, err) == STATUS_OK &&
        v.findings.counts[FINDING_DAMAGE] > 0)
        error_set(err, STATUS_DATA, "%s: damaged in %d place%s", path,
                  v.findings.counts[FINDING_DAMAGE],
                  v.findings.counts[FINDING_DAMAGE] == 1 ? "" : "s");
    findings_fini(&v.findings);
    source_close(&v.archive);
    networks_close(v.networks);
    nodes_close(v.nodes);
    free(v.archived);
    free(v.cells);
    journal_index_fini(&v.journals);
    grid_fini(&v.grid);
    if (v.has_study)
        study_fini(&v.study);
    return err->status;
}

const struct command cmd_verify = {
    .name = "verify",
    .operands = "DIR|FILE",
    .summary = "check journals, archives and what cells keep, and compute cells again",
    .details =
        "Reads every byte of DIR's journals and .nc files, or of one .nc file, holds\n"
        "them against their checksums, against each other and against the study, and\n"
        "says what it read and what is wrong. With --recompute, K cells evenly spread\n"
        "over the grid are trained and probed again; their bits must be those that are\n"
        "stored. Nothing is changed.",
    .min_operands = 1,
    .max_operands = 1,
    .options = rows,
    .run = run,
};
