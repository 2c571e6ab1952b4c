/* Products by register tiles: the body of product_avx2.c and product_avx512.c, which
 * define before they include it
 *
 *   VEC_LANES, TILE_VECTORS        floats in a vector, vectors in a row of a tile
 *   vec, vec_mask                  types
 *   vec_zero() vec_all(x) vec_load(p) vec_store(p, v) vec_fma(a, b, c)
 *   vec_tail(n)                    mask of the first n lanes, 1 <= n <= VEC_LANES
 *   vec_load_tail(p, mask)         other lanes 0, and not read
 *   vec_store_tail(p, mask, v)
 *   vec_relu(v) vec_gate(gate, v)  linalg.h: LINALG_RELU, LINALG_GATE
 *
 * A tile of C stays in registers while k runs: per k a row of B is loaded once and each
 * element of A is spread over a vector, 6 x 4 multiply-adds to 10 loads.
 */
#include "num/product.h"

enum { TILE_ROWS = 6 };

struct tile {
    const float *a; /* element (r, k) at r * a_row + k, or where A is transposed r + k *
                       a_row */
    size_t a_row;
    const float *b;
    size_t b_row;
    int n; /* k runs over 0 .. n - 1 */
    float *c;
    size_t c_row;
    const float *start;
    const float *gate;
    size_t gate_row;
    int kind;     /* of the finish */
    bool partial; /* whether the last vector of a row has only the lanes of `tail` */
    vec_mask tail;
};

#define INLINE static inline __attribute__((always_inline))

INLINE vec load_part(const float *p, vec_mask tail, const bool partial)
{
    return partial ? vec_load_tail(p, tail) : vec_load(p);
}

INLINE void run_tile_part(const struct tile *t, const int rows, const int vectors,
                          const bool transposed, const bool partial)
{
    vec sum[TILE_ROWS][TILE_VECTORS];
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++) {
        vec start = t->start ? vec_all(t->start[r]) : vec_zero();
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++)
            sum[r][v] = start;
    }
    const float *b = t->b, *column = t->a;
    const float *row[TILE_ROWS];
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++)
        row[r] = transposed ? NULL : t->a + (size_t)r * t->a_row;
    for (ptrdiff_t k = 0; k < t->n; k++, b += t->b_row, column += t->a_row) {
        vec right[TILE_VECTORS];
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++)
            right[v] = load_part(b + v * VEC_LANES, t->tail, partial && v + 1 == vectors);
#pragma GCC unroll 8
        for (int r = 0; r < rows; r++) {
            vec left = vec_all(transposed ? column[r] : row[r][k]);
#pragma GCC unroll 8
            for (int v = 0; v < vectors; v++)
                sum[r][v] = vec_fma(left, right[v], sum[r][v]);
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++) {
        float *c = t->c + (size_t)r * t->c_row;
#pragma GCC unroll 8
        for (int v = 0; v < vectors; v++) {
            const bool cut = partial && v + 1 == vectors;
            vec value = sum[r][v];
            if (t->kind == LINALG_RELU)
                value = vec_relu(value);
            else if (t->kind == LINALG_GATE)
                value = vec_gate(
                    load_part(t->gate + (size_t)r * t->gate_row + v * VEC_LANES, t->tail,
                              cut),
                    value);
            if (cut)
                vec_store_tail(c + v * VEC_LANES, t->tail, value);
            else
                vec_store(c + v * VEC_LANES, value);
        }
    }
}

INLINE void run_tile(const struct tile *t, const int rows, const int vectors,
                     const bool transposed)
{
    if (t->partial)
        run_tile_part(t, rows, vectors, transposed, true);
    else
        run_tile_part(t, rows, vectors, transposed, false);
}

typedef void (*tile_fn)(const struct tile *t);

#define DEFINE_TILE(ROWS, VECTORS)                                  \
    static void tile_##ROWS##x##VECTORS(const struct tile *t)       \
    {                                                               \
        run_tile(t, ROWS, VECTORS, false);                          \
    }                                                               \
    static void transposed_##ROWS##x##VECTORS(const struct tile *t) \
    {                                                               \
        run_tile(t, ROWS, VECTORS, true);                           \
    }
#define DEFINE_TILES(VECTORS) \
    DEFINE_TILE(1, VECTORS)   \
    DEFINE_TILE(2, VECTORS)   \
    DEFINE_TILE(3, VECTORS)   \
    DEFINE_TILE(4, VECTORS)   \
    DEFINE_TILE(5, VECTORS)   \
    DEFINE_TILE(6, VECTORS)
#define LIST_TILES(KIND, VECTORS)                                                       \
    {                                                                                   \
        KIND##_1x##VECTORS, KIND##_2x##VECTORS, KIND##_3x##VECTORS, KIND##_4x##VECTORS, \
            KIND##_5x##VECTORS, KIND##_6x##VECTORS                                      \
    }

DEFINE_TILES(1)
DEFINE_TILES(2)
#if TILE_VECTORS == 4
DEFINE_TILES(3)
DEFINE_TILES(4)
#endif

static const tile_fn tiles[2][TILE_VECTORS][TILE_ROWS] = {
    {LIST_TILES(tile, 1), LIST_TILES(tile, 2),
#if TILE_VECTORS == 4
     LIST_TILES(tile, 3), LIST_TILES(tile, 4)
#endif
    },
    {LIST_TILES(transposed, 1), LIST_TILES(transposed, 2),
#if TILE_VECTORS == 4
     LIST_TILES(transposed, 3), LIST_TILES(transposed, 4)
#endif
    }};

/* Rows are shared out evenly: 10 are 5 + 5, not 6 + 4. */
static int next_rows(int left, int most)
{
    int parts = (left + most - 1) / most;
    return (left + parts - 1) / parts;
}

/* Asks for the part of other arrays that belongs to a tile of C. */
static void fetch_soon(const struct linalg_finish *finish, size_t at, size_t stride,
                       int rows, int columns)
{
    enum { LINE = 16 };
    for (int s = 0; s < 3 && finish->soon[s]; s++)
        for (int r = 0; r < rows; r++)
            for (int j = 0; j < columns; j += LINE)
                __builtin_prefetch(finish->soon[s] + at + (size_t)r * stride + j, 1, 2);
}

/* Panels of columns, and down each panel tile by tile. */
static void multiply(enum linalg_op op, struct matrix a, struct matrix b,
                     const struct linalg_finish *finish, struct matrix c)
{
    const bool transposed = op == LINALG_TN;
    enum { PANEL = TILE_VECTORS * VEC_LANES };
    for (int j = 0; j < c.columns; j += PANEL) {
        int columns = c.columns - j < PANEL ? c.columns - j : PANEL;
        int vectors = (columns + VEC_LANES - 1) / VEC_LANES;
        int rest = columns - (vectors - 1) * VEC_LANES;
        struct tile t = {.a_row = a.stride,
                         .b = b.data + j,
                         .b_row = b.stride,
                         .n = b.rows,
                         .c_row = c.stride,
                         .kind = finish->kind,
                         .partial = rest < VEC_LANES,
                         .tail = vec_tail(rest)};
        for (int i = 0, rows; i < c.rows; i += rows) {
            rows = next_rows(c.rows - i, TILE_ROWS);
            t.a = a.data + (size_t)i * (transposed ? 1 : a.stride);
            t.c = c.data + (size_t)i * c.stride + j;
            t.start = finish->start ? finish->start + i : NULL;
            if (finish->kind == LINALG_GATE) {
                t.gate = finish->gate.data + (size_t)i * finish->gate.stride + j;
                t.gate_row = finish->gate.stride;
            }
            fetch_soon(finish, (size_t)i * c.stride + (size_t)j, c.stride, rows, columns);
            tiles[transposed][vectors - 1][rows - 1](&t);
        }
    }
}
