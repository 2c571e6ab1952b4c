"""Kills a sweep whenever it is at one cell, as that cell might do itself.

usage: quarantine_test.py STRATA MPIRUN RANKS STUDY DIR CELL N

Starts the sweep N times; each time all of its processes get SIGKILL once the journal says
that CELL was begun. CELL is an identity, as `journal.py list` gives it.
"""
import os
import signal
import struct
import subprocess
import sys
import time

HEADER = struct.Struct("<4sIQQQQII")
CLAIM = 2


def claims(folder, cell):
    """How often the journals say that the cell was begun."""
    found = 0
    journals = f"{folder}/journal"
    for name in os.listdir(journals) if os.path.isdir(journals) else ():
        with open(f"{journals}/{name}", "rb") as file:
            data = file.read()
        at = 0
        while at + HEADER.size <= len(data):
            _, kind, length, _, high, low, _, _ = HEADER.unpack_from(data, at)
            found += kind & 0xFFFF == CLAIM and f"{high:016x}{low:016x}" == cell
            at += HEADER.size + length + 4
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
        os.killpg(run.pid, signal.SIGKILL)
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                words = open(f"/proc/{pid}/cmdline", "rb").read().split(b"\0")
                if words[0] == strata.encode() and folder.encode() in words:
                    os.kill(int(pid), signal.SIGKILL)
            except OSError:
                pass
        run.wait()
        time.sleep(0.2)


main()
