"""What every reader of a store needs: XXH3, zstd, and what is read.

XXH3 and zstd are the system's
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
EVENTS_MAX = 65536


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
