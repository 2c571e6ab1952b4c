/* Activation patterns and layer perplexity (Davel et al. 2020, eq. 1 and 2).
 *
 * A sample's pattern is the vector of on/off states of a layer's nodes, kept as an exact
 * bit string; the hash only finds the slot. The entropy is summed over the multiset of
 * occurrence counts in ascending order, so it depends neither on the order of samples nor
 * of nodes.
 *
 * In a team each member counts the patterns of its own samples and sends each, with its
 * count, to the member that its hash names; that one adds up, and tells the leader how
 * many patterns occur how often.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "base/memory.h"
#include "num/elementary.h"
#include "probe/probe.h"

/* Keys of some words, `stride` words apart. */
struct key_list {
    const uint64_t *keys;
    size_t words, stride;
};

/* The distinct keys of a list. */
struct table {
    uint32_t *slots; /* [mask + 1]: number of a key + 1, 0 for empty */
    uint32_t mask;
    uint32_t *first;  /* [distinct]: where in the list the key stands */
    uint32_t *counts; /* [distinct]: how often it occurs */
    uint32_t distinct;
};

/* How many patterns of a group occur `count` times. */
struct multiplicity {
    uint32_t group, count, patterns;
};

struct patterns {
    const struct probe_share *share;
    struct table table;     /* room for the largest group's */
    uint32_t *multiplicity; /* [largest group + 1]: patterns that occur so often */
    /* Only in a team. An entry is a key and a word of its group and count; entries stand
     * group by group. Own ones are put together in `received` before they are sorted. */
    uint64_t *sent, *received;        /* [own samples], [all samples] entries */
    struct multiplicity *found, *all; /* [all samples]: of entries; everyone's */
    size_t *out, *in, *at;            /* [team size]: lengths, cursors */
};

static uint32_t largest_group(const struct sample_groups *groups)
{
    uint32_t largest = 1;
    for (int g = 0; g < PROBE_SPLITS * groups->n_classes; g++)
        if (groups->start[g + 1] - groups->start[g] > largest)
            largest = groups->start[g + 1] - groups->start[g];
    return largest;
}

static uint32_t slots_for(uint32_t n)
{
    uint32_t slots = 16;
    while (slots < 2 * n)
        slots *= 2;
    return slots;
}

/* Words of an entry. */
static size_t entry_words(size_t key_words)
{
    return key_words + 1;
}

static void patterns_destroy(void *workspace)
{
    struct patterns *p = workspace;
    free(p->table.slots);
    free(p->table.first);
    free(p->table.counts);
    free(p->multiplicity);
    free(p->sent);
    free(p->received);
    free(p->found);
    free(p->all);
    free(p->out);
    free(p->in);
    free(p->at);
    free(p);
}

static void allocate_for_team(struct patterns *p, int max_nodes, struct error *err)
{
    size_t own = groups_total(&p->share->own), all = groups_total(&p->share->all);
    size_t size = (size_t)p->share->team->size;
    size_t entry = entry_words(((size_t)max_nodes + 63) / 64) * sizeof *p->sent;
    p->sent = memory_alloc(own, entry, err);
    p->received = memory_alloc(all, entry, err);
    p->found = memory_alloc(all, sizeof *p->found, err);
    if (p->share->team->rank == 0)
        p->all = memory_alloc(all, sizeof *p->all, err);
    p->out = memory_alloc(size, sizeof *p->out, err);
    p->in = memory_alloc(size, sizeof *p->in, err);
    p->at = memory_alloc(size, sizeof *p->at, err);
}

static void *patterns_create(const struct probe_share *share, int max_nodes,
                             struct error *err)
{
    struct patterns *p = memory_alloc(1, sizeof *p, err);
    if (!p)
        return NULL;
    size_t n = largest_group(&share->all);
    p->share = share;
    p->table.slots = memory_alloc(slots_for((uint32_t)n), sizeof *p->table.slots, err);
    p->table.first = memory_alloc(n, sizeof *p->table.first, err);
    p->table.counts = memory_alloc(n, sizeof *p->table.counts, err);
    p->multiplicity = memory_alloc(n + 1, sizeof *p->multiplicity, err);
    if (share->team)
        allocate_for_team(p, max_nodes, err);
    if (err->status != STATUS_OK) {
        patterns_destroy(p);
        return NULL;
    }
    return p;
}

/* At worst all samples are of one class. */
static double patterns_bytes(const struct probe_size *size)
{
    double n = size->n_samples, bytes = n * (4 * 4 + 4 * 3);
    double entry = 8.0 * (double)entry_words(((size_t)size->max_nodes + 63) / 64);
    if (size->team_size > 1)
        bytes += n * (entry + entry / size->team_size + 2 * sizeof(struct multiplicity));
    return bytes;
}

static void table_clear(struct table *table, uint32_t n)
{
    table->mask = slots_for(n) - 1;
    table->distinct = 0;
    memset(table->slots, 0, ((size_t)table->mask + 1) * sizeof *table->slots);
}

/* Adds the list's i-th key, which stands for `count` samples. */
static inline void table_add(struct table *table, const struct key_list *list, uint32_t i,
                             uint32_t count)
{
    const uint64_t *key = list->keys + i * list->stride;
    size_t bytes = list->words * sizeof *key;
    uint32_t slot = (uint32_t)XXH3_64bits(key, bytes) & table->mask;
    while (table->slots[slot] &&
           memcmp(list->keys + table->first[table->slots[slot] - 1] * list->stride, key,
                  bytes) != 0)
        slot = (slot + 1) & table->mask;
    if (!table->slots[slot]) {
        table->first[table->distinct] = i;
        table->counts[table->distinct] = 0;
        table->slots[slot] = ++table->distinct;
    }
    table->counts[table->slots[slot] - 1] += count;
}

/* Fills the table with the patterns of one's own samples of a group. */
static void count_own(struct patterns *p, const struct probe_view *view, int group)
{
    uint32_t start = p->share->own.start[group];
    uint32_t n = p->share->own.start[group + 1] - start;
    struct key_list list = {view->keys + start * view->words, view->words, view->words};
    table_clear(&p->table, n);
    for (uint32_t i = 0; i < n; i++)
        table_add(&p->table, &list, i, 1);
}

static uint32_t group_size(const struct patterns *p, int group)
{
    return p->share->all.start[group + 1] - p->share->all.start[group];
}

static void clear_multiplicity(struct patterns *p, int group)
{
    memset(p->multiplicity, 0,
           ((size_t)group_size(p, group) + 1) * sizeof *p->multiplicity);
}

/* From the table's counts. */
static void count_multiplicity(struct patterns *p, int group)
{
    clear_multiplicity(p, group);
    for (uint32_t i = 0; i < p->table.distinct; i++)
        p->multiplicity[p->table.counts[i]]++;
}

/* Number and entropy of a group's patterns from their multiplicity. */
static void store_group(const struct patterns *p, int group, struct probe_layer *out)
{
    uint32_t n = group_size(p, group), distinct = 0;
    double sum = 0.0;
    for (uint32_t k = 1; k <= n; k++) {
        if (!p->multiplicity[k])
            continue;
        double share = (double)k / n;
        sum -= p->multiplicity[k] * share * elementary_log(share);
        distinct += p->multiplicity[k];
    }
    out->pattern_count[group] = (int32_t)distinct;
    out->pattern_entropy[group] = sum > 0.0 ? sum : 0.0; /* one pattern gives -0 */
}

/* ---- by a team ---- */

/* The high bits: the table takes the low ones. */
static size_t owner_of(const struct patterns *p, const uint64_t *key, size_t words)
{
    uint64_t hash = XXH3_64bits(key, words * sizeof *key);
    return (size_t)(hash >> 32) % (size_t)p->share->team->size;
}

static int group_of(const uint64_t *entry, size_t key_words)
{
    return (int)(entry[key_words] >> 32);
}

/* Own patterns and their counts, group by group; returns how many there are. */
static size_t list_own(struct patterns *p, const struct probe_view *view)
{
    uint64_t *entry = p->received;
    size_t n = 0, words = view->words;
    for (int g = 0; g < PROBE_SPLITS * p->share->all.n_classes; g++) {
        count_own(p, view, g);
        const uint64_t *keys = view->keys + p->share->own.start[g] * words;
        for (uint32_t i = 0; i < p->table.distinct; i++, n++) {
            memcpy(entry, keys + p->table.first[i] * words, words * sizeof *entry);
            entry[words] = (uint64_t)g << 32 | p->table.counts[i];
            entry += entry_words(words);
        }
    }
    return n;
}

/* Starts of the members' blocks of `size` bytes an element, from lengths in bytes. */
static void set_cursors(struct patterns *p, const size_t *lengths, size_t size)
{
    size_t at = 0;
    for (int r = 0; r < p->share->team->size; at += lengths[r++] / size)
        p->at[r] = at;
}

/* Sorts own entries by owner, and exchanges them. */
static void exchange_entries(struct patterns *p, size_t n, size_t words)
{
    const struct probe_team *team = p->share->team;
    const size_t stride = entry_words(words), size = stride * sizeof *p->sent;
    memset(p->out, 0, (size_t)team->size * sizeof *p->out);
    for (size_t i = 0; i < n; i++)
        p->out[owner_of(p, p->received + i * stride, words)] += size;
    set_cursors(p, p->out, size);
    for (size_t i = 0; i < n; i++) {
        const uint64_t *entry = p->received + i * stride;
        size_t at = p->at[owner_of(p, entry, words)]++;
        memcpy(p->sent + at * stride, entry, size);
    }
    team->exchange(team->state, p->sent, p->out, p->received, p->in);
}

/* Fills the table with what was received of a group; cursors move past it. */
static void merge_group(struct patterns *p, int group, size_t words)
{
    const size_t stride = entry_words(words);
    const struct key_list list = {p->received, words, stride};
    size_t end = 0;
    table_clear(&p->table, group_size(p, group));
    for (int r = 0; r < p->share->team->size; r++) {
        end += p->in[r] / (stride * sizeof *p->received);
        for (; p->at[r] < end; p->at[r]++) {
            const uint64_t *entry = p->received + p->at[r] * stride;
            if (group_of(entry, words) != group)
                break;
            table_add(&p->table, &list, (uint32_t)p->at[r], (uint32_t)entry[words]);
        }
    }
}

/* How often the patterns occur that this member owns; returns the length of the list. */
static size_t merge_entries(struct patterns *p, size_t words)
{
    size_t n = 0;
    set_cursors(p, p->in, entry_words(words) * sizeof *p->received);
    for (int g = 0; g < PROBE_SPLITS * p->share->all.n_classes; g++) {
        merge_group(p, g, words);
        count_multiplicity(p, g);
        for (uint32_t k = 1; k <= group_size(p, g); k++)
            if (p->multiplicity[k])
                p->found[n++] = (struct multiplicity){(uint32_t)g, k, p->multiplicity[k]};
    }
    return n;
}

/* The leader's results, from everyone's lists. */
static void store_groups(struct patterns *p, struct probe_layer *out)
{
    set_cursors(p, p->in, sizeof *p->all);
    for (int g = 0; g < PROBE_SPLITS * p->share->all.n_classes; g++) {
        size_t end = 0;
        clear_multiplicity(p, g);
        for (int r = 0; r < p->share->team->size; r++) {
            end += p->in[r] / sizeof *p->all;
            for (; p->at[r] < end && p->all[p->at[r]].group == (uint32_t)g; p->at[r]++)
                p->multiplicity[p->all[p->at[r]].count] += p->all[p->at[r]].patterns;
        }
        store_group(p, g, out);
    }
}

static void run_in_team(struct patterns *p, const struct probe_view *view,
                        struct probe_layer *out)
{
    const struct probe_team *team = p->share->team;
    exchange_entries(p, list_own(p, view), view->words);
    size_t n = merge_entries(p, view->words);
    memset(p->out, 0, (size_t)team->size * sizeof *p->out);
    p->out[0] = n * sizeof *p->found;
    team->exchange(team->state, p->found, p->out, p->all, p->in);
    if (team->rank == 0)
        store_groups(p, out);
}

static void patterns_run(void *workspace, const struct probe_view *view,
                         const struct probe_options *options, struct probe_layer *out)
{
    (void)options;
    struct patterns *p = workspace;
    if (p->share->team) {
        run_in_team(p, view, out);
        return;
    }
    for (int g = 0; g < PROBE_SPLITS * p->share->all.n_classes; g++) {
        count_own(p, view, g);
        count_multiplicity(p, g);
        store_group(p, g, out);
    }
}

const struct probe probe_patterns = {
    .name = "patterns",
    .create = patterns_create,
    .destroy = patterns_destroy,
    .run = patterns_run,
    .bytes = patterns_bytes,
};
