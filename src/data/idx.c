#include "data/idx.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "base/memory.h"
#include "data/dataset.h"

enum {
    IDX_UNSIGNED_BYTE = 0x08,
    HEADER_MAX = 4 + 4 * 3,
    CHUNK = 1 << 16,
    GZIP_WINDOW = 15 + 16,    /* zlib: the largest window, gzip wrapper only */
    DEFLATE_RATIO_MAX = 1032, /* 258 bytes for the two bits of a length and a distance */
};

/* A file that is read as it is or through inflate; z.next_in and z.avail_in are the
 * unread part of `buffer` in both cases. */
struct source {
    const char *path;
    int fd;
    uint64_t size;  /* of the file */
    uint64_t taken; /* bytes of the file that were put into `buffer` */
    bool gzip;
    bool in_member; /* a gzip member was begun and its trailer not yet checked */
    z_stream z;
    uint8_t buffer[CHUNK];
};

/* Reads the next chunk where the last one is used up; z.avail_in stays 0 at the end. */
static enum status refill(struct source *s, struct error *err)
{
    while (s->z.avail_in == 0) {
        ssize_t n = read(s->fd, s->buffer, sizeof s->buffer);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set(err, STATUS_IO, "%s: %s", s->path, strerror(errno));
        s->z.next_in = s->buffer;
        s->z.avail_in = (uInt)n;
        s->taken += (uint64_t)n;
        if (n == 0)
            break;
    }
    return STATUS_OK;
}

static enum status read_plain(struct source *s, uint8_t *out, size_t length, size_t *got,
                              struct error *err)
{
    while (*got < length) {
        if (refill(s, err) != STATUS_OK)
            return err->status;
        if (s->z.avail_in == 0)
            break;
        size_t n = length - *got < s->z.avail_in ? length - *got : s->z.avail_in;
        memcpy(out + *got, s->z.next_in, n);
        s->z.next_in += n;
        s->z.avail_in -= (uInt)n;
        *got += n;
    }
    return STATUS_OK;
}

static enum status gzip_error(const struct source *s, int code, struct error *err)
{
    if (code == Z_MEM_ERROR)
        return error_set(err, STATUS_MEMORY, "%s: no memory to inflate it", s->path);
    return error_set(err, STATUS_DATA,
                     "%s: damaged gzip stream before byte %" PRIu64 ": %s", s->path,
                     s->taken - s->z.avail_in, s->z.msg ? s->z.msg : zError(code));
}

/* A gzip file is a sequence of members; inflate checks CRC and length of each. Whatever
 * follows the last one is taken for a member and fails by its header. */
static enum status read_gzip(struct source *s, uint8_t *out, size_t length, size_t *got,
                             struct error *err)
{
    while (*got < length) {
        if (refill(s, err) != STATUS_OK)
            return err->status;
        if (s->z.avail_in == 0 && s->in_member)
            return error_set(
                err, STATUS_DATA,
                "%s: the gzip stream breaks off at the end of the file, byte "
                "%" PRIu64,
                s->path, s->taken);
        if (s->z.avail_in == 0)
            break;
        if (!s->in_member)
            inflateReset(&s->z);
        s->in_member = true;
        size_t room = length - *got < CHUNK ? length - *got : CHUNK;
        s->z.next_out = out + *got;
        s->z.avail_out = (uInt)room;
        int code = inflate(&s->z, Z_NO_FLUSH);
        *got += room - s->z.avail_out;
        if (code == Z_STREAM_END)
            s->in_member = false;
        else if (code != Z_OK)
            return gzip_error(s, code, err);
    }
    return STATUS_OK;
}

/* Reads `length` bytes, fewer only at the end of the contents. */
static enum status source_read(struct source *s, void *out, size_t length, size_t *got,
                               struct error *err)
{
    *got = 0;
    return s->gzip ? read_gzip(s, out, length, got, err)
                   : read_plain(s, out, length, got, err);
}

static enum status source_start(struct source *s, struct error *err)
{
    struct stat info;
    if (fstat(s->fd, &info) < 0)
        return error_set(err, STATUS_IO, "%s: %s", s->path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return error_set(err, STATUS_DATA, "%s: not a regular file", s->path);
    s->size = (uint64_t)info.st_size;
    if (refill(s, err) != STATUS_OK)
        return err->status;
    if (s->z.avail_in == 0)
        return error_set(err, STATUS_DATA, "%s: the file is empty", s->path);
    s->gzip = s->z.avail_in >= 2 && s->buffer[0] == 0x1f && s->buffer[1] == 0x8b;
    if (!s->gzip)
        return STATUS_OK;
    int code = inflateInit2(&s->z, GZIP_WINDOW);
    return code == Z_OK ? STATUS_OK : gzip_error(s, code, err);
}

static const char *type_name(uint8_t type)
{
    switch (type) {
    case IDX_UNSIGNED_BYTE:
        return "unsigned byte";
    case 0x09:
        return "signed byte";
    case 0x0b:
        return "16-bit integer";
    case 0x0c:
        return "32-bit integer";
    case 0x0d:
        return "float";
    case 0x0e:
        return "double";
    default:
        return "no IDX type";
    }
}

/* The first four bytes: two zeros, the element type, the number of dimensions. */
static enum status check_magic(const char *path, const uint8_t *h, int n_dims,
                               struct error *err)
{
    if (h[0] != 0 || h[1] != 0)
        return error_set(
            err, STATUS_DATA,
            "%s: no IDX file: it starts with 0x%02x 0x%02x, expected two zeros", path,
            h[0], h[1]);
    if (h[2] != IDX_UNSIGNED_BYTE)
        return error_set(err, STATUS_DATA,
                         "%s: element type 0x%02x (%s) at byte 2, expected 0x08 (%s)",
                         path, h[2], type_name(h[2]), type_name(IDX_UNSIGNED_BYTE));
    if (h[3] != n_dims)
        return error_set(err, STATUS_DATA, "%s: %d dimensions at byte 3, expected %d",
                         path, h[3], n_dims);
    return STATUS_OK;
}

static enum status check_dims(struct idx *idx, const char *path, const uint8_t *h,
                              struct error *err)
{
    for (int i = 0; i < idx->n_dims; i++, h += 4) {
        uint32_t dim = (uint32_t)h[0] << 24 | (uint32_t)h[1] << 16 | (uint32_t)h[2] << 8 |
                       h[3];
        uint32_t most = i == 0 ? DATASET_SAMPLES_MAX : DATASET_SIDE_MAX;
        if (dim == 0 || dim > most)
            return error_set(err, STATUS_DATA,
                             "%s: dimension %d is %" PRIu32 " at byte %d, expected 1 to "
                             "%" PRIu32,
                             path, i + 1, dim, 4 + 4 * i, most);
        idx->dims[i] = dim;
    }
    return STATUS_OK;
}

static enum status read_header(struct idx *idx, struct source *s, struct error *err)
{
    uint8_t header[HEADER_MAX] = {0};
    size_t length = 4 + 4 * (size_t)idx->n_dims, got;
    if (source_read(s, header, length, &got, err) != STATUS_OK)
        return err->status;
    if (got >= 4 && check_magic(s->path, header, idx->n_dims, err) != STATUS_OK)
        return err->status;
    if (got < length)
        return error_set(
            err, STATUS_DATA,
            "%s: the contents end at byte %zu, within the header of %zu bytes", s->path,
            got, length);
    return check_dims(idx, s->path, header + 4, err);
}

/* With the limits of check_dims the product is below 2^44. */
static uint64_t item_bytes(const struct idx *idx)
{
    return idx->n_dims == 1 ? 1 : (uint64_t)idx->dims[1] * idx->dims[2];
}

static enum status wrong_length(const struct idx *idx, const char *path,
                                const char *found, struct error *err)
{
    char shape[48];
    if (idx->n_dims == 1)
        snprintf(shape, sizeof shape, "%" PRIu32, idx->dims[0]);
    else
        snprintf(shape, sizeof shape, "%" PRIu32 " x %" PRIu32 " x %" PRIu32,
                 idx->dims[0], idx->dims[1], idx->dims[2]);
    return error_set(err, STATUS_DATA,
                     "%s: %s, expected %" PRIu64 " bytes of data (%s) after the header",
                     path, found, idx->dims[0] * item_bytes(idx), shape);
}

/* Before memory is taken: a short file with a large header must not cost any. The length
 * of a plain file is known, that of a gzip file has an upper bound. */
static enum status check_size(const struct idx *idx, const struct source *s,
                              struct error *err)
{
    uint64_t header = 4 + 4 * (uint64_t)idx->n_dims;
    uint64_t needed = header + idx->dims[0] * item_bytes(idx);
    char found[64];
    if (s->gzip && needed / DEFLATE_RATIO_MAX > s->size) {
        snprintf(found, sizeof found, "%" PRIu64 " bytes of gzip cannot hold the data",
                 s->size);
        return wrong_length(idx, s->path, found, err);
    }
    if (s->gzip || s->size == needed)
        return STATUS_OK;
    /* A file that is being written may be shorter now than what was read of it. */
    snprintf(found, sizeof found, "%" PRIu64 " bytes of data",
             s->size > header ? s->size - header : 0);
    return wrong_length(idx, s->path, found, err);
}

/* Reads and drops the items beyond the limit. */
static enum status skip(struct source *s, uint64_t length, uint64_t *done,
                        struct error *err)
{
    uint8_t scratch[CHUNK];
    for (size_t got = 1; length > 0 && got > 0; length -= got, *done += got) {
        size_t n = length < sizeof scratch ? (size_t)length : sizeof scratch;
        if (source_read(s, scratch, n, &got, err) != STATUS_OK)
            return err->status;
    }
    return STATUS_OK;
}

/* Everything up to the end of the file; one byte too many is enough to stop at. */
static enum status read_items(struct idx *idx, struct source *s, uint64_t kept,
                              struct error *err)
{
    uint64_t all = idx->dims[0] * item_bytes(idx), done;
    size_t got, extra;
    uint8_t byte;
    char found[64];
    if (source_read(s, idx->items.data, (size_t)kept, &got, err) != STATUS_OK)
        return err->status;
    done = got;
    if (got == kept && skip(s, all - kept, &done, err) != STATUS_OK)
        return err->status;
    if (done < all) {
        snprintf(found, sizeof found, "the data end after %" PRIu64 " bytes", done);
        return wrong_length(idx, s->path, found, err);
    }
    if (source_read(s, &byte, 1, &extra, err) != STATUS_OK)
        return err->status;
    if (extra > 0)
        return wrong_length(idx, s->path, "more bytes follow the data", err);
    return STATUS_OK;
}

static enum status read_source(struct idx *idx, struct source *s, uint32_t limit,
                               bool shareable, struct error *err)
{
    if (source_start(s, err) != STATUS_OK || read_header(idx, s, err) != STATUS_OK ||
        check_size(idx, s, err) != STATUS_OK)
        return err->status;
    uint32_t items = limit > 0 && limit < idx->dims[0] ? limit : idx->dims[0];
    uint64_t kept = items * item_bytes(idx);
    if (pages_create(&idx->items, (size_t)kept, shareable, err) != STATUS_OK ||
        read_items(idx, s, kept, err) != STATUS_OK)
        return err->status;
    if (limit > idx->dims[0])
        return error_set(err, STATUS_STUDY,
                         "%s: %" PRIu32 " samples are asked for, the file has %" PRIu32,
                         s->path, limit, idx->dims[0]);
    return STATUS_OK;
}

enum status idx_read(struct idx *idx, const char *path, int n_dims, uint32_t limit,
                     bool shareable, struct error *err)
{
    assert(n_dims == 1 || n_dims == 3);
    *idx = (struct idx){.n_dims = n_dims};
    struct source *source = memory_alloc(1, sizeof *source, err);
    if (!source)
        return err->status;
    source->path = path;
    /* Without O_NONBLOCK a named pipe would hang here. */
    source->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    enum status status;
    if (source->fd < 0) {
        status = error_set(err, STATUS_MISSING, "%s: %s", path, strerror(errno));
    } else {
        status = read_source(idx, source, limit, shareable, err);
        if (source->gzip)
            inflateEnd(&source->z);
        close(source->fd);
    }
    free(source);
    if (status != STATUS_OK)
        idx_fini(idx);
    return status;
}

void idx_fini(struct idx *idx)
{
    pages_fini(&idx->items);
    *idx = (struct idx){0};
}
