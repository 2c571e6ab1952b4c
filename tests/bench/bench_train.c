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

double bench_train_epoch(struct trainer *trainer, struct error *err)
{
    const struct train_progress *progress = trainer_progress(trainer);
    int epoch = progress->epoch;
    double started = clock_seconds();
    while (progress->state == TRAIN_RUNNING && progress->epoch == epoch)
        trainer_step(trainer);
    if (progress->state == TRAIN_DIVERGED)
        error_set(err, STATUS_INTERNAL, "the loss is not finite after step %lld",
                  (long long)progress->step);
    return clock_seconds() - started;
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

static enum status time_epochs(const struct bench *bench, struct trainer *trainer,
                               double *seconds, int n, struct error *err)
{
    if (bench->wait)
        wait_for_line();
    bench_train_epoch(trainer, err);
    for (int i = 0; i < n && err->status == STATUS_OK; i++)
        seconds[i] = bench_train_epoch(trainer, err);
    return err->status;
}

enum status bench_train(const struct bench *bench, int depth, int width,
                        struct error *err)
{
    int timed = bench->quick ? 1 : TIMED, sgemm = bench->quick ? 1 : SGEMM;
    double seconds[TIMED], speeds[2 * SGEMM];
    char name[64];
    struct spec spec;
    struct net net = {0};
    struct trainer *trainer = NULL;
    bench_spec(&spec, depth, width);
    spec.value[FIELD_EPOCHS] = timed + 1;
    struct net_shape shape = cell_net_shape(&spec, &bench->dataset);
    struct train_options options = cell_train_options(&spec);
    struct train_data data = bench_train_data(bench);
    if (net_create(&net, &shape, err) == STATUS_OK &&
        trainer_create(&trainer, &net, &options, &data, err) == STATUS_OK &&
        bench_sgemm(speeds, sgemm, err) == STATUS_OK &&
        time_epochs(bench, trainer, seconds, timed, err) == STATUS_OK &&
        bench_sgemm(speeds + sgemm, sgemm, err) == STATUS_OK) {
        snprintf(name, sizeof name, "train %dx%d", depth, width);
        bench_print(name, seconds, timed);
        snprintf(name, sizeof name, "sgemm by %dx%d", depth, width);
        bench_print(name, speeds, 2 * sgemm);
    }
    trainer_destroy(trainer);
    net_fini(&net);
    return err->status;
}
