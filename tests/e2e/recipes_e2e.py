"""Goal: the recipes of CONTRIBUTING.md that need no compiler work as they are written.
Method: their YAML and samples are taken out of the page and used."""

import os
import re
import sys

from program import equal, holds, run

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))


def recipe(title):
    """The indented blocks of a section."""
    with open(os.path.join(TOP, "CONTRIBUTING.md"), encoding="utf-8") as f:
        section = f.read().split("\n## %s\n" % title)[1].split("\n## ")[0]
    blocks = re.findall(r"(?:^ {7}.*\n|^\n(?= {7}))+", section, re.M)
    return [re.sub(r"(?m)^ {7}", "", b).strip("\n") + "\n" for b in blocks]


def test_a_source_is_a_file_of_yaml_and_a_sample(place):
    taxonomy, case = recipe("A source")
    place.write("taxonomy/gadget.yaml", taxonomy)
    raw, wanted = case.split("---\n")
    place.write("rules/r.yml", """title: Infection
id: 00000000-0000-4000-8000-000000000001
logsource: { category: antivirus }
detection:
    sel: { Signature: eicar, Computer|cased: pc-07 }
    condition: sel
""")
    path = place.write("x.log", raw.split("\n", 1)[1])
    r = place.scan("--taxonomy", place.path("taxonomy"), "--rules", place.path("rules"), path)
    finding, = r.findings()
    equal(finding["event"]["tags"], ["product:gadget", "category:antivirus"])
    for line in wanted.splitlines()[1:]:
        name, value = line.split(": ")
        holds({"selection": "sel", "field": name, "value": value} in finding["because"], line)


def test_every_file_that_the_recipes_name_is_there(_):
    with open(os.path.join(TOP, "CONTRIBUTING.md"), encoding="utf-8") as f:
        text = f.read()
    names = re.findall(r"`((?:src|tests|tools|data|docs)/[\w./-]+)`|\]\(([\w./-]+)\)", text)
    for name in (a or b for a, b in names):
        if "NAME" not in name:
            holds(os.path.exists(os.path.join(TOP, name)), name + " is not there")


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
