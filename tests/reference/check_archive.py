#!/usr/bin/env python3
"""Checks Strata archives with stock tools: ncdump, xarray, netCDF4 and ncrcat.

usage: python3 -W error check_archive.py archive.nc...

Exits 1 with what is wrong, 0 where every archive passes. Files with a global
attribute `parameter_layout` are networks.nc, those with `record_layout` nodes.nc; they
get the checks that fit them.
"""
import importlib
import os
import re
import subprocess
import sys
import tempfile
import warnings

import netCDF4
import numpy as np
import xarray

# xarray imports these where they are installed (Debian recommends them with it), and they
# warn of their own affairs: only warnings about our files are errors.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    for module in ("dask.array", "sparse"):
        try:
            importlib.import_module(module)
        except ImportError:
            pass

TEXT_LENGTHS = {"id_len", "message_len", "label_len", "run_text_len", "name_len"}
# Coordinates that are not named as their dimension.
LABELS = {"cell": "cell_id", "snapshot": "snapshot_label"}
CUBE = ["seed", "depth", "width", "label_corruption"]
GLOBAL = ["Conventions", "title", "source", "history", "schema_version", "study",
          "content_hash", "data_hash", "numerics_version", "rng", "n_cells_planned"]
REQUIRED = ["cell_id", "status", "message", "n_layers", "n_parameters", "epochs_run",
            "best_epoch", "cell_crc", *CUBE]
PROVENANCE = {"train_seconds", "probe_seconds", "peak_rss_bytes", "cell_run", "cell_rank",
              "attempt"}
FILLS = {"i1": netCDF4.default_fillvals["i1"], "i4": -1, "f8": netCDF4.default_fillvals["f8"]}


class Failure(Exception):
    pass


def require(condition, message):
    if not condition:
        raise Failure(message)


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    require(done.returncode == 0, f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout.strip()


def check_form(path, data):
    """What holds for every file that Strata writes."""
    kind = run("ncdump", "-k", path)
    require(kind == "netCDF-4 classic model", f"ncdump -k says {kind}")
    require(not data.groups, f"groups {list(data.groups)}")
    names = [*data.variables, *data.dimensions]
    for name in [*names, *data.ncattrs()]:
        require(re.fullmatch("[A-Za-z][A-Za-z0-9_]*", name), f"name {name!r}")
    for kind in (data.variables, data.dimensions):
        require(len({name.lower() for name in kind}) == len(kind),
                "names that differ only in case")
    for name, variable in data.variables.items():
        for attribute in ("long_name", "units"):
            value = getattr(variable, attribute, "")
            require(isinstance(value, str) and value, f"{name} has no {attribute}")
        require(variable.dtype in (np.dtype("S1"), np.dtype("i1"), np.dtype("i4"),
                                   np.dtype("f4"), np.dtype("f8")),
                f"{name} has type {variable.dtype}")
        if variable.dtype == np.dtype("S1"):
            require(getattr(variable, "_Encoding", "") == "utf-8", f"{name}: _Encoding")
            require(variable.dimensions[-1] in TEXT_LENGTHS, f"{name}: no text length")
        for other in getattr(variable, "coordinates", "").split():
            require(other in data.variables, f"{name}: coordinate {other} is missing")
            dims = set(data[other].dimensions) - TEXT_LENGTHS
            require(dims <= set(variable.dimensions),
                    f"{name}: coordinate {other} has other dimensions")
        if hasattr(variable, "flag_values"):
            require(np.asarray(variable.flag_values).dtype == variable.dtype and
                    np.size(variable.flag_values) == len(variable.flag_meanings.split()),
                    f"{name}: flag_values and flag_meanings differ")
            require(np.isin(np.ma.compressed(variable[:]), variable.flag_values).all(),
                    f"{name}: a value that is not in flag_values")


def option_names(data):
    """Options are the variables of `cell` alone that come before cell_id."""
    names = list(data.variables)
    before = names[:names.index("cell_id")]
    return [name for name in before if data[name].dimensions == ("cell",)]


def check_schema(data):
    for name in GLOBAL:
        require(name in data.ncattrs(), f"no global attribute {name}")
    require(re.fullmatch("[0-9a-f]{32}", data.content_hash), "content_hash is no hash")
    require(data.dimensions["cell"].isunlimited(), "cell is not unlimited")
    for name, length in {"system": 3, "split": 3, "quantile": 5, "id_len": 32}.items():
        require(data.dimensions[name].size == length, f"{name} is not {length}")
    for name in data.dimensions:
        if name in TEXT_LENGTHS:
            continue
        coordinate = LABELS.get(name, name)
        require(coordinate in data.variables, f"dimension {name} has no coordinate")
        require(data[coordinate].dimensions[0] == name, f"{coordinate} is not of {name}")
    for name in REQUIRED:
        require(name in data.variables, f"variable {name} is missing")
    identity = {*REQUIRED, *option_names(data), *PROVENANCE}
    for name, variable in data.variables.items():
        filled = hasattr(variable, "_FillValue")
        if name in identity or variable.dimensions[0] != "cell":
            continue
        require(filled, f"{name} has no _FillValue")
        require(variable._FillValue == FILLS[variable.dtype.str[1:]], f"{name}: _FillValue")
        require("cell_id" in variable.coordinates.split(), f"{name}: coordinates")
    for name in identity & set(data.variables):
        require(not hasattr(data[name], "_FillValue"), f"{name} has a _FillValue")


def check_storage(data):
    for name, variable in data.variables.items():
        filters = variable.filters()
        deflated = variable.dtype != np.dtype("f8")
        require(filters["zlib"] == filters["shuffle"] == deflated,
                f"{name}: deflate and shuffle must be on all but doubles")
        require(filters["fletcher32"], f"{name}: not checksummed")


def check_values(data):
    """What does not exist is fill, never 0."""
    data.set_auto_mask(False)
    layers, n_layers = data["layer"][:], data["n_layers"][:]
    require((layers == np.arange(1, layers.size + 1)).all(), "layer is not 1, 2, ...")
    require((n_layers >= 1).all() and (n_layers <= layers.size).all(), "n_layers")
    for name, variable in data.variables.items():
        if variable.dimensions[0] != "cell" or "layer" not in variable.dimensions:
            continue
        values = np.moveaxis(variable[:], variable.dimensions.index("layer"), 1)
        for cell, used in enumerate(n_layers):
            require((values[cell, used:] == variable._FillValue).all(),
                    f"{name}: cell {cell} has values beyond its {used} layers")
    data.set_auto_mask(True)


def check_groups(data, fields):
    if "group" not in data.dimensions:
        return
    require("group_n_cells" in data.variables, "group_n_cells is missing")
    for name in option_names(data):
        require(name == "seed" or f"group_{name}" in data.variables,
                f"group_{name} is missing")
    means = [name for name in data.variables if name.endswith("_mean")]
    require(means, "no group statistics")
    for mean in means:
        name = mean[:-len("_mean")]
        require(name in fields, f"{mean} is the mean of nothing")
        dims = ("group", *fields[name].dimensions[1:])
        for suffix, more in {"mean": (), "sd": (), "n": (), "ci": ("bound",)}.items():
            require(data[f"{name}_{suffix}"].dimensions == (*dims, *more),
                    f"{name}_{suffix}: dimensions")
        require(data[mean].cell_methods == "seed: mean", f"{mean}: cell_methods")
        require(data[f"{name}_sd"].cell_methods == "seed: standard_deviation",
                f"{name}_sd: cell_methods")
        interval = data[f"{name}_ci"]
        require(interval.interval == "Student t" and 0 < interval.level < 1,
                f"{name}_ci: interval and level")


def check_settings(data):
    """Groups are the settings of the cells, of those selected where the study selects."""
    if "group" not in data.dimensions:
        return
    names = [name for name in option_names(data) if name != "seed"]
    counts = (data["selected"][:] == 1 if "selected" in data.variables
              else np.ones(data.dimensions["cell"].size, bool))
    cells = zip(*(data[name][:].tolist() for name in names))
    groups = zip(*(data[f"group_{name}"][:].tolist() for name in names))
    settings = dict.fromkeys(cell for cell, one in zip(cells, counts) if one)
    require(list(groups) == list(settings), "groups are not the settings that count")


def check_xarray(path):
    with xarray.open_dataset(path) as data:
        data.load()
        require(data["cell_id"].dtype.kind in "OU", "cell_id is not text in xarray")
        for name, variable in data.data_vars.items():
            if variable.ndim > 0:
                variable.to_dataframe(name=name if name not in variable.dims else "value")
        if data.sizes["cell"] == 0:
            return
        first = str(data["cell_id"][0].values)
        label = str(data["snapshot_label"][-1].values)
        one = data.set_index(cell="cell_id", snapshot="snapshot_label")
        found = one["network_accuracy"].sel(cell=first, snapshot=label, split=2)
        require(found.ndim == 0, "selection by label gives no single value")
        require(one["mean_perplexity"].sel(layer=1).sizes["cell"] == data.sizes["cell"],
                "selection by layer")
        axes = CUBE + [name for name in varying_options(path) if name not in CUBE]
        with warnings.catch_warnings():
            # xarray prefills integers of a complete cube with NaN, then overwrites all.
            warnings.filterwarnings("ignore", "invalid value encountered in cast")
            # One number a cell: with all axes of a grid of many blocks the cube is sparse
            # and large.
            cube = data[["network_accuracy", *axes]].isel(snapshot=-1, split=2)
            cube = cube.set_index(cell=axes).unstack("cell")
        require(set(axes) <= set(cube["network_accuracy"].dims),
                f"the dense cube lacks one of {axes}")
        seed = data["seed"].values[0]
        require(cube["network_accuracy"].sel(seed=seed).size > 0, "the cube has no seed")


def varying_options(path):
    with netCDF4.Dataset(path) as data:
        return [name for name in option_names(data) if np.unique(data[name][:]).size > 1]


def check_join(path):
    """ncrcat of the archive with itself has every cell twice."""
    with tempfile.TemporaryDirectory() as folder:
        joined = os.path.join(folder, "joined.nc")
        run("ncrcat", "-h", path, path, joined)
        with netCDF4.Dataset(path) as one, netCDF4.Dataset(joined) as two:
            n = one.dimensions["cell"].size
            require(two.dimensions["cell"].size == 2 * n, "ncrcat lost cells")
            one.set_auto_mask(False)
            two.set_auto_mask(False)
            for name, variable in one.variables.items():
                if variable.dimensions[0] != "cell":
                    continue
                for half in (two[name][:n], two[name][n:]):
                    require(half.tobytes() == variable[:].tobytes(),
                            f"ncrcat changed {name}")
        with xarray.open_dataset(joined) as data:
            data.load()


def check_networks(path, data):
    require(len(data.parameter_layout) > 0, "no parameter_layout")
    if "network" in data.dimensions:
        counts, offsets = data["parameter_count"][:], data["parameter_offset"][:]
        require((offsets == np.cumsum(counts) - counts).all(), "parameter_offset")
        require(counts.sum() == data.dimensions["parameter"].size, "parameter_count")
    with xarray.open_dataset(path) as opened:
        opened.load()


def check_nodes(path, data):
    counts, offsets = data["record_count"][:], data["record_offset"][:]
    require((offsets == np.cumsum(counts) - counts).all(), "record_offset")
    require((data["record_network"][:] == np.repeat(np.arange(counts.size), counts)).all(),
            "record_network")
    require(counts.sum() == data.dimensions["record"].size, "record_count")
    for name in data.dimensions:
        if name not in TEXT_LENGTHS | {"network", "record"}:
            require(data[name].dimensions == (name,), f"dimension {name} has no coordinate")
    for name, variable in data.variables.items():
        if hasattr(variable, "_FillValue"):
            require(variable._FillValue == FILLS[variable.dtype.str[1:]],
                    f"{name}: _FillValue")
    active, samples = data["active_count"][:], data["sample_count"][:]
    require((active <= samples[data["record_network"][:]]).all(), "active_count")
    with xarray.open_dataset(path) as opened:
        opened.load()
        require({"layer", "node"} <= set(opened["active_count"].coords), "coordinates")
        opened["active_count"].to_dataframe()


def check(path):
    with netCDF4.Dataset(path) as data:
        check_form(path, data)
        check_storage(data)
        if "parameter_layout" in data.ncattrs():
            check_networks(path, data)
            return
        if "record_layout" in data.ncattrs():
            check_nodes(path, data)
            return
        check_schema(data)
        check_values(data)
        check_groups(data, data.variables)
        check_settings(data)
        n_cells = data.dimensions["cell"].size
    check_xarray(path)
    if n_cells > 0:  # ncrcat takes no empty file
        check_join(path)


def main(paths):
    require(paths, "usage: check_archive.py archive.nc...")
    for path in paths:
        try:
            check(path)
        except Failure as failure:
            raise Failure(f"{path}: {failure}") from failure
        print(f"{path}: fine")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Failure as failure:
        sys.exit(f"check_archive.py: {failure}")
