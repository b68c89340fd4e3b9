"""Goal: on real data nothing is lost, nothing differs with the number of threads, and memory stays small.
Method: the data sets of ../shared/data, their lines counted here; skipped where they are not."""

import glob
import os
import sys
import zipfile

from program import equal, holds, run

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
DATA = os.environ.get("CANH_DATA", os.path.join(TOP, "..", "shared", "data"))
SANITIZED = "build-test" in sys.argv[1]  # whose memory is its own affair


def lines_of(path):
    """Lines of the members that are logs, and how many members are none."""
    lines = others = 0
    with zipfile.ZipFile(path) as z:
        for name in z.namelist():
            if os.path.basename(name).startswith("._"):
                others += 1
            elif not name.endswith("/"):
                with z.open(name) as f:
                    lines += sum(1 for line in f if line.strip())
    return lines, others


def test_every_line_of_the_data_sets_is_an_event(place):
    zips = sorted(glob.glob(os.path.join(DATA, "otrf", "*.zip")))
    if not zips:
        return "no data sets at %s" % DATA
    lines, others = map(sum, zip(*(lines_of(p) for p in zips)))
    results = [place.scan("--threads", n, *zips) for n in ("1", "2")]
    for r in results:
        stats = r.stats()
        equal((r.code, stats["events"], stats["binary"]), (0, lines, others))
        equal((stats["unparsed"], stats["plain"], stats["unclassed"]), (0, 0, 0))
        holds(SANITIZED or stats["peak_rss_bytes"] < 150000000, "memory: %d" % stats["peak_rss_bytes"])
    holds(results[0].out == results[1].out, "the findings depend on the number of threads")
    holds(results[0].out.count(b"\n") > 100, "hosts under attack, and next to nothing found")
    return None


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
