/* A team of ranks as the sweep and its probes see one. */
#ifndef STRATA_CLI_TEAM_H
#define STRATA_CLI_TEAM_H

#include "dist/team.h"
#include "sweep/cell_team.h"

/* The team is borrowed. */
struct cell_team team_for_cells(struct dist_team *team);

/* The leader to its team: there are no more cells. */
void team_dismiss(const struct cell_team *team);

#endif
