"""One run directory through hundreds of runs that are killed, stopped or left alone, at
random times and with 1 to 4 ranks; where it is complete, the grid grows.

usage: soak_test.py STRATA MPIRUN ROUNDS [SEED]

After each run: no process is left, `verify` finds nothing, no finished cell is missing. At
the end the archive equals, by the bytes of every variable but provenance, that of one
undisturbed run of the whole grid.
"""
import collections
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
for place in ("..", "../mpi", "../cli"):
    sys.path.insert(0, os.path.join(HERE, place))
import journal  # noqa: E402
import processes  # noqa: E402
import sweep_test  # noqa: E402  (ends with 77 where netCDF4 is missing)

STUDY = """\
study: soak
data: {name: glyphs, train: 600, validation: 80, test: 100}
grid: {seed: 1..2, depth: [1, 3], width: [8, 24], label_corruption: [0, 0.5]}
train: {epochs: 120, batch_size: 32, patience: 0}
probe: {at: [init, "epoch:2", best]}
keep: {networks: [best], nodes: [init, best]}
"""
FOLDER, REFERENCE = "run", "reference"
SECONDS = 90
ENDS = ("kill all", "kill a rank", "kill the launcher", "USR1 to a rank", "TERM to all", "nothing")


class Soak:
    def __init__(self, strata, mpirun, seed):
        self.strata, self.mpirun = strata, mpirun
        self.random = random.Random(seed)
        self.seeds, self.finished = 2, 0
        self.ends = collections.Counter()
        self.what = "start"
        for folder in (FOLDER, REFERENCE):
            shutil.rmtree(folder, ignore_errors=True)
        sweep_test.write_study("study.yaml", STUDY)

    def fail(self, text):
        sys.exit(f"{self.what}: {text}")

    def sweep(self, ranks, folder, more=()):
        words = [self.strata, "sweep", "study.yaml", "-o", folder, "-q", "--set",
                 f"seed=1..{self.seeds}", *more]
        if ranks > 1:
            words = [self.mpirun, "-n", str(ranks), *words]
        return subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                text=True, start_new_session=True)

    def tell(self, *command):
        done = subprocess.run([self.strata, *command], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=SECONDS, check=False)
        return done.returncode, done.stdout + done.stderr

    def disturb(self, run, end):
        at_work = processes.ranks(self.strata, FOLDER)
        if end == "kill all":
            processes.kill(run, self.strata, FOLDER)
        elif end == "kill the launcher":
            run.kill()
        elif end == "kill a rank" and at_work:
            os.kill(self.random.choice(at_work), signal.SIGKILL)
        elif end == "USR1 to a rank" and at_work:
            os.kill(self.random.choice(at_work), signal.SIGUSR1)
        elif end == "TERM to all":
            for pid in at_work:
                os.kill(pid, signal.SIGTERM)

    def one_round(self, number):
        ranks = self.random.randint(1, 4)
        end = self.random.choice(ENDS)
        wait = self.random.uniform(0.1, 2)
        self.what = f"round {number}, {ranks} rank(s), {end} after {wait:.2f} s"
        run = self.sweep(ranks, FOLDER)
        try:
            run.wait(timeout=wait)
            end = "had ended"
        except subprocess.TimeoutExpired:
            try:
                self.disturb(run, end)
            except ProcessLookupError:
                pass
        try:
            _, text = run.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            self.fail(f"no end within {SECONDS} s")
        deadline = time.monotonic() + SECONDS
        while processes.ranks(self.strata, FOLDER):
            if time.monotonic() > deadline:
                self.fail("processes are left")
            time.sleep(0.01)
        self.ends[end] += 1
        if end in ("nothing", "had ended") and run.returncode not in (0, 79):
            self.fail(f"exit code {run.returncode}\n{text}")
        if run.returncode in (-11, -7, -6, 139, 135, 134) or "Sanitizer" in text:
            self.fail(f"exit code {run.returncode}\n{text}")
        self.check()

    def check(self):
        if not os.path.exists(f"{FOLDER}/study.yaml"):
            return
        code, text = self.tell("status", "--json", FOLDER)
        if code != 0:
            self.fail(f"status ends with {code}\n{text}")
        state = json.loads(text)
        finished = state["planned"] - state["left"]
        if finished < self.finished:
            self.fail(f"{self.finished} cells were finished, now {finished} are\n{text}")
        self.finished = finished
        code, text = self.tell("verify", FOLDER)
        if code != 0:
            self.fail(f"verify ends with {code}\n{text}")
        if state["left"] == 0:
            self.seeds += 2

    def complete(self):
        self.what = "the last run"
        for folder, ranks, more in ((FOLDER, 2, ("--retry", "failed")), (REFERENCE, 2, ())):
            run = self.sweep(ranks, folder, more)
            _, text = run.communicate(timeout=20 * SECONDS)
            if run.returncode != 0:
                self.fail(f"{folder}: exit code {run.returncode}\n{text}")
        for name, skip in (("archive.nc", sweep_test.PROVENANCE), ("networks.nc", ()),
                           ("nodes.nc", ())):
            sweep_test.compare_file(f"{FOLDER}/{name}", f"{REFERENCE}/{name}", skip)
        for command in (("verify", FOLDER), ("diff", FOLDER, REFERENCE)):
            code, text = self.tell(*command)
            if code != 0:
                self.fail(f"{command[0]} ends with {code}\n{text}")
        left = set(os.listdir(FOLDER)) - {"archive.nc", "networks.nc", "nodes.nc",
                                          "study.yaml", "journal", "RUN.lock"}
        if left:
            self.fail(f"{left} are left")

    def report(self, rounds):
        count = collections.Counter()
        for name in os.listdir(f"{FOLDER}/journal"):
            with open(f"{FOLDER}/journal/{name}", "rb") as file:
                data = file.read()
            count["journals"] += 1
            for record in journal.records(data, torn=True):
                count[record[0]] += 1
        print(f"{rounds} runs: " + ", ".join(f"{n} {e}" for e, n in self.ends.most_common()))
        print("journals: " + ", ".join(f"{n} {e}" for e, n in count.most_common()))
        died = count["claim"] - count["result"] - count["failed"] - count["release"]
        print(f"{count['result']} cells, none lost, {died} begun when a rank died")


def main():
    strata, mpirun, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    soak = Soak(strata, mpirun, seed)
    for number in range(1, rounds + 1):
        soak.one_round(number)
    soak.complete()
    soak.report(rounds)


main()
