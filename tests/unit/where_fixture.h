/* What expressions of the tests are over. */
#ifndef STRATA_TESTS_WHERE_FIXTURE_H
#define STRATA_TESTS_WHERE_FIXTURE_H

#include "analysis/where/where.h"
#include "unit.h"

static const struct record_shape shape = {2, 4, 3};
static const char *const labels[] = {"init", "epoch:1"};

static inline struct where *parse(const char *text, bool layers, struct error *err)
{
    struct where *where;
    struct where_scope scope = {shape, labels, layers, "--table layers"};
    where_parse(&where, text, &scope, err);
    return where;
}

#endif
