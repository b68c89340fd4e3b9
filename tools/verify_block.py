"""Version 2 of the body of a sealed block back into events, and into the fields of their records: docs/block.md.

Used by verify_body.py. What is read may be damaged, or made by somebody: whatever cannot be is Damaged, and no more than
EVENTS_MAX events of TEXT_MAX bytes are made of it.
"""
import datetime
import struct

from verify_bytes import Damaged, Event, EVENTS_MAX, TEXT_MAX, U16, U32, check, frame_size, unpack, xxh3

MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
MASK = (1 << 64) - 1
WRONG = (IndexError, KeyError, OverflowError, ValueError, UnicodeError, struct.error)


def signed_64(v):
    v &= MASK
    return v - (1 << 64) if v >> 63 else v


def opened(frame, room, digest):
    check(room <= TEXT_MAX and xxh3(frame) == digest and frame_size(frame, TEXT_MAX) == room, "a part does not check")
    return unpack(frame, room)


class Taker:
    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def number(self):
        v = shift = 0
        while True:
            c = self.data[self.at]
            self.at += 1
            v |= (c & 127) << shift
            shift += 7
            check(v <= MASK and shift <= 70, "a number has more than 64 bits")
            if c < 128:
                return v

    def signed(self):
        u = self.number()
        return (u >> 1) ^ -(u & 1)

    def numbers(self, count):
        check(count <= len(self.data), "there are not so many numbers")
        return [self.number() for _ in range(count)]

    def bytes(self, n):
        check(n <= len(self.data) - self.at, "there are not so many bytes")
        self.at += n
        return self.data[self.at - n:self.at]

    def byte(self):
        return self.bytes(1)[0]

    def text(self):
        return self.bytes(self.number())


def planes(data, at, rows, n):
    return [sum(data[at + p * rows + i] << 8 * p for p in range(n)) for i in range(rows)]


def pattern_text(pattern, v):
    parts, i = [], 0
    while i < len(pattern):
        two = pattern[i] == "%"
        parts.append(pattern[i:i + 1 + two])
        i += 1 + two
    digits = max([int(p[1]) for p in parts if len(p) == 2 and p[1].isdigit()], default=0)
    seconds, fraction = divmod(v, 10 ** digits)
    t = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)
    say = {"%Y": "%04d" % t.year, "%m": "%02d" % t.month, "%d": "%02d" % t.day, "%H": "%02d" % t.hour,
           "%M": "%02d" % t.minute, "%S": "%02d" % t.second, "%b": MONTHS[t.month - 1], "%e": "%2d" % t.day,
           "%%": "%", "%%%d" % digits: "%0*d" % (digits, fraction)}
    return "".join(say.get(p, p) for p in parts)


def form_text(form, v):
    kind, width, first, second = form
    if kind == 0:
        return first + b"%0*d" % (width, v) + second
    if kind == 1:
        return first + b"%0*x" % (width, v & MASK) + second
    if kind == 2:
        return first + b"%d.%d.%d.%d" % (v >> 24, v >> 16 & 255, v >> 8 & 255, v & 255) + second
    return pattern_text(first.decode("latin-1"), v).encode("latin-1")


class Block:
    """Version 2: envelope (six lists), names, shapes; events()."""

    def __init__(self, data):
        try:
            self.read(data)
        except WRONG as e:
            raise Damaged("a block says what cannot be") from e

    def read(self, data):
        check(len(data) >= 48 and xxh3(data[:40]) == struct.unpack_from("<Q", data, 40)[0], "the head of a block")
        mark, version, self.count, size, room, self.raw_bytes = struct.unpack_from("<4s5I", data)
        directory_hash, whole = struct.unpack_from("<QQ", data, 24)
        check((mark, version, whole) == (b"CEVT", 2, len(data)) and self.count <= EVENTS_MAX, "the head of a block")
        directory, at = opened(data[48:48 + size], room, directory_hash), 48 + size
        t, self.parts = Taker(directory), []
        for _ in range(t.number()):
            stored, room = t.numbers(2)
            self.parts.append(opened(data[at:at + stored], room, struct.unpack("<Q", t.bytes(8))[0]))
            at += stored
        check(at == len(data), "there is more behind the parts")
        self.envelope = [self.column_numbers(t, self.count) for _ in range(6)]
        self.pool = []
        for _ in range(t.number()):
            part, count = t.numbers(2)
            values = Taker(self.parts[part])
            self.pool += [values.bytes(n) for n in values.numbers(count)]
            check(values.at == len(self.parts[part]), "there is more behind the values")
        self.names = [(t.number(), t.text()) for _ in range(t.number())]
        self.shapes = [self.shape(t) for _ in range(t.number())]
        check(sum(s["rows"] for s in self.shapes) == self.count, "rows and events differ")
        for s in self.shapes:
            s["columns"] = [self.column(t, s["rows"]) for _ in range(s["slots"])]
            s["columns"] = [s["columns"][c] if isinstance(c, int) else c for c in s["columns"]]
            check(all(isinstance(c, list) for c in s["columns"]), "a column is the same as one that is another's")
        check(t.at == len(directory), "there is more in the directory")

    def column_numbers(self, t, rows):
        part, at = t.numbers(2)
        steps, n = t.byte(), t.byte()
        base, last, least, most = [t.signed() for _ in range(4)]
        out = []
        for v in planes(self.parts[part], at, rows, n):
            last = signed_64(v + base + (last if steps else 0))
            check(least <= last <= most, "a number is out of its column's range")
            out.append(last)
        return out

    @staticmethod
    def shape(t):
        s = {"rows": t.number(), "slots": t.number(), "partial": t.byte()}
        check(s["slots"] <= len(t.data), "there are not so many slots")
        s["literals"] = [t.text() for _ in range(s["slots"] + 1)]
        s["fields"] = [(t.number(), t.byte(), *t.numbers(4)) for _ in range(t.number())]
        return s

    def column(self, t, rows):
        """Its values by row; or the number of the slot that it is the same as."""
        plan = t.byte()
        if plan == 0:
            return [self.pool[t.number()]] * rows
        if plan == 1:
            return t.number()
        if plan == 3:
            form = (t.byte(), t.byte(), t.text(), t.text())
            return [form_text(form, v) for v in self.column_numbers(t, rows)]
        check(plan == 2, "there is no such column")
        part, at = t.numbers(2)
        steps, count = t.byte(), t.number()
        lies, values, number = Taker(self.parts[part], at), [], 0
        for _ in range(count):
            number += lies.signed()
            values.append(self.pool[number])
        ids = planes(self.parts[part], lies.at, rows, 1 if count <= 254 else 2 if count <= 65534 else 4)
        return [values[i] for i in (self.stepped(ids) if steps else ids)]

    @staticmethod
    def stepped(symbols):
        new = last = 0
        for s in symbols:
            last, new = (last, new) if s == 0 else (new, new + 1) if s == 1 else (s - 2, new)
            yield last

    def events(self):
        try:
            return self.rebuild()
        except WRONG as e:
            raise Damaged("a block's events cannot be") from e

    def rebuild(self):
        rows, total, found = [0] * len(self.shapes), 0, []
        for i in range(self.count):
            number = self.envelope[5][i]
            check(0 <= number < len(self.shapes), "there is no such shape")
            s, row = self.shapes[number], rows[number]
            rows[number] += 1
            e = Event()
            e.sequence, e.receipt, e.source, e.flags, e.lines = (self.envelope[k][i] for k in range(5))
            e.sequence &= MASK
            e.raw = s["literals"][0] + b"".join(c[row] + s["literals"][k + 1] for k, c in enumerate(s["columns"]))
            total += len(e.raw)
            check(total <= TEXT_MAX and 0 <= e.source <= U32 and 0 <= e.flags <= U16 and 0 <= e.lines <= U16,
                  "a number is too large")
            check(not found or found[-1].sequence < e.sequence, "numbers do not ascend")
            found.append(e)
        check(total == self.raw_bytes, "the events have another number of bytes")
        return found

    def fields(self, number, row):
        """The fields of a row of a shape: path and bytes."""
        s = self.shapes[number]
        for name, _, first, begins, slots, ends in s["fields"]:
            data, last = b"", first + slots
            for k in range(first, last + 1):
                literal = s["literals"][k][:ends] if k == last else s["literals"][k]
                data += literal[begins:] if k == first else literal
                data += s["columns"][k][row] if k < last else b""
            path = []
            while True:
                below, text = self.names[name]
                path.insert(0, text)
                if below == 0:
                    break
                name = below - 1
            yield path, data


def events_2(body):
    return Block(body).events()
