"""The console's door as browsers, and those who attack them, come by it: fields, names, changes, the live stream.

    pages_e2e.py CANH
"""

import http.client
import json
import signal
import socket
import ssl
import sys
import threading
import time

from api import ALL, Api, with_api
from keeper import free_ports
from login_e2e import PASSWORD, Browser, made
from program import equal, holds, run

SHIELD = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
          "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin"}
CSP = ("default-src 'none'", "script-src 'self'", "base-uri 'none'", "frame-ancestors 'none'",
       "require-trusted-types-for 'script'", "trusted-types canh", "report-uri /api/csp")


def asked(s, method, path, body=None, **fields):
    """(status, fields, body)"""
    c = s.connect()
    c.request(method, path, body=body, headers={n.replace("_", "-"): v for n, v in fields.items()})
    a = c.getresponse()
    done = a.status, a.headers, a.read()
    c.close()
    return done


def logged_in(s, name, roles, *more):
    once, b = made(s, name, roles, *more), Browser(s)
    equal(b.login(name, once)[0], 200)
    equal(b.post("/password", {"old": once, "new": PASSWORD})[0], 200)
    return b


@with_api
def test_every_answer_carries_what_shields_a_browser(s):
    pages = asked(s, "GET", "/")[0] == 200
    rows = [("GET", "/", 200 if pages else 404), ("GET", "/alerts", 200 if pages else 404), ("GET", "/none.js", 404),
            ("POST", "/", 405), ("GET", "/api", 200), ("GET", "/api/health", None), ("GET", "/api/stat", 401),
            ("GET", "/api/none", 404), ("PUT", "/api/stat", 405), ("POST", "/api/login", 403), ("POST", "/api/csp", 204)]
    for method, path, status in rows:
        got, head, body = asked(s, method, path, body="{}" if method == "POST" and path != "/" else None)
        holds(status in (None, got), (method, path, got, body))
        for name, value in SHIELD.items():
            equal((path, name, head.get_all(name)), (path, name, [value]))
        holds(all(part in head["Content-Security-Policy"] for part in CSP), head)
        holds("unsafe" not in head["Content-Security-Policy"] and "camera=()" in head["Permissions-Policy"], head)
        equal((path, head["Strict-Transport-Security"], head["Access-Control-Allow-Origin"]), (path, None, None))
        equal((path, head["Cache-Control"]), (path, "no-cache" if got == 200 and "/api" not in path else "no-store"))
    equal(asked(s, "GET", "/api/health", Host="192.0.2.7")[1]["Strict-Transport-Security"], "max-age=31536000")
    for host in ("evil.example", "localhost.evil.example", "127.0.0.1.evil.example:%d" % s.port):
        for path in ("/", "/api", "/api/login"):
            equal((host, path, asked(s, "GET", path, Host=host)[0]), (host, path, 421))
    for path in ("//", "/..", "/../data", "/%2e%2e/etc/passwd", "/a%00", "/a//b", "/%5c..%5c", "/x%0d%0aA:b", "/.env"):
        equal((path, asked(s, "GET", path)[0]), (path, 404))
    if not pages:
        holds(b"This build has no pages" in asked(s, "GET", "/")[2], "why")
        return
    status, head, page = asked(s, "GET", "/incidents/3")
    holds(status == 200 and page.lower().startswith(b"<!doctype html>"), page[:100])
    status, head, packed = asked(s, "GET", "/", Accept_Encoding="gzip")
    equal((status, head["Content-Encoding"], packed[:2]), (200, "gzip", b"\x1f\x8b"))
    status, again, nothing = asked(s, "GET", "/", Accept_Encoding="gzip", If_None_Match=head["ETag"])
    equal((status, again["ETag"], nothing), (304, head["ETag"], b""))
    status, head, nothing = asked(s, "HEAD", "/")
    equal((status, int(head["Content-Length"]), nothing), (200, len(page), b""))
    script = page.split(b'src="')[1].split(b'"')[0].decode()
    equal(asked(s, "GET", script)[1]["Cache-Control"], "public, max-age=31536000, immutable")


@with_api
def test_no_change_without_page_and_token(s):
    """Generated from the description: each route that changes, in each wrong way, is 403 and changes nothing."""
    b, other = logged_in(s, "an", "lead,officer"), logged_in(s, "binh", "lead,officer")
    holds(b.csrf and other.csrf and b.csrf != other.csrf, (b.csrf, other.csrf))
    equal(json.loads(b.get("/session/csrf")[1])["csrf"], b.csrf)
    equal(s.ask("/api/session/csrf", ALL)[0], 401)
    wrong = [{"X_Canh_CSRF": None}, {"X_Canh_CSRF": "x" * 43}, {"X_Canh_CSRF": b.csrf[:-1]}, {"X_Canh_CSRF": other.csrf},
             {"Origin": "https://evil.example"}, {"Origin": None}, {"Origin": "null"},
             {"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"}, {"Sec_Fetch_Site": "none"}]
    count = lambda: s.place.canh("act", "list", "--format", "json", "--limit", "1000", "--data", s.data).out.count(b"\n")
    before, bad, tried, c = count(), [], 0, s.connect()
    for path, verbs in json.loads(s.ask("/api")[2])["paths"].items():
        for verb, what in verbs.items():
            if verb == "get" or path in ("/csp", "/login", "/oidc/code"):
                continue
            holds(any(p["name"] == "X-Canh-CSRF" for p in what["parameters"]), path)
            for fields in wrong:
                head = dict({"Cookie": b.cookie, "Origin": b.origin, "X_Canh_CSRF": b.csrf, "Sec_Fetch_Site": "same-origin"},
                            **fields)
                head = {n.replace("_", "-"): v for n, v in head.items() if v is not None}
                status = 429
                while status == 429:  # faster than a session may ask
                    c.request(verb.upper(), "/api" + path, headers=head)
                    a = c.getresponse()
                    a.read()
                    status = a.status
                    time.sleep(0.3 if status == 429 else 0)
                tried += 1
                if status != 403:
                    bad.append((verb, path, fields, status))
    equal(bad[:5], [])
    holds(tried > 700, tried)
    equal(count(), before)
    equal(b.get("/user/me")[0], 200)  # neither was it logged out
    alert = {"title": "A", "level": "high", "entity": "srv", "channel": "phone", "text": "told"}
    equal(b.post("/alert/open", alert, Sec_Fetch_Site="same-origin")[0], 200)
    equal(count(), before + 1)
    for path, verbs in json.loads(s.ask("/api")[2])["paths"].items():  # and no GET changes anything
        if "get" in verbs and path not in ("/tail", "/live", "/search", "/hunt") and "/export" not in path and "/oidc" not in path:
            holds(b.get(path)[0] < 500, path)
    equal(count(), before + 1)
    equal(b.post("/logout", {})[0], 200)


@with_api
def test_who_is_refused_again_and_again_waits_and_others_do_not(s):
    b = logged_in(s, "an", "analyst")
    c, codes, end = s.connect(), [], time.monotonic() + 30
    while time.monotonic() < end and 429 not in codes:
        c.request("GET", "/api/stat", headers={"Authorization": "Bearer wrong"})
        a = c.getresponse()
        a.read()
        codes.append(a.status)
    holds(codes[-1] == 429 and codes.count(401) >= 200, (len(codes), set(codes)))
    equal(b.get("/alert/list")[0], 200)  # from the same address, with a session
    c, codes, end = s.connect(), [], time.monotonic() + 5
    while time.monotonic() < end and 429 not in codes:
        try:
            c.request("GET", "/api/user/me", headers={"Cookie": b.cookie})
            a = c.getresponse()
            codes.append(a.status)
            a.read()
        except (http.client.HTTPException, OSError):
            c = s.connect()
    holds(set(codes) <= {200, 429} and codes.count(200) >= 150, (len(codes), set(codes)))
    for _ in range(3):
        equal(asked(s, "POST", "/api/csp", body=json.dumps({"csp-report": {"violated-directive": "script-src\nx",
                                                                           "blocked-uri": "https://e.vn"}}))[0], 204)
    equal(asked(s, "POST", "/api/csp", body="x" * 16385)[0], 413)
    s.until("good again", lambda: s.ask("/api/stat", ALL)[0] == 200)
    equal(json.loads(s.ask("/api/stat", ALL)[2])["console"]["csp_reports"], 3)
    s.says("'script-src?x' by 'https://e.vn'")
    equal(s.text().count("page tried what its policy forbids"), 1)


class Live:
    """Events as they come, in a thread."""

    def __init__(self, s, cookie):
        self.events, self.ended, self.quiet = [], None, 0
        self.c = s.connect()
        self.c.request("GET", "/api/live", headers={"Cookie": cookie})
        self.answer = self.c.getresponse()
        equal((self.answer.status, self.answer.getheader("Content-Type")), (200, "text/event-stream"))
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        name = None
        try:
            for line in self.answer:
                if line.startswith(b"event: "):
                    name = line[7:].strip().decode()
                elif line.startswith(b"data: "):
                    self.events.append((time.monotonic(), name, json.loads(line[6:])))
                elif line.startswith(b":"):
                    self.quiet += 1
        except (OSError, ValueError, http.client.HTTPException):
            pass
        self.ended = time.monotonic()

    def last(self, name):
        return ([e for e in list(self.events) if e[1] == name] or [None])[-1]


@with_api
def test_what_changes_is_told_at_once(s):
    s.until("the desk", lambda: s.place.canh("agency", "add", "--code", "A", "--name", "Sở A", "--kind", "department",
                                             "--data", s.data).code == 0)
    b, contact = logged_in(s, "an", "analyst"), logged_in(s, "dau-moi", "contact", "--agency", "1")
    equal(asked(s, "GET", "/api/live")[0], 401)
    equal(s.ask("/api/live", ALL)[0], 401)  # a token of the settings has no role
    one, two = Live(s, b.cookie), Live(s, contact.cookie)
    s.until("the first events", lambda: one.last("desk") and one.last("flow") and two.last("desk"))
    alert = {"title": "A", "level": "critical", "entity": "srv", "channel": "phone", "text": "told"}
    equal(b.post("/alert/open", alert)[0], 200)
    began = time.monotonic()
    s.until("the alert", lambda: one.last("desk")[2]["open"]["critical"] == 1, 10)
    holds(time.monotonic() - began < 3, time.monotonic() - began)
    desk = one.last("desk")[2]
    equal((desk["newest_alert"], desk["new"], desk["incidents"], desk["clocks"]), (1, 1, 0, {"running": 0, "overdue": 0}))
    with socket.create_connection(("127.0.0.1", s.tcp), 10) as to:
        to.sendall(b'{"a":"x","host":"srv-9"}\n' * 100)
    s.until("the flow", lambda: one.last("flow")[2]["stored"] >= 100, 10)
    equal(one.last("flow")[2]["balance"] in ("balanced", "settling"), True)
    s.until("complete", lambda: one.last("flow")[2]["complete"]["since"], 90)
    stat = json.loads(s.ask("/api/stat", ALL)[2])
    holds(stat["complete"]["since"] and stat["complete"]["gaps"] == [] and stat["console"]["live"] == 2, stat["complete"])
    equal({name for _, name, _ in two.events}, {"desk"})
    equal({tuple(data) for _, _, data in two.events}, {("version",)})
    times = [t for t, name, _ in one.events if name == "desk"]
    holds(all(y - x > 0.5 for x, y in zip(times[1:], times[2:])), times)
    equal(b.post("/logout", {})[0], 200)
    began = time.monotonic()
    s.until("its end", lambda: one.ended, 35)
    holds(one.ended - began < 31 and not two.ended, one.ended)


@with_api
def test_four_hundred_connections_are_held_and_a_slow_reader_harms_nobody(s):
    b = logged_in(s, "an", "analyst")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    held = []
    ask = ("GET /api/live HTTP/1.1\r\nHost: localhost\r\nCookie: %s\r\n\r\n" % b.cookie).encode()
    for i in range(60):  # of them none is read
        c = context.wrap_socket(socket.create_connection(("127.0.0.1", s.port), 10))
        c.sendall(ask)
        held.append(c)
    for i in range(340):
        c = context.wrap_socket(socket.create_connection(("127.0.0.1", s.port), 10))
        c.sendall(b"GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        held.append(c)
    holds(held[-1].recv(100).startswith(b"HTTP/1.1 "), "the last one")
    stat = json.loads(s.ask("/api/stat", ALL)[2])["console"]
    holds(stat["connections"] >= 400 and stat["live"] == 60 and stat["rss_bytes"] < 400 << 20, stat)
    began = time.monotonic()
    for _ in range(20):
        equal(b.get("/alert/list")[0], 200)
    holds(time.monotonic() - began < 10, time.monotonic() - began)
    for c in held:
        c.close()


def test_plain_http_is_for_this_machine_alone(place):
    port = free_ports([socket.SOCK_STREAM])[0]
    s = Api(place, more='console-plain: "127.0.0.1:%d"\n' % port)
    signal.alarm(120)
    try:
        s.start().ready()
        once = made(s, "an", "analyst")
        s.connect = lambda cafile=None: http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        b = Browser(s, "http://127.0.0.1:%d" % port)
        equal(b.login("an", once)[0], 200)
        equal(b.post("/password", {"old": once, "new": PASSWORD})[0], 200)
        equal(Browser(s, "https://127.0.0.1:%d" % port).login("an", PASSWORD)[0], 403)
        equal(asked(s, "GET", "/api", Host="evil.example")[0], 421)
        equal(asked(s, "GET", "/api", Host="192.0.2.7")[1]["Strict-Transport-Security"], None)
        s.end()
        s.configure('console-plain: "0.0.0.0:%d"\n' % port)
        refused = place.canh("serve", "--config", s.config, "--data", s.data)
        holds(refused.code == 2 and "loopback only" in refused.err, refused.err)
    finally:
        signal.alarm(0)
        s.kill()


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
