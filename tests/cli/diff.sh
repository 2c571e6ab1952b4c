#!/usr/bin/env bash
# diff: two directories or archives, cell by cell.
. "$(dirname "$0")/lib.sh"

study small
sweep small
cp small.yaml again.yaml
run "$mpirun" -n 2 "$strata" sweep again.yaml -o again -q
assert_exit 0

# The same bits, whoever computed them; times are no part of it.
for pair in "small again" "small/archive.nc again" "small again/archive.nc"; do
    run "$strata" diff $pair
    assert_exit 0
    assert_empty stderr
    assert_equal "$(cat stdout)" "4 equal, 0 differing, 0 only in A, 0 only in B"
done
run "$strata" diff small again --provenance
assert_exit 65
assert_text stdout "0 equal, 4 differing"
assert_match stdout '^differs +[0-9a-f]{32}  seed 2, depth 1: train_seconds [0-9.e-]+'
run "$strata" diff small small/archive.nc --provenance
assert_exit 0

# Cells of one side.
cp small.yaml more.yaml
sweep more --set seed=2..3 --set depth=1
run "$strata" diff small more
assert_exit 65
assert_text stderr "strata: small and more differ"
assert_count 3 stdout '^only in A  [0-9a-f]{32}  seed [12], depth [12]$'
assert_count 1 stdout '^only in B  [0-9a-f]{32}  seed 3, depth 1$'
assert_text stdout "1 equal, 0 differing, 3 only in A, 1 only in B"

# A cell that differs.
cp -r small altered
python3 "$here/journal.py" alter "$(echo altered/journal/*.jrn)" 2
run "$strata" diff altered small
assert_exit 65
assert_count 1 stdout '^differs +[0-9a-f]{32}  seed [12], depth [12]: epochs_run 1$'
assert_text stdout "3 equal, 1 differing, 0 only in A, 0 only in B"
run "$strata" diff altered small --json
assert_exit 65
assert_json stdout
for pair in '"differing": 1' '"equal": 3' '"variable": "epochs_run"' '"largest": 1.0'; do
    assert_text stdout "$pair"
done

# Another learning rate gives other cells; the options that tell them apart are named.
cp small.yaml rate.yaml
sweep rate --set learning_rate=0.01
run "$strata" diff small rate
assert_exit 65
assert_count 4 stdout '^only in A .*seed [12], depth [12], learning_rate 0\.001$'
assert_count 4 stdout '^only in B .*seed [12], depth [12], learning_rate 0\.01$'

error 66 "$work/absent" "$strata" diff "$work/small" "$work/absent"
error 64 "diff: missing operand" "$strata" diff "$work/small"
