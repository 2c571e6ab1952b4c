#!/usr/bin/env bash
# plot: figures of real sweeps, point by point as an independent reading of the archive has
# them, in files of the formats that were asked for.
. "$(dirname "$0")/lib.sh"
need gnuplot gnuplot-nox

study grown 'probe: {at: [init, "step:3", "epoch:1", "epoch:2", best]}'
sweep grown --set seed=1..3 --set depth=1,3 --set width=4,12

# plot ARGUMENT...: must succeed; the caption is on standard error.
plot() {
    run "$strata" plot "$@"
    assert_exit 0
    assert_no_match stderr '^strata: '
}

# points DIR FIGURE 'ARGUMENT...' [KEY=VALUE...]: its data are the archive's.
points() {
    local dir=$1 figure=$2 asked=$3
    shift 3
    rm -rf kept
    eval "plot $dir $figure $asked --keep kept" # `asked` is quoted as in a shell
    run python3 "$sources/tests/reference/figure_points.py" "$dir/archive.nc" "$figure" \
        "kept/$figure.dat" "$@"
    assert_exit 0
    assert_match stdout '^[1-9][0-9]* values and [1-9][0-9]* means compared$'
}

# drawn FILE.svg SCRIPT.gp: well-formed, and something is drawn in every panel.
drawn() {
    python3 - "$@" <<'PY' || fail "not a whole picture"
import re, sys
import xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
width, height = float(root.get("width")), float(root.get("height"))
script = open(sys.argv[2], encoding="utf-8").read()
def numbers(name):
    return [float(x) for x in re.findall(rf"^{name}\[\d+\] = ([-0-9.e]+)$", script, re.M)]
boxes = list(zip(*map(numbers, ("panel_left", "panel_right", "panel_bottom", "panel_top"))))
assert boxes
marks = []
for element in root.iter():
    tag = element.tag.split("}")[1]
    if tag == "use" and "transform" in element.attrib:
        marks.append(re.match(r"translate\(([-0-9.]+),([-0-9.]+)\)", element.get("transform")))
    elif tag == "polygon":
        marks.append(re.match(r"\s*([-0-9.]+),([-0-9.]+)", element.get("points")))
marks = [tuple(map(float, m.groups())) for m in marks if m]
for left, right, bottom, top in boxes:
    inside = [m for m in marks if left * width - 1 <= m[0] <= right * width + 1
              and (1 - top) * height - 1 <= m[1] <= (1 - bottom) * height + 1]
    assert inside, (left, right, bottom, top)
for element in root.iter():
    for at in ("translate", "points", "d"):
        assert "nan" not in str(element.get(at)).lower()
PY
}

# ---- data, against netCDF4, numpy and scipy ----

points grown perplexity ''
points grown perplexity '--splits train --snapshots init --curves width' split=train \
    snapshot=init
points grown systems ''
points grown systems '--snapshots init,epoch:2 --where "depth == 3"' cells='depth 3'
points grown dynamics ''
points grown sample-sets '--where "width == 12"' cells='width 12' split=train
points grown sample-sets '--bands quartiles' bands=quartiles split=train
points grown dynamics '--measure mean_perplexity.test,activation_fraction.train'
points grown dynamics '--measure predictability.test --bands quartiles' bands=quartiles
points grown dynamics '--measure mean_perplexity.test.last,network_loss.train'
points grown dynamics '--measure system_accuracy.discrete.train.mean'
points grown dynamics '--measure network_accuracy.train,network_accuracy.test --curves measure'
points grown layers '' split=train
points grown layers '--curves snapshot --splits test --where "depth == 3"' cells='depth 3'
points grown layers '--measure system_accuracy.combined.test,mean_perplexity.train --snapshots init,best'
points grown layers '--measure informativeness.train,informativeness_live.test --curves measure'
points grown layers '--measure activation_fraction.test --bands quartiles' bands=quartiles
points grown error ''
points grown error '--x width' x=width
points grown heatmap ''
points grown heatmap '--measure mean_perplexity.train.last --curves depth --x width' \
    split=train measure=mean_perplexity x=width
points grown gap ''
points grown gap '--gap clean --snapshots epoch:1' gap=clean snapshot=epoch:1
points grown gap '--gap test' gap=test

# Clean and corrupted samples; the original labels are learnt first.
study mixed 'probe: {measures: [sample-sets, corruption, updates], at: [init, "step:3", "epoch:1", "epoch:2", best]}'
sweep mixed --set seed=1..3 --set label_corruption=0,0.4
points mixed corruption ''
plot mixed corruption -o corruption.svg --keep kept
drawn corruption.svg kept/corruption.gp
assert_text stderr 'of corrupted ones against the label trained with and against their original'
points mixed corruption '--where "label_corruption > 0"' cells='label_corruption 0.4'
points mixed layers '--measure clean_class_cosine,sample_cosine --curves measure'
points mixed layers '--measure corruption_purity --bands quartiles' bands=quartiles \
    cells='label_corruption 0.4'
points mixed dynamics '--measure update_agreement,update_changed,supported_cost'
points mixed error '--x label_corruption --splits train,test' x=label_corruption
points mixed error '--x label_corruption --curves snapshot --snapshots init,best --where "depth == 1"' \
    x=label_corruption cells='depth 1'

# An interval that reaches below 0 has no place on a logarithmic axis: the band is drawn
# down to the bottom of the panel, and the axis goes a decade below the curves at most.
study crossing 'probe: {measures: [updates], at: [init, "epoch:1", best]}'
sweep crossing --set seed=7..9 --set depth=2 --set width=3
for figure in layers dynamics; do
    points crossing $figure '--measure supported_cost'
    plot crossing $figure --measure supported_cost -o crossing.svg --keep kept
    drawn crossing.svg kept/$figure.gp
    python3 - kept/$figure.dat kept/$figure.gp <<'PY' || fail "not a logarithmic axis of its curves"
import re, sys
rows = [[float(x) for x in line.split()] for line in open(sys.argv[1], encoding="utf-8")
        if line.strip() and line[0] != "#"]
assert min(row[3] for row in rows) < 0 # the test is one of such an interval
script = open(sys.argv[2], encoding="utf-8").read()
least = min(row[2] for row in rows)
low, = set(map(float, re.findall(r"^panel_low\[\d+\] = (.*)$", script, re.M)))
assert least / 20 < low < least, (low, least)
assert set(re.findall(r"^panel_log\[\d+\] = (.*)$", script, re.M)) == {"1"}
PY
done

# Results in an expression are those of the snapshot that is asked for.
read -r low at_init at_best < <(python3 - <<'PY'
import netCDF4, numpy as np
accuracy = np.asarray(netCDF4.Dataset("grown/archive.nc")["network_accuracy"][:, :, 2])
low = float(np.sort(accuracy[:, 0])[-2])
print(repr(low), (accuracy[:, 0] >= low).sum(), (accuracy[:, -1] >= low).sum())
PY
)
assert_different "$at_init" "$at_best"
plot grown perplexity --where "network_accuracy[test] >= $low"
assert_text stderr " $at_best networks;"
plot grown perplexity --where "network_accuracy[test] >= $low" --where-at init
assert_text stderr " $at_init networks;"

# ---- one network's nodes, against nodes.nc ----

study noded 'probe: {at: [init, best]}' 'keep: {nodes: [init, best], histograms: true}'
sweep noded --set seed=2..3 --set depth=2
plot noded profile --keep kept -o profile.svg
drawn profile.svg kept/profile.gp
plot noded node --node 2:3 --splits test --keep kept -o node.svg
drawn node.svg kept/node.gp
python3 - <<'PY' || fail "not what nodes.nc holds"
import re
import netCDF4, numpy as np
nodes = netCDF4.Dataset("noded/nodes.nc")
nodes.set_auto_mask(False)
first = str(netCDF4.Dataset("noded/archive.nc")["cell_id"][0])
TEST = 2
def block(text, *words):
    """The rows of the block of means whose head has these words."""
    for part in re.split(r"^(?=# block )", text, flags=re.M)[1:]:
        head, *lines = part.strip().split("\n")
        if set(words) <= set(head.split("; ")):
            return np.array([[float(x) for x in line.split()] for line in lines])
def network(label):
    for i in range(len(nodes.dimensions["network"])):
        if (str(nodes["network_cell_id"][i]) == first and
                str(nodes["network_snapshot"][i]) == label):
            at = nodes["record_offset"][i]
            return i, slice(at, at + nodes["record_count"][i])
text = open("kept/profile.dat", encoding="utf-8").read()
for label in "init", "best":
    i, records = network(label)
    for c in range(10):
        rows = block(text, label, f"class {c}")
        expected = nodes["active_count"][records, TEST, c] / nodes["sample_count"][i, TEST, c]
        assert np.array_equal(rows[:, 2], expected), (label, c)
        assert np.array_equal(rows[:, 1], np.arange(len(expected)))
text = open("kept/node.dat", encoding="utf-8").read()
i, records = network("best")
mine = (nodes["layer"][records] == 2) & (nodes["node"][records] == 3)
low, high = nodes["low"][records][mine][0], nodes["high"][records][mine][0]
for c in range(10):
    rows = block(text, f"class {c}")
    expected = nodes["histogram"][records][mine][0, TEST, c]
    assert np.array_equal(rows[:, 2], expected), c
    centres = low + (high - low) * (np.arange(len(expected)) + 0.5) / len(expected)
    assert np.allclose(rows[:, 1], centres, rtol=1e-12, atol=1e-12)
PY
plot noded profile --snapshots best,init --splits train,test
assert_text stderr 'in snapshot init, test samples: '
assert_text stderr 'of 2 cells the first that has what is drawn'
error 64 "--node 0:1: not a layer" "$strata" plot ../noded node --node 0:1
error 66 "node: nodes.nc has no such snapshot of the cells that match, or no such node" \
    "$strata" plot ../noded node --node 9:1
error 66 "profile: it needs nodes.nc" "$strata" plot ../grown profile

# ---- files ----

for figure in error perplexity systems dynamics layers sample-sets heatmap gap figure-4 figure-5; do
    plot grown $figure -o $figure.svg --keep kept-$figure
    assert_empty stdout
    drawn $figure.svg kept-$figure/*.gp
    assert_count 1 $figure.svg '<title>'
done
plot grown perplexity
cmp stdout perplexity.svg || fail "standard output and -o differ"
plot grown perplexity -o a.pdf
assert_equal "$(head -c 5 a.pdf)" %PDF-
plot grown perplexity -o a.tex
sleep 1
plot grown perplexity -o b.tex
cmp a.tex b.tex || fail "one figure is two files of TeX"
plot grown perplexity -o b.pdf
cmp a.pdf b.pdf || fail "one figure is two files"
plot grown perplexity --format png
assert_equal "$(head -c 4 stdout | tail -c 3)" PNG
assert_text a.tex '\begin{tikzpicture}'
assert_text a.tex 'width 4'

# Only a picture is replaced.
cp grown/archive.nc archive.before
ln -s perplexity.svg link.svg
mkdir folder.svg
error 73 "$work/grown/archive.nc: exists and is no picture" \
    "$strata" plot "$work/grown" perplexity --format svg -o "$work/grown/archive.nc"
cmp grown/archive.nc archive.before || fail "the archive was replaced"
for taken in grown/study.yaml link.svg folder.svg; do
    error 73 "$work/$taken: exists and is no picture" \
        "$strata" plot "$work/grown" perplexity --format svg -o "$work/$taken"
done
: >again
for format in svg pdf png tex svg; do # an empty file, then each format by another
    plot grown perplexity --format $format -o again
done
cmp again perplexity.svg || fail "not replaced"
plot grown perplexity -o -
cmp stdout perplexity.svg || fail "-o - is not standard output"
assert_absent -

# What was kept draws the same picture again.
(cd kept-perplexity && LC_ALL=C.UTF-8 gnuplot -d perplexity.gp) || fail "the script does not run alone"
assert_file kept-perplexity/perplexity.svg

# ---- the list ----

run "$strata" plot grown
assert_exit 0
assert_match stdout '^perplexity +mean perplexity by layer'
assert_match stdout '^figure-8 '
assert_match stdout 'diagram of equations'
assert_match stdout 'none of 12 cells matches: activation == sigmoid'

# ---- panels on the page ----

# page FILE.gp: a line a band of panels: of each its title, and + where it has the y axis.
page() {
    python3 - "$1" <<'PY'
import re, sys
script = open(sys.argv[1], encoding="utf-8").read()
def array(name):
    return re.findall(rf"^{name}\[\d+\] = '?(.*?)'?$", script, re.M)
bands = {}
for panel in zip(*map(array, ("panel_top", "panel_left", "panel_title", "panel_words_y"))):
    bands.setdefault(float(panel[0]), []).append((float(panel[1]), panel[2], panel[3]))
for top in sorted(bands, reverse=True):
    print("; ".join(title + "+" * int(words) for _, title, words in sorted(bands[top])))
PY
}

# Each setting begins a band where some did not reach all snapshots; without holes.
study ragged 'probe: {at: [init, "epoch:1", "epoch:3", best]}'
sweep ragged --set epochs=1,3 --set depth=2
plot ragged perplexity --panels epochs --splits train --snapshots init,epoch:1,epoch:3 --keep kept-ragged
assert_equal "$(page kept-ragged/perplexity.gp)" \
    'epochs 1, init+; epochs 1, epoch:1
epochs 3, init+; epochs 3, epoch:1; epochs 3, epoch:3'
plot ragged perplexity --panels epochs --splits train --snapshots init,epoch:1 --keep kept-ragged
assert_equal "$(page kept-ragged/perplexity.gp)" \
    'epochs 1, init+; epochs 1, epoch:1; epochs 3, init; epochs 3, epoch:1'

# ---- what cannot be drawn ----

error 66 "figure-8: it is a diagram of equations" "$strata" plot ../grown figure-8
error 64 "perplexy: no such figure (did you mean 'perplexity'?)" "$strata" plot ../grown perplexy
error 64 "--x seed" "$strata" plot ../grown error --x seed
error 64 "--curves dept: no such option (did you mean 'depth'?)" \
    "$strata" plot ../grown perplexity --curves dept
error 64 "--curves: those of systems are systems" "$strata" plot ../grown systems --curves depth
error 64 "--snapshot late: the archive has init" \
    "$strata" plot ../grown perplexity --snapshots late
error 64 "--splits all: not one of" "$strata" plot ../grown perplexity --splits all
error 64 "--measure network_accuracy: names no one number" \
    "$strata" plot ../grown gap --measure network_accuracy
error 64 "-o a.jpg: what format?" "$strata" plot ../grown perplexity -o a.jpg
error 64 "--where: column 1: no such variable" "$strata" plot ../grown perplexity --where 'dpth == 1'
error 66 "perplexity: none of 12 cells matches" \
    "$strata" plot ../grown perplexity --where 'depth == 9'
error 66 "error: it needs an option other than the seed" \
    "$strata" plot ../grown error --where 'depth == 3 and width == 4'
error 64 "--x: perplexity has no use for it" "$strata" plot ../grown perplexity --x depth
error 64 "--measure: error has no use for it" \
    "$strata" plot ../grown error --measure network_accuracy.test
error 64 "--node: systems has no use for it" "$strata" plot ../grown systems --node 99:99
error 64 "--gap: heatmap has no use for it" "$strata" plot ../grown heatmap --gap clean
error 64 "--panels: profile has no use for it" "$strata" plot ../noded profile --panels depth
error 64 "--where-at: without --where or --select it says nothing" \
    "$strata" plot ../grown error --where-at init
error 66 "figures are drawn by gnuplot, which is not on PATH: install gnuplot-nox" \
    env PATH=/nonexistent "$strata" plot ../grown perplexity -o a.svg

error 66 "corruption: no cell has corrupted training samples" "$strata" plot ../grown corruption
error 66 "layers: no cell has update_agreement, which needs 'updates' in the study's probe.measures" \
    "$strata" plot ../grown layers --measure mean_perplexity.test,update_agreement
error 64 "--measure mean_perplexity: names no one number: as in mean_perplexity.train" \
    "$strata" plot ../grown layers --measure mean_perplexity
error 64 "--measure network_accuracy.test: is one number of a network" \
    "$strata" plot ../grown layers --measure network_accuracy.test
error 64 "--measure network_accuracy.test: each layer and the network as a whole do not go together" \
    "$strata" plot ../grown dynamics --measure mean_perplexity.test,network_accuracy.test
error 64 "--measure: names more than 6" "$strata" plot ../grown dynamics \
    --measure "$(printf 'network_loss.test,%.0s' {1..7})"
error 64 "--splits: the measure of layers names its split" \
    "$strata" plot ../grown layers --measure mean_perplexity.test --splits test
error 64 "--curves: those of corruption are measures" \
    "$strata" plot ../mixed corruption --curves depth
error 64 "--curves measure: perplexity has no such curves" \
    "$strata" plot ../grown perplexity --curves measure
error 64 "--curves snapshot: dynamics has no such curves" \
    "$strata" plot ../grown dynamics --curves snapshot
error 64 "--bands quartiles: the archive has no quantiles over nodes of perplexity" \
    "$strata" plot ../grown perplexity --bands quartiles
error 64 "--bands: error has no use for it" "$strata" plot ../grown error --bands quartiles
error 64 "--bands none: not one of interval, quartiles" \
    "$strata" plot ../grown layers --bands none

# ---- one seed, cells that failed, too many curves ----

plot grown perplexity --where 'seed == 1'
assert_text stderr 'No bands: an interval needs three seeds.'
assert_no_match stderr 'Bands are'
printf '%s\n' 'study: wild' "data: $data" \
    'grid: {seed: 1..3, depth: 1, width: 8, learning_rate: [0.01, 100]}' \
    'train: {epochs: 4, batch_size: 32, optimizer: sgd, activation: tanh}' >wild.yaml
run "$strata" sweep wild.yaml -o wild -q
assert_exit 79
plot wild perplexity -o wild.svg --keep kept-wild
drawn wild.svg kept-wild/perplexity.gp
assert_text stderr 'Left out: 3 cells that are not complete (3 diverged).'
error 66 "perplexity: no cell is complete" \
    "$strata" plot ../wild perplexity --where 'learning_rate == 100'
cp grown.yaml many.yaml
sweep many --set seed=1 --set depth=1 --set width=1..14
error 64 "perplexity: 14 curves are more than the 12 that can be drawn; choose by --where among the values of width" \
    "$strata" plot ../many perplexity
plot many perplexity --sample
assert_text stderr 'Of 14 settings with a curve 12 are drawn, evenly spread: width 1; width 2;'

# ---- snapshots are those of the cells that match; samples, of what can be drawn ----

# times FILE.dat: every block of it runs forwards.
times() {
    python3 - "$1" <<'PY' || fail "a curve runs backwards"
import re, sys
blocks = re.split(r"^# block ", open(sys.argv[1], encoding="utf-8").read(), flags=re.M)[1:]
assert blocks
for block in blocks:
    x = [float(line.split()[0]) for line in block.strip().split("\n")[1:]]
    assert len(x) > 1 and x == sorted(x), block
PY
}

tiny='data: {name: glyphs, train: 200, validation: 50, test: 100}'

# tiny_study NAME 'GRID' 'TRAIN' ['LINE'...]: of cells that take no time.
tiny_study() {
    local name=$1
    printf '%s\n' "study: $name" "$tiny" "grid: $2" "train: {patience: 0, $3}" "${@:4}" >"$name.yaml"
    run "$strata" sweep "$name.yaml" -o "$name" -q
}

# more first cells than are read at once; they end before the snapshots that others have
tiny_study ended '{epochs: [1, 10], seed: 1..1030, depth: 1, width: 1}' 'batch_size: 200' \
    'exclude: [{epochs: 10, seed: 3..1030}]' \
    'probe: {measures: [], at: [init, "epoch:1", "epoch:5", "epoch:10", best]}'
assert_exit 0
plot ended dynamics --where 'epochs == 10'
assert_text stderr 'snapshots init, epoch:1, epoch:5, epoch:10.'

tiny_study batches '{seed: 1..2, depth: 1, width: 1, batch_size: [8, 150]}' 'epochs: 12' \
    'probe: {measures: [], at: [init, "step:10", "epoch:2", "epoch:4", "epoch:12", best]}'
assert_exit 0
plot batches dynamics --keep kept-batches
times kept-batches/dynamics.dat

tiny_study diagonal '{seed: 1, depth: 1, width: 1, learning_rate: 0.001}' \
    'batch_size: 75, epochs: 1' 'blocks:' "$(for i in {2..26}; do
        echo "  - {seed: 1, depth: 1, width: $i, learning_rate: 0.0$((10 + i * 7 % 26))}"
    done)"
assert_exit 0
plot diagonal perplexity --sample
assert_text stderr 'Of 26 settings with a panel 8 are drawn, evenly spread: '
assert_text stderr 'Of 26 settings with a curve 8 are drawn: width '
assert_no_match stderr 'not have what is drawn'
plot diagonal heatmap --sample --x width
assert_text stderr 'Of 26 settings with a row 24 are drawn, evenly spread: '
assert_text stderr 'Of 26 settings with a column 24 are drawn'
assert_no_match stderr 'not have what is drawn'

run "$strata" sweep wild.yaml -o wilder -q --set 'learning_rate=0.01,100' --set seed=1 \
    --set width=1..13
assert_exit 79
plot wilder perplexity --curves width,learning_rate --sample
drawn=$(sed -n 's/.*Of 26 settings with a curve \([0-9]*\) are drawn.*/\1/p' stderr)
assert_equal "$(sed -n 's/.* \([0-9]*\) networks, one seed each.*/\1/p' stderr)" "$drawn"

tiny_study long '{seed: 1, depth: [1, 2], width: 2}' 'epochs: 128, batch_size: 200' \
    'probe: {at: [init, '"$(printf '"epoch:%d", ' {1..13})"' "epoch:128", best]}'
assert_exit 0
run "$strata" plot long
assert_exit 0
plot long figure-4 --sample
assert_text stderr 'snapshots epoch:1, epoch:2, epoch:3,'
assert_text stderr 'epoch:128 (evenly spread among 14)'

tiny_study late '{seed: 1, depth: 1, width: 1}' 'epochs: 1234, batch_size: 100' \
    'probe: {measures: [], at: [init, "step:1", "epoch:128", "epoch:1234", best]}'
assert_exit 0
plot late dynamics --keep kept-late
assert_text stderr '(epoch 1234, '
assert_match kept-late/dynamics.gp "^tick_text.* = '128'$"
assert_match kept-late/dynamics.gp "^tick_text.* = '1234'$"

# one network is drawn, whatever became of the others
tiny_study lone '{learning_rate: [100, 0.01], seed: 1, depth: 1, width: 8}' \
    'epochs: 4, batch_size: 32, optimizer: sgd, activation: tanh' 'keep: {nodes: true}'
assert_exit 79
plot lone profile
assert_text stderr 'learning_rate 0.01; of 2 cells the first that has what is drawn'
assert_no_match stderr 'Left out'

# ---- tau is that of rank ----

plot many gap --sample --gap clean
tau=$(sed -n "s/.*Kendall's tau-b over 14 settings: \([-0-9.]*\)\. .*/\1/p; \
    s/.*Kendall's tau-b over 14 settings: \([-0-9.]*\)\.$/\1/p" stderr | head -1)
run "$strata" rank many --measures mean_perplexity.train.last --gap clean \
    --permutations 0 --format json
python3 - "$tau" <<'PY' || fail "rank has another tau than $tau"
import json, sys
rows = [r for r in json.load(open("stdout")) if r["measure"] == "mean_perplexity.train.last"]
assert len(rows) == 1 and f"{rows[0]['tau']:.4f}" == sys.argv[1], rows
PY

# ---- text that somebody else wrote ----

python3 - <<'PY'
import netCDF4, numpy as np
evil = "rgb(1,2,3) '; system('touch pwned') #`touch pwned`\n@touch $(touch pwned)\u202e\x1b[2J<b>\"&%_"
with netCDF4.Dataset("many/archive.nc", "a") as a:
    a.schema_version = "1.999"  # whose CRCs are not checked
    a.title = evil
PY
for format in svg pdf png tex; do
    plot many perplexity --where 'width < 9' --format $format -o evil.$format --keep evil
done
[ -z "$(find . -name 'pwned*')" ] || fail "the title was run"
drawn evil.svg evil/perplexity.gp
assert_text evil.svg 'rgb(1,2,3)' # words are no colours
assert_no_match evil/perplexity.gp $'\x1b|\u202e'

# ---- gnuplot as a child ----

ignore_children='import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execv(sys.argv[1], sys.argv[1:])'
run python3 -c "$ignore_children" "$strata" plot grown perplexity
assert_exit 0
cmp stdout perplexity.svg || fail "drawn otherwise where the parent ignores SIGCHLD"

mkdir fake drawing
printf '%s\n' '#!/bin/sh' 'exit 3' >fake/gnuplot
chmod +x fake/gnuplot
error 70 "gnuplot failed without a word" \
    env PATH="$work/fake:$PATH" "$strata" plot ../grown perplexity

# A signal ends gnuplot, whatever that has started, and leaves no folder.
printf '%s\n' '#!/bin/sh' 'sleep 300 &' "echo \$! >'$work/sleeper.new'" \
    "mv '$work/sleeper.new' '$work/sleeper'" 'wait' >fake/gnuplot
start env PATH="$work/fake:$PATH" TMPDIR="$work/drawing" "$strata" plot grown perplexity
wait_for 30 test -e sleeper
kill -TERM "$started"
finish
assert_exit 143
assert_empty_dir drawing
gone() { # a zombie is: it waits for its new parent
    ! grep -q "^State:[[:space:]]*[^ZX]" "/proc/$(cat sleeper)/status" 2>/dev/null
}
wait_for 10 gone
