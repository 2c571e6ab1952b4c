#!/usr/bin/env bash
# What the command line limits: shards, time for a cell, failures. Wrong values are told.
. "$(dirname "$0")/lib.sh"
need ncdump netcdf-bin

for words in "--shard 2" "--shard 2/2" "--shard -1/2" "--shard 1/0" "--shard /2" \
    "--cell-timeout soon" "--cell-timeout 0" "--cell-timeout 5x" "--max-failures -1" \
    "--max-failures some"; do
    study limits
    run "$strata" sweep limits.yaml -o limits $words
    assert_exit 64
    assert_text stderr "strata: $words: not "
    assert_absent limits
done

# Shards have no cell in common and make the whole: here one after the other, in one
# directory, which is what remains when all are done.
study whole
run "$strata" sweep whole.yaml -o whole -q
assert_exit 0
n=$(cells whole complete)
cp whole.yaml shards.yaml
sed -i 's/whole/shards/' shards.yaml
for i in 0 1 2; do
    run "$strata" sweep shards.yaml -o shards -q --shard $i/3
    assert_exit 0
    assert_match stderr "^strata: study shards, [0-9]+ cells? in shard $i/3$"
done
assert_equal "$(cells shards complete)" "$n"
assert_equal "$(content_hash shards/archive.nc)" "$(content_hash whole/archive.nc)"
run "$strata" sweep shards.yaml -o shards -q --shard 1/3
assert_exit 0
assert_match stderr 'in shard 1/3, [1-9] done before$'

# A cell that takes too long is given up, with nothing of what it had; the others are
# not. Another try with more time completes it.
printf '%s\n' 'study: slow' "data: $data" 'grid: {seed: 1, depth: 1, width: 8}' \
    'blocks: [{seed: 2, depth: 1, width: 8, epochs: 100000}]' \
    'train: {epochs: 2, batch_size: 32, patience: 0}' >slow.yaml
run "$strata" sweep slow.yaml -o slow -q --cell-timeout 1s
assert_exit 79
assert_within 5
assert_equal "$(cells slow complete)" 1
assert_equal "$(cells slow timeout)" 1
assert_equal "$(values slow/archive.nc n_parameters | tail -n 1)" 0
run ncdump -v message slow/archive.nc
assert_match stdout '"took longer than 1.00 s \(--cell-timeout\)"'
run "$strata" sweep slow.yaml -o slow -q --cell-timeout 1s
assert_exit 79
assert_match stderr ', 2 done before$'

# Failures beyond what is allowed stop all ranks.
printf '%s\n' 'study: wild' "data: $data" \
    'grid: {seed: 1..400, depth: 1, width: 8, learning_rate: [0.01, 100]}' \
    'train: {epochs: 10, batch_size: 32, optimizer: sgd, activation: tanh}' >wild.yaml
for n in 1 2; do
    run "$mpirun" -n $n "$strata" sweep wild.yaml -o wild$n -q --max-failures 3
    assert_exit 75
    assert_match stderr '^strata: stopped early, as too many cells are not complete: '
    left=$(cells wild$n left)
    [ "$left" -gt 100 ] || fail "only $left cells are left"
    [ "$(cells wild$n diverged)" -gt 3 ] || fail "$(cells wild$n diverged) diverged"
done
