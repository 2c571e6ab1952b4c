/* Teams of ranks under a launcher, in every division of the ranks that there are. Not a
 * cmocka program: every rank must reach every collective, whatever another rank finds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dist/dist.h"
#include "dist/team.h"

enum { MOST = 8, N = 1000 };

static int failures;

static void check(const struct dist_team *team, bool condition, const char *what)
{
    if (condition)
        return;
    failures++;
    fprintf(stderr, "team %d, rank %d of %d: %s\n", dist_team_number(team),
            dist_team_rank(team), dist_team_size(team), what);
}

static void test_division(struct dist *dist, const struct dist_team *team)
{
    int size = dist_team_size(team), rank = dist_rank(dist);
    /* All ranks are on one host, so they stay in their order. */
    bool idle = rank >= dist_size(dist) / size * size;
    check(team, dist_team_number(team) == (idle ? -1 : rank / size), "number of a team");
    check(team, idle || dist_team_rank(team) == rank % size, "rank in a team");
}

static double cpu_seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

/* Members sleep until they are called. */
static void test_calls(struct dist_team *team)
{
    for (int i = 0; i < 3; i++) {
        int call[2] = {i, 10 * dist_team_number(team)};
        double started = cpu_seconds();
        if (dist_team_rank(team) == 0) {
            struct timespec pause = {.tv_nsec = 200000000};
            nanosleep(&pause, NULL);
            dist_team_call(team, call, sizeof call);
            continue;
        }
        memset(call, 0xff, sizeof call);
        dist_team_wait(team, call, sizeof call);
        check(team, call[0] == i && call[1] == 10 * dist_team_number(team), "a call");
        check(team, cpu_seconds() - started < 0.1, "waiting burns a core");
    }
}

static void test_broadcast(struct dist_team *team)
{
    float values[N];
    for (int i = 0; i < N; i++)
        values[i] = dist_team_rank(team) == 0 ? (float)(i + dist_team_number(team)) : -1;
    dist_team_broadcast(team, values, sizeof values);
    for (int i = 0; i < N; i++)
        check(team, values[i] == (float)(i + dist_team_number(team)), "broadcast");
}

/* Beyond 32 bits, and differing from member to member. */
static uint64_t term(int rank, int i)
{
    return ((uint64_t)(rank + 1) << 40) + (uint64_t)(i * (rank + 3));
}

static uint64_t sum_of_terms(int size, int i)
{
    uint64_t sum = 0;
    for (int r = 0; r < size; r++)
        sum += term(r, i);
    return sum;
}

static void test_sum(struct dist_team *team)
{
    uint64_t values[N];
    for (int i = 0; i < N; i++)
        values[i] = term(dist_team_rank(team), i);
    dist_team_sum(team, values, N);
    for (int i = 0; i < N; i++)
        check(team, values[i] == sum_of_terms(dist_team_size(team), i), "sum");
}

/* Member 0's part is empty, the others' are 10, 20 ... elements. */
static void test_sum_parts(struct dist_team *team)
{
    uint64_t values[N];
    size_t parts[MOST];
    int start = 0, rank = dist_team_rank(team), size = dist_team_size(team);
    for (int i = 0; i < N; i++)
        values[i] = term(rank, i);
    for (int r = 0; r < size; r++) {
        parts[r] = (size_t)(10 * r);
        start += r < rank ? 10 * r : 0;
    }
    dist_team_sum_parts(team, values, parts);
    for (int i = 0; i < 10 * rank; i++)
        check(team, values[i] == sum_of_terms(size, start + i), "part of a sum");
}

static void test_largest(struct dist_team *team)
{
    int rank = dist_team_rank(team), size = dist_team_size(team);
    float values[N];
    for (int i = 0; i < N; i++)
        values[i] = i % size == rank ? 1.5f * (float)i : -1e30f;
    dist_team_largest(team, values, N);
    for (int i = 0; i < N; i++)
        check(team, values[i] == 1.5f * (float)i, "largest");
}

/* Member r's part is 3 r bytes of value r + 1. */
static void test_share(struct dist_team *team)
{
    int rank = dist_team_rank(team), size = dist_team_size(team), at = 0;
    uint8_t data[3 * MOST * MOST] = {0};
    size_t lengths[MOST];
    for (int r = 0; r < size; at += 3 * r++) {
        lengths[r] = (size_t)(3 * r);
        memset(data + at, r == rank ? r + 1 : 0, lengths[r]);
    }
    dist_team_share(team, data, lengths);
    at = 0;
    for (int r = 0; r < size; r++)
        for (int i = 0; i < 3 * r; i++)
            check(team, data[at++] == r + 1, "shared parts");
}

/* Member r sends member s 5 (r + s) bytes of value 16 r + s: nothing from 0 to 0. */
static void test_exchange(struct dist_team *team)
{
    int rank = dist_team_rank(team), size = dist_team_size(team), at = 0;
    uint8_t out[10 * MOST * MOST], in[10 * MOST * MOST];
    size_t out_lengths[MOST], in_lengths[MOST];
    for (int s = 0; s < size; at += 5 * (rank + s++)) {
        out_lengths[s] = (size_t)(5 * (rank + s));
        memset(out + at, 16 * rank + s, out_lengths[s]);
    }
    dist_team_exchange(team, out, out_lengths, in, in_lengths);
    at = 0;
    for (int r = 0; r < size; r++) {
        check(team, in_lengths[r] == (size_t)(5 * (r + rank)), "exchanged length");
        for (int i = 0; i < 5 * (r + rank); i++)
            check(team, in[at++] == 16 * r + rank, "exchanged bytes");
    }
}

/* Each of N members sends (N - 1) / N of what the others need. */
static void test_bytes(struct dist_team *team)
{
    uint64_t values[N] = {0};
    double size = dist_team_size(team), before = dist_team_bytes(team);
    dist_team_sum(team, values, N);
    double sent = dist_team_bytes(team) - before;
    double expected = 2 * 8 * N * (size - 1) / size;
    check(team, sent > expected - 1 && sent < expected + 1, "bytes of a sum");
}

static void test_team(struct dist *dist, int size)
{
    struct error err = {0};
    struct dist_team *team;
    if (dist_team_create(&team, dist, size, &err) != STATUS_OK) {
        failures++;
        return;
    }
    test_division(dist, team);
    if (dist_team_number(team) >= 0) {
        test_calls(team);
        test_broadcast(team);
        test_sum(team);
        test_sum_parts(team);
        test_largest(team);
        test_share(team);
        test_exchange(team);
        test_bytes(team);
    }
    dist_team_destroy(team);
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct dist *dist;
    if (dist_start(&dist, &argc, &argv, &err) != STATUS_OK)
        return 1;
    int expected = argc > 1 ? atoi(argv[1]) : 1;
    if (dist_size(dist) != expected || expected > MOST) {
        fprintf(stderr, "the launcher gave another number of ranks\n");
        failures++;
    }
    for (int size = 1; expected <= MOST && size <= dist_size(dist); size++)
        test_team(dist, size);
    dist_stop(dist);
    return failures > 0;
}
