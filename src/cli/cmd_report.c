/* strata report: an archive as one HTML file, or as text. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/report/document.h"
#include "analysis/report/report.h"
#include "base/io.h"
#include "base/memory.h"
#include "cli/options.h"
#include "cli/source.h"

enum { OPT_GAP, OPT_OUTPUT, OPT_SELECT, OPT_SNAPSHOT, OPT_TEXT, OPT_WHERE };

static const struct option_row rows[] = {
    [OPT_GAP] = {"gap", 0, "GAP", "given (default), clean or test (see rank)", false},
    [OPT_OUTPUT] = {"output", 'o', "FILE", "where to write, - for standard output",
                    false},
    [OPT_SELECT] = {"select", 0, "OPTIONS",
                    "as of summarize (default: as the study says)", false},
    [OPT_SNAPSHOT] =
        {"snapshot", 0, "LABEL",
         "of tables, of scatters and of --where: best, epoch:10 ... (default "
         "best)",
         false},
    [OPT_TEXT] = {"text", 0, NULL, "print the report as text", false},
    [OPT_WHERE] = {"where", 0, "EXPR",
                   "figures and tables of cells that EXPR describes (see summarize)",
                   false},
    {NULL, 0, NULL, NULL, false}};

/* --- what the archive's study says --- */

struct asked {
    double *planned;
    size_t n_planned;
    struct text data;
};

static void describe_data(const struct study *study, struct text *out)
{
    text_appendf(out, "%s: ", study->data.name);
    if (study->data.train)
        text_appendf(out, "%u samples for training", (unsigned)study->data.train);
    else
        text_append(out, "all samples for training");
    text_appendf(out, ", the last %u of them held out for validation; ",
                 (unsigned)study->data.validation);
    if (study->data.test)
        text_appendf(out, "%u for the test", (unsigned)study->data.test);
    else
        text_append(out, "all for the test");
}

static enum status list_planned(struct asked *asked, const struct grid *grid,
                                struct error *err)
{
    asked->planned = memory_alloc(grid->n_cells * OPTION_COUNT, sizeof *asked->planned,
                                  err);
    if (!asked->planned)
        return err->status;
    asked->n_planned = grid->n_cells;
    for (size_t i = 0; i < grid->n_cells; i++)
        memcpy(asked->planned + i * OPTION_COUNT, grid->cells[i].spec.value,
               OPTION_COUNT * sizeof *asked->planned);
    return STATUS_OK;
}

/* A study that this program cannot read is no fault: then less is known. */
static enum status read_study(struct asked *asked, struct archive *archive,
                              struct error *err)
{
    const char *text = archive_attribute(archive, "study");
    struct error unread = {0};
    struct study study;
    struct grid grid = {0};
    if (study_parse(&study, text, strlen(text), "study", &unread) != STATUS_OK)
        return STATUS_OK;
    describe_data(&study, &asked->data);
    if (grid_expand(&grid, &study, study.data.hash, &unread) == STATUS_OK)
        list_planned(asked, &grid, err);
    grid_fini(&grid);
    study_fini(&study);
    return err->status;
}

/* --- where the report goes --- */

/* DIR/report.html; beside FILE.nc FILE.html. */
static enum status choose_path(char out[IO_PATH_MAX], const struct args *args,
                               bool is_directory, struct error *err)
{
    const char *operand = args->positional[0], *given = args->value[OPT_OUTPUT];
    size_t length = strlen(operand);
    if (is_directory && !given)
        return io_join(out, operand, "report.html", err);
    if (!given && length > 3 && strcmp(operand + length - 3, ".nc") == 0)
        length -= 3;
    int n = given ? snprintf(out, IO_PATH_MAX, "%s", given)
                  : snprintf(out, IO_PATH_MAX, "%.*s.html", (int)length, operand);
    if (n < 0 || n >= IO_PATH_MAX)
        return error_set(err, STATUS_USAGE, "%.200s...: path too long", operand);
    return STATUS_OK;
}

/* Only what an earlier report left may be replaced. */
static enum status check_replaceable(const char *path, struct error *err)
{
    char start[256];
    struct stat info;
    if (lstat(path, &info) != 0)
        return STATUS_OK;
    int fd = S_ISREG(info.st_mode) ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    ssize_t length = fd >= 0 ? read(fd, start, sizeof start) : -1;
    if (fd >= 0)
        close(fd);
    if (length >= 0 && document_is_ours(start, (size_t)length))
        return STATUS_OK;
    return error_set(err, STATUS_CREATE,
                     "%s: exists and is no report of Strata's: name another file by -o",
                     path);
}

static enum status write_report(const char *path, const struct text *html,
                                struct error *err)
{
    char size[40];
    if (check_replaceable(path, err) != STATUS_OK ||
        io_replace_file(path, text_string(html), html->length, err) != STATUS_OK)
        return err->status;
    text_format_bytes(size, sizeof size, (double)html->length);
    fprintf(stderr, "strata: wrote %s, %s\n", path, size);
    return STATUS_OK;
}

/* --- the command --- */

static enum status render(struct archive *archive, struct report_request *request,
                          bool as_text, struct text *out, struct error *err)
{
    struct asked asked = {0};
    if (read_study(&asked, archive, err) == STATUS_OK) {
        request->data = asked.data.length ? text_string(&asked.data) : NULL;
        request->planned = asked.planned;
        request->n_planned = asked.n_planned;
        report_render(archive, request, as_text ? REPORT_TEXT : REPORT_HTML, out, err);
    }
    free(asked.planned);
    text_free(&asked.data);
    return err->status;
}

static enum status parse_request(const struct args *args, struct report_request *request,
                                 struct error *err)
{
    const char *gap = args->value[OPT_GAP], *output = args->value[OPT_OUTPUT];
    if (gap && !ranking_gap_find(gap, &request->gap))
        return error_set(err, STATUS_USAGE, "--gap %s: not one of given, clean, test",
                         text_quote(gap).text);
    if (args->value[OPT_TEXT] && output && strcmp(output, "-") != 0)
        return error_set(err, STATUS_USAGE, "--text prints: it has no use for -o %s",
                         text_quote(output).text);
    request->operand = args->positional[0];
    request->snapshot = args->value[OPT_SNAPSHOT];
    request->where = args->value[OPT_WHERE];
    request->select = args->value[OPT_SELECT];
    return STATUS_OK;
}

static enum status run(const struct args *args, struct dist *dist, struct error *err)
{
    (void)dist;
    struct report_request request = {0};
    struct stat info;
    char path[IO_PATH_MAX];
    struct archive *archive;
    struct text out = {0};
    bool as_text = args->value[OPT_TEXT] != NULL;
    bool prints = as_text ||
                  (args->value[OPT_OUTPUT] && strcmp(args->value[OPT_OUTPUT], "-") == 0);
    bool is_directory = stat(args->positional[0], &info) == 0 && S_ISDIR(info.st_mode);
    if (parse_request(args, &request, err) != STATUS_OK ||
        (!prints && (choose_path(path, args, is_directory, err) != STATUS_OK ||
                     check_replaceable(path, err) != STATUS_OK)) ||
        source_open_archive(&archive, args->positional[0], err) != STATUS_OK)
        return err->status;
    request.directory = is_directory ? args->positional[0] : NULL;
    if (render(archive, &request, as_text, &out, err) == STATUS_OK) {
        if (prints)
            fwrite(text_string(&out), 1, out.length, stdout);
        else
            write_report(path, &out, err);
    }
    text_free(&out);
    archive_close(archive);
    return err->status;
}

const struct command cmd_report = {
    .name = "report",
    .operands = "DIR",
    .summary = "one HTML file, or text: what was asked, figures, tables",
    .details =
        "Reads DIR/archive.nc (or an archive named directly) and writes "
        "DIR/report.html:\n"
        "one file that needs no network and no other file. It says what was asked and "
        "what is\n"
        "missing, shows figures with their numbers and the commands that make them, "
        "tables\n"
        "with intervals, and notes. A file that is no report of Strata's is never "
        "replaced.\n\n"
        "  strata report DIR\n"
        "  strata report DIR --text | less\n"
        "  strata report DIR --where 'depth > 1' -o deep.html",
    .min_operands = 1,
    .max_operands = 1,
    .options = rows,
    .run = run,
};
