#!/usr/bin/env bash
# Cells that diverge: the others complete, exit 79, the reason is in the archive, and they
# are not computed again.
. "$(dirname "$0")/lib.sh"
need ncdump netcdf-bin

printf '%s\n' 'study: wild' "data: $data" \
    'grid: {seed: 1..2, depth: 1, width: 8, learning_rate: [0.01, 100]}' \
    'train: {epochs: 4, batch_size: 32, optimizer: sgd, activation: tanh}' >wild.yaml

# fails COMMAND...: ends with two of the four cells complete.
fails() {
    run "$@"
    assert_exit 79
    assert_count 1 stderr \
        '^strata: 2 of 4 cells are not complete: see status and message in wild/'
}

fails "$strata" sweep wild.yaml -o wild
assert_match stdout '^wild: 4 of 4 cells, 2 diverged; snapshot best$'
assert_equal "$(cells wild complete)" 2
assert_equal "$(cells wild diverged)" 2
assert_equal "$(cells wild left)" 0
run ncdump -v status,message,learning_rate,seed wild/archive.nc
assert_match stdout '^ status = 0, 2, 0, 2 ;$'
assert_match stdout '^ learning_rate = 0.01, 100, 0.01, 100 ;$'
assert_count 2 stdout '^ +"[^"]*(loss|not finite|diverged)[^"]*"'
run "$strata" status wild
assert_match stdout '^cells +4: 0 left, 2 complete, 2 diverged$'

# Where nothing completed there is nothing to tell of layers, in every format.
run "$strata" sweep wild.yaml -o none --set learning_rate=100
assert_exit 79
assert_no_match stdout layer
for format in csv json; do
    run "$strata" summarize none --format $format --table layers
    assert_exit 0
    cp stdout layers.$format
done
assert_equal "$(cat layers.csv)" "layer,perplexity,discrete,continuous,combined,network"
assert_json layers.json

# They are not computed again ...
cp wild/archive.nc first.nc
fails "$strata" sweep wild.yaml -o wild -q
assert_text stderr "4 done before"
assert_equal "$(ls wild/journal | wc -l)" 1
assert_equal "$(content_hash wild/archive.nc)" "$(content_hash first.nc)"

# ... not even where failed ones are: a cell that diverged would diverge again.
fails "$mpirun" -n 2 "$strata" sweep wild.yaml -o wild -q --retry failed
assert_text stderr "4 done before"
assert_equal "$(values wild/archive.nc attempt | tr '\n' ' ')" "1 1 1 1 "
assert_equal "$(content_hash wild/archive.nc)" "$(content_hash first.nc)"
