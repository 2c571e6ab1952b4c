#!/usr/bin/env bash
# The checks of lib.sh: each accepts what is so and refuses what is not.
. "$(dirname "$0")/lib.sh"

accepts() {
    ("$@") >accepted 2>&1 && return
    cat accepted
    command_line="$*" fail "should have passed"
}

refuses() {
    if ("$@") >refused 2>&1; then
        command_line="$*" fail "should have failed"
    fi
}

mkdir -p full bare
echo x >full/file
printf '{"a": 1}\n' >good.json
printf '{"a": 1,}\n' >bad.json
: >void

run sh -c 'echo one; echo two; echo oops >&2; exit 3'
accepts assert_exit 3
refuses assert_exit 0
refuses assert_exit 33
accepts assert_match stdout '^t.o$'
refuses assert_match stdout '^three$'
refuses assert_match stdout oops
refuses assert_match nowhere .
accepts assert_no_match stderr one
refuses assert_no_match stderr 'o+ps'
refuses assert_no_match nowhere .
accepts assert_text stderr oop
refuses assert_text stderr 'o.p'
accepts assert_count 2 stdout o
refuses assert_count 1 stdout o
accepts assert_empty void
refuses assert_empty stderr
refuses assert_empty nowhere
accepts assert_file full/file
refuses assert_file void
accepts assert_absent nowhere
refuses assert_absent full
accepts assert_empty_dir bare
refuses assert_empty_dir full
refuses assert_empty_dir nowhere
accepts assert_equal a a
refuses assert_equal a b
accepts assert_different a b
refuses assert_different a a
accepts assert_json good.json
refuses assert_json bad.json
refuses wait_for 1 false

run sleep 1.2
accepts assert_within 2
STRATA_SANITIZED='' refuses assert_within 1

# The compound checks, against the program.
study tiny
accepts error 64 "unknown command 'x'" "$strata" x
refuses error 66 "unknown command 'x'" "$strata" x
refuses error 64 "unknown order" "$strata" x
refuses error 64 "unknown command" sh -c "'$strata' x; touch left; exit 64"
refuses error 64 "unknown command" sh -c "'$strata' x; '$strata' x"
refuses error 64 "unknown command" sh -c "echo; '$strata' x"
accepts sweep tiny
refuses sweep absent
assert_equal "$(cells tiny planned)" 4
assert_equal "$(values tiny/archive.nc seed | sort -n | tr '\n' ' ')" "1 1 2 2 "
assert_match <(content_hash tiny/archive.nc) '^[0-9a-f]{32}$'
