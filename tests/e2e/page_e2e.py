"""Goal: the forms that ship come out in the layout of Decree 30/2020/NĐ-CP, Annex I, in both sets of sizes.
Method: each is written and read back with poppler: margins, typeface, sizes, places, rules and indents are
measured and held against the decree's ranges. A DOCX is unpacked, and converted where LibreOffice can."""

import glob
import html
import json
import os
import re
import shutil
import subprocess
import sys
import unicodedata
import zipfile
import zlib
from xml.etree import ElementTree

from program import equal, holds, run

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
SAMPLES = os.path.join(TOP, "tests", "data", "pages")
NAMES = sorted(os.path.basename(p)[:-5] for p in glob.glob(os.path.join(TOP, "data", "templates", "*.yaml")))
SETS = {"13": (12, 13, 13), "14": (13, 14, 14)}  # the state's name, its motto, the body
NATION, MOTTO = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"
HIGH = (1825 + 443) / 2048  # of a word's box, in sizes: ascent and descent of Times New Roman
MM = 72 / 25.4
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def near(got, low, high, what):
    holds(low - 0.01 <= got <= high + 0.01, "%s is %.2f, not %.2f to %.2f" % (what, got, low, high))


def tool(*words):
    return subprocess.run(words, capture_output=True, check=True, timeout=60).stdout.decode("utf-8")


class Line:
    def __init__(self, words):
        self.words = words
        self.text = " ".join(w[4] for w in words)
        self.x0, self.x1 = min(w[0] for w in words), max(w[2] for w in words)
        self.y0, self.y1 = min(w[1] for w in words), max(w[3] for w in words)
        self.size = (words[0][3] - words[0][1]) / HIGH


class Page:
    """Lines of words as poppler sees them, and rules: what is stroked from one point to another."""

    def __init__(self, text):
        self.width, self.height = (float(v) for v in re.match(r' width="([\d.]+)" height="([\d.]+)"', text).groups())
        self.lines = []
        for line in re.findall(r"<line.*?</line>", text, re.S):
            words = re.findall(r'<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">(.*?)</word>', line)
            self.lines.append(Line([(*map(float, w[:4]), html.unescape(w[4])) for w in words]))

    def words(self):
        return [w for line in self.lines for w in line.words]

    def find(self, text):
        return next((line for line in self.lines if text in line.text), None)


class Pdf:
    def __init__(self, path):
        with open(path, "rb") as f:
            self.bytes = f.read()
        self.pages = [Page(p) for p in tool("pdftotext", "-bbox-layout", path, "-").split("<page")[1:]]
        self.fonts = [line.split() for line in tool("pdffonts", path).splitlines()[2:]]
        self.info = dict(line.split(":", 1) for line in tool("pdfinfo", path).splitlines())
        self.text = tool("pdftotext", "-layout", path, "-")
        self.rules = self.strokes()

    def strokes(self):
        """(x1, x2, y) of the level lines of the first page, y from the top."""
        for data in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", self.bytes, re.S):
            try:
                text = zlib.decompress(data)
            except zlib.error:
                continue
            if b" l S" in text or b" l\nS" in text:
                at = [tuple(map(float, m)) for m in
                      re.findall(rb"([\d.-]+) ([\d.-]+) m ([\d.-]+) ([\d.-]+) l\s+S", text)]
                turned = re.search(rb"1 0 0 -1 0 ([\d.]+) cm", text) is not None
                high = self.pages[0].height
                return [(a, c, b if turned else high - b) for a, b, c, d in at if abs(b - d) < 0.1]
        return []


def write(place, name, layout, kind, out="x"):
    path = place.path("%s-%s.%s" % (out, name, kind))
    r = place.canh("page", name, "--data", os.path.join(SAMPLES, name + ".json"), "--layout", layout, "--out", path)
    equal((r.code, r.out), (0, b""))
    return path


def each(place):
    for name in NAMES:
        for layout in SETS:
            yield name, layout, Pdf(write(place, name, layout, "pdf", layout))


def turned(name):
    return name == "lich-truc"


def rule_below(pdf, line):
    """The rule that is nearest below a line and within its width."""
    below = [r for r in pdf.rules if 0 < r[2] - line.y0 < 40 and r[0] >= line.x0 - 2 and r[1] <= line.x1 + 2]
    holds(below, "there is no rule below '%s'" % line.text)
    return min(below, key=lambda r: r[2])


def test_there_is_a_sample_of_every_template(_):
    holds(len(NAMES) >= 8, "there are only %d templates" % len(NAMES))
    for name in NAMES:
        holds(os.path.exists(os.path.join(SAMPLES, name + ".json")), name + " has no sample")


def test_paper_and_margins(place):
    for name, layout, pdf in each(place):
        what = "%s %s: " % (name, layout)
        lefts, rights = [], []
        for i, page in enumerate(pdf.pages):
            wide = (297, 210) if turned(name) else (210, 297)
            near(page.width / MM, wide[0] - 0.1, wide[0] + 0.1, what + "width")
            near(page.height / MM, wide[1] - 0.1, wide[1] + 0.1, what + "height")
            body = [w for w in page.words() if not (i > 0 and w[3] / MM < 20)]
            lefts.append(min(w[0] for w in body) / MM)
            rights.append((page.width - max(w[2] for w in body)) / MM)
            near(min(w[1] for w in body) / MM, 20, 25, what + "top margin")
            near((page.height - max(w[3] for w in body)) / MM, 20, 297, what + "bottom margin")
        # The edge of a table is its border, however short what stands in its last column is.
        rights += [(pdf.pages[0].width - r[1]) / MM for r in pdf.rules]
        near(min(lefts), 30, 35, what + "left margin")
        near(min(rights), 15, 20, what + "right margin")


def test_typeface(place):
    for name, layout, pdf in each(place):
        for font in pdf.fonts:
            family = font[0].split("+")[1]
            holds(re.match(r"(LiberationSerif|TimesNewRoman|DejaVuSans)", family), "%s %s has %s" % (name, layout, family))
            equal(font[-5:-2], ["yes", "yes", "yes"])  # embedded, subset, with its Unicode


def test_letterhead(place):
    for name, layout, pdf in each(place):
        what = "%s %s: " % (name, layout)
        nation, motto, _ = SETS[layout]
        page = pdf.pages[0]
        state, free = page.find(NATION), page.find(MOTTO)
        holds(state and free, what + "the state's name or motto is not there in one line")
        # Words of both columns may share a line for poppler.
        state = Line(state.words[-8:])
        free = Line(free.words[-8:])
        equal((state.text, free.text), (NATION, MOTTO))
        near(state.size, nation - 0.3, nation + 0.3, what + "size of the state's name")
        near(free.size, motto - 0.3, motto + 0.3, what + "size of the motto")
        near((state.x0 + state.x1) / 2 - (free.x0 + free.x1) / 2, -1, 1, what + "motto off centre")
        rule = rule_below(pdf, free)
        near((rule[1] - rule[0]) / (free.x1 - free.x0), 0.98, 1.02, what + "rule below the motto")
        number = next(w for w in page.words() if w[4] == "Số:")
        near((number[3] - number[1]) / HIGH, 12.7, 13.3, what + "size of the number")
        left = [r for r in pdf.rules if r[1] < state.x0 and r[2] < number[1] + 1]
        holds(len(left) == 1, what + "there is not one rule below the agency")
        above = [w for w in page.words() if w[2] < state.x0 and w[3] < left[0][2] + 6 and w[3] > left[0][2] - 14]
        share = (left[0][1] - left[0][0]) / (max(w[2] for w in above) - min(w[0] for w in above))
        near(share, 1 / 3, 1 / 2, what + "rule below the agency, of its line")


def test_body(place):
    for name, layout, pdf in each(place):
        what = "%s %s: " % (name, layout)
        body = SETS[layout][2]
        lines = [line for p in pdf.pages for line in p.lines if abs(line.size - body) < 0.3]
        holds(lines, what + "nothing has the size of the body")
        first = [(line.x0 / MM - 30) for line in lines if line.x0 / MM > 39]
        holds(any(10 <= v <= 12.71 for v in first), what + "no first line is indented 1 to 1.27 cm")
        holds("./." in pdf.text, what + "no ./. at the end")


def test_page_numbers(place):
    for name, layout, pdf in each(place):
        number = 0
        for i, page in enumerate(pdf.pages):
            high = [w for w in page.words() if w[3] / MM < 20]
            number = 1 if i == 0 or page.find("Phụ lục") and not high else number + 1
            if number == 1:
                equal(high, [])
                continue
            (x0, y0, x1, y1, text), = high
            equal(text, str(number))
            middle = (page.width + 30 * MM - 15 * MM) / 2
            near((x0 + x1) / 2, middle - 1, middle + 1, "%s %s: page number" % (name, layout))
            near((y1 - y0) / HIGH, 12.7, 14.3, "%s %s: size of the page number" % (name, layout))


def strings(value):
    if isinstance(value, dict):
        for v in value.values():
            yield from strings(v)
    elif isinstance(value, list):
        for v in value:
            yield from strings(v)
    elif isinstance(value, str):
        yield value


def squeezed(text):
    return re.sub(r"\s+", "", text)


def test_text_comes_back_as_unicode(place):
    for name in ("mau-03", "cong-van", "bao-cao-nhanh"):
        text = tool("pdftotext", "-raw", write(place, name, "14", "pdf"), "-")
        equal(unicodedata.normalize("NFC", text), text)
        flat = squeezed(text)
        with open(os.path.join(SAMPLES, name + ".json"), encoding="utf-8") as f:
            value = json.load(f)
        value.pop("message", None)  # which is the short form alone
        long = [s for s in strings(value) if len(s) > 40]
        holds(long, name + " has no long text")
        for s in long:
            holds(squeezed(s) in flat, "%s: '%s' does not come back" % (name, s))


def test_the_same_values_give_the_same_bytes(place):
    for kind in ("pdf", "docx"):
        made = []
        for zone in ("UTC", "Asia/Ho_Chi_Minh"):
            path = place.path(zone[:3] + "." + kind)
            r = place.canh("page", "phieu", "--data", os.path.join(SAMPLES, "phieu.json"), "--out", path, env={"TZ": zone})
            equal(r.code, 0)
            with open(path, "rb") as f:
                made.append(f.read())
        holds(made[0] == made[1], kind + " is not the same twice")


def test_docx(place):
    for name in NAMES:
        for layout, sizes in SETS.items():
            path = write(place, name, layout, "docx", layout)
            with zipfile.ZipFile(path) as z:
                equal(z.testzip(), None)
                parts = {n: ElementTree.fromstring(z.read(n)) for n in z.namelist()}
                styles = z.read("word/styles.xml").decode()
            doc = parts["word/document.xml"]
            for page in doc.iter(W + "pgMar"):
                for side, low, high in (("top", 20, 25), ("bottom", 20, 25), ("left", 30, 35), ("right", 15, 20)):
                    near(round(int(page.get(W + side)) / 1440 * 25.4, 1), low, high, "%s: %s" % (name, side))
            equal(set(re.findall(r'w:ascii="([^"]+)"', styles)), {"Times New Roman"})
            holds('<w:sz w:val="%d"/>' % (2 * sizes[2]) in styles, name + ": size of the body")
            holds(any("PAGE" in (t.text or "") for t in parts["word/header.xml"].iter(W + "instrText")), "no page number")
            holds(list(doc.iter(W + "titlePg")), "the first page is like the others")
            known = set(re.findall(r'w:styleId="([^"]+)"', styles))
            holds({s.get(W + "val") for s in doc.iter(W + "pStyle")} <= known, name + ": a style is not there")
            tables = [t for t in doc.iter(W + "tbl") if t.find(W + "tblPr/" + W + "tblStyle") is not None]
            for table in tables:
                holds(table.find(W + "tr/" + W + "trPr/" + W + "tblHeader") is not None, "no header row repeats")
            text = squeezed("".join(t.text or "" for t in doc.iter(W + "t")))
            holds(squeezed(NATION) in text and "./." in text, name + ": text is missing")


def test_libreoffice_opens_the_docx(place):
    if shutil.which("soffice") is None or not os.path.exists("/usr/lib/libreoffice/program/libswlo.so"):
        return  # no LibreOffice Writer here
    path = write(place, "mau-04", "13", "docx")
    subprocess.run(["soffice", "-env:UserInstallation=file://" + place.path("office"), "--headless", "--convert-to", "pdf",
                    "--outdir", place.path("."), path], capture_output=True, timeout=150, check=True)
    pdf = Pdf(path[:-5] + ".pdf")
    holds(pdf.pages[0].find(MOTTO), "the motto is not there")
    near(min(w[0] for w in pdf.pages[0].words()) / MM, 29.5, 35, "left margin")
    equal([w[4] for w in pdf.pages[1].words() if w[3] / MM < 20], ["2"])
    headers = [p for p in pdf.pages if p.find("Việc đã làm")]
    holds(len(headers) > 1, "the table's header is not repeated")


def test_the_short_form(place):
    path = write(place, "bao-cao-nhanh", "14", "txt")
    with open(path, encoding="utf-8") as f:
        text = f.read()
    holds(0 < len(text) <= 300, "%d characters" % len(text))
    holds("SC-2026-011" in text, text)


def test_the_quick_report_is_one_page(place):
    for layout in SETS:
        equal(len(Pdf(write(place, "bao-cao-nhanh", layout, "pdf")).pages), 1)


def test_what_is_missing_is_told(place):
    data = place.write("empty.json", "{}")
    r = place.canh("page", "mau-03", "--data", data, "--out", place.path("e.pdf"))
    equal(r.code, 0)
    holds("{system.name}" in r.err and "fields have no value" in r.err, r.err)
    holds("....." in Pdf(place.path("e.pdf")).text, "no dots")


def test_faults(place):
    good = os.path.join(SAMPLES, "mau-03.json")
    bad = place.write("bad.json", '{"a": 1,\n oh}')
    for words, part in ((("no-such",), "no-such"), (("mau-03", "--data", bad), "bad.json:2"),
                        (("mau-03", "--out", place.path("x.odt")), ".docx")):
        options = dict(zip(words[1::2], words[2::2]))
        r = place.canh("page", words[0], "--data", options.get("--data", good), "--out", options.get("--out", place.path("x.pdf")))
        equal(r.code, 2)
        holds(part in r.err, r.err)
    listed = place.canh("page", "--list").out.decode()
    equal([line.split()[0] for line in listed.splitlines()], NAMES)


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
