/* strata plan: what a sweep would do, before it does. */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "cli/options.h"
#include "cli/rundir.h"
#include "cli/session.h"
#include "sweep/plan.h"

enum { OPT_OUTPUT, OPT_RANKS, OPT_SET };

static const struct option_row rows[] = {
    [OPT_OUTPUT] = {"output", 'o', "DIR", "run directory whose finished cells count",
                    false},
    [OPT_RANKS] = {"ranks", 'n', "N", "ranks to divide the work among (default 1)",
                   false},
    [OPT_SET] = {"set", 0, "AXIS=VALUES",
                 "replace an axis: depth=1..4, loss=mse,cross-entropy", true},
    {NULL, 0, NULL, NULL, false}};

enum { MOST_RANKS = 1000000, SHOWN_RANKS = 16 };

static enum status parse_ranks(const char *text, int *ranks, struct error *err)
{
    int64_t value = 1;
    if (text && (!text_parse_int(text, &value) || value < 1 || value > MOST_RANKS))
        return error_set(err, STATUS_USAGE, "--ranks %s: not a number from 1 to %d", text,
                         MOST_RANKS);
    *ranks = (int)value;
    return STATUS_OK;
}

struct slices {
    int *owner;
    double *load;
    int *cells; /* of each rank */
};

static void print_ranks(const struct slices *slices, int n_ranks)
{
    printf("\n%-6s %-7s %s\n", "rank", "cells", "predicted");
    for (int r = 0; r < n_ranks && r < SHOWN_RANKS; r++) {
        char duration[32];
        text_format_duration(duration, sizeof duration, slices->load[r]);
        printf("%-6d %-7d %s\n", r, slices->cells[r], duration);
    }
    if (n_ranks > SHOWN_RANKS)
        printf("... %d more\n", n_ranks - SHOWN_RANKS);
}

static void print_plan(const struct session *s, const double *cost, size_t n_left,
                       const struct slices *slices, int n_ranks)
{
    double total = 0, longest = 0, wall = 0;
    for (size_t i = 0; i < n_left; i++) {
        total += cost[i];
        longest = cost[i] > longest ? cost[i] : longest;
    }
    for (int r = 0; r < n_ranks; r++)
        wall = slices->load[r] > wall ? slices->load[r] : wall;
    char text[32], memory[32], hash[HASH_HEX + 1];
    hash_format(s->dataset.hash, hash);
    printf("study       %s\n", s->study.name);
    printf("data        %s: %u training, %u validation, %u test samples, %d classes\n",
           s->study.data.name, s->sizes.train, s->sizes.validation, s->sizes.test,
           s->dataset.n_classes);
    printf("data hash   %s\n", hash);
    printf("cells       %zu: %zu done, %zu left\n", s->grid.n_cells,
           s->grid.n_cells - n_left, n_left);
    text_format_duration(text, sizeof text, total);
    printf("core time   %s at most (no early stopping counted)\n", text);
    text_format_duration(text, sizeof text, wall);
    printf("wall time   %s on %d rank%s, efficiency %.0f %%\n", text, n_ranks,
           n_ranks == 1 ? "" : "s", wall > 0 ? 100 * total / (wall * n_ranks) : 100);
    text_format_duration(text, sizeof text, longest);
    printf("longest     %s for one cell: no number of ranks is faster\n", text);
    text_format_bytes(memory, sizeof memory, s->largest_bytes);
    text_format_bytes(text, sizeof text, dataset_bytes(&s->dataset));
    printf("memory      %s a rank; %s of it are data, which a host's ranks share\n",
           memory, text);
    print_ranks(slices, n_ranks);
}

static enum status plan(const struct session *s, const uint8_t *progress, int n_ranks,
                        struct error *err)
{
    size_t n_left = 0;
    double *cost = memory_alloc(s->grid.n_cells, sizeof *cost, err);
    struct slices slices = {
        .owner = memory_alloc(s->grid.n_cells, sizeof *slices.owner, err),
        .load = memory_alloc((size_t)n_ranks, sizeof *slices.load, err),
        .cells = memory_alloc((size_t)n_ranks, sizeof *slices.cells, err)};
    for (size_t i = 0; err->status == STATUS_OK && i < s->grid.n_cells; i++)
        if (progress[i] != RUNDIR_DONE)
            cost[n_left++] = s->seconds[i];
    if (err->status == STATUS_OK &&
        plan_slices(cost, n_left, n_ranks, slices.owner, slices.load, err) == STATUS_OK) {
        for (size_t i = 0; i < n_left; i++)
            slices.cells[slices.owner[i]]++;
        print_plan(s, cost, n_left, &slices, n_ranks);
    }
    free(cost);
    free(slices.owner);
    free(slices.load);
    free(slices.cells);
    return err->status;
}

static enum status run(const struct args *args, struct dist *dist, struct error *err)
{
    (void)dist;
    struct session session = {0};
    struct journal_index index = {0};
    int n_ranks = 1;
    if (parse_ranks(args->value[OPT_RANKS], &n_ranks, err) != STATUS_OK ||
        session_read_study(&session.study, args->positional[0], args, err) != STATUS_OK)
        return err->status;
    uint8_t *progress = NULL;
    const char *output = args->value[OPT_OUTPUT];
    if (output && !io_exists(output))
        fprintf(stderr, "strata: %s: not there yet, so no cell is done\n", output);
    if (session_prepare(&session, NULL, err) == STATUS_OK &&
        (!output || rundir_scan(&index, output, err) == STATUS_OK))
        progress = rundir_progress(&index, &session.grid, false, err);
    if (progress)
        plan(&session, progress, n_ranks, err);
    free(progress);
    journal_index_fini(&index);
    session_fini(&session);
    return err->status;
}

const struct command cmd_plan = {
    .name = "plan",
    .operands = "[STUDY]",
    .summary = "expand a study: cells, cost, memory, each rank's slice",
    .details =
        "Expands a study (the built-in quick study if none is given), checks it and its\n"
        "data, and predicts cost, memory and the division among ranks. Runs nothing.",
    .max_operands = 1,
    .options = rows,
    .run = run,
};
