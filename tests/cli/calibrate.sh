#!/usr/bin/env bash
# plan --calibrate: short cells give rates, finished cells give better ones, and neither
# touches results.
. "$(dirname "$0")/lib.sh"

# json KEY: of what `plan --json` printed, "prediction.rates".
json() {
    python3 -c 'import json, sys
value = json.load(sys.stdin)
for key in sys.argv[1].split("."):
    value = value[key]
print(value)' "$1" <stdout
}

study small

# Without a directory nothing is kept.
mkdir empty
run env -C empty "$strata" plan ../small.yaml --calibrate --json
assert_exit 0
assert_text stderr "strata: measuring"
assert_equal "$(json prediction.short_cells)" 2
assert_empty_dir empty

# With one, calibration.json is, and later plans read it.
run "$strata" plan small.yaml -o small --calibrate
assert_exit 0
assert_match stdout '^rates +of 2 short cells on '
assert_json small/calibration.json
assert_equal "$(ls small)" calibration.json
run "$strata" plan small.yaml -o small --json
assert_exit 0
assert_empty stderr
assert_equal "$(json prediction.rates)" calibration.json
calibrated=$(json core_seconds)
run "$strata" plan small.yaml --json
assert_equal "$(json prediction.rates)" nominal
assert_different "$(json core_seconds)" "$calibrated"

# A directory with a calibration is no stranger's to a sweep, and results are the same.
sweep small
assert_no_match stderr calibration
cp small.yaml other.yaml
sweep other
assert_equal "$(content_hash small/archive.nc)" "$(content_hash other/archive.nc)"
run "$strata" plan small.yaml -o small --json
assert_equal "$(json prediction.rates)" "finished cells"
assert_equal "$(json prediction.finished_cells)" 4
assert_equal "$(json left)" 0

# Early stopping, as finished cells show it, shortens what is predicted for the rest.
study patient 'exclude: []'
sed -i 's/epochs: 2,/epochs: 400, patience: 5,/' patient.yaml
sweep patient
run "$strata" plan patient.yaml -o patient --set seed=1..4 --json
assert_equal "$(json left)" 4
share=$(json prediction.epochs_share)
awk "BEGIN { exit !(0 < $share && $share < 0.33) }" || fail "of 400 epochs a share of $share"
stops=$(json core_seconds)
run "$strata" plan patient.yaml -o patient --set seed=1..4 --set patience=0 --json
# The second knows no finished cells, and its nominal rates are not those of sanitizers.
[ -n "${STRATA_SANITIZED-}" ] ||
    awk "BEGIN { exit !($(json core_seconds) > 3 * $stops) }" ||
    fail "400 epochs take $(json core_seconds) s, those before early stopping $stops s"

# Of another CPU: used, and said.
sed 's/"cpu": "[^"]*"/"cpu": "Abacus 1"/' small/calibration.json >abacus.json
mkdir abacus && mv abacus.json abacus/calibration.json
run "$strata" plan small.yaml -o abacus
assert_exit 0
assert_text stderr "calibration.json is of another CPU (Abacus 1 on "
assert_match stdout '^rates +of 2 short cells on .* \(Abacus 1\)'

# Damaged: plan names the place and does not replace the file; a sweep does without.
head -c 150 small/calibration.json >damaged.json
mkdir damaged && mv damaged.json damaged/calibration.json
cp damaged/calibration.json before.json
for calibrate in '' --calibrate; do
    # shellcheck disable=SC2086
    run "$strata" plan small.yaml -o damaged $calibrate
    assert_exit 65
    assert_match stderr '^strata: damaged/calibration\.json:[0-9]+:[0-9]+: '
    cmp -s damaged/calibration.json before.json || fail "the damaged file was replaced"
done
run "$strata" sweep small.yaml -o damaged -q
assert_exit 0
assert_match stderr '^strata: damaged/calibration\.json:.*; predicting with nominal rates$'
assert_equal "$(content_hash damaged/archive.nc)" "$(content_hash other/archive.nc)"
