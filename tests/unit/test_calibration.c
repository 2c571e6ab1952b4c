/* The fit of rates: it finds what measurements were made from, and with few of them stays
 * near where it started. What finished cells teach. The file. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "num/rng.h"
#include "sweep/calibration.h"
#include "unit.h"

enum { MANY = 200 };

static double uniform(uint64_t stream, uint64_t index)
{
    const struct rng rng = {1, RNG_TEST, stream};
    return rng_uniform(&rng, index);
}

static double normal(uint64_t stream, uint64_t index)
{
    const struct rng rng = {1, RNG_TEST, stream};
    return rng_normal(&rng, index);
}

/* Rates of a machine that is `scale` times slower than nominal, each up to `unlike` times
 * faster or slower than that. */
static struct cost_rates make_rates(double scale, double unlike)
{
    struct cost_rates rates = cost_nominal_rates;
    for (int u = 0; u < COST_COUNT; u++)
        rates.seconds[u] *= scale * pow(unlike, 2 * uniform(1, (uint64_t)u) - 1);
    return rates;
}

/* Measurements of which each kind of work takes a random part of the nominal time. */
static void make_measurements(struct cost_measurement *m, size_t n, double noise,
                              const struct cost_rates *rates)
{
    for (size_t i = 0; i < n; i++) {
        for (uint64_t u = 0; u < COST_COUNT; u++)
            m[i].counts.units[u] = pow(uniform(2 + i, u), 3) /
                                   cost_nominal_rates.seconds[u];
        for (int part = 0; part < 2; part++)
            m[i].seconds[part] = cost_part_seconds(&m[i].counts, rates,
                                                   (enum cost_part)part) *
                                 exp(noise * normal(2 + i, 100 + (uint64_t)part));
    }
}

static void test_recovers_rates(void **state)
{
    (void)state;
    struct error err = {0};
    static struct cost_measurement m[MANY];
    struct cost_rates truth = make_rates(3, 2), rates = cost_nominal_rates;
    double spread = 0.3;
    make_measurements(m, MANY, 0.03, &truth);
    calibration_fit(&rates, &spread, m, MANY, &err);
    assert_ok(err);
    for (int u = 0; u < COST_COUNT; u++)
        assert_true(fabs(rates.seconds[u] / truth.seconds[u] - 1) < 0.1);
    assert_true(spread > 0.015 && spread < 0.04);
    /* Without noise only the pull towards the start is left. */
    make_measurements(m, MANY, 0, &truth);
    rates = cost_nominal_rates;
    calibration_fit(&rates, &spread, m, MANY, &err);
    for (int u = 0; u < COST_COUNT; u++)
        assert_true(fabs(rates.seconds[u] / truth.seconds[u] - 1) < 0.01);
}

/* Three measurements are far fewer than rates, and predict others all the same. */
static void test_few_measurements(void **state)
{
    (void)state;
    struct error err = {0};
    static struct cost_measurement m[MANY];
    struct cost_rates truth = make_rates(5, 1.3), rates = cost_nominal_rates;
    double spread = 0.3, squares = 0;
    make_measurements(m, MANY, 0, &truth);
    calibration_fit(&rates, &spread, m, 3, &err);
    assert_ok(err);
    for (size_t i = 3; i < MANY; i++) {
        double miss = cost_seconds(&m[i].counts, &rates) /
                          (m[i].seconds[0] + m[i].seconds[1]) -
                      1;
        squares += miss * miss;
    }
    assert_true(sqrt(squares / (MANY - 3)) < 0.1);
    assert_true(spread > sqrt(squares / (MANY - 3)));
}

/* One measurement says how fast the machine is, and nothing about single rates. */
static void test_one_measurement(void **state)
{
    (void)state;
    struct error err = {0};
    struct cost_measurement m;
    struct cost_rates truth = make_rates(4, 1), rates = cost_nominal_rates;
    double spread = 0.3;
    make_measurements(&m, 1, 0, &truth);
    m.seconds[COST_PROBE] = 0; /* not measured: probing keeps its rates */
    calibration_fit(&rates, &spread, &m, 1, &err);
    assert_ok(err);
    for (int u = 0; u < COST_COUNT; u++) {
        bool train = cost_unit_part((enum cost_unit)u) == COST_TRAIN;
        double expected = cost_nominal_rates.seconds[u] * (train ? 4 : 1);
        assert_true(fabs(rates.seconds[u] / expected - 1) < 1e-6);
    }
    rates = cost_nominal_rates;
    spread = 0.3;
    calibration_fit(&rates, &spread, NULL, 0, &err);
    assert_ok(err);
    assert_memory_equal(&rates, &cost_nominal_rates, sizeof rates);
    assert_true(spread == 0.3);
}

/* ---- finished cells ---- */

enum { SEEDS = 3, DEPTHS = 4, CELLS = SEEDS * DEPTHS };

struct world {
    struct snapshot snapshot;
    struct study study;
    struct dataset dataset;
    struct cell_context context;
    struct cell cells[CELLS]; /* depth by depth */
    struct grid grid;
    struct cost_rates truth;
};

static int start(void **state)
{
    *state = calloc(1, sizeof(struct world));
    struct world *w = *state;
    if (!w || system("rm -rf journal && mkdir journal") != 0)
        return 1;
    w->snapshot.kind = SNAPSHOT_BEST;
    w->study = (struct study){.snapshots = &w->snapshot, .n_snapshots = 1, .measures = 7};
    w->dataset = (struct dataset){.n_inputs = 784, .n_classes = 10};
    w->context = (struct cell_context){
        .study = &w->study, .dataset = &w->dataset, .sizes = {5500, 500, 1000}};
    for (int i = 0; i < CELLS; i++) {
        struct cell *cell = &w->cells[i];
        cell->id = (struct hash128){(uint64_t)i + 1, 7};
        spec_defaults(&cell->spec);
        cell->spec.value[FIELD_SEED] = i % SEEDS;
        cell->spec.value[FIELD_DEPTH] = 1 + i / SEEDS;
        cell->spec.value[FIELD_WIDTH] = 50;
        cell->spec.value[FIELD_EPOCHS] = 100;
        cell->spec.value[FIELD_PATIENCE] = 10;
    }
    w->grid = (struct grid){.cells = w->cells, .n_cells = CELLS};
    w->truth = make_rates(2, 1.5);
    return 0;
}

static int finish(void **state)
{
    free(*state);
    return 0;
}

/* Cells of depth d ran for 10 (d + 1) epochs. */
static double epochs_run(const struct cell *cell)
{
    return 10 * (cell->spec.value[FIELD_DEPTH] + 1);
}

static void put_cell(const struct world *w, int i, enum cell_status status,
                     struct journal *journal)
{
    struct error err = {0};
    const struct cell *cell = &w->cells[i];
    struct record record;
    struct bytes payload = {0};
    struct cost_counts counts = cost_count_cell(&w->context, &cell->spec,
                                                epochs_run(cell));
    record_init(&record, cell_record_shape(&cell->spec, &w->study, 10), &err);
    assert_ok(err);
    *record_int(&record, FIELD_STATUS) = (int32_t)status;
    *record_int(&record, FIELD_EPOCHS_RUN) = (int32_t)epochs_run(cell);
    *record_real(&record, FIELD_TRAIN_SECONDS) = cost_part_seconds(&counts, &w->truth,
                                                                   COST_TRAIN);
    *record_real(&record, FIELD_PROBE_SECONDS) = cost_part_seconds(&counts, &w->truth,
                                                                   COST_PROBE);
    if (status != CELL_COMPLETE)
        *record_real(&record, FIELD_TRAIN_SECONDS) *= 1000;
    record_pack(&record, &payload);
    journal_append(journal, JOURNAL_RESULT, cell->id, 1, &payload, &err);
    assert_ok(err);
    bytes_free(&payload);
    record_fini(&record);
}

static void learn(struct calibration *c, const struct world *w)
{
    struct error err = {0};
    struct journal_index index;
    journal_scan(&index, "journal", &err);
    assert_ok(err);
    calibration_init(c);
    calibration_learn(c, &w->context, &w->grid, &index, &err);
    assert_ok(err);
    journal_index_fini(&index);
}

static void test_learns_from_cells(void **state)
{
    const struct world *w = *state;
    struct error err = {0};
    struct calibration c;
    struct journal *journal;
    learn(&c, w);
    assert_int_equal(c.n_cells, 0);
    assert_true(calibration_epochs(&c, &w->cells[0].spec) == 100);
    calibration_fini(&c);
    /* All of depth 1, two of depth 2, none beyond; and one that diverged. */
    journal_create(&journal, "journal", "run", 0, &err);
    assert_ok(err);
    for (int i = 0; i < SEEDS + 2; i++)
        put_cell(w, i, CELL_COMPLETE, journal);
    put_cell(w, CELLS - 1, CELL_DIVERGED, journal);
    journal_commit(journal, &err);
    journal_close(journal);
    learn(&c, w);
    assert_int_equal(c.n_cells, 5);
    assert_int_equal(c.n_epochs, 5);
    assert_true(fabs(calibration_epochs(&c, &w->cells[0].spec) - 20) < 1e-9);
    assert_true(fabs(calibration_epochs(&c, &w->cells[SEEDS + 2].spec) - 30) < 1e-9);
    /* A depth that was not seen: 120 of 500 epochs. */
    assert_true(fabs(calibration_epochs(&c, &w->cells[CELLS - 1].spec) - 24) < 1e-9);
    assert_true(c.epochs_spread < 1e-9); /* within a depth there is none */
    struct spec patient = w->cells[0].spec;
    patient.value[FIELD_PATIENCE] = 0;
    assert_true(calibration_epochs(&c, &patient) == 100);
    /* The depths that were measured, and a deeper one. */
    for (int i = SEEDS; i < CELLS; i += SEEDS) {
        const struct spec *spec = &w->cells[i].spec;
        struct cost_counts counts = cost_count_cell(&w->context, spec,
                                                    calibration_epochs(&c, spec));
        double expected = cost_seconds(&counts, &w->truth);
        assert_true(fabs(calibration_seconds(&c, &w->context, spec) / expected - 1) <
                    0.05);
    }
    calibration_fini(&c);
}

/* ---- the file ---- */

static void write_text(const char *text)
{
    FILE *file = fopen("calibration.json", "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void test_round_trip(void **state)
{
    (void)state;
    struct error err = {0};
    struct calibration c, read;
    calibration_init(&c);
    c.rates = make_rates(3, 2);
    c.spread = 0.123;
    c.n_pieces = 2;
    snprintf(c.host, sizeof c.host, "node \"7\"");
    snprintf(c.cpu, sizeof c.cpu, "CPU");
    snprintf(c.date, sizeof c.date, "2026-01-02T03:04:05Z");
    calibration_write(&c, "calibration.json", &err);
    assert_ok(err);
    calibration_init(&read);
    calibration_read(&read, "calibration.json", &err);
    assert_ok(err);
    for (int u = 0; u < COST_COUNT; u++)
        assert_true(fabs(read.rates.seconds[u] / c.rates.seconds[u] - 1) < 1e-5);
    assert_true(fabs(read.spread - c.spread) < 1e-6);
    assert_int_equal(read.n_pieces, 2);
    assert_string_equal(read.host, c.host);
    assert_string_equal(read.cpu, c.cpu);
    assert_string_equal(read.date, c.date);
}

/* A file that was written before a kind of work was counted has no rate of it. */
static void test_earlier_version(void **state)
{
    (void)state;
    struct error err = {0};
    struct calibration c, read;
    calibration_init(&c);
    c.rates = make_rates(3, 2);
    c.n_pieces = 1;
    calibration_write(&c, "calibration.json", &err);
    assert_ok(err);
    assert_int_equal(system("sed -i /train_normal/d calibration.json"), 0);
    calibration_init(&read);
    calibration_read(&read, "calibration.json", &err);
    assert_ok(err);
    for (int u = 0; u < COST_COUNT; u++) {
        double expected = u == COST_TRAIN_NORMAL ? cost_nominal_rates.seconds[u]
                                                 : c.rates.seconds[u];
        assert_true(fabs(read.rates.seconds[u] / expected - 1) < 1e-5);
    }
}

static void refuse(const char *text, const char *message)
{
    struct error err = {0};
    struct calibration c;
    calibration_init(&c);
    write_text(text);
    assert_int_equal(calibration_read(&c, "calibration.json", &err), STATUS_DATA);
    if (strncmp(err.text, message, strlen(message)) != 0)
        fail_msg("'%s' does not begin with '%s'", err.text, message);
}

static void test_damage(void **state)
{
    (void)state;
    struct error err = {0};
    struct calibration c;
    refuse("", "calibration.json:1:0: ");
    refuse("{\n \"format\": \"strata\n", "calibration.json:2:");
    refuse("[1, 2]", "calibration.json: its format is not");
    refuse("{\"format\": \"strata calibration 2\"}",
           "calibration.json: its format is not");
    refuse("{\"format\": \"strata calibration 1\"}", "calibration.json: host: ");
    /* Sound but for one rate. */
    calibration_init(&c);
    c.n_pieces = 1;
    c.rates.seconds[COST_TRAIN_NODE] = -1;
    calibration_write(&c, "calibration.json", &err);
    assert_ok(err);
    assert_int_equal(calibration_read(&c, "calibration.json", &err), STATUS_DATA);
    assert_string_equal(err.text,
                        "calibration.json: train_node: expected a number above 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recovers_rates),
        cmocka_unit_test(test_few_measurements),
        cmocka_unit_test(test_one_measurement),
        cmocka_unit_test_setup_teardown(test_learns_from_cells, start, finish),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_earlier_version),
        cmocka_unit_test(test_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
