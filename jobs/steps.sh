# What the job scripts have in common: steps, one after the other, until a study is done.
# shellcheck shell=bash
set -u

folder=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=env.sh
. "$folder/env.sh"

max_steps=50    # in one allocation
max_barren=4    # in a row: a cell may kill its process three times before it is given up
max_restarts=50 # of this job

say() {
    echo "$(date '+%F %T') job $SLURM_JOB_ID: $*" >&2
}

# Cells of a run directory that are not done, of the shard where it holds one of several;
# nothing where there is no directory yet.
shard=0 shards=1
cells_left() {
    local json planned left
    [ -d "$1" ] && json=$("$strata" status "$1" --json) || return 0
    planned=$(sed -n 's/.*"planned": \([0-9]*\).*/\1/p' <<<"$json")
    left=$(sed -n 's/.*"left": \([0-9]*\).*/\1/p' <<<"$json")
    echo $((left - planned + (planned + shards - 1 - shard) / shards))
}

# Signals that reach the batch shell ask for an end. mpirun passes USR1 on; srun must not
# be disturbed: Slurm sends the ranks of a step their own signal.
asked=
pass_on=
step=
on_signal() {
    asked=yes
    [ -z "$pass_on" ] || [ -z "$step" ] || kill -USR1 "$step" 2>/dev/null
}
trap on_signal USR1 TERM

# A trap runs when the foreground command ends, so the step runs in the background; and a
# signal ends `wait` before the step.
run_step() {
    "$@" &
    step=$!
    wait "$step"
    code=$?
    while kill -0 "$step" 2>/dev/null; do
        wait "$step"
        code=$?
    done
    step=
}

# Whether all nodes of the allocation still start programs. Slurm notices only after some
# minutes when one does not.
nodes_answer() {
    timeout 120 srun --nodes="$SLURM_JOB_NUM_NODES" --ntasks="$SLURM_JOB_NUM_NODES" \
        --ntasks-per-node=1 true
}

# The rest in another life of this job, if Slurm allows it; else exit code 75 says that
# there is a rest. A job that Slurm is about to end stays as it is: who cancels it means it.
continue_later() {
    local restarts=${SLURM_RESTART_COUNT:-0} job=$SLURM_JOB_ID
    # The first number of an array stands for all of it.
    [ -z "${SLURM_ARRAY_JOB_ID-}" ] || job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
    if [ "$restarts" -lt "$max_restarts" ] &&
        [ "$(squeue -h -j "$job" -o %T)" = RUNNING ] &&
        scontrol requeue "$job"; then
        say "requeued with ${left:-all} cells left"
        sleep 60 # Slurm ends this script
    fi
    exit 75
}

# run_steps DIR COMMAND...: whether all is done says `strata status`, as a launcher may
# return anything where ranks or nodes have died. A step that died is started again, unless
# nothing comes of it.
run_steps() {
    local dir=$1 before barren=0 at_start
    shift
    at_start=$(cells_left "$dir")
    left=$at_start
    for ((i = 1; i <= max_steps; i++)); do
        before=$left
        run_step "$@"
        left=$(cells_left "$dir")
        say "step $i: exit code $code, ${left:-all} cells left"
        case $code in
        0 | 79) [ "$left" != 0 ] || exit "$code" ;; # 79: with failed cells
        64 | 65 | 66 | 71 | 73 | 78 | 80) exit "$code" ;; # would be the same again
        74 | 76) sleep 10 ;; # a disk that is full, ranks of another life that still end
        esac
        if [ "$code" = 75 ] || [ -n "$asked" ]; then
            [ "$left" = "$at_start" ] || continue_later
            say "not one cell fits into the time: the job needs a longer limit"
            exit 75
        fi
        if [ "$left" != "$before" ]; then
            barren=0
        elif nodes_answer; then
            barren=$((barren + 1))
            [ $barren -lt $max_barren ] || break
        else
            say "a node is lost"
            continue_later
        fi
    done
    say "given up after $i steps"
    exit $((code ? code : 70))
}
