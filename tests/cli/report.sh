#!/usr/bin/env bash
# report: one HTML file, and the same as text, from the archives of real sweeps.
. "$(dirname "$0")/lib.sh"
need ncdump netcdf-bin

# report DIR [ARGUMENT...]: succeeds; $page is a file that any browser takes, and says what
# stands in it.
report() {
    local file=$1/report.html
    rm -f "$file"
    run "$strata" report "$@"
    assert_exit 0
    assert_empty stdout
    assert_count 1 stderr .
    assert_match stderr "^strata: wrote $file, [0-9.]+ [KM]iB$"
    check "$file"
}

check() {
    page=$work/page
    python3 "$here/report_page.py" "$1" >"$page" 2>"$work/stderr" || fail "$1 is no report"
}

# ---- a complete sweep ----

study deep 'probe: {at: [init, "epoch:1", best]}'
axes=(--set seed=1..3 --set depth=1,2,3 --set label_corruption=0,0.4 --set width=4,12)
sweep deep "${axes[@]}"
report deep
assert_count 1 "$page" '^p: Complete: all 36 cells that the study asks for have results\.$'
assert_text "$page" 'dd: seed 1..3 × depth 1..3 × width 4, 12 × label_corruption 0, 0.4'
assert_match "$page" '^dd: activation relu, loss mse, optimizer adam, .*epochs 2'
assert_text "$page" 'dd: glyphs: 300 samples for training, the last 50 of them held out for validation; 100 for the test'
assert_match "$page" '^dd: 36 complete$'
assert_match "$page" '^dd: 3 with results in each of 12 combinations of the other options$'
assert_match "$page" '^dd: depth [123], width (4|12), label_corruption 0(\.4)?: validation error 0\.[0-9]{4}; test error 0\.[0-9]{4} ± 0\.[0-9]{4} \(N = 3\)$'
assert_text "$page" "dd: $(content_hash deep/archive.nc)"
assert_match "$page" "^dd: [^ ]*strata sweep deep.yaml -o deep .*: 36 cells; 1 rank on "
assert_text "$page" 'dd: 95 % interval of Student'
assert_match "$page" '^p: 12 settings, .*; from 999 permutations\.$'
for heading in '# Report of the sweep deep' '## Verdict' '## Completeness' '## Figures' '## Tables' \
    '### Networks' '### Layers' '### Which measures predict the gap' '## Notes'; do
    assert_count 1 "$page" "^$heading\$"
done
assert_equal "$(grep -c '^row: [123].*✓.✓.✓$' "$page")" 12
assert_no_match "$page" '^row: [123].*(–|F|D|T|Q)$'
if command -v gnuplot >/dev/null; then
    assert_match "$page" '^figures: 10$'
fi

# Figures of measures that few sweeps take are there where they were taken.
for title in 'Training: update' 'Measures by layer'; do
    assert_no_match "$page" "^### $title"
done
study taken 'probe: {measures: [corruption, updates], at: [init, "epoch:1", best]}'
sweep taken --set label_corruption=0.4
report taken
if command -v gnuplot >/dev/null; then
    assert_count 1 "$page" '^### Training: update agreement; update changed; supported cost$'
    assert_count 1 "$page" '^### Measures by layer: clean corrupt cosine; clean class cosine; corrupt class cosine and 1 more, snapshot best$'
fi
report deep

# The tables have the means over seeds of the archive's own numbers, to the last bits.
python3 - deep/archive.nc deep/report.html "$here" <<'PY' || fail "not the means over seeds"
import sys, netCDF4, numpy as np
from scipy import stats
sys.path.insert(0, sys.argv[3])
import report_page
a = netCDF4.Dataset(sys.argv[1])
_, page = report_page.read(sys.argv[2])
networks, layers, judged = (t for t in page.tables if t["kind"] == "data"
    and t["caption"].split()[0] in ("Networks:", "Layers,", "Measures"))
best, validation, test = 2, 1, 2
quantile = 1e-9 # the error of scipy's quantile of t (unit.stats)
def close(found, expected, error=1e-12):
    assert abs(float(found) - expected) <= error * max(1, abs(expected)), (found, expected)
def cells(row, head):
    return [i for i in range(len(a["seed"])) if all(
        a[name][i] == float(row[head.index(name)]) for name in ("depth", "width", "label_corruption"))]
def half(x):
    return stats.t.ppf(0.975, len(x) - 1) * np.std(x, ddof=1) / np.sqrt(len(x))
head = networks["head"][0]
errors = []
assert len(networks["rows"]) == 12
for row in networks["rows"]:
    found, at = dict(zip(head, row)), cells(row, head)
    accuracy = np.asarray(a["network_accuracy"][at, best])
    assert found["N"] == "3" and len(at) == 3
    close(found["train accuracy"], accuracy[:, 0].mean())
    close(found["validation error"], 1 - accuracy[:, validation].mean())
    close(found["test error"], 1 - accuracy[:, test].mean())
    close(found["± 95 %"], half(accuracy[:, test]), quantile)
    close(found["sd"], np.std(accuracy[:, test], ddof=1))
    errors.append(float(found["validation error"]))
assert errors == sorted(errors)
head = layers["head"][0]
assert len(layers["rows"]) == 4 * (2 + 3 + 4) # hidden layers and the output
for row in layers["rows"]:
    found, at = dict(zip(head, row)), cells(row, head)
    layer = int(found["layer"]) - 1
    perplexity = np.asarray(a["mean_perplexity"][at, best, test, layer])
    close(found["perplexity"], perplexity.mean())
    close(found["± perplexity"], half(perplexity), quantile)
    for i, system in enumerate(("discrete", "continuous", "combined")):
        accuracy = np.asarray(a["system_accuracy"][at, best, i, test, layer])
        close(found[system], accuracy.mean())
        close(found["± " + system], half(accuracy), quantile)
names = [row[0] for row in judged["rows"]]
assert "random" in names and "mean_perplexity.train.last" in names and len(names) > 20
PY

# Judged as by rank.
run "$strata" rank deep --format csv
python3 - stdout deep/report.html "$here" <<'PY' || fail "not as rank judges"
import csv, sys
sys.path.insert(0, sys.argv[3])
import report_page
judged = [t for t in report_page.read(sys.argv[2])[1].tables if t["caption"].startswith("Measures")][0]
found = [dict(zip(judged["head"][0], row)) for row in judged["rows"]]
expected = list(csv.DictReader(open(sys.argv[1], newline="")))
assert [f["measure"] for f in found] == [e["measure"] for e in expected]
for f, e in zip(found, expected):
    for mine, its in ("tau-b", "tau"), ("Psi", "granulated"), ("CMI", "cmi"), ("sign error", "sign_error"):
        assert f[mine] == e[its] and f["p of " + mine] == e[its + "_p"], (f, e)
    assert f["pairs"] == e["pairs"] and f["pairs kept"] == e["pairs_kept"] and f["kind"] == e["kind"]
PY

# ---- where it goes ----

cp deep/report.html first.html
run "$strata" report deep
assert_exit 0
cmp deep/report.html first.html || fail "two reports of an archive differ"
run "$strata" report deep -o -
assert_exit 0
assert_empty stderr
cmp stdout first.html || fail "standard output differs from the file"
cp deep/archive.nc alone.nc
run "$strata" report alone.nc
assert_exit 0
assert_match stderr '^strata: wrote alone.html, '
check alone.html
assert_no_match "$page" 'study.yaml -o'
mkdir sub
run "$strata" report deep -o sub/mine.html
assert_exit 0
cmp sub/mine.html first.html || fail "-o changes the report"
assert_equal "$(ls sub)" mine.html
echo '<!DOCTYPE html><title>of somebody else</title>' >foreign.html
cp foreign.html kept.html
error 73 "$work/foreign.html: exists and is no report of Strata's: name another file by -o" \
    "$strata" report "$work/deep" -o "$work/foreign.html"
cmp foreign.html kept.html || fail "a file of somebody else was replaced"
ln -s first.html link.html
error 73 "$work/link.html: exists and is no report" "$strata" report "$work/deep" -o "$work/link.html"
error 73 "$work/sub: exists and is no report" "$strata" report "$work/deep" -o "$work/sub"
error 73 "$work/none/r.html" "$strata" report "$work/deep" -o "$work/none/r.html"

# Without gnuplot the numbers are there all the same.
run env PATH="$work/none" "$strata" report deep -o undrawn.html
assert_exit 0
check undrawn.html
assert_match "$page" '^figures: 0$'
assert_match "$page" '^p: Not drawn: .*gnuplot'
assert_match "$page" '^table data: Perplexity of each layer.*: what is drawn$'

# ---- as text ----

run "$strata" report deep --text
assert_exit 0
assert_empty stderr
assert_text stdout 'Complete: all 36 cells that the study asks for have results.'
assert_no_match stdout '<[a-z/]'
assert_match stdout '^Verdict$'
assert_match stdout '^depth  width  label_corruption  N  train accuracy  validation error  test error  ± 95 %      sd$'
python3 - stdout <<'PY' || fail "a line of prose is longer than 90 characters"
import sys
for line in open(sys.argv[1], encoding="utf-8"):
    assert len(line) <= 91 or line.startswith("    ") or "  " in line.strip(), line
PY
error 64 '--text prints: it has no use for -o x' "$strata" report "$work/deep" --text -o x

# ---- a part of the cells ----

report deep --where 'depth > 1 and seed < 3' --gap test --snapshot epoch:1
assert_text "$page" 'dd: 16 of 36 cells, those where depth > 1 and seed < 3'
assert_text "$page" 'dd: 1 - test accuracy'
assert_text "$page" 'dd: epoch:1'
assert_match "$page" '^dd: 3 with results in each of 12 combinations of the other options$'
assert_match "$page" '^dd: depth .*test error 0\.[0-9]{4} \(N = 2\)$' # two seeds have no interval
assert_text "$page" 'li: Settings with results of fewer than 3 seeds, which have no interval: 8 of 8.'

# The figures, and the commands for all rows, are of the same cells and snapshot.
assert_match "$page" "^pre: strata rank deep --where 'depth > 1 and seed < 3' --snapshot epoch:1 --gap test\$"
assert_match "$page" "^pre: strata plot deep gap --where .* --snapshots epoch:1 .*--gap test --sample\$"
assert_no_match "$page" '^pre: strata plot deep (error|perplexity) .*--gap'
read -r high at_init < <(python3 - <<'PY'
import netCDF4, numpy as np
accuracy = np.asarray(netCDF4.Dataset("deep/archive.nc")["network_accuracy"][:, :, 2])
high = float(np.median(accuracy[:, 0]))
assert (accuracy[:, 0] >= high).sum() != (accuracy[:, 2] >= high).sum()
print(repr(high), (accuracy[:, 0] >= high).sum())
PY
)
report deep --where "network_accuracy[test] >= $high" --snapshot init
assert_text "$page" "dd: $at_init of 36 cells, those where network_accuracy"
assert_match "$page" "\b$at_init networks[;.]"
assert_match "$page" "^pre: strata plot deep error --where .* --where-at init"

# Cells that the study does not ask for are not among those that it asks for.
cp deep/archive.nc wider.nc
python3 - <<'PY'
import netCDF4, re
with netCDF4.Dataset("wider.nc", "a") as a:
    a.schema_version = "1.999" # whose CRCs are not checked
    study, n = re.subn(r"width: \[4, ?12\]", "width: [4]", a.study)
    assert n == 1, a.study
    a.study = study
PY
run "$strata" report wider.nc
assert_exit 0
check wider.html
assert_count 1 "$page" '^p: Complete: all 18 cells that the study asks for have results\.$'
assert_text "$page" 'dd: 36 complete; of them 18 that its study does not ask for'

# ---- cells without results ----

printf '%s\n' 'study: wild' "data: $data" \
    'grid: {seed: 1..2, depth: [1, 2, 3], width: [4, 8], learning_rate: [0.01, 100]}' \
    'train: {epochs: 3, batch_size: 32, optimizer: sgd, activation: tanh}' >wild.yaml
run "$strata" sweep wild.yaml -o wild -q
assert_exit 79
report wild
assert_count 1 "$page" '^p: Every cell was tried, but 12 of 24 have no result \(12 diverged\)\.$'
assert_equal "$(grep -Pc '^row: [123]\t[48]\t100\tD\tD$' "$page")" 6
assert_equal "$(grep -Pc '^row: [123]\t[48]\t0.01\t✓\t✓$' "$page")" 6
assert_match "$page" '^li: [0-9]+ cells? diverged: the loss is not finite after step [0-9]+ \(seed [12], depth [123], width [48], learning_rate 100'
assert_text "$page" 'li: Cells without a result, which count in no figure, mean or interval: 12.'
assert_text "$page" 'li: Settings without a gap, which are not judged: 6 of 12.'
assert_no_match "$page" 'retry'       # diverged cells stay
report wild --where 'learning_rate == 100'
assert_text "$page" 'p: Not judged: that takes 5 settings with a gap, and here are 0.'

# A sweep that was asked to stop; its cells in the map are those of the archive.
printf '%s\n' 'study: begun' "data: $data" 'grid: {seed: 1..40, depth: [2, 3], width: 16}' \
    'train: {epochs: 400, batch_size: 8, patience: 400}' >begun.yaml
start "$strata" sweep begun.yaml -o begun -q
wait_for 30 has_cells begun 3
kill -TERM "$started"
finish
assert_exit 75
complete=$(cells begun complete) left=$(cells begun left)
report begun
assert_text "$page" "p: Not complete: $left of the 80 cells that the study asks for are missing ($complete complete, $left missing)."
assert_equal "$(grep -P '^row: [23]\t(✓|–)' "$page" | grep -o '✓' | wc -l)" "$complete"
assert_equal "$(grep -P '^row: [23]\t(✓|–)' "$page" | grep -o '–' | wc -l)" "$left"
assert_text "$page" 'pre: mpirun strata sweep begun/study.yaml -o begun'

# One seed and one setting; nothing varies.
study one
sweep one --set seed=1 --set depth=1
report one
assert_text "$page" 'p: Complete: the one cell that the study asks for has a result.'
assert_text "$page" $'row: all\t✓'
assert_match "$page" '^dd: validation error 0\.[0-9]{4}; test error 0\.[0-9]{4} \(N = 1\)$'

# ---- text that somebody else wrote ----

python3 - <<'PY'
import netCDF4, numpy as np
with netCDF4.Dataset("wild/archive.nc", "a") as a:
    a.schema_version = "1.999" # whose CRCs are not checked
    evil = '<script>alert(1)</script>" onload="x\' =cmd() \u202egnp.exe\x1b[2J &amp;'
    def put(variable, row, text):
        v = a[variable]
        v.set_auto_chartostring(False)
        v[row] = np.frombuffer(text.encode()[:v.shape[1]].ljust(v.shape[1], b"\0"), "S1")
    for row in np.flatnonzero(a["status"][:] != 0):
        put("message", row, evil)
    for name in ("run_command", "run_host"):
        put(name, 0, evil)
    a.title = evil
    a.source = evil
    a.study = a.study.replace("name: glyphs", "name: '/<b>\"onload=/'")
PY
report wild
assert_text "$page" "# Report of the sweep <script>alert(1)</script>\" onload=\"x' =cmd() �gnp.exe�[2J &amp;"
assert_count 1 "$page" '^li: 12 cells diverged: <script>alert'
assert_match "$page" '^dd: <script>alert.*: 24 cells; 1 rank on <script>alert'
assert_text "$page" 'dd: /<b>"onload=/: 300 samples'
run "$strata" report wild --text
assert_exit 0
assert_no_match stdout $'\x1b'
assert_no_match stdout $'\u202e'

# A name that a shell would obey, in the commands that the report shows.
mv deep 'de ep;$(touch x)'
run "$strata" report 'de ep;$(touch x)' -o odd.html
assert_exit 0
check odd.html
assert_text "$page" "pre: strata rank 'de ep;\$(touch x)'"
mv 'de ep;$(touch x)' deep

# ---- mistakes ----

error 64 '--gap train: not one of given, clean, test' "$strata" report "$work/deep" --gap train
error 64 '--snapshot final: the archive has init, epoch:1, best' \
    "$strata" report "$work/deep" -o x.html --snapshot final
error 66 '--where: none of 36 cells matches: seed > 3' \
    "$strata" report "$work/deep" -o x.html --where 'seed > 3'
error 66 'none.nc: No such file or directory' "$strata" report none.nc
error 64 'report: missing operand: strata report DIR' "$strata" report
