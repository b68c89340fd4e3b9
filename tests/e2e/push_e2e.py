"""`canh ledger push`: a server's ledger before a witness, while it grows, is sealed, cut and forked.

    push_e2e.py CANH
"""

import hashlib
import os
import shutil
import signal
import subprocess
import sys

from program import CANH, equal, holds, run
from keeper import Server
from seal_e2e import SMALL, copy, sealed_files, send, verify

TOKEN = "let-me-in"


class Witness:
    def __init__(self, place, server):
        self.folder = place.path("witness")
        os.makedirs(self.folder)
        store = open(os.path.join(server.data, "store"), encoding="ascii").read().strip()
        shutil.copy(os.path.join(server.data, "keys/root.pub"), os.path.join(self.folder, store + ".pub"))
        self.token = place.write("token", TOKEN + "\n")
        self.kept = place.path("kept")
        self.process = subprocess.Popen(
            [CANH, "witness", "--data", self.folder, "--listen", "127.0.0.1:0", "--name", "w.test", "--token-sha256",
             hashlib.sha256(TOKEN.encode()).hexdigest()], stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()
        self.address = "127.0.0.1:%d" % int(self.process.stdout.readline().split(": ")[1])

    def push(self, place, data, *more):
        return place.canh("ledger", "push", "--to", self.address, "--token", self.token, "--witness",
                          os.path.join(self.folder, "witness.pub"), "--keep", self.kept, "--data", data, *more)

    def end(self):
        self.process.terminate()
        self.process.wait(10)


def with_witness(test):
    def wrapped(place):
        server = Server(place, more=SMALL)
        witness = None
        signal.alarm(150)
        try:
            server.start().ready()
            server.until("a checkpoint", lambda: verify(server)[2]["checkpoints"] >= 1, 30)
            witness = Witness(place, server)
            test(server, witness)
        finally:
            signal.alarm(0)
            if witness:
                witness.end()
            server.kill()
    return wrapped


def seen(done):
    equal((done.code, done.err), (0, ""))
    return int(done.out.split()[-1].rstrip(b"."))


@with_witness
def test_what_grows_is_taken_and_what_was_cut_or_forked_is_not(s, w):
    first = seen(w.push(s.place, s.data))
    equal(seen(w.push(s.place, s.data)) >= first, True)  # nothing new is nothing wrong
    for turn in range(3):  # with what is sealed and what is not
        send(s, 1500 + 300 * turn, "turn%d" % turn)
        before = verify(s)[2]["checkpoints"]
        s.until("a checkpoint more", lambda: verify(s)[2]["checkpoints"] > before, 30)  # pylint: disable=cell-var-from-loop
        number = seen(w.push(s.place, s.data))
        holds(number >= before, (number, before))
    holds(len(sealed_files(s)) >= 3, sealed_files(s))
    s.end()
    last = seen(w.push(s.place, s.data))
    equal(last, verify(s)[2]["checkpoints"] - 1)
    text = open(w.kept, encoding="utf-8").read()
    holds("\nnumber %d\n" % last in text and "w.test" in text, text)
    older = copy(s, "older")
    again = Server(s.place, more=SMALL)
    try:
        again.start().ready()
        send(again, 300, "more")
        again.end()
    finally:
        again.kill()
    holds(seen(w.push(s.place, s.data)) > last, "it goes on")
    done = w.push(s.place, older)  # somebody put the snapshot back
    equal(done.code, 1)
    holds("the ledger was cut" in done.err, done.err)
    shutil.rmtree(s.data)
    os.rename(older, s.data)
    forked = Server(s.place, more=SMALL)
    try:
        forked.start().ready()
        send(forked, 900, "other")
        before = verify(forked)[2]["checkpoints"]
        forked.until("as many checkpoints", lambda: verify(forked)[2]["checkpoints"] >= before + 3, 60)
        forked.end()
    finally:
        forked.kill()
    done = w.push(s.place, s.data)
    equal(done.code, 1)
    holds("somebody else" in done.err or "was cut" in done.err, done.err)


@with_witness
def test_who_cannot_be_asked_is_told(s, w):
    done = s.place.canh("ledger", "push", "--to", w.address, "--data", s.data)
    equal(done.code, 2)
    holds("401" in done.err, done.err)
    other = s.place.write("other.pub", open(os.path.join(w.folder, "witness.pub"), encoding="ascii").read()[:-3] + "A=\n")
    done = w.push(s.place, s.data, "--witness", other)
    holds(done.code in (1, 2) and not os.path.exists(w.kept), (done.code, done.err))
    w.end()
    done = w.push(s.place, s.data)
    equal(done.code, 2)
    holds("cannot be asked" in done.err, done.err)


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
