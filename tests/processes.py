"""Processes of the program that work on a run directory."""
import os
import signal
import time


def ranks(strata, folder):
    """Their ids."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            words = open(f"/proc/{pid}/cmdline", "rb").read().split(b"\0")
        except OSError:
            continue
        if words[0] == strata.encode() and folder.encode() in words:
            found.append(int(pid))
    return found


def kill(run, strata, folder):
    """The launcher `run`, which leads a session of its own, and its ranks, at once; waits
    until they are gone."""
    at_work = ranks(strata, folder)
    os.killpg(run.pid, signal.SIGKILL)
    for pid in at_work:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    run.wait()
    while ranks(strata, folder):
        time.sleep(0.01)
