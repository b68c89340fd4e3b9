"""Logging in by an OpenID issuer: a browser's way through, and issuers and browsers that lie. Sandbox on.

    oidc_e2e.py CANH
"""

import hashlib
import hmac
import http.client
import json
import os
import signal
import sys
import threading
import time
import urllib.parse
import urllib.request

from api import Api
from issuer import CLIENT, SECRET, Issuer, Key, b64
from login_e2e import PASSWORD, made, totp
from post import context
from program import equal, holds, run
from server import make_certificates

FAILED = "Logging in there did not end well."
OVER = "This login is over: begin again."


class Browser:
    """Cookies by name, as browsers keep them; what they are set with is looked at."""

    def __init__(self, s):
        self.s, self.jar, self.csrf = s, {}, None

    def ask(self, method, path, body=None, **head):
        c = self.s.connect()
        if self.jar:
            head["Cookie"] = "; ".join("%s=%s" % pair for pair in self.jar.items())
        if "__Host-canh" in self.jar and self.csrf and method == "POST":
            head["X-Canh-CSRF"] = self.csrf
        c.request(method, path, body=json.dumps(body) if body is not None else None, headers=dict(
            {"Origin": self.s.url} if method == "POST" else {}, **head))
        a = c.getresponse()
        text = a.read()
        if text.startswith(b"{") and b'"csrf"' in text:
            self.csrf = json.loads(text)["csrf"]
        for field in a.headers.get_all("Set-Cookie") or []:
            pair, rest = field.split(";", 1)
            name, value = pair.split("=", 1)
            site = {"__Host-canh": "Strict", "__Host-canh-oidc": "Lax"}[name]
            holds(rest.endswith(" Path=/; Secure; HttpOnly; SameSite=" + site), field)
            if "Max-Age=0" in rest:
                self.jar.pop(name, None)
            else:
                self.jar[name] = value
        c.close()
        return a.status, text, a.headers

    def begin(self):
        status, text, head = self.ask("GET", "/api/oidc/begin")
        equal((status, text), (302, b""))
        holds(0 < int(dict(x.strip().split("=", 1) for x in head["Set-Cookie"].split(";") if "=" in x)["Max-Age"]) <= 600,
              head["Set-Cookie"])
        return head["Location"]

    def through(self, location):
        """What the issuer sends the browser to: path and query."""
        opener = urllib.request.build_opener(type("Stop", (urllib.request.HTTPRedirectHandler,), {
            "redirect_request": lambda *_: None}))
        try:
            opener.open(location, timeout=10)
        except urllib.error.HTTPError as e:
            equal(e.code, 302)
            back = urllib.parse.urlsplit(e.headers["Location"])
            equal((back.scheme + "://" + back.netloc, back.path), (self.s.url, "/api/oidc/done"))
            return back.path + "?" + back.query
        raise AssertionError("the issuer did not send the browser back")

    def done(self, path):
        status, text, _ = self.ask("GET", path)
        return status, json.loads(text)

    def login(self):
        return self.done(self.through(self.begin()))

    def code(self, code, **head):
        status, text, _ = self.ask("POST", "/api/oidc/code", {"code": code}, **head)
        return status, json.loads(text)

    def me(self):
        status, text, _ = self.ask("GET", "/api/user/me")
        return json.loads(text)["name"] if status == 200 else status


def settings(issuer, place, port, more=""):
    place.write("secret", SECRET + "\n")
    return "console-url: https://127.0.0.1:%d\noidc-issuer: %s\noidc-client: \"%s\"\noidc-secret: %s\n%s" % (
        port, issuer.url, CLIENT, place.path("secret"), more)


def with_issuer(more="", alg="RS256", tls=False):
    """The test gets a server, whose only user an is tied to s-1, and the issuer."""
    def decorate(test):
        def wrapped(place):
            if tls:
                make_certificates(place)
            issuer = Issuer(place.folder, alg, context(place) if tls else None)
            s = Api(place)
            s.url = "https://127.0.0.1:%d" % s.port
            s.configure(settings(issuer, place, s.port, more.replace("FOLDER", place.folder)))
            signal.alarm(240)
            try:
                s.start().ready()
                s.once = made(s, "an", "analyst")
                equal(act(s, "user", "link", "--user", "an", "--subject", "s-1").code, 0)
                s.until("the issuer", lambda: Browser(s).ask("GET", "/api/oidc/begin")[0] == 302)
                test(s, issuer)
                holds(SECRET not in s.text(), "a secret is in the log")
            finally:
                signal.alarm(0)
                s.kill()
                issuer.close()
        return wrapped
    return decorate


def act(s, *words):
    return s.place.canh(*words, "--data", s.data)


def rows(s, *words):
    return [json.loads(line) for line in act(s, *words, "--format", "json").out.splitlines()]


@with_issuer()
def test_a_user_logs_in_and_out_and_nobody_else(s, issuer):
    b = Browser(s)
    status, answer = b.login()
    equal((status, answer["name"], answer["must_change"], answer["roles"]), (200, "an", False, ["analyst"]))
    holds("session" not in answer, answer)
    equal((set(b.jar), b.me()), ({"__Host-canh"}, "an"))
    equal(b.ask("POST", "/api/alert/open", {"title": "A", "level": "high", "entity": "srv", "channel": "phone",
                                            "text": "x"})[0], 200)  # with his roles, though his password is not changed
    equal(b.ask("POST", "/api/logout", {})[0], 200)
    equal(b.me(), 401)
    trail = rows(s, "act", "list")
    holds(any(t["act"] and t["did"] == "session.oidc_prove" and t["name"] == "an" and t["outcome"] == "done"
              and t["address"] == "127.0.0.1" for t in trail), trail)
    holds("s-1" in json.dumps([t for t in trail if t["did"] == "user.link"]), trail)
    # Who is not tied, and who is disabled, hears the same.
    issuer.subject = "s-2"
    equal(Browser(s).login(), (401, {"error": FAILED, "at": 0}))
    issuer.subject = "s-1"
    equal(act(s, "user", "disable", "--user", "an", "--reason", "x").code, 0)
    equal(Browser(s).login(), (401, {"error": FAILED, "at": 0}))
    equal(act(s, "user", "enable", "--user", "an", "--reason", "x").code, 0)
    equal([r["name"] for r in rows(s, "user", "list")], ["an"])  # nobody was made


@with_issuer()
def test_a_subject_is_tied_and_untied_and_that_is_undone(s, issuer):
    made(s, "binh", "lead")
    b = Browser(s)
    equal(b.login()[0], 200)
    equal(act(s, "user", "link", "--user", "binh", "--subject", "s-1").code != 0, True)  # it is an's
    equal([(r["user"], r["issuer"], r["subject"]) for r in rows(s, "user", "links")], [("an", issuer.url, "s-1")])
    equal(act(s, "user", "unlink", "--user", "an", "--subject", "s-1").code, 0)
    equal(b.me(), 401)  # what began by it is over
    equal(Browser(s).login()[0], 401)
    last = [t["act"] for t in rows(s, "act", "list") if t["did"] == "user.unlink"][0]
    equal(act(s, "act", "undo", "--undoes", str(last)).code, 0)
    equal(Browser(s).login()[0], 200)
    equal(act(s, "user", "unlink", "--user", "an", "--subject", "s-1").code, 0)
    equal(act(s, "user", "link", "--user", "binh", "--subject", "s-1").code, 0)
    equal(Browser(s).login()[1]["name"], "binh")
    last = [t["act"] for t in rows(s, "act", "list") if t["did"] == "user.unlink"][0]
    equal(act(s, "act", "undo", "--undoes", str(last)).code != 0, True)  # it is binh's meanwhile


@with_issuer()
def test_what_is_wrong_with_a_token_lets_nobody_in(s, issuer):
    now = int(time.time())
    other = Key(issuer.folder, "other", "RS256")
    claims = [("iss", issuer.url + "/"), ("iss", "https://evil.example"), ("iss", None), ("aud", "another"), ("aud", None),
              ("aud", [CLIENT, "another"]), ("azp", "another"), ("exp", now - 120), ("exp", None), ("exp", "soon"),
              ("iat", now - 3600), ("iat", now + 3600), ("iat", None), ("nbf", now + 3600), ("nonce", "x"), ("nonce", None),
              ("sub", None), ("sub", ""), ("sub", "s-1\0"), ("sub", ["s-1"])]
    wrong = [({"claims": {k: v}}) for k, v in claims]
    wrong += [{"head": {"alg": "none"}, "signature": lambda _: b"x"}, {"head": {"alg": "RS512"}}, {"head": {"alg": None}},
              {"head": {"alg": "HS256"}, "signature": lambda t: hmac.new(issuer.keys[0].public, t, hashlib.sha256).digest()},
              {"head": {"crit": ["exp"]}}, {"head": {"kid": "k2"}}, {"signer": other, "head": {"kid": "k1"}},
              {"signer": other}, {"head": {"alg": "PS256"}}, {"signature": lambda _: b"\0" * 256},
              {"raw": {"token": b"x" * 70000}}, {"raw": {"token": b"{"}}, {"raw": {"token": b"{}"}},
              {"raw": {"token": b'{"id_token":"a.b.c"}'}}, {"raw": {"token": b'{"id_token":7}'}},
              {"status": {"token": 307}}, {"status": {"token": 500}}, {"status": {"token": 401}}]
    equal(Browser(s).login()[0], 200)
    for n, way in enumerate(wrong):
        if n % 25 == 24:  # the limit of an address would stand in the way
            forget_attempts(s)
        issuer.forget()
        for name, value in way.items():
            setattr(issuer, name, value)
        equal((way, Browser(s).login()), (way, (401, {"error": FAILED, "at": 0})))
    issuer.forget()
    forget_attempts(s)
    equal(Browser(s).login()[0], 200)
    equal(issuer.fetched("elsewhere"), 0)
    holds(issuer.fetched("keys") <= 2, issuer.asked)  # though many named a key that is none
    holds("OIDC: The issuer's ID token is refused: iss is another issuer" in s.text(), s.text()[-3000:])


def forget_attempts(s):
    """As if the window was over: only a test may."""
    import sqlite3
    with sqlite3.connect(os.path.join(s.data, "desk", "canh.db"), timeout=10) as db:
        db.execute("DELETE FROM attempt")
    db.close()


@with_issuer()
def test_a_browser_that_lies_gets_nowhere(s, issuer):
    b = Browser(s)
    path = b.through(b.begin())
    victim = Browser(s)
    equal(victim.done(path)[0], 400)  # no cookie of ours: nothing was begun there
    victim.begin()
    equal(victim.done(path), (401, {"error": OVER, "at": 0}))  # another's state: login CSRF
    q = dict(urllib.parse.parse_qsl(path.split("?")[1]))
    bad = "/api/oidc/done?" + urllib.parse.urlencode(dict(q, state=q["state"][:-1] + ("A" if q["state"][-1] != "A" else "E")))
    equal(b.done(bad)[0], 401)
    equal(b.done(path)[0], 200)  # nothing of that used it up
    equal(b.done(path)[0], 400)  # single use; the cookie is gone
    again = Browser(s)
    path = again.through(again.begin())
    kept = dict(again.jar)
    equal(again.done(path)[0], 200)
    again.jar = kept
    equal(again.done(path), (401, {"error": OVER, "at": 0}))
    # Another page cannot begin any: so many would keep everybody here from logging in.
    for site, status in (("cross-site", 403), ("same-site", 403), ("same-origin", 302), ("none", 302)):
        equal((site, Browser(s).ask("GET", "/api/oidc/begin", **{"Sec-Fetch-Site": site})[0]), (site, status))
    # RFC 9207: another issuer's answer; one without a name, of an issuer that always says it.
    for back in ({"iss": "https://evil.example"}, {"iss": None}, {"code": None, "error": "access_denied"}):
        issuer.back = back
        mixed = Browser(s)
        path = mixed.through(mixed.begin())
        equal((back, mixed.done(path)[0]), (back, 401))
        equal((back, mixed.done(path)), (back, (401, {"error": OVER, "at": 0})))  # and it is over
    issuer.forget()
    # A code that was used, and codes of any form.
    for code in ("x", "%00", "a" * 2048, "%FF%FE", "\u1ea1"):
        other = Browser(s)
        state = dict(urllib.parse.parse_qsl(other.begin().split("?")[1]))["state"]
        status = other.done("/api/oidc/done?state=%s&code=%s" % (state, urllib.parse.quote(code, safe="%")))[0]
        holds(status in (400, 401), (code[:20], status))
    equal(Browser(s).ask("POST", "/api/oidc/code", {"code": "000000"})[0], 400)
    equal(Browser(s).login()[0], 200)


@with_issuer()
def test_our_second_factor_is_asked_where_the_issuers_is_not_trusted(s, issuer):
    import base64
    import re
    b = Browser(s)
    equal(b.login()[0], 200)
    text = re.search(r"secret=([A-Z2-7]+)", b.ask("POST", "/api/totp/begin", {})[1].decode()).group(1)
    secret = base64.b32decode(text + "=" * (-len(text) % 8))
    equal(b.ask("POST", "/api/totp/confirm", {"code": totp(secret)})[0], 200)
    other = Browser(s)
    equal(other.login(), (200, {"needs_code": True}))
    equal((other.me(), set(other.jar)), (401, {"__Host-canh-oidc"}))
    equal(other.code(totp(secret, 1), Origin="https://evil.example")[0], 403)
    equal(other.code("%06d" % ((int(totp(secret)) + 1) % 10**6)), (401, {"error": "The code is wrong.", "at": 0}))
    equal(other.code(totp(secret, 1))[0], 200)  # that of now was used
    equal(other.me(), "an")
    equal([r["second"] for r in rows(s, "session", "list")], [True, True])
    # Wrong codes count as wrong passwords do, and whoever is locked out is so here, too.
    third = Browser(s)
    equal(third.login()[0], 200)
    got = [third.code("00000%d" % i)[0] for i in range(7)]
    equal((got[:4], got[-2:]), ([401] * 4, [429] * 2))
    equal(third.code(totp(secret, 1))[0], 429)
    equal(other.me(), "an")


@with_issuer(more="oidc-second: true\noidc-amr: [mfa, otp]\noidc-acr: [gold]\n", alg="ES256")
def test_the_issuers_second_factor_makes_an_administrator(s, issuer):
    issuer.claims = {"amr": ["pwd"], "acr": "gold"}
    equal(Browser(s).login()[0], 401)
    issuer.claims = {"amr": ["pwd", "mfa"], "acr": "silver"}
    equal(Browser(s).login()[0], 401)
    issuer.claims = {"amr": ["pwd", "mfa"], "acr": "gold"}
    made(s, "quan-tri", "administrator")
    equal(act(s, "user", "link", "--user", "quan-tri", "--subject", "s-9").code, 0)
    issuer.subject = "s-9"
    b = Browser(s)
    holds("acr_values=gold" in b.begin(), "acr_values")
    status, answer = b.login()
    equal((status, answer["needs_second"]), (200, False))
    equal(b.ask("POST", "/api/user/add", {"user": "chi", "display": "C", "roles": ["analyst"]})[0], 200)


@with_issuer(alg="EdDSA", tls=True, more="oidc-ca: FOLDER/ca.pem\noidc-claim: email\noidc-scopes: [openid, email]\n")
def test_over_tls_with_ed25519_and_another_claim(s, issuer):
    equal(act(s, "user", "link", "--user", "an", "--subject", "an@tinh.gov.vn").code, 0)
    equal(Browser_tls(s, issuer).login()[0], 401)  # there is no such claim
    for verified, status in ((False, 401), (None, 401), (True, 200)):
        issuer.claims = {"email": "an@tinh.gov.vn", "email_verified": verified}
        equal((verified, Browser_tls(s, issuer).login()[0]), (verified, status))


class Browser_tls(Browser):
    """The issuer's certificate is the test's own: its answer is made without asking over TLS."""

    def __init__(self, s, issuer):
        super().__init__(s)
        self.issuer = issuer

    def through(self, location):
        _, head, _ = self.issuer.authorize(None, urllib.parse.urlsplit(location).query, None)
        back = urllib.parse.urlsplit(head["Location"])
        return back.path + "?" + back.query


@with_issuer(alg="PS256")
def test_keys_are_changed_and_a_slow_issuer_holds_up_nobody_else(s, issuer):
    equal(Browser(s).login()[0], 200)
    first = time.monotonic()  # his keys were fetched just before
    issuer.slow = {"token": 4}
    began, got = time.monotonic(), []
    threads = [threading.Thread(target=lambda: got.append(Browser(s).login()[0])) for _ in range(6)]
    for t in threads:
        t.start()
    longest = 0
    while any(t.is_alive() for t in threads):
        at = time.monotonic()
        equal(Browser(s).me(), 401)
        equal(act(s, "user", "list").code, 0)
        longest = max(longest, time.monotonic() - at)
        time.sleep(0.2)
    holds(longest < 3 and time.monotonic() - began < 12, (longest, got))
    equal(got, [200] * 6)
    issuer.slow = {"token": 9}
    equal(Browser(s).login()[0], 401)  # longer than he is waited for
    issuer.forget()
    # Another key is found anew, but not before a minute is over.
    issuer.keys.append(Key(issuer.folder, "k2", "PS256"))
    before = issuer.fetched("keys")
    equal(Browser(s).login()[0], 401)
    equal((issuer.fetched("keys"), before), (1, 1))
    time.sleep(max(0, 61 - (time.monotonic() - first)))
    equal((Browser(s).login()[0], issuer.fetched("keys")), (200, 2))


@with_issuer()
def test_roles_that_are_killed_lose_a_login_and_no_more(s, issuer):
    issuer.slow = {"token": 3}
    for role in ("sender", "desk"):
        b, got = Browser(s), []
        t = threading.Thread(target=lambda: got.append(b.login()[0]))
        t.start()
        time.sleep(1)
        os.kill(s.roles()[(role, 0)], signal.SIGKILL)
        t.join(40)
        holds(not t.is_alive() and got[0] in (401, 409, 503), got)
        s.until("him again", lambda: Browser(s).ask("GET", "/api/oidc/begin")[0] == 302 and Browser(s).login()[0] == 200, 60)
        holds(role == "desk" or ("sender", 0) in s.roles(), s.roles())


def test_without_an_issuer_nothing_is_there(place):
    s = Api(place)
    try:
        s.start().ready()
        s.url = "https://127.0.0.1:%d" % s.port
        s.until("the desk", lambda: act(s, "user", "list").code == 0)
        equal(Browser(s).ask("GET", "/api/oidc/begin")[0], 404)
        holds(("sender", 0) not in s.roles(), s.roles())
        made(s, "an", "analyst")
        holds(act(s, "user", "link", "--user", "an", "--subject", "x").code != 0, "tied to nothing")
        for path in ("/oidc/begin", "/oidc/done", "/oidc/code"):
            holds(path in json.loads(s.ask("/api")[2])["paths"], path)
    finally:
        s.kill()


def test_an_issuer_that_says_wrong_things_of_himself_is_not_used(place):
    issuer = Issuer(place.folder)
    s = Api(place)
    s.configure(settings(issuer, place, s.port))
    try:
        issuer.discovery = {"issuer": "https://evil.example"}
        s.start().ready()
        s.until("a word about it", lambda: "it is about another issuer" in s.text())
        equal(Browser(s).ask("GET", "/api/oidc/begin")[0], 503)
    finally:
        s.kill()
        issuer.close()


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
