/* A journal, as it is and with checksums mended, so that changes reach what lies behind
 * them; then both as one folder. The strict reader and the lenient one must agree, and
 * what the lenient one takes must be there to be read. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "fuzz.h"
#include "record/node_set.h"
#include "record/record.h"
#include "sweep/journal.h"
#include "sweep/journal_check.h"
#include "sweep/journal_format.h"
#include "sweep/kept_network.h"

static const char folder[] = "journals";
static const char *const names[] = {"input-r0.jrn", "mended-r1.jrn"};

/* ---- mending ---- */

static void put_crc(uint8_t *at, const uint8_t *data, uint64_t length)
{
    uint32_t crc = hash_crc32(data, length);
    memcpy(at, &crc, sizeof crc);
}

/* Checksums become right and lengths possible wherever the magic stands; an odd checksum
 * stays as it is, so that damage can stand between sound records. */
static void mend(uint8_t *data, size_t size)
{
    enum { LENGTH = 8, CRC = JOURNAL_HEADER_SIZE - 4 };
    size_t at = 0;
    while (size - at >= JOURNAL_HEADER_SIZE + JOURNAL_TRAILER_SIZE) {
        uint8_t *record = data + at, *payload = record + JOURNAL_HEADER_SIZE;
        uint64_t room = size - at - JOURNAL_HEADER_SIZE - JOURNAL_TRAILER_SIZE, length;
        if (memcmp(record, "STRJ", 4) != 0) {
            at++;
            continue;
        }
        memcpy(&length, record + LENGTH, sizeof length);
        if (record[CRC] % 2 == 0) {
            length = length < room ? length : room;
            memcpy(record + LENGTH, &length, sizeof length);
            put_crc(record + CRC, record, CRC);
        }
        if (length > room) {
            at++;
            continue;
        }
        if (payload[length] % 2 == 0)
            put_crc(payload + length, payload, length);
        at += JOURNAL_HEADER_SIZE + length + JOURNAL_TRAILER_SIZE;
    }
}

/* ---- the strict reader ---- */

struct faults {
    size_t size; /* of the file */
    uint64_t damaged, end;
    int counts[JOURNAL_NO_RUN + 1];
};

/* Faults stand in the file's order and do not overlap; what is torn reaches its end. */
static void tell(void *state, enum journal_fault fault, uint64_t offset, uint64_t length)
{
    struct faults *faults = state;
    FUZZ_HOLDS(offset >= faults->end && length <= faults->size - offset);
    FUZZ_HOLDS(fault != JOURNAL_TORN || offset + length == faults->size);
    faults->end = offset + length;
    faults->damaged += length;
    faults->counts[fault]++;
}

/* ---- payloads ---- */

/* What can be unpacked stays the same when it is packed again. */
static void check_record(const void *payload, size_t length)
{
    struct error err = {0};
    struct record record, again;
    struct bytes packed = {0};
    if (record_unpack(&record, payload, length, &err) != STATUS_OK) {
        fuzz_check_error(&err, "record: ");
        return;
    }
    record_pack(&record, &packed);
    FUZZ_HOLDS(!packed.failed);
    record_unpack(&again, packed.data, packed.length, &err);
    FUZZ_OK(err);
    FUZZ_HOLDS(hash_equal(record_hash(&record), record_hash(&again)));
    record_fini(&record);
    record_fini(&again);
    bytes_free(&packed);
}

static void check_network(const void *payload, size_t length)
{
    struct error err = {0};
    struct kept_view view;
    if (kept_network_view(&view, payload, length, &err) != STATUS_OK) {
        fuzz_check_error(&err, "journal: ");
        return;
    }
    const uint8_t *parameters = (const uint8_t *)view.parameters, *end = payload;
    FUZZ_HOLDS(parameters + view.n_parameters * sizeof(float) <= end + length);
    hash_bytes(parameters, view.n_parameters * sizeof(float));
}

/* What is read packs into bytes that read as the same. */
static void check_nodes(const void *payload, size_t length)
{
    struct error err = {0};
    struct node_set set, again;
    struct bytes packed = {0};
    if (node_set_unpack(&set, payload, length, &err) != STATUS_OK) {
        fuzz_check_error(&err, "nodes: ");
        return;
    }
    node_set_pack(&set, &packed);
    FUZZ_HOLDS(!packed.failed);
    node_set_unpack(&again, packed.data, packed.length, &err);
    FUZZ_OK(err);
    for (int c = 0; c < NODE_COLUMNS; c++) {
        size_t n, m;
        const void *x = node_bytes(&set, (enum node_column)c, &n);
        const void *y = node_bytes(&again, (enum node_column)c, &m);
        FUZZ_HOLDS(n == m && memcmp(x, y, n) == 0);
    }
    node_set_fini(&set);
    node_set_fini(&again);
    bytes_free(&packed);
}

/* ---- the lenient reader ---- */

static void check_entry(const struct journal_index *index,
                        const struct journal_entry *entry)
{
    struct error err = {0};
    void *payload;
    journal_read(index, entry, &payload, &err);
    FUZZ_OK(err);
    if (entry->type == JOURNAL_RESULT || entry->type == JOURNAL_FAILED)
        check_record(payload, entry->length);
    else if (entry->type == JOURNAL_NETWORK)
        check_network(payload, entry->length);
    else if (entry->type == JOURNAL_NODES)
        check_nodes(payload, entry->length);
    free(payload);
}

static void check_cell(const struct journal_index *index, struct hash128 id)
{
    const struct journal_entry *found = journal_find(index, id), *network;
    FUZZ_HOLDS(journal_count_deaths(index, id) <= journal_count_claims(index, id));
    if (!found)
        return;
    FUZZ_HOLDS(hash_equal(found->id, id));
    FUZZ_HOLDS(found->type == JOURNAL_RESULT || found->type == JOURNAL_FAILED);
    for (int i = 0; (network = journal_find_kept(index, found, JOURNAL_NETWORK, i)); i++)
        FUZZ_HOLDS(network->type == JOURNAL_NETWORK && network->file == found->file &&
                   network < found);
}

static void check_index(const struct journal_index *index, const struct faults *faults,
                        uint64_t n_records)
{
    size_t n_cells = 0;
    FUZZ_HOLDS(index->n_entries + index->n_runs <= n_records);
    FUZZ_HOLDS(index->damaged_bytes == faults->damaged);
    for (size_t i = 0; i < index->n_entries; i++) {
        const struct journal_entry *entry = &index->entries[i];
        n_cells += i == 0 || entry->offset > entry[-1].offset;
        check_entry(index, entry);
        check_cell(index, entry->id);
    }
    FUZZ_HOLDS(n_cells == index->n_entries); /* in the file's order */
}

/* Returns how many entries the file has, 0 where it is of a newer format. */
static size_t check_journal(const char *name, const uint8_t *data, size_t size)
{
    struct error strict_err = {0}, err = {0};
    struct faults faults = {.size = size};
    struct journal_index index;
    uint64_t n_records;
    char path[IO_PATH_MAX];
    io_join(path, folder, name, &err);
    fuzz_write(path, data, size);
    journal_check(path, tell, &faults, &n_records, &strict_err);
    journal_scan_file(&index, folder, name, &err);
    FUZZ_HOLDS(err.status == strict_err.status);
    if (err.status != STATUS_OK) {
        FUZZ_HOLDS(err.status == STATUS_VERSION);
        fuzz_check_error(&err, path);
        return 0;
    }
    size_t n_entries = index.n_entries;
    check_index(&index, &faults, n_records);
    journal_index_fini(&index);
    return n_entries;
}

/* The folder has the entries of both files, by id and by file. */
static void check_folder(size_t n_entries)
{
    struct error err = {0};
    struct journal_index index;
    if (journal_scan(&index, folder, &err) != STATUS_OK) {
        FUZZ_HOLDS(err.status == STATUS_VERSION);
        return;
    }
    FUZZ_HOLDS(index.n_entries == n_entries && index.n_files == 2 && index.n_runs <= 2);
    for (size_t i = 0; i < index.n_entries; i++)
        check_cell(&index, index.entries[i].id);
    for (size_t i = 0; i < index.n_files; i++)
        FUZZ_HOLDS(strcmp(index.files[i].name, names[i]) == 0 &&
                   index.files[i].rank == (int)i &&
                   index.files[i].run < (int)index.n_runs);
    journal_index_fini(&index);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = {0};
    uint8_t *mended = malloc(size + 1);
    FUZZ_HOLDS(mended);
    if (size > 0)
        memcpy(mended, data, size);
    mend(mended, size);
    io_make_dir(folder, &err);
    FUZZ_OK(err);
    size_t n_entries = check_journal(names[0], data, size);
    n_entries += check_journal(names[1], mended, size);
    check_folder(n_entries);
    free(mended);
    return 0;
}
