#include "analysis/rank/ranking_load.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static const char *const gap_names[] = {"given", "clean", "test"};

const char *ranking_gap_name(enum ranking_gap gap)
{
    return gap_names[gap];
}

bool ranking_gap_find(const char *name, enum ranking_gap *gap)
{
    for (size_t i = 0; i < sizeof gap_names / sizeof *gap_names; i++)
        if (strcmp(name, gap_names[i]) == 0) {
            *gap = (enum ranking_gap)i;
            return true;
        }
    return false;
}

double ranking_mean(const struct ranking *ranking, const struct setting *setting,
                    enum field_id id, const int at[3])
{
    const struct summary *s = &ranking->summary;
    const struct group_stats *stats = &s->groups.fields[id];
    size_t k = (size_t)setting->group * record_extent(id, s->groups.shape) +
               record_index(id, s->groups.shape, s->snapshot, at[0], at[1], at[2]);
    return stats->n[k] == setting->seeds && isfinite(stats->mean[k]) ? stats->mean[k]
                                                                     : NAN;
}

double ranking_round(double value, int exponent)
{
    return ldexp(round(ldexp(value, 40 - exponent)), exponent - 40);
}

double ranking_option(const struct ranking *ranking, const struct setting *setting,
                      enum field_id id)
{
    return ranking->summary.groups
        .options[(size_t)setting->group * OPTION_COUNT + (size_t)id];
}

static struct setting setting_of(const struct ranking *ranking, int group)
{
    static const int train[3] = {SPLIT_TRAIN}, test[3] = {SPLIT_TEST}, none[3] = {0};
    const struct summary *s = &ranking->summary;
    const struct group_stats *accuracy = &s->groups.fields[FIELD_NETWORK_ACCURACY];
    size_t at = (size_t)group * record_extent(FIELD_NETWORK_ACCURACY, s->groups.shape) +
                record_index(FIELD_NETWORK_ACCURACY, s->groups.shape, s->snapshot,
                             SPLIT_TEST, 0, 0);
    struct setting setting = {.group = group, .seeds = accuracy->n[at], .gap = NAN};
    if (setting.seeds == 0)
        return setting;
    setting.train = ranking_mean(ranking, &setting, FIELD_NETWORK_ACCURACY, train);
    setting.clean = ranking_mean(ranking, &setting, FIELD_TRAIN_ACCURACY_CLEAN, none);
    setting.test = ranking_mean(ranking, &setting, FIELD_NETWORK_ACCURACY, test);
    const double best[] = {setting.train, setting.clean, 1};
    setting.gap = ranking_round(best[ranking->request->gap] - setting.test, 0);
    return setting;
}

static enum status load_settings(struct ranking *r, struct error *err)
{
    int n_groups = r->summary.groups.n_groups;
    r->settings = memory_alloc((size_t)n_groups, sizeof *r->settings, err);
    if (!r->settings)
        return err->status;
    for (int g = 0; g < n_groups; g++) {
        struct setting setting = setting_of(r, g);
        if (isfinite(setting.gap))
            r->settings[r->n_settings++] = setting;
        else
            r->n_left_out++;
    }
    for (int i = 0; i < OPTION_COUNT; i++) {
        for (size_t k = 1; i != FIELD_SEED && k < r->n_settings; k++)
            r->varies[i] |= ranking_option(r, &r->settings[k], (enum field_id)i) !=
                            ranking_option(r, &r->settings[0], (enum field_id)i);
        r->axes[i] = r->varies[i] && !r->summary.selection.over[i];
    }
    return STATUS_OK;
}

enum status ranking_load(struct ranking *r, struct archive *archive,
                         const struct ranking_request *request, struct error *err)
{
    memset(r, 0, sizeof *r);
    r->request = request;
    r->chosen = (struct summary_request){.over = {[FIELD_SEED] = true},
                                         .snapshot = request->snapshot,
                                         .where = request->where,
                                         .select = request->select,
                                         .parts = SUMMARY_NETWORK};
    r->summary.archive = archive;
    r->summary.request = &r->chosen;
    if (summary_load(&r->summary, err) != STATUS_OK || load_settings(r, err) != STATUS_OK)
        return err->status;
    r->n_samples = round(r->summary.class_size * archive_shape(archive).n_classes);
    return ranking_add_measures(r, err);
}

void ranking_fini(struct ranking *r)
{
    for (size_t i = 0; i < r->n_measures; i++)
        free(r->measures[i].values);
    free(r->measures);
    free(r->settings);
    summary_fini(&r->summary);
}
