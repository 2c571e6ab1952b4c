#!/usr/bin/env bash
# Rules to stop: training ends where the network does as well on its training samples as
# the study asks; a cell that does not get there is complete all the same.
. "$(dirname "$0")/lib.sh"
need ncdump netcdf-bin

# One cell that learns its samples, some of them mislabelled, and is probed all the way.
printf '%s\n' 'study: rules' "data: $data" \
    'grid: {seed: 1, depth: 1, width: 64, label_corruption: 0.2}' \
    'train: {epochs: 60, patience: 0, batch_size: 32, learning_rate: 0.003}' \
    'probe: {at: ["epoch:every", final], measures: []}' >rules.yaml
epochs=60

# after EPOCH VARIABLE: of the network on its training samples, without a rule.
after() {
    values free/archive.nc "$2" | awk -v at="$1" 'NR == 3 * at - 2'
}

# first VARIABLE CONDITION: the first epoch after which it holds for the value, x.
first() {
    values free/archive.nc "$1" |
        awk "NR % 3 == 1 { x = \$1; epoch++; if ($2) { print epoch; exit } }"
}

# ends EPOCHS REASON [ARGUMENT...]: so the cell does with those arguments.
ends() {
    local expected=$1 reason=$2
    shift 2
    rm -rf ruled
    run "$strata" sweep rules.yaml -o ruled "$@"
    assert_exit 0
    assert_equal "$(values ruled/archive.nc epochs_run)" "$expected"
    run "$strata" summarize ruled --where "stop_reason == '$reason' and status == 'complete'"
    assert_exit 0
}

# Without a rule all epochs are run, and nothing says what ended them.
run "$strata" sweep rules.yaml -o free -q
assert_exit 0
assert_equal "$(values free/archive.nc epochs_run)" $epochs
assert_equal "$(values free/archive.nc stop_reason)" _
run "$strata" sweep rules.yaml -o free -q --set stop_loss=0 --set stop_accuracy=0
assert_exit 0
assert_match stderr '1 cell, 1 done before'

learnt=$(first network_accuracy 'x == 1')
[ "$learnt" -gt 3 ] && [ "$learnt" -lt $epochs ] || fail "learnt after $learnt epochs"
ends "$learnt" accuracy --set stop_accuracy=1

# The network then is the one that training without a rule has passed.
assert_equal "$(values ruled/archive.nc network_loss | awk -v at="$learnt" 'NR == 3 * at - 2')" \
    "$(after "$learnt" network_loss)"

# A loss between those of two epochs, halfway of them so that rounding has no part.
low=$(first network_loss 'x < 0.05')
[ "$low" -gt 1 ] && [ "$low" -lt $epochs ] || fail "a loss of 0.05 after $low epochs"
ends "$low" loss --set stop_loss=0.05
assert_no_match stdout 'did not reach'

# One that is not reached: the cell has run its epochs, or out of patience, and counts.
ends 5 epochs --set stop_accuracy=1 --set epochs=5
run "$strata" summarize ruled
assert_match stdout '^1 of 1 cell with a stop rule did not reach it$'
run "$strata" sweep rules.yaml -o some --set seed=1..2 --set learning_rate=1e-6,0.003 \
    --set stop_accuracy=1 --set patience=20
assert_exit 0
assert_match stdout '^2 of 4 cells with a stop rule did not reach it$'
for page in report.html report.txt; do # says so too, and nothing where all reached it
    run "$strata" report some -o $page
    assert_exit 0
    assert_text $page '2 of 4 cells with a stop rule did not reach it'
    run "$strata" report some -o $page --where 'learning_rate == 0.003'
    assert_no_match $page 'did not reach'
done
run "$strata" summarize some --where "stop_reason == 'patience'" --table network --format csv
assert_exit 0
assert_count 1 stdout '^2,0\.[0-9]'

# plan knows that epochs are a maximum, and what the rule costs.
run "$strata" plan rules.yaml
assert_no_match stdout 'early stopping'
run "$strata" plan rules.yaml --set stop_accuracy=1
assert_match stdout '^epochs +all: early stopping'
