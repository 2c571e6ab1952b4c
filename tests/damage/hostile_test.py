"""HDF5 files that mean harm, given to every command that reads archives.

usage: hostile_test.py archive|networks|nodes [NAME...]     those whose names contain a NAME

`verify` reports each. `summarize`, `export`, `diff` and `merge` refuse it, or make of it what
they make of the sound file, as where the harm is in what they do not read. All within the limits of
damage.py; no word of another file comes out; nothing is written but by `merge` into its
output. A sweep of a directory that holds such files goes by its journals, and replaces
them.
"""
import sys

import h5py

import damage
import hostile
from damage import contents, copy, read, remove, strata, write

SWEEP_EVERY = 8  # a sweep takes longer


def check_secrets(what, done):
    for text in done.out, done.err:
        if hostile.WORD in text or "root:x:" in text:
            done.fail(f"{what}: shows what is in another file")


def check_merge(what):
    """True where it was merged all the same."""
    done = strata("merge", "-o", "out", "bare")
    check_secrets(what, done)
    for path, data in contents("out").items():
        if hostile.WORD.encode() in data or b"root:x:" in data:
            done.fail(f"{what}: {path} holds what is in another file")
        if done.code != 0 and path.endswith(".nc"):
            done.fail(f"{what}: {path} was written")
    if done.code == 0:
        strata("diff", "out", "sound/archive.nc").expect(0)
        strata("verify", "out").expect(0)
    remove("out")
    return done.code == 0


def check_reader(what, sound, words):
    done = strata(*words)
    check_secrets(what, done)
    if done.code == 0 and done.out != sound:
        done.fail(f"{what}: not what is said of the sound file")
    if done.code != 0 and (done.code not in (65, 80) or done.out or "bare/" not in done.err):
        done.fail(f"{what}: no clear refusal")
    return done.code == 0


def check_verify(what, path):
    done = strata("verify", path)
    check_secrets(what, done)
    if done.code not in (65, 80) or path not in done.out + done.err:
        done.fail(f"{what}: not reported")


def check_sweep(what, name):
    copy("sound", "swept")
    write(f"swept/{name}", read(f"bare/{name}"))
    done = strata("sweep", "sound.yaml", "-o", "swept", "-q", seconds=60).expect(0)
    check_secrets(what, done)
    strata("verify", "swept").expect(0)
    strata("diff", "swept/archive.nc", "sound/archive.nc").expect(0)


READERS = (("summarize", "bare"), ("diff", "bare/archive.nc", "sound/archive.nc"),
           ("export", "bare", "--variables", "network_accuracy,message,perplexity"))


def make(what, change, name):
    copy("sound", "bare")
    remove("bare/journal")
    with h5py.File(f"bare/{name}", "a") as file:
        change(file)


def main():
    kind, *wanted = sys.argv[1:]
    name = f"{kind}.nc"
    cases = {"archive": hostile.ARCHIVES, "networks": hostile.NETWORKS,
             "nodes": hostile.NODES}[kind]
    damage.start()
    damage.sweep("sound")
    hostile.make_secrets()
    copy("sound", "bare")
    said = [strata(*words).expect(0).out for words in READERS]
    n = summarized = merged = 0
    for n, (what, change) in enumerate(cases.items(), 1):
        if wanted and not any(word in what for word in wanted):
            continue
        make(what, change, name)
        before = contents(".")
        check_verify(what, f"bare/{name}")
        if kind == "archive":
            summarized += all([check_reader(what, *pair) for pair in zip(said, READERS)])
        merged += check_merge(what)
        if contents(".") != before:
            sys.exit(f"{what}: files were changed")
        if n % SWEEP_EVERY == 1:
            check_sweep(what, name)
    print(f"{n} files, all reported by verify; {summarized} summarized and {merged} merged "
          "as the sound file")
    damage.tell_limits()


main()
