#!/usr/bin/env bash
# --time-budget: no cell starts that would end too late, the run ends as one that was asked
# to stop, and the same command continues. Slurm's answers are played by a squeue of our
# own; tests/slurm asks the real one.
. "$(dirname "$0")/lib.sh"

# A time in which some cells fit and not all.
long_study short
run "$mpirun" -n 2 "$strata" sweep short.yaml -o short -q --time-budget 3s
assert_exit 75
assert_within 15 # all of them would take a minute
assert_text stderr 'time budget 3.00 s'
assert_match stderr '^strata: stopped early: [0-9]+ of 2000 cells left; the same command continues$'
assert_file short/archive.nc
[ "$(cells short complete)" -ge 2 ] || fail "no cells"

# None in which a cell fits: nothing is started, and a second attempt commits nothing new.
before=$(cells short complete)
run "$strata" sweep short.yaml -o short -q --time-budget 0s
assert_exit 75
assert_equal "$(cells short complete)" "$before"

# What was left is done without a budget, or with a long one, and the archive is the same as
# one that was never disturbed.
study part 'probe: {at: [best]}'
study whole 'probe: {at: [best]}'
sed -i 's/whole/part/' whole.yaml
run "$strata" sweep part.yaml -o part -q --time-budget 0s
assert_exit 75
sweep part --time-budget 1-00:00:00
sweep whole
assert_equal "$(content_hash part/archive.nc)" "$(content_hash whole/archive.nc)"

for bad in 90 1:60 -3s never UNLIMITED; do
    error 64 "--time-budget $bad: neither auto nor a duration" "$strata" sweep --time-budget "$bad"
done

# in_job JOB PATH: a run that is told it is in that job. (mpirun puts its own folder first in
# the PATH of ranks.)
in_job() {
    rm -rf part
    run env SLURM_JOB_ID="$1" "$mpirun" -n 2 env PATH="$2" "$strata" sweep part.yaml \
        -o part -q --time-budget auto
}

# slurm ANSWER [EXIT-CODE]: what squeue prints.
slurm() {
    mkdir -p bin
    printf '%s\n' '#!/bin/sh' 'echo "$@" >>asked' "echo $1" "exit ${2-0}" >bin/squeue
    chmod +x bin/squeue
    rm -f asked
    in_job 4711 "$work/bin:$PATH"
}

slurm 0:00
assert_exit 75
assert_equal "$(cat asked)" '-hj 4711 -o%L' # the collector alone asks, once
for answer in 1-02:03:04 '"7:00\n8:00"'; do
    slurm "$answer"
    assert_exit 0
    assert_text stderr 'strata: time budget '
done
slurm UNLIMITED
assert_exit 0
assert_no_match stderr 'time'
for answer in INVALID ''; do
    slurm "$answer"
    assert_exit 0
    assert_count 1 stderr '^strata: --time-budget auto: .*; the time is not limited$'
done
export SLURM_ARRAY_JOB_ID=4700 SLURM_ARRAY_TASK_ID=3
slurm 10:00
assert_exit 0
assert_equal "$(cat asked)" '-hj 4700_3 -o%L'
unset SLURM_ARRAY_JOB_ID SLURM_ARRAY_TASK_ID
slurm 10:00 1
assert_exit 0
assert_text stderr 'squeue failed; the time is not limited'

# Where there is no squeue, and outside Slurm.
in_job 4711 "$work/empty"
assert_exit 0
assert_text stderr 'squeue: No such file or directory; the time is not limited'
for job in '' '4711 -u'; do
    in_job "$job" "$work/bin:$PATH"
    assert_exit 0
    assert_text stderr 'not in a Slurm job; the time is not limited'
done
