/* Command lines: each command declares its options in a table, from which parsing, checks
 * and help are made. */
#ifndef STRATA_CLI_OPTIONS_H
#define STRATA_CLI_OPTIONS_H

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/launch.h"

enum { OPTIONS_MAX = 16, SETS_MAX = 64, POSITIONALS_MAX = 1024 };

struct option_row {
    const char *name;     /* without the dashes; NULL ends a table */
    char letter;          /* short form, 0 for none */
    const char *argument; /* placeholder in help; NULL for a switch */
    const char *help;
    bool repeats; /* values are collected in args.sets: one such option a table */
};

struct args {
    const char
        *value[OPTIONS_MAX]; /* by row; "" for a switch that is set, NULL if absent */
    const char *sets[SETS_MAX];
    int n_sets;
    const char *positional[POSITIONALS_MAX];
    int n_positional;
    const char *command_line; /* as typed, for the record */
    struct launch launch;     /* of a command that needs MPI */
};

struct dist;

struct command {
    const char *name;
    const char *operands; /* "[STUDY]", "DIR" */
    const char *summary;  /* one line */
    const char *details;  /* paragraphs of --help */
    int min_operands, max_operands;
    const struct option_row *options;
    bool needs_mpi;
    /* What must come before MPI is started and anything is computed; NULL for nothing. */
    enum status (*prepare)(const struct args *args, char **argv, struct error *err);
    enum status (*run)(const struct args *args, struct dist *dist, struct error *err);
};

extern const struct command cmd_diff, cmd_doctor, cmd_export, cmd_merge, cmd_plan,
    cmd_plot, cmd_rank, cmd_report, cmd_status, cmd_summarize, cmd_sweep, cmd_verify;

/* Parses what follows the command's name; STATUS_USAGE with a suggestion for a misspelt
 * option. --help is left to the caller. */
enum status options_parse(struct args *args, const struct command *command, int argc,
                          char **argv, struct error *err);

/* Appends the help text of a command. */
void options_help(const struct command *command, struct text *out);

#endif
