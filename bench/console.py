#!/usr/bin/env python3
"""Measure the console, from outside: what a browser sees, and what fifty analysts wait for.

    console.py CANH WORK DATABASE RULES... -- SECONDS ANALYSTS RATE

Starts a server of its own over DATABASE (office.db of tools/office_rate), waits until it has told what ran out since that
was made, opens the queue in a real Chromium, then lets ANALYSTS work for SECONDS - each holds a live stream and asks, once a
second, for the queue, an alert with its events and history, or acknowledges one - while RATE events a second come in and a
hunt runs over what is stored. Prints between tabs: first paint of the queue and a key's way to the screen in ms, bytes of the
first page ("-" without Chromium); requests, their 99th percentile and the worst in ms, hunts that were finished.
"""
import http.client
import json
import os
import random
import shutil
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import threading
import time

import serve

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))

from local import Local  # noqa: E402

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
PASSWORD = "một mật khẩu để đo"
USERS = 25  # each may have five sessions
HUNT = "1561e1e1-b1e8-42d5-a265-4d70e80a3b9f"  # a rule that ships, and finds nothing here
CONTEXT = ssl.create_default_context()
CONTEXT.check_hostname = False
CONTEXT.verify_mode = ssl.CERT_NONE


class Analyst:
    def __init__(self, port, name, password):
        self.port, self.origin, self.cookie, self.csrf = port, "https://127.0.0.1:%d" % port, None, ""
        self.c = http.client.HTTPSConnection("127.0.0.1", port, timeout=60, context=CONTEXT)
        answer = self.ask("POST", "/login", {"name": name, "password": password})
        self.csrf = answer.get("csrf", "")
        self.c.close()  # until all are there, the server closes what is idle; asking opens it again

    def ask(self, method, path, body=None):
        fields = {"Origin": self.origin, "X-Canh-CSRF": self.csrf, "Sec-Fetch-Site": "same-origin"}
        if self.cookie:
            fields["Cookie"] = self.cookie
        self.c.request(method, "/api" + path, None if body is None else json.dumps(body), fields)
        answer = self.c.getresponse()
        text = answer.read()
        for field in answer.headers.get_all("Set-Cookie") or []:
            self.cookie = field.split(";")[0]
        if answer.status != 200:
            raise RuntimeError("%s %s: %d %s" % (method, path, answer.status, text[:200]))
        return json.loads(text) if text.strip() else None

    def listen(self, until):
        """The live stream, read as it comes."""
        c = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=CONTEXT)
        c.request("GET", "/api/live", headers={"Cookie": self.cookie})
        answer = c.getresponse()
        while time.monotonic() < until and answer.readline():
            pass
        c.close()

    def work(self, until, times, wrong, seed):
        r, alerts = random.Random(seed), []
        time.sleep(r.random())
        while time.monotonic() < until:
            kind, begun = r.randrange(5), time.monotonic()
            steps = [("GET", "/alert/list?format=json&limit=200", None)]
            if alerts and kind in (1, 2, 3):
                a = r.choice(alerts)
                steps = [("GET", "/alert/%s=%d&format=json" % (x, a), None) for x in ("show?alert", "events?alert", "candidate?alert")]
            elif alerts and kind == 4:
                steps = [("POST", "/alert/acknowledge", {"alerts": [r.choice(alerts)]})]
            for step in steps:
                at = time.perf_counter()
                try:
                    got = self.ask(*step)
                except (RuntimeError, OSError, http.client.HTTPException) as e:
                    if ": 409 " not in str(e):  # somebody else was before
                        wrong.append(str(e))
                    continue
                times.append((time.perf_counter() - at) * 1e3)
                if step[1].startswith("/alert/list"):
                    alerts = [a["id"] for a in got]
            time.sleep(max(0, begun + 1 - time.monotonic()))


def alerts(data):
    with sqlite3.connect("file:%s?mode=ro" % os.path.join(data, "desk/canh.db"), uri=True) as db:
        return db.execute("SELECT max(id) FROM alert").fetchone()[0]


def calm(server):
    end, were, since = time.monotonic() + 300, -1, time.monotonic()
    while time.monotonic() - since < 3:
        now = alerts(server.data)
        if now != were:
            were, since = now, time.monotonic()
        if time.monotonic() > end:
            serve.fail("the desk has no end of telling what ran out")
        time.sleep(0.5)


def users(server, port):
    made = []
    for i in range(USERS):
        c = Local(server.data)
        answer = c.act("/user/add", {"user": "an%d" % i, "display": "An %d" % i, "roles": ["analyst"]})
        once = json.loads(answer.read())["password"]
        c.close()
        a = Analyst(port, "an%d" % i, once)
        a.ask("POST", "/password", {"old": once, "new": PASSWORD})
        made.append("an%d" % i)
    return made


def browser(port, name):
    if not os.path.exists("/usr/bin/chromium"):
        return "-", "-", "-"
    given = {"base": "https://127.0.0.1:%d" % port, "users": {name: {"password": PASSWORD}}, "user": name}
    got = subprocess.run(["node", os.path.join(TOP, "tests/web/quick.mjs")], input=json.dumps(given), capture_output=True, text=True,
                         timeout=120, check=False)
    line = [x for x in got.stdout.splitlines() if x.startswith("{")]
    if not line:
        serve.fail("the browser says nothing: " + got.stdout[-500:] + got.stderr[-500:])
    figures = json.loads(line[0])
    return figures["paint_ms"], figures["key_ms"], figures["bytes"]


def hunting(analyst, until, hunts, wrong):
    while time.monotonic() < until:
        try:
            analyst.c.request("GET", "/api/hunt?rule=" + HUNT, headers={"Cookie": analyst.cookie})
            answer = analyst.c.getresponse()
            text = answer.read()
            if answer.status != 200:
                wrong.append("hunt: %d %s" % (answer.status, text[:200]))
                time.sleep(1)
            else:
                hunts.append(1)
        except (OSError, http.client.HTTPException) as e:
            wrong.append("hunt: %s" % e)
            return


def main():
    split = sys.argv.index("--")
    canh, _, database, *rules = sys.argv[1:split]
    seconds, analysts, rate = (int(x) for x in sys.argv[split + 1:])
    place = tempfile.mkdtemp(prefix="canh-console-", dir=serve.PLACE)
    os.makedirs(os.path.join(place, "data/desk"), 0o700)
    shutil.move(database, os.path.join(place, "data/desk/canh.db"))
    port = serve.free_port()
    serve.CONFIG = serve.CONFIG.replace("console: []", 'console: "127.0.0.1:%d"' % port)
    server = serve.Server(canh, place, rules)
    try:
        calm(server)
        names = users(server, port)
        seen = browser(port, names[0])
        all_of = [Analyst(port, names[i % USERS], PASSWORD) for i in range(analysts)]
        hunter = Analyst(port, names[0], PASSWORD)
        sender = subprocess.Popen([canh, "send", "--to", "relp", "--connections", "2", "--rate", str(rate), "--count", str(seconds * rate),
                                   "127.0.0.1:%d" % server.relp], stdout=subprocess.DEVNULL)
        until, times, wrong, hunts = time.monotonic() + seconds, [], [], []
        threads = [threading.Thread(target=a.listen, args=(until,), daemon=True) for a in all_of]
        threads += [threading.Thread(target=a.work, args=(until, times, wrong, i)) for i, a in enumerate(all_of)]
        threads.append(threading.Thread(target=hunting, args=(hunter, until, hunts, wrong)))
        for t in threads:
            t.start()
        for t in threads:
            t.join(None if not t.daemon else 2)
        if sender.wait(timeout=120) != 0:
            serve.fail("not all was sent")
        if wrong:
            serve.fail("%d requests went wrong: %s" % (len(wrong), wrong[:3]))
        times.sort()
        print("%s\t%s\t%s\t%d\t%.2f\t%.2f\t%d" % (*seen, len(times), times[len(times) - 1 - len(times) // 100], times[-1], len(hunts)))
    finally:
        serve.stop(server.process)
        shutil.rmtree(place)


if __name__ == "__main__":
    main()
