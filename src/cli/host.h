/* What this host is and can give. */
#ifndef STRATA_CLI_HOST_H
#define STRATA_CLI_HOST_H

#include <stddef.h>

/* Bytes of memory that processes of this job can still get: the host's, or what is left
 * below a limit of the control group (version 1 or 2) that we are in; 0 if unknown.
 * Cached files count as free, as the kernel drops them when memory is asked for. */
double host_available_memory(void);

/* The CPU's model as the kernel names it, "unknown" where it does not. */
void host_cpu_model(char *out, size_t size);

#endif
