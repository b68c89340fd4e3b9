#!/usr/bin/env python3
"""Measure a running server from outside: what it stores, what it costs.

    serve.py throughput CANH WORK RULES... -- SECONDS FORM CONNECTIONS
    serve.py load       CANH WORK RULES... -- SECONDS RATE       30 s at least: files are sealed in it
    serve.py rsyslog    CANH WORK          -- SECONDS CONNECTIONS

Each starts a server of its own with an empty folder on the disk, feeds it by `canh send`, and prints
one line of figures between tabs: for throughput "stored seconds sent acknowledged", for load
"stored seconds cpu_percent memory_mb sent sealed_files checkpoints shares", the shares of the processor
by role, for rsyslog "acknowledged seconds".

What is stored is counted in the store's own files, by walking their frames (docs/store.md), never
taken from the server or the sender; the seconds run from the start of the sender until as many events
as it sent lie in the store and were tried against all rules. A run that stores less or more than was sent is a failure (exit 1).
rsyslog's rate is what the sender saw acknowledged until it stopped: the best that can be said for it.
"""
import os
import re
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time

PLACE = os.environ.get("SERVE_PLACE", "/var/tmp")  # a disk, not memory
EVENTS = 0  # kind of a frame, enum lane_kind
MORE = 1  # a frame's flag: frames of the same group follow
PATIENCE = 60  # seconds, for what takes a few
CONFIG = """rules: [%s]
syslog-udp: []
syslog-tcp: "127.0.0.1:%d"
relp: "127.0.0.1:%d"
http: "127.0.0.1:%d"
metrics: []
console: []
reserve-bytes: 1MiB
"""
RSYSLOG = """global(workDirectory="%(place)s/queue")
module(load="imrelp")
main_queue(queue.type="Disk" queue.filename="main" queue.syncqueuefiles="on"
           queue.checkpointInterval="1" queue.maxDiskSpace="20g")
input(type="imrelp" address="127.0.0.1" port="%(port)d")
action(type="omfile" file="%(place)s/out.log" sync="on")
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Store:
    """How many events were stored: their numbers have no gaps, so the last one tells, wherever the
    sealer has put those before. What was walked once is not walked again."""

    def __init__(self, data):
        self.folder = os.path.join(data, "lanes")
        self.database = os.path.join(data, "desk/canh.db")
        self.at = {}
        self.lanes = {}  # folder: number of the next event, of the first that was not matched

    def unmatched(self):
        return sum(following - matched for following, matched in self.lanes.values())

    def count(self):
        for folder, _, names in os.walk(self.folder):
            for name in names:
                if name.endswith(".lane"):
                    self.walk(os.path.join(folder, name))
        return sum(following - 1 for following, _ in self.lanes.values()) - self.tracers()

    def tracers(self):
        """Our own events, which nobody sent, as far as the desk has seen them."""
        with sqlite3.connect("file:%s?mode=ro" % self.database, uri=True) as db:
            return db.execute("SELECT coalesce(sum(count), 0) FROM tracer").fetchone()[0]

    def walk(self, path):
        try:
            f = open(path, "rb", buffering=0)
        except FileNotFoundError:
            return  # sealed meanwhile
        with f:
            end = os.fstat(f.fileno()).st_size
            at = self.at.get(path, 64)
            events, tried = 1, 1  # of a group that may not be whole yet
            while at + 64 <= end:
                head = os.pread(f.fileno(), 32, at)
                mark, kind, flags, size, count, first, matched = struct.unpack("<4sBB2xIIQQ", head)
                if mark != b"CFRM" or at + 64 + (size + 7) // 8 * 8 > end:
                    break
                events, tried = max(events, first + count if kind == EVENTS else first), max(tried, matched)
                at += 64 + (size + 7) // 8 * 8
                if flags & MORE:
                    continue
                lane = self.lanes.setdefault(os.path.dirname(path), [1, 1])
                lane[0], lane[1] = max(lane[0], events), max(lane[1], tried)
                self.at[path] = at


def children(parent):
    """The server's process and those that it started."""
    found = [parent]
    for pid in os.listdir("/proc"):
        try:
            with open("/proc/%s/stat" % pid, encoding="utf-8") as f:
                if pid.isdigit() and int(f.read().rsplit(")", 1)[1].split()[1]) == parent:
                    found.append(int(pid))
        except OSError:
            pass
    return found


def role_name(pid):
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as f:
            words = f.read().split(b"\0")
    except OSError:
        return ""
    return words[2].decode() if len(words) > 2 and words[1] == b"role" else ""


def ticks(pids):
    total = 0
    for pid in pids:
        with open("/proc/%d/stat" % pid, encoding="utf-8") as f:
            words = f.read().rsplit(")", 1)[1].split()
        total += int(words[11]) + int(words[12])
    return total / os.sysconf("SC_CLK_TCK")


def proportional_mb(pids):
    total = 0
    for pid in pids:
        with open("/proc/%d/smaps_rollup" % pid, encoding="utf-8") as f:
            total += int(re.search(r"^Pss: *(\d+) kB", f.read(), re.M).group(1))
    return total * 1024 / 1e6


class Server:
    def __init__(self, canh, place, rules, more=""):
        self.tcp, self.relp, self.http = free_port(), free_port(), free_port()
        self.data = os.path.join(place, "data")
        self.log_path = os.path.join(place, "log")
        config = os.path.join(place, "canh.yaml")
        with open(config, "w", encoding="utf-8") as f:
            f.write(CONFIG % (", ".join(rules), self.tcp, self.relp, self.http) + more)
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen([canh, "serve", "--config", config, "--data", self.data],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        await_port(self.process, self.http, self.log_path)
        self.until_whole()
        self.store = Store(self.data)

    def until_whole(self):
        """All roles are there, and that which compiles the rules is not any more."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            names = [role_name(pid) for pid in children(self.process.pid)]
            if "tracer" in names and "rules" not in names:
                time.sleep(1)
                return
            time.sleep(0.05)
        fail("not all roles start", self.log_path)

    def port(self, form):
        return {"syslog-tcp": self.tcp, "relp": self.relp}.get(form, self.http)

    def until_stored(self, sent):
        """The moment at which all that was sent lies in the store, matched."""
        end = time.monotonic() + PATIENCE
        while self.store.count() < sent or self.store.unmatched() > 0:
            if time.monotonic() > end:
                break
            time.sleep(0.02)
        now = time.monotonic()
        for _ in range(100):  # the desk has the last of our own events a moment later
            if self.store.count() == sent:
                break
            time.sleep(0.1)
        if self.store.count() != sent or self.store.unmatched() != 0:
            fail("%d events sent, %d stored, %d of them not matched"
                 % (sent, self.store.count(), self.store.unmatched()), self.log_path)
        return now

    def end(self):
        stop(self.process)


def fail(why, log=None):
    print("serve.py: " + why, file=sys.stderr)
    if log:
        with open(log, encoding="utf-8", errors="replace") as f:
            print(f.read()[-2000:], file=sys.stderr)
    sys.exit(1)


def await_port(process, port, log):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    fail("the server does not listen", log)


def stop(process):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def sender(canh, form, port, seconds, connections, rate=0):
    return subprocess.Popen(
        [canh, "send", "--to", form, "--connections", str(connections), "--count", "1000000000000",
         "--seconds", str(seconds), "--bytes", "400", "--window", "128", "--rate", str(rate),
         "127.0.0.1:%d" % port], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def summary(process, seconds):
    """(sent, acknowledged, seconds) as the sender counted them."""
    try:
        said = process.communicate(timeout=seconds + PATIENCE)[1]
    except subprocess.TimeoutExpired:
        process.kill()
        said = process.communicate()[1]
    found = re.search(r"(\d+) sent, (\d+) acknowledged, ([0-9.]+) s", said)
    if not found:
        fail("the sender said: " + said[-500:])
    return int(found.group(1)), int(found.group(2)), float(found.group(3))


def throughput(canh, place, rules, seconds, form, connections):
    server = Server(canh, place, rules)
    try:
        begun = time.monotonic()
        sent, acked, _ = summary(sender(canh, form, server.port(form), seconds, connections), seconds)
        ended = server.until_stored(sent)
        return server.store.count(), ended - begun, sent, acked
    finally:
        server.end()


def sealed_and_signed(data):
    """(sealed files, checkpoints) that the server has made: none of either, and it did not do its work."""
    files = sum(name.endswith(".seal") for _, _, names in os.walk(os.path.join(data, "sealed"))
                for name in names)
    signed, ledger = 0, os.path.join(data, "ledger")
    for name in os.listdir(ledger):
        if name.endswith(".chain"):
            with open(os.path.join(ledger, name), "rb") as f:
                signed += f.read().count(b"canh/checkpoint/v")
    return files, signed


def shares(before, after, spent):
    """What each role took, in percent of a core, the most first."""
    by_role = {}
    for pid, taken in after.items():
        name = role_name(pid) or "keeper"
        by_role[name] = by_role.get(name, 0) + 100 * (taken - before[pid]) / spent
    return ", ".join("%s %.1f" % (name, by_role[name]) for name in sorted(by_role, key=by_role.get,
                                                                            reverse=True))


def load(canh, place, rules, seconds, rate):
    """What a steady rate costs, from its first second to a moment before its end."""
    server = Server(canh, place, rules)
    try:
        process = sender(canh, "syslog-tcp", server.tcp, seconds, 8, rate)
        time.sleep(1)
        pids, most = children(server.process.pid), 0.0
        before, begun = {pid: ticks([pid]) for pid in pids}, time.monotonic()
        while process.poll() is None and time.monotonic() - begun < seconds - 2:
            time.sleep(1)
            most = max(most, proportional_mb(pids))
        after, spent = {pid: ticks([pid]) for pid in pids}, time.monotonic() - begun
        files, signed = sealed_and_signed(server.data)
        sent, _, took = summary(process, seconds)
        server.until_stored(sent)
        if files == 0 or signed == 0:
            fail("%d files sealed, %d checkpoints signed during the load" % (files, signed),
                 server.log_path)
        cpu = 100 * (sum(after.values()) - sum(before.values())) / spent
        return sent, took, cpu, most, sent, files, signed, shares(before, after, spent)
    finally:
        server.end()


def rsyslog(canh, place, seconds, connections):
    port = free_port()
    os.mkdir(os.path.join(place, "queue"))
    config, log_path = os.path.join(place, "rsyslog.conf"), os.path.join(place, "log")
    with open(config, "w", encoding="utf-8") as f:
        f.write(RSYSLOG % {"place": place, "port": port})
    with open(log_path, "wb") as log:
        process = subprocess.Popen(["rsyslogd", "-n", "-f", config, "-i", os.path.join(place, "pid")],
                                   stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        await_port(process, port, log_path)
        _, acked, took = summary(sender(canh, "relp", port, seconds, connections), seconds)
        return acked, took
    finally:
        stop(process)


def main():
    split = sys.argv.index("--")
    what, canh, _, *rules = sys.argv[1:split]
    words = [w if re.search(r"\D", w) else int(w) for w in sys.argv[split + 1:]]
    place = tempfile.mkdtemp(prefix="canh-bench-", dir=PLACE)
    try:
        if what == "rsyslog":
            figures = rsyslog(canh, place, *words)
        else:
            figures = {"throughput": throughput, "load": load}[what](canh, place, rules, *words)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    print("\t".join("%.6g" % f if isinstance(f, float) else str(f) for f in figures))


if __name__ == "__main__":
    main()
