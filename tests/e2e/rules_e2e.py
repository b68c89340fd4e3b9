"""Goal: `canh rules` tells what loads and why not, what a rule sees, and whether samples pass."""

import json
import sys

from program import TAXONOMY, equal, holds, rule, run

BAD = "title: Broken\nlogsource: { product: test }\ndetection:\n    sel: { a: x }\n    condition: sel and\n"
BLIND = rule(3, source="toaster")
FILTER = """title: A filter without not
logsource: { product: test }
filter:
    rules: any
    sel: { n: 1 }
    condition: sel
"""


def ready(place, **rules):
    place.write("taxonomy/test.yaml", TAXONOMY)
    for name, text in rules.items():
        place.write("rules/%s.yml" % name, text)
    return ["--taxonomy", place.path("taxonomy")]


def test_check_counts_names_and_warns(place):
    base = ready(place, good=rule(1), bad=BAD, blind=BLIND, inverted=FILTER)
    r = place.canh("rules", "check", *base, place.path("rules"))
    out = r.out.decode()
    equal(r.code, 1)
    holds("4 rules: 3 loaded, 1 refused" in out, out)
    holds("bad.yml:5: refused: " in out, out)
    holds("blind.yml" in out and "product toaster" in out, out)
    holds("inverted" in out, out)
    equal(place.canh("rules", "check", *base, place.path("rules/good.yml")).code, 0)
    equal(place.canh("rules", "check", *base, place.path("nowhere")).code, 2)


def test_list_has_a_line_a_rule(place):
    base = ready(place, good=rule(1))
    r = place.canh("rules", "list", *base, "--format", "json", place.path("rules"))
    one = json.loads(r.out)
    equal((one["rule"]["title"], one["source"]), ("Rule 1", "test/-/-"))


def test_coverage_is_a_navigator_layer(place):
    base = ready(place, one=rule(1), two=rule(2))
    layer = json.loads(place.canh("rules", "coverage", *base, place.path("rules")).out)
    equal(layer["domain"], "enterprise-attack")
    equal([(t["techniqueID"], t["score"]) for t in layer["techniques"]], [("T1059", 2)])


def test_explain_says_why_it_matches_and_why_not(place):
    base = ready(place, r=rule(1))
    path = place.write("x.json", '{"a":"hit"}\n{"a":"miss"}\n{"b":"hit"}\n')
    args = ["rules", "explain", *base, "--rules", place.path("rules")]
    out = place.canh(*args, "00000000-0000-4000-8000-000000000001", path).out.decode()
    holds("condition: sel" in out, out)
    holds("record 1: matches" in out and "3 records, 2 of the rule's log source, 1 match" in out, out)
    out = place.canh(*args, "--record", "2", "Rule 1", path).out.decode()
    holds("record 2: does not match" in out and "no  sel" in out and "the event has: miss" in out, out)
    equal(place.canh(*args, "no such rule", path).code, 2)


def test_samples_pass_fail_and_are_missed(place):
    base = ready(place, r=rule(1))
    test = lambda: place.canh("rules", "test", *base, place.path("rules"))
    r = test()
    equal(r.code, 0)
    holds("UNTESTED" in r.out.decode(), "a rule without samples is named")
    place.write("rules/r.positive.json", '{"a":"hit"}\n')
    place.write("rules/r.negative.json", '{"a":"hat"}\n')
    r = test()
    equal(r.code, 0)
    holds("2 samples, 0 failures" in r.out.decode(), r.out.decode())
    place.write("rules/r.negative.json", '{"a":"hit"}\n')
    r = test()
    equal(r.code, 1)
    holds("FAILED" in r.out.decode() and "r.negative.json" in r.out.decode(), r.out.decode())


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
