"""People at work: several at a time, each with one act after the other through the API, while findings come in."""

import base64
import csv
import hashlib
import http.client
import io
import json
import os
import random
import shutil
import sqlite3
import sys
import threading
import time

from acts_checker import canonical
import rig

sys.path.insert(0, os.path.join(rig.ROOT, "tools"))
from local import Local  # noqa: E402

SAMPLE = os.path.join(rig.ROOT, "data", "sample", "province", "agencies.csv")
FOUND = """title: Whatever is told to be found, %(n)d
id: 00000000-0000-4000-9000-%(n)012d
status: test
level: high
author: somebody
tags: [attack.t1059, attack.t1110]
logsource: { product: found }
detection:
    sel: { a: hit-%(n)d }
    condition: sel
"""
FOUND_TAXONOMY = """source: found
product: found
when: { a: { exists: true } }
rows:
  - name: whatever is told to be found
    time: time
    host: host
"""
OURS = "rule LIKE '00000000-0000-4000-9000-%'"
OF_ONE_RULE = 900        # hosts: more alerts of a rule would be made one
OF_ONE_ADDRESS = 4       # hosts
REGION = 800             # alerts of who has many in one incident
MANY = 400
SOME_INCIDENTS = 40      # that are known at a time
VERDICTS = ("true-positive", "benign-true-positive", "false-positive", "duplicate", "test", "undetermined")


class ActServer(rig.Server):
    """A server that finds every event with an `a`."""

    def __init__(self, canh, place, data, hosts):
        for n in range(hosts // OF_ONE_RULE + 10):
            place.write("rules/found-%d.yml" % n, FOUND % {"n": n})
        place.write("taxonomy/found.yaml", FOUND_TAXONOMY)
        super().__init__(canh, place, data, "segment-bytes: 4MiB\nreserve-bytes: 8MiB\n", True)
        self.findings = 0        # events that were sent
        self.stored = 0          # of them, acknowledged

    def find(self, hosts):
        """An event of each of these hosts; True when all are acknowledged."""
        text = "".join('{"a":"hit-%d","host":"srv-%d","src_ip":"198.18.%d.%d"}\n' % (
            h // OF_ONE_RULE, h, h // OF_ONE_ADDRESS // 250 % 250, h // OF_ONE_ADDRESS % 250 + 1) for h in hosts)
        c = http.client.HTTPConnection("127.0.0.1", self.http, timeout=5)
        self.findings += len(hosts)
        try:
            c.request("POST", "/events", text)
            answer = c.getresponse()
            good = b'"stored":%d' % len(hosts) in answer.read() and answer.status == 200
        except (OSError, http.client.HTTPException):
            good = False
        finally:
            c.close()
        self.stored += len(hosts) if good else 0
        return good

    def reader(self):
        return sqlite3.connect("file:%s?mode=ro" % os.path.join(self.data, "desk", "canh.db"), uri=True, timeout=5)

    def ask(self, sql, *args):
        d = self.reader()
        try:
            return d.execute(sql, args).fetchall()
        finally:
            d.close()

    def until(self, what, test, seconds=120):
        end = time.monotonic() + seconds
        while True:
            try:
                if test():
                    return
            except (OSError, http.client.HTTPException, sqlite3.Error):
                pass
            if time.monotonic() > end:
                raise rig.Violation("%s: not within %d s" % (what, seconds))
            time.sleep(0.05)

    def at_rest(self, hits):
        """All that was found is in alerts, and no act has anything left to do."""
        seen = []

        def test():
            seen[:] = self.ask("SELECT (SELECT coalesce(sum(count), 0) FROM alert WHERE " + OURS + "),"
                               " (SELECT group_concat(act) FROM act_rest)")[0]
            return seen[0] >= hits and seen[1] is None
        try:
            self.until("the desk has come to rest", test)
        except rig.Violation as v:
            raise rig.Violation("%s: (findings in alerts, acts that are left) are %s; %d findings were acknowledged" % (
                v, seen, hits)) from None


def request(data, act, parameters, timeout=10):
    """(status, the answer or None)"""
    c = Local(data, timeout)
    try:
        answer = c.act("/" + act.replace(".", "/"), parameters)
        text = answer.read()
        return answer.status, json.loads(text) if answer.status == 200 else text
    except (OSError, http.client.HTTPException, ValueError):
        return 0, None
    finally:
        c.close()


def book(phone):
    """The agencies of the sample, all with this phone."""
    with open(SAMPLE, encoding="utf-8-sig", newline="") as f:
        rows = list(csv.reader(f))
    at = rows[0].index("Điện thoại")
    for row in rows[1:]:
        row[at] = phone
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


class Ledger:
    """Every request there was, and what came of it."""

    def __init__(self):
        self.entries, self.lock = [], threading.Lock()
        self.done = 0
        self.latest = 0.0        # when the last began that was answered

    def begin(self, act, kept):
        entry = [act, kept, None, time.monotonic()]
        with self.lock:
            self.entries.append(entry)
        return entry

    def end(self, entry, status, answer):
        with self.lock:
            if status == 200:
                entry[2] = answer
                self.done += 1
                self.latest = max(self.latest, entry[3])
            elif 400 <= status < 500:
                entry[2] = "refused"

    def known(self):
        """At this moment: [(act, parameters, outcome)]"""
        with self.lock:
            return [tuple(e[:3]) for e in self.entries]

    def forget(self, known):
        """What was answered behind this moment is as if it had not been answered."""
        with self.lock:
            for i, entry in enumerate(self.entries):
                if i >= len(known) or known[i][2] is None:
                    entry[2] = None
            self.done = sum(isinstance(e[2], dict) for e in self.entries)


class Office:
    """All who work, and who sends events. `go` on, `pause` and be still, `stop`."""

    def __init__(self, server, base, seed, workers=6):
        self.server, self.ledger = server, Ledger()
        self.alerts = base.alerts[:-REGION]
        self.hosts = base.hosts
        self.incidents, self.phieus, self.suppressions, self.candidates, self.acts = [], [], [], [], []
        self.agencies = base.agencies
        self.open, self.over = threading.Event(), False
        self.idle = self.sliced = 0
        self.lock = threading.Lock()
        self.fault = None
        people = [Worker(self, random.Random(seed * 100 + i), "w%d" % i) for i in range(workers - 1)]
        people.append(ManyAlerts(self, random.Random(seed * 100 + 99), "many", base.alerts[-REGION:]))
        self.threads = [threading.Thread(target=self.work, args=(p.one,), daemon=True) for p in people]
        self.threads.append(threading.Thread(target=self.work, args=(Feeder(self, random.Random(seed)).one,), daemon=True))
        for t in self.threads:
            t.start()

    def work(self, one):
        while not self.over:
            if not self.open.is_set():
                with self.lock:
                    self.idle += 1
                self.open.wait()
                with self.lock:
                    self.idle -= 1
            try:
                one()
            except (OSError, sqlite3.Error):
                time.sleep(0.05)
            except Exception as e:  # a fault of the torture: it must not go on without this one
                self.fault = self.fault or e
                raise

    def go(self):
        self.open.set()

    def pause(self):
        self.open.clear()
        end = time.monotonic() + 30
        while self.idle < len(self.threads):
            if self.fault is not None or time.monotonic() > end:
                raise RuntimeError("a worker does not come to rest: %s" % self.fault)
            time.sleep(0.005)

    def stop(self):
        self.over = True
        self.open.set()
        for t in self.threads:
            t.join(30)


class Feeder:
    """Events: mostly of hosts that are known, some of new ones."""

    def __init__(self, office, r):
        self.office, self.r = office, r

    def one(self):
        o = self.office
        new = self.r.randrange(3)
        hosts = [self.r.randrange(o.hosts) for _ in range(20)] + list(range(o.hosts, o.hosts + new))
        o.hosts += new
        o.server.find(hosts)
        time.sleep(0.08)


class Person:
    def __init__(self, office, r, name):
        self.o, self.r, self.name = office, r, name
        self.number = 0

    def word(self):
        """Of this request alone."""
        self.number += 1
        return "%s-%d" % (self.name, self.number)

    def act(self, act, **p):
        kept = dict(p)
        if "file" in p and act == "registry.import":
            p["file"] = base64.b64encode(kept["file"]).decode()
            kept["file"] = {"sha256": hashlib.sha256(kept["file"]).hexdigest(), "bytes": len(kept["file"])}
        entry = self.o.ledger.begin(act, canonical(kept))
        status, answer = request(self.o.server.data, act, p)
        self.o.ledger.end(entry, status, answer)
        if status == 200:
            self.o.acts.append(answer["act"])
        elif not 400 <= status < 500:
            time.sleep(0.02)
        return answer if status == 200 else None

    def some(self, most=6):
        return sorted(set(self.r.choice(self.o.alerts) for _ in range(self.r.randint(1, most))))

    def of(self, known):
        return self.r.choice(known[-SOME_INCIDENTS:]) if known else 1


class Worker(Person):
    """One act of all kinds there are, and another."""

    def one(self):
        kinds = [k for k in dir(self) if k.startswith("do_")]
        getattr(self, self.r.choice(kinds))()

    def do_acknowledge(self):
        self.act("alert.acknowledge", alerts=self.some(), note=self.word())

    def do_investigate(self):
        self.act("alert.investigate", alerts=self.some(), note=self.word())

    def do_assign(self):
        self.act("alert.assign", alerts=self.some(), **({} if self.r.random() < 0.3 else {"to": self.r.choice(("an", "binh"))}))

    def do_close(self):
        self.act("alert.close", alerts=self.some(), verdict=self.r.choice(VERDICTS), reason=self.word())

    def do_reopen(self):
        rows = self.o.server.ask("SELECT id FROM alert WHERE state = 'closed' AND kind = 'detection' AND closed IS NOT NULL"
                                 " ORDER BY closed DESC LIMIT 50")
        if rows:
            self.act("alert.reopen", alerts=[self.r.choice(rows)[0]], reason=self.word())

    def do_unhide(self):
        rows = self.o.server.ask("SELECT id FROM alert WHERE hidden IS NOT NULL LIMIT 5")
        if rows:
            self.act("alert.unhide", alerts=[r[0] for r in rows])

    def do_open(self):
        made = self.act("alert.open", title=self.word(), level="high", entity="tel-%d" % self.number, channel="phone", text="told")
        if made:
            self.o.alerts.append(made["alert"])

    def do_note(self):
        self.act("note.add", alert=self.r.choice(self.o.alerts), text=self.word())

    def do_suppress(self):
        made = self.act("suppression.add", entity="srv-%d" % self.r.randrange(self.o.hosts), reason=self.word(),
                        until=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 7200)))
        if made:
            self.o.suppressions.append(made["suppression"])

    def do_suppress_end(self):
        if self.o.suppressions:
            self.act("suppression.end", suppression=self.of(self.o.suppressions), reason=self.word())

    # --- incidents -------------------------------------------------------------------------------

    def new(self):
        return {"title": self.word(), "type": self.r.choice(("N1", "N5")), "severity": self.r.choice(("M2", "M3"))}

    def keep(self, made):
        if made and "number" in made:
            self.o.incidents.append(made["incident"])

    def do_incident(self):
        self.keep(self.act("incident.open", alerts=self.some(20), **self.new()))

    def do_told(self):
        self.keep(self.act("incident.open", channel="phone", **self.new()))

    def do_escalate(self):
        self.keep(self.act("alert.escalate", alerts=self.some(10), **self.new()))

    def do_escalate_to(self):
        self.act("alert.escalate", alerts=self.some(3), incident=self.of(self.o.incidents))

    def do_alerts(self):
        i = self.of(self.o.incidents)
        rows = self.o.server.ask("SELECT id FROM alert WHERE incident = ? LIMIT 2", i)
        self.act("incident.alerts", incident=i, add=self.some(2), **({"remove": [r[0] for r in rows]} if rows else {}))

    def do_split(self):
        i = self.of(self.o.incidents)
        rows = self.o.server.ask("SELECT id FROM alert WHERE incident = ? ORDER BY id DESC LIMIT 3", i)
        if rows:
            self.keep(self.act("incident.split", incident=i, alerts=[r[0] for r in rows], reason=self.word(), title=self.word()))

    def do_merge(self):
        self.act("incident.merge", incident=self.of(self.o.incidents), into=self.of(self.o.incidents), reason=self.word())

    def do_incident_close(self):
        self.act("incident.close", incident=self.of(self.o.incidents), cause="attack", result=self.word(), skip="x", unsent="x")

    def do_incident_reopen(self):
        self.act("incident.reopen", incident=self.of(self.o.incidents), reason=self.word())

    def do_stage(self):
        self.act("incident.stage", incident=self.of(self.o.incidents), stage=self.r.choice(("contain", "eradicate", "recover")),
                 note=self.word())

    def do_incident_assign(self):
        self.act("incident.assign", incident=self.of(self.o.incidents), to=self.r.choice(("an", "binh")))

    def do_incident_note(self):
        self.act("incident.note", incident=self.of(self.o.incidents), text=self.word())

    # --- candidates ------------------------------------------------------------------------------

    def candidate(self, state="open"):
        rows = self.o.server.ask("SELECT id FROM candidate WHERE state = ? AND id >= (SELECT max(id) FROM candidate) * ?"
                                 " LIMIT 1", state, self.r.random() if state == "open" else 0)
        return rows[0][0] if rows else 1

    def do_dismiss(self):
        self.act("candidate.dismiss", candidate=self.candidate(), verdict=self.r.choice(VERDICTS), reason=self.word())

    def do_restore(self):
        self.act("candidate.restore", candidate=self.candidate("dismissed"), reason=self.word())

    def do_candidate_escalate(self):
        self.keep(self.act("candidate.escalate", candidate=self.candidate(), **self.new()))

    def do_join(self):
        self.act("candidate.join", **{"candidate": self.candidate(), "with": self.candidate()}, reason=self.word())

    def do_place(self):
        self.act("candidate.place", alerts=self.some(3), reason=self.word(),
                 **({"candidate": self.candidate()} if self.r.random() < 0.7 else {}))

    def do_free(self):
        rows = self.o.server.ask("SELECT alert FROM candidate_alert WHERE placed LIMIT 20")
        if rows:
            self.act("candidate.free", alerts=[self.r.choice(rows)[0]])

    # --- the rest --------------------------------------------------------------------------------

    def do_undo(self):
        if self.o.acts:
            self.act("act.undo", undoes=self.r.choice(self.o.acts[-20:]))

    def do_phieu(self):
        made = self.act("phieu.make", kind="request", agency=self.r.choice(self.o.agencies), subject=self.word(), what="x",
                        proof="x", steps="x", due="2099-01-01T00:00:00Z")
        if made:
            self.o.phieus.append(made["phieu"])

    def do_phieu_on(self):
        p = {"phieu": self.of(self.o.phieus)}
        self.r.choice((lambda: self.act("phieu.send", channel="letter", document=self.word(), **p),
                       lambda: self.act("phieu.receive", note=self.word(), **p),
                       lambda: self.act("phieu.answer", done=self.word(), **p),
                       lambda: self.act("phieu.check", good=self.r.random() < 0.7, text=self.word(), **p),
                       lambda: self.act("phieu.close", reason=self.word(), **p)))()

    def do_import(self):
        if self.r.random() < 0.3:
            self.act("registry.import", form="agency", file=book("02%09d" % self.r.randrange(10**9)))


class ManyAlerts(Person):
    """Incidents of so many alerts that they are merged, closed and opened again in slices."""

    def __init__(self, office, r, name, region):
        super().__init__(office, r, name)
        self.region, self.step = region, 0
        self.a = self.b = self.last = None

    def one(self):
        time.sleep(self.r.random() * 0.6)  # the others have their turn, too
        steps = (self.first, self.second, self.merge, self.close, self.undo, self.undo, self.free)
        if steps[self.step]():
            self.step = (self.step + 1) % len(steps)
        else:
            self.step = len(steps) - 1

    def made(self, alerts):
        made = self.act("incident.open", title=self.word(), type="N1", severity="M4", alerts=alerts)  # no clock: undone
        return made["incident"] if made else None

    def first(self):
        self.a = self.made(self.region[:MANY])
        return self.a

    def second(self):
        self.b = self.made(self.region[MANY:])
        return self.b

    def merge(self):
        made = self.act("incident.merge", incident=self.a, into=self.b, reason=self.word())
        self.o.sliced += made is not None
        return made

    def close(self):
        """Once what was merged is done with."""
        return self.at_last("incident.close", incident=self.b, cause="attack", result=self.word(), skip="x", unsent="x")

    def undo(self):
        """What was closed is open again, then closed again, each in slices."""
        return self.at_last("act.undo", undoes=self.last)

    def at_last(self, act, **p):
        for _ in range(100):
            made = self.act(act, **p)
            if made:
                self.last = made["act"]
                self.o.sliced += 1
                return True
            if not self.busy(self.b):
                break
            time.sleep(0.02)
        return False

    def busy(self, incident):
        return self.o.server.ask("SELECT count(*) FROM act_rest WHERE key = ?", incident) != [(0,)]

    def free(self):
        """All of them open, and of no incident."""
        marks = "(%s)" % ",".join(map(str, self.region))
        left = self.o.server.ask("SELECT a.incident, i.state, group_concat(a.id) FROM alert a JOIN incident i"
                                 " ON i.id = a.incident WHERE a.id IN %s GROUP BY 1 LIMIT 1" % marks)
        if left:
            incident, state, alerts = left[0]
            if self.busy(incident):
                return False
            if state in ("closed", "merged") and not self.act("incident.reopen", incident=incident, reason=self.word()):
                return False
            self.act("incident.alerts", incident=incident, remove=[int(n) for n in alerts.split(",")][:1000])
            return False
        over = self.o.server.ask("SELECT id FROM alert WHERE state = 'closed' AND id IN %s LIMIT 1000" % marks)
        if over:
            self.act("alert.reopen", alerts=[r[0] for r in over], reason=self.word())
            return False
        return True


class Base:
    """A data folder with alerts, agencies and users, from which each round starts."""

    def __init__(self, run, alerts):
        place = run.place("acts-base")
        self.data = place.path("data")
        server = ActServer(run.canh, place, self.data, alerts)
        begun = time.monotonic()
        try:
            server.start().accepts(begun, 20)
            server.until("the desk", lambda: request(server.data, "registry.import", {
                "form": "agency", "file": base64.b64encode(book("0200000000")).decode()})[0] == 200)
            for name in ("an", "binh"):
                status, text = request(server.data, "user.add", {"user": name, "display": name, "roles": ["analyst"]})
                if status != 200:
                    raise rig.Violation("user.add: %s" % text)
            for first in range(0, alerts, 500):
                server.until("events", lambda first=first: server.find(range(first, first + 500)))
            server.at_rest(alerts)
            server.until("candidates", lambda: server.ask("SELECT count(*) FROM group_wait") == [(0,)])
            self.alerts = [r[0] for r in server.ask("SELECT id FROM alert WHERE " + OURS + " ORDER BY id")]
            self.agencies = [r[0] for r in server.ask("SELECT id FROM agency WHERE valid_to IS NULL")]
            self.first = server.ask("SELECT coalesce(max(id), 0) + 1 FROM act")[0][0]
            self.hits = server.ask("SELECT sum(count) FROM alert WHERE " + OURS)[0][0]
            server.end()
        finally:
            server.kill()
        self.hosts = alerts
        self.seconds = time.monotonic() - begun

    def copy(self, to):
        shutil.copytree(self.data, to, ignore=shutil.ignore_patterns("*.sock"))
