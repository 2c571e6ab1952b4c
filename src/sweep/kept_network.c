#include "sweep/kept_network.h"

#include <string.h>

void kept_network_pack(const struct kept_network *network, const char *label,
                       size_t n_parameters, struct bytes *out)
{
    bytes_put_string(out, label);
    bytes_put_u32(out, (uint32_t)network->step);
    bytes_put_u64(out, n_parameters);
    /* Floats start at a multiple of 4 bytes, so that a reader can point into the payload.
     */
    while (out->length % sizeof(float) != 0)
        bytes_put_u8(out, 0);
    bytes_put(out, network->parameters, n_parameters * sizeof(float));
}

static bool keeps(const struct snapshot *snapshot, enum journal_type type)
{
    return type == JOURNAL_NODES ? snapshot->keep_nodes : snapshot->keep;
}

int kept_planned(const struct study *study, enum journal_type type)
{
    int n = 0;
    for (int i = 0; i < study->n_snapshots; i++)
        n += keeps(&study->snapshots[i], type);
    return n;
}

bool kept_at(const struct study *study, const char *label, enum journal_type type)
{
    for (int i = 0; i < study->n_snapshots; i++)
        if (keeps(&study->snapshots[i], type) &&
            strcmp(study->snapshots[i].label, label) == 0)
            return true;
    return false;
}

int kept_count(const struct study *study, const struct record *record,
               enum journal_type type)
{
    int n = 0;
    for (int i = 0; i < study->n_snapshots && i < record->shape.n_snapshots; i++)
        n += keeps(&study->snapshots[i], type) &&
             record_int(record, FIELD_SNAPSHOT_STEP)[i] != RECORD_FILL_INT;
    return n;
}

enum status kept_network_view(struct kept_view *view, const void *payload, size_t length,
                              struct error *err)
{
    struct bytes_reader reader = bytes_reader(payload, length);
    bytes_get_string(&reader, view->label, sizeof view->label);
    view->step = (int32_t)bytes_get_u32(&reader);
    view->n_parameters = bytes_get_u64(&reader);
    while (!reader.failed && reader.offset % sizeof(float) != 0)
        bytes_get_u8(&reader);
    if (view->n_parameters > length / sizeof(float))
        reader.failed = true;
    view->parameters = bytes_get(&reader, view->n_parameters * sizeof(float));
    if (reader.failed)
        return error_set(err, STATUS_DATA, "journal: malformed network record");
    return STATUS_OK;
}
