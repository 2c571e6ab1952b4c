/* The last section: what words and formulae mean, and what was left out. */
#include "analysis/report/report_internal.h"

static const struct {
    const char *term, *meaning;
} glossary[] = {
    {"Cell", "one network: one combination of all options, seed included"},
    {"Setting", "one combination of the options other than the seed; its networks differ "
                "in the seed alone"},
    {"Snapshot", "a moment of training at which a network was measured; best is the "
                 "network with the lowest validation error"},
    {"Perplexity",
     "exp(H), H = - sum of p ln p over the on/off patterns that the samples "
     "of one class make in a layer, p being a pattern's share; 1 where all "
     "make the same, the number of samples where each has its own; mean over "
     "classes"},
    {"Discrete, continuous, combined",
     "accuracy of a layer's nodes as independent classifiers: from whether nodes are on, "
     "from densities of their values, and from either as fits the node's state"},
    {"Activation fraction", "share of samples that turn a node on, mean over nodes"},
    {"Predictability", "1 - H(on | class) / ln 2, mean over nodes"},
    {"Informativeness", "1 - H(class | on) / ln C, mean over nodes, C classes"},
    {"tau-b, Psi", "Kendall's rank correlation of measure and gap over settings; Psi is "
                   "its mean along one option at a time"},
    {"CMI", "the smallest share, over sets of up to two options, of what can be known "
            "about the order of two gaps that the order of the measures tells beyond "
            "those options: I / H"},
    {"Sign error", "share of pairs of settings that the measure orders wrongly, among "
                   "pairs that differ in one option and by more than noise; a coin has "
                   "1/2"},
};

static void say_left_out(struct report *r)
{
    const struct report_survey *s = &r->survey;
    struct document *d = &r->document;
    const struct group_table *groups = &r->ranking.summary.groups;
    int few = 0, none = 0;
    for (int g = 0; g < groups->n_groups; g++) {
        none += groups->n_cells[g] == 0;
        few += groups->n_cells[g] > 0 && groups->n_cells[g] < INTERVAL_FEWEST;
    }
    if (s->n_failures > 0)
        document_addf(d, BLOCK_ITEM, "",
                      "Cells without a result, which count in no figure, mean or "
                      "interval: %zu.",
                      s->n_failures);
    if (none > 0)
        document_addf(d, BLOCK_ITEM, "",
                      "Settings of which no network has a result, so that their rows are "
                      "empty: %d of %d.",
                      none, groups->n_groups);
    if (few > 0)
        document_addf(d, BLOCK_ITEM, "",
                      "Settings with results of fewer than %d seeds, which have no "
                      "interval: %d of %d.",
                      INTERVAL_FEWEST, few, groups->n_groups);
    if (r->ranking.n_left_out > 0)
        document_addf(d, BLOCK_ITEM, "",
                      "Settings without a gap, which are not judged: %zu of %zu.",
                      r->ranking.n_left_out,
                      r->ranking.n_left_out + r->ranking.n_settings);
    if (archive_is_newer(r->archive))
        document_addf(d, BLOCK_ITEM, "",
                      "A later version of Strata wrote the archive: it may hold measures "
                      "that are not shown, and the sums that guard its cells were not "
                      "checked.");
}

void report_notes(struct report *r)
{
    struct document *d = &r->document;
    document_addf(d, BLOCK_SECTION, "Notes", "%s", "");
    say_left_out(r);
    document_addf(
        d, BLOCK_ITEM, "",
        "Seeds are repetitions, not settings: they are averaged before settings "
        "are compared.");
    document_addf(d, BLOCK_ITEM, "",
                  "The best snapshot and the lowest error are chosen by validation "
                  "samples, never by test samples.");
    document_addf(
        d, BLOCK_ITEM, "",
        "Sources of the measures: Davel, Theunissen, Pretorius & Barnard 2020 "
        "(arXiv 2001.06178); Haasbroek & Davel 2020; Jiang et al. 2020 for CMI "
        "and Psi; Dziugaite et al. 2020 for the sign error. docs/measures.md has "
        "definitions and choices.");
    document_addf(d, BLOCK_HEADING, "Words", "%s", "");
    for (size_t i = 0; i < sizeof glossary / sizeof *glossary; i++)
        document_addf(d, BLOCK_FACT, glossary[i].term, "%s", glossary[i].meaning);
}
