"""Damage to whatever file of a store: a bit, a cut, zeros, two stretches that change places.

It must be told by both verifiers, unless it is to what nothing depends on (`harmless`); what was not hit must still be
found by a search, as it was; nothing that was not may be shown, and nothing twice.
"""
import json
import os
import random
import struct
import subprocess

import forge
import honest
from stores import Disagree

BASES = 3
SEARCH_MAX = 10000
STEPS = 40


def damage(data, r):
    """The bytes damaged, how, and the first that differs."""
    how = r.choice(("flip", "cut", "zero", "swap"))
    out, n = bytearray(data), len(data)
    at, size = r.randrange(n), 1 + r.randrange(min(n, 1 << r.randrange(1, 14)))
    if how == "flip":
        out[at] ^= 1 << r.randrange(8)
    elif how == "cut":
        del out[at:]
    elif how == "zero":
        out[at:at + size] = bytes(len(out[at:at + size]))
    else:
        size = min(size, n // 2)
        one = r.randrange(n - 2 * size + 1)
        two = one + size + r.randrange(n - one - 2 * size + 1)
        out[one:one + size], out[two:two + size] = data[two:two + size], data[one:one + size]
    first = next((i for i, (a, b) in enumerate(zip(out, data)) if a != b), min(len(out), n))
    return bytes(out), how, first


class Base:
    """A store, its events, and where its bytes count for nothing."""

    def __init__(self, tools, path, seed):
        self.store = honest.grown(tools, path, seed, STEPS)
        self.store.anchors = [self.store.last_anchor()]
        self.files = [w for folder in ("lanes", "sealed", "ledger", "keys") for w in self.store.below(folder)]
        self.files.append("store")
        self.events, told = search(self.store)
        faults, end = self.store.both()
        if faults or told or len(self.events) != end["events"] + end["lane_events"]:
            raise AssertionError("the store is not sound: %s %s %d" % (faults, end, len(self.events)))

    def harmless(self, where, data, first):
        """Does nothing depend on what was changed, from byte `first` on?"""
        was = forge.read(self.store.at(where))
        if data == was or where.startswith("keys/") or "/tips." in where:
            return True  # keys are held against nothing here: root.pub is kept elsewhere; tips check themselves
        if where == "store":
            return first >= 32 or data[:32].lower() == was[:32]  # behind the id, or the same in capitals
        due = self.store.sealed_to(int(where.split("/")[1])) if where.startswith("lanes/") else 0
        return where.startswith("lanes/") and frames(was, due) == frames(data, due)

    def lost(self, where):
        """The events that may not be found any more."""
        words = where.split("/")
        if words[0] == "sealed":
            f = self.store.file(where)
            return {(f.lane, e.sequence) for b in f.blocks for e in b.events}
        if words[0] == "lanes":
            due = self.store.sealed_to(int(words[1]))
            return {k for k in self.events if k[0] == int(words[1]) and k[1] >= due}
        return set()


def frames(data, due):
    """The frames of a segment with events that are not sealed, number `due` or later. What is before them in it
    counts as far as they need it: each frame vouches for the one before. So does the rest of their group: it counts
    whole or not at all."""
    at, found, before, group = 64, [], [data[:64]], False
    while at + 64 <= len(data):
        kind, more, size, count, sequence = struct.unpack_from("<4xBB2xIIQ", data, at)
        if data[at:at + 4] != b"CFRM" or at + forge.padded(size) + 64 > len(data):
            break
        before.append(data[at:at + 64 + size])
        at += 64 + forge.padded(size)
        if group or kind == 0 and sequence + count > due:
            found += before
            before, group = [], more & 1
    return found


def search(s):
    """Every event that is found, by lane and number; and what was said of it."""
    p = subprocess.run([s.tools.canh, "search", "--data", s.path, "--limit", str(SEARCH_MAX), "--json"],
                       capture_output=True, timeout=60, check=False)
    if p.returncode not in (0, 1):  # 1: not all was looked at, and it says so
        return None, p.stderr.decode()
    found, told = {}, p.returncode == 1
    for line in p.stdout.splitlines():
        e = json.loads(line)
        if e.get("partial"):
            continue
        key = e["lane"], e["sequence"]
        if key in found:
            raise Disagree("event %s is shown twice" % (key,))
        found[key] = line
    return found, told


def one(base, s, where, r):
    """None, or what is wrong."""
    was = forge.read(s.at(where))
    data, how, first = damage(was, r)
    what = "%s of %s from byte %d" % (how, where, first)
    os.chmod(s.at(where), 0o600)
    forge.write(s.at(where), data)
    try:
        faults, end = s.both()
        if faults == [] and not base.harmless(where, data, first):
            return "%s is not told" % what
        found, told = search(s)
        if found is None:
            return None if where == "store" else "%s: no search: %s" % (what, told)
        false = [k for k, line in found.items() if base.events.get(k) != line]
        missing = set(base.events) - set(found)
        if false or missing - base.lost(where):
            return "%s: shown falsely: %s; not found any more: %s" % (what, false[:3], sorted(missing)[:3])
        if missing and where.startswith("sealed/") and not told:
            return "%s: %d events are missing, and the search does not say so" % (what, len(missing))
    except Disagree as e:
        return "%s: %s" % (what, e)
    finally:
        forge.write(s.at(where), was)
    return None


def part(o, tools, work):
    wrong, hits = [], 0
    for b in range(BASES):
        base = Base(tools, os.path.join(work, "scatter%d" % b), 7 * o.seed + b)
        s = base.store.copy(os.path.join(work, "hit"))
        for i in range(o.random * b // BASES, o.random * (b + 1) // BASES):
            r = random.Random("scatter %d %d" % (o.seed, i))
            where = r.choice(base.files)
            said = one(base, s, where, r)
            hits += 1
            if said:
                wrong.append(said)
        s.remove()
        base.store.remove()
    return "%d corruptions of files" % hits, wrong, "are told, what was not hit is found, nothing false is shown"
