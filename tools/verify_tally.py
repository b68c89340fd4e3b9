"""Reads the tallies of a sealed file: docs/store.md, "Tallies".

Used by verify_store.py. What the values of most names are follows from the taxonomy, which only the program has; that
they come to all events is seen here, and sources and inputs can be counted.
"""
import struct

from verify_block import Taker, TEXT_MAX
from verify_bytes import check, frame_size, unpack

NAMES, NAME_BYTES, VALUES = 32, 64, 2048
INSIDE, PUT = 8 << 20, 1 << 20
INPUTS = (b"syslog-udp", b"syslog-tcp", b"syslog-tls", b"relp", b"http", b"https", b"files", b"journal")


class Tally:
    """How many events have which value of a name; None: none."""

    def __init__(self, t, events):
        self.name, count = t.text(), t.number()
        check(0 < len(self.name) <= NAME_BYTES and count <= VALUES, "a tally")
        sizes = t.numbers(count)
        self.values = [t.bytes(n - 1) if n else None for n in sizes]
        check(all(n for n in sizes[1:]) and all(a is None or a < b for a, b in zip(self.values, self.values[1:])),
              "values do not ascend")
        self.times = t.numbers(count)
        check(all(self.times) and sum(self.times) == events, "a tally does not come to all events")

    def counts(self):
        return dict(zip(self.values, self.times))


class Tallies:
    def __init__(self, part):
        size = frame_size(part, min(INSIDE, TEXT_MAX))
        check(len(part) <= PUT and size <= INSIDE, "the tallies are too large")
        t = Taker(unpack(part, size))
        try:
            self.reading, self.events = struct.unpack("<Q", t.bytes(8))[0], t.number()
            timed, self.times = t.number(), None
            check(timed <= 1, "a flag")
            if timed:
                self.times = t.signed(), t.signed()
                check(self.times[0] <= self.times[1], "times")
            count = t.number()
            check(count <= NAMES, "there are too many tallies")
            self.of = [Tally(t, self.events) for _ in range(count)]
        except IndexError:
            check(False, "the tallies end too early")
        check(t.at == len(t.data), "there is something behind the tallies")

    def agrees(self, events, counts):
        """With what was counted of events: by name, the counts of values."""
        known = {name.encode(): dict(of) for name, of in counts.items()}
        return self.events == events and all(t.counts() == known[t.name.lower()] for t in self.of
                                             if t.name.lower() in known)
