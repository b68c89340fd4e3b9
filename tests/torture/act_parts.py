"""Parts of the torture with people at work: whatever was answered is there, whole, and nothing else is."""

import os
import time

import rig
from acts import OURS, ActServer, Base, Office
from acts_checker import Desk

ROUND_KILLS = 25
DISK_CUTS = 10
DISK_MEGABYTES = 1024
BOTH_EVERY = 5           # looks
HANGS_S = 30             # acts are taken again before that
MUTANTS = ("lazyact", "halfact")


class Totals:
    def __init__(self, base):
        self.base = base
        self.restarts = self.done = self.acts = self.unknown = self.lines = self.rest = self.findings = self.sealed = 0
        self.slowest = 0.0

    def text(self):
        return ("%d alerts to begin with: %d acts answered, none lost, none half done, %d lines of what they did, %d were"
                " in slices when it was looked; %d findings meanwhile; both verifiers agree; acts again within %.1f s,"
                " %d times the keeper had to be started twice" % (
                    len(self.base.alerts), self.acts, self.lines, self.rest, self.findings, self.slowest,
                    self.restarts))


class Round:
    """A server on a copy of the base, and an office."""

    def __init__(self, run, totals, canh, place, data):
        self.run, self.totals, self.place = run, totals, place
        totals.base.copy(data)
        self.server = ActServer(canh, place, data, totals.base.hosts)
        self.office = Office(self.server, totals.base, run.random.randrange(1 << 30))
        self.before = {}
        self.looks, self.ending = 0, False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.office.stop()
        self.server.kill()

    def again(self, since):
        """Acts are done again."""
        while self.office.ledger.latest <= since:
            if self.office.fault is not None:
                raise RuntimeError("a worker failed: %r" % self.office.fault)
            if not self.server.alive():  # roles of the keeper that was killed had its ports still: systemd starts it again
                self.server.start()
                self.totals.restarts += 1
            if time.monotonic() - since > HANGS_S:
                raise rig.Violation("no act was done within %d s" % HANGS_S)
            time.sleep(0.01)
        self.totals.slowest = max(self.totals.slowest, time.monotonic() - since)

    def some(self, most):
        """Until some more acts were done, or one that is done in slices was begun; or for a while, when they are slow."""
        o, r, end = self.office, self.run.random, time.monotonic() + 5
        want, sliced = o.ledger.done + r.randrange(most), o.sliced if r.random() < 0.3 else None
        while (o.ledger.done < want or o.sliced == sliced) and time.monotonic() < end:
            time.sleep(0.002)
        time.sleep(r.random() * (0.05 if sliced is None else 0.02))

    def look(self, path, known, stopped=True):
        """At a database that is read, or at one that lies still, with all that was signed."""
        desk = Desk(path, self.server.data, stopped)
        try:
            desk.whole()
            self.totals.rest += len(desk.rest)
            desk.asked(known, self.totals.base.first)
            desk.stays(self.before)
            desk.again()
            if stopped:
                self.verified(desk)
            self.before = desk.acts
            self.last = desk
        finally:
            desk.close()
        rig.demand(desk, self.server)

    def verified(self, desk):
        """By `canh verify`; by tools/verify.py, too, now and then: it takes seconds."""
        self.looks += 1
        if self.ending or self.looks % BOTH_EVERY == 0:
            rig.verified(desk, self.server)
        else:
            rig.canh_verify(desk, self.server)

    def end(self):
        """All comes to rest and is whole."""
        self.office.pause()
        server, base = self.server, self.totals.base
        server.at_rest(base.hits + server.stored)
        server.end()
        self.ending = True
        self.look(self.copied(), self.office.ledger.known())
        if self.last.rest:
            raise rig.Violation("acts %s were never finished" % sorted(self.last.rest))
        count = self.last_count()
        if not base.hits + server.stored <= count <= base.hits + server.findings:
            raise rig.Violation("%d findings in alerts; %d were acknowledged, %d sent" % (
                count - base.hits, server.stored, server.findings))
        self.totals.acts += self.office.ledger.done
        self.totals.lines += sum(map(len, self.last.on.values()))
        self.totals.findings += count - base.hits

    def copied(self):
        return rig.database(self.server.data, self.place.path("desk-copy"))

    def last_count(self):
        desk = Desk(os.path.join(self.place.path("desk-copy"), "canh.db"), self.server.data)
        try:
            return desk.rows("SELECT coalesce(sum(count), 0) FROM alert WHERE " + OURS)[0][0]
        finally:
            desk.close()


def fewer(run, count):
    """In the short form these share a minute with the others."""
    return max(2, count // 3) if run.o.short else count


def kill_some(r, server):
    """A role, the keeper, or everything. Returns how many were killed."""
    what = r.choices(("desk", "console", "keeper", "all", "collector"), (45, 20, 10, 15, 10))[0]
    if what in ("keeper", "all"):
        if what == "all":
            server.kill()
        else:
            server.process.kill()
            server.process.wait()
        server.start()
        return 1
    return sum(rig.kill(pid) for name, _, pid in server.roles() if name == what)


def kill_round(run, totals, kills):
    place, r, killed = run.place("act-kills"), run.random, 0
    with Round(run, totals, run.canh, place, place.path("data")) as x:
        x.office.go()
        begun = time.monotonic()
        x.server.start()
        x.again(begun)
        while killed < kills:
            x.office.go()
            x.some(60)
            killed += kill_some(r, x.server)
            if r.random() < 0.25:  # while it recovers
                time.sleep(r.random() * 0.3)
                killed += kill_some(r, x.server)
            x.again(time.monotonic())
            x.office.pause()
            x.look(os.path.join(x.server.data, "desk", "canh.db"), x.office.ledger.known(), False)
        x.end()
    totals.done += killed


def part_act_kills(run):
    totals, kills = Totals(Base(run, run.o.alerts)), fewer(run, run.o.kills)
    while totals.done < kills and not run.over():
        kill_round(run, totals, min(ROUND_KILLS, kills - totals.done))
        if run.o.verbose:
            print("  act-kills: %d: %s" % (totals.done, totals.text()), flush=True)
    return "%d kills, %s" % (totals.done, totals.text())


def cut_disk(run, totals, canh, cuts):
    place, r = run.place("act-cuts"), run.random
    disk = rig.Disk(place.folder, DISK_MEGABYTES)
    good = False
    try:
        with Round(run, totals, canh, place, os.path.join(disk.at, "data")) as x:
            os.sync()
            for _ in range(cuts):
                cut_once(r, x, disk)
                totals.done += 1
            x.office.go()
            begun = time.monotonic()
            x.server.start()
            x.again(begun)
            x.end()
        good = True
    finally:
        if good or not run.o.keep:
            disk.free()


def cut_once(r, x, disk):
    begun = time.monotonic()
    x.office.go()
    x.server.start()
    x.again(begun)
    x.some(r.choice((3, 30, 60)))
    if r.random() < 0.3:  # what a killed one had written and not synced is there to be read
        kill_some(r, x.server)
        time.sleep(0.05 + r.random() * 0.4)
    fd = disk.opened()
    known, stored = x.office.ledger.known(), x.server.stored
    rig.cut(fd)
    os.close(fd)
    x.server.kill()
    x.office.pause()
    x.office.ledger.forget(known)
    x.server.stored = stored
    disk.umount()
    disk.mount()
    x.look(x.copied(), x.office.ledger.known())


def part_act_cuts(run):
    why = run.why_no_disks()
    if why:
        return "SKIPPED: no disk can be mounted: " + why
    totals, cuts = Totals(Base(run, run.o.alerts)), fewer(run, run.o.cuts)
    while totals.done < cuts and not run.over():
        cut_disk(run, totals, run.canh, min(DISK_CUTS, cuts - totals.done))
        if run.o.verbose:
            print("  act-cuts: %d: %s" % (totals.done, totals.text()), flush=True)
    return "%d cuts, %s" % (totals.done, totals.text())


def part_act_mutants(run):
    """The torture can fail: what it should catch is caught."""
    why = run.why_no_disks()
    if why:
        return "SKIPPED: no disk can be mounted: " + why
    totals, told = Totals(Base(run, run.o.alerts)), []
    for name in MUTANTS:
        totals.done = 0
        try:
            while totals.done < run.o.mutant_cuts:
                cut_disk(run, totals, run.broken(name), DISK_CUTS)
        except rig.Violation as v:
            told.append("%s at cut %d (%s)" % (name, totals.done + 1, str(v).splitlines()[0]))
            continue
        raise rig.Violation("the build '%s' passed %d cuts" % (name, totals.done))
    return "broken builds caught by cuts: " + "; ".join(told)


PARTS = {"act-kills": part_act_kills, "act-cuts": part_act_cuts, "act-mutants": part_act_mutants}
