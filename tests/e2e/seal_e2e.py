"""What was received is sealed while the server runs, and found again: each event once, whatever dies.

    seal_e2e.py CANH
"""

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time

from program import equal, holds, run
from keeper import Server

VERIFY = os.path.join(os.path.dirname(__file__), "../../tools/verify.py")
SMALL = "seal-bytes: 64KiB\nsegment-bytes: 1MiB\n"


def sealed_files(server):
    found = []
    for folder, _, names in os.walk(os.path.join(server.data, "sealed")):
        found += [os.path.join(folder, n) for n in names if n.endswith(".seal")]
    return found


def first_segments(server):
    """The number of the first segment of each lane."""
    return [min(int(n[:8]) for n in names)
            for _, _, names in os.walk(os.path.join(server.data, "lanes")) if names]


def send(server, count, name, rate=20000):
    done = server.place.canh("send", "--to", "syslog-tcp", "--count", str(count), "--rate", str(rate),
                             "--run", name, "127.0.0.1:%d" % server.tcp)
    equal(done.code, 0)


def search(server, *words):
    done = server.place.canh("search", "--data", server.data, "--limit", "10000", "--json", *words)
    equal(done.code, 0)
    return done.findings(), done.err


def is_found_once(server, count, name):
    """Every one of them, once, the newest first."""
    events, told = search(server, '"canh_run=%s"' % name)
    numbers = [int(re.search(r"canh_seq=(\d+)", e["raw"]).group(1)) for e in events]
    equal(sorted(numbers), list(range(1, count + 1)))
    holds("Not all" not in told, told)
    receipts = [e["receipt"] for e in events]
    equal(receipts, sorted(receipts, reverse=True))


def is_as_it_was_written(server):
    done = server.place.canh("verify", "--data", server.data)
    equal((done.code, b"all is as it was written" in done.out), (0, True))


def verify(server, *more, data=None):
    """(exit code, faults, the object at the end)"""
    done = server.place.canh("verify", "--json", "--data", data or server.data, *more)
    lines = done.findings()
    return done.code, lines[:-1], lines[-1]


def second_verifier(data):
    """Its faults and their places."""
    done = subprocess.run([sys.executable, VERIFY, "store", "--json", data], capture_output=True, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    equal((done.returncode, done.stderr), (1 if len(lines) > 1 else 0, b""))
    return [(f["fault"], f["where"]) for f in lines[:-1]]


def with_server(test):
    def wrapped(place):
        server = Server(place, more=SMALL)
        signal.alarm(120)
        try:
            server.start().ready()
            test(server)
        finally:
            signal.alarm(0)
            server.kill()
    return wrapped


def too_long(*_):
    raise AssertionError("the test took too long")


signal.signal(signal.SIGALRM, too_long)


@with_server
def test_what_is_sealed_is_found_and_its_segments_go(s):
    send(s, 9000, "one")
    s.until("sealed files", lambda: len(sealed_files(s)) >= 10)
    s.until("fewer segments", lambda: max(first_segments(s)) > 1, 40)
    is_found_once(s, 9000, "one")
    events, _ = search(s, '"canh_seq=00000077"', "or", '"canh_seq=77"')
    equal(len(events), 1)
    equal(search(s, "nothinglikeit")[0], [])
    is_as_it_was_written(s)  # beside one that runs
    s.end()
    is_found_once(s, 9000, "one")  # without a server
    is_as_it_was_written(s)


@with_server
def test_a_sealer_that_is_killed_loses_nothing_and_seals_nothing_twice(s):
    for turn in range(6):
        send(s, 1200, "turn%d" % turn)
        pid = s.roles().get(("sealer", 0))
        if pid:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.1 * turn)
    s.until("the sealer", lambda: ("sealer", 0) in s.roles())
    for turn in range(6):
        is_found_once(s, 1200, "turn%d" % turn)
    s.end()
    is_as_it_was_written(s)


@with_server
def test_a_server_that_is_killed_goes_on_where_it_was(s):
    send(s, 3000, "before")
    s.until("sealed files", lambda: len(sealed_files(s)) >= 3)
    s.kill()
    again = Server(s.place, more=SMALL)
    try:
        again.start().ready()
        is_found_once(again, 3000, "before")
        send(again, 3000, "after")
        again.until("it is stored", lambda: len(search(again, '"canh_run=after"')[0]) == 3000)
        is_found_once(again, 3000, "before")
        is_found_once(again, 3000, "after")
        again.end()
        is_as_it_was_written(again)
    finally:
        again.kill()


@with_server
def test_a_damaged_file_is_told_and_the_rest_is_found(s):
    send(s, 3000, "one")
    s.until("sealed files", lambda: len(sealed_files(s)) >= 4)
    s.end()
    path = sorted(sealed_files(s))[1]
    with open(path, "r+b") as f:
        f.seek(os.path.getsize(path) // 2)
        byte = f.read(1)
        f.seek(-1, os.SEEK_CUR)
        f.write(bytes([byte[0] ^ 1]))
    done = s.place.canh("search", "--data", s.data, "--limit", "10000", "--json", '"canh_run=one"')
    events = [e for e in done.findings() if "partial" not in e]
    whole = len(events) == 3000  # what was damaged were no events
    equal(done.code, 0 if whole else 1)
    holds(whole or "Not all was looked at" in done.err and "damaged" in done.findings()[-1]["why"], done.err)
    holds(len(events) >= 1500, len(events))
    holds(len({e["sequence"] for e in events}) == len(events), "one twice")
    done = s.place.canh("verify", "--data", s.data)
    equal(done.code, 1)
    holds(os.path.basename(path).encode() in done.out, done.out)
    last = s.place.canh("verify", "--json", "--data", s.data).findings()
    holds(last[-1]["faults"] == len(last) - 1 >= 1, last)


def copy(server, name):
    to = server.place.path(name)
    shutil.copytree(server.data, to, ignore=shutil.ignore_patterns("run"))
    return to


@with_server
def test_what_is_stored_is_signed_and_an_older_store_is_told_apart(s):
    send(s, 2000, "one")
    s.until("a checkpoint of it", lambda: verify(s)[2]["not_signed"] <= 2, 30)
    code, faults, first = verify(s)
    equal((code, faults), (0, []))
    send(s, 2000, "two")
    s.end()  # which signs
    older = copy(s, "older")
    again = Server(s.place, more=SMALL)
    try:
        again.start().ready()
        again.until("one more checkpoint", lambda: verify(again)[2]["checkpoints"] > first["checkpoints"] + 1, 30)
        send(again, 500, "three")
        again.end()
    finally:
        again.kill()
    anchors = ("--anchor", first["anchor"])
    code, faults, last = verify(s, *anchors)
    equal((code, faults, last["not_signed"]), (0, [], 0))
    # A snapshot is sound in itself. Who knows a later checkpoint is not deceived.
    root = os.path.join(s.data, "keys", "root.pub")
    code, faults, _ = verify(s, "--root", root, *anchors, data=older)
    equal((code, faults), (0, []))
    code, faults, _ = verify(s, "--root", root, "--anchor", last["anchor"], data=older)
    equal((code, len(faults)), (1, 1))
    holds(faults[0]["fault"] == "CUT", faults)
    # Nor is one that never was: another store's root key.
    other = s.place.path("other.pub")
    with open(root, encoding="ascii") as f, open(other, "w", encoding="ascii") as to:
        name, _, key = f.read().strip().split("+", 2)
        key = "AQ" + ("A" if key[2] != "A" else "B") + key[3:]  # of another point
        to.write("+".join([name, "00000000", key]) + "\n")
    done = s.place.canh("verify", "--data", s.data, "--root", other)
    equal(done.code, 2)


@with_server
def test_what_was_signed_and_is_changed_before_it_is_sealed_is_told(s):
    """The server says so, goes on, and every later event is sound."""
    send(s, 100, "one")  # too few to be sealed
    s.until("a checkpoint of it", lambda: verify(s)[2]["not_signed"] <= 2, 30)
    s.kill()
    lane = next(n for n in sorted(os.listdir(os.path.join(s.data, "lanes")))
                if b"canh_run=one" in lane_bytes(s, n))
    path = max((os.path.join(s.data, "lanes", lane, n) for n in os.listdir(os.path.join(s.data, "lanes", lane))),
               key=os.path.getsize)
    with open(path, "r+b") as f:
        data = f.read()
        at = data.index(b"canh_run=one")
        f.seek(at)
        f.write(b"canh_run=0ne")
    again = Server(s.place, more=SMALL)
    try:
        again.start().ready()
        again.until("it is told", lambda: "is not what was signed of it" in again.text(), 30)
        send(again, 3000, "two")
        # who sends over plain TCP does not hear when it was stored
        again.until("all of them", lambda: len(search(again, '"canh_run=two"')[0]) >= 3000)
        is_found_once(again, 3000, "two")
        again.end()
        code, faults, last = verify(again)
        equal((code, last["not_signed"]), (1, 0))
        holds(1 <= len(faults) <= 3, faults)
    finally:
        again.kill()


def texts_of(data, magic):
    folder = os.path.join(data, "ledger", "texts")
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        with open(path, "rb") as f:
            if f.read(len(magic)) == magic:
                yield path


def forge(data, trigger, sql):
    """As who is root and knows SQL would."""
    db = sqlite3.connect(os.path.join(data, "desk", "canh.db"))
    db.create_function("canh_digest", -1, lambda *_: b"")
    db.execute("DROP TRIGGER record_alert_" + trigger)
    db.execute(sql)
    db.commit()
    db.close()


def close_alert(data):
    forge(data, "changed", "UPDATE alert SET state = 'closed', closed = 1")


def put_alert_in(data):
    forge(data, "made",
          "INSERT INTO alert(kind, rule, rule_hash, title, level, entity, entity_key, first, last, until, count,"
          " events, state, provisional, made) VALUES('detection', 'r', 1, 't', 4, 'e', 'e', 1, 1, 1, 1, 0,"
          " 'closed', 0, 1)")


def append(path):
    os.chmod(path, 0o600)
    with open(path, "ab") as f:
        f.write(b"x")


@with_server
def test_what_was_signed_beside_the_trees_and_is_changed_is_named(s):
    """Rules, settings, counts, and the desk's database."""
    send(s, 200, "one")
    with socket.create_connection(("127.0.0.1", s.tcp), 10) as to:
        to.sendall(b'{"a":"hit","host":"srv-9"}\n')
    s.until("the alert", lambda: b"Rule 1" in s.place.canh("alerts", "--data", s.data).out)
    s.until("a checkpoint of it", lambda: verify(s)[2]["not_signed"] <= 2, 30)
    s.end()
    code, faults, last = verify(s)
    equal((code, faults, last["record"]), (0, [], 2))  # an alert and its event
    equal(second_verifier(s.data), [])
    rules = next(texts_of(s.data, b"canh/rules/v1"))
    settings = next(texts_of(s.data, SMALL.encode()[:8]), None) or next(
        p for p in texts_of(s.data, b"") if not open(p, "rb").read().startswith(b"canh/"))
    counts = next(texts_of(s.data, b"canh/counts/v1"))
    with open(settings, encoding="utf-8") as f:
        holds(SMALL in f.read(), settings)
    with open(rules, encoding="ascii") as f:
        lines = f.read().splitlines()
    generation = os.path.join("rules", lines[1].split()[1])
    hashes = "".join(line + "\n" for line in lines[2:])
    done = subprocess.run(["sha256sum", "--check", "--strict", "--quiet"], input=hashes.encode(), check=False,
                          cwd=os.path.join(s.data, generation), capture_output=True)
    equal((done.returncode, done.stdout), (0, b""))  # as a stranger would
    for change, where in [
            (lambda d: append(os.path.join(d, os.path.relpath(rules, s.data))), "ledger/texts/"),
            (lambda d: os.remove(os.path.join(d, os.path.relpath(settings, s.data))), "ledger/texts/"),
            (lambda d: append(os.path.join(d, os.path.relpath(counts, s.data))), "ledger/texts/"),
            (lambda d: append(os.path.join(d, generation, "rules.image")), "rules"),
            (lambda d: shutil.rmtree(os.path.join(d, generation)), "rules"),
            (lambda d: shutil.rmtree(os.path.join(d, "ledger", "texts")), "ledger/texts"),
            (put_alert_in, "desk/canh.db, alert "),
            (close_alert, "desk/canh.db, alert 1"),
            (lambda d: os.remove(os.path.join(d, "desk", "canh.db")), "desk/canh.db, ")]:
        data = copy(s, "changed")
        change(data)
        code, faults, _ = verify(s, data=data)
        other = second_verifier(data)
        shutil.rmtree(data)
        equal((where, code, len(faults)), (where, 1, 1))
        equal(other, [(f["fault"], f["where"]) for f in faults])
        holds(faults[0]["where"].startswith(where), faults)


def lane_bytes(server, lane):
    folder = os.path.join(server.data, "lanes", lane)
    found = b""
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as f:
            found += f.read()
    return found


def test_a_filter_that_is_none_is_shown_where_it_is_wrong(place):
    done = place.canh("search", "--data", place.path("none"))
    equal(done.code, 2)
    os.makedirs(place.path("data/lanes/00"))
    done = place.canh("search", "--data", place.path("data"), "a", "and", "(b")
    equal(done.code, 2)
    holds("  a and (b\n" in done.err and "^ A closing" in done.err, done.err)
    done = place.canh("search", "--data", place.path("data"), "--from", "soon")
    equal(done.code, 2)
    holds("no time" in done.err, done.err)
    done = place.canh("search", "--data", place.path("data"))
    equal((done.code, done.out), (0, b""))
    holds("0 found" in done.err, done.err)
    equal(json.loads("[]"), done.findings())


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
