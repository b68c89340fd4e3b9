"""Finding over the API: what is proposed while a query is typed, hunts.

    find_e2e.py CANH
"""

import json
import socket
import sys
import urllib.parse

from api import ALL, SOME, with_api
from program import equal, holds, rule, run


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


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
