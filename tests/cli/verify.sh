#!/usr/bin/env bash
# verify: what is sound is called sound; every kind of damage is told, exit code 65, and
# never enters an archive; cells computed again have their bits.
. "$(dirname "$0")/lib.sh"

# damaged DIR|FILE TEXT: verify reports it.
damaged() {
    run "$strata" verify "$1"
    assert_exit 65
    assert_match stdout "^DAMAGE  $2"
    assert_text stderr "strata: $1: damaged in "
}

sound() {
    run "$strata" verify "$@"
    assert_exit 0
    assert_empty stderr
    assert_no_match stdout '^DAMAGE'
}

fresh() {
    rm -rf copy
    cp -r small copy
    journal=$(ls copy/journal/*.jrn | head -1)
}

study small 'probe: {at: [init, best]}' 'keep: {networks: [init, best], nodes: [best], histograms: true}'
run "$mpirun" -n 2 "$strata" sweep small.yaml -o small -q
assert_exit 0
find small -type f -exec cksum {} + >before

# ---- sound ----

sound small
assert_count 6 stdout '^sound '
assert_text stdout "sound   small/study.yaml: study small, 4 cells"
assert_text stdout "small/journal: 22 records in 2 journals of 1 run"
assert_text stdout "4 of 4 cells are finished"
assert_match stdout 'small/archive.nc: checksums of all chunks; 4 cells, content hash [0-9a-f]{32}$'
assert_text stdout "small/networks.nc: checksums of all chunks; 8 networks of 4 cells"
assert_text stdout "small/nodes.nc: checksums of all chunks; 88 nodes of 4 networks"
sound small --json
assert_json stdout
assert_text stdout '"sound": true'
sound small/archive.nc
sound small/networks.nc
sound small/nodes.nc
find small -type f -exec cksum {} + >after
cmp before after || fail "verify changed the directory"

# Cells computed again: evenly spread, no more than there are.
sound small --recompute 1
assert_count 1 stdout 'cell .*: computed again, the same bits'
sound small --recompute 9
assert_count 4 stdout 'cell .*: computed again, the same bits'
sound small/archive.nc --recompute 2
assert_count 2 stdout 'cell .*: computed again, the same bits'
error 64 "--recompute 0: not a positive number" \
    "$strata" verify "$work/small" --recompute 0
error 66 "$work/absent" "$strata" verify "$work/absent"
mkdir nothing
error 66 "$work/nothing: no run directory" "$strata" verify "$work/nothing"

# What is no damage: the torn end of a killed run, what it left, an older archive.
fresh
truncate -s -100 "$journal"
rm copy/*.nc
sound copy
assert_match stdout "^note    $journal: [0-9]+ bytes of a torn record at the end"
fresh
touch copy/archive.nc.tmp-7 copy/journal/x-r0.jrn.tmp-8
sound copy
assert_count 2 stdout '^note .*: left by a process that was killed'
fresh
run "$strata" sweep small.yaml -o copy -q --set seed=3
assert_exit 0
sound copy
assert_text stdout "4 finished cells are of other grids or studies than study.yaml's"
run "$strata" sweep small.yaml -o copy -q --set seed=1..3
cp small/archive.nc copy
sound copy
assert_text stdout "note    copy/archive.nc: of another grid than study.yaml"

# What stands beside the archive is not there, or is of a study that kept it once.
fresh
rm copy/networks.nc copy/nodes.nc
sound copy
assert_text stdout "note    copy/networks.nc: not there, though the journals hold 8 networks"
assert_text stdout "note    copy/nodes.nc: not there, though the journals hold 4 node sets"
fresh
sed 's/, nodes: .best., histograms: true//' small.yaml >fewer.yaml
run "$strata" sweep fewer.yaml -o copy -q
assert_exit 0
sound copy
assert_text stdout "note    copy/nodes.nc: 4 of its 4 node sets are of cells that study.yaml lacks"
assert_no_match stdout "note    copy/networks.nc"

# ---- damaged ----

fresh
python3 "$here/journal.py" flip "$journal" result 1 >id
damaged copy "$journal: [0-9]+ bytes from offset"
assert_text stdout "copy/archive.nc: cell $(cat id) is in no journal"
fresh
python3 "$here/journal.py" flip "$journal" network 1 >id
damaged copy "$journal: cell $(cat id) has 1 of its 2 kept networks"
assert_text stdout "DAMAGE  copy/networks.nc: network init of cell $(cat id) is in no journal"
fresh
python3 "$here/journal.py" flip "$journal" nodes 1 >id
damaged copy "$journal: cell $(cat id) has 0 of its 1 kept node sets"
assert_text stdout "DAMAGE  copy/nodes.nc: node set best of cell $(cat id) is in no journal"

# What is kept is that of another network, or another's: checksums are sound.
refused() {
    damaged copy "$journal: cell $(cat id): $1"
    error 65 "$work/$journal: cell $(cat id): $1" "$strata" merge "$work/copy"
    run "$strata" sweep small.yaml -o copy -q
    assert_exit 65
    assert_text stderr "strata: $journal: cell $(cat id): $1"
}
fresh
python3 "$here/journal.py" relabel "$journal" nodes 1 epoch:99 >id
refused "node set epoch:99 is at no snapshot"
fresh
python3 "$here/journal.py" relabel "$journal" network 1 epoch:99 >id
refused "network epoch:99 is at no snapshot"
fresh
python3 "$here/journal.py" exchange "$journal" nodes >id
refused "node set best has "
fresh
python3 "$here/journal.py" exchange "$journal" network >id
error 65 "$work/$journal: cell $(cat id): network " "$strata" merge "$work/copy"
for type in network nodes; do
    fresh
    cp "$journal" copy/journal/another-r0.jrn
    sound copy
    python3 "$here/journal.py" nudge copy/journal/another-r0.jrn $type 1 >id
    damaged copy "copy/journal: cell $(cat id): .* and .* hold different results"
    run "$strata" sweep small.yaml -o copy -q
    assert_exit 65
    assert_text stderr "strata: copy/journal: cell $(cat id): "
done
fresh
python3 "$here/journal.py" remove "$journal" network 1
damaged copy "$journal: records are missing or repeated before offset"
fresh
python3 "$here/journal.py" remove "$journal" result 2
damaged copy "copy/archive.nc: cell [0-9a-f]{32} is in no journal"
fresh
python3 "$here/journal.py" swap "$journal"
damaged copy "$journal: a record is not of the cell it stands for"
fresh
python3 "$here/journal.py" alter "$journal" 1
damaged copy "copy/archive.nc: cell [0-9a-f]{32} is not as its journal has it"
run "$strata" verify copy --recompute 4
assert_exit 65
assert_match stdout 'DAMAGE  cell [0-9a-f]{32}: computed again it differs: epochs_run 1$'
assert_count 3 stdout 'computed again, the same bits'
run "$strata" verify copy --json
assert_exit 65
assert_json stdout
assert_text stdout '"sound": false'
cp small/journal/* copy/journal/
python3 "$here/journal.py" alter "$journal" 1
cp "$journal" copy/journal/another-r0.jrn
cp small/"${journal#copy/}" "$journal"
damaged copy "copy/journal: cell [0-9a-f]{32}: .* and .* hold different results"
fresh
cp small/networks.nc copy/archive.nc
damaged copy "copy/archive.nc: "
fresh
mkfifo copy/journal/pipe-r0.jrn
damaged copy "copy/journal/pipe-r0.jrn: not a regular file"
fresh
echo 'junk: 1' >>copy/study.yaml
damaged copy "copy/study.yaml:"
