#!/usr/bin/env bash
# Schedules of snapshots: a study that has them is the one that lists what they stand for.
. "$(dirname "$0")/lib.sh"
need ncdump netcdf-bin

# 250 training samples: 8 minibatches of 32 an epoch. study NAME has 2 epochs.
listed='init, step:1, step:2, step:4, step:8, step:3, step:6, epoch:1, epoch:2, final'
study short 'probe: {at: [init, "step:log2", "step:every:3", "epoch:every", final]}' \
    'keep: {networks: ["epoch:every", final], nodes: ["step:log2"]}'
sed 's/^study: .*/study: short/; s/at: .*/at: ['"$listed"']}/
    s/keep: .*/keep: {networks: [epoch:1, epoch:2, final],\n  nodes: [step:1, step:2, step:4, step:8]}/' \
    short.yaml >long.yaml

# plan says what the schedules make.
run "$strata" plan short.yaml
assert_exit 0
assert_text stdout 'snapshots   10: init, step:1, step:2, step:4, step:8, step:3, step:6, epoch:1, ..., final'
run "$strata" plan short.yaml --json
assert_exit 0
assert_equal "$(python3 -c 'import json; print(", ".join(json.load(open("stdout"))["snapshots"]))')" \
    "$listed"

# The directory and the archive have the list, and cells that are those of the list, to the
# bit and by identity.
sweep short
assert_text short/study.yaml "  at: [$listed]"
assert_text short/study.yaml '  networks: [epoch:1, epoch:2, final]'
assert_text short/study.yaml '  nodes: [step:1, step:2, step:4, step:8]'
assert_equal "$(values short/archive.nc snapshot_label | tr '\n' ' ')" \
    "$(tr -d , <<<"$listed") "
sweep long
cmp -s short/study.yaml long/study.yaml || fail 'study.yaml differs'
assert_different "$(content_hash long/archive.nc)" ''
assert_equal "$(content_hash short/archive.nc)" "$(content_hash long/archive.nc)"
run "$strata" diff short long
assert_exit 0

# Either goes on where the other has ended.
run "$strata" sweep long.yaml -o short -q --set seed=1..3
assert_exit 0
assert_match stderr '6 cells, 4 done before'
run "$strata" plan short.yaml -o short
assert_exit 0
assert_match stdout '^cells +4: 4 done, 0 left'
assert_equal "$(cells short complete)" 6
run "$strata" verify short --recompute 1
assert_exit 0
assert_match stdout 'computed again, the same bits'

# Halves of the grid have the same snapshots, and unite.
for seed in 1 2; do
    run "$strata" sweep short.yaml -o half$seed -q --set seed=$seed
    assert_exit 0
done
run "$strata" merge half1 half2 -o both
assert_exit 0
assert_text both/study.yaml "  at: [$listed]"
assert_equal "$(content_hash both/archive.nc)" "$(content_hash long/archive.nc)"

# More epochs are more snapshots, so other cells.
run "$strata" plan short.yaml --set epochs=3 -o short
assert_exit 0
assert_match stdout '^snapshots +11: '
assert_match stdout '^cells +4: 0 done, 4 left'

# All ranks work out the same.
run "$mpirun" -n 3 "$strata" sweep short.yaml -o ranks -q
assert_exit 0
assert_equal "$(content_hash ranks/archive.nc)" "$(content_hash long/archive.nc)"

# Too many, or none.
study none 'probe: {at: ["step:every:3", "epoch:every:300"]}'
error 78 "probe.at: 5003 snapshots, more than 4096" "$strata" plan ../short.yaml --set epochs=4995
error 78 "probe.at: no snapshot is left: step:every:3 makes none, as the longest epoch has 2 steps" \
    "$strata" plan ../none.yaml --set batch_size=200

# One that makes none is no fault where others do.
run "$strata" plan short.yaml --set batch_size=200 --set epochs=1
assert_exit 0
assert_text stdout 'snapshots   5: init, step:1, step:2, epoch:1, final'

# A run directory's study lists its snapshots.
sed -i 's/^  at: .*/  at: [step:log2]/; s/^  networks: .*/  networks: []/; s/^  nodes: .*/  nodes: false/
    /histograms:/d' short/study.yaml
for command in status verify merge; do
    run "$strata" "$command" short
    assert_exit 78
    assert_text stderr 'probe.at: step:log2 is a schedule'
done
