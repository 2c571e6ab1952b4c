/* Cells side by side: what each finds alone, whoever else is there. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "sweep/cell_group.h"
#include "unit.h"

enum { CELLS = 6 };

struct setting {
    struct snapshot snapshots[3];
    struct study study;
    struct dataset dataset;
    struct grid grid;
    struct normals *normals;
    struct cell cells[CELLS];
    struct cell_context context;
};

static void make_setting(struct setting *s)
{
    struct error err = {0};
    struct dataset_request request = {.name = "glyphs", .train = 300, .test = 60};
    *s = (struct setting){
        .snapshots = {{.kind = SNAPSHOT_INIT, .keep = true},
                      {.kind = SNAPSHOT_EPOCH, .at = 2},
                      {.kind = SNAPSHOT_BEST, .keep = true, .keep_nodes = true}},
        .study = {.n_snapshots = 3, .measures = 7 | MEASURE_UPDATES, .histograms = true},
        .context = {.sizes = {250, 50, 60}}};
    s->study.snapshots = s->snapshots;
    s->context.study = &s->study;
    s->context.dataset = &s->dataset;
    s->grid = (struct grid){.cells = s->cells, .n_cells = CELLS};
    dataset_load(&s->dataset, &request, &err);
    normals_create(&s->normals, &err);
    assert_ok(err);
    s->context.normals = s->normals;
    for (int i = 0; i < CELLS; i++) {
        struct spec *spec = &s->cells[i].spec;
        s->cells[i].id = (struct hash128){1, (uint64_t)i};
        spec_defaults(spec);
        spec->value[FIELD_SEED] = 3;
        spec->value[FIELD_DEPTH] = 1 + i % 3;
        spec->value[FIELD_WIDTH] = 8 + 2 * i;
        spec->value[FIELD_BATCH_SIZE] = 32; /* 250 = 7 x 32 + 26 */
        spec->value[FIELD_EPOCHS] = 6;
        spec->value[FIELD_PATIENCE] = 0;
    }
    /* One ends early, one has other labels and is normalised, one diverges. */
    s->cells[1].spec.value[FIELD_EPOCHS] = 3;
    s->cells[2].spec.value[FIELD_LABEL_CORRUPTION] = 0.5;
    s->cells[2].spec.value[FIELD_BATCH_NORM] = 1;
    s->cells[3].spec.value[FIELD_OPTIMIZER] = OPTIMIZER_SGD;
    s->cells[3].spec.value[FIELD_LEARNING_RATE] = 1e20;
}

static void release(struct setting *s)
{
    dataset_fini(&s->dataset);
    free(s->normals);
}

struct taken {
    struct cell_result results[CELL_GROUP_MAX];
    int order[CELL_GROUP_MAX];
    int n;
    int fail_at; /* the call that fails */
};

static enum status take(void *state, int index, struct cell_result *result,
                        struct error *err)
{
    struct taken *taken = state;
    taken->order[taken->n++] = index;
    taken->results[index] = *result;
    if (taken->n == taken->fail_at)
        return error_set(err, STATUS_IO, "full");
    return STATUS_OK;
}

static enum status run(const struct setting *s, const int *which, int n,
                       struct taken *taken, struct error *err)
{
    const struct cell *cells[CELL_GROUP_MAX];
    for (int i = 0; i < n; i++)
        cells[i] = &s->cells[which[i]];
    return cell_group_run(&s->context, cells, n, take, taken, err);
}

static void taken_fini(struct taken *taken)
{
    for (int i = 0; i < taken->n; i++)
        cell_result_fini(&taken->results[taken->order[i]]);
}

static void assert_same(const struct cell_result *a, const struct cell_result *b)
{
    struct hash128 left = record_hash(&a->record), right = record_hash(&b->record);
    assert_memory_equal(&left, &right, sizeof left);
    assert_int_equal(a->n_networks, b->n_networks);
    assert_int_equal(a->n_parameters, b->n_parameters);
    assert_int_equal(a->n_node_sets, b->n_node_sets);
    for (int i = 0; i < a->n_node_sets; i++)
        for (int c = 0; c < NODE_COLUMNS; c++) {
            size_t n, m;
            const void *x = node_bytes(&a->node_sets[i], (enum node_column)c, &n);
            const void *y = node_bytes(&b->node_sets[i], (enum node_column)c, &m);
            assert_int_equal(n, m);
            assert_memory_equal(x, y, n);
        }
    for (int i = 0; i < a->n_networks; i++) {
        assert_int_equal(a->networks[i].step, b->networks[i].step);
        assert_memory_equal(a->networks[i].parameters, b->networks[i].parameters,
                            a->n_parameters * sizeof(float));
    }
}

static void assert_as_alone(const struct setting *s, const int *which,
                            const struct taken *taken)
{
    struct error err = {0};
    assert_int_equal(taken->n, CELL_GROUP_MAX);
    for (int i = 0; i < taken->n; i++) {
        struct cell_result alone;
        cell_run(&s->context, &s->cells[which[i]], &alone, &err);
        assert_ok(err);
        assert_same(&taken->results[i], &alone);
        cell_result_fini(&alone);
    }
}

static void test_as_alone(void **state)
{
    (void)state;
    static const int which[] = {0, 1, 2, 3};
    struct error err = {0};
    struct setting s;
    struct taken taken = {.n = 0};
    make_setting(&s);
    run(&s, which, 4, &taken, &err);
    assert_ok(err);
    assert_int_equal(taken.order[0], 3); /* diverges first */
    assert_int_equal(taken.order[1], 1); /* has fewer epochs */
    assert_int_equal(*record_int(&taken.results[3].record, FIELD_STATUS), CELL_DIVERGED);
    assert_int_equal(*record_int(&taken.results[2].record, FIELD_STATUS), CELL_COMPLETE);
    assert_as_alone(&s, which, &taken);
    taken_fini(&taken);
    release(&s);
}

static const enum field_id input_options[] = {
    FIELD_INPUT_CORRUPTION, FIELD_INPUT_CORRUPTION_FRACTION, FIELD_INPUT_NOISE};
enum { INPUT_OPTIONS = sizeof input_options / sizeof *input_options };
static const double input_values[INPUT_OPTIONS] = {INPUT_CORRUPTION_GAUSSIAN, 0.4, 0.1};

/* Inputs that differ from the pixels are those of a cell alone too. The first, by which
 * the shared minibatches were made, ends first. */
static void test_disturbed_as_alone(void **state)
{
    (void)state;
    static const int which[] = {1, 0, 2, 4};
    struct error err = {0};
    struct setting s;
    struct taken taken = {.n = 0}, plain = {.n = 0};
    make_setting(&s);
    run(&s, which, 4, &plain, &err);
    for (int i = 0; i < CELLS; i++)
        for (int k = 0; k < INPUT_OPTIONS; k++)
            s.cells[i].spec.value[input_options[k]] = input_values[k];
    run(&s, which, 4, &taken, &err);
    assert_ok(err);
    assert_int_equal(taken.order[0], 0);
    assert_as_alone(&s, which, &taken);
    for (int i = 0; i < 4; i++) { /* and they do make a difference */
        double *loss = record_real(&taken.results[i].record, FIELD_NETWORK_LOSS);
        double *without = record_real(&plain.results[i].record, FIELD_NETWORK_LOSS);
        size_t last = record_index(FIELD_NETWORK_LOSS, taken.results[i].record.shape, 1,
                                   SPLIT_TEST, 0, 0);
        assert_true(loss[last] != without[last]);
    }
    taken_fini(&taken);
    taken_fini(&plain);
    release(&s);
}

/* Cells whose inputs differ in anything load them apart. */
static void test_gather_by_inputs(void **state)
{
    (void)state;
    uint8_t attempts[CELLS] = {0};
    for (int k = 0; k < INPUT_OPTIONS; k++) {
        struct setting s;
        size_t tasks[CELLS] = {0, 1, 2};
        make_setting(&s);
        s.cells[1].spec.value[input_options[k]] = input_values[k];
        assert_int_equal(cell_group_gather(&s.context, &s.grid, attempts, tasks, 3), 2);
        assert_memory_equal(tasks, ((size_t[]){0, 2, 1}), 3 * sizeof *tasks);
        release(&s);
    }
}

static void test_gather(void **state)
{
    (void)state;
    struct setting s;
    make_setting(&s);
    s.cells[1].spec.value[FIELD_SEED] = 4;
    s.cells[4].spec.value[FIELD_BATCH_SIZE] = 16;
    s.cells[5].spec.value[FIELD_WIDTH] = 2000;
    size_t tasks[CELLS] = {2, 4, 1, 0, 5, 3};
    uint8_t attempts[CELLS] = {0};
    assert_int_equal(cell_group_gather(&s.context, &s.grid, attempts, tasks, CELLS), 3);
    assert_memory_equal(tasks, ((size_t[]){2, 0, 3, 4, 1, 5}), sizeof tasks);
    assert_int_equal(cell_group_gather(&s.context, &s.grid, attempts, tasks + 3, 3), 1);
    assert_int_equal(cell_group_gather(&s.context, &s.grid, attempts, tasks + 5, 1), 1);
    /* A large cell has no company, even among its like. */
    s.cells[4].spec = s.cells[5].spec;
    size_t large[] = {4, 5};
    assert_int_equal(cell_group_gather(&s.context, &s.grid, attempts, large, 2), 1);
    /* No more than a group's size, the nearest first. */
    release(&s);
    make_setting(&s);
    size_t all[CELLS] = {5, 4, 3, 2, 1, 0};
    assert_int_equal(cell_group_gather(&s.context, &s.grid, attempts, all, CELLS),
                     CELL_GROUP_MAX);
    assert_memory_equal(all, ((size_t[]){5, 4, 3, 2, 1, 0}), sizeof all);
    /* What may have ended a process is alone. */
    attempts[4] = 1;
    assert_int_equal(cell_group_gather(&s.context, &s.grid, attempts, all, CELLS), 4);
    assert_memory_equal(all, ((size_t[]){5, 3, 2, 1, 4, 0}), sizeof all);
    assert_int_equal(cell_group_gather(&s.context, &s.grid, attempts, all + 4, 2), 1);
    /* Teams probe one cell at a time. */
    struct cell_team team = {.state = NULL};
    s.context.team = &team;
    assert_int_equal(cell_group_gather(&s.context, &s.grid, attempts, all, CELLS), 1);
    release(&s);
}

struct patience {
    int calls, until;
    double last;
};

static bool poll(void *state, double share)
{
    struct patience *p = state;
    assert_true(share >= 0 && share <= 1);
    p->last = share;
    return ++p->calls >= p->until;
}

static void test_stop(void **state)
{
    (void)state;
    static const int which[] = {0, 1, 2, 4};
    struct error err = {0};
    struct setting s;
    struct taken taken = {.n = 0};
    struct patience patience = {.until = 4 * 8 * 5}; /* in the fifth epoch or later */
    make_setting(&s);
    s.context.poll = poll;
    s.context.poll_state = &patience;
    assert_int_equal(run(&s, which, 4, &taken, &err), STATUS_STOPPED);
    assert_int_equal(taken.n, 1); /* what was finished stays */
    assert_int_equal(taken.order[0], 1);
    assert_true(patience.last > 0.5 && patience.last < 1);
    taken_fini(&taken);
    release(&s);
}

/* Where a result cannot be taken the others end, and nothing leaks. */
static void test_take_fails(void **state)
{
    (void)state;
    static const int which[] = {0, 1, 2};
    struct error err = {0};
    struct setting s;
    struct taken taken = {.fail_at = 1};
    make_setting(&s);
    assert_int_equal(run(&s, which, 3, &taken, &err), STATUS_IO);
    assert_string_equal(err.text, "full");
    assert_int_equal(taken.n, 1);
    taken_fini(&taken);
    release(&s);
}

static size_t address_space(void)
{
    size_t pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file && fscanf(file, "%zu", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return pages * 4096;
}

/* Runs a group, or where n is 1 a cell, with so much more address space than now; returns
 * how many cells had enough. */
static int run_within(const struct setting *s, size_t bytes, int n)
{
    static const int which[] = {5, 0, 1, 2};
    struct error err = {0};
    struct taken taken = {.n = 0};
    struct rlimit before, limited;
    int complete = 0;
    getrlimit(RLIMIT_AS, &before);
    limited = before;
    limited.rlim_cur = address_space() + bytes;
    setrlimit(RLIMIT_AS, &limited);
    run(s, which, n, &taken, &err);
    setrlimit(RLIMIT_AS, &before);
    for (int i = 0; i < taken.n; i++)
        complete += *record_int(&taken.results[taken.order[i]].record, FIELD_STATUS) ==
                    CELL_COMPLETE;
    taken_fini(&taken);
    return complete;
}

/* Where memory is just enough for the largest cell, one by one all complete. */
static void test_memory(void **state)
{
    (void)state;
    enum { STEP = 1 << 16, RESULTS = 8 * STEP };
    struct setting s;
    size_t enough = STEP;
#ifdef STRATA_SANITIZED
    skip(); /* sanitizers reserve address space of their own */
#endif
    mallopt(M_MMAP_THRESHOLD, 4096); /* what is freed is given back */
    make_setting(&s);
    s.study.histograms = false; /* results are small */
    while (run_within(&s, enough, 1) == 0)
        enough += STEP;
    assert_true(enough > 4 * RESULTS);
    assert_int_equal(run_within(&s, enough + RESULTS, 4), 4);
    release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory), /* first: nothing is in the heap yet */
        cmocka_unit_test(test_as_alone), cmocka_unit_test(test_disturbed_as_alone),
        cmocka_unit_test(test_gather),   cmocka_unit_test(test_gather_by_inputs),
        cmocka_unit_test(test_stop),     cmocka_unit_test(test_take_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
