"""src/sheet against programs that others wrote: openpyxl, and LibreOffice where it is.

Goal: they read what we write, cell for cell, without a word; we read what they write.
Method: tables by chance from a seed (CANH_SEED repeats one) through tests/e2e/sheet_drive.c; the only test here that is
not made with the standard library alone.
"""
import datetime
import json
import os
import random
import shutil
import subprocess
import sys
import xml.dom.minidom
import zipfile

if sys.executable != "/usr/bin/python3" and not os.environ.get("CANH_SHEET_PYTHON"):
    os.environ["CANH_SHEET_PYTHON"] = "1"  # Debian's own has Debian's openpyxl
    if os.path.exists("/usr/bin/python3"):
        os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])

from program import equal, holds, run  # noqa: E402

try:
    import openpyxl
    import openpyxl.styles
except ImportError:
    openpyxl = None

DRIVE = os.path.abspath(sys.argv[1])
SEED = int(os.environ.get("CANH_SEED", "20260105"))
EPOCH = datetime.datetime(1970, 1, 1)
TEXTS = ["Máy chủ", "=1+1", "+84912", "@x", "-", "a\nb", " blank ", "<&>\"'", "😀", "0912345678", "x" * 300, "'=", "1.234"]


def drive(*words, given=""):
    p = subprocess.run([DRIVE, *words], input=given.encode(), capture_output=True, timeout=60, check=False)
    holds(p.returncode in (0, 1), p.stderr.decode("utf-8", "replace"))
    return [json.loads(line) for line in p.stdout.splitlines()]


def show(path):
    """{sheet: (hidden, {row: cells})}, or the sentence of an error."""
    book, rows = {}, None
    for line in drive("show", path):
        if line[0] == "error":
            return line[2]
        if line[0] == "sheet":
            rows = {}
            book[line[1]] = (line[2], rows)
        else:
            rows[line[1]] = line[2]
    return book


def any_cell(r):
    """As drive takes it, and as openpyxl shows it."""
    kind = r.randrange(6)
    if kind == 0:
        return None, None
    if kind == 1:
        text = r.choice(TEXTS)
        return text, text
    if kind == 2:
        number = r.choice([0, 1, -7, 3.25, 1e15, 1234567.891, -0.001])
        return number, number
    if kind == 3:
        return True, True
    day, second = r.randrange(-25000, 60000), r.choice([0, 1, 30600, 86399])
    return {"date": day, "seconds": second}, EPOCH + datetime.timedelta(days=day, seconds=second)


def any_table(r, rows=40, columns=7):
    return [[any_cell(r) for _ in range(columns)] for _ in range(rows)]


def layout(name, columns, rows, choices=()):
    return {"name": name, "columns": [{"name": c, "look": 0, "choices": list(choices) if i == 0 else []}
                                      for i, c in enumerate(columns)], "rows": rows}


def near(a, b):
    """openpyxl rounds times to microseconds."""
    if isinstance(a, datetime.datetime) and isinstance(b, datetime.datetime):
        return abs((a - b).total_seconds()) < 0.001
    return a == b and isinstance(a, bool) == isinstance(b, bool)


def test_openpyxl_reads_what_we_write(place):
    if openpyxl is None:
        return "no openpyxl (python3-openpyxl)"
    r = random.Random(SEED)
    header = ["Cột %d" % i for i in range(7)]
    for _ in range(10):
        table = any_table(r)
        sheets = [layout("Máy & trạm's", header, [[c[0] for c in row] for row in table], ["a, b", 5]),
                  layout("Hai", ["x"], [["y"]])]
        drive("make", "xlsx", place.path("b.xlsx"), given=json.dumps(sheets))
        book = openpyxl.load_workbook(place.path("b.xlsx"))
        equal([(s.title, s.sheet_state) for s in book],
              [("Máy & trạm's", "visible"), ("Hai", "visible"), ("_lists", "hidden")])
        s = book["Máy & trạm's"]
        equal([c.value for c in s[1]], header)
        for at, row in enumerate(table):
            for k, (_, want) in enumerate(row):
                got = s.cell(at + 2, k + 1)
                holds(near(got.value, want), (SEED, at, k, got.value, want))
                holds(got.data_type != "f", (at, k, got.value))
        holds(s["A1"].font.b and s.freeze_panes == "A2" and s.auto_filter.ref == "A1:G41", s.auto_filter.ref)
        equal([(str(v.sqref), v.type, v.formula1) for v in s.data_validations.dataValidation],
              [("A2:A1048576", "list", "_lists!$A$1:$A$2")])
        equal([[c.value for c in row] for row in book["_lists"]], [["a, b"], [5]])
        with zipfile.ZipFile(place.path("b.xlsx")) as z:
            names = xml.dom.minidom.parseString(z.read("xl/workbook.xml")).getElementsByTagName("definedName")
        equal([n.firstChild.data for n in names], ["'Máy & trạm''s'!$A$1:$G$41", "'Hai'!$A$1:$A$2"])
    return None


def test_every_part_that_we_write_is_well_formed(place):
    drive("make", "xlsx", place.path("b.xlsx"), given=json.dumps([layout("S", ["a"], [["\x01<&>]]>\ufffe"]], ["x"])]))
    with zipfile.ZipFile(place.path("b.xlsx")) as z:
        equal(z.testzip(), None)
        equal(z.namelist()[0], "[Content_Types].xml")
        for name in z.namelist():
            xml.dom.minidom.parseString(z.read(name))


def write_openpyxl(path, table, epoch_1904):
    book = openpyxl.Workbook()
    if epoch_1904:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    s = book.active
    s.title = "Bảng"
    for at, row in enumerate(table):
        for k, (_, value) in enumerate(row):
            c = s.cell(at + 1, k + 1)
            if isinstance(value, str):
                c.data_type = "s"
                c._value = value  # a text, whatever it begins with
            else:
                c.value = value
            if k == 2:
                c.font = openpyxl.styles.Font(bold=True)
    book.create_sheet("Ẩn").sheet_state = "veryHidden"
    book.save(path)


def test_we_read_what_openpyxl_writes(place):
    if openpyxl is None:
        return "no openpyxl (python3-openpyxl)"
    r = random.Random(SEED + 1)
    for at in range(10):
        table = any_table(r)
        write_openpyxl(place.path("b.xlsx"), table, at % 2 == 1)
        book = show(place.path("b.xlsx"))
        equal([(name, hidden) for name, (hidden, _) in book.items()], [("Bảng", False), ("Ẩn", True)])
        rows = book["Bảng"][1]
        for n, row in enumerate(table):
            got = rows.get(n + 1, [])
            got = got + [None] * (len(row) - len(got))
            for k, (want, _) in enumerate(row):
                if isinstance(want, dict) and at % 2 == 1 and want["date"] < -24107:
                    continue  # before 1904 there is no such number
                holds(got[k] == want, (SEED, n, k, got[k], want))
    return None


def test_csv_that_we_write_is_read_by_others(place):
    import csv
    r = random.Random(SEED + 2)
    table = [[r.choice(TEXTS) for _ in range(5)] for _ in range(50)]
    told = drive("make", "csv", place.path("b.csv"), given=json.dumps([layout("S", list("abcde"), table)]))
    with open(place.path("b.csv"), encoding="utf-8-sig", newline="") as f:
        got = list(csv.reader(f))
    dangerous = ("=", "+", "-", "@", "'=")
    equal(got[1:], [["'" + t if t.startswith(dangerous) else t for t in row] for row in table])
    equal(told[0][1], sum(t.startswith(dangerous) for row in table for t in row))
    rows = show(place.path("b.csv"))[""][1]
    equal([rows[i + 2] for i in range(50)], table)


def fill(path, rows, out):
    """The empty book, filled in as somebody does: typed values, and the look that the columns have."""
    book = openpyxl.load_workbook(path)
    s = book.worksheets[0]
    for at, row in enumerate(rows):
        for k, value in row.items():
            s.cell(at + 2, k + 1, value)
    book.save(out)


def test_an_empty_book_is_filled_in_and_taken(place):
    if openpyxl is None:
        return "no openpyxl (python3-openpyxl)"
    kinds = {"vi": ["Máy chủ, thiết bị", "Máy trạm"], "en": ["Server", "Workstation"]}
    for language, kind in kinds.items():
        drive("template", language, place.path("t.xlsx"))
        book = openpyxl.load_workbook(place.path("t.xlsx"))
        s = book.worksheets[0]
        equal([(str(v.sqref), v.formula1) for v in s.data_validations.dataValidation],
              [("E2:E1048576", "_lists!$A$1:$A$5"), ("F2:F1048576", "_lists!$B$1:$B$2")])
        equal([[c.value for c in row] for row in book["_lists"]][:2], [[1, kind[0]], [2, kind[1]]])
        equal([s.column_dimensions[c].width >= 10 for c in "ABCDEFGHI"], [True] * 9)
        fill(place.path("t.xlsx"), [{0: "Một", 3: datetime.date(2026, 1, 5), 4: 3, 5: kind[1], 7: "0912345678"},
                                    {0: "Hai", 3: "5/1/2026", 4: 5, 5: kind[0].upper()}], place.path("f.xlsx"))
        equal(drive("import", place.path("f.xlsx")),
              [["taken", ["Một", 3, 1, "0912345678", 20458]], ["taken", ["Hai", 5, 0, "", 20458]]])
        fill(place.path("t.xlsx"), [{0: "Một", 4: 3}, {0: "Hai", 4: 6, 7: 912345678}], place.path("w.xlsx"))
        told = drive("import", place.path("w.xlsx"))
        equal([t[:2] for t in told[:2]], [["fault", "NOT_LEVEL"], ["fault", "PHONE_ZERO"]])
        equal(told[2][:2], ["error", -2])
        holds("dòng 3, cột H" in told[1][2] and "row 3, column H" in told[1][3], told)
    return None


def convert(place, path, to):
    """With LibreOffice."""
    out = place.path("converted")
    subprocess.run(["soffice", "-env:UserInstallation=file://" + place.path("profile"), "--headless", "--convert-to", to,
                    "--outdir", out, path], check=True, timeout=120, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return os.path.join(out, os.path.splitext(os.path.basename(path))[0] + "." + to.split(":")[0])


def test_libreoffice_reads_and_writes_the_same(place):
    if shutil.which("soffice") is None:
        return "no LibreOffice (libreoffice-calc-nogui)"
    r = random.Random(SEED + 3)
    table = [[c[0] for c in row] for row in any_table(r)]
    drive("make", "xlsx", place.path("b.xlsx"), given=json.dumps([layout("Bảng", list("abcdefg"), table)]))
    ours, theirs = show(place.path("b.xlsx")), show(convert(place, place.path("b.xlsx"), "xlsx"))
    equal(theirs, ours)
    for end, says in (("ods", "OpenDocument"), ("xls", "old kind"), ("pdf", "PDF"), ("html", "web page")):
        told = show(convert(place, place.path("b.xlsx"), end))
        holds(isinstance(told, str) and says in told, (end, told))
    return None


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
