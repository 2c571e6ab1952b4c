#include "cli/companion.h"

#include <stdio.h>
#include <stdlib.h>

const struct companion *const companions[COMPANIONS] = {
    [COMPANION_NETWORKS] = &companion_networks,
    [COMPANION_NODES] = &companion_nodes,
};

enum status companion_origin_init(struct companion_origin *origin,
                                  const struct companion *companion,
                                  const struct publication *what, struct error *err)
{
    origin->study = (struct text){0};
    snprintf(origin->source, sizeof origin->source, "strata %s", strata_version);
    study_format(what->study, &origin->study);
    if (origin->study.failed)
        return error_set(err, STATUS_MEMORY, "no memory for the study's text");
    return io_join(origin->path, what->dir, companion->file, err);
}

enum status companion_read(const struct companion *companion,
                           const struct publication *what, size_t cell,
                           const struct journal_index *journals,
                           const struct journal_entry *entry, void **payload,
                           struct error *err)
{
    struct error found = {0};
    char id[HASH_HEX + 1];
    if (journal_read(journals, entry, payload, err) != STATUS_OK ||
        companion->check(what, cell, *payload, entry->length, &found) == STATUS_OK)
        return err->status;
    hash_format(entry->id, id);
    free(*payload);
    *payload = NULL;
    return error_set(err, found.status, "%s/%s: cell %s: %s", journals->dir,
                     journals->files[entry->file].name, id, found.text);
}
