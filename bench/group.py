#!/usr/bin/env python3
"""Do alerts of one attack become one candidate? See docs/grouping.md.

    group.py CANH GROUP_RATE VARIED WORK [OPTIONS] -- RULES...

Every data set of WORK (unpack.py) is an attack. `canh scan` over each gives its findings; these are laid
into one week, each set beginning at a time drawn by chance, its hosts (and with --rename all, which is
what is done when nothing is said, its users and private addresses) named so that no two sets share one,
between findings in the made events (VARIED: tools/varied_events) of 400 other hosts. They go through the
code of the desk (tools/group_rate) in the order of their times. Printed, a line each: what, figure.

    --rename hosts      only hosts: users and addresses stay those of the few laboratories
    --seed N            other times (default 1)
    --noise N           made events (default 1000000)
    --sets otrf|evtx|both
    --shared            made events are on the hosts of the attacks, too
    --show              a line for each set that is not one
"""
import argparse
import collections
import datetime
import json
import os
import random
import re
import subprocess
import sys
import tempfile

LEVELS = ["none", "informational", "low", "medium", "high", "critical"]
MEDIUM, HIGH, RAISED = 3, 4, 1.5
WEEK_S = 7 * 86400
START = 1795046400  # where varied_events begins
ACCOUNTS = ("SubjectUserName", "TargetUserName", "TargetOutboundUserName", "user", "target_user", "AccountName")
PAIRED = ("User", "SourceUser", "TargetUser", "ParentUser")
NOBODY = {"system", "local service", "network service", "anonymous logon", "-", "", "administrator"}


def ns_of(text):
    m = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?Z", text)
    t = datetime.datetime.fromisoformat(m.group(1) + "+00:00")
    return int(t.timestamp()) * 10**9 + int((m.group(2) or "0").ljust(9, "0")[:9])


def scan(args, files):
    command = [args.canh, "scan", "--quiet", "--format", "json"]
    for r in args.rules:
        command += ["--rules", r]
    done = subprocess.run(command + files, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        f = json.loads(line)
        if "event" in f and f["event"].get("time"):
            yield f, line


def level_of(f):
    return LEVELS.index(f.get("level") or f["rule"].get("level") or "none")


def accounts_of(event):
    fields = event.get("fields", {})
    for name in ACCOUNTS:
        v = fields.get(name)
        if isinstance(v, str):
            yield v
    for name in PAIRED:
        v = fields.get(name)
        if isinstance(v, str):
            yield v.split("\\")[-1]


class Names:
    """What is renamed in one set, by regular expression over the text of its findings."""

    def __init__(self, number, findings, everything):
        self.number, words = number, set()
        for f, _ in findings:
            words.add((f["event"].get("host") or "").split(".")[0].lower())
            if everything:
                words.update(a.split("@")[0].lower() for a in accounts_of(f["event"]))
        words = {w for w in words if len(w) > 2 and w not in NOBODY and not w.endswith("$") and "\\" not in w
                 and not w.startswith(("dwm-", "umfd-", "s-1-"))}
        self.words = re.compile(r"(?i)(?<![\w])(%s)(?![\w])" % "|".join(
            sorted(map(re.escape, words), key=len, reverse=True))) if words else None
        private = r"(?<![\d.])(?:192\.168|172\.(?:1[6-9]|2\d|3[01])|10\.\d+)\.(\d+)\.(\d+)(?![\d.])"
        self.addresses = re.compile(private) if everything else None

    def put(self, text):
        if self.words:
            text = self.words.sub(lambda m: "%s-s%03d" % (m.group(1), self.number), text)
        if self.addresses:
            text = self.addresses.sub(
                lambda m: "10.%d.%d.%s" % (100 + self.number // 250 * 10 + int(m.group(1)) % 10,
                                           self.number % 250, m.group(2)), text)
        return text


def sets_of(args):
    by_file = collections.defaultdict(list)
    for kind in ("otrf", "evtx"):
        if args.sets in (kind, "both"):
            folder = os.path.join(args.work, kind)
            for f, line in scan(args, [os.path.join(folder, n) for n in sorted(os.listdir(folder))]):
                by_file[kind + "/" + os.path.basename(f["event"]["file"])].append((f, line))
    return sorted(by_file.items())


def row(name, time, f, line):
    rule = f["rule"]
    fields = (name, str(time), str(level_of(f)), rule.get("id") or rule["title"], rule["title"],
              f["event"].get("host") or "")
    return "\t".join(v.replace("\t", " ").replace("\n", " ") for v in fields) + "\t" + line


def laid(args):
    """(time, line) of all findings."""
    chance = random.Random(args.seed)
    hosts = {}  # of the attacks, in the order in which they are met
    for number, (name, findings) in enumerate(sets_of(args), 1):
        names = Names(number, findings, args.rename == "all")
        first = min(ns_of(f["event"]["time"]) for f, _ in findings)
        begin = (START + chance.randrange(WEEK_S)) * 10**9
        for _, line in findings:
            line = names.put(line)
            f = json.loads(line)
            hosts.setdefault(f["event"].get("host") or "")
            time = begin + ns_of(f["event"]["time"]) - first
            yield time, row(name, time, f, line)
    with tempfile.NamedTemporaryFile(suffix=".json") as made:
        subprocess.run([args.varied, str(args.noise), str(START), str(WEEK_S * 10**9 // args.noise)],
                       stdout=made, check=True)
        lives = {}  # which of their hosts is one of an attack
        free = [h for h in hosts if h and args.shared]
        for f, line in scan(args, [made.name]):
            time = ns_of(f["event"]["time"])
            host = f["event"].get("host")
            if host and host not in lives:
                lives[host] = free.pop() if free else host
            if host and lives[host] != host:
                line = line.replace(host, lives[host])
                f = json.loads(line)
            yield time, row("noise", time, f, line)


def judge(args, text, findings):
    alerts = [(s, int(level), int(count), int(c), float(score)) for s, level, count, c, score in
              (line.split("\t") for line in text.splitlines())]
    members = collections.defaultdict(collections.Counter)
    of_set = collections.defaultdict(collections.Counter)
    high, scores = collections.defaultdict(set), {}
    for name, level, _, candidate, score in alerts:
        if candidate:
            members[candidate][name] += 1
            of_set[name][candidate] += 1
            scores[candidate] = score
            if level >= HIGH:
                high[name].add(candidate)
    raised = {c for c, s in scores.items() if s >= RAISED}
    asked = [n for n in high if n != "noise"]
    one = whole = alien = total = seen = 0
    for name in asked:
        best = max(high[name], key=lambda c: (members[c][name], -c))
        foreign = sum(members[best].values()) - members[best][name]
        alien += foreign
        total += sum(members[best].values())
        pure = foreign <= 0.05 * sum(members[best].values())
        one += len(high[name]) == 1 and pure
        seen += best in raised
        whole += len(of_set[name]) == 1 and pure
        if args.show and not (len(of_set[name]) == 1 and pure):
            print("  %s: alerts by candidate %s, foreign %d" % (name, dict(of_set[name]), foreign), file=sys.stderr)
    print("findings %d" % findings)
    print("alerts %d" % len(alerts))
    print("noise %d" % sum(count for n, _, count, _, _ in alerts if n == "noise"))
    print("sets %d" % len(asked))
    print("one %.1f" % (100 * one / len(asked)))
    print("whole %.1f" % (100 * whole / len(asked)))
    print("foreign %.2f" % (100 * alien / total))
    print("raised %.1f" % (100 * seen / len(asked)))
    print("queue %d" % len(raised))
    print("shorter %.1f" % (findings / len(raised)))
    print("candidates %d" % len(scores))
    print("shorter_all %.1f" % (findings / len(scores)))


def main():
    p = argparse.ArgumentParser(usage=__doc__)
    for name in ("canh", "group_rate", "varied", "work"):
        p.add_argument(name)
    p.add_argument("--rename", choices=("all", "hosts"), default="all")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--noise", type=int, default=1000000)
    p.add_argument("--sets", choices=("otrf", "evtx", "both"), default="otrf")
    p.add_argument("--shared", action="store_true")
    p.add_argument("--show", action="store_true")
    p.add_argument("rules", nargs="+")
    args = p.parse_args()
    if WEEK_S * 10**9 // args.noise >= 2**32:
        p.error("so few events cannot lie over a week: 150000 or more")
    lines = sorted(laid(args))
    with tempfile.TemporaryDirectory(dir=args.work) as folder:
        done = subprocess.run([args.group_rate, folder], input="".join(line + "\n" for _, line in lines).encode(),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True)
    judge(args, done.stdout.decode(), len(lines))
    seconds, worst, work, work_worst = done.stderr.decode().split()
    print("us_per_finding %.1f" % (1e6 * float(seconds) / len(lines)))
    print("worst_ms %s" % worst)
    print("work_us_per_finding %.1f" % (1e6 * float(work) / len(lines)))
    print("work_worst_ms %s" % work_worst)


if __name__ == "__main__":
    main()
