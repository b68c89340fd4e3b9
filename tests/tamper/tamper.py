"""Tampering with whole stores, before two verifiers that share no code.

    tamper.py CANH STORE_GROW [--each N] [--honest N] [--window N] [--random N] [--seed N] [--only NAME] [--verbose]

Goal and parts: README.md. Says what was done in one line a part; exit code 1 when anything was not as it must be.
"""
import argparse
import collections
import os
import random
import re
import shutil
import sys
import tempfile
import traceback

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), os.path.join(os.path.dirname(os.path.abspath(__file__)), "../e2e")]
import attacks  # noqa: E402 (the folder is known only now)
import guard  # noqa: E402
import honest  # noqa: E402
import scatter  # noqa: E402
import served  # noqa: E402
import window  # noqa: E402
from stores import Disagree, Tools  # noqa: E402

BASES = 4


class Failed(Exception):
    pass


def one_attack(base, work, attack, r):
    """None, or what is wrong."""
    s = base.copy(os.path.join(work, "tampered"))
    s.anchors = [base.last_anchor()]
    try:
        names, place = attack(s, r)
        faults, end = s.both()
        if faults is None:
            return "cannot be verified: %s" % end
        if not any((names is None or n in names) and re.search(place, w) for n, w in faults):
            return "want %s at %s; told: %s" % (names, place, faults)
    except Disagree as e:
        return str(e)
    finally:
        s.remove()
    return None


def part_classes(o, tools, work):
    done, wrong = collections.Counter(), []
    bases = [honest.grown(tools, os.path.join(work, "base%d" % i), o.seed + i) for i in range(BASES)]
    wanted = [(c, a) for c, a in attacks.ATTACKS if o.only in (None, a.__name__)]
    shares = collections.Counter(c for c, _ in wanted)
    for number, attack in wanted:
        for i in range(-(-o.each // shares[number])):
            r = random.Random("%d %s %d" % (o.seed, attack.__name__, i))
            try:
                said = one_attack(bases[r.randrange(BASES)], work, attack, r)
            except Exception:  # whatever it is, it is this attack's failure
                said = traceback.format_exc()
            done[number] += 1
            if said:
                wrong.append("class %d %s %d: %s" % (number, attack.__name__, i, said))
        if o.verbose:
            print("  class %d %s" % (number, attack.__name__), flush=True)
    for base in bases:
        base.remove()
    report("%d tampered stores of %d classes" % (sum(done.values()), len(done)), wrong, "named by both at the place")


def report(what, wrong, good):
    if not wrong:
        print("%s: all %s" % (what, good), flush=True)
        return
    print("%s: %d are not as they must be" % (what, len(wrong)))
    for line in wrong[:20]:
        print("  " + line[:2000])
    raise Failed()


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("canh")
    p.add_argument("grow")
    p.add_argument("--each", type=int, default=40, help="instances of a class")
    p.add_argument("--honest", type=int, default=200, help="stores that nobody touched, half of them from a crash")
    p.add_argument("--random", type=int, default=10000, help="corruptions of whatever file")
    p.add_argument("--window", type=int, default=100, help="tails cut off stores that were killed")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--only", help="this attack")
    p.add_argument("--verbose", action="store_true")
    o = p.parse_args()
    tools = Tools(o.canh, o.grow)
    work = tempfile.mkdtemp(prefix="canh-tamper-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
    failed = 0
    try:
        for part in ((part_classes,) if o.only else (part_classes, served.part, honest.part, window.part, scatter.part)):
            try:
                said = part(o, tools, work)
                if said:
                    report(*said)
            except Failed:
                failed += 1
    finally:
        shutil.rmtree(work)
    return 1 if failed else 0


if __name__ == "__main__":
    guard.stand()
    sys.exit(main())
