#!/usr/bin/env bash
# How the ranks were started: what would make every task compute everything is refused,
# flags of the launcher that hide deaths are told of.
. "$(dirname "$0")/lib.sh"

study tiny
run env SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=4 "$strata" sweep tiny.yaml -o tiny
assert_exit 64
assert_match stderr '^strata: srun started 4 tasks, but MPI has 1 rank: use srun --mpi=pmix'
assert_absent tiny
run env SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=4 "$strata" doctor
assert_exit 0
assert_match stdout '^launcher   srun, 1 rank'
assert_match stdout '^warning    srun started 4 tasks, but MPI has 1 rank'

# Tasks of Slurm are what srun says; mpirun within a job is a step of one task a host.
run env SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=1 "$strata" sweep tiny.yaml -o one -q
assert_exit 0
run env SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=1 \
    "$mpirun" -n 2 --mca plm isolated --mca ras ^slurm "$strata" sweep tiny.yaml -o two -q
assert_exit 0
assert_no_match stderr recovery

run "$mpirun" -n 2 --enable-recovery "$strata" sweep tiny.yaml -o three -q
assert_exit 0
assert_match stderr '^strata: mpirun --enable-recovery: the others wait for a rank that dies'
run "$mpirun" -n 1 --mca orte_abort_on_non_zero_status 0 "$strata" doctor
assert_match stdout '^warning    orte_abort_on_non_zero_status 0: ranks that fail'
