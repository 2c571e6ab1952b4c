/* strata rank: measures as predictors of the generalization gap. */
#include <stdio.h>
#include <string.h>

#include "analysis/rank/ranking.h"
#include "cli/options.h"
#include "cli/source.h"

enum {
    OPT_MEASURES,
    OPT_GAP,
    OPT_SNAPSHOT,
    OPT_SELECT,
    OPT_WHERE,
    OPT_TABLE,
    OPT_FORMAT,
    OPT_PERMUTE
};
enum { DEFAULT_PERMUTATIONS = 999, MOST_PERMUTATIONS = 1000000 };

static const struct option_row rows[] = {
    [OPT_MEASURES] = {"measures", 0, "NAMES",
                      "these measures (default: all of training samples)", false},
    [OPT_GAP] = {"gap", 0, "GAP", "given (default), clean or test", false},
    [OPT_SNAPSHOT] = {"snapshot", 0, "LABEL", "best, final, epoch:10 ... (default best)",
                      false},
    [OPT_SELECT] = {"select", 0, "OPTIONS",
                    "as of summarize (default: as the study says)", false},
    [OPT_WHERE] = {"where", 0, "EXPR", "count only cells that EXPR describes", false},
    [OPT_TABLE] = {"table", 0, "TABLE", "measures (default) or settings", false},
    [OPT_FORMAT] = {"format", 0, "FORMAT", "table, csv, json or markdown", false},
    [OPT_PERMUTE] = {"permutations", 0, "N", "of the null distribution (default 999)",
                     false},
    {NULL, 0, NULL, NULL, false}};

static enum status parse_permutations(const char *text, struct ranking_request *request,
                                      struct error *err)
{
    int64_t n = DEFAULT_PERMUTATIONS;
    if (text && (!text_parse_int(text, &n) || n < 0 || n > MOST_PERMUTATIONS))
        return error_set(err, STATUS_USAGE,
                         "--permutations %s: not a number from 0 to %d",
                         text_quote(text).text, MOST_PERMUTATIONS);
    request->permutations = (int)n;
    return STATUS_OK;
}

static enum status parse_request(const struct args *args, struct ranking_request *request,
                                 struct error *err)
{
    const char *table = args->value[OPT_TABLE];
    const char *gap = args->value[OPT_GAP];
    if (table_format_parse(args->value[OPT_FORMAT], &request->format, err) != STATUS_OK)
        return err->status;
    if (gap && !ranking_gap_find(gap, &request->gap))
        return error_set(err, STATUS_USAGE, "--gap %s: not one of given, clean, test",
                         text_quote(gap).text);
    request->settings = table && strcmp(table, "settings") == 0;
    if (table && !request->settings && strcmp(table, "measures") != 0)
        return error_set(err, STATUS_USAGE, "--table %s: not one of measures, settings",
                         text_quote(table).text);
    request->measures = args->value[OPT_MEASURES];
    request->snapshot = args->value[OPT_SNAPSHOT];
    request->where = args->value[OPT_WHERE];
    request->select = args->value[OPT_SELECT];
    return parse_permutations(args->value[OPT_PERMUTE], request, err);
}

static enum status run(const struct args *args, struct dist *dist, struct error *err)
{
    (void)dist;
    struct ranking_request request = {.format = TABLE_TEXT};
    struct archive *archive;
    struct text out = {0};
    if (parse_request(args, &request, err) != STATUS_OK ||
        source_open_archive(&archive, args->positional[0], err) != STATUS_OK)
        return err->status;
    if (ranking_render(archive, &request, &out, err) == STATUS_OK)
        fputs(text_string(&out), stdout);
    text_free(&out);
    archive_close(archive);
    return err->status;
}

const struct command cmd_rank = {
    .name = "rank",
    .operands = "DIR",
    .summary = "judges measures as predictors of the generalization gap",
    .details =
        "Reads DIR/archive.nc (or an archive named directly), averages seeds, and says "
        "of\n"
        "every measure how well it predicts the gap: Kendall's tau, granulated by "
        "option,\n"
        "conditional mutual information, sign errors, each with its chance to be as "
        "good\n"
        "if the measure had nothing to do with the gap. docs/measures.md explains "
        "them.\n\n"
        "GAP is train accuracy - test accuracy: on the labels trained with (given), on\n"
        "clean training samples, label and inputs as they were (clean); or test error\n"
        "(test).\n\n"
        "NAMES are of the form FIELD.SYSTEM.SPLIT.LAYERS or begin so; of training "
        "samples\n"
        "unless SPLIT says otherwise:\n\n"
        "  --measures mean_perplexity,system_accuracy.combined.train.last\n"
        "  --measures network_loss.validation --where 'depth >= 3'",
    .min_operands = 1,
    .max_operands = 1,
    .options = rows,
    .run = run,
};
