"""HDF5 files that mean harm, each made of a sound archive.nc, networks.nc or nodes.nc by one change.

The tables ARCHIVES and NETWORKS give each a name and a function that changes an open file.
What a reader must never show is the word that stands in SECRET, and in OTHER for what
needs another HDF5 file.
"""
import os

import h5py
import numpy as np

SECRET = os.path.abspath("secret.txt")
OTHER = os.path.abspath("other.h5")
WORD = "open-sesame"


def make_secrets():
    with open(SECRET, "w", encoding="ascii") as file:
        file.write(WORD * 1000)
    with h5py.File(OTHER, "w", track_order=True) as file:
        file["text"] = np.frombuffer((WORD * 30)[:256].encode(), "S1").reshape(1, 256)
        file["seed"] = np.arange(4, dtype="<i4")
        file.create_group("folder")["text"] = file["text"]


# ---- one dataset in the place of another ----

def own_attributes(dataset):
    """Those that netCDF needs to see the same variable in the new dataset."""
    return {name: value for name, value in dataset.attrs.items()
            if name not in ("DIMENSION_LIST", "REFERENCE_LIST")}


def give_attributes(dataset, attributes):
    if "CLASS" in attributes:
        dataset.make_scale(attributes["NAME"].decode())
    for key, value in attributes.items():
        if key not in ("CLASS", "NAME"):
            dataset.attrs[key] = value


def replace(file, name, **how):
    old = file[name]
    attributes = own_attributes(old)
    options = {"shape": old.shape, "dtype": old.dtype, **how}
    del file[name]
    new = file.create_dataset(name, **options)
    give_attributes(new, attributes)


def create(file, name, dtype, shape, prepare):
    """A dataset made by the lower interface, whose properties `prepare` sets."""
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    prepare(properties)
    space = h5py.h5s.create_simple(*shape)
    h5py.h5d.create(file.id, name.encode(), h5py.h5t.py_create(np.dtype(dtype)), space,
                    properties)
    return file[name]


def filtered(number, name="seed"):
    """A variable of four integers behind a filter, which HDF5 may try to load."""
    def change(file):
        old = file[name]
        attributes, values = own_attributes(old), old[:]
        limits = tuple(n or h5py.h5s.UNLIMITED for n in old.maxshape)
        del file[name]

        def prepare(properties):
            properties.set_chunk((4,))
            properties.set_filter(number, h5py.h5z.FLAG_OPTIONAL, (0, 2, 4, 0))
        new = create(file, name, "<i4", ((4,), limits), prepare)
        new[:] = values
        give_attributes(new, attributes)
    return change


def external(name):
    return lambda file: replace(file, name, external=[(SECRET, 0, h5py.h5f.UNLIMITED)])


def virtual(file):
    old = file["run_command"]
    layout = h5py.VirtualLayout(shape=old.shape, dtype=old.dtype)
    layout[:] = h5py.VirtualSource(OTHER, "text", shape=old.shape, dtype=old.dtype)
    attributes = own_attributes(old)
    del file["run_command"]
    give_attributes(file.create_virtual_dataset("run_command", layout), attributes)


def link(name, target):
    def change(file):
        if name in file:
            del file[name]
        file[name] = target
    return change


def typed(name, dtype, **how):
    return lambda file: replace(file, name, dtype=dtype, **how)


# ---- lengths ----

def resized(name, length):
    """A dimension gets another length, in all variables that are on it; of those of which
    that makes new ones no value is stored."""
    def change(file):
        number = file[name].attrs["_Netcdf4Dimid"]
        for dataset in list(file.values()):
            is_scale = dataset.name == file[name].name
            dimensions = list(dataset.attrs.get("_Netcdf4Coordinates", [number] * is_scale))
            if number not in dimensions:
                continue
            shape = [length if d == number else n
                     for d, n in zip(dimensions, dataset.shape)]
            if dataset.maxshape[dimensions.index(number)] is None:
                dataset.resize(shape)
            else:
                limits = [None if m is None else n
                          for n, m in zip(shape, dataset.maxshape)]
                replace(file, dataset.name[1:], shape=shape, maxshape=limits,
                        chunks=tuple(min(max(n, 1), 64) for n in shape))
    return change


def huge_variable(file):
    file.create_dataset("extra", shape=(10 ** 15,), dtype="<f8", chunks=(1024,))


def huge_chunk(file):
    replace(file, "seed", maxshape=(None,), chunks=(2 ** 30 - 1,))


# ---- what is no archive's ----

def deep_groups(file):
    group = file
    for _ in range(2000):
        group = group.create_group("g")


def group_cycle(file):
    file.create_group("g")["again"] = file["/"]


def soft_loop(file):
    file["a"] = h5py.SoftLink("/b")
    file["b"] = h5py.SoftLink("/a")


def soft_link(file):
    del file["seed"]
    file["seed"] = h5py.SoftLink("/depth")


def many_datasets(file):
    space = h5py.h5s.create_simple((1,))
    for i in range(20000):
        h5py.h5d.create(file.id, f"v{i}".encode(), h5py.h5t.NATIVE_INT32, space)


def named_type(file):
    file["kind"] = np.dtype([("a", "<i4"), ("b", "<f8")])


def compound(file):
    file["extra"] = np.zeros(4, dtype=[("a", "<i4"), ("b", "<f8")])


def variable_length(file):
    file.create_dataset("extra", (4,), dtype=h5py.vlen_dtype(np.int32))


def strings(file):
    file.create_dataset("extra", (4,), dtype=h5py.string_dtype())[:] = "x" * 1000


def mangled_study(file):
    file.attrs["study"] = np.bytes_(file.attrs["study"].replace(b"seed", b"sead"))


def shorter(name):
    return lambda file: replace(file, name, shape=tuple(1 for _ in file[name].shape))


def without(name):
    def change(file):
        del file[name]
    return change


def valued(name, value):
    """The value everywhere. h5py would end a text of one byte by making it empty."""
    def change(file):
        data = file[name]
        all_of_it = np.full(data.shape, value, data.dtype)
        data.id.write(h5py.h5s.ALL, h5py.h5s.ALL, all_of_it, data.id.get_type())
    return change


def attributed(name, value):
    def change(file):
        file.attrs[name] = value
    return change


def long_name(file):
    file["v" * 60000] = 1


LINKS = {
    "external link to another file's values": link("seed", h5py.ExternalLink(OTHER, "/seed")),
    "external link to another file's text": link("run_command", h5py.ExternalLink(OTHER, "/text")),
    "external link to another file's group": link("g", h5py.ExternalLink(OTHER, "/folder")),
    "external link to a file that is no HDF5": link("g", h5py.ExternalLink(SECRET, "/")),
    "external link to /dev/zero": link("g", h5py.ExternalLink("/dev/zero", "/")),
    "soft link in place of a variable": soft_link,
    "soft links in a circle": soft_loop,
    "group that holds its parent": group_cycle,
    "2,000 groups in each other": deep_groups,
    "group": lambda file: file.create_group("g"),
    "20,000 datasets": many_datasets,
    "type with a name": named_type,
}
STORAGE = {
    "external storage, integers": external("seed"),
    "external storage, text": external("run_command"),
    "external storage, extra variable": lambda file: file.create_dataset(
        "extra", (100,), "S1", external=[(SECRET, 0, 100)]),
    "external storage, /etc/passwd": lambda file: replace(
        file, "run_host", external=[("/etc/passwd", 0, h5py.h5f.UNLIMITED)]),
    "virtual dataset of another file": virtual,
    "filter that nobody knows": filtered(32015),
    "filter that HDF5 has and we do not use": filtered(h5py.h5z.FILTER_SCALEOFFSET),
    "chunk of 4 GiB": huge_chunk,
}
LENGTHS = {
    "variable of 10^15 values": huge_variable,
    "10^15 cells": resized("cell", 10 ** 15),
    "2^31 - 1 cells": resized("cell", 2 ** 31 - 1),
    "100,000 cells": resized("cell", 100000),
    "10^15 layers": resized("layer", 10 ** 15),
    "10,000 layers": resized("layer", 10000),
    "10^15 snapshots": resized("snapshot", 10 ** 15),
    "100,000 snapshots": resized("snapshot", 100000),
    "65,536 classes": resized("class", 65536),
    "10^6 runs": resized("run", 10 ** 6),
    "texts of runs of 10^15 bytes": resized("run_text_len", 10 ** 15),
}
TYPES = {
    "strings in place of integers": typed("seed", h5py.string_dtype()),
    "reals in place of integers": typed("seed", "<f8"),
    "64-bit integers": typed("seed", "<i8"),
    "compound in place of integers": typed("seed", [("a", "<i4"), ("b", "<f8")]),
    "vlen in place of integers": typed("seed", h5py.vlen_dtype(np.int32)),
    "opaque bytes in place of integers": typed("seed", "V4"),
    "references in place of integers": typed("seed", h5py.ref_dtype),
    "reals in place of a run's text": typed("run_command", "<f8"),
    "strings in place of a run's text": typed("run_command", h5py.string_dtype()),
    "reals in place of a run's number": typed("run_n_ranks", "<f8"),
    "extra compound": compound,
    "extra vlen": variable_length,
    "extra strings": strings,
    "shorter variable": shorter("seed"),
    "shorter identity": shorter("cell_id"),
    "shorter run": shorter("run_id"),
    "variable that is missing": without("seed"),
    "labels that are missing": without("snapshot_label"),
    "name of 60,000 bytes": long_name,
}
VALUES = {
    "NaN in place of an option": valued("learning_rate", np.nan),
    "negative depths": valued("depth", -1),
    "negative counts": valued("sample_count", -5),
    "negative layers": valued("n_layers", -1),
    "10^9 layers in a cell": valued("n_layers", 10 ** 9),
    "flag beyond its values": valued("activation", 100),
    "status beyond its values": valued("status", -1),
    "identities without an end": valued("cell_id", b"x"),
    "labels that a terminal obeys": valued("snapshot_label", b"\x1b"),
    "identities of no bytes": valued("cell_id", b"\0"),
    "study with a word wrong": mangled_study,
    "study that is none": attributed("study", np.bytes_(b"study: [")),
    "study of 60,000 brackets": attributed("study", np.bytes_(b"[" * 60000)),
    "version that is a real": attributed("schema_version", 1.5),
    "version that is an array": attributed("schema_version", np.arange(1000)),
}
ARCHIVES = {**LINKS, **STORAGE, **LENGTHS, **TYPES, **VALUES}
NETWORKS = {
    "external link": link("parameter", h5py.ExternalLink(OTHER, "/text")),
    "external storage": external("parameter"),
    "group that holds its parent": group_cycle,
    "soft links in a circle": soft_loop,
    "filter that nobody knows": filtered(32015, "parameter_count"),
    "2^31 - 1 parameters": resized("parameter", 2 ** 31 - 1),
    "10^15 parameters": resized("parameter", 10 ** 15),
    "2^31 - 1 samples": resized("sample", 2 ** 31 - 1),
    "2^31 - 1 networks": resized("network", 2 ** 31 - 1),
    "2^31 - 1 cells": resized("cell", 2 ** 31 - 1),
    "10^6 cells": resized("cell", 10 ** 6),
    "doubles in place of floats": typed("parameter", "<f8"),
    "strings in place of text": typed("network_cell_id", h5py.string_dtype()),
    "parameters that are missing": without("parameter"),
    "counts that are missing": without("parameter_count"),
    "negative counts": valued("parameter_count", -1),
    "counts beyond the end": valued("parameter_count", 2 ** 31 - 1),
    "negative offsets": valued("parameter_offset", -1),
    "offsets beyond the end": valued("parameter_offset", 2 ** 31 - 1),
    "NaN parameters": valued("parameter", np.nan),
    "identities without an end": valued("network_cell_id", b"x"),
    "archive in its place": attributed("parameter_layout", 1.5),
}
NODES = {
    "external link": link("active_count", h5py.ExternalLink(OTHER, "/text")),
    "external storage": external("low"),
    "group that holds its parent": group_cycle,
    "soft links in a circle": soft_loop,
    "filter that nobody knows": filtered(32015, "record_count"),
    "2^31 - 1 records": resized("record", 2 ** 31 - 1),
    "10^15 records": resized("record", 10 ** 15),
    "2^31 - 1 networks": resized("network", 2 ** 31 - 1),
    "10^6 networks": resized("network", 10 ** 6),
    "65,535 classes": resized("class", 65535),
    "floats in place of doubles": typed("predictability", "<f4"),
    "strings in place of text": typed("network_cell_id", h5py.string_dtype()),
    "counts that are missing": without("active_count"),
    "networks' counts that are missing": without("record_count"),
    "classes that are missing": without("class"),
    "shorter counts": shorter("active_count"),
    "negative counts": valued("record_count", -1),
    "no records in a network": valued("record_count", 0),
    "counts beyond the end": valued("record_count", 2 ** 31 - 1),
    "negative offsets": valued("record_offset", -1),
    "offsets beyond the end": valued("record_offset", 2 ** 31 - 1),
    "nodes of another network": valued("record_network", 2 ** 31 - 1),
    "NaN ranges": valued("low", np.nan),
    "identities without an end": valued("network_cell_id", b"x"),
    "archive in its place": attributed("record_layout", 1.5),
}
