/* usage: strata-bench [--quick] [--wait] DIR MEASUREMENT...
 *
 * A measurement is probe, exact, archive, journal, or a shape to train: 6x100, 6x100n
 * with batch normalisation, or 1x20*4 for four networks side by side. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cblas.h>

#include "base/clock.h"
#include "base/memory.h"
#include "num/linalg.h"

static const char usage[] = "usage: strata-bench [--quick] [--wait] DIR "
                            "{probe|exact|archive|journal|DEPTHxWIDTH[n][*N]}...";

void bench_print(const char *name, const double *values, int n)
{
    printf("{\"name\": \"%s\", \"values\": [", name);
    for (int i = 0; i < n; i++)
        printf("%s%.9g", i > 0 ? ", " : "", values[i]);
    printf("]}\n");
    fflush(stdout);
}

enum status bench_path(const struct bench *bench, const char *file, char *path,
                       struct error *err)
{
    if (snprintf(path, BENCH_PATH_MAX, "%s/%s", bench->dir, file) >= BENCH_PATH_MAX)
        return error_set(err, STATUS_USAGE, "%.200s...: path too long", bench->dir);
    return STATUS_OK;
}

enum status bench_sgemm(double *speeds, int n, struct error *err)
{
    enum { N = 1024 };
    float *a = memory_alloc(N * N, sizeof *a, err);
    float *b = memory_alloc(N * N, sizeof *b, err);
    float *c = memory_alloc(N * N, sizeof *c, err);
    for (int i = 0; err->status == STATUS_OK && i < N * N; i++) {
        a[i] = (float)(i % 97) / 97.0f;
        b[i] = (float)(i % 89) / 89.0f;
    }
    /* The first product warms up. */
    for (int i = -1; err->status == STATUS_OK && i < n; i++) {
        double started = clock_seconds();
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, N, N, N, 1.0f, a, N, b, N,
                    0.0f, c, N);
        if (i >= 0)
            speeds[i] = 2e-9 * N * N * N / (clock_seconds() - started);
    }
    free(a);
    free(b);
    free(c);
    return err->status;
}

static enum status load(struct bench *bench, struct error *err)
{
    /* Quick: small classes, but every class has samples. */
    struct dataset_request request = {.name = "fashion-mnist"};
    uint32_t validation = 5000;
    if (bench->quick) {
        request.train = 2400;
        request.test = 500;
        validation = 400;
    }
    if (dataset_load(&bench->dataset, &request, err) != STATUS_OK)
        return err->status;
    bench->sizes = (struct split_sizes){.train = bench->dataset.train.count - validation,
                                        .validation = validation,
                                        .test = bench->dataset.test.count};
    double total = (double)bench->dataset.train.count + bench->dataset.test.count;
    double trained = bench->sizes.train;
    bench_print("samples trained", &trained, 1);
    bench_print("samples probed", &total, 1);
    printf("{\"version\": \"%s\"}\n", linalg_library());
    return STATUS_OK;
}

static bool parse_shape(const char *text, struct bench_shape *shape)
{
    int end = 0, more = 0;
    *shape = (struct bench_shape){.name = text, .together = 1};
    if (sscanf(text, "%dx%d%n", &shape->depth, &shape->width, &end) != 2)
        return false;
    shape->normalised = text[end] == 'n';
    end += shape->normalised;
    if (sscanf(text + end, "*%d%n", &shape->together, &more) == 1)
        end += more;
    return text[end] == '\0' && shape->depth > 0 && shape->depth <= 1000 &&
           shape->width > 0 && shape->width <= 10000 && shape->together > 0 &&
           shape->together <= BENCH_COMPANY_MAX;
}

static enum status measure(const struct bench *bench, const char *what, struct error *err)
{
    struct bench_shape shape;
    if (strcmp(what, "probe") == 0)
        return bench_probe(bench, err);
    if (strcmp(what, "exact") == 0)
        return bench_exact(bench, err);
    if (strcmp(what, "archive") == 0)
        return bench_archive(bench, err);
    if (strcmp(what, "journal") == 0)
        return bench_journal(bench, err);
    if (parse_shape(what, &shape))
        return bench_train(bench, &shape, err);
    return error_set(err, STATUS_USAGE, "%s: no measurement\n%s", what, usage);
}

int main(int argc, char **argv)
{
    struct bench bench = {0};
    struct error err = {0};
    int at = 1;
    for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
        if (strcmp(argv[at], "--quick") == 0)
            bench.quick = true;
        else if (strcmp(argv[at], "--wait") == 0)
            bench.wait = true;
        else
            error_set(&err, STATUS_USAGE, "%s: no option\n%s", argv[at], usage);
    }
    if (argc - at < 2)
        error_set(&err, STATUS_USAGE, "%s", usage);
    if (err.status == STATUS_OK) {
        bench.dir = argv[at];
        if (linalg_setup(&err) == STATUS_OK)
            load(&bench, &err);
    }
    while (err.status == STATUS_OK && ++at < argc)
        measure(&bench, argv[at], &err);
    dataset_fini(&bench.dataset);
    if (err.status != STATUS_OK)
        fprintf(stderr, "strata-bench: %s\n", err.text);
    return status_exit_code(err.status);
}
