"""A verification that a server is asked for: over the API and by command, one at a time, ended, broken off; what it says
is what `canh verify` and tools/verify.py say.

    verify_e2e.py CANH
"""

import json
import os
import signal
import sqlite3
import sys
import time

from api import ALL, SOME, Api, sha256
from program import equal, holds, run
from seal_e2e import SMALL, second_verifier, sealed_files, send, verify

ONE = "a-token-for-one-thing"
TOKEN = "  - name: one\n    token-sha256: %s\n    may: verify\n" % sha256(ONE)
COUNTS = ("files", "blocks", "events", "lane_events", "record", "checkpoints")


def ask(s, method, token=ALL, body=None):
    """(status, the answer)"""
    c = s.connect()
    c.request(method, "/api/verify", body=body, headers={"Authorization": "Bearer " + token} if token else {})
    answer = c.getresponse()
    text = answer.read()
    c.close()
    return answer.status, json.loads(text) if text else None


def over(s, number):
    """The verification's row, when it is over."""
    def look():
        status, row = ask(s, "GET")
        equal((status, row["verification"]), (200, number))
        return row if "over" in row else None
    return s.until("the verification", look, 60)


def begin(s, **body):
    status, answer = ask(s, "POST", body=json.dumps(body))
    equal(status, 200)
    return answer["verification"]


def figure(s):
    return json.loads(s.ask("/api/stat", ALL)[2])["verified"]


def verifier(s):
    return s.roles().get(("verifier", 0))


def with_store(test):
    def wrapped(place):
        s = Api(place, more=TOKEN + SMALL)
        signal.alarm(150)
        try:
            s.start().ready()
            send(s, 6000, "kept")
            s.until("sealed files", lambda: len(sealed_files(s)) >= 4)
            test(s)
        finally:
            signal.alarm(0)
            s.kill()
    return wrapped


@with_store
def test_it_says_what_the_command_says(s):
    equal([ask(s, m, t)[0] for m in ("GET", "POST", "DELETE") for t in (None, "wrong", SOME)], [401, 401, 403] * 3)
    equal((ask(s, "GET"), figure(s)), ((200, None), None))
    equal(ask(s, "POST", body='{"anchor":"7:x"}')[0], 400)
    row = over(s, begin(s))
    equal((row["state"], row["by"], row["faults"], row["told"]), ("sound", "token:all", 0, []))
    holds(row["from"] == 0 and row["to"] == int(row["anchor"].split(":")[0]), row)
    holds(0 < row["files"] <= row["files_all"] and row["bytes"] <= row["bytes_all"] and row["found"]["events"] > 4000, row)
    # A page of the desk's record is of the moment; what is sealed and signed only grows.
    code, faults, end = verify(s, "--anchor", row["anchor"])
    equal((code, faults), (0, []))
    holds(all(end[n] >= row["found"][n] for n in ("checkpoints", "record")) and
          end["events"] + end["lane_events"] == row["found"]["events"] + row["found"]["lane_events"], (end, row))
    # With what is known from elsewhere, by who may nothing else; and a checkpoint that never was.
    equal(over(s, begin(s, anchor=row["anchor"]))["state"], "sound")
    status, answer = ask(s, "POST", ONE, json.dumps({"anchor": "%d:%064x" % (row["to"], 7)}))
    equal(status, 200)
    other = over(s, answer["verification"])
    equal((other["state"], other["by"], [f["fault"] for f in other["told"]]), ("faults", "token:one", ["FORK"]))
    equal(s.ask("/api/stat", ONE)[0], 403)
    acts = s.place.canh("act", "list", "--did", "verify.begin", "--format", "json", "--data", s.data).findings()
    equal(sorted(a["name"] for a in acts), ["token:all", "token:all", "token:one"])
    rows = s.place.canh("verify", "list", "--format", "json", "--data", s.data).findings()
    equal([r["state"] for r in rows], ["faults", "sound", "sound"])
    equal(s.place.canh("verify", "begin", "--data", s.data).code, 0)
    row = over(s, 4)
    equal([figure(s)[n] for n in ("state", "faults", "checkpoint")], ["sound", 0, row["to"]])
    holds(b"Verified last: " in s.place.canh("stat", "--data", s.data).out, "no line")


@with_store
def test_what_was_changed_is_named_at_its_place(s):
    path = sorted(sealed_files(s))[1]
    with open(path, "r+b") as f:
        f.seek(700)
        byte = f.read(1)
        f.seek(700)
        f.write(bytes([byte[0] ^ 4]))
    row = over(s, begin(s))
    told = sorted((f["fault"], f["where"]) for f in row["told"])
    holds(row["state"] == "faults" and row["faults"] == len(told) > 0, row)
    holds(any(os.path.relpath(path, s.data) in where for _, where in told), told)
    equal(sorted((f["fault"], f["where"]) for f in verify(s)[1]), told)
    equal(sorted(second_verifier(s.data)), told)
    # What came of it is under the ledger: it cannot be said to have been sound.
    s.until("a checkpoint behind it", lambda: verify(s)[2]["checkpoints"] > row["to"] + 2)
    s.end()
    db = sqlite3.connect(os.path.join(s.data, "desk/canh.db"))
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        db.execute("DROP TRIGGER " + name)
    db.execute("UPDATE verification SET state = 'sound', faults = 0, told = '[]'")
    db.commit()
    db.close()
    want = sorted(told + [("ROW", "desk/canh.db, verification 1")])
    equal(sorted((f["fault"], f["where"]) for f in verify(s)[1]), want)
    equal(sorted(second_verifier(s.data)), want)


@with_store
def test_one_at_a_time_and_it_ends_with_who_asked(s):
    s.until("the verifier", lambda: verifier(s))
    os.kill(verifier(s), signal.SIGSTOP)
    first = begin(s)
    equal(ask(s, "POST")[0], 409)
    s.until("it began", lambda: ask(s, "GET")[1]["state"] == "running")
    status, answer = ask(s, "DELETE")
    equal((status, answer["verification"]), (200, first))
    os.kill(verifier(s), signal.SIGCONT)
    row = over(s, first)
    holds(row["state"] in ("ended", "sound"), row)  # what it had read by then may have been all
    equal(ask(s, "DELETE")[0], 409)
    # The verifier dies; and the desk.
    os.kill(verifier(s), signal.SIGSTOP)
    second = begin(s)
    s.until("it began", lambda: ask(s, "GET")[1]["state"] == "running")
    os.kill(verifier(s), signal.SIGKILL)
    row = over(s, second)
    equal((row["state"], row["why"]), ("failed", "The verifier ended while it read."))
    s.until("all roles", s.all_roles)
    os.kill(verifier(s), signal.SIGSTOP)
    third = begin(s)
    s.until("it began", lambda: ask(s, "GET")[1]["state"] == "running")
    os.kill(s.roles()[("desk", 0)], signal.SIGKILL)
    os.kill(verifier(s), signal.SIGCONT)
    s.until("the desk", lambda: ask(s, "GET")[1]["state"] == "failed", 60)
    equal(ask(s, "GET")[1]["why"], "The server ended before it was done.")
    s.until("another", lambda: ask(s, "POST")[0] == 200, 30)
    equal(over(s, third + 1)["state"], "sound")


LINES = 1000000  # seconds of reading


@with_store
def test_it_is_ended_while_the_record_is_read(s):
    """Behind all files and lanes."""
    s.end()
    db = sqlite3.connect(os.path.join(s.data, "desk/canh.db"))
    db.execute("WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < ?) "
               "INSERT INTO record(kind, key, digest) SELECT 'nothing', '1', zeroblob(32) FROM c", (LINES,))
    db.commit()
    db.close()
    s = Api(s.place, more=TOKEN + SMALL)
    try:
        ended_in_the_record(s.start().ready())
    finally:
        s.kill()


def ended_in_the_record(s):
    number = begin(s)

    def reads_the_record():
        row = ask(s, "GET")[1]
        holds(row["state"] in ("asked", "running"), row)
        return row["state"] == "running" and row.get("files") == row.get("files_all") != None and row["seconds"] >= 1
    s.until("all files are read", reads_the_record)
    time.sleep(1)
    began = time.monotonic()
    equal(ask(s, "DELETE")[0], 200)
    row = over(s, number)
    holds(row["state"] == "ended" and time.monotonic() - began < 3, (row, time.monotonic() - began))


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
