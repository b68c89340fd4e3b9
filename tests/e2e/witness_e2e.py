"""canh witness, as a store and as others would speak to it.

Goal: over HTTP it takes what follows, keeps it before it answers, goes on after kill -9, and refuses
strangers, other stores, forks, rollbacks and requests that are no requests. What it signs is verified here
with the second verifier's Ed25519. Method: a ledger grown by the program's own signer; a witness process;
requests written out by hand.
"""
import hashlib
import http.client
import importlib.util
import pathlib
import signal
import socket
import struct
import subprocess
import sys

from program import CANH, equal, holds, run

GROW = sys.argv[2]
TOP = pathlib.Path(__file__).resolve().parents[2]
TOKEN = "let-me-in"

spec = importlib.util.spec_from_file_location("verify", TOP / "tools" / "verify.py")
verify = importlib.util.module_from_spec(spec)
spec.loader.exec_module(verify)


class Witness:
    def __init__(self, folder):
        self.folder = folder
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [CANH, "witness", "--data", self.folder, "--listen", "127.0.0.1:0", "--name", "w.test",
             "--token-sha256", hashlib.sha256(TOKEN.encode()).hexdigest()], stdout=subprocess.PIPE, text=True)
        self.vkey = self.process.stdout.readline().split(": ")[1].strip()
        self.port = int(self.process.stdout.readline().split(": ")[1])

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self):
        self.process.terminate()
        return self.process.wait(10)

    def ask(self, method, path, body=None, token=TOKEN):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        c.request(method, path, body=body, headers={"Authorization": "Bearer " + token} if token else {})
        r = c.getresponse()
        got = r.status, r.read()
        c.close()
        return got


def leaves(stream, size):
    return [verify.sha256(b"\0", struct.pack("<IQ", stream, i)) for i in range(size)]


def mth(hashes):
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while 2 * k < len(hashes):
        k *= 2
    return verify.node_hash(mth(hashes[:k]), mth(hashes[k:]))


def subproof(m, hashes, whole):
    if m == len(hashes):
        return [] if whole else [mth(hashes)]
    k = 1
    while 2 * k < len(hashes):
        k *= 2
    if m <= k:
        return subproof(m, hashes[:k], whole) + [mth(hashes[k:])]
    return subproof(m - k, hashes[k:], False) + [mth(hashes[:k])]


class Grown:
    def __init__(self, path, count, seed):
        subprocess.run([GROW, path, str(count), str(seed)], check=True, capture_output=True, timeout=60)
        self.path, self.notes, self.ends, self.points = path, b"", [], []
        for part in sorted((path / "ledger").glob("*.chain")):
            data, at = part.read_bytes(), 0
            while at < len(data):
                note = verify.note_at(data, at)
                self.notes += note.whole
                at += len(note.whole)
                if note.text.startswith(verify.CHECKPOINT):
                    self.points.append(verify.Checkpoint(note.text))
                    self.points[-1].text = note.text
                    self.ends.append(len(self.notes))
        self.store = self.points[0].store

    def old(self, n):
        return n, verify.sha256(self.points[n - 1].text) if n else verify.ZEROS

    def request(self, first, last, old=None, proofs=None):
        """Checkpoints [first, last) for who has seen `first`."""
        number, digest = old or self.old(first)
        out = b"canh/witness/v1 %s\nold %d %s\n" % (self.store.hex().encode(), number, verify.base64.b64encode(digest))
        out += self.proofs(first, last) if proofs is None else proofs
        return out + b"\n" + self.notes[self.ends[first - 1] if first else 0:self.ends[last - 1]]

    def proofs(self, first, last):
        out = b""
        now = {s.key: s for s in self.points[last - 1].streams}
        for was in self.points[first - 1].streams if first else []:
            size = now[was.key].size
            if 0 < was.size < size:
                stream = was.key[0] * 2 + (was.key[1] == 12)
                hashes = subproof(was.size, leaves(stream, size), True)
                out += b"proof %d %d %d\n" % (*was.key, len(hashes))
                out += b"".join(b"hash " + verify.base64.b64encode(h) + b"\n" for h in hashes)
        return out


def cosigned(answer, vkey, text):
    """The cosignature in an answer holds: C2SP tlog-cosignature."""
    name, _, rest = vkey.encode().partition(b"+")
    typed = verify.base64.b64decode(rest.partition(b"+")[2])
    assert typed[0] == 4
    line = answer.split(b"\n")[1]
    assert line.startswith(verify.DASH + name + b" "), line
    signed = verify.base64.b64decode(line.split(b" ")[2])
    assert signed[:4] == verify.key_id(name, 4, typed[1:])
    seconds = int.from_bytes(signed[4:12], "big")
    return verify.signature_good(typed[1:], b"cosignature/v1\ntime %d\n" % seconds + text, signed[12:])


def check_talk(w, g, other):
    state = "/state?store=" + g.store.hex()
    assert w.ask("GET", state)[0] == 404  # its root key is not known
    assert w.ask("POST", "/witness", g.request(0, 3))[0] == 404
    (w.folder / (g.store.hex() + ".pub")).write_bytes((g.path / "keys" / "root.pub").read_bytes())
    assert w.ask("GET", state) == (200, b"next 0 " + verify.base64.b64encode(verify.ZEROS) + b"\n")
    assert w.ask("POST", "/witness", g.request(0, 3), token=None)[0] == 401
    assert w.ask("POST", "/witness", g.request(0, 3), token="wrong")[0] == 401
    seen = 0
    for upto in (3, 4, 9, 20):
        status, body = w.ask("POST", "/witness", g.request(seen, upto))
        assert status == 200, body
        seen = upto
        assert body.startswith(b"next %d " % seen) and cosigned(body, w.vkey, g.points[seen - 1].text)
        assert not cosigned(body, w.vkey, g.points[seen - 2].text)
        assert w.ask("GET", state) == (200, body)
        # The answer was lost, and the store asks again: it is told what the witness has.
        assert w.ask("POST", "/witness", g.request(upto - 1, upto)) == (409, body)
        w.kill()
        w.start()
        assert w.ask("GET", state) == (200, body)
    # Somebody's else ledger of the same store; an older end; no proofs; a proof of something else.
    assert w.ask("POST", "/witness", other.request(0, 3))[0] == 409
    assert w.ask("POST", "/witness", other.request(20, 22, old=g.old(20)))[0] == 422
    assert w.ask("POST", "/witness", g.request(18, 20, old=g.old(20)))[0] == 422
    assert w.ask("POST", "/witness", g.request(20, 24, proofs=b""))[0] == 400
    bad = g.proofs(20, 24).replace(b"hash ", b"hash AAAA", 1)
    assert w.ask("POST", "/witness", g.request(20, 24, proofs=bad))[0] == 400
    hashes = g.proofs(20, 24).split(b"\n")
    at = next(i for i, line in enumerate(hashes) if line.startswith(b"hash "))
    hashes[at] = b"hash " + verify.base64.b64encode(bytes(32))
    assert w.ask("POST", "/witness", g.request(20, 24, proofs=b"\n".join(hashes)))[0] == 422
    assert w.ask("GET", state)[1].startswith(b"next 20 ")
    assert w.ask("POST", "/witness", g.request(20, 24))[0] == 200


def check_misuse(w, g):
    for method, path, body, want in (("GET", "/witness", None, 405), ("POST", "/state", b"", 405),
                                     ("GET", "/", None, 404), ("GET", "/state?store=xyz", None, 400),
                                     ("POST", "/witness", b"", 400), ("POST", "/witness", b"\0" * 1000, 400),
                                     ("POST", "/witness", b"x" * (1 << 20 | 1), 413)):
        got = w.ask(method, path, body)
        assert got[0] == want, (method, path, got)
    # Those who say nothing, or half of it, take no place from others for longer than the deadline.
    idle = [socket.create_connection(("127.0.0.1", w.port)) for _ in range(12)]
    idle[0].sendall(b"POST /witness HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nhalf")
    assert w.ask("GET", "/state?store=" + g.store.hex())[0] == 200
    for s in idle:
        s.close()
    assert w.ask("GET", "/state?store=" + g.store.hex())[0] == 200


class Scene:
    """A witness, the ledger that it is to know, and another of the same store's id."""

    def __init__(self, place):
        work = pathlib.Path(place.folder)
        (work / "w").mkdir()
        self.g, self.other = Grown(work / "g", 30, 7), Grown(work / "o", 30, 8)
        self.w = Witness(work / "w")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.w.process.kill()


def test_it_takes_what_follows_and_keeps_it(place):
    with Scene(place) as s:
        key = s.w.vkey
        equal((s.w.folder / "witness.key").stat().st_mode & 0o777, 0o400)
        check_talk(s.w, s.g, s.other)
        equal(s.w.vkey, key)
        equal(s.w.stop(), 0)


def test_it_bears_misuse(place):
    with Scene(place) as s:
        (s.w.folder / (s.g.store.hex() + ".pub")).write_bytes((s.g.path / "keys" / "root.pub").read_bytes())
        check_misuse(s.w, s.g)
        equal(s.w.stop(), 0)


def test_it_does_not_start_where_anybody_may_ask(place):
    r = place.canh("witness", "--data", place.folder, "--listen", "0.0.0.0:0")
    equal(r.code, 2)
    holds("--token-sha256" in r.err, r.err)
    r = place.canh("witness", "--data", place.path("none"))
    equal(r.code, 2)
    holds("cannot be opened" in r.err, r.err)


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
