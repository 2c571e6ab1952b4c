/* Two records of one cell, value by value. */
#ifndef STRATA_CLI_COMPARE_H
#define STRATA_CLI_COMPARE_H

#include <stdbool.h>

#include "base/text.h"
#include "record/record.h"

/* A field that is not the same in both. */
struct difference {
    enum field_id field;
    size_t n_values; /* that differ, in bits */
    double largest;  /* absolute; NaN for text, and where one value is fill or NaN */
};

/* Writes up to FIELD_COUNT differences in the table's order; returns how many. */
int compare_records(const struct record *a, const struct record *b, bool provenance,
                    struct difference *differences);

/* Appends "network_loss 3e-05 in 2 values, message". */
void compare_format(const struct difference *differences, int n, struct text *out);

#endif
