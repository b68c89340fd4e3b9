#!/usr/bin/env python3
"""Print the rows of a benchmark as a table and write them, with every single run, as JSON.

    report.py WORK RESULTS

Reads WORK/rows.tsv (see lib.sh), WORK/runs.tsv (see timed.py), WORK/differences.json if it is there
and WORK/versions.tsv (name, version). Whether a figure is good enough is decided here and nowhere
else, from the row's own comparison and limit.
"""
import json
import operator
import os
import platform
import sys
import time

COMPARE = {">=": operator.ge, "<=": operator.le, "==": operator.eq}


def tsv(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as f:
        return [line.rstrip("\n").split("\t") for line in f if line.strip()]


def verdict(figure, compare, limit):
    if figure in ("skipped", "failed"):
        return figure
    if compare == "-":
        return "-"
    try:
        return "met" if COMPARE[compare](float(figure), float(limit)) else "missed"
    except ValueError:
        return "missed"


def number(text):
    try:
        return float(text)
    except ValueError:
        return None


def show(text):
    value = number(text)
    if value is None:
        return text or "none"
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.1f}"


def row_object(r):
    name, what, figure, compare, limit, unit, remark = (r + [""] * 7)[:7]
    return {"id": name, "what": what, "figure": number(figure), "unit": unit,
            "needed": None if compare == "-" else {"is": compare, "limit": number(limit)},
            "verdict": verdict(figure, compare, limit), "remark": remark}


def print_table(rows):
    cells = [("what", "figure", "needed", "", "")]
    for r in rows:
        name, what, figure, compare, limit, unit, remark = (r + [""] * 7)[:7]
        cells.append((what, "-" if figure in ("skipped", "failed") else f"{show(figure)} {unit}",
                      "" if compare == "-" else f"{compare} {show(limit)} {unit}",
                      verdict(figure, compare, limit), remark))
    width = [max(len(c[i]) for c in cells) for i in range(4)]
    for what, figure, needed, met, remark in cells:
        print(f"{what:<{width[0]}}  {figure:>{width[1]}}  {needed:<{width[2]}}  {met:<{width[3]}}"
              f"  {remark}".rstrip())


def machine():
    model = ""
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as f:
        for line in f:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return {"processor": model, "processors": os.cpu_count(), "kernel": platform.release(),
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "load_before": float(os.environ.get("LOAD_BEFORE", "nan"))}


def main():
    work, results = sys.argv[1:3]
    rows = tsv(os.path.join(work, "rows.tsv"))
    print_table(rows)
    keys = ("label", "wall_s", "user_s", "sys_s", "peak_kib", "exit")
    runs = [dict(zip(keys, [r[0]] + [float(v) for v in r[1:]]))
            for r in tsv(os.path.join(work, "runs.tsv"))]
    out = {"machine": machine(), "versions": dict(tsv(os.path.join(work, "versions.tsv"))),
           "rows": [row_object(r) for r in rows], "runs": runs}
    differences = os.path.join(work, "differences.json")
    if os.path.exists(differences):
        with open(differences, encoding="utf-8") as f:
            out["differences"] = json.load(f)
    with open(results, "w", encoding="utf-8") as f:
        json.dump(out, f, indent=1)
        f.write("\n")
    counts = {}
    for r in out["rows"]:
        counts[r["verdict"]] = counts.get(r["verdict"], 0) + 1
    print(f"\n{counts.get('met', 0)} met, {counts.get('missed', 0)} missed, "
          f"{counts.get('failed', 0)} failed, {counts.get('skipped', 0)} skipped; written to {results}")


if __name__ == "__main__":
    main()
