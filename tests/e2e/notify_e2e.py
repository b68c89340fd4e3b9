"""Notices that leave the house: to a real mail server and a real web server, sandbox on, through kills.

    notify_e2e.py CANH
"""

import email
import email.policy
import hashlib
import hmac
import json
import os
import signal
import socket
import sys
import time

from office_e2e import act, view
from post import Mail, Web, context
from program import equal, holds, run
from server import Server, make_ca, make_certificates

SECRET = "a key of forty characters, or nearly so"


def channel(name, kind, url, **more):
    words = dict({"name": name, "kind": kind, "url": url}, **more)
    return "- { %s }\n" % ", ".join("%s: %s" % (k, json.dumps(v, ensure_ascii=False)) for k, v in words.items())


def mail_channel(place, port, **more):
    return channel("mail", "smtp", "smtp://127.0.0.1:%d" % port, **{"from": "canh@example.vn", "to": ["an@example.vn"],
                                                                   **more})


def hook_channel(place, port, name="hook", scheme="https", host="localhost", **more):
    return channel(name, "webhook", "%s://%s:%d/hook?x=1" % (scheme, host, port), secret=place.path("secret"),
                   **({"ca": place.path("ca.pem")} if scheme == "https" else {}), **more)


def started(place, channels):
    if not os.path.exists(place.path("ca.pem")):
        make_certificates(place)
    place.write("secret", SECRET + "\n")
    s = Server(place, more="channels:\n" + channels).start()
    try:
        s.ready()
        s.until("the desk", lambda: act(s, "notice.test", channel="none")[0] == 404)
    except Exception:
        s.kill()
        raise
    return s


def raise_alert(s, title, level="high"):
    status, text = act(s, "alert.open", title=title, level=level, entity="máy-01", channel="phone", text="gọi đến")
    equal((title, status), (title, 200))
    return json.loads(text)["alert"]


def messages(s, query=""):
    return {m["id"]: m for m in view(s, "message.list", "?limit=1000" + query)}


def settled(s, count, seconds=30):
    """So many messages, none of which waits."""
    s.until("%d messages" % count, lambda: len(messages(s)) == count and
            not messages(s, "&state=waiting"), seconds)
    return messages(s)


def tried(s, message, attempts=1, seconds=30):
    s.until("try %d of message %d" % (attempts, message), lambda: messages(s)[message]["attempts"] >= attempts, seconds)
    return messages(s)[message]


def alerts_about_notices(s):
    return [a["entity"] for a in view(s, "alert.list", "?rule=canh.notices")]


def end(s):
    s.well()
    s.end()


def test_mail_arrives_over_tls_with_its_number(place):
    make_certificates(place)
    post = Mail(context(place))
    place.write("password", "mật khẩu\n")
    s = started(place, mail_channel(place, post.port, user="canh", secret=place.path("password"), ca=place.path("ca.pem"),
                                    to=["an@example.vn", "binh@example.vn", "nobody@example.vn"]))
    try:
        post.answers["RCPT nobody@example.vn"] = "550 5.1.1 no such user"
        title = "Đăng nhập lạ từ nước ngoài vào cổng dịch vụ công của tỉnh, nhiều lần liên tiếp trong đêm"
        number = raise_alert(s, title)
        got = settled(s, 4 - 1)
        s.until("the mails", lambda: len(post.taken) == 2)
        equal(sorted(to[0] for to, _, _, _ in post.taken), ["an@example.vn", "binh@example.vn"])
        ids = set()
        for to, text, user, secure in post.taken:
            m = email.message_from_string(text, policy=email.policy.default)
            equal((user, secure), (["canh", "mật khẩu"], True))
            equal(m["Subject"], "[Canh] CAO: " + title)
            equal((m["To"], m["From"].addresses[0].addr_spec), (to[0], "canh@example.vn"))
            holds(abs(m["Date"].datetime.timestamp() - time.time()) < 60, m["Date"])
            body = m.get_content()
            holds("Cảnh báo số: %d\n" % number in body.replace("\r\n", "\n"), body)
            holds(max(len(line) for line in text.split("\r\n")) <= 78, text)
            ids.add(m["Message-ID"])
        equal(len(ids), 2)
        refused = [m for m in got.values() if m["state"] == "failed"]
        equal([(m["recipient"], m["attempts"], m["void"]) for m in refused], [("nobody@example.vn", 1, refused[0]["void"])])
        holds("550 5.1.1 no such user" in refused[0]["error"], refused)
        s.until("an alert about it", lambda: alerts_about_notices(s) == ["channel mail"])
        equal(len(messages(s)), 3)  # which is not told through the channel that it is about
        equal(json.loads(s.place.canh("message", "list", "--state", "failed", "--format", "json", "--data",
                                      s.data).out)["recipient"], "nobody@example.vn")
        holds(SECRET not in s.text() and "mật khẩu" not in s.text(), "a secret is in the log")
        end(s)
    finally:
        s.kill()
        post.close()


def test_a_webhook_is_signed_and_nothing_else_is_spoken_to(place):
    make_certificates(place)
    make_ca(place, "other")
    web, elsewhere = Web(context(place)), Web()
    s = started(place, hook_channel(place, web.port) + hook_channel(place, elsewhere.port, "plain", "http", level="critical") +
                channel("wrong", "webhook", "https://localhost:%d/" % web.port, secret=place.path("secret"),
                        ca=place.path("other.pem"), level="critical"))
    try:
        number = raise_alert(s, "Quét cổng")
        settled(s, 1)
        path, headers, body = web.taken[0]
        signed = headers["X-Canh-Timestamp"].encode() + b"." + body
        equal(headers["X-Canh-Signature"], "sha256=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest())
        holds(abs(int(headers["X-Canh-Timestamp"]) - time.time()) < 60, headers)
        told = json.loads(body)
        equal((path, told["number"], told["level"], told["title"]), ("/hook?x=1", number, "high", "[Canh] CAO: Quét cổng"))
        equal((told["message"], headers["Content-Type"]), (1, "application/json"))
        holds(headers["Idempotency-Key"].endswith("-1"), headers)
        # A redirect is not followed; 400 is for ever; 503 and 401 are not.
        web.more = {"Location": "http://127.0.0.1:%d/stolen" % elsewhere.port}
        for last, status, state in ((2, 302, "waiting"), (3, 400, "failed"), (4, 503, "waiting"), (5, 401, "waiting")):
            web.status = status
            raise_alert(s, "Lần %d" % status)
            s.until("message %d" % last, lambda: last in messages(s))
            m = tried(s, last)
            equal((status, m["state"]), (status, state))
            holds("localhost answered %d." % status == m["error"], m)
        equal(elsewhere.taken, [])
        # What was refused is sent again when somebody asks, with the same key.
        web.status, web.body = 200, b"x" * 1000000
        refused = next(m["id"] for m in messages(s).values() if m["state"] == "failed")
        equal(act(s, "notice.retry", message=refused)[0], 200)
        s.until("it is sent", lambda: messages(s)[refused]["state"] == "sent")
        equal(len({h["Idempotency-Key"] for _, h, _ in web.taken}), len(web.taken) - 1)
        # Whose certificate nobody vouches for hears nothing.
        before = len(web.taken)
        equal(act(s, "notice.test", channel="wrong")[0], 200)
        m = tried(s, max(messages(s)))
        holds(m["state"] == "waiting" and "certificate" in m["error"], m)
        equal(len(web.taken), before)
        equal(act(s, "notice.test", channel="plain")[0], 200)
        s.until("the plain one", lambda: len(elsewhere.taken) == 1)
        end(s)
    finally:
        s.kill()
        web.close()
        elsewhere.close()


def test_a_gateway_hears_number_level_and_phone(place):
    make_certificates(place)
    web = Web(context(place))
    url = "https://localhost:%d/send" % web.port
    s = started(place, channel("sms", "gateway", url, ca=place.path("ca.pem"), secret=place.path("secret"),
                               to=["+84912345678", "0987654321"], body='{"to":"{phone}","text":"Canh {number} {level}"}') +
                channel("zalo", "gateway", url, ca=place.path("ca.pem"), secret=place.path("secret"), header="access_token",
                        to=["84911111111"], level="critical", body="phone={phone}&level={level}&n={number}") +
                channel("basic", "gateway", url, ca=place.path("ca.pem"), secret=place.path("secret"), user="tỉnh",
                        to=["113"], level="critical", body="[{phone}]"))
    try:
        number = raise_alert(s, "Mã độc tống tiền", "critical")
        settled(s, 4)
        by = {(h.get("Authorization", "")[:6], b): h for _, h, b in web.taken}
        told = {b.decode(): h for _, h, b in web.taken}
        for phone in ("+84912345678", "0987654321"):
            h = told['{"to":"%s","text":"Canh %d NGHIÊM TRỌNG"}' % (phone, number)]
            equal((h["Authorization"], h["Content-Type"]), ("Bearer " + SECRET, "application/json"))
        h = told["phone=84911111111&level=NGHI%%C3%%8AM%%20TR%%E1%%BB%%8CNG&n=%d" % number]
        equal((h["access_token"], h["Content-Type"]), (SECRET, "application/x-www-form-urlencoded"))
        holds(told["[113]"]["Authorization"].startswith("Basic "), by)
        holds(all("Mã độc".encode() not in b for _, _, b in web.taken), "a title left")
        end(s)
    finally:
        s.kill()
        web.close()


def test_what_is_down_is_tried_again_and_what_is_slow_holds_nobody_up(place):
    make_certificates(place)
    slow, web = Mail(), Web(context(place))
    port = Mail()
    port.close()  # nobody there, for now
    s = started(place, channel("slow", "smtp", "smtp://127.0.0.1:%d" % slow.port, **{"from": "a@x", "to": ["b@x", "c@x", "d@x"]}) +
                channel("down", "smtp", "smtp://127.0.0.1:%d" % port.port, **{"from": "a@x", "to": ["e@x"]}) +
                hook_channel(place, web.port))
    try:
        slow.slow = 60
        first = raise_alert(s, "Một")
        s.until("the hook", lambda: len(web.taken) == 1, 8)
        down = next(m["id"] for m in messages(s).values() if m["channel"] == "down")
        holds("127.0.0.1" in tried(s, down)["error"], messages(s)[down])
        began = time.monotonic()
        again = Mail(port=port.port)
        second = raise_alert(s, "Hai")
        s.until("the hook again", lambda: len(web.taken) == 2, 8)
        s.until("the second mail", lambda: len(again.taken) == 1, 8)
        # Whoever hangs is given up on after 20 s.
        stuck = next(m["id"] for m in messages(s).values() if m["channel"] == "slow")
        holds("timed out" in tried(s, stuck, 1, 40)["error"].lower(), messages(s)[stuck])
        slow.slow = 0
        s.until("what was down", lambda: messages(s)[down]["state"] == "sent", 90)
        holds(time.monotonic() - began > 40, "tried again too soon")
        equal([messages(s)[down]["key"], second], [first, second])
        equal(messages(s)[down]["attempts"], 2)
        s.until("what was slow", lambda: not messages(s, "&state=waiting"), 120)
        equal(sorted(to[0] for to, _, _, _ in slow.taken), ["b@x", "b@x", "c@x", "c@x", "d@x", "d@x"])
        again.close()
        end(s)
    finally:
        s.kill()
        slow.close()
        web.close()


def test_kills_lose_nothing_and_what_is_sent_twice_has_the_same_number(place):
    make_certificates(place)
    post = Mail(context(place))
    s = started(place, mail_channel(place, post.port, ca=place.path("ca.pem")))
    try:
        numbers = set()
        post.slow = 0.2
        for i in range(12):
            numbers.add(raise_alert(s, "Số %d" % i))
            if i % 3 == 2:
                role = "sender" if i % 2 == 0 else "desk"
                s.until("something under way", lambda: post.opened > i // 3)
                os.kill(s.roles()[(role, 0)], signal.SIGKILL)
                s.until("all roles", s.all_roles)
                s.until("the desk", lambda: act(s, "notice.test", channel="none")[0] == 404)
        post.slow = 0

        def done():
            for m in messages(s, "&state=waiting").values():
                if m["attempts"] > 0:  # not to wait for its minutes
                    act(s, "notice.retry", message=m["id"])
            return len(messages(s)) == 12 and not messages(s, "&state=waiting")

        s.until("all are sent", done, 60)
        equal({m["key"] for m in messages(s).values() if m["state"] == "sent"}, numbers)
        by_subject = {}
        for _, text, _, _ in post.taken:
            m = email.message_from_string(text, policy=email.policy.default)
            by_subject.setdefault(m["Subject"], set()).add((m["Message-ID"], m["Date"]))
        equal(len(by_subject), 12)
        holds(all(len(ids) == 1 for ids in by_subject.values()), by_subject)
        equal(len({i for ids in by_subject.values() for i in ids}), 12)
        s.end()
    finally:
        s.kill()
        post.close()


def test_a_second_channel_takes_over_and_names_are_looked_up(place):
    host = socket.gethostname()
    try:
        if not socket.gethostbyname(host).startswith("127."):
            return "%s is no name of this machine's loopback" % host
    except OSError:
        return "%s has no address" % host
    make_certificates(place)
    with open(place.path("server.ext"), encoding="utf-8") as f:
        names = f.read().strip()
    from server import openssl
    place.write("server.ext", names + ",DNS:%s\n" % host)
    openssl(place, "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out",
            "named.pem", "-days", "2", "-extfile", "server.ext")
    pem = place.path("server.pem")
    os.rename(place.path("named.pem"), pem)
    web = Web(context(place))
    s = started(place, hook_channel(place, 9, "nowhere", host="canh.invalid", second="named") +
                hook_channel(place, web.port, "named", host=host, level="critical"))
    try:
        number = raise_alert(s, "Một")
        first = s.until("a message", lambda: list(messages(s)))[0]
        for attempt in (1, 2, 3):
            m = tried(s, first, attempt)
            holds("canh.invalid" in m["error"], m)
            # The minutes between are not waited for: the clock of the table is put back.
            if attempt < 3:
                s.until("it is due", lambda: hurry(s, first))
        s.until("the second", lambda: len(web.taken) == 1)
        equal(json.loads(web.taken[0][2])["number"], number)
        m = messages(s)[first]
        equal((m["second"], m["void"], alerts_about_notices(s)), ("named", False, []))
        end(s)
    finally:
        s.kill()
        web.close()


def hurry(s, message):
    import sqlite3
    db = sqlite3.connect(os.path.join(s.data, "desk", "canh.db"), timeout=5)
    db.create_function("canh_digest", -1, lambda *values: b"")  # of what is recorded nothing changes
    with db:
        done = db.execute("UPDATE message SET due = 1 WHERE id = ? AND state = 'waiting'", (message,)).rowcount
    db.close()
    return done == 1


def test_new_channels_and_secrets_are_taken_at_a_reload(place):
    make_certificates(place)
    web = Web(context(place))
    s = started(place, hook_channel(place, web.port, level="critical"))
    try:
        equal(act(s, "notice.test", channel="hook")[0], 200)
        s.until("the first", lambda: len(web.taken) == 1)
        place.write("secret", "another secret")
        s.configure("channels:\n" + hook_channel(place, web.port, level="critical") + hook_channel(place, web.port, "new"))
        before = s.roles()[("sender", 0)]
        s.signal(signal.SIGHUP)
        s.until("a new sender", lambda: s.all_roles(but=before))
        s.until("the new channel", lambda: act(s, "notice.test", channel="new")[0] == 200)
        s.until("the second", lambda: len(web.taken) == 2, 60)
        _, headers, body = web.taken[1]
        signed = headers["X-Canh-Timestamp"].encode() + b"." + body
        equal(headers["X-Canh-Signature"], "sha256=" + hmac.new(b"another secret", signed, hashlib.sha256).hexdigest())
        equal([c["name"] for c in view(s, "channel.list")], ["hook", "new"])
        s.end()
    finally:
        s.kill()
        web.close()


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
