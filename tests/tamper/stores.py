"""Stores to be tampered with, and both verifiers over them."""
import json
import os
import shutil
import subprocess

import forge
from forge import verify, verify_store


class Disagree(Exception):
    """The verifiers do not say the same."""


class Tools:
    """The programs."""

    def __init__(self, canh, grow):
        self.canh, self.grow = os.path.abspath(canh), os.path.abspath(grow)


class Store:
    """A folder with a store, the root key's public half kept elsewhere, and anchors from elsewhere."""

    def __init__(self, tools, path):
        self.tools, self.path = tools, path
        self.root = path + ".pub"
        self.anchors = []

    def grow(self, steps, seed, seconds=0):
        p = subprocess.run([self.tools.grow, self.path, str(steps), str(seed), str(seconds)], capture_output=True,
                           timeout=60, check=False)
        if p.returncode != 0:
            raise RuntimeError(p.stderr.decode())
        if not os.path.exists(self.root):
            shutil.copy(os.path.join(self.path, "keys", "root.pub"), self.root)
        return self

    def copy(self, to):
        shutil.copytree(self.path, to, ignore=shutil.ignore_patterns("run"))
        shutil.copy(self.root, to + ".pub")
        other = Store(self.tools, to)
        other.anchors = list(self.anchors)
        return other

    def remove(self):
        shutil.rmtree(self.path)
        os.unlink(self.root)

    # --- what is in it ---------------------------------------------------------------------------

    def below(self, folder):
        """Files of a folder, by their places in the store."""
        return sorted(os.path.relpath(os.path.join(at, n), self.path)
                      for at, _, names in os.walk(os.path.join(self.path, folder)) for n in names)

    def at(self, where):
        return os.path.join(self.path, where)

    def sealed(self, lane=None):
        return [w for w in self.below("sealed") if lane is None or w.split("/")[2].startswith("%02d-" % lane)]

    def file(self, where):
        return forge.File(self.path, where)

    def lanes(self):
        return [int(n) for n in sorted(os.listdir(self.at("lanes")))]

    def lane(self, number):
        return forge.Lane(self.at("lanes/%02d" % number))

    def sealed_to(self, lane):
        """The number behind the last event that is sealed."""
        return verify_store.next_of(verify_store.catalog(self.at("sealed"))[0], lane) or 1

    def stream(self, lane, months):
        """Its files, in their order."""
        found = [w for w in self.sealed(lane) if w.split("/")[1].endswith("-%d" % months)]
        return sorted(found, key=lambda w: int(w.split("/")[2].split("-")[1]))

    def parts(self):
        return [w for w in self.below("ledger") if w.endswith(".chain")]

    def notes(self):
        """[part, byte, note]"""
        found = []
        for part in self.parts():
            data, at = forge.read(self.at(part)), 0
            while at < len(data):
                try:
                    note = verify.note_at(data, at)
                except verify.Malformed:
                    break  # torn
                found.append([part, at, note])
                at += len(note.whole)
        return found

    def put_notes(self, notes):
        """These, each in its part, and no others; a note may be bytes."""
        for part in self.parts():
            os.unlink(self.at(part))
        for part, _, note in notes:
            with open(self.at(part), "ab") as f:
                f.write(note if isinstance(note, bytes) else note.whole)

    def current_key(self):
        """The seed that signs next."""
        keys = [k for k in self.below("keys") if "epoch-" in k]
        return forge.read(self.at(sorted(keys)[-1]))[16:48]

    def last_anchor(self):
        last = [n for _, _, n in self.notes() if n.text.startswith(verify.CHECKPOINT)][-1]
        return "%d:%s" % (verify.Checkpoint(last.text).number, verify.sha256(last.text).hex())

    # --- the verifiers -----------------------------------------------------------------------------

    def by_canh(self):
        words = [w for a in self.anchors for w in ("--anchor", a)]
        p = subprocess.run([self.tools.canh, "verify", "--json", "--data", self.path, "--root", self.root, *words],
                           capture_output=True, timeout=60, check=False)
        if p.returncode == 2:
            return None, p.stderr.decode()
        if p.returncode not in (0, 1):
            raise Disagree("canh verify ended with %d: %s" % (p.returncode, p.stderr.decode()[-1000:]))
        lines = [json.loads(line) for line in p.stdout.splitlines()]
        return sorted((f["fault"], f["where"]) for f in lines[:-1]), lines[-1]

    def by_python(self):
        try:
            s = verify_store.Store(self.path, verify.read_root(self.root),
                                   [verify.read_anchor(a) for a in self.anchors])
        except (OSError, ValueError, verify.Malformed, verify_store.Unreadable) as e:
            return None, str(e)
        return sorted(s.faults), s.summary()

    def both(self):
        """The faults, and the summary; None: neither can verify it."""
        one, other = self.by_canh(), self.by_python()
        if one[0] is None and other[0] is None:
            return one
        if one != other:
            raise Disagree("canh: %s %s\npython: %s %s" % (*one, *other))
        return one
