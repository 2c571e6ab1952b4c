"""Single bits flipped, and files cut short, in a small run directory.

usage: bits_test.py journal
       bits_test.py archive|networks|nodes FLIPS

Journal: every flip is reported by `verify`; an end cut off is no more than torn; what
`merge` makes of the rest holds no cell that differs.
archive.nc, networks.nc and nodes.nc: `verify` reports the damage, or it hit bytes that mean nothing:
then every value is as it was. `summarize` prints the table of the sound file or none.
"""
import glob
import os
import struct
import sys

import h5py

import damage
from damage import copy, read, strata, write

HEADER, TRAILER = 48, 4  # of a journal's record
CUTS = 64
SECONDS = 60  # what goes round in circles is ended after ten seconds of the processor


def flipped(data, at, bit):
    changed = bytearray(data)
    changed[at] ^= 1 << bit
    return changed


def spread(count, size):
    """Positions, evenly spread."""
    return [(i * size + size // 2) // count for i in range(count)]


def cuts(size):
    """Lengths: the file's ends and starts, those of the first structures, and others."""
    ends = [0, 1, 7, 8, 47, 48, 95, 96, 512, size // 2, size - 512, size - 4, size - 1]
    lengths = {*ends, *spread(CUTS - len(ends), size)}
    for length in spread(CUTS, size):
        if len(lengths) < CUTS:
            lengths.add(length)
    return sorted(lengths)


# ---- the journal ----

def header_bytes(data):
    at = 0
    while at < len(data):
        yield from range(at, at + HEADER)
        at += HEADER + struct.unpack_from("<Q", data, at + 8)[0] + TRAILER


def check_merge(done):
    """Nothing to publish, or cells that are those of the sound directory."""
    merged = strata("merge", "work")
    if merged.code == 66 and not os.path.exists("work/archive.nc"):
        return
    if merged.code != 0 or " 0 differing" not in strata("diff", "work", "tiny").out:
        done.fail("the rest of this journal made another archive")
    for path in "work/archive.nc", "work/networks.nc", "work/nodes.nc":
        if os.path.exists(path):
            os.remove(path)


def try_journal():
    damage.sweep("tiny", grid="{seed: 1, depth: 1, width: 4}", train="{epochs: 1}",
                 probe="{at: [best], measures: [patterns]}")
    copy("tiny", "work")
    for name in "archive", "networks", "nodes":
        os.remove(f"work/{name}.nc")
    path = glob.glob("work/journal/*.jrn")[0]
    data = read(path)
    step = 997 if damage.SANITIZED else 97
    places = sorted({*header_bytes(data), *range(0, len(data), step), len(data) - 1})
    for number, at in enumerate(places):
        write(path, flipped(data, at, at % 8))
        done = strata("verify", "work").expect(65, f"DAMAGE  {path}", "out")
        if number % 20 == 0:
            check_merge(done)
    lengths = cuts(len(data))
    for number, length in enumerate(lengths):
        write(path, data[:length])
        done = strata("verify", "work").expect(0)
        strata("status", "work").expect(0)
        if number % 8 == 0:
            check_merge(done)
    print(f"{len(places)} flips, all reported; {len(lengths)} cuts, all taken for torn")


# ---- the products ----

def stored(path):
    """Numbers of the bytes that hold chunks of values."""
    with h5py.File(path, "r") as file:
        chunks = [dataset.id.get_chunk_info(i) for dataset in file.values()
                  if dataset.chunks for i in range(dataset.id.get_num_chunks())]
    return [at for chunk in sorted(chunks, key=lambda chunk: chunk.byte_offset)
            for at in range(chunk.byte_offset, chunk.byte_offset + chunk.size)]


def damages(path, data, count):
    """What is written, and what was done: half of the flips anywhere, half in values."""
    held = stored(path)
    places = spread(count - count // 2, len(data)) + [
        held[i] for i in spread(count // 2, len(held))]
    for number, at in enumerate(places):
        yield f"bit {number % 8} of byte {at}", flipped(data, at, number % 8)
    for length in cuts(len(data)):
        yield f"cut to {length}", data[:length]


def check_values(what, path, done):
    same = strata("diff", "--provenance", path, "tiny/archive.nc")
    if same.code != 0:
        done.fail(f"{what}: verify calls it sound, and values differ")


def try_product(name, count):
    damage.sweep("tiny")
    sound, path = f"tiny/{name}", name
    data = read(sound)
    write(path, data)
    verified = strata("verify", path).expect(0)
    table = strata("summarize", "tiny").expect(0).out
    counts = {"reported": 0, "without effect": 0, "cut": 0}
    for what, changed in damages(sound, data, count):
        write(path, changed)
        done = strata("verify", path, seconds=SECONDS)
        is_cut = what.startswith("cut")
        kind = "cut" if is_cut else "reported" if done.code else "without effect"
        counts[kind] += 1
        if done.code == 65 and f"DAMAGE  {path}" not in done.out or is_cut and not done.code:
            done.fail(f"{what}: not reported")
        if done.code == 0 and done.out != verified.out:
            done.fail(f"{what}: content changed")
        if name == "archive.nc":
            shown = strata("summarize", path, seconds=SECONDS)
            if shown.out != table and (shown.code == 0 or shown.out):
                shown.fail(f"{what}: another table")
            if done.code == 0 and counts[kind] % 10 == 0:
                check_values(what, path, done)
    print(f"{name}: " + ", ".join(f"{n} {kind}" for kind, n in counts.items()))


def main():
    damage.start()
    if sys.argv[1] == "journal":
        try_journal()
    else:
        try_product(f"{sys.argv[1]}.nc", int(sys.argv[2]))
    damage.tell_limits()


main()
