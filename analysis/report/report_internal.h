/* What the sections of a report share. */
#ifndef STRATA_ANALYSIS_REPORT_INTERNAL_H
#define STRATA_ANALYSIS_REPORT_INTERNAL_H

#include "analysis/report/document.h"
#include "analysis/rank/ranking_load.h"
#include "analysis/report/report.h"

/* Outcomes of cells, and the lack of one. */
enum { STATE_MISSING = CELL_QUARANTINED + 1, N_STATES };

/* A cell that is not complete. */
struct report_failure {
    size_t place;
    int state;
    char message[MESSAGE_LENGTH + 1];
};

/* Everything that the study asks for or the archive has: a place is a cell's options. */
struct report_survey {
    size_t n_places, n_planned, n_unplanned;
    double *options; /* [n_places][OPTION_COUNT], in the study's order */
    int *state;      /* [n_places] */
    int *setting;    /* [n_places]: which combination of the options but the seed */
    int n_settings;
    size_t count[N_STATES], count_asked[N_STATES]; /* of all places; of the study's */
    bool varies[OPTION_COUNT];
    struct report_failure *failures;
    size_t n_failures, failures_capacity;
    double train_seconds, probe_seconds;
    size_t *run_cells; /* [n_runs] cells that each run computed */
    struct run_info *runs;
    int n_runs;
};

struct report {
    struct archive *archive;
    const struct report_request *request;
    struct report_survey survey;
    struct ranking_request judged;
    struct ranking ranking; /* its summary is that of the tables */
    struct figure_set *figures;
    int n_figures;
    char (*seeds)[16]; /* headings of the map */
    struct document document;
};

/* Reads all cells. */
enum status report_survey_init(struct report_survey *survey, struct archive *archive,
                               const struct report_request *request, struct error *err);
void report_survey_fini(struct report_survey *survey);

/* Appends "depth 2, width 8": the options that vary, with or without the seed. */
void report_put_place(const struct report_survey *survey, size_t place, bool seed,
                      struct text *out);

/* An option's values among all places, ascending, in a new array (free); NULL without
 * memory. */
double *report_values(const struct report_survey *survey, enum field_id id, size_t *n,
                      struct error *err);

/* "1 cell", "2 cells"; the text holds until the expression's end. */
struct report_count {
    char text[64];
};
struct report_count report_count(size_t n, const char *noun);

/* A command about the archive: `strata`, its words, the operand, further words. */
void report_put_command(const struct report *report, const char *command,
                        const char *arguments, struct text *out);

/* Options that make a command count what the report's tables count; with or without the
 * gap's. */
void report_put_choice(const struct report *report, bool gap, struct text *out);

/* The sections, in order. */
enum status report_verdict(struct report *report, struct error *err);
enum status report_map(struct report *report, struct error *err);
enum status report_figures(struct report *report, struct error *err);
enum status report_tables(struct report *report, struct error *err);
void report_notes(struct report *report);

#endif
