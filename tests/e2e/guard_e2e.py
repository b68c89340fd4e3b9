"""A test that is killed leaves nothing: no server, nothing that it started, no folder.

    guard_e2e.py CANH            the tests
    guard_e2e.py CANH hang N     a test that starts a server and hangs; its alarm is in N seconds, or never (0)
"""

import json
import os
import signal
import subprocess
import sys
import time
import types

import guard
from keeper import Server
from program import CANH, equal, holds, run

GONE_S = 20


def hang(place):
    s = Server(place)
    s.start().ready()
    s.until("its roles", s.all_roles)
    detached = subprocess.Popen(["sleep", "600"], start_new_session=True)  # as a browser is
    left = [os.getpid(), os.getppid(), s.process.pid, detached.pid, *s.roles().values()]
    print(json.dumps({"test": left[0], "left": left, "folder": place.folder}), flush=True)
    signal.alarm(int(sys.argv[3]))
    time.sleep(600)


class Hanging:
    """Such a test, in a group of its own as meson starts it."""

    def __init__(self, alarm=0):
        self.process = subprocess.Popen([sys.executable, os.path.abspath(__file__), CANH, "hang", str(alarm)],
                                        stdout=subprocess.PIPE, start_new_session=True)
        said = next((line for line in self.process.stdout if line.startswith(b"{")), None)
        holds(said, "it hangs")
        self.__dict__.update(json.loads(said))
        holds(len(self.left) > 8 and all(alive(pid) for pid in self.left), self.left)

    def gone(self):
        """Its exit code, once nothing is left."""
        code, end = self.process.wait(GONE_S), time.monotonic() + GONE_S
        while any(alive(pid) for pid in self.left) or os.path.exists(self.folder):
            holds(time.monotonic() < end, ([pid for pid in self.left if alive(pid)], os.path.exists(self.folder)))
            time.sleep(0.02)
        self.process.stdout.close()
        return code


def alive(pid):
    return os.path.exists("/proc/%d" % pid)


def test_its_alarm(place):
    equal(Hanging(alarm=1).gone(), 128 + signal.SIGALRM)


def test_sigkill_of_the_test(place):
    h = Hanging()
    os.kill(h.test, signal.SIGKILL)
    equal(h.gone(), 128 + signal.SIGKILL)


def test_sigkill_of_who_was_started(place):
    h = Hanging()
    h.process.kill()
    equal(h.gone(), -signal.SIGKILL)


def test_a_time_limit_of_meson(place):
    for number in (signal.SIGTERM, signal.SIGKILL):
        h = Hanging()
        os.killpg(h.process.pid, number)
        equal(h.gone(), -number)


def test_an_exit_code_is_the_tests_own(place):
    for code in (0, 1, 77):
        got = subprocess.run([sys.executable, "-c", "import guard, sys; guard.stand(); print('once'); sys.exit(%d)" % code],
                             cwd=os.path.dirname(guard.__file__), capture_output=True, check=False, timeout=GONE_S)
        equal((got.returncode, got.stdout), (code, b"once\n"))


if __name__ == "__main__":
    sys.exit(run(types.SimpleNamespace(test_hang=hang) if sys.argv[2:] else sys.modules[__name__]))
