#include "cli/team.h"

#include <string.h>

#include "base/text.h"
#include "num/linalg.h"

enum status team_parse_size(const char *value, int n_ranks, int *size, struct error *err)
{
    int64_t number = 0;
    if (value && (!text_parse_int(value, &number) || number < 1))
        return error_set(err, STATUS_USAGE,
                         "--ranks-per-cell %.80s: not a number from 1 on", value);
    if (number > n_ranks)
        return error_set(err, STATUS_USAGE,
                         "--ranks-per-cell %.80s: there %s only %d rank%s", value,
                         n_ranks == 1 ? "is" : "are", n_ranks, n_ranks == 1 ? "" : "s");
    *size = (int)number;
    return STATUS_OK;
}

/* Larger teams send more than the pre-activations that they share: docs/performance.md.
 */
enum { AUTOMATIC_MOST = 8 };

int team_automatic_size(int n_ranks, size_t n_cells)
{
    /* OpenBLAS's sums depend on how samples are divided, and results are not to depend on
     * the number of ranks unless someone asks for it. */
    if (strcmp(linalg_products(), "openblas") == 0)
        return 1;
    if (n_cells == 0 || n_cells > (size_t)n_ranks)
        return 1;
    int size = n_ranks / (int)n_cells;
    return size < AUTOMATIC_MOST ? size : AUTOMATIC_MOST;
}

static void sum(void *state, uint64_t *values, size_t n)
{
    dist_team_sum(state, values, n);
}

static void largest(void *state, float *values, size_t n)
{
    dist_team_largest(state, values, n);
}

static void sum_parts(void *state, uint64_t *values, const size_t *n)
{
    dist_team_sum_parts(state, values, n);
}

static void share(void *state, void *data, const size_t *lengths)
{
    dist_team_share(state, data, lengths);
}

static void exchange(void *state, const void *out, const size_t *out_lengths, void *in,
                     size_t *in_lengths)
{
    dist_team_exchange(state, out, out_lengths, in, in_lengths);
}

static void call(void *state, const struct cell_order *order)
{
    dist_team_call(state, order, sizeof *order);
}

static void wait(void *state, struct cell_order *order)
{
    dist_team_wait(state, order, sizeof *order);
}

static void broadcast(void *state, float *values, size_t n)
{
    dist_team_broadcast(state, values, n * sizeof *values);
}

struct cell_team team_for_cells(struct dist_team *team)
{
    return (struct cell_team){.probe = {.size = dist_team_size(team),
                                        .rank = dist_team_rank(team),
                                        .state = team,
                                        .sum = sum,
                                        .largest = largest,
                                        .sum_parts = sum_parts,
                                        .share = share,
                                        .exchange = exchange},
                              .state = team,
                              .call = call,
                              .wait = wait,
                              .broadcast = broadcast};
}

void team_dismiss(const struct cell_team *team)
{
    struct cell_order order = {.call = CELL_CALL_LEAVE};
    team->call(team->state, &order);
}
