/* What `verify` finds: a line each as it is found, or one JSON object at the end. */
#ifndef STRATA_CLI_FINDINGS_H
#define STRATA_CLI_FINDINGS_H

#include <stdbool.h>

#include "base/error.h"

struct json_t;

enum finding {
    FINDING_SOUND, /* what was read and is as it should be */
    FINDING_NOTE,  /* worth knowing, no damage */
    FINDING_DAMAGE,
    FINDING_KINDS
};

struct findings {
    struct json_t *lists[FINDING_KINDS]; /* NULL where lines are printed */
    int counts[FINDING_KINDS];
};

enum status findings_init(struct findings *findings, bool json, struct error *err);
void findings_fini(struct findings *findings);

void findings_add(struct findings *findings, enum finding kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Prints the JSON object where it is wanted. */
enum status findings_print(const struct findings *findings, const char *path,
                           struct error *err);

#endif
