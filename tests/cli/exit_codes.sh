#!/usr/bin/env bash
# The exit codes that need no long run. 64 has usage.sh, 65 data.sh and 78 studies.sh for
# the rest; 74, 75, 76 and 79 have tests of their own; 70 is for faults of the program.
. "$(dirname "$0")/lib.sh"
need ncatted nco
need ncdump netcdf-bin

study good
sweep good
assert_file good/archive.nc

# ---- 65: damaged data ----

idx_data sound
data="{name: '$work/sound', validation: 10}" study idx
sweep idx
cp -r sound bad
patch bad/train-images-idx3-ubyte 0 '\x7f'
data="{name: '$work/bad', validation: 10}" study bad-idx
error 65 "$work/bad/train-images-idx3-ubyte: " "$strata" sweep "$work/bad-idx.yaml"
error 65 "$work/bad/train-images-idx3-ubyte: " "$strata" plan "$work/bad-idx.yaml"

# The hash that a study may give for its data.
hash=$(sed -n 's/^ *hash: *//p' idx/study.yaml)
data="{name: '$work/sound', validation: 10, hash: $hash}" study hashed
sweep hashed
other=${hash%?}$([ "${hash: -1}" = 0 ] && echo 1 || echo 0)
data="{name: '$work/sound', validation: 10, hash: $other}" study other
error 65 "data $work/sound: content hash $hash, but the study expects $other" \
    "$strata" sweep "$work/other.yaml"

cp good/archive.nc cut.nc
truncate -s -1000 cut.nc
error 65 "$work/cut.nc: " "$strata" summarize "$work/cut.nc"
echo "This is no archive." >text.nc
error 65 "$work/text.nc: not a netCDF-4 file" "$strata" summarize "$work/text.nc"
ncks -O -3 good/archive.nc classic.nc
error 65 "$work/classic.nc: not a netCDF-4 file" "$strata" summarize "$work/classic.nc"
ncks -O -x -v depth good/archive.nc part.nc
error 65 "$work/part.nc: " "$strata" summarize "$work/part.nc"
assert_text stderr depth

# ---- 66: something is missing ----

error 66 "none.yaml: No such file or directory" "$strata" sweep none.yaml
error 66 "none.yaml: No such file or directory" "$strata" plan none.yaml
error 66 "none.nc: No such file or directory" "$strata" summarize none.nc
error 66 "$work/sound/archive.nc: No such file or directory" \
    "$strata" summarize "$work/sound"
error 66 "$work/sound: no run directory (it has no study.yaml)" \
    "$strata" status "$work/sound"
error 66 "none: No such file or directory" "$strata" status none

# Data: every place that was searched is named.
data=mnist study mnist
error 66 "data set mnist: no IDX files " "$strata" sweep "$work/mnist.yaml"
assert_text stderr '$STRATA_DATA/mnist (STRATA_DATA is not set)'
mkdir -p store/mnist
error 66 "data set mnist: no IDX files " \
    env STRATA_DATA="$work/store" "$strata" sweep "$work/mnist.yaml"
assert_text stderr "$work/store/mnist (from STRATA_DATA)"
data="'$work/store/mnist'" study folder
error 66 "data set $work/store/mnist: no IDX files " "$strata" sweep "$work/folder.yaml"
if [ ! -e /usr/share/datasets/fashion-mnist ]; then
    data=fashion-mnist study fashion
    error 66 "data set fashion-mnist: " "$strata" sweep "$work/fashion.yaml"
    assert_text stderr "nor in /usr/share/datasets/fashion-mnist (Debian package "
fi
rm bad/*
cp sound/t* bad
rm bad/t10k-labels-idx1-ubyte
missing=t10k-labels-idx1-ubyte
error 66 "$work/bad: neither $missing nor $missing.gz is there" \
    "$strata" sweep "$work/bad-idx.yaml"

# ---- 71: cells that fit no machine, found before any work ----

# 80,000 nodes, of which four thousand sets of histograms are to be kept.
study huge "probe: {at: [$(seq -s , -f epoch:%g 4000)]}" 'keep: {nodes: true, histograms: true}'
error 71 "the study's largest cell needs " "$strata" sweep "$work/huge.yaml" \
    --set width=40000 --set epochs=4000
assert_match stderr 'needs [0-9.]+ TiB a rank besides the data, and 1 rank on this host has [0-9.]+ .iB: '
assert_within 5

# ---- 73: no place for the output ----

error 73 "$work/good.yaml: cannot create folder: " \
    "$strata" sweep "$work/good.yaml" -o "$work/good.yaml"
error 73 "/proc/x: cannot create folder: " "$strata" sweep "$work/good.yaml" -o /proc/x
error 73 "a/b/c: cannot create folder: " "$strata" sweep "$work/good.yaml" -o a/b/c
assert_match good.yaml '^study: good$'

# Another study's directory stays as it is.
before=$(cat good/study.yaml good/archive.nc good/journal/* | cksum)
error 73 "$work/good: belongs to the study good, not idx" \
    "$strata" sweep "$work/idx.yaml" -o "$work/good"
assert_equal "$(cat good/study.yaml good/archive.nc good/journal/* | cksum)" "$before"

# Files of our names that somebody else made are not touched.
mkdir foreign
for name in archive.nc networks.nc RUN.lock; do
    echo mine >foreign/$name
    error 73 "$work/foreign/$name: is there, but the folder is no run directory" \
        "$strata" sweep "$work/good.yaml" -o "$work/foreign"
    assert_equal "$(ls foreign) $(cat foreign/$name)" "$name mine"
    rm foreign/$name
done

# Neither is a study file that is the user's own: the canonical text would replace it.
mkdir own
cp good.yaml own/study.yaml
echo '# a remark' >>own/study.yaml
error 73 "$work/own/study.yaml: is there, but the folder is no run directory" \
    "$strata" sweep "$work/own/study.yaml" -o "$work/own"
assert_match own/study.yaml '^# a remark$'
assert_absent own/archive.nc

# ---- 80: made by a newer program ----

ncatted -O -a schema_version,global,o,c,2.0 good/archive.nc newer.nc
error 80 "$work/newer.nc: archive schema 2.0; this program reads 1: it takes a newer strata" \
    "$strata" summarize "$work/newer.nc"
ncatted -O -a schema_version,global,o,c,1.99 good/archive.nc minor.nc
run "$strata" summarize minor.nc
assert_exit 0

cp -r good newer
python3 "$here/journal.py" version newer/journal/*.jrn 1
run "$strata" status newer
assert_exit 0
python3 "$here/journal.py" version newer/journal/*.jrn 2
before=$(cat newer/archive.nc newer/journal/* | cksum)
for command in "status $work/newer" "sweep $work/good.yaml -o $work/newer" \
    "plan $work/good.yaml -o $work/newer"; do
    error 80 "$work/newer/journal/" "$strata" $command
    assert_text stderr "journal format 2, this program reads up to 1: it takes a newer strata"
done
assert_equal "$(cat newer/archive.nc newer/journal/* | cksum)" "$before"

# ---- 0 ----

error_free() {
    run "$strata" "$@"
    assert_exit 0
    assert_no_match stderr '^strata: .*(error|fail)'
}
error_free sweep good.yaml -o good
error_free status good
error_free plan good.yaml
error_free summarize good
error_free doctor
