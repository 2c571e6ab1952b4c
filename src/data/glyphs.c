#include "data/glyphs.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "num/rng.h"

/* The bits of an image must not depend on the machine. So this file uses only +, -, *, /
 * and sqrt on doubles, which IEEE 754 rounds in one way; the C library's sin, exp or log
 * may differ with the instruction set that it finds. */

enum {
    POINTS_MAX = 12, /* of a stroke */
    STROKES_MAX = 2, /* of a shape */
    STEPS = 5,       /* straight pieces of a curved span */
    SEED = 0,
    PIXELS = GLYPHS_SIDE * GLYPHS_SIDE,
    WORD_BYTES = 16, /* of one block of random words */
};

/* Ranges of what makes one sample differ from the next; lengths in pixels. */
static const double ROTATION = 0.1317; /* tan(15 degrees / 2) */
static const double SCALE_LEAST = 0.75, SCALE_MOST = 1.1;
static const double SHEAR = 0.2;
static const double SHIFT = 3.0;
static const double WOBBLE = 1.0; /* of a control point, each way */
static const double THICKNESS_LEAST = 0.9, THICKNESS_MOST = 2.2;
static const double EDGE = 1.2;       /* over which the ink fades out */
static const double INK_LEAST = 0.65; /* of full brightness */
static const double NOISE = 0.06;     /* of full brightness, each way */

/* Control points are pixels from the centre of the image, y downwards. A curve runs
 * smoothly through a point unless it is a corner. */
struct point {
    double x, y;
    bool corner;
};

struct stroke {
    int n_points; /* 0 ends the strokes of a shape */
    bool closed;
    struct point points[POINTS_MAX];
};

struct shape {
    struct stroke strokes[STROKES_MAX];
};

enum { VARIANTS = 3 };

/* clang-format off */
#define LINE(x, y)  {x, y, true}
#define CURVE(x, y) {x, y, false}

static const struct shape SHAPES[GLYPHS_CLASSES][VARIANTS] = {
    {   /* 0: an oval, a narrow one, and one that does not quite close */
        {{{8, true, {CURVE(0, -9), CURVE(-3.8, -6.5), CURVE(-5.4, 0), CURVE(-3.8, 6.5),
                     CURVE(0, 9), CURVE(3.8, 6.5), CURVE(5.4, 0), CURVE(3.8, -6.5)}}}},
        {{{6, true, {CURVE(0, -9), CURVE(-3.6, -4.5), CURVE(-3.6, 4.5), CURVE(0, 9),
                     CURVE(3.6, 4.5), CURVE(3.6, -4.5)}}}},
        {{{9, false, {CURVE(2, -8.2), CURVE(-2.5, -8), CURVE(-5, -3), CURVE(-4.6, 4),
                      CURVE(-1, 9), CURVE(3.6, 6.5), CURVE(5.2, 0), CURVE(3.6, -6),
                      CURVE(-0.5, -8.5)}}}},
    },
    {   /* 1: a bar, with a flag, with flag and foot */
        {{{3, false, {LINE(0.6, -9), CURVE(0.2, 0), LINE(0, 9)}}}},
        {{{3, false, {LINE(-3.2, -5.5), LINE(0.8, -9), LINE(0.4, 9)}}}},
        {{{3, false, {LINE(-3.2, -5.5), LINE(0.5, -9), LINE(0.5, 9)}},
          {2, false, {LINE(-3.8, 9), LINE(4.6, 9)}}}},
    },
    {   /* 2: with a straight base, with a loop at its foot, with a wide neck */
        {{{8, false, {CURVE(-5, -5), CURVE(-3, -8.2), CURVE(0.6, -9), CURVE(4, -7.4),
                      CURVE(4.4, -3.6), CURVE(1.4, 2), LINE(-5.2, 9), LINE(5.6, 9)}}}},
        {{{10, false, {CURVE(-4.6, -6.4), CURVE(-1, -9), CURVE(3.6, -7.6), CURVE(4.2, -3),
                       CURVE(0.6, 3.4), CURVE(-3.6, 8.4), CURVE(-5.2, 6.6),
                       CURVE(-2.6, 5.4), CURVE(1.6, 8), CURVE(5.6, 7.6)}}}},
        {{{7, false, {CURVE(-4.6, -7), CURVE(0, -9), CURVE(4.8, -6), CURVE(3.4, -0.8),
                      CURVE(-1.4, 3.6), LINE(-5, 8.8), LINE(5.4, 8.4)}}}},
    },
    {   /* 3: round, flat at the top, with a shallow waist */
        {{{11, false, {CURVE(-4.6, -7), CURVE(-1.4, -9), CURVE(2.6, -8.2), CURVE(4, -5),
                       CURVE(2.4, -1.8), LINE(-1.2, -0.6), CURVE(3, 0.8), CURVE(5, 4.4),
                       CURVE(3, 8), CURVE(-1, 9), CURVE(-5, 6.8)}}}},
        {{{8, false, {LINE(-4.6, -9), LINE(4.2, -9), LINE(-0.6, -2), CURVE(3.6, -0.4),
                      CURVE(5, 4), CURVE(3, 8), CURVE(-1, 9), CURVE(-5, 7)}}}},
        {{{9, false, {CURVE(-4, -8), CURVE(0.4, -9), CURVE(4, -6.2), CURVE(2.8, -2),
                      LINE(0.4, -0.4), CURVE(4, 2.2), CURVE(4.4, 6), CURVE(0.6, 9),
                      CURVE(-4.4, 7.8)}}}},
    },
    {   /* 4: open, closed, open with a short stem */
        {{{3, false, {LINE(-3.4, -9), LINE(-5.2, 2.2), LINE(5.6, 2.2)}},
          {2, false, {LINE(2.6, -7), LINE(2.2, 9)}}}},
        {{{4, false, {LINE(2, 9), LINE(2, -9), LINE(-5.6, 3.4), LINE(5.6, 3.4)}}}},
        {{{4, false, {LINE(-4.6, -8), CURVE(-4.8, -1), CURVE(-1, 1), LINE(4, -0.4)}},
          {2, false, {LINE(4, -8.6), LINE(3.4, 9)}}}},
    },
    {   /* 5: in one stroke, with a hat of its own, with a slanted back */
        {{{9, false, {LINE(4.6, -9), LINE(-3.6, -9), LINE(-4.4, -1.2), CURVE(0, -2.8),
                      CURVE(4, -0.8), CURVE(5, 3.2), CURVE(3.2, 7.4), CURVE(-0.8, 9),
                      CURVE(-5, 7)}}}},
        {{{7, false, {LINE(-3.2, -8.6), LINE(-3.8, -1.4), CURVE(0.8, -2.4), CURVE(4.6, 1),
                      CURVE(4, 6.4), CURVE(0, 9), CURVE(-4.6, 8)}},
          {2, false, {LINE(-3.2, -8.8), LINE(4.8, -9.2)}}}},
        {{{8, false, {LINE(5.4, -8.6), LINE(-1.4, -8.8), LINE(-3.6, -2), CURVE(1, -1.6),
                      CURVE(4, 1.6), CURVE(3, 6.4), CURVE(-1, 8.8), CURVE(-5, 8)}}}},
    },
    {   /* 6: round back, straight back, small bowl */
        {{{11, false, {CURVE(3.6, -8.4), CURVE(-1, -6.6), CURVE(-4, -1.6), CURVE(-4.6, 4),
                       CURVE(-2, 8.2), CURVE(1.4, 9), CURVE(4.4, 6.6), CURVE(4.2, 2.4),
                       CURVE(1, 0.4), CURVE(-2.6, 1.8), CURVE(-4.4, 4.4)}}}},
        {{{9, false, {LINE(1.6, -9), CURVE(-2.4, -3.4), CURVE(-4.6, 3), CURVE(-3, 8),
                      CURVE(1, 9), CURVE(4.6, 6), CURVE(3.4, 1.6), CURVE(-0.6, 1),
                      CURVE(-4.2, 4)}}}},
        {{{8, false, {CURVE(-1, -9), CURVE(-4, -3), CURVE(-4.2, 4.6), CURVE(-1, 8.8),
                      CURVE(3, 8), CURVE(3.6, 4.4), CURVE(0, 3), CURVE(-3.8, 5)}}}},
    },
    {   /* 7: plain, with a bar, with a bent leg */
        {{{3, false, {LINE(-5, -9), LINE(5, -9), LINE(-1.6, 9)}}}},
        {{{3, false, {LINE(-5, -8.8), LINE(5, -9), LINE(-1.4, 9)}},
          {2, false, {LINE(-2.4, 0.2), LINE(4.4, -0.2)}}}},
        {{{5, false, {LINE(-5, -6.6), LINE(-4.4, -8.8), LINE(4.8, -9), CURVE(0.6, -0.4),
                      LINE(-0.8, 9)}}}},
    },
    {   /* 8: in one stroke, two rings, a small head */
        {{{8, true, {CURVE(3.4, -6.4), CURVE(0, -9), CURVE(-3.6, -6), CURVE(0, -0.8),
                     CURVE(4.6, 4.6), CURVE(0, 9), CURVE(-4.6, 4.8), CURVE(0.2, -0.8)}}}},
        {{{6, true, {CURVE(0, -9), CURVE(-3.2, -7), CURVE(-3.2, -3.2), CURVE(0, -1),
                     CURVE(3.2, -3.2), CURVE(3.2, -7)}},
          {6, true, {CURVE(0, -1), CURVE(-4.4, 1.8), CURVE(-4.2, 6.6), CURVE(0, 9),
                     CURVE(4.2, 6.6), CURVE(4.4, 1.8)}}}},
        {{{9, true, {CURVE(2.8, -7.4), CURVE(-0.6, -9), CURVE(-3, -6.6),
                     CURVE(-1.4, -3.2), CURVE(3.4, 1.6), CURVE(4, 6.6), CURVE(-0.4, 9),
                     CURVE(-4.4, 5.6), CURVE(1.2, -3)}}}},
    },
    {   /* 9: straight stem, curved tail, slanted stem */
        {{{9, false, {CURVE(4.2, -5), CURVE(1.4, -8.8), CURVE(-2.8, -8),
                      CURVE(-4.4, -4.6), CURVE(-2.4, -1.2), CURVE(1.6, -1.4),
                      LINE(4.2, -5.4), CURVE(4, 2), LINE(3.2, 9)}}}},
        {{{10, false, {CURVE(4, -5.4), CURVE(0.6, -9), CURVE(-3.8, -7), CURVE(-3.8, -2.4),
                       CURVE(0.4, -0.8), LINE(4, -5), CURVE(4.6, 1), CURVE(3, 6.6),
                       CURVE(-0.8, 9), CURVE(-4.4, 7.2)}}}},
        {{{8, false, {CURVE(4.4, -7.4), CURVE(0.4, -9), CURVE(-3.8, -6), CURVE(-3, -2),
                      CURVE(1, -2), LINE(4.4, -7), CURVE(2.6, 1.4), LINE(-0.6, 9)}}}},
    },
};
/* clang-format on */

/* The numbers of one sample, taken in order of use. */
struct draws {
    struct rng rng;
    uint64_t next;
};

/* Streams: sample i, or the labels of the i-th ten samples, of a split. */
static struct rng stream_of(int split, bool labels, uint32_t i)
{
    return (struct rng){.seed = SEED,
                        .purpose = RNG_GLYPH,
                        .stream = (uint64_t)split << 33 | (uint64_t)labels << 32 | i};
}

static double draw_between(struct draws *draws, double least, double most)
{
    return least + (most - least) * rng_uniform(&draws->rng, draws->next++);
}

struct affine {
    double xx, xy, yx, yy;
    double x, y;
};

/* Scale, then shear, then rotation, then shift, about the centre of the image. */
static struct affine draw_affine(struct draws *draws)
{
    double scale_x = draw_between(draws, SCALE_LEAST, SCALE_MOST);
    double scale_y = draw_between(draws, SCALE_LEAST, SCALE_MOST);
    double shear = draw_between(draws, -SHEAR, SHEAR);
    double t = draw_between(draws, -ROTATION, ROTATION); /* tan of half the angle */
    double cosine = (1 - t * t) / (1 + t * t), sine = 2 * t / (1 + t * t);
    double centre = 0.5 * (GLYPHS_SIDE - 1);
    return (struct affine){.xx = cosine * scale_x,
                           .xy = (cosine * shear - sine) * scale_y,
                           .yx = sine * scale_x,
                           .yy = (sine * shear + cosine) * scale_y,
                           .x = centre + draw_between(draws, -SHIFT, SHIFT),
                           .y = centre + draw_between(draws, -SHIFT, SHIFT)};
}

static struct point place(const struct affine *map, struct point p)
{
    return (struct point){.x = map->xx * p.x + map->xy * p.y + map->x,
                          .y = map->yx * p.x + map->yy * p.y + map->y,
                          .corner = p.corner};
}

/* The canvas holds, for every pixel, the square of its distance to the nearest stroke, as
 * far as the pen reaches. */
struct canvas {
    double reach;
    double squares[PIXELS];
};

static int clamp_pixel(double v)
{
    if (v < 0)
        return 0;
    return v > GLYPHS_SIDE - 1 ? GLYPHS_SIDE - 1 : (int)v;
}

static void draw_segment(struct canvas *canvas, struct point a, struct point b)
{
    double dx = b.x - a.x, dy = b.y - a.y, length2 = dx * dx + dy * dy;
    double inverse = length2 > 0 ? 1 / length2 : 0;
    double reach = canvas->reach;
    int left = clamp_pixel((a.x < b.x ? a.x : b.x) - reach);
    int right = clamp_pixel((a.x < b.x ? b.x : a.x) + reach + 1);
    int top = clamp_pixel((a.y < b.y ? a.y : b.y) - reach);
    int bottom = clamp_pixel((a.y < b.y ? b.y : a.y) + reach + 1);
    for (int y = top; y <= bottom; y++) {
        double *row = canvas->squares + (size_t)y * GLYPHS_SIDE;
        for (int x = left; x <= right; x++) {
            double px = x - a.x, py = y - a.y;
            double t = (px * dx + py * dy) * inverse;
            t = t < 0 ? 0 : t > 1 ? 1 : t;
            px -= t * dx;
            py -= t * dy;
            double square = px * px + py * py;
            row[x] = square < row[x] ? square : row[x];
        }
    }
}

/* The neighbour of a span's end `at` that sets its direction there: the next point along
 * the stroke, or the mirror image of the other end where the stroke ends or bends. */
static struct point neighbour(const struct stroke *stroke, int at, int step)
{
    int n = stroke->n_points, i = at + step;
    const struct point *here = stroke->points + (at + n) % n;
    const struct point *other = stroke->points + (at - step + n) % n;
    bool outside = !stroke->closed && (i < 0 || i >= n);
    if (!outside && !here->corner)
        return stroke->points[(i + n) % n];
    return (struct point){.x = 2 * here->x - other->x, .y = 2 * here->y - other->y};
}

/* Catmull-Rom: the cubic from b to c with slopes (c - a) / 2 and (d - b) / 2. */
static double spline(double a, double b, double c, double d, double t)
{
    double quadratic = 2 * a - 5 * b + 4 * c - d, cubic = 3 * (b - c) + d - a;
    return b + 0.5 * t * (c - a + t * (quadratic + t * cubic));
}

static void draw_span(struct canvas *canvas, const struct stroke *stroke, int i)
{
    int j = (i + 1) % stroke->n_points;
    struct point b = stroke->points[i], c = stroke->points[j];
    struct point a = neighbour(stroke, i, -1), d = neighbour(stroke, j, 1);
    int steps = b.corner && c.corner ? 1 : STEPS;
    struct point from = b;
    for (int k = 1; k <= steps; k++) {
        double t = (double)k / steps;
        struct point to = {.x = spline(a.x, b.x, c.x, d.x, t),
                           .y = spline(a.y, b.y, c.y, d.y, t)};
        draw_segment(canvas, from, to);
        from = to;
    }
}

static void draw_stroke(struct canvas *canvas, const struct stroke *model,
                        const struct affine *map, struct draws *draws)
{
    struct stroke stroke = *model;
    for (int i = 0; i < stroke.n_points; i++) {
        stroke.points[i].x += draw_between(draws, -WOBBLE, WOBBLE);
        stroke.points[i].y += draw_between(draws, -WOBBLE, WOBBLE);
        stroke.points[i] = place(map, stroke.points[i]);
    }
    int spans = stroke.closed ? stroke.n_points : stroke.n_points - 1;
    for (int i = 0; i < spans; i++)
        draw_span(canvas, &stroke, i);
}

/* Ink by distance, noise, and the rounding to bytes. */
static void develop(const struct canvas *canvas, double ink, struct draws *draws,
                    uint8_t *image)
{
    double reach2 = canvas->reach * canvas->reach;
    uint32_t words[WORD_BYTES / 4];
    for (int i = 0; i < PIXELS; i++) {
        if (i % WORD_BYTES == 0)
            rng_words(&draws->rng, draws->next++, words);
        uint32_t byte = words[i % WORD_BYTES / 4] >> i % 4 * 8 & 0xff;
        double value = NOISE * (byte / 127.5 - 1);
        if (canvas->squares[i] < reach2) {
            double t = (canvas->reach - sqrt(canvas->squares[i])) / EDGE;
            value += ink * (t < 1 ? t * t * (3 - 2 * t) : 1);
        }
        value = value < 0 ? 0 : value > 1 ? 1 : value;
        image[i] = (uint8_t)(255 * value + 0.5);
    }
}

static void draw_sample(struct draws *draws, int label, uint8_t *image)
{
    const struct shape *shape =
        &SHAPES[label][rng_below(&draws->rng, draws->next++, VARIANTS)];
    struct affine map = draw_affine(draws);
    double thickness = draw_between(draws, THICKNESS_LEAST, THICKNESS_MOST);
    double ink = draw_between(draws, INK_LEAST, 1);
    struct canvas canvas = {.reach = 0.5 * (thickness + EDGE)};
    for (int i = 0; i < PIXELS; i++)
        canvas.squares[i] = canvas.reach * canvas.reach;
    for (int s = 0; s < STROKES_MAX && shape->strokes[s].n_points > 0; s++)
        draw_stroke(&canvas, &shape->strokes[s], &map, draws);
    develop(&canvas, ink, draws, image);
}

/* Every ten samples hold each digit once, in an order of their own. */
static uint8_t label_of(int split, uint32_t i)
{
    struct rng rng = stream_of(split, true, i / GLYPHS_CLASSES);
    uint32_t order[GLYPHS_CLASSES];
    rng_permutation(&rng, order, GLYPHS_CLASSES);
    return (uint8_t)order[i % GLYPHS_CLASSES];
}

void glyphs_draw(int split, uint32_t count, uint8_t *images, uint8_t *labels)
{
    for (uint32_t i = 0; i < count; i++) {
        struct draws draws = {.rng = stream_of(split, false, i)};
        labels[i] = label_of(split, i);
        draw_sample(&draws, labels[i], images + (size_t)i * PIXELS);
    }
}
