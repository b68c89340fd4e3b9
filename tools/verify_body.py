"""Bodies of sealed blocks back into events; docs/store.md, "Sealed files", is the format.

A later version of the body is one more function and a row of VERSIONS. XXH3 and zstd are the system's
libraries (apt and dpkg need both), called as they are: no package of Python's is needed.
"""
import ctypes
import struct

_xxh = ctypes.CDLL("libxxhash.so.0")
_xxh.XXH3_64bits.restype = _xxh.XXH3_64bits_withSeed.restype = ctypes.c_uint64
_xxh.XXH3_64bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
_xxh.XXH3_64bits_withSeed.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64]
_zstd = ctypes.CDLL("libzstd.so.1")
_zstd.ZSTD_decompress.restype = ctypes.c_size_t
_zstd.ZSTD_decompress.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]
_zstd.ZSTD_getFrameContentSize.restype = ctypes.c_ulonglong
_zstd.ZSTD_getFrameContentSize.argtypes = [ctypes.c_char_p, ctypes.c_size_t]

U16, U32, U64 = 2**16 - 1, 2**32 - 1, 2**64 - 1
TEXT_MAX = 64 << 20
EVENTS_MAX = 16384


class Damaged(Exception):
    pass


def check(good, what):
    if not good:
        raise Damaged(what)


def xxh3(data):
    return _xxh.XXH3_64bits(data, len(data))


def xxh3_seed(data, seed):
    return _xxh.XXH3_64bits_withSeed(data, len(data), seed)


def unpack(frame, size):
    """What is in a zstd frame that says, or is said, to hold so many bytes."""
    room = ctypes.create_string_buffer(size or 1)
    check(_zstd.ZSTD_decompress(room, size, frame, len(frame)) == size, "a zstd frame is damaged")
    return room.raw[:size]


def frame_size(frame, most):
    size = _zstd.ZSTD_getFrameContentSize(frame, len(frame))
    check(size <= most, "no zstd frame, or too large a one")  # unknown and wrong are the largest numbers
    return size


class Event:
    __slots__ = ("sequence", "receipt", "source", "flags", "lines", "raw")


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


def events_1(body, count):
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

VERSIONS = {1: (events_1, COLUMNS)}


def events(body):
    """The events of a body; Damaged."""
    check(len(body) >= 32 and body[:4] == b"CEVT" and xxh3(body[:24]) == struct.unpack_from("<Q", body, 24)[0],
          "the head of a body does not check")
    version, count, columns = struct.unpack_from("<III", body, 4)
    check(version in VERSIONS, "a body is of version %d" % version)
    read, want = VERSIONS[version]
    check(count <= EVENTS_MAX and columns == want, "the head of a body says what cannot be")
    return read(body, count)
