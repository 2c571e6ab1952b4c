#include "cli/compare.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void widen(struct difference *d, double a, double b, double fill)
{
    double size = a == fill || b == fill ? NAN : fabs(a - b);
    d->n_values++;
    if (isnan(size) || size > d->largest)
        d->largest = isnan(d->largest) ? NAN : size;
}

static void compare_ints(const int32_t *a, const int32_t *b, size_t n,
                         struct difference *d)
{
    for (size_t i = 0; i < n; i++)
        if (a[i] != b[i])
            widen(d, a[i], b[i], RECORD_FILL_INT);
}

static void compare_reals(const double *a, const double *b, size_t n,
                          struct difference *d)
{
    for (size_t i = 0; i < n; i++)
        if (memcmp(&a[i], &b[i], sizeof a[i]) != 0)
            widen(d, a[i], b[i], RECORD_FILL_REAL);
}

static struct difference compare_field(const struct record *a, const struct record *b,
                                       enum field_id id)
{
    struct difference d = {.field = id};
    size_t n = record_extent(id, a->shape);
    enum field_type type = field_get(id)->type;
    if (n != record_extent(id, b->shape)) {
        d.n_values = n;
        d.largest = NAN;
    } else if (type == FIELD_TYPE_REAL) {
        compare_reals(record_real(a, id), record_real(b, id), n, &d);
    } else if (type == FIELD_TYPE_TEXT) {
        d.n_values = memcmp(record_text(a, id), record_text(b, id), n) != 0;
        d.largest = NAN;
    } else {
        compare_ints(record_int(a, id), record_int(b, id), n, &d);
    }
    return d;
}

int compare_records(const struct record *a, const struct record *b, bool provenance,
                    struct difference *differences)
{
    int n = 0;
    for (int i = 0; i < FIELD_COUNT; i++) {
        enum field_id id = (enum field_id)i;
        if (!field_is_hashed(id) &&
            !(provenance && field_get(id)->role == FIELD_ROLE_PROVENANCE))
            continue;
        differences[n] = compare_field(a, b, id);
        n += differences[n].n_values > 0;
    }
    return n;
}

void compare_format(const struct difference *differences, int n, struct text *out)
{
    for (int i = 0; i < n; i++) {
        const struct difference *d = &differences[i];
        text_appendf(out, "%s%s", i ? ", " : "", field_get(d->field)->name);
        if (!isnan(d->largest))
            text_appendf(out, " %.3g", d->largest);
        if (d->n_values > 1)
            text_appendf(out, " in %zu values", d->n_values);
    }
}
