#!/usr/bin/env python3
"""Measure acts while findings pour in, from outside.

    office.py CANH WORK -- SECONDS RATE

Starts a server of its own with one rule that holds for every event, feeds it RATE events a second for SECONDS, and
meanwhile opens an alert by hand five times a second. Prints between tabs: findings that were sent, that the desk took
within a minute of the end, and the 99th percentile and the worst of the acts in ms.
"""
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


def main():
    canh, work, seconds, rate = sys.argv[1], sys.argv[2], int(sys.argv[4]), int(sys.argv[5])
    place = tempfile.mkdtemp(prefix="canh-office-", dir=serve.PLACE)
    for name, text in (("rules/every.yml", RULE), ("taxonomy/send.yaml", TAXONOMY)):
        os.makedirs(os.path.join(place, os.path.dirname(name)), exist_ok=True)
        with open(os.path.join(place, name), "w", encoding="utf-8") as f:
            f.write(text)
    server = serve.Server(canh, place, [os.path.join(place, "rules")], "taxonomy: %s\n" % os.path.join(place, "taxonomy"))
    try:
        times = []
        act(server.data)  # it answers
        feed = subprocess.Popen([canh, "send", "--to", "relp", "--connections", "2", "--rate", str(rate), "--count",
                                 str(seconds * rate), "127.0.0.1:%d" % server.relp], stdout=subprocess.DEVNULL)
        while feed.poll() is None:
            began = time.monotonic()
            times.append(act(server.data))
            time.sleep(max(0, EVERY - (time.monotonic() - began)))
        until = time.monotonic() + 60
        while found(server.data) < seconds * rate and time.monotonic() < until:
            time.sleep(1)
        times.sort()
        print("%d\t%d\t%.2f\t%.2f" % (seconds * rate, found(server.data), times[len(times) - 1 - len(times) // 100],
                                      times[-1]))
    finally:
        serve.stop(server.process)
        shutil.rmtree(place)


if __name__ == "__main__":
    main()
