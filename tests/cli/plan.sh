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

study small
plan ../small.yaml
assert_match stdout '^study +small$'
assert_match stdout '^data +glyphs: 250 training, 50 validation, 100 test samples, 10 cl'
assert_match stdout '^data hash +[0-9a-f]{32}$'
assert_match stdout '^cells +4: 0 done, 4 left$'
assert_match stdout '^core time +[0-9.]+ s at most'
assert_match stdout '^wall time +[0-9.]+ s on 1 rank, efficiency 100 %$'
assert_match stdout '^memory +[0-9.]+ .iB a rank; [0-9.]+ .iB of it are data, which a host'
assert_equal "$(slices)" "4 "

# The built-in study.
plan
assert_match stdout '^study +quick$'

# Slices: every cell once, the loads as equal as they can be.
plan ../small.yaml --ranks 3
assert_match stdout 's on 3 ranks, efficiency [0-9]+ %$'
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
core_time() {
    sed -n 's/^core time *\([0-9.]*\) s at most.*/\1/p' stdout
}
plan ../small.yaml --set epochs=200 --set width=64 --set seed=1..20
short=$(core_time)
plan ../small.yaml --set epochs=400 --set width=64 --set seed=1..20
awk "BEGIN { exit !($(core_time) > 1.5 * $short) }" ||
    fail "$(core_time) s for twice the epochs of $short s"

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
