/* A team of ranks as the sweep and its probes see one. */
#ifndef STRATA_CLI_TEAM_H
#define STRATA_CLI_TEAM_H

#include "dist/team.h"
#include "sweep/cell_team.h"

/* Reads --ranks-per-cell (NULL: 0, which is automatic). */
enum status team_parse_size(const char *value, int n_ranks, int *size, struct error *err);

/* Ranks that each cell can have where there are more of them than cells; else 1. */
int team_automatic_size(int n_ranks, size_t n_cells);

/* The team is borrowed. */
struct cell_team team_for_cells(struct dist_team *team);

/* The leader to its team: there are no more cells. */
void team_dismiss(const struct cell_team *team);

#endif
