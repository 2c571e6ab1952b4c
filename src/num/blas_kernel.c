#include "num/blas_kernel.h"

#include <strings.h>

static const struct {
    const char *name; /* as openblas_get_corename() gives it */
    enum blas_level level;
} kernels[] = {
    {"Katmai", BLAS_LEVEL_SSE},        {"Coppermine", BLAS_LEVEL_SSE},
    {"Northwood", BLAS_LEVEL_SSE},     {"Prescott", BLAS_LEVEL_SSE},
    {"Banias", BLAS_LEVEL_SSE},        {"Atom", BLAS_LEVEL_SSE},
    {"Core2", BLAS_LEVEL_SSE},         {"Penryn", BLAS_LEVEL_SSE},
    {"Dunnington", BLAS_LEVEL_SSE},    {"Nehalem", BLAS_LEVEL_SSE},
    {"Athlon", BLAS_LEVEL_SSE},        {"Opteron", BLAS_LEVEL_SSE},
    {"Opteron_SSE3", BLAS_LEVEL_SSE},  {"Barcelona", BLAS_LEVEL_SSE},
    {"Bobcat", BLAS_LEVEL_SSE},        {"Nano", BLAS_LEVEL_SSE},
    {"Sandybridge", BLAS_LEVEL_AVX},   {"Bulldozer", BLAS_LEVEL_AVX},
    {"Piledriver", BLAS_LEVEL_AVX},    {"Steamroller", BLAS_LEVEL_AVX},
    {"Excavator", BLAS_LEVEL_AVX2},    {"Haswell", BLAS_LEVEL_AVX2},
    {"Zen", BLAS_LEVEL_AVX2},          {"SkylakeX", BLAS_LEVEL_AVX512},
    {"Cooperlake", BLAS_LEVEL_AVX512}, {"SapphireRapids", BLAS_LEVEL_AVX512},
};
enum { N_KERNELS = sizeof kernels / sizeof *kernels };

enum blas_level blas_kernel_level(const char *kernel)
{
    for (int i = 0; i < N_KERNELS; i++)
        if (strcasecmp(kernels[i].name, kernel) == 0)
            return kernels[i].level;
    return BLAS_LEVEL_UNKNOWN;
}

enum blas_level blas_cpu_level(void)
{
#if defined(__x86_64__)
    /* What SkylakeX and its successors need. */
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return BLAS_LEVEL_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return BLAS_LEVEL_AVX2;
    return __builtin_cpu_supports("avx") ? BLAS_LEVEL_AVX : BLAS_LEVEL_SSE;
#else
    return BLAS_LEVEL_UNKNOWN;
#endif
}

const char *blas_level_name(enum blas_level level)
{
    static const char *const names[] = {"unknown instructions", "SSE", "AVX", "AVX2",
                                        "AVX-512"};
    return names[level];
}

struct text_word blas_kernel_suggest(const char *word)
{
    const char *names[N_KERNELS];
    for (int i = 0; i < N_KERNELS; i++)
        names[i] = kernels[i].name;
    return text_suggest(word, names, N_KERNELS);
}
