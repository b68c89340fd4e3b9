"""What `canh serve` shows: canh stat, tail, alerts, and the metrics; and that our own sender arrives.

    watch_e2e.py CANH
"""

import gzip
import hashlib
import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys

from program import CANH, equal, holds, run
from keeper import Server, free_ports

TOKEN = "a-token-for-tests"


class Watch(Server):
    """A server with all inputs on free ports."""

    def __init__(self, place, **more):
        self.relp, self.http, self.tls, self.https = free_ports([socket.SOCK_STREAM] * 4)
        self.certs = place.path("certs")
        if not os.path.isdir(self.certs):
            make_certificates(self.certs)
        self.drop = place.path("drop")
        os.makedirs(self.drop, exist_ok=True)
        super().__init__(place, **more)

    def configure(self, more=None):
        self.config = self.place.write("canh.yaml", """
rules: %s
taxonomy: %s
collectors: %d
syslog-udp: "127.0.0.1:%d"
syslog-tcp: "127.0.0.1:%d"
syslog-tls: "127.0.0.1:%d"
relp: "127.0.0.1:%d"
http: "127.0.0.1:%d"
https: "127.0.0.1:%d"
metrics: "127.0.0.1:%d"
tls-certificate: %s/server.pem
tls-key: %s/server.key
tls-ca: %s/ca.pem
files: [%s]
udp-buffer: 4MiB
reserve-bytes: 1MiB
begin: 2s
sources:
  - name: agent-7
    token-sha256: %s
  - name: fw-01
    certificate: fw-01
%s""" % (self.place.path("rules"), self.place.path("taxonomy"), self.collectors, self.udp, self.tcp,
         self.tls, self.relp, self.http, self.https, self.metrics, self.certs, self.certs,
         self.certs, self.drop, sha256(TOKEN), self.more if more is None else more))

    def local(self, path):
        """GET over the local socket: the answer's body."""
        c = http.client.HTTPConnection("canh")
        c.sock = socket.socket(socket.AF_UNIX)
        c.sock.settimeout(10)
        c.sock.connect(os.path.join(self.data, "run/canh.sock"))
        c.request("GET", path)
        answer = c.getresponse()
        body = answer.read()
        c.close()
        if answer.status != 200:
            raise AssertionError("%s: %d %r" % (path, answer.status, body))
        return body

    def stat(self):
        return json.loads(self.local("/stat"))

    def row(self, name, source=None):
        """The counts of an input, of one source or of all."""
        sums = {}
        for row in self.stat()["rows"]:
            if row["input"] == name and source in (None, row["source"]):
                for key, value in row.items():
                    if isinstance(value, int) and not isinstance(value, bool):
                        sums[key] = sums.get(key, 0) + value
        return sums

    def has_stored(self, name, count, source=None, seconds=20):
        self.until("%d stored by %s" % (count, name),
                   lambda: self.row(name, source).get("stored", 0) >= count, seconds)
        row = self.row(name, source)
        equal(row["stored"], count)
        equal(row["matched"], count)
        return row

    def events(self, last=10000):
        """The stored events, out of the lanes of a server that was ended."""
        done = self.place.canh("tail", "--json", "--last", str(last), "--data", self.data)
        equal(done.code, 0)
        return done.findings()

    def post(self, path, body, headers=None, port=None):
        c = http.client.HTTPConnection("127.0.0.1", port or self.http, timeout=10)
        c.request("POST", path, body, headers or {})
        answer = c.getresponse()
        text = answer.read()
        got = answer.status, text, dict(answer.getheaders())
        c.close()
        return got


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def make_certificates(folder):
    os.makedirs(folder)

    def openssl(*args):
        subprocess.run(["openssl", *args], cwd=folder, check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
            "-days", "2", "-subj", "/CN=test authority")
    for name, usage in (("server", "serverAuth"), ("fw-01", "clientAuth")):
        with open(os.path.join(folder, name + ".ext"), "w", encoding="utf-8") as f:
            f.write("extendedKeyUsage=%s\nsubjectAltName=IP:127.0.0.1,DNS:%s\n" % (usage, name))
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", name + ".key", "-out",
                name + ".csr", "-subj", "/CN=" + name)
        openssl("x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-out", name + ".pem", "-days", "2", "-extfile", name + ".ext")
    os.chmod(folder, 0o755)
    for name in os.listdir(folder):
        os.chmod(os.path.join(folder, name), 0o644)


def with_watch(test):
    def wrapped(place):
        server = Watch(place)
        signal.alarm(90)  # whatever hangs is this test's failure
        try:
            server.start().ready()
            return test(server)
        finally:
            signal.alarm(0)
            server.kill()
    return wrapped


def too_long(*_):
    raise AssertionError("the test took too long")


signal.signal(signal.SIGALRM, too_long)


# --- our own sender, and what is shown ------------------------------------------------------------


@with_watch
def test_every_input_takes_what_our_sender_sends(s):
    for to, port, name in (("syslog-udp", s.udp, "syslog-udp"), ("syslog-tcp", s.tcp, "syslog-tcp"),
                           ("relp", s.relp, "relp"), ("http", s.http, "http")):
        done = s.place.canh("send", "--to", to, "--count", "2000", "--rate", "10000", "--run", to,
                            "127.0.0.1:%d" % port)
        equal(done.code, 0)
        s.has_stored(name, 2000)
    s.end()
    seen = {}
    for event in s.events(10000):
        run_, conn, number = re.search(r"canh_run=(\S+) canh_conn=(\d+) canh_seq=(\d+)",
                                       event["raw"]).groups()
        holds(int(number) == seen.get(run_, 0) + 1, "order of %s at %s" % (run_, number))
        seen[run_] = int(number)
    equal(seen, {"syslog-udp": 2000, "syslog-tcp": 2000, "relp": 2000, "http": 2000})


@with_watch
def test_what_is_found_is_an_alert(s):
    code, _, _ = s.post("/events", '{"a":"hit","host":"srv-9"}\n{"a":"miss","host":"srv-9"}\n')
    equal(code, 200)
    s.until("the alert", lambda: b"Rule 1" in s.local("/alerts"))
    alert = json.loads(s.local("/alerts").splitlines()[0])
    equal((alert["title"], alert["entity"], alert["count"], alert["level"]),
          ("Rule 1", "srv-9", 1, "high"))
    done = s.place.canh("alerts", "--data", s.data)
    holds(b"Rule 1" in done.out and b"srv-9" in done.out, done.out)
    done = s.place.canh("stat", "--data", s.data)
    holds(b"Balanced:" in done.out, done.out)
    s.end()
    done = s.place.canh("alerts", "--data", s.data)  # without a server, out of the database
    holds(b"Rule 1" in done.out, done.out)
    equal(s.place.canh("stat", "--data", s.data).code, 2)


@with_watch
def test_a_rule_is_blind_until_an_event_of_its_kind_comes(s):
    def blind():
        return s.local("/blind").splitlines()
    s.until("the blind rule", lambda: len(blind()) == 1, 25)
    rule = json.loads(blind()[0])
    equal((rule["title"], rule["reason"]), ("Rule 1", "no event of its kind came"))
    done = s.place.canh("stat", "--blind", "--data", s.data)
    holds(b"Rule 1: no event of its kind came" in done.out, done.out)
    s.until("the count", lambda: b"Blind: 1 rules" in
            s.place.canh("stat", "--data", s.data).out, 25)
    s.post("/events", '{"a":"miss"}\n')
    s.until("no blind rule", lambda: blind() == [], 25)
    s.end()


# --- OpenTelemetry, Loki, HEC ---------------------------------------------------------------------


def varint(n):
    out = b""
    while n >= 0x80:
        out += bytes([n & 0x7f | 0x80])
        n >>= 7
    return out + bytes([n])


def pb(number, value):
    """A field of protobuf: bytes, or an int as a varint; ("fixed64", n)."""
    if isinstance(value, tuple):
        return varint(number << 3 | 1) + value[1].to_bytes(8, "little")
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def snappy(data):
    """Literals only."""
    out = varint(len(data))
    for i in range(0, len(data), 60):
        piece = data[i:i + 60]
        out += bytes([(len(piece) - 1) << 2]) + piece
    return out


def log_record(text, number):
    attribute = pb(1, b"n") + pb(2, pb(3, number))
    return pb(1, ("fixed64", 1772359200 * 10**9)) + pb(2, 9) + pb(5, pb(1, text)) + pb(6, attribute)


def otlp(records):
    resource = pb(1, pb(1, b"host.name") + pb(2, pb(1, b"web-1")))
    return pb(1, pb(1, resource) + pb(2, pb(1, pb(1, b"scope")) + b"".join(pb(2, r) for r in records)))


@with_watch
def test_log_records_of_opentelemetry_are_stored_from_both_encodings(s):
    body = otlp([log_record(b"first", 1), log_record(b"second", 2)])
    protobuf = {"Content-Type": "application/x-protobuf"}
    equal(s.post("/v1/logs", body, protobuf)[:2], (200, b""))
    packed = dict(protobuf, **{"Content-Encoding": "gzip"})
    equal(s.post("/v1/logs", gzip.compress(otlp([log_record(b"third", 3)])), packed)[:2], (200, b""))
    text = {"resourceLogs": [{"resource": {"attributes": [
        {"key": "host.name", "value": {"stringValue": "web-2"}}]}, "scopeLogs": [{"logRecords": [
            {"timeUnixNano": "1772359200000000000", "body": {"stringValue": "fourth"}}]}]}]}
    code, answer, _ = s.post("/v1/logs", json.dumps(text, indent=1),
                             {"Content-Type": "application/json"})
    equal((code, json.loads(answer)), (200, {}))
    equal(s.post("/v1/logs", body[:-3], protobuf)[0], 400)
    equal(s.post("/v1/logs", b"{", {"Content-Type": "application/json"})[0], 400)
    equal(s.post("/v1/logs", b"", protobuf)[:2], (200, b""))
    s.has_stored("http", 4)
    equal(s.row("http")["refused_syntax"], 2)
    s.end()
    events = [json.loads(e["raw"]) for e in s.events() if "otel" in e["raw"]]
    equal([e["body"] for e in events], ["first", "second", "third", "fourth"])
    equal((events[1]["attributes"], events[1]["scope"]["name"], events[1]["resource"]),
          ({"n": 2}, "scope", {"host.name": "web-1"}))


@with_watch
def test_entries_of_loki_are_stored_from_both_encodings(s):
    stamp = pb(1, 1772359200) + pb(2, 5)
    entries = b"".join(pb(2, pb(1, stamp) + pb(2, line) + pb(3, pb(1, b"k") + pb(2, b"v")))
                       for line in (b"one", b'{"user":"root"}'))
    body = pb(1, pb(1, b'{app="sshd", host="srv-1"}') + entries)
    code, answer, _ = s.post("/loki/api/v1/push", snappy(body),
                             {"Content-Type": "application/x-protobuf"})
    equal((code, answer), (204, b""))
    text = {"streams": [{"stream": {"app": "cron"}, "values": [["1772359200000000000", "three"]]}]}
    equal(s.post("/loki/api/v1/push", json.dumps(text), {"Content-Type": "application/json"})[0], 204)
    for bad in (body, snappy(body)[:-4], b"\xff\xff\xff\xff\x7f", snappy(body[:-1])):
        equal(s.post("/loki/api/v1/push", bad, {"Content-Type": "application/x-protobuf"})[0] // 100, 4)
    s.has_stored("http", 3)
    s.end()
    events = [json.loads(e["raw"]) for e in s.events() if "loki" in e["raw"]]
    equal([e["line"] for e in events], ["one", {"user": "root"}, "three"])
    equal((events[0]["labels"], events[0]["metadata"], events[0]["time"]),
          ({"app": "sshd", "host": "srv-1"}, {"k": "v"}, "2026-03-01T10:00:00.000000005Z"))


@with_watch
def test_objects_of_hec_may_stand_side_by_side(s):
    body = '{"event":"one"}{"event":{"a":"}{"}} {"event":"three"}\n{"event":"four"}\n'
    equal(s.post("/services/collector/event", body)[0], 200)
    s.has_stored("http", 4)
    equal(s.post("/services/collector/event", '{"event":"five"}{"event":')[0], 400)
    s.has_stored("http", 5)
    s.end()


def test_a_token_is_made_with_its_digest(place):
    made = [place.canh("token").out.decode().split() for _ in range(2)]
    for words in made:
        equal(words[0::2], ["token:", "token-sha256:"])
        equal(sha256(words[1]), words[3])
    holds(made[0][1] != made[1][1] and len(made[0][1]) >= 32, made)


@with_watch
def test_tail_shows_events_as_they_come(s):
    tail = subprocess.Popen([CANH, "tail", "--json", "--data", s.data, "host:srv-2"],
                            stdout=subprocess.PIPE)
    try:
        equal(json.loads(tail.stdout.readline()), {"following": True})
        s.post("/events", '{"a":"x","host":"srv-1"}\n{"a":"y","host":"srv-2"}\n')
        event = json.loads(tail.stdout.readline())
        equal((event["fields"]["a"], event["input"], event["source"]), ("y", "http", "127.0.0.1"))
    finally:
        tail.kill()
        tail.wait()
    done = s.place.canh("tail", "--data", s.data, "(a")
    equal(done.code, 2)
    s.end()


@with_watch
def test_metrics_are_in_the_text_format(s):
    s.post("/events", '{"a":"hit"}\n')
    c = http.client.HTTPConnection("127.0.0.1", s.metrics, timeout=10)
    c.request("GET", "/metrics")
    answer = c.getresponse()
    text = answer.read().decode()
    equal(answer.status, 200)
    sample = re.compile(r'^[a-z_:][a-z0-9_:]*(\{([a-z_]+="([^"\\\n]|\\["\\n])*",?)*\})? -?[0-9.e+]+$')
    typed = set()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            name, kind = line.split()[2:]
            holds(name not in typed and kind in ("counter", "gauge"), line)
            typed.add(name)
        elif not line.startswith("# HELP "):
            holds(sample.match(line), line)
            holds(re.split(r"[{ ]", line)[0] in typed, line)
    holds("canh_records_stored_total" in typed, typed)
    c.request("GET", "/stat")  # only over the local socket
    equal(c.getresponse().status, 404)
    s.end()


@with_watch
def test_our_own_events_come_through_every_input_and_count_nowhere(s):
    inputs = {"syslog-udp", "syslog-tcp", "syslog-tls", "relp", "http", "https"}

    def arrived():
        with sqlite3.connect("file:%s/desk/canh.db?mode=ro" % s.data, uri=True) as db:
            return {row[0] for row in db.execute("SELECT source FROM tracer")} == inputs
    s.until("a tracer of every input", arrived, 25)
    for name in inputs:
        equal((s.row(name).get("received", 0), s.row(name).get("connections", 0)), (0, 0))
    equal({(t["input"], t["state"]) for t in s.stat()["tracers"]},
          {(name, "arriving") for name in inputs})
    holds(b"Missing" not in s.place.canh("stat", "--data", s.data).out, "it says that one is missing")
    s.end()


if __name__ == "__main__":
    if len(sys.argv) > 2:  # only these tests
        for name_ in [n for n in globals() if n.startswith("test_")]:
            if not any(word in name_ for word in sys.argv[2:]):
                del globals()[name_]
    sys.exit(run(sys.modules[__name__]))
