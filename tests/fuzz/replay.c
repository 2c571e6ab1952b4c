/* Gives every file of a corpus to a target, as `target -runs=0 CORPUS` does with
 * libFuzzer, which only clang has. The name of an input stands before what it breaks. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"
#include "fuzz.h"

enum { INPUT_MAX = 1 << 24, SECONDS_MAX = 20 };

static int is_input(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static enum status replay(const char *folder, const char *name, struct error *err)
{
    char path[IO_PATH_MAX], *data;
    size_t length;
    if (io_join(path, folder, name, err) != STATUS_OK ||
        io_read_file(path, INPUT_MAX, &data, &length, err) != STATUS_OK)
        return err->status;
    printf("%s\n", name);
    fflush(stdout);
    alarm(SECONDS_MAX); /* a slow input is a finding */
    LLVMFuzzerTestOneInput((const uint8_t *)data, length);
    alarm(0);
    free(data);
    return STATUS_OK;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct dirent **names;
    int n = argc == 2 ? scandir(argv[1], &names, is_input, alphasort) : -1;
    if (n <= 0) {
        fprintf(stderr, "usage: %s FOLDER: a corpus with at least one input\n", argv[0]);
        return 1;
    }
    for (int i = 0; i < n; i++) {
        if (err.status == STATUS_OK)
            replay(argv[1], names[i]->d_name, &err);
        free(names[i]);
    }
    free(names);
    if (err.status != STATUS_OK)
        fprintf(stderr, "%s\n", err.text);
    return err.status != STATUS_OK;
}
