/* A study, and behind a zero byte what follows --set. A study that is accepted has a
 * canonical text, of which study_parse makes the same study. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "sweep/grid.h"
#include "sweep/study.h"

enum { CELLS_MAX = 1000 };

/* Whether the study's grid is small enough to be expanded for every input. */
static bool is_small(const struct study *study)
{
    size_t cells = 0;
    for (size_t i = 0; i < study->n_blocks; i++) {
        size_t product = 1;
        for (size_t k = 0; k < study->blocks[i].n_axes && product <= CELLS_MAX; k++)
            product *= study->blocks[i].axes[k].n_values;
        cells += product;
    }
    return cells <= CELLS_MAX;
}

static void check_canonical(const struct study *study)
{
    struct error err = {0};
    struct study again;
    struct text text = {0}, copy = {0};
    study_format(study, &text);
    study_parse(&again, text_string(&text), text.length, "canonical", &err);
    FUZZ_OK(err);
    study_format(&again, &copy);
    FUZZ_HOLDS(!text.failed && !copy.failed);
    FUZZ_HOLDS(strcmp(text_string(&text), text_string(&copy)) == 0);
    study_fini(&again);
    text_free(&text);
    text_free(&copy);
}

/* Schedules become snapshots, of which the study is a study again, and every cell is
 * found by its identity. */
static void check_grid(const struct study *study)
{
    enum { SAMPLES = 1000 };
    struct error err = {0};
    struct study copy;
    struct grid grid;
    if (!is_small(study))
        return;
    study_copy(&copy, study, &err);
    FUZZ_OK(err);
    if (study_resolve(&copy, SAMPLES, &err) == STATUS_OK)
        check_canonical(&copy);
    if (err.status != STATUS_OK ||
        grid_expand(&grid, &copy, (struct hash128){1, 2}, &err) != STATUS_OK) {
        fuzz_check_error(&err, "");
        study_fini(&copy);
        return;
    }
    FUZZ_HOLDS(grid.n_cells > 0);
    for (size_t i = 0; i < grid.n_cells; i++)
        FUZZ_HOLDS(grid_find(&grid, grid.cells[i].id) == i);
    grid_fini(&grid);
    study_fini(&copy);
}

static void check_set_axis(struct study *study, const uint8_t *data, size_t size)
{
    struct error err = {0};
    char *assignment = malloc(size + 1);
    FUZZ_HOLDS(assignment);
    memcpy(assignment, data, size);
    assignment[size] = '\0';
    if (study_set_axis(study, assignment, &err) == STATUS_OK)
        check_canonical(study);
    else
        FUZZ_HOLDS(strncmp(err.text, "--set ", 6) == 0);
    free(assignment);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = {0};
    struct study study;
    const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
    size_t length = zero ? (size_t)(zero - data) : size;
    if (study_parse(&study, (const char *)data, length, "input", &err) != STATUS_OK) {
        fuzz_check_error(&err, "input:");
        return 0;
    }
    check_canonical(&study);
    check_grid(&study);
    if (zero)
        check_set_axis(&study, zero + 1, size - length - 1);
    study_fini(&study);
    return 0;
}
