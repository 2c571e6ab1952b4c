#!/usr/bin/env bash
# A grid that grows, shrinks and grows back: only new cells are computed, and those of
# before keep their identity and their results.
. "$(dirname "$0")/lib.sh"
need ncdump netcdf-bin

# sweeps LEFT DONE SEEDS [ARGUMENT...]: computes LEFT cells and finds DONE.
sweeps() {
    local left=$1 done=$2 seeds=$3
    shift 3
    sweep small --set "seed=$seeds" "$@"
    if [ "$done" -gt 0 ]; then
        assert_text stderr "$((left + done)) cells, $done done before"
    else
        assert_no_match stderr "done before"
    fi
    if [ "$left" -gt 0 ]; then
        assert_text stderr "$left of $left cells, "
    else
        assert_no_match stderr " of [0-9]+ cells"
    fi
    values small/archive.nc cell_id >ids
    assert_equal "$(wc -l <ids)" $((left + done))
}

study small
sweeps 4 0 1,2
first=$(content_hash small/archive.nc)
cp ids first-ids

sweeps 2 4 1..3
grown=$(content_hash small/archive.nc)
assert_different "$grown" "$first"
cp ids grown-ids
assert_equal "$(grep -cFf first-ids ids)" 4
assert_equal "$(sort ids | uniq -d)" ""

# Smaller: the same archive as before it grew. The rest stays in the journals.
sweeps 0 4 1,2
assert_text stderr "2 finished cells of other grids or studies: kept in the journals"
assert_equal "$(content_hash small/archive.nc)" "$first"
cmp ids first-ids || fail "cells changed their identity"

sweeps 0 6 1..3
assert_equal "$(content_hash small/archive.nc)" "$grown"

# An archive does not depend on the way to it.
study fresh
sed -i 's/fresh/small/' fresh.yaml
sweep fresh --set seed=1..3
assert_equal "$(content_hash fresh/archive.nc)" "$grown"

# A new axis whose value is what the cells had: nothing is new. Another value: all is.
sweeps 0 6 1..3 --set learning_rate=0.001
sweeps 6 6 1..3 --set learning_rate=0.001,0.01
assert_equal "$(grep -cFf grown-ids ids)" 6
