#!/usr/bin/env bash
# The memory that `plan` predicts is enough for what the ranks of a sweep then take, and not
# much more.
. "$(dirname "$0")/lib.sh"

[ -z "${STRATA_SANITIZED-}" ] || skip "sanitizers take memory of their own"

# peak RANKS SHARE --set...: the largest peak of any cell is above that share of what is
# predicted, and below all of it.
peak() {
    local ranks=$1 share=$2
    shift 2
    rm -rf run
    run "$strata" plan cells.yaml "$@" --json
    assert_exit 0
    cp stdout plan.json
    run "$mpirun" -n "$ranks" "$strata" sweep cells.yaml -o run -q "$@"
    assert_exit 0
    python3 - "$share" <<'PY' || fail "$*: see above"
import json, sys, netCDF4
share = float(sys.argv[1])
predicted = json.load(open("plan.json"))["memory_bytes"] / 2**20
with netCDF4.Dataset("run/archive.nc") as archive:
    found = archive["peak_rss_bytes"][:].max() / 2**20
print(f"{found:.0f} MiB of {predicted:.0f} MiB")
sys.exit(not share * predicted < found < predicted)
PY
}

data='{name: glyphs, train: 600, validation: 100, test: 200}'
study cells 'probe: {at: [init, best]}'
large="--set epochs=1 --set seed=1 --set depth=4 --set width=900"
for normalised in false true; do
    peak 1 0.75 $large --set batch_norm=$normalised
    peak 1 0.75 $large --set batch_norm=$normalised --set optimizer=sgd
    peak 2 0.4 --set epochs=1 --set batch_norm=$normalised
done
