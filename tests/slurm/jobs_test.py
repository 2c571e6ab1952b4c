"""The job scripts of jobs/, as they are, on a Slurm of two nodes (cluster.py).

usage: cluster.py run CLUSTER jobs_test.py STRATA CLUSTER SCENARIO...

The scenarios run side by side, each in a folder of its own. Most begin with a study that
would take minutes. Once some cells are done the study file is replaced by one of few cells,
half of which are done; then the job is disturbed, and whatever of it goes on must complete
these. So tests do not depend on the speed of the host, and the archive can be compared with
that of a sweep that was never disturbed.
"""

import collections
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import processes  # noqa: E402

if not shutil.which("ncdump"):
    print("skipped: needs ncdump (Debian: netcdf-bin)")
    sys.exit(77)

STRATA, CLUSTER = sys.argv[1:3]
SOURCES = os.environ["STRATA_SOURCE_DIR"]
STUDY = """\
study: jobs
data: {{name: glyphs, train: 300, validation: 50, test: 100}}
grid: {{seed: [{seeds}], depth: 2, width: 16}}
train: {{epochs: 100, batch_size: 32, patience: 100}}
"""
MANY, FEW = "1..4000", "1..8, 3993..4000"
N_FEW = 16
BEGUN = 24  # cells that are done before a job is disturbed, those of FEW among them
PATIENCE = 240


class Failed(Exception):
    pass


def call(*words, **more):
    run = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL, **more)
    if run.returncode != 0:
        raise Failed(f"{' '.join(words)}: exit code {run.returncode}\n{run.stdout}{run.stderr}")
    return run.stdout.strip()


def wait_until(what, seconds, condition):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Failed(f"waited {seconds} s in vain until {what}")
        time.sleep(0.3)


def write_study(path, seeds):
    with open(f"{path}.new", "w", encoding="utf-8") as file:
        file.write(STUDY.format(seeds=seeds))
    os.rename(f"{path}.new", path)


def state(folder):
    return json.loads(call(STRATA, "status", folder, "--json"))


def content_hash(folder):
    header = call("ncdump", "-h", f"{folder}/archive.nc")
    return next(line for line in header.splitlines() if ":content_hash" in line)


@functools.cache
def reference():
    """The few cells, undisturbed."""
    write_study("few.yaml", FEW)
    call(STRATA, "sweep", "few.yaml", "-o", "reference", "-q")
    return content_hash("reference")


class Job:
    """One scenario's job, and the study and the run directory that it works on."""

    def __init__(self, name, script, *options, seeds=MANY, arguments=()):
        self.study, self.run, self.log = (os.path.abspath(f"{name}.{x}")
                                          for x in ("yaml", "run", "log"))
        write_study(self.study, seeds)
        self.id = call("sbatch", "--parsable", "-o", self.log, *options,
                       f"{SOURCES}/jobs/{script}.sbatch", self.study, self.run, "-q", *arguments)

    def shown(self, key):
        words = call("scontrol", "-o", "show", "job", self.id).split()
        return next(w.split("=", 1)[1] for w in words if w.startswith(f"{key}="))

    def wait_begun(self):
        """Some cells are done; whoever reads the study from here on gets the few."""
        wait_until("cells are done", PATIENCE,
                   lambda: os.path.exists(f"{self.run}/study.yaml")
                   and state(self.run)["complete"] >= BEGUN)
        write_study(self.study, FEW)

    def wait_restart(self):
        wait_until("the job is queued again", PATIENCE, lambda: self.shown("Restarts") != "0")

    def wait_end(self):
        ended = ("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "PREEMPTED")
        wait_until("the job has ended", PATIENCE, lambda: self.shown("JobState") in ended)

    def ranks(self):
        return processes.ranks(STRATA, self.run)

    def kill_rank(self, company):
        """One of three ranks: one that shares its node, or the only one of its node."""
        node = {pid: os.readlink(f"/proc/{pid}/ns/mnt") for pid in self.ranks()}
        numbers = collections.Counter(node.values())
        os.kill(next(p for p in node if (numbers[node[p]] > 1) == company), signal.SIGKILL)

    def check(self, restarts=None, runs=1, says=()):
        """All is done, by that many runs, and equal to an undisturbed sweep."""
        self.wait_end()
        text = open(self.log, encoding="utf-8").read()
        status = state(self.run)
        found = dict(state=self.shown("JobState"), left=status["left"], complete=status["complete"],
                     running=status["running"], damaged=status["damaged_bytes"])
        expected = dict(state="COMPLETED", left=0, complete=N_FEW, running=False, damaged=0)
        if found["damaged"] and runs > 1:
            del found["damaged"], expected["damaged"]  # what a kill may leave at a journal's end
        if found != expected:
            raise Failed(f"{found} instead of {expected}\n{text}")
        if status["runs"] < runs or restarts not in (None, int(self.shown("Restarts"))):
            raise Failed(f"{status['runs']} runs, {self.shown('Restarts')} restarts\n{text}")
        if content_hash(self.run) != reference():
            raise Failed("another archive than that of an undisturbed sweep")
        for words in says:
            if words not in text:
                raise Failed(f"the job does not say '{words}':\n{text}")


# ---- nothing happens ----


def complete(script):
    def scenario(name):
        Job(name, script, "-N2", "-n3", seeds=FEW).check(restarts=0)
    return scenario


def array(name):
    """Shards, one an array task, and the job that depends on them."""
    job = Job(name, "array", "--array=0-2", seeds=FEW)
    merge = call("sbatch", "--parsable", f"--dependency=afterany:{job.id}", "-o", f"{name}.merge",
                 f"{SOURCES}/jobs/merge.sbatch", job.run)
    job.id = merge
    job.wait_end()
    done = [state(f"{job.run}/shard-{i}")["complete"] for i in range(3)]
    if done != [6, 5, 5] or job.shown("JobState") != "COMPLETED":
        raise Failed(f"{done}, merge: {job.shown('JobState')}\n{open(f'{name}.merge').read()}")
    if content_hash(job.run) != reference():
        raise Failed("another archive than that of one sweep")


# ---- the end of the time ----


def limit(script, warning):
    """The signal comes 20 to 50 s ahead of a limit of one minute, well before the budget is
    used up. The job stops, queues itself again and completes."""
    def scenario(name):
        job = Job(name, script, "-N2", "-n2", "-t1", f"--signal={warning}@20")
        job.wait_begun()
        job.check(restarts=1, runs=2, says=["step 1: exit code 75", "requeued with"])
    return scenario


def budget(name):
    """No signal that means anything: the budget, asked from Slurm, ends the run in time."""
    job = Job(name, "sweep", "-N2", "-n2", "-t1", "--signal=CONT@1")
    job.wait_begun()
    job.check(restarts=1, runs=2,
              says=["time budget", "step 1: exit code 75", "requeued with"])


# ---- others interfere ----


def requeue(name):
    job = Job(name, "sweep", "-N2", "-n2")
    job.wait_begun()
    call("scontrol", "requeue", job.id)
    job.check(restarts=1, runs=2)


def cancelled(script):
    """Who cancels a job means it: the sweep stops and is not queued again."""
    def scenario(name):
        job = Job(name, script, "-N2", "-n2")
        job.wait_begun()
        call("scancel", job.id)
        wait_until("the ranks are gone", 30, lambda: not job.ranks())
        job.wait_end()
        time.sleep(3)
        if (job.shown("JobState"), job.shown("Restarts")) != ("CANCELLED", "0"):
            raise Failed(f"{job.shown('JobState')}, {job.shown('Restarts')} restarts")
    return scenario


def killed(script, company):
    """One rank is killed: the step dies, and the loop in the script starts another."""
    def scenario(name):
        job = Job(name, script, "-N2", "-n3")
        job.wait_begun()
        job.kill_rank(company)
        job.check(restarts=0, runs=2, says=["step 2: exit code 0, 0 cells left"])
    return scenario


def preempt(name):
    """A job of the high partition takes the nodes."""
    job = Job(name, "preempt", "-p", "low", "-N2", "-n2", "--exclusive")
    job.wait_begun()
    other = call("sbatch", "--parsable", "-p", "high", "-N2", "--exclusive", "-o", f"{name}.high",
                 "--wrap", "sleep 1")
    job.check(restarts=1, runs=2, says=["step 1: exit code 75", "requeued with"])
    assert call("squeue", "-h", "-j", other, "-t", "all", "-o", "%T") == "COMPLETED"


class PowerOff:
    """The second node goes, with its slurmd and all that runs on it, and comes back."""

    power = f"{CLUSTER}/n2.lost"

    def __enter__(self):
        open(self.power, "wb").close()
        wait_until("the node is off", 20, lambda: not os.path.exists(f"{CLUSTER}/n2.running"))

    def __exit__(self, *fault):
        os.unlink(self.power)
        wait_until("the node is on", 20, lambda: os.path.exists(f"{CLUSTER}/n2.running"))


def lost(name):
    """Slurm itself notices a lost node after SlurmdTimeout, 300 s; here it is told."""
    job = Job(name, "sweep", "-N2", "-n2")
    job.wait_begun()
    with PowerOff():
        call("scontrol", "update", "NodeName=n2", "State=DOWN", "Reason=lost")
        job.wait_restart()
    job.check(restarts=1, runs=2)


def dead(name):
    """A job starts on a node that is gone, which Slurm does not know yet."""
    with PowerOff():
        job = Job(name, "sweep", "-N2", "-n2", seeds=FEW)
        job.wait_restart()
    job.check(restarts=1, says=["a node is lost", "requeued with all cells left"])


SCENARIOS = {
    "sweep": complete("sweep"), "sweep-mpirun": complete("sweep-mpirun"),
    "preemptible": complete("preempt"), "array": array,
    "limit": limit("sweep", "USR1"), "limit-mpirun": limit("sweep-mpirun", "B:USR1"),
    "cancelled": cancelled("sweep"), "cancelled-mpirun": cancelled("sweep-mpirun"),
    "budget": budget, "requeue": requeue, "killed": killed("sweep", company=True),
    "killed-alone": killed("sweep", company=False),
    "killed-mpirun": killed("sweep-mpirun", company=False), "preempt": preempt, "lost": lost,
    "dead": dead,
}


def run(name, failures):
    started = time.monotonic()
    try:
        SCENARIOS[name](name)
        print(f"{name}: {time.monotonic() - started:.0f} s", flush=True)
    except Exception as fault:  # of any thread
        failures.append(name)
        print(f"{name}: {fault!r}\n{fault}", flush=True)
        log = f"{name}.log"
        if os.path.exists(log):
            print(f"--- {log}\n{open(log, encoding='utf-8').read()[-4000:]}", flush=True)


def main(names):
    shutil.rmtree("jobs", ignore_errors=True)
    os.mkdir("jobs")
    os.chdir("jobs")
    os.environ.update(STRATA=STRATA, STRATA_JOBS=f"{SOURCES}/jobs")
    reference()
    failures = []
    threads = [threading.Thread(target=run, args=(name, failures)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        sys.exit(f"failed: {' '.join(failures)}")


main(sys.argv[3:])
