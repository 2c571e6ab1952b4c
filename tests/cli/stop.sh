#!/usr/bin/env bash
# A request to stop: no new cell, what is finished is published, exit 75, and the same
# command continues.
. "$(dirname "$0")/lib.sh"
need ncdump netcdf-bin

# stopped_soon DIR: the run in the background ended in time and left what it had.
stopped_soon() {
    assert_within 3
    assert_match stderr '^strata: stopped early: [0-9]+ of 2000 cells left; the same '
    assert_file "$1/archive.nc"
    local complete left
    complete=$(cells "$1" complete)
    left=$(cells "$1" left)
    assert_equal $((complete + left)) 2000
    assert_text stderr "stopped early: $left of 2000 cells left"
    assert_equal "$(values "$1/archive.nc" status | grep -c '^0$')" "$complete"
    run "$strata" summarize "$1" --table network
    assert_exit 0
    assert_match stdout "^[a-z0-9-]+: $complete of 2000 cells"
}

# The same command continues; on fewer cells, so that it ends, and all of those that the
# stopped run finished among them count.
continues() {
    run "$strata" sweep "$1.yaml" -o "$1" -q --set seed=1..9
    assert_exit 0
    assert_match stderr '9 cells, [1-9][0-9]* done before'
    assert_equal "$(cells "$1" left)" 0
    run "$strata" sweep fresh.yaml -o fresh -q --set seed=1..9
    assert_exit 0
    assert_equal "$(content_hash "$1/archive.nc")" "$(content_hash fresh/archive.nc)"
}

# A process alone.
for signal in TERM INT; do
    long_study "alone-${signal,,}"
    start "$strata" sweep "alone-${signal,,}.yaml" -o "alone-${signal,,}" -q
    wait_for 20 has_cells "alone-${signal,,}" 3
    kill -$signal "$started"
    finish
    assert_exit 75
    stopped_soon "alone-${signal,,}"
done
long_study fresh
sed -i 's/fresh/alone-term/' fresh.yaml
continues alone-term

# mpirun passes SIGUSR1 on, and the exit code back.
long_study asked
start "$mpirun" -n 2 "$strata" sweep asked.yaml -o asked -q
wait_for 20 has_cells asked 4
kill -USR1 "$started"
finish
assert_exit 75
stopped_soon asked

# On SIGTERM it gives the ranks one second before it kills them, and has an exit code of
# its own. With sanitizers the second is too short to publish; the journals are there.
long_study ended
start "$mpirun" -n 2 "$strata" sweep ended.yaml -o ended -q
wait_for 20 has_cells ended 4
kill -TERM "$started"
finish
assert_different "$code" 0
[ -n "${STRATA_SANITIZED-}" ] || stopped_soon ended
rm -r fresh
sed -i 's/alone-term/ended/' fresh.yaml
continues ended
