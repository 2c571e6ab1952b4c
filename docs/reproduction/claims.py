#!/usr/bin/python3
"""What the papers say, as numbers: reads the CSV files of this folder and prints a Markdown
table, one row a claim: what was measured, over how many networks, with a 95 % interval.

usage: claims.py [PREFIX]      only claims whose name begins so
       claims.py --write       into ../reproduction.md

Intervals are Student's over seeds. Comparisons are paired: of networks of one seed. The last
column, whether a claim holds, is ours, in verdicts.csv.
"""
import csv
import pathlib
import sys

import numpy as np
from scipy import stats

HERE = pathlib.Path(__file__).parent
SETS = {"mnist": "MNIST", "fashion": "Fashion-MNIST"}
CLASS = 1000            # test samples of a class: exactly in Fashion-MNIST, on average in MNIST
SYSTEMS = ("discrete", "continuous", "combined")


class Missing(Exception):
    pass


def number(text):
    try:
        return float(text)
    except ValueError:
        return np.nan if text == "" else text


def load(name):
    """Rows of a CSV as dictionaries; columns of a system by the system's name alone."""
    path = HERE / f"{name}.csv"
    if not path.exists():
        raise Missing(name)
    with open(path, encoding="utf-8") as file:
        rows = [{key: number(value) for key, value in row.items()}
                for row in csv.DictReader(file)]
    short = {f"system_accuracy[{s},test]": s for s in SYSTEMS}
    return [{short.get(key, key.split("[")[0] if key.startswith("mean_") else key): value
             for key, value in row.items()} for row in rows]


def where(rows, **wanted):
    return [row for row in rows
            if all(row.get(key) in (value if isinstance(value, (list, range)) else [value])
                   for key, value in wanted.items())]


def by_seed(rows, value):
    """seed -> value(rows of that seed)."""
    seeds = sorted({row.get("seed", 1) for row in rows})
    return {seed: value([row for row in rows if row.get("seed", 1) == seed]) for seed in seeds}


def paired(a, b):
    return {seed: a[seed] - b[seed] for seed in a if seed in b}


def interval(values, scale=1.0, digits=2):
    """mean, 95 % interval, n."""
    x = np.array([v for v in values if np.isfinite(v)], float) * scale
    if len(x) == 0:
        return "none"
    text = f"{x.mean():.{digits}f}"
    if len(x) > 2:
        half = stats.t.ppf(0.975, len(x) - 1) * x.std(ddof=1) / np.sqrt(len(x))
        text += f" ± {half:.{digits}f}"
    return f"{text} (n = {len(x)})"


CLAIMS = []


def claim(name, source, says):
    """Registers what a source says, and the function that measures it on a data set; a
    parameter called `_` means that it looks at the data by itself."""
    def register(function):
        CLAIMS.append((name, source, says, function))
        return function
    return register


# --- Networks: figure 2 ---------------------------------------------------------------------

def test_error(rows):
    if len(rows) > 1:
        sys.exit(f"{len(rows)} networks of one seed and setting: {rows[:2]}")
    return 100 * (1 - rows[0]["network_accuracy[test]"])


def error_of(data, depth, width):
    rows = load(f"davel-2020-{data}.networks")
    return by_seed(where(rows, depth=depth, width=width), test_error)


def differences(data, pairs):
    out = []
    for label, a, b in pairs:
        x = paired(error_of(data, *a), error_of(data, *b))
        if x:
            out.append(f"{label}: {interval(x.values())} points")
    return "; ".join(out)


@claim("2.levels", "3.1",
       "networks of this kind reach the error that others report: MNIST 1.6 to 2.5 %, Fashion-MNIST 10 to 12.5 %")
def levels(data):
    return f"test error of 10x100: {interval(error_of(data, 10, 100).values())} %"


@claim("2.depth", "fig. 2, 3.1",
       "error falls with depth at first, then saturates")
def falls_with_depth(data):
    return differences(data, [("depth 2 - depth 1", (2, 100), (1, 100)),
                              ("5 - 2", (5, 100), (2, 100)),
                              ("10 - 5", (10, 100), (5, 100))])


@claim("2.width", "fig. 2, 3.1",
       "error falls with width at first, then saturates")
def falls_with_width(data):
    return differences(data, [("width 60 - width 20", (10, 60), (10, 20)),
                              ("100 - 60", (10, 100), (10, 60)),
                              ("200 - 100", (10, 200), (10, 100))])


@claim("2.20-layers", "3.1",
       "up to 20 hidden layers do not degrade performance")
def twenty_layers(data):
    return differences(data, [("depth 20 - depth 10", (20, 100), (10, 100))])


# --- Perplexity: figure 3 -------------------------------------------------------------------

def hidden(data, depth, width):
    rows = load(f"davel-2020-{data}.layers")
    return where(rows, depth=depth, width=width, layer=range(1, depth + 1))


def perplexities(rows):
    return np.array([row["mean_perplexity"]
                     for row in sorted(rows, key=lambda row: row["layer"])])


def crossing(rows, level):
    """The layer, by interpolation, where perplexity falls below that share of a class."""
    p = perplexities(rows) / CLASS
    for i in range(1, len(p)):
        if p[i] < level <= p[i - 1]:
            return i + (p[i - 1] - level) / (p[i - 1] - p[i])
    return np.nan


def steepest(rows):
    """The largest fall of perplexity from a layer to the next, in % of a class."""
    p = perplexities(rows)
    return 100 * np.max(p[:-1] - p[1:]) / CLASS


def drop(rows):
    """Layers from 90 % to 10 % of a class."""
    return crossing(rows, 0.1) - crossing(rows, 0.9)


@claim("3.sharp", "3.2",
       "perplexity drops sharply from one level to the other")
def sharp(data):
    rows = hidden(data, 10, 100)
    return f"layers from 90 % to 10 % of a class's samples, 10x100: " \
        f"{interval(by_seed(rows, drop).values())}; largest fall from a layer to the next: " \
        f"{interval(by_seed(rows, steepest).values(), 1, 1)} % of a class"


@claim("3.gradual-in-fashion", "3.2",
       "the drop is more gradual for Fashion-MNIST than for MNIST")
def gradual(_):
    x = paired(by_seed(hidden("fashion", 10, 100), drop), by_seed(hidden("mnist", 10, 100), drop))
    return f"those layers, Fashion-MNIST - MNIST: {interval(x.values())}"


@claim("3.sharper-if-wider", "3.2",
       "the drop is sharper for wider networks")
def sharper(data):
    return "largest fall, % of a class: " + ", ".join(
        f"width {w}: {interval(by_seed(hidden(data, 10, w), steepest).values(), 1, 1)}"
        for w in (20, 40, 60, 100, 200))


@claim("3.late-near-1", "3.2",
       "perplexity in the later layers is very near 1")
def late(data):
    return "; ".join(
        f"last hidden layer of 10x{w}: "
        f"{interval(by_seed(hidden(data, 10, w), lambda r: perplexities(r)[-1]).values(), 1, 1)}"
        for w in (100, 200))


@claim("3.first-two", "3.2",
       "perplexity in the first two layers is almost the number of samples of a class")
def first_two(data):
    return "; ".join(
        f"layer {layer} of 10x100: " +
        interval(by_seed(hidden(data, 10, 100),
                         lambda r, i=layer: perplexities(r)[i - 1]).values(), 1, 0)
        for layer in (1, 2))


@claim("3.same-place", "3.2, 3.3",
       "the transition is very similar across networks, whatever their size")
def same_place(data):
    out = []
    for depth, width in [(d, 100) for d in (5, 6, 7, 8, 9, 10)] + [(10, 60), (10, 200)]:
        x = by_seed(hidden(data, depth, width), lambda r: crossing(r, 0.5))
        if x:
            out.append(f"{depth}x{width}: {interval(x.values())}")
    return "layer of half a class: " + ", ".join(out)


@claim("3.narrow", "3.2",
       "below some width the perplexity of early layers is lower")
def narrow(data):
    return "layer 1: " + ", ".join(
        f"width {w} " + interval(by_seed(hidden(data, 10, w),
                                         lambda r: perplexities(r)[0]).values(), 1, 0)
        for w in (20, 40, 60, 100))


# --- Systems: figures 6, 9, 10 --------------------------------------------------------------

def layer_of(rows, layer):
    """The one row of that layer: a seed's network has no other."""
    found = [row for row in rows if row["layer"] == layer]
    if len(found) > 1:
        sys.exit(f"{len(found)} networks of one seed and setting: {found[:2]}")
    return next(iter(found))


def spread(row):
    values = [row[s] for s in SYSTEMS]
    return 100 * (max(values) - min(values))


@claim("6.late-equal", "5.2",
       "in late layers the three systems are virtually identical; the difference becomes smaller layer by layer")
def late_equal(data):
    rows = hidden(data, 6, 100)
    return "largest - smallest accuracy of the systems, 6x100: " + ", ".join(
        f"layer {i}: " + interval(by_seed(rows, lambda r, i=i: spread(layer_of(r, i))).values())
        for i in range(1, 7)) + " points"


@claim("6.first-combined", "5.2",
       "in the first layer the combined system is better than both others")
def first_combined(data):
    rows = hidden(data, 6, 100)
    out = [f"combined - {s}: " + interval(by_seed(
        rows, lambda r, s=s: 100 * (layer_of(r, 1)["combined"] - layer_of(r, 1)[s])).values())
        for s in ("discrete", "continuous")]
    return "layer 1 of 6x100: " + "; ".join(out) + " points"


@claim("6.reaches-network", "5.2",
       "in late layers each system reaches the network's accuracy, or slightly better")
def reaches(data):
    rows = hidden(data, 6, 100)
    return "layer 6 of 6x100, system - network: " + "; ".join(
        f"{s}: " + interval(by_seed(rows, lambda r, s=s: 100 * (
            layer_of(r, 6)[s] - layer_of(r, 6)["network_accuracy[test]"])).values())
        for s in SYSTEMS) + " points"


@claim("6.depth-needed", "fig. 6, 5.2",
       "the three systems overlap where there is enough depth, and struggle to before")
def depth_needed(data):
    return "spread in the last hidden layer: " + ", ".join(
        f"depth {d}: " + interval(by_seed(
            hidden(data, d, 100), lambda r, d=d: spread(layer_of(r, d))).values())
        for d in range(1, 10)) + " points"


@claim("6.meet-earlier-in-mnist", "5.2",
       "in MNIST the systems meet at an earlier layer, and accuracies are higher")
def meet(_):
    def first(rows):
        return next((row["layer"] for row in sorted(rows, key=lambda row: row["layer"])
                     if spread(row) < 1), np.nan)
    return "first layer of 10x100 with a spread below 1 point: " + "; ".join(
        f"{SETS[data]} {interval(by_seed(hidden(data, 10, 100), first).values(), 1, 1)}"
        for data in ("mnist", "fashion"))


@claim("9.narrow-layer-1", "5.2, app. B",
       "without width the early layers underperform, the discrete system above all")
def narrow_layer_1(data):
    return "layer 1, width 20 - width 100: " + "; ".join(
        f"{s}: " + interval(paired(*(by_seed(
            hidden(data, 10, w), lambda r, s=s: 100 * layer_of(r, 1)[s])
            for w in (20, 100))).values()) for s in SYSTEMS) + " points"


@claim("9.wider-late", "5.2, app. B",
       "accuracy in the late layers rises clearly with width")
def wider_late(data):
    return "layer 10, width 100 - width 20: " + "; ".join(
        f"{s}: " + interval(paired(*(by_seed(
            hidden(data, 10, w), lambda r, s=s: 100 * layer_of(r, 10)[s])
            for w in (100, 20))).values()) for s in SYSTEMS) + " points"


@claim("9.continuous-falls", "5.2, app. B",
       "the continuous system falls with width in the first layers")
def continuous_falls(data):
    return "continuous, width 200 - width 40 (120 - 40): " + "; ".join(
        f"layer {i}: " + interval(paired(*(by_seed(
            hidden(data, 10, w), lambda r, i=i: 100 * layer_of(r, i)["continuous"])
            for w in (200, 40))).values()) + " (" + interval(paired(*(by_seed(
                hidden(data, 10, w), lambda r, i=i: 100 * layer_of(r, i)["continuous"])
                for w in (120, 40))).values()) + ")"
        for i in (1, 2)) + " points"


@claim("10.dip", "5.2, app. B",
       "MNIST, width 20: the discrete system is anomalously low in one layer")
def dip(data):
    def deepest(rows):
        x = [row["discrete"] for row in sorted(rows, key=lambda row: row["layer"])]
        return 100 * max((x[i - 1] + x[i + 1]) / 2 - x[i] for i in range(1, len(x) - 1))
    return "largest drop of the discrete system below the mean of its neighbours: " + ", ".join(
        f"width {w}: {interval(by_seed(hidden(data, 10, w), deepest).values())}"
        for w in (20, 40, 100)) + " points"


@claim("6.general-to-specific", "5.2",
       "early layers have nodes from very general to very specific (on for one or two samples)")
def general_to_specific(data):
    out = []
    for layer in (1, 2):
        low, high = (by_seed(hidden(data, 10, 100), lambda r, q=q, i=layer: layer_of(r, i)[
            f"activation_fraction_quantile[train,quantile:{q}]"]).values() for q in (0, 1))
        out.append(f"layer {layer}: {interval(low, 55000, 0)} to {interval(high, 55000, 0)}")
    return "training samples, of 55,000, that the least and the most active node of 10x100 " \
        "is on for: " + "; ".join(out)


# --- Training: figures 4 and 5 --------------------------------------------------------------

def at(rows, snapshot, layer):
    return next(row for row in rows if row["snapshot"] == snapshot and row["layer"] == layer)


@claim("4.late-improve", "fig. 4, 5.2",
       "with training the late layers improve visibly, the early ones less")
def late_improve(_):
    rows = load("figure-4.history")
    return "combined, test, best network - after epoch 1, 6x100 Fashion-MNIST: " + ", ".join(
        f"layer {i}: " + interval(by_seed(rows, lambda r, i=i: 100 * (
            at(r, "best", i)["combined"] - at(r, "epoch:1", i)["combined"])).values())
        for i in range(1, 7)) + " points"


@claim("4.late-improve-from-init", "fig. 4, 5.2",
       "the same, from the initial network")
def late_improve_init(_):
    rows = load("figure-4.history")
    return "combined, test, best network - initialised, 6x100 Fashion-MNIST: " + ", ".join(
        f"layer {i}: " + interval(by_seed(rows, lambda r, i=i: 100 * (
            at(r, "best", i)["combined"] - at(r, "init", i)["combined"])).values(), 1, 1)
        for i in range(1, 7)) + " points"


@claim("5.continuous-poor", "fig. 5, 5.2",
       "in the first minibatches the continuous system is poor beside the discrete one")
def continuous_poor(_):
    rows = load("figure-5.history")
    steps = [s for s in ("init", "step:1", "step:4", "step:16", "step:64", "step:256", "final")
             if any(row["snapshot"] == s for row in rows)]
    return "continuous - discrete, mean over hidden layers, 6x100 Fashion-MNIST: " + ", ".join(
        f"{s}: " + interval(by_seed(rows, lambda r, s=s: np.mean([100 * (
            at(r, s, i)["continuous"] - at(r, s, i)["discrete"]) for i in range(1, 7)])).values(),
            1, 1) for s in steps) + " points"


@claim("5.bandwidth", "fig. 5, 5.2", "the same, by bandwidth, which the paper does not name")
def by_bandwidth(_):
    rows = load("figure-5-bandwidth.history")
    out = []
    for rule, h in (("scott", 0), ("fixed", 0.03), ("fixed", 0.1), ("fixed", 0.3), ("fixed", 1)):
        of = where(rows, bandwidth=rule, bandwidth_fixed=h)
        out.append(f"{rule}{f' {h}' if h else ''}: " + ", ".join(
            f"{s} " + interval(by_seed(of, lambda r, s=s: np.mean([100 * (
                at(r, s, i)["continuous"] - at(r, s, i)["discrete"])
                for i in range(1, 7)])).values(), 1, 1)
            for s in ("init", "step:4", "step:16", "step:64", "final")))
    return "continuous - discrete, mean over hidden layers, points: " + "<br>".join(out)


# --- Nodes: figure 1 ------------------------------------------------------------------------

@claim("1.selective", "fig. 1, 2",
       "in early layers nodes respond to some samples of many classes; in deep ones to none or virtually all of a class")
def selective(_):
    rows = load("figure-1.extremes")
    return "pairs of node and class with at most 2 % or at least 98 % of the class's test " \
        "samples, MNIST 10x100: " + "; ".join(
            f"{s} " + ", ".join(f"layer {i}: " + interval(
                [row["extreme"] for row in where(rows, snapshot=s, layer=i)], 100, 0)
                for i in (1, 2, 5, 10)) for s in ("init", "best")) + " %"


# --- Sigmoid: figure 7 ----------------------------------------------------------------------

@claim("7.continuous-above", "fig. 7, 6",
       "sigmoid: the continuous system is slightly better than the discrete one in deeper layers")
def sigmoid(_):
    rows = load("figure-7.layers")
    return "continuous - discrete, test, 7x100 sigmoid: " + ", ".join(
        f"layer {i}: " + interval(by_seed(rows, lambda r, i=i: 100 * (
            layer_of(r, i)["continuous"] - layer_of(r, i)["discrete"])).values())
        for i in range(1, 8)) + " points"


@claim("7.spread", "fig. 7, 6",
       "sigmoid: the systems behave as in ReLU networks")
def sigmoid_spread(_):
    rows = load("figure-7.layers")
    return "largest - smallest accuracy of the systems: " + ", ".join(
        f"layer {i}: " + interval(by_seed(
            rows, lambda r, i=i: spread(layer_of(r, i))).values()) for i in range(1, 8)) + \
        " points; combined - network in layer 7: " + interval(by_seed(rows, lambda r: 100 * (
            layer_of(r, 7)["combined"] - layer_of(r, 7)["network_accuracy[test]"])).values())


# --- Alternatives and sensitivity -----------------------------------------------------------

def blocks(rows, options):
    """Settings of those options, in the order of the file: (label, rows); the first is what
    the others are compared with."""
    found = {}
    for row in rows:
        found.setdefault(tuple(row.get(o, "") for o in options), []).append(row)
    first = next(iter(found))
    return [(", ".join(f"{o} {str(v)}" for o, v, f in zip(options, key, first) if v != f), rows)
            for key, rows in found.items()]


def options_of(rows):
    known = ("snapshot", "layer", "seed", "depth", "width", *SYSTEMS)
    return [key for key in rows[0] if key not in known and "[" not in key and
            not key.startswith("mean_")]


def hidden_mean(name):
    return lambda rows: np.mean([row[name] for row in rows if row["layer"] <= row_depth(rows)])


def row_depth(rows):
    return max(row["layer"] for row in rows) - 1


def against_first(study, snapshot, quantities):
    rows = load(f"{study}.{snapshot}")
    settings = blocks(rows, options_of(rows))
    lines = []
    for label, of in settings[1:]:
        parts = []
        for name, value, scale, digits in quantities:
            x = paired(by_seed(of, value), by_seed(settings[0][1], value))
            parts.append(f"{name} {interval(x.values(), scale, digits)}")
        lines.append(f"{label}: " + ", ".join(parts))
    return "<br>".join(lines)


def error(rows):
    return 1 - rows[0]["network_accuracy[test]"]


@claim("alternatives.noise", "6",
       "batch normalisation, noise on training data and non-adaptive optimisers raise perplexities and lower saturation; no qualitative change")
def noise(_):
    return "mean over hidden layers, minus that of the first setting: " + against_first(
        "alternatives", "best",
        [("perplexity", hidden_mean("mean_perplexity"), 1, 0),
         ("predictability", hidden_mean("predictability[test]"), 1, 3),
         ("test error", error, 100, 2)])


@claim("sensitivity.all", "",
       "(where our choices move the numbers)")
def sensitivity(_):
    quantities = [("test error", error, 100, 2)] + [
        (f"{s} in layer {i}", lambda r, s=s, i=i: layer_of(r, i)[s], 100, 2)
        for i in (1, 6) for s in SYSTEMS] + [
        (f"perplexity of layer {i}", lambda r, i=i: layer_of(r, i)["mean_perplexity"], 1, 1)
        for i in (1, 6)]
    return "minus the first setting: " + against_first("sensitivity", "best", quantities)


# --- Haasbroek & Davel ----------------------------------------------------------------------

def course(rows, name, layer=None):
    """(step, mean over those rows) in the order of steps, of hidden layers."""
    depth = rows[0]["depth"]
    steps = {}
    for row in rows:
        if row["layer"] <= depth and layer in (None, row["layer"]) and row[name] == row[name]:
            steps.setdefault(row["snapshot_step"], []).append(row[name])
    return sorted((step, np.mean(values)) for step, values in steps.items())


def settings_of(rows):
    found = {}
    for row in rows:
        found.setdefault((row["loss"], int(row["depth"]), int(row["width"])), []).append(row)
    return sorted(found.items())


def grows_then_shrinks(rows):
    steps, f = zip(*course(rows, "activation_fraction[train]"))
    top = int(np.argmax(f))
    return f[0], f[top], f[-1], steps[top]


@claim("haasbroek.grow-then-shrink", "H&D",
       "sample sets grow until the loss starts to fall, then shrink")
def grow_then_shrink(_):
    out = []
    for (loss, depth, width), rows in settings_of(load("haasbroek-sample-sets.history")):
        x = by_seed(rows, grows_then_shrinks).values()
        out.append(f"{loss} {depth}x{width}: initially {interval([v[0] for v in x], 100, 1)} %, "
                   f"most {interval([v[1] for v in x], 100, 1)} % after step "
                   f"{'/'.join(str(int(v[3])) for v in x)}, at the end "
                   f"{interval([v[2] for v in x], 100, 1)} %")
    return "activation fraction, mean over hidden nodes, training set: " + "<br>".join(out)


def change(rows, name, layer):
    c = course(rows, name, layer)
    return c[-1][1] - c[0][1]


@claim("haasbroek.first-layer-shrinks-faster", "H&D",
       "first-layer sets shrink faster than deeper ones")
def first_faster(_):
    out = []
    for (loss, depth, width), rows in settings_of(load("haasbroek-sample-sets.history")):
        x = by_seed(rows, lambda r, d=depth: 100 * (
            change(r, "activation_fraction[train]", 1) -
            change(r, "activation_fraction[train]", d)))
        out.append(f"{loss} {depth}x{width}: {interval(x.values(), 1, 1)}")
    return "change of the activation fraction from init to the end, first minus last hidden " \
        "layer, points: " + "; ".join(out)


@claim("haasbroek.predictability", "H&D",
       "binary activations, deep ones above all, become more sensitive to class")
def predictability(_):
    out = []
    for (loss, depth, width), rows in settings_of(load("haasbroek-sample-sets.history")):
        first, last = (interval(by_seed(rows, lambda r, i=i: change(
            r, "predictability[train]", i)).values()) for i in (1, depth))
        out.append(f"{loss} {depth}x{width}: {first}, {last}")
    return "change of predictability, first and last hidden layer: " + "; ".join(out)


@claim("haasbroek.informativeness", "H&D",
       "single nodes remain poor predictors of the class")
def informativeness(_):
    out = []
    for (loss, depth, width), rows in settings_of(load("haasbroek-sample-sets.history")):
        x = by_seed(rows, lambda r: course(r, "informativeness[train]")[-1][1])
        out.append(f"{loss} {depth}x{width}: {interval(x.values(), 1, 3)}")
    return "informativeness at the end, mean over hidden nodes (at most 0.301): " + "; ".join(out)


def at_end(rows, name, layer):
    return course(rows, name, layer)[-1][1]


@claim("updates.agreement", "H&D",
       "the update condition says which samples a step puts into a node's sample set (exact if "
       "one layer moves)")
def updates_agreement(_):
    rows = load("haasbroek-updates.history")
    out = []
    for depth in (2, 5, 9):
        for loss in ("mse", "cross-entropy"):
            of = where(rows, depth=depth, loss=loss, learning_rate=0.1)
            values = [interval(by_seed(of, lambda r, n=n, d=depth: np.mean(
                [v for i in range(1, d + 1) for _, v in course(r, n, i)])).values(), 100, 2)
                for n in ("update_agreement", "update_changed", "update_predicted")]
            out.append(f"{loss} {depth}x80: right of all {values[0]} %, changed {values[1]} %, "
                       f"right of the changed {values[2]} %")
    return "all layers move, mean over snapshots and hidden layers: " + "<br>".join(out)


@claim("updates.zero-loss", "H&D", "samples without loss contribute nothing to updates")
def zero_loss(_):
    rows = load("haasbroek-updates.history")
    out = []
    for loss in ("mse", "cross-entropy"):
        of = where(rows, depth=5, loss=loss, learning_rate=0.1)
        x = by_seed(of, lambda r: np.log(at_end(r, "supported_cost", 3) /
                                         course(r, "supported_cost", 3)[0][1]) /
                    np.log(at_end(r, "network_loss[train]", 3) /
                           course(r, "network_loss[train]", 3)[0][1]))
        out.append(f"{loss}: {interval(x.values())}")
    return "ln of supported cost, end over start, by ln of the loss, end over start (layer 3 of " \
        "5x80): " + "; ".join(out)


# --- Corruption -----------------------------------------------------------------------------

def last(rows):
    return next(row for row in rows if row["snapshot"] == "final")


@claim("corruption.memorised", "Zhang et al.; slides",
       "networks fit labels that are partly or wholly random")
def memorised(_):
    rows = load("corruption-labels.networks")
    out = []
    for depth in (1, 3, 6):
        for p in (0, 0.2, 0.4, 0.6, 0.8, 1):
            of = where(rows, depth=depth, label_corruption=p, snapshot="final")
            reached = [row["stop_reason"] == "accuracy" for row in of]
            epochs = interval([row["epochs_run"] for row in of], 1, 0)
            out.append(f"depth {depth}, p {p}: {sum(reached)} of {len(of)}, epochs {epochs}")
    return "networks with a training accuracy of 1: " + "<br>".join(out)


@claim("corruption.test-accuracy", "slides",
       "test accuracy falls with the share of corrupted labels, to chance at 1")
def test_accuracy(_):
    rows = load("corruption-labels.networks")
    return "test accuracy at the end of training, %: " + "<br>".join(
        f"depth {depth}: " + ", ".join(f"p {p}: " + interval(
            [row["network_accuracy[test]"] for row in where(
                rows, depth=depth, label_corruption=p, snapshot="final")], 100, 1)
            for p in (0, 0.2, 0.4, 0.6, 0.8, 1)) for depth in (1, 3, 6))


@claim("corruption.clean-first", "Theunissen et al.; slides",
       "uncorrupted samples are fitted first")
def clean_first(_):
    rows = load("corruption-labels.networks")
    return "accuracy on clean and on corrupted samples (label trained with), p 0.4, %: " + \
        "<br>".join(f"depth {depth}: " + ", ".join(
            f"{s}: " + " and ".join(interval([row[n] for row in where(
                rows, depth=depth, label_corruption=0.4, snapshot=s)], 100, 1)
                for n in ("train_accuracy_clean", "train_accuracy_corrupt"))
            for s in ("epoch:1", "epoch:4", "epoch:16", "epoch:64", "final"))
            for depth in (3, 6))


@claim("corruption.quarantine", "slides",
       "corrupted samples are kept on paths of their own (our definitions)")
def quarantine(_):
    rows = load("corruption-labels.final")
    return "p 0.4, end of training, by hidden layer: " + "<br>".join(
        f"{name}, depth {depth}: " + ", ".join(interval([row[name] for row in where(
            rows, depth=depth, label_corruption=0.4, layer=i)], scale, digits)
            for i in range(1, depth + 1))
        for depth in (3, 6) for name, scale, digits in (
            ("clean_corrupt_cosine", 1, 3), ("corruption_purity", 1, 3),
            ("quarantine_fraction", 1, 3), ("quarantine_path_length", 1, 1)))


def verdicts():
    with open(HERE / "verdicts.csv", encoding="utf-8") as file:
        return {(row["claim"], row["data"]): row["verdict"] for row in csv.DictReader(file)}


def table(prefix):
    judged = verdicts()
    lines = ["| claim | where | what the paper says | data | measured | holds |",
             "|---|---|---|---|---|---|"]
    for name, source, says, function in CLAIMS:
        alone = function.__code__.co_varnames[0] == "_"
        for data in [None] if alone else SETS:
            if not name.startswith(prefix):
                continue
            label = SETS.get(data, "")
            try:
                measured = function(data) or "not run yet"
            except (Missing, StopIteration, IndexError):
                measured = "not run yet"
            lines.append(f"| {name} | {source} | {says} | {label} | {measured} | "
                         f"{judged.get((name, label), '')} |")
    return "\n".join(lines)


def write(text):
    """Puts the table between its marks in ../reproduction.md."""
    path = HERE.parent / "reproduction.md"
    before, rest = path.read_text(encoding="utf-8").split("<!-- claims -->\n", 1)
    after = rest.split("<!-- end of claims -->", 1)[1]
    path.write_text(f"{before}<!-- claims -->\n{text}\n<!-- end of claims -->{after}",
                    encoding="utf-8")


def main():
    if sys.argv[1:] == ["--write"]:
        write(table(""))
    else:
        print(table(sys.argv[1] if len(sys.argv) > 1 else ""))


main()
