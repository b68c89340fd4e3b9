"""The API over HTTPS: its own certificate, tokens, and a description that is true.

    api_e2e.py CANH
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys

from api import ALL, SOME, Api, sha256, with_api
from program import equal, holds, run

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "data")
VALUES = {"limit": "5", "seconds": "5", "memory": "64", "level": "low", "since": "1h", "from": "1h", "to": "0s", "format": "json", "q": "canh_run=one",
          "for": "alert:1", "filter": "canh_run=one", "at": "3", "id": "0:1", "rule": "one", "rules": "one"}


def told_print(s):
    for line in s.text().splitlines()[::-1]:
        if "certificate of our own: SHA-256 " in line:
            return line.rsplit(" ", 1)[1].rstrip(".").replace(":", "").lower()
    raise AssertionError("no certificate was told: " + s.text())


@with_api
def test_the_description_is_true(s):
    """Every path and parameter that it names is answered, for who has a token only."""
    with socket.create_connection(("127.0.0.1", s.tcp), 10) as to:
        to.sendall(b'{"a":"hit","host":"srv-9"}\n')
    s.until("the alert", lambda: b"Rule 1" in s.place.canh("alerts", "--data", s.data).out)
    s.until("good health", lambda: s.ask("/api/health")[0] == 200)
    status, kind, body, _ = s.ask("/api")
    equal((status, kind), (200, "application/json"))
    description = json.loads(body)
    equal(description["servers"], [{"url": "/api"}])
    holds(set(description["paths"]) >= {"/stat", "/alerts", "/search", "/sources", "/blind"}, description["paths"])
    for path, methods in description["paths"].items():
        for method in methods.values():  # what it answers when all is well
            good = [code for code in method["responses"] if code < "400"]
            equal((path, good), (path, ["302" if path == "/oidc/begin" else "200"]))
        if path.startswith("/oidc/"):  # no issuer is configured; see oidc_e2e.py
            equal((path, s.ask("/api" + path)[0]), (path, {"/oidc/begin": 404, "/oidc/done": 400, "/oidc/code": 405}[path]))
            continue
        if path in ("/rule/check", "/rule/text", "/rule/costs", "/evidence"):  # see find_e2e.py, evidence_e2e.py
            answer = s.ask("/api" + path, ALL)[0]
            if path == "/evidence" and answer == 503:  # nothing is signed yet
                answer = 400
            equal((path, answer), (path, {"/rule/check": 405, "/rule/costs": 200}.get(path, 400)))
            continue
        if path.count("/") >= 2:  # of the desk: for people who are known there
            equal(s.ask("/api" + path, ALL)[0], 401 if "get" in methods else 405)
            continue
        if path in ("/csp", "/live"):  # see pages_e2e.py
            continue
        if "get" not in methods:  # logging in; not from another page
            equal((path, s.send(path, {})[0]), (path, 401 if path != "/login" else 403))
            continue
        get = methods["get"]
        full = "/api" if path == "/" else "/api" + path
        query = "&".join("%s=%s" % (p["name"], VALUES[p["name"]]) for p in get["parameters"])
        if get.get("security") == []:
            equal(s.ask(full)[0], 200)
            continue
        equal(s.ask(full)[0], 401)
        equal(s.ask(full, "wrong")[0], 401)
        equal((path, s.ask(full, SOME)[0]), (path, 200 if path == "/alerts" else 403))
        status, kind, body, _ = s.ask(full + "?" + query, ALL)
        equal((path, status), (path, 200))
        if "format=json" not in query:
            holds(kind in get["responses"]["200"]["content"], (path, kind))
        for text in [body] if "format=json" in query else body.splitlines():
            json.loads(text)
    alert = json.loads(s.ask("/api/alerts", SOME)[2].splitlines()[0])
    equal((alert["title"], alert["entity"]), ("Rule 1", "srv-9"))
    equal(s.ask("/api/alerts?level=highest", ALL)[0], 400)
    equal(s.ask("/alerts.json", ALL)[0], 404)  # /alerts is a page


@with_api
def test_who_has_a_token_of_the_desk_does_what_its_roles_may(s):
    """Made by a command on the host, used over HTTPS, ended."""
    canh = lambda *words: json.loads(s.place.canh(*words, "--data", s.data, "--format", "json").out or "{}")
    s.until("the desk", lambda: canh("token", "add", "--name", "robot", "--roles", "analyst", "--expires",
                                      "7d", "--service", "robot"))
    made = canh("token", "add", "--name", "robot2", "--roles", "analyst", "--expires", "7d", "--service", "robot2")
    secret = made["secret"]

    post = lambda path, body, token: s.send(path, body, Authorization="Bearer " + token)
    alert = {"title": "A", "level": "high", "entity": "srv", "channel": "phone", "text": "told"}
    equal(post("/alert/open", alert, secret)[0], 200)
    status, _, body, _ = s.ask("/api/alert/list", secret)
    equal((status, json.loads(body)["title"]), (200, "A"))
    equal(post("/shift/cancel", {"shift": 1, "reason": "x"}, secret)[0], 403)
    equal(post("/alert/open", alert, "x" + secret)[0], 401)
    equal(s.ask("/api/alert/list", secret[:-1])[0], 401)
    for path in "/stat", "/alerts", "/search?q=a", "/sources", "/blind":
        equal((path, s.ask("/api" + path, secret)[0]), (path, 200))
    # One person's records are looked for in a case; whoever asks, it is written down.
    for token in (secret, ALL):
        equal(s.ask("/api/search?q=user:an", token)[0], 403)
        equal(s.ask("/api/search?q=user:an&for=alert:99", token)[0], 404)
        equal(s.ask("/api/search?q=user:an&for=99", token)[0], 400)
        equal(s.ask("/api/search?q=user:an&for=alert:1", token)[0], 200)
        equal(s.ask("/api/tail?filter=user:an", token)[0], 403)
    equal(s.ask("/api/search?q=a", SOME)[0], 403)
    seen = json.loads("[%s]" % s.place.canh("act", "list", "--did", "search.run", "--thing", "alert:1", "--format",
                                            "json", "--data", s.data).out.decode().replace("}\n{", "},\n{"))
    equal([(a["name"], a["via"], a["parameters"]["query"]) for a in seen],
          [("token:all", "token", "user:an"), ("service:robot2", "token", "user:an")])
    history = canh("act", "of", "--kind", "alert", "--key", "1", "--limit", "1")
    holds("robot2" in history["name"], history)
    equal(s.place.canh("token", "end", str(made["token"]), "--data", s.data).code, 0)
    equal([s.ask("/api" + path, secret)[0] for path in ("/alert/list", "/alerts")], [401, 401])


def test_what_the_law_calls_things_is_known_to_every_role(place):
    for name in "law", "playbooks":
        shutil.copytree(os.path.join(DATA, name), place.path(os.path.join("given", name)))
    s = Api(place, more="law: %s\n" % place.path("given"))
    signal.alarm(120)
    try:
        s.start().ready()
        made = lambda role: json.loads(place.canh("token", "add", "--name", role, "--roles", role, "--expires", "7d", "--service", role,
                                                  "--format", "json", "--data", s.data).out or "{}")
        s.until("the desk", lambda: made("analyst"))
        for role in "administrator", "auditor":
            secret = made(role)["secret"]
            status, kind, body, _ = s.ask("/api/law/terms", secret)
            equal((status, kind), (200, "application/json"))
        terms = json.loads(body)
        equal(set(terms), {"profile", "types", "severities", "causes", "results", "playbooks", "clocks", "facts"})
        for name in set(terms) - {"profile", "results"}:
            holds(terms[name] and all(set(x) == {"id", "vi", "en"} and all(x.values()) for x in terms[name]), (name, terms[name]))
        holds({"id": "N5", "vi": "Tấn công thay đổi giao diện", "en": "Defacement"} in terms["types"], terms["types"])
        equal(s.ask("/api/law/terms", SOME)[0], 401)
        equal(json.loads(s.ask("/api")[2])["paths"]["/law/terms"]["get"]["x-roles"],
              ["analyst", "lead", "officer", "contact", "auditor", "administrator"])
        # Read again inside the sandbox; what is wrong changes nothing.
        profile = place.path("given/law/profiles/2026.yaml")
        text = open(profile, encoding="utf-8").read()
        for new, seen in (text.replace("Defacement", "Page defaced"), "Page defaced"), ("types: [", "Page defaced"), (text, "Defacement"):
            with open(profile, "w", encoding="utf-8") as f:
                f.write(new)
            s.process.send_signal(signal.SIGHUP)
            s.until(seen, lambda: ('"en":"%s"' % seen).encode() in s.ask("/api/law/terms", secret)[2])
    finally:
        signal.alarm(0)
        s.kill()


@with_api
def test_a_certificate_is_made_once_and_tokens_can_be_taken_away(s):
    first = s.ask("/api")[3]
    equal(first, told_print(s))
    equal(os.stat(os.path.join(s.data, "tls/console.pem")).st_mode & 0o777, 0o600)
    equal(s.ask("/api/stat", ALL)[0], 200)
    text = open(s.config, encoding="utf-8").read()
    with open(s.config, "w", encoding="utf-8") as f:
        f.write(text.replace(sha256(ALL), sha256("another")))
    s.process.send_signal(signal.SIGHUP)
    s.until("the token is gone", lambda: s.ask("/api/stat", ALL)[0] == 401)
    equal(s.ask("/api/stat", "another")[0], 200)
    s.end()
    again = Api(s.place)
    try:
        again.start().ready()
        equal(again.ask("/api")[3], first)
        holds("sandbox" in again.text(), again.text())
    finally:
        again.kill()


def make_certificate(path, days):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", path + ".key", "-out", path + ".pem", "-days", str(days), "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)


def test_a_certificate_that_is_given_is_shown_and_renewed(place):
    own = place.path("own")
    make_certificate(own, 5)
    s = Api(place, more="tls-certificate: %s.pem\ntls-key: %s.key\n" % (own, own))
    signal.alarm(120)
    try:
        s.start().ready()
        status, _, _, first = s.ask("/api", cafile=own + ".pem")  # which checks chain and name
        equal(status, 200)
        make_certificate(own, 6)
        s.process.send_signal(signal.SIGHUP)
        s.until("the new one", lambda: s.ask("/api")[3] != first)
        equal(s.ask("/api", cafile=own + ".pem")[0], 200)
    finally:
        signal.alarm(0)
        s.kill()


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
