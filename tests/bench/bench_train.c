/* Rows 1 to 4 and 10: epochs of training. */
#include <stdio.h>

#include "base/clock.h"
#include "bench.h"
#include "sweep/cell.h"

enum { TIMED = 3, SGEMM = 5 };

void bench_spec(struct spec *spec, int depth, int width)
{
    spec_defaults(spec);
    spec->value[FIELD_SEED] = 1;
    spec->value[FIELD_DEPTH] = depth;
    spec->value[FIELD_WIDTH] = width;
    spec->value[FIELD_BATCH_SIZE] = 64;
}

struct train_data bench_train_data(const struct bench *bench)
{
    return (struct train_data){.images = bench->dataset.train.images,
                               .labels = bench->dataset.train.labels,
                               .n = bench->sizes.train};
}

double bench_train_epoch(struct trainer *const *trainers, int n, struct error *err)
{
    const struct train_progress *progress = trainer_progress(trainers[0]);
    int epoch = progress->epoch;
    double started = clock_seconds();
    while (progress->state == TRAIN_RUNNING && progress->epoch == epoch)
        for (int i = 0; i < n; i++)
            trainer_step(trainers[i]);
    if (progress->state == TRAIN_DIVERGED)
        error_set(err, STATUS_INTERNAL, "the loss is not finite after step %lld",
                  (long long)progress->step);
    return (clock_seconds() - started) / n;
}

/* Two processes start together when both have their data. */
static void wait_for_line(void)
{
    char line[16];
    puts("ready");
    fflush(stdout);
    if (!fgets(line, sizeof line, stdin))
        return; /* nobody to wait for */
}

/* Networks of one shape that train side by side. */
struct company {
    struct net net;
    struct minibatches *minibatches;
    struct trainer *trainers[BENCH_COMPANY_MAX];
    int n;
};

static enum status company_init(struct company *company, const struct bench *bench,
                                const struct bench_shape *wanted, int epochs,
                                struct error *err)
{
    struct spec spec;
    bench_spec(&spec, wanted->depth, wanted->width);
    spec.value[FIELD_EPOCHS] = epochs;
    spec.value[FIELD_BATCH_NORM] = wanted->normalised;
    struct net_shape shape = cell_net_shape(&spec, &bench->dataset);
    struct train_options options = cell_train_options(&spec);
    struct train_data data = bench_train_data(bench);
    struct minibatch_options minibatches = trainer_minibatches(&options, &data,
                                                               shape.n_inputs);
    *company = (struct company){.n = wanted->together};
    if (net_create(&company->net, &shape, err) != STATUS_OK ||
        minibatches_create(&company->minibatches, &minibatches, err) != STATUS_OK)
        return err->status;
    data.minibatches = company->minibatches;
    for (int i = 0; i < company->n && err->status == STATUS_OK; i++)
        trainer_create(&company->trainers[i], &company->net, &options, &data, err);
    return err->status;
}

static void company_fini(struct company *company)
{
    for (int i = 0; i < company->n; i++)
        trainer_destroy(company->trainers[i]);
    minibatches_destroy(company->minibatches);
    net_fini(&company->net);
}

static enum status time_epochs(const struct bench *bench, struct company *company,
                               double *seconds, int n, struct error *err)
{
    if (bench->wait)
        wait_for_line();
    bench_train_epoch(company->trainers, company->n, err);
    for (int i = 0; i < n && err->status == STATUS_OK; i++)
        seconds[i] = bench_train_epoch(company->trainers, company->n, err);
    return err->status;
}

enum status bench_train(const struct bench *bench, const struct bench_shape *shape,
                        struct error *err)
{
    int timed = bench->quick ? 1 : TIMED, sgemm = bench->quick ? 1 : SGEMM;
    double seconds[TIMED], speeds[2 * SGEMM];
    char name[64];
    struct company company;
    if (company_init(&company, bench, shape, timed + 1, err) == STATUS_OK &&
        bench_sgemm(speeds, sgemm, err) == STATUS_OK &&
        time_epochs(bench, &company, seconds, timed, err) == STATUS_OK &&
        bench_sgemm(speeds + sgemm, sgemm, err) == STATUS_OK) {
        snprintf(name, sizeof name, "train %s", shape->name);
        bench_print(name, seconds, timed);
        snprintf(name, sizeof name, "sgemm by %s", shape->name);
        bench_print(name, speeds, 2 * sgemm);
    }
    company_fini(&company);
    return err->status;
}
