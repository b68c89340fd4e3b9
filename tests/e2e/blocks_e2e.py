"""Sealed events, read by docs/block.md alone.

Goal: what is sealed can be read without this program, whatever version sealed it. Method: tools/verify_body.py, which
was written from the page and shares no code with the program, over what `seal_rate` seals of the samples of
tests/taxonomy, and over the file of version 1 that the unit tests have.
"""
import json
import os
import pathlib
import subprocess
import sys

from program import equal, holds, run

SEAL_RATE = os.path.abspath(sys.argv[2])
TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS.parent / "tools"))
import verify_block  # noqa: E402
import verify_body  # noqa: E402
import verify_bytes  # noqa: E402
import verify_store  # noqa: E402
VERSION_1 = TESTS / "unit" / "store" / "version-1"
START_NS = 1795046400000000000


def bodies(path):
    named = verify_store.name_of(path.name)
    holds(named, path)
    file = verify_store.Sealed(path.read_bytes(), verify_store.Named(str(path.parent), 0, 0, path.name, named))
    return [file.body(b) for b in file.blocks]


def events(path):
    return [e for body in bodies(path) for e in verify_body.events(body)]


def sealed(place, lines):
    place.write("events", b"".join(line + b"\n" for line in lines))
    subprocess.run([SEAL_RATE, place.path("store"), place.path("events")], check=True, timeout=120,
                   stdout=subprocess.DEVNULL)
    return sorted(pathlib.Path(place.path("store"), "sealed").glob("*/*.seal"))


def test_what_is_sealed_is_read_by_the_page_alone(place):
    lines = [line for f in sorted((TESTS / "taxonomy").glob("*.case")) for line in f.read_bytes().split(b"\n")]
    lines += (VERSION_1 / "events.txt").read_bytes().splitlines()
    holds(len(lines) > 2000, "samples")
    got = [e for f in sealed(place, lines) for e in events(f)]
    equal([e.raw for e in got], lines)
    equal([e.sequence for e in got], list(range(1, len(lines) + 1)))
    equal([e.receipt for e in got], [START_NS + i * 1000000 for i in range(len(lines))])


def test_columns_are_the_fields_of_the_records(place):
    lines = [json.dumps({"id": i, "at": "2026-11-27T10:%02d:%02d.%03dZ" % (i // 60, i % 60, i), "n": {"ip": "10.0.0.%d" % i},
                         "Message": "Logon of\tuser%d from 10.0.0.%d" % (i % 7, i)}).encode() for i in range(250)]
    seen = 0
    for body in (b for f in sealed(place, lines) for b in bodies(f)):
        block, rows = verify_block.Block(body), {}
        for i, number in enumerate(block.envelope[5]):
            row = rows[number] = rows.get(number, -1) + 1
            want, got = json.loads(lines[i]), dict((b".".join(p).decode(), v) for p, v in block.fields(number, row))
            equal(json.loads(got["id"]), want["id"])
            equal(got["at"].decode(), want["at"])
            equal(got["n.ip"].decode(), want["n"]["ip"])
            equal(json.loads(b'"' + got["Message"] + b'"'), want["Message"])
            seen += 1
    equal(seen, 250)


def test_version_1_is_read_too(place):
    got = events(VERSION_1 / "00-1-40-1.seal")
    equal([e.raw for e in got], (VERSION_1 / "events.txt").read_bytes().splitlines())
    equal([e.sequence for e in got], list(range(1, 41)))


def test_what_is_damaged_is_told_and_nothing_else_comes_of_it(place):
    """Bytes flipped, and bodies cut: Damaged, whatever it is."""
    lines = (VERSION_1 / "events.txt").read_bytes().splitlines()
    for body in [b for f in [VERSION_1 / "00-1-40-1.seal", *sealed(place, lines)] for b in bodies(f)]:
        for at in range(0, len(body), 7):
            for bad in (body[:at] + bytes([body[at] ^ 1 << at % 8]) + body[at + 1:], body[:at]):
                try:
                    verify_body.events(bad)
                except verify_bytes.Damaged:
                    continue
                raise AssertionError("nothing was told of byte %d" % at)


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
