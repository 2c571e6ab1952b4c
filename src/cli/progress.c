#include "cli/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"

#define POST_SECONDS     0.5
#define TERMINAL_SECONDS 0.2
#define LINE_SECONDS     10.0

enum { BAR_WIDTH = 30 };

struct progress {
    struct dist *dist;
    bool shows, terminal;
    int64_t n_cells;
    double cost;
    double started, posted, shown;
    struct dist_progress mine;
    double finished_cost;
    struct dist_progress *ranks; /* [size], at the collector */
};

enum status progress_create(struct progress **out, struct dist *dist, int64_t n_cells,
                            double cost, struct error *err)
{
    *out = NULL;
    struct progress *p = memory_alloc(1, sizeof *p, err);
    if (!p)
        return err->status;
    p->dist = dist;
    p->shows = dist_rank(dist) == DIST_COLLECTOR;
    p->terminal = isatty(STDERR_FILENO);
    p->n_cells = n_cells;
    p->cost = cost;
    p->started = p->shown = clock_seconds();
    p->ranks = memory_alloc((size_t)dist_size(dist), sizeof *p->ranks, err);
    if (!p->ranks) {
        free(p);
        return err->status;
    }
    *out = p;
    return STATUS_OK;
}

void progress_destroy(struct progress *p)
{
    if (!p)
        return;
    free(p->ranks);
    free(p);
}

static void show(struct progress *p, bool last)
{
    struct dist_progress all = {0};
    const struct dist_progress *ranks = progress_ranks(p);
    for (int r = 0; r < dist_size(p->dist); r++) {
        all.cells += ranks[r].cells;
        all.failed += ranks[r].failed;
        all.cost += ranks[r].cost;
    }
    double share = p->cost > 0 ? all.cost / p->cost : 1,
           elapsed = clock_seconds() - p->started;
    char took[32], left[48] = "";
    text_format_duration(took, sizeof took, elapsed);
    if (share > 0.01 && share < 1 && !last) {
        char rest[32];
        text_format_duration(rest, sizeof rest, elapsed * (1 - share) / share);
        snprintf(left, sizeof left, ", about %s left", rest);
    }
    char failed[48] = "";
    if (all.failed > 0)
        snprintf(failed, sizeof failed, ", %lld not complete", (long long)all.failed);
    if (p->terminal) {
        int filled = (int)(share * BAR_WIDTH);
        fprintf(stderr, "\r[");
        for (int i = 0; i < BAR_WIDTH; i++)
            fputc(i < filled ? '#' : '.', stderr);
        fprintf(stderr, "] ");
    }
    fprintf(stderr, "%lld of %lld cells%s, %s%s%s", (long long)all.cells,
            (long long)p->n_cells, failed, took, left, p->terminal ? "\033[K" : "\n");
    if (p->terminal && last)
        fputc('\n', stderr);
    p->shown = clock_seconds();
}

void progress_holds(struct progress *p, double left)
{
    p->mine.left = left;
}

struct dist_progress *progress_ranks(struct progress *p)
{
    dist_poll_progress(p->dist, p->ranks);
    return p->ranks;
}

void progress_tick(struct progress *p, double share, double cost)
{
    double time = clock_seconds();
    if (time - p->posted >= POST_SECONDS) {
        p->mine.cost = p->finished_cost + share * cost;
        dist_post_progress(p->dist, &p->mine);
        p->posted = time;
    }
    if (p->shows && time - p->shown >= (p->terminal ? TERMINAL_SECONDS : LINE_SECONDS))
        show(p, false);
}

void progress_cell(struct progress *p, double cost, bool complete)
{
    p->mine.cells++;
    p->mine.failed += !complete;
    p->finished_cost += cost;
    p->posted = 0;
    progress_tick(p, 0, 0);
}

void progress_end(struct progress *p)
{
    if (p->shows && p->n_cells > 0)
        show(p, true);
}
