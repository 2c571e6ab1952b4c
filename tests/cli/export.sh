#!/usr/bin/env bash
# export: every number of an archive as it is, in tables that other programs read.
. "$(dirname "$0")/lib.sh"

study ragged 'probe: {at: [init, "epoch:1", best]}'
sweep ragged --set seed=1..2 --set depth=1,3 --set learning_rate=0.001,3e-3

# export DIR ARGUMENT...: must succeed and be silent on standard error.
export_() {
    run "$strata" export "$@"
    assert_exit 0
    assert_empty stderr
}

# ---- against the archive's own bits ----

# as_in_archive FORMAT: each variable of stdout, whose columns name dimensions, has the
# values that netCDF4 reads; rows are those that exist, in order.
as_in_archive() {
    python3 - "$1" stdout "$2" <<'PY' || fail "not what the archive holds"
import csv, itertools, json, math, sys
import netCDF4, numpy as np
form, path, archive = sys.argv[1:]
with open(path, newline="", encoding="utf-8") as file:
    rows = list(json.load(file) if form == "json" else csv.DictReader(file))
a = netCDF4.Dataset(archive)
a.set_auto_mask(False)
labels = [str(label) for label in a["snapshot_label"][:]]
axes = {"snapshot": labels, "system": ["discrete", "continuous", "combined"],
        "split": ["train", "validation", "test"],
        "layer": range(1, len(a.dimensions["layer"]) + 1),
        "class": range(len(a.dimensions["class"])), "quantile": [0, .25, .5, .75, 1]}
keys = ["seed", "depth", "learning_rate"]
columns = list(rows[0])
dims = [c for c in columns if c in axes]
assert columns[:3] == keys, columns
assert dims == [d for d in axes if d in dims]
values = {c: a[c][:] for c in [*keys, *columns] if c in a.variables and c not in axes}
at = iter(rows)
n_missing = 0
for cell in range(len(a.dimensions["cell"])):
    n_layers = int(a["n_layers"][cell])
    spans = [range(n_layers if d == "layer" else len(axes[d])) for d in dims]
    for index in itertools.product(*spans):
        row = next(at)
        for key in keys:
            assert float(row[key]) == float(values[key][cell]), (row, key)
        where = dict(zip(dims, index))
        for dim in dims:
            assert str(row[dim]) == str(axes[dim][where[dim]]) or \
                float(row[dim]) == axes[dim][where[dim]], (row, dim)
        for name in columns[3 + len(dims):]:
            v = a[name]
            bits = values[name][(cell, *(where[d] for d in v.dimensions[1:]))]
            if bits == getattr(v, "_FillValue", None):
                assert row[name] in ("", None), (row, name)
                n_missing += 1
            elif "flag_meanings" in v.ncattrs():
                assert row[name] == v.flag_meanings.split()[bits]
            elif v.dtype.kind == "i":
                assert row[name] == (int(bits) if form == "json" else str(bits))
            elif math.isnan(bits):
                assert row[name] == (None if form == "json" else "NaN")
            else:
                assert float(row[name]).hex() == float(bits).hex(), (row, name)
assert next(at, None) is None, "rows beyond the last"
print(len(rows), n_missing)
PY
}

for format in csv json; do
    for list in best_epoch,status,optimizer network_accuracy,network_loss,best_epoch \
        system_accuracy,network_correct perplexity,mean_perplexity,n_layers \
        predictability_quantile sample_count,constant_nodes,train_accuracy_corrupt; do
        export_ ragged --variables "$list" --format $format
        as_in_archive $format ragged/archive.nc
    done
done
cp stdout by-directory
export_ ragged/archive.nc --variables sample_count,constant_nodes,train_accuracy_corrupt \
    --format json
cmp stdout by-directory || fail "an archive and its directory differ"

# ---- an index fixes dimensions ----

export_ ragged --variables 'network_accuracy[best, test],mean_perplexity[ test,best ]'
assert_match stdout '^seed,depth,learning_rate,layer,"network_accuracy\[best,test\]","mean_perplexity\[test,best\]"$'
assert_count 24 stdout '^[12],[13],[0-9.e-]+,[1-4],'
export_ ragged --variables mean_perplexity --snapshot best --where 'layer == n_layers'
awk -F, 'NR == 1 || $5 == "test"' stdout >last-layers
assert_count 8 last-layers '^[12],[13],[0-9.]+,best,test,[24],[0-9.]+$'
export_ ragged --variables 'mean_perplexity[layer:4, test, best]'
assert_count 4 stdout '^[12],1,[0-9.]+,$'
assert_count 4 stdout '^[12],3,[0-9.]+,[0-9.]+$'

# An option that was asked for is a column once; cell_id tells cells apart in any table.
export_ ragged --variables cell_id,width,depth
assert_match stdout '^seed,learning_rate,cell_id,width,depth$'
assert_count 8 stdout '^[12],0.00[13],[0-9a-f]{32},8,[13]$'

# ---- rows by an expression, at the row's own snapshot ----

export_ ragged --variables 'network_accuracy[test]' --where 'snapshot_epoch == 1'
assert_count 8 stdout ',epoch:1,'
assert_no_match stdout ',init,'
export_ ragged --variables best_epoch --where 'network_accuracy[test, best] >= 0'
assert_count 9 stdout .

# ---- cells without results ----

printf '%s\n' 'study: wild' "data: $data" \
    'grid: {seed: 1..2, depth: 1, width: 8, learning_rate: [0.01, 100]}' \
    'train: {epochs: 4, batch_size: 32, optimizer: sgd, activation: tanh}' \
    'probe: {at: ["epoch:4", best]}' >wild.yaml
run "$strata" sweep wild.yaml -o wild -q
assert_exit 79
export_ wild --variables 'status,network_accuracy[test,epoch:4],message'
assert_count 2 stdout '^[12],100,diverged,,.+$'
assert_count 2 stdout '^[12],0.01,complete,0[.0-9]+,$'
sweep ragged --set seed=1 --set depth=1 --set learning_rate=0.001
export_ ragged --variables 'depth,network_accuracy[test,init]'
assert_count 1 stdout '^1,0\.[0-9]+$'

# ---- text that somebody else wrote ----

study one
sweep one --set seed=1 --set depth=1
python3 - <<'PY'
import netCDF4, numpy as np
with netCDF4.Dataset("one/archive.nc", "a") as a:
    a.schema_version = "1.999" # whose CRCs are not checked
    for name, text in (("message", '=cmd("x"),\n\u202egnp.exe\x1b[2J'),):
        v = a[name]
        v.set_auto_chartostring(False)
        raw = np.frombuffer(text.encode().ljust(v.shape[1], b"\0"), "S1")
        v[0] = raw
    a.title = "\u202eeno\x1b[2J"
PY
run "$strata" summarize one
assert_exit 0
assert_no_match stdout $'\x1b'
assert_no_match stdout $'\xe2\x80\xae'
for format in csv json; do
    export_ one --variables message,n_layers --format $format
    assert_no_match stdout $'\x1b'
    assert_no_match stdout $'\xe2\x80\xae'
    python3 - $format <<'PY' || fail "hostile text is not one harmless field"
import csv, json, sys
file = open("stdout", newline="", encoding="utf-8")
rows = list(csv.reader(file)) if sys.argv[1] == "csv" else json.load(file)
if sys.argv[1] == "csv":
    assert rows == [["message", "n_layers"],
                    ["'=cmd(\"x\"),\n\ufffdgnp.exe\ufffd[2J", "2"]], rows
else:
    assert rows == [{"message": '=cmd("x"),\n\u202egnp.exe\x1b[2J', "n_layers": 2}], rows
PY
done

# ---- mistakes ----

error 64 'export: which variables? --variables LIST' "$strata" export "$work/ragged"
error 64 '--format xml: not one of csv, json' \
    "$strata" export "$work/ragged" --variables seed --format xml
error 64 "--variables: column 7: no such variable 'dept' (did you mean 'depth'?)" \
    "$strata" export "$work/ragged" --variables 'seed, dept'
assert_match stderr '^  seed, dept$'
assert_match stderr '^        \^$'
error 64 '--variables: column 24: network_accuracy[test] is there twice' \
    "$strata" export "$work/ragged" --variables 'network_accuracy[test],network_accuracy[ test ]'
error 64 "--variables: column 6: expected a variable, found the end" \
    "$strata" export "$work/ragged" --variables 'seed,'
error 64 "--variables: column 6: expected ',' or the end, found 'depth'" \
    "$strata" export "$work/ragged" --variables 'seed depth'
error 64 '--variables: column 12: best_epoch has no split' \
    "$strata" export "$work/ragged" --variables 'best_epoch[test]'
error 64 "--where: column 1: 'layer' is for rows that are layers (a variable of layers in" \
    "$strata" export "$work/ragged" --variables best_epoch --where 'layer > 1'
error 66 '--where: none of 1 rows matches: seed > 3' \
    "$strata" export "$work/ragged" --variables best_epoch --where 'seed > 3'
error 64 '--snapshot final: the archive has init, epoch:1, best' \
    "$strata" export "$work/ragged" --variables network_loss --snapshot final
