/* Which panels stand beside each other, and which below. */
#include "analysis/figures/figure_layout.h"
#include "base/memory.h"

static int ceiling_of(int a, int b)
{
    return (a + b - 1) / b;
}

/* Bands of even length. Columns of a setting (its snapshots) stay together: below those
 * of the setting above where all have the same, else each setting begins a band. */
static void fill_bands(struct figure_bands *bands, const struct figure_data *f)
{
    int each = f->n_columns / f->groups.n, most = 0, n = 0, next = 0;
    for (int column = 0, own = 0; column < f->n_columns; column++) {
        own = column % each ? own : 0;
        own += bands->slots[column] >= 0;
        n += bands->slots[column] >= 0;
        most = own > most ? own : most;
    }
    bool apart = each > 1 && (each > FIGURE_ACROSS_MAX || n < f->n_columns);
    int blocks = n / each, beside = FIGURE_ACROSS_MAX / each;
    if (!apart)
        bands->across = each * ceiling_of(blocks, ceiling_of(blocks, beside));
    else
        bands->across = ceiling_of(most, ceiling_of(most, FIGURE_ACROSS_MAX));
    for (int column = 0; column < f->n_columns; column++) {
        if (apart && column % each == 0)
            next = ceiling_of(next, bands->across) * bands->across;
        if (bands->slots[column] >= 0)
            bands->slots[column] = next++;
    }
    bands->n = ceiling_of(next, bands->across);
}

enum status figure_bands_init(struct figure_bands *bands, const struct figure_data *f,
                              struct error *err)
{
    bands->slots = memory_alloc((size_t)f->n_columns, sizeof *bands->slots, err);
    if (!bands->slots)
        return err->status;
    for (int column = 0; column < f->n_columns; column++)
        bands->slots[column] = -1;
    for (int i = 0; i < f->n_panels; i++)
        bands->slots[f->panels[i].column] = 0;
    fill_bands(bands, f);
    return STATUS_OK;
}
