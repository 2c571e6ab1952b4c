/* One data set for all processes of a host. */
#include <string.h>

#include "data/dataset.h"

/* All that the arrays do not tell; no padding. */
struct invitation {
    int64_t n_rows, n_columns, n_classes;
    uint64_t n_train, n_test;
    struct hash128 hash;
    struct pages_address parts[DATASET_PARTS];
};

static void point_to_pages(struct dataset *dataset)
{
    dataset->train.labels = dataset->pages[0].data;
    dataset->train.images = dataset->pages[1].data;
    dataset->test.labels = dataset->pages[2].data;
    dataset->test.images = dataset->pages[3].data;
}

enum status dataset_share(struct dataset *dataset, struct bytes *out, struct error *err)
{
    struct invitation invitation = {.n_rows = dataset->n_rows,
                                    .n_columns = dataset->n_columns,
                                    .n_classes = dataset->n_classes,
                                    .n_train = dataset->train.count,
                                    .n_test = dataset->test.count,
                                    .hash = dataset->hash};
    for (int i = 0; i < DATASET_PARTS && err->status == STATUS_OK; i++)
        pages_seal(&dataset->pages[i], &invitation.parts[i], err);
    point_to_pages(dataset);
    if (err->status != STATUS_OK)
        return err->status;
    bytes_put(out, &invitation, sizeof invitation);
    return out->failed ? error_set(err, STATUS_MEMORY, "no memory for a message")
                       : STATUS_OK;
}

void dataset_close(struct dataset *dataset)
{
    for (int i = 0; i < DATASET_PARTS; i++)
        pages_close(&dataset->pages[i]);
}

/* Whether the arrays are as long as the sizes make them. */
static bool lengths_match(const struct dataset *dataset)
{
    const struct samples *splits[] = {&dataset->train, &dataset->test};
    for (int i = 0; i < DATASET_PARTS; i++) {
        size_t items = splits[i / 2]->count;
        if (dataset->pages[i].length !=
            items * (i % 2 == 0 ? 1 : (size_t)dataset->n_inputs))
            return false;
    }
    return true;
}

enum status dataset_attach(struct dataset *dataset, const struct bytes *shared,
                           struct error *err)
{
    struct invitation invitation;
    *dataset = (struct dataset){0};
    if (shared->length != sizeof invitation)
        return error_set(err, STATUS_MISSING, "no data set is shared");
    memcpy(&invitation, shared->data, sizeof invitation);
    dataset->n_rows = (int)invitation.n_rows;
    dataset->n_columns = (int)invitation.n_columns;
    dataset->n_inputs = dataset->n_rows * dataset->n_columns;
    dataset->n_classes = (int)invitation.n_classes;
    dataset->train.count = (uint32_t)invitation.n_train;
    dataset->test.count = (uint32_t)invitation.n_test;
    dataset->hash = invitation.hash;
    for (int i = 0; i < DATASET_PARTS && err->status == STATUS_OK; i++)
        pages_open(&dataset->pages[i], &invitation.parts[i], err);
    point_to_pages(dataset);
    if (err->status == STATUS_OK &&
        (!lengths_match(dataset) || !hash_equal(dataset_hash(dataset), invitation.hash)))
        error_set(err, STATUS_DATA, "the data set that is shared is another");
    if (err->status != STATUS_OK)
        dataset_fini(dataset);
    return err->status;
}
