#include "data/dataset.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/text.h"
#include "data/glyphs.h"
#include "data/idx.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

enum { TRAIN, TEST, SPLITS };
enum { LABELS, IMAGES, KINDS }; /* in the order in which they are read */
_Static_assert((int)SPLITS *(int)KINDS == (int)DATASET_PARTS, "a part is a file");

static const char *const FILES[SPLITS][KINDS] = {
    {"train-labels-idx1-ubyte", "train-images-idx3-ubyte"},
    {"t10k-labels-idx1-ubyte", "t10k-images-idx3-ubyte"},
};
static const int N_DIMS[KINDS] = {1, 3};
static const char *const ENDINGS[] = {"", ".gz"};

static const char GLYPHS[] = "glyphs";
static const char FASHION[] = "fashion-mnist";
static const char FASHION_FOLDER[] = "/usr/share/datasets/fashion-mnist";
static const char FASHION_PACKAGE[] = "dataset-fashion-mnist";
static const char *const NAMES[] = {FASHION, "mnist", GLYPHS};
static const uint32_t GLYPHS_DEFAULT[SPLITS] = {60000, 10000};

/* The path of a file, plain or compressed; *found tells whether there is one. */
static enum status find_file(char path[IO_PATH_MAX], const char *folder, const char *file,
                             bool *found, struct error *err)
{
    *found = false;
    for (size_t i = 0; i < COUNT_OF(ENDINGS) && !*found; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s%s", file, ENDINGS[i]);
        if (io_join(path, folder, name, err) != STATUS_OK)
            return err->status;
        *found = io_exists(path);
    }
    return STATUS_OK;
}

/* One of the four files makes a folder the place: that the others are missing is then an
 * error of that folder and no reason to look further. */
static enum status try_folder(const char *folder, bool *found, struct error *err)
{
    char path[IO_PATH_MAX];
    *found = false;
    for (int split = 0; split < SPLITS; split++)
        for (int kind = 0; kind < KINDS; kind++)
            if (!*found &&
                find_file(path, folder, FILES[split][kind], found, err) != STATUS_OK)
                return err->status;
    return STATUS_OK;
}

static enum status not_found(const char *name, const char *root, struct error *err)
{
    struct text text = {0};
    text_appendf(&text, "data set %.200s: no IDX files (%s, ...) in ", name,
                 FILES[TRAIN][IMAGES]);
    if (strchr(name, '/'))
        text_append(&text, "that folder");
    else if (root)
        text_appendf(&text, "%.200s/%.200s (from STRATA_DATA)", root, name);
    else
        text_appendf(&text, "$STRATA_DATA/%.200s (STRATA_DATA is not set)", name);
    const char *near = text_nearest(name, NAMES, COUNT_OF(NAMES));
    if (strcmp(name, FASHION) == 0)
        text_appendf(&text, " nor in %s (Debian package %s)", FASHION_FOLDER,
                     FASHION_PACKAGE);
    else if (near && strcmp(near, name) != 0)
        text_appendf(&text, "; did you mean %s?", near);
    enum status status = text.failed
                             ? error_set(err, STATUS_MEMORY, "%.200s: out of memory",
                                         name)
                             : error_set(err, STATUS_MISSING, "%s", text_string(&text));
    text_free(&text);
    return status;
}

/* The folder that holds the files of a data set. */
static enum status find_folder(char folder[IO_PATH_MAX], const char *name,
                               struct error *err)
{
    const char *root = getenv("STRATA_DATA");
    bool found = false;
    if (root && !*root)
        root = NULL;
    if (strchr(name, '/')) {
        if (snprintf(folder, IO_PATH_MAX, "%s", name) >= IO_PATH_MAX)
            return error_set(err, STATUS_USAGE, "%.200s...: path too long", name);
        if (try_folder(folder, &found, err) != STATUS_OK)
            return err->status;
    } else if (root) {
        if (io_join(folder, root, name, err) != STATUS_OK ||
            try_folder(folder, &found, err) != STATUS_OK)
            return err->status;
    }
    if (!found && strcmp(name, FASHION) == 0) {
        snprintf(folder, IO_PATH_MAX, "%s", FASHION_FOLDER);
        if (try_folder(folder, &found, err) != STATUS_OK)
            return err->status;
    }
    return found ? STATUS_OK : not_found(name, root, err);
}

/* The size of the images: set by the training file, held by the test file. */
static enum status match_sizes(struct dataset *dataset, const struct idx *images,
                               const char *path, struct error *err)
{
    int rows = (int)images->dims[1], columns = (int)images->dims[2];
    if (dataset->n_inputs > 0 &&
        (rows != dataset->n_rows || columns != dataset->n_columns))
        return error_set(err, STATUS_DATA,
                         "%s: images of %d x %d, those of the training file are %d x %d",
                         path, rows, columns, dataset->n_rows, dataset->n_columns);
    dataset->n_rows = rows;
    dataset->n_columns = columns;
    dataset->n_inputs = rows * columns;
    return STATUS_OK;
}

/* Reads the two files of a split; the data set owns what was read, also on failure. */
static enum status read_split(struct dataset *dataset, int split, const char *folder,
                              const struct dataset_request *request, struct error *err)
{
    uint32_t limit = split == TRAIN ? request->train : request->test;
    struct samples *samples = split == TRAIN ? &dataset->train : &dataset->test;
    char path[KINDS][IO_PATH_MAX];
    struct idx part[KINDS];
    for (int kind = 0; kind < KINDS; kind++) {
        const char *file = FILES[split][kind];
        bool found;
        if (find_file(path[kind], folder, file, &found, err) != STATUS_OK)
            return err->status;
        if (!found)
            return error_set(err, STATUS_MISSING, "%s: neither %s nor %s.gz is there",
                             folder, file, file);
        if (idx_read(&part[kind], path[kind], N_DIMS[kind], limit, request->shareable,
                     err) != STATUS_OK)
            return err->status;
        dataset->pages[split * KINDS + kind] = part[kind].items;
    }
    samples->labels = part[LABELS].items.data;
    samples->images = part[IMAGES].items.data;
    uint32_t count = part[LABELS].dims[0];
    if (count != part[IMAGES].dims[0])
        return error_set(err, STATUS_DATA,
                         "%s: %" PRIu32 " labels for the %" PRIu32 " images of %s",
                         path[LABELS], count, part[IMAGES].dims[0], path[IMAGES]);
    samples->count = limit > 0 ? limit : count;
    return match_sizes(dataset, &part[IMAGES], path[IMAGES], err);
}

static enum status read_folder(struct dataset *dataset,
                               const struct dataset_request *request, struct error *err)
{
    char folder[IO_PATH_MAX];
    if (find_folder(folder, request->name, err) != STATUS_OK ||
        read_split(dataset, TRAIN, folder, request, err) != STATUS_OK)
        return err->status;
    return read_split(dataset, TEST, folder, request, err);
}

static uint32_t count_glyphs(const struct dataset_request *request, int split)
{
    uint32_t count = split == TRAIN ? request->train : request->test;
    return count > 0 ? count : GLYPHS_DEFAULT[split];
}

static enum status reserve_split(struct dataset *dataset, int split,
                                 const struct dataset_request *request, struct error *err)
{
    struct samples *samples = split == TRAIN ? &dataset->train : &dataset->test;
    struct pages *pages = &dataset->pages[split * KINDS];
    samples->count = count_glyphs(request, split);
    if (samples->count > DATASET_SAMPLES_MAX)
        return error_set(err, STATUS_STUDY,
                         "data set %s: %" PRIu32 " samples are asked for, at most %d are "
                         "drawn",
                         GLYPHS, samples->count, DATASET_SAMPLES_MAX);
    size_t n_labels = samples->count, n_pixels = n_labels * (size_t)dataset->n_inputs;
    if (pages_create(&pages[LABELS], n_labels, request->shareable, err) != STATUS_OK ||
        pages_create(&pages[IMAGES], n_pixels, request->shareable, err) != STATUS_OK)
        return err->status;
    samples->labels = pages[LABELS].data;
    samples->images = pages[IMAGES].data;
    return STATUS_OK;
}

/* Whether there is memory for all is known before the first is drawn. */
static enum status draw_glyphs(struct dataset *dataset,
                               const struct dataset_request *request, struct error *err)
{
    dataset->n_rows = dataset->n_columns = GLYPHS_SIDE;
    dataset->n_inputs = GLYPHS_SIDE * GLYPHS_SIDE;
    if (reserve_split(dataset, TRAIN, request, err) != STATUS_OK ||
        reserve_split(dataset, TEST, request, err) != STATUS_OK)
        return err->status;
    glyphs_draw(TRAIN, dataset->train.count, dataset->train.images,
                dataset->train.labels);
    glyphs_draw(TEST, dataset->test.count, dataset->test.images, dataset->test.labels);
    return STATUS_OK;
}

static int tally(const struct samples *samples, uint32_t counts[DATASET_CLASSES_MAX])
{
    int largest = 0;
    for (uint32_t i = 0; i < samples->count; i++) {
        counts[samples->labels[i]]++;
        if (samples->labels[i] > largest)
            largest = samples->labels[i];
    }
    return largest;
}

/* Sets n_classes. Every class must be trained: a missing one is the fault of the study
 * where it asked for a part of the training samples, otherwise of the data. */
static enum status check_classes(struct dataset *dataset,
                                 const struct dataset_request *request, struct error *err)
{
    enum status fault = request->train > 0 ? STATUS_STUDY : STATUS_DATA;
    uint32_t train[DATASET_CLASSES_MAX] = {0}, test[DATASET_CLASSES_MAX] = {0};
    int largest = tally(&dataset->train, train), of_test = tally(&dataset->test, test);
    if (of_test > largest)
        largest = of_test;
    if (largest == 0)
        return error_set(err, fault,
                         "data set %.200s: every label is 0, at least two classes are "
                         "needed",
                         request->name);
    for (int c = 0; c <= largest; c++)
        if (train[c] == 0)
            return error_set(err, fault,
                             "data set %.200s: class %d has no sample among the %" PRIu32
                             " training samples%s",
                             request->name, c, dataset->train.count,
                             test[c] > 0 ? ", but the test samples have it" : "");
    dataset->n_classes = largest + 1;
    return STATUS_OK;
}

/* The sizes are hashed as little-endian bytes, the rest as it is in the files. */
struct hash128 dataset_hash(const struct dataset *dataset)
{
    const struct samples *splits[SPLITS] = {&dataset->train, &dataset->test};
    const uint32_t sizes[] = {(uint32_t)dataset->n_rows, (uint32_t)dataset->n_columns,
                              dataset->train.count, dataset->test.count};
    uint8_t bytes[sizeof sizes];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(sizes[i / 4] >> i % 4 * 8);
    struct hash128 hash = hash_bytes(bytes, sizeof bytes);
    for (int split = 0; split < SPLITS; split++) {
        const struct samples *s = splits[split];
        size_t length = (size_t)s->count * (size_t)dataset->n_inputs;
        hash = hash_chain(hash, hash_bytes(s->labels, s->count));
        hash = hash_chain(hash, hash_bytes(s->images, length));
    }
    return hash;
}

enum status dataset_load(struct dataset *dataset, const struct dataset_request *request,
                         struct error *err)
{
    *dataset = (struct dataset){0};
    if (!*request->name)
        return error_set(err, STATUS_STUDY, "the data set has no name");
    enum status status = strcmp(request->name, GLYPHS) == 0
                             ? draw_glyphs(dataset, request, err)
                             : read_folder(dataset, request, err);
    if (status == STATUS_OK)
        status = check_classes(dataset, request, err);
    if (status == STATUS_OK)
        dataset->hash = dataset_hash(dataset);
    else
        dataset_fini(dataset);
    return status;
}

void dataset_fini(struct dataset *dataset)
{
    for (int i = 0; i < DATASET_PARTS; i++)
        pages_fini(&dataset->pages[i]);
    *dataset = (struct dataset){0};
}

double dataset_request_bytes(const struct dataset_request *request)
{
    if (strcmp(request->name, GLYPHS) != 0)
        return 0;
    return ((double)count_glyphs(request, TRAIN) + count_glyphs(request, TEST)) *
           (GLYPHS_SIDE * GLYPHS_SIDE + 1);
}

double dataset_bytes(const struct dataset *dataset)
{
    return ((double)dataset->train.count + dataset->test.count) *
           ((double)dataset->n_inputs + 1);
}
