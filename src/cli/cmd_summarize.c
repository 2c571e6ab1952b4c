/* strata summarize: tables from an archive. */
#include <stdio.h>
#include <string.h>

#include "analysis/tables/summary.h"
#include "cli/options.h"
#include "cli/source.h"

enum {
    OPT_ADJUST,
    OPT_BY,
    OPT_COMPARE,
    OPT_FORMAT,
    OPT_INTERVAL,
    OPT_OVER,
    OPT_SELECT,
    OPT_SNAPSHOT,
    OPT_TABLE,
    OPT_WHERE
};

static const struct option_row rows[] = {
    [OPT_ADJUST] = {"adjust", 0, "METHOD",
                    "of p values, with --compare: holm (default) or bh", false},
    [OPT_BY] = {"by", 0, "OPTIONS",
                "keep these options apart (default: all but the seed)", false},
    [OPT_COMPARE] = {"compare", 0, "SETTINGS",
                     "difference of two settings, in pairs of equal seed", false},
    [OPT_FORMAT] = {"format", 0, "FORMAT", "table, csv, json or markdown", false},
    [OPT_INTERVAL] = {"interval", 0, "KIND",
                      "t (default) or bootstrap, which takes 20 seeds", false},
    [OPT_OVER] = {"over", 0, "OPTIONS", "average over these (default seed)", false},
    [OPT_SELECT] = {"select", 0, "OPTIONS",
                    "best of these by validation error; none (default: study's)", false},
    [OPT_SNAPSHOT] = {"snapshot", 0, "LABEL", "best, final, epoch:10 ... (default best)",
                      false},
    [OPT_TABLE] = {"table", 0, "TABLE",
                   "network, layers or both (default; csv and json: network)", false},
    [OPT_WHERE] = {"where", 0, "EXPR", "count only cells, or layers, that EXPR describes",
                   false},
    {NULL, 0, NULL, NULL, false}};

/* Sets the options that a list names. */
static enum status parse_options(const char *option, const char *list,
                                 bool set[OPTION_COUNT], struct error *err)
{
    while (list && *list) {
        char name[64];
        size_t length = strcspn(list, ",");
        snprintf(name, sizeof name, "%.*s", (int)(length < 63 ? length : 63), list);
        enum field_id id = field_find(name);
        if ((int)id >= OPTION_COUNT) {
            const char *names[OPTION_COUNT];
            for (int i = 0; i < OPTION_COUNT; i++)
                names[i] = field_get((enum field_id)i)->name;
            return error_set(err, STATUS_USAGE, "--%s %s: no such option%s", option,
                             text_quote(name).text,
                             text_suggest(name, names, OPTION_COUNT).text);
        }
        set[id] = true;
        list += length + (list[length] == ',');
    }
    return STATUS_OK;
}

/* --by and --over say the same from two sides. */
static enum status parse_grouping(const struct args *args,
                                  struct summary_request *request, struct error *err)
{
    const char *by = args->value[OPT_BY], *over = args->value[OPT_OVER];
    if (request->compare && (by || over))
        return error_set(err, STATUS_USAGE,
                         "--compare keeps every option apart: leave --%s out",
                         by ? "by" : "over");
    if (by && over)
        return error_set(err, STATUS_USAGE, "--by and --over: give one of them");
    parse_options(by ? "by" : "over", by ? by : over ? over : "seed", request->over, err);
    for (int i = 0; by && i < OPTION_COUNT; i++)
        request->over[i] = !request->over[i];
    request->show_all = by != NULL;
    return err->status;
}

static enum status parse_statistics(const struct args *args,
                                    struct summary_request *request, struct error *err)
{
    const char *interval = args->value[OPT_INTERVAL], *adjust = args->value[OPT_ADJUST];
    if (interval && strcmp(interval, "bootstrap") == 0)
        request->interval = INTERVAL_BOOTSTRAP;
    else if (interval && strcmp(interval, "t") != 0)
        return error_set(err, STATUS_USAGE, "--interval %s: not one of t, bootstrap",
                         text_quote(interval).text);
    if (adjust && !args->value[OPT_COMPARE])
        return error_set(err, STATUS_USAGE,
                         "--adjust is of p values, which only --compare has");
    if (adjust && strcmp(adjust, "bh") == 0)
        request->adjustment = SUMMARY_BH;
    else if (adjust && strcmp(adjust, "holm") != 0)
        return error_set(err, STATUS_USAGE, "--adjust %s: not one of holm, bh",
                         text_quote(adjust).text);
    return STATUS_OK;
}

static enum status parse_request(const struct args *args, struct summary_request *request,
                                 struct error *err)
{
    const char *table = args->value[OPT_TABLE];
    if (table_format_parse(args->value[OPT_FORMAT], &request->format, err) != STATUS_OK)
        return err->status;
    bool data = request->format == TABLE_CSV || request->format == TABLE_JSON;
    request->parts = data ? SUMMARY_NETWORK : SUMMARY_NETWORK | SUMMARY_LAYERS;
    if (table && strcmp(table, "network") == 0)
        request->parts = SUMMARY_NETWORK;
    else if (table && strcmp(table, "layers") == 0)
        request->parts = SUMMARY_LAYERS;
    else if (table && (data || strcmp(table, "both") != 0))
        return error_set(err, STATUS_USAGE, "--table %s: not one of network, layers%s",
                         table, data ? "" : ", both");
    if (parse_statistics(args, request, err) != STATUS_OK)
        return err->status;
    request->snapshot = args->value[OPT_SNAPSHOT];
    request->where = args->value[OPT_WHERE];
    request->compare = args->value[OPT_COMPARE];
    request->select = args->value[OPT_SELECT];
    return parse_grouping(args, request, err);
}

static enum status run(const struct args *args, struct dist *dist, struct error *err)
{
    (void)dist;
    struct summary_request request = {.format = TABLE_TEXT};
    struct archive *archive;
    struct text out = {0};
    if (parse_request(args, &request, err) != STATUS_OK ||
        source_open_archive(&archive, args->positional[0], err) != STATUS_OK)
        return err->status;
    if (summary_render(archive, &request, &out, err) == STATUS_OK)
        fputs(text_string(&out), stdout);
    text_free(&out);
    archive_close(archive);
    return err->status;
}

const struct command cmd_summarize = {
    .name = "summarize",
    .operands = "DIR",
    .summary = "tables of an archive: errors over seeds, what each layer knows",
    .details = "Reads DIR/archive.nc (or an archive named directly) and prints mean and "
               "Student t\n"
               "interval over seeds, every other option apart. CSV and JSON give full "
               "precision.\n\n"
               "EXPR compares options and results (==, !=, <, <=, >, >=, in, is missing) "
               "and joins\n"
               "by and, or, not, ( ):\n\n"
               "  --where 'depth >= 3 and width in (50, 100) and not optimizer == sgd'\n"
               "  --where 'network_accuracy[train] > 0.999'\n"
               "  --where '2 <= layer < n_layers' --table layers\n\n"
               "SETTINGS are OPTION=A,B, or several that differ together:\n\n"
               "  --compare depth=2,6\n"
               "  --compare 'depth=2,6 width=100,20'",
    .min_operands = 1,
    .max_operands = 1,
    .options = rows,
    .run = run,
};
