#!/usr/bin/env bash
# Bad studies through the program: exit 78 with file:line:column, soon, nothing written.
. "$(dirname "$0")/lib.sh"

# bad POSITION MESSAGE: bad.yaml, seen from beside it, is refused there.
bad() {
    error 78 "../bad.yaml:$1: $2" "$strata" sweep -o out ../bad.yaml
    assert_within 5
}

# with LINE...: bad.yaml of a sound head, lines 1 to 3, and these.
with() {
    printf '%s\n' 'study: bad' 'data: glyphs' 'grid: {seed: 1, depth: 1, width: 8}' "$@" \
        >bad.yaml
}

with 'train:' '  epochs: 3' '  learning_rat: 0.1'
bad 6:3 "unknown key 'learning_rat' in train: (did you mean 'learning_rate'?)"

with 'trian: {}'
bad 4:1 "unknown key 'trian' in a study (did you mean 'train'?)"

with 'train:' '  epochs: many'
bad 5:11 "epochs: expected a whole number from 0 to 1000000, got 'many'"

with 'train: {epochs: [1, 2]}'
bad 4:17 "epochs: a list makes an axis"

with 'train: {loss: cross-entopy}'
bad 4:15 "loss: expected one of mse, cross-entropy, got 'cross-entopy' (did you mean"

with 'train:' '  loss: mse' '  loss: mse'
bad 6:3 "duplicate key 'loss'"

with 'train:' '	loss: mse'
bad 5:1 "tab character may not be used as indentation"

with 'blocks:' '  - {seed: 5..2, depth: 1, width: 8}'
bad 5:12 "seed: '5..2': the range is empty"

with 'blocks:' '  - {seed: 1, depth: 0..3, width: 8}'
bad 5:22 "depth: expected a whole number from 1 to 256, got '0"

with 'blocks:' '  - {seed: [], depth: 1, width: 8}'
bad 5:12 "seed: the axis has no values"

with 'x: &a [1, 1]' 'y: &b [*a, *a]' 'z: [*b, *b]'
bad 4:4 "anchors (&) are not supported"

printf 'study: bad\n# caf\351\n' >bad.yaml
bad 2:6 "byte 0xe9 is not valid UTF-8"

with "x: $(printf '[%.0s' {1..50000})"
bad 4:11 "nested too deeply"

printf 'study: bad\0\n' >bad.yaml
bad 1:11 "control character 0x00"

: >bad.yaml
bad 1:1 "the study is empty"

# ---- faults that belong to no line ----

printf '%s\n' 'study: bad' "data: $data" \
    'grid: {seed: 1..1000, depth: 1..200, width: 1..60000}' >bad.yaml
error 78 "the study has more than 1000000 cells" "$strata" sweep ../bad.yaml
assert_within 5

with 'probe: {at: [epoch:500]}' 'train: {epochs: 10}'
error 78 "probe.at: no cell reaches epoch:500: the longest training has 10 epochs" \
    "$strata" plan ../bad.yaml

with 'exclude: [{seed: 1}]'
error 78 "the study has no cells: exclude leaves none" "$strata" plan ../bad.yaml

printf '%s\n' 'study: bad' 'data: {name: glyphs, train: 5, validation: 1, test: 5}' \
    'grid: {seed: 1, depth: 1, width: 8}' >bad.yaml
error 78 "data set glyphs: class " "$strata" sweep ../bad.yaml

printf '%s\n' 'study: bad' "data: $data" 'grid: {seed: 1, depth: 3, width: 65536}' \
    >bad.yaml
error 78 "depth 3 x width 65536: 8.64e+09 parameters, more than 2^31 - 1" \
    "$strata" sweep ../bad.yaml

# Half of what replaces inputs: an axis of such studies may have none, a whole study has
# slipped.
printf '%s\n' 'study: bad' "data: $data" 'grid: {seed: 1, depth: 1, width: 8}' \
    'train: {input_corruption_fraction: 0.2}' >bad.yaml
error 78 "input_corruption: none with input_corruption_fraction: 0.2 replaces no inputs:" \
    "$strata" plan ../bad.yaml
error 78 "input_corruption: gaussian with input_corruption_fraction: 0 replaces no inputs:" \
    "$strata" plan ../bad.yaml --set input_corruption_fraction=0 --set input_corruption=gaussian
run "$strata" plan bad.yaml --set input_corruption=none,gaussian
assert_exit 0
printf '%s\n' 'blocks: [{seed: 1, depth: 1, width: 8, input_corruption: gaussian,' \
    '  input_corruption_fraction: 0}]' >>bad.yaml
error 78 "input_corruption: none with input_corruption_fraction: 0.2 replaces no inputs:" \
    "$strata" plan ../bad.yaml

# What batch normalisation cannot have.
printf '%s\n' 'study: bad' "data: $data" 'grid: {seed: 1, depth: 1, width: 8}' \
    'train: {batch_norm: true}' 'probe: {measures: [updates]}' >bad.yaml
error 78 "batch_norm: true with batch_size: 1: one sample has no variance" \
    "$strata" plan ../bad.yaml --set batch_size=1,32 --set batch_norm=true,false
error 78 "probe.measures: updates are of networks without batch normalisation, and all" \
    "$strata" plan ../bad.yaml
run "$strata" plan bad.yaml --set batch_norm=true,false
assert_exit 0

# 400 cells fit, what they keep does not.
printf '%s\n' 'study: bad' "data: $data" 'grid: {seed: 1..400, depth: 5, width: 1024}' \
    'probe: {at: [init, best]}' 'keep: {networks: [init, best]}' >bad.yaml
error 78 "keep: 4.01e+09 kept parameters of all cells, and networks.nc holds at most 2^31 - 1" \
    "$strata" plan ../bad.yaml

mkdir folder
error 78 "../folder: not a regular file" "$strata" sweep ../folder

yes '# filler' | head -c 2097152 >bad.yaml
error 78 "../bad.yaml: 2097152 bytes, more than the limit of 1048576" \
    "$strata" sweep ../bad.yaml
assert_within 5

with 'trian: {}'
error 78 "../bad.yaml:4:1: unknown key 'trian'" "$strata" plan ../bad.yaml

# ---- --set ----

error 78 "--set depht=3: no option is called 'depht' (did you mean 'depth'?)" \
    "$strata" sweep --set depht=3
error 78 "--set depth=0: expected a whole number from 1 to 256, got '0'" \
    "$strata" sweep --set depth=0
error 78 "--set depth=1,2,1: the value 1 occurs twice" "$strata" sweep --set depth=1,2,1
error 78 "--set depth=: the axis has no values" "$strata" plan --set depth=
error 78 "--set depth: expected axis=values" "$strata" plan --set depth

# Under MPI, one rank tells.
with 'trian: {}'
run "$mpirun" -n 2 "$strata" sweep bad.yaml -o out
assert_exit 78
assert_count 1 stderr '^strata: bad.yaml:4:1: '
assert_absent out
