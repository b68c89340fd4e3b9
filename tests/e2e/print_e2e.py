"""Goal: every sheet is printed out of what a running server has recorded, with nothing typed again; what is recorded
nowhere is told by name, and what a pen fills in is listed.
Method: a house, a register, a roster, a live detection that becomes an incident, its evidence, phieu and end, all by
commands; then `canh print`, read back with poppler.

    print_e2e.py CANH
"""

import os
import re
import socket
import subprocess
import sys
import time

from api import with_api
from incident_e2e import commands
from login_e2e import PASSWORD, Browser
from program import equal, holds, run
from server import with_server

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
HOUSE = {"parent": "Ủy ban nhân dân tỉnh Mẫu", "name": "Sở Khoa học và Công nghệ", "code": "SKHCN", "unit": "CNS",
         "place": "Mẫu", "address": "Số 1 đường Mẫu, phường Mẫu", "phone": "0234111222", "email": "soc@mau.example",
         "duty_phone": "0234999999", "duty_room": "Phòng trực, tầng 3", "signer": "Trần Thị Mẫu",
         "signer_title": "Phó Giám đốc", "signs_for": "KT. Giám đốc", "recipients": "Giám đốc Sở (để báo cáo)",
         "reports_to": "Chủ tịch Ủy ban nhân dân tỉnh", "bases": "Căn cứ Quyết định số 9/QĐ-SKHCN về quy chế bảo đảm an ninh mạng"}
# Of data/law, as it holds today; the house's own behind it.
LAW = "Căn cứ Luật An ninh mạng số 116/2025/QH15;"
OWN = HOUSE["bases"] + "."
PA05 = "Phòng An ninh mạng và phòng, chống tội phạm sử dụng công nghệ cao (PA05), Công an tỉnh"


def zoned(seconds, form="%Y-%m-%dT%H:%M:%SZ"):
    return time.strftime(form, time.gmtime(seconds))


def vn_minute(text):
    """2026-11-24T01:30:05Z ─▶ 08 giờ 30 phút, ngày 24/11/2026, as forms have it."""
    t = time.gmtime(time.mktime(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone + 7 * 3600)
    return "%02d giờ %02d phút, ngày %02d/%s/%d" % (t.tm_hour, t.tm_min, t.tm_mday,
                                                   "%02d" % t.tm_mon if t.tm_mon < 3 else str(t.tm_mon), t.tm_year)


def house(good):
    """What each of its users logs in with first."""
    good("house", "set", *[w for name, value in HOUSE.items() for w in ("--" + name, value)])
    made = {}
    for name, display, roles in (("an.tt", "Trần Thị An", "analyst"), ("binh.lv", "Lê Văn Bình", "lead")):
        made[name] = good("user", "add", "--user", name, "--display", display, "--roles", roles)[0]["password"]
    return made


def register(good):
    good("agency", "add", "--code", "TINH", "--name", "UBND tỉnh Mẫu", "--kind", "province")
    good("agency", "add", "--code", "XA", "--name", "UBND xã A", "--kind", "commune", "--parent", "1")
    good("system", "add", "--code", "CONG", "--name", "Cổng thông tin xã A", "--owner", "1", "--operator", "2", "--type",
         "public", "--information", "public", "--level", "3", "--domains", "xa-a.mau.example", "--networks", "192.0.2.10")
    good("system", "describe", "1", "--purpose", "Dịch vụ công", "--services", "web,database", "--protection", "firewall",
         "--connection", "VNPT Mẫu", "--security", "Sở Khoa học và Công nghệ")
    good("machine", "add", "--system", "1", "--name", "cong-xa-a", "--kind", "server", "--os", "Debian 12")


def roster(good, now):
    for person, part in (("an.tt", "watch"), ("binh.lv", "lead")):
        good("shift", "plan", "--person", person, "--part", part, "--from", zoned(now - 3600), "--to", zoned(now + 7 * 3600))


def dotted(text):
    """Lines with a dotted blank, without the dots."""
    return [re.sub(r"[.…]{4,}", "", line).strip() for line in text.splitlines() if re.search(r"\.{4,}|…{2,}", line)]


def sheet(s, form, number, *more, told=""):
    """Its text in one piece and by lines; what was told on standard error is `told`, no more."""
    out = s.place.path("%s.pdf" % form)
    done = s.place.canh("print", form, str(number), "--out", out, "--data", s.data, *more)
    equal((form, done.code, done.err), (form, 0, told))
    raw, text = (subprocess.run(["pdftotext", way, out, "-"], capture_output=True, check=True, timeout=60).stdout.decode("utf-8")
                 for way in ("-raw", "-layout"))
    keep = os.environ.get("SHEETS")  # to be looked at
    if keep:
        with open(out, "rb") as f, open(os.path.join(keep, form + "".join(more) + ".pdf"), "wb") as to:
            to.write(f.read())
    return re.sub(r"\s+", "", raw), text


def has(got, *words):
    for w in words:
        holds(re.sub(r"\s+", "", w) in got[0], "'%s' is not in\n%s" % (w, got[1]))


HEAD = ("ỦY BAN NHÂN DÂN TỈNH MẪU", "SỞ KHOA HỌC VÀ CÔNG NGHỆ", "Mẫu, ngày")
SIGNED = ("KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC", "Trần Thị Mẫu", "Giám đốc Sở (để báo cáo)", "Lưu: VT, CNS")


def incident(s, canh, good):
    with socket.create_connection(("127.0.0.1", s.tcp), 5) as to:
        to.sendall(b'{"a":"hit","host":"cong-xa-a"}\n')
    s.until("the alert", lambda: b"cong-xa-a" in canh("alert", "list").out)
    made = good("alert", "escalate", "1", "--title", "Cổng xã A bị thay đổi giao diện", "--type", "N5", "--severity", "M2",
                "--level", "3", "--systems", "1")[0]
    shown = good("incident", "show", str(made["incident"]))[0]
    good("task", "done", str(shown["tasks"][0]["id"]), "--result", "đã rút cáp")
    return str(made["incident"]), shown


def hand_over(s, name, once, to):
    """As he does it himself."""
    b = Browser(s)
    equal(b.login(name, once)[0], 200)
    equal(b.post("/password", {"old": once, "new": PASSWORD})[0], 200)
    status, answer = b.post("/handover/make", {"to": to, "remarks": "Chờ xã A trả lời"})
    equal(status, 200)
    return answer["handover"]


@with_api
def test_each_sheet_of_a_live_incident(s):
    canh, good = commands(s)
    now = time.time()
    once = house(good)
    register(good)
    roster(good, now)
    number, shown = incident(s, canh, good)
    t0 = vn_minute(shown["detected"])

    got = sheet(s, "bao-cao-nhanh", number)
    has(got, *HEAD, *SIGNED, "/BC-SKHCN", "Cổng xã A bị thay đổi giao diện", "Cổng thông tin xã A (cấp độ 3)", "UBND xã A",
        "Lúc " + t0, "Chủ tịch Ủy ban nhân dân tỉnh", "Trực ban: Lê Văn Bình, điện thoại 0234999999", "Tấn công thay đổi giao diện",
        vn_minute(good("clock", "list")[0]["due"]), shown["tasks"][0]["title"])
    equal(dotted(got[1]), [])
    out = s.place.path("quick.txt")
    equal(s.place.canh("print", "bao-cao-nhanh", number, "--out", out, "--data", s.data).code, 0)
    with open(out, encoding="utf-8") as f:
        said = f.read().strip()
    holds(0 < len(said) <= 300 and "Cổng xã A bị thay đổi giao diện" in said, said)

    got = sheet(s, "mau-03", number)
    has(got, *HEAD, *SIGNED, "/BC-SKHCN", PA05, LAW, "Căn cứ Nghị định số 331/2026/NĐ-CP ngày 19 tháng 8 năm 2026 của Chính phủ về", OWN, "Số 1 đường Mẫu", "0234111222", "soc@mau.example",
        "Lê Văn Bình", "Trưởng ca trực", "UBND tỉnh Mẫu", "Cổng thông tin xã A", "xa-a.mau.example; 192.0.2.10", "☒ 3", "VNPT Mẫu",
        t0, "☒ Chưa được xử lý", "Debian 12", "☒ Web", "☒ Cơ sở dữ liệu", "☒ Tường lửa", "Dịch vụ công")
    equal(dotted(got[1]), [])

    good("evidence", "add", number, "--what", "Nhật ký web", "--origin", "cong-xa-a", "--events", "0.1", "--by", "an.tt")
    sheet_of = good("evidence", "hand_over", number, "--evidence", "1", "--giver", "an.tt", "--taker", "Phạm Văn Cường",
                    "--title", "Điều tra viên", "--agency", "PA05 Công an tỉnh", "--why", "giám định", "--place",
                    "trụ sở PA05", "--medium", "01 USB niêm phong", "--copies", "2")[0]["hand_over"]
    got = sheet(s, "bien-ban-chung-cu", sheet_of)
    has(got, *HEAD, LAW, OWN, "/BB-SKHCN", "Trần Thị An, trực giám sát", "Sở Khoa học và Công nghệ", "Phạm Văn Cường, Điều tra viên",
        "PA05 Công an tỉnh", "trụ sở PA05", "01 USB niêm phong", "02 bản", shown["number"],
        good("evidence", "list", number)[0]["sha256"])
    equal(dotted(got[1]), [])

    phieu = str(good("phieu", "make", "--kind", "request", "--agency", "2", "--system", "1", "--incident", number, "--alert",
                     "1", "--subject", "Khắc phục trang bị thay đổi", "--what", "Trang chủ bị thay đổi", "--proof",
                     "Ảnh chụp màn hình", "--steps", "Cô lập\nĐổi mật khẩu", "--due", zoned(now + 86400))[0]["phieu"])
    good("phieu", "send", phieu, "--channel", "letter")
    got = sheet(s, "phieu", phieu)
    has(got, *HEAD, *SIGNED, LAW, OWN, "/PYC-SKHCN", "PHIẾU YÊU CẦU XỬ LÝ", "Kính gửi: UBND xã A", "Cổng thông tin xã A", "☒ Cao", "Ảnh chụp màn hình", "1. Cô lập",
        "2. Đổi mật khẩu", vn_minute(zoned(now + 86400)), "Lê Văn Bình, điện thoại 0234999999", "Hệ thống giám sát")
    blanks = dotted(got[1])
    equal(len(blanks), 7)  # the annex: by pen of the agency
    holds(all(line.endswith(":") for line in blanks), blanks)

    letter = str(good("letter", "write", "--party", "UBND xã A", "--agency", "2", "--incident", number, "--subject",
                      "phối hợp khắc phục", "--text", "Đề nghị đơn vị phối hợp.\nTrân trọng.")[0]["letter"])
    draft = sheet(s, "cong-van", letter)
    has(draft, *HEAD, *SIGNED, "/SKHCN-CNS", "V/v phối hợp khắc phục", "Kính gửi: UBND xã A", "Đề nghị đơn vị phối hợp.", "Trân trọng./.")
    good("letter", "send", letter, "--number", "56/SKHCN-CNS", "--day", "2026-11-05", "--channel", "letter")
    has(sheet(s, "cong-van", letter), "Số: 56/SKHCN-CNS", "Mẫu, ngày 05 tháng 11 năm 2026")

    got = sheet(s, "bien-ban-ban-giao-ca", hand_over(s, "an.tt", once["an.tt"], "binh.lv"))
    has(got, *HEAD, "/BB-SKHCN", "Phòng trực, tầng 3", "Trần Thị An, Trực giám sát", "Lê Văn Bình, Trưởng ca trực",
        "Từ " + vn_minute(zoned(now - 3600)), "tiếp nhận 01 cảnh báo, đã đóng 00, còn 01 cảnh báo", shown["number"], "Chờ xã A trả lời",
        "01 sự cố đang ứng phó", "Việc: " + shown["tasks"][1]["title"])
    equal(dotted(got[1]), [])

    month = zoned(now - 3600 + 7 * 3600, "%Y-%m")
    got = sheet(s, "lich-truc", month)
    has(got, *HEAD, *SIGNED, "/LT-SKHCN", "tháng %s/%s" % (month[5:] if month[5:] < "03" else month[5:].lstrip("0"), month[:4]),
        "Trần Thị An", "Lê Văn Bình", "Điện thoại trực: 0234999999")
    equal(dotted(got[1]), [])

    for task in good("task", "list", "--incident", number):
        if task["state"] != "done":
            good("task", "done", str(task["id"]), "--result", "xong")
    clocks = [str(c["id"]) for c in good("clock", "list")]
    good("clock", "dispatch", "--incident", number, *[w for c in clocks for w in ("--clocks", c)], "--number", "34/BC-SKHCN",
         "--sent", "0s", "--channel", "letter", "--recipient", "Công an tỉnh")
    good("incident", "stage", number, "--stage", "recover")
    good("incident", "close", number, "--cause", "attack", "--result", "Đã khôi phục trang", "--why", "Lỗ hổng tải tệp", "--scope",
         "Không lộ dữ liệu", "--machines", "1", "--outage", "90", "--damage", "2500000", "--unsent", "báo cáo kết thúc sau")
    got = sheet(s, "mau-04", number)
    has(got, *HEAD, *SIGNED, LAW, OWN, "/BC-SKHCN", PA05, "34/BC-SKHCN", "Cổng thông tin xã A", t0, "Lỗ hổng tải tệp", "Không lộ dữ liệu",
        "01 máy", "1,5 giờ", "2.500.000 đồng", "Đã khôi phục trang", shown["tasks"][0]["title"] + ": đã rút cáp",
        vn_minute(good("incident", "show", number)[0]["closed"]), "trực giám sát", "đơn vị vận hành")
    holds("operator" not in got[0] and "analyst" not in got[0], got[1])
    equal(dotted(got[1]), [])


@with_server()
def test_what_is_not_recorded_is_told_by_name(s):
    canh, good = commands(s)
    made = good("incident", "open", "--title", "Mã độc", "--type", "N1", "--severity", "M3", "--channel", "phone")[0]
    out = s.place.path("x.docx")
    done = s.place.canh("print", "mau-03", str(made["incident"]), "--out", out, "--layout", "13", "--data", s.data)
    equal(done.code, 0)
    with open(out, "rb") as f:
        equal(f.read(2), b"PK")
    for field in ("agency.name", "agency.symbol", "reporter.name", "contact.phone", "system.name", "system.services",
                  "sign.titles", "sign.name"):
        holds("{%s}" % field in done.err, (field, done.err))
    for words, told in ((("mau-03", "99"), "There is no incident 99."), (("mau-99", "1"), "There is no form 'mau-99'"),
                        (("lich-truc", "2026-13"), "There is no month 2026-13."), (("mau-03", "x"), "incident: "),
                        (("mau-03",), "takes one FORM and one ID"), (("mau-03", "1", "--out", s.place.path("a.odt")), ".docx"),
                        (("phieu", "1", "--templates", s.place.path("none")), "There is no phieu 1.")):
        done = s.place.canh("print", *words, "--data", s.data)
        holds(done.code == 2 and told in done.err, (words, done.code, done.err))
    done = s.place.canh("print", "bao-cao-nhanh", str(made["incident"]), "--data", s.data)
    equal((done.code, done.out), (0, b"bao-cao-nhanh-1.pdf\n"))
    text = subprocess.run(["pdftotext", "-raw", s.place.path("bao-cao-nhanh-1.pdf"), "-"], capture_output=True, check=True,
                          timeout=60).stdout.decode("utf-8")
    holds("nguồn: điện thoại" in re.sub(r"\s+", " ", text), text)


def test_what_a_pen_fills_in_is_listed(place):
    """As docs/sheets.md says it; every form has a template."""
    listed = place.canh("print", "--list").out.decode().split("\n\nBy pen:\n")
    forms = [line.split() for line in listed[0].splitlines()]
    with open(os.path.join(TOP, "docs", "sheets.md"), encoding="utf-8") as f:
        doc = f.read()
    rows = [tuple(c.strip(" `") for c in line.strip("|").split("|")) for line in doc.splitlines() if line.startswith("|")]
    for name, param, *_ in forms:
        holds(os.path.exists(os.path.join(TOP, "data", "templates", name + ".yaml")), name)
        holds(any(r[:2] == (name, param) for r in rows), "%s %s is not in docs/sheets.md" % (name, param))
    for line in listed[1].splitlines():
        form, what, why = re.match(r"(\S+) +(.*?)  +(.*)", line).groups()
        holds((form, what, why) in rows, "%s is not in docs/sheets.md" % line)


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
