"""The registers of a running server: the sample province by command, XLSX and CSV, out and back.

    registry_e2e.py CANH
"""

import io
import json
import os
import sys
import zipfile

from api import with_api
from login_e2e import NEXT, Browser, made
from program import equal, holds, run
from server import with_server

SAMPLE = os.path.join(os.path.dirname(__file__), "..", "..", "data", "sample", "province")
TABLES = [("agency", "agencies", 29), ("contact", "contacts", 19), ("system", "systems", 30), ("machine", "machines", 63),
          ("source", "sources", 5)]
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def xlsx(rows):
    """The smallest book there is, all cells texts."""
    cells = "".join("<row>%s</row>" % "".join("<c t='inlineStr'><is><t>%s</t></is></c>" % c for c in r) for r in rows)
    parts = {
        "[Content_Types].xml": "<Types xmlns='%s/content-types'><Default Extension='rels' ContentType='application/vnd."
                               "openxmlformats-package.relationships+xml'/><Default Extension='xml' ContentType="
                               "'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml'/></Types>"
                               % PACKAGE,
        "_rels/.rels": "<Relationships xmlns='%s/relationships'><Relationship Id='a' Type='%s/officeDocument' "
                       "Target='xl/workbook.xml'/></Relationships>" % (PACKAGE, OFFICE),
        "xl/workbook.xml": "<workbook xmlns='%s' xmlns:r='%s'><sheets><sheet name='A' sheetId='1' r:id='a'/></sheets>"
                           "</workbook>" % (MAIN, OFFICE),
        "xl/_rels/workbook.xml.rels": "<Relationships xmlns='%s/relationships'><Relationship Id='a' Type='%s/worksheet' "
                                      "Target='worksheets/sheet1.xml'/></Relationships>" % (PACKAGE, OFFICE),
        "xl/worksheets/sheet1.xml": "<worksheet xmlns='%s'><sheetData>%s</sheetData></worksheet>" % (MAIN, cells),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, text in parts.items():
            z.writestr(name, text)
    return out.getvalue()


def commands(s):
    canh = lambda *words: s.place.canh(*words, "--data", s.data)
    s.until("the desk", lambda: canh("agency", "list").code == 0)
    return canh


def take(canh, form, path, *more):
    done = canh("registry", "import", "--form", form, "--file", path, "--format", "json", *more)
    holds(done.code == 0, (form, done.code, done.err))
    return json.loads(done.out)


@with_server()
def test_the_sample_province_goes_in_and_out(s):
    canh = commands(s)
    for form, name, count in TABLES:
        tried = take(canh, form, os.path.join(SAMPLE, name + ".csv"), "--dry")
        equal((tried["imported"], tried["added"]), (False, count))
        done = take(canh, form, os.path.join(SAMPLE, name + ".csv"))
        equal((form, done["imported"], done["added"]), (form, True, count))
    shown = canh("system", "list", "--text", "mot cua").out.decode() + canh("system", "list", "--level", "3").out.decode()
    holds("HT-QLVB" in shown, shown)
    tree = canh("agency", "list", "--state", "all").out.decode()
    holds("UBND phường Mẫu An" in tree and "XC-1" in tree, tree)
    for form, name, count in TABLES:
        path = os.path.join(s.data, "..", form + ".csv")
        with open(path, "wb") as f:
            f.write(canh(form, "rows", "--format", "csv").out)
        done = take(canh, form, path)
        equal((form, done.get("added"), done.get("changed")), (form, 0, 0))


@with_server()
def test_a_book_is_taken_whole_or_not_at_all(s):
    canh = commands(s)
    path = os.path.join(s.data, "..", "book.xlsx")
    head = ["Mã cơ quan", "Tên cơ quan", "Loại cơ quan", "Mã cơ quan cấp trên"]
    for last, imported in (("KHONG", False), ("A", True)):
        with open(path, "wb") as f:
            f.write(xlsx([["Danh mục"], head, ["A", "Tỉnh", "UBND tỉnh, thành phố", ""], ["B", "Xã", "Xã", last]]))
        done = take(canh, "agency", path)
        equal((done["imported"], done["rows"], done["wrong"]), (imported, 2, 0 if imported else 1))
        equal(canh("agency", "list", "--format", "csv").out.count(b"\r\n") > 1, imported)
        if not imported:
            fault = done["faults"][0]
            equal((fault["row"], fault["column"], fault["en"]), (4, "D", "There is no agency KHONG."))
    with open(path, "wb") as f:
        f.write(b"PK\3\4nothing")
    done = canh("registry", "import", "--form", "agency", "--file", path)
    holds(done.code == 2 and "file: " in done.err, (done.code, done.err))


@with_server()
def test_alerts_of_a_system_are_those_about_its_machines_and_domains(s):
    canh = commands(s)

    def good(*words):
        got = canh(*words, "--format", "json")
        equal((words, got.code), (words, 0))
        return [json.loads(line) for line in got.out.splitlines()]

    good("agency", "add", "--code", "A", "--name", "Tỉnh", "--kind", "province")
    for code, domain in (("WEB", "web.tinh.gov.vn"), ("MAIL", "mail.tinh.gov.vn")):
        good("system", "add", "--code", code, "--name", code, "--owner", "1", "--operator", "1", "--type", "public", "--information", "public",
             "--domains", domain, "--networks", "10.9.0.0/16")
    good("machine", "add", "--system", "1", "--name", "SRV-1", "--kind", "server", "--addresses", "10.9.0.1 2001:db8::1")
    good("machine", "add", "--system", "2", "--name", "srv-10", "--kind", "server", "--addresses", "10.9.0.10")
    about = ["srv-1", "Srv-1.tinh.gov.vn", "10.9.0.1", "2001:db8::1", "WEB.tinh.gov.vn", "srv-10", "srv-1x", "10.9.0.10", "10.9.0.2", "tinh.gov.vn"]
    for entity in about:
        good("alert", "open", "--title", "Lạ", "--level", "high", "--entity", entity, "--channel", "phone", "--text", "x")
    of = lambda *words: sorted(r["entity"] for r in good("alert", "list", *words))
    equal(of("--system", "1"), sorted(about[:5]))
    equal(of("--system", "2"), sorted(["srv-10", "10.9.0.10"]))
    equal(of("--system", "3"), [])
    good("alert", "close", "1", "--verdict", "test", "--reason", "thử")
    equal(of("--system", "1", "--state", "closed"), ["srv-1"])
    equal(len(of("--system", "1")), 4)
    equal(of("--system", "1", "--entity", "srv-1.tinh.gov.vn"), ["Srv-1.tinh.gov.vn"])
    good("machine", "retire", "--machine", "1")
    equal(of("--system", "1", "--state", "all"), ["WEB.tinh.gov.vn"])


def book(s, path, cookie=None):
    """(status, type, bytes) of a GET."""
    c = s.connect()
    c.request("GET", "/api" + path, headers={"Cookie": cookie} if cookie else {})
    answer = c.getresponse()
    done = answer.status, answer.getheader("Content-Type"), answer.read()
    c.close()
    return done


def logged_in(s, name, roles, *more):
    once, b = made(s, name, roles, *more), Browser(s)
    equal(b.login(name, once)[0], 200)
    equal(b.post("/password", {"old": once, "new": NEXT})[0], 200)
    equal(b.login(name, NEXT)[0], 200)
    return b


@with_api
def test_a_register_comes_as_a_book_to_who_may_see_it(s):
    canh = commands(s)
    for form, name, count in TABLES:
        equal(take(canh, form, os.path.join(SAMPLE, name + ".csv"))["added"], count)
    equal(book(s, "/registry/export/agency")[0], 401)
    officer, contact = logged_in(s, "can-bo", "officer"), logged_in(s, "dau-moi", "contact", "--agency", "7")
    path = os.path.join(s.data, "..", "out.xlsx")
    for form, name, count in TABLES:
        for format, language in (("xlsx", "vi"), ("xlsx", "en"), ("csv", "vi"), ("csv", "en")):
            status, kind, body = book(s, "/registry/export/%s?format=%s&language=%s" % (form, format, language),
                                      officer.cookie)
            equal((form, status, kind.split(";")[0]),
                  (form, 200, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
                   if format == "xlsx" else "text/csv"))
            with open(path, "wb") as f:
                f.write(body)
            done = take(canh, form, path)  # all of it, as it is
            equal((form, format, done["rows"], done.get("added"), done.get("changed")), (form, format, count, 0, 0))
        status, kind, body = book(s, "/registry/export/%s?format=form" % form, officer.cookie)
        equal((status, "xl/workbook.xml" in zipfile.ZipFile(io.BytesIO(body)).namelist()), (200, True))
    # A contact's is what its views show.
    for form, name, count in TABLES:
        status, kind, body = book(s, "/registry/export/%s?format=csv" % form, contact.cookie)
        seen = book(s, "/%s/rows?format=csv" % form, contact.cookie)[2]
        equal((form, status, body.count(b"\r\n")), (form, 200, seen.count(b"\r\n")))
        holds(body.count(b"\r\n") <= count // 2, (form, body))
    for wrong in ("format=pdf", "language=fr", "format=%ff"):
        equal((wrong, book(s, "/registry/export/agency?" + wrong, officer.cookie)[0]), (wrong, 400))
    described = json.loads(book(s, "/")[2])["paths"]["/registry/export/machine"]["get"]
    equal(described["x-roles"], ["analyst", "lead", "officer", "contact", "auditor", "administrator"])
    equal([p["name"] for p in described["parameters"]], ["format", "language"])


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
