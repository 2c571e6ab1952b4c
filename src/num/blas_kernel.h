/* The kernels of OpenBLAS by the instruction set that they are written for. */
#ifndef STRATA_NUM_BLAS_KERNEL_H
#define STRATA_NUM_BLAS_KERNEL_H

#include "base/text.h"

/* From slow to fast. */
enum blas_level {
    BLAS_LEVEL_UNKNOWN, /* other architectures, kernels that are not in the table */
    BLAS_LEVEL_SSE,
    BLAS_LEVEL_AVX,
    BLAS_LEVEL_AVX2,
    BLAS_LEVEL_AVX512
};

/* Of a kernel by its name, in upper or lower case; of the CPU that we run on. */
enum blas_level blas_kernel_level(const char *kernel);
enum blas_level blas_cpu_level(void);

/* "AVX-512" */
const char *blas_level_name(enum blas_level level);

/* " (did you mean 'SkylakeX'?)", or nothing. */
struct text_word blas_kernel_suggest(const char *word);

#endif
