/* What the parts of where.h share: an expression's steps, and the reader that makes them
 * of a text. */
#ifndef STRATA_ANALYSIS_WHERE_INTERNAL_H
#define STRATA_ANALYSIS_WHERE_INTERNAL_H

#include <stddef.h>

#include "analysis/where/where.h"
#include "base/text.h"

enum { WHERE_LENGTH_MAX = 4096, WHERE_NESTING_MAX = 64, WHERE_WORD_MAX = 80 };

/* At each level of parentheses the left sides of one `or` and one `and` may wait, and
 * within a chain or a list one comparison for the next. */
enum { WHERE_STACK_MAX = 2 * (WHERE_NESTING_MAX + 1) + 2 };

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,   /* a name, a number, a value */
    TOKEN_QUOTED, /* a value */
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_OPEN_INDEX,
    TOKEN_CLOSE_INDEX,
    TOKEN_COMMA,
    TOKEN_EQ,
    TOKEN_NE,
    TOKEN_LT,
    TOKEN_LE,
    TOKEN_GT,
    TOKEN_GE,
    TOKEN_AND,
    TOKEN_OR,
    TOKEN_NOT,
    TOKEN_IN,
    TOKEN_IS
};

/* Where in the source. */
struct token {
    enum token_kind kind;
    size_t at, length;
};

enum operand_kind { OPERAND_LITERAL, OPERAND_NUMBER, OPERAND_FIELD, OPERAND_LAYER };

enum { INDEX_OF_ROW = -1 };

struct operand {
    enum operand_kind kind;
    struct token token; /* of a literal, its text; else what an error points at */
    double number;      /* of a literal that was understood as a number or a flag */
    enum field_id field;
    int at[FIELD_DIMS_MAX]; /* the index on each dimension, or INDEX_OF_ROW */
};

/* Steps stand in postfix order. COMPARE and MISSING push a truth value; NOT replaces the
 * last one, AND and OR the last two. */
enum step_kind { STEP_COMPARE, STEP_MISSING, STEP_AND, STEP_OR, STEP_NOT };

struct step {
    enum step_kind kind;
    enum token_kind comparison;
    struct operand left, right;
};

struct where {
    char *source;
    struct step *steps;
    size_t n_steps, capacity;
    bool uses_layer;
};

struct reader {
    const char *option; /* the text is the value of: --where */
    const struct where_scope *scope;
    struct where *where;
    struct token token; /* the next one; TOKEN_END for good after an error */
    int nesting;
    struct error *err;
};

/* --- where_parse.c ------------------------------------------------------------------ */

/* A copy of the text on one line; tabs and line ends count as spaces. */
char *where_copy_source(const char *text, const char *option, struct error *err);

/* --- where_token.c ------------------------------------------------------------------ */

/* Moves to the next token. */
void reader_next(struct reader *reader);

/* Moves on where the next token is of that kind. */
bool reader_accept(struct reader *reader, enum token_kind kind);

/* The first fault of an expression, at byte `at` of its source. */
void reader_fail(struct reader *reader, size_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same at the next token: "expected WHAT, found 'x'". */
void reader_expected(struct reader *reader, const char *what);

/* A token's text, cut to what can be a name; without the quotes of a quoted one. */
struct where_word {
    char text[WHERE_WORD_MAX];
};
struct where_word token_word(const struct where *where, struct token token);

/* A quoted token without its quotes; others as they are. */
struct token token_inside(struct token token);

/* --- where_name.c ------------------------------------------------------------------- */

/* Reads a variable with its index; dimensions that the index leaves out are WHERE_OPEN.
 */
struct operand reader_variable(struct reader *reader);

/* Reads a variable with its index, or a value. */
struct operand reader_operand(struct reader *reader);

/* Makes both sides of a comparison comparable: values get the type of the variable that
 * they are compared with. */
void reader_match_types(struct reader *reader, struct operand *left,
                        struct token comparison, struct operand *right);

bool operand_is_variable(const struct operand *operand);
bool operand_is_text(const struct operand *operand);

#endif
