/* strata sweep: what the command line limits. */
#include <stdio.h>
#include <string.h>

#include "cli/signals.h"
#include "cli/sweep.h"

/* "2/8": the third of eight. */
static enum status parse_shard(const char *value, struct sweep_limits *limits,
                               struct error *err)
{
    char first[TEXT_WORD_MAX];
    int64_t shard, n;
    const char *slash = strchr(value, '/');
    snprintf(first, sizeof first, "%.*s", slash ? (int)(slash - value) : 0, value);
    if (!slash || slash - value >= TEXT_WORD_MAX || !text_parse_int(first, &shard) ||
        !text_parse_int(slash + 1, &n) || n < 1 || n > 1000000 || shard < 0 || shard >= n)
        return error_set(err, STATUS_USAGE,
                         "--shard %.80s: not I/N with I from 0 to N - 1", value);
    limits->shard = (int)shard;
    limits->n_shards = (int)n;
    return STATUS_OK;
}

static enum status parse_timeout(const char *value, struct sweep_limits *limits,
                                 struct error *err)
{
    if (strcmp(value, "auto") == 0)
        limits->cell_timeout = -1;
    else if (strcmp(value, "none") == 0)
        limits->cell_timeout = 0;
    else if (!text_parse_duration(value, &limits->cell_timeout) ||
             limits->cell_timeout <= 0)
        return error_set(err, STATUS_USAGE,
                         "--cell-timeout %.80s: not a time such as 90s, 10m, 2h, nor "
                         "auto or none",
                         value);
    return STATUS_OK;
}

enum status sweep_limits_parse(struct sweep_limits *limits, const struct args *args,
                               struct error *err)
{
    const char *shard = args->value[OPT_SHARD], *timeout = args->value[OPT_CELL_TIMEOUT];
    const char *failures = args->value[OPT_MAX_FAILURES];
    *limits = (struct sweep_limits){
        .n_shards = 1, .cell_timeout = -1, .max_failures = -1};
    if (shard)
        parse_shard(shard, limits, err);
    if (timeout)
        parse_timeout(timeout, limits, err);
    if (failures &&
        (!text_parse_int(failures, &limits->max_failures) || limits->max_failures < 0))
        error_set(err, STATUS_USAGE, "--max-failures %.80s: not a number from 0 on",
                  failures);
    return err->status;
}

/* At the collector, as far as it has heard. */
static int64_t count_failures(struct sweep *s)
{
    const struct dist_progress *ranks = progress_ranks(s->display);
    int64_t n = 0;
    for (int r = 0; r < dist_size(s->dist); r++)
        n += ranks[r].failed;
    return n;
}

bool sweep_must_stop(struct sweep *s)
{
    if (signals_stop_requested())
        return true;
    if (s->limits.max_failures < 0)
        return false;
    if (dist_rank(s->dist) == DIST_COLLECTOR &&
        count_failures(s) > s->limits.max_failures)
        dist_tell_stop(s->dist);
    return dist_told_stop(s->dist);
}

double sweep_cell_timeout(const struct sweep *s, double predicted)
{
    enum { LEAST = 3600, TIMES = 20 };
    if (s->limits.cell_timeout >= 0)
        return s->limits.cell_timeout;
    return predicted * TIMES > LEAST ? predicted * TIMES : LEAST;
}

double sweep_patience(const struct sweep *s)
{
    double longest = 0;
    for (size_t i = 0; i < s->session.grid.n_cells; i++)
        if (!s->past.done[i] && s->session.seconds[i] > longest)
            longest = s->session.seconds[i];
    double timeout = sweep_cell_timeout(s, longest);
    return timeout > 0 ? timeout + SWEEP_GRACE : 0;
}

double sweep_patience_aside(const struct sweep *s)
{
    enum { SLOW = 1800 };
    return s->limits.cell_timeout > 0 ? s->limits.cell_timeout + SWEEP_GRACE : SLOW;
}
