"""The console's door as who attacks a session comes by it: chosen sessions, kept answers, rights that are gone, guessed names.

    attack_e2e.py CANH
"""

import json
import statistics
import sys
import time

from api import with_api
from login_e2e import PASSWORD, Browser, made
from pages_e2e import Live, asked, logged_in
from program import equal, holds, run

TYPES = {"application/json", "application/x-ndjson", "text/plain; charset=utf-8", "text/event-stream", "text/csv; charset=utf-8",
         "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
STREAMS = ("/tail", "/live")


def canh(s, *words):
    return s.place.canh(*words, "--data", s.data)


@with_api
def test_a_session_that_an_attacker_chose_is_nobodys(s):
    """Fixation: what a browser came with is never what it goes with."""
    once, b = made(s, "an", "analyst"), Browser(s)
    for chosen in ("__Host-canh=" + "A" * 43, "__Host-canh=", "__Host-canh=x; __Host-canh=y"):
        c = s.connect()
        c.request("POST", "/api/login", body=json.dumps({"name": "an", "password": once}), headers={"Origin": b.origin, "Cookie": chosen})
        a = c.getresponse()
        a.read()
        c.close()
        field = a.headers.get_all("Set-Cookie")
        equal((a.status, len(field)), (200, 1))
        name, value = field[0].split(";")[0].split("=", 1)
        holds(name == "__Host-canh" and len(value) >= 43 and value not in chosen and "Domain" not in field[0], field)
        equal((chosen, asked(s, "GET", "/api/user/me", Cookie=chosen)[0]), (chosen, 401))
        equal(asked(s, "GET", "/api/user/me", Cookie=name + "=" + value)[0], 200)
    one = logged_in(s, "binh", "analyst")
    before, csrf = one.cookie, one.csrf
    equal(one.login("binh", PASSWORD)[0], 200)
    holds(one.cookie != before and one.csrf != csrf, "another session, another token")
    equal(one.post("/alert/open", {}, X_Canh_CSRF=csrf)[0], 403)
    equal(one.post("/logout", {})[0], 200)
    for cookie in (before.replace("__Host-canh", "__host-canh"), before.replace("__Host-canh", "canh")):
        equal((cookie[:20], asked(s, "GET", "/api/user/me", Cookie=cookie)[0]), (cookie[:20], 401))


@with_api
def test_what_one_is_told_is_kept_by_nobody_and_is_no_page(s):
    """Each GET of the description, with what an attacker would have reflected in each parameter."""
    b = logged_in(s, "an", "lead,officer,auditor")
    evil = "%3Cscript%3Ealert(1)%3C/script%3E%0d%0aSet-Cookie:%20a=b"
    tried, kinds, c = 0, set(), s.connect()
    for path, verbs in json.loads(s.ask("/api")[2])["paths"].items():
        if "get" not in verbs or path in STREAMS:
            continue
        fixed = "".join("&%s=%s" % (n, v) for n, v in (("seconds", 1), ("rule", "none")) if n in {p["name"] for p in verbs["get"]["parameters"]})
        names = [p["name"] for p in verbs["get"]["parameters"] if p["in"] == "query"]
        for query in ["?" + fixed[1:], *("?%s=%s%s" % (n, evil, fixed.replace("&%s=" % n, "&not-%s=" % n)) for n in names), "/" + evil]:
            status, head = 429, None
            while status == 429:  # faster than a session may ask
                c.request("GET", "/api" + path + query, headers={"Cookie": b.cookie})
                a = c.getresponse()
                a.read()
                status, head = a.status, a.headers
                time.sleep(0.2 if status == 429 else 0)
                if a.will_close:
                    c.close()
            row = (path, query, status, head.items())
            holds(status < 500 or status == 503, row)
            equal((row, head["Cache-Control"], head["X-Content-Type-Options"], head["ETag"]), (row, "no-store", "nosniff", None))
            holds(head["Set-Cookie"] is None and head["Content-Disposition"] is None, row)
            holds(status == 302 or head["Content-Type"] in TYPES, row)
            kinds.add(head["Content-Type"])
            tried += 1
    holds(tried > 400 and len(kinds) >= 4, (tried, kinds))
    for query in ("?next=https://evil.example", "?redirect_uri=https://evil.example", "?return=//evil.example"):
        status, head, _ = asked(s, "GET", "/api/oidc/begin" + query)
        holds(status != 302 and head["Location"] is None, (query, status))  # there is no issuer


@with_api
def test_who_lost_his_rights_loses_what_he_watched(s):
    s.until("the desk", lambda: canh(s, "agency", "add", "--code", "A", "--name", "Sở A", "--kind", "department").code == 0)
    who = {name: logged_in(s, name, "analyst") for name in ("an", "binh", "chi", "duc")}
    live = {name: Live(s, b.cookie) for name, b in who.items()}
    s.until("the first events", lambda: all(x.last("flow") for x in live.values()))
    equal(canh(s, "user", "disable", "--user", "an", "--reason", "left").code, 0)
    equal(canh(s, "user", "change", "--user", "binh", "--roles", "contact", "--agency", "1").code, 0)
    equal(who["chi"].post("/password", {"old": PASSWORD, "new": PASSWORD + " nữa"})[0], 200)  # in the same session: it stays
    equal(Browser(s).login("chi", PASSWORD)[0], 401)
    began = time.monotonic()
    s.until("the end of who is disabled", lambda: live["an"].ended, 35)
    holds(live["an"].ended - began < 31, live["an"].ended - began)
    time.sleep(max(0, began + 31 - time.monotonic()))
    changed = time.monotonic()
    equal(who["duc"].post("/alert/open", {"title": "A", "level": "high", "entity": "srv", "channel": "phone", "text": "told"})[0], 200)
    s.until("an event to who has his rights yet", lambda: live["duc"].last("desk")[0] > changed and live["duc"].last("flow")[0] > changed)
    time.sleep(3)
    after = [(name, tuple(data)) for t, name, data in list(live["binh"].events) if t > changed]
    holds(all(row == ("desk", ("version",)) for row in after), after)
    equal((asked(s, "GET", "/api/stat", Cookie=who["an"].cookie)[0], asked(s, "GET", "/api/live", Cookie=who["an"].cookie)[0]), (401, 401))
    holds(asked(s, "GET", "/api/alert/list", Cookie=who["binh"].cookie)[0] in (401, 403), "he is another now")
    holds(not live["chi"].ended and not live["duc"].ended, "the others stay")


@with_api
def test_who_guesses_names_hears_nothing(s):
    """A name that is nobody's costs what a wrong password costs, and is answered with the same words."""
    logged_in(s, "an", "analyst")
    logged_in(s, "binh", "analyst")
    canh(s, "user", "disable", "--user", "binh", "--reason", "left")
    times, words = {}, set()
    for i in range(4):  # fewer than would have to wait
        for name in ("an", "binh", "nobody%d" % i):
            began = time.monotonic()
            status, answer = Browser(s).login(name, "a wrong password")
            times.setdefault(name[:4], []).append(time.monotonic() - began)
            words.add((status, json.dumps(answer)))
    equal(len(words), 1)
    equal({status for status, _ in words}, {401})
    medians = {name: statistics.median(t) for name, t in times.items()}
    holds(max(medians.values()) < 2.5 * min(medians.values()), medians)


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
