#include <assert.h>
#include <math.h>
#include <string.h>

#include "analysis/where/where_internal.h"

/* In this order `and` is the smaller, `or` the larger and `not` the mirror image
 * (Kleene 1938). */
enum truth { IS_FALSE, IS_UNKNOWN, IS_TRUE };

struct row {
    const struct where *where;
    const struct record *record;
    int snapshot, layer;
};

static enum truth truth(bool value)
{
    return value ? IS_TRUE : IS_FALSE;
}

/* NaN where it is missing: NaN is no value here, as in statistics over seeds. */
static double field_value(const struct row *row, const struct operand *operand)
{
    const struct field *field = field_get(operand->field);
    struct record_shape shape = row->record->shape;
    int at[FIELD_DIMS_MAX] = {0};
    for (int d = 0; d < field->n_dims; d++) {
        int of_row = field->dims[d] == DIM_LAYER ? row->layer : row->snapshot;
        at[d] = operand->at[d] == INDEX_OF_ROW ? of_row : operand->at[d];
        if (at[d] >= record_dim(field->dims[d], shape))
            return NAN;
    }
    size_t index = record_index(operand->field, shape, at[0], at[1], at[2], at[3]);
    if (field->type == FIELD_TYPE_REAL) {
        double value = record_real(row->record, operand->field)[index];
        return value == RECORD_FILL_REAL ? (double)NAN : value;
    }
    double value = record_int(row->record, operand->field)[index];
    return value == RECORD_FILL_INT ? (double)NAN : value;
}

static double number(const struct row *row, const struct operand *operand)
{
    switch (operand->kind) {
    case OPERAND_FIELD:
        return field_value(row, operand);
    case OPERAND_LAYER:
        return row->layer + 1;
    default:
        return operand->number;
    }
}

/* Texts compare as bytes; `text` is its number of them. */
static const char *text_of(const struct row *row, const struct operand *operand,
                           size_t *length)
{
    if (operand->kind == OPERAND_FIELD) {
        const char *text = record_text(row->record, operand->field);
        *length = strnlen(text, record_extent(operand->field, row->record->shape));
        return text;
    }
    struct token inside = token_inside(operand->token);
    *length = inside.length;
    return row->where->source + inside.at;
}

static bool equal_texts(const struct row *row, const struct step *step)
{
    size_t n_left, n_right;
    const char *left = text_of(row, &step->left, &n_left);
    const char *right = text_of(row, &step->right, &n_right);
    return n_left == n_right && memcmp(left, right, n_left) == 0;
}

static enum truth compare(const struct row *row, const struct step *step)
{
    if (operand_is_text(&step->left) || operand_is_text(&step->right))
        return truth(equal_texts(row, step) == (step->comparison == TOKEN_EQ));
    double left = number(row, &step->left), right = number(row, &step->right);
    if (isnan(left) || isnan(right))
        return IS_UNKNOWN;
    switch (step->comparison) {
    case TOKEN_EQ:
        return truth(left == right);
    case TOKEN_NE:
        return truth(left != right);
    case TOKEN_LT:
        return truth(left < right);
    case TOKEN_LE:
        return truth(left <= right);
    case TOKEN_GT:
        return truth(left > right);
    default:
        return truth(left >= right);
    }
}

/* The last two truth values become one. */
static int join(enum truth *stack, int n, enum step_kind kind)
{
    assert(n >= 2);
    enum truth left = stack[n - 2], right = stack[n - 1];
    bool take_left = kind == STEP_AND ? left < right : left > right;
    stack[n - 2] = take_left ? left : right;
    return n - 1;
}

bool where_matches(const struct where *where, const struct record *record, int snapshot,
                   int layer)
{
    const struct row row = {where, record, snapshot, layer};
    enum truth stack[WHERE_STACK_MAX] = {IS_FALSE};
    int n = 0;
    for (size_t i = 0; i < where->n_steps; i++) {
        const struct step *step = &where->steps[i];
        assert(n < WHERE_STACK_MAX);
        switch (step->kind) {
        case STEP_COMPARE:
            stack[n++] = compare(&row, step);
            break;
        case STEP_MISSING:
            stack[n++] = truth(isnan(number(&row, &step->left)));
            break;
        case STEP_NOT:
            assert(n >= 1);
            stack[n - 1] = IS_TRUE - stack[n - 1];
            break;
        case STEP_AND:
        case STEP_OR:
            n = join(stack, n, step->kind);
            break;
        }
    }
    assert(n == 1);
    return stack[0] == IS_TRUE;
}

void where_add_fields(const struct where *where, bool fields[FIELD_COUNT])
{
    for (size_t i = 0; i < where->n_steps; i++) {
        const struct operand *sides[] = {&where->steps[i].left, &where->steps[i].right};
        for (int k = 0; k < 2; k++)
            if (sides[k]->kind == OPERAND_FIELD)
                fields[sides[k]->field] = true;
    }
}

bool where_uses_layer(const struct where *where)
{
    return where->uses_layer;
}

const char *where_text(const struct where *where)
{
    return where->source;
}
