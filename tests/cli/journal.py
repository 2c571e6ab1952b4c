"""Damages journals for the tests, and lists them.

list FILE             a line a record: type, cell, attempt, payload's offset, length
flip FILE TYPE N      flips a bit in the middle of the N-th payload of that type
swap FILE             gives the first two results each other's identity, CRCs sound
alter FILE N          changes epochs_run of the N-th result, CRCs sound
nudge FILE TYPE N     changes the last byte of the N-th payload of that type, CRC sound
relabel FILE TYPE N LABEL  gives a kept network or node set another label, CRC sound
exchange FILE TYPE    gives the first two payloads of that type and of different lengths
                      to each other's cells, CRCs sound
remove FILE TYPE N    takes the N-th record of that type out
version FILE VERSION  gives the first record a format version, with a sound CRC

A record is a header of 48 bytes (magic, version and type, length, sequence, identity,
attempt, CRC-32), the payload, and the payload's CRC-32; all little-endian.
"""
import struct
import sys
import zlib

HEADER = struct.Struct("<4sIQQQQII")
TYPES = {1: "run", 2: "claim", 3: "result", 4: "failed", 5: "network", 6: "release",
         7: "nodes"}


def records(data, torn=False):
    """type, cell, attempt, payload's offset and length of each; with `torn` the end may be
    that of a writer that was killed."""
    at = 0
    while at < len(data):
        if torn and len(data) - at < HEADER.size:
            return
        magic, kind, length, _, high, low, attempt, _ = HEADER.unpack_from(data, at)
        if magic != b"STRJ":
            sys.exit(f"no record at byte {at}")
        if torn and len(data) - at < 48 + length + 4:
            return
        yield TYPES[kind & 0xFFFF], f"{high:016x}{low:016x}", attempt, at + 48, length
        at += 48 + length + 4


def flip(data, wanted, number):
    found = [r for r in records(data) if r[0] == wanted][number - 1]
    data[found[3] + found[4] // 2] ^= 0x10
    print(found[1])


def set_fields(data, header, changes):
    """Changes fields of the header at an offset and renews its CRC."""
    fields = list(HEADER.unpack_from(data, header))
    for index, value in changes.items():
        fields[index] = value
    HEADER.pack_into(data, header, *fields)
    struct.pack_into("<I", data, header + 44, zlib.crc32(data[header:header + 44]))


def alter(data, number):
    """A record's payload is its shape and fields: a key of 8 bytes, a length, values."""
    epochs_run = 38  # its number in the field table
    _, _, _, at, length = [r for r in records(data) if r[0] == "result"][number - 1]
    field = at + 16
    for _ in range(epochs_run):
        field += 16 + struct.unpack_from("<Q", data, field + 8)[0]
    data[field + 16] ^= 1
    struct.pack_into("<I", data, at + length, zlib.crc32(data[at:at + length]))


def replace(data, record, payload):
    """Gives a record another payload, with sound CRCs."""
    at, length = record[3:]
    data[at:at + length + 4] = payload + struct.pack("<I", zlib.crc32(payload))
    set_fields(data, at - 48, {2: len(payload)})


def nudge(data, wanted, number):
    found = [r for r in records(data) if r[0] == wanted][number - 1]
    payload = bytearray(data[found[3]:found[3] + found[4]])
    payload[-1] ^= 1
    replace(data, found, payload)
    print(found[1])


def relabel(data, wanted, number, label):
    """The payload begins with its label: the length in 4 bytes, the text."""
    found = [r for r in records(data) if r[0] == wanted][number - 1]
    payload = data[found[3]:found[3] + found[4]]
    old = struct.unpack_from("<I", payload)[0]
    text = label.encode()
    replace(data, found, struct.pack("<I", len(text)) + text + payload[4 + old:])
    print(found[1])


def exchange(data, wanted):
    found = [r for r in records(data) if r[0] == wanted]
    first = found[0]
    second = next(r for r in found if r[4] != first[4])
    payloads = [data[r[3]:r[3] + r[4]] for r in (first, second)]
    replace(data, second, payloads[0])  # the later one, so that the earlier one stays
    replace(data, first, payloads[1])
    print(first[1])


def remove(data, wanted, number):
    found = [r for r in records(data) if r[0] == wanted][number - 1]
    del data[found[3] - 48:found[3] + found[4] + 4]


def set_version(data, version):
    kind = HEADER.unpack_from(data, 0)[1]
    set_fields(data, 0, {1: version << 16 | kind & 0xFFFF})


def swap(data):
    first, second = [r[3] - 48 for r in records(data) if r[0] == "result"][:2]
    ids = [HEADER.unpack_from(data, at)[4:6] for at in (first, second)]
    set_fields(data, first, {4: ids[1][0], 5: ids[1][1]})
    set_fields(data, second, {4: ids[0][0], 5: ids[0][1]})


def main():
    action, path = sys.argv[1:3]
    with open(path, "rb") as file:
        data = bytearray(file.read())
    if action == "list":
        for record in records(data):
            print(*record)
        return
    if action == "flip":
        flip(data, sys.argv[3], int(sys.argv[4]))
    elif action == "swap":
        swap(data)
    elif action == "alter":
        alter(data, int(sys.argv[3]))
    elif action == "nudge":
        nudge(data, sys.argv[3], int(sys.argv[4]))
    elif action == "relabel":
        relabel(data, sys.argv[3], int(sys.argv[4]), sys.argv[5])
    elif action == "exchange":
        exchange(data, sys.argv[3])
    elif action == "remove":
        remove(data, sys.argv[3], int(sys.argv[4]))
    else:
        set_version(data, int(sys.argv[3]))
    with open(path, "wb") as file:
        file.write(data)


if __name__ == "__main__":
    main()
