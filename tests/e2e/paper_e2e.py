"""Goal: whoever may see the data of a sheet gets the sheet itself over HTTP, as PDF and as DOCX, under a proper name;
what makes it is a process of its own that is there only while it is needed, and whose death is a sentence to who waits
and a count, and nothing else.
Method: a real server; what print_e2e.py records; the documents read back with poppler and as DOCX; the printer stopped,
killed, and given texts made to harm it.

    paper_e2e.py CANH
"""

import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
import zipfile

from api import ALL, SOME, with_api
from incident_e2e import commands
from login_e2e import PASSWORD, Browser
from print_e2e import hand_over, house, incident, register, roster, zoned
from program import equal, holds, run

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def fetch(s, path, cookie=None, token=None):
    """(status, head, bytes)"""
    c = s.connect()
    c.timeout = 60
    c.request("GET", "/api" + path, headers={**({"Cookie": cookie} if cookie else {}),
                                             **({"Authorization": "Bearer " + token} if token else {})})
    answer = c.getresponse()
    body = answer.read()
    c.close()
    return answer.status, answer.headers, body


def text_of(kind, body):
    """All of it, without blanks."""
    if kind == "pdf":
        text = subprocess.run(["pdftotext", "-raw", "-", "-"], input=body, capture_output=True, check=True,
                              timeout=60).stdout.decode("utf-8")
    else:
        with zipfile.ZipFile(io.BytesIO(body)) as z:
            equal(z.testzip(), None)
            text = re.sub(r"<[^>]*>", "", z.read("word/document.xml").decode("utf-8"))
    return re.sub(r"\s+", "", text)


def someone(s, name, once):
    b = Browser(s)
    equal(b.login(name, once)[0], 200)
    equal(b.post("/password", {"old": once, "new": PASSWORD})[0], 200)
    return b


def file_name(head):
    """The name that a browser saves it under (RFC 6266): the extended one, and the plain one beside it."""
    field = head["Content-Disposition"]
    plain, extended = re.fullmatch(r'attachment; filename="([\w.-]+)"; filename\*=UTF-8\'\'([\w.%-]+)', field).groups()
    return plain, urllib.parse.unquote(extended)


def printer(s):
    return s.roles().get(("printer", 0))


def counts(s):
    console = json.loads(fetch(s, "/stat", token=ALL)[2])["console"]
    return console["papers"], console["papers_failed"]


def has(text, *words):
    for w in words:
        holds(re.sub(r"\s+", "", w) in text, "'%s' is not in %s" % (w, text[:3000]))


@with_api
def test_each_sheet_over_http(s):
    canh, good = commands(s)
    now = time.time()
    once = house(good)
    register(good)
    once["c.xa"] = good("user", "add", "--user", "c.xa", "--display", "Xã A", "--roles", "contact", "--agency", "2")[0]["password"]
    once["k.tra"] = good("user", "add", "--user", "k.tra", "--display", "Kiểm toán", "--roles", "auditor")[0]["password"]
    roster(good, now)
    number, shown = incident(s, canh, good)
    equal(printer(s), None)  # nobody has asked for anything

    good("evidence", "add", number, "--what", "Nhật ký web", "--origin", "cong-xa-a", "--events", "0.1", "--by", "an.tt")
    over = good("evidence", "hand_over", number, "--evidence", "1", "--giver", "an.tt", "--taker", "Phạm Văn Cường",
                "--agency", "PA05 Công an tỉnh", "--why", "giám định", "--medium", "01 USB niêm phong")[0]["hand_over"]
    phieu = good("phieu", "make", "--kind", "request", "--agency", "2", "--system", "1", "--incident", number, "--subject",
                 "Khắc phục", "--what", "Trang chủ bị thay đổi", "--proof", "Ảnh", "--steps", "Cô lập", "--due", zoned(now + 86400))[0]["phieu"]
    letter = good("letter", "write", "--party", "UBND xã A", "--subject", "phối hợp", "--text", "Đề nghị phối hợp.")[0]["letter"]
    handed = hand_over(s, "an.tt", once["an.tt"], "binh.lv")
    b = Browser(s)
    equal(b.login("an.tt", PASSWORD)[0], 200)
    month = zoned(now - 3600 + 7 * 3600, "%Y-%m")

    rows = [("mau-03", "incident", number, "Báo cáo ban đầu sự cố", ("Cổng thông tin xã A", "☒ Web")),
            ("mau-04", "incident", number, "Báo cáo kết thúc sự cố", ("Cổng thông tin xã A",)),
            ("bao-cao-nhanh", "incident", number, "Báo cáo nhanh sự cố",
             ("Tấn công thay đổi giao diện", "Trực ban: Lê Văn Bình")),  # words that only the act has
            ("phieu", "phieu", phieu, "Phiếu", ("PHIẾU YÊU CẦU XỬ LÝ", "Trang chủ bị thay đổi")),
            ("cong-van", "letter", letter, "Công văn", ("Đề nghị phối hợp.",)),
            ("bien-ban-chung-cu", "hand_over", over, "Biên bản bàn giao chứng cứ", ("Phạm Văn Cường", "01 USB niêm phong")),
            ("bien-ban-ban-giao-ca", "handover", handed, "Biên bản bàn giao ca", ("Trần Thị An", "Chờ xã A trả lời")),
            ("lich-truc", "month", month, "Lịch trực", ("Trần Thị An", "Lê Văn Bình"))]
    made = 0
    for form, param, which, title, words in rows:
        for kind, type_ in (("pdf", "application/pdf"), ("docx", DOCX)):
            path = "/form/%s?%s=%s&as=%s" % (form, param, which, kind)
            status, head, body = fetch(s, path, b.cookie)
            equal((path, status, head["Content-Type"]), (path, 200, type_))
            made += 1
            equal((head["Cache-Control"], head["X-Content-Type-Options"]), ("no-store", "nosniff"))
            equal(file_name(head), ("%s-%s.%s" % (form, which, kind), "%s %s.%s" % (title, which, kind)))
            has(text_of(kind, body), "Sở Khoa học và Công nghệ".upper(), *words)
            keep = os.environ.get("SHEETS")  # to be looked at
            if keep:
                with open(os.path.join(keep, "http-%s.%s" % (form, kind)), "wb") as f:
                    f.write(body)
    equal(counts(s), (made, 0))
    # The same document as the command makes of the same data.
    out = s.place.path("same.pdf")
    equal(canh("print", "mau-03", number, "--out", out).code, 0)
    with open(out, "rb") as f:
        equal(text_of("pdf", f.read()), text_of("pdf", fetch(s, "/form/mau-03?incident=%s&as=pdf" % number, b.cookie)[2]))
    heights = [round(max(float(high) - float(low) for low, high in re.findall(r'yMin="([0-9.]+)" xMax="[0-9.]+" yMax="([0-9.]+)"', subprocess.run(
        ["pdftotext", "-bbox", "-", "-"], input=fetch(s, "/form/mau-03?incident=%s&as=pdf%s" % (number, more), b.cookie)[2],
        capture_output=True, check=True, timeout=60).stdout.decode())), 1) for more in ("", "&layout=14", "&layout=13")]
    holds(heights[0] == heights[1] > heights[2], heights)

    # Who may not see the data gets no document, whatever the form; what is not there, or is none, is said.
    contact, auditor = someone(s, "c.xa", once["c.xa"]), someone(s, "k.tra", once["k.tra"])
    for form, param, which, *_ in rows:
        path = "/form/%s?%s=%s" % (form, param, which)
        for who, cookie, token in (("nobody", None, None), ("alerts only", None, SOME), ("contact", contact.cookie, None),
                                   ("auditor", auditor.cookie, None)):
            data, paper = fetch(s, path, cookie, token)[0], fetch(s, path + "&as=pdf", cookie, token)[0]
            # the quick report goes out: who may see its data may not yet send it
            want = 403 if who == "auditor" and form == "bao-cao-nhanh" else data
            equal((who, path, paper), (who, path, want))
            holds((data == 200) == (who == "auditor"), (who, path, data))
    for query, status, why in (("incident=99&as=pdf", 404, "There is no incident 99."), ("incident=x&as=pdf", 400, "incident"),
                               ("incident=%s&as=odt" % number, 400, "pdf, docx"), ("as=pdf", 400, "incident: This is missing"),
                               ("incident=%s&as=pdf&format=json" % number, 400, "format"),
                               ("incident=%s&as=pdf&layout=12" % number, 400, "13, 14"),
                               ("incident=%s%%2f..&as=pdf" % number, 400, "incident")):
        got = fetch(s, "/form/mau-03?" + query, b.cookie)
        holds(got[0] == status and why in json.loads(got[2])["error"], (query, got[0], got[2]))
    status, _, body = fetch(s, "/form/mau-03?incident=%s" % number, b.cookie)  # as ever
    holds(status == 200 and json.loads(body)["data"]["system"]["name"] == "Cổng thông tin xã A", body)


HOSTILE = [("every control character", "".join(chr(c) for c in range(1, 32)) + "\x7f\u0085"),
           ("directions", "\u202e\u202d\u2066\u2067\u2068\u2069\u200f\u061c" * 400 + "abc"),
           ("marks upon marks", "a" + "\u0301\u0323\u0489" * 1500),
           ("one word", "W" * 4900), ("joined", "\u200d\ufe0f\U0001f468" * 1200),
           ("scripts of all the world", "ﷺ مرحبا नमस्ते ไทย 한국어 𠀀 \U0010ffff \ufffe" * 60),
           ("markup", "</w:t><w:t>&amp;\"'<!-- {system.name} **b** __i__ [^x] ]]>" * 60),
           ("many lines", "x\n" * 2400)]


@with_api
def test_a_hostile_text_is_a_document_like_any_other(s):
    _, good = commands(s)
    cookie = someone(s, "an.tt", house(good)["an.tt"]).cookie
    made = 0
    for name, text in HOSTILE:
        done = s.place.canh("incident", "open", "--title", "Mã độc", "--type", "N1", "--severity", "M3", "--channel", "phone",
                            "--summary", text, "--format", "json", "--data", s.data)
        if done.code != 0:  # it is not let in
            continue
        made += 1
        number = json.loads(done.out)["incident"]
        for kind in ("pdf", "docx"):
            status, _, body = fetch(s, "/form/mau-03?incident=%d&as=%s" % (number, kind), cookie)
            equal((name, kind, status if status == 200 else body), (name, kind, 200))
            has(text_of(kind, body), "BÁO CÁO", "Ban đầu sự cố")
    holds(made >= 5, made)
    equal(counts(s)[1], 0)
    holds(" ended" not in s.text() and "killed" not in s.text(), s.text()[-2000:])


@with_api
def test_the_printer_is_there_while_it_is_needed_and_its_death_harms_nobody(s):
    _, good = commands(s)
    cookie = someone(s, "an.tt", house(good)["an.tt"]).cookie
    number = good("incident", "open", "--title", "Mã độc", "--type", "N1", "--severity", "M3", "--channel", "phone")[0]["incident"]
    path = "/form/mau-03?incident=%d&as=pdf" % number
    equal(fetch(s, path, cookie)[0], 200)
    first = printer(s)
    holds(first, s.roles())
    with open("/proc/%d/status" % first, encoding="ascii") as f:
        status = f.read()
    holds(re.search(r"^Seccomp:\s+2$", status, re.M) and re.search(r"^NoNewPrivs:\s+1$", status, re.M), status)
    holds(re.search(r"printer 0 is ready; sandbox: full: (\d+) of \1 refused", s.text()), s.text()[-3000:])
    equal(fetch(s, path, cookie)[0], 200)
    equal(printer(s), first)  # the same one

    # Killed while nothing is made: nobody notices.
    os.kill(first, signal.SIGKILL)
    s.until("its end", lambda: printer(s) != first)
    equal(fetch(s, path, cookie)[0], 200)
    equal(counts(s), (3, 0))

    # It hangs: it is killed, who waits is told, the ones behind him get theirs from the next.
    second, got = printer(s), []
    os.kill(second, signal.SIGSTOP)
    hung = threading.Thread(target=lambda: got.append(fetch(s, path, cookie)))
    hung.start()
    time.sleep(0.5)
    behind = [threading.Thread(target=lambda: got.append(fetch(s, path, cookie))) for _ in range(3)]
    for t in behind:
        t.start()
    equal(fetch(s, "/stat", token=ALL)[0], 200)  # the console waits for nobody
    for t in [hung, *behind]:
        t.join()
    equal(sorted(x[0] for x in got), [200, 200, 200, 500])
    holds("ended over it" in next(json.loads(x[2])["error"] for x in got if x[0] == 500), got)
    s.says("printer 0 is killed: it says nothing.")
    equal(counts(s), (6, 1))

    # More at once than wait: the others are asked to come again.
    third = printer(s)
    holds(third not in (None, second), third)
    os.kill(third, signal.SIGSTOP)
    got.clear()
    crowd = [threading.Thread(target=lambda: got.append(fetch(s, path, cookie)[0])) for _ in range(12)]
    for t in crowd:
        t.start()
    s.until("the refusals", lambda: got.count(503) == 4)
    os.kill(third, signal.SIGCONT)
    for t in crowd:
        t.join()
    equal(sorted(set(got)), [200, 503])
    equal(got.count(200), 8)

    # The console dies: its printer ends with it, and the next has one of its own.
    os.kill(s.roles()[("console", 0)], signal.SIGKILL)
    s.until("its end", lambda: printer(s) != third)
    s.until("a document", lambda: asked(s, path, cookie), 60)

    s.end()
    equal([line for line in s.text().splitlines() if "Sanitizer" in line or "runtime error" in line], [])


def asked(s, path, cookie):
    try:
        return fetch(s, path, cookie)[0] == 200
    except OSError:
        return False


@with_api
def test_it_rests(s):
    _, good = commands(s)
    cookie = someone(s, "an.tt", house(good)["an.tt"]).cookie
    number = good("incident", "open", "--title", "Mã độc", "--type", "N1", "--severity", "M3", "--channel", "phone")[0]["incident"]
    equal(fetch(s, "/form/mau-03?incident=%d&as=pdf" % number, cookie)[0], 200)
    holds(printer(s), s.roles())
    s.until("its rest", lambda: printer(s) is None, 60)
    holds(" ended" not in s.text() and "killed" not in s.text(), s.text()[-2000:])
    equal(fetch(s, "/form/mau-03?incident=%d&as=docx" % number, cookie)[0], 200)


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
