#!/usr/bin/env bash
# summarize: tables for people and for programs.
. "$(dirname "$0")/lib.sh"

study small 'probe: {at: [init, "epoch:1", best]}'
sweep small --set seed=1..3 --set label_corruption=0,0.2

# summarize ARGUMENT...: must succeed and be silent on standard error.
summarize() {
    run "$strata" summarize "$@"
    assert_exit 0
    assert_empty stderr
}

# ---- for people ----

summarize small
assert_match stdout '^small: 12 of 12 cells; snapshot best$'
assert_match stdout '^depth +label_corruption +seeds +train acc % +val err % +test err % +sd +± 95% t$'
assert_count 4 stdout '^ +[12] +0(\.2)? +3( +[0-9]+\.[0-9]+){5}$'
assert_match stdout '^depth +label_corruption +layer +perplexity +of class +discrete'
assert_count 6 stdout '^ +2 +0(\.2)? +[123] +[0-9.]+ +[^ 0-9]'
cp stdout by-directory
summarize small/archive.nc
cmp stdout by-directory || fail "an archive and its directory differ"

# What a sweep prints is this table.
run "$strata" sweep small.yaml -o small --set seed=1..3 --set label_corruption=0,0.2
assert_exit 0
head -n "$(wc -l <by-directory)" stdout | cmp - by-directory ||
    fail "sweep prints another table"

summarize small --table network
assert_no_match stdout layer
summarize small --table layers
assert_no_match stdout seeds
assert_match stdout layer

summarize small --format markdown --table network
assert_match stdout '^\| depth \| label_corruption \| seeds \|'
assert_count 1 stdout '^\|( -+:? \|)+$'
assert_count 6 stdout '^\|.*\|$'
assert_no_match stdout '^\|.*[^|]$'

# A line right behind a markdown table would belong to it.
sweep small --set seed=1,2 --set label_corruption=0
summarize small --format markdown
awk 'previous ~ /^\|/ && $0 !~ /^\|/ && $0 != "" { exit 1 } { previous = $0 }' stdout ||
    fail "text follows a table without a blank line"
assert_text stdout "fewer than three seeds"
sweep small --set seed=1..3 --set label_corruption=0,0.2

# ---- for programs ----

# parsed FORMAT: the table on standard output is complete, its numbers are numbers.
parsed() {
    python3 - "$1" stdout <<'PY' || fail "not as it should be"
import csv, json, sys
with open(sys.argv[2], newline="") as file:
    rows = json.load(file) if sys.argv[1] == "json" else list(csv.DictReader(file))
assert len(rows) == 4, len(rows)
for row in rows:
    assert list(row) == ["depth", "label_corruption", "n", "train_accuracy",
                         "validation_error", "test_error", "test_error_sd",
                         "test_error_low", "test_error_high"], list(row)
    row = {key: float(value) for key, value in row.items()}
    assert row["n"] == 3
    assert row["test_error_low"] <= row["test_error"] <= row["test_error_high"]
assert len({(row["depth"], row["label_corruption"]) for row in rows}) == 4
PY
}
summarize small --format csv
parsed csv
summarize small --format=json
assert_json stdout
parsed json
summarize small --format csv --table layers
assert_match stdout \
    '^depth,label_corruption,layer,perplexity,discrete,continuous,combined,network$'
assert_count 10 stdout '^[12],0(\.2)?,[123],[0-9]'
summarize small --format json --table layers
assert_json stdout

# ---- grouping ----

summarize small --by depth --format csv
assert_count 2 stdout '^[12],6,'
assert_match stdout '^depth,n,'
summarize small --by seed,label_corruption --format csv
assert_count 6 stdout '^[123],0(\.2)?,2,'
summarize small --by width --format csv
assert_count 1 stdout '^8,12,'

# --over names the others: those that are averaged.
for pair in 'depth seed,label_corruption' 'label_corruption,depth seed' \
    'seed,depth label_corruption'; do
    summarize small --by "${pair% *}" --format csv
    cp stdout by
    summarize small --over "${pair#* }" --format csv
    cmp stdout by || fail "--by ${pair% *} and --over ${pair#* } differ"
done
summarize small
cp stdout default
summarize small --over seed
cmp stdout default || fail "--over seed is not what is done without it"

# ---- selection by validation error ----

study rates 'probe: {at: [init, best]}'
sweep rates --set seed=1..3 --set depth=1..3 --set learning_rate=0.0001,0.001,0.01
summarize rates --format csv
cp stdout every
summarize rates --select learning_rate --format csv
cp stdout selected
python3 - every selected <<'PY' || fail "not the learning rates of the lowest validation error"
import csv, sys
every, selected = (list(csv.DictReader(open(path, newline=""))) for path in sys.argv[1:])
assert [row["depth"] for row in selected] == ["1", "2", "3"]
for row in selected:
    best = min((r for r in every if r["depth"] == row["depth"]),
               key=lambda r: round(float(r["validation_error"]), 12))
    assert row == best, (row, best)
PY
summarize rates --select learning_rate --table network
assert_match stdout '; snapshot best; learning_rate selected by validation error: 0\.[0-9., ]+$'
# Selected among what --where leaves, before anything is averaged.
summarize rates --select learning_rate --where 'learning_rate < 0.01' --format csv
assert_no_match stdout '^[123],0.01,'
summarize rates --select learning_rate --by depth --format csv
cut -d, -f1,3- selected | cmp - stdout || fail "selected cells are not what is averaged"
summarize rates --select learning_rate --table layers --format csv
assert_count 9 stdout '^[123],[0-9.]+,[1234],[0-9]'
summarize rates --select learning_rate --compare depth=1,3 --format csv
assert_match stdout '^measure,n,first,second,'
first=$(awk -F, '$1 == 1 { printf "%.9f", $6 }' selected)
third=$(awk -F, '$1 == 3 { printf "%.9f", $6 }' selected)
assert_equal "$first $third" \
    "$(awk -F, '$1 == "test_error" { printf "%.9f %.9f", $3, $4 }' stdout)"

# ---- bootstrap intervals ----

# A setting of 20 seeds has one; the other has 19 and Student's t, and a line says so.
study many
sweep many --set seed=1..20 --set depth=1,2
few='not (depth == 2 and seed == 20)'
summarize many --where "$few" --table network --interval bootstrap
assert_match stdout '^depth +seeds +train acc % +val err % +test err % +sd +95% low +95% high$'
assert_text stdout "intervals of fewer seeds are Student's t: a bootstrap interval takes 20 seeds"
summarize many --table network --interval bootstrap
assert_no_match stdout 'bootstrap'
summarize many --where "$few" --format csv --interval t
cp stdout t
summarize many --where "$few" --format csv
cmp stdout t || fail "--interval t is not what is done without it"
summarize many --where "$few" --format csv --interval bootstrap
python3 - t stdout many/archive.nc <<'PY' || fail "not the interval of resampled seeds"
import csv, sys
import netCDF4, numpy as np
t, found = (list(csv.DictReader(open(path, newline=""))) for path in sys.argv[1:3])
assert t[1] == found[1] and t[0] != found[0], (t, found)
for name in t[0]:
    assert name in ("test_error_low", "test_error_high") or t[0][name] == found[0][name]
a = netCDF4.Dataset(sys.argv[3])
best = [str(l) for l in a["snapshot_label"][:]].index("best")
error = 1 - np.asarray(a["network_accuracy"][:, best, 2])[np.asarray(a["depth"][:]) == 1]
# Percentiles of other resamples: BCa moves them by less than half a standard error here.
means = np.random.default_rng(1).choice(error, (20000, 20)).mean(axis=1)
ends = [float(found[0][f"test_error_{end}"]) for end in ("low", "high")]
for end, share in zip(ends, (2.5, 97.5)):
    assert abs(end - np.percentile(means, share)) < means.std() / 2, (end, share)
PY

# ---- snapshots ----

summarize small --snapshot init --table network
assert_match stdout '; snapshot init$'
cp stdout init
summarize small --snapshot epoch:1 --table network
cmp -s stdout init && fail "the snapshot makes no difference"

# ---- archives that somebody else wrote ----

# An archive has two texts of its own in a summary, its title and the labels of snapshots.
study foreign 'probe: {at: [init, best]}'
sweep foreign --set seed=1..3 --set depth=1,2
declare -A sound
for format in csv json; do
    summarize foreign --format $format
    sound[$format]=$(cat stdout)
done
python3 - <<'PY'
import netCDF4, numpy as np
with netCDF4.Dataset("foreign/archive.nc", "a") as a:
    a.title = '=cmd()|<script>alert(1)</script>[x](y)\u202e\x1b[2J\r\nline'
    a["snapshot_label"].set_auto_chartostring(False)
    a["snapshot_label"][1] = np.frombuffer(b"<b>|=`x`".ljust(24, b"\0"), "S1")
PY
for format in csv json; do
    summarize foreign --format $format --snapshot '<b>|=`x`'
    assert_equal "$(cat stdout)" "${sound[$format]}"
done
for request in '' '--table layers' '--compare depth=1,2'; do
    for format in table markdown; do
        # shellcheck disable=SC2086
        summarize foreign $request --format $format
        assert_no_match stdout $'[\x1b\r]'
        assert_no_match stdout $'\xe2\x80\xae'
    done
    assert_no_match stdout '(^|[^\])[<`]'
done
summarize foreign --format markdown
assert_text stdout '=cmd()\|\<script\>alert(1)\</script\>\[x\](y)'
assert_text stdout 'snapshot \<b\>\|=\`x\`'
summarize foreign
assert_text stdout '=cmd()|<script>alert(1)</script>[x](y)'

# ---- mistakes ----

error 64 "--snapshot final: the archive has init, epoch:1, best" \
    "$strata" summarize "$work/small" --snapshot final
error 64 "--by dept: no such option (did you mean 'depth'?)" \
    "$strata" summarize "$work/small" --by dept
error 64 "--over sede: no such option (did you mean 'seed'?)" \
    "$strata" summarize "$work/small" --over sede
error 64 '--by and --over: give one of them' \
    "$strata" summarize "$work/small" --over seed --by depth
error 64 '--select seed: a seed is no better than another' \
    "$strata" summarize "$work/small" --select seed
error 64 "--format xml: not one of table, csv, json, markdown" \
    "$strata" summarize "$work/small" --format xml
printf '%s\n' 'study: wild' "data: $data" \
    'grid: {seed: 1, depth: 1, width: 8, learning_rate: [90, 100]}' \
    'train: {epochs: 4, batch_size: 32, optimizer: sgd, activation: tanh}' >wild.yaml
run "$strata" sweep wild.yaml -o wild -q
assert_exit 79
error 66 '--select: no cell has a validation error to select by' \
    "$strata" summarize "$work/wild" --select learning_rate
error 64 "--table layer: not one of network, layers, both" \
    "$strata" summarize "$work/small" --table layer
error 64 "--table both: not one of network, layers" \
    "$strata" summarize "$work/small" --table both --format csv
