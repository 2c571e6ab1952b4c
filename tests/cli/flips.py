"""Flips bits of a run directory one by one, and asks `strata verify` after each.

journal STRATA DIR STEP   one bit of every header byte of DIR's journal and of every
                          STEP-th payload byte: each must be reported, and what a merge
                          makes of the rest must hold no cell that differs
products STRATA DIR N     N bits of DIR/archive.nc and networks.nc, spread evenly: each
                          is reported, or content is what it was

Exits 1 and says which flip went unnoticed.
"""
import glob
import os
import shutil
import struct
import subprocess
import sys

HEADER, TRAILER = 48, 4


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


def header_bytes(data):
    at = 0
    while at < len(data):
        yield from range(at, at + HEADER)
        length = struct.unpack_from("<Q", data, at + 8)[0]
        at += HEADER + length + TRAILER


def flipped(data, at):
    copy = bytearray(data)
    copy[at] ^= 1 << at % 8
    return bytes(copy)


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def unnoticed(what, at, done):
    sys.exit(f"{what}: bit {at % 8} of byte {at}: exit code {done.returncode}\n"
             f"{done.stdout}{done.stderr}")


def copy(folder):
    shutil.rmtree("flipped", ignore_errors=True)
    shutil.copytree(folder, "flipped")


def remove_products():
    for name in "archive.nc", "networks.nc":
        if os.path.exists(f"flipped/{name}"):
            os.remove(f"flipped/{name}")


def check_merge(strata, folder, path, at):
    """Nothing to publish, or cells that are those of the sound directory."""
    done = run(strata, "merge", "flipped")
    if done.returncode == 66 and not os.path.exists("flipped/archive.nc"):
        return
    same = run(strata, "diff", "flipped/archive.nc", folder)
    if done.returncode != 0 or " 0 differing" not in same.stdout:
        unnoticed(path, at, done)
    remove_products()


def flip_journal(strata, folder, step):
    copy(folder)
    remove_products()
    path = glob.glob("flipped/journal/*.jrn")[0]
    data = read(path)
    places = sorted({*header_bytes(data), *range(0, len(data), step), len(data) - 1})
    for number, at in enumerate(places):
        write(path, flipped(data, at))
        done = run(strata, "verify", "flipped")
        if done.returncode != 65 or "DAMAGE  " + path not in done.stdout:
            unnoticed(path, at, done)
        if number % 20 == 0:
            check_merge(strata, folder, path, at)
    print(f"{len(places)} flips, all reported")


def flip_products(strata, folder, count):
    copy(folder)
    reported = 0
    for name, share in ("archive.nc", count * 3 // 4), ("networks.nc", count // 4):
        path = os.path.join("flipped", name)
        data = read(path)
        for i in range(share):
            at = (i * len(data) + len(data) // 2) // share
            write(path, flipped(data, at))
            done = run(strata, "verify", path)
            if done.returncode == 65 and "DAMAGE  " + path in done.stdout:
                reported += 1
            elif done.returncode != 0:
                unnoticed(path, at, done)
            elif name == "archive.nc":
                same = run(strata, "diff", "--provenance", path, f"{folder}/archive.nc")
                if same.returncode != 0:
                    unnoticed(path, at, same)
    print(f"{count} flips, {reported} reported, the others changed nothing")


def main():
    action, strata, folder, number = sys.argv[1:]
    if action == "journal":
        flip_journal(strata, folder, int(number))
    else:
        flip_products(strata, folder, int(number))


main()
