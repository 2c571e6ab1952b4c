/* Glyphs: a procedural data set of ten digits, 28x28, that needs no file.
 *
 * A digit is one or two strokes (curves with corners), drawn under a random affine map
 * (rotation, anisotropic scale, shear, shift), with random stroke thickness and wobble of
 * its points, then blurred by the pen's soft edge, with a little pixel noise. Sample i of
 * a split is a pure function of (split, i): any number of samples, the same on every
 * rank. Every ten consecutive samples, from a multiple of ten on, hold each digit once.
 */
#ifndef STRATA_DATA_GLYPHS_H
#define STRATA_DATA_GLYPHS_H

#include <stdint.h>

enum { GLYPHS_SIDE = 28, GLYPHS_CLASSES = 10 };

/* Draws `count` samples; split 0 is training, 1 test. images is [count][784] bytes,
 * labels [count]. */
void glyphs_draw(int split, uint32_t count, uint8_t *images, uint8_t *labels);

#endif
