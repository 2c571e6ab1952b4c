"""Distinct on/off patterns of every layer, split and class, by numpy: from the bits that
strata-bench has counted, and with the same counts.

usage: patterns.py SCRATCH
"""

import sys
import time

import scratch
from scratch import np


def main():
    folder = sys.argv[1]
    start = scratch.groups(folder)
    counts = np.fromfile(f"{folder}/pattern_counts.i32", np.int32).reshape(-1, len(start) - 1)
    bits = np.fromfile(f"{folder}/pattern_bits.u8", np.uint8).reshape(len(counts), start[-1], -1)
    on = [np.unpackbits(layer, axis=1).astype(bool) for layer in bits]
    started = time.perf_counter()
    for layer in on:
        np.packbits(layer, axis=1)
    pack = time.perf_counter() - started
    started = time.perf_counter()
    found = [[len(np.unique(layer[a:b], axis=0, return_counts=True)[1])
              for a, b in zip(start, start[1:])] for layer in bits]
    unique = time.perf_counter() - started
    if not np.array_equal(found, counts):
        sys.exit("numpy and strata count different patterns in the same bits")
    scratch.report("numpy unique", [unique])
    scratch.report("numpy packbits and unique", [pack + unique])
    scratch.report_version(f"numpy {np.__version__}")


main()
