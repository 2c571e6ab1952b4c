/* Which kernel of OpenBLAS a run computes with, and how it came to be. */
#ifndef STRATA_CLI_KERNEL_H
#define STRATA_CLI_KERNEL_H

#include "base/error.h"
#include "base/text.h"

struct dist;

/* What --blas-kernel asks for (NULL: keep): `keep` what runs; `auto`, another than the
 * one that the environment pins where that is slower than the CPU allows; or a kernel by
 * name. OpenBLAS chooses when it is loaded, so another kernel means to execute the
 * program again, with `argv` and a changed environment: this must come before MPI is
 * started, and returns only where the kernel is right already. STATUS_USAGE where the CPU
 * or OpenBLAS does not have the named one. */
enum status kernel_choose(const char *option, char **argv, struct error *err);

/* The library, the kernel that runs, and how it was chosen, for the archive. */
void kernel_describe(const char *option, char *out, size_t size);

/* Whether ranks run a kernel that is slower than their CPUs allow and that nobody asked
 * for by name: one sentence for all of them at the collector, else nothing. Collective.
 */
enum status kernel_warn(struct dist *dist, const char *option, struct text *out,
                        struct error *err);

#endif
