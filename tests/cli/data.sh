#!/usr/bin/env bash
# Data sets in IDX files: every damage is exit 65 with the file's name, at no cost of
# time, memory or output; plain and compressed files mix.
. "$(dirname "$0")/lib.sh"
need ncdump netcdf-bin

images=train-images-idx3-ubyte
labels=train-labels-idx1-ubyte
idx_data sound
data="{name: '$work/bad', validation: 10}" study bad
data="{name: '$work/sound', validation: 10}" study sound

# damage COMMAND...: starts from sound files and changes them, in bad/.
damage() {
    rm -rf bad
    cp -r sound bad
    (cd bad && "$@") || fail "cannot damage: $*"
}

# refused FILE MESSAGE: by plan, which loads data as sweep does and starts no MPI.
refused() {
    error 65 "$work/bad/$1: $2" "$strata" plan "$work/bad.yaml"
    assert_within 2
}

damage patch $images 2 '\x0d'
refused $images "element type 0x0d (float) at byte 2, expected 0x08 (unsigned byte)"
damage patch $images 0 'PK\x03\x04'
refused $images ""
damage patch $images 3 '\x01'
refused $images "1 dimensions at byte 3, expected 3"
damage patch $labels 3 '\x03'
refused $labels "3 dimensions at byte 3, expected 1"

damage patch $images 4 '\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff'
refused $images "dimension 1 is 4294967295 at byte 4, expected 1 to 10000000"
damage patch $images 8 '\x00\x01\x00\x00\x00\x01\x00\x00'
refused $images "dimension 2 is 65536 at byte 8, expected 1 to 1024"
damage patch $images 4 '\x00\x98\x96\x80\x00\x00\x04\x00\x00\x00\x04\x00'
refused $images "960 bytes of data, expected 10485760000000 bytes"
damage patch $images 8 '\x00\x00\x00\x00'
refused $images "dimension 2 is 0 at byte 8"

damage truncate -s -1 $images
refused $images "959 bytes of data, expected 960 bytes of data (60 x 4 x 4)"
damage truncate -s +1 $labels
refused $labels "61 bytes of data, expected 60 bytes of data (60)"
damage truncate -s 7 $labels
refused $labels "the contents end at byte 7, within the header of 8 bytes"
damage truncate -s 0 $images
refused $images "the file is empty"

damage patch $labels 8 '\xff'
error 65 "data set $work/bad: class 3 has no sample among the 60 training samples" \
    "$strata" plan "$work/bad.yaml"
damage patch t10k-labels-idx1-ubyte 8 '\x03'
error 65 "data set $work/bad: class 3 has no sample" "$strata" plan "$work/bad.yaml"
assert_text stderr "but the test samples have it"

damage sh -c "truncate -s 67 $labels; printf '\0\0\0\073' | dd of=$labels bs=1 seek=4 \
    conv=notrunc status=none"
refused $labels "59 labels for the 60 images of $work/bad/$images"
damage patch t10k-images-idx3-ubyte 8 '\x00\x00\x00\x02\x00\x00\x00\x08'
refused t10k-images-idx3-ubyte "images of 2 x 8, those of the training file are 4 x 4"
damage sh -c "rm $images; mkfifo $images"
error 65 "$work/bad/$images: " "$strata" plan "$work/bad.yaml"
assert_within 5

# ---- gzip ----

damage gzip $images
truncate -s -9 bad/$images.gz
refused $images.gz "the gzip stream breaks off at the end of the file"
damage gzip $images
patch bad/$images.gz 60 '\xff\xff\xff\xff'
refused $images.gz ""
damage gzip $images
printf 'more' >>bad/$images.gz
refused $images.gz ""

# bomb FILE HEADER MEGABYTES: the header, in hexadecimal, and zeros, compressed.
bomb() {
    python3 - "$@" <<'PY'
import gzip, sys
with gzip.open(sys.argv[1], "wb", compresslevel=1) as file:
    file.write(bytes.fromhex(sys.argv[2]))
    for _ in range(int(sys.argv[3])):
        file.write(bytes(1 << 20))
PY
}

# measure COMMAND...: runs it and prints its largest resident memory, in MiB, into `peak`.
measure() {
    python3 - "$work/peak" "$@" <<'PY'
import resource, subprocess, sys
code = subprocess.run(sys.argv[2:], stdin=subprocess.DEVNULL).returncode
with open(sys.argv[1], "w") as file:
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10, file=file)
sys.exit(code)
PY
}
run measure "$strata" plan sound.yaml
assert_exit 0
usual=$(cat peak)

# harmless FILE MESSAGE: refused within two seconds and 16 MiB.
harmless() {
    refused "$1" "$2"
    run measure "$strata" plan bad.yaml
    assert_exit 65
    [ "$(cat peak)" -lt $((usual + 16)) ] || fail "took $(cat peak) MiB, usual are $usual"
}

# 256 MiB where 960 bytes are due.
damage rm $images
bomb bad/$images.gz 000008030000003c0000000400000004 256
harmless $images.gz "more bytes follow the data, expected 960 bytes of data (60 x 4 x 4)"
damage rm $labels
bomb bad/$labels.gz 000008010000003c 256
harmless $labels.gz "more bytes follow the data, expected 60 bytes of data (60)"

# Ten terabytes that are claimed and not there.
damage rm $images
bomb bad/$images.gz 00000803009896800000040000000400 8
harmless $images.gz ""
assert_match stderr ': [0-9]+ bytes of gzip cannot hold the data, expected 1048576000'

# Images that are not square cannot be turned.
oblong() {
    patch $images 8 '\x00\x00\x00\x02\x00\x00\x00\x08'
    patch t10k-images-idx3-ubyte 8 '\x00\x00\x00\x02\x00\x00\x00\x08'
}
damage oblong
run "$strata" plan "$work/bad.yaml" --set input_corruption=gaussian \
    --set input_corruption_fraction=0.2
assert_exit 0
error 78 "input_corruption: structured turns square images, and those of $work/bad are 2x8" \
    "$strata" plan "$work/bad.yaml" --set input_corruption=none,structured

# ---- what is sound ----

# One archive, whatever is compressed, and whichever way the data are named.
sweep sound
expected=$(content_hash sound/archive.nc)
damage gzip $images t10k-labels-idx1-ubyte
sed 's/^study: bad/study: mixed/' bad.yaml >mixed.yaml
sweep mixed
assert_equal "$(content_hash mixed/archive.nc)" "$expected"
damage sh -c "head -c 100 $images | gzip >a; tail -c +101 $images | gzip >b; \
    cat a b >$images.gz; rm a b $images"
mv mixed single
sweep mixed
assert_equal "$(content_hash mixed/archive.nc)" "$expected"

# A name instead of a folder is looked for in $STRATA_DATA.
mkdir store
cp -r sound store/mnist
data='{name: mnist, validation: 10}' study named
run env STRATA_DATA="$work/store" "$strata" sweep named.yaml -o named -q
assert_exit 0
assert_equal "$(content_hash named/archive.nc)" "$expected"

# Other bytes are other data.
damage patch $images 16 '\x77'
mv mixed members
sweep mixed
assert_different "$(content_hash mixed/archive.nc)" "$expected"
