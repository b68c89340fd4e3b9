"""Real senders and a real server: all that is sent arrives once, in order, with its text.

    senders_e2e.py CANH

A test whose sender is not installed is skipped.
"""

import gzip
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time

import lanes
from program import equal, holds, run
from server import PROCESS_SECONDS, free_ports, with_server

COUNT = 500
TOKEN = "a token that nobody guesses"
TOKEN_SOURCE = """sources:
  - name: desk of curl
    token-sha256: %s
""" % hashlib.sha256(TOKEN.encode()).hexdigest()
CLIENT_SOURCE = """tls-mutual: true
sources:
  - name: hall of records
    certificate: client
"""


def texts(count=COUNT, lines=False):
    """Numbered messages with what breaks on the way when somebody is careless."""
    some = []
    for i in range(count):
        text = "number %06d \"quoted\" 'single' back\\slash žluťoučký 東京 🦉 <b>&amp; %%s a=b; [x]" % i
        if lines and i % 5 == 0:
            text += "\n\tat the second line\n\n  and the fourth"
        some.append(text)
    return some


def same(events, want, kind, source="127.0.0.1", flags=lanes.UNAUTHENTICATED, text=None):
    """Exactly these, in this order, with their text at the end of what was stored."""
    equal(len(events), len(want))
    for e, w in zip(events, want):
        if text is None:
            holds(e.raw.endswith(w.encode()), "%r does not end with %r" % (e, w))
        else:
            equal(text(e.raw), w)
        equal((e.input, e.source, e.flags), (kind, source, flags))
    print("    %d events of %s from %s, in order, whole" % (len(want), kind, source))


def missing(*programs):
    gone = [p for p in programs if shutil.which(p, path=os.environ["PATH"] + ":/usr/sbin:/sbin") is None]
    return "%s is not installed" % gone[0] if gone else None


# --- rsyslog -----------------------------------------------------------------------------------


def rsyslog_module(name):
    for folder in ("/usr/lib/x86_64-linux-gnu/rsyslog", "/usr/lib/aarch64-linux-gnu/rsyslog",
                   "/usr/lib64/rsyslog", "/usr/lib/rsyslog"):
        if os.path.exists("%s/%s.so" % (folder, name)):
            return True
    return False


class Rsyslog:
    """rsyslogd that forwards what it is sent (octet counting, so that lines stay together)."""

    def __init__(self, place, action, settings="", modules=()):
        self.port = free_ports([socket.SOCK_STREAM])[0]
        self.place = place
        os.makedirs(place.path("rsyslog"), exist_ok=True)
        place.write("rsyslog.conf", """
global(workDirectory="%s" parser.escapeControlCharactersOnReceive="off" maxMessageSize="64k"
       internalmsg.severity="warn" %s)
module(load="imptcp")
%s
input(type="imptcp" port="%d" address="127.0.0.1" ruleset="out")
template(name="json" type="list" option.json="on") {
  constant(value="{\\"message\\":\\"") property(name="msg") constant(value="\\"}") }
ruleset(name="out") { %s }
""" % (place.path("rsyslog"), settings, "".join('module(load="%s")\n' % m for m in modules),
            self.port, action))
        self.log = open(place.path("rsyslog.log"), "ab")
        self.process = subprocess.Popen(
            ["rsyslogd", "-n", "-C", "-f", place.path("rsyslog.conf"), "-i", place.path("rsyslog.pid")],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, cwd=place.folder,
            env=dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin"))

    def __enter__(self):
        end = time.monotonic() + PROCESS_SECONDS
        while True:
            try:
                self.feed = socket.create_connection(("127.0.0.1", self.port), 5)
                return self
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    self.__exit__()
                    raise AssertionError("rsyslogd does not start: " + self.text()) from None
                time.sleep(0.02)

    def __exit__(self, *_):
        if hasattr(self, "feed"):
            self.feed.close()
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def text(self):
        with open(self.place.path("rsyslog.log"), encoding="utf-8", errors="replace") as f:
            return f.read()[-2000:]

    def send(self, some):
        data = [("<13>1 2026-01-02T03:04:05.678Z host app 1 ID - " + t).encode() for t in some]
        self.feed.sendall(b"".join(b"%d %s" % (len(d), d) for d in data))


def by_rsyslog(s, kind, action, lines=True, **more):
    """Through rsyslogd, into the server: `action` has a %d for the port."""
    if missing("rsyslogd"):
        return None, missing("rsyslogd")
    for m in more.get("modules", ()):
        if not rsyslog_module(m):
            return None, "rsyslog's %s is not installed" % m
    want = texts(lines=lines)
    with Rsyslog(s.place, action % (s.udp if kind == "syslog-udp" else s.port[kind]), **more) as r:
        r.send(want)
        try:
            return want, s.events(len(want), kind)
        except AssertionError as e:
            raise AssertionError("%s\nrsyslogd: %s" % (e, r.text())) from None


FORWARD = 'action(type="omfwd" target="127.0.0.1" port="%%d" template="RSYSLOG_SyslogProtocol23Format" %s)'


def rsyslog_forward(s, kind, how, lines=True, **said):
    want, got = by_rsyslog(s, kind, FORWARD % how, lines)
    if want is None:
        return got
    return same(got, want, kind, **said)


@with_server()
def test_rsyslog_over_udp(s):
    return rsyslog_forward(s, "syslog-udp", 'protocol="udp"')


@with_server()
def test_rsyslog_over_tcp_by_lines(s):
    return rsyslog_forward(s, "syslog-tcp", 'protocol="tcp" TCP_Framing="traditional"', False)


@with_server()
def test_rsyslog_over_tcp_by_octet_counts(s):
    return rsyslog_forward(s, "syslog-tcp", 'protocol="tcp" TCP_Framing="octet-counted"')


def rsyslog_tls(s, certificate, **said):
    driver = "ossl" if rsyslog_module("lmnsd_ossl") else "gtls"
    if not rsyslog_module("lmnsd_" + driver):
        return "rsyslog has no TLS driver"
    path = s.place.path
    settings = 'defaultNetstreamDriver="%s" defaultNetstreamDriverCAFile="%s"' % (driver, path("ca.pem"))
    if certificate:
        settings += ' defaultNetstreamDriverCertFile="%s" defaultNetstreamDriverKeyFile="%s"' % (
            path(certificate + ".pem"), path(certificate + ".key"))
    action = FORWARD % ('protocol="tcp" TCP_Framing="octet-counted" StreamDriver="%s" '
                        'StreamDriverMode="1" StreamDriverAuthMode="x509/name" '
                        'StreamDriverPermittedPeers="server"' % driver)
    want, got = by_rsyslog(s, "syslog-tls", action, settings=settings)
    if want is None:
        return got
    return same(got, want, "syslog-tls", **said)


@with_server(certificates=True)
def test_rsyslog_over_tls(s):
    return rsyslog_tls(s, None)


@with_server(certificates=True, more=CLIENT_SOURCE)
def test_rsyslog_over_mutual_tls_is_the_source_of_its_certificate(s):
    return rsyslog_tls(s, "client", source="hall of records", flags=0)


@with_server()
def test_rsyslog_over_relp(s):
    want, got = by_rsyslog(s, "relp", 'action(type="omrelp" target="127.0.0.1" port="%d" '
                           'template="RSYSLOG_SyslogProtocol23Format")', modules=["omrelp"])
    if want is None:
        return got
    return same(got, want, "relp")


@with_server()
def test_rsyslog_over_relp_waits_for_a_server_that_starts_again(s):
    if missing("rsyslogd") or not rsyslog_module("omrelp"):
        return "rsyslog's omrelp is not installed"
    want = texts(2 * COUNT)
    with Rsyslog(s.place, 'action(type="omrelp" target="127.0.0.1" port="%d" queue.type="linkedList" '
                 'action.resumeRetryCount="-1" action.resumeInterval="1" '
                 'template="RSYSLOG_SyslogProtocol23Format")' % s.port["relp"], modules=["omrelp"]) as r:
        r.send(want[:COUNT])
        s.counted("stored", COUNT // 2, "relp")
        pid = s.roles()[("collector", 0)]
        os.kill(pid, 9)
        r.send(want[COUNT:])
        s.until("the collector again", lambda: s.all_roles(but=pid))
        numbers = [t.encode() for t in want]

        def whole():
            got = [e for e in lanes.read(s.data) if e.input == "relp"]
            seen = {e.raw[e.raw.index(b"number "):] for e in got}
            return got if seen >= set(numbers) else None

        got = s.until("all messages", whole)
    print("    %d sent, all stored, %d of them twice" % (len(want), len(got) - len(want)))
    s.end()
    return None


@with_server()
def test_rsyslog_to_elasticsearch(s):
    want, got = by_rsyslog(
        s, "http", 'action(type="omelasticsearch" server="127.0.0.1" serverport="%d" bulkmode="on" '
        'searchIndex="logs" searchType="" template="json" healthchecktimeout="3000" '
        'maxbytes="64k")', False, modules=["omelasticsearch"])
    if want is None:
        return got
    return same(got, want, "http", text=lambda raw: json.loads(raw)["message"])


# --- syslog-ng ---------------------------------------------------------------------------------


def by_syslog_ng(s, kind, destination, **said):
    if missing("syslog-ng"):
        return missing("syslog-ng")
    feed = free_ports([socket.SOCK_STREAM])[0]
    s.place.write("ng.conf", """@version: current
options { keep-hostname(yes); };
source in { network(ip("127.0.0.1") port(%d) transport("tcp") flags(syslog-protocol)); };
destination out { %s };
log { source(in); destination(out); };
""" % (feed, destination))
    want = texts()
    log = open(s.place.path("ng.log"), "ab")
    p = subprocess.Popen(
        ["syslog-ng", "-F", "--no-caps", "-f", s.place.path("ng.conf"), "-R", s.place.path("ng.persist"),
         "-p", s.place.path("ng.pid"), "-c", s.place.path("ng.ctl")], stdin=subprocess.DEVNULL,
        stdout=log, stderr=log, cwd=s.place.folder,
        env=dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin"))
    try:
        c = s.until("syslog-ng", lambda: reach(feed, p))
        c.sendall("".join("<13>1 2026-01-02T03:04:05.678Z host app 1 ID - %s\n" % t
                          for t in want).encode())
        got = s.events(len(want), kind)
        c.close()
    finally:
        p.terminate()
        p.wait(10)
        log.close()
    return same(got, want, kind, **said)


def reach(port, process):
    holds(process.poll() is None, "it ended")
    try:
        return socket.create_connection(("127.0.0.1", port), 5)
    except OSError:
        return None


@with_server()
def test_syslog_ng_over_tcp(s):
    return by_syslog_ng(s, "syslog-tcp", 'syslog("127.0.0.1" port(%d) transport("tcp"));' %
                        s.port["syslog-tcp"])


@with_server(certificates=True)
def test_syslog_ng_over_tls(s):
    return by_syslog_ng(s, "syslog-tls", 'syslog("127.0.0.1" port(%d) transport("tls") '
                        'tls(ca-file("%s") peer-verify(required-trusted)));' % (
                            s.port["syslog-tls"], s.place.path("ca.pem")))


# --- logger ------------------------------------------------------------------------------------


def by_logger(s, kind, *args):
    if missing("logger"):
        return missing("logger")
    want = texts(100)
    path = s.place.write("lines", "".join(t + "\n" for t in want))
    done = subprocess.run(["logger", "-n", "127.0.0.1", "-P", str(
        s.udp if kind == "syslog-udp" else s.port[kind]), "-t", "app", "-f", path, *args],
                          capture_output=True, timeout=PROCESS_SECONDS, check=False)
    equal((done.returncode, done.stderr), (0, b""))
    return same(s.events(len(want), kind), want, kind)


@with_server()
def test_logger_over_udp_in_the_old_form(s):
    return by_logger(s, "syslog-udp", "--udp", "--rfc3164")


@with_server()
def test_logger_over_udp_in_the_new_form(s):
    return by_logger(s, "syslog-udp", "--udp", "--rfc5424")


@with_server()
def test_logger_over_tcp_by_lines(s):
    return by_logger(s, "syslog-tcp", "--tcp", "--rfc5424=notq")


@with_server()
def test_logger_over_tcp_by_octet_counts(s):
    return by_logger(s, "syslog-tcp", "--tcp", "--octet-count", "--rfc5424")


# --- curl --------------------------------------------------------------------------------------


def curl(s, path, body, *args, kind="http"):
    """Status and body of the answer."""
    url = "%s://127.0.0.1:%d%s" % (kind, s.port[kind], path)
    done = subprocess.run(["curl", "-sS", "-w", "\n%{http_code}", "--data-binary", "@-", *args, url],
                          input=body, capture_output=True, timeout=PROCESS_SECONDS, check=False)
    equal((done.returncode, done.stderr), (0, b""))
    text, status = done.stdout.rsplit(b"\n", 1)
    return int(status), json.loads(text)


def documents(some):
    return [json.dumps({"message": t, "n": i}, ensure_ascii=i % 2 == 0)
            for i, t in enumerate(some)]


def message(raw):
    return json.loads(raw)["message"]


@with_server()
def test_curl_bulk(s):
    if missing("curl"):
        return missing("curl")
    want = texts(lines=True)
    body = "".join('{"create":{"_index":"logs"}}\n%s\n' % d for d in documents(want)).encode()
    status, answer = curl(s, "/_bulk", body, "-H", "Content-Type: application/x-ndjson")
    equal((status, answer["errors"], len(answer["items"])), (200, False, len(want)))
    equal({i["create"]["status"] for i in answer["items"]}, {201})
    return same(s.events(len(want), "http"), want, "http", text=message)


@with_server()
def test_curl_lines_of_json_packed(s):
    if missing("curl"):
        return missing("curl")
    want = texts(lines=True)
    body = gzip.compress("".join(d + "\n" for d in documents(want)).encode())
    status, answer = curl(s, "/events", body, "-H", "Content-Encoding: gzip")
    equal((status, answer["stored"], answer["refused"]), (200, len(want), 0))
    return same(s.events(len(want), "http"), want, "http", text=message)


@with_server()
def test_curl_a_batch_that_comes_twice_is_stored_once(s):
    if missing("curl"):
        return missing("curl")
    want = texts()
    body = "".join(d + "\n" for d in documents(want)).encode()
    said = [curl(s, "/events", body, "-H", "Canh-Batch: the first")[1] for _ in range(3)]
    equal([(a["stored"], a["repeated"]) for a in said], [(COUNT, 0), (0, COUNT), (0, COUNT)])
    equal(s.count("repeated"), 2 * COUNT)
    return same(s.events(len(want), "http"), want, "http", text=message)


@with_server(more=TOKEN_SOURCE)
def test_curl_as_splunk_sends_with_a_token(s):
    if missing("curl"):
        return missing("curl")
    want = texts(lines=True)
    body = "".join(json.dumps({"time": 1767322800 + i, "event": {"message": t}}) + "\n"
                   for i, t in enumerate(want)).encode()
    status, answer = curl(s, "/services/collector/event", body, "-H", "Authorization: Splunk " + TOKEN)
    equal((status, answer["code"]), (200, 0))
    status, answer = curl(s, "/services/collector/event", body, "-H", "Authorization: Splunk wrong")
    equal(status, 401)
    return same(s.events(len(want), "http"), want, "http", source="desk of curl", flags=0,
                text=lambda raw: json.loads(raw)["event"]["message"])


@with_server(more=TOKEN_SOURCE, certificates=True)
def test_curl_over_https_with_each_form_of_a_token(s):
    if missing("curl"):
        return missing("curl")
    want = texts(4)
    forms = [["-H", "Authorization: Bearer " + TOKEN], ["-u", "anybody:" + TOKEN],
             ["-H", "Authorization: ApiKey " + TOKEN], ["-H", "Authorization: Splunk " + TOKEN]]
    for text, form in zip(want, forms):
        status, _ = curl(s, "/events", documents([text])[0].encode(), "--cacert",
                         s.place.path("ca.pem"), *form, kind="https")
        equal((form, status), (form, 200))
    return same(s.events(len(want), "https"), want, "https", source="desk of curl", flags=0,
                text=message)


def own_address():
    """An address of this machine beyond loopback, or None."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        s.connect(("192.0.2.1", 9))  # sends nothing
        address = s.getsockname()[0]
    except OSError:
        return None
    finally:
        s.close()
    return None if address.startswith("127.") else address


def await_tracer(server, name):
    end = time.monotonic() + 25
    while time.monotonic() < end:
        if {"input": name, "state": "arriving"} in [
                {k: t[k] for k in ("input", "state")} for t in server.stat()["tracers"]]:
            return
        time.sleep(0.5)
    raise AssertionError("no event of our own through " + name)


@with_server()
def test_curl_from_beyond_loopback_needs_a_token(s):
    address = own_address()
    if missing("curl") or address is None:
        return missing("curl") or "there is no address beyond loopback"
    s.end()
    for opened, status in (("false", 401), ("true", 200)):
        again = type(s)(s.place, more="http-open: %s\n" % opened)
        try:
            with open(again.config, encoding="utf-8") as f:
                text = f.read().replace('http: "127.0.0.1', 'http: "%s' % address)
            s.place.write("canh.yaml", text)
            again.start().ready()
            done = subprocess.run(
                ["curl", "-sS", "-i", "-d", '{"a":1}', "http://%s:%d/events" % (
                    address, again.port["http"])], capture_output=True, timeout=20, check=False)
            holds(done.stdout.startswith(b"HTTP/1.1 %d" % status), (opened, done))
            equal(b"WWW-Authenticate" in done.stdout, status == 401)
            await_tracer(again, "http")  # our own sender is let in, and nobody else
            again.end()
        finally:
            again.kill()
    print("    401 of %s with http-open: false, 200 with true" % address)
    return None


# --- files and the journal ---------------------------------------------------------------------


def following(test):
    """The test gets a server that follows app.log in a folder of its own."""
    def wrapped(place):
        os.makedirs(place.path("logs"))
        place.write("logs/app.log", "")
        os.chmod(place.path("logs/app.log"), 0o644)
        return with_server(more="files: [%s]\n" % place.path("logs/app.log"))(test)(place)
    return wrapped


def appended(path, some):
    with open(path, "a", encoding="utf-8") as f:
        f.write("".join(t + "\n" for t in some))


def followed(s, want):
    events = s.events(len(want), "files")
    source = events[0].source if events else ""
    return same(events, want, "files", source=source, flags=events[0].flags)


@following
def test_a_file_that_grows(s):
    want = texts()
    for i in range(0, COUNT, 10):
        appended(s.place.path("logs/app.log"), want[i:i + 10])
        time.sleep(0.005)
    return followed(s, want)


@following
def test_a_file_that_is_rotated_by_rename(s):
    want = texts()
    path = s.place.path("logs/app.log")
    for turn in range(5):
        appended(path, want[turn * 100:turn * 100 + 100])
        for n in range(turn, 0, -1):
            os.rename("%s.%d" % (path, n), "%s.%d" % (path, n + 1))
        os.rename(path, path + ".1")
        appended(path, [])
        time.sleep(0.3 * (turn % 2))  # seen by the reader, and not
    # Files that come and go between two looks may be read in another order; each is in its own.
    events = s.events(len(want), "files")
    order = [int(e.raw[7:13]) for e in events]
    for turn in range(5):
        equal([n for n in order if n // 100 == turn], list(range(turn * 100, turn * 100 + 100)))
    equal(sorted(e.raw for e in events), sorted(t.encode() for t in want))
    print("    5 files of 100 lines, each line once; the files in order: %s" % (order == sorted(order)))


@following
def test_a_file_that_is_rotated_by_copy_and_truncate(s):
    want = texts()
    path = s.place.path("logs/app.log")
    for turn in range(5):
        appended(path, want[turn * 100:turn * 100 + 100])
        s.counted("stored", turn * 100 + 100, "files")
        shutil.copy(path, path + ".1")
        os.truncate(path, 0)
    return followed(s, want)


@with_server(more="journal: true\n")
def test_the_journal(s):
    if not os.path.exists("/run/systemd/journal/socket") or missing("systemd-cat"):
        return "journald is not running here"
    want = texts(100)
    tag = "canh-e2e-%d" % os.getpid()
    subprocess.run(["systemd-cat", "-t", tag], input="".join(t + "\n" for t in want).encode(),
                   timeout=PROCESS_SECONDS, check=True)

    def came():
        got = [json.loads(e.raw) for e in lanes.read(s.data) if e.input == "journal"]
        got = [e["MESSAGE"] for e in got if e.get("SYSLOG_IDENTIFIER") == tag]
        return got if len(got) >= len(want) else None

    equal(s.until("the journal's", came), want)
    return None


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
