"""Goal: the same events in another order within the lateness make the same final alerts, with what they show and keep.
Method: a made day, and attacks of ../shared/data laid into a day (skipped where they are not), once as they were and
once in disorder, through two servers each; their alerts are compared.

    replay_e2e.py CANH
"""

import collections
import datetime
import glob
import json
import os
import random
import re
import shutil
import sqlite3
import sys
import time
import zipfile

from program import Place, equal, holds, rule, run
from server import Server

LATENESS = 30  # seconds, the default
DAY = 20 * 3600  # of source time; the largest skew that can be allowed is a day
CORRELATIONS = """title: many
id: 00000000-0000-4000-8000-0000000000a1
level: high
correlation: {type: event_count, rules: [hit], group-by: [user], timespan: 10m, condition: {gte: 3}}
---
title: spread
level: medium
correlation: {type: value_count, rules: [hit, other], group-by: [user], timespan: 15m, condition: {field: host, gte: 3}}
---
title: chain
level: critical
correlation: {type: temporal_ordered, rules: [hit, other], group-by: [host], timespan: 5m}
---
title: both
level: low
correlation: {type: temporal, rules: [hit, other], group-by: [host, user], timespan: 2m}
---
title: few
level: low
correlation: {type: event_count, rules: [hit], group-by: [host, user], timespan: 3m, condition: {eq: 1}}
"""


def events(seed):
    """(time, line), in order: bursts and single ones about a few hosts and users."""
    draw = random.Random(seed)
    begin = time.time() - DAY - 3600
    times = []
    while len(times) < 3000:
        at = begin + draw.random() * DAY
        times += [at + draw.expovariate(1 / 60) for _ in range(draw.choice((1, 1, 2, 6, 20)))]
    made = []
    for number, at in enumerate(sorted(t for t in times if t < begin + DAY)):
        at = round(at, 3)
        made.append((at, json.dumps({
            "a": draw.choice(("hit", "hit", "other", "none")), "time": stamp(at), "host": "h%d" % draw.randrange(6),
            "user": "u%d" % draw.randrange(4), "number": number})))
    return made


def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + ".%03dZ" % round(seconds % 1 * 1000 % 1000)


def kept_as(text):
    """An event as an alert keeps it, but for where it lies in the store."""
    if not text:
        return text
    kept = json.loads(text)
    if isinstance(kept.get("event"), dict):
        kept["event"].pop("record", None)
    return json.dumps(kept, sort_keys=True)


def alerts(server, kept=False):
    """What is told of each final alert; `kept`: and its events."""
    with sqlite3.connect("file:%s?mode=ro" % os.path.join(server.data, "desk", "canh.db"), uri=True) as db:
        rows = db.execute("SELECT a.kind, a.rule, a.title, a.level, a.entity, a.first, a.last, a.until, a.count,"
                          " a.provisional, a.state, l.first, a.id FROM alert a LEFT JOIN alert l ON l.id = a.linked"
                          " WHERE a.kind IN ('detection', 'correlation') AND a.state <> 'withdrawn'"
                          " ORDER BY a.rule, a.title, a.entity, a.first").fetchall()
        if not kept:
            return rows
        return [r[:-1] + (sorted((time, kept_as(text)) for time, text in db.execute(
            "SELECT time, json FROM alert_event WHERE alert = ?", r[-1:])),) for r in rows]


def end(at):
    return json.dumps({"a": "hit", "time": stamp(at), "host": "end", "user": "end"})


FOUND = ('"hit', '"other', "1", "10", "4624")
KIND = re.compile(r'"(?:a|EventID)": ("?\w+)')


def send(to, lines):
    """No rule finds more than a collector describes: 200 a second."""
    sent = collections.Counter()
    for line in lines:
        to.sendall(line.encode() + b"\n")
        kind = KIND.search(line)
        sent[kind.group(1)] += 1
        if sent[kind.group(1)] >= 90 and kind.group(1) in FOUND:
            sent.clear()
            time.sleep(1.05)


def through(place, lines, last, prepare):
    """The alerts of these lines, once nothing is provisional any more."""
    prepare(place)
    place.write("rules/hit.yml", rule(11, value="hit").replace("title:", "name: hit\ntitle:"))
    server = Server(place, 1, "skew: 1d\n")
    try:
        server.start().ready()
        with server.to("syslog-tcp") as to:
            send(to, lines)
            to.sendall(end(last).encode() + b"\n")
        server.until("the last one", lambda: any(a[4] == "end" for a in alerts(server)), 120)
        server.until("nothing is provisional", lambda: all(a[9] == 0 for a in alerts(server) if "end" not in a[4]), 120)
        server.well()
        server.end()
        return [a for a in alerts(server, True) if "end" not in a[4]]
    finally:
        server.kill()


def same(one, two):
    for a, b in zip(one, two):
        equal(b, a)
    equal(len(two), len(one))


def late(events, seed):
    draw = random.Random(seed)
    return sorted(events, key=lambda e: e[0] + draw.random() * (LATENESS - 2))


def made_rules(place):
    place.write("rules/other.yml", rule(12, value="other", level="low").replace("title:", "name: other\ntitle:"))
    place.write("rules/many.yml", CORRELATIONS)


def test_a_day_in_another_order_within_the_lateness_makes_the_same_alerts(place):
    made = events(20261128)
    disorder = late(made, 7)
    holds(disorder != made, "another order")
    last = time.time()
    one = through(Place(os.path.join(place.folder, "one")), [line for _, line in made], last, made_rules)
    two = through(Place(os.path.join(place.folder, "two")), [line for _, line in disorder], last, made_rules)
    kinds = {a[0]: sum(b[0] == a[0] for b in one) for a in one}
    holds(kinds["detection"] > 100 and kinds["correlation"] > 100, kinds)
    holds(all(any(a[2] == t for a in one) for t in ("many", "spread", "chain", "both", "few")), kinds)
    holds(sum(a[11] is not None for a in one) > 100, "links")
    same(one, two)


# --- attacks ------------------------------------------------------------------------------------------

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
DATA = os.environ.get("CANH_DATA", os.path.join(TOP, "..", "shared", "data"))
SETS = ("*mimikatz_lsadump_inject*", "*sharpsc_stop_dcerpc*", "*schtasks_creation_standard_user*", "*rubeus_asktgt_ptt*")
# What these hosts do all the time, so that alerts are full, and correlations of it.
BUSY = """title: started
name: started
id: 00000000-0000-4000-8000-0000000000b1
level: low
logsource: {product: windows}
detection: {sel: {EventID: 1}, condition: sel}
---
title: opened
name: opened
id: 00000000-0000-4000-8000-0000000000b2
level: medium
logsource: {product: windows}
detection: {sel: {EventID: 10}, condition: sel}
---
title: came in
name: came_in
id: 00000000-0000-4000-8000-0000000000b3
level: high
logsource: {product: windows}
detection: {sel: {EventID: 4624}, condition: sel}
---
title: many opened
id: 00000000-0000-4000-8000-0000000000c1
level: medium
correlation: {type: event_count, rules: [opened], group-by: [Computer], timespan: 10s, condition: {gte: 20}, generate: true}
---
title: many programs
id: 00000000-0000-4000-8000-0000000000c2
level: high
correlation: {type: value_count, rules: [started], group-by: [Computer], timespan: 1m, condition: {field: Image, gte: 3}}
---
title: came in and started
id: 00000000-0000-4000-8000-0000000000c3
level: high
correlation: {type: temporal_ordered, rules: [came_in, started], group-by: [Computer], timespan: 30s, generate: true}
"""
TIME = re.compile(r"^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)")


def moved(text, seconds):
    m = TIME.match(text)
    at = datetime.datetime.fromisoformat(m.group(1)) + datetime.timedelta(seconds=seconds)
    return at.isoformat(sep=text[10]) + text[19:]


def attacks(begin):
    """(time, line) of the data sets, each laid to another hour, in order."""
    found = []
    for number, pattern in enumerate(SETS):
        for path in glob.glob(os.path.join(DATA, "otrf", pattern)):
            with zipfile.ZipFile(path) as z:
                logs = [n for n in z.namelist() if n.endswith(".json") and not os.path.basename(n).startswith("._")]
                rows = [json.loads(line) for n in logs for line in z.read(n).splitlines() if line.strip()]
            first = min(datetime.datetime.fromisoformat(r["@timestamp"][:19] + "+00:00").timestamp() for r in rows)
            by = int(begin + number * 4 * 3600 - first)
            for number_of, r in enumerate(rows):
                for name in [n for n, v in r.items() if isinstance(v, str) and TIME.match(v)]:
                    r[name] = moved(r[name], by)
                # No two at one time: these would be taken in the order in which they come.
                r["@timestamp"] = "%s%03dZ" % (r["@timestamp"][:23], number_of % 1000)
                at = datetime.datetime.fromisoformat(r["@timestamp"].replace("Z", "+00:00")).timestamp()
                found.append((at, json.dumps(r)))
    return sorted(found)


def shipped_rules(place):
    shutil.copytree(os.path.join(TOP, "data", "rules"), place.path("rules"))
    shutil.copytree(os.path.join(TOP, "data", "taxonomy"), place.path("taxonomy"))
    place.write("rules/busy.yml", BUSY)


def test_attacks_in_another_order_within_the_lateness_make_the_same_alerts(place):
    last = time.time()
    lines = attacks(last - DAY)
    if not lines:
        return "no data sets at %s" % DATA
    one = through(Place(os.path.join(place.folder, "one")), [line for _, line in lines], last, shipped_rules)
    two = through(Place(os.path.join(place.folder, "two")), [line for _, line in late(lines, 11)], last, shipped_rules)
    kinds = {a[0]: sum(b[0] == a[0] for b in one) for a in one}
    holds(kinds["detection"] > 10 and kinds["correlation"] > 5, kinds)
    holds(sum(a[8] > 50 for a in one) > 3, "more findings than an alert keeps")
    same(one, two)
    return None


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
