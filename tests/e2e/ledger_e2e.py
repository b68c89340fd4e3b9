"""Ledgers, honest and tampered with, before two verifiers that share no code.

Goal: both name the same fault at the same place; every attack on checkpoints is found by what docs/ledger.md
says finds it; no honest ledger is accused, nor one that a crash tore. Method: grown by the program's own
signer; tampered with by somebody who is root and has every key that is on the machine at the end, but not
the root key; an anchor is what a witness or an export would have kept. The numbers are those of the attack
classes. Seeds are fixed; CANH_LEDGER_TIMES=N tries N times as many.
"""
import contextlib
import importlib.util
import io
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys

from program import CANH, equal, holds, run

GROW = os.path.abspath(sys.argv[2])
TOP = pathlib.Path(__file__).resolve().parents[2]
TIMES = int(os.environ.get("CANH_LEDGER_TIMES", "1"))
BASES = 3


def module(name):
    spec = importlib.util.spec_from_file_location(name, TOP / "tools" / (name + ".py"))
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


verify = module("verify")


class Folder:
    """A grown ledger: its notes, its anchors, its keys."""

    def __init__(self, path):
        self.path, self.anchors = pathlib.Path(path), {}

    def grow(self, count, seed, seconds=0):
        p = subprocess.run([GROW, self.path, str(count), str(seed), str(seconds)], capture_output=True, text=True,
                           timeout=60)
        for line in p.stdout.splitlines():
            number, digest = line.split()
            self.anchors[int(number)] = digest
        return p.returncode

    @property
    def ledger(self):
        return self.path / "ledger"

    @property
    def root(self):
        return self.path / "root.pub"

    def parts(self):
        return sorted(self.ledger.glob("*.chain"))

    def notes(self):
        """[part, byte, note] of each whole one."""
        found = []
        for part in self.parts():
            data, at = part.read_bytes(), 0
            while at < len(data):
                note = verify.note_at(data, at)
                found.append((part, at, note))
                at += len(note.whole)
        return found

    def put(self, notes):
        """These notes, each in its part, and no others."""
        for part in self.parts():
            part.unlink()
        for part, _, note in notes:
            with open(part, "ab") as f:
                f.write(note.whole)

    def copy(self, to):
        shutil.copytree(self.path, to)
        other = Folder(to)
        other.anchors = dict(self.anchors)
        return other

    def current_key(self):
        return next(self.path.joinpath("keys").glob("epoch-*.key")).read_bytes()[16:48]


def new_folder(path, count, seed):
    f = Folder(path)
    if f.grow(count, seed) != 0:
        raise AssertionError("a ledger could not be grown")
    (f.path / "keys" / "root.pub").replace(f.path / "kept.pub")
    shutil.copy(f.path / "kept.pub", f.path / "keys" / "root.pub")
    shutil.copy(f.path / "kept.pub", f.root)
    return f


def sign(seed, text, name):
    """RFC 8032, section 5.1.6."""
    h = verify.hashlib.sha512(seed).digest()
    a = int.from_bytes(h[:32], "little") & ((1 << 254) - 8) | (1 << 254)
    public = verify.point_put(verify.point_times(a, verify.BASE))
    r = verify.hash_mod(h[32:], text)
    big_r = verify.point_put(verify.point_times(r, verify.BASE))
    s = (r + verify.hash_mod(big_r, public, text) * a) % verify.L
    signature = big_r + s.to_bytes(32, "little")
    coded = verify.base64.b64encode(verify.key_id(name, 1, public) + signature)
    return text + b"\n" + verify.DASH + name + b" " + coded + b"\n"


def resigned(note, text, seed):
    whole = sign(seed, text, note.name)
    return verify.note_at(whole, 0)


def is_checkpoint(note):
    return note.text.startswith(verify.CHECKPOINT)


def number_of(note):
    return verify.Checkpoint(note.text).number


# --- the attacks: (folder, random) -> (faults that may be named, place of the note or None) ------------


def middle(f, r, want=is_checkpoint):
    """Index of a note that is neither the first nor one of the last two."""
    notes = f.notes()
    return notes, r.choice([i for i in range(2, len(notes) - 2) if want(notes[i][2])])


def bit_flip(f, r):
    part = r.choice(f.parts())
    data = bytearray(part.read_bytes())
    data[r.randrange(len(data))] ^= 1 << r.randrange(8)
    part.write_bytes(data)
    return {"SYNTAX", "STORE", "CERTIFICATE", "NUMBER", "PREVIOUS", "KEY", "FORGED", "CUT"}, None


def edit_line(note, r):
    lines = note.text.split(b"\n")
    at = r.choice([i for i, line in enumerate(lines) if line.startswith((b"rules ", b"settings ", b"counts "))])
    name = lines[at].split(b" ")[0]
    lines[at] = name + b" " + verify.base64.b64encode(r.randbytes(32))
    return b"\n".join(lines)


def rules_replaced(f, r):
    notes, i = middle(f, r)
    part, at, note = notes[i]
    whole = edit_line(note, r) + note.whole[len(note.text):]
    notes[i] = (part, at, verify.note_at(whole, 0))
    f.put(notes)
    return {"FORGED"}, (part, at)


def resign_old(f, r):
    notes, i = middle(f, r)
    part, at, note = notes[i]
    notes[i] = (part, at, resigned(note, edit_line(note, r), f.current_key()))
    f.put(notes)
    return {"KEY"}, (part, at)


def left_out(f, r):
    notes, i = middle(f, r)
    del notes[i]
    f.put(notes)
    # A deletion that follows is of the epoch that is missing as well.
    return {"NUMBER"}, None


def reordered(f, r):
    notes, i = middle(f, r)
    j = next(k for k in range(i + 1, len(notes)) if is_checkpoint(notes[k][2]))
    notes[i], notes[j] = (*notes[i][:2], notes[j][2]), (*notes[j][:2], notes[i][2])
    f.put(notes)
    return {"NUMBER"}, notes[i][:2]


def doubled(f, r):
    notes, i = middle(f, r)
    notes.insert(i, notes[i])
    f.put(notes)
    return {"NUMBER"}, None


def parts_swapped(f, r):
    parts = f.parts()
    a, b = sorted(r.sample(range(len(parts)), 2))
    one, two = parts[a].read_bytes(), parts[b].read_bytes()
    parts[a].write_bytes(two)
    parts[b].write_bytes(one)
    return {"NUMBER", "CERTIFICATE"}, (parts[a], 0)


def part_left_out(f, r):
    r.choice(f.parts()[:-1]).unlink()
    return {"NUMBER", "CERTIFICATE"}, None


def cut_within(f, r):
    notes = f.notes()
    part, at, note = notes[-1]
    with open(part, "r+b") as file:
        file.truncate(at + r.randrange(1, len(note.whole)))
    return {"CUT"}, None


def cut_between(f, r):
    notes = f.notes()
    f.put(notes[:len(notes) - r.randrange(1, 5)])
    return {"CUT"}, None


def cut_part(f, r):
    f.parts()[-1].unlink()
    return {"CUT"}, None


def cut_parts(f, r):
    for part in f.parts()[r.randrange(1, len(f.parts())):]:
        part.unlink()
    return {"CUT"}, None


def all_gone(f, r):
    for part in f.parts():
        part.unlink()
    return {"CUT"}, None


def begun_afresh(f, r):
    shutil.rmtree(f.ledger)
    shutil.rmtree(f.path / "keys")
    assert f.grow(40, r.randrange(10**6)) == 0
    return {"KEY"}, (f.parts()[0], 0)


def seals_removed(f, r):
    notes, i = middle(f, r)
    part = notes[i][0]
    data = part.read_bytes()
    note = notes[i][2]
    part.write_bytes(data.replace(note.whole, note.text + b"\n"))
    # The last of a part looks torn: the next part does not go on with it.
    return {"SYNTAX", "NUMBER"}, None


def seals_removed_all(f, r):
    notes = f.notes()
    for part in f.parts():
        part.write_bytes(b"".join(n.text for p, _, n in notes if p == part))
    return {"CUT"}, None  # without one signature it looks torn: the anchor tells


def wrong_root(f, r):
    other = sign_root(r)
    f.root.write_bytes(other)
    return {"KEY"}, (f.parts()[0], 0)


def sign_root(r):
    h = verify.hashlib.sha512(r.randbytes(32)).digest()
    a = int.from_bytes(h[:32], "little") & ((1 << 254) - 8) | (1 << 254)
    public = verify.point_put(verify.point_times(a, verify.BASE))
    name = b"canh/" + b"0123456789abcde\0".hex().encode()
    return (name + b"+" + verify.key_id(name, 1, public).hex().encode() + b"+"
            + verify.base64.b64encode(b"\x01" + public) + b"\n")


def rewritten_since(f, r):
    """Keys stolen at the end: everything from some checkpoint on made anew, linked and signed with them."""
    notes, i = middle(f, r)
    seed, last = f.current_key(), None
    public = verify.read_vkey(sign_vkey(seed))[1]
    for k in range(i, len(notes)):
        part, at, note = notes[k]
        if not is_checkpoint(note):
            continue
        lines = edit_line(note, r).split(b"\n")
        for n, line in enumerate(lines):
            if line.startswith(b"next "):
                lines[n] = b"next " + verify.base64.b64encode(public)
            if line.startswith(b"previous ") and last is not None:
                lines[n] = b"previous " + verify.base64.b64encode(last)
        notes[k] = (part, at, resigned(note, b"\n".join(lines), seed))
        last = verify.sha256(notes[k][2].text)
    f.put(notes)
    return {"KEY"}, None


def sign_vkey(seed):
    h = verify.hashlib.sha512(seed).digest()
    a = int.from_bytes(h[:32], "little") & ((1 << 254) - 8) | (1 << 254)
    public = verify.point_put(verify.point_times(a, verify.BASE))
    return b"x+" + verify.key_id(b"x", 1, public).hex().encode() + b"+" + verify.base64.b64encode(b"\x01" + public)


def deletion_removed(f, r):
    notes, i = middle(f, r, lambda n: n.text.startswith(verify.DELETION))
    del notes[i]
    f.put(notes)
    return {"DELETION"}, None


def deletion_edited(f, r):
    notes, i = middle(f, r, lambda n: n.text.startswith(verify.DELETION))
    part, at, note = notes[i]
    text = note.text.replace(b"why retention", b"why pressure")
    notes[i] = (part, at, verify.note_at(text + note.whole[len(note.text):], 0))
    f.put(notes)
    return {"FORGED"}, (part, at)


def garbage_between(f, r):
    part = r.choice(f.parts()[:-1])
    data = part.read_bytes()
    part.write_bytes(data + data[:r.randrange(10, 300)] + b"\0" * 100 + data[-2000:])
    return {"SYNTAX"}, (part, len(data))


ATTACKS = [
    (1, bit_flip), (4, left_out), (5, cut_within), (6, cut_between), (7, cut_part), (8, cut_parts), (9, begun_afresh),
    (9, all_gone), (10, reordered), (11, doubled), (13, parts_swapped), (13, part_left_out), (15, resign_old),
    (16, seals_removed), (16, seals_removed_all), (17, wrong_root), (22, deletion_removed), (22, deletion_edited),
    (23, rules_replaced), (25, rewritten_since), (1, garbage_between),
]


# --- both verifiers ---------------------------------------------------------------------------------


def both(f, anchors):
    """What they say, as a dict; they must say the same."""
    args = [x for a in anchors for x in ("--anchor", "%d:%s" % a)]
    p = subprocess.run([CANH, "ledger", "check", "--root", f.root, *args, f.ledger], capture_output=True, text=True,
                       timeout=60)
    assert p.returncode in (0, 1), p.stderr
    lines = p.stdout.splitlines()
    assert lines[-1].startswith("why: ")
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = verify.main(["ledger", "--root", str(f.root), *args, str(f.ledger)])
    assert (code, out.getvalue().splitlines()) == (p.returncode, lines[:-1]), "%s\n%s" % (p.stdout, out.getvalue())
    said = dict(line.split(": ", 1) for line in lines)
    assert (said["verdict"] == "NONE") == (p.returncode == 0)
    return said


def last_anchor(f):
    return [max(f.anchors.items())]


def check(what, good, said):
    if not good:
        print("FAILED %s: %s" % (what, said))
    return good


def tampered(base, work, cases):
    failed = 0
    for number, attack in ATTACKS:
        for n in range(cases):
            r = random.Random("%d %s %d" % (number, attack.__name__, n))
            f = base.copy(work / "tampered")
            faults, place = attack(f, r)
            said = both(f, last_anchor(base))
            good = said["verdict"] in faults
            if place is not None:
                good = good and (said["part"], said["byte"]) == (place[0].name, str(place[1]))
            failed += not check("class %d %s %d" % (number, attack.__name__, n), good, said)
            shutil.rmtree(f.path)
    return failed


def honest(work):
    """Whole, and torn as a crash may: no fault, with every anchor."""
    failed = 0
    for n in range(4 * TIMES):
        r = random.Random("honest %d" % n)
        f = new_folder(work / "honest", r.randrange(1, 30), n)
        said = both(f, r.sample(sorted(f.anchors.items()), min(5, len(f.anchors))))
        failed += not check("honest %d" % n, said["verdict"] == "NONE" and said["torn"] == "0", said)
        # A note that was being written when the machine stopped; the next start begins another part.
        part = f.parts()[-1]
        note = f.notes()[-1][2].whole
        torn = note[:r.randrange(1, len(note))]
        with open(part, "ab") as file:
            file.write(torn)
        assert f.grow(3, n) == 0
        said = both(f, last_anchor(f))
        failed += not check("torn %d" % n, (said["verdict"], said["torn"]) == ("NONE", str(len(torn))), said)
        shutil.rmtree(f.path)
    return failed


def scenes(base, work):
    """What takes more than one ledger, or more than one start."""
    failed = 0
    # 6 without an anchor: nothing to see in the ledger, but the program cannot go on with it.
    f = base.copy(work / "a")
    cut_between(f, random.Random(6))
    failed += not check("a cut end, no anchor", both(f, [])["verdict"] == "NONE", "")
    failed += not check("a cut end is not gone on with", f.grow(1, 1) == 1, "")
    # 9 and 16 without an anchor: no note at all is no pass.
    for attack in (all_gone, seals_removed_all):
        f = base.copy(work / attack.__name__)
        attack(f, random.Random(9))
        said = both(f, [])
        failed += not check(attack.__name__ + ", no anchor", said["verdict"] == "CERTIFICATE", said)
    # 14: everything back to yesterday, and on from there.
    old = base.copy(work / "b")
    f = base.copy(work / "c")
    assert f.grow(5, 14) == 0 and old.grow(6, 15) == 0
    known = max(f.anchors)
    said = both(old, [(known, f.anchors[known])])
    failed += not check("rolled back", said["verdict"] == "FORK" and said["checkpoint"] == str(known), said)
    # 19: two readers, two ledgers, each sound by itself.
    for one, other in ((old, f), (f, old)):
        failed += not check("a fork alone", both(one, last_anchor(one))["verdict"] == "NONE", "")
        said = both(one, [(known, other.anchors[known])])
        failed += not check("a fork, held against the other", said["verdict"] == "FORK", said)
    # 18: the clock set back before something is done, by an hour.
    said_at = max(f.anchors) + 1
    assert f.grow(3, 18, -3600) == 0
    said = both(f, last_anchor(f))
    failed += not check("clock", (said["verdict"], said["clock-first"]) == ("CLOCK", str(said_at)), said)
    # 25: what is signed with a stolen key from then on is signed; all before still holds.
    said = both(f, [(n, d) for n, d in f.anchors.items() if n % 7 == 0])
    failed += not check("all that was", said["verdict"] == "CLOCK", said)
    return failed


# --- tests ------------------------------------------------------------------------------------------


def base_of(work, b):
    base = new_folder(work / ("base%d" % b), 40, 100 + b)
    holds(len(base.parts()) >= 3, "several days")
    holds(any(n.text.startswith(verify.DELETION) for _, _, n in base.notes()), "a deletion")
    return base


def test_every_attack_is_found_by_both_at_the_same_place(place):
    work = pathlib.Path(place.folder)
    equal(sum(tampered(base_of(work, b), work, TIMES) for b in range(BASES)), 0)


def test_what_takes_more_than_one_ledger_is_found(place):
    work = pathlib.Path(place.folder)
    equal(scenes(base_of(work, 0), work), 0)


def test_no_honest_ledger_is_accused_nor_one_that_a_crash_tore(place):
    equal(honest(pathlib.Path(place.folder)), 0)


def test_without_a_library_the_second_verifier_says_the_same(place):
    base, out = base_of(pathlib.Path(place.folder), 1), []
    for env in ({}, {"VERIFY_PURE": "1"}):
        p = subprocess.run([sys.executable, TOP / "tools" / "verify.py", "ledger", "--root", base.root, base.ledger],
                           capture_output=True, text=True, timeout=60, env={**os.environ, **env})
        equal(p.returncode, 0)
        out.append(p.stdout)
    equal(out[0], out[1])


def test_what_is_recorded_is_what_is_described_and_verified(place):
    """The schema, docs/ledger.md and the second verifier have the same tables, keys and columns."""
    del place
    schema = module("sql").Reader()
    for path in sorted((TOP / "src/db/schema").glob("*.sql"), key=lambda p: int(p.name.split("-")[0])):
        schema.schema(str(path))
    made = {t: (r.key.replace("{of}", ""), r.columns) for t, r in schema.recorded.items()}
    split = lambda columns: [c.strip() for c in columns.split(",")]
    equal({t: (key, split(columns)) for t, (key, columns) in module("verify_account").TABLES.items()}, made)
    plain = lambda key: re.sub(r"CAST\((\w+) AS TEXT\)", r"\1", key).replace(" || '.' || ", ".")
    part = (TOP / "docs/ledger.md").read_text("utf-8").split("## The desk's record")[1].split("\n## ")[0].split("|---|---|---|\n")[1]
    told = re.findall(r"^\| (\w+) \| ([\w.]+) \| ([\w, ]+) \|$", part, re.M)
    equal({t: (key, split(columns)) for t, key, columns in told}, {t: (plain(k), c) for t, (k, c) in made.items()})


if __name__ == "__main__":
    sys.exit(run(sys.modules[__name__]))
