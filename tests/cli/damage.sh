#!/usr/bin/env bash
# Damage at rest: a bit that flipped in a journal costs its cell, which is recomputed, and
# nothing else.
. "$(dirname "$0")/lib.sh"
need ncdump netcdf-bin

study small 'keep: {networks: [best]}'
sweep small
expected=$(content_hash small/archive.nc)
cp small/networks.nc networks.nc
journal=$(echo small/journal/*.jrn)
cp -r small sound

attempts() {
    values small/archive.nc attempt | tr '\n' ' '
}
assert_equal "$(attempts)" "1 1 1 1 "
assert_equal "$(python3 "$here/journal.py" list "$journal" | grep -c ^result)" 4

# ---- a result ----

id=$(python3 "$here/journal.py" flip "$journal" result 2)
run "$strata" status small
assert_exit 0
assert_match stdout '^cells +4: 1 left, 3 complete$'
assert_match stdout "^damage +$journal: [0-9]+ bytes from offset [0-9]+$"
run "$strata" status small --json
assert_no_match stdout '"damaged_bytes": 0'
run "$strata" plan small.yaml -o small
assert_match stdout '^cells +4: 3 done, 1 left$'

# The archive of before is untouched by all this.
assert_equal "$(content_hash small/archive.nc)" "$expected"

run "$strata" sweep small.yaml -o small -q
assert_exit 0
assert_count 1 stderr "^strata: skipped [0-9]+ damaged bytes in 1 journal .*$journal"
assert_text stderr "4 cells, 3 done before"
assert_text stderr "1 of 1 cells"
assert_equal "$(content_hash small/archive.nc)" "$expected"
recomputed=$(find small/journal -newer "$journal" -name '*.jrn' ! -path "$journal")
run python3 "$here/journal.py" list "$recomputed"
assert_count 1 stdout "^result $id 2 "
assert_count 1 stdout '^result '
assert_match <(attempts) '^(1 )*2 (1 )*$'

# ---- the end of a killed run ----

rm -r small
cp -r sound small
truncate -s -100 "$journal"
run "$strata" status small
assert_match stdout '^cells +4: 1 left, 3 complete$'
assert_match stdout '^damage '
run "$strata" sweep small.yaml -o small -q
assert_exit 0
assert_text stderr "(a killed run leaves such an end)"
assert_text stderr "1 of 1 cells"
assert_equal "$(content_hash small/archive.nc)" "$expected"

# ---- a run record: its cells count all the same ----

rm -r small
cp -r sound small
python3 "$here/journal.py" flip "$journal" run 1 >/dev/null
run "$strata" sweep small.yaml -o small -q
assert_exit 0
assert_text stderr "4 cells, 4 done before"
assert_equal "$(content_hash small/archive.nc)" "$expected"

# ---- a kept network: its loss is told, and its cell computed again ----

rm -r small
cp -r sound small
python3 "$here/journal.py" flip "$journal" network 3 >/dev/null
run "$strata" sweep small.yaml -o small -q
assert_exit 0
assert_text stderr "skipped "
assert_text stderr "1 cell is left again: kept networks or node sets are lost"
assert_text stderr "4 cells, 3 done before"
assert_equal "$(content_hash small/archive.nc)" "$expected"
assert_match <(ncdump -h small/networks.nc) 'network = 4 ;'

# ---- results that stand for other cells ----

rm -r small
cp -r sound small
python3 "$here/journal.py" swap "$(echo small/journal/*.jrn)"
before=$(cksum <small/archive.nc)
run "$strata" sweep small.yaml -o small -q
assert_exit 65
assert_text stderr "a record is not of the cell it stands for"
assert_equal "$(cksum <small/archive.nc)" "$before"
