/* Journals: what is written is read, and damage costs only what it hits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sweep/journal_check.h"
#include "sweep/journal_format.h"
#include "unit.h"

static const char folder[] = "journal";

static struct hash128 id(uint64_t n)
{
    return (struct hash128){n * 0x9e3779b97f4a7c15ULL, n};
}

static void fill(struct bytes *payload, uint64_t n, size_t length)
{
    payload->length = 0;
    for (size_t i = 0; i < length; i++)
        bytes_put_u8(payload, (uint8_t)(n + i * 7));
}

static int start(void **state)
{
    (void)state;
    if (system("rm -rf journal && mkdir journal") != 0)
        return 1;
    return 0;
}

/* A journal with a run record and `n` cells, each with a network and a result. */
static void write_journal(const char *run, int rank, uint64_t first, uint64_t n)
{
    struct error err = {0};
    struct journal *journal;
    struct bytes payload = {0};
    struct run_info info = {.n_ranks = 2};
    snprintf(info.id, sizeof info.id, "%s", run);
    snprintf(info.start_time, sizeof info.start_time, "2026-01-01T00:00:0%dZ", rank);
    journal_create(&journal, folder, run, rank, &err);
    assert_ok(err);
    run_info_pack(&info, &payload);
    journal_append(journal, JOURNAL_RUN, id(0), 0, &payload, &err);
    for (uint64_t i = first; i < first + n; i++) {
        journal_append(journal, JOURNAL_CLAIM, id(i), 1, NULL, &err);
        fill(&payload, i, 33);
        journal_append(journal, JOURNAL_NETWORK, id(i), 1, &payload, &err);
        fill(&payload, i, 20 + i);
        journal_append(journal, JOURNAL_RESULT, id(i), 1, &payload, &err);
        journal_commit(journal, &err);
    }
    assert_ok(err);
    bytes_free(&payload);
    journal_close(journal);
}

static struct journal_index scan(void)
{
    struct error err = {0};
    struct journal_index index;
    journal_scan(&index, folder, &err);
    assert_ok(err);
    return index;
}

static bool has_cell(const struct journal_index *index, uint64_t n)
{
    const struct journal_entry *entry = journal_find(index, id(n));
    if (!entry)
        return false;
    struct error err = {0};
    struct bytes expected = {0};
    void *payload;
    fill(&expected, n, 20 + n);
    journal_read(index, entry, &payload, &err);
    assert_ok(err);
    assert_int_equal(entry->length, expected.length);
    assert_memory_equal(payload, expected.data, expected.length);
    bytes_free(&expected);
    free(payload);
    return true;
}

static void test_round_trip(void **state)
{
    (void)state;
    write_journal("runA", 0, 1, 5);
    write_journal("runA", 1, 6, 3);
    write_journal("runB", 0, 9, 1);
    struct journal_index index = scan();
    for (uint64_t i = 1; i <= 9; i++) {
        assert_true(has_cell(&index, i));
        assert_int_equal(journal_count_claims(&index, id(i)), 1);
        assert_non_null(
            journal_find_kept(&index, journal_find(&index, id(i)), JOURNAL_NETWORK, 0));
        assert_null(
            journal_find_kept(&index, journal_find(&index, id(i)), JOURNAL_NETWORK, 1));
    }
    assert_null(journal_find(&index, id(10)));
    assert_int_equal(index.n_runs, 2);
    assert_int_equal(index.damaged_files, 0);
    const struct journal_file *file = &index.files[journal_find(&index, id(7))->file];
    assert_int_equal(file->rank, 1);
    assert_string_equal(index.runs[file->run].id, "runA");
    journal_index_fini(&index);
}

static void test_no_file_is_overwritten(void **state)
{
    (void)state;
    struct error err = {0};
    struct journal *journal;
    write_journal("runA", 0, 1, 1);
    assert_int_equal(journal_create(&journal, folder, "runA", 0, &err), STATUS_CREATE);
    assert_null(journal);
}

static void test_missing_folder_is_empty(void **state)
{
    (void)state;
    struct error err = {0};
    struct journal_index index;
    assert_int_equal(journal_scan(&index, "no-such-folder", &err), STATUS_OK);
    assert_int_equal(index.n_entries, 0);
    assert_null(journal_find(&index, id(1)));
    journal_index_fini(&index);
}

/* A RESULT beats a later FAILED; without one the last FAILED stands. */
static void test_which_entry_stands(void **state)
{
    (void)state;
    struct error err = {0};
    struct journal *journal;
    struct bytes payload = {0};
    journal_create(&journal, folder, "run", 0, &err);
    fill(&payload, 1, 21);
    journal_append(journal, JOURNAL_FAILED, id(1), 1, &payload, &err);
    journal_append(journal, JOURNAL_RESULT, id(1), 2, &payload, &err);
    journal_append(journal, JOURNAL_FAILED, id(1), 3, &payload, &err);
    journal_append(journal, JOURNAL_FAILED, id(2), 1, &payload, &err);
    journal_append(journal, JOURNAL_FAILED, id(2), 2, &payload, &err);
    assert_ok(err);
    journal_close(journal);
    bytes_free(&payload);
    struct journal_index index = scan();
    assert_int_equal(journal_find(&index, id(1))->attempt, 2);
    assert_int_equal(journal_find(&index, id(1))->type, JOURNAL_RESULT);
    assert_int_equal(journal_find(&index, id(2))->attempt, 2);
    journal_index_fini(&index);
}

/* ---- damage ---- */

static uint8_t file_bytes[4096];

static size_t load(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t n = fread(file_bytes, 1, sizeof file_bytes, file);
    fclose(file);
    return n;
}

static void store(const char *path, size_t n)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(file_bytes, 1, n, file), n);
    fclose(file);
}

static int count_cells(const struct journal_index *index, uint64_t n)
{
    int found = 0;
    for (uint64_t i = 1; i <= n; i++)
        found += has_cell(index, i);
    return found;
}

/* Every prefix gives the cells that lie wholly in it. */
static void test_every_prefix(void **state)
{
    (void)state;
    static const char path[] = "journal/run-r0.jrn";
    write_journal("run", 0, 1, 4);
    size_t size = load(path);
    int last = 0;
    for (size_t n = 0; n <= size; n++) {
        store(path, n);
        struct journal_index index = scan();
        int found = count_cells(&index, 4);
        assert_true(found == last || found == last + 1);
        assert_true(n == size || found < 4);
        last = found;
        journal_index_fini(&index);
    }
    assert_int_equal(last, 4);
}

/* Every single-bit flip loses at most the record that it hits, and is reported. */
static void test_every_bit_flip(void **state)
{
    (void)state;
    static const char path[] = "journal/run-r0.jrn";
    write_journal("run", 0, 1, 3);
    size_t size = load(path);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        struct error err = {0};
        struct journal_index index;
        file_bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        store(path, size);
        journal_scan(&index, folder, &err);
        assert_ok(err);
        assert_true(index.damaged_bytes > 0);
        assert_true(count_cells(&index, 3) >= 2);
        journal_index_fini(&index);
        file_bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

/* Rubbish before, between and after records. */
static void test_resynchronises(void **state)
{
    (void)state;
    static const char path[] = "journal/run-r0.jrn";
    write_journal("run", 0, 1, 2);
    size_t size = load(path);
    memmove(file_bytes + 100, file_bytes, size);
    memset(file_bytes, 'S', 100); /* looks like the start of a magic, many times */
    memset(file_bytes + 100 + size, 0xff, 50);
    store(path, size + 150);
    struct journal_index index = scan();
    assert_int_equal(count_cells(&index, 2), 2);
    assert_int_equal(index.damaged_bytes, 150);
    journal_index_fini(&index);
}

/* What is no file neither stops a reader nor makes it wait. */
static void test_odd_directory_entries(void **state)
{
    (void)state;
    write_journal("run", 0, 1, 2);
    assert_int_equal(mkdir("journal/folder.jrn", 0777), 0);
    assert_int_equal(mkfifo("journal/pipe.jrn", 0666), 0);
    assert_int_equal(symlink("run-r0.jrn", "journal/link.jrn"), 0);
    struct journal_index index = scan();
    assert_int_equal(count_cells(&index, 2), 2);
    assert_int_equal(index.n_files, 1);
    assert_int_equal(index.damaged_files, 3);
    assert_non_null(strstr(index.first_damage, "folder.jrn: not a regular file"));
    journal_index_fini(&index);
}

static void test_newer_format(void **state)
{
    (void)state;
    static const char path[] = "journal/run-r0.jrn";
    struct error err = {0};
    struct journal_index index;
    write_journal("run", 0, 1, 1);
    size_t size = load(path);
    file_bytes[6] = JOURNAL_VERSION + 1;
    uint32_t crc = hash_crc32(file_bytes, 44);
    memcpy(file_bytes + 44, &crc, sizeof crc);
    store(path, size);
    assert_int_equal(journal_scan(&index, folder, &err), STATUS_VERSION);
    assert_non_null(strstr(err.text, "run-r0.jrn"));
}

/* ---- hostile files: what follows is read within the test's time limit ---- */

static void put_record(struct bytes *file, enum journal_type type, uint64_t n,
                       uint64_t length)
{
    struct journal_header header = {.type = type,
                                    .attempt = (uint32_t)n,
                                    .length = length,
                                    .sequence = n,
                                    .id = id(1)};
    journal_header_put(file, &header);
}

static void put_claim(struct bytes *file, uint64_t n)
{
    put_record(file, JOURNAL_CLAIM, n, 0);
    bytes_put_u32(file, hash_crc32("", 0));
}

static void store_bytes(const char *path, struct bytes *file)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_false(file->failed);
    assert_int_equal(fwrite(file->data, 1, file->length, f), file->length);
    fclose(f);
    bytes_free(file);
}

static void ignore_fault(void *state, enum journal_fault fault, uint64_t offset,
                         uint64_t length)
{
    (void)offset;
    (void)length;
    *(int *)state += fault == JOURNAL_DAMAGED;
}

/* Each header's payload is all that follows but the last record; no checksum of a payload
 * is right. Hashing each would take hours. */
static void test_nested_headers(void **state)
{
    (void)state;
    enum { N = 400000 };
    static const char path[] = "journal/run-r0.jrn";
    struct error err = {0};
    struct bytes file = {0};
    uint64_t n_records, end = (uint64_t)N * JOURNAL_HEADER_SIZE + JOURNAL_TRAILER_SIZE;
    for (uint64_t i = 0; i < N; i++)
        put_record(&file, JOURNAL_RESULT, i,
                   end - (i + 1) * JOURNAL_HEADER_SIZE - JOURNAL_TRAILER_SIZE);
    bytes_put_u32(&file, 0);
    put_claim(&file, N);
    store_bytes(path, &file);
    struct journal_index index = scan();
    assert_int_equal(index.n_entries, 1);
    assert_int_equal(index.damaged_bytes, end);
    assert_int_equal(journal_count_claims(&index, id(1)), 1);
    journal_index_fini(&index);
    int n_damaged = 0;
    journal_check(path, ignore_fault, &n_damaged, &n_records, &err);
    assert_ok(err);
    assert_int_equal(n_records, 1);
    assert_int_equal(n_damaged, 1);
}

static void test_many_claims(void **state)
{
    (void)state;
    enum { N = 400000 };
    struct bytes file = {0};
    for (uint64_t i = 1; i <= N; i++)
        put_claim(&file, i);
    store_bytes("journal/run-r0.jrn", &file);
    struct journal_index index = scan();
    assert_int_equal(index.damaged_bytes, 0);
    assert_int_equal(journal_count_claims(&index, id(1)), N);
    assert_int_equal(journal_count_deaths(&index, id(1)), N);
    journal_index_fini(&index);
}

/* A file names one run: a hostile one cannot fill the memory with them. */
static void test_one_run_a_file(void **state)
{
    (void)state;
    struct error err = {0};
    struct journal *journal;
    struct bytes payload = {0};
    journal_create(&journal, folder, "run", 0, &err);
    for (int i = 0; i < 3; i++) {
        struct run_info info = {.n_ranks = 1};
        snprintf(info.id, sizeof info.id, "run%d", i);
        payload.length = 0;
        run_info_pack(&info, &payload);
        journal_append(journal, JOURNAL_RUN, id(0), 0, &payload, &err);
    }
    assert_ok(err);
    bytes_free(&payload);
    journal_close(journal);
    struct journal_index index = scan();
    assert_int_equal(index.n_runs, 1);
    assert_string_equal(index.runs[index.files[0].run].id, "run0");
    journal_index_fini(&index);
}

#ifndef __SANITIZE_ADDRESS__ /* which takes address space of its own */
/* A record that finds no memory is refused, and the next one is written. */
static void test_no_memory(void **state)
{
    (void)state;
    struct error err = {0};
    struct journal *journal;
    struct bytes payload = {0};
    static const uint8_t block[1 << 20];
    journal_create(&journal, folder, "run", 0, &err);
    for (int i = 0; i < 64; i++)
        bytes_put(&payload, block, sizeof block);
    assert_false(payload.failed);
    pid_t child = fork();
    if (child == 0) {
        struct error none = {0}, written = {0};
        struct rlimit limit = {1 << 20, 1 << 20};
        setrlimit(RLIMIT_DATA, &limit);
        journal_append(journal, JOURNAL_NODES, (struct hash128){1, 2}, 1, &payload,
                       &none);
        payload.length = 100;
        journal_append(journal, JOURNAL_NODES, (struct hash128){1, 2}, 1, &payload,
                       &written);
        _exit(none.status == STATUS_MEMORY && written.status == STATUS_OK ? 0 : 1);
    }
    int result;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result));
    assert_int_equal(WEXITSTATUS(result), 0);
    bytes_free(&payload);
    journal_close(journal);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_round_trip, start),
        cmocka_unit_test_setup(test_no_file_is_overwritten, start),
        cmocka_unit_test_setup(test_missing_folder_is_empty, start),
        cmocka_unit_test_setup(test_which_entry_stands, start),
        cmocka_unit_test_setup(test_every_prefix, start),
        cmocka_unit_test_setup(test_every_bit_flip, start),
        cmocka_unit_test_setup(test_resynchronises, start),
        cmocka_unit_test_setup(test_odd_directory_entries, start),
        cmocka_unit_test_setup(test_newer_format, start),
        cmocka_unit_test_setup(test_nested_headers, start),
        cmocka_unit_test_setup(test_many_claims, start),
        cmocka_unit_test_setup(test_one_run_a_file, start),
#ifndef __SANITIZE_ADDRESS__
        cmocka_unit_test_setup(test_no_memory, start),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
