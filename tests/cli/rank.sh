#!/usr/bin/env bash
# rank: measures as predictors of the gap, from the archives of real sweeps.
. "$(dirname "$0")/lib.sh"

# rank ARGUMENT...: must succeed and be silent on standard error.
rank() {
    run "$strata" rank "$@"
    assert_exit 0
    assert_empty stderr
}

# as_reference ARGUMENT...: scipy and numpy find the same numbers in the settings.
as_reference() {
    rank "$@" --table settings --format csv
    cp stdout settings.csv
    rank "$@" --format json --permutations 0
    assert_json stdout
    cp stdout judged.json
    run python3 "$sources/tests/reference/rank_reference.py" settings.csv judged.json 100
    assert_exit 0
    assert_match stdout '^[1-9][0-9]* measures compared$'
}

study deep 'probe: {at: [init, "epoch:1", best]}'
axes=(--set seed=1..2 --set depth=1,2,3 --set label_corruption=0,0.4 --set width=4,12)
sweep deep "${axes[@]}"

# ---- for people ----

rank deep
assert_match stdout '^deep: 24 of 24 cells; snapshot best$'
assert_match stdout '^gap: train accuracy on given labels - test accuracy; .* over 12 settings, means of 2 seeds$'
assert_match stdout '^measure +n +tau-b +p +Psi +p +CMI +p +contest +p +sign err +p +worst +pairs +psi:depth +psi:width +psi:label_corruption$'
for baseline in n_parameters depth label_corruption network_loss.train random; do
    assert_count 1 stdout "^$baseline \\* +12 "
done
assert_match stdout '^system_accuracy.combined.train.last +12 '
assert_no_match stdout '\.(test|validation)'
assert_match stdout 'N = 999 permutations'
# Corrupted samples are there in half of the settings.
assert_match stdout '^train_accuracy_corrupt +6 '
# An option holds no information beyond the options.
assert_match stdout '^depth \* .* 0\.000 +1\.000 +0\.000 +1\.000 '
cp stdout by-directory
rank deep/archive.nc
cmp stdout by-directory || fail "an archive and its directory, or two runs, differ"
rank deep --format markdown --permutations 19
assert_count 1 stdout '^\|( -+:? \|)+$'
rank deep --table settings
assert_match stdout '^depth +width +label_corruption +seeds +train_accuracy +'
assert_count 12 stdout '^ +[123] +(4|12) +0(\.4)? +2 '

# ---- for programs: order, and the reference ----

rank deep --format csv
python3 - stdout <<'PY' || fail "not in order"
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1], newline="")))
keys = [(-float(row["cmi"] or -1), row["measure"]) for row in rows]
assert keys == sorted(keys), keys
assert len({row["measure"] for row in rows}) == len(rows) > 20
for row in rows:
    assert int(row["settings"]) + int(row["left_out"]) == 12
    assert row["gap_definition"] == "given" and row["permutations"] == "999"
    for name in ("tau", "granulated", "cmi", "contest_cmi", "sign_error"):
        assert (row[name] == "") == (row[name + "_p"] == ""), row
        assert row[name] == "" or 0.001 <= float(row[name + "_p"]) <= 1, row
PY

as_reference deep
for gap in clean test; do
    as_reference deep --gap $gap --measures network_loss.test,mean_perplexity
done
as_reference deep --snapshot epoch:1
as_reference deep --where 'depth > 1 or width == 4'    # an incomplete grid
as_reference deep --where 'seed == 1'                  # one seed
as_reference deep --where 'not (seed == 2 and depth == 3)' # uneven seeds
rank deep --where 'depth > 1 or width == 4' --format csv --measures random
assert_count 5 stdout ',10,0,999,'
rank deep --where 'seed == 1' --measures mean_perplexity.test.last --permutations 19
assert_text stdout 'over 12 settings, one seed each'
assert_count 6 stdout '^[a-z_.]+( \*)? +12 '
rank deep --where 'not (seed == 2 and depth == 3)' --permutations 19
assert_text stdout 'means of 1 to 2 seeds'

# Settings are means over seeds of the archive's own numbers, by layer as the names say.
rank deep --table settings --format csv
python3 - deep/archive.nc stdout <<'PY' || fail "not the means over seeds"
import csv, sys, netCDF4
a = netCDF4.Dataset(sys.argv[1])
best, train, test, discrete, combined = 2, 0, 2, 0, 2
def check(found, expected):
    expected = sum(expected) / len(expected)
    assert abs(float(found) - expected) <= 2e-12 * abs(expected) + 1e-12, (found, expected)
rows = list(csv.DictReader(open(sys.argv[2], newline="")))
assert len(rows) == 12
for row in rows:
    cells = [i for i in range(len(a["seed"])) if all(
        a[name][i] == float(row[name]) for name in ("depth", "width", "label_corruption"))]
    hidden = range(int(row["depth"]))
    assert len(cells) == 2
    accuracy = a["network_accuracy"][:, best]
    check(row["gap"], [accuracy[i, train] - accuracy[i, test] for i in cells])
    check(row["train_accuracy_on_clean"], [a["train_accuracy_clean"][i, best] for i in cells])
    check(row["network_loss.train"], [a["network_loss"][i, best, train] for i in cells])
    check(row["n_parameters"], [a["n_parameters"][i] for i in cells])
    perplexity = a["mean_perplexity"][:, best, train]
    check(row["mean_perplexity.train.last"], [perplexity[i, hidden[-1]] for i in cells])
    check(row["mean_perplexity.train.mean"], [perplexity[i, l] for i in cells for l in hidden])
    system = a["system_accuracy"][:, best]
    check(row["system_accuracy.combined.train.last"],
          [system[i, combined, train, hidden[-1]] for i in cells])
    check(row["system_accuracy.discrete.train.mean"],
          [system[i, discrete, train, l] for i in cells for l in hidden])
PY

# A gap is what it says it is.
rank deep --table settings --format csv --gap test
python3 - stdout <<'PY' || fail "not the test error"
import csv, sys
for row in csv.DictReader(open(sys.argv[1], newline="")):
    assert abs(1 - float(row["test_accuracy"]) - float(row["gap"])) < 1e-11, row
PY
rank deep --table settings --format csv --gap clean
python3 - stdout <<'PY' || fail "not the gap on clean samples"
import csv, sys
differs = 0
for row in csv.DictReader(open(sys.argv[1], newline="")):
    clean, given = float(row["train_accuracy_on_clean"]), float(row["train_accuracy"])
    assert abs(clean - float(row["test_accuracy"]) - float(row["gap"])) < 1e-11, row
    assert row["label_corruption"] != "0" or clean == given, row
    differs += clean != given
assert differs
PY

# ---- permutations ----

rank deep --permutations 0 --format csv --measures depth
assert_match stdout '^random,baseline,given,12,0,0,[-0-9.e]+,,'
rank deep --permutations 9 --format json --measures depth
python3 - stdout <<'PY' || fail "not of nine permutations"
import json, sys
for row in json.load(open(sys.argv[1])):
    for name, p in row.items():
        assert not name.endswith("_p") or p is None or abs(p * 10 - round(p * 10)) < 1e-12
PY

# ---- cells without results ----

printf '%s\n' 'study: wild' "data: $data" \
    'grid: {seed: 1..2, depth: [1, 2, 3], width: [4, 8], learning_rate: [0.01, 100]}' \
    'train: {epochs: 3, batch_size: 32, optimizer: sgd, activation: tanh}' >wild.yaml
run "$strata" sweep wild.yaml -o wild -q
assert_exit 79
rank wild --permutations 19
assert_match stdout '^wild: 24 of 24 cells, 12 diverged; '
assert_text stdout 'over 6 settings, means of 2 seeds; 6 without a gap left out'
as_reference wild

# A test set of one class, and networks that all get it right: nothing would order them.
idx_data plain
printf '%s\n' 'study: alike' 'data: {name: ./plain, train: 40, validation: 10, test: 20}' \
    'grid: {seed: 1, depth: [1, 2, 3], width: [4, 8, 16]}' \
    'train: {epochs: 30, learning_rate: 0.02}' >alike.yaml
python3 - <<'PY'
for name, others in ("train", 2), ("t10k", 0):
    with open(f"plain/{name}-labels-idx1-ubyte", "r+b") as file:
        n = len(file.read()) - 8
        file.seek(8)
        file.write(bytes([1] * others + [0] * (n - others)))
PY
sweep alike
rank alike --gap test --where 'network_accuracy[test] == 1' --permutations 19
assert_match stdout '; 0\.0000 to 0\.0000 over [5-9] settings, one seed each$'
rank alike --gap test --where 'network_accuracy[test] == 1' --format csv
assert_match stdout '^n_parameters,baseline,test,[5-9],0,999,,,0,1,'

# ---- too little to judge ----

error 66 '4 of 4 settings have a gap (train accuracy on given labels - test accuracy) at snapshot best: fewer than 5, so nothing can be judged' \
    "$strata" rank "$work/deep" --where 'depth == 2'
rank deep --where 'depth == 2' --table settings
assert_count 4 stdout '^ +(4|12) +0(\.4)? +2 '
rank deep --where 'depth == 2 or (depth == 1 and label_corruption == 0)' \
    --measures train_accuracy_corrupt
assert_match stdout '^train_accuracy_corrupt +2$'
assert_text stdout 'fewer than 5 settings: not judged'

# ---- mistakes ----

error 64 "--measures mean_perplexty: no such measure (did you mean 'mean_perplexity'?)" \
    "$strata" rank "$work/deep" --measures depth,mean_perplexty
error 64 "--measures mean_perplexity.last: no such measure" \
    "$strata" rank "$work/deep" --measures mean_perplexity.last
error 64 "--gap train: not one of given, clean, test" "$strata" rank "$work/deep" --gap train
error 64 "--permutations -1: not a number from 0 to 1000000" \
    "$strata" rank "$work/deep" --permutations -1
error 64 "--table layers: not one of measures, settings" \
    "$strata" rank "$work/deep" --table layers
error 64 "--format xml: not one of table, csv, json, markdown" \
    "$strata" rank "$work/deep" --format xml
error 64 "--snapshot final: the archive has init, epoch:1, best" \
    "$strata" rank "$work/deep" --snapshot final
error 66 '--where: none of 24 cells matches: seed > 3' \
    "$strata" rank "$work/deep" --where 'seed > 3'
error 66 "none.nc: No such file or directory" "$strata" rank none.nc
error 64 "rank: missing operand: strata rank DIR" "$strata" rank
