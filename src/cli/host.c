#include "cli/host.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOST_PATH_MAX = 1024 };

/* The number behind `key` (may be "") in a file's first line that begins with it;
 * negative where there is none. */
static double number_in(const char *path, const char *key)
{
    FILE *file = fopen(path, "re");
    char line[256];
    double value = -1;
    while (file && value < 0 && fgets(line, sizeof line, file)) {
        char *end, *start = line + strlen(key);
        if (strncmp(line, key, strlen(key)) != 0)
            continue;
        double number = strtod(start, &end);
        if (end != start)
            value = number;
    }
    if (file)
        fclose(file);
    return value;
}

/* Files of a control group hierarchy. */
struct hierarchy {
    const char *root, *limit, *usage, *cache_key;
};

/* What is left below the group's own limit; negative where it has none. */
static double left_in_group(const struct hierarchy *h, const char *group)
{
    char path[HOST_PATH_MAX + 128];
    snprintf(path, sizeof path, "%s%s/%s", h->root, group, h->limit);
    double limit = number_in(path, "");
    snprintf(path, sizeof path, "%s%s/%s", h->root, group, h->usage);
    double usage = number_in(path, "");
    snprintf(path, sizeof path, "%s%s/memory.stat", h->root, group);
    double cached = number_in(path, h->cache_key);
    if (limit < 0 || usage < 0)
        return -1;
    double left = limit - usage + (cached > 0 ? cached : 0);
    return left > 0 ? left : 0;
}

/* The smallest of what the group and all groups above it leave. */
static double left_in_hierarchy(const struct hierarchy *h, char *group, double available)
{
    for (;;) {
        double left = left_in_group(h, group);
        if (left >= 0 && left < available)
            available = left;
        char *slash = strrchr(group, '/');
        if (!slash)
            return available;
        *slash = '\0';
    }
}

double host_available_memory(void)
{
    static const struct hierarchy v2 = {"/sys/fs/cgroup", "memory.max", "memory.current",
                                        "inactive_file "};
    static const struct hierarchy v1 = {"/sys/fs/cgroup/memory", "memory.limit_in_bytes",
                                        "memory.usage_in_bytes", "total_inactive_file "};
    double available = number_in("/proc/meminfo", "MemAvailable:") * 1024;
    char line[HOST_PATH_MAX];
    FILE *file = fopen("/proc/self/cgroup", "re");
    while (file && available > 0 && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        char *memory = strstr(line, ":memory:");
        if (strncmp(line, "0::", 3) == 0)
            available = left_in_hierarchy(&v2, line + 3, available);
        else if (memory)
            available = left_in_hierarchy(&v1, memory + 8, available);
    }
    if (file)
        fclose(file);
    return available > 0 ? available : 0;
}

void host_cpu_model(char *out, size_t size)
{
    FILE *file = fopen("/proc/cpuinfo", "re");
    char line[HOST_PATH_MAX];
    snprintf(out, size, "unknown");
    while (file && fgets(line, sizeof line, file)) {
        char *value = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || !value)
            continue;
        value[strcspn(value, "\n")] = '\0';
        snprintf(out, size, "%s", value + 1 + strspn(value + 1, " "));
        break;
    }
    if (file)
        fclose(file);
}
