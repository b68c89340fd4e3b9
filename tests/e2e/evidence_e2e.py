"""Goal: who may search takes events out of a running server as evidence, and the verifier finds it sound; who may not,
gets nothing; it stands in the trail, with the case; what is left out unasked is refused; it ends well whoever goes away.
What retention took is shown as it was signed.
Method: a real server whose events are signed; the file from /api/evidence given to a verifier from elsewhere, as the
tests of `canh export` do; bytes changed; a reader who is slow, or gone.

    evidence_e2e.py CANH LEDGER_GROW
"""

import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tarfile
import time

from api import ALL, SOME, with_api
from incident_e2e import commands
from paper_e2e import fetch, someone
from program import equal, holds, run

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable


def verify(s, body, *words):
    """By the verifier of our sources, with the root key as it lies in the store: (exit code, text)."""
    path = s.place.path("evidence.tar")
    with open(path, "wb") as f:
        f.write(body)
    p = subprocess.run([PYTHON, "-E", "-s", os.path.join(TOP, "tools", "verify.py"), "evidence", "--root",
                        os.path.join(s.data, "keys", "root.pub"), *words, path], capture_output=True, text=True, timeout=120,
                       check=False)
    holds(p.returncode in (0, 1), p.stderr)
    return p.returncode, p.stdout


def files(body):
    with tarfile.open(fileobj=io.BytesIO(body)) as t:
        return {m.name: t.extractfile(m).read() for m in t.getmembers()}


def send(s, lines):
    with socket.create_connection(("127.0.0.1", s.tcp), 5) as to:
        to.sendall(b"".join(line.encode() + b"\n" for line in lines))


def signed(s, ids, cookie, seconds=60):
    """Those events as evidence, once they are signed."""
    got = []

    def ask():
        got[:] = fetch(s, "/evidence?id=" + ids, cookie)
        holds(got[0] in (200, 404, 503), got)
        return got[0] == 200

    s.until("the signature", ask, seconds)
    return got


@with_api
def test_evidence_over_http(s):
    canh, good = commands(s)
    once = {n: good("user", "add", "--user", n, "--display", n, "--roles", r)[0]["password"]
            for n, r in (("an.tt", "analyst"), ("k.tra", "auditor"))}
    good("agency", "add", "--code", "XA", "--name", "UBND xã A", "--kind", "commune")
    once["c.xa"] = good("user", "add", "--user", "c.xa", "--display", "c", "--roles", "contact", "--agency", "1")[0]["password"]
    send(s, ['{"a":"hit","host":"srv-%02d","user":"an","n":%d}' % (i % 4, i) for i in range(40)])
    send(s, ['{"a":"quiet","host":"khác","n":%d}' % i for i in range(20)])
    who = {n: someone(s, n, p).cookie for n, p in once.items()}
    an = who["an.tt"]

    def find():
        lines = [json.loads(x) for x in fetch(s, "/search?q=a%3Ahit", an)[2].splitlines()]
        return [e for e in lines if "sequence" in e] if lines[-1]["search"]["found"] == 40 else None

    found = s.until("the events", find)
    ids = ["%d:%d" % (e["lane"], e["sequence"]) for e in found]
    status, head, body = signed(s, ",".join(ids[:3]), an)
    equal((head["Content-Type"], head["Cache-Control"], head["X-Content-Type-Options"]), ("application/x-tar", "no-store", "nosniff"))
    holds(head["Content-Disposition"].startswith('attachment; filename="canh-evidence-20'), head["Content-Disposition"])
    inside = files(body)
    equal(sorted(n for n in inside if n.endswith(".record")), sorted("events/%02d-%s.record" % (int(i.split(":")[0]), i.split(":")[1])
                                                                    for i in ids[:3]))
    with open(os.path.join(TOP, "tools", "verify.py"), "rb") as f:
        equal(inside["verify.py"], f.read())
    code, told = verify(s, body)
    equal((code, told), (0, told))
    holds("3 " in told, told)

    # A byte that is changed is found.
    at = body.index(b'"user":"an"')
    code, told = verify(s, body[:at + 9] + b"b" + body[at + 10:])
    equal(code, 1)

    # A search: the same events as one finds, each proven.
    status, _, body = fetch(s, "/evidence?q=a%3Ahit%20and%20host%3Asrv-01&for=incident%3A9", an)
    equal((status, json.loads(body)["error"]), (404, "There is no incident 9."))
    number = good("incident", "open", "--title", "Mã độc", "--type", "N1", "--severity", "M3", "--channel", "phone")[0]["incident"]
    status, _, body = fetch(s, "/evidence?q=a%%3Ahit%%20and%%20host%%3Asrv-01&for=incident%%3A%d" % number, an)
    equal(status, 200)
    equal(sorted(n[7:-7] for n in files(body) if n.endswith(".record")),
          sorted("%02d-%d" % (e["lane"], e["sequence"]) for e in found if "srv-01" in json.dumps(e)))
    equal(verify(s, body)[0], 0)
    for query, status, why in (("q=user%3Aan", 403, "one person's records"), ("q=(a", 400, ""), ("", 400, "Which events"),
                               ("for=alert%3A1", 400, "Which events"), ("id=0%3A1&q=a", 400, "by id, or by q"),
                               ("id=x", 400, "no numbers of events"), ("id=0%3A99999999", 404, ""),
                               ("q=a%3Ahit%20%7C%20top%20host", 400, ""), ("q=a%3Ahit&limit=1001", 400, "limit"),
                               ("q=a%3Anowhere", 404, "There is no such event."), ("q=a&from=gestern", 400, "times"),
                               ("for=incident%%3A%d" % number, 404, "No events were kept")):
        got = fetch(s, "/evidence?" + query, an)
        holds(got[0] == status and why in json.loads(got[2])["error"], (query, got[0], got[2]))
    equal(fetch(s, "/evidence?q=user%%3Aan&for=incident%%3A%d" % number, an)[0], 200)
    newest = fetch(s, "/evidence?q=a%3Ahit&limit=2", an)
    equal((newest[0], len([n for n in files(newest[2]) if n.endswith(".record")])), (200, 2))

    # What was kept as evidence of an incident.
    good("evidence", "add", str(number), "--what", "Nhật ký", "--origin", "srv", "--by", "an.tt",
         "--events", " ".join(i.replace(":", ".") for i in ids[5:9]))
    status, _, body = fetch(s, "/evidence?for=incident%%3A%d" % number, an)
    equal((status, len([n for n in files(body) if n.endswith(".record")])), (200, 4))
    equal(verify(s, body)[0], 0)

    # Who may search may have it, nobody else; what was taken stands in the trail.
    for name, want in (("k.tra", 200), ("c.xa", 403)):
        searches = fetch(s, "/search?q=a%3Ahit", who[name])[0]
        equal((name, fetch(s, "/evidence?id=" + ids[0], who[name])[0], searches), (name, want, want))
    equal([fetch(s, "/evidence?id=" + ids[0], token=t)[0] for t in (ALL, SOME, None)], [200, 403, 401])
    trail = [a for a in good("act", "list", "--limit", "500") if a["did"] == "evidence.export"]
    holds(len(trail) >= 8 and any(ids[0] in json.dumps(a) and "an.tt" in json.dumps(a) for a in trail), trail[:3])
    holds(any("evidence.export" == a["did"] for a in good("act", "of", "--kind", "incident", "--key", str(number))), "no line of the incident")
    holds(not any("c.xa" in json.dumps(a) for a in trail), trail)

    # Who goes away, or does not read, holds up nobody but those who want evidence too, and these not for long.
    c = s.connect()
    c.request("GET", "/api/evidence?id=" + ",".join(ids), headers={"Cookie": an})
    c.sock.close()
    s.until("the place", lambda: fetch(s, "/evidence?id=" + ids[0], an)[0] == 200, 40)
    s.end()
    equal([line for line in s.text().splitlines() if "Sanitizer" in line or "runtime error" in line or "killed" in line], [])


@with_api
def test_more_than_was_asked_for_is_refused(s):
    canh, good = commands(s)
    once = good("user", "add", "--user", "an.tt", "--display", "An", "--roles", "analyst")[0]["password"]
    an = someone(s, "an.tt", once).cookie
    send(s, ['{"a":"quiet","n":%d}' % i for i in range(1100)])
    s.until("the events", lambda: b'"found":1100' in fetch(s, "/search?q=a%3Aquiet%20%7C%20stats%20count", an)[2] or
            b"1100" in fetch(s, "/search?q=a%3Aquiet%20%7C%20stats%20count", an)[2])
    got = fetch(s, "/evidence?q=a%3Aquiet", an)
    holds(got[0] == 503 and b"more than 1000" in got[2], got)

    def all_signed():
        got = fetch(s, "/evidence?q=a%3Aquiet&limit=1000", an)
        return got[0] == 200 and len([n for n in files(got[2]) if n.endswith(".record")]) == 1000 and got[2]

    body = s.until("the signatures", all_signed, 60)
    equal(verify(s, body)[0], 0)


@with_api
def test_what_retention_took_is_shown_as_it_was_signed(s):
    _, good = commands(s)
    good("agency", "add", "--code", "XA", "--name", "UBND xã A", "--kind", "commune")
    who = {n: someone(s, n, good("user", "add", "--user", n, "--display", n, "--roles", r, *more)[0]["password"]).cookie
           for n, r, more in (("k.tra", "auditor", ()), ("c.xa", "contact", ("--agency", "1")))}
    s.until("a ledger", lambda: os.path.isdir(os.path.join(s.data, "ledger")))
    status, _, body = fetch(s, "/ledger/removed", who["k.tra"])
    equal((status, json.loads(body)), (200, {"days": 31, "records": []}))

    # Days of another ledger, with deletions, as if they were of this one.
    other = s.place.path("other")
    os.mkdir(other)
    subprocess.run([os.path.abspath(sys.argv[2]), other, "600", "7"], capture_output=True, check=True, timeout=120)
    chain, names = b"", sorted(os.listdir(os.path.join(other, "ledger")))
    holds(len(names) > 40, names)
    for name in names:
        with open(os.path.join(other, "ledger", name), "rb") as f:
            chain += f.read() if name in names[-30:] else b""  # and the server's own of today
        shutil.copyfile(os.path.join(other, "ledger", name), os.path.join(s.data, "ledger", name))
    there = [int(n) for n in re.findall(rb"^canh/deletion/v1 .*\nnumber (\d+)$", chain, re.M)]
    holds(len(there) > 2, there)
    records = json.loads(fetch(s, "/ledger/removed", who["k.tra"])[2])["records"]
    equal([r["record"] for r in records], sorted(there, reverse=True)[:100])
    for r in records:
        holds(r["note"].encode() in chain, r)
        lines = r["note"].splitlines()
        equal((lines[1], lines[3]), ("number %d" % r["record"], "checkpoint %d" % r["checkpoint"]))
        holds("stream %d %d" % (r["lane"], r["months"]) in lines and "leaves %d %d" % (r["from"], r["to"]) in lines, lines)
        holds("why %s" % r["why"] in lines and len([x for x in lines if x.startswith("block ")]) == r["blocks"], lines)
        holds(any(x.startswith("\u2014 ") for x in lines), lines)  # the signature
    equal([fetch(s, "/ledger/removed", c)[0] for c in (who["c.xa"], None)], [403, 401])


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
