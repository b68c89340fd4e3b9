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
    equal(post(s, "/hunt", "x" * (300 << 10))[0], 413)


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


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
