"""The sample province at work: its registers, people and roster, and three minutes of logs in which something happens.

    sample.py settings <CANH.YAML           its settings: those given, and the rows of its sources
    sample.py settle CANH DATA              into a new server; prints lines of NAME PASSWORD ROLES
    sample.py traffic CANH DATA PORT SECONDS

The logs come in as logs do: over syslog, each source from an address of its own (SOURCES; 127.x is this machine). Every
name and number is made up; the settings of such a server say `sample: true`, and every page says so.
"""

import json
import os
import random
import socket
import subprocess
import sys
import time

PROVINCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "sample", "province")
TABLES = (("agency", "agencies"), ("contact", "contacts"), ("system", "systems"), ("machine", "machines"), ("source", "sources"))

# name, the address it sends from, seconds within which it says something, its system
SOURCES = (
    ("fw-wan", "127.0.16.14", 15, "HT-WAN"),
    ("fw-ttdl", "127.0.15.14", 15, "HT-TTDL"),
    ("waf-motcua", "127.0.10.9", 30, "HT-MOTCUA"),
    ("mail-gw", "127.0.12.9", 60, "HT-MAIL"),
    ("his-app", "127.0.31.10", 60, "HT-HIS"),
    ("web-binh", "127.0.36.10", 60, "HT-WEB-BINH"),
)
USERS = (("truc", "Trần Văn Trực (mẫu)", "analyst,lead"), ("canbo", "Lê Thị Cán Bộ (mẫu)", "officer"),
         ("quantri", "Nguyễn Quản Trị (mẫu)", "administrator"), ("binh", "Phạm Văn Bình (mẫu)", "contact"))
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
GOOGLE = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


class Canh:
    def __init__(self, program, data):
        self.program, self.data = program, data

    def __call__(self, *words):
        got = subprocess.run([self.program, *words, "--format", "json", "--data", self.data], capture_output=True, text=True, check=False)
        if got.returncode != 0:
            raise RuntimeError("canh %s: %s" % (" ".join(words), got.stderr.strip()))
        return [json.loads(line) for line in got.stdout.splitlines()]


def at(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


def settle(canh):
    for form, name in TABLES:
        canh("registry", "import", "--form", form, "--file", os.path.join(PROVINCE, name + ".csv"))
    canh("house", "set", "--parent", "SỞ KHOA HỌC VÀ CÔNG NGHỆ TỈNH MẪU", "--name", "TRUNG TÂM GIÁM SÁT AN NINH MẠNG (MẪU)", "--code", "TTGS",
         "--place", "Mẫu", "--duty_phone", "0000 000 999", "--signer", "Nguyễn Văn Mẫu", "--signer_title", "Giám đốc")
    binh = [a["id"] for a in canh("agency", "list", "--limit", "500") if a["code"] == "P-BINH"][0]
    for name, display, roles in USERS:
        more = ("--agency", str(binh)) if roles == "contact" else ()
        password = canh("user", "add", "--user", name, "--display", display, "--roles", roles, *more)[0]["password"]
        print(name, password, roles)
    canh("shift", "plan", "--person", "truc", "--part", "lead", "--from", at(-3600), "--to", at(7 * 3600))
    canh("shift", "plan", "--person", "canbo", "--part", "on-call", "--from", at(-3600), "--to", at(7 * 3600))


class Senders:
    def __init__(self, port):
        self.port, self.socket = port, {}

    def send(self, source, host, app, text):
        if source not in self.socket:
            s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            s.bind(([a for n, a, _, _ in SOURCES if n == source][0], 0))
            s.connect(("127.0.0.1", self.port))
            self.socket[source] = s
        line = "<134>1 %s.%03dZ %s %s - - - %s\n" % (time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()), time.time() % 1 * 1000, host, app, text)
        self.socket[source].sendall(line.encode())


def access(client, method, path, status, agent=FIREFOX, size=5120):
    return '%s - - [%s] "%s %s HTTP/1.1" %d %d "-" "%s"' % (client, time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime()), method, path, status,
                                                            size, agent)


def firewall(name, r):
    return ('date=%s time=%s devname="%s" devid="FGT60FMAU" logid="0000000013" type="traffic" subtype="forward" level="notice" vd="root" '
            'srcip=10.%d.0.%d srcport=%d srcintf="internal" dstip=203.0.113.%d dstport=443 dstintf="wan1" proto=6 action="%s" policyid=7 '
            'service="HTTPS" sentbyte=%d rcvdbyte=%d' % (
                time.strftime("%Y-%m-%d"), time.strftime("%H:%M:%S"), name, r.randrange(10, 38), r.randrange(2, 250), r.randrange(1024, 65000),
                r.randrange(1, 250), "deny" if r.random() < 0.03 else "accept", r.randrange(200, 9000), r.randrange(200, 90000)))


PAGES = ("/", "/dich-vu-cong", "/tin-tuc/lich-tiep-cong-dan", "/van-ban", "/thu-tuc/cap-giay-khai-sinh", "/images/logo.png", "/css/main.css")


def ordinary(s, r, fw_wan):
    """A tick of what goes on all day."""
    if fw_wan:
        s.send("fw-wan", "wan-fw", "fortigate", firewall("wan-fw", r))
    s.send("fw-ttdl", "ttdl-fw", "fortigate", firewall("ttdl-fw", r))
    s.send("waf-motcua", "motcua-web", "nginx", access("192.0.2.%d" % r.randrange(1, 250), "GET", r.choice(PAGES), r.choice((200, 200, 200, 304, 404))))
    if r.random() < 0.4:
        s.send("web-binh", "binh-web", "nginx", access("192.0.2.%d" % r.randrange(1, 250), "GET", r.choice(PAGES), 200))
    if r.random() < 0.1:
        s.send("mail-gw", "mail-gw", "postfix/smtpd[2211]", "connect from unknown[198.51.100.%d]" % r.randrange(1, 250))
        s.send("his-app", "his-app", "sshd[1432]", "Accepted publickey for saoluu from 10.31.0.9 port %d ssh2: ED25519 SHA256:m" % r.randrange(1024, 65000))


def attack(s, step):
    """The portal of a ward: a shell is put, used, and writes links."""
    evil = "203.0.113.77"
    if step == 0:
        for path in ("/wp-login.php", "/admin/", "/.git/config", "/backup.zip"):
            s.send("web-binh", "binh-web", "nginx", access(evil, "GET", path, 404, "python-requests/2.31"))
    if step == 1:
        s.send("web-binh", "binh-web", "nginx", access(evil, "POST", "/quan-tri/upload.php", 200))
        s.send("web-binh", "binh-web", "nginx", access(evil, "GET", "/uploads/2026/anh-hop.php?c=id", 200, size=42))
    if step == 2:
        for c in ("uname+-a", "cat+/etc/passwd"):
            s.send("web-binh", "binh-web", "nginx", access(evil, "GET", "/uploads/2026/anh-hop.php?c=" + c, 200, size=812))
    if step == 3:
        for page in ("nha-cai-uy-tin", "tai-xiu-online", "soi-cau-mien-bac"):
            s.send("web-binh", "binh-web", "nginx", access("192.0.2.66", "GET", "/tin-tuc/" + page, 200, GOOGLE))


def escalate(canh):
    """What the shift would do: the candidate becomes an incident, and its clocks run."""
    found = [c for c in canh("candidate", "list") if any(a["key"] == "binh-web" for a in c["about"])]
    if not found:
        return False
    systems = [str(x["id"]) for x in canh("system", "list", "--text", "HT-WEB-BINH")]
    canh("candidate", "escalate", "--candidate", str(found[0]["id"]), "--title", "Trang thông tin phường Mẫu Bình bị cài web shell, chèn liên kết cờ bạc",
         "--type", KIND, "--severity", SEVERITY, *(("--systems", systems[0]) if systems else ()))
    return True


KIND, SEVERITY = "N5", "M2"  # of data/law/profiles/2026.yaml: defacement, medium


def traffic(canh, port, seconds):
    s, r, begun, step, opened = Senders(port), random.Random(7), time.monotonic(), 0, False
    steps = (25, 35, 50, 65)
    while time.monotonic() - begun < seconds:
        now = time.monotonic() - begun
        ordinary(s, r, now < 60)  # then the firewall of the wide network falls silent
        if step < len(steps) and now > steps[step]:
            attack(s, step)
            step += 1
        if not opened and now > 90:
            opened = escalate(canh)
        time.sleep(0.15)


def settings():
    sys.stdout.write(sys.stdin.read())
    print("sources:")
    for name, address, interval, system in SOURCES:
        print("  - { name: %s, address: %s, interval: %ds, system: %s }" % (name, address, interval, system))


def main():
    what = sys.argv[1]
    if what == "settings":
        settings()
    elif what == "settle":
        settle(Canh(*sys.argv[2:4]))
    else:
        traffic(Canh(*sys.argv[2:4]), int(sys.argv[4]), float(sys.argv[5]))


if __name__ == "__main__":
    main()
