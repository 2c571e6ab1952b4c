/* strata export: an archive's numbers as a long table. */
#include <stdio.h>
#include <string.h>

#include "analysis/tables/export.h"
#include "cli/options.h"
#include "cli/source.h"

enum { OPT_VARIABLES, OPT_FORMAT, OPT_SNAPSHOT, OPT_WHERE };

static const struct option_row rows[] = {
    [OPT_VARIABLES] = {"variables", 0, "LIST",
                       "variables of the archive, each with an index where need be",
                       false},
    [OPT_FORMAT] = {"format", 0, "FORMAT", "csv (default) or json", false},
    [OPT_SNAPSHOT] = {"snapshot", 0, "LABEL", "only best, final, epoch:10 ...", false},
    [OPT_WHERE] = {"where", 0, "EXPR", "only rows that EXPR describes (see summarize)",
                   false},
    {NULL, 0, NULL, NULL, false}};

/* What cannot be written is told when the program ends (main.c). */
static void put(const char *bytes, size_t length)
{
    fwrite(bytes, 1, length, stdout);
}

static enum status parse_request(const struct args *args, struct export_request *request,
                                 struct error *err)
{
    const char *format = args->value[OPT_FORMAT];
    *request = (struct export_request){.variables = args->value[OPT_VARIABLES],
                                       .where = args->value[OPT_WHERE],
                                       .snapshot = args->value[OPT_SNAPSHOT]};
    if (!request->variables)
        return error_set(err, STATUS_USAGE,
                         "export: which variables? --variables LIST, for example "
                         "'network_accuracy[test], best_epoch'");
    if (format && strcmp(format, "json") == 0)
        request->format = EXPORT_JSON;
    else if (format && strcmp(format, "csv") != 0)
        return error_set(err, STATUS_USAGE, "--format %s: not one of csv, json",
                         text_quote(format).text);
    return STATUS_OK;
}

static enum status run(const struct args *args, struct dist *dist, struct error *err)
{
    (void)dist;
    struct export_request request;
    struct archive *archive;
    if (parse_request(args, &request, err) != STATUS_OK ||
        source_open_archive(&archive, args->positional[0], err) != STATUS_OK)
        return err->status;
    export_write(archive, &request, put, err);
    archive_close(archive);
    return err->status;
}

const struct command cmd_export = {
    .name = "export",
    .operands = "DIR",
    .summary = "any variables of an archive as a long table, for R, Julia, pandas",
    .details =
        "Reads DIR/archive.nc (or an archive named directly). Columns: the options "
        "that differ\n"
        "between cells, the dimensions that the variables have, the variables. A "
        "row is a\n"
        "cell, or a snapshot, split, layer ... of one. Numbers are exact; what is "
        "missing is\n"
        "empty, or null in JSON.\n\n"
        "  --variables 'best_epoch, network_accuracy[test, best]'\n"
        "  --variables mean_perplexity[test] --where '2 <= layer < n_layers'\n"
        "  --variables system_accuracy --snapshot best --format json",
    .min_operands = 1,
    .max_operands = 1,
    .options = rows,
    .run = run,
};
