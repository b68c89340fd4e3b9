"""What somebody can do who has all files of a store, knows their formats, and makes every check good again that he
can: lanes, sealed files and ledgers taken apart, and put together with a change in them.

Reads with the parts of tools/verify_store.py; writing is its own.
"""
import ctypes
import hashlib
import os
import struct
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tools"))
import verify  # noqa: E402 (the folder is known only now)
import verify_account  # noqa: E402, F401
import verify_body  # noqa: E402
import verify_bytes  # noqa: E402
import verify_store  # noqa: E402
import verify_tally  # noqa: E402
from verify_bytes import xxh3, xxh3_seed  # noqa: E402
from verify_store import padded  # noqa: E402

_zstd = ctypes.CDLL("libzstd.so.1")
_zstd.ZSTD_compress.restype = _zstd.ZSTD_compressBound.restype = ctypes.c_size_t
_zstd.ZSTD_compress.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int]
_zstd.ZSTD_compressBound.argtypes = [ctypes.c_size_t]


def read(path):
    with open(path, "rb") as f:
        return f.read()


def write(path, data):
    with open(path, "wb") as f:
        f.write(data)


def pack(data):
    room = ctypes.create_string_buffer(_zstd.ZSTD_compressBound(len(data)))
    size = _zstd.ZSTD_compress(room, len(room), data, len(data), 3)
    return room.raw[:size]


def pad(data):
    return data + bytes(padded(len(data)) - len(data))


def hashed(head):
    return head + struct.pack("<Q", xxh3(head))


def same(e, **changes):
    """An event with something else in it."""
    other = verify_bytes.Event()
    for name in verify_bytes.Event.__slots__:
        setattr(other, name, changes.get(name, getattr(e, name)))
    return other


# --- lanes -------------------------------------------------------------------------------------------

FRAME = struct.Struct("<4sBB2xIIQQqQQ")
SEGMENT = struct.Struct("<8sII16sIIQQ")


class Frame:
    def __init__(self, kind, flags, sequence, matched, receipt, count, body):
        self.kind, self.flags, self.sequence, self.matched, self.receipt = kind, flags, sequence, matched, receipt
        self.count, self.body = count, body

    def events(self):
        return list(verify_store.lane_events(self.sequence, self.receipt, self.body)) if self.kind == 0 else []

    def put_events(self, events):
        """These in the place of its own; their numbers are the frame's, from its first on."""
        self.count = len(events)
        self.body = b"".join(struct.pack("<IIHHI", len(e.raw), e.source, e.flags, e.lines, e.receipt - self.receipt)
                             + e.raw for e in events)


class Segment:
    """A segment taken apart. Every link and hash is made anew when it is put back."""

    def __init__(self, path):
        self.path, data = path, read(path)
        _, _, self.lane, self.store, self.number, before, self.sequence, before_bytes = SEGMENT.unpack_from(data)
        self.before = (before, before_bytes)
        self.frames, self.ends, at = [], [64], 64
        while at + 64 <= len(data):
            mark, kind, flags, size, count, sequence, matched, receipt, _, _ = FRAME.unpack_from(data, at)
            if mark != b"CFRM" or at + 64 + size > len(data):
                break
            self.frames.append(Frame(kind, flags, sequence, matched, receipt, count, data[at + 64:at + 64 + size]))
            at += 64 + padded(size)
            self.ends.append(at)

    def put(self):
        out = hashed(SEGMENT.pack(b"canhlane", 1, self.lane, self.store, self.number, self.before[0], self.sequence,
                                  self.before[1]))
        link = out[56:64]
        for f in self.frames:
            head = hashed(FRAME.pack(b"CFRM", f.kind, f.flags, len(f.body), f.count, f.sequence, f.matched, f.receipt,
                                     struct.unpack("<Q", link)[0], xxh3(f.body)))
            link = head[56:64]
            out += head + pad(f.body)
        write(self.path, out)
        return len(out)


class Lane:
    """All segments of a lane but those that a crash left without a head."""

    def __init__(self, folder):
        paths = [os.path.join(folder, n) for n in sorted(os.listdir(folder))]
        self.segments = [Segment(p) for p in paths if os.path.getsize(p) >= 64]

    def put(self):
        """Each says of the one before how far it counts, as a writer would have."""
        before = None
        for s in self.segments:
            if before:
                s.before = before
            before = (s.number, s.put())

    def events(self):
        """(frame, index, event)"""
        return [(f, i, e) for s in self.segments for f in s.frames for i, e in enumerate(f.events())]

    def renumber(self, first):
        """Events from `first` on follow one another without a gap."""
        due = first
        for s in self.segments:
            for f in s.frames:
                if f.sequence >= first:
                    f.sequence = due
                    due += f.count if f.kind == 0 else 0


# --- sealed files ------------------------------------------------------------------------------------


def put_number(v):
    out = bytearray()
    while v >= 0x80:
        out.append(v & 0x7F | 0x80)
        v >>= 7
    out.append(v)
    return bytes(out)


def put_signed(v):
    v &= 2**64 - 1
    v = v - 2**64 if v >> 63 else v
    return put_number((v << 1 ^ v >> 63) & 2**64 - 1)


def steps(values):
    return [b - a for a, b in zip([0] + values, values)]


def put_body(events):
    columns = [b"".join(put_number(d) for d in steps([e.sequence for e in events])),
               b"".join(put_signed(d) for d in steps([e.receipt for e in events])),
               b"".join(put_signed(d) for d in steps([e.source for e in events])),
               b"".join(put_number(e.flags) for e in events), b"".join(put_number(e.lines) for e in events),
               b"".join(put_number(len(e.raw)) for e in events), b"".join(e.raw for e in events)]
    out = hashed(struct.pack("<4sIIIQ", b"CEVT", 1, len(events), len(columns), 0))
    for c in columns:
        frame = pack(c)
        out += struct.pack("<IIQ", len(frame), len(c), xxh3(frame)) + frame
    return out


class Bits:
    def __init__(self):
        self.value = self.n = 0

    def put(self, v, n):
        self.value |= v << self.n
        self.n += n

    def bytes(self):
        return self.value.to_bytes((self.n + 7) // 8, "little")


RICE = 16


def put_bucket(number, entries, blocks):
    """Of these (bits behind the bucket's, blocks)."""
    before, bits = 0, Bits()
    for e, b in entries:
        gap, before = e - before, e
        bits.put((1 << (gap >> RICE)) - 1, (gap >> RICE) + 1)
        bits.put(gap & (1 << RICE) - 1, RICE)
        if b & (b - 1) == 0:
            bits.put(0, 1)
            bits.put(b.bit_length() - 1, (blocks - 1).bit_length())
        else:
            bits.put(1, 1)
            bits.put(b, blocks)
    bucket = struct.pack("<I", len(entries)) + bits.bytes()
    return struct.pack("<I", xxh3_seed(bucket, number) & 0xFFFFFFFF) + bucket


def entries_of(index):
    """Bits and blocks of an index that is good."""
    low = 30 - index.bucket_bits
    return {number << low | bits: blocks for number in range(1 << index.bucket_bits)
            for bits, blocks in index.entries(number)[0]}


def put_words(entries, blocks, version):
    """An index of these. One of version 1 answers all blocks whatever it has: who changes events takes that, for he need not
    know what words they have."""
    bucket_bits = (len(entries) // 256).bit_length()
    low, out, offsets = 30 - bucket_bits, b"", [0]
    buckets = [[] for _ in range(1 << bucket_bits)]
    for e in sorted(entries):
        buckets[e >> low].append((e & (1 << low) - 1, entries[e]))
    for number, found in enumerate(buckets):
        out += put_bucket(number, found, blocks)
        offsets.append(len(out))
    head = hashed(struct.pack("<4sBBBBQQ", b"CWRD", version, blocks, bucket_bits, RICE, len(entries), len(out)))
    return head + struct.pack("<%dI" % len(offsets), *offsets) + out


class Block:
    def __init__(self, file, b):
        self.events, self.place = verify_body.events(file.body(b)), b.place
        self.roots, self.table = file.roots(b), file.sources(b)
        self.frame = file.part_of(b.sources_at, b.sources, b.sources_hash)


class File:
    """A sealed file taken apart. Whatever was changed, all hashes in it are good when it is put back."""

    def __init__(self, data, where):
        self.data, self.where, self.path = data, where, os.path.join(data, where)
        self.hides = False  # words
        folder, name = where.split("/")[1:]
        named = verify_store.Named(folder, *verify_store.folder_of(folder), name, verify_store.name_of(name))
        f = verify_store.Sealed(read(self.path), named)
        self.lane, self.store, self.day, self.months = f.lane, f.store, f.day, f.months
        self.first, self.last, self.part, self.parts = f.first, f.last, f.part, f.parts
        self.blocks = [Block(f, b) for b in f.blocks]
        self.stream = f.stream
        self.index = entries_of(f.words)

    def hide(self, word, block):
        """From who looks for it in this block."""
        bits = xxh3(word) >> 34
        self.index[bits] &= ~(1 << block)
        if self.index[bits] == 0:
            del self.index[bits]
        self.hides = True

    def leaves(self, b):
        r = verify_store.Range(b.place)
        for e in b.events:
            s = b.table[e.source]
            r.append(verify.leaf_hash(self.store, self.lane, e.sequence, e.receipt, e.flags, e.lines, s.input,
                                      s.proven, s.name, e.raw))
        return r

    def make_roots(self):
        for b in self.blocks:
            b.roots = self.leaves(b).hashes()

    def grow(self, tree):
        """Places, roots and stream go on from `tree`, which becomes what is behind."""
        for b in self.blocks:
            b.place = tree.end
            b.roots = self.leaves(b).hashes()
            for e in b.events:
                s = b.table[e.source]
                tree.append(verify.leaf_hash(self.store, self.lane, e.sequence, e.receipt, e.flags, e.lines, s.input,
                                             s.proven, s.name, e.raw))
        self.stream = struct.pack("<Q", tree.end) + b"".join(tree.hashes())

    def put(self, path=None):
        out = hashed(struct.pack("<8sII16siH2xQQ", b"canhseal", 1, self.lane, self.store, self.day, self.months,
                                 self.first, 0))
        directory = b""
        for b in self.blocks:
            body, roots = put_body(b.events), b"".join(b.roots)
            receipts = [e.receipt for e in b.events]
            head = struct.pack("<4sIQQqqQQIIQQQ32x", b"CBLK", len(b.events), b.events[0].sequence,
                               b.events[-1].sequence, min(receipts), max(receipts), b.place, len(body), len(b.roots),
                               len(b.frame), xxh3(roots), xxh3(body), xxh3(b.frame))
            head = hashed(head)
            directory += head
            out += head + roots + pad(b.frame) + pad(body)
        words, at = put_words(self.index, len(self.blocks), 2 if self.hides else 1), len(out)
        out += pad(words) + pad(self.stream) + directory
        out += hashed(struct.pack("<4sIQQQQQQQHH20x", b"CFTR", len(self.blocks), len(words), len(self.stream),
                                  len(directory), at, xxh3(self.stream), xxh3(directory), self.last, self.part,
                                  self.parts))
        write(path or self.path, out)


# --- tallies -----------------------------------------------------------------------------------------


def put_tallies(t):
    """What verify_tally.Tallies read, as a file has it."""
    out = struct.pack("<Q", t.reading) + put_number(t.events) + put_number(1 if t.times else 0)
    out += b"".join(put_signed(v) for v in t.times or ()) + put_number(len(t.of))
    for of in t.of:
        pairs = sorted(zip(of.values, of.times), key=lambda p: (p[0] is not None, p[0] or b""))
        out += put_number(len(of.name)) + of.name + put_number(len(pairs))
        out += b"".join(put_number(0 if v is None else len(v) + 1) for v, _ in pairs)
        out += b"".join(v or b"" for v, _ in pairs) + b"".join(put_number(n) for _, n in pairs)
    return pack(out)


def tallies_of(path, where):
    """Of a sealed file; None: it has none."""
    folder, name = where.split("/")[1:]
    f = verify_store.Sealed(read(os.path.join(path, where)), verify_store.Named(
        folder, *verify_store.folder_of(folder), name, verify_store.name_of(name)))
    return (f, verify_tally.Tallies(f.tallies())) if f.tally_bytes else None


def replace_tallies(path, f, t):
    """These in the place of its own; all hashes in the file are good, and nothing else of it is another."""
    part, foot = put_tallies(t), bytearray(f.data[-96:])
    struct.pack_into("<IQ", foot, 68, len(part), xxh3(part))
    write(path, f.data[:f.tallies_at] + pad(part) + f.data[f.stream_at:-96] + hashed(bytes(foot[:88])))


# --- signing -----------------------------------------------------------------------------------------


def secret_of(seed):
    h = hashlib.sha512(seed).digest()
    return int.from_bytes(h[:32], "little") & ((1 << 254) - 8) | (1 << 254), h[32:]


def public_of(seed):
    return verify.point_put(verify.point_times(secret_of(seed)[0], verify.BASE))


def sign(seed, text, name):
    """A note (RFC 8032, section 5.1.6)."""
    a, prefix = secret_of(seed)
    public = public_of(seed)
    r = verify.hash_mod(prefix, text)
    big_r = verify.point_put(verify.point_times(r, verify.BASE))
    s = (r + verify.hash_mod(big_r, public, text) * a) % verify.L
    coded = verify.base64.b64encode(verify.key_id(name, 1, public) + big_r + s.to_bytes(32, "little"))
    return text + b"\n" + verify.DASH + name + b" " + coded + b"\n"


def put_vkey(name, public):
    return name + b"+" + verify.key_id(name, 1, public).hex().encode() + b"+" + \
        verify.base64.b64encode(b"\x01" + public) + b"\n"
