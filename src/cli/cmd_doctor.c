/* strata doctor: what this machine and launcher give, and what will go wrong. */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/host.h"
#include "cli/kernel.h"
#include "cli/session.h"
#include "cli/version.h"
#include "dist/dist.h"
#include "num/linalg.h"

static const struct option_row rows[] = {{NULL, 0, NULL, NULL, false}};

enum { LINE_MAX_LENGTH = 256 };

static int allowed_cpus(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
}

/* One line a rank, printed by the collector in rank order. */
static enum status print_ranks(struct dist *dist, struct error *err)
{
    char line[LINE_MAX_LENGTH], host[128] = "";
    gethostname(host, sizeof host - 1);
    snprintf(line, sizeof line,
             "rank %-5d %.60s, %d of the CPUs allowed, BLAS kernel %s, %d thread%s",
             dist_rank(dist), host, allowed_cpus(), linalg_kernel(), linalg_threads(),
             linalg_threads() == 1 ? "" : "s");
    struct bytes mine = {0}, all = {0};
    size_t *offsets = calloc((size_t)dist_size(dist) + 1, sizeof *offsets);
    if (!offsets)
        error_set(err, STATUS_MEMORY, "no memory for %d ranks", dist_size(dist));
    bytes_put(&mine, line, strlen(line) + 1);
    if (dist_agree(dist, err) == STATUS_OK &&
        dist_gather(dist, &mine, &all, offsets, err) == STATUS_OK &&
        dist_rank(dist) == DIST_COLLECTOR)
        for (int r = 0; r < dist_size(dist); r++)
            printf("%s\n", (const char *)all.data + offsets[r]);
    bytes_free(&mine);
    bytes_free(&all);
    free(offsets);
    return err->status;
}

static int warn(const char *text)
{
    printf("warning    %s\n", text);
    return 1;
}

static bool folder_has_locks(void)
{
    char name[] = "strata-doctor-XXXXXX";
    int fd = mkostemp(name, O_CLOEXEC);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    bool locks = fd >= 0 && fcntl(fd, F_OFD_SETLK, &lock) == 0;
    if (fd >= 0) {
        close(fd);
        unlink(name);
    }
    return locks;
}

/* Shares a few glyphs as a sweep would share its data; `refusal` is that of the lowest
 * rank that has one. */
static enum status try_sharing(struct dist *dist, struct error *refusal,
                               struct error *err)
{
    struct dataset dataset = {0};
    struct dataset_request request = {.name = "glyphs", .train = 20, .test = 10};
    session_load_data(&dataset, request, dist, refusal, err);
    dataset_fini(&dataset);
    if (err->status == STATUS_OK)
        dist_agree(dist, refusal);
    return err->status;
}

/* What print_warnings is told of all ranks. */
struct findings {
    struct text kernels, flags;
    struct error sharing, launch;
};

static int print_warnings(struct dist *dist, const struct findings *findings)
{
    int n = 0;
    if (findings->kernels.length > 0)
        n += warn(text_string(&findings->kernels));
    if (findings->sharing.status != STATUS_OK) {
        printf("warning    each rank will hold data of its own: %s\n",
               findings->sharing.text);
        n++;
    }
    if (findings->launch.status != STATUS_OK)
        n += warn(findings->launch.text);
    if (findings->flags.length > 0)
        n += warn(text_string(&findings->flags));
    if (linalg_threads() > 1)
        n += warn(
            "OpenBLAS keeps more than one thread: results may differ from other runs");
    if (allowed_cpus() < 1)
        n += warn("no CPU is allowed to this rank");
    if (dist_local_size(dist) > (int)sysconf(_SC_NPROCESSORS_ONLN))
        n += warn("more ranks than CPUs on this host");
    if (!folder_has_locks())
        n += warn("no file can be made in this folder, or its file system has no locks");
    return n;
}

static enum status run(const struct args *args, struct dist *dist, struct error *err)
{
    if (dist_rank(dist) == DIST_COLLECTOR) {
        char memory[32];
        text_format_bytes(memory, sizeof memory, host_available_memory());
        printf("strata     %s\n", strata_version);
        printf("launcher   %s, %d rank%s, %d on this host\n", launch_name(&args->launch),
               dist_size(dist), dist_size(dist) == 1 ? "" : "s", dist_local_size(dist));
        printf("MPI        %s\n", dist_library(dist));
        printf("BLAS       %s\n", linalg_library());
        printf("memory     %s available\n", memory);
        printf("CPUs       %ld\n", sysconf(_SC_NPROCESSORS_ONLN));
    }
    struct findings findings = {0};
    launch_check(&args->launch, dist_size(dist), &findings.launch);
    launch_warn(&findings.flags);
    if (print_ranks(dist, err) == STATUS_OK &&
        kernel_warn(dist, NULL, &findings.kernels, err) == STATUS_OK &&
        try_sharing(dist, &findings.sharing, err) == STATUS_OK &&
        dist_rank(dist) == DIST_COLLECTOR && print_warnings(dist, &findings) == 0)
        printf("no warnings\n");
    text_free(&findings.kernels);
    text_free(&findings.flags);
    return err->status;
}

const struct command cmd_doctor = {
    .name = "doctor",
    .operands = "",
    .summary = "launcher, ranks, threads, BLAS kernel, locks; what will go wrong",
    .details = "Reports what each rank sees of its machine, and warns of what makes runs "
               "slow or\n"
               "wrong. Start it as you would start a sweep.",
    .options = rows,
    .needs_mpi = true,
    .run = run,
};
