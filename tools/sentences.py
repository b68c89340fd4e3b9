#!/usr/bin/env python3
"""The sentences that the server says, out of its C sources: as patterns, on standard output as JSON.

    sentences.py [SRC]                  { AREA: { "said": true if pages show it, "patterns": { PATTERN: PLACE } } }
    sentences.py --missing FILE AREA... what FILE (data/locale/sentences.json) has not, with its places

A pattern is an English sentence whose holes are numbered: {1} a text, {2d} a number. What stands before it
as "parameter: " is no part of it; the pages say that by the field's own name.

A sentence is a literal
  - that goes, as an argument or by way of parameters, variables and what functions return, into what fills a
    struct err or answers a request (SINKS);
  - that has the form of a sentence, in a function's body or as the whole of a #define or an array; or
  - of a row X(..., "Vietnamese", "English"): then its Vietnamese is told, too ("vi").
What is only printed or logged (PRINTED) is none, nor is what a table's row says of itself.
"""
import collections
import errno
import json
import os
import re
import sys

# area: folders of src. What these say is shown in pages: each sentence has its Vietnamese.
SAID = ("act", "console", "db", "desk", "event", "figures", "group", "house", "incident", "ledger", "metric", "notify", "office",
        "oidc", "os", "people", "proof", "query", "registry", "report", "seal", "search", "sheet", "shift", "sigma", "staff", "store",
        "triage")
# What the system says when something fails (strerror); an area of its own.
ERRNO = ("EPERM", "ENOENT", "EINTR", "EIO", "EBADF", "EAGAIN", "ENOMEM", "EACCES", "EBUSY", "EEXIST", "ENOTDIR", "EISDIR", "EINVAL",
         "EMFILE", "EFBIG", "ENOSPC", "EROFS", "EPIPE", "ENAMETOOLONG", "EADDRINUSE", "EADDRNOTAVAIL", "ENETUNREACH", "ECONNRESET",
         "ETIMEDOUT", "ECONNREFUSED", "EHOSTUNREACH", "EDQUOT")
# Nobody sees these in a page: commands of the shell, what ends a role before it serves, what only goes to the log,
# tools, what a report of counts says by a code.
NEVER = ("base", "cmd", "collect", "conf", "scan")
# Files whose tables hold sentences or parts of such.
TABLES = ("console/serve.c", "sheet/book.c")
PRINTED = re.compile(r"(log_\w+|v?f?printf|fputs|puts|tell_log)$")
SINKS = {"err_set": 3, "act_conflict": 1, "ask_refuse": 2, "run_missing": 1, "read_warn": 2, "is_partial": 1, "walk_is_partial": 1,
         "search_stop": 1, "hunt_stop": 1, "at": 1, "fault": 2}

TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|[A-Za-z_]\w*|\d[\w.]*|->|\S|\n', re.S)
HOLE = re.compile(r"%(?:%|[-+ 0#']*(?:\*|\d+)?(?:\.(?:\*|\d+))?(?:hh|h|ll|l|z|j|t)?([diouxXcsfgpe]))")
PARAMETER = re.compile(r"^(?:(?:[a-z][a-z_0-9]*|%s|%\.\d+s|%\.\*s): )(?=\S)")
ESCAPES = {"n": "\n", "t": "\t", "0": "\0", "r": "\r"}


def tokens(path):
    """(text, line) of each; a literal is one, however many parts it is written in."""
    with open(path, encoding="utf-8") as f:
        text = f.read().replace("\\\n", " \x01\n")
    line, out, whole = 1, [], None
    for m in TOKEN.finditer(text):
        s = m.group()
        if s == "\n" or s.startswith(("/*", "//")):
            line += s.count("\n")
            if s == "\n" and not text[:m.start()].endswith("\x01"):
                out.append(("\n", line))
            continue
        if s == "\x01":
            continue
        if s[0] == '"':
            behind = [k for k in range(whole, len(out)) if out[k][0] != "\n"] if whole is not None else []
            if behind == [whole]:
                out[whole] = (out[whole][0][:-1] + s[1:], out[whole][1])
            elif len(behind) == 2 and re.fullmatch("[A-Z][A-Z_0-9]*", out[behind[1]][0]):  # "..." NAME "..."
                out[whole] = (out[whole][0][:-1] + "%s" + s[1:], out[whole][1])
                del out[behind[1]]
            else:
                out.append((s, line))
                whole = len(out) - 1
        elif s.startswith("PRI") and whole is not None and whole == len(out) - 1:
            out[whole] = (out[whole][0][:-1] + ("d" if s[3] in "diu" else "x") + '"', out[whole][1])
        else:
            out.append((s, line))
    return out


def unescaped(literal):
    return re.sub(r"\\(.)", lambda m: ESCAPES.get(m.group(1), m.group(1)), literal[1:-1])


def pattern(text):
    """What the pages match, or None: this is no sentence."""
    text = text.strip()
    while PARAMETER.match(text):
        text = PARAMETER.sub("", text, count=1)
    text = numbered(text)
    bare = re.sub(r"\{\d+d?\}", "", text)
    return text if " " in text and re.search("[A-Za-z]{2}", bare) else None


def numbered(text):
    count = 0

    def hole(m):
        nonlocal count
        if m.group(1) is None:
            return "%"
        count += 1
        return "{%d%s}" % (count, "" if m.group(1) in "csxXp" else "d")

    return re.sub(r"\$(\d)", r"{\1}", HOLE.sub(hole, text))


def has_form(text):
    return bool(re.match(r'^(?:[a-z_0-9]+: )?["“\'(]?[A-Z%$q].* .*[.?]$', text, re.S))


class Function:
    def __init__(self, file, head, open_at, body):
        words = [x[0] for x in head[:open_at]]
        params = [[x[0] for x in a] for a in arguments(head, open_at)]
        self.file, self.name, self.body = file, words[-1], body
        self.static, self.tells = "static" in words, "char" in words
        self.texts = {p[-1]: k for k, p in enumerate(params) if p and "char" in p and "*" in p}


class File:
    """What stands at the top of a file: functions, and what is no function."""

    def __init__(self, path, name):
        self.name, self.functions, self.macros, self.rest = name, [], [], []
        all_of, out, k = tokens(path), [], 0
        while k < len(all_of):  # preprocessor lines apart
            if all_of[k][0] == "#":
                row = []
                while k < len(all_of) and all_of[k][0] != "\n":
                    row.append(all_of[k])
                    k += 1
                if len(row) > 2 and row[1][0] == "define":
                    self.macros.append(row)
            else:
                if all_of[k][0] != "\n":
                    out.append(all_of[k])
                k += 1
        self.part(out)

    def part(self, t):
        k, start = 0, 0
        while k < len(t):
            if t[k][0] in ";}":
                start = k + 1
            elif t[k][0] == "{":
                end = closing(t, k)
                head = t[start:k]
                if head and head[-1][0] == ")":
                    self.functions.append(Function(self.name, head, opening(head), t[k:end + 1]))
                else:
                    self.rest.append((head, t[k:end + 1]))
                k = end
                if head and head[-1][0] == ")":
                    start = k + 1
            elif t[k][0][0] == '"':
                self.rest.append((t[start:k], [t[k]]))
            k += 1


def area_of(name):
    return name.split("/")[0]


def closing(t, k):
    depth = 0
    for i in range(k, len(t)):
        if t[i][0] in "([{":
            depth += 1
        elif t[i][0] in ")]}":
            depth -= 1
            if depth == 0:
                return i
    return len(t) - 1


def opening(t):
    depth = 0
    for i in range(len(t) - 1, -1, -1):
        if t[i][0] == ")":
            depth += 1
        elif t[i][0] == "(":
            depth -= 1
            if depth == 0:
                return i
    return 0


def arguments(t, k):
    """Those of the call whose parenthesis is t[k]."""
    out, depth = [[]], 0
    for x in t[k + 1:closing(t, k)]:
        depth += (x[0] in "([{") - (x[0] in ")]}")
        if x[0] == "," and depth == 0:
            out.append([])
        else:
            out[-1].append(x)
    return out


def is_word(s):
    return s[0].isalpha() or s[0] == "_"


def calls(body):
    for k in range(len(body) - 1):
        if is_word(body[k][0]) and body[k + 1][0] == "(":
            yield body[k][0], arguments(body, k + 1)


class Sinks:
    """Which argument of which function becomes a part of a sentence: (name, file if static) -> places."""

    def __init__(self, files):
        self.at = collections.defaultdict(set)
        self.own = {(f.name, x.name) for f in files for x in f.functions if x.static}
        for name, first in SINKS.items():
            self.at[name, None].update(range(first, first + 8))
        more = True
        while more:
            more = any([self.learn(x) for f in files for x in f.functions])

    def of(self, name, file):
        own = (file, name) in self.own and name not in SINKS
        return self.at.get((name, file if own else None), ())

    def learn(self, x):
        found = False
        for name, given in calls(x.body):
            for k in self.of(name, x.file):
                if k < len(given) and len(given[k]) == 1 and given[k][0][0] in x.texts:
                    place, at = x.texts[given[k][0][0]], self.at[x.name, x.file if x.static else None]
                    found |= place not in at
                    at.add(place)
        return found


def enclosing(body):
    """(literal, line, the calls it stands in) of a body."""
    stack, before = [], ""
    for s, line in body:
        if s in "([{":
            stack.append(before if s == "(" and before and is_word(before) else "")
        elif s in ")]}" and stack:
            stack.pop()
        elif s[0] == '"':
            yield s, line, stack
        before = s


def assigned(body, names):
    """What these variables are set to, token by token."""
    for k in range(1, len(body) - 2):
        if body[k][0] in names and body[k + 1][0] == "=" and body[k + 2][0] != "=" and body[k - 1][0] != ".":
            for x in body[k + 2:]:
                if x[0] == ";":
                    break
                yield x


def returned(body):
    inside = False
    for x in body:
        inside = x[0] == "return" or inside and x[0] != ";"
        if inside:
            yield x


def members(given):
    """Those of structs that are given: the last name of a->b, a.b."""
    return {given[k][0] for k in range(1, len(given)) if given[k - 1][0] in ("->", ".") and
            (k + 1 == len(given) or given[k + 1][0] not in ("->", ".", "("))}


def parts(x, sinks, tellers, fields):
    """The literals that go into sentences of this function, also from those that it calls."""
    given = [t for name, a in calls(x.body) for k in sinks.of(name, x.file) if k < len(a) for t in a[k]]
    given += [t for field in members(given) for t in fields.get((area_of(x.file), field), ())]
    given += list(assigned(x.body, {t[0] for t in given if is_word(t[0])} - set(x.texts)))
    for t in given:
        if t[0][0] == '"':
            yield t
        teller = tellers.get((t[0], x.file)) or tellers.get((t[0], None))
        if teller:
            yield from (s for s in returned(teller.body) if s[0][0] == '"')


def said_in(f, sinks, tellers, fields, put):
    for x in f.functions:
        for s, line, stack in enclosing(x.body):
            if has_form(unescaped(s)) and not any(PRINTED.match(c) for c in stack):
                put(s, line)
        for s, line in parts(x, sinks, tellers, fields):
            put(s, line)
    for head, body in f.rest:
        for s, line in body:
            alone = len(body) == 1 and head and head[-1][0] == "=" and has_form(unescaped(s))
            if s[0] == '"' and (alone or f.name in TABLES):
                put(s, line)
    for row in f.macros:
        if len(row) == 4 and row[3][0][0] == '"' and has_form(unescaped(row[3][0])):
            put(*row[3])
        for k in range(len(row) - 1):
            if row[k][0] == "X" and row[k + 1][0] == "(":
                two_languages(arguments(row, k + 1), put)


def two_languages(given, put):
    texts = [a[0] for a in given if len(a) == 1 and a[0][0][0] == '"']
    if len(texts) >= 2 and has_form(unescaped(texts[-1][0])) and re.search("[^\x00-\x7f“”]", texts[-2][0]):
        put(*texts[-1], vi=numbered(unescaped(texts[-2][0])))


def collect(src):
    files = []
    for folder, _, names in os.walk(src):
        files += [File(os.path.join(folder, n), os.path.relpath(os.path.join(folder, n), src))
                  for n in sorted(names) if n.endswith((".c", ".h"))]
    files.sort(key=lambda f: f.name)
    sinks, areas = Sinks(files), {}
    fields = collections.defaultdict(list)
    for x in (x for f in files for x in f.functions):
        for k in range(1, len(x.body) - 2):
            if x.body[k - 1][0] in (".", "->") and x.body[k + 1][0] == "=" and x.body[k + 2][0][0] == '"':
                fields[area_of(x.file), x.body[k][0]].append(x.body[k + 2])
    tellers = {(x.name, f.name if x.static else None): x for f in files for x in f.functions if x.tells}
    for f in files:
        area = area_of(f.name)
        if area in NEVER:
            continue
        of = areas.setdefault(area, {"said": area in SAID, "patterns": {}, "vi": {}})

        def put(literal, line, vi=None):
            p = pattern(unescaped(literal))
            if p and "\n" not in p:
                of["patterns"].setdefault(p, "%s:%d" % (f.name, line))
                if vi:
                    of["vi"][p] = vi

        said_in(f, sinks, tellers, fields, put)
    areas["errno"] = {"said": True, "patterns": {os.strerror(getattr(errno, e)): e for e in ERRNO}, "vi": {}}
    return areas


def main(args):
    src = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../src")
    if args[:1] == ["--missing"]:
        with open(args[1], encoding="utf-8") as f:
            known = json.load(f)
        for name, of in collect(src).items():
            for p, place in of["patterns"].items():
                if name in args[2:] and p not in known:
                    print("%s\t%s" % (place, p))
        return
    json.dump(collect(args[0] if args else src), sys.stdout, ensure_ascii=False, indent=1)


if __name__ == "__main__":
    main(sys.argv[1:])
