#!/usr/bin/env bash
# Whatever kernel makes the matrix products, the numbers are the same to the last bit.
. "$(dirname "$0")/lib.sh"
need ncdump netcdf-bin
grep -q ' avx2 ' /proc/cpuinfo || skip "needs a CPU with AVX2"

cat >study.yaml <<'END'
study: products
data: {name: glyphs, train: 330, validation: 30, test: 70}
grid:
  seed: 1
  depth: 2
  width: [5, 37]
  activation: [relu, sigmoid, tanh]
  loss: [mse, cross-entropy]
train: {batch_size: 37, epochs: 2, bias: all}
END

kernels=(avx2 plain)
grep -q ' avx512bw' /proc/cpuinfo && kernels+=(avx512)
for kernel in "${kernels[@]}"; do
    run env STRATA_PRODUCTS=$kernel "$strata" sweep study.yaml -o $kernel -q
    assert_exit 0
    ncdump -h $kernel/archive.nc | grep ':content_hash' >$kernel.hash
    assert_equal "$(cat $kernel.hash)" "$(cat avx2.hash)"
    ncdump -v run_blas $kernel/archive.nc >runs
    assert_match runs "; products by $kernel\" ;$"
done

# OpenBLAS rounds in its own order; it is there for other CPUs.
run env STRATA_PRODUCTS=openblas "$strata" sweep study.yaml -o openblas -q
assert_exit 0

run env STRATA_PRODUCTS=abacus "$strata" sweep study.yaml -o abacus -q
assert_exit 64
assert_text stderr 'STRATA_PRODUCTS=abacus: known are avx512, avx2, openblas, plain'
assert_absent abacus
