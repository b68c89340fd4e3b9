"""A running `canh serve` for the tests that need one. Standard library only."""

import os
import signal
import socket
import subprocess
import time

from program import CANH, TAXONOMY, holds, rule

SLOW = 60 if os.environ.get("CANH_SLOW") else 30  # seconds, for what takes one at most


def free_ports(kinds):
    """Ports that nobody has at this moment."""
    held, ports = [], []
    for kind in kinds:
        s = socket.socket(socket.AF_INET, kind)
        s.bind(("127.0.0.1", 0))
        held.append(s)
        ports.append(s.getsockname()[1])
    for s in held:
        s.close()
    return ports


class Server:
    """A server with a folder of its own, and what it tells systemd and standard error."""

    def __init__(self, place, collectors=2, more=""):
        self.place = place
        self.udp, self.tcp, self.metrics = free_ports(
            [socket.SOCK_DGRAM, socket.SOCK_STREAM, socket.SOCK_STREAM])
        self.data = place.path("data")
        if not os.path.exists(place.path("rules/one.yml")):  # a second server finds them as they were
            place.write("rules/one.yml", rule(1))
            place.write("taxonomy/test.yaml", TAXONOMY)
        if os.path.exists(place.path("notify")):
            os.unlink(place.path("notify"))
        self.more = more
        self.collectors = collectors
        self.configure()
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(place.path("notify"))
        self.notify.settimeout(0.05)
        self.notify.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.told = []
        self.process = None
        self.stored = []

    def configure(self, more=None):
        self.config = self.place.write("canh.yaml", """
rules: %s
taxonomy: %s
collectors: %d
syslog-udp: "127.0.0.1:%d"
syslog-tcp: "127.0.0.1:%d"
metrics: "127.0.0.1:%d"
console: []
relp: []
http: []
udp-buffer: 1MiB
sandbox: false
%s""" % (self.place.path("rules"), self.place.path("taxonomy"), self.collectors, self.udp, self.tcp,
         self.metrics, self.more if more is None else more))

    def start(self, program=CANH, env=None, **more):
        self.log = open(self.place.path("log"), "ab")
        self.process = subprocess.Popen(
            [program, "serve", "--config", self.config, "--data", self.data], cwd=self.place.folder,
            stdin=subprocess.DEVNULL, stderr=self.log,
            env=dict(os.environ, NOTIFY_SOCKET=self.place.path("notify"), **(env or {})), **more)
        return self

    def hear(self):
        """What systemd was told since the last time."""
        while True:
            try:
                data, fds, _, _ = socket.recv_fds(self.notify, 4096, 8)
            except (TimeoutError, BlockingIOError):
                return self.told
            if b"FDSTORE=1" in data:
                self.stored.append(data)
            for fd in fds:
                os.close(fd)
            self.told.append(data.decode())

    def until(self, what, test, seconds=SLOW):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.hear()
            got = test()
            if got:
                return got
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        raise AssertionError("%s: not within %d s; exit code %s; log:\n%s" % (
            what, seconds, self.process.poll(), self.text()[-3000:]))

    def ready(self, times=1):
        self.until("ready", lambda: sum(t == "READY=1" for t in self.told) >= times)
        return self

    def text(self):
        with open(self.place.path("log"), encoding="utf-8", errors="replace") as f:
            return f.read()

    def says(self, text, times=1):
        self.until("'%s' in the log" % text, lambda: self.text().count(text) >= times)

    def roles(self):
        """(name, number) -> pid of the children."""
        found = {}
        for pid in os.listdir("/proc"):
            if not pid.isdigit():
                continue
            try:
                with open("/proc/%s/stat" % pid, encoding="utf-8") as f:
                    after = f.read().rsplit(")", 1)[1].split()
                with open("/proc/%s/cmdline" % pid, "rb") as f:
                    words = f.read().split(b"\0")
            except OSError:
                continue
            if int(after[1]) == self.process.pid and after[0] != "Z" and len(words) > 3 and \
                    words[1] == b"role":
                found[(words[2].decode(), int(words[3]))] = int(pid)
        return found

    def all_roles(self, but=None):
        want = {("desk", 0), ("console", 0), ("tracer", 0), ("sealer", 0), ("verifier", 0)}
        want |= {("collector", i) for i in range(self.collectors)}
        roles = self.roles()
        return roles if set(roles) == want and (but is None or but not in roles.values()) else None

    def signal(self, number):
        self.process.send_signal(number)

    def end(self, code=0, seconds=12):
        self.signal(signal.SIGTERM)
        self.ended(code, seconds)

    def ended(self, code=0, seconds=12):
        try:
            got = self.process.wait(seconds)
        finally:
            self.kill()
        if got != code:
            raise AssertionError("exit code %s, want %s; log:\n%s" % (got, code, self.text()[-3000:]))
        holds("ERROR: AddressSanitizer" not in self.text(), self.text()[-3000:])
        holds("LeakSanitizer" not in self.text(), self.text()[-3000:])

    def kill(self):
        if self.process.poll() is None:
            roles = self.roles().values()
            self.process.kill()
            self.process.wait()
            # They die with it, but a moment later, and hold its ports until then.
            end = time.monotonic() + 5
            while any(os.path.exists("/proc/%d" % p) for p in roles) and time.monotonic() < end:
                time.sleep(0.005)
        self.log.close()
        self.notify.close()

    def generations(self):
        return sorted(int(n) for n in os.listdir(os.path.join(self.data, "rules")))

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.tcp), 5)


def with_server(test):
    """The test gets a running server, which is gone afterwards whatever happens."""
    def wrapped(place):
        server = Server(place)
        try:
            server.start().ready()
            return test(server)
        finally:
            server.kill()
    return wrapped
