"""Journals that do not belong: another sweep's, one that is there twice, one that contradicts.

usage: foreign_test.py
"""
import glob
import json
import os
import sys

import damage
from damage import contents, copy, journal, read, strata, write


def fresh():
    copy("ours", "work")


def archive_is_ours():
    strata("diff", "work/archive.nc", "ours/archive.nc").expect(0)
    strata("diff", "work", "ours").expect(0)


def check_untouched(before):
    """But for the lock file, which every run writes."""
    after = contents("work")
    if {**after, "work/RUN.lock": b""} != {**before, "work/RUN.lock": b""}:
        sys.exit("a refused directory was changed")


def check_others(n):
    """They are told by every command, and taken by none."""
    before = contents("work/journal")
    strata("status", "work").expect(0, f"others     {n} finished, of other grids or studies",
                                    "out")
    state = json.loads(strata("status", "work", "--json").out)
    if (state["others"], state["left"], state["complete"]) != (n, 0, 4):
        sys.exit(f"status counts {state}")
    strata("verify", "work").expect(0, f"{n} finished cells are of other grids or studies",
                                    "out")
    for words in ("merge", "work"), ("sweep", "ours.yaml", "-o", "work", "-q"):
        os.remove("work/archive.nc")
        strata(*words, seconds=60).expect(0, f"{n} finished cells of other grids or studies")
        archive_is_ours()
    strata("verify", "work").expect(0)
    after = contents("work/journal")
    if any(after.get(path) != data for path, data in before.items()):
        sys.exit("a journal was changed or removed")


def try_others():
    fresh()
    for name in "other-study", "other-data":
        for path in glob.glob(f"{name}/journal/*"):
            write(f"work/journal/{name}-r0.jrn", read(path))
    check_others(8)
    # What is left over of our own is computed, whatever stands beside it.
    os.remove(OURS)
    strata("status", "work").expect(0, "4 left, 0 complete", "out")
    strata("sweep", "ours.yaml", "-o", "work", "-q", seconds=60).expect(0, "4 of 4 cells")
    archive_is_ours()


def try_renamed_cells():
    """Another sweep's result under the identity of a cell of ours, with sound checksums."""
    fresh()
    path = glob.glob("other-study/journal/*")[0]
    data = bytearray(read(path))
    ours = next(r for r in journal.records(read(OURS)) if r[0] == "result")
    theirs = next(r for r in journal.records(data) if r[0] == "result")
    high, low = int(ours[1][:16], 16), int(ours[1][16:], 16)
    journal.set_fields(data, theirs[3] - 48, {4: high, 5: low})
    write("work/journal/0-renamed-r0.jrn", data)
    before = contents("work")
    text = "a record is not of the cell it stands for"
    strata("verify", "work").expect(65, text, "out")
    strata("merge", "work").expect(65, text)
    strata("sweep", "ours.yaml", "-o", "work", "-q").expect(65, text)
    check_untouched(before)


def try_twice():
    fresh()
    write("work/journal/another-r0.jrn", read(OURS))
    strata("verify", "work").expect(0, "4 results are there twice, with equal bits", "out")
    strata("status", "work").expect(0, "4: 0 left, 4 complete", "out")
    for words in ("merge", "work"), ("sweep", "ours.yaml", "-o", "work", "-q"):
        strata(*words, seconds=60).expect(0)
        archive_is_ours()


def try_conflict():
    fresh()
    data = bytearray(read(OURS))
    journal.alter(data, 2)
    write("work/journal/another-r0.jrn", data)
    before = contents("work")
    for words, stream in ((("verify", "work"), "out"), (("merge", "work"), "err"),
                          (("sweep", "ours.yaml", "-o", "work", "-q"), "err")):
        done = strata(*words).expect(65, "hold different results", stream)
        text = getattr(done, stream)
        if "another-r0.jrn" not in text or os.path.basename(OURS) not in text:
            done.fail("it does not name both journals")
    check_untouched(before)
    os.remove("work/journal/another-r0.jrn")
    strata("sweep", "ours.yaml", "-o", "work", "-q", seconds=60).expect(0)
    archive_is_ours()


damage.start()
damage.sweep("ours")
damage.sweep("other-study", train="{epochs: 1, batch_size: 32}")
damage.sweep("other-data", data="{name: glyphs, train: 200, validation: 50, test: 100}")
OURS = glob.glob("ours/journal/*")[0].replace("ours/", "work/", 1)
try_others()
try_renamed_cells()
try_twice()
try_conflict()
damage.tell_limits()
