"""Bodies of sealed blocks back into events; docs/store.md ("Sealed files") and docs/block.md are the formats.

A later version of the body is one more function and a row of VERSIONS.
"""
import struct

from verify_block import events_2
from verify_bytes import EVENTS_MAX, TEXT_MAX, U16, U32, U64, Event, check, unpack, xxh3

# --- version 1 ---------------------------------------------------------------------------------------

COLUMNS = 7


def numbers(text, count):
    """So many LEB128 numbers, and no byte more."""
    found, at = [], 0
    for _ in range(count):
        value = shift = 0
        while True:
            check(at < len(text) and shift < 64, "a column of numbers ends early")
            byte = text[at]
            at += 1
            check(shift < 63 or byte <= 1, "a number has more than 64 bits")
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        found.append(value)
    check(at == len(text), "a column has more numbers than events")
    return found


def unzigzag(value):
    return value >> 1 ^ -(value & 1)


def column(body, at):
    """What is in the column there, and where the next one is."""
    check(len(body) - at >= 16, "a column is cut")
    packed, size, digest = struct.unpack_from("<IIQ", body, at)
    frame = body[at + 16:at + 16 + packed]
    check(len(frame) == packed and size <= TEXT_MAX and xxh3(frame) == digest, "a column does not check")
    return unpack(frame, size), at + 16 + packed


def sums(differences):
    total, found = 0, []
    for d in differences:
        total = (total + d) & U64
        found.append(total)
    return found


def events_1(body):
    count, more = struct.unpack_from("<II", body, 8)
    check(xxh3(body[:24]) == struct.unpack_from("<Q", body, 24)[0] and count <= EVENTS_MAX and more == COLUMNS,
          "the head of a body does not check")
    columns, at = [], 32
    for _ in range(COLUMNS):
        text, at = column(body, at)
        columns.append(text)
    check(at == len(body), "there is more behind the columns")
    steps = numbers(columns[0], count)
    sequence = sums(steps)
    check(all(s > 0 for s in steps[1:]) and sum(steps) <= U64, "numbers do not ascend")
    receipt = sums(map(unzigzag, numbers(columns[1], count)))
    source = sums(map(unzigzag, numbers(columns[2], count)))
    flags, lines, sizes = (numbers(c, count) for c in columns[3:6])
    check(max(source, default=0) <= U32 and max(flags, default=0) <= U16 and max(lines, default=0) <= U16
          and sum(sizes) == len(columns[6]), "a number is too large")
    found, at = [], 0
    for i in range(count):
        e = Event()
        e.sequence, e.source, e.flags, e.lines = sequence[i], source[i], flags[i], lines[i]
        e.receipt = receipt[i] - (1 << 64) if receipt[i] >> 63 else receipt[i]
        e.raw = columns[6][at:at + sizes[i]]
        at += sizes[i]
        found.append(e)
    return found


# -----------------------------------------------------------------------------------------------------

VERSIONS = {1: events_1, 2: events_2}


def events(body):
    """The events of a body; Damaged."""
    check(len(body) >= 32 and body[:4] == b"CEVT", "this is no body")
    version = struct.unpack_from("<I", body, 4)[0]
    check(version in VERSIONS, "a body is of version %d" % version)
    return VERSIONS[version](body)
