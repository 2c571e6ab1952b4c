#!/usr/bin/env bash
# The memory that `plan` predicts is enough for what the ranks of a sweep then take, and not
# much more.
. "$(dirname "$0")/lib.sh"

[ -z "${STRATA_SANITIZED-}" ] || skip "sanitizers take memory of their own"

# peak STUDY RANKS SHARE --set...: the largest peak of any cell is above that share of what
# is predicted, and below all of it.
peak() {
    local name=$1 ranks=$2 share=$3
    shift 3
    rm -rf run
    run "$strata" plan "$name.yaml" "$@" --json
    assert_exit 0
    cp stdout plan.json
    run "$mpirun" -n "$ranks" "$strata" sweep "$name.yaml" -o run -q "$@"
    assert_exit 0
    python3 - "$share" <<'PY' || fail "$name $*: see above"
import json, sys, netCDF4
share = float(sys.argv[1])
predicted = json.load(open("plan.json"))["memory_bytes"] / 2**20
with netCDF4.Dataset("run/archive.nc") as archive:
    found = archive["peak_rss_bytes"][:].max() / 2**20
print(f"{found:.0f} MiB of {predicted:.0f} MiB")
sys.exit(not share * predicted < found < predicted)
PY
}

data='{name: glyphs, train: 200, validation: 50, test: 100}'
study small 'probe: {at: [init, best]}'
study large 'probe: {measures: []}'
for normalised in false true; do
    peak small 2 0.4 --set batch_norm=$normalised
    peak large 1 0.75 --set epochs=1 --set seed=1 --set depth=4 --set width=900 \
        --set batch_norm=$normalised
done
