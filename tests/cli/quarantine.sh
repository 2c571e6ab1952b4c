#!/usr/bin/env bash
# A cell that ends its process three times is not begun again: the rest completes, and the
# archive says why. Requests to stop do not count, and the others are not blamed.
. "$(dirname "$0")/lib.sh"
need ncdump netcdf-bin

# One cell takes long, and is begun first.
printf '%s\n' 'study: deadly' "data: $data" 'grid: {seed: 1..6, depth: 1, width: 8}' \
    'blocks: [{seed: 9, depth: 1, width: 8, epochs: 100000}]' \
    'train: {epochs: 30, batch_size: 32, patience: 0}' >deadly.yaml
first_claim() {
    python3 "$here/journal.py" list "$1"/journal/* 2>/dev/null |
        awk '$1 == "claim" && !n++ { print $2 }'
}
has_claim() {
    [ -n "$(first_claim "$1")" ]
}
start "$strata" sweep deadly.yaml -o named -q
wait_for 20 has_claim named
kill -TERM "$started"
finish
assert_exit 75
cell=$(first_claim named)

# Stopped three times: begun each time, and never blamed.
for _ in 1 2 3; do
    start "$strata" sweep deadly.yaml -o stopped -q
    sleep 0.7
    kill -TERM "$started"
    finish
    assert_exit 75
done
assert_equal "$(cells stopped quarantined)" 0

for ranks in 1 2; do
    python3 "$here/quarantine_test.py" "$strata" "$mpirun" $ranks deadly.yaml d$ranks \
        "$cell" 3 || fail "the cell could not be killed at work"
    assert_equal "$(cells d$ranks quarantined)" 0
    run "$mpirun" -n $ranks "$strata" sweep deadly.yaml -o d$ranks -q
    assert_exit 79
    assert_within 20
    assert_equal "$(cells d$ranks complete)" 6
    assert_equal "$(cells d$ranks quarantined)" 1
    assert_equal "$(cells d$ranks left)" 0
    run ncdump -v message d$ranks/archive.nc
    assert_match stdout '"its process ended 3 times while it ran; --retry failed tries again'
    run "$mpirun" -n $ranks "$strata" sweep deadly.yaml -o d$ranks -q
    assert_exit 79
    assert_match stderr ', 7 done before$'
done

# It may be tried again, and is then like any other.
start "$strata" sweep deadly.yaml -o d1 -q --retry failed
sleep 1
kill -TERM "$started"
finish
assert_exit 75
assert_equal "$(cells d1 left)" 0
