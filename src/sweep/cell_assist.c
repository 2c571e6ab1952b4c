/* A team's members other than the leader. */
#include "sweep/cell_work.h"

#include <stdlib.h>

#include "base/memory.h"
#include "sweep/cell_nodes.h"

/* A member at a cell. */
struct assistance {
    struct cell_work work;
    struct spec spec;
    float *parameters;     /* [n_parameters] */
    struct node_set nodes; /* where the study keeps any: probed as the leader's are */
};

static void assist_start(struct assistance *a, const struct cell_context *context,
                         const struct spec *spec)
{
    struct error err = {0}; /* the leader's: it hears of it by the agreement */
    *a = (struct assistance){.spec = *spec};
    a->work = (struct cell_work){.context = context, .spec = &a->spec};
    if (cell_work_prepare(&a->work, &err) == STATUS_OK &&
        cell_work_create_probe(&a->work, &err) == STATUS_OK)
        a->parameters = memory_alloc(a->work.net.n_parameters, sizeof *a->parameters,
                                     &err);
    if (a->parameters && kept_planned(context->study, JOURNAL_NODES) > 0)
        cell_work_create_nodes(&a->work, &a->nodes, &err);
    cell_work_agree(context->team, &err);
}

static void assist_probe(struct assistance *a, const struct snapshot *snapshot)
{
    const struct cell_work *work = &a->work;
    const struct cell_team *team = work->context->team;
    struct node_set *nodes = snapshot->keep_nodes ? &a->nodes : NULL;
    team->broadcast(team->state, a->parameters, work->net.n_parameters);
    if (cell_probe_run(work->probe, a->parameters, 0, NULL, nodes) && work->updates)
        cell_updates_run(work->updates, a->parameters, NULL, 0, 0, NULL);
}

void cell_assist(const struct cell_context *context)
{
    const struct cell_team *team = context->team;
    struct assistance a = {.parameters = NULL};
    struct cell_order order;
    for (;;) {
        team->wait(team->state, &order);
        switch (order.call) {
        case CELL_CALL_START:
            assist_start(&a, context, &order.spec);
            break;
        case CELL_CALL_PROBE:
            assist_probe(&a, &context->study->snapshots[order.snapshot]);
            break;
        case CELL_CALL_END:
            cell_work_finish(&a.work);
            free(a.parameters);
            node_set_fini(&a.nodes);
            a = (struct assistance){.parameters = NULL};
            break;
        case CELL_CALL_LEAVE:
            return;
        }
    }
}
