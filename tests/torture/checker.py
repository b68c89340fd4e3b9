"""What a store must be, read by someone who did not write it.

    checker.py DATA [RUN=FILE ...]    the store below DATA; what `canh send --acks` wrote of a run

It knows docs/store.md and what `canh send` puts into an event, and shares no code with the server.
Only XXH3 is not its own: libxxhash through ctypes. What it finds wrong are sentences in
Report.wrong.

Lanes     every frame that counts checks; sequences neither skip nor repeat; `matched` only grows
          and is never ahead of the events; bodies hold as many records as their heads say.
Events    each is whole: as long as it was sent; of one connection they stand in order; none is
          there twice; what was acknowledged is there.
Findings  the rule of the torture finds every event whose canh_seq ends in 7: of the events below
          `matched` each has exactly one finding that counts, nothing else has any. A finding about
          an event below the greatest `matched` of the frames before repeats one that counts.
"""

import ctypes
import os
import re
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools"))
import verify  # noqa: E402 (the folder is known only now)
import verify_body  # noqa: E402
import verify_store  # noqa: E402

KINDS = ("EVENTS", "FINDINGS", "INPUTS", "SOURCES", "CHECKPOINTS", "BATCHES", "STATE")
EVENTS, FINDINGS, STATE = 0, 1, 6
MORE = 1  # a frame's flag: frames of the same group follow
HEAD = struct.Struct("<8sII16sIIQQQ")  # mark, version, lane, store, number, before.., sequence
FRAME = struct.Struct("<4sBB2xIIQQqQQQ")
RECORD = struct.Struct("<IIHHI")
FINDING = struct.Struct("<QqQBBHI")
BODY_MAX = 64 << 20
TRACER = 4          # of an event
FINDING_TRACER = 2
WRONG_MAX = 20  # sentences; what goes wrong once goes wrong often

NUMBERS = re.compile(rb"canh_run=(\S+) canh_conn=(\d+) canh_seq=(\d+) ")

_xxh = ctypes.CDLL("libxxhash.so.0").XXH3_64bits
_xxh.restype = ctypes.c_uint64
_xxh.argtypes = [ctypes.c_void_p, ctypes.c_size_t]


class Bytes:
    """A file in memory, and hashes of parts of it."""

    def __init__(self, path):
        with open(path, "rb") as f:
            self.data = bytearray(f.read())
        self.size = len(self.data)
        self.at = ctypes.addressof((ctypes.c_char * max(self.size, 1)).from_buffer(self.data)) \
            if self.size else 0

    def hash(self, at, size):
        return _xxh(self.at + at, size) if size else _xxh(None, 0)


class Frame:
    __slots__ = ("kind", "more", "size", "count", "sequence", "matched", "body", "end")


class Segment:
    def __init__(self, path, number):
        self.path = path
        self.number = number
        self.frames = []
        self.whole = 0  # frames of whole groups
        self.good = False
        self.head_hash = 0
        self.before = (0, 0)
        self.store = None
        self.sequence = 0

    def read(self):
        """The bytes of the file; self.frames are those that check."""
        b = Bytes(self.path)
        if b.size < 64:
            return b
        (mark, version, self.lane, self.store, number, before, self.sequence, before_bytes,
         told) = HEAD.unpack_from(b.data, 0)
        if mark != b"canhlane" or version != 1 or number != self.number or told != b.hash(0, 56):
            return b
        self.good = True
        self.head_hash = told
        self.before = (before, before_bytes)
        at, link = 64, told
        while at + 64 <= b.size:
            f = Frame()
            (mark, f.kind, flags, f.size, f.count, f.sequence, f.matched, _, linked, body,
             told) = FRAME.unpack_from(b.data, at)
            f.more = flags & MORE
            f.body = at + 64
            f.end = f.body + (f.size + 7) // 8 * 8
            if mark != b"CFRM" or linked != link or f.size > BODY_MAX or f.end > b.size or \
                    told != b.hash(at, 56) or body != b.hash(f.body, f.size):
                break
            self.frames.append(f)
            if not f.more:
                self.whole = len(self.frames)
            at, link = f.end, told
        return b

    def counted(self, limit):
        """The frames that count: up to `limit`, or where nothing says how far (None), whole groups."""
        return self.frames[:self.whole] if limit is None else [f for f in self.frames if f.end <= limit]


class Lane:
    def __init__(self, number):
        self.number = number
        self.next = None        # number of the next event
        self.sealed = 1         # number of the first event that is not sealed
        self.matched = 0
        self.events = 0
        self.sevens = set()     # events that the rule finds
        self.found = set()      # events with a finding that counts
        self.repeated = 0
        self.tracers = set()    # our own events: they arrive and count in no figure
        self.last = {}          # (run, conn) -> number seen last


class Report:
    """Of a store: what lies in its lanes and, with `sealing`, what was sealed."""

    def __init__(self, size=400, partial=(), sealing=False):
        self.sealing = sealing
        self.wrong = []
        self.more = 0
        self.size = size            # bytes of an event as it was sent
        self.partial = partial      # runs whose events may be cut: the sender of lines was killed
        self.cut = 0
        self.lanes = []
        self.seen = {}              # (run, conn) -> bytearray by number
        self.store = None

    def say(self, text, *args):
        if len(self.wrong) < WRONG_MAX:
            self.wrong.append(text % args)
        else:
            self.more += 1

    events = property(lambda r: sum(x.events for x in r.lanes))
    found = property(lambda r: sum(len(x.found) for x in r.lanes))
    sevens = property(lambda r: sum(len(x.sevens) for x in r.lanes))
    repeated = property(lambda r: sum(x.repeated for x in r.lanes))

    def of_run(self, run):
        """Events that are there of one run."""
        return sum(b.count(1) for (r, _), b in self.seen.items() if r == run)

    # --- what an event is ----------------------------------------------------------------------

    def event(self, lane, sequence, data, at, size):
        m = NUMBERS.search(data, at, at + size)
        if m is None or size != self.size:
            self.odd(lane, sequence, bytes(data[at:at + size]), m)
            return
        key, n = (bytes(m[1]), int(m[2])), int(m[3])
        if n % 10 == 7:
            lane.sevens.add(sequence)
        if lane.last.get(key, 0) >= n:
            self.say("lane %d, event %d: %s/%d: number %d comes behind %d", lane.number, sequence,
                     key[0].decode(), key[1], n, lane.last[key])
        lane.last[key] = n
        seen = self.seen.get(key)
        if seen is None:
            seen = self.seen[key] = bytearray(4096)
        if n >= len(seen):
            seen.extend(bytes(max(n + 1, 2 * len(seen)) - len(seen)))
        if seen[n]:
            self.say("lane %d, event %d: %s/%d: number %d is there twice", lane.number, sequence,
                     key[0].decode(), key[1], n)
        seen[n] = 1

    def odd(self, lane, sequence, raw, m):
        """An event that is not as it was sent: the end of a connection of lines, or torn."""
        run = re.search(rb"canh_run=(\S+)", raw)
        if raw.startswith(b"<38>1 ") and len(raw) < self.size and \
                (run is None or run[1] in self.partial):
            self.cut += 1
            if m is not None and int(m[3]) % 10 == 7:
                lane.sevens.add(sequence)
            return
        self.say("lane %d, event %d is torn (%d bytes): %.80r", lane.number, sequence, len(raw),
                 raw)

    # --- frames --------------------------------------------------------------------------------

    def events_frame(self, lane, f, data, where):
        at, end, n = f.body, f.body + f.size, 0
        if lane.next is not None and f.sequence != lane.next:
            self.say("%s: events begin at %d, %d is next", where, f.sequence, lane.next)
        unpack = RECORD.unpack_from
        while at + 16 <= end:
            size, _, flags, _, _ = unpack(data, at)
            at += 16 + size
            if at > end:
                break
            if f.sequence + n >= lane.sealed:
                self.take(lane, f.sequence + n, flags, data, at - size, size)
            n += 1
        if at != end or n != f.count:
            self.say("%s: %d events, the head says %d", where, n, f.count)
        lane.next = f.sequence + f.count

    def take(self, lane, sequence, flags, data, at, size):
        if flags & TRACER:
            lane.tracers.add(sequence)
            return
        lane.events += 1
        self.event(lane, sequence, data, at, size)

    def findings_frame(self, lane, f, data, where):
        at, end, n = f.body, f.body + f.size, 0
        while at + 4 <= end:
            size = struct.unpack_from("<I", data, at)[0]
            at += 4 + size
            if at > end:
                break
            self.finding(lane, data, at - size, at, where)
            n += 1
        if at != end or n != f.count:
            self.say("%s: %d findings, the head says %d", where, n, f.count)

    def finding(self, lane, data, at, end, where):
        if end - at < 52:
            self.say("%s: a finding of %d bytes", where, end - at)
            return
        sequence, _, _, _, flags, _, _ = FINDING.unpack_from(data, at)
        at += FINDING.size
        for _ in range(5):
            n = struct.unpack_from("<I", data, at)[0] if at + 4 <= end else end
            at += 4 + n
        if at != end:
            self.say("%s: a finding about %d is not whole", where, sequence)
        if sequence >= lane.next:
            self.say("%s: a finding about event %d, %d is next", where, sequence, lane.next)
        if sequence < lane.sealed:
            return  # others about such events are gone with their segments
        if (flags & FINDING_TRACER != 0) != (sequence in lane.tracers):
            self.say("%s: a finding about %d, flags %d: a tracer in one of them only", where,
                     sequence, flags)
        if flags & FINDING_TRACER:
            return
        if sequence < lane.matched or sequence in lane.found:
            if sequence not in lane.found:
                self.say("%s: a finding about %d comes when all below %d was matched", where,
                         sequence, lane.matched)
            lane.repeated += 1
            return
        lane.found.add(sequence)

    def frame(self, lane, segment, f, data):
        where = "lane %d, segment %d, byte %d" % (lane.number, segment.number, f.body - 64)
        if f.kind == EVENTS:
            self.events_frame(lane, f, data, where)
        else:
            if lane.next is not None and f.sequence != lane.next:
                self.say("%s: %s at %d, %d is next", where,
                         KINDS[f.kind] if f.kind < len(KINDS) else f.kind, f.sequence, lane.next)
            if lane.next is None:
                lane.next = f.sequence
            if f.kind == FINDINGS:
                self.findings_frame(lane, f, data, where)
        if f.matched < lane.matched:
            self.say("%s: matched falls from %d to %d", where, lane.matched, f.matched)
        if f.matched > lane.next:
            self.say("%s: matched is %d, %d is next", where, f.matched, lane.next)
        lane.matched = max(lane.matched, f.matched)

    # --- lanes ---------------------------------------------------------------------------------

    def lane(self, folder, number):
        lane = Lane(number)
        if self.sealing:
            self.sealed(lane)
        names = sorted(n for n in os.listdir(folder) if n.endswith(".lane"))
        segments = [Segment(os.path.join(folder, n), int(n[:-5])) for n in names]
        heads = []
        for s in segments:  # heads first: each says how far the one before counts
            with open(s.path, "rb") as f:
                head = f.read(64)
            if len(head) == 64 and head[:8] == b"canhlane":
                probe = HEAD.unpack(head)
                buffer = ctypes.create_string_buffer(head, 64)
                if probe[4] == s.number and probe[8] == _xxh(ctypes.addressof(buffer), 56):
                    s.before = (probe[5], probe[7])
                    heads.append(s)
        for i, s in enumerate(heads):
            limit = None
            if i + 1 < len(heads):
                segment, size = heads[i + 1].before
                limit = None if segment == 0 or segment > s.number else \
                    size if segment == s.number else 0
            self.segment(lane, s, limit)
        self.lanes.append(lane)
        if lane.next is None:
            lane.next = lane.matched = 1
        if lane.next < lane.sealed:
            self.say("lane %d ends with %d, but is sealed up to %d", number, lane.next - 1, lane.sealed - 1)

    def segment(self, lane, s, limit):
        data = s.read()
        if not s.good:
            return
        if s.lane != lane.number or (self.store is not None and s.store != self.store):
            self.say("%s: of lane %d, store %s", s.path, s.lane, s.store.hex())
        counted = s.counted(limit)
        if counted and counted[-1].more:
            self.say("%s: counts up to %d, in the middle of a group", s.path, counted[-1].end)
        if limit and (not counted and limit > 64 or counted and counted[-1].end != limit):
            self.say("%s: counts up to %d, checks up to %d", s.path, limit,
                     s.frames[-1].end if s.frames else 64)
        if lane.next is None and counted and s.sequence != counted[0].sequence:
            self.say("%s: the head says %d, the first frame %d", s.path, s.sequence,
                     counted[0].sequence)
        if lane.next is not None and s.sequence != lane.next and counted:
            self.say("%s begins at %d, %d is next", s.path, s.sequence, lane.next)
        if lane.next is None and s.sequence > lane.sealed:
            self.say("%s begins at %d, sealed is up to %d", s.path, s.sequence, lane.sealed - 1)
        for f in counted:
            self.frame(lane, s, f, data.data)

    def sealed(self, lane):
        """What was sealed of it, a run after the other, by tools/verify_store.py. What the rule finds in it was found,
        as far as lanes can say: the desk's database says the rest."""
        runs = {}
        for f in self.catalog:
            if f.lane == lane.number and f.counts:
                runs.setdefault(f.run(), []).append(f)
        for (first, last), files in sorted(runs.items()):
            if first != lane.sealed:
                self.say("lane %d: %d to %d are sealed, %d is next", lane.number, first, last, lane.sealed)
            events = []
            for f in files:
                with open(os.path.join(self.data, f.where), "rb") as file:
                    sealed = verify_store.Sealed(file.read(), f)
                events += [e for b in sealed.blocks for e in verify_body.events(sealed.body(b))]
            events.sort(key=lambda e: e.sequence)
            if [e.sequence for e in events] != list(range(first, last + 1)):
                self.say("lane %d: of %d to %d only %d events are sealed", lane.number, first, last, len(events))
            for e in events:
                self.take(lane, e.sequence, e.flags, e.raw, 0, len(e.raw))
            self.runs += 1
            lane.sealed = last + 1
        lane.found |= lane.sevens

    def verify(self, root):
        """Does all of it hold against what was signed?"""
        for name, where in verify_store.Store(self.data, verify.read_root(root), []).faults:
            self.say("verify.py: %s: %s", where, name)

    def read(self, data):
        self.data, self.runs = data, 0
        if self.sealing:
            self.catalog, _ = verify_store.catalog(os.path.join(data, "sealed"))
        with open(os.path.join(data, "store"), encoding="ascii") as f:
            self.store = bytes.fromhex(f.read().strip())
        for name in sorted(os.listdir(os.path.join(data, "lanes"))):
            self.lane(os.path.join(data, "lanes", name), int(name))
        return self

    # --- what must hold of all -----------------------------------------------------------------

    def acknowledged(self, run, ranges):
        """Ranges (conn, first, last) of one run. Returns how many events they hold."""
        count = 0
        for conn, first, last in ranges:
            seen = self.seen.get((run, conn), b"")
            there = seen[first:last + 1].count(1)
            count += last - first + 1
            if there != last - first + 1:
                gone = next(n for n in range(first, last + 1) if n >= len(seen) or not seen[n])
                self.say("%s/%d: %d acknowledged events of %d to %d are not there (first: %d)",
                         run.decode(), conn, last - first + 1 - there, first, last, gone)
        return count

    def matched(self, whole):
        """Findings against events; `whole`: nothing may be left that was not matched."""
        for lane in self.lanes:
            if whole and lane.matched != lane.next:
                self.say("lane %d: matched is %d, %d is next", lane.number, lane.matched, lane.next)
            want = {n for n in lane.sevens if n < lane.matched}
            got = {n for n in lane.found if n < lane.matched}
            for what, some in (("have no finding", want - got), ("were found and should not be",
                                                                 lane.found - lane.sevens)):
                if some:
                    self.say("lane %d: %d events %s (first: %d)", lane.number, len(some), what,
                             min(some))
        return self


def read_acks(path, size=None):
    """[(conn, first, last)], of the first `size` bytes; a line that is not whole does not count."""
    with open(path, "rb") as f:
        data = f.read() if size is None else f.read(size)
    lines = data[:data.rfind(b"\n") + 1].splitlines()
    return [tuple(int(w) for w in line.split()) for line in lines]


def main(args):
    report = Report().read(args[0])
    acked = sum(report.acknowledged(a.split("=")[0].encode(), read_acks(a.split("=", 1)[1]))
                for a in args[1:])
    report.matched(False)
    for text in report.wrong:
        print("wrong: " + text)
    print("%d events, %d acknowledged, %d findings of %d, %d repeated, %d wrong" % (
        report.events, acked, report.found, report.sevens, report.repeated,
        len(report.wrong) + report.more))
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
