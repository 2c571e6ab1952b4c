#!/usr/bin/env bash
# merge: the files that a sweep writes, byte for byte, from journals alone; directories
# united; what contradicts itself or is live refused; killed at any moment.
. "$(dirname "$0")/lib.sh"
need ncdump netcdf-bin

same() {
    cmp "$1/archive.nc" "$2/archive.nc" || fail "archives of $1 and $2 differ"
    cmp "$1/networks.nc" "$2/networks.nc" || fail "networks of $1 and $2 differ"
    cmp "$1/nodes.nc" "$2/nodes.nc" || fail "nodes of $1 and $2 differ"
}

# ---- one directory ----

study small 'probe: {at: [init, best]}' 'keep: {networks: [init, best], nodes: [init, best], histograms: true}'
run "$mpirun" -n 2 "$strata" sweep small.yaml -o small -q
assert_exit 0
cp -r small once
run "$strata" merge once
assert_exit 0
assert_empty stdout
assert_text stderr "strata: once/archive.nc: 4 of 4 cells, from 2 journals"
same small once
rm once/*.nc
run "$strata" merge once
same small once

# Without networks no data are needed: the study's folder may be gone.
idx_data images
data="{name: $work/images, validation: 10}"
study plain 'keep: {nodes: true}'
sweep plain
mkdir kept
mv plain/*.nc kept
rm -r images
run "$strata" merge plain
assert_exit 0
cmp plain/archive.nc kept/archive.nc || fail "the archive is another one"
cmp plain/nodes.nc kept/nodes.nc || fail "the nodes are others"
assert_absent plain/networks.nc
data='{name: glyphs, train: 300, validation: 50, test: 100}'

# Journals that are gone come back from the archive, which then has the same bytes.
cp -r small gone
rm gone/journal/*
run "$strata" merge gone
assert_exit 0
same gone small
assert_equal "$(cells gone left)" 0
# Nothing to make it of, or none of ours.
rm gone/journal/* gone/*.nc
error 66 "$work/gone: its journals hold no finished cell" "$strata" merge "$work/gone"
mkdir foreign
cp small/archive.nc foreign
error 73 "$work/foreign/archive.nc: is there" "$strata" merge "$work/foreign"
error 66 "$work/absent" "$strata" merge "$work/absent"
error 64 "merge: several directories need -o" "$strata" merge "$work/small" "$work/plain"

# ---- several ----

for seed in 1 2 3; do
    cp small.yaml "shard$seed.yaml"
    sweep "shard$seed" --set "seed=$seed"
done
run "$strata" merge -o united shard1 shard2 shard3
assert_exit 0
assert_text stderr "united/archive.nc: 6 of 6 cells, from 3 journals"
assert_equal "$(cells united complete)" 6
assert_equal "$(cells united left)" 0
run "$strata" sweep united/study.yaml -o united -q
assert_exit 0
assert_text stderr "6 cells, 6 done before"
study whole 'probe: {at: [init, best]}' 'keep: {networks: [init, best], nodes: [init, best], histograms: true}'
sed -i 's/whole/small/' whole.yaml
sweep whole --set seed=1..3
assert_equal "$(content_hash united/archive.nc)" "$(content_hash whole/archive.nc)"
assert_equal "$(content_hash united/networks.nc)" "$(content_hash whole/networks.nc)"
assert_equal "$(content_hash united/nodes.nc)" "$(content_hash whole/nodes.nc)"

# Directories that share cells; the larger grid is that of the result. Again: no change.
run "$strata" merge -o overlap shard2 small whole
assert_exit 0
cmp overlap/study.yaml whole/study.yaml || fail "not the study that has all cells"
find overlap -type f -exec cksum {} + | grep -v RUN.lock | sort >before
run "$strata" merge -o overlap small whole
assert_exit 0
find overlap -type f -exec cksum {} + | grep -v RUN.lock | sort >after
cmp before after || fail "merging again changed something"

# A directory of which the archive alone is left.
mkdir bare
cp shard3/*.nc bare
run "$strata" merge -o half bare shard1 shard2
assert_exit 0
run "$strata" merge -o full shard3 shard1 shard2
same half full
run "$strata" sweep full/study.yaml -o half -q
assert_text stderr "6 cells, 6 done before"
rm bare/networks.nc
error 65 "$work/bare: lacks 2 kept networks of cell " \
    "$strata" merge -o "$work/poor" "$work/bare"
cp shard3/networks.nc bare
rm bare/nodes.nc
error 65 "$work/bare: lacks 2 kept node sets of cell " \
    "$strata" merge -o "$work/poorer" "$work/bare"

# A copy of a directory that went on: its journal grew.
cp -r shard1 older
truncate -s -50 "$(echo older/journal/*.jrn)"
run "$strata" merge -o longer older
assert_text stderr "1 of 2 cells"
run "$strata" merge -o longer older shard1
assert_exit 0
cmp longer/journal/*.jrn shard1/journal/*.jrn || fail "not the longer journal"
same longer shard1

# ---- what is refused ----

study other
sed -i 's/epochs: 2/epochs: 3/; s/other/small/' other.yaml
sweep other
error 78 "$work/small and $work/other: studies differ in more than their axes: \
'epochs: 2' against 'epochs: 3'" "$strata" merge -o "$work/never" "$work/small" "$work/other"
assert_absent never

cp -r small altered
journal=$(ls altered/journal/*.jrn | head -1)
python3 "$here/journal.py" alter "$journal" 1
error 65 "cell " "$strata" merge -o "$work/never" "$work/whole" "$work/altered"
assert_match stderr "$work/whole/journal/.*jrn and $work/altered/journal/.*jrn hold diff"
assert_absent never
for type in network nodes; do
    rm -rf altered
    cp -r small altered
    python3 "$here/journal.py" nudge "$(ls altered/journal/*.jrn | head -1)" $type 1 >id
    error 65 "cell $(cat id): " "$strata" merge -o "$work/never" "$work/whole" "$work/altered"
    assert_match stderr "$work/whole/journal/.*jrn and $work/altered/journal/.*jrn hold diff"
    assert_absent never
done
cp -r small tampered
python3 "$here/journal.py" swap "$(ls tampered/journal/*.jrn | head -1)"
error 65 "$work/tampered/journal/" "$strata" merge "$work/tampered"
assert_text stderr "a record is not of the cell it stands for"
same tampered small

# A damaged record never gets into the archive, nor a cell that lost what it kept: both are
# left, and computed again.
cp -r small damaged
journal=$(ls damaged/journal/*.jrn | head -1)
python3 "$here/journal.py" flip "$journal" result 1 >id
run "$strata" merge damaged
assert_exit 0
assert_text stderr "3 of 4 cells"
assert_text stderr "skipped damaged or torn journal records: damaged/journal/"
values damaged/archive.nc cell_id >ids
assert_count 3 ids .
assert_no_match ids "$(cat id)"
for type in network nodes; do
    rm -rf lost
    cp -r small lost
    journal=$(ls lost/journal/*.jrn | head -1)
    python3 "$here/journal.py" flip "$journal" $type 1 >id
    assert_equal "$(cells lost left)" 1
    run "$strata" merge lost
    assert_exit 0
    assert_text stderr "3 of 4 cells"
    assert_text stderr "1 cell is left again: kept networks or node sets are lost to damaged \
journal records, $journal"
    assert_match <(ncdump -h lost/nodes.nc) 'network = 6 ;'
    cp -r lost "lost-$type"
    run "$mpirun" -n 2 "$strata" sweep small.yaml -o lost -q
    assert_exit 0
    assert_text stderr "1 cell is left again: "
    assert_text stderr "4 cells, 3 done before"
    assert_equal "$(cells lost left)" 0
    assert_equal "$(content_hash lost/networks.nc)" "$(content_hash small/networks.nc)"
    assert_equal "$(content_hash lost/nodes.nc)" "$(content_hash small/nodes.nc)"
done
# Another directory has it all, as journals or as an archive.
run "$strata" sweep small.yaml -o intact -q
assert_exit 0
run "$strata" merge -o mended lost-nodes intact
assert_exit 0
assert_no_match stderr "left again"
assert_equal "$(cells mended left)" 0
assert_equal "$(content_hash mended/nodes.nc)" "$(content_hash small/nodes.nc)"
rm -r intact/journal
run "$strata" merge -o filled-in lost-nodes intact
assert_exit 0
assert_no_match stderr "left again"
assert_equal "$(content_hash filled-in/nodes.nc)" "$(content_hash small/nodes.nc)"

# A live run.
long_study long
start "$strata" sweep long.yaml -o long -q
wait_for 20 has_cells long 2
kill -STOP "$started"
ls -l --full-time long long/journal >before
error 76 "$work/long: locked by the live run" "$strata" merge "$work/long"
error 76 "$work/long: locked by a live run" \
    "$strata" merge -o "$work/never" "$work/long"
error 76 "$work/long: locked by the live run" \
    "$strata" merge -o "$work/long" "$work/long"
ls -l --full-time long long/journal >after
cmp before after || fail "a refused merge changed the directory"
assert_absent never
kill -KILL "$started"
finish
run "$strata" merge long
assert_exit 0

# ---- a disk that fills up: nothing is half there ----

cp -r small filled
limited='ulimit -f 40 && exec "$@"' # KiB: neither product nor journal fits
run bash -c "$limited" words "$strata" merge filled
assert_exit 74
same filled small
run bash -c "$limited" words "$strata" merge -o packed small
assert_exit 74
assert_equal "$(find filled packed -name '*.tmp-*' -o -path 'packed/journal/*')" ""
run "$strata" merge -o packed small
assert_exit 0
same packed small

# ---- killed at any moment: the old files or the new ones ----

old=$(cksum <small/archive.nc)
new=$(cksum <whole/archive.nc)
cp -r whole killed
run "$strata" merge killed
longest=$((10#${seconds/./} * 15)) # in milliseconds, and half as much again

# kill_at_random COMMAND...
kill_at_random() {
    local pause=$((RANDOM % longest))
    start "$@"
    sleep "$((pause / 1000)).$(printf '%03d' $((pause % 1000)))"
    kill -KILL "$started" 2>/dev/null
    finish
}
rounds=25
[ -z "${STRATA_SANITIZED-}" ] || rounds=6
for i in $(seq 1 $rounds); do
    cp small/archive.nc killed/archive.nc
    kill_at_random "$strata" merge killed
    case $(cksum <killed/archive.nc) in
    "$old") olds=$((${olds-0} + 1)) ;;
    "$new") longest=$((longest * 4 / 5 + 1)) ;; # it was slower when it was timed
    *) fail "neither the old nor the new archive, after kill $i" ;;
    esac
    kill_at_random "$strata" merge -o pieces shard1 shard2 shard3
done
[ "${olds-0}" -gt 0 ] || fail "no kill came before the end"
run "$strata" merge -o pieces shard1 shard2 shard3
assert_exit 0
run "$strata" merge killed
assert_exit 0
same killed whole
assert_equal "$(find killed pieces -name '*.tmp-*')" ""
assert_equal "$(content_hash pieces/archive.nc)" "$(content_hash united/archive.nc)"
