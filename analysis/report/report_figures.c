/* The figures: which are asked for, and how they stand in the report. */
#include "analysis/report/report_internal.h"

enum { MOST_FIGURES = 16, SHOWN_MEASURES = 2 };

/* In the order of the report; the scatters of measures follow. */
static const struct {
    const char *name, *title;     /* title: where the figure has none, as it is not drawn;
                                   * NULL: then there is nothing, for what few sweeps have */
    const char *measure, *curves; /* NULL: the figure's own choice */
} kinds[] = {
    {"dynamics", "Training", NULL, NULL},
    {"corruption", NULL, NULL, NULL},
    {"error", "Test error", NULL, NULL},
    {"perplexity", "Perplexity", NULL, NULL},
    {"systems", "Nodes as classifiers", NULL, NULL},
    {"sample-sets", "Sample sets", NULL, NULL},
    {"layers", NULL,
     "clean_corrupt_cosine,clean_class_cosine,corrupt_class_cosine,sample_cosine",
     "measure"},
    {"dynamics", NULL, "update_agreement,update_changed,supported_cost", NULL},
    {"heatmap", "Heat map of test accuracy", NULL, NULL},
    {"heatmap", "Heat map of perplexity", "mean_perplexity.test.last", NULL},
};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

/* Scatters of the most informative measures that all settings have; of the figure's own
 * choice where nothing could be judged. */
static int request_scatters(const struct report *r, struct figure_request *request)
{
    int n = 0;
    const struct ranking *ranking = &r->ranking;
    for (size_t i = 0; i < ranking->n_measures && n < SHOWN_MEASURES; i++) {
        const struct ranked_measure *measure = &ranking->measures[i];
        if (measure->baseline || measure->n < RANKING_FEWEST ||
            measure->n < ranking->n_settings)
            continue;
        request[n++] = (struct figure_request){.figure = "gap", .measure = measure->name};
    }
    if (n == 0)
        request[n++] = (struct figure_request){.figure = "gap"};
    return n;
}

static int request_figures(const struct report *r, struct figure_request *requests)
{
    int n = 0;
    for (; n < N_KINDS; n++)
        requests[n] = (struct figure_request){.figure = kinds[n].name,
                                              .measure = kinds[n].measure,
                                              .curves = kinds[n].curves};
    n += request_scatters(r, requests + n);
    for (int i = N_KINDS; i < n; i++) { /* drawn as they were judged */
        requests[i].snapshots = r->request->snapshot;
        requests[i].gap = r->request->gap;
    }
    for (int i = 0; i < n; i++) {
        requests[i].where = r->request->where;
        requests[i].select = r->request->select;
        requests[i].where_at = r->request->where || r->request->select
                                   ? r->request->snapshot
                                   : NULL;
        requests[i].sample = true;
    }
    return n;
}

enum status report_figures(struct report *r, struct error *err)
{
    struct figure_request requests[MOST_FIGURES];
    struct document *d = &r->document;
    r->n_figures = request_figures(r, requests);
    if (figure_set_create(&r->figures, r->archive, r->request->operand, requests,
                          r->n_figures, err) != STATUS_OK)
        return err->status;
    document_addf(d, BLOCK_SECTION, "Figures", "%s", "");
    document_addf(
        d, BLOCK_PARAGRAPH, "",
        "Thin lines and small points are single networks, thick ones means over "
        "seeds. Each figure's numbers are below it, and the command that draws "
        "it alone, for a paper as PDF, PNG or TeX.");
    for (int i = 0; i < r->n_figures; i++) {
        const struct figure *figure = figure_set_get(r->figures, i);
        const char *title = i < N_KINDS ? kinds[i].title : "Measure and gap";
        if (figure->drawn)
            title = text_string(&figure->title);
        else if (!title)
            continue;
        document_addf(d, BLOCK_HEADING, title, "%s", "");
        document_add(d, BLOCK_FIGURE)->figure = figure;
    }
    return STATUS_OK;
}
