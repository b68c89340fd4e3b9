"""The same day of events, once as it was and once in another order within the lateness, through two servers: the same
final alerts.

    replay_e2e.py CANH
"""

import json
import os
import random
import sqlite3
import sys
import time

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


def alerts(server):
    with sqlite3.connect("file:%s?mode=ro" % os.path.join(server.data, "desk", "canh.db"), uri=True) as db:
        return db.execute("SELECT kind, rule, title, level, entity, first, last, until, count, provisional, state FROM alert"
                          " WHERE kind IN ('detection', 'correlation') AND state <> 'withdrawn'"
                          " ORDER BY rule, title, entity, first").fetchall()


def through(place, lines, last):
    """The alerts of these lines, once nothing is provisional any more."""
    place.write("rules/hit.yml", rule(11, value="hit").replace("title:", "name: hit\ntitle:"))
    place.write("rules/other.yml", rule(12, value="other", level="low").replace("title:", "name: other\ntitle:"))
    place.write("rules/many.yml", CORRELATIONS)
    server = Server(place, 1, "skew: 1d\n")
    try:
        server.start().ready()
        with server.to("syslog-tcp") as to:
            for line in lines:
                to.sendall(line.encode() + b"\n")
            to.sendall(json.dumps({"a": "hit", "time": stamp(last), "host": "end", "user": "end"}).encode() + b"\n")
        server.until("the last one", lambda: any(a[4] == "end" for a in alerts(server)))
        server.until("nothing is provisional", lambda: all(a[9] == 0 for a in alerts(server) if "end" not in a[4]), 120)
        server.well()
        server.end()
        return [a for a in alerts(server) if "end" not in a[4]]
    finally:
        server.kill()


def test_a_day_in_another_order_within_the_lateness_makes_the_same_alerts(place):
    made = events(20261128)
    draw = random.Random(7)
    late = sorted(made, key=lambda e: e[0] + draw.random() * (LATENESS - 2))
    holds(late != made, "another order")
    last = time.time()
    one = through(Place(os.path.join(place.folder, "one")), [line for _, line in made], last)
    two = through(Place(os.path.join(place.folder, "two")), [line for _, line in late], last)
    kinds = {a[0]: sum(b[0] == a[0] for b in one) for a in one}
    holds(kinds["detection"] > 100 and kinds["correlation"] > 100, kinds)
    holds(all(any(a[2] == t for a in one) for t in ("many", "spread", "chain", "both", "few")), kinds)
    for a, b in zip(one, two):
        equal(b, a)
    equal(len(two), len(one))


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
