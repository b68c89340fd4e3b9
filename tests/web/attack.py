"""Goal: every technique that a rule names has a name in data/attack. Method: the tags of the rules that ship, and of the public
ones of ../shared/data where they are (CANH_DATA), are read here, from their text alone.

    attack.py CANH
"""

import io
import json
import os
import re
import sys
import tarfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../e2e"))

from program import equal, holds, run  # noqa: E402

TOP = os.path.join(HERE, "../..")
DATA = os.environ.get("CANH_DATA", os.path.join(TOP, "..", "shared", "data"))
TAG = re.compile(rb"^\s*-\s*['\"]?attack\.(t\d{4}(?:\.\d{3})?)['\"]?\s*(?:#.*)?$", re.I | re.M)


def names():
    with open(os.path.join(TOP, "data/attack/techniques.json"), encoding="utf-8") as f:
        return json.load(f)


def techniques(texts):
    return {t.decode().upper() for text in texts for t in TAG.findall(text)}


def own():
    for folder, _, files in os.walk(os.path.join(TOP, "data/rules")):
        for name in files:
            if name.endswith(".yml"):
                with open(os.path.join(folder, name), "rb") as f:
                    yield f.read()


def public(path):
    with tarfile.open(path) as tar:
        for member in tar:
            if member.name.endswith(".yml"):
                yield tar.extractfile(member).read()


def test_techniques_of_the_rules_that_ship_have_names(_):
    named = techniques(own())
    holds(len(named) > 20, named)
    equal(sorted(named - set(names())), [])


def test_techniques_of_public_rules_have_names(_):
    path = os.path.join(DATA, "sigma-rules.tar.xz")
    if not os.path.exists(path):
        return "no rules at %s" % DATA
    named = techniques(public(path))
    holds(len(named) > 300, len(named))
    equal(sorted(named - set(names())), [])
    return None


def test_each_id_stands_once_in_order_behind_its_technique(_):
    with open(os.path.join(TOP, "data/attack/techniques.json"), encoding="utf-8") as f:
        pairs = json.load(io.StringIO(f.read()), object_pairs_hook=list)
    ids = [i for i, _ in pairs]
    equal(ids, sorted(set(ids)))
    equal([i for i in ids if i[:5] not in ids or not re.fullmatch(r"T\d{4}(\.\d{3})?", i)], [])
    equal([n for _, n in pairs if not n.strip() or n != n.strip()], [])


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
