"""After a request to stop all that was finished is on the disk within half a second, and no
cell begins; short cells share a sync.

usage: stop_test.py STRATA MPIRUN SHIM
"""
import os
import shutil
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
for place in ("..", "../cli"):
    sys.path.insert(0, os.path.join(HERE, place))
import journal  # noqa: E402
import processes  # noqa: E402

STUDY = """\
study: stop
data: {name: glyphs, train: 120, validation: 30, test: 40}
grid: {seed: 1..5000, depth: 1, width: 6}
train: {epochs: 4, batch_size: 32}
probe: {at: [best]}
"""
FOLDER, SYNCED = "run", os.path.abspath("synced")
SOON, STOPPED = 0.5, 75
GROUP_SECONDS = 0.2


def syncs():
    """inode -> [(length, time), ...]"""
    found = {}
    for line in open(SYNCED, encoding="ascii"):
        inode, length, when = line.split()
        found.setdefault(int(inode), []).append((int(length), float(when)))
    return found


def check(strata, mpirun, shim, ranks, request):
    shutil.rmtree(FOLDER, ignore_errors=True)
    if os.path.exists(SYNCED):
        os.remove(SYNCED)
    words = ["env", f"LD_PRELOAD={shim}", strata, "sweep", "study.yaml", "-o", FOLDER, "-q"]
    if ranks > 1:
        words = [mpirun, "-n", str(ranks), *words]
    environment = dict(os.environ, STRATA_FAULT_DIR=f"{FOLDER}/", STRATA_FAULT_SYNCED=SYNCED)
    started = time.monotonic()
    run = subprocess.Popen(words, env=environment, stdin=subprocess.DEVNULL, text=True,
                           stderr=subprocess.PIPE)
    while not (os.path.exists(SYNCED) and len(syncs()) == ranks
               and min(map(len, syncs().values())) >= 4):
        if run.poll() is not None or time.monotonic() > started + 60:
            sys.exit(f"no cells are finished\n{run.communicate()[1]}")
        time.sleep(0.01)
    asked = time.monotonic()
    for pid in processes.ranks(strata, FOLDER):
        os.kill(pid, request)
    _, text = run.communicate(timeout=60)
    what = f"{ranks} rank(s), {request.name}"
    if run.returncode != STOPPED:
        sys.exit(f"{what}: exit code {run.returncode}\n{text}")
    late, results, times = 0, 0, 0
    for name in os.listdir(f"{FOLDER}/journal"):
        path = f"{FOLDER}/journal/{name}"
        length, when = syncs()[os.stat(path).st_ino][-1]
        late = max(late, when - asked)
        if length != os.path.getsize(path):
            sys.exit(f"{what}: {name}: {length} of {os.path.getsize(path)} bytes are synced")
        with open(path, "rb") as file:
            data = file.read()
        results += [r[0] for r in journal.records(data)].count("result")
        times += len(syncs()[os.stat(path).st_ino])
    if late > SOON:
        sys.exit(f"{what}: the last sync was {late:.3f} s after the request")
    most = ranks * ((asked + late - started) / GROUP_SECONDS + 2)
    if times > most:
        sys.exit(f"{what}: {times} syncs of {results} cells in {asked - started:.1f} s")
    print(f"{what}: all synced {late:.3f} s after the request; {results} cells, {times} syncs")


def main():
    with open("study.yaml", "w", encoding="utf-8") as file:
        file.write(STUDY)
    for ranks in 1, 2:
        for request in signal.SIGUSR1, signal.SIGTERM, signal.SIGINT:
            check(*sys.argv[1:], ranks, request)


main()
