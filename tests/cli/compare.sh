#!/usr/bin/env bash
# summarize --compare: pairs over seeds, their difference, interval and exact p.
. "$(dirname "$0")/lib.sh"

axes=(--set 'seed=1..7' --set 'depth=1,3' --set 'learning_rate=0.001,0.01')
study all
sweep all "${axes[@]}"

# compare ARGUMENT...: must succeed and be silent on standard error.
compare() {
    run "$strata" summarize "$@"
    assert_exit 0
    assert_empty stderr
}

# ---- against the archive's own numbers ----

# as_in_archive TABLE: differences, their statistics and p from all 2^n signings.
as_in_archive() {
    python3 - "$1" all/archive.nc <<'PY' || fail "not what the archive's cells give"
import itertools, json, math, sys
import netCDF4, numpy as np
layers = sys.argv[1] == "layers"
a = netCDF4.Dataset(sys.argv[2])
best = [str(l) for l in a["snapshot_label"][:]].index("best")
accuracy = a["network_accuracy"][:, best, :]
values = {"train_accuracy": accuracy[:, 0], "validation_error": 1 - accuracy[:, 1],
          "test_error": 1 - accuracy[:, 2]}
if layers:
    values = {"perplexity": a["mean_perplexity"][:, best, 2, :]}
    for i, name in enumerate(("discrete", "continuous", "combined")):
        values[name] = a["system_accuracy"][:, best, i, 2, :]
t = {7: 2.4469118511449692}  # scipy.stats.t.ppf(0.975, 6)
rows = json.load(open("stdout"))
assert len(rows) == (2 * 2 * 4 if layers else 2 * 3), len(rows)
seed, depth, rate = (np.asarray(a[v][:]) for v in ("seed", "depth", "learning_rate"))
for row in rows:
    v = values[row["measure"]]
    v = v[:, row["layer"] - 1] if layers else v
    side = [[v[(seed == s) & (depth == d) & (rate == row["learning_rate"])].item()
             for s in range(1, 8)] for d in (1, 3)]
    d = np.subtract(side[1], side[0])
    sums = [abs(np.dot(signs, d)) for signs in itertools.product((1, -1), repeat=7)]
    p = np.mean([s >= abs(d.sum()) - 1e-9 * abs(d).sum() for s in sums])
    half = t[7] * d.std(ddof=1) / math.sqrt(7)
    expected = {"n": 7, "first": np.mean(side[0]), "second": np.mean(side[1]),
                "difference": d.mean(), "sd": d.std(ddof=1), "low": d.mean() - half,
                "high": d.mean() + half, "p": p}
    for name, value in expected.items():
        assert abs(row[name] - value) < 1e-9 * max(1, abs(value)), (row, name, value)
order = sorted(rows, key=lambda row: row["p"])
largest = 0
for rank, row in enumerate(order):
    largest = max(largest, min(1, (len(rows) - rank) * row["p"]))
    assert abs(row["p_holm"] - largest) < 1e-12, row
PY
}
compare all --compare depth=1,3 --format json
as_in_archive network
compare all --compare depth=1,3 --format json --table layers
as_in_archive layers

# The other way round signs turn, and nothing else.
compare all --compare depth=1,3 --format csv
awk -F, 'NR > 1 { printf "%s %s %s %.9f %s %s\n", $1, $2, $3, $6, $10, $11 }' stdout >there
compare all --compare depth=3,1 --format csv
awk -F, 'NR > 1 { printf "%s %s %s %.9f %s %s\n", $1, $2, $3, -$6, $10, $11 }' stdout |
    sed 's/ -0\.000000000 / 0.000000000 /' | diff - <(sed 's/ -0\.000000000 / 0.000000000 /' there) ||
    fail "the other way round differs"

# ---- what few seeds cannot say, they do not ----

compare all --compare depth=1,3 --table network
assert_match stdout '^all: depth 3 minus depth 1, 14 pairs of cells; snapshot best$'
assert_match stdout '^learning_rate +measure +seeds +depth 1 +depth 3 +difference +sd +± 95% t +p +p \(Holm\)$'
assert_text stdout 'p: exact sign-flip test over seeds, two-sided; Holm: of 6 comparisons'
assert_text stdout 'with 7 seeds no single one of 6 comparisons can reach 0.05 after Holm'
compare all --compare depth=1,3 --table network --where 'seed <= 5'
assert_text stdout ', 10 pairs of cells; snapshot best; where seed <= 5'
assert_text stdout 'no p: 5 seeds cannot reach 0.05, as the exact sign-flip test gives 0.0625 at least; 6 can'
assert_no_match stdout 'p: exact'
compare all --compare depth=1,3 --format csv --where 'seed <= 5'
assert_count 6 stdout '^0\.01?0?1?,[a-z_]+,5,([-0-9.e]+,){6},$'
compare all --compare depth=1,3 --format csv --where 'seed <= 2'
assert_count 6 stdout '^0\.01?0?1?,[a-z_]+,2,([-0-9.e]+,){4},,,$'
compare all --compare depth=1,3 --where 'seed == 2' --format markdown
assert_text stdout 'no p: 1 seed cannot reach'
assert_text stdout 'no interval where there are fewer than three seeds'

# ---- pairs are of equal seeds; what has no partner counts nowhere ----

compare all --compare learning_rate=1e-3,.01 --table network \
    --where 'seed <= 6 and not (learning_rate == 0.01 and seed == 6) or seed == 7 and learning_rate == 0.01'
assert_text stdout 'learning_rate 0.01 minus learning_rate 0.001, 10 pairs of cells, 4 without a partner;'
assert_count 6 stdout '^ +[13] +[a-z]+ [a-z]+ % +5 '
printf '%s\n' 'study: wild' "data: $data" \
    'grid: {seed: 1..3, depth: 1, width: 8, learning_rate: [0.01, 0.02, 100]}' \
    'train: {epochs: 4, batch_size: 32, optimizer: sgd, activation: tanh}' >wild.yaml
run "$strata" sweep wild.yaml -o wild -q
assert_exit 79
compare wild --compare learning_rate=0.01,0.02 --format csv
assert_count 1 stdout '^test_error,3,'
error 66 '--compare learning_rate=0.01,100: no two complete cells differ in that alone' \
    "$strata" summarize "$work/wild" --compare learning_rate=0.01,100

# ---- several options that differ together ----

study both
sweep both --set seed=1..7 --set depth=1,2 --set width=4,8
compare both --compare 'depth=1,2 width=8,4' --format json
cp stdout together
python3 - together both/archive.nc <<'PY' || fail "not the pairs of the two settings"
import json, sys
import netCDF4, numpy as np
a = netCDF4.Dataset(sys.argv[2])
best = [str(l) for l in a["snapshot_label"][:]].index("best")
error = 1 - a["network_accuracy"][:, best, 2]
seed, depth, width = (np.asarray(a[v][:]) for v in ("seed", "depth", "width"))
of = lambda d, w: np.array([error[(seed == s) & (depth == d) & (width == w)].item()
                            for s in range(1, 8)])
row, = [row for row in json.load(open(sys.argv[1])) if row["measure"] == "test_error"]
difference = of(2, 4) - of(1, 8)
assert row["n"] == 7 and "depth" not in row and "width" not in row, row
assert abs(row["difference"] - difference.mean()) < 1e-12, (row, difference)
assert abs(row["sd"] - difference.std(ddof=1)) < 1e-12, (row, difference)
PY
compare both --compare 'width=8,4 depth=1,2' --format json
cmp stdout together || fail "the order of the options makes a difference"
compare both --compare 'depth=1,2 width=8,4' --table network
assert_match stdout '^both: depth 2, width 4 minus depth 1, width 8, 7 pairs of cells; snapshot best$'
assert_match stdout '^measure +seeds +first +second +difference +sd +± 95% t +p +p \(Holm\)$'

# ---- Benjamini-Hochberg in Holm's place; nothing else changes ----

compare all --compare depth=1,3 --format json
cp stdout holm
compare all --compare depth=1,3 --format json --adjust holm
cmp stdout holm || fail "--adjust holm is not what is done without it"
compare all --compare depth=1,3 --format json --adjust bh
python3 - holm stdout <<'PY' || fail "not the adjustment of Benjamini and Hochberg"
import json, sys
holm, bh = (json.load(open(path)) for path in sys.argv[1:])
p = [row["p"] for row in bh]
for h, row in zip(holm, bh):
    adjusted = row.pop("p_bh")
    assert adjusted <= h.pop("p_holm") and row == h, (row, h)
    # the smallest share of false alarms among all levels that would let the row pass
    best = min(len(p) * q / sum(r <= q for r in p) for q in p if q >= row["p"])
    assert abs(adjusted - best) < 1e-12, (row, adjusted, best)
PY
compare all --compare depth=1,3 --table network --adjust bh
assert_match stdout ' p +p \(BH\)$'
assert_text stdout 'two-sided; BH (Benjamini-Hochberg): of 6 comparisons'

# ---- bootstrap intervals, where there are seeds enough ----

compare all --compare depth=1,3 --table network --interval bootstrap
assert_match stdout ' difference +sd +95% low +95% high +p '
assert_text stdout "the intervals are Student's t: a bootstrap interval takes 20 seeds"

# ---- mistakes ----

while IFS='|' read -r words column text; do
    error 64 "--compare: column $column: $text" \
        "$strata" summarize "$work/all" --compare "$words"
done <<'END'
depth|6|expected '=' (OPTION=A,B), found the end
depth=1|8|expected ',' and a second value, found the end
depth=1,2,3|10|expected a variable, found ','
=1,2|1|expected a variable, found '='
depth=,2|7|expected a variable or a value, found ','
dept=1,2|1|no such variable 'dept' (did you mean 'depth'?)
seed=1,2|1|seed is no option to compare
depth=1,3 best_epoch=1,2|11|best_epoch is no option to compare
depth=1,3 depth=3,1|11|depth is there twice
depth=width,3|7|'width' is a variable, no value
activation=rleu,tanh|12|'rleu' is none of activation's values: relu sigmoid tanh (did you mean 'relu'?)
depth=1,1.0|1|the values of depth are equal
END
assert_match stderr '^  depth=1,1.0$'
assert_match stderr '^  \^$'
error 64 '--adjust is of p values, which only --compare has' \
    "$strata" summarize "$work/all" --adjust bh
error 64 '--adjust fdr: not one of holm, bh' \
    "$strata" summarize "$work/all" --compare depth=1,3 --adjust fdr
error 64 '--interval z: not one of t, bootstrap' \
    "$strata" summarize "$work/all" --interval z
error 64 '--compare keeps every option apart: leave --by out' \
    "$strata" summarize "$work/all" --compare depth=1,3 --by depth
