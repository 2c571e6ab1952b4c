/* Memory that processes share: one content, which nobody can change, with no name. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/pages.h"
#include "unit.h"

enum { LENGTH = 100000 };

static void fill(struct pages *pages)
{
    uint8_t *data = pages->data;
    for (size_t i = 0; i < pages->length; i++)
        data[i] = (uint8_t)(i * 7);
}

static bool is_filled(const struct pages *pages)
{
    const uint8_t *data = pages->data;
    for (size_t i = 0; i < pages->length; i++)
        if (data[i] != (uint8_t)(i * 7))
            return false;
    return pages->length == LENGTH;
}

static struct pages create(bool shareable)
{
    struct error err = {0};
    struct pages pages;
    pages_create(&pages, LENGTH, shareable, &err);
    assert_ok(err);
    assert_int_equal((uintptr_t)pages.data % 64, 0);
    for (size_t i = 0; i < LENGTH; i++)
        assert_int_equal(((uint8_t *)pages.data)[i], 0);
    fill(&pages);
    return pages;
}

static struct pages_address seal(struct pages *pages)
{
    struct error err = {0};
    struct pages_address address;
    pages_seal(pages, &address, &err);
    assert_ok(err);
    assert_true(is_filled(pages));
    return address;
}

/* Another process maps what this one sealed, and keeps it when this one has let go. */
static void another_process_reads(void **state)
{
    (void)state;
    struct pages pages = create(true);
    struct pages_address address = seal(&pages);
    int ready[2], go[2];
    char byte = 0;
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(go), 0);
    pid_t child = fork();
    if (child == 0) {
        struct error err = {0};
        struct pages mine;
        pages_fini(&pages);
        bool good = pages_open(&mine, &address, &err) == STATUS_OK;
        good = write(ready[1], &byte, 1) == 1 && read(go[0], &byte, 1) == 1 && good;
        _exit(good && is_filled(&mine) ? 0 : 1);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    pages_fini(&pages);
    assert_int_equal(write(go[1], &byte, 1), 1);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    for (int i = 0; i < 2; i++) {
        close(ready[i]);
        close(go[i]);
    }
}

/* Neither through the file nor by mapping it again. */
static void nobody_changes_what_is_sealed(void **state)
{
    (void)state;
    struct pages pages = create(true);
    struct pages_address address = seal(&pages);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", (int)address.file);
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file >= 0) {
        assert_int_equal(pwrite(file, "x", 1, 0), -1);
        assert_int_equal(ftruncate(file, 10), -1);
        void *map = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        assert_ptr_equal(map, MAP_FAILED);
        close(file);
    }
    assert_int_equal(mprotect(pages.data, LENGTH, PROT_READ | PROT_WRITE), -1);
    assert_true(is_filled(&pages));
    pages_fini(&pages);
}

static void nothing_else_is_taken_for_it(void **state)
{
    (void)state;
    struct error err = {0};
    struct pages pages = create(true), other;
    struct pages_address address = seal(&pages), wrong = address;
    wrong.inode++;
    assert_int_equal(pages_open(&other, &wrong, &err), STATUS_MISSING);
    assert_null(other.data);
    err = (struct error){0};
    wrong = address;
    wrong.length--;
    assert_int_equal(pages_open(&other, &wrong, &err), STATUS_MISSING);
    err = (struct error){0};
    pages_close(&pages);
    assert_int_equal(pages_open(&other, &address, &err), STATUS_MISSING);
    assert_true(is_filled(&pages)); /* closing keeps what is mapped */
    pages_fini(&pages);
    pages_fini(&pages);
}

/* What is not sealed yet might still change or shrink under a reader. */
static void what_is_not_sealed_cannot_be_opened(void **state)
{
    (void)state;
    struct error err = {0};
    struct pages pages = create(true), other;
    struct stat info;
    assert_int_equal(fstat(pages.file, &info), 0);
    struct pages_address address = {.process = getpid(),
                                    .file = pages.file,
                                    .device = info.st_dev,
                                    .inode = info.st_ino,
                                    .length = LENGTH};
    assert_int_equal(pages_open(&other, &address, &err), STATUS_MISSING);
    pages_fini(&pages);
}

/* Where the system gives no shareable memory there is memory all the same. */
static void refusal_is_told(void **state)
{
    (void)state;
    struct error err = {0};
    struct rlimit old, small = {.rlim_cur = LENGTH / 2};
    struct pages_address address;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small.rlim_max = old.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    struct pages pages = create(true);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_false(pages.mapped);
    assert_int_equal(pages_seal(&pages, &address, &err), STATUS_MEMORY);
    assert_non_null(strstr(err.text, strerror(EFBIG)));
    assert_true(is_filled(&pages));
    pages_fini(&pages);
}

static void private_pages_are_from_the_heap(void **state)
{
    (void)state;
    struct pages pages = create(false);
    assert_false(pages.mapped);
    assert_true(is_filled(&pages));
    pages_fini(&pages);
    assert_null(pages.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_process_reads),
        cmocka_unit_test(nobody_changes_what_is_sealed),
        cmocka_unit_test(nothing_else_is_taken_for_it),
        cmocka_unit_test(what_is_not_sealed_cannot_be_opened),
        cmocka_unit_test(refusal_is_told),
        cmocka_unit_test(private_pages_are_from_the_heap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
