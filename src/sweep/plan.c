#include "sweep/plan.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/memory.h"
#include "sweep/cell.h"
#include "sweep/cell_probe.h"

/* Nominal rates of one core of a recent server CPU with AVX-512. */
static const double train_flops = 70e9; /* per second, within small products */
static const double probe_flops = 80e9;
static const double classifier_seconds = 12e-9; /* per node and sample */
static const double pattern_seconds = 1e-9;     /* per node and sample */
static const double input_seconds = 2e-9;       /* per pixel that is loaded */

static int count_snapshots(const struct study *study, const struct spec *spec)
{
    int n = 0;
    for (int i = 0; i < study->n_snapshots; i++)
        n += study->snapshots[i].kind != SNAPSHOT_EPOCH ||
             (double)study->snapshots[i].at <= spec->value[FIELD_EPOCHS];
    return n;
}

double plan_cell_seconds(const struct study *study, const struct spec *spec,
                         const struct dataset *dataset, const struct split_sizes *sizes)
{
    struct net_shape shape = cell_net_shape(spec, dataset);
    double parameters = net_count_parameters(&shape);
    double first = (double)shape.n_inputs * (shape.depth ? shape.width : shape.n_outputs);
    double total = (double)sizes->train + sizes->validation + sizes->test;
    double nodes = (double)shape.depth * shape.width + shape.n_outputs;
    double epoch = ((6 * parameters - 2 * first) * sizes->train +
                    2 * parameters * sizes->validation) /
                       train_flops +
                   ((double)sizes->train + sizes->validation) * shape.n_inputs *
                       input_seconds;
    double probe = 2 * parameters * total / probe_flops +
                   total * shape.n_inputs * input_seconds;
    if (study->measures & MEASURE_CLASSIFIERS)
        probe += nodes * total * classifier_seconds * dataset->n_classes / 10;
    if (study->measures & (MEASURE_PATTERNS | MEASURE_SAMPLE_SETS))
        probe += nodes * total * pattern_seconds;
    return spec->value[FIELD_EPOCHS] * epoch + count_snapshots(study, spec) * probe;
}

double plan_cell_bytes(const struct study *study, const struct spec *spec,
                       const struct dataset *dataset, const struct split_sizes *sizes)
{
    struct net_shape shape = cell_net_shape(spec, dataset);
    struct train_options options = cell_train_options(spec);
    int kept = 0;
    for (int i = 0; i < study->n_snapshots; i++)
        kept += study->snapshots[i].keep;
    return dataset_bytes(dataset) + cell_samples_bytes(sizes) +
           trainer_bytes(&shape, &options, sizes->train) +
           cell_probe_bytes(&shape, sizes, study->measures) +
           2.0 * kept * 4.0 * net_count_parameters(&shape);
}

/* A binary heap of ranks, least loaded first. */
struct heap {
    int *ranks;
    int n;
    const double *load;
};

static int lighter(const struct heap *heap, int a, int b)
{
    double x = heap->load[heap->ranks[a]], y = heap->load[heap->ranks[b]];
    return x != y ? x < y : heap->ranks[a] < heap->ranks[b];
}

/* Restores the order after the top rank's load has grown. */
static void sink(struct heap *heap)
{
    for (int at = 0;;) {
        int child = 2 * at + 1;
        if (child >= heap->n)
            return;
        if (child + 1 < heap->n && lighter(heap, child + 1, child))
            child++;
        if (!lighter(heap, child, at))
            return;
        int rank = heap->ranks[at];
        heap->ranks[at] = heap->ranks[child];
        heap->ranks[child] = rank;
        at = child;
    }
}

static int compare_costs(const void *a, const void *b, void *costs)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    const double *cost = costs;
    if (cost[x] != cost[y])
        return cost[x] > cost[y] ? -1 : 1;
    return (x > y) - (x < y);
}

void plan_order(const double *cost, size_t *tasks, size_t n)
{
    qsort_r(tasks, n, sizeof *tasks, compare_costs, (void *)(uintptr_t)cost);
}

enum status plan_slices(const double *cost, size_t n, int n_ranks, int *owner,
                        double *load, struct error *err)
{
    size_t *order = memory_alloc(n, sizeof *order, err);
    struct heap heap = {.n = n_ranks, .load = load};
    heap.ranks = memory_alloc((size_t)n_ranks, sizeof *heap.ranks, err);
    if (err->status == STATUS_OK) {
        for (size_t i = 0; i < n; i++)
            order[i] = i;
        plan_order(cost, order, n);
        for (int r = 0; r < n_ranks; r++) {
            heap.ranks[r] = r;
            load[r] = 0.0;
        }
        for (size_t i = 0; i < n; i++) {
            int rank = heap.ranks[0];
            owner[order[i]] = rank;
            load[rank] += cost[order[i]];
            sink(&heap);
        }
    }
    free(order);
    free(heap.ranks);
    return err->status;
}
