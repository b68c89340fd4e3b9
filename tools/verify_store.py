"""Reads a whole store and lays it against what was signed: docs/store.md and docs/ledger.md are the formats.

Used by verify.py. Faults have the names and places that docs/ledger.md says ("What is laid against it"). Parts,
from the bottom: trees that grow; lanes; sealed files and their index of words; what a search takes for words;
the store, a lane at a time: its sealed files by their first event, then what is not sealed yet.
"""
import collections
import datetime
import functools
import json
import os
import re
import struct
import unicodedata

import verify
import verify_account
import verify_body
import verify_bytes
import verify_tally
from verify_bytes import Damaged, check, xxh3, xxh3_seed

LANES = 64
CLASSES = 32             # of a lane
MONTHS = 12              # of events whose source says nothing of it
SOURCES = 2048           # numbers of a lane, and of a block
INPUTS = 8
TRACER = 4               # a flag of events that are none of anybody's
DAY_NS = 86400 * 10**9
ROUNDS = 16


class Unreadable(Exception):
    """It could not be verified."""


def padded(n):
    return (n + 7) // 8 * 8


def read_file(path):
    with open(path, "rb") as f:
        return f.read()


def records(data, at, end):
    """Records of u32 bytes each, and where they end."""
    found = []
    while end - at >= 4:
        size = struct.unpack_from("<I", data, at)[0]
        if size > end - at - 4:
            break
        found.append(data[at + 4:at + 4 + size])
        at += 4 + size
    return found, at


class Source:
    """What a source number stands for."""

    def __init__(self, record):
        check(len(record) >= 8 and record[4] < INPUTS and record[5] <= 1, "a source cannot be read")
        self.number, self.input, self.proven, self.months = struct.unpack_from("<IBBB", record)
        self.name = record[8:]


# --- Trees that grow ---------------------------------------------------------------------------------


class Range:
    """The largest aligned subtrees of leaves [begin, end), from left to right."""

    def __init__(self, begin, hashes=(), end=None):
        self.begin, self.end, self.nodes = begin, begin if end is None else end, []
        at = begin
        for size, digest in zip(verify.range_sizes(self.begin, self.end), hashes):
            self.nodes.append((at, size, digest))
            at += size

    def append(self, leaf, size=1):
        at = self.end
        self.end += size
        while self.nodes and self.nodes[-1][1] == size and self.nodes[-1][0] % (2 * size) == 0:
            at, _, left = self.nodes.pop()
            leaf, size = verify.node_hash(left, leaf), 2 * size
        self.nodes.append((at, size, leaf))

    def join(self, other):
        """What begins where this one ends."""
        for _, size, digest in other.nodes:
            self.append(digest, size)

    def hashes(self):
        return [n[2] for n in self.nodes]

    def root(self):
        return verify.root_of_range(self.hashes())

    def digest(self):
        """What a record of deletion has of it."""
        return verify.sha256(b"\x02", struct.pack("<QQ", self.begin, self.end), *self.hashes())


class Signed(verify.Links):
    """What was signed of each stream, beside the rules of the ledger."""

    def __init__(self, root, anchors):
        super().__init__(root, anchors)
        self.marks, self.gone, self.took = {}, {}, set()  # by stream: roots by size; what retention took, its blocks
        self.account = verify_account.Account()

    def checkpoint(self, note, c):
        super().checkpoint(note, c)
        self.account.checkpoint(c)
        for s in c.streams:
            marks = self.marks.setdefault(s.key, {})
            if s.size > 0:
                marks.setdefault(s.size, s.root)

    def deleted(self, note, d):
        super().deleted(note, d)
        self.gone[d.stream] = Range(0, d.hashes, d.end)
        self.took |= {(d.stream, *block) for block in d.blocks}


class Tree:
    """A stream as it is read."""

    def __init__(self, signed, key):
        self.marks = signed.marks.get(key, {})
        self.last = max(self.marks, default=0)
        self.gone = signed.gone.get(key)
        self.range = Range(0, self.gone.hashes(), self.gone.end) if self.gone else Range(0)
        self.lost = self.wrong = False


# --- Lanes -------------------------------------------------------------------------------------------

SEGMENT = re.compile(r"(\d{8,10})\.lane")
EVENTS, SOURCE_RECORDS, KINDS, BODY_MAX = 0, 3, 7, 64 << 20
MORE = 1  # a frame's flag: frames of the same group follow
ALL = 1 << 64  # how far a segment counts of which nothing says so: whole groups


class Segment:
    def __init__(self, folder, number):
        self.number = number
        self.data = read_file(os.path.join(folder, "%08d.lane" % number))
        self.good = len(self.data) >= 64 and self.data[:8] == b"canhlane" and \
            struct.unpack_from("<Q", self.data, 56)[0] == xxh3(self.data[:56])
        if not self.good:
            return
        version, _, _, told, before, _, before_bytes, self.link = struct.unpack_from("<II16sIIQQQ", self.data, 8)
        if version != 1:
            raise Unreadable("segment %d of a lane is of version %d" % (number, version))
        self.good = told == number
        self.before = (before, before_bytes)

    def frames(self, limit):
        """(kind, sequence, receipt, count, body) up to where they check; self.end is behind the last."""
        at, link, found, more = 64, self.link, [], 0
        whole = 64, 0  # behind the last group: byte, frames
        while at + 64 <= min(limit, len(self.data)):
            mark, kind, flags, size, count, sequence, _, receipt, linked, digest, told = \
                struct.unpack_from("<4sBB2xIIQQqQQQ", self.data, at)
            end = at + 64 + padded(size)
            if mark != b"CFRM" or told != xxh3(self.data[at:at + 56]) or linked != link or size > BODY_MAX or \
                    end > min(limit, len(self.data)):
                break
            body = self.data[at + 64:at + 64 + size]
            looked = kind < KINDS or limit == ALL and (more or flags & MORE)
            if looked and xxh3(body) != digest:
                break
            found.append((kind, sequence, receipt, count, body))
            at, link, more = end, told, flags & MORE
            if not more:
                whole = at, len(found)
        self.end = whole[0] if limit == ALL else at
        return found[:whole[1]] if limit == ALL else found


class Lane:
    """What counts of a lane, and which of its segments are damaged: (number, byte)."""

    def __init__(self, folder):
        self.frames, self.damage = [], []
        numbers = sorted(int(m.group(1)) for m in map(SEGMENT.fullmatch, os.listdir(folder))
                         if m and m.group(0) == "%08d.lane" % int(m.group(1)) and 0 < int(m.group(1)) < 2**32)
        segments = [s for s in (Segment(folder, n) for n in numbers) if s.good]
        if segments and segments[0].before[0] in numbers and segments[0].before[0] < segments[0].number:
            self.damage.append((segments[0].before[0], 0))
        for s, after in zip(segments, segments[1:] + [None]):
            number, size = after.before if after else (0, 0)
            self.frames += s.frames(size if number == s.number else 0 if 0 < number < s.number else ALL)
            if number > s.number:
                self.damage.append((number, 0))
            elif number == s.number and size > s.end:
                self.damage.append((number, s.end))


def lane_events(sequence, receipt, body):
    at = 0
    while len(body) - at >= 16:
        size, source, flags, lines, later = struct.unpack_from("<IIHHI", body, at)
        if size > len(body) - at - 16:
            return
        e = verify_bytes.Event()
        e.sequence, e.source, e.flags, e.lines, e.receipt = sequence, source, flags, lines, receipt + later
        e.raw = body[at + 16:at + 16 + size]
        yield e
        sequence += 1
        at += 16 + size


# --- Sealed files ------------------------------------------------------------------------------------

FOLDER = re.compile(r"(\d{4})(\d\d)(\d\d)-(0|[1-9]\d*)")
NAME = re.compile(r"(\d\d|[1-9]\d{2,9})-(0|[1-9]\d*)-(0|[1-9]\d*)-(0|[1-9]\d*)\.seal")
EPOCH = datetime.date(1970, 1, 1).toordinal()


def folder_of(name):
    """(day, months), or None."""
    m = FOLDER.fullmatch(name)
    if not m or int(m.group(4)) > 65535:
        return None
    try:
        return datetime.date(*(int(m.group(i)) for i in (1, 2, 3))).toordinal() - EPOCH, int(m.group(4))
    except ValueError:
        return None


class Named:
    """A sealed file by its name: lane, run, parts; and whether it counts."""

    def __init__(self, folder, day, months, name, m):
        self.day, self.months = day, months
        self.lane, self.first, self.last, self.parts = (int(g) for g in m.groups())
        self.where = "sealed/%s/%s" % (folder, name)
        self.counts = True

    def run(self):
        return self.first, self.last


def name_of(name):
    m = NAME.fullmatch(name)
    if not m or int(m.group(1)) >= 2**32 or int(m.group(4)) > 65535 or int(m.group(3)) >= 2**64:
        return None
    return m if int(m.group(2)) <= int(m.group(3)) else None


def names_in(path):
    try:
        return [n for n in os.listdir(path) if not n.startswith(".")]
    except FileNotFoundError:
        return []


def catalog(sealed):
    """All that is sealed, by lane, run, folder; and how many names are none of ours."""
    found, strange = [], 0
    for folder in names_in(sealed):
        of = folder_of(folder)
        if of is None:
            strange += 1
            continue
        for name in names_in(os.path.join(sealed, folder)):
            m = name_of(name)
            if m:
                found.append(Named(folder, *of, name, m))
            elif not name.endswith(".new"):
                strange += 1
    merged(found)
    for lane in {f.lane for f in found}:
        unfinished([f for f in found if f.lane == lane])
    return sorted(found, key=lambda f: (f.lane, f.first, f.last, f.day, f.months)), strange


def merged(found):
    """Whose run lies in that of another of the same folder and lane is left over."""
    holds = None
    for f in sorted(found, key=lambda f: (f.day, f.months, f.lane, f.first, -f.last)):
        if holds and (holds.day, holds.months, holds.lane) == (f.day, f.months, f.lane) and f.last <= holds.last:
            f.counts = False
        else:
            holds = f


def unfinished(found):
    """Of a lane: its newest run may not be whole."""
    newest = max(found, key=lambda f: (f.last, -f.first))
    run = [f for f in found if f.run() == newest.run()]
    if len(run) < newest.parts:
        for f in run:
            f.counts = False
            f.unfinished = True


def next_of(found, lane):
    """Behind the last event that is sealed."""
    return max((f.last + 1 for f in found if f.lane == lane and not hasattr(f, "unfinished")), default=0)


class Block:
    def __init__(self, head):
        check(head[:4] == b"CBLK" and struct.unpack_from("<Q", head, 120)[0] == xxh3(head[:120]), "directory")
        (self.events, self.first, self.last, self.earliest, self.latest, self.place, self.bytes, self.roots,
         self.sources, self.roots_hash, self.hash, self.sources_hash) = struct.unpack_from("<IQQqqQQIIQQQ", head, 4)
        check(0 < self.events <= self.last - self.first + 1 and self.earliest <= self.latest
              and 0 < self.bytes <= 64 << 20 and self.roots <= 128 and self.sources <= 1 << 20, "directory")

    def lay(self, at):
        """Where its parts are, and where the next block is."""
        self.at, self.roots_at = at, at + 128
        self.sources_at = self.roots_at + 32 * self.roots
        self.body_at = self.sources_at + padded(self.sources)
        return self.body_at + padded(self.bytes)


class Sealed:
    """A sealed file of which head, foot, directory and streams check; else Damaged."""

    def __init__(self, data, named):
        self.data = data
        check(len(data) >= 160 and len(data) % 8 == 0, "no whole sealed file")
        check(data[:8] == b"canhseal" and self.told(56) == xxh3(data[:56]), "head")
        version, self.lane, self.store, self.day, self.months, self.first = struct.unpack_from("<II16siH2xQ", data, 8)
        check(version in (1, 2), "version")
        self.read_foot(len(data) - 96)
        check((self.lane, self.first, self.last, self.parts)
              == (named.lane, named.first, named.last, named.parts), "another run than its name says")
        self.read_directory()
        self.tallies_at = self.words_at + padded(self.words_bytes)
        self.stream_at = self.tallies_at + padded(self.tally_bytes)
        self.stream = data[self.stream_at:self.stream_at + self.stream_bytes]
        check(xxh3(self.stream) == self.stream_hash, "streams")
        self.words = Words(data[self.words_at:self.words_at + self.words_bytes], len(self.blocks))

    def told(self, at):
        return struct.unpack_from("<Q", self.data, at)[0]

    def read_foot(self, at):
        foot = self.data[at:]
        check(foot[:4] == b"CFTR" and self.told(at + 88) == xxh3(foot[:88]), "foot")
        (self.count, self.words_bytes, self.stream_bytes, self.directory_bytes, self.words_at, self.stream_hash,
         self.directory_hash, self.last, self.part, self.parts, self.tally_bytes, self.tally_hash) = \
            struct.unpack_from("<IQQQQQQQHHIQ", foot, 4)
        check(0 < self.count <= 64 and (self.part < self.parts or self.parts == 0)
              and self.directory_bytes == 128 * self.count and self.words_at >= 64 and self.words_at % 8 == 0
              and self.words_at + padded(self.words_bytes) + padded(self.tally_bytes) + padded(self.stream_bytes)
              + self.directory_bytes == at,
              "foot")

    def read_directory(self):
        end = len(self.data) - 96
        self.directory = self.data[end - self.directory_bytes:end]
        check(xxh3(self.directory) == self.directory_hash, "directory")
        self.blocks, at, before = [], 64, self.first
        for i in range(self.count):
            b = Block(self.directory[128 * i:128 * i + 128])
            check(before <= b.first and b.last <= self.last and b.earliest // DAY_NS == b.latest // DAY_NS == self.day,
                  "directory")
            at, before = b.lay(at), b.last + 1
            self.blocks.append(b)
        check(at == self.words_at, "directory")

    def part_of(self, at, size, digest):
        part = self.data[at:at + size]
        check(xxh3(part) == digest, "a part of a block")
        return part

    def roots(self, b):
        part = self.part_of(b.roots_at, 32 * b.roots, b.roots_hash)
        return [part[i:i + 32] for i in range(0, len(part), 32)]

    def body(self, b):
        return self.part_of(b.body_at, b.bytes, b.hash)

    def sources(self, b):
        frame = self.part_of(b.sources_at, b.sources, b.sources_hash)
        data = verify_bytes.unpack(frame, verify_bytes.frame_size(frame, 8 << 20))
        found, at = records(data, 0, len(data))
        check(at == len(data) and len(found) <= SOURCES, "the sources of a block")
        return [Source(r) for r in found]

    def zeros_behind(self, end):
        return not any(self.data[end:padded(end)])

    def first_bad(self):
        """The place of the first part that is not as it was written, or None."""
        for i, b in enumerate(self.blocks):
            if self.data[b.at:b.at + 128] != self.directory[128 * i:128 * i + 128]:
                return b.at
            for at, size, digest in ((b.roots_at, 32 * b.roots, b.roots_hash),
                                     (b.sources_at, b.sources, b.sources_hash), (b.body_at, b.bytes, b.hash)):
                if xxh3(self.data[at:at + size]) != digest:
                    return at
            if not self.zeros_behind(b.sources_at + b.sources) or not self.zeros_behind(b.body_at + b.bytes):
                return b.at
        if self.words.damaged() or not self.zeros_behind(self.words_at + self.words_bytes):
            return self.words_at
        if self.tally_bytes and xxh3(self.tallies()) != self.tally_hash or \
                not self.zeros_behind(self.tallies_at + self.tally_bytes):
            return self.tallies_at
        return None if self.zeros_behind(self.stream_at + self.stream_bytes) else self.stream_at

    def tallies(self):
        return self.data[self.tallies_at:self.tallies_at + self.tally_bytes]

    def stream_range(self):
        """What it says its stream is behind its run; None when it does not say it."""
        if len(self.stream) < 8 or len(self.stream) % 32 != 8:
            return None
        size = struct.unpack_from("<Q", self.stream)[0]
        hashes = [self.stream[i:i + 32] for i in range(8, len(self.stream), 32)]
        if size > verify.SIZE_MAX or len(verify.range_sizes(0, size)) != len(hashes):
            return None
        return Range(0, hashes, size)


# --- The index of words ------------------------------------------------------------------------------

WORD_BITS = 30


class Words:
    def __init__(self, data, blocks):
        self.data, self.every, self.buckets = data, (1 << blocks) - 1, {}
        self.good = len(data) >= 32 and data[:4] == b"CWRD" and \
            struct.unpack_from("<Q", data, 24)[0] == xxh3(data[:24]) and data[4] in (1, 2)
        if not self.good:
            return
        self.blocks, self.bucket_bits, self.rice = data[5], data[6], data[7]
        size = struct.unpack_from("<Q", data, 16)[0]
        self.at = 32 + 4 * ((1 << self.bucket_bits) + 1) if self.bucket_bits <= WORD_BITS else len(data) + 1
        self.good = self.blocks == blocks and self.rice < WORD_BITS and self.at + size == len(data)
        self.block_bits = (self.blocks - 1).bit_length()

    def bucket(self, number):
        """Its bytes behind the hash; None when they do not check."""
        begin, end = struct.unpack_from("<II", self.data, 32 + 4 * number)
        data = self.data[self.at + begin:self.at + end]
        if end > len(self.data) - self.at or end - begin < 8 or \
                xxh3_seed(data[4:], number) & 0xFFFFFFFF != struct.unpack_from("<I", data)[0]:
            return None
        return data[4:]

    def damaged(self):
        return not self.good or any(self.bucket(i) is None for i in range(1 << self.bucket_bits))

    def entries(self, number):
        """[(bits, blocks)], and whether it ends as it should; None for a damaged one."""
        if number not in self.buckets:
            data = self.bucket(number)
            self.buckets[number] = None if data is None else self.decode(data)
        return self.buckets[number]

    def decode(self, data):
        bits, left, here, found = int.from_bytes(data[4:], "little"), 8 * (len(data) - 4), 0, []
        for _ in range(struct.unpack_from("<I", data)[0]):
            ones = (~bits & (bits + 1)).bit_length() - 1
            used = ones + 1 + self.rice
            here += ones << self.rice | bits >> (ones + 1) & ((1 << self.rice) - 1)
            one = bits >> used & 1 == 0
            size = self.block_bits if one else self.blocks
            value = bits >> (used + 1) & ((1 << size) - 1)
            left -= used + 1 + size
            bits >>= used + 1 + size
            if left < 0 or (one and value >= self.blocks):
                return found, False
            found.append((here, 1 << value if one else value))
        return found, True

    def find(self, word):
        """The blocks that may hold it, a bit each."""
        if not self.good or self.data[4] == 1:  # version 1 has other words
            return self.every
        bits = xxh3(word) >> (64 - WORD_BITS)
        low = WORD_BITS - self.bucket_bits
        entries = self.entries(bits >> low)
        if entries is None:
            return self.every
        want = bits & ((1 << low) - 1)
        for here, blocks in entries[0]:
            if here >= want:
                return blocks & self.every if here == want else 0
        return 0 if entries[1] else self.every


# --- What a search takes for words (docs/query.md) ---------------------------------------------------

# Of whole records only such words are looked up as stand in a text whatever it is a text of: a backslash beside a
# word may be an escape of JSON, and what is behind the escape is another word.
ASCII_WORD = re.compile(rb"(?<![\\0-9A-Z_a-z])[0-9A-Z_a-z]+(?![\\0-9A-Z_a-z])")


@functools.lru_cache(65536)
def fold_one(c):
    """One character; None when this Python's Unicode does not know it."""
    if unicodedata.category(c) == "Cn":
        return None
    if c in "\u0110\u0111":
        return "d"
    parts = c.casefold()
    if parts == c:
        parts = unicodedata.normalize("NFD", c)
    if parts == c:
        return "" if unicodedata.category(c)[0] == "M" else c
    folded = [fold_one(p) for p in parts]
    return None if None in folded else "".join(folded)


def is_word(text):
    return all(c == "_" or unicodedata.category(c)[0] in "LN" for c in text)


def words_of(raw):
    if 0 in raw:
        return set()  # a binary record, whose text is elsewhere
    if raw.isascii():
        return set(ASCII_WORD.findall(raw.lower()))
    found, run, good, before = set(), [], True, ""
    for c in raw.decode("utf-8", "surrogateescape") + "\n":
        f = c if 0xDC80 <= ord(c) <= 0xDCFF else fold_one(c)
        if f is None:
            good = False
        elif is_word(f):
            if f and not run:
                good = good and before != "\\"
            run.append(f)
        else:
            word = "".join(run)
            if word and good and c != "\\":
                found.add(word.encode())
            run, good = [], True
        before = c
    return found


# --- The store ---------------------------------------------------------------------------------------


class Store:
    """Reads it all; self.faults are (name, place)."""

    def __init__(self, data, root, anchors):
        self.data, self.faults, self.where = data, [], ""
        self.files = self.blocks = self.events = self.lane_events = self.not_signed = 0
        text = read_file(os.path.join(data, "store"))
        if not re.match(rb"[0-9a-fA-F]{32}", text):
            raise Unreadable("no id of a store")
        self.store = bytes.fromhex(text[:32].decode())
        self.links = Signed(root, anchors)
        self.read_ledger()
        found, strange = catalog(os.path.join(data, "sealed"))
        for lane in range(LANES):
            self.check_lane(lane, found)
        if strange:
            self.fault("NAMES", "sealed")
        verify_account.check_texts(data, self.links.account, self.fault)
        self.record = verify_account.check_record(data, self.links.account, self.fault)

    def fault(self, name, where=None):
        self.faults.append((name, self.where if where is None else where))

    def read_ledger(self):
        folder = os.path.join(self.data, "ledger")
        if not os.path.isdir(folder):
            self.fault("NOLEDGER", "ledger")
            return
        ledger = verify.Ledger(verify.parts_of(folder), self.links)
        if ledger.fault != "NONE":
            place = "" if ledger.part == "-" else "/%s, byte %d" % (ledger.part, ledger.byte)
            self.fault(ledger.fault, "ledger" + place)

    # --- a lane ----------------------------------------------------------------------------------

    def check_lane(self, lane, found):
        self.lane, self.trees, self.sources = lane, {}, {}
        for f in found:
            if f.lane == lane and not f.counts:
                self.check_left_over(f)
        due = self.check_rest(self.check_files(found, 1))
        for _ in range(ROUNDS):  # a server that runs seals while its store is read
            found, _ = catalog(os.path.join(self.data, "sealed"))
            if next_of(found, lane) <= due:
                break
            due = self.check_rest(self.check_files(found, due))
        self.check_ends()

    def tree(self, months):
        if months not in self.trees and len(self.trees) < CLASSES:
            self.trees[months] = Tree(self.links, (self.lane, months))
        return self.trees.get(months)

    def check_mark(self, t):
        root = t.marks.get(t.range.end)
        if root is not None and not t.lost and not t.wrong and t.range.root() != root:
            t.wrong = True
            self.fault("SIGNED")

    def add_leaf(self, t, e, source, store):
        leaf = verify.leaf_hash(store, self.lane, e.sequence, e.receipt, e.flags, e.lines, source.input,
                                source.proven, source.name, e.raw)
        if not t.lost:
            t.range.append(leaf)
            self.check_mark(t)
        return leaf

    def check_ends(self):
        for key in self.links.marks:
            t = self.tree(key[1]) if key[0] == self.lane else None
            if t and not t.lost and t.range.end < t.last:
                self.fault("END", "lane %02d, class %d" % key)
        self.not_signed += sum(max(t.range.end - t.last, 0) for t in self.trees.values() if not t.lost)

    # --- what is sealed --------------------------------------------------------------------------

    def check_files(self, found, due):
        """The sealed files of the lane that begin at `due` or behind; behind their last event."""
        runs, gone = {}, any(k[0] == self.lane for k in self.links.gone)
        for f in found:
            if f.lane == self.lane and f.first >= due and f.counts:
                runs.setdefault(f.run(), []).append(f)
        for (first, last), files in runs.items():
            if first > due and not gone:
                self.fault("MISSING", "lane %02d, event %d" % (self.lane, due))
            elif first < due:
                self.fault("TWICE", "lane %02d, event %d" % (self.lane, first))
            before, parts = self.events, 0
            for f in files:
                parts += self.check_file(f)
            if parts == files[0].parts and self.events - before != last - first + 1:
                self.fault("RUN", "lane %02d, events %d to %d" % (self.lane, first, last))
            due = last + 1
        return due

    def check_file(self, f):
        """False when all of it may be gone, by the ledger."""
        t = self.tree(f.months)
        self.where = f.where
        if t is None:
            self.fault("CLASSES")
            return True
        try:
            file = self.open_file(f)
        except (Damaged, OSError):
            self.fault("FILE")
            t.lost = True
            return True
        self.files += 1
        says = file.stream_range()
        gone = says is not None and t.gone is not None and says.end <= t.gone.end
        bad = file.first_bad()
        if bad is not None:
            self.fault("BYTES", "%s, byte %d" % (f.where, bad))
        self.check_about(file, f)
        took, counted = Range(0), self.begin_tallies(file)
        for i, b in enumerate(file.blocks):
            self.where = "%s, block %d" % (f.where, i)
            if gone:
                took = self.check_gone(file, i, b, took)
            else:
                self.check_block(file, i, b, t)
        self.where = f.where
        if counted and self.counted and not self.says.agrees(self.events_counted, self.counts):
            self.fault("TALLY")
        if not gone:
            self.check_stream(t, says)
        elif ((f.lane, f.months), took.begin, took.end, took.digest()) not in self.links.took:
            self.fault("GONE")
        return not gone

    def open_file(self, f):
        path = os.path.join(self.data, f.where)
        check(not os.path.islink(path), "a link")
        return Sealed(read_file(path), f)

    def check_about(self, file, f):
        if file.store != self.store:
            self.fault("STORE")
        if (file.day, file.months) != (f.day, f.months):
            self.fault("FOLDER")

    def check_left_over(self, f):
        """It does not count, and others do not because of its name: that has to be true. Not there: it was removed."""
        self.where = f.where
        try:
            self.check_about(self.open_file(f), f)
        except FileNotFoundError:
            pass
        except (Damaged, OSError):
            self.fault("FILE")

    def begin_tallies(self, file):
        """Whether the file's tallies, self.says, can be read; its events are counted in self.counts."""
        self.says, self.counted = None, True
        self.events_counted, self.counts = 0, {"source": collections.Counter(), "input": collections.Counter()}
        if not file.tally_bytes or xxh3(file.tallies()) != file.tally_hash:
            return False  # there are none, or their bytes were told of
        try:
            self.says = verify_tally.Tallies(file.tallies())
        except Damaged:
            self.fault("TALLY")
        return self.says is not None

    def count_event(self, e, source):
        if e.flags & TRACER == 0:
            self.events_counted += 1
            self.counts["source"][source.name] += 1
            self.counts["input"][verify_tally.INPUTS[source.input]] += 1

    def check_gone(self, file, number, b, took):
        """It is no part of its stream any more, and still there: what it says can be shown. The leaves so far."""
        none = Tree(self.links, None)
        none.lost = True
        self.blocks += 1
        try:
            body, sources = file.body(b), file.sources(b)
            leaves = self.check_events(file, number, b, none, verify_body.events(body), sources)
        except Damaged:
            self.fault("BLOCK")
            self.counted = False
            return took
        if number == 0:
            return leaves
        if took.end == leaves.begin:
            took.join(leaves)
        return took

    def check_block(self, file, number, b, t):
        if not t.lost and b.place != t.range.end:
            self.fault("PLACE")
            t.lost = True
        self.blocks += 1
        try:
            body, sources = file.body(b), file.sources(b)
            leaves = self.check_events(file, number, b, t, verify_body.events(body), sources)
            roots = file.roots(b)
        except Damaged:
            self.fault("BLOCK")
            t.lost = True
            self.counted = False
            return
        if (leaves.end, leaves.hashes()) != (b.place + b.events, roots):
            self.fault("ROOTS")

    def check_events(self, file, number, b, t, events, sources):
        leaves, words = Range(b.place), set()
        if len(events) != b.events:
            self.fault("COUNT")
            t.lost = True
            self.counted = False
            return leaves
        for e in events:
            if e.source >= len(sources) or not b.first <= e.sequence <= b.last or \
                    not b.earliest <= e.receipt <= b.latest:
                self.fault("EVENT")
                t.lost = True
                self.counted = False
                return leaves
            self.count_event(e, sources[e.source])
            leaves.append(self.add_leaf(t, e, sources[e.source], file.store))
            words |= words_of(e.raw)
            self.events += 1
        if not all(file.words.find(w) >> number & 1 for w in words):
            self.fault("WORDS")
        return leaves

    def check_stream(self, t, says):
        if says is None:
            self.fault("TREE")
            t.lost = True
            return
        if not t.lost and (says.end, says.hashes()) == (t.range.end, t.range.hashes()):
            return
        if not t.lost:
            self.fault("TREE")
        t.range, t.lost, t.wrong = says, False, False
        self.check_mark(t)

    # --- what is not sealed yet --------------------------------------------------------------------

    def check_rest(self, due):
        folder = os.path.join(self.data, "lanes", "%02d" % self.lane)
        if not os.path.isdir(folder):
            return due
        lane, again = Lane(folder), 0
        for number, at in lane.damage:
            self.fault("SEGMENT", "lanes/%02d/%08d.lane, byte %d" % (self.lane, number, at))
        for kind, sequence, receipt, count, body in lane.frames:
            if kind == SOURCE_RECORDS:
                self.take_sources(body)
            if kind != EVENTS:
                continue
            if sequence < again:
                self.fault("TWICE", "lane %02d, event %d" % (self.lane, sequence))
            again = sequence + count
            if sequence > due:
                if next_of(catalog(os.path.join(self.data, "sealed"))[0], self.lane) > due:
                    return due
                self.fault("MISSING", "lane %02d, event %d" % (self.lane, due))
            due = self.check_frame(sequence, receipt, body, due)
        return due

    def take_sources(self, body):
        for r in records(body, 0, len(body))[0]:
            try:
                s = Source(r)
            except Damaged:
                continue  # an event tells
            if s.number < SOURCES:
                self.sources[s.number] = s

    def check_frame(self, sequence, receipt, body, due):
        for e in lane_events(sequence, receipt, body):
            if e.sequence < due:
                continue  # it is sealed
            self.where = "lane %02d, event %d" % (self.lane, e.sequence)
            source = self.sources.get(e.source)
            t = self.tree(source.months or MONTHS) if source else None
            if t is None:
                self.fault("SOURCE")
            else:
                self.add_leaf(t, e, source, self.store)
                self.lane_events += 1
            due = e.sequence + 1
        return due

    # --- the end -----------------------------------------------------------------------------------

    def summary(self):
        k = self.links
        anchor = "%d:%s" % (k.next - 1, k.last.hex()) if k.next > 0 else ""
        return {"files": self.files, "blocks": self.blocks, "events": self.events, "lane_events": self.lane_events,
                "checkpoints": k.next, "not_signed": self.not_signed, "record": self.record, "anchor": anchor,
                "faults": len(self.faults)}


def show(store, as_json):
    for name, where in store.faults:
        print(json.dumps({"fault": name, "where": where}) if as_json else "%s: %s" % (where, name))
    end = store.summary()
    if as_json:
        print(json.dumps(end))
        return
    print("%(events)d sealed events in %(files)d files, %(lane_events)d not sealed yet, %(checkpoints)d checkpoints "
          "and %(record)d lines of the desk's record were read: " % end + ("%d faults." % end["faults"] if end["faults"] else "all is as it was written."))
    if end["not_signed"]:
        print("%d events came after the last checkpoint: nothing vouches for them yet." % end["not_signed"])
    if end["anchor"]:
        print("Anchor, to be kept elsewhere: " + end["anchor"])
