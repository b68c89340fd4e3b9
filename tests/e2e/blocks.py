"""Reads blocks of events by docs/block.md and docs/store.md alone. Shares no code with the program."""

import datetime
import struct
import subprocess

MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
MASK = (1 << 64) - 1


def signed_64(v):
    v &= MASK
    return v - (1 << 64) if v >> 63 else v


def opened(frame):
    return subprocess.run(["zstd", "-d", "-c"], input=frame, capture_output=True, check=True, timeout=60).stdout


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
            if c < 128:
                return v

    def signed(self):
        u = self.number()
        return (u >> 1) ^ -(u & 1)

    def numbers(self, count):
        return [self.number() for _ in range(count)]

    def bytes(self, n):
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
        mark, version, self.count, size, room, self.raw_bytes = struct.unpack("<4s5I", data[:24])
        assert (mark, version) == (b"CEVT", 2) and struct.unpack("<Q", data[32:40])[0] == len(data)
        directory, at = opened(data[48:48 + size]), 48 + size
        assert len(directory) == room
        t, self.parts = Taker(directory), []
        for _ in range(t.number()):
            stored, room = t.numbers(2)
            t.bytes(8)
            self.parts.append(opened(data[at:at + stored]))
            assert len(self.parts[-1]) == room
            at += stored
        assert at == len(data)
        self.envelope = [self.column_numbers(t, self.count) for _ in range(6)]
        self.pool = []
        for _ in range(t.number()):
            part, count = t.numbers(2)
            values = Taker(self.parts[part])
            self.pool += [values.bytes(n) for n in values.numbers(count)]
            assert values.at == len(self.parts[part])
        self.names = [(t.number(), t.text()) for _ in range(t.number())]
        self.shapes = [self.shape(t) for _ in range(t.number())]
        for s in self.shapes:
            s["columns"] = [self.column(t, s["rows"]) for _ in range(s["slots"])]
            s["columns"] = [s["columns"][c] if isinstance(c, int) else c for c in s["columns"]]
        assert t.at == len(directory)

    def column_numbers(self, t, rows):
        part, at = t.numbers(2)
        steps, n = t.byte(), t.byte()
        base, last, least, most = [t.signed() for _ in range(4)]
        out = []
        for v in planes(self.parts[part], at, rows, n):
            last = signed_64(v + base + (last if steps else 0))
            assert least <= last <= most
            out.append(last)
        return out

    @staticmethod
    def shape(t):
        s = dict(rows=t.number(), slots=t.number(), partial=t.byte())
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
        assert plan == 2
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
        """Of each event its envelope's first five numbers and its raw bytes."""
        rows, total = [0] * len(self.shapes), 0
        for i in range(self.count):
            number = self.envelope[5][i]
            s, row = self.shapes[number], rows[number]
            rows[number] += 1
            raw = s["literals"][0] + b"".join(c[row] + s["literals"][k + 1] for k, c in enumerate(s["columns"]))
            total += len(raw)
            yield [self.envelope[k][i] for k in range(5)] + [raw]
        assert total == self.raw_bytes and rows == [s["rows"] for s in self.shapes]

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


def events_1(data):
    """Version 1: as Block.events()."""
    count, columns = struct.unpack("<2I", data[8:16])
    at, texts = 32, []
    for _ in range(columns):
        n, room = struct.unpack("<2I", data[at:at + 8])
        texts.append(opened(data[at + 16:at + 16 + n]))
        assert len(texts[-1]) == room
        at += 16 + n
    assert at == len(data) and columns == 7
    takers, last, place = [Taker(t) for t in texts[:6]], [0, 0, 0], 0
    for _ in range(count):
        last = [last[0] + takers[0].number(), last[1] + takers[1].signed(), last[2] + takers[2].signed()]
        flags, lines, n = [t.number() for t in takers[3:]]
        yield last + [flags, lines, texts[6][place:place + n]]
        place += n


def bodies(sealed):
    """The bodies of a sealed file."""
    foot = sealed[-96:]
    count, directory = struct.unpack("<I", foot[4:8])[0], struct.unpack("<Q", foot[24:32])[0]
    assert foot[:4] == b"CFTR" and directory == count * 128
    at = 64
    for i in range(count):
        head = sealed[at:at + 128]
        assert head == sealed[-96 - directory + 128 * i:][:128]
        roots, sources = struct.unpack("<2I", head[56:64])
        size = struct.unpack("<Q", head[48:56])[0]
        at += 128 + sum((n + 7) // 8 * 8 for n in (roots * 32, sources))
        yield sealed[at:at + size]
        at += (size + 7) // 8 * 8


def events(sealed):
    for body in bodies(sealed):
        version = struct.unpack("<I", body[4:8])[0]
        yield from events_1(body) if version == 1 else Block(body).events()
