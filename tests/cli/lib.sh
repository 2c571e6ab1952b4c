# Sourced by every test of this folder: runs the program as a user would and checks what
# came of it. The first failed check ends the test. A test runs in a directory of its own
# (CMakeLists.txt), which is emptied here.
# shellcheck shell=bash disable=SC2034
set -u
export LC_ALL=C # decimal points, ranges of characters

topic=$(basename "$0" .sh)
work=$PWD
strata=${STRATA_BINARY:?is set by CTest}
mpirun=${STRATA_MPIRUN:-mpirun}
sources=${STRATA_SOURCE_DIR:?is set by CTest}
here=$sources/tests/cli
unset STRATA_DATA SLURM_JOB_ID OPENBLAS_CORETYPE OPENBLAS_L2_SIZE STRATA_PRODUCTS

case $work in
*/scratch/"$topic") find "$work" -mindepth 1 -delete ;;
*) echo "$work is not the working directory of the test $topic" && exit 1 ;;
esac

python3() {
    command "${STRATA_PYTHON:-python3}" "$@"
}

# ---- running ----

# run COMMAND...: leaves stdout and stderr in $work, $code and $seconds (with hundredths).
run() {
    command_line="$*"
    local start=${EPOCHREALTIME/./}
    "$@" >"$work/stdout" 2>"$work/stderr" </dev/null
    code=$?
    took "$start"
}

took() {
    local hundredths=$(((${EPOCHREALTIME/./} - $1) / 10000))
    printf -v seconds '%d.%02d' $((hundredths / 100)) $((hundredths % 100))
}

# start COMMAND...: in the background, as $started. finish: waits for it; leaves the same.
start() {
    command_line="$*"
    "$@" >"$work/stdout" 2>"$work/stderr" </dev/null &
    started=$!
}

finish() {
    local start=${EPOCHREALTIME/./}
    { wait "$started"; } 2>/dev/null # which tells of kills
    code=$?
    started=
    took "$start"
}

# What is still running when a test ends is ended too.
started=
trap '[ -z "$started" ] || kill -KILL "$started" 2>/dev/null' EXIT

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for() {
    local tries=$(($1 * 20))
    shift
    until "$@"; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || fail "waited in vain for: $*"
        sleep 0.05
    done
}

# need TOOL PACKAGE: without the tool the test is skipped.
need() {
    command -v "$1" >/dev/null || skip "needs $1 (Debian package $2)"
}

skip() {
    echo "skipped: $*"
    exit 77
}

# ---- checks ----

fail() {
    echo "${BASH_SOURCE[-1]##*/}:${BASH_LINENO[-2]}: $*"
    echo "command: ${command_line-}"
    echo "exit code: ${code-}"
    for stream in stdout stderr; do
        [ -s "$work/$stream" ] && echo "--- $stream" && head -c 3000 "$work/$stream"
    done
    exit 1
}

# assert_exit CODE
assert_exit() {
    [ "$code" = "$1" ] || fail "expected exit code $1"
}

# assert_match stdout|stderr|FILE REGEX: a line matches the extended regular expression.
assert_match() {
    grep -Eq -- "$2" "$1" || fail "nothing in $1 matches: $2"
}

assert_no_match() {
    [ -f "$1" ] || fail "there is no $1"
    ! grep -Eq -- "$2" "$1" || fail "something in $1 matches: $2"
}

# assert_text stdout|stderr|FILE TEXT: some line contains the text as it is.
assert_text() {
    grep -Fq -- "$2" "$1" || fail "nothing in $1 contains: $2"
}

# assert_count N stdout|stderr|FILE REGEX: exactly N lines match.
assert_count() {
    local n
    n=$(grep -Ec -- "$3" "$2")
    [ "$n" = "$1" ] || fail "expected $1 lines of $2, found $n, that match: $3"
}

assert_empty() {
    [ -f "$1" ] || fail "there is no $1"
    [ ! -s "$1" ] || fail "$1 is not empty"
}

assert_file() {
    [ -s "$1" ] || fail "there is no $1, or nothing in it"
}

assert_absent() {
    [ ! -e "$1" ] || fail "$1 exists"
}

assert_empty_dir() {
    [ -d "$1" ] || fail "there is no folder $1"
    [ -z "$(ls -A "$1")" ] || fail "$1 is not empty: $(ls -A "$1" | head -5)"
}

assert_equal() {
    [ "$1" = "$2" ] || fail "'$1' is not '$2'"
}

assert_different() {
    [ "$1" != "$2" ] || fail "both are '$1'"
}

# assert_within SECONDS: the last command was not slower.
assert_within() {
    local limit=$1
    [ -z "${STRATA_SANITIZED-}" ] || limit=$((4 * limit))
    [ "${seconds%.*}" -lt "$limit" ] || fail "took $seconds s, allowed are $limit"
}

assert_json() {
    python3 -m json.tool "$1" >/dev/null || fail "$1 is no JSON"
}

# error CODE TEXT COMMAND...: run in the folder `empty`, the command fails with the code
# and says `strata: TEXT...` once; nothing goes to standard output or stays in the folder.
error() {
    local expected=$1 text=$2
    shift 2
    rm -rf empty && mkdir empty
    run env -C empty "$@"
    assert_exit "$expected"
    assert_text stderr "strata: $text"
    assert_count 1 stderr '^strata: '
    assert_empty stdout
    assert_empty_dir empty
}

# ---- studies and directories ----

# What the studies below train on; a test may set it to other data.
data='{name: glyphs, train: 300, validation: 50, test: 100}'

# study NAME [LINE...]: NAME.yaml, four cells that take no time, and these lines.
study() {
    local name=$1
    shift
    printf '%s\n' "study: $name" "data: $data" \
        'grid: {seed: 1..2, depth: [1, 2], width: 8}' \
        'train: {epochs: 2, batch_size: 32}' "$@" >"$name.yaml"
}

# NAME.yaml with cells of some hundredths of a second, more of them than a test waits for.
long_study() {
    printf '%s\n' "study: $1" "data: $data" \
        'grid: {seed: 1..2000, depth: 2, width: 16}' \
        'train: {epochs: 100, batch_size: 32, patience: 100}' >"$1.yaml"
}

# idx_data DIR: a sound data set, 60 training and 20 test images of 4 x 4, three classes.
idx_data() {
    mkdir -p "$1"
    python3 - "$1" <<'PY'
import struct, sys
for prefix, n in ("train", 60), ("t10k", 20):
    with open(f"{sys.argv[1]}/{prefix}-images-idx3-ubyte", "wb") as file:
        file.write(struct.pack(">4B3I", 0, 0, 8, 3, n, 4, 4))
        file.write(bytes((i * 37 + i % 3 * 80) % 256 for i in range(n * 16)))
    with open(f"{sys.argv[1]}/{prefix}-labels-idx1-ubyte", "wb") as file:
        file.write(struct.pack(">4BI", 0, 0, 8, 1, n))
        file.write(bytes(i % 3 for i in range(n)))
PY
}

# patch FILE OFFSET BYTES: overwrites bytes, given as printf's escapes.
patch() {
    printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# sweep NAME [ARGUMENT...]: NAME.yaml into the directory NAME, which must succeed.
sweep() {
    local name=$1
    shift
    run "$strata" sweep "$name.yaml" -o "$name" -q "$@"
    assert_exit 0
}

# How many cells a directory has of a state: planned, left, complete, diverged ...
cells() {
    "$strata" status "$1" --json | python3 -c \
        "import json, sys; print(json.load(sys.stdin)['$2'])"
}

has_cells() {
    [ "$(cells "$1" complete 2>/dev/null || echo 0)" -ge "$2" ]
}

content_hash() {
    ncdump -h "$1" | sed -n 's/.*:content_hash = "\(.*\)".*/\1/p'
}

# The values of a variable of an archive, one a line.
values() {
    ncdump -v "$2" "$1" | awk -v name="$2" '
        $1 == name && $2 == "=" { on = 1; sub(/^.*= */, "") }
        on { last = /;/; gsub(/[ ;"]/, ""); print }
        on && last { exit }' | tr ',' '\n' | sed '/^$/d'
}
