"""Logging in over HTTPS: as a browser does it, as an attacker does it, and while roles are killed.

    login_e2e.py CANH
"""

import base64
import hashlib
import hmac
import json
import os
import re
import signal
import socket
import struct
import sys
import threading
import time

from api import with_api
from program import equal, holds, run

PASSWORD, NEXT = "một mật khẩu thật dài", "một mật khẩu khác, dài hơn"


class Browser:
    """Keeps its cookie, and says which page it is on."""

    def __init__(self, s, origin=None):
        self.s, self.cookie, self.csrf = s, None, None
        self.origin = origin if origin is not None else "https://127.0.0.1:%d" % s.port

    def post(self, path, body, **fields):
        status, answer, head = self.s.send(path, body, **dict(
            {"Cookie": self.cookie, "Origin": self.origin or None, "User_Agent": "test",
             "X_Canh_CSRF": self.csrf if self.cookie else None}, **fields))
        if isinstance(answer, dict):
            self.csrf = answer.get("csrf", self.csrf)
        for field in head.get_all("Set-Cookie") or []:
            pair, rest = field.split(";", 1)
            equal(rest.replace(" Max-Age=0;", ""), " Path=/; Secure; HttpOnly; SameSite=Strict")
            self.cookie = "a=b; " + pair if "Max-Age=0" not in rest else None
        return status, answer

    def get(self, path):
        c = self.s.connect()
        c.request("GET", "/api" + path, headers={"Cookie": self.cookie} if self.cookie else {})
        answer = c.getresponse()
        text = answer.read().decode(errors="replace")  # books, too
        c.close()
        return answer.status, text

    def login(self, name, password, code=None):
        return self.post("/login", dict({"name": name, "password": password}, **({"code": code} if code else {})))


def made(s, name, roles, *more):
    """A user; his one-time password."""
    canh = lambda: s.place.canh("user", "add", "--user", name, "--display", "Người " + name, "--roles", roles, *more,
                                "--format", "json", "--data", s.data)
    s.until("the desk", lambda: s.place.canh("user", "list", "--data", s.data).code == 0)
    done = [canh()]
    s.until("the user", lambda: done[-1].code == 0 or done.append(canh()), 30)
    return json.loads(done[-1].out)["password"]


def totp(secret, steps=0):
    """RFC 6238, as everybody uses it; of an authenticator that is so many steps of 30 seconds ahead."""
    mac = hmac.new(secret, struct.pack(">Q", int(time.time()) // 30 + steps), hashlib.sha1).digest()
    at = mac[-1] & 15
    return "%06d" % ((struct.unpack(">I", mac[at:at + 4])[0] & 0x7FFFFFFF) % 10**6)


@with_api
def test_a_user_logs_in_changes_his_password_and_works(s):
    once = made(s, "an", "analyst")
    b = Browser(s)
    equal(b.login("an", "wrong one-time")[0], 401)
    status, answer = b.login("an", once)
    equal((status, answer["name"], answer["must_change"], "session" in answer), (200, "an", True, False))
    alert = {"title": "A", "level": "high", "entity": "srv", "channel": "phone", "text": "told"}
    equal(b.post("/alert/open", alert)[0], 403)  # he has no role yet
    for wrong in ("short", "12345678", "qwertyuiop", "x" * 600):
        equal((wrong[:20], b.post("/password", {"old": once, "new": wrong})[0]), (wrong[:20], 400))
    equal(b.post("/password", {"old": "wrong", "new": PASSWORD})[0], 403)
    equal(b.post("/password", {"old": once, "new": PASSWORD})[0], 200)
    equal(b.post("/alert/open", alert)[0], 200)  # the same session
    equal(Browser(s).login("an", once)[0], 401)
    other = Browser(s)
    equal(other.login("AN", PASSWORD)[0], 200)
    status, text = other.get("/user/me")
    equal((status, json.loads(text)["name"]), (200, "an"))
    for path in ("/alert/list", "/alerts", "/stat", "/search?q=a"):
        equal((path, other.get(path)[0]), (path, 200))
    row = json.loads(other.get("/alert/list")[1])
    history = json.loads(other.get("/act/of?kind=alert&key=%d" % row["id"])[1])
    equal(history["name"], "an")
    trail = [json.loads(line) for line in s.place.canh("act", "list", "--format", "json", "--data", s.data).out.splitlines()]
    holds(any(t.get("address") == "127.0.0.1" for t in trail), trail)
    equal(b.post("/password", {"old": PASSWORD, "new": NEXT})[0], 200)
    equal(other.get("/alert/list")[0], 401)  # all other sessions end
    equal(b.post("/logout", {})[0], 200)
    equal((b.cookie, b.get("/alert/list")[0]), (None, 401))


@with_api
def test_what_comes_from_another_page_changes_nothing(s):
    once = made(s, "an", "analyst")
    b = Browser(s)
    equal(b.login("an", once)[0], 200)
    equal(b.post("/password", {"old": once, "new": PASSWORD})[0], 200)
    for origin in ("https://evil.example", "https://127.0.0.1", "http://127.0.0.1:%d" % s.port, "null", ""):
        other = Browser(s, origin)
        other.cookie, other.csrf = b.cookie, b.csrf
        for path, body in (("/alert/open", {}), ("/password", {"old": PASSWORD, "new": NEXT}), ("/logout", {}),
                           ("/login", {"name": "an", "password": PASSWORD})):
            equal((origin, path, other.post(path, body)[0]), (origin, path, 403))
    equal(b.post("/alert/open", {})[0], 400)
    for body in (b"", b"[1]", b"{", b"{\"name\":1}", b"{\"name\":\"an\",\"password\":\"\"}"):
        c = s.connect()
        c.request("POST", "/api/login", body=body, headers={"Origin": b.origin})
        equal((body, c.getresponse().status), (body, 400))
        c.close()


@with_api
def test_an_administrator_needs_a_second_factor(s):
    b = Browser(s)
    once = made(s, "quan-tri", "administrator")
    equal(b.login("quan-tri", once)[0], 200)
    equal(b.post("/password", {"old": once, "new": PASSWORD})[0], 200)
    equal(b.post("/user/add", {"user": "binh", "display": "B", "roles": ["analyst"]})[0], 403)
    status, begun = b.post("/totp/begin", {})
    equal(status, 200)
    text = re.search(r"secret=([A-Z2-7]+)", json.dumps(begun)).group(1)
    secret = base64.b32decode(text + "=" * (-len(text) % 8))
    used = totp(secret)
    status, done = b.post("/totp/confirm", {"code": used})
    equal(status, 200)
    holds(re.search(r"recovery", json.dumps(done)), done)
    equal(Browser(s).login("quan-tri", PASSWORD)[0], 401)
    again = Browser(s)
    wrong = "%06d" % ((int(totp(secret)) + 1) % 10**6)
    equal(again.login("quan-tri", PASSWORD, wrong)[0], 401)
    equal(again.login("quan-tri", PASSWORD, used)[0], 401)
    equal(again.login("quan-tri", PASSWORD, totp(secret, 1))[0], 200)
    equal(again.post("/user/add", {"user": "binh", "display": "B", "roles": ["analyst"]})[0], 200)


def asked(b, verb, path):
    """The status alone: some answers never end."""
    c = b.s.connect()
    fields = {"Cookie": b.cookie, "Origin": b.origin, "X-Canh-CSRF": b.csrf}
    c.request(verb.upper(), "/api" + path, body=None if verb in ("get", "delete") else "{}", headers=fields)
    status = c.getresponse().status
    c.close()
    return status


@with_api
def test_each_role_may_what_its_rows_say_and_nothing_else(s):
    """Role by route: 403 where the description does not name the role, anything else where it does."""
    roles = ("analyst", "lead", "officer", "contact", "auditor", "administrator")
    s.until("the desk", lambda: s.place.canh("agency", "add", "--code", "A", "--name", "Sở A", "--kind", "department",
                                             "--data", s.data).code == 0)
    paths = json.loads(s.ask("/api")[2])["paths"]
    routes = [(path, verb, set(what["x-roles"])) for path, verbs in paths.items() for verb, what in verbs.items()
              if "x-roles" in what]
    holds(len(routes) > 120 and not [r for r in routes if not r[2]], len(routes))
    open_ = {path for path, verbs in paths.items() for what in verbs.values() if "x-roles" not in what}
    equal(open_, {"/", "/login", "/password", "/logout", "/session/csrf", "/oidc/begin", "/oidc/done", "/oidc/code", "/csp", "/health"})
    wrong = []
    for role in roles:
        more = ("--agency", "1") if role == "contact" else ()
        once = made(s, "u-" + role, role, *more)
        b = Browser(s)
        equal(b.login("u-" + role, once)[0], 200)
        equal(b.post("/password", {"old": once, "new": PASSWORD})[0], 200)
        if role == "administrator":  # only with a second factor
            begun = json.dumps(b.post("/totp/begin", {})[1])
            text = re.search(r"secret=([A-Z2-7]+)", begun).group(1)
            secret = base64.b32decode(text + "=" * (-len(text) % 8))
            equal(b.post("/totp/confirm", {"code": totp(secret)})[0], 200)
        cookie = b.cookie
        for path, verb, may in routes:
            b.cookie = cookie
            if "self" in may or path.startswith("/session/"):  # in what is his own: other tests
                continue
            status = asked(b, verb, path)
            if (status == 403) == (role in may) or status in (401, 404, 405, 500, 503):
                wrong.append((role, verb, path, status))
    equal(wrong, [])


@with_api
def test_many_wrong_passwords_pass_no_limit_and_alerts_flow(s):
    """500 at once: five are judged, and who asks else is answered."""
    once = made(s, "an", "analyst")
    lock, got, slow = threading.Lock(), {}, []

    def try_some(n):
        for i in range(20):
            try:
                status = Browser(s).login("an", "a wrong password %d %d" % (n, i))[0]
            except OSError:
                status = 0  # so many connections are not taken
            with lock:
                got[status] = got.get(status, 0) + 1

    threads = [threading.Thread(target=try_some, args=(n,)) for n in range(25)]
    for t in threads:
        t.start()
    alerts = 0
    while any(t.is_alive() for t in threads):
        with socket.create_connection(("127.0.0.1", s.tcp), 10) as to:
            to.sendall(b'{"a":"hit","host":"srv-%d"}\n' % alerts)
        began = time.monotonic()
        s.until("the alert", lambda: b"srv-%d" % alerts in s.place.canh("alerts", "--data", s.data).out, 20)
        slow.append(time.monotonic() - began)
        alerts += 1
    equal(sum(got.values()), 500)
    holds(set(got) <= {401, 429, 503, 0} and got.get(401, 0) <= 5 and got.get(429, 0) > 300, got)
    holds(alerts >= 2 and max(slow) < 15, slow)
    equal(Browser(s).login("an", once)[0], 429)  # the right one neither: the window is not over
    judged = s.place.canh("act", "list", "--format", "json", "--limit", "1000", "--data", s.data).out.decode()
    holds(sum(json.loads(line)["act"] == "session.prove" for line in judged.splitlines()) <= 5, judged[:2000])


@with_api
def test_a_desk_that_is_killed_is_asked_again(s):
    once = made(s, "an", "analyst")
    for _ in range(3):
        stop, codes = threading.Event(), set()

        def try_on():
            while not stop.is_set():
                codes.add(Browser(s).login("nobody", "a wrong password")[0])

        threads = [threading.Thread(target=try_on) for _ in range(4)]
        for t in threads:
            t.start()
        time.sleep(0.3)
        os.kill(s.roles()[("desk", 0)], signal.SIGKILL)
        time.sleep(1)
        stop.set()
        for t in threads:
            t.join()
        holds(codes <= {401, 429, 503}, codes)
    s.until("him", lambda: Browser(s).login("an", once)[0] in (200, 429))
    holds(("console", 0) in s.roles(), s.roles())
    holds(" console 0 ended" not in s.text(), s.text())


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
