"""What the torture needs: a server, senders that come back, a disk whose power can be cut."""

import errno
import fcntl
import http.client
import mmap
import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import time

from checker import Report, read_acks

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
RULE_ID = "00000000-0000-4000-8000-000000000007"
RULE = """title: A number that ends in seven
id: %s
status: test
level: medium
author: somebody
tags: [attack.t1059]
logsource: { product: torture }
detection:
    sel: { message|re: 'canh_seq=[0-9]*7 ' }
    condition: sel
""" % RULE_ID
TAXONOMY = """source: torture
product: torture
when: { message: { exists: true } }
rows:
  - name: whatever was sent
    time: '@timestamp'
    host: host.name
"""
ROLES = 7                # that run all the time: desk, console, tracer, sealer, verifier, two collectors
AGAIN_S = 5.0            # the service accepts again in this time
LEDGER_FD = 5            # of a collector: src/keep/role.h
EXT4_IOC_SHUTDOWN = 0x8004587D
NOLOGFLUSH = 2


class Violation(Exception):
    """The server broke a promise."""


class Place:
    """A folder for one part: settings, rules, logs, what was acknowledged. None of it is cut."""

    def __init__(self, folder):
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        self.folder = folder

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path


def free_ports(count):
    """Below those that the kernel gives to whoever connects: they are free when the server comes back, too."""
    held = []
    while len(held) < count:
        s = socket.socket()
        try:
            s.bind(("127.0.0.1", random.randrange(16000, 32000)))
            held.append(s)
        except OSError:
            s.close()
    ports = [s.getsockname()[1] for s in held]
    for s in held:
        s.close()
    return ports


class Server:
    """`canh serve` with settings of its own; started, killed and started again."""

    def __init__(self, canh, place, data, more="", sealing=False):
        self.canh, self.place, self.data = canh, place, data
        self.sealing = sealing   # all the time, small runs; else never
        self.udp, self.tcp, self.relp, self.http, self.metrics = free_ports(5)
        place.write("rules/seven.yml", RULE)
        place.write("taxonomy/torture.yaml", TAXONOMY)
        self.more = more
        self.configure()
        self.process = None
        self.env = dict(os.environ)
        self.cpus = None         # all
        self.bytes = 400         # of a probe
        self.probes = 0
        self.probe_acks = []     # (conn, first, last) of run "probe"
        self.slowest = 0.0       # of accepting again

    def configure(self, more=None):
        self.config = self.place.write("canh.yaml", """rules: %s
taxonomy: %s
collectors: 2
syslog-udp: "127.0.0.1:%d"
syslog-tcp: "127.0.0.1:%d"
relp: "127.0.0.1:%d"
http: "127.0.0.1:%d"
metrics: "127.0.0.1:%d"
console: []
seal-bytes: %s
%s
""" % (self.place.path("rules"), self.place.path("taxonomy"), self.udp, self.tcp, self.relp,
            self.http, self.metrics, "256KiB" if self.sealing else "1GiB", self.more if more is None else more))

    def start(self):
        with open(self.place.path("log"), "ab") as log:
            self.process = subprocess.Popen(
                [self.canh, "serve", "--config", self.config, "--data", self.data],
                cwd=self.place.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=log, env=self.env)
        if self.cpus is not None:  # before it has started any role
            os.sched_setaffinity(self.process.pid, self.cpus)
        return self

    def text(self):
        if not os.path.exists(self.place.path("log")):
            return ""
        with open(self.place.path("log"), encoding="utf-8", errors="replace") as f:
            return f.read()

    # --- processes ---------------------------------------------------------------------------

    def roles(self):
        """[(name, number, pid)] of the children."""
        found = []
        try:
            with open("/proc/%d/task/%d/children" % (self.process.pid, self.process.pid),
                      encoding="ascii") as f:
                children = f.read().split()
        except OSError:
            return found
        for pid in children:
            try:
                with open("/proc/%s/cmdline" % pid, "rb") as f:
                    words = f.read().split(b"\0")
            except OSError:
                continue
            if len(words) > 3 and words[1] == b"role":
                found.append((words[2].decode(), int(words[3]), int(pid)))
        return found

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """-9 to the keeper and to all roles; returns when all are gone."""
        pids = [pid for _, _, pid in self.roles()] if self.alive() else []
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        for pid in pids:
            kill(pid)
        wait_gone(pids)

    def end(self, seconds=20):
        """SIGTERM: everything that was taken in becomes durable."""
        pids = [pid for _, _, pid in self.roles()]
        self.process.terminate()
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Violation("it did not end within %d s of SIGTERM" % seconds) from None
        wait_gone(pids)
        if code != 0:
            raise Violation("it ended with %d" % code)

    # --- is it there? ------------------------------------------------------------------------

    def probe(self, timeout=0.5):
        """One event by HTTP. True when it was acknowledged; else the status, or 0."""
        self.probes += 1
        text = "{\"message\":\"canh_run=probe canh_conn=0 canh_seq=%d " % self.probes
        text = text.ljust(self.bytes - 2)
        c = http.client.HTTPConnection("127.0.0.1", self.http, timeout=timeout)
        try:
            c.request("POST", "/events", text + "\"}\n")
            answer = c.getresponse()
            body = answer.read()
            if answer.status == 200 and b'"stored":1' in body:
                self.probe_acks.append((0, self.probes, self.probes))
                return True
            return (answer.status, answer.getheader("Retry-After"))
        except (OSError, http.client.HTTPException):
            return (0, None)
        finally:
            c.close()

    def accepts(self, since, within=AGAIN_S, meanwhile=None):
        """Waits until it takes events again: a violation when it takes longer."""
        while self.probe() is not True:
            if meanwhile is not None:
                meanwhile()
            if time.monotonic() - since > max(within * 4, 20):
                raise Violation("nothing was accepted within %.0f s" % (time.monotonic() - since))
            time.sleep(0.01)
        took = time.monotonic() - since
        self.slowest = max(self.slowest, took)
        if took > within:
            raise Violation("accepted again only after %.1f s" % took)
        return took

    # --- what it says about itself -----------------------------------------------------------

    def ledger(self):
        """[{counter: sum over rows}] of each collector, from the memory that it shares."""
        return [read_ledger(pid) for name, _, pid in sorted(self.roles()) if name == "collector"]


def kill(pid, number=signal.SIGKILL):
    try:
        os.kill(pid, number)
        return True
    except ProcessLookupError:
        return False


def wait_gone(pids, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pids = [p for p in pids if os.path.exists("/proc/%d" % p) and not zombie(p)]
        if not pids:
            return
        time.sleep(0.005)
    raise Violation("roles outlive their end: %s" % pids)


def zombie(pid):
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii", errors="replace") as f:
            return f.read().rsplit(")", 1)[1].split()[0] in "ZX"
    except OSError:
        return True


# --- the ledger -----------------------------------------------------------------------------------

def table(name):
    """The rows of an X-macro of src/collect/ledger.h."""
    with open(os.path.join(ROOT, "src", "collect", "ledger.h"), encoding="ascii") as f:
        text = f.read()
    body = re.search(r"#define %s\(X\)\s*\\\n((?:.*\\\n)*.*\n)" % name, text)[1]
    return re.findall(r"X\((\w+)", body)


def read_ledger(pid):
    counters, board, closing = table("LEDGER_TABLE"), table("BOARD_TABLE"), table("LEDGER_CLOSING")
    fd = os.open("/proc/%d/fd/%d" % (pid, LEDGER_FD), os.O_RDONLY)
    try:
        with mmap.mmap(fd, 0, prot=mmap.PROT_READ) as m:
            data = bytes(m)
    finally:
        os.close(fd)
    head = 16 + 8
    out = dict(zip(("board_" + b for b in board),
                   struct.unpack_from("<%dQ" % len(board), data, head)))
    at, row = head + 8 * len(board), 8 + 64 + 8 * len(counters)
    sums = dict.fromkeys(counters, 0)
    out["rows"] = []
    while at + row <= len(data):
        if struct.unpack_from("<I", data, at)[0] == 1:
            counts = dict(zip(counters, struct.unpack_from("<%dQ" % len(counters), data, at + 72)))
            counts["open"] = counts["received"] - sum(counts[c] for c in closing)
            out["rows"].append(counts)
            for c in counters:
                sums[c] += counts[c]
        at += row
    out.update(sums)
    return out


def check_balance(report, ledgers):
    """received = what became of it, in every row; call when nothing is in flight."""
    for i, g in enumerate(ledgers):
        for row in g["rows"]:
            if row["open"] != 0:
                report.say("ledger %d: %d received and never closed (%s)", i, row["open"],
                           {k: v for k, v in row.items() if v})
            if row["stored"] != row["matched"]:
                report.say("ledger %d: %d stored, %d matched", i, row["stored"], row["matched"])


# --- senders --------------------------------------------------------------------------------------

class Sender:
    """One connection of `canh send`; begun anew whenever it ends.

    With ids (`again`) it goes on behind what was acknowledged, under the same name, so that what
    was stored and not acknowledged comes again; else each start is a run of its own."""

    def __init__(self, server, name, to, rate, batch=100, again=False):
        self.server, self.name, self.to, self.rate = server, name, to, rate
        self.batch, self.again = batch, again
        self.starts = 0
        self.process = None
        self.files = []          # (run, path)
        self.wait_until = 0.0
        self.first = 1

    port = property(lambda s: {"relp": s.server.relp, "http": s.server.http,
                               "ndjson": s.server.http, "syslog-tcp": s.server.tcp}[s.to])

    def start(self):
        self.starts += 1
        run = self.name if self.again else "%s.%d" % (self.name, self.starts)
        path = self.server.place.path("acks/%s.%d" % (self.name, self.starts))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        words = [self.server.canh, "send", "--to", self.to, "--rate", str(self.rate), "--count",
                 "100000000", "--batch", str(self.batch), "--acks", "--quiet", "--run", run,
                 "--first", str(self.first)]
        with open(path, "wb") as out:
            self.process = subprocess.Popen(
                words + (["--ids"] if self.again else []) + ["127.0.0.1:%d" % self.port],
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL)
        self.files.append((run.encode(), path))

    def poll(self):
        """Start it again when it has ended, a moment later."""
        now = time.monotonic()
        if self.process is not None and self.process.poll() is not None:
            self.process = None
            self.wait_until = now + 0.03
            acks = read_acks(self.files[-1][1])
            if self.again and acks:
                self.first = acks[-1][2] + 1
            if not acks and self.to != "syslog-tcp":
                os.unlink(self.files.pop()[1])
        if self.process is None and now >= self.wait_until:
            self.start()

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self.process = None

    def reap(self):
        """Stop, so that a later poll() goes on where this ended."""
        self.stop()
        if self.files and self.again:
            acks = read_acks(self.files[-1][1])
            self.first = acks[-1][2] + 1 if acks else self.first


class Load:
    """The mixture: RELP, HTTP, NDJSON with ids, lines; `rate` events a second in all."""

    def __init__(self, server, rate, label="", lines=True):
        part = rate // 10
        self.bytes = 400         # of an event
        self.senders = [
            Sender(server, "relp%s-a" % label, "relp", 2 * part),
            Sender(server, "relp%s-b" % label, "relp", 2 * part),
            Sender(server, "http%s" % label, "http", 2 * part),
            Sender(server, "ids%s-a" % label, "ndjson", part, 50, True),
            Sender(server, "ids%s-b" % label, "ndjson", part, 50, True),
        ]
        if lines:
            self.senders.append(Sender(server, "lines%s" % label, "syslog-tcp", 2 * part))

    def poll(self):
        for s in self.senders:
            s.poll()

    def run(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.poll()
            time.sleep(min(0.01, max(0.0, end - time.monotonic())))

    def stop(self):
        for s in self.senders:
            s.reap()

    def files(self):
        return [f for s in self.senders for f in s.files]

    def sizes(self):
        """How much of each file was there at this moment."""
        return [(run, path, os.stat(path).st_size) for run, path in self.files()]

    def partial(self):
        return {run for s in self.senders if s.to == "syslog-tcp" for run, _ in s.files}


def check_store(server, load, known=None, whole=False):
    """A report on the store; `known`: (run, path, bytes) of what counts as acknowledged."""
    report = Report(load.bytes, load.partial(), server.sealing).read(server.data)
    if server.sealing:
        verified(report, server)
    report.acked = 0
    for run, path, size in known if known is not None else load.sizes():
        report.acked += report.acknowledged(run, read_acks(path, size))
    report.acked += report.acknowledged(b"probe", server.probe_acks)
    return report.matched(whole)


def verified(report, server):
    """Both verifiers, of a server that does not run."""
    root = os.path.join(server.data, "keys", "root.pub")
    ledger = os.path.join(server.data, "ledger")
    parts = [n for n in os.listdir(ledger) if n.endswith(".chain")] if os.path.isdir(ledger) else []
    if not os.path.exists(root) or not sum(os.path.getsize(os.path.join(ledger, n)) for n in parts):
        return  # it was killed before anything was signed: no verifier can tell that from a ledger taken away
    report.verify(root)
    canh_verify(report, server)


def canh_verify(report, server):
    done = subprocess.run([server.canh, "verify", "--data", server.data, "--json"], capture_output=True, timeout=120,
                          check=False)
    if done.returncode != 0:
        report.say("canh verify: %d: %s%s", done.returncode, done.stdout.decode()[:500], done.stderr.decode()[:500])


def demand(report, server):
    """A report without a fault, or a violation with all of them."""
    if report.wrong:
        text = "\n  ".join(report.wrong)
        if report.more:
            text += "\n  and %d more" % report.more
        raise Violation("%s\n  (store: %s, log: %s)" % (text, server.data, server.place.path("log")))
    return report


# --- the desk -------------------------------------------------------------------------------------

def database(data, copy_to):
    """Of a server that runs or was cut: a copy, so that nothing is changed by looking."""
    shutil.rmtree(copy_to, ignore_errors=True)
    os.makedirs(copy_to)
    for name in ("canh.db", "canh.db-wal"):
        path = os.path.join(data, "desk", name)
        if os.path.exists(path):
            shutil.copy(path, copy_to)
    return os.path.join(copy_to, "canh.db")


def check_database(report, path):
    if not os.path.exists(path):
        return None
    d = sqlite3.connect(path)
    try:
        for row in d.execute("PRAGMA integrity_check"):
            if row[0] != "ok":
                report.say("database: %s", row[0])
        for row in d.execute("PRAGMA foreign_key_check"):
            report.say("database: a foreign key of %s", row[0])
        try:
            return d.execute("SELECT coalesce(sum(count), 0) FROM alert WHERE kind = 'detection' "
                             "AND rule = ?", (RULE_ID,)).fetchone()[0]
        except sqlite3.OperationalError:
            return 0  # made, and cut before its tables were
    except sqlite3.DatabaseError as e:
        report.say("database: %s", e)
        return None
    finally:
        d.close()


def alerts(data):
    """Findings that became alerts, of a desk that runs."""
    d = sqlite3.connect("file:%s?mode=ro" % os.path.join(data, "desk", "canh.db"), uri=True,
                        timeout=5)
    try:
        return d.execute("SELECT coalesce(sum(count), 0) FROM alert WHERE kind = 'detection' "
                         "AND rule = ?", (RULE_ID,)).fetchone()[0]
    finally:
        d.close()


def settled(server, seconds=60):
    """Waits until the desk has come to rest; how many findings became alerts."""
    last, since, end = -1, time.monotonic(), time.monotonic() + seconds
    while len({r[:2] for r in server.roles()} - {("rules", 0)}) < ROLES:
        if time.monotonic() - since > 10:
            raise Violation("only these roles are there: %s" % server.roles())
        time.sleep(0.05)
    since = time.monotonic()
    while time.monotonic() < end:
        now = alerts(server.data)
        if now != last:
            last, since = now, time.monotonic()
        elif time.monotonic() - since > 1.5:
            break
        time.sleep(0.1)
    return last


def finish(server, load, ledger_kept=False):
    """The end of a part: senders stop, all comes to rest, everything is compared."""
    load.stop()
    time.sleep(0.3)
    settled(server)
    ledgers = server.ledger()
    server.end()
    report = check_store(server, load, whole=True)
    check_balance(report, ledgers)
    if ledger_kept:
        stored = sum(g["stored"] for g in ledgers)
        crash = sum(g["dropped_crash"] for g in ledgers)
        if not stored <= report.events <= stored + crash:
            report.say("ledger: %d stored and %d lost in crashes, %d in the lanes", stored, crash,
                       report.events)
    count = check_database(report, database(server.data, server.place.path("desk-copy")))
    if count != report.found:
        report.say("desk: %s findings in alerts, %d in the lanes", count, report.found)
    report.ledgers = ledgers
    return report


# --- a disk whose power can be cut ----------------------------------------------------------------

class Disk:
    """An ext4 in a file, mounted by loop."""

    def __init__(self, folder, megabytes):
        self.image = os.path.join(folder, "disk.img")
        self.at = os.path.join(folder, "disk")
        os.makedirs(self.at, exist_ok=True)
        if os.path.ismount(self.at):
            subprocess.run(["umount", "-l", self.at], check=False)
        with open(self.image, "wb") as f:
            f.truncate(megabytes << 20)
        run(["mkfs.ext4", "-q", "-F", "-m", "0", self.image])
        self.mount()

    def mount(self):
        run(["mount", "-o", "loop", self.image, self.at])

    def umount(self):
        end = time.monotonic() + 10
        while subprocess.run(["umount", self.at], check=False, timeout=60,
                             stderr=subprocess.DEVNULL).returncode != 0:
            if time.monotonic() > end:
                raise RuntimeError("%s stays busy" % self.at)
            time.sleep(0.02)

    def free(self):
        if os.path.ismount(self.at):
            self.umount()
        os.unlink(self.image)

    def opened(self):
        return os.open(self.at, os.O_RDONLY | os.O_DIRECTORY)


def cut(fd):
    """Everything that was not made durable is gone."""
    fcntl.ioctl(fd, EXT4_IOC_SHUTDOWN, struct.pack("I", NOLOGFLUSH))


def run(words):
    done = subprocess.run(words, check=False, capture_output=True, timeout=120)
    if done.returncode != 0:
        raise OSError(errno.EIO, "%s: %s" % (" ".join(words), done.stderr.decode().strip()))


def can_mount(folder):
    """None, or why not."""
    if os.geteuid() != 0:
        return "not root"
    try:
        disk = Disk(folder, 16)
        fd = disk.opened()
        try:
            cut(fd)
        finally:
            os.close(fd)
            disk.free()
    except (OSError, subprocess.SubprocessError) as e:
        return str(e)
    return None


class Names:
    """Which names POSIX lets go: those made in a folder that was not synced since (names.c)."""

    def __init__(self, folder):
        self.log = "/dev/shm/canh-names.%d" % os.getpid() if os.path.isdir("/dev/shm") else \
            os.path.join(folder, "names.log")
        self.preload = os.path.join(folder, "names.so")
        cc = os.environ.get("CC", "cc").split()
        run(cc + ["-shared", "-fPIC", "-O1", "-o", self.preload, os.path.join(HERE, "names.c"),
                  "-ldl"])

    def env(self, **more):
        asan = ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0"]))
        return dict(os.environ, LD_PRELOAD=self.preload, CANH_NAMES_LOG=self.log, ASAN_OPTIONS=asan,
                    **more)

    def begin(self):
        with open(self.log, "wb"):
            pass

    def size(self):
        return os.stat(self.log).st_size

    def gone(self, size):
        """Lane files that were not made durable when the log had this size."""
        with open(self.log, "rb") as f:
            lines = f.read(size).decode().splitlines()
        open_names = []
        for line in lines:
            what, path = line.split(" ", 1)
            if what == "new" and path.endswith(".lane"):
                open_names.append(path)
            elif what == "sync":
                open_names = [p for p in open_names if os.path.dirname(p) != path]
        return open_names

    def free(self):
        if os.path.exists(self.log):
            os.unlink(self.log)
