/* One cell's values for every field of the table.
 *
 * A record holds three flat arrays (integers, reals, characters); a field is a row-major
 * block in one of them, whose extents follow from the record's shape. Counts are apart
 * from reals so that the gather can sum them with an MPI reduction.
 */
#ifndef STRATA_RECORD_RECORD_H
#define STRATA_RECORD_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/hash.h"
#include "record/field.h"

/* What does not exist: a layer beyond the depth, a measure that was not asked for. The
 * real one is netCDF's default; not NaN, which is a result. */
#define RECORD_FILL_INT  (-1)
#define RECORD_FILL_REAL 9.9692099683868690e+36

struct record_shape {
    int n_snapshots;
    int n_layers; /* hidden layers and the output layer */
    int n_classes;
};

struct record {
    struct record_shape shape;
    int32_t *ints;
    double *reals;
    char *texts; /* padded with zero bytes */
    size_t n_ints, n_reals, n_texts;
    size_t offsets[FIELD_COUNT]; /* of each field's block in its array */
};

/* Allocates a record with every value at its fill (texts empty). */
enum status record_init(struct record *record, struct record_shape shape,
                        struct error *err);
void record_fini(struct record *record);

/* Sets every value to its fill. */
void record_clear(struct record *record);

/* Values of field `id` in a record of `shape`. */
size_t record_extent(enum field_id id, struct record_shape shape);

/* Extent of one dimension. */
int record_dim(enum field_dim dim, struct record_shape shape);

/* Where the block of a field starts; the field must have that type. */
int32_t *record_int(const struct record *record, enum field_id id);
double *record_real(const struct record *record, enum field_id id);
char *record_text(const struct record *record, enum field_id id);

/* Offset of element [i][j][k][l] of a field's block; indices beyond the field's
 * dimensions must be 0. */
size_t record_index(enum field_id id, struct record_shape shape, int i, int j, int k,
                    int l);

/* Copies a string into out[size]: cut at the size (never within a UTF-8 sequence), bytes
 * that are not UTF-8 replaced by '?', the rest zero. No terminator where it is full. */
void record_fit_text(char *out, size_t size, const char *string);

/* The same for a text field. */
void record_set_text(struct record *record, enum field_id id, const char *string);

/* Hash of every field that counts (field_is_hashed), in table order, with its name. A
 * field that is all fill does not count, so that a record keeps its hash when a later
 * minor version of the schema adds fields. */
struct hash128 record_hash(const struct record *record);

/* Serialises to bytes all but the selection; each field carries its name's hash and its
 * length, so a reader of another minor version skips what it does not know and fills what
 * is absent. */
void record_pack(const struct record *record, struct bytes *out);

/* Reads what record_pack wrote into a new record; STATUS_DATA where it is malformed. */
enum status record_unpack(struct record *record, const void *data, size_t length,
                          struct error *err);

#endif
