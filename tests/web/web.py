"""The console's pages in a real browser; see README.md.

    web.py CANH NAME
"""

import base64
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import types

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../e2e"))

from api import Api  # noqa: E402
from login_e2e import PASSWORD, Browser, made, totp  # noqa: E402
from payloads import payloads  # noqa: E402
from program import CANH, TAXONOMY, equal, holds, rule, run  # noqa: E402

TOP = os.path.join(HERE, "../..")
USERS = (("an", "analyst"), ("binh", "analyst"), ("truong", "lead"), ("can", "officer"), ("kiem", "auditor"),
         ("quan", "administrator"))


def cannot():
    """Why these tests cannot run here, or None."""
    if not any(os.path.exists(p) for p in ("/usr/bin/chromium", "/usr/bin/chromium-browser")):
        return "chromium is not installed"
    if not os.path.isdir(os.path.join(TOP, "web/node_modules/playwright-core")):
        return "web/node_modules is not there (make deps)"
    if not shutil.which("node"):
        return "node is not installed"
    return None


class Web(Api):
    """A server with users who have chosen their passwords."""

    def __init__(self, place):
        place.write("rules/one.yml", rule(1))
        place.write("rules/two.yml", rule(2, value="other", level="medium"))
        place.write("taxonomy/test.yaml", TAXONOMY)
        super().__init__(place)
        self.users = {}

    def canh(self, *words):
        got = self.place.canh(*words, "--data", self.data)
        equal((words, got.code, got.err if got.code else b""), (words, 0, b""))
        return got

    def json(self, *words):
        return [json.loads(line) for line in self.canh(*words, "--format", "json").out.splitlines()]

    def enrol(self, name, roles, second=False, *more):
        self.choose(name, made(self, name, roles, *more), second)

    def choose(self, name, once, second=False):
        """What a user does who logs in first."""
        b = Browser(self)
        equal(b.login(name, once)[0], 200)
        equal(b.post("/password", {"old": once, "new": PASSWORD})[0], 200)
        self.users[name] = {"password": PASSWORD}
        if second:
            status, begun = b.post("/totp/begin", {})
            equal(status, 200)
            secret = re.search(r"secret=([A-Z2-7]+)", json.dumps(begun)).group(1)
            equal(b.post("/totp/confirm", {"code": totp(base64.b32decode(secret + "=" * (-len(secret) % 8)))})[0], 200)
            self.users[name]["secret"] = secret
        b.post("/logout", {})

    def syslog(self, events):
        with socket.create_connection(("127.0.0.1", self.tcp)) as s:
            for e in events:
                s.sendall(b"<13>1 - %s app - - - %s\n" % (e.get("host", "srv").encode("ascii", "replace")[:200].replace(b" ", b"_") or b"-",
                                                          json.dumps(e).encode()))

    def alerts(self, least):
        return self.until("alerts", lambda: (lambda rows: rows if len(rows) >= least else None)(
            self.json("alert", "list", "--state", "all", "--limit", "5000")), 60)

    def has_pages(self):
        c = self.connect()
        c.request("GET", "/")
        answer = c.getresponse()
        text = answer.read().decode(errors="replace")
        c.close()
        return answer.status == 200 and "<div id=\"app\">" in text

    def browse(self, name, **more):
        """Run NAME.mjs; it says itself what failed."""
        given = dict({"base": "https://127.0.0.1:%d" % self.port, "users": self.users}, **more)
        got = subprocess.run(["node", os.path.join(HERE, name + ".mjs")], input=json.dumps(given), capture_output=True, text=True,
                             timeout=560, check=False)
        print(got.stdout[-20000:], got.stderr[-4000:], flush=True)
        holds(got.returncode == 0, "%s.mjs says what failed, above" % name)


def with_web(users):
    def made_of(test):
        def wrapped(place):
            why = cannot()
            if why:
                return why
            s = Web(place)
            signal.alarm(590)
            try:
                s.start().ready()
                if not s.has_pages():
                    return "this build has no pages"
                s.until("the desk", lambda: s.place.canh("user", "list", "--data", s.data).code == 0)
                for name, roles in users:
                    s.enrol(name, roles, name in ("quan", "binh"))
                test(s)
            finally:
                signal.alarm(0)
                s.kill()
            return None
        return wrapped
    return made_of


def hit(i, **more):
    return dict({"a": "hit" if i % 3 else "other", "host": "srv-%02d" % i, "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                 "note": "canary %d" % i}, **more)


def codes(s):
    """A type and a severity of the law in force."""
    c = s.connect()
    b = Browser(s)
    b.login("truong", PASSWORD)
    c.close()
    terms = json.loads(b.get("/law/terms")[1])
    return terms["types"][0]["id"], terms["severities"][0]["id"]


@with_web(USERS)
def pages(s):
    s.canh("agency", "add", "--code", "SGD", "--name", "Sở Giáo dục và Đào tạo", "--kind", "department")
    s.canh("system", "add", "--code", "CTT", "--name", "Cổng thông tin", "--owner", "1", "--operator", "1", "--type", "public", "--information", "public",
           "--level", "3", "--status", "operating")
    s.canh("machine", "add", "--system", "1", "--name", "srv-01", "--kind", "server", "--addresses", "10.0.0.1")
    s.canh("contact", "add", "--agency", "1", "--name", "Trần Thị Đầu Mối", "--title", "Chuyên viên", "--phone", "0912345678", "--email", "moi@tinh.gov.vn")
    s.enrol("dau-moi", "contact", False, "--agency", "1")
    s.syslog([hit(i) for i in range(24)])
    alert = s.alerts(24)[0]["id"]
    kind, severity = codes(s)
    incident = s.json("incident", "open", "--title", "Trang web bị thay đổi", "--type", kind, "--severity", severity, "--alerts", str(alert),
                      "--systems", "1")[0]["incident"]
    now = time.time()
    s.canh("shift", "plan", "--person", "an", "--from", time.strftime("%FT%TZ", time.gmtime(now - 7200)), "--to",
           time.strftime("%FT%TZ", time.gmtime(now + 7200)))
    s.browse("pages", alert=alert, incident=incident)


@with_web(USERS)
def rights(s):
    s.canh("agency", "add", "--code", "SGD", "--name", "Sở Giáo dục và Đào tạo", "--kind", "department")
    s.canh("system", "add", "--code", "CTT", "--name", "Cổng thông tin", "--owner", "1", "--operator", "1", "--type", "public", "--information", "public",
           "--level", "3", "--status", "operating")
    s.enrol("dau-moi", "contact", False, "--agency", "1")
    s.syslog([hit(i) for i in range(24)])
    alert = s.alerts(24)[0]
    kind, severity = codes(s)
    incident = s.json("incident", "open", "--title", "Trang web bị thay đổi", "--type", kind, "--severity", severity, "--alerts", str(alert["id"]),
                      "--systems", "1")[0]["incident"]
    s.json("phieu", "make", "--kind", "request", "--agency", "1", "--system", "1", "--incident", str(incident), "--subject", "Gỡ tệp lạ", "--what", "Có tệp lạ.", "--proof", "Nhật ký",
           "--steps", "Đổi mật khẩu", "--due", time.strftime("%FT%TZ", time.gmtime(time.time() + 86400)))
    s.json("phieu", "send", "--phieu", "1", "--channel", "system")
    now = time.time()
    for who in ("an", "truong"):
        s.canh("shift", "plan", "--person", who, "--from", time.strftime("%FT%TZ", time.gmtime(now - 7200)), "--to",
               time.strftime("%FT%TZ", time.gmtime(now + 7200)))
    names = {role: name for name, role in USERS if name != "binh"}
    names["contact"] = "dau-moi"
    s.browse("rights", alert=alert["id"], incident=incident, rule=alert["rule"], roles=names, description=json.loads(s.ask("/api")[2]))


@with_web(USERS)
def night(s):
    s.syslog([hit(i) for i in range(130)])
    s.alerts(130)
    kind, severity = codes(s)
    triage = {"vi": 50, "en": 50 if os.environ.get("CANH_LONG") else 10}
    s.browse("night", analyst={"vi": "binh", "en": "an"}, triage=triage, type=kind, severity=severity)
    rows = s.json("alert", "list", "--state", "closed", "--limit", "5000")
    equal(len(rows), sum(triage.values()) - 2)  # one of each night was taken back
    equal(len(s.json("handover", "list")), 2)


@with_web((("truong", "lead"),))
def hostile(s):
    texts = payloads()
    equal(len(set(texts)), 500)
    s.syslog([hit(i, host="h%d %s" % (i, p), note="canary " + p, **{"k " + p[:60]: p}) for i, p in enumerate(texts)])
    rows = s.alerts(450)
    s.canh("incident", "open", "--title", texts[0], "--type", codes(s)[0], "--severity", codes(s)[1], "--alerts", str(rows[0]["id"]))
    s.browse("hostile", alerts=min(len(rows), 300), hosts=[r["entity"] for r in rows[:25]])


@with_web((("an", "analyst"),))
def quick(s):
    s.syslog([hit(i) for i in range(400)])
    s.alerts(400)
    s.browse("quick")


@with_web((("an", "analyst"), ("can", "officer")))
def registers(s):
    s.browse("registers")


@with_web(())
def texts(s):
    status, _, body, _ = s.ask("/api/")
    equal(status, 200)
    s.browse("texts", description=json.loads(body))


@with_web((("quan", "administrator"), ("an", "analyst")))
def sentences(s):
    got = subprocess.run([sys.executable, os.path.join(TOP, "tools/sentences.py")], capture_output=True, text=True, check=True)
    s.browse("sentences", sentences=json.loads(got.stdout), once=made(s, "moi", "analyst"))


SAMPLE, GUIDES = os.path.join(TOP, "tools/sample.py"), os.path.join(TOP, "docs/guide")


class Sample(Web):
    """The sample province, with the rules that ship."""

    def configure(self, more=None):
        text = 'sample: true\ncollectors: 1\nreserve-bytes: 1MiB\nrelp: []\nhttp: []\nsyslog-udp: []\n'
        text += 'syslog-tcp: "127.0.0.1:%d"\nmetrics: "127.0.0.1:%d"\nconsole: "127.0.0.1:%d"\n' % (self.tcp, self.metrics, self.port)
        got = subprocess.run([sys.executable, SAMPLE, "settings"], input=text, capture_output=True, text=True, check=True)
        self.config = self.place.write("canh.yaml", got.stdout)

    def sample(self, *words):
        return [sys.executable, SAMPLE, words[0], CANH, self.data, *words[1:]]

    def silent(self):
        return any(r["source"] == "fw-wan" and r["state"] == "silent" for r in self.json("source", "list"))


def named():
    """The pictures that the guides name."""
    found = set()
    for folder, _, files in os.walk(GUIDES):
        for name in files:
            if name.endswith(".md"):
                with open(os.path.join(folder, name), encoding="utf-8") as f:
                    found |= set(re.findall(r"\]\((?:\.\./)*pictures/([^)]+)\.png\)", f.read()))
    return sorted(found)


def guide(place):
    """The pictures of docs/guide are made where PICTURES says (`make guide`), else only compared with what the guides name."""
    if not os.environ.get("PICTURES"):
        if not shutil.which("node"):
            return "node is not installed"
        folder = os.path.join(GUIDES, "pictures")
        sizes = {n[:-4]: os.path.getsize(os.path.join(folder, n)) for n in os.listdir(folder)}
        equal(sorted(sizes), named())
        equal([n for n, size in sizes.items() if size > 120 << 10], [])
        got = subprocess.run(["node", os.path.join(HERE, "guide.mjs")], input=json.dumps({"only": named()}), capture_output=True, text=True,
                             timeout=60, check=False)
        print(got.stdout, got.stderr, flush=True)
        holds(got.returncode == 0, "guide.mjs makes what the guides name")
        return None
    why = cannot()
    if why:
        return why
    s, traffic = Sample(place), None
    signal.alarm(590)
    try:
        s.start().ready()
        if not s.has_pages():
            return "this build has no pages"
        s.until("the desk", lambda: s.place.canh("user", "list", "--data", s.data).code == 0)
        settled = subprocess.run(s.sample("settle"), capture_output=True, text=True, check=True).stdout
        for line in settled.splitlines():
            name, once, roles = line.split()
            s.choose(name, once, roles == "administrator")  # without a second factor he may nothing
        traffic = subprocess.Popen(s.sample("traffic", str(s.tcp), "500"))
        s.until("the incident", lambda: s.json("incident", "list"), 150)
        s.until("the firewall is silent", s.silent, 60)
        incident = s.json("incident", "list")[0]["id"]
        agency = [a["id"] for a in s.json("agency", "list", "--limit", "500") if a["code"] == "P-BINH"][0]
        system = s.json("system", "list", "--text", "HT-WEB-BINH")[0]["id"]
        s.json("incident", "assign", "--incident", str(incident), "--to", "truc")
        s.json("phieu", "make", "--kind", "request", "--agency", str(agency), "--system", str(system), "--incident", str(incident),
               "--subject", "Gỡ tệp lạ và liên kết cờ bạc khỏi trang thông tin phường",
               "--what", "Trang thông tin của phường có tệp lạ /uploads/2026/anh-hop.php và các bài quảng cáo cờ bạc.",
               "--proof", "Nhật ký truy cập của máy chủ binh-web",
               "--steps", "Tạm ngắt trang thông tin\nGiữ nguyên tệp lạ, chụp ảnh màn hình\nĐổi mật khẩu quản trị",
               "--due", time.strftime("%FT%TZ", time.gmtime(time.time() + 86400)))
        s.json("phieu", "send", "--phieu", "1", "--channel", "system")
        s.browse("guide", incident=incident)
    finally:
        if traffic:
            traffic.kill()
        signal.alarm(0)
        s.kill()
    return None


if __name__ == "__main__":
    sys.exit(run(types.SimpleNamespace(**{"test_" + sys.argv[2]: globals()[sys.argv[2]]})))
