/* What every unit test includes. cmocka wants these standard headers before its own. */
#ifndef STRATA_TESTS_UNIT_H
#define STRATA_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"

/* The call must have succeeded; prints the error's text where it has not. */
#define assert_ok(err)                             \
    do {                                           \
        if ((err).status != STATUS_OK)             \
            print_error("%s\n", (err).text);       \
        assert_int_equal((err).status, STATUS_OK); \
    } while (0)

#endif
