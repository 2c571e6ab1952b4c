/* Entries of probe.at: snapshots and schedules of them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sweep/study_internal.h"

/* A million epochs (the most an option allows) of ten million samples one by one. */
#define STEP_MAX  INT64_C(10000000000000)
#define EPOCH_MAX INT64_C(1000000)

/* The names without a number stand for themselves; the others are prefixes. */
static const struct kind {
    const char *name;
    enum snapshot_kind kind;
    int64_t most; /* largest number, 0 for a name without one */
} kinds[] = {
    {"init", SNAPSHOT_INIT, 0},   {"step:", SNAPSHOT_STEP, STEP_MAX},
    {"best", SNAPSHOT_BEST, 0},   {"epoch:", SNAPSHOT_EPOCH, EPOCH_MAX},
    {"final", SNAPSHOT_FINAL, 0},
};

enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

/* What may stand behind a prefix in place of a number. */
enum { N_RULES = 2, RULE_NUMBERS_MAX = 2 };
static const struct rule {
    const char *name;
    enum snapshot_rule rule;
    const char *numbers; /* each may be left out, with those behind it */
    int n_numbers;
} rules[N_RULES] = {{"log2", SNAPSHOT_LOG2, ":LAST", 1},
                    {"every", SNAPSHOT_EVERY, ":N:LAST", 2}};

static enum status unknown_label(const char *label, struct error *err)
{
    static const char *const names[] = {"init",        "step:",  "step:log2",
                                        "step:every",  "epoch:", "epoch:log2",
                                        "epoch:every", "best",   "final"};
    return error_set(err, STATUS_STUDY,
                     "expected init, step:N, epoch:N, best, final or a schedule "
                     "(step:log2, epoch:every, ...), got '%s'%s",
                     text_quote(label).text,
                     text_suggest(label, names, sizeof names / sizeof *names).text);
}

static enum status unknown_number(const struct kind *kind, const char *label,
                                  struct error *err)
{
    const char *names[N_RULES], *rest = label + strlen(kind->name);
    char word[TEXT_WORD_MAX];
    for (int i = 0; i < N_RULES; i++)
        names[i] = rules[i].name;
    snprintf(word, sizeof word, "%.*s", (int)strcspn(rest, ":"), rest);
    return error_set(err, STATUS_STUDY,
                     "expected %s and a whole number from 1 to %" PRId64
                     ", log2 or every, got '%s'%s",
                     kind->name, kind->most, text_quote(label).text,
                     text_suggest(word, names, N_RULES).text);
}

/* Reads ":5:100": up to `most` numbers from 1 to `limit`, and nothing else. */
static bool read_numbers(const char *text, int most, int64_t limit,
                         int64_t numbers[RULE_NUMBERS_MAX])
{
    for (int n = 0; *text; n++) {
        char word[TEXT_WORD_MAX];
        size_t length = strcspn(text + 1, ":");
        if (n == most || length >= sizeof word)
            return false;
        memcpy(word, text + 1, length);
        word[length] = '\0';
        if (!text_parse_int(word, &numbers[n]) || numbers[n] < 1 || numbers[n] > limit)
            return false;
        text += length + 1;
    }
    return true;
}

/* `text` is what stands behind the rule's name. */
static enum status parse_schedule(struct snapshot *snapshot, const struct kind *kind,
                                  const struct rule *rule, const char *text,
                                  const char *label, struct error *err)
{
    int64_t numbers[RULE_NUMBERS_MAX] = {0};
    if (!read_numbers(text, rule->n_numbers, kind->most, numbers))
        return error_set(err, STATUS_STUDY,
                         "expected %s%s or %s%s%s with whole numbers from 1 to %" PRId64
                         ", got '%s'",
                         kind->name, rule->name, kind->name, rule->name, rule->numbers,
                         kind->most, text_quote(label).text);
    *snapshot = (struct snapshot){
        .kind = kind->kind, .rule = rule->rule, .last = numbers[rule->n_numbers - 1]};
    if (rule->rule == SNAPSHOT_EVERY)
        snapshot->at = numbers[0] ? numbers[0] : 1;
    if (snapshot->last && snapshot->last < snapshot->at)
        return error_set(err, STATUS_STUDY, "'%s' ends before its first snapshot",
                         text_quote(label).text);
    return STATUS_OK;
}

static enum status parse_moment(struct snapshot *snapshot, const struct kind *kind,
                                const char *label, struct error *err)
{
    const char *rest = label + strlen(kind->name);
    int64_t at = 0;
    for (int i = 0; i < N_RULES; i++) {
        size_t length = strlen(rules[i].name);
        if (strncmp(rest, rules[i].name, length) == 0 &&
            (rest[length] == '\0' || rest[length] == ':'))
            return parse_schedule(snapshot, kind, &rules[i], rest + length, label, err);
    }
    if (!text_parse_int(rest, &at) || at < 1 || at > kind->most)
        return unknown_number(kind, label, err);
    *snapshot = (struct snapshot){.kind = kind->kind, .at = at};
    return STATUS_OK;
}

enum status snapshot_parse(struct snapshot *snapshot, const char *label,
                           struct error *err)
{
    for (int i = 0; i < N_KINDS; i++) {
        const struct kind *kind = &kinds[i];
        bool moment = kind->most > 0;
        if (moment ? strncmp(label, kind->name, strlen(kind->name)) != 0
                   : strcmp(label, kind->name) != 0)
            continue;
        *snapshot = (struct snapshot){.kind = kind->kind};
        if (moment && parse_moment(snapshot, kind, label, err) != STATUS_OK)
            return err->status;
        snapshot_set_label(snapshot);
        return STATUS_OK;
    }
    return unknown_label(label, err);
}

void snapshot_set_label(struct snapshot *snapshot)
{
    enum { NUMBER_MAX = 16 };
    const char *name = "";
    char at[NUMBER_MAX] = "", last[NUMBER_MAX] = "";
    for (int i = 0; i < N_KINDS; i++)
        if (kinds[i].kind == snapshot->kind)
            name = kinds[i].name;
    if (snapshot->at)
        snprintf(at, sizeof at, "%" PRId64, snapshot->at);
    if (snapshot->last)
        snprintf(last, sizeof last, ":%" PRId64, snapshot->last);
    char *label = snapshot->label;
    size_t size = sizeof snapshot->label;
    if (snapshot->rule == SNAPSHOT_ONCE)
        snprintf(label, size, "%s%s", name, at);
    else if (snapshot->rule == SNAPSHOT_LOG2)
        snprintf(label, size, "%slog2%s", name, last);
    else if (snapshot->at == 1 && !snapshot->last)
        snprintf(label, size, "%severy", name);
    else
        snprintf(label, size, "%severy:%s%s", name, at, last);
}

int snapshot_find(const struct snapshot *snapshots, int n, const struct snapshot *wanted)
{
    for (int i = 0; i < n; i++)
        if (snapshots[i].kind == wanted->kind && snapshots[i].rule == wanted->rule &&
            snapshots[i].at == wanted->at && snapshots[i].last == wanted->last)
            return i;
    return -1;
}

const struct snapshot *study_find_schedule(const struct study *study)
{
    for (int i = 0; i < study->n_snapshots; i++)
        if (study->snapshots[i].rule != SNAPSHOT_ONCE)
            return &study->snapshots[i];
    return NULL;
}
