/* STRATA_KERNEL: compile a loop for several x86-64 instruction sets, chosen at load time.
 *
 * Such loops are element-wise in floating point, or exact, or sum in lanes whose order is
 * written out; the build forbids contraction and reordering. So every variant gives the
 * same bits. A plain floating-point `sum +=` does so too, but does not vectorise.
 */
#ifndef STRATA_NUM_KERNEL_H
#define STRATA_NUM_KERNEL_H

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(STRATA_SANITIZED)
#define STRATA_KERNEL __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define STRATA_KERNEL
#endif

#endif
