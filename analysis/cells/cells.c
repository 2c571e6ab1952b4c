#include "analysis/cells/cells.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

enum status cells_visit(struct archive *archive, const bool *fields, cells_visit_fn visit,
                        void *context, struct error *err)
{
    int64_t total = archive_n_cells(archive), batch = archive_batch(archive), n;
    struct record *records = memory_alloc((size_t)batch, sizeof *records, err);
    for (int64_t first = 0; first < total && err->status == STATUS_OK; first += n) {
        n = total - first < batch ? total - first : batch;
        if (archive_read_fields(archive, fields, first, n, records, err) != STATUS_OK)
            break;
        for (int64_t i = 0; i < n; i++) {
            if (err->status == STATUS_OK)
                visit(context, &records[i], err);
            record_fini(&records[i]);
        }
    }
    free(records);
    return err->status;
}

enum status cells_find_snapshot(struct archive *archive, const char *label, int *snapshot,
                                struct error *err)
{
    static const char *const preferred[] = {"best", "final"};
    int n = archive_shape(archive).n_snapshots;
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < n; i++)
            if (strcmp(archive_snapshot_label(archive, i),
                       label ? label : preferred[k]) == 0) {
                *snapshot = i;
                return STATUS_OK;
            }
    if (!label) {
        *snapshot = n - 1;
        return STATUS_OK;
    }
    struct text known = {0};
    for (int i = 0; i < n; i++)
        text_appendf(&known, "%s%s", i ? ", " : "", archive_snapshot_label(archive, i));
    error_set(err, STATUS_USAGE, "--snapshot %s: the archive has %s", label,
              text_string(&known));
    text_free(&known);
    return err->status;
}

const char **cells_scope(struct archive *archive, struct where_scope *scope,
                         struct error *err)
{
    scope->shape = archive_shape(archive);
    const char **labels = memory_alloc((size_t)scope->shape.n_snapshots, sizeof *labels,
                                       err);
    for (int i = 0; labels && i < scope->shape.n_snapshots; i++)
        labels[i] = archive_snapshot_label(archive, i);
    scope->snapshot_labels = labels;
    return labels;
}

void cells_options(const struct record *record, double options[OPTION_COUNT])
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        enum field_id id = (enum field_id)i;
        options[i] = field_get(id)->type == FIELD_TYPE_REAL ? *record_real(record, id)
                                                            : *record_int(record, id);
    }
}

void cells_add_options(bool fields[FIELD_COUNT])
{
    for (int i = 0; i < OPTION_COUNT; i++)
        fields[i] = true;
}
