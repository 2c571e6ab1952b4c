/* The table of commands, dispatch, and the exit code. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/options.h"
#include "cli/signals.h"
#include "cli/version.h"
#include "dist/dist.h"
#include "num/linalg.h"
#include "record/field.h"
#include "sweep/grid.h"

static const struct command *const commands[] = {
    &cmd_plan, &cmd_sweep, &cmd_status, &cmd_merge,  &cmd_summarize, &cmd_export,
    &cmd_rank, &cmd_plot,  &cmd_report, &cmd_verify, &cmd_diff,      &cmd_doctor};
enum { N_COMMANDS = sizeof commands / sizeof *commands };
enum { SILENT_NANOSECONDS = 300000000 };

static void put_overview(struct text *out)
{
    text_append(
        out, "Strata sweeps grids of small deep networks over the ranks of an MPI job, "
             "probes\n"
             "what each hidden layer knows, and leaves one netCDF archive.\n\n"
             "usage: strata COMMAND [options]      (strata help COMMAND explains one)\n\n"
             "commands:\n");
    for (int i = 0; i < N_COMMANDS; i++)
        text_appendf(out, "  %-11s %s\n", commands[i]->name, commands[i]->summary);
    text_append(out,
                "\nfirst steps:\n"
                "  mpirun -n 2 strata sweep                  the built-in quick study\n"
                "  mpirun -n 4 strata sweep STUDY.yaml -o DIR\n"
                "  strata summarize DIR\n\n"
                "exit codes:\n");
    for (int i = 0; i < STATUS_COUNT; i++)
        text_appendf(out, "  %2d  %s\n", status_exit_code((enum status)i),
                     status_text((enum status)i));
}

static void put_version(struct text *out)
{
    text_appendf(out, "strata %s\narchive schema %s, numerics version %d, %s\n",
                 strata_version, SCHEMA_VERSION, NUMERICS_VERSION, linalg_library());
}

/* Our rank as the launcher tells it, before MPI is started: an error that every rank
 * meets is to be printed once. */
static int launcher_rank(void)
{
    static const char *const names[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (getenv(names[i]))
            return atoi(getenv(names[i]));
    return 0;
}

/* Without MPI the ranks cannot wait for each other, and a launcher ends all of them as
 * soon as one exits with an error: those that are silent leave after the one that speaks.
 */
static void let_speak(void)
{
    struct timespec pause = {.tv_nsec = SILENT_NANOSECONDS};
    nanosleep(&pause, NULL);
}

/* What a command prints is its work: a full disk below standard output is an error. A
 * reader that left early has seen what it wanted. */
static enum status flush_output(struct error *err)
{
    if ((fflush(stdout) != 0 || ferror(stdout)) && errno != EPIPE)
        return error_set(err, STATUS_IO, "standard output: %s",
                         errno ? strerror(errno) : "not all was written");
    return err->status;
}

static int print(struct text *out, FILE *stream, enum status status)
{
    struct error err = {.status = status};
    if (launcher_rank() == 0)
        fputs(text_string(out), stream);
    else if (status != STATUS_OK)
        let_speak();
    text_free(out);
    if (flush_output(&err) != status)
        fprintf(stderr, "strata: %s\n", err.text);
    return status_exit_code(err.status);
}

static const struct command *find_command(const char *name)
{
    for (int i = 0; i < N_COMMANDS; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static void unknown_command(const char *name, struct error *err)
{
    enum { N_WORDS = N_COMMANDS + 3 };
    const char *names[N_WORDS] = {"help", "--help", "--version"};
    for (int i = 0; i < N_COMMANDS; i++)
        names[3 + i] = commands[i]->name;
    error_set(err, STATUS_USAGE, "unknown command '%s'%s; see strata --help",
              text_quote(name).text, text_suggest(name, names, N_WORDS).text);
}

static void join_words(int argc, char **argv, struct text *out)
{
    for (int i = 0; i < argc; i++)
        text_appendf(out, "%s%s", i ? " " : "", argv[i]);
}

static bool wants_help(int argc, char **argv)
{
    for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

static enum status run_command(const struct command *command, int argc, char **argv,
                               struct error *err)
{
    struct text line = {0};
    join_words(argc, argv, &line);
    struct args args = {.command_line = text_string(&line)};
    struct dist *dist = NULL;
    if (options_parse(&args, command, argc - 2, argv + 2, err) == STATUS_OK &&
        (!command->prepare || command->prepare(&args, argv, err) == STATUS_OK)) {
        if (command->needs_mpi) {
            signals_install();
            args.launch = launch_read();
            dist_start(&dist, &argc, &argv, err);
        }
        if (err->status == STATUS_OK && linalg_setup(err) == STATUS_OK)
            command->run(&args, dist, err);
    }
    flush_output(err);
    bool speaks = dist ? dist_rank(dist) == DIST_COLLECTOR : launcher_rank() == 0;
    if (err->text[0] && speaks)
        fprintf(stderr, "strata: %s\n", err->text);
    else if (err->status != STATUS_OK && !dist)
        let_speak();
    dist_stop(dist);
    text_free(&line);
    return err->status;
}

int main(int argc, char **argv)
{
    struct text out = {0};
    struct error err = {0};
    bool helps = argc > 1 && strcmp(argv[1], "help") == 0;
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        (helps && argc == 2)) {
        put_overview(&out);
        return print(&out, argc < 2 ? stderr : stdout,
                     argc < 2 ? STATUS_USAGE : STATUS_OK);
    }
    if (strcmp(argv[1], "--version") == 0) {
        put_version(&out);
        return print(&out, stdout, STATUS_OK);
    }
    const char *name = argv[helps ? 2 : 1];
    const struct command *command = find_command(name);
    if (!command) {
        unknown_command(name, &err);
        text_appendf(&out, "strata: %s\n", err.text);
        return print(&out, stderr, err.status);
    }
    if (helps || wants_help(argc, argv)) {
        options_help(command, &out);
        return print(&out, stdout, STATUS_OK);
    }
    signals_report_children();
    int code = status_exit_code(run_command(command, argc, argv, &err));
    /* libhdf5 crashes in its exit handler once a disk was full: leave without it. */
    if (err.status == STATUS_IO)
        _exit(code);
    return code;
}
