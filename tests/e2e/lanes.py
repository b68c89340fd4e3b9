"""What lies in a store, read without the server: events with their sources, in the order stored.

Frames are read and checked by tests/torture/checker.py, which knows docs/store.md and shares no code
with the server; here is what it does not look at: what a source number stands for
(src/collect/source.h) and the text of each event.
"""

import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "torture"))
from checker import EVENTS, RECORD, TRACER, Segment  # noqa: E402 (the folder is known only now)

SOURCES = 3
UNAUTHENTICATED, RESEND, CUT = 1, 2, 8  # flags of an event
INPUTS = ("syslog-udp", "syslog-tcp", "syslog-tls", "relp", "http", "https", "files", "journal")


class Event:
    __slots__ = ("lane", "sequence", "flags", "raw", "input", "source")

    def __repr__(self):
        return "%d/%d %s %s %r" % (self.lane, self.sequence, self.input, self.source, self.raw[:200])


def _records(data, at, end):
    while at + 4 <= end:
        size = struct.unpack_from("<I", data, at)[0]
        at += 4 + size
        yield bytes(data[at - size:at])


def _frame(lane, f, data, known, found):
    end = f.body + f.size
    if f.kind == SOURCES:
        for r in _records(data, f.body, end):
            number, kind = struct.unpack_from("<IB", r)
            known[number] = (INPUTS[kind], r[8:].decode())
    if f.kind != EVENTS:
        return
    at = f.body
    for i in range(f.count):
        size, source, flags, _, _ = RECORD.unpack_from(data, at)
        at += RECORD.size + size
        if flags & TRACER:
            continue
        e = Event()
        e.lane, e.sequence, e.flags = lane, f.sequence + i, flags
        e.raw = bytes(data[at - size:at])
        e.input, e.source = known[source]
        found.append(e)


def read_lane(folder, lane):
    """The events of one lane. What a crash or a full disk left behind the durable end is no part."""
    segments = []
    for name in sorted(n for n in os.listdir(folder) if n.endswith(".lane")):
        s = Segment(os.path.join(folder, name), int(name[:-5]))
        s.data = s.read().data
        if s.good:
            segments.append(s)
    known, found = {}, []
    for i, s in enumerate(segments):
        limit = None
        if i + 1 < len(segments):
            number, size = segments[i + 1].before
            limit = size if number == s.number else 0 if 0 < number < s.number else None
        for f in s.counted(limit):
            _frame(lane, f, s.data, known, found)
    return found


def read(data):
    """All events below a server's data folder, lane by lane."""
    lanes = os.path.join(data, "lanes")
    return [e for name in sorted(os.listdir(lanes))
            for e in read_lane(os.path.join(lanes, name), int(name))]
