"""A running `canh serve` for tests of what is sent to it: addresses, counts, what was stored."""

import json
import os
import socket
import subprocess

import keeper
import lanes
from keeper import free_ports
from program import CANH, equal, holds

STREAMS = ("syslog-tcp", "syslog-tls", "relp", "http", "https")
PROCESS_SECONDS = 20

with open(CANH, "rb") as program:
    # What all roles may grow by. Sanitizers keep what was freed for a while.
    MEMORY = (128 if b"__asan_init" in program.read() else 16) << 20


class Server(keeper.Server):
    """All inputs on ports of its own. TLS listens when there is a certificate `server.pem`."""

    def __init__(self, place, collectors=1, more=""):
        ports = free_ports([socket.SOCK_STREAM] * len(STREAMS))
        self.port = dict(zip(STREAMS, ports))
        self.tls = os.path.exists(place.path("server.pem"))
        super().__init__(place, collectors, more)
        while self.metrics in ports:  # it was chosen after those were given back
            self.metrics = free_ports([socket.SOCK_STREAM])[0]
            self.configure()

    def configure(self, more=None):
        names = [n for n in STREAMS if self.tls or n not in ("syslog-tls", "https")]
        text = ["rules: %s" % self.place.path("rules"), "taxonomy: %s" % self.place.path("taxonomy"),
                "collectors: %d" % self.collectors, "sandbox: true", "udp-buffer: 8MiB",
                'syslog-udp: "127.0.0.1:%d"' % self.udp, 'metrics: "127.0.0.1:%d"' % self.metrics, "console: []"]
        text += ['%s: "127.0.0.1:%d"' % (n, self.port[n]) for n in names]
        if self.tls:
            text += ["tls-certificate: " + self.place.path("server.pem"),
                     "tls-key: " + self.place.path("server.key"),
                     "tls-ca: " + self.place.path("ca.pem")]
        self.config = self.place.write(
            "canh.yaml", "\n".join(text) + "\n" + (self.more if more is None else more))

    def to(self, name, seconds=20):
        return socket.create_connection(("127.0.0.1", self.port[name]), seconds)

    def all_roles(self, but=None):
        """All that there should be, the reader included; none of them is `but`."""
        with open(self.config, encoding="utf-8") as f:
            lines = f.read().splitlines()
        reads = any(line.startswith(("files:", "journal:")) for line in lines)
        sends = any(line.startswith(("channels:", "oidc-issuer:")) for line in lines)
        roles = self.roles()
        want = {("desk", 0), ("console", 0), ("tracer", 0), ("sealer", 0), ("verifier", 0)} | ({("reader", 0)} if reads else set())
        want |= {("sender", 0)} if sends else set()
        want |= {("collector", i) for i in range(self.collectors)}
        return roles if set(roles) == want and but not in roles.values() else None

    # --- what it counts ------------------------------------------------------------------------

    def stat(self):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(10)
        s.connect(os.path.join(self.data, "run", "canh.sock"))
        with s, s.makefile("rb") as f:
            s.sendall(b"GET /stat HTTP/1.1\r\nHost: canh\r\nConnection: close\r\n\r\n")
            head, body = f.read().split(b"\r\n\r\n", 1)
        holds(head.startswith(b"HTTP/1.1 200"), head)
        return json.loads(body)

    def count(self, counter, kind=None, source=None):
        """The sum over rows of this input and source."""
        return sum(r[counter] for r in self.stat()["rows"]
                   if kind in (None, r["input"]) and source in (None, r["source"]))

    def counted(self, counter, least, kind=None, seconds=keeper.SLOW):
        self.until("%s %s of %d" % (kind, counter, least),
                   lambda: self.count(counter, kind) >= least, seconds)

    def events(self, count, kind=None):
        """The events of this input, once there are `count` of them; more or fewer is a failure."""
        self.counted("stored", count, kind)
        events = [e for e in lanes.read(self.data) if kind in (None, e.input)]
        if len(events) != count:
            raise AssertionError("%d events, want %d: %r" % (len(events), count, events[-3:]))
        return events

    def rss(self):
        """VmRSS of the keeper and all roles, bytes; but of the sealer, whose blocks fill while a
        test looks at something else: it reads from the lanes, whatever senders do."""
        total = 0
        for pid in [self.process.pid, *(pid for role, pid in self.roles().items() if role[0] != "sealer")]:
            with open("/proc/%d/status" % pid, encoding="ascii") as f:
                total += next(int(line.split()[1]) for line in f if line.startswith("VmRSS")) << 10
        return total

    def well(self):
        """No role died, and the counts add up."""
        holds(self.all_roles(), self.roles())
        equal([line for line in self.text().splitlines() if " ended" in line or "killed" in line], [])
        self.until("the balance", lambda: self.stat()["balance"]["missing"] == 0)


def with_server(collectors=1, more="", certificates=False):
    """The test gets a running server, which is gone afterwards whatever happens."""
    def decorate(test):
        def wrapped(place):
            if certificates:
                make_certificates(place)
            server = Server(place, collectors, more)
            try:
                server.start().ready()
                skip = test(server)
                if skip is None and server.process.poll() is None:
                    server.well()
                    server.end()
                return skip
            finally:
                server.kill()
        return wrapped
    return decorate


# --- certificates ------------------------------------------------------------------------------


def openssl(place, *args):
    done = subprocess.run(["openssl", *args], cwd=place.folder, capture_output=True, check=False,
                          timeout=PROCESS_SECONDS)
    if done.returncode != 0:
        raise AssertionError("openssl %s: %s" % (args, done.stderr.decode()))


def make_ca(place, name):
    openssl(place, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", name + ".key", "-out", name + ".pem", "-days", "2", "-subj", "/CN=" + name)


def make_certificate(place, name, ca="ca", days="2"):
    """NAME.pem and NAME.key, its common name NAME; of negative days it has expired."""
    place.write(name + ".ext", "subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:%s\n" % name)
    openssl(place, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", name + ".key", "-out", name + ".csr", "-subj", "/CN=" + name)
    openssl(place, "x509", "-req", "-in", name + ".csr", "-CA", ca + ".pem", "-CAkey", ca + ".key",
            "-CAcreateserial", "-out", name + ".pem", "-days", days, "-extfile", name + ".ext")


def make_certificates(place):
    make_ca(place, "ca")
    make_certificate(place, "server")
    make_certificate(place, "client")
    for name in ("server", "client"):  # read by roles of another account
        os.chmod(place.path(name + ".key"), 0o644)
