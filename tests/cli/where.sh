#!/usr/bin/env bash
# summarize --where: what is left is what a study of these cells alone would have given.
. "$(dirname "$0")/lib.sh"
need ncdump netcdf-bin

axes=(--set 'seed=1..3' --set 'depth=1,2,3' --set 'learning_rate=0.001,0.003,0.1,1e-2')
study all 'probe: {at: [init, "epoch:1", best]}'
sweep all "${axes[@]}"

# summarize ARGUMENT...: must succeed and be silent on standard error.
summarize() {
    run "$strata" summarize "$@"
    assert_exit 0
    assert_empty stderr
}

# chooses N EXPRESSION: of the 36 cells.
chooses() {
    summarize all --where "$2" --table network
    assert_text stdout "all: 36 of 36 cells; snapshot best; $1 of 36 cells where $2"
}

# ---- the same cells, swept alone ----

# like_part EXPRESSION AXIS...: the expression leaves what a sweep of these axes computes.
like_part() {
    local expression=$1
    shift
    rm -rf part
    study part 'probe: {at: [init, "epoch:1", best]}'
    sweep part "$@"
    for table in network layers; do
        for by in '' --by=depth,seed; do
            summarize part --format csv --table $table $by
            cp stdout part.csv
            summarize all --format csv --table $table $by --where "$expression"
            cmp stdout part.csv || fail "'$expression' is not that part of the cells"
        done
    done
}
# What varies among the cells is shown, so the part has what the whole has to vary.
like_part 'seed <= 2' --set seed=1,2 --set depth=1,2,3 \
    --set learning_rate=0.001,0.003,0.1,1e-2
like_part 'learning_rate in (0.1, 0.001) and not depth = 2' --set 'seed=1..3' \
    --set depth=1,3 --set learning_rate=0.001,0.1
like_part 'depth == n_layers or depth >= 3 && seed != 2' --set seed=1,3 --set depth=3 \
    --set learning_rate=0.001,0.003,0.1,1e-2

# ---- every value of an axis, as the study wrote it or as people write it ----

for rate in 0.001 1e-3 0.003 3e-3 0.1 1e-2 .01; do
    chooses 9 "learning_rate == $rate"
done
chooses 9 '0.0009 < learning_rate < 0.0011'
chooses 36 'status == complete and activation in (relu, tanh)'
id=$(values all/archive.nc cell_id | head -1)
chooses 1 "cell_id == $id"

# ---- results choose cells: one and the other side are all ----

for test in 'network_accuracy[test] > network_accuracy[test, init]' \
    'mean_perplexity[test, layer:1] < 7' 'best_epoch == 2' 'corrupt_count > 0'; do
    summarize all --where "not ($test) or ($test)" --table network
    assert_text stdout '; 36 of 36 cells where'
done
# The snapshot is the table's.
chooses 36 'snapshot_epoch >= 0 and snapshot_epoch == best_epoch'
summarize all --where 'snapshot_epoch == 1' --table network --snapshot epoch:1
assert_text stdout '; 36 of 36 cells where'
run "$strata" summarize all --where 'snapshot_epoch == 1' --snapshot init
assert_exit 66

# A layer that a network does not have is missing: no comparison holds, nor its negation.
chooses 24 'mean_perplexity[test, layer:3] > 0'
chooses 12 'mean_perplexity[test, layer:3] is missing'
run "$strata" summarize all --where 'not mean_perplexity[test, layer:3] > 0'
assert_exit 66

# ---- layers ----

summarize all --where '2 <= layer < n_layers' --table layers
assert_text stdout '; 36 of 108 layers where 2 <= layer < n_layers'
summarize all --where '2 <= layer < n_layers' --table layers --format csv
cp stdout middle.csv
summarize all --table layers --format csv
awk -F, 'NR == 1 || $3 >= 2 && $3 <= $1' stdout | cmp - middle.csv ||
    fail "not the hidden layers but the first"

# Means over those cells whose layer matches, the network's accuracy too: against the
# archive's own numbers.
expression='mean_perplexity[test] >= 5 and layer != 2'
summarize all --where "$expression" --table layers --format json --by depth
python3 - all/archive.nc stdout <<'PY' || fail "not the means of the layers that match"
import json, sys, numpy, netCDF4
a = netCDF4.Dataset(sys.argv[1])
rows = json.load(open(sys.argv[2]))
best, test = 2, 2
perplexity = a["mean_perplexity"][:, best, test, :].filled(numpy.nan)
combined = a["system_accuracy"][:, best, 2, test, :].filled(numpy.nan)
network = a["network_accuracy"][:, best, test]
expected = {}
for depth in 1, 2, 3:
    for layer in range(1, depth + 2):
        p = perplexity[:, layer - 1]
        cells = (a["depth"][:] == depth) & (p >= 5) & (layer != 2)
        if cells.any():
            expected[depth, layer] = [float(x[cells].mean()) for x in
                                      (p, combined[:, layer - 1], network)]
found = {(r["depth"], r["layer"]): [r["perplexity"], r["combined"], r["network"]]
         for r in rows}
assert found.keys() == expected.keys() and len(found) > 3, (found.keys(), expected.keys())
for key in found:
    assert numpy.allclose(found[key], expected[key], rtol=1e-12, atol=0), key
chosen = [sum(perplexity[:, l] >= 5) for l in (0, 2, 3)]
existing = [sum(perplexity[:, l] > 0) for l in (0, 2, 3)]
assert any(0 < n < m for n, m in zip(chosen, existing)), "only whole layers are chosen"
PY

# ---- cells that have no results ----

printf '%s\n' 'study: wild' "data: $data" \
    'grid: {seed: 1..2, depth: 1, width: 8, learning_rate: [0.01, 100]}' \
    'train: {epochs: 4, batch_size: 32, optimizer: sgd, activation: tanh}' >wild.yaml
run "$strata" sweep wild.yaml -o wild -q
assert_exit 79
summarize wild --where 'status == diverged' --table network
assert_text stdout '; 2 of 4 cells where status == diverged'
summarize wild --where "message != ''" --format csv
assert_count 1 stdout '^0,'
summarize wild --where 'status != diverged' --format csv
assert_count 1 stdout '^2,[0-9]'

# ---- for people ----

summarize all --where 'depth == 3 and activation == "relu" || seed = 9' --format markdown
assert_text stdout '; 12 of 36 cells where `depth == 3 and activation == "relu" || seed = 9`'
run "$strata" summarize --help
assert_text stdout '--where EXPR'

# ---- mistakes ----

error 66 '--where: none of 36 cells matches: seed > 3' \
    "$strata" summarize "$work/all" --where 'seed > 3'
error 66 '--where: none of 108 layers matches: layer == 9' \
    "$strata" summarize "$work/all" --where 'layer == 9' --table layers
for table in network both; do
    error 64 "--where: column 8: 'layer' is for rows that are layers (--table layers)" \
        "$strata" summarize "$work/all" --where 'seed > layer' --table $table
done
error 64 "--where: column 12: no such variable 'dept' (did you mean 'depth'?)" \
    "$strata" summarize "$work/all" --where 'seed=1 and dept > 2'
assert_match stderr '^  seed=1 and dept > 2$'
assert_match stderr '^             \^$'
error 64 "--where: column 15: 'rleu' is none of activation's values: relu sigmoid tanh" \
    "$strata" summarize "$work/all" --where 'activation == rleu'
error 64 '--where: column 29: a second snapshot' \
    "$strata" summarize "$work/all" --where 'network_accuracy[test,best, init] > 0'
error 64 '--where: byte 7 begins a control character' \
    "$strata" summarize "$work/all" --where $'depth \x01== 2'
assert_no_match stderr $'\x01'
error 64 '--where needs a value: --where EXPR' "$strata" summarize "$work/all" --where ''
error 64 '--where: given twice' \
    "$strata" summarize "$work/all" --where 'seed=1' --where 'seed=2'
