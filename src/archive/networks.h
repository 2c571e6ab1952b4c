/* networks.nc: trained parameters, with what is needed to recompute every measure. */
#ifndef STRATA_ARCHIVE_NETWORKS_H
#define STRATA_ARCHIVE_NETWORKS_H

#include <stdint.h>

#include "archive/archive.h"
#include "base/error.h"
#include "base/hash.h"

struct networks_header {
    const char *title;
    const char *study;
    const char *source;
    struct hash128 data_hash;
    int numerics_version;
    int64_t n_cells, n_networks, n_parameters; /* totals that will be written */
    int n_train, n_validation;                 /* largest of all cells */
};

/* One kept network. */
struct network_entry {
    const char *cell_id; /* ID_LENGTH characters */
    const char *label;   /* of the snapshot */
    int32_t step;
    int32_t n_parameters;
    const float *parameters;
};

/* One cell's samples. */
struct network_samples {
    const char *cell_id;
    int n_train, n_validation;
    const int32_t *train_sample; /* [n_train] index in the training file */
    const uint8_t *train_label;  /* [n_train] label trained with */
    /* [n_train] 0 clean, 1 the label differs, 2 the inputs are replaced, 3 both */
    const uint8_t *train_corrupt;
    const int32_t *validation_sample; /* [n_validation] */
};

struct networks_writer;

/* As in archive.h: temporary name, publish by rename after reading back. STATUS_STUDY
 * where all parameters together exceed the format's 2^31 - 1 values. A total of 0 leaves
 * out its dimension and variables. Cells and networks may come mixed; publishing fails
 * with STATUS_INTERNAL where they are not as many as announced. */
enum status networks_create(struct networks_writer **writer, const char *path,
                            const struct networks_header *header, struct error *err);
enum status networks_append_cell(struct networks_writer *writer,
                                 const struct network_samples *samples,
                                 struct error *err);
enum status networks_append(struct networks_writer *writer,
                            const struct network_entry *entry, struct error *err);
enum status networks_publish(struct networks_writer *writer, struct error *err);
void networks_discard(struct networks_writer *writer);

struct networks; /* open for reading */

/* As archive_open and archive_check. */
enum status networks_open(struct networks **networks, const char *path,
                          struct error *err);
void networks_close(struct networks *networks);
enum status networks_check(const char *path, struct hash128 *content, struct error *err);

int64_t networks_count(const struct networks *networks);
int64_t networks_count_cells(const struct networks *networks);

/* Network number i; what the entry points to stays until the next call. */
enum status networks_read(struct networks *networks, int64_t i,
                          struct network_entry *entry, struct error *err);

/* Reads all of the file within this process, and hashes it: for one just written. */
enum status networks_content(const char *path, struct hash128 *content,
                             struct error *err);

#endif
