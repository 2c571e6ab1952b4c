#!/usr/bin/env bash
# A disk that fills up: exit 74, what was journalled stays, and the same command finishes
# the study once there is room.
. "$(dirname "$0")/lib.sh"
need ncdump netcdf-bin

# Four cells with kept networks: about 2.5 MB of journal each.
printf '%s\n' 'study: wide' "data: $data" 'grid: {seed: 1..4, depth: 1, width: 400}' \
    'train: {epochs: 2, batch_size: 32}' \
    'probe: {at: [init, best], measures: [patterns]}' \
    'keep: {networks: [init, best]}' >wide.yaml
sweep wide
expected=$(content_hash wide/archive.nc)

# stops TEXT COMMAND...: the sweep into `run` ends with 74 and one message.
stops() {
    local text=$1
    shift
    run "$@"
    assert_exit 74
    assert_count 1 stderr '^strata: run/'
    assert_text stderr "$text"
    assert_no_match stderr 'Segmentation|[Ss]ignal'
}

# The journal filled up: some cells are done, no file is half written.
half_done() {
    complete=$(cells "$1" complete)
    case $complete in
    [123]) ;;
    *) fail "$complete of 4 cells are complete" ;;
    esac
    assert_equal "$(cells "$1" damaged_bytes)" 0
    # What is done is published where there is room for it, whole or not at all.
    case $(ls "$1" | tr '\n' ' ') in
    "RUN.lock journal study.yaml ") ;;
    "RUN.lock archive.nc journal study.yaml " | \
        "RUN.lock archive.nc journal networks.nc study.yaml ")
        run "$strata" summarize "$1"
        assert_exit 0
        assert_text stdout "$complete of 4 cells"
        ;;
    *) fail "unexpected files: $(ls "$1")" ;;
    esac
}

continues() {
    run "$strata" sweep wide.yaml -o run -q
    assert_exit 0
    assert_text stderr "$1 done before"
    assert_equal "$(content_hash run/archive.nc)" "$expected"
    assert_file run/networks.nc
    rm -r run
}

# Output is work, too; one that stops listening is none of its faults.
if [ -w /dev/full ]; then
    for line in --help --version "plan wide.yaml" "summarize wide" "status wide" \
        "sweep wide.yaml -o wide"; do
        run bash -c '"$@" >/dev/full' words "$strata" $line
        assert_exit 74
        assert_match stderr '^strata: standard output: No space left on device$'
    done
fi
run bash -o pipefail -c '"$@" | true' words "$strata" sweep wide.yaml -o wide
assert_exit 0

# A limit on file sizes does to one file what a full disk does to all.
limited='ulimit -f "$0" && exec "$@"'
stops "File too large" bash -c "$limited" 6000 "$strata" sweep wide.yaml -o run -q
half_done run
continues "$complete"

# Two journals fit, the kept networks do not fit one file.
stops "networks.nc: " bash -c "$limited" 7000 "$mpirun" -n 2 "$strata" sweep wide.yaml \
    -o run -q
assert_text stderr "(is the disk full?)"
assert_equal "$(cells run complete)" 4
assert_equal "$(ls run | tr '\n' ' ')" "RUN.lock archive.nc journal study.yaml "
continues 4

# A small file system, mounted in a namespace that ends with the command.
mkdir disk run
isolate=(unshare --mount)
[ "$EUID" = 0 ] || isolate+=(--map-root-user)
if ! "${isolate[@]}" mount -t tmpfs none disk 2>/dev/null; then
    skip "no file system can be mounted here; the file size limit was tested"
fi
# Open MPI's own files stay out of the way of the real root's.
mkdir tmp
export TMPDIR=$work/tmp
on_small_disk='mount -t tmpfs -o size=6m none run && "$@"
    code=$?
    cp -r run/. kept
    exit $code'
stops "No space left on device" "${isolate[@]}" bash -c "$on_small_disk" small \
    "$strata" sweep wide.yaml -o run -q
rmdir run
mv kept run
half_done run
continues "$complete"
