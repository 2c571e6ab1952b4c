#!/usr/bin/env bash
# select: in studies: the archive says which settings were selected by validation error,
# and every command counts those.
. "$(dirname "$0")/lib.sh"

# rates NAME DATA [LINE...]: some of its learning rates suit some networks, the last none.
rates() {
    local name=$1
    printf '%s\n' "study: $name" "data: $2" \
        'grid: {seed: 1..3, depth: [1, 2, 4], width: [4, 24], learning_rate: [0.03, 0.3, 60]}' \
        'train: {epochs: 6, batch_size: 32, optimizer: sgd}' \
        'probe: {at: [init, best], measures: [patterns]}' "${@:3}" >"$name.yaml"
}

# Some cells diverge, which exit code 79 tells.
sweep_rates() {
    local name=$1
    shift
    run "$@" "$strata" sweep "$name.yaml" -o "$name" -q
    assert_exit 79
}

# strata COMMAND, which must succeed.
strata() {
    run "$strata" "$@"
    assert_exit 0
}

over='select: {over: learning_rate}'
rates best "$data" "$over"
strata plan best.yaml
assert_text stdout 'selects     learning_rate by validation error'
sweep_rates best

# ---- the archive ----

# The rule, once more; and what its statistics are of.
cat >check.py <<'PY'
import sys, netCDF4, numpy as np
with netCDF4.Dataset(sys.argv[1]) as a:
    best = a["snapshot_label"][:].tolist().index("best")
    error = 1 - np.ma.filled(a["network_accuracy"][:, best, 1].astype(float), np.nan)
    error[a["status"][:] != 0] = np.nan
    cells = list(zip(a["depth"][:].tolist(), a["width"][:].tolist()))
    rates = a["learning_rate"][:]
    chosen = {}
    for setting in dict.fromkeys(cells):
        of = {}
        for rate in dict.fromkeys(rates.tolist()):
            e = error[[c == setting and r == rate for c, r in zip(cells, rates)]]
            e = e[~np.isnan(e)]
            of[rate] = (-len(e), round(e.mean(), 12) if len(e) else 0)
        chosen[setting] = min(of, key=of.get) # the first of equals
    expected = [int(chosen[c] == r) for c, r in zip(cells, rates.tolist())]
    assert a["selected"][:].tolist() == expected
    assert (a["status"][:] != 0).any(), "nothing diverged"
    assert len(set(chosen.values())) > 1, "one rate suits all"
    assert (a.select_over, a.select_by) == ("learning_rate", "validation_error")
    groups = zip(a["group_depth"][:].tolist(), a["group_width"][:].tolist())
    assert dict(zip(groups, a["group_learning_rate"][:].tolist())) == chosen
    assert len(a.dimensions["group"]) == len(chosen)
PY
python3 check.py best/archive.nc || fail "not the learning rates of the lowest validation error"

# Statistics are those of a study that has the selected settings and no others.
strata export best --variables 'depth, width, learning_rate' --where 'selected == yes and seed == 1'
rates chosen "$data"
tail -n +2 stdout | awk -F, 'BEGIN { print "blocks:" }
    { line = sprintf("{seed: 1..3, depth: %s, width: %s, learning_rate: %s}", $2, $3, $4) }
    NR == 1 { first = line }
    NR > 1 { print "  - " line }
    END { print "grid: " first }' >grids
sed -i '/^grid:/d' chosen.yaml
cat grids >>chosen.yaml
sweep chosen
python3 - best/archive.nc chosen/archive.nc <<'PY' || fail "other statistics"
import sys, netCDF4, numpy as np
a, b = (netCDF4.Dataset(path) for path in sys.argv[1:])
names = [name for name in a.variables if "group" in a[name].dimensions]
assert len(names) > 50 and "selected" not in b.variables
for name in names:
    assert name in b.variables, name
    np.testing.assert_array_equal(np.ma.filled(a[name][:]), np.ma.filled(b[name][:]), name)
PY

# Other numbers of ranks, and merge.
run "$mpirun" -n 3 "$strata" sweep best.yaml -o ranks -q
run "$strata" diff best ranks
assert_exit 0
python3 - best/archive.nc ranks/archive.nc <<'PY' || fail "ranks change what is selected"
import sys, netCDF4, numpy as np
a, b = (netCDF4.Dataset(path) for path in sys.argv[1:])
assert a.content_hash == b.content_hash
for name in a.variables:
    if name == "selected" or "group" in a[name].dimensions:
        assert np.ma.filled(a[name][:]).tobytes() == np.ma.filled(b[name][:]).tobytes(), name
PY
cp best/archive.nc swept.nc
strata merge best
cmp best/archive.nc swept.nc || fail "merge writes another archive"

# The test set has no say: other test samples, the same selection.
rates tested '{name: glyphs, train: 300, validation: 50, test: 37}' "$over"
sweep_rates tested
python3 - best/archive.nc tested/archive.nc <<'PY' || fail "the test set had a say"
import sys, netCDF4
a, b = (netCDF4.Dataset(path) for path in sys.argv[1:])
assert (a["network_accuracy"][:, 1, 2] != b["network_accuracy"][:, 1, 2]).any()
assert (a["network_accuracy"][:, 1, 1] == b["network_accuracy"][:, 1, 1]).all()
assert a["selected"][:].tolist() == b["selected"][:].tolist()
PY

# ---- verify ----

strata verify best
cat >forge.py <<'PY'
import sys, netCDF4
with netCDF4.Dataset(sys.argv[1], "r+") as a:
    exec(sys.argv[2])
PY
# forged STATEMENT TEXT: verify tells of it.
forged() {
    rm -rf forged
    cp -r best forged
    python3 forge.py forged/archive.nc "$1"
    run "$strata" verify forged
    assert_exit 65
    assert_match stdout "^DAMAGE  forged/archive.nc: $2"
}
forged 'a["selected"][4] = 1 - a["selected"][4]' \
    'selected of 1 cells, from cell 4 on, is not what their validation errors say'
forged 'a["selected"][:] = 1 - a["selected"][:]' 'selected of 54 cells, from cell 0 on'
forged 'a.select_over = "width"' 'selects over other options than its study'
forged 'a["selected"][3] = 2' '.*unknown value of selected'

# ---- every command counts the same ----

best="selected by validation error: 0.03, 0.3"
strata summarize best --format csv
cp stdout default.csv
assert_count 7 stdout .
strata summarize best --select learning_rate --format csv
cmp stdout default.csv || fail "--select learning_rate chooses otherwise"
strata summarize best --select none --where 'selected == yes' --format csv
cmp stdout default.csv || fail "the variable selected says otherwise"
strata summarize best --select none --format csv
assert_count 19 stdout .
strata summarize chosen --format csv
cmp stdout default.csv || fail "the selected cells alone have other means"
strata summarize best
assert_match stdout "^best: 54 of 54 cells, [0-9]+ diverged; snapshot best; learning_rate $best\$"
run "$strata" sweep best.yaml -o best
assert_match stdout "; learning_rate $best\$"
strata summarize best --select none
assert_no_match stdout 'selected by'
strata summarize best --select width,learning_rate --format csv
assert_count 4 stdout .
strata summarize best --select learning_rate,width
assert_match stdout '; width, learning_rate selected by validation error: [0-9, ]+; 0\.0?3'

# Selected after --where, where it is not the study's choice; else before.
strata summarize best --where 'seed == 1' --format csv
assert_count 7 stdout .
cut -d, -f1-3 stdout >one-seed
cut -d, -f1-3 default.csv | cmp - one-seed || fail "--where changes what the study selects"
error 66 "none of the cells is of a setting that the study selects" \
    "$strata" summarize "$work/best" --where 'learning_rate == 60'

strata summarize best --compare depth=1,4 --format csv
cp stdout compared
strata summarize chosen --select learning_rate --compare depth=1,4 --format csv
cmp stdout compared || fail "--compare counts other cells"
error 64 "--compare learning_rate: it is selected by validation error" \
    "$strata" summarize "$work/best" --compare learning_rate=0.03,0.3
strata summarize best --select none --compare learning_rate=0.03,0.3

# Validation error does not depend on the probe's options.
for option in bandwidth bandwidth_fixed quarantine_least; do
    error 64 "--select $option: the validation error does not depend on it" \
        "$strata" summarize "$work/best" --select "width,$option"
done

strata rank best --table settings --format csv
assert_match stdout '^depth,width,learning_rate,seeds,'
cut -d, -f1-3 stdout >ranked
cut -d, -f1-3 default.csv | cmp - ranked || fail "rank counts other settings"
strata rank best --format csv
assert_match stdout ',psi_depth,psi_depth_p,psi_width,psi_width_p$' # no axis learning_rate
strata rank best
assert_match stdout "; learning_rate $best\$"
strata rank best --select none --format csv
assert_match stdout ',psi_learning_rate,'

strata report best --text
tr -s ' \n' ' ' <stdout >flat
assert_text flat "Selection: learning_rate $best; other settings count in no figure and no table"
assert_text flat "With learning_rate $best."
strata report best --text --select none
assert_no_match stdout 'selected by|Selection:'
tr -s ' \n' ' ' <stdout >flat
assert_text flat "strata rank best --select none"

if command -v gnuplot >/dev/null; then
    strata plot best error -o all.svg --keep kept
    assert_text stderr "With learning_rate $best. "
    assert_text stderr "18 networks;"
    grep -v '^#' kept/error.dat >selected.dat
    strata plot chosen error -o chosen.svg --keep kept --select learning_rate
    grep -v '^#' kept/error.dat | cmp - selected.dat || fail "plot counts other cells"
    strata plot best heatmap -o map.svg --keep kept
    python3 "$sources/tests/reference/figure_points.py" chosen/archive.nc heatmap kept/heatmap.dat ||
        fail "tiles of other cells"
    strata plot best error -o none.svg --select none --x learning_rate
    error 64 "--x learning_rate: it is selected by validation error" \
        "$strata" plot "$work/best" error -o x.svg --x learning_rate
    error 64 "--select depht: no such option (did you mean 'depth'?)" \
        "$strata" plot "$work/best" error -o x.svg --select depht
fi

# Exported are all cells.
strata export best --variables 'selected, status'
assert_count 18 stdout ',yes,complete$'
assert_count 55 stdout .

# ---- the study changes its mind ----

# Nothing is computed again; the archive is made anew.
rates best "$data" 'select: {over: [width, learning_rate], by: validation_error}'
run "$strata" sweep best.yaml -o best
strata summarize best --format csv
assert_count 4 stdout .
rates best "$data"
run "$strata" sweep best.yaml -o best -q
strata verify best
strata summarize best --format csv
assert_count 19 stdout .
strata export best --variables selected
assert_match stdout '^1,1,4,0\.03,$'
error 66 '--where: none of 54 cells matches' \
    "$strata" summarize "$work/best" --where 'selected == yes'

# Directories of two minds do not unite.
run "$strata" merge best ranks -o both
assert_exit 78
assert_text stderr "studies differ in more than their axes: nothing against 'select:'"
