"""Finding over the API: what is proposed while a query is typed, hunts.

    find_e2e.py CANH
"""

import json
import signal
import socket
import sys
import urllib.parse

from api import ALL, SOME, Api, with_api
from program import equal, holds, rule, run


class Boxed(Api):
    """As it is installed: every role in its sandbox."""

    def configure(self, more=None):
        super().configure(more)
        with open(self.config, encoding="utf-8") as f:
            text = f.read()
        self.config = self.place.write("canh.yaml", text.replace("sandbox: false", "sandbox: true"))


def with_boxed(test):
    def wrapped(place):
        s = Boxed(place)
        signal.alarm(150)
        try:
            s.start().ready()
            test(s)
        finally:
            signal.alarm(0)
            s.kill()
    return wrapped


def send(s, events):
    with socket.create_connection(("127.0.0.1", s.tcp), 10) as to:
        for e in events:
            data = json.dumps(e).encode()
            to.sendall(b"%d %s" % (len(data), data))
        to.shutdown(1)
        to.recv(1)


def get(s, path, token=ALL, **query):
    status, _, body, _ = s.ask("/api" + path + "?" + urllib.parse.urlencode(query, quote_via=urllib.parse.quote), token)
    return status, body


def is_stored(s, count):
    def look():
        status, body = get(s, "/search", q="| stats count")
        equal((status, body[:200] if status != 200 else b""), (200, b""))
        return json.loads(body.splitlines()[1])["row"][0] >= count
    return look



def complete(s, q, **more):
    status, body = get(s, "/complete", q=q, **more)
    equal((q, status), (q, 200))
    return json.loads(body)


# --- completion -----------------------------------------------------------------------------------

@with_api
def test_what_may_follow_is_proposed_with_values_of_the_last_day(s):
    hosts = ["srv-%02d" % (n % 7) for n in range(70)] + ["SRV-zz", "a b", "a*"]
    send(s, [{"a": "x", "host": h, "user": "alice", "n": n} for n, h in enumerate(hosts)])
    s.until("all is stored", is_stored(s, len(hosts)))
    texts = [i["text"] for i in complete(s, "ho")["items"]]
    equal(texts, ["host"])
    got = complete(s, "host:x | to")
    equal([(i["kind"], i["text"]) for i in got["items"]], [("command", "top")])
    equal((got["from"], got["value"], got["values"]), (9, False, []))
    got = complete(s, "host:x | to", at=2)
    equal(([i["text"] for i in got["items"]], got["from"]), (["host"], 0))
    got = complete(s, "not host:sr")
    equal((got["from"], got["value"], got["field"], got["partial"]), (9, True, "host", False))
    equal(sorted(v["text"] for v in got["values"]), ["SRV-zz"] + ["srv-%02d" % n for n in range(7)])
    equal([v["count"] for v in got["values"]], [10] * 7 + [1])
    # As they are to stand in the query; each finds what it is of.
    for v in complete(s, "host:")["values"]:
        body = get(s, "/search", q="host:" + v["insert"] + " | stats count")[1]
        equal((v, json.loads(body.splitlines()[1])["row"]), (v, [v["count"]]))
    equal([v["insert"] for v in complete(s, "host:a")["values"]], ['"a b"', '="a*"'])
    # A person's are not shown to who has no case.
    got = complete(s, "user:")
    equal((got["field"], got["values"], got["value"]), ("user", [], True))
    equal(complete(s, "TargetUserName:a")["values"], [])
    equal(get(s, "/complete", SOME, q="a")[0], 403)
    equal(get(s, "/complete", None, q="a")[0], 401)
    equal(get(s, "/complete", q="abc", at="4")[0], 400)


# --- hunts ----------------------------------------------------------------------------------------

def post(s, path, text, token=ALL, **query):
    c = s.connect()
    c.request("POST", "/api" + path + "?" + urllib.parse.urlencode(query, quote_via=urllib.parse.quote), body=text.encode(),
              headers={"Authorization": "Bearer " + token, "Content-Type": "application/yaml"})
    answer = c.getresponse()
    body = answer.read()
    c.close()
    return answer.status, body


def hunted(answer):
    """Hits by title, and the last line."""
    status, body = answer
    equal((status, body[:300] if status != 200 else b""), (200, b""))
    lines = [json.loads(line) for line in body.splitlines()]
    holds("hunt" in lines[-1], lines[-1])
    return {h["rule"]["title"]: h for h in lines if "rule" in h}, lines[-1]["hunt"]


def acts(s):
    done = s.place.canh("act", "list", "--did", "search.run", "--format", "json", "--data", s.data)
    return [json.loads(line) for line in done.out.splitlines()]


COUNTED = """
---
title: Many of rule 8
id: 00000000-0000-4000-8000-000000000009
correlation:
    type: event_count
    rules: [00000000-0000-4000-8000-000000000008]
    group-by: [host]
    timespan: 1h
    condition: { gte: 5 }
"""


@with_boxed
def test_a_hunt_finds_with_rules_in_force_and_with_those_that_are_brought(s):
    send(s, [{"a": "hit" if n % 10 == 0 else "miss", "n": n, "user": "alice", "host": "srv-%d" % (n % 2)} for n in range(2000)])
    s.until("all is stored", is_stored(s, 2000))
    ids = {"%d:%d" % (e["lane"], e["sequence"]) for e in map(json.loads, get(s, "/search", q="a:hit", limit="1000")[1]
           .splitlines()[:-1])}
    equal(len(ids), 200)
    for query in ({"rule": "Rule 1"}, {"rules": "one, 00000000-0000-4000-8000-000000000001"}, {}):
        hits, end = hunted(get(s, "/hunt", **query))
        equal((list(hits), end["hits"], end["partial"], end["rules"]), (["Rule 1"], 200, False, 1))
        equal((hits["Rule 1"]["hits"], len(hits["Rule 1"]["events"])), (200, 100))
        holds({e["id"] for e in hits["Rule 1"]["events"]} < ids, "other events")
        holds(hits["Rule 1"]["first"] <= hits["Rule 1"]["last"], hits["Rule 1"])
    equal(hunted(get(s, "/hunt", to="2020-01-01T00:00:00Z"))[0], {})
    # What would a new one have found?
    new = rule(7, value="miss", source="test")
    hits, end = hunted(post(s, "/hunt", new))
    equal((list(hits), hits["Rule 7"]["hits"], end["rules"]), (["Rule 7"], 1800, 1))
    hits, _ = hunted(post(s, "/hunt", rule(8).replace("'hit'", "'hit', 'n|re': '^1.0$'") + COUNTED, **{"from": "2d"}))
    equal((hits["Rule 8"]["hits"] if "Rule 8" in hits else 0, hits["Many of rule 8"]["hits"] > 0), (0, True))
    # It stands in the trail, with the text.
    equal([a["parameters"].get("kind") for a in acts(s)[:2]], ["hunt", "hunt"])
    holds("Rule 7" in acts(s)[1]["parameters"]["rule"], acts(s)[1])
    holds(any(a["parameters"].get("rule") == "Rule 1" for a in acts(s)), acts(s))


@with_boxed
def test_a_hunt_that_may_not_be_is_refused_with_a_sentence(s):
    send(s, [{"a": "hit", "user": "alice"}])
    s.until("it is stored", is_stored(s, 1))
    for text, status, why in (("", 400, "holds no document"), ("title: x", 400, ""), ("{", 400, ""),
                              (rule(7, field="user", value="alice"), 403, "(user)"),
                              (rule(7, field="a|nosuch"), 400, "nosuch")):
        got, body = post(s, "/hunt", text)
        equal((text, got), (text, status))
        holds(why in json.loads(body)["error"], body)
    equal(json.loads(post(s, "/hunt", rule(7, field="a|nosuch"))[1])["at"] > 1, True)
    s.until("an alert", lambda: s.place.canh("alerts", "--data", s.data).out)
    hits, _ = hunted(post(s, "/hunt", rule(7, field="user", value="alice"), **{"for": "alert:1"}))
    equal(hits["Rule 7"]["hits"], 1)
    equal(post(s, "/hunt", rule(7, field="user", value="alice"), **{"for": "alert:9"})[0], 404)
    hits, _ = hunted(post(s, "/hunt", rule(7, extra="").replace("condition: sel", "who: { user: root }\n    condition: sel and not who")))
    equal(hits["Rule 7"]["hits"], 1)
    equal(get(s, "/hunt", rule="no such")[0], 404)
    equal(get(s, "/hunt", seconds="601")[0], 400)
    equal(get(s, "/hunt", SOME)[0], 403)
    equal(post(s, "/hunt", rule(7), SOME)[0], 403)
    c = s.connect()  # what is announced is refused; it need not be sent
    c.putrequest("POST", "/api/hunt")
    for field, value in (("Authorization", "Bearer " + ALL), ("Content-Type", "application/yaml"), ("Content-Length", str(300 << 10))):
        c.putheader(field, value)
    c.endheaders()
    equal(c.getresponse().status, 413)
    c.close()


@with_boxed
def test_a_reload_ends_a_hunt_and_who_goes_away_leaves_its_place(s):
    send(s, [{"a": "hit", "n": n, "pad": "x" * 200} for n in range(20000)])
    s.until("all is stored", is_stored(s, 20000))
    for _ in range(20):  # more than there are places
        c = s.connect()
        c.request("GET", "/api/hunt", headers={"Authorization": "Bearer " + ALL})
        c.close()
    s.until("a place is free", lambda: get(s, "/hunt", rule="one")[0] == 200)
    s.process.send_signal(1)
    s.says("Rules of generation 2 are in force.")
    equal(hunted(get(s, "/hunt", rule="one"))[1]["hits"], 20000)


# --- rules ----------------------------------------------------------------------------------------

def canh(s, *words):
    done = s.place.canh(*words, "--data", s.data)
    equal((words, done.code, done.err), (words, 0, ""))
    return done.out


def rows(s, *words):
    return [json.loads(line) for line in canh(s, *words, "--format", "json").splitlines()]


ONE, NEW = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000007"


@with_boxed
def test_rules_are_listed_with_what_they_do(s):
    send(s, [{"a": "hit", "host": "srv-1"}])
    s.until("it is known", lambda: rows(s, "rule", "list"))
    s.until("it fires", lambda: rows(s, "rule", "list")[0]["state"] == "firing")
    one, = rows(s, "rule", "list", "--level", "high", "--technique", "t1059", "--text", "rule 1")
    equal((one["rule"], one["kind"], one["hits_24h"], one["alerts_30d"], one["techniques"], one["product"]),
          (ONE, "detection", 1, 1, ["T1059"], "test"))
    equal((rows(s, "rule", "list", "--state", "blind"), rows(s, "rule", "list", "--tactic", "impact")), ([], []))
    shown, = rows(s, "rule", "show", "--rule", ONE)
    holds(shown["file"].endswith("rules/one.yml") and shown["line"] == 1 and shown["hits_30d"] == 1, shown)
    cell, = rows(s, "rule", "matrix")
    equal((cell["technique"], cell["rules"], cell["seeing"], cell["fired"], cell["arriving"]), ("T1059", 1, 1, 1, True))
    equal(rows(s, "rule", "refused"), [])
    text = json.loads(get(s, "/rule/text", rule=ONE)[1])
    equal((text["text"], text["line"], text["file"]), (rule(1), 1, shown["file"]))
    equal(get(s, "/rule/text", rule="no such")[0], 404)
    # What it costs: on some of the events that come it is tried, on others its index says no.
    def measured():
        send(s, [{"a": "hit" if i % 4 == 0 else "miss", "host": "srv-1"} for i in range(8)])
        told = json.loads(get(s, "/rule/costs")[1])
        return told if told["events"] >= 40 and told["rules"] else None
    told = s.until("it is measured", measured, 60)
    cost, = told["rules"]
    equal(cost["rule"], ONE)
    holds(0.1 * told["events"] <= cost["tries"] <= 0.5 * told["events"] and cost["ns"] > 0, told)
    # What is wrong with a text.
    checked = json.loads(post(s, "/rule/check", rule(7, field="a|nosuch") + "\n---\n" + rule(8, source="nobody"))[1])
    equal(([r["title"] for r in checked["rules"]], [r["line"] for r in checked["blind"]]), (["Rule 8"], [13]))
    holds(checked["errors"][0]["line"] > 1 and "nosuch" in checked["errors"][0]["why"], checked)
    equal(post(s, "/rule/check", rule(7), SOME)[0], 403)


def become(s, *want):
    s.until("rules " + repr(want), lambda: sorted(r["title"] for r in rows(s, "rule", "list")) == list(want))


def switch_on_and_take_back(s):
    become(s, "Instead")
    canh(s, "rule", "enable", "--rule", NEW, "--reason", "again")
    become(s, "Instead", "Rule 7")
    canh(s, "rule", "withdraw", "--rule", ONE, "--reason", "the file's was right")
    become(s, "Rule 1", "Rule 7")
    equal([h["what"] for h in rows(s, "rule", "history", "--rule", NEW)], ["enable", "disable", "publish"])
    holds("Instead" in rows(s, "rule", "history", "--rule", ONE)[1]["text"], "the text")
    # Undone within the hour.
    act = rows(s, "rule", "history", "--rule", ONE)[0]["act"]
    canh(s, "act", "undo", "--undoes", str(act))
    become(s, "Instead", "Rule 7")


@with_boxed
def test_a_rule_is_published_switched_off_and_taken_back_and_a_restart_keeps_it(s):
    become(s, "Rule 1")
    canh(s, "rule", "publish", "--text", rule(7, value="seven"), "--reason", "new here")
    become(s, "Rule 1", "Rule 7")
    send(s, [{"a": "seven", "host": "h"}])
    s.until("it finds", lambda: rows(s, "rule", "list", "--text", "rule 7")[0]["hits_24h"] == 1)
    canh(s, "rule", "publish", "--text", rule(1, value="other").replace("Rule 1", "Instead"), "--reason", "better")
    become(s, "Instead", "Rule 7")
    done = s.place.canh("rule", "publish", "--text", rule(9, field="a|nosuch"), "--reason", "x", "--data", s.data)
    holds(done.code != 0 and "nosuch" in done.err, done.err)
    canh(s, "rule", "disable", "--rule", NEW, "--reason", "too loud")
    become(s, "Instead")
    house = {r["rule"]: r for r in rows(s, "rule", "house")}
    equal((house[NEW]["disabled"], house[NEW]["published"], house[NEW]["in_force"], house[ONE]["in_force"]), (True, True, False, True))
    s.end()
    again = Boxed(s.place)
    try:
        again.start().ready()
        switch_on_and_take_back(again)
    finally:
        again.kill()


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
