"""What must not break a server: bad input, slow and hostile senders, too much of everything.

    serve_e2e.py CANH

In each test a good sender goes on at full speed next to it, and loses nothing.
"""

import contextlib
import ctypes
import errno
import gzip
import hashlib
import json
import os
import re
import resource
import selectors
import signal
import socket
import ssl
import struct
import sys
import threading
import time

import lanes
import server
from program import equal, holds, rule, run
from server import MEMORY, Server, make_ca, make_certificate, with_server

BATCH = 200
TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "unit", "wire", "http_bad.tbl")
GOOD_REQUEST = b"GET /_cluster/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
BULK_HEAD = b"POST /events HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n%s\r\n"


# --- HTTP by hand ------------------------------------------------------------------------------


def answer(c, seconds=10):
    """(status, head, body) of the next answer; status 0: closed without one."""
    c.settimeout(seconds)
    data = b""
    try:
        while b"\r\n\r\n" not in data:
            got = c.recv(65536)
            if not got:
                return 0, data, b""
            data += got
        head, body = data.split(b"\r\n\r\n", 1)
        if head.startswith(b"HTTP/1.1 100"):
            return answer(c, seconds) if not body else (int(body[9:12]), body, b"")
        size = re.search(rb"(?i)content-length: (\d+)", head)
        while size and len(body) < int(size[1]):
            got = c.recv(65536)
            if not got:
                break
            body += got
    except (ConnectionError, ssl.SSLError):
        return 0, data, b""
    return int(head[9:12]), head, body


def post(s, body, fields=b"", path=b"/events", c=None, seconds=10):
    with (contextlib.nullcontext(c) if c else s.to("http")) as to:
        to.sendall(b"POST " + path + b" HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n%s\r\n" % (
            len(body), fields) + body)
        return answer(to, seconds)


def closed(c, seconds=10):
    """The other end closes it; what it says before is returned."""
    c.settimeout(seconds)
    said = b""
    try:
        while True:
            got = c.recv(65536)
            if not got:
                return said
            said += got
    except (ConnectionError, ssl.SSLError):
        return said
    finally:
        c.close()


# --- the good sender ---------------------------------------------------------------------------


class Good(threading.Thread):
    """Sends numbered events as fast as they are answered. Each that was must be there, once."""

    def __init__(self, s):
        super().__init__(daemon=True)
        self.s = s
        self.count = 0
        self.slowest = 0.0
        self.fault = None
        self.over = threading.Event()

    def run(self):
        try:
            with self.s.to("http") as c:
                while not self.over.is_set():
                    body = b"".join(b'{"good":%d}\n' % n
                                    for n in range(self.count, self.count + BATCH))
                    begun = time.monotonic()
                    status, head, _ = post(self.s, body, c=c)
                    if status != 200:
                        raise AssertionError("the good sender was told %r" % head)
                    self.slowest = max(self.slowest, time.monotonic() - begun)
                    self.count += BATCH
        except Exception as e:  # told by the test's own thread
            self.fault = e

    def end(self):
        self.over.set()
        self.join(30)
        holds(self.fault is None, "the good sender: %r" % (self.fault,))

    def check(self, others=0):
        """What it sent is there, and so many other events; those."""
        self.end()
        s = self.s
        s.until("all durable", lambda: s.stat()["totals"]["in_flight"] == 0)
        mine, rest = [], []
        for e in lanes.read(s.data):
            (mine if e.raw.startswith(b'{"good":') else rest).append(e)
        equal(sorted(int(e.raw[8:-1]) for e in mine), list(range(self.count)))
        if len(rest) != others:
            raise AssertionError("%d other events, want %d: %r" % (len(rest), others, rest[:5]))
        print("    good sender: %d events, slowest answer %.0f ms" % (self.count, self.slowest * 1000))
        return rest


def with_good(more="", collectors=2, **how):
    def decorate(test):
        @with_server(collectors, more, **how)
        def wrapped(s):
            good = Good(s)
            good.start()
            try:
                skip = test(s, good)
            finally:
                good.over.set()
                good.join(30)
            if not skip and good.fault is not None:
                raise AssertionError("the good sender: %r" % (good.fault,))
            return skip
        return wrapped
    return decorate


def faults(s, *names, kind=None):
    return [s.count(n, kind) for n in names]


# --- frames that are not what they should be ---------------------------------------------------

HALVES = (("syslog-tcp", b"100 <13>half"), ("relp", b"1 syslog 100 half"),
          ("http", BULK_HEAD % (100, b"") + b"half"), ("http", b"POST /events HT"),
          ("syslog-tls", b"\x16\x03\x01\x02\x00\x01"), ("https", b"\x16\x03\x01\x02\x00\x01"))


@with_good(certificates=True)
def test_half_a_frame_and_the_end(s, good):
    for kind, half in HALVES:
        c = s.to(kind)
        c.sendall(half)
        c.shutdown(socket.SHUT_WR)
        closed(c)
    s.until("counts", lambda: s.count("refused_syntax") + s.count("faults_tls") >= len(HALVES))
    got = {k: faults(s, "refused_syntax", "faults_tls", kind=k) for k in dict(HALVES)}
    equal(list(got.values()), [[1, 0], [1, 0], [2, 0], [0, 1], [0, 1]])
    print("    counted (syntax, tls): %r" % got)
    good.check()


@with_good(more="begin: 1s\n", certificates=True)
def test_half_a_frame_that_is_never_ended(s, good):
    begun = time.monotonic()
    some = []
    for kind, half in HALVES:
        c = s.to(kind)
        c.sendall(half)
        some.append(c)
    for c in some:
        closed(c, 5)
    equal(s.count("faults_begin"), len(HALVES))
    print("    %d closed after %.1f s" % (len(some), time.monotonic() - begun))
    good.check()


@with_good(more="begin: 1s\n")
def test_lengths_of_ten_gigabytes(s, good):
    before = s.rss()
    huge = 10 << 30
    some = [(k, s.to(k)) for k in ("syslog-tcp", "relp", "http")]
    for kind, c in some:
        c.sendall({"syslog-tcp": b"%d <13>x" % huge, "relp": b"1 open 10 relp_x=0\n\n2 syslog %d x" % huge,
                   "http": BULK_HEAD % (huge, b"") + b"x" * 100000}[kind])
    for kind, c in some:
        print("    %s: %r" % (kind, closed(c, 5)[:100]))
    holds(s.rss() - before < MEMORY, "grew by %d" % (s.rss() - before))
    good.check()


@with_good(more="idle: 1s\nbegin: 2s\n", certificates=True)
def test_connections_that_say_nothing(s, good):
    some = [s.to(k) for k in server.STREAMS for _ in range(20)]
    begun = time.monotonic()
    for c in some:
        closed(c, 8)
    idle, begin = faults(s, "faults_idle", "faults_begin")
    equal(idle + begin, len(some))
    print("    %d closed within %.1f s: %d idle, %d had not begun" % (
        len(some), time.monotonic() - begun, idle, begin))
    good.check()


@with_good(more="begin: 2s\nidle: 30s\n")
def test_thousands_of_slow_connections(s, good):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    count = min(4000, hard // 3)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, count + 1000)), hard))
    text = {"syslog-tcp": b"90 <13>slowly comes what a slow sender has to say, byte by byte",
            "http": BULK_HEAD % (1000, b""), "relp": b"1 open 99 relp_version=0"}
    kinds = list(text)
    before, begun = s.rss(), time.monotonic()
    left = selectors.DefaultSelector()
    for i in range(count):
        c = s.to(kinds[i % len(kinds)])
        c.setblocking(False)
        left.register(c, selectors.EVENT_READ, kinds[i % len(kinds)])
    opened, turn, grown = time.monotonic() - begun, 0, 0
    while left.get_map() and time.monotonic() < begun + 30:
        for key in list(left.get_map().values()):
            with contextlib.suppress(OSError):
                key.fileobj.send(text[key.data][turn:turn + 1])
        turn += 1
        grown = max(grown, s.rss() - before)
        end = time.monotonic() + 1
        while left.get_map() and time.monotonic() < end:
            for key, _ in left.select(0.1):
                try:
                    gone = not key.fileobj.recv(4096)
                except BlockingIOError:
                    continue
                except OSError:
                    gone = True
                if gone:
                    left.unregister(key.fileobj)
                    key.fileobj.close()
    equal(len(left.get_map()), 0)
    equal(s.count("faults_begin"), count)
    print("    %d opened in %.1f s, all closed after %.1f s; memory grew by %.1f MB" % (
        count, opened, time.monotonic() - begun, grown / 1e6))
    holds(grown < 4 * MEMORY, grown)
    good.check()


# --- who is it ---------------------------------------------------------------------------------


def tls_client(s, kind, certificate):
    context = ssl.create_default_context(cafile=s.place.path("ca.pem"))
    if certificate:
        context.load_cert_chain(s.place.path(certificate + ".pem"), s.place.path(certificate + ".key"))
    return context.wrap_socket(s.to(kind), server_hostname="localhost")


@with_good(more="tls-mutual: true\n", certificates=True)
def test_certificates_that_are_wrong_or_not_there(s, good):
    make_ca(s.place, "elsewhere")
    make_certificate(s.place, "stranger", ca="elsewhere")
    make_certificate(s.place, "expired", days="-1")
    for kind, text in (("syslog-tls", b"<13>a message\n"), ("https", BULK_HEAD % (8, b"") + b'{"a":1}\n')):
        for certificate in (None, "stranger", "expired"):
            try:
                c = tls_client(s, kind, certificate)
                c.sendall(text)
                equal((kind, certificate, closed(c, 5)), (kind, certificate, b""))
            except (ConnectionError, ssl.SSLError):
                pass  # told in the handshake
        with tls_client(s, kind, "client") as c:
            c.sendall(text)
            if kind == "https":
                equal(answer(c)[0], 200)
            s.counted("stored", 1, kind)
        equal(faults(s, "faults_tls", "received", kind=kind), [3, 1])
    print("    3 refused and 1 taken of each of syslog-tls and https")
    for e in good.check(2):
        equal((e.source, e.flags), ("client", 0))


SOURCES = """sources:
  - name: good
    token-sha256: %s
  - name: off
    token-sha256: %s
    disabled: true
  - name: quiet
    address: 127.0.0.2/32
    disabled: true
""" % tuple(hashlib.sha256(t).hexdigest() for t in (b"good", b"off"))


def from_quiet(s, kind):
    return socket.create_connection(("127.0.0.1", s.port[kind]), 10, ("127.0.0.2", 0))


@with_good(more=SOURCES)
def test_wrong_tokens_and_disabled_sources(s, good):
    for token, status in ((b"wrong", 401), (b"", 401), (b"good", 200), (b"off", 403)):
        got, head, _ = post(s, b'{"token":1}\n', b"Authorization: Bearer %s\r\n" % token)
        equal((token, got), (token, status))
        equal(b"WWW-Authenticate" in head, status == 401)
    equal(faults(s, "refused_auth", "refused_disabled"), [2, 1])
    with from_quiet(s, "http") as c:
        equal(post(s, b"{}\n", c=c)[0], 403)
    with from_quiet(s, "syslog-tcp") as c:
        c.sendall(b"<13>one\n<13>two\n")
    with from_quiet(s, "relp") as c:
        relp_open(c)
        c.sendall(relp_frame(2, b"syslog", b"<13>three"))
        holds(b"2 rsp 14 500 not stored\n" in hear(c, b"500 not"), "RELP took it")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as u:
        u.bind(("127.0.0.2", 0))
        u.sendto(b"<13>four", ("127.0.0.1", s.udp))
    s.until("refused", lambda: s.count("refused_disabled", source="quiet") == 5)
    print("    refused: 2 of no known token, 6 of disabled sources")
    good.check(1)


# --- HTTP --------------------------------------------------------------------------------------


@with_good()
def test_bodies_that_are_not_what_they_say(s, good):
    packed = gzip.compress(b'{"a":1}\n' * 1000)
    line_bomb = gzip.compress(b'{"b":"' + b"x" * (100 << 20))
    blank_bomb = gzip.compress(b"\n" * (100 << 20))
    before = s.rss()
    for what, body, status in (("no gzip", b'{"a":1}\n', 400), ("torn head", b"\x1f\x8b\x08", 400),
                               ("wrong sum", packed[:-8] + bytes(8), 400),
                               ("half of it", packed[:len(packed) // 2], 400),
                               ("bytes behind", packed + b"more", 400),
                               ("two behind each other", packed + packed, 200),
                               ("bomb of one line", line_bomb, 413),
                               ("bomb of blank lines", blank_bomb, 413)):
        begun = time.monotonic()
        got, _, text = post(s, body, b"Content-Encoding: gzip\r\n")
        print("    %s: %d %r, %.0f ms" % (what, got, text[-70:], (time.monotonic() - begun) * 1000))
        equal((what, got), (what, status))
    grown = s.rss() - before
    holds(grown <= MEMORY, "memory grew by %d" % grown)
    # Whole records before the fault are kept: they are evidence. None is acknowledged.
    good.end()
    kept = [e.raw for e in lanes.read(s.data) if not e.raw.startswith(b'{"good"')]
    equal(set(kept), {b'{"a":1}'})
    holds(3000 <= len(kept) < 5000, len(kept))
    good.check(len(kept))


@with_good()
def test_large_packed_bodies_are_taken_in_turns(s, good):
    count = 400000
    body = gzip.compress(b"".join(b'{"n":"%08d"}\n' % n for n in range(count)), 1)
    status, _, text = post(s, body, b"Content-Encoding: gzip\r\n", seconds=60)
    equal((status, json.loads(text)["stored"]), (200, count))
    with s.to("http") as c:
        c.sendall(b"POST /events HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\n"
                  b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(
                      b"%x\r\n%s\r\n" % (len(body[i:i + 1021]), body[i:i + 1021])
                      for i in range(0, len(body), 1021)) + b"0\r\n\r\n")
        status, _, text = answer(c, 60)
    equal((status, json.loads(text)["stored"]), (200, count))
    numbers = sorted(int(e.raw[6:14]) for e in good.check(2 * count))
    equal(numbers, [n // 2 for n in range(2 * count)])
    print("    2 bodies of %d events, %d kB packed" % (count, len(body) >> 10))


def unescaped(text):
    """As the table's head says."""
    text = re.sub(rb"\\\{(.*?)\*(\d+)\}", lambda m: m[1] * int(m[2]), text, flags=re.S)
    return re.sub(rb"\\(x[0-9a-fA-F]{2}|.)", lambda m: {b"r": b"\r", b"n": b"\n", b"t": b"\t"}.get(
        m[1], bytes([int(m[1][1:], 16)]) if len(m[1]) == 3 else m[1]), text)


def bad_requests():
    with open(TABLE, "rb") as f:
        for line in f.read().split(b"\n"):
            if line and not line.startswith(b"#"):
                name, status, data = line.split(b" | ", 2)
                yield name.decode(), int(status), unescaped(data)


def try_request(s, data, seconds=3):
    with s.to("http") as c:
        with contextlib.suppress(ConnectionError):  # it may be closed before all was sent
            c.sendall(data)
        try:
            status = answer(c, seconds)[0]
        except TimeoutError:
            return -1
        if status:
            closed(c.dup(), seconds)  # nothing else is answered: what follows is no request
    with s.to("http") as c:
        c.sendall(GOOD_REQUEST)
        equal(answer(c)[0], 200)
    return status


@with_good(more="begin: 1s\n")
def test_the_whole_table_of_bad_requests(s, good):
    wrong, seen = [], {}
    for name, status, data in bad_requests():
        # Once as it stands, where a body may not be reached because there is no such route, and
        # once to where bodies are taken.
        forms = {data: {status, 405, 0}, re.sub(rb"^(POST|OPTIONS) / ", b"POST /events ", data): {status, 0}}
        if len(forms) == 1:
            forms = {data: {status, 0}}
        for form, allowed in forms.items():
            got = try_request(s, form)
            seen[got] = seen.get(got, 0) + 1
            if got not in allowed:
                wrong.append((name, got, status, form[:200]))
    print("    answers (0: closed): %r" % seen)
    holds(not wrong, "\n".join(map(repr, wrong)))
    good.check()


@with_good(more="begin: 20s\n")
def test_unfinished_bodies_cost_little_memory(s, good):
    time.sleep(1)  # the good sender has had what it needs
    before, grown = s.rss(), 0
    some = []
    piece = b"y" * (1 << 20)
    for _ in range(40):
        c = s.to("http")
        c.sendall(BULK_HEAD % (32 << 20, b"") + b'{"x":"')
        c.setblocking(False)
        some.append([c, 0, False])
    end = time.monotonic() + 15
    while any(not over for _, _, over in some) and time.monotonic() < end:
        for one in some:
            if one[2]:
                continue
            try:
                one[1] += one[0].send(piece[:min(len(piece), (32 << 20) - 10 - one[1])])
                one[2] = one[1] >= (32 << 20) - 10
            except BlockingIOError:
                continue
            except ConnectionError:
                one[2] = True
        grown = max(grown, s.rss() - before)
    holds(all(over for _, _, over in some), "the server reads no more")
    time.sleep(0.3)
    grown = max(grown, s.rss() - before)
    sent = sum(n for _, n, _ in some)
    refused = 0
    for c, n, _ in some:
        with contextlib.suppress(TimeoutError):  # one that is not refused waits for the rest
            status, head, _ = answer(c, 0.1)
            equal(status, 429)
            holds(b"\r\nRetry-After: 1" in head, head)
            refused += 1
        c.close()
    print("    %d MB of 40 bodies, %d of them answered 429; memory grew by %.1f MB" % (
        sent >> 20, refused, grown / 1e6))
    holds(grown <= MEMORY, "memory grew by %d" % grown)
    good.check()


@with_good()
def test_one_batch_on_two_connections_at_once(s, good):
    body = b"".join(b'{"batch":%d}\n' % n for n in range(1000))
    field = b"Canh-Batch: twice\r\n"
    with s.to("http") as first:
        first.sendall(BULK_HEAD % (len(body), field) + body[:5000])
        time.sleep(0.2)
        status, head, _ = post(s, body, field)
        equal(status, 429)
        holds(b"\r\nRetry-After: 1" in head, head)
        first.sendall(body[5000:])
        status, _, text = answer(first)
        equal((status, json.loads(text)["stored"]), (200, 1000))
    status, _, text = post(s, body, field)
    equal((status, json.loads(text)), (200, {"stored": 0, "refused": 0, "repeated": 1000}))
    # A connection that breaks in the middle: what it brought is not stored again.
    field = b"Canh-Batch: broken\r\n"
    with s.to("http") as first:
        first.sendall(BULK_HEAD % (len(body), field) + body[:5000])
        time.sleep(0.2)

    def again():
        status, _, text = post(s, body, field)
        return json.loads(text) if status == 200 else None

    got = s.until("the batch is free again", again)
    holds(got["repeated"] > 300 and got["stored"] + got["repeated"] == 1000, got)
    print("    busy: 429; broken in the middle: %r" % got)
    good.check(2000)


# --- rules, RELP, the disk ---------------------------------------------------------------------


@with_good()
def test_bad_rules_under_load_leave_the_old(s, good):
    for turn in range(3):
        s.place.write("taxonomy/bad.yaml", "source: bad\nrows: [\n")
        s.signal(signal.SIGHUP)
        s.ready(2 * turn + 2)
        s.says("The rules stay those of generation", turn + 1)
        os.unlink(s.place.path("taxonomy/bad.yaml"))
        s.place.write("rules/n%d.yml" % turn, rule(10 + turn))
        s.signal(signal.SIGHUP)
        s.ready(2 * turn + 3)
        s.says("are in force", turn + 1)
    print("    3 times bad, 3 times good")
    good.check()


def test_expressions_are_machine_code_that_nobody_can_write(place):
    """Those that were there at the start, in the sandbox and after a reload; new ones are interpreted."""
    place.write("rules/re.yml", rule(2, "a|re", "^x[0-9]+y"))
    s = Server(place, 2)

    def expressions(want):
        for c in s.stat()["collectors"]:
            equal((c["regexes"], c["regexes_machine"]), want)
            with open("/proc/%d/maps" % s.roles()[("collector", c["lane"])], encoding="ascii") as f:
                equal([line for line in f if " rwx" in line or " -wx" in line], [])

    try:
        s.start().ready()
        expressions((1, 1))
        equal(post(s, b'{"a":"x12y"}\n{"a":"x12"}\n')[0], 200)
        s.counted("findings", 1, "http")
        place.write("rules/new.yml", rule(3, "a|re", "^x[0-9]+z"))
        s.signal(signal.SIGHUP)
        s.says("Rules of generation 2 are in force")
        expressions((2, 1))
        equal(post(s, b'{"a":"x12y"}\n{"a":"x12z"}\n{"a":"x"}\n')[0], 200)
        s.counted("findings", 3, "http")
        holds(b"1 of 2 regular expressions interpreted" in place.canh("stat", "--data", s.data).out,
              "canh stat does not say so")
        s.well()
        s.end()
    finally:
        s.kill()


def relp_frame(number, command, data):
    return b"%d %s %d%s\n" % (number, command, len(data), b" " + data if data else b"")


def hear(c, what):
    c.settimeout(10)
    said = b""
    while what not in said:
        got = c.recv(65536)
        if not got:
            break
        said += got
    return said


def relp_open(c):
    c.sendall(relp_frame(1, b"open", b"relp_version=0\nrelp_software=test\ncommands=syslog"))
    holds(b"200 OK" in hear(c, b"syslog\n"), "RELP is not opened")


def relp_send(c, some):
    c.sendall(b"".join(relp_frame(i + 2, b"syslog", t) for i, t in enumerate(some)))


@with_good(collectors=1)
def test_relp_that_breaks_before_the_answer(s, good):
    some = {how: [b"<13>1 2026-01-02T03:04:05Z h a - - - %s %d" % (how.encode(), n) for n in range(100)]
            for how in ("reset", "ended", "answered")}
    marked = {}
    for how, texts in some.items():
        c = s.to("relp")
        relp_open(c)
        if how == "answered":
            relp_send(c, texts)
            hear(c, b"101 rsp 6 200 OK\n")
            c.sendall(relp_frame(102, b"close", b""))
            hear(c, b"serverclose")
        else:  # it dies before it can hear the answers
            pid = s.roles()[("collector", 0)]
            os.kill(pid, signal.SIGSTOP)
            try:
                relp_send(c, texts)
                if how == "reset":
                    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                c.close()
            finally:
                os.kill(pid, signal.SIGCONT)
        c.close()
        time.sleep(0.3)
        before = s.count("resent", "relp")
        with s.to("relp") as c:
            relp_open(c)
            relp_send(c, texts)
            hear(c, b"101 rsp 6 200 OK\n")
        s.until("counts", lambda: s.stat()["totals"]["in_flight"] < 1000)
        marked[how] = s.count("resent", "relp") - before
    print("    marked of 100 sent again: %r" % marked)
    rest = good.check(600)
    flagged = sum(1 for e in rest if e.flags & lanes.RESEND)
    equal(flagged, sum(marked.values()))
    equal(marked, {"reset": 100, "ended": 100, "answered": 0})


def mounted(folder, megabytes, again=False):
    """A small disk there; False when we may not."""
    libc = ctypes.CDLL(None, use_errno=True)
    os.makedirs(folder, exist_ok=True)
    flags = 32 if again else 0  # MS_REMOUNT
    if libc.mount(b"none", folder.encode(), b"tmpfs", flags, b"size=%dm" % megabytes) == 0:
        return True
    holds(ctypes.get_errno() in (errno.EPERM, errno.EACCES), os.strerror(ctypes.get_errno()))
    return False


def unmounted(folder):
    ctypes.CDLL(None).umount2(folder.encode(), 2)


def test_a_full_disk_stops_senders_and_loses_nothing(place):
    folder = place.path("data")
    if not mounted(folder, 48):
        return "mounting a disk is not allowed"
    os.chmod(folder, 0o700)
    s = Server(place, 2, "reserve-bytes: 1MiB\n")
    try:
        s.start().ready()
        full_disk(s, folder)
        s.well()
        s.end()
    finally:
        s.kill()
        unmounted(folder)
    return None


def full_disk(s, folder):
    c = s.to("http")
    body = b"".join(b'{"fill":%d,"text":"%s"}\n' % (n, b"z" * 1000) for n in range(1000))
    batches, status = 0, 200
    while status == 200 and batches < 200:
        try:
            status, head, _ = post(s, body, c=c, seconds=2)
        except TimeoutError:  # it was taken, and waits for the disk
            status = -1
        batches += status == 200

    def refused():  # by each collector once it has noticed
        with contextlib.suppress(TimeoutError):
            status, head, _ = post(s, body, seconds=1)
            return head if status == 503 else None

    head = s.until("503", refused)
    holds(b"\r\nRetry-After: 1" in head, head)
    # Lines: the sender is stopped by TCP, not refused.
    lines = s.to("syslog-tcp")
    lines.setblocking(False)
    text = b"".join(b"<13>line %06d %s\n" % (n, b"q" * 1000) for n in range(20000))
    sent, quiet = 0, 0
    while quiet < 10 and sent < len(text):
        try:
            sent += lines.send(text[sent:sent + 65536])
            quiet = 0
        except BlockingIOError:
            quiet += 1
            time.sleep(0.05)
    holds(sent < len(text), "nothing stops the sender of lines")
    print("    full after %d batches: 503; the sender of lines is stopped after %d kB" % (
        batches, sent >> 10))
    mounted(folder, 256, again=True)
    lines.settimeout(30)
    lines.sendall(text[sent:])
    lines.close()
    s.counted("stored", 20000, "syslog-tcp")

    def taken():
        return post(s, b'{"after":1}\n')[0] == 200

    s.until("it takes requests again", taken)
    s.until("all durable", lambda: s.stat()["totals"]["in_flight"] == 0)
    events = lanes.read(s.data)
    equal([int(e.raw[9:15]) for e in events if e.input == "syslog-tcp"], list(range(20000)))
    filled = [e for e in events if e.raw.startswith(b'{"fill"')]
    holds(len(filled) >= batches * 1000, (len(filled), batches))
    print("    room again: all 20000 lines in order, all %d acknowledged batches" % batches)


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
