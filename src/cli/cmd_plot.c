/* strata plot: figures of an archive. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/figures/figure_draw.h"
#include "base/io.h"
#include "cli/options.h"
#include "cli/source.h"

enum {
    OPT_BANDS,
    OPT_CURVES,
    OPT_FORMAT,
    OPT_GAP,
    OPT_KEEP,
    OPT_MEASURE,
    OPT_NODE,
    OPT_OUTPUT,
    OPT_PANELS,
    OPT_SAMPLE,
    OPT_SELECT,
    OPT_SNAPSHOTS,
    OPT_SPLITS,
    OPT_WHERE,
    OPT_WHERE_AT,
    OPT_X
};

static const struct option_row rows[] = {
    [OPT_BANDS] = {"bands", 0, "BANDS",
                   "interval of the mean (default), or quartiles of nodes", false},
    [OPT_CURVES] = {"curves", 0, "OPTIONS",
                    "options that tell curves apart; or measure, snapshot", false},
    [OPT_FORMAT] = {"format", 0, "FORMAT",
                    "svg, pdf, png or tex (default: of -o's suffix, else svg)", false},
    [OPT_GAP] = {"gap", 0, "GAP", "of gap: given (default), clean or test", false},
    [OPT_KEEP] = {"keep", 0, "FOLDER", "leave the data and gnuplot's script there too",
                  false},
    [OPT_MEASURE] = {"measure", 0, "NAMES",
                     "of heatmap, gap (see rank); some, of dynamics and layers", false},
    [OPT_NODE] = {"node", 0, "LAYER:NODE", "of node: default 1:0", false},
    [OPT_OUTPUT] = {"output", 'o', "FILE",
                    "where to write; - for standard output, the default", false},
    [OPT_PANELS] = {"panels", 0, "OPTIONS", "what tells panels apart", false},
    [OPT_SAMPLE] = {"sample", 0, NULL,
                    "of too many curves or panels draw some, evenly spread", false},
    [OPT_SELECT] = {"select", 0, "OPTIONS",
                    "as of summarize (default: as the study says)", false},
    [OPT_SNAPSHOTS] = {"snapshots", 0, "LABELS", "best, final, epoch:10 ...", false},
    [OPT_SPLITS] = {"splits", 0, "SPLITS", "of train, validation, test", false},
    [OPT_WHERE] = {"where", 0, "EXPR", "count only cells that EXPR describes", false},
    [OPT_WHERE_AT] = {"where-at", 0, "LABEL",
                      "snapshot that --where and --select look at (default best)", false},
    [OPT_X] = {"x", 0, "OPTION", "along the axis of error and heatmap", false},
    {NULL, 0, NULL, NULL, false}};

/* --- What is asked for ---------------------------------------------------------------
 */

/* NULL: standard output. */
static const char *output_file(const struct args *args)
{
    const char *given = args->value[OPT_OUTPUT];
    return given && strcmp(given, "-") != 0 ? given : NULL;
}

static enum status find_format(const struct args *args, enum figure_format *format,
                               struct error *err)
{
    const char *name = args->value[OPT_FORMAT], *file = output_file(args);
    const char *suffix = file ? strrchr(file, '.') : NULL;
    *format = FIGURE_SVG;
    if (name && !figure_format_find(name, format))
        return error_set(err, STATUS_USAGE, "--format %s: not one of svg, pdf, png, tex",
                         text_quote(name).text);
    if (!name && file && (!suffix || !figure_format_find(suffix + 1, format)))
        return error_set(err, STATUS_USAGE,
                         "-o %s: what format? End it in .svg, .pdf, .png or .tex, or "
                         "give --format",
                         file);
    if (!file && (*format == FIGURE_PDF || *format == FIGURE_PNG) &&
        isatty(STDOUT_FILENO))
        return error_set(err, STATUS_USAGE,
                         "plot: %s is nothing for a terminal; give -o FILE", name);
    return STATUS_OK;
}

static enum status parse_request(const struct args *args, struct figure_request *request,
                                 struct error *err)
{
    const char *gap = args->value[OPT_GAP];
    *request = (struct figure_request){
        .figure = args->n_positional > 1 ? args->positional[1] : NULL,
        .where = args->value[OPT_WHERE],
        .where_at = args->value[OPT_WHERE_AT],
        .select = args->value[OPT_SELECT],
        .snapshots = args->value[OPT_SNAPSHOTS],
        .splits = args->value[OPT_SPLITS],
        .measure = args->value[OPT_MEASURE],
        .bands = args->value[OPT_BANDS],
        .node = args->value[OPT_NODE],
        .x = args->value[OPT_X],
        .curves = args->value[OPT_CURVES],
        .panels = args->value[OPT_PANELS],
        .sample = args->value[OPT_SAMPLE] != NULL};
    if (gap && !ranking_gap_find(gap, &request->gap))
        return error_set(err, STATUS_USAGE, "--gap %s: not one of given, clean, test",
                         text_quote(gap).text);
    return STATUS_OK;
}

/* --- The list of figures -------------------------------------------------------------
 */

static void put_row(const struct figure *figure, const char *name, const char *summary,
                    struct text *out)
{
    text_appendf(out, "%-12s %s\n", name, summary);
    if (!figure->drawn)
        text_appendf(out, "%-12s   not from this archive: %s\n", "", figure->why);
}

/* All figures, each tried on the archive. */
static enum status list_figures(struct archive *archive, const char *operand,
                                struct error *err)
{
    enum { MOST = 64 };
    struct figure_request requests[MOST] = {{0}};
    const char *name, *kind, *summary;
    int n_kinds = 0, n = 0;
    struct figure_set *set;
    struct text out = {0};
    while (n < MOST && figure_kind_get(n_kinds, &name, &summary)) {
        requests[n++] = (struct figure_request){.figure = name, .sample = true};
        n_kinds++;
    }
    for (int i = 0; n < MOST && figure_alias_get(i, &name, &kind); i++)
        requests[n++] = (struct figure_request){.figure = name, .sample = true};
    if (figure_set_create(&set, archive, operand, requests, n, err) != STATUS_OK)
        return err->status;
    for (int i = 0; i < n_kinds && figure_kind_get(i, &name, &summary); i++)
        put_row(figure_set_get(set, i), name, summary, &out);
    text_append(&out, "\nas in Davel et al. 2020:\n");
    for (int i = 0; figure_alias_get(i, &name, &kind); i++)
        put_row(figure_set_get(set, n_kinds + i), name, kind ? kind : "", &out);
    fputs(text_string(&out), stdout);
    text_free(&out);
    figure_set_destroy(set);
    return STATUS_OK;
}

/* --- One figure ----------------------------------------------------------------------
 */

static bool is_picture(const char *start, size_t length)
{
    static const char *const signatures[] = {"%PDF-", "\x89PNG\r\n",
                                             "% In the preamble: "};
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++)
        if (strncmp(start, signatures[i], strlen(signatures[i])) == 0)
            return true;
    return length == 0 || (start[0] == '<' && strstr(start, "<svg"));
}

/* Only a picture may be replaced, never an archive, a study, a link or a device. */
static enum status check_replaceable(const char *path, struct error *err)
{
    char start[1024] = "";
    struct stat info;
    if (lstat(path, &info) != 0)
        return errno == ENOENT
                   ? STATUS_OK
                   : error_set(err, STATUS_CREATE, "%s: %s", path, strerror(errno));
    int fd = S_ISREG(info.st_mode) ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    ssize_t length = fd >= 0 ? read(fd, start, sizeof start - 1) : -1;
    if (fd >= 0)
        close(fd);
    if (length >= 0 && is_picture(start, (size_t)length))
        return STATUS_OK;
    return error_set(err, STATUS_CREATE,
                     "%s: exists and is no picture: name another file by -o", path);
}

static enum status write_figure(const struct figure *figure, const struct args *args,
                                enum figure_format format, struct error *err)
{
    const char *file = output_file(args);
    struct text out = {0};
    if (figure_draw(figure, format, args->value[OPT_KEEP], &out, err) == STATUS_OK) {
        if (!file)
            fwrite(text_string(&out), 1, out.length, stdout);
        else if (check_replaceable(file, err) == STATUS_OK)
            io_replace_file(file, text_string(&out), out.length, err);
    }
    text_free(&out);
    if (err->status == STATUS_OK)
        fprintf(stderr, "%s. %s\n", text_string(&figure->title),
                text_string(&figure->caption));
    return err->status;
}

static enum status draw_figure(struct archive *archive, const struct args *args,
                               const struct figure_request *request,
                               enum figure_format format, struct error *err)
{
    struct figure_set *set;
    if (figure_set_create(&set, archive, args->positional[0], request, 1, err) !=
        STATUS_OK)
        return err->status;
    const struct figure *figure = figure_set_get(set, 0);
    if (figure->drawn)
        write_figure(figure, args, format, err);
    else
        error_set(err, STATUS_MISSING, "%s: %s", request->figure, figure->why);
    figure_set_destroy(set);
    return err->status;
}

static enum status run(const struct args *args, struct dist *dist, struct error *err)
{
    (void)dist;
    struct figure_request request;
    enum figure_format format;
    struct archive *archive;
    if (parse_request(args, &request, err) != STATUS_OK ||
        find_format(args, &format, err) != STATUS_OK ||
        (output_file(args) && check_replaceable(output_file(args), err) != STATUS_OK) ||
        source_open_archive(&archive, args->positional[0], err) != STATUS_OK)
        return err->status;
    if (request.figure)
        draw_figure(archive, args, &request, format, err);
    else
        list_figures(archive, args->positional[0], err);
    archive_close(archive);
    return err->status;
}

const struct command cmd_plot = {
    .name = "plot",
    .operands = "DIR [FIGURE]",
    .summary = "figures of an archive: svg, pdf, png, tex (through gnuplot)",
    .details =
        "Reads DIR/archive.nc (or an archive named directly). Without FIGURE it lists "
        "the\n"
        "figures, and which of them the archive has the data for. Every seed is drawn, "
        "and\n"
        "the mean over seeds; the caption goes to standard error.\n\n"
        "Options that differ between cells are never averaged over: they are along the\n"
        "axis, or tell curves or panels apart.\n\n"
        "  strata plot DIR perplexity -o perplexity.pdf --panels width\n"
        "  strata plot DIR systems --where 'depth == 6' --snapshots init,epoch:1,best\n"
        "  strata plot DIR layers --measure "
        "activation_fraction.train,predictability.train\n"
        "  strata plot DIR dynamics --measure predictability.train --bands quartiles\n"
        "  strata plot DIR gap --measure system_accuracy.combined.train.last --gap clean",
    .min_operands = 1,
    .max_operands = 2,
    .options = rows,
    .run = run,
};
