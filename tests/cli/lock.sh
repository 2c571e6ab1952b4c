#!/usr/bin/env bash
# One run at a time: a second sweep of a live run's directory is refused and changes
# nothing.
. "$(dirname "$0")/lib.sh"

long_study long
study other
start "$strata" sweep long.yaml -o long -q
wait_for 20 has_cells long 2

# While it stands still, nobody but the second run could change its directory.
kill -STOP "$started"
snapshot() {
    find long -type f -printf '%p %s %T@ %i\n' | sort
    find long -type f -exec cksum {} + | sort
}
snapshot >before
holder=$(ls long/journal | sed 's/-r0.jrn//')
for study in long other; do
    error 76 "$work/long: locked by the live run $holder" \
        "$strata" sweep "$work/$study.yaml" -o "$work/long"
    snapshot >after
    cmp before after || fail "the refused run changed the directory"
done
run "$mpirun" -n 2 "$strata" sweep long.yaml -o long
assert_exit 76
assert_count 1 stderr '^strata: long: locked by the live run '

# Looking at a live run is allowed.
run "$strata" status long
assert_exit 0
assert_match stdout '^runs +1, one of them live$'
assert_no_match stdout '^damage'
run "$strata" status long --json
assert_text stdout '"running": true'
run "$strata" plan long.yaml -o long
assert_exit 0
snapshot >after
cmp before after || fail "looking at it changed the directory"

# A lock of a run that was killed is none.
kill -KILL "$started"
finish
run "$strata" status long
assert_match stdout '^runs +1$'
run "$strata" sweep long.yaml -o long -q --set seed=1..3
assert_exit 0
