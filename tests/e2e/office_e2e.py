"""Acts and views of a running server: commands, the local socket, kills in the middle.

    office_e2e.py CANH
"""

import http.client
import json
import os
import signal
import sys
import threading
import time

from program import equal, holds, run
from server import with_server

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools"))

from local import Local  # noqa: E402


def ask(s, method, path, body=None):
    """Status and text; the status is 0 when the connection broke."""
    c = Local(s.data, 40)
    try:
        if method == "GET":
            c.request(method, path)
        answer = c.getresponse() if method == "GET" else c.act(path, body)
        return answer.status, answer.read().decode()
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        c.close()


def act(s, name, **parameters):
    return ask(s, "POST", "/" + name.replace(".", "/"), parameters)


def view(s, name, query=""):
    status, text = ask(s, "GET", "/" + name.replace(".", "/") + query)
    equal((name, status), (name, 200))
    return [json.loads(line) for line in text.splitlines()]


def open_alert(s, title="A"):
    return act(s, "alert.open", title=title, level="high", entity="srv", channel="phone", text="told")


def ready(s):
    s.until("the desk", lambda: open_alert(s)[0] == 200)


@with_server()
def test_commands_do_acts_and_show_views(s):
    canh = lambda *words: s.place.canh(*words, "--data", s.data)
    s.until("the desk", lambda: canh("alert", "open", "--title", "Cổng bị đổi giao diện", "--level", "high", "--entity",
                                     "portal.xa-a", "--channel", "phone", "--text", "xã A gọi").code == 0)
    shown = canh("alert", "list").out.decode()
    holds("Cổng bị đổi giao diện" in shown and "portal.xa-a" in shown, shown)
    done = canh("alert", "acknowledge", "1", "--note", "đang xem")
    equal((done.code, done.out.split()[0]), (0, b"act"))
    row = json.loads(canh("alert", "show", "1", "--format", "json").out)
    equal((row["state"], row["assignee"][:6]), ("acknowledged", "local:"))
    closed = json.loads(canh("alert", "close", "--alerts", "1", "--verdict=test", "--reason", "thử", "--format", "json").out)
    equal(canh("alert", "list").out, b"There is none.\n")
    equal(canh("act", "undo", str(closed["act"])).code, 0)
    equal(json.loads(canh("alert", "list", "--format", "json").out)["state"], "acknowledged")
    equal(canh("alert", "counts", "--format", "csv").out, b"state,level,hidden,count,pending\r\nacknowledged,high,false,1,\r\n")
    history = canh("act", "of", "--kind", "alert", "--key", "1").out.decode()
    holds("alert.acknowledge" in history and "đang xem" in history, history)
    equal(canh("suppression", "add", "--rule", "r", "--until", "7d", "--reason", "quét").code, 0)
    row = json.loads(canh("suppression", "list", "--format", "json").out)
    equal((row["rule"], row["over"], row["alerts"]), ("r", False, 0))
    for words, told in [
            (("alert", "close", "1", "--verdict", "test"), "reason: This is missing."),
            (("alert", "close", "1", "--verdict", "maybe", "--reason", "x"), "verdict: This is none"),
            (("alert", "close", "one", "--verdict", "test", "--reason", "x"), "alerts: "),
            (("alert", "acknowledge", "77"), "There is no alert 77."),
            (("alert", "explode", "1"), "canh alert has no 'explode'"),
            (("alert", "list", "--colour", "red"), "takes no 'colour'"),
            (("alert", "show"), "alert: This is missing."),
            (("suppression", "add", "--rule", "r", "--until", "soon", "--reason", "x"), "is no time")]:
        done = canh(*words)
        holds(done.code == 2 and told in done.err, (words, done.code, done.err))
    for words in [("alert",), ("alert", "close", "--help")]:
        holds(b"usage: canh alert" in s.place.canh(*words).out, words)


@with_server()
def test_the_first_user_is_made_by_command(s):
    canh = lambda *words: s.place.canh(*words, "--data", s.data)
    ready(s)
    equal(canh("user", "list").out, b"There is none.\n")  # no default account
    for name in ("desk.key", "local.key"):
        mode = os.stat(os.path.join(s.data, "keys", name))
        equal((name, mode.st_mode & 0o777, mode.st_size), (name, 0o600, 32))
    made = json.loads(canh("user", "add", "--user", "an", "--display", "Nguyễn Văn An", "--roles", "administrator",
                           "--format", "json").out)
    equal((made["user"], len(made["password"])), (1, 23))
    done = canh("user", "disable", "--user", "an", "--reason", "x")
    holds(done.code == 2 and "an is the last administrator." in done.err, done.err)
    row = json.loads(canh("user", "show", "AN", "--format", "json").out)
    equal((row["display"], row["roles"], row["must_change"], row["second"]),
          ("Nguyễn Văn An", ["administrator"], True, False))
    holds(made["password"] not in canh("act", "list", "--format", "json").out.decode(), "the trail tells a password")
    # Who logs in is not on the host.
    equal(ask(s, "POST", "/session/begin", {"name": "an"})[0], 403)
    equal(act(s, "totp.begin")[0], 403)


@with_server()
def test_what_is_no_act_is_refused_and_the_desk_goes_on(s):
    ready(s)
    for method, path, body, status in [
            ("GET", "/alert/open", None, 405), ("POST", "/alert/list", {}, 405), ("POST", "/alert/none", {}, 404),
            ("POST", "/alert/close", [1], 400), ("POST", "/alert/close", {"act": "alert.open"}, 400),
            ("POST", "/alert/close", {"alerts": [1], "verdict": "test", "reason": "x", "more": 1}, 400),
            ("POST", "/note/add", {"alert": 1, "text": "x" * 100000}, 400), ("POST", "/note/add", {"alert": 9, "text": "x"}, 404),
            ("GET", "/alert/list?limit=none", None, 400), ("GET", "/alert/list?format=xml", None, 400)]:
        got = ask(s, method, path, body)
        holds(got[0] == status, (method, path, got))
        if status != 404 or method == "POST" and path == "/note/add":
            holds("error" in json.loads(got[1]), got)
    equal(act(s, "alert.acknowledge", alerts=[1])[0], 200)
    equal(act(s, "alert.reopen", alerts=[1], reason="x")[0], 409)


@with_server()
def test_many_at_once_are_one_after_the_other(s):
    ready(s)
    got = []

    def some(n):
        for i in range(20):
            got.append(open_alert(s, "%d-%d" % (n, i))[0])

    threads = [threading.Thread(target=some, args=(n,)) for n in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    equal(set(got), {200})
    equal(len({a["title"] for a in view(s, "alert.list", "?limit=1000")}), 161)


def is_whole(s, known):
    """Every act that was answered is there; each that is there is whole."""
    titles = {a["title"]: a for a in view(s, "alert.list", "?limit=5000")}
    missing = known - set(titles)
    holds(not missing, sorted(missing)[:5])
    for a in titles.values():
        if a["id"] > 1:
            equal(len(view(s, "act.of", "?kind=alert&key=%d" % a["id"])), 1)
    return titles


@with_server()
def test_an_act_that_was_answered_outlives_every_kill(s):
    known, n = set(), [0]
    ready(s)
    first = {"A"}

    def go(until):
        while time.monotonic() < until:
            n[0] += 1
            if open_alert(s, "t%d" % n[0])[0] == 200:
                known.add("t%d" % n[0])

    for i in range(6):
        t = threading.Thread(target=go, args=(time.monotonic() + 1.0,))
        t.start()
        time.sleep(0.3 + 0.1 * i)
        role = "desk" if i % 2 == 0 else "console"
        os.kill(next(pid for (name, _), pid in s.roles().items() if name == role), signal.SIGKILL)
        t.join()
        s.until("the desk again", lambda: act(s, "alert.acknowledge", alerts=[1])[0] in (200, 409))
    holds(len(known) > 20, len(known))
    titles = is_whole(s, known | first)
    holds(len(titles) <= n[0] + 1, (len(titles), n[0]))
    s.end()
    return False


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
