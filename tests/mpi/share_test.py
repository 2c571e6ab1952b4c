"""The ranks of a host share one copy of the data, which leaves nothing behind; where they
cannot, each has its own, and the archive is the same.

usage: share_test.py STRATA MPIRUN
"""

import os
import re
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True  # beside the sources
import sweep_test
from sweep_test import BY_TCP, PROVENANCE, WITHOUT_SHARING, compare_file, write_study

RANKS, TRAIN, TEST = 4, 20000, 5000
DATA_BYTES = (TRAIN + TEST) * (28 * 28 + 1)

SHORT = f"""\
study: short
data: {{name: glyphs, train: {TRAIN}, test: {TEST}}}
grid: {{seed: 1..4, depth: 1, width: 6}}
train: {{epochs: 1, batch_size: 512}}
"""
LONG = SHORT.replace("short", "long").replace("epochs: 1", "epochs: 100000, patience: 0")


def command(study, n=RANKS, prefix=()):
    return ["-n", str(n), *prefix, STRATA, "sweep", f"{study}.yaml", "-o", study, "-q"]


def start(prefix=()):
    shutil.rmtree("long", ignore_errors=True)
    return subprocess.Popen([MPIRUN, *BY_TCP, *command("long", prefix=prefix)],
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, start_new_session=True)


def wait_until_steady(ranks):
    """Until they train: what a cell needs is there, and memory grows no more."""
    deadline = time.monotonic() + 30
    before, now = 0, proportional(ranks)
    while abs(now - before) > 0.001 * now and time.monotonic() < deadline:
        time.sleep(1)
        before, now = now, proportional(ranks)


def working_ranks(run):
    """Process ids, once every rank has journalled that it is at work."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and run.poll() is None:
        ranks = sweep_test.sweep_processes("long")
        journal = os.listdir("long/journal") if os.path.isdir("long/journal") else []
        if len(ranks) == RANKS == len(journal):
            wait_until_steady(ranks)
            return ranks
        time.sleep(0.05)
    sys.exit(f"the ranks do not start: {run.poll()}")


def kilobytes(text, key):
    return sum(int(n) << 10 for n in re.findall(rf"^{key}: +(\d+) kB$", text, re.M))


def shared_mappings(pid):
    """Those parts of smaps that belong to memory that Strata shares."""
    parts = re.split(r"^(?=[0-9a-f]+-[0-9a-f]+ )", open(f"/proc/{pid}/smaps").read(), flags=re.M)
    return [part for part in parts if "/memfd:strata" in part.split("\n")[0]]


def proportional(ranks):
    """Memory of all ranks, each page divided by the number of those that have it."""
    return sum(kilobytes(open(f"/proc/{pid}/smaps_rollup").read(), "Pss") for pid in ranks)


def names_in_memory():
    """Open MPI's own (vader...) among them, of which killed ranks leave some."""
    return set(os.listdir("/dev/shm")) if os.path.isdir("/dev/shm") else set()


def check_shared():
    """One copy, read-only, without a name, gone with its processes."""
    before = names_in_memory()
    run = start()
    ranks = working_ranks(run)
    once = 0
    try:
        for pid in ranks:
            mappings = shared_mappings(pid)
            text = "".join(mappings)
            size = kilobytes(text, "Size")
            if len(mappings) != 4 or not DATA_BYTES <= size <= DATA_BYTES + (4 << 12):
                sys.exit(f"rank {pid} maps {size} shared bytes, not {DATA_BYTES}:\n{text}")
            for mapping in mappings:
                head = mapping.split("\n")[0]
                if head.split()[1] != "r--s" or not head.endswith(" (deleted)"):
                    sys.exit(f"not read-only, or with a name: {head}")
            once += kilobytes(text, "Pss")
            if any("memfd:strata" in os.readlink(f"/proc/{pid}/fd/{fd}")
                   for fd in os.listdir(f"/proc/{pid}/fd")):
                sys.exit("the memory can still be opened by others")
        if abs(once - DATA_BYTES) > 0.02 * DATA_BYTES:
            sys.exit(f"the data take {once} bytes in {RANKS} ranks, once they are {DATA_BYTES}")
        total = proportional(ranks)
    finally:
        sweep_test.kill_sweep(run, "long")
    left = [name for name in names_in_memory() - before if not name.startswith("vader")]
    if left:
        sys.exit(f"killed ranks leave {left} in /dev/shm")
    return total


def check_private(shared):
    run = start(WITHOUT_SHARING)
    ranks = working_ranks(run)
    try:
        if any(kilobytes("".join(shared_mappings(pid)), "Size") > 1 << 20 for pid in ranks):
            sys.exit("data are shared beyond the limit")
        saved = proportional(ranks) - shared
        copies = saved / DATA_BYTES
        if not RANKS - 1.5 < copies < RANKS - 0.5:
            sys.exit(f"sharing saves {saved} bytes, {copies:.2f} copies of the data")
    finally:
        sweep_test.kill_sweep(run, "long")
    print(f"sharing saves {copies:.2f} copies of the data in {RANKS} ranks")


def sweep(name, arguments):
    shutil.rmtree("short", ignore_errors=True)
    run = subprocess.run([MPIRUN, *BY_TCP, *arguments], capture_output=True, text=True,
                         stdin=subprocess.DEVNULL)
    if run.returncode != 0:
        sys.exit(f"{name}: exit code {run.returncode}:\n{run.stdout}{run.stderr}")
    shutil.rmtree(name, ignore_errors=True)
    os.rename("short", name)
    if name != "shared":
        compare_file(f"{name}/archive.nc", "shared/archive.nc", PROVENANCE)


def doctor(prefix):
    return subprocess.run([MPIRUN, *BY_TCP, "-n", "1", STRATA, "doctor", ":", "-n", "1",
                           *prefix, STRATA, "doctor"], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL).stdout


def check_archives():
    """The same with sharing, without, and where one rank sees other processes."""
    sweep("shared", command("short"))
    sweep("private", command("short", prefix=WITHOUT_SHARING))
    warning = "each rank will hold data of its own: "
    if warning in doctor([]):
        sys.exit("doctor says that data are not shared")
    alone = ["unshare", "--pid", "--fork", "--mount-proc"]
    if subprocess.run([*alone, "true"], stderr=subprocess.DEVNULL).returncode != 0:
        print("no other PID namespace is tried: unshare is not allowed or not there")
        return
    if warning not in doctor(alone):
        sys.exit("doctor does not see that a rank is in a PID namespace of its own")
    sweep("apart", [*command("short", 1), ":", *command("short", 1, alone)])


def main():
    global STRATA, MPIRUN
    STRATA, MPIRUN = sys.argv[1:]
    sweep_test.STRATA = STRATA
    write_study("short.yaml", SHORT)
    write_study("long.yaml", LONG)
    check_archives()
    check_private(check_shared())


main()
