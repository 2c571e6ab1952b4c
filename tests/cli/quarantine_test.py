"""Kills a sweep whenever it is at one cell, as that cell might do itself.

usage: quarantine_test.py STRATA MPIRUN RANKS STUDY DIR CELL N

Starts the sweep N times; each time all of its processes get SIGKILL once the journal says
that CELL was begun. CELL is an identity, as `journal.py list` gives it.
"""
import os
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import journal  # noqa: E402
import processes  # noqa: E402


def claims(folder, cell):
    """How often the journals say that the cell was begun."""
    found = 0
    journals = f"{folder}/journal"
    for name in os.listdir(journals) if os.path.isdir(journals) else ():
        with open(f"{journals}/{name}", "rb") as file:
            data = file.read()
        try:
            for kind, identity, *_ in journal.records(data):
                found += kind == "claim" and identity == cell
        except struct.error:
            pass  # the last record is being written, or was
    return found


def main():
    strata, mpirun, ranks, study, folder, cell, n = sys.argv[1:]
    for attempt in range(int(n)):
        before = claims(folder, cell)
        run = subprocess.Popen([mpirun, "-n", ranks, strata, "sweep", study, "-o", folder, "-q"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True)
        deadline = time.monotonic() + 60
        while claims(folder, cell) == before:
            if run.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"attempt {attempt}: the cell was not begun")
            time.sleep(0.005)
        time.sleep(0.05)
        processes.kill(run, strata, folder)


main()
