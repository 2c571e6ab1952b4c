#!/usr/bin/env bash
# Command lines that are wrong: exit 64, one line on standard error, a way out in it.
. "$(dirname "$0")/lib.sh"

run "$strata"
assert_exit 64
assert_empty stdout
assert_match stderr '^usage: strata COMMAND'
assert_match stderr '^  sweep '

error 64 "unknown command 'swep' (did you mean 'sweep'?)" "$strata" swep
error 64 "unknown command 'sumarise' (did you mean 'summarize'?)" "$strata" sumarise
error 64 "unknown command 'version' (did you mean '--version'?)" "$strata" version
error 64 "unknown command '--hlep' (did you mean '--help'?)" "$strata" --hlep
error 64 "unknown command 'xyzzy'; see strata --help" "$strata" xyzzy
error 64 "unknown command ''; see strata --help" "$strata" ''
error 64 "unknown command 'swep' (did you mean 'sweep'?)" "$strata" help swep

error 64 "sweep: unknown option --outptu (did you mean --output?)" \
    "$strata" sweep --outptu x
error 64 "plan: unknown option --rank=3 (did you mean --ranks?)" "$strata" plan --rank=3
error 64 "status: unknown option --jsno (did you mean --json?)" "$strata" status --jsno .
error 64 "sweep: unknown option --xyzzy; see strata sweep --help" "$strata" sweep --xyzzy
error 64 "sweep: unknown option -z; see strata sweep --help" "$strata" sweep -z
error 64 "doctor: unknown option --quick; see strata doctor --help" \
    "$strata" doctor --quick

error 64 "--output needs a value: --output DIR" "$strata" sweep -o
error 64 "--ranks needs a value: --ranks N" "$strata" plan --ranks
error 64 "--output needs a value: --output DIR" "$strata" sweep -o ''
error 64 "--output needs a value: --output DIR" "$strata" plan --output=
error 64 "--output: given twice" "$strata" sweep -o a --output=b
error 64 "--quiet: given twice" "$strata" sweep -q -q
error 64 "--quiet takes no value" "$strata" sweep --quiet=yes

error 64 "status: missing operand: strata status DIR" "$strata" status
error 64 "summarize: missing operand: strata summarize DIR" \
    "$strata" summarize --format csv
error 64 "status: unexpected operand 'b'" "$strata" status a b
error 64 "sweep: unexpected operand 'b.yaml'" "$strata" sweep a.yaml b.yaml
error 64 "doctor: unexpected operand 'x'" "$strata" doctor x
error 64 "status: an operand is empty" "$strata" status ''
error 64 "sweep: an operand is empty" "$strata" sweep ''
error 66 "--help: No such file" "$strata" plan -- --help

error 64 "--ranks 0: not a number from 1 to " "$strata" plan --ranks 0
error 64 "--ranks 2x: not a number from 1 to " "$strata" plan --ranks 2x
error 64 "--ranks 99999999999: not a number from 1 to " "$strata" plan --ranks 99999999999
error 64 "--retry all: only 'failed' is known" "$strata" sweep --retry all
error 64 "--lock off: only 'none' is known" "$strata" sweep --lock off
for n in 0 -1 2x 1.5; do
    error 64 "--ranks-per-cell $n: not a number from 1 on" "$strata" sweep --ranks-per-cell "$n"
done
error 64 "--ranks-per-cell 2: there is only 1 rank" "$strata" sweep --ranks-per-cell 2

none="neither auto, keep nor a kernel of this OpenBLAS"
error 64 "--blas-kernel nonsense: $none" "$strata" sweep --blas-kernel nonsense
error 64 "--blas-kernel Hasswell: $none (did you mean 'Haswell'?)" \
    "$strata" sweep --blas-kernel Hasswell

# Many --set options are taken, but not without end.
many=()
for i in {1..65}; do many+=(--set "seed=$i"); done
error 64 "--set: more than 64 times" "$strata" plan "${many[@]}"

# Each rank meets the error, one prints it: before MPI is started, and after.
for line in "swep" "sweep --outptu x" "sweep --ranks-per-cell 3" "sweep --retry all" "sweep --blas-kernel x" \
    "doctor x"; do
    run "$mpirun" -n 2 "$strata" $line
    assert_exit 64
    assert_count 1 stderr '^strata: '
    assert_empty stdout
done
