#!/usr/bin/env python3
"""Judge findings: against the regression cases, and against another engine's.

    findings.py regression CASES FORM FINDINGS
        FINDINGS are Canh's over every case's file of that form (evtx or json). Prints how many
        cases are found at least as often as they should be, then the ids of the others.

    findings.py number EVENTS OUT
        Write EVENTS (JSON lines) with one more field each, BenchRecord: its number in the file, by
        which findings of an engine that does not tell the record can be told apart.

    findings.py compare RULES EVENTS CANH OTHER OUT
        Compare (rule, record) pairs of the two over the numbered EVENTS and write OUT as JSON: how
        many both have, and the others grouped by the rule's logsource and the event's channel and
        number, with the reason that README.md explains. Prints a summary.
"""
import collections
import json
import os
import re
import sys

MARK = "BenchRecord"


def lines_of(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        for line in f:
            if line.startswith("{"):
                yield json.loads(line)


# --- regression ---------------------------------------------------------------------------------


def cases(folder):
    """(case folder, rule id, times) of each case that expects something."""
    for where, _, names in sorted(os.walk(folder)):
        if "info.yml" not in names:
            continue
        with open(os.path.join(where, "info.yml"), encoding="utf-8") as f:
            text = re.sub(r"(?m)^#.*\n?", "", f.read())
        if "regression_tests_info:" in text:
            rule = re.search(r"rule_metadata:\s*-\s*id:\s*(\S+)", text).group(1)
            times = re.search(r"match_count:\s*(\d+)", text)
            yield where, rule, int(times.group(1)) if times else 1


def regression(folder, form, findings):
    seen = collections.Counter()
    for f in lines_of(findings):
        if "event" in f:
            where = os.path.dirname(os.path.abspath(f["event"]["file"]))
            seen[where, f["rule"]["id"]] += 1
    good, bad = 0, []
    for where, rule, times in cases(os.path.abspath(folder)):
        if seen[where, rule] >= times:
            good += 1
        else:
            bad.append(f"{rule} {seen[where, rule]} of {times}")
    print(good)
    for text in bad:
        print(text)


# --- another engine -----------------------------------------------------------------------------


def number(events, out):
    with open(events, encoding="utf-8", errors="surrogateescape") as f, \
            open(out, "w", encoding="utf-8", errors="surrogateescape") as o:
        for n, line in enumerate(f, 1):
            if line.startswith("{"):
                line = f'{{"{MARK}":"r{n}",' + line[1:]
            o.write(line)


def logsources(folder):
    """Rule id -> product/category/service, read by shape: the three stand in the logsource block."""
    out = {}
    for where, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(where, name), encoding="utf-8") as f:
                text = f.read()
            rule = re.search(r"(?m)^id:\s*['\"]?([0-9a-fA-F-]{36})", text)
            block = re.search(r"(?m)^logsource:\s*\n((?:[ \t]+.*\n|\s*\n)+)", text)
            if rule and block:
                part = dict(re.findall(r"(?m)^\s+(product|category|service):\s*['\"]?([^'\"\s#]+)",
                                       block.group(1)))
                out[rule.group(1)] = tuple(part.get(k, "") for k in ("product", "category", "service"))
    return out


def canh_pairs(path):
    return {(f["rule"]["id"], f["event"]["record"]) for f in lines_of(path)
            if "event" in f and f["rule"].get("id")}


def other_pairs(path):
    pairs = set()
    for f in lines_of(path):
        mark = (f.get("event") or {}).get(MARK, "")
        rule = f.get("rule_id") or (f.get("rule") or {}).get("id")
        if rule and mark.startswith("r"):
            pairs.add((rule, int(mark[1:])))
    return pairs


def identities(events, wanted):
    """record -> (channel, event id) of the records wanted."""
    out = {}
    with open(events, encoding="utf-8", errors="replace") as f:
        for n, line in enumerate(f, 1):
            if n in wanted:
                e = json.loads(line)
                out[n] = (str(e.get("Channel", "")), str(e.get("EventID", "")))
    return out


SECURITY_ROLES = {"4688": "process_creation", "4657": "registry_", "5156": "network_connection"}


def reason(side, logsource, channel, event_id):
    """One of the reasons of README.md, or "unexplained", which is to be looked at."""
    category = logsource[1]
    if side == "canh":
        role = SECURITY_ROLES.get(event_id)
        if channel.lower() == "security" and role and category.startswith(role):
            return "a Security event in its Sigma role"
        if channel == "":
            return "not an event of Windows"
    return "unexplained"


def compare(rules, events, canh_path, other_path, out):
    source = logsources(rules)
    canh, other = canh_pairs(canh_path), other_pairs(other_path)
    only = {"canh": canh - other, "other": other - canh}
    identity = identities(events, {n for pairs in only.values() for _, n in pairs})
    groups = collections.Counter()
    example = {}
    for side, pairs in only.items():
        for rule, n in sorted(pairs):
            logsource = source.get(rule, ("", "", ""))
            why = reason(side, logsource, *identity[n])
            key = (side, why, "/".join(logsource), *identity[n])
            groups[key] += 1
            example.setdefault(key, f"{rule} r{n}")
    names = ("only", "reason", "logsource", "channel", "event_id")
    rows = [dict(zip(names, k), count=c, example=example[k]) for k, c in groups.most_common()]
    reasons = collections.Counter()
    for (side, why, *_), count in groups.items():
        reasons[f"only {side}: {why}"] += count
    result = {"both": len(canh & other), "canh": len(canh), "other": len(other),
              "reasons": dict(reasons.most_common()), "groups": rows}
    with open(out, "w", encoding="utf-8") as f:
        json.dump(result, f, indent=1)
    unexplained = sum(c for r, c in reasons.items() if r.endswith("unexplained"))
    print(f"{unexplained}\t{len(canh & other)} the same, {len(only['canh'])} only Canh, "
          f"{len(only['other'])} only the other")


def main():
    verbs = {"regression": regression, "number": number, "compare": compare}
    if len(sys.argv) < 2 or sys.argv[1] not in verbs:
        sys.exit(__doc__)
    verbs[sys.argv[1]](*sys.argv[2:])


if __name__ == "__main__":
    main()
