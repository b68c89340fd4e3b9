"""Stores that nobody touched: neither verifier may say a word against them."""
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import attacks
from stores import Disagree, Store

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "torture"))
import rig  # noqa: E402 (the folder is known only now)


def grown(tools, path, seed, steps=90):
    """A store by the program's own lanes and sealer, with enough in it of everything."""
    s = Store(tools, path)
    while True:
        s.grow(steps, seed)
        if min(len(s.sealed(n)) for n in s.lanes()) >= 2 and len(s.notes()) > 10:
            return s
        s.remove()
        seed += 1000


def crashed(s, r):
    """Killed in the middle of sealing and checkpointing, some times over; the last time it stays as it is."""
    for _ in range(r.randrange(1, 4)):
        p = subprocess.Popen([s.tools.grow, s.path, "100000", str(r.randrange(10**6))], stderr=subprocess.DEVNULL)
        time.sleep(0.005 + r.random() * 0.25)
        p.send_signal(signal.SIGKILL)
        p.wait()


def judge(s, known):
    """None, or what is said against it; `known` are anchors of what it once was."""
    try:
        s.anchors = known
        faults, end = s.both()
    except Disagree as e:
        return str(e)
    return None if faults == [] else "%s %s" % (faults, end)


def by_grower(o, tools, work, i):
    r = random.Random("honest %d %d" % (o.seed, i))
    s = grown(tools, os.path.join(work, "honest"), r.randrange(10**6))
    try:
        known = [s.last_anchor()]
        if i % 3 == 1:
            crashed(s, r)
        elif i % 3 == 2:
            attacks.outlived(s, r)  # a crash came between its record and its removal
        return judge(s, known)
    finally:
        s.remove()


class Killed:
    """A server under load that is killed, its store looked at, and started again on it."""

    def __init__(self, tools, work):
        self.place = rig.Place(os.path.join(work, "served"))
        self.server = rig.Server(tools.canh, self.place, self.place.path("data"),
                                 "segment-bytes: 1MiB\nsandbox: false\n", sealing=True)
        self.store = Store(tools, self.place.path("data"))
        self.known = []

    def once(self, r):
        self.server.start()
        self.server.accepts(time.monotonic(), 30)
        load = subprocess.Popen([self.server.canh, "send", "--to", "syslog-tcp", "--count", "1000000", "--rate", "1500",
                                 "127.0.0.1:%d" % self.server.tcp], stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
        try:
            time.sleep(0.2 + r.random() * 2.0)
            roles = self.server.roles()
            for pid in [pid for name, _, pid in roles if name == "sealer"] if r.randrange(2) else []:
                os.kill(pid, signal.SIGKILL)
            self.server.process.kill()
            self.server.process.wait()
            self.gone([pid for _, _, pid in roles])
        finally:
            load.kill()
            load.wait()
        if not os.path.exists(self.store.root):
            shutil.copy(self.store.at("keys/root.pub"), self.store.root)
        said = judge(self.store, self.known)
        if self.store.notes():
            self.known = [self.store.last_anchor()]
        return said

    def gone(self, pids):
        """The roles end when they miss their keeper."""
        end = time.monotonic() + 20
        while any(os.path.exists("/proc/%d" % pid) for pid in pids):
            if time.monotonic() > end:
                raise RuntimeError("roles outlive their keeper")
            time.sleep(0.01)

    def free(self):
        self.server.process.kill()
        self.server.process.wait()


def by_server(o, tools, work, count, wrong):
    served = None
    for i in range(count):
        r = random.Random("killed %d %d" % (o.seed, i))
        if i % 10 == 0:
            if served:
                served.free()
            served = Killed(tools, work)
        said = served.once(r)
        if said:
            wrong.append("killed %d: %s" % (i, said))
    if served:
        served.free()


def part(o, tools, work):
    wrong, served = [], o.honest // 4
    for i in range(o.honest - served):
        said = by_grower(o, tools, work, i if o.honest > 8 else i + 1)
        if said:
            wrong.append("honest %d: %s" % (i, said))
    by_server(o, tools, work, served, wrong)
    return "%d honest stores, %d of them from a server that was killed" % (o.honest, served), wrong, "are called sound"
