"""Milliseconds in which xarray opens the archive; the first time, which reads what xarray
itself needs, does not count.

usage: open_archive.py ARCHIVE
"""

import sys
import time

import scratch

xarray = scratch.package("xarray", "python3-xarray")
scratch.package("netCDF4", "python3-netcdf4")


def open_once(path):
    started = time.perf_counter()
    xarray.open_dataset(path, engine="netcdf4").close()
    return 1000 * (time.perf_counter() - started)


open_once(sys.argv[1])
scratch.report("archive ms to open", [open_once(sys.argv[1]) for _ in range(7)])
scratch.report_version(f"xarray {xarray.__version__}")
