"""A strict reader of Prometheus' text format 0.0.4, and what must be in the metrics of a program.

    exposition.py PROGRAM LEDGER_H

Refused: what the format does not say, a series given twice, a family in two places, a sample before
its TYPE, a second HELP or TYPE, a name or label that is none, an escape that is none, a number that
is none, a last line without its end, bytes that are no UTF-8.
"""

import re
import subprocess
import sys

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|NaN|[+-]Inf")
TYPES = {"counter", "gauge", "histogram", "summary", "untyped"}
ESCAPES = {"\\": "\\", "n": "\n", '"': '"'}


class Malformed(Exception):
    pass


def labels_of(text, at):
    """The labels from behind '{' at: {name: value}, and where '}' was passed."""
    labels = {}
    while text[at:at + 1] != "}":
        name = LABEL.match(text, at)
        if not name or name[0] in labels:
            raise Malformed("label at %d" % at)
        at = name.end()
        if text[at:at + 2] != '="':
            raise Malformed("no value at %d" % at)
        at += 2
        value = ""
        while text[at:at + 1] != '"':
            if at >= len(text):
                raise Malformed("the value does not end")
            if text[at] == "\\":
                if text[at + 1:at + 2] not in ESCAPES:
                    raise Malformed("escape at %d" % at)
                value += ESCAPES[text[at + 1]]
                at += 2
            else:
                value += text[at]
                at += 1
        labels[name[0]] = value
        at += 1
        if text[at:at + 1] == ",":
            at += 1
        elif text[at:at + 1] != "}":
            raise Malformed("neither , nor } at %d" % at)
    return labels, at + 1


def sample_of(line):
    name = NAME.match(line)
    if not name:
        raise Malformed("no name")
    at, labels = name.end(), {}
    if line[at:at + 1] == "{":
        labels, at = labels_of(line, at + 1)
    if line[at:at + 1] != " ":
        raise Malformed("no blank before the value")
    if not NUMBER.fullmatch(line[at + 1:]):
        raise Malformed("no number: %r" % line[at + 1:])
    return name[0], labels, line[at + 1:]


class Families:
    def __init__(self, data):
        self.types, self.helps, self.samples = {}, {}, {}
        self.last, self.closed = None, set()
        text = data.decode("utf-8")
        if not text.endswith("\n"):
            raise Malformed("the last line does not end")
        for number, line in enumerate(text[:-1].split("\n"), 1):
            try:
                self.take(line)
            except Malformed as e:
                raise Malformed("line %d: %s: %r" % (number, e, line[:200])) from None

    def enter(self, family):
        if family != self.last:
            if family in self.closed:
                raise Malformed("the family is in two places")
            if self.last is not None:
                self.closed.add(self.last)
            self.last = family

    def take(self, line):
        comment = re.fullmatch(r"# (HELP|TYPE) (\S+) (.*)", line)
        if comment:
            kind, name, rest = comment.groups()
            self.enter(name)
            if not NAME.fullmatch(name) or name in (self.helps if kind == "HELP" else self.types):
                raise Malformed("%s again, or of no name" % kind)
            if kind == "TYPE" and (rest not in TYPES or name in self.samples):
                raise Malformed("no type, or too late")
            if kind == "HELP" and re.search(r"\\(?![\\n])", rest):
                raise Malformed("escape in the help")
            (self.helps if kind == "HELP" else self.types)[name] = rest
            return
        if line == "" or line.startswith("#"):
            raise Malformed("nothing that we write")
        name, labels, value = sample_of(line)
        self.enter(name)
        if name not in self.types or name not in self.helps:
            raise Malformed("no TYPE or HELP before it")
        key = tuple(sorted(labels.items()))
        series = self.samples.setdefault(name, {})
        if key in series:
            raise Malformed("the series is given twice")
        if series and {k for k, _ in next(iter(series))} != set(labels):
            raise Malformed("other labels than its family")
        if self.types[name] == "counter" and value.startswith("-"):
            raise Malformed("a counter below 0")
        series[key] = value

    def value(self, name, **labels):
        return self.samples[name][tuple(sorted(labels.items()))]


def refuses(text):
    try:
        Families(text.encode("utf-8", "surrogateescape"))
    except (Malformed, UnicodeDecodeError):
        return True
    return False


def check_reader():
    """The reader itself: what it must refuse."""
    good = "# HELP a x\n# TYPE a counter\na{b=\"c\"} 1\na{b=\"d\\\\\\n\\\"\"} 2.5e3\n"
    assert not refuses(good)
    for bad in (good[:-1], good + good, good + "a{b=\"c\"} 1\n", good + "z 1\n", good + "\n",
                good + "a{b=\"e\"}1\n", good + "a{b=\"e\"} one\n", good + "a{b=\"\\q\"} 1\n",
                good + "a{b=\"e} 1\n", good + "a{c=\"e\"} 1\n", good + "a{b=\"e\",b=\"f\"} 1\n",
                good + "a{b=\"e\"} -1\n", good + "a{b=\"e\"} 0x1\n", good + "a{b=\"e\"} 1 1 1\n",
                good + "# TYPE 9 gauge\n", good + "# TYPE g gage\n", good + "# note\n",
                good + "# HELP g x\n# TYPE g gauge\ng 1\na{b=\"e\"} 1\n", good + "a{b=\"\udcff\"} 1\n"):
        assert refuses(bad), bad


def rows(header, table):
    text = open(header, encoding="utf-8").read()
    body = re.search(r"#define %s\(X\)(.*?)\n\n" % table, text, re.S)[1]
    return re.findall(r'X\((\w+), ("(?:[^"\\]|\\.)*")', body)


def main():
    check_reader()
    f = Families(subprocess.run([sys.argv[1]], stdout=subprocess.PIPE, check=True).stdout)
    ledger, board = rows(sys.argv[2], "LEDGER_TABLE"), rows(sys.argv[2], "BOARD_TABLE")
    assert len(ledger) > 20 and len(board) > 10
    for name, said in ledger:
        if name != "last_ms":
            family = "canh_records_%s_total" % name
            assert f.types[family] == "counter" and '"%s"' % f.helps[family] == said, family
            assert len(f.samples[family]) == 16, (family, len(f.samples[family]))
    for name, said in board:
        family = "canh_collector_" + name
        assert '"%s"' % f.helps[family] == said, family
        assert set(f.samples[family]) == {(("lane", "0"),), (("lane", "3"),)}, family
    received = f.samples["canh_records_received_total"]
    sources = {dict(k)["source"] for k in received if dict(k)["input"] == "relp"}
    assert {"plain", 'quo"te', "back\\slash", "line\nfeed", "m\u00e1y-ch\u1ee7", "",
            '} 1\nevil{a="b"'} <= sources, sources
    assert len(sources) == 15
    assert f.value("canh_records_received_total", input="relp", source="quo\"te") == "1000005"
    assert f.value("canh_records_in_flight", input="relp", source="quo\"te") == "4"
    assert f.value("canh_records_bytes_total", input="http", source="plain") == str(2**64 - 2)
    assert f.value("canh_records_last_seconds", input="relp", source="plain") == "1772359200.123"
    assert f.value("canh_collector_commits", lane="3") == "42"
    assert f.types["canh_collector_commits"] == "counter"
    assert f.types["canh_collector_in_flight"] == "gauge"
    assert f.value("canh_balance_missing", lane="3") == "-7"
    assert f.value("canh_udp_drops", address="[::]:514") == "0"
    assert f.value("process_cpu_seconds_total") == "1.500000"
    assert f.value("process_start_time_seconds") == "1772359200"
    print("%d families, %d series" % (len(f.types), sum(len(s) for s in f.samples.values())))


main()
