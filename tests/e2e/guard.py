"""Nothing that a test started outlives it, however it ends: its alarm, SIGKILL, a time limit of meson.

    meson ── who was started ── guard ── the test ── server, senders, browser ── ...

The guard has a session of its own, so that what is sent to the group does not reach it. Orphans become its
children. When the test or who was started ends, it kills all that is left and removes the test's folders. Only who
kills the guard itself finds something left.
"""

import ctypes
import glob
import os
import shutil
import signal
import sys
import tempfile
import time

PDEATHSIG, CHILD_SUBREAPER = 1, 36  # <linux/prctl.h>
LIBC = ctypes.CDLL(None, use_errno=True)


class Alone(Exception):
    """Who was started is gone."""


def prctl(option, value):
    if LIBC.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def dies_with(parent, number):
    prctl(PDEATHSIG, number)
    if os.getppid() != parent:  # it was gone before that was asked for
        os.kill(os.getpid(), number)


def code_of(status):
    """As a shell says it."""
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def children():
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % pid, encoding="utf-8", errors="replace") as f:
                parent = int(f.read().rsplit(")", 1)[1].split()[1])
        except OSError:  # it ended meanwhile
            continue
        if parent == os.getpid():
            found.append(int(pid))
    return found


def end_all(seconds=10):
    """Each round makes children of those that the killed ones had."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for pid in children():
            os.kill(pid, signal.SIGKILL)  # reaped by nobody else, so it still is who it was
        try:
            while os.waitpid(-1, os.WNOHANG)[0] != 0:
                pass
        except ChildProcessError:
            return
        time.sleep(0.01)


def folder_prefix(guard):
    return "canh-e2e-%d-" % guard


def remove_folders():
    for path in glob.glob(os.path.join(tempfile.gettempdir(), folder_prefix(os.getpid()) + "*")):
        shutil.rmtree(path, ignore_errors=True)


def watch(started, test):
    """The guard's life; its exit code is the test's."""
    code = 1
    try:
        signal.signal(signal.SIGTERM, alone)
        dies_with(started, signal.SIGTERM)
        pid = 0
        while pid != test:  # the others are orphans
            pid, status = os.wait()
        code = code_of(status)
    except Alone:
        pass
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    end_all()
    remove_folders()
    return code


def alone(_number, _frame):
    raise Alone


def stand():
    """Returns in the test only: the prefix for its folders."""
    sys.stdout.flush()
    started = os.getpid()
    guard = os.fork()
    if guard != 0:
        os._exit(code_of(os.waitpid(guard, 0)[1]))
    guard = os.getpid()
    os.setsid()
    prctl(CHILD_SUBREAPER, 1)
    test = os.fork()
    if test == 0:
        dies_with(guard, signal.SIGKILL)
        return folder_prefix(guard)
    os._exit(watch(started, test))
