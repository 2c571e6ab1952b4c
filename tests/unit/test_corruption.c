/* The measure `corruption` on layers made by hand, whose answers are known, and against
 * sums in double. */
#include <math.h>

#include "base/memory.h"
#include "probe_layer.h"

enum { SAMPLES = 480, CLASS_SIZE = SAMPLES / CLASSES };

/* Training samples alone: CLASS_SIZE of each class, the last of which are corrupted. */
struct subject {
    uint32_t start[N_GROUPS + 1];
    struct sample_groups groups;
    uint8_t corrupt[SAMPLES];
    struct probe_options options;
    probe_activate_fn *activate;
    struct prober *prober;
    int n_nodes;
    int n_layers; /* that were run */
    float *z;     /* [n_nodes, SAMPLES] */
    struct layer_corruption out;
};

static void make_subject(struct subject *s, int n_nodes, uint32_t n_corrupt)
{
    struct error err = {0};
    *s = (struct subject){.n_nodes = n_nodes};
    s->options = (struct probe_options){.measures = 1u << PROBE_CORRUPTION,
                                        .quarantine_least = 5,
                                        .quarantine_purity = 0.95,
                                        .specific_share = 0.95};
    for (int g = 0; g < N_GROUPS; g++)
        s->start[g + 1] = s->start[g] + (g < CLASSES ? CLASS_SIZE : 0);
    s->groups = (struct sample_groups){CLASSES, s->start};
    for (uint32_t i = 0; i < SAMPLES; i++)
        s->corrupt[i] = i % CLASS_SIZE >= CLASS_SIZE - n_corrupt;
    s->z = memory_alloc((size_t)n_nodes * SAMPLES, sizeof *s->z, &err);
    assert_ok(err);
}

static void free_subject(struct subject *s)
{
    prober_destroy(s->prober);
    free(s->z);
}

/* The next layer of the network, or the first of another one. */
static void run_layer(struct subject *s, bool first)
{
    struct error err = {0};
    struct probe_share share = probe_share_alone(&s->groups);
    struct probe_layer layer = {.finite = false};
    share.corrupt = s->corrupt;
    if (!s->prober)
        prober_create(&s->prober, &share, s->n_nodes, &s->options, &err);
    assert_ok(err);
    s->n_layers = first ? 0 : s->n_layers;
    struct probe_values values = {.z = s->z,
                                  .stride = SAMPLES,
                                  .n_nodes = s->n_nodes,
                                  .layer = s->n_layers++,
                                  .activate = s->activate};
    prober_run(s->prober, &values, &layer);
    assert_true(layer.finite);
    s->out = layer.corruption;
}

static void set(struct subject *s, int node, uint32_t first, uint32_t end, float value)
{
    for (uint32_t i = first; i < end; i++)
        s->z[(size_t)node * SAMPLES + i] = value;
}

/* All samples off everywhere. */
static void silence(struct subject *s)
{
    for (int node = 0; node < s->n_nodes; node++)
        set(s, node, 0, SAMPLES, -1.0f);
}

static void relu(const float *z, float *a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        a[i] = z[i] > 0 ? z[i] : 0;
}

/* Values of a node for a class's clean and corrupted samples. */
static void set_parts(struct subject *s, int node, int class, float clean, float corrupt)
{
    for (uint32_t i = s->start[class]; i < s->start[class + 1]; i++)
        s->z[(size_t)node * SAMPLES + i] = s->corrupt[i] ? corrupt : clean;
}

/* ---- directions ---- */

/* Each part of each class has a node of its own. */
static void test_orthogonal_parts(void **state)
{
    (void)state;
    struct subject s;
    make_subject(&s, 2 * CLASSES, 40);
    s.activate = relu;
    silence(&s);
    for (int c = 0; c < CLASSES; c++) {
        set_parts(&s, c, c, 3.0f, -2.0f);
        set_parts(&s, CLASSES + c, c, -2.0f, 5.0f);
    }
    run_layer(&s, true);
    assert_true(s.out.any_corrupt);
    assert_true(s.out.clean_corrupt_cosine == 0 && s.out.clean_class_cosine == 0);
    assert_true(s.out.corrupt_class_cosine == 0 && s.out.sample_cosine == 0);
    assert_int_equal(s.out.zero_vectors, 0);
    free_subject(&s);
}

/* Corrupted samples go where the clean ones of their class go, some of them farther. */
static void test_equal_directions(void **state)
{
    (void)state;
    static const float vector[CLASSES][3] = {{3, 4, 0}, {4, 3, 0}, {0, 0, 1}};
    struct subject s;
    make_subject(&s, 3, 40);
    for (int c = 0; c < CLASSES; c++)
        for (int node = 0; node < 3; node++)
            set_parts(&s, node, c, vector[c][node], (float)(1 << c) * vector[c][node]);
    run_layer(&s, true);
    assert_true(s.out.clean_corrupt_cosine == 1 && s.out.sample_cosine == 1);
    assert_true(fabs(s.out.clean_class_cosine - 24.0 / 25 / 3) < 1e-15);
    assert_true(fabs(s.out.corrupt_class_cosine - 24.0 / 25 / 3) < 1e-15);
    /* Values below 0 turn a vector around where no activation function cuts them off. */
    for (int c = 0; c < CLASSES; c++)
        for (int node = 0; node < 3; node++)
            set_parts(&s, node, c, vector[c][node], -vector[c][node]);
    run_layer(&s, true);
    assert_true(s.out.clean_corrupt_cosine == -1 && s.out.sample_cosine == -1);
    free_subject(&s);
}

/* What has no direction has cosine 0, and is counted. */
static void test_zero_vectors(void **state)
{
    (void)state;
    struct subject s;
    make_subject(&s, 2, 40);
    s.activate = relu;
    silence(&s);
    set_parts(&s, 0, 0, 1, 1);
    set_parts(&s, 0, 1, 1, -1); /* corrupted ones of class 1: nothing; class 2: nothing */
    run_layer(&s, true);
    assert_true(fabs(s.out.clean_corrupt_cosine - 1.0 / 3) < 1e-15);
    assert_true(fabs(s.out.sample_cosine - 1.0 / 3) < 1e-10);
    assert_true(fabs(s.out.clean_class_cosine - 1.0 / 3) < 1e-15);
    assert_true(s.out.corrupt_class_cosine == 0);
    assert_int_equal(s.out.zero_vectors, 3 + 2 * 40);
    free_subject(&s);
}

/* Without a part there is nothing to compare. */
static void test_missing_parts(void **state)
{
    (void)state;
    struct subject s;
    make_subject(&s, 2, 0);
    set(&s, 0, 0, SAMPLES, 1);
    run_layer(&s, true);
    assert_false(s.out.any_corrupt);
    assert_true(s.out.clean_class_cosine == 1 && s.out.specific_clean == 0);
    assert_true(isnan(s.out.clean_corrupt_cosine) && isnan(s.out.corrupt_class_cosine));
    assert_true(isnan(s.out.sample_cosine) && isnan(s.out.purity.mean));
    assert_true(isnan(s.out.quarantine_fraction) && isnan(s.out.specific_corrupt));
    free_subject(&s);
    make_subject(&s, 2, CLASS_SIZE);
    set(&s, 0, 0, SAMPLES, 1);
    run_layer(&s, true);
    assert_true(isnan(s.out.clean_corrupt_cosine) && isnan(s.out.clean_class_cosine));
    assert_true(isnan(s.out.sample_cosine) && isnan(s.out.specific_clean));
    assert_true(s.out.corrupt_class_cosine == 1 && s.out.purity.mean == 1);
    assert_true(s.out.quarantine_fraction == 0.5);
    free_subject(&s);
    /* One class has clean samples alone, another corrupted ones alone: only the third
     * has both, and its samples alone count. */
    make_subject(&s, CLASSES, 40);
    for (int c = 0; c < CLASSES; c++)
        set_parts(&s, c, c, 1, 1);
    set_parts(&s, 0, 2, 0, 1);
    memset(s.corrupt, 0, CLASS_SIZE);
    memset(s.corrupt + CLASS_SIZE, 1, CLASS_SIZE);
    run_layer(&s, true);
    assert_true(fabs(s.out.clean_corrupt_cosine - sqrt(0.5)) < 1e-15);
    assert_true(fabs(s.out.sample_cosine - sqrt(0.5)) < 1e-10);
    assert_true(s.out.clean_class_cosine == 0 && s.out.corrupt_class_cosine == 0);
    free_subject(&s);
}

static void make_random(struct subject *s, int n_nodes)
{
    make_subject(s, n_nodes, 50);
    for (int node = 0; node < n_nodes; node++) {
        struct rng noise = {1, RNG_TEST, (uint64_t)node}, mean = {2, RNG_TEST, 0};
        for (uint32_t i = 0; i < SAMPLES; i++) {
            uint64_t class = i / CLASS_SIZE;
            s->z[(size_t)node * SAMPLES + i] = (float)(rng_normal(&mean, class) +
                                                       rng_normal(&noise, i));
        }
    }
}

/* Mean over one part of a class, in double. */
static void class_mean(const struct subject *s, int class, bool corrupt, double *mean)
{
    for (int node = 0; node < s->n_nodes; node++) {
        double sum = 0;
        int n = 0;
        for (uint32_t i = s->start[class]; i < s->start[class + 1]; i++) {
            float a = s->z[(size_t)node * SAMPLES + i];
            if (s->activate)
                s->activate(&a, &a, 1);
            sum += s->corrupt[i] == corrupt ? (double)a : 0;
            n += s->corrupt[i] == corrupt;
        }
        mean[node] = sum / n;
    }
}

static double dot(const double *a, const double *b, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static double cosine(const double *a, const double *b, int n)
{
    return dot(a, b, n) / sqrt(dot(a, a, n) * dot(b, b, n));
}

static double sample_cosine(const struct subject *s, const double mean[][NODES])
{
    double sum = 0, a[NODES];
    int n = 0;
    for (uint32_t i = 0; i < SAMPLES; i++) {
        if (!s->corrupt[i])
            continue;
        for (int node = 0; node < s->n_nodes; node++) {
            float value = s->z[(size_t)node * SAMPLES + i];
            if (s->activate)
                s->activate(&value, &value, 1);
            a[node] = (double)value;
        }
        sum += cosine(a, mean[i / CLASS_SIZE], s->n_nodes);
        n++;
    }
    return sum / n;
}

static void compare_with_doubles(const struct subject *s, double tolerance)
{
    double clean[CLASSES][NODES], corrupt[CLASSES][NODES];
    double between_parts = 0, between_clean = 0, between_corrupt = 0;
    for (int c = 0; c < CLASSES; c++) {
        class_mean(s, c, false, clean[c]);
        class_mean(s, c, true, corrupt[c]);
        between_parts += cosine(clean[c], corrupt[c], s->n_nodes) / CLASSES;
    }
    for (int c = 0; c < CLASSES; c++)
        for (int d = c + 1; d < CLASSES; d++) {
            between_clean += cosine(clean[c], clean[d], s->n_nodes) / 3;
            between_corrupt += cosine(corrupt[c], corrupt[d], s->n_nodes) / 3;
        }
    assert_true(fabs(s->out.clean_corrupt_cosine - between_parts) < tolerance);
    assert_true(fabs(s->out.clean_class_cosine - between_clean) < tolerance);
    assert_true(fabs(s->out.corrupt_class_cosine - between_corrupt) < tolerance);
    assert_true(fabs(s->out.sample_cosine - sample_cosine(s, clean)) < tolerance);
}

/* Sums of whole numbers err by less than rounding of floats did before, at every scale.
 */
static void test_against_doubles(void **state)
{
    (void)state;
    static const float scales[] = {1.0f, 1e-30f, 3e30f};
    for (size_t k = 0; k < sizeof scales / sizeof *scales; k++)
        for (int linear = 0; linear < 2; linear++) {
            struct subject s;
            make_random(&s, NODES);
            s.activate = linear ? NULL : relu;
            for (int i = 0; i < NODES * SAMPLES; i++)
                s.z[i] *= scales[k];
            run_layer(&s, true);
            compare_with_doubles(&s, 1e-10);
            free_subject(&s);
        }
}

static void assert_same(const struct layer_corruption *a,
                        const struct layer_corruption *b)
{
    assert_true(a->clean_corrupt_cosine == b->clean_corrupt_cosine);
    assert_true(a->clean_class_cosine == b->clean_class_cosine);
    assert_true(a->corrupt_class_cosine == b->corrupt_class_cosine);
    assert_true(a->sample_cosine == b->sample_cosine);
    assert_true(a->purity.mean == b->purity.mean);
    assert_memory_equal(a->purity.quantile, b->purity.quantile,
                        sizeof a->purity.quantile);
    assert_true(a->quarantine_fraction == b->quarantine_fraction);
    assert_int_equal(a->quarantine_links, b->quarantine_links);
    assert_int_equal(a->quarantine_path_length, b->quarantine_path_length);
    assert_true(a->specific_clean == b->specific_clean);
    assert_true(a->specific_corrupt == b->specific_corrupt);
}

/* Neither the order of samples nor that of nodes shows in a bit. */
static void test_orders(void **state)
{
    (void)state;
    struct subject a, b;
    make_random(&a, NODES);
    make_random(&b, NODES);
    a.options.quarantine_purity = b.options.quarantine_purity = 0.33;
    for (int node = 0; node < NODES; node++)
        for (uint32_t i = 0; i < SAMPLES; i++) {
            uint32_t class = i / CLASS_SIZE, at = i % CLASS_SIZE * 7 % CLASS_SIZE;
            b.corrupt[class * CLASS_SIZE + at] = a.corrupt[i];
            b.z[(size_t)(NODES - 1 - node) * SAMPLES + class * CLASS_SIZE + at] =
                a.z[(size_t)node * SAMPLES + i];
        }
    for (int layer = 0; layer < 2; layer++) {
        run_layer(&a, layer == 0);
        run_layer(&b, layer == 0);
        assert_same(&a.out, &b.out);
    }
    assert_true(a.out.quarantine_links > 0 && a.out.quarantine_path_length == 2);
    free_subject(&a);
    free_subject(&b);
}

/* ---- nodes ---- */

/* A node that `n_corrupt` corrupted and `n_clean` clean samples of class 0 activate; the
 * corrupted ones from the `skip`-th on. */
static void set_node(struct subject *s, int node, uint32_t n_clean, uint32_t n_corrupt,
                     uint32_t skip)
{
    uint32_t first_corrupt = 0;
    while (!s->corrupt[first_corrupt])
        first_corrupt++;
    set(s, node, 0, SAMPLES, -1);
    set(s, node, 0, n_clean, 1);
    set(s, node, first_corrupt + skip, first_corrupt + skip + n_corrupt, 1);
}

static void test_purity(void **state)
{
    (void)state;
    struct subject s;
    make_subject(&s, 6, 40);
    silence(&s); /* the last node stays so: it has no purity */
    set_node(&s, 0, 10, 0, 0);
    set_node(&s, 1, 15, 5, 0);
    set_node(&s, 2, 10, 10, 0);
    set_node(&s, 3, 5, 15, 0);
    set_node(&s, 4, 0, 10, 0);
    run_layer(&s, true);
    assert_true(s.out.purity.mean == 0.5);
    for (int q = 0; q < PROBE_QUANTILES; q++)
        assert_true(s.out.purity.quantile[q] == q / 4.0);
    silence(&s);
    run_layer(&s, true);
    assert_true(isnan(s.out.purity.mean) && isnan(s.out.purity.quantile[2]));
    assert_true(s.out.quarantine_fraction == 0 && s.out.specific_corrupt == 0);
    free_subject(&s);
}

/* Thresholds are reached by what equals them. */
static void test_thresholds(void **state)
{
    (void)state;
    struct subject s;
    make_subject(&s, 5, 40);
    silence(&s);
    set_node(&s, 0, 1, 19, 0); /* 0.95 */
    set_node(&s, 1, 2, 37, 0); /* less */
    set_node(&s, 2, 0, 5, 0);  /* as many as it takes */
    set_node(&s, 3, 0, 4, 0);  /* too few */
    run_layer(&s, true);
    assert_true(s.out.quarantine_fraction == 2.0 / 5);
    assert_true(s.out.specific_corrupt == 3.0 / 5); /* 19, 37 and 5 of one class */
    assert_true(s.out.specific_clean == 0);
    /* 19 clean samples of class 0 and one of class 1; then another one of class 1. */
    silence(&s);
    set_node(&s, 0, 19, 0, 0);
    set(&s, 0, s.start[1], s.start[1] + 1, 1);
    run_layer(&s, true);
    assert_true(s.out.specific_clean == 1.0 / 5 && s.out.specific_corrupt == 0);
    set(&s, 0, s.start[1], s.start[1] + 2, 1);
    run_layer(&s, true);
    assert_true(s.out.specific_clean == 0);
    free_subject(&s);
}

static void expect_path(struct subject *s, bool first, int links, int length)
{
    run_layer(s, first);
    assert_int_equal(s->out.quarantine_links, links);
    assert_int_equal(s->out.quarantine_path_length, length);
}

/* Corrupted samples 0 to 9, 5 to 14 .. of class 0: neighbours share some. */
static void test_paths(void **state)
{
    (void)state;
    struct subject s;
    make_subject(&s, 3, 40);
    silence(&s);
    set_node(&s, 1, 0, 10, 0);
    expect_path(&s, true, 0, 1);
    set_node(&s, 1, 0, 10, 5); /* shares 5 to 9 */
    expect_path(&s, false, 1, 2);
    set_node(&s, 2, 0, 10, 14); /* shares 14 with the one before; node 1 all of it */
    expect_path(&s, false, 2, 3);
    set_node(&s, 0, 0, 10, 24); /* shares nothing */
    set_node(&s, 1, 0, 5, 5);   /* with node 1 before; node 2 still with both */
    expect_path(&s, false, 3, 4);
    silence(&s);
    set_node(&s, 0, 10, 10, 0); /* too many clean ones: the path has ended */
    expect_path(&s, false, 0, 0);
    silence(&s);
    set_node(&s, 0, 0, 10, 0);
    expect_path(&s, false, 0, 1);
    expect_path(&s, false, 1, 2);
    expect_path(&s, true, 0, 1); /* another network */
    free_subject(&s);
}

/* The longest chain counts, whatever the order of nodes. */
static void test_longest_path(void **state)
{
    (void)state;
    struct subject s;
    make_subject(&s, 3, 40);
    silence(&s);
    set_node(&s, 0, 0, 10, 0);
    expect_path(&s, true, 0, 1);
    silence(&s);
    set_node(&s, 0, 0, 10, 20); /* new: length 1 */
    set_node(&s, 1, 0, 10, 0);  /* length 2 */
    set_node(&s, 2, 0, 10, 20);
    expect_path(&s, false, 1, 2);
    silence(&s);
    set_node(&s, 0, 0, 30, 0); /* shares with all three */
    expect_path(&s, false, 3, 3);
    free_subject(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_orthogonal_parts),
        cmocka_unit_test(test_equal_directions),
        cmocka_unit_test(test_zero_vectors),
        cmocka_unit_test(test_missing_parts),
        cmocka_unit_test(test_against_doubles),
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_purity),
        cmocka_unit_test(test_thresholds),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_longest_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
