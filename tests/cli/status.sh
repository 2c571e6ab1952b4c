#!/usr/bin/env bash
# status: of a directory that was stopped, is finished, holds another grid, or is empty.
# damage.sh has damaged journals, lock.sh live ones.
. "$(dirname "$0")/lib.sh"

long_study part
start "$mpirun" -n 2 "$strata" sweep part.yaml -o part -q
wait_for 20 has_cells part 2
run "$strata" status part
assert_match stdout '^cells +2000: [0-9]+ left, [0-9]+ complete$'
assert_match stdout '^runs +1, one of them live$'
run "$strata" status part --json
assert_json stdout
assert_match stdout '"cells_per_hour": [0-9.e+]+, "eta_seconds": [0-9.e+]+'
assert_match <("$strata" status part) '^rate +[0-9.e+]+ cells an hour, .+ left at that rate$'

# Watched: a line for each change, one that a terminal redraws, until the run ends.
"$strata" status part --watch --interval 0.2 >lines </dev/null &
"$strata" status part --watch --interval 0.2 --json >objects </dev/null &
script -qec "$strata status part --watch --interval 0.2" /dev/null >screen </dev/null &
watchers=$(jobs -p | grep -vx "$started")
sleep 1
kill -USR1 "$started"
finish
wait $watchers
[ "$(wc -l <lines)" -gt 1 ] || fail "only $(wc -l <lines) lines"
assert_count "$(wc -l <lines)" lines '^[0-9:]{8}  2000: [0-9]+ left, [0-9]+ complete'
assert_match <(tail -n 1 lines) 'complete; no run is live$'
assert_equal "$(uniq -d lines)" ""
tail -n 1 objects >last
assert_json last
assert_text last '"running": false'
assert_text last "\"left\": $(cells part left),"
assert_text screen $'\033[J'
assert_text screen "one of them live"
error 64 "--interval goes with --watch" "$strata" status "$work/part" --interval 3
error 64 "--interval 0: not from" "$strata" status "$work/part" --watch --interval 0

run "$strata" status part
assert_exit 0
assert_empty stderr
assert_match stdout '^study +part$'
assert_match stdout '^cells +2000: [0-9]+ left, [1-9][0-9]* complete$'
assert_match stdout '^runs +1$'
assert_match stdout "^last run +[0-9TZ]+-[0-9a-f]{8} on $(hostname), 2 ranks, from 20..-"
assert_no_match stdout '^damage'

run "$strata" status part --json
assert_exit 0
assert_json stdout
assert_count 1 stdout .
for key in complete failed diverged timeout quarantined left damaged_bytes; do
    assert_match stdout "\"$key\": [0-9]+"
done
for pair in '"study": "part"' '"planned": 2000' '"running": false' '"runs": 1'; do
    assert_text stdout "$pair"
done
assert_equal $(($(cells part complete) + $(cells part left))) 2000

assert_match stdout '"cells_per_hour": [0-9.e+]+, "eta_seconds": null'

# A second run, on another grid: the state is that of the last grid that was asked for.
run "$strata" sweep part.yaml -o part -q --set seed=1,5000..5004
assert_exit 0
run "$strata" status part
assert_match stdout '^cells +6: 0 left, 6 complete$'
assert_match stdout '^runs +2$'
assert_match stdout ', 1 rank, from '

# Journals that are gone, and a study that no longer parses.
study small
sweep small
rm small/journal/*
run "$strata" status small
assert_exit 0
assert_match stdout '^cells +4: 4 left, 0 complete$'
assert_match stdout '^runs +0$'
echo 'junk: 1' >>small/study.yaml
error 78 "$work/small/study.yaml:" "$strata" status "$work/small"
