#!/usr/bin/env python3
"""Measure acts while findings pour in, from outside.

    office.py CANH WORK -- SECONDS RATE [HOSTS]
    office.py feed PORT SECONDS RATE HOSTS

Starts a server of its own with rules that find every event, feeds it RATE events a second for SECONDS, and meanwhile opens
an alert by hand five times a second. Without HOSTS all are of one host, and one alert: what is counted is findings. With
so many hosts there is an alert of each, four have an address in common, and candidates are made of them. Prints between tabs: findings that were sent, that the desk took
within a minute of the end, and the 99th percentile and the worst of the acts in ms.
"""
import http.client
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

import serve

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))

from local import Local  # noqa: E402

RULE = """title: Every event
id: 0f2a6f0e-5b1b-4a53-8f0b-1d5b1c6a7e01
status: test
description: The benchmark's own.
level: high
logsource:
  product: canh-send
detection:
  selection:
    hostname: srv-17
  condition: selection
"""
TAXONOMY = """source: canh-send
product: canh-send
when: { hostname: srv-17 }
rows:
  - name: what canh send makes
    time: timestamp
    host: hostname
"""
HOSTS_RULE = """title: An event of some hosts, %(n)d
id: 0f2a6f0e-5b1b-4a53-8f0b-%(n)012d
status: test
description: The benchmark's own.
level: high
tags: [attack.t1110]
logsource:
  product: found
detection:
  selection:
    some: %(n)d
  condition: selection
"""
HOSTS_TAXONOMY = """source: found
product: found
when: { some: { exists: true } }
rows:
  - name: what this makes
    time: timestamp
    host: host
"""
OF_RULE = 900  # hosts: more alerts of one would be made one
OF_ADDRESS = 4
EVERY = 0.2


def act(data):
    """Its time in ms."""
    c = Local(data)
    began = time.perf_counter()
    answer = c.act("/alert/open", {"title": "By hand", "level": "low", "entity": "srv", "channel": "phone",
                                   "text": "told"})
    text = answer.read()
    took = (time.perf_counter() - began) * 1e3
    c.close()
    if answer.status != 200:
        serve.fail("an act was refused: %r" % text)
    return took


def found(data):
    with sqlite3.connect("file:%s?mode=ro" % os.path.join(data, "desk/canh.db"), uri=True) as db:
        return db.execute("SELECT coalesce(sum(count), 0) FROM alert WHERE kind = 'detection'").fetchone()[0]


def feed(port, seconds, rate, hosts):
    """So many events, ten times a second, by HTTP."""
    lines = ['{"some":%d,"host":"srv-%d","src_ip":"198.18.%d.%d","message":"%s"}\n' % (
        h // OF_RULE, h, h // OF_ADDRESS // 250, h // OF_ADDRESS % 250 + 1, "x" * 200) for h in range(hosts)]
    c, at, begun = http.client.HTTPConnection("127.0.0.1", port, timeout=60), 0, time.monotonic()
    for i in range(seconds * 10):
        time.sleep(max(0, begun + i / 10 - time.monotonic()))
        c.request("POST", "/events", "".join(lines[(at + n) % hosts] for n in range(rate // 10)))
        answer = c.getresponse()
        if answer.status != 200 or b'"stored":%d' % (rate // 10) not in answer.read():
            serve.fail("events were refused: %d" % answer.status)
        at += rate // 10


def files(hosts):
    """Path and text of rules and taxonomy."""
    if hosts == 1:
        return [("rules/every.yml", RULE), ("taxonomy/send.yaml", TAXONOMY)]
    return [("rules/%d.yml" % n, HOSTS_RULE % {"n": n}) for n in range((hosts - 1) // OF_RULE + 1)] + [
        ("taxonomy/found.yaml", HOSTS_TAXONOMY)]


def feeder(canh, server, seconds, rate, hosts):
    if hosts == 1:
        words = [canh, "send", "--to", "relp", "--connections", "2", "--rate", str(rate), "--count", str(seconds * rate),
                 "127.0.0.1:%d" % server.relp]
    else:
        words = [sys.executable, os.path.abspath(__file__), "feed", str(server.http), str(seconds), str(rate), str(hosts)]
    return subprocess.Popen(words, stdout=subprocess.DEVNULL)


def main():
    if sys.argv[1] == "feed":
        feed(*map(int, sys.argv[2:]))
        return
    canh, seconds, rate = sys.argv[1], int(sys.argv[4]), int(sys.argv[5])
    hosts = int(sys.argv[6]) if len(sys.argv) > 6 else 1
    place = tempfile.mkdtemp(prefix="canh-office-", dir=serve.PLACE)
    for name, text in files(hosts):
        os.makedirs(os.path.join(place, os.path.dirname(name)), exist_ok=True)
        with open(os.path.join(place, name), "w", encoding="utf-8") as f:
            f.write(text)
    server = serve.Server(canh, place, [os.path.join(place, "rules")], "taxonomy: %s\n" % os.path.join(place, "taxonomy"))
    try:
        times = []
        act(server.data)  # it answers
        sender = feeder(canh, server, seconds, rate, hosts)
        while sender.poll() is None:
            began = time.monotonic()
            times.append(act(server.data))
            time.sleep(max(0, EVERY - (time.monotonic() - began)))
        until = time.monotonic() + 60
        while found(server.data) < seconds * rate and time.monotonic() < until:
            time.sleep(1)
        if sender.returncode != 0:
            serve.fail("not all was sent")
        times.sort()
        print("%d\t%d\t%.2f\t%.2f" % (seconds * rate, found(server.data), times[len(times) - 1 - len(times) // 100],
                                      times[-1]))
    finally:
        serve.stop(server.process)
        shutil.rmtree(place)


if __name__ == "__main__":
    main()
