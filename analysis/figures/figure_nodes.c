/* Figures of one network's nodes, from nodes.nc. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/cells/cells.h"
#include "analysis/figures/figure_internal.h"
#include "base/io.h"
#include "base/memory.h"

bool figure_is_of_nodes(const struct figure_data *f)
{
    return f->kind->x == X_NODE || f->kind->x == X_BIN;
}

/* nodes.nc of the run directory, or beside an archive that was named directly. */
static enum status find_nodes(const char *operand, char path[IO_PATH_MAX],
                              struct error *err)
{
    char folder[IO_PATH_MAX];
    if (io_join(path, operand, "archive.nc", err) != STATUS_OK)
        return err->status;
    if (io_exists(path))
        return io_join(path, operand, "nodes.nc", err);
    const char *slash = strrchr(operand, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - operand) : 1,
             slash ? operand : ".");
    return io_join(path, slash == operand ? "/" : folder, "nodes.nc", err);
}

/* "2:17": layer 2, from 1, and its node 17, from 0. */
static enum status parse_node(struct figure_data *f, struct error *err)
{
    const char *text = f->request.node ? f->request.node : "1:0";
    int length = 0;
    if (sscanf(text, "%9d:%9d%n", &f->layer, &f->node, &length) != 2 || text[length] ||
        f->layer < 1 || f->node < 0)
        return error_set(err, STATUS_USAGE,
                         "--node %s: not a layer, from 1, and its node, from 0, as 2:17",
                         text_quote(text).text);
    return STATUS_OK;
}

enum status figure_open_nodes(struct figure *figure, struct error *err)
{
    struct figure_data *f = figure->data;
    char path[IO_PATH_MAX];
    if (parse_node(f, err) != STATUS_OK || find_nodes(f->operand, path, err) != STATUS_OK)
        return err->status;
    if (!io_exists(path)) {
        snprintf(figure->why, sizeof figure->why,
                 "it needs nodes.nc: 'nodes' in the study's keep");
        return STATUS_OK;
    }
    return nodes_open(&f->nodes, path, err);
}

static void name_network(struct figure_data *f, const struct record *record)
{
    double options[OPTION_COUNT];
    cells_options(record, options);
    f->network.length = 0;
    text_appendf(&f->network, "seed %d", (int)options[FIELD_SEED]);
    for (int i = 0; i < OPTION_COUNT; i++) {
        char value[TABLE_WORD_MAX];
        if (!f->varies[i])
            continue;
        field_format((enum field_id)i, options[i], value, sizeof value);
        text_appendf(&f->network, ", %s %s", field_get((enum field_id)i)->name, value);
    }
    if (f->n_matches > 1)
        text_appendf(&f->network, "; of %zu cells the first that has what is drawn",
                     f->n_matches);
}

/* Which curve a class is. */
static int curve_of(const struct node_set *set, int class)
{
    return figure_sample(class, set->shape.n_classes, FIGURE_CURVES_MAX);
}

static int count_at(const struct node_set *set, enum node_column column, size_t node,
                    int split, int class)
{
    size_t n_classes = (size_t)set->shape.n_classes;
    size_t at = (size_t)split * n_classes + (size_t) class;
    return node_ints(set, column)[node * N_SPLITS * n_classes + at];
}

/* How many of a layer's pairs of node and class are as good as never or always on. */
static double share_all_or_none(const struct node_set *set, int split, int layer)
{
    size_t n = 0, found = 0;
    for (size_t node = 0; node < (size_t)set->shape.n_nodes; node++)
        for (int c = 0; c < set->shape.n_classes; c++) {
            int samples = count_at(set, NODE_SAMPLE_COUNT, 0, split, c);
            double share = (double)count_at(set, NODE_ACTIVE_COUNT, node, split, c) /
                           samples;
            if (node_ints(set, NODE_LAYER)[node] != layer || samples <= 0)
                continue;
            n++;
            found += share <= 0.01 || share >= 0.99;
        }
    return n ? (double)found / (double)n : NAN;
}

static enum status find_layers(struct figure_data *f, const struct node_set *set,
                               struct error *err)
{
    const int32_t *layer = node_ints(set, NODE_LAYER);
    free(f->layer_starts);
    f->layer_starts = memory_alloc((size_t)set->shape.n_nodes, sizeof *f->layer_starts,
                                   err);
    f->n_layers = 0;
    for (int i = 0; f->layer_starts && i < set->shape.n_nodes; i++)
        if (i == 0 || layer[i] != layer[i - 1])
            f->layer_starts[f->n_layers++] = i;
    return err->status;
}

static enum status collect_profile(struct figure_data *f, const struct record *record,
                                   const struct node_set *set, struct figure_place place,
                                   struct error *err)
{
    int split = f->splits[place.split];
    f->all_or_none_snapshot = place.snapshot;
    f->all_or_none_split = place.split;
    f->all_or_none_first = share_all_or_none(set, split, 1);
    f->all_or_none_last = share_all_or_none(set, split, record->shape.n_layers - 1);
    for (int node = 0; node < set->shape.n_nodes; node++)
        for (int c = 0; c < set->shape.n_classes; c++) {
            int samples = count_at(set, NODE_SAMPLE_COUNT, 0, split, c);
            int active = count_at(set, NODE_ACTIVE_COUNT, (size_t)node, split, c);
            place.curve = curve_of(set, c);
            place.key = node;
            place.x = node;
            if (place.curve >= 0 && samples > 0 && active >= 0)
                figure_observe(f, record, &place, (double)active / samples, err);
        }
    return find_layers(f, set, err);
}

/* The histogram of the node that was asked for; nothing where the file has none. */
static enum status collect_bins(struct figure_data *f, const struct record *record,
                                const struct node_set *set, struct figure_place place,
                                struct error *err)
{
    size_t n_bins = (size_t)set->shape.n_bins, n_classes = (size_t)set->shape.n_classes;
    size_t split = (size_t)f->splits[place.split];
    const int32_t *histogram = n_bins ? node_ints(set, NODE_HISTOGRAM) : NULL;
    for (size_t i = 0; i < (size_t)set->shape.n_nodes; i++) {
        double low = node_reals(set, NODE_LOW)[i], high = node_reals(set, NODE_HIGH)[i];
        if (node_ints(set, NODE_LAYER)[i] != f->layer ||
            node_ints(set, NODE_INDEX)[i] != f->node)
            continue;
        for (size_t k = 0; k < n_classes * n_bins; k++) {
            size_t class = k / n_bins, bin = k % n_bins;
            int32_t count = histogram[((i * N_SPLITS + split) * n_classes) * n_bins + k];
            place.curve = curve_of(set, (int)class);
            place.key = (int)bin;
            place.x = low + (high - low) * ((double)bin + 0.5) / (double)n_bins;
            if (place.curve >= 0 && count >= 0)
                figure_observe(f, record, &place, count, err);
        }
    }
    return err->status;
}

enum status figure_collect_nodes(struct figure_data *f, const struct record *record,
                                 struct error *err)
{
    char id[ID_LENGTH + 1];
    size_t before = f->n_observations;
    struct figure_place place = {0};
    if (before > 0)
        return err->status;
    snprintf(id, sizeof id, "%.*s", ID_LENGTH, record_text(record, FIELD_CELL_ID));
    for (; place.snapshot < f->n_snapshots; place.snapshot++) {
        struct node_set set;
        int64_t network = nodes_find(
            f->nodes, id,
            archive_snapshot_label(f->archive, f->snapshots[place.snapshot]));
        if (network < 0)
            continue;
        if (nodes_read(f->nodes, network, &set, err) != STATUS_OK)
            return err->status;
        for (place.split = 0; place.split < f->n_splits; place.split++)
            (f->kind->x == X_NODE ? collect_profile : collect_bins)(f, record, &set,
                                                                    place, err);
        node_set_fini(&set);
    }
    if (f->n_observations > before) {
        name_network(f, record);
        f->n_drawn = 1;
    }
    return err->status;
}
