"""canh export: evidence that somebody without canh can check.

Goal: what is exported is what was stored, and each byte of it that is changed is named by the verifier that lies
in it, also where the sums are made good; what is not signed, or not as it was signed, is not exported.
Method: stores by the program's own lanes and sealer, a real witness, a running server; the verifier as a
process of Python with nothing but its standard library, and its parts in this one.
"""
import contextlib
import functools
import hashlib
import http.client
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tarfile

from program import CANH, equal, holds, run

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tamper"))
import attacks  # noqa: E402 (the folder is known only now)
import forge  # noqa: E402
import honest  # noqa: E402
from forge import verify  # noqa: E402
from stores import Tools  # noqa: E402

TOOLS = Tools(CANH, sys.argv[2])
verify.signature_good = functools.lru_cache(1 << 16)(verify.signature_good)  # of the same bytes it says the same
EVERY = int(os.environ.get("CANH_EXPORT_EVERY", "400"))  # of the bytes of larger files; 1: each
SMALL = 1000
PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable


def export(store, out, *words):
    p = subprocess.run([CANH, "export", "--data", store.path, "--out", out, *words], capture_output=True, text=True,
                       timeout=60, check=False)
    return p.returncode, p.stdout + p.stderr


def check(out, *words, env=None):
    """By the copy in it, without the user's site packages: (exit code, text)."""
    tool = os.path.join(out, "verify.py")
    if not os.path.exists(tool):
        tool = os.path.join(forge.TOP, "tools", "verify.py")
    p = subprocess.run([PYTHON, "-E", "-s", tool, "evidence", *words, out], capture_output=True, text=True, timeout=60,
                       check=False, env={**os.environ, **(env or {})})
    holds(p.returncode in (0, 1), p.stderr)
    return p.returncode, p.stdout


def faults(files, root=None, anchors=(), keys=()):
    """What is told of these files, by place."""
    return verify.Evidence(files, root, list(anchors), list(keys)).faults


def some_ids(store, r, count):
    """Events of both lanes: sealed, and not sealed yet."""
    found = []
    for lane in store.lanes():
        sealed = [e.sequence for w in store.sealed(lane) for b in store.file(w).blocks for e in b.events]
        rest = [e.sequence for _, _, e in store.lane(lane).events() if e.sequence >= store.sealed_to(lane)]
        found += [(lane, n) for n in r.sample(sealed, count) + rest[:1]]
    return found


def id_words(ids):
    return [w for lane, n in ids for w in ("--id", "%d/%d" % (lane, n))]


def with_store(test):
    def wrapped(place):
        test(honest.grown(TOOLS, place.path("store"), 5), place)
    return wrapped


@with_store
def test_evidence_is_what_was_stored_and_anybody_can_check_it(s, place):
    r = random.Random(1)
    ids = some_ids(s, r, 4)
    out = place.path("evidence")
    code, told = export(s, out, *id_words(ids))
    equal((code, told.splitlines()[0].split(" in ")[0]), (0, "%d events" % len(ids)))
    for env in (None, {"VERIFY_PURE": "1"}):
        code, text = check(out, env=env)
        equal((code, text.splitlines()[0].split(" are ")[0]), (0, "%d events" % len(ids)))
    holds("out of the evidence itself" in text, text)
    anchor = told.split("checks it: ")[1].split()[0]
    code, text = check(out, "--root", s.root, "--anchor", anchor)
    equal((code, "yours" in text), (0, True))
    raws = {(lane, e.sequence): e.raw for lane in s.lanes() for w in s.sealed(lane) for b in s.file(w).blocks
            for e in b.events}
    raws.update({(lane, e.sequence): e.raw for lane in s.lanes() for _, _, e in s.lane(lane).events()})
    for lane, n in ids:
        record = verify.Record(forge.read("%s/events/%02d-%d.record" % (out, lane, n)))
        equal((record.lane, record.sequence, record.raw), (lane, n, raws[lane, n]))
    equal(subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=out, check=False).returncode, 0)


@with_store
def test_a_search_chooses_events_and_a_tar_file_holds_them(s, place):
    code, told = export(s, place.path("e.tar"), "failed")
    equal(code, 0)
    found = subprocess.run([CANH, "search", "--data", s.path, "--limit", "10000", "--json", "failed"],
                           capture_output=True, check=True, timeout=60).stdout.splitlines()
    equal(told.split(" ")[0], str(len(found)))
    code, text = check(place.path("e.tar"), "--root", s.root)
    equal((code, text.split(" ")[0]), (0, str(len(found))))
    with tarfile.open(place.path("e.tar")) as tar:
        holds({"README.txt", "verify.py", "root.pub", "events.txt", "SHA256SUMS"} <= set(tar.getnames()), "names")
    equal(export(s, place.path("e.tar"), "failed")[0], 2)  # what is there stays
    equal(export(s, place.path("none"), "nothinglikeit"), (2, "canh: There is no such event.\n"))
    holds(not os.path.exists(place.path("none")), "a folder without evidence")
    equal(export(s, place.path("none"), "--id", "0/1", "failed")[0], 2)
    equal(export(s, place.path("none"), "--id", "0_1")[0], 2)
    equal(export(s, place.path("none"))[0], 2)


def places(name, size, r):
    """Bytes of a file to be changed."""
    if EVERY > 1 and size <= SMALL and name not in ("root.pub", "events.txt"):
        return range(r.randrange(5), size, 5)
    return range(size) if size <= SMALL else sorted(r.sample(range(size), max(1, size // EVERY)))


def changed(files, name, at, r):
    data = bytearray(files[name])
    data[at] ^= 1 << r.randrange(8)
    return {**files, name: bytes(data)}


def sums(files):
    """Made good."""
    lines = [b"%s  %s\n" % (hashlib.sha256(files[n]).hexdigest().encode(), n.encode()) for n in files
             if n != verify.SUMS]
    return {**files, verify.SUMS: b"".join(lines)}


def small_evidence(s, place, *words):
    ids = some_ids(s, random.Random(2), 1)
    equal(export(s, place.path("evidence"), *id_words(ids), *words)[0], 0)
    files = verify.files_of(place.path("evidence"))
    equal(faults(files), [])
    return files


@with_store
def test_each_byte_that_is_changed_is_named(s, place):
    files, r, done = small_evidence(s, place), random.Random(3), 0
    for name in sorted(files):
        for at in places(name, len(files[name]), r):
            told = faults(changed(files, name, at, r))
            if name != verify.SUMS:
                holds(any(where == name and what == "SUMS" for where, what, _ in told), (name, at, told))
            holds(told, (name, at))
            done += 1
    print("  %d bytes" % done)


@with_store
def test_each_byte_that_is_changed_is_named_where_the_sums_are_made_good(s, place):
    """Class 24 of the attacks. What the verifier and the README say of themselves proves nothing, and is left out."""
    files, r = small_evidence(s, place), random.Random(4)
    for name in sorted(set(files) - {"README.txt", "verify.py", verify.SUMS}):
        for at in places(name, len(files[name]), r):
            told = faults(sums(changed(files, name, at, r)))
            want = "ledger" if name.startswith("ledger/") or name == "root.pub" else name.rsplit(".", 1)[0]
            holds(any(where.startswith((want, name)) for where, _, _ in told), (name, at, told))
    public = verify.read_root(s.root)
    equal(faults(files, public), [])
    wrong = faults(files, forge.public_of(b"\7" * 32))
    holds({"root.pub", "ledger/" + sorted(s.parts())[0][7:] + ", byte 0"} <= {w for w, _, _ in wrong}, wrong)


@with_store
def test_what_is_missing_or_put_in_is_named(s, place):
    files = small_evidence(s, place)
    for name in set(files) - {verify.SUMS}:
        rest = {n: d for n, d in files.items() if n != name}
        holds(any(w == name for w, _, _ in faults(rest)), name)
        if name not in ("README.txt", "verify.py"):
            holds(faults(sums(rest)), name)
    holds(faults({n: d for n, d in files.items() if n != verify.SUMS}), "no sums")
    for name in ("more.txt", "ledger/2031-01-01.0000.chain", "events/00-999999.record"):
        holds(any(w.startswith(name.split(".rec")[0]) for w, _, _ in faults(sums({**files, name: b"x\n"}))), name)
    one, two = sorted(n for n in files if n.endswith(".record"))[:2]
    swapped = {**files, one: files[two], two: files[one]}
    holds({one, two} <= {w for w, _, _ in faults(sums(swapped))}, "swapped")
    proofs = sorted(n for n in files if n.endswith(".proof"))[:2]
    swapped = {**files, proofs[0]: files[proofs[1]], proofs[1]: files[proofs[0]]}
    holds(len(faults(sums(swapped))) >= 2, "swapped proofs")


def test_what_is_not_signed_is_no_evidence(place):
    s = honest.grown(TOOLS, place.path("store"), 6)
    notes = s.notes()
    s.put_notes(notes[:len(notes) // 2])  # as it was then
    last = max(e.sequence for _, _, e in s.lane(0).events())
    code, told = export(s, place.path("a"), "--id", "0/%d" % last)
    equal((code, "is not signed yet" in told), (2, True))
    holds(not os.path.exists(place.path("a/SHA256SUMS")), "it looks like evidence")
    code, told = export(s, place.path("b"), "--from", "2026-01-01T00:00:00Z")
    equal((code, "were left out" in told), (0, True))
    equal(check(place.path("b"))[0], 0)
    code, told = export(s, place.path("c"), "--id", "0/%d" % (last + 1))
    equal((code, told), (2, "canh: There is no event %d in lane 0.\n" % (last + 1)))


def test_what_was_tampered_with_is_no_evidence(place):
    base = honest.grown(TOOLS, place.path("store"), 7)
    for attack in (attacks.edit_tree, attacks.edit_hashes, attacks.reorder_sealed, attacks.left_out, attacks.wrong_key):
        s = base.copy(place.path("tampered"))
        attack(s, random.Random(8))
        code, told = export(s, place.path("out"), "--root", s.root, "--limit", "10000", "--from", "2026-01-01T00:00:00Z")
        equal(code, 2)
        holds(any(w in told for w in ("cannot be proven", "is not sound", "damaged")), told)
        holds(not os.path.exists(place.path("out/SHA256SUMS")), "it looks like evidence")
        shutil.rmtree(place.path("out"), ignore_errors=True)
        s.remove()


class Witness:
    """A real one, that has seen all of a store."""

    def __init__(self, place, s):
        self.folder = place.path("witness")
        os.makedirs(self.folder)
        self.store = forge.read(s.at("store"))[:32]
        shutil.copy(s.root, os.path.join(self.folder, self.store.decode() + ".pub"))
        p = subprocess.Popen([CANH, "witness", "--data", self.folder, "--listen", "127.0.0.1:0", "--name", "w.test"],
                             stdout=subprocess.PIPE, text=True)
        try:
            p.stdout.readline()
            port = int(p.stdout.readline().split(": ")[1])
            c = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            body = b"canh/witness/v1 %s\nold 0 %s\n\n" % (self.store, verify.base64.b64encode(verify.ZEROS))
            c.request("POST", "/witness", body=body + b"".join(n.whole for _, _, n in s.notes()))
            equal(c.getresponse().status, 200)
            c.close()
        finally:
            p.send_signal(signal.SIGTERM)
            p.wait(10)

    def words(self):
        return ["--witness", os.path.join(self.folder, self.store.decode() + ".checkpoint")]

    def key(self):
        return os.path.join(self.folder, "witness.pub")


@with_store
def test_a_witness_vouches_for_it(s, place):
    while not s.notes()[-1][2].text.startswith(verify.CHECKPOINT):
        s.grow(3, 11)
    w = Witness(place, s)
    files = small_evidence(s, place, *w.words(), "--witness-key", w.key())
    code, text = check(place.path("evidence"), "--witness-key", w.key(), "--root", s.root)
    equal((code, "witness w.test saw checkpoint" in text and "(its key: yours)" in text), (0, True))
    last = s.last_anchor()
    holds("anchor: " + last in text, text)
    older = s.copy(place.path("older"))  # ... and is an anchor for the whole store
    notes = older.notes()
    older.put_notes(notes[:-3])
    for store, words, want in ((s, w.words(), 0), (older, w.words(), 1), (older, [], 0)):
        p = subprocess.run([PYTHON, os.path.join(forge.TOP, "tools", "verify.py"), "--root", s.root, *words,
                            "--witness-key", w.key(), store.path], capture_output=True, text=True, timeout=60,
                           check=False)
        equal((p.returncode, "ledger: CUT" in p.stdout), (want, want == 1))
    for name in (n for n in files if n.startswith("witness/")):
        for at in range(len(files[name])):
            told = faults(sums(changed(files, name, at, random.Random(at))))
            holds(any(where.startswith("witness/") for where, _, _ in told), (name, at, told))
    os.rename(place.path("evidence"), place.path("first"))
    equal(export(s, place.path("evidence"), "--id", "0/400", *w.words())[0], 0)  # its key is not in it
    equal(check(place.path("evidence"))[0], 1)
    equal(check(place.path("evidence"), "--witness-key", w.key())[0], 0)


def one_person(server, place):
    """One person's records leave for a case only, and who took what out is in the trail."""
    canh = lambda *words: server.place.canh(*words, "--data", server.data)
    equal(canh("alert", "open", "--title", "A", "--level", "high", "--entity", "srv", "--channel", "phone", "--text",
               "told").code, 0)
    for words, why in ((["user:an"], "--for incident:3"), (["--for", "alert:9", "user:an"], "no alert 9"),
                       (["--for", "alert:1", "user:an"], "There is no such event")):
        done = canh("export", "--out", place.path("person"), *words)
        equal((words, done.code), (words, 2))
        holds(why in done.err, done.err)
    done = canh("act", "list", "--did", "search.run", "--format", "json")
    equal([json.loads(line)["parameters"] for line in done.out.splitlines()],
          [{"query": "user:an", "for": "alert:1"}, {"query": '"canh_run=one"'}])


def test_beside_a_server_that_runs(place):
    from seal_e2e import SMALL, Server, send, verify as verified
    server = Server(place, more=SMALL)
    signal.alarm(120)
    try:
        server.start().ready()
        send(server, 3000, "one")
        server.until("a checkpoint of it", lambda: verified(server)[2]["not_signed"] <= 2, 30)
        send(server, 500, "two", 300)
        with contextlib.redirect_stdout(io.StringIO()):
            done = server.place.canh("export", "--data", server.data, "--out", place.path("out"), "--limit", "5000",
                                     '"canh_run=one"')
        equal((done.code, done.out.split(b" ")[0]), (0, b"3000"))
        equal(check(place.path("out"), "--root", os.path.join(server.data, "keys", "root.pub"))[0], 0)
        one_person(server, place)
        server.end()
        done = server.place.canh("export", "--data", server.data, "--out", place.path("alone"), "--for", "alert:1", "user:an")
        equal(done.code, 2)
        holds("which is not there" in done.err, done.err)
    finally:
        signal.alarm(0)
        server.kill()


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
