"""The torture of the server: it is killed, its power is cut, its disk fills, it is flooded and
reloaded, and every time an independent reader (checker.py) says whether a promise was broken.

    torture.py CANH [--short] [--seed N] [--parts kills,cuts,...] [--kills N] ...

One line for each part. Exit code 1 when anything was violated: the seed that is printed makes the
same choices again (not the same instants).
"""

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time

import act_parts
import rig
from rig import Disk, Load, Names, Place, Server, Violation, check_database, check_store, database, demand

sys.path.insert(0, os.path.join(rig.ROOT, "tests/e2e"))
import guard  # noqa: E402 (the folder is known only now)

RATE = 20000
ROUND_KILLS = 50
DISK_CUTS = 10
MUTANTS = ("nosync", "nodirsync", "earlyack")


class Run:
    """What all parts share."""

    def __init__(self, options):
        self.o = options
        self.canh = os.path.abspath(options.canh)
        self.work = options.work
        self.random = random.Random(options.seed)
        self.mountable = None
        self.begun = time.monotonic()

    def over(self):
        return 0 < self.o.seconds < time.monotonic() - self.begun

    def place(self, name):
        return Place(os.path.join(self.work, name))

    def broken(self, name):
        return broken_program(self, name)

    def why_no_disks(self):
        if self.mountable is None:
            folder = os.path.join(self.work, "probe")
            os.makedirs(folder, exist_ok=True)
            self.mountable = rig.can_mount(folder) or ""
        return self.mountable


# --- kills ----------------------------------------------------------------------------------------

def pick(r, roles):
    """A role; collectors more often than others."""
    return r.choice(roles + [x for x in roles if x[0] == "collector"] * 2)


def kill_some(run, server, keeper):
    """One kill, or two at once, or one more in what follows. Returns how many were killed."""
    r, killed = run.random, 0
    if keeper and r.random() < 0.4:
        for _ in range(r.choice((1, 1, 2))):
            server.process.kill()
            server.process.wait()
            killed += 1
            server.start()
            time.sleep(r.random() * 0.4)
        return killed
    roles = server.roles()
    both = r.sample(roles, 2) if len(roles) > 1 and r.random() < 0.25 else [pick(r, roles)]
    for _, _, pid in both:
        killed += rig.kill(pid)
    if r.random() < 0.3:  # while it recovers
        time.sleep(r.random() * 0.15)
        roles = server.roles()
        if roles:
            killed += rig.kill(pick(r, roles)[2])
    return killed


def kill_round(run, number, kills, totals, sealing):
    keeper = number % 2 == 1
    place = run.place("kills")
    server = Server(run.canh, place, place.path("data"),
                    "segment-bytes: %s\n" % run.random.choice(("1MiB", "4MiB", "16MiB")), sealing)
    load = Load(server, RATE)
    begun = time.monotonic()
    try:
        server.start().accepts(begun, 30)
        server.slowest = 0.0
        killed = 0
        while killed < kills:
            load.run(run.random.random() * 0.5)
            since = time.monotonic()
            killed += kill_some(run, server, keeper)
            server.accepts(since, rig.AGAIN_S, load.poll)
        load.run(0.5)
        seconds = time.monotonic() - begun
        report = demand(rig.finish(server, load, not keeper), server)
    finally:
        load.stop()
        server.kill()
    totals["kills"] += killed
    totals["events"] += report.events
    totals["runs"] += report.runs
    totals["acked"] += report.acked
    totals["findings"] += report.found
    totals["repeated"] += report.repeated
    totals["seconds"] += seconds
    totals["slowest"] = max(totals["slowest"], server.slowest)


def kills(run, sealing):
    totals = dict.fromkeys(("kills", "events", "acked", "findings", "repeated", "seconds",
                            "slowest", "runs"), 0)
    number = 0
    while totals["kills"] < run.o.kills and not run.over():
        kill_round(run, number, min(ROUND_KILLS, max(run.o.kills - totals["kills"], 1),
                                    max(1, run.o.kills // 2)), totals, sealing)
        number += 1
        if run.o.verbose:
            print("  kills: %s" % totals, flush=True)
    return ("%(kills)d kills: %(events)d events, %(acked)d acknowledged, none lost, none twice, "
            "%(findings)d findings exactly once (%(repeated)d found again), accepts again within "
            "%(slowest).1f s" % totals) + ", %.0f events/s" % (totals["events"] / totals["seconds"]) + \
        (", %(runs)d runs sealed, both verifiers agree" % totals if sealing else "")


def part_kills(run):
    return kills(run, False)


def part_seal_kills(run):
    """While all that comes is sealed at once, signed, and its segments are removed."""
    return kills(run, True)


# --- cuts -----------------------------------------------------------------------------------------

class Cuts:
    """Cuts of one disk after another, with a program."""

    def __init__(self, run, canh, name, fail=False, sealing=False):
        self.run, self.canh, self.name, self.fail, self.sealing = run, canh, name, fail, sealing
        self.done = self.acked = self.events = self.vanished = self.runs = 0
        self.slowest = 0.0
        self.names = None

    def one(self, server, load, disk, known):
        r = self.run.random
        self.names.begin()
        begun, since = time.monotonic(), len(server.text())
        if self.fail:
            server.env["CANH_SYNC_FAILS"] = str(r.randrange(4, 60))
        server.start().accepts(begun, 10)
        if self.fail:
            self.until_broken(server, load, since)
            load.run(0.05 + r.random() * 0.5)
        else:
            load.run(0.05 + r.random() * r.choice((0.2, 0.6, 1.0)))
        # What a killed one had written and not synced is there to be read.
        if not self.fail and r.random() < 0.5:
            self.kill(server)
            load.run(0.05 + r.random() * 0.4)
        fd = disk.opened()
        at = {path: (run, path, size) for run, path, size in load.sizes() if path not in known}
        names = self.names.size()
        rig.cut(fd)
        os.close(fd)
        known.update(at)
        server.kill()
        load.stop()
        disk.umount()
        disk.mount()
        for path in self.names.gone(names):
            if os.path.exists(path):
                os.unlink(path)
                self.vanished += 1
        self.done += 1
        self.look(server, load, known)

    def until_broken(self, server, load, since):
        end = time.monotonic() + 20
        while "cannot be written" not in server.text()[since:]:
            load.run(0.02)
            if time.monotonic() > end:
                raise Violation("a sync failed and nobody says so")

    def kill(self, server):
        r = self.run.random
        if r.random() < 0.3:
            server.process.kill()
            server.process.wait()
            server.start()
            return
        collectors = [pid for name, _, pid in server.roles() if name == "collector"]
        for pid in r.sample(collectors, r.choice((1, len(collectors)))):
            rig.kill(pid)

    def look(self, server, load, known):
        for run, path, _ in load.sizes():
            known.setdefault(path, (run, path, 0))  # begun behind the cut
        report = check_store(server, load, list(known.values()))
        count = check_database(report, database(server.data, server.place.path("desk-copy")))
        if count is not None and count > report.found:
            report.say("desk: %d findings in alerts, %d in the lanes", count, report.found)
        demand(report, server)
        self.last = report

    def disk(self, cuts):
        place = self.run.place("cuts-" + self.name)
        disk = Disk(place.folder, 512)
        self.names = Names(place.folder)
        # Small segments, so that many names are made; not where that would hide what is broken.
        server = Server(self.canh, place, os.path.join(disk.at, "data"),
                        "segment-bytes: %s\nreserve-bytes: 8MiB\n" %
                        ("64MiB" if self.name == "earlyack" else "2MiB"), self.sealing)
        slow = self.run.random.choice(("0", "0", "3000", "15000"))
        server.env = self.names.env(CANH_SYNC_DELAY=slow)
        load = Load(server, RATE)
        known = {}
        try:
            for _ in range(cuts):
                self.one(server, load, disk, known)
            server.env.pop("CANH_SYNC_FAILS", None)
            server.start().accepts(time.monotonic(), 10)
            load.run(0.2)
            for run, path, size in load.sizes():
                known.setdefault(path, (run, path, size))
            load.stop()
            self.final(server, load, known)
        finally:
            load.stop()
            server.kill()
            disk.free()
            self.names.free()
        self.events += self.last.events
        self.runs += self.last.runs
        self.acked += self.last.acked
        self.slowest = max(self.slowest, server.slowest)

    def final(self, server, load, known):
        time.sleep(0.3)
        rig.settled(server)
        server.end()
        self.look(server, load, known)
        self.last.matched(True)
        count = check_database(self.last, database(server.data, server.place.path("desk-copy")))
        if count != self.last.found:
            self.last.say("desk: %s findings in alerts, %d in the lanes", count, self.last.found)
        demand(self.last, server)


def part_cuts(run):
    why = run.why_no_disks()
    if why:
        return "SKIPPED: no disk can be mounted: " + why
    cuts = Cuts(run, run.canh, "own")
    while cuts.done < run.o.cuts and not run.over():
        cuts.disk(min(DISK_CUTS, run.o.cuts - cuts.done))
        if run.o.verbose:
            print("  cuts: %d, %d events" % (cuts.done, cuts.events), flush=True)
    return ("%d cuts: %d events, %d acknowledged before their cut, none lost, none twice, database "
            "whole, %d names taken away, accepts again within %.1f s" % (
                cuts.done, cuts.events, cuts.acked, cuts.vanished, cuts.slowest))


def part_seal_cuts(run):
    why = run.why_no_disks()
    if why:
        return "SKIPPED: no disk can be mounted: " + why
    cuts = Cuts(run, run.canh, "seal", sealing=True)
    while cuts.done < run.o.cuts and not run.over():
        cuts.disk(min(DISK_CUTS, run.o.cuts - cuts.done))
        if run.o.verbose:
            print("  cuts: %d, %d events" % (cuts.done, cuts.events), flush=True)
    return ("%d cuts while sealing: %d events, %d acknowledged before their cut, none lost, none twice, %d runs sealed, "
            "both verifiers agree, accepts again within %.1f s" % (cuts.done, cuts.events, cuts.acked, cuts.runs,
                                                                   cuts.slowest))


def part_syncs(run):
    """A sync fails, and the kernel forgets it: what was not acknowledged then never is, unless it
    is stored anew."""
    why = run.why_no_disks()
    if why:
        return "SKIPPED: no disk can be mounted: " + why
    cuts = Cuts(run, run.canh, "syncs", True)
    while cuts.done < run.o.syncs and not run.over():
        cuts.disk(min(DISK_CUTS, run.o.syncs - cuts.done))
    return ("%d failed syncs, each before a cut: %d events, %d acknowledged before it, none lost, "
            "none twice" % (cuts.done, cuts.events, cuts.acked))


# --- broken builds --------------------------------------------------------------------------------

def broken_program(run, name):
    build = os.path.join(run.o.builds, "build-" + name)
    if not os.path.exists(os.path.join(build, "build.ninja")):
        rig.run(["meson", "setup", build, rig.ROOT, "--buildtype=release", "-Dbroken=" + name])
    subprocess.run(["ninja", "-C", build, "--quiet", "src/cmd/canh"], check=True, timeout=1200,
                   stdout=subprocess.DEVNULL)
    return os.path.join(build, "src", "cmd", "canh")


def part_mutants(run):
    """The torture can fail: what it should catch is caught."""
    why = run.why_no_disks()
    if why:
        return "SKIPPED: no disk can be mounted: " + why
    told = []
    for name in MUTANTS:
        cuts = Cuts(run, broken_program(run, name), name)
        try:
            while cuts.done < run.o.mutant_cuts:
                cuts.disk(min(DISK_CUTS, run.o.mutant_cuts - cuts.done))
        except Violation as v:
            told.append("%s after %d (%s)" % (name, cuts.done, str(v).splitlines()[0]))
            continue
        raise Violation("the build '%s' passed %d cuts" % (name, cuts.done))
    return "broken builds caught by cuts: " + "; ".join(told)


# --- a full disk ----------------------------------------------------------------------------------

FULL = "The disk is full"


def fill(path, leave):
    """A file that leaves so many bytes of the disk."""
    v = os.statvfs(os.path.dirname(path))
    with open(path, "wb") as f:
        os.posix_fallocate(f.fileno(), 0, max(v.f_bavail * v.f_frsize - leave, 1 << 20))


def wait_full(server, load, since):
    """Until it says so and HTTP is refused in the way that senders understand."""
    end = time.monotonic() + 60
    while FULL not in server.text()[since:]:
        load.run(0.05)
        if time.monotonic() > end:
            raise Violation("the disk did not get full")
    end, answers = time.monotonic() + 15, []
    while time.monotonic() < end:
        answer = server.probe(2.0)
        answers.append(answer)
        if answer is not True and answer[0] in (429, 503) and answer[1]:
            return answer
        load.run(0.05)
    raise Violation("the disk is full and HTTP answers %s" % sorted(set(map(str, answers))))


def room_again(server, load, since):
    """Until no collector's disk is full any more, and events are accepted."""
    while any(g["board_disk_full"] for g in server.ledger()):
        load.run(0.02)
        if time.monotonic() - since > rig.AGAIN_S:
            raise Violation("the disk has room and is still called full after 5 s")
    return max(server.accepts(since, rig.AGAIN_S, load.poll), time.monotonic() - since)


def full_cycle(run, server, load, disk, slow):
    ballast = os.path.join(disk.at, "ballast")
    since = len(server.text())
    fill(ballast, (4 + run.random.randrange(4)) << 20)
    status = wait_full(server, load, since)
    lines = load.senders[-1].process
    at = len(server.text())
    load.run(0.5 + run.random.random() * 2)
    if "has room again" in server.text()[at:]:
        raise Violation("the reserve was given up for alarms, and events were written there")
    if lines is None or lines.poll() is not None:
        raise Violation("the disk is full: a sender of lines lost its connection")
    os.unlink(ballast)
    slow.append(room_again(server, load, time.monotonic()))
    load.run(0.2)
    return status[0]


def part_full(run):
    why = run.why_no_disks()
    if why:
        return "SKIPPED: no disk can be mounted: " + why
    place = run.place("full")
    disk = Disk(place.folder, 128 + 24 * run.o.cycles)
    server = Server(run.canh, place, os.path.join(disk.at, "data"),
                    "segment-bytes: 4MiB\nreserve-bytes: 8MiB\n")
    load = Load(server, RATE)
    slow, statuses = [], set()
    try:
        server.start().accepts(time.monotonic(), 10)
        load.run(0.3)
        for _ in range(run.o.cycles):
            if run.over():
                break
            statuses.add(full_cycle(run, server, load, disk, slow))
        starts = sum(g["board_starts"] for g in server.ledger())
        report = rig.finish(server, load, True)
        if starts != 2:
            report.say("collectors were started %d times", starts)
        demand(report, server)
    finally:
        load.stop()
        server.kill()
        disk.free()
    return ("%d times the disk was full: HTTP answered %s with Retry-After, goes on within %.1f s, "
            "no restart; %d events, %d acknowledged, none lost" % (
                len(slow), "/".join(map(str, sorted(statuses))), max(slow), report.events,
                report.acked))


# --- UDP ------------------------------------------------------------------------------------------

def udp_drops(port):
    """Dropped by the kernel, and bytes that wait, at sockets of this port."""
    drops = waiting = 0
    with open("/proc/net/udp", encoding="ascii") as f:
        for line in f.readlines()[1:]:
            w = line.split()
            if int(w[1].split(":")[1], 16) == port:
                drops += int(w[-1])
                waiting += int(w[4].split(":")[1], 16)
    return drops, waiting


def part_udp(run):
    place = run.place("udp")
    server = Server(run.canh, place, place.path("data"), "udp-buffer: 256KiB\n")
    cpus = os.sched_getaffinity(0)
    if len(cpus) > 1:  # the sender must outrun it
        server.cpus = {min(cpus)}
    load = Load(server, 0)
    load.bytes = server.bytes = 1000
    try:
        server.start().accepts(time.monotonic(), 10)
        begun = time.monotonic()
        done = subprocess.run([run.canh, "send", "--to", "syslog-udp", "--connections", "8",
                               "--count", str(run.o.datagrams), "--bytes", "1000", "--run", "udp",
                               "127.0.0.1:%d" % server.udp],
                              capture_output=True, timeout=1800, check=False)
        seconds = time.monotonic() - begun
        sent = int(re.search(rb"(\d+) sent", done.stderr)[1])
        while udp_drops(server.udp)[1] > 0 and time.monotonic() - begun < seconds + 60:
            time.sleep(0.05)
        time.sleep(1.2)  # the kernel's count is asked for once a second
        drops = udp_drops(server.udp)[0]
        report = rig.finish(server, load, True)
    finally:
        server.kill()
    stored = report.of_run(b"udp")
    refused = sum(v for g in report.ledgers for k, v in g.items() if k.startswith("refused_"))
    counted = sum(g["board_kernel_drops"] for g in report.ledgers)
    if sent != stored + refused + drops:
        report.say("%d sent, %d stored, %d refused, %d dropped by the kernel: %d are missing", sent,
                   stored, refused, drops, sent - stored - refused - drops)
    if counted != drops:
        report.say("the kernel dropped %d, the server counted %d", drops, counted)
    demand(report, server)
    shutil.rmtree(server.data)
    return ("%d datagrams in %.0f s = %d stored + %d refused + %d dropped by the kernel, to the "
            "datagram" % (sent, seconds, stored, refused, drops))


# --- reloads --------------------------------------------------------------------------------------

IN_FORCE, STAY = "are in force", "stay those of generation"


def set_rules(place, i):
    """Rules for reload number `i`, each unlike the one before; returns what must be said."""
    bad = place.path("taxonomy/bad.yaml")
    if i % 3 == 2:
        place.write("taxonomy/bad.yaml", "source: bad %d\nrows: [\n" % i)
        return STAY
    if os.path.exists(bad):
        os.unlink(bad)
    place.write("rules/other.yml", rig.RULE.replace("0007\n", "%04d\n" % (1000 + i % 9000))
                .replace("canh_seq=[0-9]*7", "nothing is like %d" % i))
    return IN_FORCE


def part_reloads(run):
    place = run.place("reloads")
    server = Server(run.canh, place, place.path("data"), "segment-bytes: 64MiB\n")
    load = Load(server, RATE)
    said = {IN_FORCE: 0, STAY: 0}
    begun = time.monotonic()
    try:
        server.start().accepts(begun, 10)
        load.run(0.3)
        for i in range(run.o.reloads):
            if run.over():
                break
            want = set_rules(place, i)
            at = os.path.getsize(place.path("log"))
            rig.kill(server.process.pid, signal.SIGHUP)
            wait_said(server, load, at, want)
            said[want] += 1
            if server.probe(2.0) is not True:
                raise Violation("reload %d: an event is not accepted" % i)
        starts = sum(g["board_starts"] for g in server.ledger())
        seconds = time.monotonic() - begun
        sent = load.senders[-1].starts
        report = rig.finish(server, load, True)
        if starts != 2 or sent != 1:
            report.say("collectors were started %d times, senders of lines %d", starts, sent)
        demand(report, server)
    finally:
        load.stop()
        server.kill()
    shutil.rmtree(server.data)
    return ("%d reloads, %d of them bad (the old rules stayed): %d events (%.0f/s), "
            "%d acknowledged, none lost, none unmatched" % (
                sum(said.values()), said[STAY], report.events, report.events / seconds,
                report.acked))


def wait_said(server, load, at, want):
    end = time.monotonic() + 20
    while time.monotonic() < end:
        load.run(0.02)
        with open(server.place.path("log"), "rb") as f:
            f.seek(at)
            text = f.read().decode("utf-8", "replace")
        other = STAY if want == IN_FORCE else IN_FORCE
        if other in text:
            raise Violation("reload: %s" % text)
        if want in text:
            return
    raise Violation("a reload did not end in 20 s; since then it said: %s" % text)


# --- all ------------------------------------------------------------------------------------------

PARTS = {"kills": part_kills, "cuts": part_cuts, "seal-kills": part_seal_kills, "seal-cuts": part_seal_cuts, "syncs": part_syncs, "mutants": part_mutants,
         "full": part_full, "udp": part_udp, "reloads": part_reloads, **act_parts.PARTS}
LONG = {"kills": 500, "cuts": 200, "syncs": 50, "mutant_cuts": 50, "cycles": 20,
        "datagrams": 10000000, "reloads": 1000, "alerts": 30000}
SHORT = {"kills": 15, "cuts": 4, "syncs": 2, "mutant_cuts": 50, "cycles": 2, "datagrams": 300000,
         "reloads": 10, "alerts": 4000}
SHORT_PARTS = "kills,cuts,seal-kills,seal-cuts,syncs,full,udp,reloads,act-kills,act-cuts"


def options():
    p = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    p.add_argument("canh", help="the program")
    p.add_argument("--short", action="store_true", help="a minute of it")
    p.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "little"))
    p.add_argument("--parts", help="of %s" % ",".join(PARTS))
    p.add_argument("--work", default="/var/tmp/canh-torture.%d" % os.getpid())
    p.add_argument("--builds", default=rig.ROOT, help="folder of the broken builds")
    p.add_argument("--seconds", type=int, default=0,
                   help="a part begins nothing more after so long")
    p.add_argument("--keep", action="store_true", help="leave the folder of the work")
    p.add_argument("--verbose", action="store_true")
    for name in LONG:
        p.add_argument("--" + name.replace("_", "-"), type=int)
    o = p.parse_args()
    for name, value in (SHORT if o.short else LONG).items():
        if getattr(o, name) is None:
            setattr(o, name, value)
    o.parts = (o.parts or (SHORT_PARTS if o.short else ",".join(PARTS))).split(",")
    return o


def main():
    o = options()
    print("torture: seed %d" % o.seed, flush=True)
    failed = 0
    for name in o.parts:
        begun = time.monotonic()
        run = Run(o)
        try:
            text = PARTS[name](run)
        except Violation as v:
            text = "VIOLATED, seed %d: %s" % (o.seed, v)
            failed += 1
        print("torture: %-10s %s [%.0f s]" % (name, text, time.monotonic() - begun), flush=True)
    if not failed and not o.keep:
        shutil.rmtree(o.work, ignore_errors=True)
    return 1 if failed else 0


if __name__ == "__main__":
    guard.stand()
    sys.exit(main())
