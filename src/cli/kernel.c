#include "cli/kernel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/memory.h"
#include "dist/dist.h"
#include "num/blas_kernel.h"
#include "num/linalg.h"

/* Variables of OpenBLAS: the kernel, and the cache size that its blocking assumes. */
static const char PIN[] = "OPENBLAS_CORETYPE", CACHE_PIN[] = "OPENBLAS_L2_SIZE";

/* The process that executed itself again, against doing so for ever. exec keeps the
 * process id, and whatever we start has another. */
static const char AGAIN[] = "STRATA_STARTED_AGAIN";

enum { HOST_MAX = 64, WARNING_MAX = 384 };

static bool is_keep(const char *option)
{
    return !option || strcmp(option, "keep") == 0;
}

static bool is_auto(const char *option)
{
    return option && strcmp(option, "auto") == 0;
}

static bool runs_slow_kernel(void)
{
    enum blas_level level = blas_kernel_level(linalg_kernel());
    return level != BLAS_LEVEL_UNKNOWN && level < blas_cpu_level();
}

static bool computes_by_openblas(void)
{
    return strcmp(linalg_products(), "openblas") == 0;
}

static bool was_started_again(void)
{
    const char *process = getenv(AGAIN);
    return process && atol(process) == (long)getpid();
}

/* With `kernel` pinned, or none (NULL). */
static enum status start_again(const char *kernel, char **argv, struct error *err)
{
    char process[32];
    snprintf(process, sizeof process, "%ld", (long)getpid());
    setenv(AGAIN, process, 1);
    unsetenv(CACHE_PIN);
    unsetenv(PIN);
    if (kernel)
        setenv(PIN, kernel, 1);
    execv("/proc/self/exe", argv);
    return error_set(err, STATUS_INTERNAL, "--blas-kernel: cannot execute %s again: %s",
                     argv[0], strerror(errno));
}

enum status kernel_choose(const char *option, char **argv, struct error *err)
{
    if (is_keep(option))
        return STATUS_OK;
    if (is_auto(option)) {
        bool pinned = getenv(PIN) != NULL;
        return pinned && runs_slow_kernel() ? start_again(NULL, argv, err) : STATUS_OK;
    }
    if (strcasecmp(option, linalg_kernel()) == 0)
        return STATUS_OK;
    enum blas_level level = blas_kernel_level(option), cpu = blas_cpu_level();
    if (level > cpu)
        return error_set(err, STATUS_USAGE, "--blas-kernel %s: this CPU has no %s",
                         text_quote(option).text, blas_level_name(level));
    if (!was_started_again())
        return start_again(option, argv, err);
    return error_set(
        err, STATUS_USAGE,
        "--blas-kernel %s: neither auto, keep nor a kernel of this OpenBLAS%s",
        text_quote(option).text, blas_kernel_suggest(option).text);
}

void kernel_describe(const char *option, char *out, size_t size)
{
    const char *pin = getenv(PIN);
    char how[TEXT_WORD_MAX + 32] = "chosen by OpenBLAS";
    if (!is_keep(option))
        snprintf(how, sizeof how, "--blas-kernel %s", text_quote(option).text);
    else if (pin)
        snprintf(how, sizeof how, "pinned by %s=%s", PIN, text_quote(pin).text);
    snprintf(out, size, "%s; kernel %s, %s; products by %s", linalg_library(),
             linalg_kernel(), how, linalg_products());
}

/* ---- the warning ---- */

struct finding {
    char host[HOST_MAX];
    char warning[WARNING_MAX]; /* "" where all is well */
};

/* What the kernel costs and what helps. */
static void put_advice(const char *pin, const char *cpu, char *out, size_t size)
{
    char loss[96] = "matrix products are slower than they need be";
    if (!computes_by_openblas())
        snprintf(loss, sizeof loss,
                 "no loss here, as products are the program's own (%s)",
                 linalg_products());
    if (pin)
        snprintf(
            out, size,
            ", as %s=%s is set: %s; sweep --blas-kernel auto takes the better kernel",
            PIN, text_quote(pin).text, loss);
    else
        snprintf(out, size,
                 ", of its own choice: %s; try sweep --blas-kernel NAME with one for %s",
                 loss, cpu);
}

/* OpenBLAS's own choice is worth a word only where it computes. */
static void examine(const char *option, struct finding *finding)
{
    const char *pin = getenv(PIN), *kernel = linalg_kernel();
    const char *cpu = blas_level_name(blas_cpu_level());
    bool by_name = !is_keep(option) && !is_auto(option);
    gethostname(finding->host, sizeof finding->host - 1);
    if (by_name || !runs_slow_kernel() || (!pin && !computes_by_openblas()))
        return;
    int n = snprintf(finding->warning, sizeof finding->warning,
                     "OpenBLAS runs its %s kernel (%s) on a CPU with %s", kernel,
                     blas_level_name(blas_kernel_level(kernel)), cpu);
    put_advice(pin, cpu, finding->warning + n, sizeof finding->warning - (size_t)n);
}

static bool is_first(const struct finding *all, int rank)
{
    for (int r = 0; r < rank; r++)
        if (strcmp(all[r].warning, all[rank].warning) == 0)
            return false;
    return true;
}

static bool host_was_listed(const struct finding *all, int rank)
{
    for (int r = 0; r < rank; r++)
        if (strcmp(all[r].warning, all[rank].warning) == 0 &&
            strcmp(all[r].host, all[rank].host) == 0)
            return true;
    return false;
}

/* Each warning once; with its hosts, unless it is that of all ranks. */
static void put_findings(const struct finding *all, int n, struct text *out)
{
    bool differ = false;
    for (int r = 1; r < n; r++)
        differ = differ || strcmp(all[r].warning, all[0].warning) != 0;
    for (int r = 0; r < n; r++) {
        if (!all[r].warning[0] || !is_first(all, r))
            continue;
        text_appendf(out, "%s%s", out->length ? "; " : "", all[r].warning);
        for (int k = r; differ && k < n; k++)
            if (strcmp(all[k].warning, all[r].warning) == 0 && !host_was_listed(all, k))
                text_appendf(out, "%s%s", k == r ? " (hosts: " : ", ", all[k].host);
        text_append(out, differ ? ")" : "");
    }
}

enum status kernel_warn(struct dist *dist, const char *option, struct text *out,
                        struct error *err)
{
    struct finding mine = {0};
    struct bytes sent = {0}, all = {0};
    size_t *offsets = memory_alloc((size_t)dist_size(dist) + 1, sizeof *offsets, err);
    examine(option, &mine);
    bytes_put(&sent, &mine, sizeof mine);
    if (dist_agree(dist, err) == STATUS_OK &&
        dist_gather(dist, &sent, &all, offsets, err) == STATUS_OK &&
        dist_rank(dist) == DIST_COLLECTOR)
        put_findings((const struct finding *)(const void *)all.data, dist_size(dist),
                     out);
    bytes_free(&sent);
    bytes_free(&all);
    free(offsets);
    return err->status;
}
