#!/usr/bin/env python3
"""The points of `strata plot` once more, from the archive by netCDF4, numpy and scipy.

usage: figure_points.py ARCHIVE.nc FIGURE DATA.dat [split=test] [snapshot=best] [x=depth]
                        [measure=network_accuracy] [gap=given] [cells='width 8, depth 2']

DATA.dat is what --keep leaves. The arguments say what the data do not: of which cells, split
and snapshot they are, the option along x, the field of a heat map (of the last hidden layer,
if it has layers), the scatter's gap. Every seed's value must be the archive's to the
last bit, means to 1e-12, t intervals to 1e-9 (the quantile is found by bisection), and nothing may be missing. Exits 1 otherwise.
"""
import re
import sys

import netCDF4
import numpy as np
import scipy.stats

path, figure, data = sys.argv[1:4]
given = {"split": "test", "snapshot": "best", "x": "depth", "measure": "network_accuracy",
         "gap": "given", "cells": ""} | dict(word.split("=") for word in sys.argv[4:])
a = netCDF4.Dataset(path)
a.set_auto_mask(False)
labels = [str(label) for label in a["snapshot_label"][:]]
splits = ["train", "validation", "test"]
systems = ["discrete", "continuous", "combined"]
chosen = a["status"][:] == 0  # complete, and those of `cells`
options = [v for v in a.variables
           if a[v].dimensions == ("cell",) and a[v].dtype.kind in "ifu"]
values = {}


def read(variable):
    if variable not in values:
        v = a[variable][:].astype(float)
        v[v == getattr(a[variable], "_FillValue", None)] = np.nan
        values[variable] = v
    return values[variable]


def option(variable):
    """An option's values as they are written, so that "0.1" is 0.1."""
    if hasattr(a[variable], "flag_meanings"):
        return np.array([a[variable].flag_meanings.split()[i] for i in a[variable][:]])
    return np.array([float(x) for x in a[variable][:]])


def blocks():
    """(words of the head, is_mean, seed, rows) of each block."""
    with open(data, encoding="utf-8") as file:
        text = file.read()
    for part in re.split(r"^(?=# block )", text, flags=re.M)[1:]:
        head, *lines = part.strip("\n").split("\n")
        words = [word for piece in head.split("; ")[1:] for word in piece.split(", ")]
        last = words.pop()
        rows = np.array([[float(x) for x in line.split()] for line in lines if line])
        yield words, last == "mean over seeds", last.removeprefix("seed "), rows


def place(words):
    """Which cells, snapshot, split and curve a block's words mean."""
    cells, where = chosen.copy(), {k: given[k] for k in ("split", "snapshot")}
    for word in words:
        key, _, value = word.partition(" ")
        if word in labels:
            where["snapshot"] = word
        elif word.replace(" ", "_") in a.variables:
            where["quantity"] = word
        elif key in options and value:
            want = option(key)
            cells &= want == (value if want.dtype.kind == "U" else float(value))
        elif word in splits:
            where["split"] = word
        elif key == "layer":
            where["layer"] = int(value) - 1
        elif word in systems + ["network"]:
            where["system"] = word
        else:
            where["quantity"] = word
    return cells, where


def of_cell(cell, where, snap=None):
    """{x: y} of one cell, as its block should have it."""
    s = labels.index(where["snapshot"]) if snap is None else snap
    p, depth = splits.index(where["split"]), int(a["depth"][cell])
    layers = range(depth)
    if figure == "perplexity":
        return {l + 1: read("mean_perplexity")[cell, s, p, l] for l in layers}
    if figure == "systems" and where["system"] == "network":
        return {l + 1: read("network_accuracy")[cell, s, p] for l in layers}
    if figure == "systems":
        k = systems.index(where["system"])
        return {l + 1: read("system_accuracy")[cell, s, k, p, l] for l in layers}
    if figure in ("dynamics", "sample-sets"):
        field = {"accuracy": "network_accuracy", "loss": "network_loss"}.get(
            where["quantity"], where["quantity"].replace(" ", "_"))
        at = (p,) + ((where["layer"],) if figure == "sample-sets" else ())
        if figure == "sample-sets" and where["layer"] >= depth:
            return {}
        return {read("snapshot_epoch")[cell, k]: read(field)[(cell, k) + at]
                for k, label in enumerate(labels) if label not in ("best", "final")}
    x = float(a[given["x"]][cell])
    if figure == "error":
        return {x: 1 - read("network_accuracy")[cell, s, p]}
    if figure == "heatmap":
        field = read(given["measure"])
        return {x: field[cell, s, p] if field.ndim == 3 else field[cell, s, p, depth - 1]}
    train = {"given": read("network_accuracy")[cell, s, 0],
             "clean": read("train_accuracy_clean")[cell, s], "test": 1.0}[given["gap"]]
    return {read("mean_perplexity")[cell, s, 0, depth - 1]:
            train - read("network_accuracy")[cell, s, 2]}


def close(x, y, most=1e-12):
    return (np.isnan(x) and np.isnan(y)) or abs(x - y) <= most * max(abs(x), abs(y), 1)


def check_mean(row, points):
    """points: the seeds' (x, y) of this row."""
    xs, ys = np.array(points, dtype=float).T
    assert row[5] == len(ys), (row, len(ys))
    assert close(row[1], xs.mean()) and close(row[2], ys.mean()), (row, points)
    half = np.nan
    if len(ys) >= 3:
        half = scipy.stats.t.ppf(0.975, len(ys) - 1) * ys.std(ddof=1) / len(ys) ** 0.5
    assert close(row[3], ys.mean() - half, 1e-9) and close(row[4], ys.mean() + half, 1e-9), (
        row, half)


def check_scatter(cells, where, rows):
    """A point a setting: cells that are equal in everything but the seed."""
    keys = {}
    for cell in np.flatnonzero(cells):
        key = tuple(option(o)[cell] for o in varied)
        keys.setdefault(key, []).append(*of_cell(cell, where).items())
    assert len(keys) == len(rows), (len(keys), len(rows))
    for key, row in zip(sorted(keys), rows):
        check_mean(row, keys[key])


varied = [o for o in list(a.variables) if o in options and o not in ("seed",)
          and a[o].dimensions == ("cell",)
          and options.index(o) < options.index("density_grid") + 1
          and len(set(option(o))) > 1]
drawn = means = 0
chosen, _ = place([word for word in given["cells"].split(", ") if word])
seen = set()
for words, is_mean, seed, rows in blocks():
    cells, where = place(words)
    if figure == "gap" and is_mean:
        check_scatter(cells, where, rows)
        means += len(rows)
        continue
    if not is_mean:
        cells &= a["seed"][:] == int(seed)
    each = [{x: y for x, y in of_cell(cell, where).items() if not np.isnan(y)}
            for cell in np.flatnonzero(cells)]
    if is_mean:
        for row in rows:
            check_mean(row, [(x, d[x]) for d in each for x in d if close(x, row[1])])
        means += len(rows)
        continue
    expected = sorted((x, y) for d in each for x, y in d.items())
    assert sorted(map(tuple, rows[:, 1:3])) == expected, (words, seed, rows, expected)
    assert np.isnan(rows[:, 3:5]).all() and (rows[:, 5] == 1).all()
    drawn += len(rows)
    seen |= set(np.flatnonzero(cells))
assert seen == set(np.flatnonzero(chosen)), "cells are missing"
assert drawn and means
print(f"{drawn} values and {means} means compared")
