"""Goal: the samples beside a rule are near misses: no threshold, window, group, reference or filter of a
rule can be changed without a sample turning red.
Method: each change is a mutant, written with the rule's samples into a folder of its own; one run of
`canh rules test` judges many. A mutant none of whose samples fails has survived: the sample is not near
enough, or no sample can be, and EXPLAINED says why.

Rules are taken as data/rules writes them, four blanks a level and one key a line; one that is written
otherwise and would go without its mutants is a failure."""

import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor

from program import equal, holds, run

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
RULES = os.environ.get("CANH_RULES", os.path.join(TOP, "data", "rules"))
TAXONOMY = os.path.join(TOP, "data", "taxonomy")
NOTHING = "    nothing:\n        a-field-of-no-source: never\n"
CLOCK = 1796083200  # 2026-12-01: times without a year are read by the time of their file
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

# What these join reports alone as well (generate: true): a negative sample can hold none of it, so what
# only widens the correlation cannot be told. What narrows it is told by the positive sample.
REPORTS_ALONE = {
    ("network/firewall_admin_from_internet.yml", "Firewall Entered From the Internet and Changed"): [
        "timespan doubled", "group-by without user", "rules without firewall_admin_from_internet",
        "rules without fortigate_changed_from_internet"],
    ("web/sql_injection.yml", "One Address Tries SQL Injection Again and Again"): [
        "gte 19", "timespan doubled", "group-by without c-ip"],
    # Two of three are asked for: the positive sample's two are the copies and the recovery.
    ("windows/ransomware_preparation.yml", "Machine Is Being Prepared for Encryption"): [
        "gte 1", "timespan doubled", "group-by without Computer", "rules without many_services_stopped"],
    ("windows/web_server_starts_shell.yml", "Web Server Wrote a Script and Then Started a Shell"): [
        "timespan doubled", "group-by without Computer", "rules without web_server_writes_script",
        "rules without web_server_starts_shell"],
}
EXPLAINED = {(file, title, m) for (file, title), mutants in REPORTS_ALONE.items() for m in mutants}


# --- the parts of a document -------------------------------------------------------------------

def title_of(doc):
    return re.search(r"^title: (.*)$", doc, re.M).group(1)


def block(doc, key):
    """The list of texts under a key of `correlation`, and its place: [(item, from, to)]."""
    m = re.search(r"^    %s:\n((?:        - .*\n)+)" % re.escape(key), doc, re.M)
    if not m:
        return [], None
    items, at = [], m.start(1)
    for line in m.group(1).splitlines(True):
        items.append((line.strip()[2:].strip("'\""), at, at + len(line)))
        at += len(line)
    return items, m


# --- mutants: name -> changed document ---------------------------------------------------------

def thresholds(doc):
    for m in re.finditer(r"^        (gte|gt|lte|lt|eq|neq): (\d+)$", doc, re.M):
        for step in (-1, 1):
            changed = "%s %d" % (m.group(1), int(m.group(2)) + step)
            yield changed, doc[:m.start()] + " " * 8 + changed.replace(" ", ": ") + doc[m.end():]


def timespans(doc):
    m = re.search(r"^    timespan: (\d+)([smhd])$", doc, re.M)
    if m:
        seconds = int(m.group(1)) * UNITS[m.group(2)]
        for name, value in (("halved", seconds // 2), ("doubled", seconds * 2)):
            yield "timespan " + name, "%s    timespan: %ds%s" % (doc[:m.start()], value, doc[m.end():])


def groups(doc):
    items, whole = block(doc, "group-by")
    for name, start, end in items:
        if len(items) == 1:
            start, end = whole.span()
        changed = doc[:start] + doc[end:]
        yield "group-by without " + name, re.sub(r"^    aliases:\n(?:        .*\n)+", "", changed, flags=re.M)


def references(doc):
    items, _ = block(doc, "rules")
    for name, start, end in items if len(items) > 1 else []:
        alias = r"^            %s: .*\n" % re.escape(name)
        yield "rules without " + name, re.sub(alias, "", doc[:start] + doc[end:], flags=re.M)


def negated(condition):
    """Places of the names under a `not`: after it, or within the parentheses after it."""
    depth, under, after_not = 0, [], False
    for m in re.finditer(r"\(|\)|[\w*-]+", condition):
        word = m.group()
        if word == "(":
            depth += 1
            if after_not:
                under.append(depth)
            after_not = False
        elif word == ")":
            if under and under[-1] == depth:
                under.pop()
            depth -= 1
        elif word == "not":
            after_not = True
        elif word not in ("and", "or"):
            if after_not or under:
                yield m.start(), m.end(), word
            after_not = False


def filters(doc):
    m = re.search(r"^    condition: (.*)$", doc, re.M)
    if not m or "\ndetection:" not in doc:
        return
    at = m.start(1)
    for start, end, name in negated(m.group(1)):
        yield ("without filter " + name,
               doc[:m.start()] + NOTHING + doc[m.start():at + start] + "nothing" + doc[at + end:])


def all_there(doc, names):
    """Whatever a document has of these words has given mutants."""
    for word, start in WORDS:
        holds(not re.search(word, doc) or any(n.startswith(start) for n in names),
              "%s: no mutant of %s" % (title_of(doc), word))


WORDS = [(r"(?<![|\w])(gte|gt|lte|lt|eq|neq):", ("gt", "lt", "eq", "neq")), (r"\btimespan:", "timespan"),
         (r"\bgroup-by:", "group-by"), (r"\bcondition:.*\bnot\b", "without filter")]
KINDS = [thresholds, timespans, groups, references, filters]


def mutants_of(text):
    """(title, mutant, the whole file with one change)."""
    docs = re.split(r"(?<=\n)---\n", text)
    for i, doc in enumerate(docs):
        names = []
        for kind in KINDS:
            for name, changed in kind(doc):
                names.append(name)
                yield title_of(doc), name, "---\n".join(docs[:i] + [changed] + docs[i + 1:])
        all_there(doc, names)


# --- files, runs, verdicts ---------------------------------------------------------------------

def rule_files():
    """(name below RULES, its samples)."""
    for folder, _, names in sorted(os.walk(RULES)):
        for name in sorted(names):
            if name.endswith(".yml"):
                stem = name[:-4]
                samples = [n for n in names if re.match(re.escape(stem) + r"\.(positive|negative)\.", n)]
                yield folder, name, samples


def lay_out(place):
    """Writes every mutant; gives {folder: (file, title, mutant)}."""
    all_of_them = {}
    for folder, name, samples in rule_files():
        with open(os.path.join(folder, name)) as f:
            text = f.read()
        for title, mutant, changed in mutants_of(text):
            where = "m%04d" % len(all_of_them)
            place.write(os.path.join(where, name), changed)
            for sample in samples:
                with open(os.path.join(folder, sample), "rb") as f:
                    os.utime(place.write(os.path.join(where, sample), f.read()), (CLOCK, CLOCK))
            short = os.path.relpath(os.path.join(folder, name), RULES)
            all_of_them[where] = (short, title, mutant)
    return all_of_them


def judge(place, wheres):
    r = place.canh("rules", "test", "--taxonomy", TAXONOMY, *wheres)
    out = r.out.decode()
    holds("refused" not in out + r.err, "a mutant is no rule:\n" + out[:2000] + r.err[:2000])
    holds("%d files of rules, 0 without" % len(wheres) in out, out[-500:])
    return {line.split(" ")[1].split("/")[0] for line in out.splitlines() if line.startswith("FAILED ")}


def test_no_mutant_of_our_rules_survives_their_samples(place):
    r = place.canh("rules", "test", "--taxonomy", TAXONOMY, RULES)
    holds(r.code == 0, "the rules themselves fail, and so would each mutant:\n" + r.out.decode()[-2000:])
    all_of_them = lay_out(place)
    holds(len(all_of_them) > 200, "only %d mutants: are these the rules?" % len(all_of_them))
    wheres = sorted(all_of_them)
    with ThreadPoolExecutor(2) as pool:
        killed = set().union(*pool.map(lambda part: judge(place, part), [wheres[0::2], wheres[1::2]]))
    survivors = sorted(all_of_them[w] for w in wheres if w not in killed)
    print("%d mutants, %d survivors, %d of them explained" % (len(wheres), len(survivors), len(EXPLAINED)))
    unexplained = ["%s: %s: %s" % s for s in survivors if s not in EXPLAINED]
    holds(not unexplained, "%d survive:\n%s" % (len(unexplained), "\n".join(unexplained)))
    equal(sorted(EXPLAINED - set(survivors)), [])


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
