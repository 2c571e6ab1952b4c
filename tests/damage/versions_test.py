"""Files of a later version: refused with a word that says so, changed by nothing; a later
minor version of an archive is read as far as it is known.

usage: versions_test.py
"""
import glob
import sys

import h5py
import numpy as np

import damage
from damage import contents, copy, journal, read, remove, strata, write

NEWER = ": it takes a newer strata"


def fresh(*lost):
    copy("sound", "work")
    remove(*(f"work/{name}" for name in lost))


def set_attribute(path, name, value):
    with h5py.File(path, "a") as file:
        file.attrs[name] = np.bytes_(value)


def check_untouched(before):
    after = contents("work")
    if {**after, "work/RUN.lock": b""} != {**before, "work/RUN.lock": b""}:
        sys.exit("a directory of a later version was changed")


def try_journal(number):
    """One record of the journal, whichever: nothing may be computed beside it."""
    fresh()
    path = glob.glob("work/journal/*")[0]
    data = bytearray(read(path))
    header = list(journal.records(data))[number][3] - journal.HEADER.size
    kind = journal.HEADER.unpack_from(data, header)[1]
    journal.set_fields(data, header, {1: 2 << 16 | kind & 0xFFFF})
    write(path, data)
    before = contents("work")
    for words in (("status", "work"), ("verify", "work"), ("merge", "work"),
                  ("merge", "-o", "out", "work"), ("diff", "work", "sound"),
                  ("plan", "sound.yaml", "-o", "work"),
                  ("sweep", "sound.yaml", "-o", "work", "-q")):
        strata(*words).expect(80, f"{path}: journal format 2, this program reads up to 1"
                              + NEWER)
        check_untouched(before)


def try_archive():
    fresh("journal")
    set_attribute("work/archive.nc", "schema_version", b"2.0")
    before = contents("work")
    for words in (("summarize", "work"), ("verify", "work"), ("verify", "work/archive.nc"),
                  ("diff", "work", "sound"), ("merge", "-o", "out", "work")):
        strata(*words).expect(80, "work/archive.nc: archive schema 2.0; this program reads 1"
                              + NEWER)
        check_untouched(before)


def try_minor():
    fresh("journal")
    with h5py.File("work/archive.nc", "a") as file:
        file.attrs["schema_version"] = np.bytes_(b"1.99")
        file.create_dataset("later_measure", (4,), "<f8")
    before = contents("work")
    if strata("summarize", "work").expect(0).out != strata("summarize", "sound").out:
        sys.exit("a later minor version has another table")
    strata("diff", "work", "sound").expect(0)
    strata("verify", "work").expect(80, "work/archive.nc: written by a newer version")
    strata("merge", "-o", "out", "work").expect(80, "this version does not know")
    check_untouched(before)


def try_companion(name):
    """networks.nc or nodes.nc."""
    fresh("journal")
    set_attribute(f"work/{name}", "schema_version", b"2.0")
    before = contents("work")
    text = f"work/{name}: archive schema 2.0; this program reads 1" + NEWER
    for words in ("verify", f"work/{name}"), ("verify", "work"), (
            "merge", "-o", "out", "work"):
        strata(*words).expect(80, text)
        check_untouched(before)
    fresh("journal")
    set_attribute(f"work/{name}", "schema_version", b"1.99")
    strata("verify", f"work/{name}").expect(0)


def try_calibration():
    """A prediction that cannot be read is no reason not to run."""
    fresh()
    write("work/calibration.json", b'{"format": "strata calibration 2"}')
    text = "work/calibration.json: its format is not 'strata calibration 1'"
    strata("plan", "sound.yaml", "-o", "work").expect(65, text)
    strata("sweep", "sound.yaml", "-o", "work", "-q", seconds=60).expect(0, text)
    if read("work/calibration.json") != b'{"format": "strata calibration 2"}':
        sys.exit("the calibration was replaced")


def try_study():
    """A key that a later version may have."""
    fresh()
    write("work/study.yaml", read("work/study.yaml") + b"later: 1\n")
    before = contents("work")
    for words, code in ((("status", "work"), 78), (("merge", "work"), 78),
                        (("sweep", "sound.yaml", "-o", "work", "-q"), 78)):
        strata(*words).expect(code, "unknown key 'later'")
        check_untouched(before)
    strata("verify", "work").expect(65, "unknown key 'later'", "out")


damage.start()
damage.sweep("sound")
for record in 0, 5, -1:
    try_journal(record)
try_archive()
try_minor()
try_companion("networks.nc")
try_companion("nodes.nc")
try_calibration()
try_study()
damage.tell_limits()
