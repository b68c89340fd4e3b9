"""Searching and hunting as people do it: by the server and without one the same, in every format, and what is
not whole says so.

    search_e2e.py CANH
"""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time

from program import CANH, equal, holds, run
from keeper import Server

SMALL = "seal-bytes: 64KiB\nsegment-bytes: 1MiB\n"
RULES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../data/rules")


def too_long(*_):
    raise AssertionError("the test took too long")


signal.signal(signal.SIGALRM, too_long)


class Boxed(Server):
    """As it is installed: every role in its sandbox."""

    def configure(self, more=None):
        super().configure(more)
        with open(self.config, encoding="utf-8") as f:
            text = f.read()
        self.place.write("canh.yaml", text.replace("sandbox: false", "sandbox: true"))


def with_server(test):
    def wrapped(place):
        server = Boxed(place, collectors=1, more=SMALL)
        signal.alarm(200)
        try:
            server.start().ready()
            test(server)
        finally:
            signal.alarm(0)
            server.kill()
    return wrapped


def send(server, events):
    """Each a text, in this order, over one connection; until they are found."""
    before = len(found(server))
    with server.connect() as c:
        for text in events:
            data = text.encode()
            c.sendall(b"%d %s" % (len(data), data))  # counted (RFC 6587): whatever it begins with
        c.shutdown(1)
        c.recv(1)
    server.until("it is stored", lambda: len(found(server)) >= before + len(events))


def ask(server, *words):
    return server.place.canh("search", "--data", server.data, *words)


def found(server, *words):
    """Events of a query, the newest first."""
    done = ask(server, "--json", "--limit", "10000", *words)
    equal(done.code, 0)
    return done.findings()


def sealed(server):
    return [n for _, _, names in os.walk(os.path.join(server.data, "sealed")) for n in names if n.endswith(".seal")]


def everywhere(server, check):
    """With the server, and without it."""
    check()
    server.end()
    check()


# --- Vietnamese -----------------------------------------------------------------------------------

VIETNAMESE = ["Đăng nhập thất bại cho tài khoản quản_trị", "dang nhap that bai cho tai khoan khach",
              "ĐĂNG XUẤT thành công", '{"a":"Mật khẩu sai","giver":"Nguyễn Văn Đức"}',
              '{"a":"\\u004d\\u1ead\\u0074 kh\\u1ea9u \\u0111\\u00fang","user":"x"}']


@with_server
def test_vietnamese_is_found_with_and_without_diacritics(s):
    send(s, VIETNAMESE)

    def check():
        for words, want in ((["đăng nhập"], 2), (["dang nhap"], 2), (["ĐĂNG", "NHẬP"], 2), (['"Đăng nhập thất bại"'], 2),
                            (["quan_tri"], 1), (["quản_trị"], 1), (["dang"], 3), (["mat khau"], 2), (["MẬT KHẨU"], 2),
                            (["giver:nguyen*"], 1), (['giver:"nguyễn văn đức"'], 1), (["đúng"], 1), (["nhap", "not", "khách"], 1),
                            (["nha"], 0)):
            equal((words, len(found(s, *words))), (words, want))

    everywhere(s, check)


# --- commands and formats -------------------------------------------------------------------------

def made(count):
    """Events of which the answers are known."""
    return [json.dumps({"a": n, "user": ["root", "an", "=cmd|' /C calc'!A0"][n % 3], "bytes": n * 10, "time":
            "2026-03-01T%02d:00:00Z" % (n % 24)}) for n in range(count)]


TABLES = (
    ("user:* | stats count, sum(bytes) by user", ["user", "count", "sum(bytes)"],
     [[user, 100, sum(range(first, 300, 3)) * 10] for first, user in ((2, "=cmd|' /C calc'!A0"), (1, "an"), (0, "root"))]),
    ("bytes>=2900 | sort -bytes | fields bytes, user | limit 2", ["bytes", "user"],
     [["2990", "=cmd|' /C calc'!A0"], ["2980", "an"]]),
    ("user:* | top 1 user", ["user", "count"], [["=cmd|' /C calc'!A0", 100]]),
    ("a:7 | stats count", ["count"], [[1]]),
    ("nothinglikeit | stats count", ["count"], [[0]]),
)


@with_server
def test_commands_make_the_same_tables_with_a_server_and_without_in_every_format(s):
    send(s, made(300))

    def check():
        for query, columns, rows in TABLES:
            want = [dict(zip(columns, row)) for row in rows]
            done = ask(s, "--json", query)
            equal((query, done.code, done.findings()), (query, 0, want))
            done = ask(s, "--format", "csv", query)
            lines = list(csv.reader(io.StringIO(done.out.decode(), newline="")))
            equal((query, lines[0]), (query, columns))
            equal((query, lines[1:]), (query, [[harmless(str(c)) for c in row] for row in rows]))
            text = ask(s, query).out.decode().splitlines()
            equal((query, text[0].split(), len(text)), (query, columns, len(rows) + 1))
            for line, row in zip(text[1:], rows):
                equal((query, " ".join(line.split())), (query, " ".join(str(c) for c in row)))
        done = ask(s, "user:* | histogram 1h")
        holds(len(done.out.splitlines()) >= 2, done.out)
        # Events as CSV: the columns are those of docs/query.md, texts of logs do no harm.
        done = ask(s, "--format", "csv", "--limit", "2", "user:root")
        lines = list(csv.reader(io.StringIO(done.out.decode(), newline="")))
        equal((lines[0][0], lines[0][-1], len(lines)), ("time", "raw", 3))
        equal(json.loads(lines[1][-1])["user"], "root")
        equal(ask(s, "--format", "csv", "nothinglikeit").out.splitlines()[0][:5], b"time,")

    everywhere(s, check)


def harmless(text):
    return "'" + text if text[:1] in "=+-@" else text


@with_server
def test_what_is_not_whole_says_so_in_every_format(s):
    send(s, ['{"a":"%s","n":%d}' % ("x" * 500, n) for n in range(3000)])

    def check():
        query = ("--max-memory", "1", "| sort n | fields a, n")
        done = ask(s, "--json", *query)
        holds(done.out, (done.err, s.text()[-2000:]))
        last = done.findings()[-1]
        equal((done.code, last["partial"]), (1, True))
        holds("for want of room" in last["why"] and "n" in done.findings()[0], done.out[-300:])
        done = ask(s, "--format", "csv", *query)
        equal((done.code, done.out.splitlines()[-1][:9]), (1, b"#partial,"))
        done = ask(s, *query)
        equal(done.code, 1)
        holds(done.out.splitlines()[-1].startswith(b"Not whole: sort: "), done.out[-300:])
        holds("Not all was looked at: sort: " in done.err, done.err)
        equal(ask(s, "--json", "n:7 | stats count").findings(), [{"count": 1}])

    everywhere(s, check)


@with_server
def test_a_query_that_is_none_is_shown_where_it_is_wrong(s):
    send(s, made(3))

    def check():
        for query, caret in (("a | stat count", "      ^ A command"), ("(user:x", "         ^ A closing"),
                             ("mật | top", "           ^ ")):
            done = ask(s, query)
            equal((query, done.code, done.out), (query, 2, b""))
            lines = done.err.splitlines()
            equal(lines[0], "canh: The query cannot be understood:")
            equal(lines[1], "  " + query)
            holds(lines[2].startswith(caret), done.err)
        done = ask(s, "| stats count by a | sort x")
        equal(done.code, 2)
        holds("no column 'x'" in done.err, done.err)
        equal(s.place.canh("tail", "--data", s.data, "a | top b").code, 2)

    everywhere(s, check)


@with_server
def test_what_is_followed_is_shown_once_the_oldest_first(s):
    send(s, made(50))
    shown, stop = [], threading.Event()
    follower = subprocess.Popen([CANH, "search", "--data", s.data, "--json", "--limit", "10", "--follow", "user:root"],
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def read():
        for line in follower.stdout:
            shown.append(json.loads(line))
        stop.set()

    threading.Thread(target=read, daemon=True).start()
    try:
        s.until("what there was", lambda: len([e for e in shown if "lane" in e]) == 10)
        send(s, made(30))
        s.until("what came", lambda: len([e for e in shown if "lane" in e]) == 20)
        time.sleep(0.5)
    finally:
        follower.kill()
        follower.wait()
    places = [e["sequence"] for e in shown if "lane" in e]
    equal(len(places), 20)
    equal(places, sorted(set(places)))
    for words in (["--follow", "--to", "1h"], ["--follow", "a | stats count"]):
        equal(ask(s, *words).code, 2)
    s.end()
    done = ask(s, "--follow")
    equal(done.code, 2)
    holds("nothing to follow" in done.err, done.err)


def test_a_beginning_is_completed(place):
    done = place.canh("search", "--complete", "failed | st")
    equal((done.code, done.out.split(b"\t")[0]), (0, b"stats"))
    names = [line.split(b"\t")[0] for line in place.canh("search", "--complete", "Comm").out.splitlines()]
    holds(b"CommandLine" in names, names)
    equal(place.canh("search", "--complete", '"in quotes ').out, b"")


# --- one person -----------------------------------------------------------------------------------

def trail(s, *words):
    """Acts search.run, the newest first."""
    done = s.place.canh("act", "list", "--did", "search.run", "--format", "json", "--data", s.data, *words)
    equal(done.code, 0)
    return [json.loads(line) for line in done.out.splitlines()]


@with_server
def test_one_persons_records_need_a_case_and_every_search_is_in_the_trail(s):
    send(s, made(30))
    canh = lambda *words: s.place.canh(*words, "--data", s.data)
    equal(canh("alert", "open", "--title", "A", "--level", "high", "--entity", "srv", "--channel", "phone", "--text",
               "told").code, 0)
    before = len(trail(s, "--limit", "1000"))
    for words in (["user:an"], ["TargetUserName:an"], ["a:1", "or", "user.name:an*"], ["not", "not", "user:an"]):
        done = ask(s, *words)
        equal((words, done.code, done.out), (words, 2, b""))
        holds("one person's records" in done.err and "--for incident:3" in done.err, done.err)
    for case, why in (("alert:2", "no alert 2"), ("incident:1", "no incident 1"), ("alert:x", "no case"),
                      ("case:1", "no case"), ("1", "no case")):
        done = ask(s, "--for", case, "user:an")
        equal((case, done.code, done.out), (case, 2, b""))
        holds(why in done.err, done.err)
    equal(len(trail(s, "--limit", "1000")), before)  # nothing was looked at
    equal(len(found(s, "--for", "alert:1", "user:an")), 10)
    equal(len(found(s, "an")), 10)  # a word is not barred
    equal(len(found(s, "not", "user:an")), 20)
    equal(len(found(s, "user:root")), 10)  # no person
    last = trail(s, "--limit", "4")
    equal([a["parameters"] for a in last], [{"query": "user:root"}, {"query": "not user:an"}, {"query": "an"},
                                            {"query": "user:an", "for": "alert:1"}])
    holds(all(a["name"].startswith("local:") and a["outcome"] == "done" for a in last), last)
    equal(last[3]["on"], [{"kind": "alert", "key": 1}])
    equal(len(trail(s, "--thing", "alert:1")), 1)
    done = s.place.canh("tail", "--data", s.data, "user:an")
    equal(done.code, 2)
    holds("Nobody is followed" in done.err, done.err)
    equal(ask(s, "--follow", "--for", "alert:1", "user:an").code, 2)
    s.end()
    done = ask(s, "--for", "alert:1", "user:an")
    equal(done.code, 2)
    holds("which is not there" in done.err, done.err)
    equal(len(found(s, "an")), 10)


def test_all_names_that_the_taxonomy_takes_users_from_are_a_persons(place):
    del place
    top = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
    with open(os.path.join(top, "src/query/person.h"), encoding="utf-8") as f:
        known = {n.lower() for n in re.findall(r'^    X\("([^"]+)"\)', f.read(), re.M)}
    # Words of the taxonomy's language; columns, parts of messages and numbers, which are no names of users to type;
    # names that say other things elsewhere.
    others = {"from", "before", "after", "map", "message", "event", "p7", "23668.p7", "logdata.USERNAME", "ID", "id", "name",
              "UID", "event.exec.target.audit_token.euid", "Domain", "user.domain"}
    lacking, seen = set(), 0
    for name in sorted(os.listdir(os.path.join(top, "data/taxonomy"))):
        with open(os.path.join(top, "data/taxonomy", name), encoding="utf-8") as f:
            text = f.read()
        for field in re.findall(r"^\s+(?:user|User|target_user|cs-username|TargetUserName|SubjectUserName): (.*)$", text, re.M):
            field = re.sub(r"^\{ from: (\[[^]]*\]|[^,}]+).*", r"\1", field)
            for one in re.findall(r"[\w.$-]+", re.sub(r'"\d+"|[*&]\w+', "", field)):
                seen += 1
                known_as = [k for k in known if one.lower() == k or one.lower().endswith("." + k)]
                if not known_as and one not in others:
                    lacking.add((name, one))
    equal(lacking, set())
    holds(seen > 40, seen)


# --- hunting --------------------------------------------------------------------------------------

def samples():
    """Events of the samples beside the rules that are one line each, and no part of several."""
    events = []
    for folder, _, names in sorted(os.walk(RULES)):
        for name in sorted(n for n in names if n.endswith((".positive.log", ".positive.json"))):
            with open(os.path.join(folder, name), encoding="utf-8") as f:
                text = f.read()
            lines = [line for line in text.splitlines() if line.strip()]
            if "msg=audit(" in text or lines[0].startswith("#") or any(line[0] in " \t[" for line in lines):
                continue
            if lines[0].startswith("{") and not all(line.startswith("{") and line.endswith("}") for line in lines):
                continue
            events += lines
    return events


def scanned(place, events):
    """What canh scan finds when each event is a file of its own: (rule, number of the event), results."""
    for n, text in enumerate(events):
        place.write("each/%06d.log" % n, text + "\n")
    done = place.scan("each")
    equal(done.code, 0)
    hits, results = set(), []
    for f in done.findings():
        if "event" in f:
            hits.add((f["rule"]["id"], int(os.path.basename(f["event"]["file"])[:6])))
        else:
            results.append(bare(f))
    return hits, results


def bare(result):
    """A result of a correlation, but for where its events lie."""
    return json.dumps({k: v for k, v in result.items() if k != "events"}, sort_keys=True)


def hunted(server, places, *words):
    done = server.place.canh("hunt", "--data", server.data, "--format", "json", *words)
    equal((done.code, "Not all" in done.err), (0, False))
    hits, results = set(), []
    for rule in done.findings():
        at = [(rule["rule"]["id"], places[e["lane"], e["sequence"]]) for e in rule.get("events", [])]
        equal(rule["hits"], len(at) + len(rule.get("results", [])))
        hits.update(at)
        results += [bare(r) for r in rule.get("results", [])]
    return hits, results


@with_server
def test_hunting_finds_what_a_scan_of_the_same_events_finds(s):
    events = samples()
    holds(len(events) > 150, len(events))
    send(s, events)
    stored = sorted((e["lane"], e["sequence"]) for e in found(s))
    places = {at: n for n, at in enumerate(stored)}
    hits, results = scanned(s.place, events)
    holds(len({rule for rule, _ in hits}) > 40 and len(results) > 3, (len(hits), len(results)))
    name = sorted(hits)[0][0]

    def check():
        got = hunted(s, places)
        equal(sorted(got[0] ^ hits), [])
        equal(sorted(got[1]), sorted(results))
        equal(hunted(s, places, name), ({h for h in hits if h[0] == name}, []))
        folder = os.path.join(RULES, "windows")
        some, _ = hunted(s, places, folder)
        holds(0 < len(some) < len(hits) and some < hits, len(some))

    check()
    s.until("sealed files", lambda: len(sealed(s)) >= 1)
    everywhere(s, check)


@with_server
def test_hunting_is_shown_in_every_format_and_refuses_what_it_does_not_know(s):
    s.place.write("rules/two.yml", open(s.place.path("rules/one.yml"), encoding="utf-8").read()
                  .replace("000000000001", "000000000002").replace("'hit'", "'never'"))
    with_rules = ("--rules", s.place.path("rules"), "--taxonomy", s.place.path("taxonomy"), "--data", s.data)
    send(s, ['{"a":"hit","time":"2026-03-01T00:00:00Z"}', '{"a":"miss"}', '{"a":"hit"}'])
    done = s.place.canh("hunt", *with_rules, "--format", "csv")
    lines = list(csv.reader(io.StringIO(done.out.decode(), newline="")))
    equal((done.code, len(lines), lines[1][1], lines[1][3]), (0, 3, "Rule 1", "2"))
    done = s.place.canh("hunt", *with_rules, "rule 1")
    equal((done.code, len(done.out.splitlines())), (0, 3))
    equal(s.place.canh("hunt", *with_rules, "Rule 2").out, b"")
    equal(s.place.canh("hunt", *with_rules, "one").out.count(b"Rule 1"), 1)
    done = s.place.canh("hunt", *with_rules, "--format", "json", "--to", "2020-01-01T00:00:00Z")
    equal((done.code, done.out), (0, b""))
    done = s.place.canh("hunt", *with_rules, "no such rule")
    equal((done.code, done.out), (2, b""))
    holds("no rule has it" in done.err, done.err)
    equal(s.place.canh("hunt", "--data", s.place.path("none")).code, 2)


# --- one event ------------------------------------------------------------------------------------

def event(server, id):
    done = server.place.canh("event", "--data", server.data, "--json", id)
    equal((id, done.code, done.err), (id, 0, ""))
    return json.loads(done.out)


@with_server
def test_one_event_by_its_id_as_searches_give_it(s):
    send(s, ['{"a":"hit","n":%d,"pad":"%s"}' % (n, "x" * 300) for n in range(600)] + ['{"a":"miss"}'])

    def check():
        for e in found(s, "hit")[::97] + found(s, "miss"):
            one = event(s, "%d:%d" % (e["lane"], e["sequence"]))
            equal({k: one[k] for k in e}, e)
            hit = e["fields"]["a"] == "hit"
            equal([r["rule"]["title"] for r in one["rules"]], ["Rule 1"] if hit else [])
            if hit:
                equal(one["rules"][0]["because"][0]["value"], "hit")
        return one

    equal(check()["stored"]["sealed"], False)
    s.until("sealed files", lambda: len(sealed(s)) >= 2)
    check()
    first = event(s, "0:1")
    holds(first["stored"]["sealed"] and first["stored"]["file"].endswith(".seal"), first["stored"])
    equal(first, event(s, first["store"] + ":0:1"))
    # The alert that keeps it says so.
    s.until("an alert", lambda: event(s, "0:1")["alerts"])
    equal(event(s, "0:1")["alerts"][0]["title"], "Rule 1")
    text = s.place.canh("event", "--data", s.data, "0:1").out.decode()
    holds("Rule 1" in text and "because" in text and "pad" in text, text)
    for wrong in ("0:999999", "7:1", "0", "0:0", "x:y"):
        done = s.place.canh("event", "--data", s.data, wrong)
        equal((wrong, done.code, done.out), (wrong, 2, b""))
    holds("There is no event 0:999999 yet." in s.place.canh("event", "--data", s.data, "0:999999").err, "yet")


@with_server
def test_an_event_that_retention_took_is_told_as_that(s):
    send(s, ['{"a":"hit","n":%d,"pad":"%s"}' % (n, "x" * 300) for n in range(900)])
    s.until("sealed files", lambda: len(sealed(s)) >= 3)
    first = event(s, "0:1")["stored"]["file"]
    os.remove(os.path.join(s.data, "sealed", first))
    done = s.place.canh("event", "--data", s.data, "0:1")
    equal(done.code, 2)
    holds("was there and is no more" in done.err, done.err)


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
