"""Archives that are hard on what shows them: of real sweeps, most of them tiny; where a text
is to do harm that no sweep would write, it is put into the file afterwards.

MAKERS: run directories, and the functions that make them in the working directory."""
import os
import pathlib
import struct
import sys

import netCDF4
import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "damage"))
from damage import STRATA, contents, start, strata  # noqa: E402,F401  (for the tests)

GLYPHS = "{name: glyphs, train: 300, validation: 50, test: 100}"
TRAIN = "{epochs: 2, batch_size: 32}"
# What each reader of a text could be brought to do: HTML and its attributes, entities,
# direction of text, spreadsheets, gnuplot's command and macro substitution, TeX, terminals.
HOSTILE = ("<script>alert(1)</script>\"onload='alert(1)'><img src=x onerror=alert(1)>&amp;"
           "\u202egnp.exe =cmd() `touch ran` @touch ${HOME} \\input{x} $(touch ran) %s%n "
           "\x1b[2J </title></style></textarea><!-- ]]> ")
LABEL = "<b>`touch ran`'\"@x\\{$"  # of a snapshot: short
LONG = "long " * 200
UNDECODABLE = b"\xff\xfe<b>\xc3(\xed\xa0\x80"


def sweep(folder, grid, data=GLYPHS, train=TRAIN, probe='{at: [init, "epoch:1", best]}',
          options=(), code=0):
    study = pathlib.Path("study.yaml")
    study.write_text(f"study: tested\ndata: {data}\ngrid: {grid}\n"
                     f"train: {train}\nprobe: {probe}\n", encoding="utf-8")
    strata("sweep", str(study), "-o", folder, "-q", *options, seconds=600).expect(code)


def idx(folder, n_classes, n_classes_test):
    """A data set of 60 training and 20 test images of 4 x 4."""
    place = pathlib.Path(folder)
    place.mkdir(parents=True)
    for prefix, n, n_labels in ("train", 60, n_classes), ("t10k", 20, n_classes_test):
        images = struct.pack(">4B3I", 0, 0, 8, 3, n, 4, 4) + \
            bytes((i * 37 + i % 3 * 80) % 256 for i in range(n * 16))
        labels = struct.pack(">4BI", 0, 0, 8, 1, n) + bytes(i % n_labels for i in range(n))
        (place / f"{prefix}-images-idx3-ubyte").write_bytes(images)
        (place / f"{prefix}-labels-idx1-ubyte").write_bytes(labels)


def doctor(path, texts, attributes):
    """Other bytes in place of texts, of a snapshot's label its second, and of global
    attributes."""
    with netCDF4.Dataset(path, "a") as file:
        file.schema_version = "1.999"  # whose checksums are not looked at
        for name, data in texts.items():
            variable = file[name]
            variable.set_auto_chartostring(False)
            rows, length = variable.shape
            new = np.frombuffer(data[:length].ljust(length, b"\0"), "S1")
            for row in [1] if name == "snapshot_label" else range(rows):
                variable[row] = new
        for name, text in attributes.items():
            file.setncattr(name, text)


# ---- the archives ----

def plain(name):
    sweep(name, "{seed: 1..3, depth: 1..3, width: [4, 12]}")


def one_seed(name):
    sweep(name, "{seed: 1, depth: 1..3, width: [4, 12]}")


def one_cell(name):
    sweep(name, "{seed: 1, depth: 1, width: 4}", probe="{at: [best]}")


def one_class(name):
    """In the test set; a sweep refuses fewer than two to train on."""
    idx(f"{name}-data", 2, 1)
    sweep(name, "{seed: 1..3, depth: [1, 2], width: [4, 8]}",
          data=f"{{name: ./{name}-data, validation: 10}}")


def ragged(name):
    sweep(name, "{seed: 1..3, depth: [1, 2, 9], width: 4, label_corruption: [0, 0.5]}")


def missing(name):
    sweep(name, "{seed: 1..3, depth: [1, 2, 3], width: [4, 8]}", options=("--shard", "1/5"))


def failed(name):
    sweep(name, "{seed: 1..3, depth: [1, 2], width: 8, learning_rate: [0.01, 100]}",
          train="{epochs: 4, batch_size: 32, optimizer: sgd, activation: tanh}", code=79)


def failed_only(name):
    sweep(name, "{seed: 1..3, depth: [1, 2], width: 8, learning_rate: 100}",
          train="{epochs: 4, batch_size: 32, optimizer: sgd, activation: tanh}", code=79)


def hostile_names(name):
    """What a user can bring about without touching the archive."""
    idx(f"{name}-data", 3, 3)
    path = name.replace('"', '\\"')
    sweep(name, "{seed: 1..3, depth: [1, 2], width: 4}",
          data=f'{{name: "./{path}-data", validation: 10}}')


def hostile_texts(name):
    """What only a file can hold that somebody else has made."""
    sweep(name, "{seed: 1..2, depth: [1, 2], width: 8, learning_rate: [0.01, 100]}",
          train="{epochs: 4, batch_size: 32, optimizer: sgd, activation: tanh}", code=79)
    texts = {text: HOSTILE.encode() for text in (
        "message", "run_command", "run_host", "run_versions", "run_mpi", "run_blas",
        "run_start_time", "run_slurm_job", "run_id")}
    texts["snapshot_label"] = LABEL.encode()
    doctor(f"{name}/archive.nc", texts, dict.fromkeys(
        ("title", "source", "history", "data_hash", "rng"), HOSTILE))


def undecodable(name):
    sweep(name, "{seed: 1..2, depth: [1, 2], width: 8, learning_rate: [0.01, 100]}",
          train="{epochs: 4, batch_size: 32, optimizer: sgd, activation: tanh}", code=79)
    doctor(f"{name}/archive.nc",
           {"message": UNDECODABLE * 10, "run_command": UNDECODABLE, "run_host": UNDECODABLE},
           {"title": UNDECODABLE, "source": LONG.encode()})


def thousand(name):
    sweep(name, "{seed: 1..10, depth: [1, 2], width: [2, 3, 4, 5, 6], "
          "batch_size: [50, 100], learning_rate: [0.001, 0.003, 0.01, 0.03, 0.1]}",
          train="{epochs: 1}", probe="{at: [best]}",
          data="{name: glyphs, train: 100, validation: 20, test: 80}")


def ten_thousand(name):
    sweep(name, "{seed: 1..20, depth: 1..5, width: [2, 4, 6, 8, 10], "
          "label_corruption: [0, 0.1, 0.2, 0.4], "
          "learning_rate: [0.001, 0.003, 0.01, 0.03, 0.1]}",
          train="{epochs: 1}", probe="{at: [best]}",
          data="{name: glyphs, train: 100, validation: 20, test: 80}")


MAKERS = {
    "plain": plain, "one-seed": one_seed, "one-cell": one_cell, "one-class": one_class,
    "ragged": ragged, "missing": missing, "failed": failed, "failed-only": failed_only,
    "hostile<b onload=alert(1)>'\"`touch ran`&amp;\u202e$(touch ran)": hostile_names,
    "hostile-texts": hostile_texts, "undecodable": undecodable, "thousand": thousand}
