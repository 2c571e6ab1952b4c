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
assert_match stdout '^depth +label_corruption +seeds +train acc % +val err % +test err % '
assert_count 4 stdout '^ +[12] +0(\.2)? +3( +[0-9]+\.[0-9]+){4}$'
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

# ---- snapshots ----

summarize small --snapshot init --table network
assert_match stdout '; snapshot init$'
cp stdout init
summarize small --snapshot epoch:1 --table network
cmp -s stdout init && fail "the snapshot makes no difference"

# ---- mistakes ----

error 64 "--snapshot final: the archive has init, epoch:1, best" \
    "$strata" summarize "$work/small" --snapshot final
error 64 "--by dept: no such option (did you mean 'depth'?)" \
    "$strata" summarize "$work/small" --by dept
error 64 "--format xml: not one of table, csv, json, markdown" \
    "$strata" summarize "$work/small" --format xml
error 64 "--table layer: not one of network, layers, both" \
    "$strata" summarize "$work/small" --table layer
error 64 "--table both: not one of network, layers" \
    "$strata" summarize "$work/small" --table both --format csv
