#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/text.h"

void fuzz_broken(const char *file, int line, const char *what, const char *detail)
{
    fprintf(stderr, "%s:%d: does not hold: %s %s\n", file, line, what, detail);
    abort();
}

void fuzz_check_error(const struct error *err, const char *origin)
{
    size_t at;
    FUZZ_HOLDS(err->status != STATUS_OK && err->status != STATUS_INTERNAL);
    FUZZ_HOLDS(strncmp(err->text, origin, strlen(origin)) == 0);
    FUZZ_HOLDS(text_valid_utf8(err->text, strlen(err->text), &at));
}

void fuzz_write(const char *name, const uint8_t *data, size_t size)
{
    struct error err = {0};
    int file = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0 || ftruncate(file, (off_t)size) < 0)
        fuzz_broken(__FILE__, __LINE__, "a file can be written:", name);
    io_write_all(file, data, size, name, &err);
    close(file);
    FUZZ_OK(err);
}
