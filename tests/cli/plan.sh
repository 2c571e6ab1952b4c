#!/usr/bin/env bash
# plan: what a sweep would do.
. "$(dirname "$0")/lib.sh"

# plan ARGUMENT...: must succeed, silently on standard error and leaving nothing.
plan() {
    rm -rf empty && mkdir empty
    run env -C empty "$strata" plan "$@"
    assert_exit 0
    assert_empty stderr
    assert_empty_dir empty
}

# The cells of each rank's slice, as "1 1 2 ".
slices() {
    sed '1,/^rank /d' stdout | awk '{ printf "%s ", $2 }'
}

# json EXPRESSION: of the object `plan` on standard output.
json() {
    python3 -c "import json, sys; plan = json.load(sys.stdin); print($1)" <stdout
}

# holds EXPRESSION: it is true.
holds() {
    assert_equal "$(json "$1")" True
}

study small
plan ../small.yaml
assert_match stdout '^study +small$'
assert_match stdout '^data +glyphs: 250 training, 50 validation, 100 test samples, 10 cl'
assert_match stdout '^data hash +[0-9a-f]{32}$'
assert_match stdout '^cells +4: 0 done, 4 left$'
assert_match stdout '^rates +nominal, .*--calibrate'
assert_match stdout '^epochs +all: early stopping'
assert_match stdout '^core time +[0-9.]+ s$'
assert_match stdout '^longest +[0-9.]+ s: seed=1 depth=2 width=8$'
assert_match stdout '^ +1  [0-9.]+ s +100\.0  [0-9.]+ s +work / ranks '
assert_match stdout '^memory +[0-9.]+ .iB a rank; [0-9.]+ .iB of it are data, which a host'
assert_equal "$(slices)" "4 "

# The built-in study.
plan
assert_match stdout '^study +quick$'

# Slices: every cell once, the loads as equal as they can be.
plan ../small.yaml --ranks 3
assert_match stdout '^ +3  [0-9.]+ s +[0-9.]+  [0-9.]+ s +(work / ranks|longest cell)'
assert_equal "$(slices | tr ' ' '\n' | sort | tr -d '\n')" 112
plan ../small.yaml --ranks=4
assert_equal "$(slices)" "1 1 1 1 "
plan ../small.yaml -n 6
assert_equal "$(slices | tr ' ' '\n' | sort | tr -d '\n')" 001111
plan ../small.yaml --set seed=1..1200 --set depth=2 --ranks 3
assert_match stdout '^cells +1200: 0 done, 1200 left$'
assert_equal "$(slices)" "400 400 400 "
plan ../small.yaml -n 1000
assert_match stdout '^\.\.\. 984 more$'

# --set: over an axis, as a new axis, with a list, repeated.
plan ../small.yaml --set seed=1..10:3 --set learning_rate=1e-3,1e-2 --set depth=[1]
assert_match stdout '^cells +8: '

# Duplicates count once, excluded cells not at all.
study blocks 'blocks: [{seed: [2, 3], depth: 1, width: 8}]' \
    'exclude: [{seed: 1, depth: 2}]'
plan ../blocks.yaml
assert_match stdout '^cells +4: '

# Prediction grows with the work.
plan ../small.yaml --set epochs=200 --set width=64 --json
short=$(json 'plan["core_seconds"]')
plan ../small.yaml --set epochs=400 --set width=64 --json
holds "1.8 * $short < plan['core_seconds'] < 2 * $short"

# Several numbers of ranks, and what a program reads.
plan ../small.yaml --set seed=1..1000 --ranks 8,1024,10000 --json
holds '[s["ranks"] for s in plan["schedules"]] == [8, 1024, 10000]'
holds 'plan["cells"] == plan["left"] == 2000 and plan["done"] == 0'
holds 'plan["prediction"]["rates"] == "nominal" and plan["longest"]["depth"] == 2'
holds 'all(s["bound_seconds"] <= s["wall_seconds"] * (1 + 1e-9) for s in plan["schedules"])'
holds 'all(abs(s["efficiency"] * s["ranks"] * s["wall_seconds"] / plan["core_seconds"] - 1) < 1e-6
           for s in plan["schedules"])'
holds 'plan["schedules"][0]["bound_by"] == "work / ranks"'
holds 'plan["schedules"][0]["efficiency"] > 0.99'
holds 'plan["schedules"][2]["bound_by"] == "longest cell"'
holds 'plan["schedules"][2]["wall_seconds"] == plan["longest"]["seconds"]'
holds 'plan["schedules"][2]["efficiency"] < 0.2'
holds '1000 < plan["schedules"][2]["ranks_at_90_percent"] < 2300'
plan ../small.yaml --ranks 3,4
assert_count 2 stdout '^ +[34]  [0-9.]+ s '
assert_match stdout '^4 ranks: an even share is .* ranks? keeps? 90 % efficiency\.$'
assert_no_match stdout '^rank '
for list in 0 1,,2 1, 1,x 1000001; do
    error 64 "--ranks $list: not a number from 1 to 1000000" "$strata" plan ../small.yaml \
        --ranks "$list"
done
error 64 "--ranks: more than 16 numbers" "$strata" plan ../small.yaml \
    --ranks 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17

# 100,000 cells on 10,000 ranks in seconds.
plan ../small.yaml --set seed=1..50000 --ranks 10000
assert_match stdout '^cells +100000: '
assert_within 4

# What is done in a directory.
run env -C empty "$strata" plan ../small.yaml -o ../small
assert_exit 0
assert_text stderr "../small: not there yet"
assert_match stdout '^cells +4: 0 done, 4 left$'
sweep small
plan ../small.yaml -o ../small --ranks 3
assert_match stdout '^cells +4: 4 done, 0 left$'
assert_equal "$(slices)" "0 0 0 "
plan ../small.yaml -o ../small --set seed=1..3
assert_match stdout '^cells +6: 4 done, 2 left$'
plan ../small.yaml -o ../small --set epochs=3
assert_match stdout '^cells +4: 0 done, 4 left$'

# The hash is that of the data.
hash=$(awk '/^data hash/ { print $3 }' stdout)
data='{name: glyphs, train: 301, validation: 50, test: 100}' study other
plan ../other.yaml
assert_different "$(awk '/^data hash/ { print $3 }' stdout)" "$hash"
assert_match small/study.yaml "^ +hash: $hash$"
