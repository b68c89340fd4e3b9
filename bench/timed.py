#!/usr/bin/env python3
"""Run one command and say what it took, seen from outside.

    timed.py --log FILE --label NAME [--cpus 0,1] [--out FILE] [--err FILE] [--limit S] -- COMMAND...

Wall clock is taken around the process, from before it is started until it is reaped; user and
system time and the peak resident set come from the kernel's account of the reaped child (wait4).
Nothing that the command says about itself is used. The process is pinned before it starts, so the
command cannot run a thread elsewhere. One row is added to the log:

    label  wall_s  user_s  sys_s  peak_kib  exit

and the wall seconds are printed. The exit code is the command's own, 124 when the limit ended it.
The peak has a floor of some 10 MiB, which is this program's own at the moment of starting.
"""
import argparse
import os
import signal
import subprocess
import sys
import threading
import time


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("--log", required=True)
    p.add_argument("--label", required=True)
    p.add_argument("--cpus", default="")
    p.add_argument("--out", default=os.devnull)
    p.add_argument("--err", default=os.devnull)
    p.add_argument("--limit", type=float, default=900.0)
    p.add_argument("command", nargs="+")
    return p.parse_args()


def run(a):
    """Returns wall seconds, the kernel's account and the exit code."""
    with open(a.out, "wb") as out, open(a.err, "wb") as err:
        start = time.monotonic()
        child = subprocess.Popen(a.command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        ended = threading.Event()

        def end_it():
            if not ended.is_set():
                os.kill(child.pid, signal.SIGKILL)

        watch = threading.Timer(a.limit, end_it)
        watch.start()
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - start
        ended.set()
        watch.cancel()
    code = os.waitstatus_to_exitcode(status)
    child.returncode = code
    return wall, usage, 124 if wall >= a.limit else code if code >= 0 else 128 - code


def main():
    a = arguments()
    if a.cpus:
        os.sched_setaffinity(0, {int(c) for c in a.cpus.split(",")})
    wall, usage, code = run(a)
    with open(a.log, "a", encoding="utf-8") as log:
        log.write(f"{a.label}\t{wall:.4f}\t{usage.ru_utime:.4f}\t{usage.ru_stime:.4f}"
                  f"\t{usage.ru_maxrss}\t{code}\n")
    print(f"{wall:.4f}")
    return code


if __name__ == "__main__":
    sys.exit(main())
