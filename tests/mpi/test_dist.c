/* The rank module under a launcher, at any number of ranks. Not a cmocka program: every
 * rank must reach every collective, whatever another rank finds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dist/dist.h"

static int failures;

static void check(const struct dist *dist, bool condition, const char *what)
{
    if (condition)
        return;
    failures++;
    fprintf(stderr, "rank %d of %d: %s\n", dist_rank(dist), dist_size(dist), what);
}

static void test_agreement(struct dist *dist)
{
    struct error err = {0};
    check(dist, dist_agree(dist, &err) == STATUS_OK, "all well is agreed");
    /* The last two ranks fail: the lower one's word counts, for everyone. */
    int size = dist_size(dist), speaker = size > 1 ? size - 2 : 0;
    if (dist_rank(dist) >= speaker)
        error_set(&err, STATUS_IO, "rank %d failed", dist_rank(dist));
    char expected[64];
    snprintf(expected, sizeof expected, "rank %d failed", speaker);
    check(dist, dist_agree(dist, &err) == STATUS_IO, "a failure is agreed");
    check(dist, strcmp(err.text, expected) == 0, "the lowest failing rank speaks");
}

/* A fault on any rank goes before a request to stop on a lower one. */
static void test_severity(struct dist *dist)
{
    struct error err = {0};
    int last = dist_size(dist) - 1;
    if (dist_rank(dist) == last)
        error_set(&err, STATUS_IO, "disk full");
    else
        error_set(&err, STATUS_STOPPED, "stopped");
    check(dist, dist_agree(dist, &err) == STATUS_IO, "a fault goes before a stop");
    err = (struct error){0};
    if (dist_rank(dist) == last)
        error_set(&err, STATUS_STOPPED, "stopped");
    check(dist, dist_agree(dist, &err) == STATUS_STOPPED, "a stop is agreed");
}

static void test_broadcast(struct dist *dist)
{
    struct error err = {0};
    struct bytes bytes = {0};
    bool collects = dist_rank(dist) == DIST_COLLECTOR;
    for (int i = 0; i < 100000; i++)
        bytes_put_u32(&bytes, collects ? (uint32_t)i * 7 : 1);
    check(dist, dist_broadcast(dist, &bytes, &err) == STATUS_OK, "broadcast");
    bool same = bytes.length == 400000;
    for (uint32_t i = 0; same && i < 100000; i++)
        same = memcmp(bytes.data + 4 * i, &(uint32_t){i * 7}, 4) == 0;
    check(dist, same, "broadcast bytes");
    bytes.length = 0;
    check(dist, dist_broadcast(dist, &bytes, &err) == STATUS_OK && bytes.length == 0,
          "broadcast of nothing");
    bytes_free(&bytes);
}

/* All ranks are on one host, so its first rank is rank 0. */
static void test_host_broadcast(struct dist *dist)
{
    struct error err = {0};
    struct bytes bytes = {0};
    bool leads = dist_local_rank(dist) == 0;
    check(dist, leads == (dist_rank(dist) == 0), "one rank leads a host");
    for (int i = 0; i < (leads ? 5 : dist_rank(dist)); i++)
        bytes_put_u32(&bytes, leads ? (uint32_t)i + 40 : 1);
    check(dist, dist_host_broadcast(dist, &bytes, &err) == STATUS_OK, "host broadcast");
    const uint32_t expected[] = {40, 41, 42, 43, 44};
    check(dist,
          bytes.length == sizeof expected &&
              memcmp(bytes.data, expected, sizeof expected) == 0,
          "bytes of a host broadcast");
    bytes_free(&bytes);
}

static void test_sums(struct dist *dist)
{
    enum { N = 1000 };
    int32_t counts[N], all[N];
    int size = dist_size(dist), sum_of_ranks = size * (size - 1) / 2;
    for (int i = 0; i < N; i++)
        counts[i] = all[i] = i * size + dist_rank(dist);
    dist_sum_counts(dist, counts, N);
    dist_sum_counts_all(dist, all, N);
    for (int i = 0; i < N; i++) {
        int32_t expected = i * size * size + sum_of_ranks;
        check(dist, all[i] == expected, "sum for everyone");
        check(dist, dist_rank(dist) != DIST_COLLECTOR || counts[i] == expected,
              "sum at the collector");
    }
}

/* Rank r brings 3 r bytes of value r. */
static void test_gather(struct dist *dist)
{
    struct error err = {0};
    struct bytes mine = {0}, all = {0};
    size_t *offsets = calloc((size_t)dist_size(dist) + 1, sizeof *offsets);
    for (int i = 0; i < 3 * dist_rank(dist); i++)
        bytes_put_u8(&mine, (uint8_t)dist_rank(dist));
    check(dist, dist_gather(dist, &mine, &all, offsets, &err) == STATUS_OK, "gather");
    for (int r = 0; dist_rank(dist) == DIST_COLLECTOR && r < dist_size(dist); r++) {
        check(dist, offsets[r + 1] - offsets[r] == (size_t)(3 * r), "gathered length");
        for (size_t i = offsets[r]; i < offsets[r + 1]; i++)
            check(dist, all.data[i] == r, "gathered bytes");
    }
    bytes_free(&mine);
    bytes_free(&all);
    free(offsets);
}

static void test_send(struct dist *dist)
{
    for (int owner = 0; owner < dist_size(dist); owner++) {
        struct error err = {0};
        struct bytes bytes = {0};
        bool collects = dist_rank(dist) == DIST_COLLECTOR;
        if (dist_rank(dist) == owner)
            for (int i = 0; i < 70000; i++)
                bytes_put_u8(&bytes, (uint8_t)(i + owner));
        if (collects || dist_rank(dist) == owner)
            check(dist, dist_send(dist, owner, &bytes, &err) == STATUS_OK, "send");
        bool same = bytes.length == 70000;
        for (int i = 0; collects && same && i < 70000; i++)
            same = bytes.data[i] == (uint8_t)(i + owner);
        check(dist, !collects || same, "sent bytes");
        bytes_free(&bytes);
        /* A sender without memory is a failure on both sides, not a hang. */
        struct bytes broken = {.failed = true};
        if (owner != DIST_COLLECTOR && (collects || dist_rank(dist) == owner))
            check(dist, dist_send(dist, owner, &broken, &err) == STATUS_MEMORY,
                  "a failed sender is noticed");
        bytes_free(&broken);
    }
}

struct waiting {
    struct dist *dist;
    struct dist_progress *ranks;
};

static void poll_progress(void *state)
{
    struct waiting *w = state;
    if (dist_rank(w->dist) == DIST_COLLECTOR)
        dist_poll_progress(w->dist, w->ranks);
}

static void test_progress(struct dist *dist)
{
    struct waiting waiting = {dist,
                              calloc((size_t)dist_size(dist), sizeof *waiting.ranks)};
    for (int i = 1; i <= 50; i++)
        dist_post_progress(dist, &(struct dist_progress){.cells = i, .cost = 0.5 * i});
    dist_wait(dist, poll_progress, &waiting);
    poll_progress(&waiting);
    for (int r = 0; dist_rank(dist) == DIST_COLLECTOR && r < dist_size(dist); r++) {
        /* Messages may be left out, never invented. */
        const struct dist_progress *p = &waiting.ranks[r];
        check(dist, p->cells >= 1 && p->cells <= 50, "progress arrives");
        check(dist, p->cost == 0.5 * (double)p->cells, "progress is whole");
    }
    free(waiting.ranks);
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct dist *dist;
    if (dist_start(&dist, &argc, &argv, &err) != STATUS_OK)
        return 1;
    int expected = argc > 1 ? atoi(argv[1]) : 1;
    check(dist, dist_size(dist) == expected, "the launcher gave another number of ranks");
    check(dist, dist_local_size(dist) == dist_size(dist), "all ranks are on this host");
    check(dist, dist_library(dist)[0] != '\0', "the library has a name");
    test_agreement(dist);
    test_severity(dist);
    test_broadcast(dist);
    test_host_broadcast(dist);
    test_sums(dist);
    test_gather(dist);
    test_send(dist);
    test_progress(dist);
    dist_stop(dist);
    return failures > 0;
}
