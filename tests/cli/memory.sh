#!/usr/bin/env bash
# In a control group whose memory is limited: what cannot fit is refused before any work,
# and the data of all ranks are there once.
. "$(dirname "$0")/lib.sh"

[ -z "${STRATA_SANITIZED-}" ] || skip "sanitizers take memory of their own"
limit=$((640 << 20))
v1=$(sed -n 's,^[0-9]*:memory:,/sys/fs/cgroup/memory,p' /proc/self/cgroup)
v2=$(sed -n 's,^0::,/sys/fs/cgroup,p' /proc/self/cgroup)
if [ -n "$v1" ]; then
    group=$v1/strata-$$ limit_file=memory.limit_in_bytes
else
    group=$v2/strata-$$ limit_file=memory.max
fi
mkdir "$group" 2>/dev/null || skip "may not make a control group"
trap '[ -z "$started" ] || kill -KILL "$started" 2>/dev/null; rmdir "$group"' EXIT
{ echo $limit >"$group/$limit_file"; } 2>/dev/null ||
    skip "may not limit the memory of a control group"

# limited COMMAND...: within the group.
limited() {
    bash -c 'echo $$ >"$0" && exec "$@"' "$group/cgroup.procs" "$@"
}

# Drawing a million glyphs takes longer than a test may.
data='{name: glyphs, train: 10000000, test: 10000000}' study many
for words in "plan ../many.yaml" "sweep ../many.yaml"; do
    rm -rf empty && mkdir empty
    run limited env -C empty "$strata" $words
    assert_exit 71
    assert_match stderr '^strata: data set glyphs: the samples take 14.6 GiB, and this host has [0-9.]+ MiB'
    assert_within 2
    assert_empty_dir empty
done

study wide
run limited "$strata" sweep wide.yaml --set width=20000
assert_exit 71
assert_match stderr "largest cell needs [0-9.]+ .iB a rank besides the data, and 1 rank on"

# Four copies would be 748 MiB.
data='{name: glyphs, train: 240000, test: 10000}'
study four 'probe: {measures: []}'
run limited "$mpirun" --mca btl self,tcp -n 4 "$strata" sweep four.yaml -o four -q \
    --set epochs=1 --set depth=1 --set seed=1..4
assert_exit 0
assert_equal "$(cells four complete)" 4
