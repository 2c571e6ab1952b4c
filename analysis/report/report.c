#include "analysis/report/report.h"

#include <stdlib.h>

#include "analysis/tables/quote.h"
#include "analysis/report/report_internal.h"

void report_put_command(const struct report *r, const char *command,
                        const char *arguments, struct text *out)
{
    text_appendf(out, "strata %s ", command);
    quote_shell(out, r->request->operand);
    text_appendf(out, "%s%s", *arguments ? " " : "", arguments);
}

static void put_option(const char *name, const char *value, struct text *out)
{
    if (!value)
        return;
    text_appendf(out, " --%s ", name);
    quote_shell(out, value);
}

void report_put_choice(const struct report *r, bool gap, struct text *out)
{
    put_option("where", r->request->where, out);
    put_option("select", r->request->select, out);
    put_option("snapshot", r->request->snapshot, out);
    if (gap && r->request->gap != RANKING_GIVEN)
        put_option("gap", ranking_gap_name(r->request->gap), out);
}

/* Permutations that a report has time for: it grows with the square of the settings. */
static int affordable_permutations(size_t n_settings)
{
    if (n_settings <= 60)
        return 999;
    return n_settings <= 160 ? 99 : 0;
}

static enum status load(struct report *r, struct error *err)
{
    r->judged = (struct ranking_request){.snapshot = r->request->snapshot,
                                         .where = r->request->where,
                                         .select = r->request->select,
                                         .gap = r->request->gap};
    if (report_survey_init(&r->survey, r->archive, r->request, err) != STATUS_OK ||
        ranking_load(&r->ranking, r->archive, &r->judged, err) != STATUS_OK)
        return err->status;
    r->judged.permutations = affordable_permutations(r->ranking.n_settings);
    return ranking_judge(&r->ranking, err);
}

static enum status write_sections(struct report *r, struct error *err)
{
    const char *title = archive_attribute(r->archive, "title");
    text_appendf(&r->document.title, "Report of the sweep %s", *title ? title : "?");
    if (report_verdict(r, err) != STATUS_OK || report_map(r, err) != STATUS_OK ||
        report_figures(r, err) != STATUS_OK || report_tables(r, err) != STATUS_OK)
        return err->status;
    report_notes(r);
    return document_check(&r->document, err);
}

static void report_fini(struct report *r)
{
    document_fini(&r->document);
    figure_set_destroy(r->figures);
    ranking_fini(&r->ranking);
    report_survey_fini(&r->survey);
    free(r->seeds);
}

enum status report_render(struct archive *archive, const struct report_request *request,
                          enum report_format format, struct text *out, struct error *err)
{
    struct report r = {.archive = archive, .request = request};
    if (load(&r, err) == STATUS_OK && write_sections(&r, err) == STATUS_OK) {
        if (format == REPORT_HTML)
            document_put_html(&r.document, out, err);
        else
            document_put_text(&r.document, out);
    }
    report_fini(&r);
    return err->status;
}
