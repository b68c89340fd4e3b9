#!/usr/bin/env python3
"""Measure a server over a store that is there already, from outside: what it finds how fast, how soon it starts.

    store.py filler BYTES                               events that do not get smaller, to standard output
    store.py search CANH PLACE WORK RULES... -- EVENTS START HUNTS ROUNDS
    store.py start  CANH PLACE WORK RULES... --
    store.py victoria PROGRAM PLACE WORK -- EVENTS START ROUNDS

PLACE holds the store, as tools/seal_rate leaves it, in PLACE/data, and for `search` and `victoria` the same events in
PLACE/zst/*.zst. Printed are lines of a name and a figure between tabs. Before each single measurement the page cache is
dropped. Every answer is held against what the events are known to have; a wrong one ends it with exit code 1.
"""
import base64
import glob
import http.client
import json
import os
import random
import statistics
import subprocess
import sys
import time
import urllib.parse

import serve

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
import local  # noqa: E402

RARE = "quasarfenster"  # tools/varied_events.c
RARE_OF = 1000000
DAY = 86400
CONTROL = """title: A logon that failed
id: 3c2f6b52-6f0e-4a5e-9d0b-5d1f0f0a7c11
status: test
description: The benchmark's own, of which is known how often it holds.
level: low
logsource:
  product: windows
  service: security
detection:
  selection:
    EventID: 4625
  condition: selection
"""


def say(name, figure):
    print("%s\t%s" % (name, "%.6g" % figure if isinstance(figure, float) else figure), flush=True)


def equal(what, got, wanted):
    if got != wanted:
        serve.fail("%s: %s, and it should be %s" % (what, got, wanted))


def files_below(place):
    return [os.path.join(folder, name) for folder, _, names in os.walk(place) for name in names]


def drop_cache(place):
    """The machine's page cache where one may, else that of the files of the store. Returns which."""
    os.sync()
    try:
        with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as f:
            f.write("3\n")
        return "all of the page cache dropped"
    except OSError:
        for path in files_below(place):
            fd = os.open(path, os.O_RDONLY)
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(fd)
        return "the store's files dropped from the page cache (posix_fadvise)"


def clocked(place, work):
    """Seconds of something over a store that is not in memory, and what it gave."""
    drop_cache(place)
    begun = time.monotonic()
    result = work()
    return time.monotonic() - begun, result


def command(*words):
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        serve.fail("%s: %s %s" % (" ".join(words)[:200], done.returncode, done.stderr[-500:]))
    return done.stdout


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def rare_events(events):
    return (events + RARE_OF // 2 - 1) // RARE_OF


def utc(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def zstdcat_grep(place, word):
    names = " ".join(sorted(glob.glob(os.path.join(place, "zst", "*.zst"))))
    done = subprocess.run("zstdcat %s | grep -c '%s'" % (names, word), shell=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True, check=False)
    return int(done.stdout)


def zstdcat_hosts(place):
    """Hosts, counted in the way that needs no store."""
    names = " ".join(sorted(glob.glob(os.path.join(place, "zst", "*.zst"))))
    text = subprocess.run("zstdcat %s | grep -o '\"host\":\"[^\"]*\"' | LC_ALL=C awk '{ n[$0]++ } END { for (h in n) "
                          "print h, n[h] }'" % names, shell=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          text=True, check=True).stdout
    return {line.split('"')[3]: int(line.rsplit(" ", 1)[1]) for line in text.splitlines()}


# --- the server ------------------------------------------------------------------------------


def search_lines(place, query, first, last):
    """What is found; that all was looked at is said by the answer's last line."""
    c = local.Local(os.path.join(place, "data"), timeout=900)
    c.request("GET", "/search?limit=1000&seconds=600&memory=1024&q=%s&from=%s&to=%s"
              % (urllib.parse.quote(query), utc(first), utc(last)),
              headers=c.sign("/search/run", json.dumps({"query": query}, separators=(",", ":")).encode()))
    found = lines(c.getresponse().read().decode())
    c.close()
    if not found or "search" not in found[-1] or found[-1]["search"].get("partial"):
        serve.fail("the search ends with %s" % found[-1:])
    return found[:-1]


def search_rounds(place, events, start_s, rounds):
    rare, scan, count = [], [], []
    hosts = zstdcat_hosts(place)
    for _ in range(rounds):
        s, found = clocked(place, lambda: search_lines(place, RARE, start_s, start_s + DAY))
        equal("events with the rare word", len(found), rare_events(events))
        rare.append(s)
        s, found = clocked(place, lambda: zstdcat_grep(place, RARE))
        equal("lines with the rare word", found, rare_events(events))
        scan.append(s)
        s, rows = clocked(place, lambda: search_lines(place, "| stats count by host", start_s, start_s + DAY))
        equal("the hosts' counts", dict(r["row"] for r in rows if "row" in r), hosts)
        count.append(s)
    say("rare", statistics.median(rare))
    say("rare_ratio", statistics.median(theirs / ours for ours, theirs in zip(rare, scan)))
    say("scan", statistics.median(scan))
    say("count", statistics.median(count))


def hits(text):
    return sum(rule["hits"] for rule in lines(text))


def hunts(canh, place, work, how_many):
    """Each rule by itself, as one that is new: a file, compiled when it is asked for."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "hunt_rules.txt"), encoding="utf-8") as f:
        names = [line.strip() for line in f if line.strip() and line[0] != "#"]
    names = [names[i * len(names) // how_many] for i in range(how_many)]
    control = os.path.join(place, "control.yml")
    with open(control, "w", encoding="utf-8") as f:
        f.write(CONTROL)
    words = [canh, "hunt", "--data", os.path.join(place, "data"), "--format", "json"]
    s, text = clocked(place, lambda: command(*words, control))
    equal("hits of the rule that is known", hits(text), zstdcat_grep(place, '"EventID":4625'))
    say("hunt_control", s)
    took = []
    for name in names:
        s, text = clocked(place, lambda n=name: command(*words, os.path.join(work, "rules", n)))
        took.append((s, name, hits(text)))
    took.sort()
    say("hunt_median", statistics.median(s for s, _, _ in took))
    say("hunt_worst", took[-1][0])
    say("hunt_worst_rule", took[-1][1])
    say("hunt_hits", sum(h for _, _, h in took))
    say("hunts", len(took))


def search(canh, place, work, rules, events, start_s, how_many, rounds):
    server = serve.Server(canh, place, rules)
    try:
        say("dropped", drop_cache(place))
        search_rounds(place, events, start_s, rounds)
        hunts(canh, place, work, how_many)
    finally:
        server.end()


# --- starting --------------------------------------------------------------------------------


def filler(size):
    """Events of 8 KB of which three quarters are chance: a store as large as it gets for its time."""
    chance = random.Random(7)
    out, written, number = sys.stdout.buffer, 0, 0
    while written < size:
        text = base64.b64encode(chance.randbytes(6000), b"AB")
        out.write(b'{"@timestamp":"%s","host":"srv-%03d","data":"%s"}\n'
                  % (utc(1795046400 + number // 100).encode(), number % 400, text))
        written += 6000
        number += 1


def accepts(port):
    """An event by HTTP is taken, which means that it is on the disk."""
    try:
        c = http.client.HTTPConnection("127.0.0.1", port, timeout=serve.PATIENCE)
        c.request("POST", "/_bulk", b'{"create":{}}\n{"message":"is it there?"}\n',
                  {"Content-Type": "application/x-ndjson"})
        answer = c.getresponse()
        return answer.status == 200 and json.loads(answer.read())["errors"] is False
    except (OSError, http.client.HTTPException):
        return False


def kill_all(process):
    """The power is gone: no role may do anything more."""
    pids = serve.children(process.pid)
    for pid in pids:
        os.kill(pid, 9)
    process.wait()
    end = time.monotonic() + serve.PATIENCE
    while any(os.path.exists("/proc/%d" % pid) for pid in pids) and time.monotonic() < end:
        time.sleep(0.01)


def started(canh, place):
    """Starts the server with the settings that are there; returns it."""
    with open(os.path.join(place, "log"), "ab") as log:
        return subprocess.Popen([canh, "serve", "--config", os.path.join(place, "canh.yaml"), "--data",
                                 os.path.join(place, "data")], stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def start(canh, place, rules):
    server = serve.Server(canh, place, rules)
    sender = None
    try:
        if not accepts(server.http):
            serve.fail("the server takes nothing", server.log_path)
        sender = serve.sender(canh, "syslog-tcp", server.tcp, 5, 8, 20000)
        time.sleep(4)
        kill_all(server.process)
        sender.communicate(timeout=serve.PATIENCE)
        say("dropped", drop_cache(place))
        begun = time.monotonic()
        server.process = started(canh, place)
        while not accepts(server.http):
            if server.process.poll() is not None or time.monotonic() > begun + serve.PATIENCE:
                serve.fail("it does not start again", server.log_path)
            time.sleep(0.01)
        say("start", time.monotonic() - begun)
    finally:
        if sender is not None and sender.poll() is None:
            sender.kill()
        server.end()
    paths = [p for p in files_below(os.path.join(place, "data", "sealed")) if p.endswith(".seal")]
    say("files", len(paths))
    say("bytes", sum(os.path.getsize(p) for p in paths))


# --- VictoriaLogs ----------------------------------------------------------------------------


def size_of(path):
    """Of a file that a merge may take away meanwhile."""
    try:
        return os.path.getsize(path)
    except FileNotFoundError:
        return 0


class Victoria:
    def __init__(self, program, place):
        self.port, self.place = serve.free_port(), os.path.join(place, "victoria")
        self.log_path = os.path.join(place, "victoria.log")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [program, "-storageDataPath=" + self.place, "-retentionPeriod=10y", "-loggerLevel=WARN",
                 "-httpListenAddr=127.0.0.1:%d" % self.port], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        serve.await_port(self.process, self.port, self.log_path)

    def ask(self, method, target, body=None):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=900)
        c.request(method, target, body, encode_chunked=body is not None,
                  headers={"Transfer-Encoding": "chunked"} if body is not None else {})
        answer = c.getresponse()
        text = answer.read().decode()
        if answer.status >= 300:
            serve.fail("VictoriaLogs says %d: %s" % (answer.status, text[:300]), self.log_path)
        return text

    def fill(self, path):
        with subprocess.Popen(["zstdcat", path], stdout=subprocess.PIPE) as p:
            self.ask("POST", "/insert/jsonline?_stream_fields=host,app&_time_field=@timestamp&_msg_field=message",
                     iter(lambda: p.stdout.read(1 << 20), b""))

    def query(self, text, first, last):
        return lines(self.ask("GET", "/select/logsql/query?query=%s&start=%s&end=%s"
                              % (urllib.parse.quote(text), utc(first), utc(last))))

    def settle(self):
        """Everything on the disk, in as few parts as it likes."""
        self.ask("GET", "/internal/force_flush")
        self.ask("GET", "/internal/force_merge")
        before = None
        for _ in range(60):
            size = sum(size_of(p) for p in files_below(self.place))
            if size == before:
                return size
            before = size
            time.sleep(2)
        return before


def victoria(program, place, events, start_s, rounds):
    server = Victoria(program, place)
    try:
        begun = time.monotonic()
        for path in sorted(glob.glob(os.path.join(place, "zst", "*.zst"))):
            server.fill(path)
        size = server.settle()
        say("fill", time.monotonic() - begun)
        for name, query, right in (
                ("rare", RARE, lambda found: equal("events with the rare word", len(found), rare_events(events))),
                ("count", "* | stats by (host) count() n",
                 lambda found: equal("events by host", sum(int(r["n"]) for r in found), events))):
            cold, again = [], []
            for _ in range(rounds):
                # What it has mapped, and its own caches, outlast a page cache that is dropped: it begins anew.
                serve.stop(server.process)
                server = Victoria(program, place)
                for times in (cold, again):
                    s, found = clocked(place, lambda q=query: server.query(q, start_s, start_s + DAY))
                    right(found)
                    times.append(s)
            say(name, statistics.median(cold))
            say(name + "_again", statistics.median(again))
        say("size", size / events)
    finally:
        serve.stop(server.process)


def main():
    if sys.argv[1] == "filler":
        filler(int(sys.argv[2]))
        return
    split = sys.argv.index("--")
    what, program, place, work, *rules = sys.argv[1:split]
    numbers = [int(w) for w in sys.argv[split + 1:]]
    if what == "search":
        search(program, place, work, rules, *numbers)
    elif what == "start":
        start(program, place, rules)
    else:
        victoria(program, place, *numbers)


if __name__ == "__main__":
    main()
