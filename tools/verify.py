#!/usr/bin/env python3
"""Verifies what a store signed, without the program that signed it (docs/ledger.md is the format).

    verify.py [--root root.pub] [--anchor NUMBER:HASH ...] [--witness FILE --witness-key FILE] [--json] STORE
    verify.py ledger --root root.pub [--anchor NUMBER:HASH ...] FOLDER
    verify.py evidence [--root root.pub] [--anchor NUMBER:HASH ...] [--witness-key witness.pub ...] FOLDER|TAR
    verify.py inclusion --root-hash HEX --size N --index N --leaf HEX [HEX ...]
    verify.py consistency --old N --old-root HEX --size N --root-hash HEX [HEX ...]

Reads only; needs nothing but Python 3, and for whole stores (verify_store.py) libraries that every Debian
has. Written from the format, not from the C program: the two share no
code, and a test holds them against each other. Exit code: 0 sound, 1 not sound, 2 could not be verified.

Parts, from the bottom: Ed25519 (RFC 8032); trees (RFC 6962, RFC 9162); signed notes (C2SP); the three
texts; Links, which decides whether each note follows from those before; the parts of a ledger; evidence. On
top of it: verify_store.py, which reads the events of a store and lays them against the roots.
"""
import argparse
import base64
import datetime
import hashlib
import os
import re
import struct
import sys
import tarfile

# --- Ed25519, RFC 8032, section 5.1 ------------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_MINUS_ONE = pow(2, (P - 1) // 4, P)


def point_add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def point_times(s, p):
    q = (0, 1, 1, 0)
    while s > 0:
        if s & 1:
            q = point_add(q, p)
        p = point_add(p, p)
        s >>= 1
    return q


def recover_x(y, sign):
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if x2 == 0:
        return None if sign else 0
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P != 0:
        x = x * ROOT_MINUS_ONE % P
    if (x * x - x2) % P != 0:
        return None
    return P - x if x & 1 != sign else x


def point_read(b):
    y = int.from_bytes(b, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    x = recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


def point_put(p):
    z = pow(p[2], P - 2, P)
    x, y = p[0] * z % P, p[1] * z % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = (recover_x(BASE_Y, 0), BASE_Y, 1, recover_x(BASE_Y, 0) * BASE_Y % P)


def has_small_order(b):
    """Also of an encoding that is not canonical."""
    y = int.from_bytes(b, "little") & (2**255 - 1)
    x = recover_x(y % P, 0)
    if x is None:
        return False
    p = point_times(8, (x, y % P, 1, x * (y % P) % P))
    return p[0] % P == 0 and (p[1] - p[2]) % P == 0


def hash_mod(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % L


class PureEd25519:
    @staticmethod
    def verify(public, text, signature):
        a = point_read(public)
        s = int.from_bytes(signature[32:], "little")
        if a is None or s >= L:
            return False
        k = hash_mod(signature[:32], public, text)
        minus_a = (P - a[0], a[1], 1, P - a[3])
        return point_put(point_add(point_times(s, BASE), point_times(k, minus_a))) == signature[:32]


def choose_ed25519():
    """The library's where there is one: some hundred times as fast."""
    if os.environ.get("VERIFY_PURE"):
        return PureEd25519
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except Exception:  # of whatever kind: then without it
        return PureEd25519

    class LibraryEd25519:
        @staticmethod
        def verify(public, text, signature):
            try:
                Ed25519PublicKey.from_public_bytes(public).verify(signature, text)
                return True
            except (InvalidSignature, ValueError):
                return False

    return LibraryEd25519


ED25519 = choose_ed25519()
KNOWN_GOOD = set()  # public keys: computed once


def signature_good(public, text, signature):
    if public not in KNOWN_GOOD:
        if point_read(public) is None or has_small_order(public):
            return False
        KNOWN_GOOD.add(public)
    if int.from_bytes(signature[32:], "little") >= L or has_small_order(signature[:32]):
        return False
    return ED25519.verify(public, text, signature)


# --- Trees: RFC 6962, section 2.1; RFC 9162, sections 2.1.3.2 and 2.1.4.2 -----------------------------

SIZE_MAX = 2**62
PROOF_MAX = 64


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def node_hash(left, right):
    return sha256(b"\x01", left, right)


def leaf_hash(store, lane, sequence, receipt_ns, flags, lines, input_, authenticated, source, raw):
    """The leaf of one event: the hash of its canonical record."""
    head = store + struct.pack("<IQqHHBBI", lane, sequence, receipt_ns, flags, lines, input_,
                               authenticated, len(source))
    return sha256(b"\x00", head, source, struct.pack("<I", len(raw)), raw)


def range_sizes(begin, end):
    """The largest aligned subtrees of the leaves [begin, end), from left to right."""
    sizes = []
    while begin < end:
        size = begin & -begin if begin else SIZE_MAX
        while size > end - begin:
            size >>= 1
        sizes.append(size)
        begin += size
    return sizes


def root_of_range(hashes):
    """The root over the subtrees of a range from 0."""
    if not hashes:
        return sha256()
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root


def shows_inclusion(leaf, index, size, proof, root):
    if index >= size or size > SIZE_MAX or len(proof) > PROOF_MAX:
        return False
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while fn & 1 == 0 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root


def shows_consistency(old, old_root, size, root, proof):
    if old > size or size > SIZE_MAX or len(proof) > PROOF_MAX:
        return False
    if old == size:
        return not proof and old_root == root
    if old == 0:
        return not proof
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not proof:
        return False
    fn, sn = old - 1, size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while fn & 1 == 0 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return fr == old_root and sr == root and sn == 0


# --- Signed notes (C2SP signed-note), strictly -------------------------------------------------------

NOTE_MAX = 65536
NAME_MAX = 128
DASH = "\u2014 ".encode()
PRINTABLE = re.compile(rb"[ -~\n]*\Z")
NAME = re.compile(rb"[!-*,-~]{1,%d}\Z" % NAME_MAX)
ZEROS = bytes(32)


class Malformed(Exception):
    pass


def need(good, what):
    if not good:
        raise Malformed(what)


def from_base64(word, size):
    try:
        got = base64.b64decode(word, validate=True)
    except ValueError:
        raise Malformed("base64") from None
    need(len(got) == size and base64.b64encode(got) == word, "base64")
    return got


def from_hex(word, size):
    need(re.fullmatch(rb"[0-9a-f]{%d}" % (2 * size), word), "hex")
    return bytes.fromhex(word.decode())


def from_decimal(word, most):
    need(re.fullmatch(rb"0|[1-9][0-9]{0,19}", word) and int(word) <= most, "number")
    return int(word)


EPOCH = datetime.datetime(1970, 1, 1)
TIME = re.compile(rb"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{3}|\d{6}|\d{9}))?Z")


def put_time(ns):
    at = EPOCH + datetime.timedelta(seconds=ns // 10**9)
    fraction = "%09d" % (ns % 10**9)
    for _ in range(3):
        if fraction.endswith("000"):
            fraction = fraction[:-3]
    return "%04d-%02d-%02dT%02d:%02d:%02d%sZ" % (at.year, at.month, at.day, at.hour, at.minute, at.second,
                                                 "." + fraction if fraction else "")


def from_time(word):
    m = TIME.fullmatch(word)
    need(m, "time")
    try:
        at = datetime.datetime(*(int(g) for g in m.groups()[:6]))
    except ValueError:
        raise Malformed("time") from None
    delta = at - EPOCH
    ns = (delta.days * 86400 + delta.seconds) * 10**9 + int((m.group(7) or b"0").ljust(9, b"0"))
    need(0 <= ns < 2**63 and put_time(ns).encode() == word, "time")
    return ns


class Note:
    def __init__(self, whole, text, name, key_id, signature):
        self.whole, self.text, self.name, self.key_id, self.signature = whole, text, name, key_id, signature


def note_at(data, at):
    """The note that begins there; Malformed when there is no whole one."""
    end = data.find(b"\n\n", at, at + NOTE_MAX + 1)
    need(end >= 0, "a note has no end")
    text = data[at:end + 1]
    need(text[:1] != b"\n" and PRINTABLE.match(text), "a note is not printable ASCII")
    stop = data.find(b"\n", end + 2, at + NOTE_MAX)
    need(stop >= 0, "a note has no signature")
    line = data[end + 2:stop]
    need(line.startswith(DASH), "a note has no signature")
    name, blank, coded = line[len(DASH):].partition(b" ")
    need(blank and NAME.match(name), "a signature has no name")
    signed = from_base64(coded, 68)
    return Note(data[at:stop + 1], text, name, signed[:4], signed[4:])


def is_torn(rest):
    """Can a crash, while a note was written, leave this behind the last whole one?"""
    mark = b"\n\n" + DASH
    if len(rest) > NOTE_MAX:
        return False
    at = rest.find(mark)
    if at < 0:
        return True
    end = rest.find(b"\n", at + len(mark))
    return end < 0 or (end == len(rest) - 1 and b"\0" in rest)


def key_id(name, kind, public):
    return sha256(name, b"\n", bytes([kind]), public)[:4]


def read_vkey(text, kind=1):
    """Name and public key of "NAME+ID+BASE64"."""
    name, _, rest = text.partition(b"+")
    tag, _, coded = rest.partition(b"+")
    need(NAME.match(name), "a key has no name")
    typed = from_base64(coded, 33)
    need(typed[0] == kind and from_hex(tag, 4) == key_id(name, kind, typed[1:]), "a key's id is another")
    return name, typed[1:]


def read_key_file(text, kind=1):
    """... of a file of one line."""
    need(text.endswith(b"\n"), "a key's line has no end")
    return read_vkey(text[:-1], kind)


class Lines:
    """The lines of a text, each "name value", taken in their order."""

    def __init__(self, text):
        self.left = text

    def peek(self, name):
        return self.left.startswith(name + b" ")

    def take(self, name):
        line, newline, rest = self.left.partition(b"\n")
        need(newline and line.startswith(name + b" "), name.decode())
        self.left = rest
        return line[len(name) + 1:]

    def words(self, name, count):
        words = self.take(name).split(b" ")
        need(len(words) == count, name.decode())
        return words

    def hash(self, name):
        return from_base64(self.take(name), 32)


# --- The texts ---------------------------------------------------------------------------------------

CERTIFICATE = b"canh/certificate/v1"
CHECKPOINT = b"canh/checkpoint/v1"
DELETION = b"canh/deletion/v1"
COUNT_MAX = 2**63 - 1
STREAMS_MAX = BLOCKS_MAX = 512
WHYS = (b"retention", b"pressure", b"order")


class Certificate:
    def __init__(self, text):
        lines = Lines(text)
        self.store = from_hex(lines.take(CERTIFICATE), 16)
        self.first = from_decimal(lines.take(b"from"), COUNT_MAX)
        self.previous = lines.hash(b"previous")
        self.key = lines.hash(b"key")
        need(not lines.left, "end")


class Stream:
    def __init__(self, words):
        self.key = (from_decimal(words[0], 2**32 - 1), from_decimal(words[1], 2**16 - 1))
        self.size = from_decimal(words[2], SIZE_MAX)
        self.gone = from_decimal(words[3], self.size)
        self.root = from_base64(words[4], 32)


class Checkpoint:
    def __init__(self, text):
        lines = Lines(text)
        self.store = from_hex(lines.take(CHECKPOINT), 16)
        self.number = from_decimal(lines.take(b"number"), COUNT_MAX)
        self.time = from_time(lines.take(b"time"))
        boot, clock = lines.words(b"boot", 2)
        self.boot, self.clock = from_hex(boot, 16), from_decimal(clock, 2**64 - 1)
        self.previous = lines.hash(b"previous")
        self.next = lines.hash(b"next")
        self.counts, self.rules = lines.hash(b"counts"), lines.hash(b"rules")
        self.settings, self.audit = lines.hash(b"settings"), lines.hash(b"audit")
        count, last = lines.words(b"deletions", 2)
        self.deletions, self.deletion = from_decimal(count, COUNT_MAX), from_base64(last, 32)
        self.streams = []
        while lines.left:
            self.streams.append(Stream(lines.words(b"stream", 5)))
        need(len(self.streams) <= STREAMS_MAX, "streams")
        keys = [s.key for s in self.streams]
        need(all(a < b for a, b in zip(keys, keys[1:])), "order of streams")


class Deletion:
    def __init__(self, text):
        lines = Lines(text)
        self.store = from_hex(lines.take(DELETION), 16)
        self.number = from_decimal(lines.take(b"number"), COUNT_MAX)
        self.previous = lines.hash(b"previous")
        self.checkpoint = from_decimal(lines.take(b"checkpoint"), COUNT_MAX)
        self.time = from_time(lines.take(b"time"))
        self.why = lines.take(b"why")
        need(self.why in WHYS, "why")
        lane, months = lines.words(b"stream", 2)
        self.stream = (from_decimal(lane, 2**32 - 1), from_decimal(months, 2**16 - 1))
        begin, end = lines.words(b"leaves", 2)
        self.begin, self.end = from_decimal(begin, SIZE_MAX), from_decimal(end, SIZE_MAX)
        need(self.begin < self.end, "leaves")
        self.hashes = [lines.hash(b"hash") for _ in range(bin(self.end).count("1"))]
        self.blocks, at = [], self.begin
        while lines.left:
            first, behind, digest = lines.words(b"block", 3)
            first, behind = from_decimal(first, SIZE_MAX), from_decimal(behind, SIZE_MAX)
            need(first == at < behind and len(self.blocks) < BLOCKS_MAX, "block")
            self.blocks.append((first, behind, from_base64(digest, 32)))
            at = behind
        need(at == self.end, "block")


# --- Does each note follow from those before? -------------------------------------------------------

BACK_NS = 5 * 10**9


class Wrong(Exception):
    def __init__(self, fault):
        super().__init__(fault)
        self.fault = fault


def right(good, fault):
    if not good:
        raise Wrong(fault)


class Links:
    """The rules of the ledger. A note that does not follow raises Wrong and changes nothing."""

    def __init__(self, root, anchors):
        self.root, self.anchors = root, anchors
        self.store = self.name = self.key = None
        self.next, self.last, self.whole = 0, ZEROS, None
        self.time, self.boot, self.clock = 0, bytes(16), 0
        self.deletions, self.deletion = 0, ZEROS
        self.streams = {}  # (lane, months): Stream, with `gone` as of the last deletion
        self.notes = self.clocks = self.clock_at = 0

    def note(self, note, first):
        whole = sha256(note.whole)
        if first and whole == self.whole:
            return
        for magic, read, follow in ((CHECKPOINT, Checkpoint, self.checkpoint),
                                    (CERTIFICATE, Certificate, self.certificate),
                                    (DELETION, Deletion, self.deleted)):
            if note.text.startswith(magic + b" "):
                try:
                    thing = read(note.text)
                except Malformed:
                    raise Wrong("SYNTAX") from None
                follow(note, thing)
                break
        else:
            raise Wrong("SYNTAX")
        self.whole = whole
        self.notes += 1

    def signed(self, note, name, public):
        right(note.name == name and note.key_id == key_id(name, 1, public), "KEY")
        right(signature_good(public, note.text, note.signature), "FORGED")

    def certificate(self, note, c):
        right(self.store in (None, c.store), "STORE")
        right(c.first == self.next and c.previous == self.last, "CERTIFICATE")
        name = b"canh/" + c.store.hex().encode()
        self.signed(note, name, self.root)
        self.store, self.name, self.key = c.store, name, c.key

    def checkpoint(self, note, c):
        right(self.store is not None, "CERTIFICATE")
        right(c.store == self.store, "STORE")
        right(c.number == self.next, "NUMBER")
        right(c.previous == self.last, "PREVIOUS")
        self.signed(note, self.name, self.key)
        now = {s.key: s for s in c.streams}
        for key, was in sorted(self.streams.items()):
            right(key in now and now[key].size >= was.size, "SMALLER")
            right(now[key].size > was.size or now[key].root == was.root, "ROOT")
        right((c.deletions, c.deletion) == (self.deletions, self.deletion), "DELETION")
        for key, s in now.items():
            right(s.gone == (self.streams[key].gone if key in self.streams else 0), "DELETION")
        digest = sha256(note.text)
        right(all(h == digest for n, h in self.anchors if n == c.number), "FORK")
        back = c.time < self.time - BACK_NS or (c.boot == self.boot and c.clock < self.clock)
        if c.number > 0 and back:
            self.clock_at = self.clock_at if self.clocks else c.number
            self.clocks += 1
        self.streams, self.next, self.last, self.key = now, self.next + 1, digest, c.next
        self.time, self.boot, self.clock = c.time, c.boot, c.clock

    def deleted(self, note, d):
        right(self.store is not None, "CERTIFICATE")
        right(d.store == self.store, "STORE")
        right(d.checkpoint == self.next, "NUMBER")
        self.signed(note, self.name, self.key)
        s = self.streams.get(d.stream)
        right((d.number, d.previous) == (self.deletions, self.deletion), "DELETION")
        right(s is not None and d.begin == s.gone and d.end <= s.size, "DELETION")
        right(d.end < s.size or root_of_range(d.hashes) == s.root, "DELETION")
        s.gone = d.end
        self.deletions += 1
        self.deletion = sha256(note.text)

    def end(self):
        right(all(n < self.next for n, _ in self.anchors), "CUT")
        right(self.store is not None, "CERTIFICATE")  # nothing at all is a fault and not a pass
        right(self.clocks == 0, "CLOCK")


# --- The folder --------------------------------------------------------------------------------------

PART = re.compile(r"\d{4}-\d\d-\d\d\.\d{4}\.chain")


def is_part(name):
    if not PART.fullmatch(name):
        return False
    try:
        return datetime.date.fromisoformat(name[:10]).year >= 1970
    except ValueError:
        return False


def parts_of(folder):
    """(name, bytes) of each part, in order."""
    for name in sorted(n for n in os.listdir(folder) if is_part(n)):
        with open(os.path.join(folder, name), "rb") as f:
            yield name, f.read()


class Ledger:
    def __init__(self, parts, links):
        self.links = links
        self.fault, self.part, self.byte, self.torn, self.torn_part = "NONE", "-", 0, 0, None
        try:
            for name, data in parts:
                self.read_part(name, data)
            self.part, self.byte = "-", 0
            self.links.end()
        except Wrong as w:
            self.fault = w.fault

    def read_part(self, name, data):
        self.part, self.byte = name, 0
        while self.byte < len(data):
            try:
                note = note_at(data, self.byte)
            except Malformed:
                right(is_torn(data[self.byte:]), "SYNTAX")
                self.torn += len(data) - self.byte
                self.torn_part = self.torn_part or name
                return
            self.links.note(note, self.byte == 0)
            self.byte += len(note.whole)

    def show(self):
        k = self.links
        print("verdict: %s\ncheckpoint: %d\npart: %s\nbyte: %d" % (self.fault, k.next, self.part, self.byte))
        print("notes: %d\ndeletions: %d\ntorn: %d\nclock-faults: %d\nclock-first: %d"
              % (k.notes, k.deletions, self.torn, k.clocks, k.clock_at))
        if k.next > 0:
            print("last: %s\nanchor: %d:%s" % (put_time(k.time), k.next - 1, k.last.hex()))


# --- Evidence (docs/evidence.md) ----------------------------------------------------------------------

PROOF = b"canh/proof/v1"
SUMS = "SHA256SUMS"
INPUTS = ("syslog-udp", "syslog-tcp", "syslog-tls", "relp", "http", "https", "files", "journal")
EVENT_FILE = re.compile(r"events/(\d\d|[1-9]\d{2,9})-(0|[1-9]\d{0,19})\.(record|proof)")
OTHER_FILES = re.compile(r"README\.txt|verify\.py|root\.pub|events\.txt|ledger/[^/]*\.chain|witness/\d+\.(checkpoint|pub)")


class Proof:
    def __init__(self, text):
        lines = Lines(text)
        self.store = from_hex(lines.take(PROOF), 16)
        self.checkpoint = from_decimal(lines.take(b"checkpoint"), COUNT_MAX)
        lane, months = lines.words(b"stream", 2)
        self.stream = (from_decimal(lane, 2**32 - 1), from_decimal(months, 2**16 - 1))
        self.leaf = from_decimal(lines.take(b"leaf"), SIZE_MAX)
        self.hashes = []
        while lines.left:
            self.hashes.append(lines.hash(b"hash"))


def readable(text):
    """Bytes that would do more than be read are \\xNN; a line end goes on below."""
    return re.sub(rb"[\x00-\x1f\x7f]", lambda m: b"\n    " if m[0] == b"\n" else b"\\x%02x" % m[0][0], text)


class Record:
    def __init__(self, data):
        need(len(data) >= 46, "a record is cut")
        self.store, self.lane, self.sequence, self.receipt, self.flags, self.lines, self.input, self.proven, size = \
            struct.unpack_from("<16sIQqHHBBI", data)
        self.source = data[46:46 + size]
        need(len(data) >= 50 + size and self.input < len(INPUTS) and self.proven <= 1, "a record says what cannot be")
        self.raw = data[50 + size:]
        need(struct.unpack_from("<I", data, 46 + size)[0] == len(self.raw), "a record is cut")
        self.leaf = sha256(b"\0", data)

    def text(self):
        return b"event %02d-%d  received %s  by %s  %s  flags %d  from %s\n    %s\n\n" % (
            self.lane, self.sequence, put_time(self.receipt).encode(), INPUTS[self.input].encode(),
            b"authenticated" if self.proven else b"unauthenticated", self.flags, readable(self.source),
            readable(self.raw))


class Points(Links):
    """What checkpoints say, of those that somebody asks for."""

    def __init__(self, root, anchors, wanted):
        super().__init__(root, anchors)
        self.wanted, self.points = wanted, {}

    def checkpoint(self, note, c):
        super().checkpoint(note, c)
        if c.number in self.wanted:
            self.points[c.number] = (note, {s.key: s for s in c.streams})

    def end(self):
        right(all(n < self.next for n, _ in self.anchors), "CUT")
        right(self.store is not None, "CERTIFICATE")  # a clock that was set back once is told, and no fault


class Evidence:
    """Files by their names. self.faults are (place, name, what)."""

    def __init__(self, files, root, anchors, witness_keys):
        self.files, self.faults, self.told = files, [], []
        self.proofs, self.records = {}, {}
        self.check_sums()
        self.read_events()
        self.check_ledger(self.find_root(root), anchors)
        for key in sorted(set(self.proofs) | set(self.records)):
            self.check_event(key)
        self.check_text()
        for name in sorted(f for f in files if f.endswith(".checkpoint")):
            self.check_witness(name, witness_keys)

    def fault(self, where, name, what):
        self.faults.append((where, name, what))

    def check_sums(self):
        listed, text = {}, self.files.get(SUMS, b"")
        for line in text.split(b"\n")[:-1]:
            m = re.fullmatch(rb"([0-9a-f]{64})  ([!-~]+)", line)
            if not m or m.group(2).decode() in listed:
                self.fault(SUMS, "SUMS", "a line is not as it must be")
                continue
            listed[m.group(2).decode()] = m.group(1).decode()
        if not text.endswith(b"\n"):
            self.fault(SUMS, "SUMS", "it is cut, or missing")
        for name in sorted(set(listed) | set(self.files) - {SUMS}):
            if name not in self.files:
                self.fault(name, "SUMS", "it is missing")
            elif name not in listed:
                self.fault(name, "SUMS", SUMS + " does not have it")
            elif hashlib.sha256(self.files[name]).hexdigest() != listed[name]:
                self.fault(name, "SUMS", "it is not the file that %s has" % SUMS)
            if not EVENT_FILE.fullmatch(name) and not OTHER_FILES.fullmatch(name):
                self.fault(name, "NAME", "it does not belong here")

    def read_events(self):
        for name, data in self.files.items():
            m = EVENT_FILE.fullmatch(name)
            if not m:
                continue
            key = (int(m.group(1)), int(m.group(2)))
            to, read = (self.records, Record) if m.group(3) == "record" else (self.proofs, Proof)
            try:
                to[key] = read(data)
            except Malformed as e:
                to[key] = None
                self.fault(name, m.group(3).upper(), "it cannot be read: %s" % e)

    def find_root(self, root):
        try:
            own = read_key_file(self.files.get("root.pub", b""))
        except Malformed:
            self.fault("root.pub", "KEY", "it is no public key")
            own = (b"", ZEROS)
        if root is not None and root != own[1]:
            self.fault("root.pub", "KEY", "it is not the root key that you gave")
        public = own[1] if root is None else root
        self.told.append("root key: %s, %s" % (base64.b64encode(b"\1" + public).decode(), "yours" if root else
                         "out of the evidence itself: compare it with one from elsewhere (--root)"))
        return public

    def check_ledger(self, root, anchors):
        wanted = {p.checkpoint for p in self.proofs.values() if p}
        for name, data in self.files.items():
            if name.endswith(".checkpoint"):
                wanted.add(self.witnessed(name, data)[0])
        self.links = Points(root, anchors, wanted)
        parts = sorted((n[7:], d) for n, d in self.files.items() if n.startswith("ledger/") and is_part(n[7:]))
        ledger = Ledger(parts, self.links)
        if ledger.fault != "NONE":
            where = "ledger" if ledger.part == "-" else "ledger/%s, byte %d" % (ledger.part, ledger.byte)
            self.fault(where, ledger.fault, "the signed checkpoints do not follow from one another")
        elif ledger.torn:
            self.fault("ledger/" + ledger.torn_part, "TORN", "it has bytes behind its last note")
        if self.links.clocks:
            self.told.append("the store's clock was set back before checkpoint %d" % self.links.clock_at)

    def check_event(self, key):
        where = "events/%02d-%d" % key
        proof, record = self.proofs.get(key), self.records.get(key)
        if proof is None or record is None:
            if key not in self.proofs or key not in self.records:
                self.fault(where, "PROOF", "its record, or its proof, is missing")
            return
        point = self.links.points.get(proof.checkpoint)
        stream = point[1].get(proof.stream) if point else None
        if (record.lane, record.sequence) != key or proof.stream[0] != record.lane or \
                not self.links.store == proof.store == record.store:
            self.fault(where + ".record", "RECORD", "it is another event than its name says, or of another store")
        elif stream is None:
            self.fault(where + ".proof", "PROOF", "the ledger has no such checkpoint, or none with such a stream")
        elif not shows_inclusion(record.leaf, proof.leaf, stream.size, proof.hashes, stream.root):
            self.fault(where, "PROOF", "it is not the event that was signed")

    def check_text(self):
        records = [self.records[k] for k in sorted(self.records) if self.records[k]]
        try:
            text = b"".join(r.text() for r in records)
        except OverflowError:
            text = None  # a time that no clock shows
        if self.files.get("events.txt") != text:
            self.fault("events.txt", "TEXT", "it does not say what the records say")

    def witnessed(self, name, data):
        """Number and note of a witness's checkpoint, and the line behind it."""
        try:
            note = note_at(data, 0)
            return Checkpoint(note.text).number, note, data[len(note.whole):]
        except Malformed:
            return -1, None, b""

    def check_witness(self, name, keys):
        number, note, line = self.witnessed(name, self.files[name])
        point = self.links.points.get(number)
        if note is None or point is None or point[0].whole != note.whole:
            self.fault(name, "WITNESS", "what it has seen is not in the ledger")
            return
        own = [self.files[f] for f in sorted(self.files) if f.startswith("witness/") and f.endswith(".pub")]
        for text, whose in [(k, "yours") for k in keys] + [(k, "out of the evidence") for k in own]:
            try:
                who, public = read_key_file(text, 4)
                seconds = cosigned(line, who, public, note.text)
            except Malformed:
                continue
            self.told.append("witness %s saw checkpoint %d at %s (its key: %s)" % (
                who.decode(), number, put_time(seconds * 10**9), whose))
            return
        self.fault(name, "WITNESS", "no key that is known has signed it (--witness-key)")


def cosigned(line, who, public, text):
    """When this witness signed this checkpoint: C2SP tlog-cosignature, cosignature/v1. Malformed."""
    need(line.startswith(DASH + who + b" ") and line.endswith(b"\n"), "a cosignature")
    coded = from_base64(line[len(DASH + who) + 1:-1], 76)
    need(coded[:4] == key_id(who, 4, public), "another key")
    seconds = struct.unpack(">Q", coded[4:12])[0]
    need(seconds < 2**33 and signature_good(public, b"cosignature/v1\ntime %d\n" % seconds + text, coded[12:]),
         "a cosignature")
    return seconds


def files_of(path):
    """What is in a folder or a tar file, by name."""
    if not os.path.isdir(path):
        with tarfile.open(path) as tar:
            return {os.path.normpath(m.name): tar.extractfile(m).read() for m in tar if m.isfile()}
    files = {}
    for at, _, names in os.walk(path):
        for name in names:
            with open(os.path.join(at, name), "rb") as f:
                files[os.path.relpath(os.path.join(at, name), path)] = f.read()
    return files


def do_evidence(a):
    keys = [read_bytes(path, 512) for path in a.witness_key]
    try:
        files = files_of(a.path)
    except tarfile.TarError as e:
        raise Malformed("no tar file: %s" % e) from None
    e = Evidence(files, read_root(a.root) if a.root else None, [read_anchor(t) for t in a.anchor], keys)
    for where, name, what in e.faults:
        print("%s: %s: %s" % (where, name, what))
    k = e.links
    if e.faults:
        print("%d fault%s: this is not the evidence that was made." % (len(e.faults), "s" * (len(e.faults) > 1)))
        return False
    print("%d events are what was stored and signed, by %s at the latest." % (len(e.records), put_time(
        max(Checkpoint(n.text).time for n, _ in k.points.values()))))
    print("\n".join(e.told))
    print("anchor: %d:%s" % (k.next - 1, k.last.hex()))
    return True


# --- Commands ----------------------------------------------------------------------------------------


def read_anchor(text):
    number, colon, digest = text.encode().partition(b":")
    need(colon, "anchor")
    return from_decimal(number, COUNT_MAX), from_hex(digest, 32)


def read_root(path):
    name, public = read_key_file(read_bytes(path, 512))
    need(re.fullmatch(rb"canh/[0-9a-f]{32}", name), "root key")
    return public


def read_bytes(path, most):
    with open(path, "rb") as f:
        return f.read(most)


def witness_anchor(path, keys):
    """An anchor out of what a witness keeps of a store, which one of these keys has to have signed."""
    data = read_bytes(path, 2 * NOTE_MAX)
    note = note_at(data, 0)
    for text in keys:
        try:
            cosigned(data[len(note.whole):], *read_key_file(text, 4), note.text)
            return Checkpoint(note.text).number, sha256(note.text)
        except Malformed:
            continue
    raise Malformed("%s is not signed by a witness whose key was given" % path)


def anchors_of(a):
    keys = [read_bytes(path, 512) for path in a.witness_key]
    return [read_anchor(t) for t in a.anchor] + [witness_anchor(path, keys) for path in a.witness]


def do_store(a):
    import verify_store  # reads what only whole stores have, with libraries that only they need

    root = read_root(a.root or os.path.join(a.folder, "keys", "root.pub"))
    try:
        store = verify_store.Store(a.folder, root, anchors_of(a))
    except verify_store.Unreadable as e:
        raise Malformed(str(e)) from None
    verify_store.show(store, a.json)
    return not store.faults


def do_ledger(a):
    ledger = Ledger(parts_of(a.folder), Links(read_root(a.root), [read_anchor(t) for t in a.anchor]))
    ledger.show()
    return ledger.fault == "NONE"


def do_inclusion(a):
    good = shows_inclusion(bytes.fromhex(a.leaf), a.index, a.size, [bytes.fromhex(h) for h in a.hashes],
                           bytes.fromhex(a.root_hash))
    print("proven" if good else "not proven")
    return good


def do_consistency(a):
    good = shows_consistency(a.old, bytes.fromhex(a.old_root), a.size, bytes.fromhex(a.root_hash),
                             [bytes.fromhex(h) for h in a.hashes])
    print("proven" if good else "not proven")
    return good


def main(words=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    sub = parser.add_subparsers(dest="command", required=True)
    p = sub.add_parser("store", help="a whole store: what it holds, laid against what was signed")
    p.add_argument("--root", help="root.pub, kept elsewhere (default: the one in the store)")
    p.add_argument("--anchor", action="append", default=[], help="NUMBER:HASH of a checkpoint, from elsewhere")
    p.add_argument("--witness", action="append", default=[], help="what a witness keeps of it: STORE.checkpoint")
    p.add_argument("--witness-key", action="append", default=[], help="witness.pub, from elsewhere")
    p.add_argument("--json", action="store_true", help="an object a fault, and one at the end")
    p.add_argument("folder")
    p.set_defaults(run=do_store)
    p = sub.add_parser("ledger", help="the signed checkpoints of a store")
    p.add_argument("--root", required=True, help="root.pub, kept elsewhere")
    p.add_argument("--anchor", action="append", default=[], help="NUMBER:HASH of a checkpoint, from elsewhere")
    p.add_argument("folder")
    p.set_defaults(run=do_ledger)
    p = sub.add_parser("evidence", help="events that canh export wrote")
    p.add_argument("--root", help="root.pub of the store, from elsewhere")
    p.add_argument("--anchor", action="append", default=[], help="NUMBER:HASH of a checkpoint, from elsewhere")
    p.add_argument("--witness-key", action="append", default=[], help="witness.pub, from elsewhere")
    p.add_argument("path", metavar="FOLDER|TAR")
    p.set_defaults(run=do_evidence)
    p = sub.add_parser("inclusion", help="a leaf is in a tree")
    for name, kind in (("root-hash", str), ("size", int), ("index", int), ("leaf", str)):
        p.add_argument("--" + name, required=True, type=kind)
    p.add_argument("hashes", nargs="*")
    p.set_defaults(run=do_inclusion)
    p = sub.add_parser("consistency", help="a tree begins with another")
    for name, kind in (("old", int), ("old-root", str), ("size", int), ("root-hash", str)):
        p.add_argument("--" + name, required=True, type=kind)
    p.add_argument("hashes", nargs="*")
    p.set_defaults(run=do_consistency)
    words = sys.argv[1:] if words is None else words
    if words and words[-1] not in sub.choices and not set(words) & (set(sub.choices) | {"-h", "--help"}):
        words = ["store", *words]
    a = parser.parse_args(words)
    try:
        return 0 if a.run(a) else 1
    except (OSError, ValueError, Malformed) as e:
        print("verify.py: %s" % e, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
