/* What every fuzz target has. */
#ifndef STRATA_TESTS_FUZZ_H
#define STRATA_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* The target: one input from libFuzzer or replay.c. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold for every input; ends the process, so that the input is kept. */
#define FUZZ_HOLDS(condition)                                \
    do {                                                     \
        if (!(condition))                                    \
            fuzz_broken(__FILE__, __LINE__, #condition, ""); \
    } while (0)

/* The call must have succeeded. */
#define FUZZ_OK(err)                                                    \
    do {                                                                \
        if ((err).status != STATUS_OK)                                  \
            fuzz_broken(__FILE__, __LINE__, #err " is OK", (err).text); \
    } while (0)

_Noreturn void fuzz_broken(const char *file, int line, const char *what,
                           const char *detail);

/* An error that the user will see: a text of valid UTF-8 that begins with `origin`. */
void fuzz_check_error(const struct error *err, const char *origin);

/* Puts the bytes into the file `name` of the working folder: for readers of files. */
void fuzz_write(const char *name, const uint8_t *data, size_t size);

#endif
