#!/usr/bin/env bash
# The kernel of OpenBLAS: a slow one that the environment pins is told, and replaced where
# that is asked for.
. "$(dirname "$0")/lib.sh"
need ncdump netcdf-bin
grep -q ' avx512bw' /proc/cpuinfo || skip "needs a CPU with AVX-512"

study tiny
warning='^strata: OpenBLAS runs its Haswell kernel \(AVX2\) on a CPU with AVX-512, as'
pinned=(env OPENBLAS_CORETYPE=Haswell OPENBLAS_L2_SIZE=512)

# archived TEXT: what the archive of the last sweep says of the kernel.
archived() {
    ncdump -v run_blas out/archive.nc | grep '; kernel ' >blas
    assert_match blas "; $1; products by [a-z0-9]+\" ;\$"
}

# into_out [WORD...]: sweeps into an emptied folder, which must succeed.
into_out() {
    rm -rf out
    run "$@" sweep tiny.yaml -o out -q "${options[@]}"
    assert_exit 0
}

# Without a pin the library's choice is as good as the CPU, and nothing is said.
options=()
into_out "$strata"
assert_no_match stderr kernel
archived 'kernel [A-Za-z]*, chosen by OpenBLAS'
best=$(sed 's/.*; kernel \([A-Za-z]*\),.*/\1/' blas)
assert_different "$best" Haswell

for ranks in 1 2; do
    launch=("$mpirun" -n $ranks "${pinned[@]}" "$strata")

    options=()
    into_out "${launch[@]}"
    assert_count 1 stderr "$warning OPENBLAS_CORETYPE=Haswell is set"
    assert_text stderr "no loss here, as products are the program's own (avx512)"
    assert_text stderr 'sweep --blas-kernel auto takes the better kernel'
    assert_no_match stderr 'hosts:'
    archived 'kernel Haswell, pinned by OPENBLAS_CORETYPE=Haswell'

    options=(--blas-kernel keep)
    into_out "${launch[@]}"
    assert_count 1 stderr "$warning"

    options=(--blas-kernel auto)
    into_out "${launch[@]}"
    assert_no_match stderr kernel
    archived "kernel $best, --blas-kernel auto"

    options=(--blas-kernel SkylakeX)
    into_out "${launch[@]}"
    assert_no_match stderr kernel
    archived 'kernel SkylakeX, --blas-kernel SkylakeX'

    run "$mpirun" -n $ranks "${pinned[@]}" "$strata" doctor
    assert_exit 0
    assert_count 1 stdout '^warning +OpenBLAS runs its Haswell kernel'
done

# Where OpenBLAS computes, its kernel costs time.
options=()
into_out "${pinned[@]}" STRATA_PRODUCTS=openblas "$strata"
assert_text stderr 'matrix products are slower than they need be; sweep --blas-kernel auto'

# Who asks for a slow kernel by name is not told that it is slow.
options=(--blas-kernel Haswell)
into_out "$strata"
assert_no_match stderr 'OpenBLAS runs'
archived 'kernel Haswell, --blas-kernel Haswell'

# One rank of two is slow: its host is named.
rm -rf out
run "$mpirun" -n 1 "${pinned[@]}" "$strata" sweep tiny.yaml -o out -q : \
    -n 1 "$strata" sweep tiny.yaml -o out -q
assert_exit 0
assert_count 1 stderr "$warning.*hosts: $(hostname)\)"

# A variable that is inherited from another process that started itself again does not
# keep this one from doing so.
options=(--blas-kernel auto)
into_out "${pinned[@]}" STRATA_STARTED_AGAIN=1 "$strata"
archived "kernel $best, --blas-kernel auto"
