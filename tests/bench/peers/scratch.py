"""What the peers share: results, missing packages, the data set, and what strata-bench has
left for them in the scratch folder."""

import gzip
import importlib
import json
import os
import sys

SKIPPED = 77
FOLDERS = [f"{os.environ[name]}/fashion-mnist" for name in ("STRATA_DATA",)
           if os.environ.get(name)] + ["/usr/share/datasets/fashion-mnist"]


def package(module, debian):
    """Imports a module, or leaves with the line that run.py shows in its place."""
    try:
        return importlib.import_module(module)
    except ImportError:
        print(f"skipped: {debian} is not installed")
        sys.exit(SKIPPED)


np = package("numpy", "python3-numpy")


def report(name, values):
    print(json.dumps({"name": name, "values": values}), flush=True)


def report_version(text):
    print(json.dumps({"version": text}), flush=True)


def read_idx(name, header):
    for folder in FOLDERS:
        for path, opener in ((f"{folder}/{name}", open), (f"{folder}/{name}.gz", gzip.open)):
            if os.path.exists(path):
                with opener(path, "rb") as file:
                    return np.frombuffer(file.read(), np.uint8, offset=header)
    print("skipped: dataset-fashion-mnist is not installed")
    sys.exit(SKIPPED)


def training_samples(n):
    """The first n images [n, 784] and labels of the training file."""
    images = read_idx("train-images-idx3-ubyte", 16).reshape(-1, 784)
    return images[:n], read_idx("train-labels-idx1-ubyte", 8)[:n]


def groups(folder):
    """Samples stand split by split and class by class: where each group starts."""
    return np.fromfile(f"{folder}/groups.u32", np.uint32).astype(int)


def node(folder):
    """One node's pre-activations, in that order."""
    return np.fromfile(f"{folder}/node.f32", np.float32)
