#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sweep/study_internal.h"

/* A million epochs (the most an option allows) of ten million samples one by one. */
#define STEP_MAX  INT64_C(10000000000000)
#define EPOCH_MAX INT64_C(1000000)

/* The names without a number stand for themselves; the others are prefixes. */
static const struct {
    const char *name;
    enum snapshot_kind kind;
    int64_t most; /* largest number, 0 for a name without one */
} kinds[] = {
    {"init", SNAPSHOT_INIT, 0},   {"step:", SNAPSHOT_STEP, STEP_MAX},
    {"best", SNAPSHOT_BEST, 0},   {"epoch:", SNAPSHOT_EPOCH, EPOCH_MAX},
    {"final", SNAPSHOT_FINAL, 0},
};

enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

static enum status unknown_label(const char *label, struct error *err)
{
    const char *names[N_KINDS];
    for (int i = 0; i < N_KINDS; i++)
        names[i] = kinds[i].name;
    return error_set(err, STATUS_STUDY,
                     "expected init, step:N, epoch:N, best or final, got '%s'%s",
                     text_quote(label).text, text_suggest(label, names, N_KINDS).text);
}

enum status snapshot_parse(struct snapshot *snapshot, const char *label,
                           struct error *err)
{
    for (int i = 0; i < N_KINDS; i++) {
        const char *name = kinds[i].name;
        size_t length = strlen(name);
        int64_t at = 0, most = kinds[i].most;
        if (most ? strncmp(label, name, length) != 0 : strcmp(label, name) != 0)
            continue;
        if (most && (!text_parse_int(label + length, &at) || at < 1 || at > most))
            return error_set(err, STATUS_STUDY,
                             "expected %s and a whole number from 1 to %" PRId64
                             ", got '%s'",
                             name, most, text_quote(label).text);
        *snapshot = (struct snapshot){.kind = kinds[i].kind, .at = at};
        if (most)
            snprintf(snapshot->label, sizeof snapshot->label, "%s%" PRId64, name, at);
        else
            snprintf(snapshot->label, sizeof snapshot->label, "%s", name);
        return STATUS_OK;
    }
    return unknown_label(label, err);
}

int snapshot_find(const struct snapshot *snapshots, int n, const struct snapshot *wanted)
{
    for (int i = 0; i < n; i++)
        if (snapshots[i].kind == wanted->kind && snapshots[i].at == wanted->at)
            return i;
    return -1;
}
