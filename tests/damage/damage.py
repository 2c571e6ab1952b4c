"""What the damage tests share: a small sound run directory, and the program under limits.

Every command has TIME seconds of processors, its children included, and 2 GiB of address
space. It must end by itself, with an exit code of the product, and never by a signal.
"""
import os
import re
import resource
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
import journal  # noqa: E402,F401  (for the tests)

STRATA = os.environ["STRATA_BINARY"]
SANITIZED = bool(os.environ.get("STRATA_SANITIZED"))
TIME = 30 if SANITIZED else 5
PATIENCE = 12  # times as long by the clock: other tests run beside
MEMORY = 2 << 30
CODES = {0, 64, 65, 66, 71, 73, 78, 79, 80}
STUDY = {"data": "{name: glyphs, train: 300, validation: 50, test: 100}",
         "grid": "{seed: 1..2, depth: [1, 2], width: 8}",
         "train": "{epochs: 2, batch_size: 32}",
         "probe": "{at: [init, best]}",
         "keep": "{networks: [best], nodes: [best]}"}
slowest = 0.0


class Done:
    def __init__(self, words, code, out, err):
        self.words, self.code, self.out, self.err = words, code, out, err

    def fail(self, what):
        sys.exit(f"{what}\ncommand: {' '.join(self.words)}\nexit code: {self.code}\n"
                 f"--- stdout\n{self.out[:2000]}\n--- stderr\n{self.err[:2000]}")

    def expect(self, code, text="", stream="err"):
        if self.code != code or text not in getattr(self, stream):
            self.fail(f"expected exit code {code} and '{text}' in std{stream}")
        return self


def limit():
    if not SANITIZED:  # which reserves terabytes
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def processor_time():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def strata(*words, seconds=TIME):
    global slowest
    start = processor_time()
    with subprocess.Popen([STRATA, *words], stdin=subprocess.DEVNULL, preexec_fn=limit,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            out, err = process.communicate(timeout=seconds * PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            sys.exit(f"no end: strata {' '.join(words)}")
    used = processor_time() - start
    if used > seconds:
        sys.exit(f"{used:.1f} s of processors, {seconds} allowed: strata {' '.join(words)}")
    slowest = max(slowest, used)
    done = Done(words, process.returncode, out.decode(errors="replace"),
                err.decode(errors="replace"))
    if done.code not in CODES:
        done.fail("that is no exit code of the product")
    if done.code != 0 and not re.search("^strata: ", done.err, re.MULTILINE):
        done.fail("it does not say what is wrong")
    return done


def start():
    """Empties the working directory, which is the test's own (CMakeLists.txt)."""
    here = os.getcwd()
    if os.path.basename(os.path.dirname(here)) != "scratch":
        sys.exit(f"{here} is no working directory of a test")
    for name in os.listdir(here):
        path = os.path.join(here, name)
        if os.path.isdir(path):
            shutil.rmtree(path)
        else:
            os.remove(path)


def sweep(name, **changes):
    """Makes NAME.yaml, with other values of some keys, and the run directory NAME."""
    study = {**STUDY, "study": name, **changes}
    write(f"{name}.yaml", "".join(f"{k}: {v}\n" for k, v in study.items()).encode())
    return strata("sweep", f"{name}.yaml", "-o", name, "-q", seconds=60).expect(0)


def copy(source, target):
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)


def remove(*paths):
    for path in paths:
        shutil.rmtree(path, ignore_errors=True)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def contents(*folders):
    """All files below, by their paths."""
    found = {}
    for folder in folders:
        for place, _, names in os.walk(folder):
            for name in names:
                found[os.path.join(place, name)] = read(os.path.join(place, name))
    return found


def tell_limits():
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"slowest command {slowest:.2f} s, largest {peak:.0f} MiB")
