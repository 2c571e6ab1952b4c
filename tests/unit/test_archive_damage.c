/* archive.nc: files that are refused, full disks, damage, other versions. */
#define FIXTURE_MEASURES 0
#include "archive_fixture.h"

static void put_file(const char *path, const void *data, size_t length)
{
    struct error err = {0};
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    assert_true(fd >= 0);
    assert_ok(io_write_all(fd, data, length, path, &err), &err);
    close(fd);
}

static enum status open_status(const char *path)
{
    struct error err = {0};
    struct archive *archive;
    enum status status = archive_open(&archive, path, &err);
    archive_close(archive);
    return status;
}

static void test_refuses_files(void **state)
{
    (void)state;
    struct error err = {0};
    unlink("good.nc#mode=bytes"); /* of an earlier run */
    assert_ok(write_archive("good.nc", 0, 3, 0, &err), &err);
    assert_int_equal(open_status("good.nc"), STATUS_OK);
    assert_int_equal(open_status("missing.nc"), STATUS_MISSING);
    assert_int_equal(open_status("."), STATUS_DATA);
    put_file("text.nc", "not an archive at all", 21);
    assert_int_equal(open_status("text.nc"), STATUS_DATA);
    put_file("empty.nc", "", 0);
    assert_int_equal(open_status("empty.nc"), STATUS_DATA);
    put_file("classic.nc", "CDF\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 28);
    assert_int_equal(open_status("classic.nc"), STATUS_DATA);
    assert_int_equal(open_status("good.nc#mode=bytes"), STATUS_MISSING);
    assert_int_equal(open_status("http://localhost:1/good.nc"), STATUS_MISSING);
    assert_int_equal(system("cp good.nc 'good.nc#mode=bytes'; rm -f pipe.nc; mkfifo "
                            "pipe.nc"),
                     0);
    assert_int_equal(open_status("good.nc#mode=bytes"), STATUS_USAGE);
    assert_int_equal(open_status("pipe.nc"), STATUS_DATA);
    struct error refused = {0};
    assert_int_equal(write_archive("new.nc#mode=zarr", 0, 1, 0, &refused), STATUS_USAGE);
    memset(&refused, 0, sizeof refused);
    assert_int_equal(write_archive("absent/new.nc", 0, 1, 0, &refused), STATUS_CREATE);
}

/* The old archive stays as it is when a new one fails. */
static void test_disk_full(void **state)
{
    (void)state;
    struct error err = {0};
    assert_ok(write_archive("full.nc", 0, 3, 0, &err), &err);
    pid_t child = fork();
    if (child == 0) {
        struct error failed = {0};
        struct rlimit limit = {65536, 65536};
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
        _exit(write_archive("full.nc", 0, 200, 2, &failed) == STATUS_IO ? 0 : 1);
    }
    int result;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result));
    assert_int_equal(WEXITSTATUS(result), 0);
    assert_false(any_temporary());
    assert_ok(archive_check("full.nc", NULL, &err), &err);
}

/* Damage is reported, or it hit bytes that mean nothing and the content is equal. True
 * where it was reported. */
static bool check_damaged(const char *path, struct hash128 expected)
{
    struct error err = {0};
    struct hash128 content;
    enum status status = archive_check(path, &content, &err);
    if (status == STATUS_OK)
        assert_true(hash_equal(content, expected));
    else
        assert_true(err.status == status && err.text[0] != '\0');
    return status != STATUS_OK;
}

static void test_damage(void **state)
{
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    enum { PLACES = 20, LENGTHS = 8 }; /* a check takes a second */
#else
    enum { PLACES = 200, LENGTHS = 40 };
#endif
    struct error err = {0};
    struct hash128 expected;
    char *data;
    size_t length;
    int reported = 0;
    assert_ok(write_archive("damage.nc", 0, 70, 1, &err), &err);
    assert_ok(archive_check("damage.nc", &expected, &err), &err);
    assert_ok(io_read_file("damage.nc", 1 << 26, &data, &length, &err), &err);
    for (size_t i = 0; i < PLACES; i++) {
        size_t at = (i * length / PLACES + i * 7 % 61) % length;
        data[at] = (char)(data[at] ^ (1 << i % 8));
        put_file("damaged.nc", data, length);
        reported += check_damaged("damaged.nc", expected);
        if (i % 10 == 0)
            open_status("damaged.nc");
        data[at] = (char)(data[at] ^ (1 << i % 8));
    }
    assert_true(reported > 0);
    for (size_t i = 0; i < LENGTHS; i++) {
        put_file("damaged.nc", data, i * length / LENGTHS);
        assert_true(check_damaged("damaged.nc", expected));
    }
    free(data);
}

/* The size of an object in an HDF5 global heap has no checksum; a wrong one crashes
 * libhdf5 1.10, which must not be the end of us. */
static void test_library_crash(void **state)
{
    (void)state;
    enum { OBJECT = 16, SIZE = 8, STEP = 24 };
    struct error err = {0};
    char *data;
    size_t length;
    int n_damaged = 0;
    assert_ok(write_archive("heap.nc", 0, 3, 1, &err), &err);
    assert_ok(io_read_file("heap.nc", 1 << 26, &data, &length, &err), &err);
    char *heap = memmem(data, length, "GCOL", 4);
    assert_non_null(heap);
    for (int object = 0; object < 100; object += 10) {
        struct error damaged = {0};
        char *size = heap + OBJECT + object * STEP + SIZE;
        char old = size[5];
        assert_true(size + 6 < data + length);
        size[5] = 0x40;
        put_file("damaged.nc", data, length);
        n_damaged += archive_check("damaged.nc", NULL, &damaged) == STATUS_DATA;
        open_status("damaged.nc");
        size[5] = old;
    }
    assert_true(n_damaged > 0);
    free(data);
}

/* An object of size 0 that says it is the free rest of the heap: libhdf5 1.10 looks for
 * the next one at the same place, for ever. */
static void test_library_loop(void **state)
{
    (void)state;
    enum { OBJECT = 16, STEP = 24 };
    struct error err = {0};
    char *data;
    size_t length;
    assert_ok(write_archive("loop.nc", 0, 3, 1, &err), &err);
    assert_ok(io_read_file("loop.nc", 1 << 26, &data, &length, &err), &err);
    char *heap = memmem(data, length, "GCOL", 4);
    assert_non_null(heap);
    memset(heap + OBJECT + 10 * STEP, 0, OBJECT);
    put_file("damaged.nc", data, length);
    assert_int_equal(archive_check("damaged.nc", NULL, &err), STATUS_DATA);
    free(data);
}

/* Same dimensions and names, other values: what checksums of chunks do not see. */
static void test_changed_value(void **state)
{
    (void)state;
    struct error err = {0};
    if (system("ncap2 -h -O -s 'epochs_run(1)=77' content.nc changed.nc 2>ncap2.txt") !=
        0)
        skip();
    assert_int_equal(archive_check("changed.nc", NULL, &err), STATUS_DATA);
    assert_non_null(strstr(err.text, "cell 1: CRC"));
}

static void test_versions(void **state)
{
    (void)state;
    static const struct {
        const char *version;
        enum status status;
    } cases[] = {{"1.7", STATUS_OK},    {"2.0", STATUS_VERSION}, {"0.1", STATUS_VERSION},
                 {"x", STATUS_DATA},    {"1.", STATUS_DATA},     {"", STATUS_DATA},
                 {"1.0.1", STATUS_DATA}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char command[256];
        snprintf(command, sizeof command,
                 "ncatted -h -O -a schema_version,global,o,c,'%s' content.nc version.nc "
                 "2>ncatted.txt",
                 cases[i].version);
        if (system(command) != 0)
            skip();
        assert_int_equal(open_status("version.nc"), cases[i].status);
        /* Cells of a later version may have fields that the hash here leaves out. */
        struct error err = {0};
        assert_int_equal(archive_check("version.nc", NULL, &err),
                         i == 0 ? STATUS_VERSION : cases[i].status);
    }
}

/* Variables of a later minor version are ignored, results of one are fill, identity is
 * demanded. */
static void test_other_variables(void **state)
{
    (void)state;
    struct error err = {0};
    struct archive *archive;
    struct record record;
    if (system(
            "ncks -h -O -x -v dead_nodes content.nc fewer.nc 2>ncks.txt && "
            "ncks -h -O -x -v seed content.nc no_seed.nc 2>ncks.txt && "
            "ncrename -h -O -v near_zero_count,later content.nc later.nc 2>ncks.txt") !=
        0)
        skip();
    assert_int_equal(open_status("no_seed.nc"), STATUS_DATA);
    assert_int_equal(open_status("fewer.nc"), STATUS_OK);
    assert_ok(archive_open(&archive, "later.nc", &err), &err);
    assert_int_equal(archive_read(archive, 0, 1, &record, &err), STATUS_DATA);
    archive_close(archive);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refuses_files), cmocka_unit_test(test_disk_full),
        cmocka_unit_test(test_damage),        cmocka_unit_test(test_library_crash),
        cmocka_unit_test(test_library_loop),  cmocka_unit_test(test_changed_value),
        cmocka_unit_test(test_versions),      cmocka_unit_test(test_other_variables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
