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

static int find_label(const char *const *labels, int n, const char *label)
{
    for (int i = 0; i < n; i++)
        if (strcmp(labels[i], label) == 0)
            return i;
    return -1;
}

int cells_prefer_snapshot(const char *const *labels, int n)
{
    int best = find_label(labels, n, "best"), final = find_label(labels, n, "final");
    return best >= 0 ? best : final >= 0 ? final : n - 1;
}

/* The labels of all snapshots, which the caller frees; NULL on failure. */
static const char **list_labels(struct archive *archive, struct error *err)
{
    int n = archive_shape(archive).n_snapshots;
    const char **labels = memory_alloc((size_t)n, sizeof *labels, err);
    for (int i = 0; labels && i < n; i++)
        labels[i] = archive_snapshot_label(archive, i);
    return labels;
}

enum status cells_find_snapshot(struct archive *archive, const char *label, int *snapshot,
                                struct error *err)
{
    int n = archive_shape(archive).n_snapshots;
    const char **labels = list_labels(archive, err);
    if (!labels)
        return err->status;
    *snapshot = label ? find_label(labels, n, label) : cells_prefer_snapshot(labels, n);
    if (*snapshot < 0) {
        struct text known = {0};
        for (int i = 0; i < n; i++)
            text_appendf(&known, "%s%s", i ? ", " : "", labels[i]);
        error_set(err, STATUS_USAGE, "--snapshot %s: the archive has %s", label,
                  text_string(&known));
        text_free(&known);
    }
    free(labels);
    return err->status;
}

const char **cells_scope(struct archive *archive, struct where_scope *scope,
                         struct error *err)
{
    scope->shape = archive_shape(archive);
    const char **labels = list_labels(archive, err);
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
