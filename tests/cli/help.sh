#!/usr/bin/env bash
# Help and version: on standard output, without MPI, from a login node's bare environment.
. "$(dirname "$0")/lib.sh"

commands="plan sweep status summarize rank plot doctor"

# shows_help COMMAND...: text on standard output alone.
shows_help() {
    run "$@"
    assert_exit 0
    assert_match stdout '^usage: '
    assert_empty stderr
}

# No launcher in the path, and an MPI that would fail to start.
bare=(env -i PATH=/nonexistent OMPI_MCA_pml=none-such)

for word in --help -h help; do
    shows_help "${bare[@]}" "$strata" $word
    for command in $commands; do
        assert_match stdout "^  $command +[a-z]"
    done
    for code in 0 64 65 66 70 71 73 74 75 76 78 79 80; do
        assert_match stdout "^ *$code  [a-z]"
    done
done

for command in $commands; do
    for form in "$command --help" "$command -h" "help $command" "$command x y --help"; do
        shows_help "${bare[@]}" "$strata" $form
        assert_match stdout "^usage: .*strata $command"
        assert_match stdout '^ +--help '
        assert_no_match stdout '.{91}'
    done
done
shows_help "$strata" sweep --help
for option in '-o, --output DIR' '--set AXIS=VALUES' '--ranks-per-cell N' '--retry failed' '-q, --quiet'; do
    assert_text stdout "$option"
done
assert_match stdout '^usage: \[mpirun -n N\] strata sweep \[STUDY\]'

# Nor do these commands start MPI when they run: they serve on a login node.
study small
sweep small
for line in "plan small.yaml --ranks 2" "status small" "summarize small"; do
    run "${bare[@]}" "$strata" $line
    assert_exit 0
    assert_empty stderr
done

# The broken MPI is one: a command that needs it cannot do with it.
run env OMPI_MCA_pml=none-such "$strata" doctor
assert_different "$code" 0

run "${bare[@]}" "$strata" --version
assert_exit 0
assert_match stdout '^strata [0-9]+\.[0-9]+\.[0-9]+( \(.+\))?$'
assert_match stdout 'archive schema 1\.[0-9]+, numerics version [0-9]+'
assert_empty stderr

run "$mpirun" -n 2 "$strata" --help
assert_exit 0
assert_count 1 stdout '^usage: '
