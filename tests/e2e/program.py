"""Running canh, and tests that report the way cmocka does. Standard library only."""

import json
import os
import subprocess
import sys
import tempfile
import traceback

import guard

CANH = os.path.abspath(sys.argv[1])


class Result:
    def __init__(self, done):
        self.code = done.returncode
        self.out = done.stdout
        self.err = done.stderr.decode("utf-8", "replace")

    def findings(self):
        return [json.loads(line) for line in self.out.splitlines()]

    def stats(self):
        return json.loads(self.err.splitlines()[-1])


class Place:
    """A folder of its own for one test, with a cache of its own."""

    def __init__(self, folder):
        self.folder = folder

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, data):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data.encode() if isinstance(data, str) else data)
        return path

    def canh(self, *args, stdin=b"", env=None, program=CANH, **more):
        full = dict(os.environ, XDG_CACHE_HOME=self.path("cache"), TMPDIR=self.folder)
        full.update(env or {})
        done = subprocess.run([program, *args], input=stdin, capture_output=True, cwd=self.folder,
                              env=full, timeout=300, check=False, **more)
        if done.returncode < 0:
            raise AssertionError("canh died of signal %d: %s" % (-done.returncode,
                                                                  done.stderr.decode()[-2000:]))
        return Result(done)

    def scan(self, *args, **more):
        return self.canh("scan", "--format", "json", "--stats", *args, **more)


def rule(ident, field="a", value="hit", level="high", source="", extra=""):
    """A rule on JSON events of the test's own taxonomy."""
    return """title: Rule %s
id: 00000000-0000-4000-8000-%012d
status: test
level: %s
author: somebody
tags: [attack.t1059]
logsource: { product: %s }
detection:
    sel: { %s: '%s' }
    condition: sel
%s""" % (ident, ident, level, source or "test", field, value, extra)


TAXONOMY = """source: test
product: test
when: { a: { exists: true } }
rows:
  - name: anything with an a
    time: time
    host: host
"""


def equal(got, want):
    if got != want:
        raise AssertionError("got %r, want %r" % (got, want))


def holds(condition, what):
    if not condition:
        raise AssertionError(what)


def run(module):
    """Every function test_* of the module, in the order written."""
    tests = [(n, f) for n, f in vars(module).items() if n.startswith("test_")]
    passed, failed, skipped = 0, [], 0
    prefix = guard.stand()
    print("[==========] Running %d test(s)." % len(tests))
    for name, function in tests:
        print("[ RUN      ] " + name[5:], flush=True)
        with tempfile.TemporaryDirectory(prefix=prefix) as folder:
            try:
                os.chmod(folder, 0o755)
                skip = function(Place(folder))
            except Exception:  # whatever it is, it is this test's failure
                traceback.print_exc(file=sys.stdout)
                print("[  FAILED  ] " + name[5:])
                failed.append(name[5:])
                continue
        if skip:
            print("SKIPPED: " + skip)
            skipped += 1
        else:
            print("[       OK ] " + name[5:])
            passed += 1
    print("[==========] %d test(s) run." % len(tests))
    print("[  PASSED  ] %d test(s)." % passed)
    if skipped:
        print("[  SKIPPED ] %d test(s)." % skipped)
    if failed:
        print("[  FAILED  ] %d test(s)." % len(failed))
    return 1 if failed else 0
