"""What is done to a store, by class (README.md). Each attack is told a store and a random source, changes the store,
and says what has to be told: names of faults, and a pattern for the place of one of them."""
import os
import re
import shutil
import struct

import forge
from forge import same, verify, verify_store

CHAIN_PLACE = r"ledger/.*, byte "


def lane_at(lane, first=None):
    return r"^lanes?[ /]%02d" % lane if first is None else r"^lane %02d, event %d$" % (lane, first)


def block_at(where, block=None):
    return "^" + re.escape(where) + ("" if block is None else ", block %d$" % block)


def behind(s, f):
    """The file, or what follows in its stream: where everything else is made good, the first size that was signed
    behind the change tells it."""
    stream = s.stream(f.lane, f.months)
    return "|".join(block_at(w) for w in stream[stream.index(f.where):]) + r"|^lane %02d, event" % f.lane


# --- choosing ----------------------------------------------------------------------------------------


def some_file(s, r, least=4):
    """A sealed file, taken apart, of which a block has so many events; and that block."""
    for where in r.sample(s.sealed(), len(s.sealed())):
        f = s.file(where)
        blocks = [i for i, b in enumerate(f.blocks) if len(b.events) >= least]
        if blocks:
            return f, r.choice(blocks)
    raise AssertionError("no file is large enough")


def some_lane(s, r, least=4):
    """A lane, taken apart, of which so many events are not sealed; and these, without the first and the last."""
    for number in r.sample(s.lanes(), len(s.lanes())):
        lane, due = s.lane(number), s.sealed_to(number)
        rest = [x for x in lane.events() if x[2].sequence >= due]
        if len(rest) >= least:
            return number, lane, rest[1:-1]
    return None


def changed(e, r):
    """Something else happened, or at another time, or nobody doubted who sent it."""
    how = r.randrange(4)
    if how == 0:
        raw = bytearray(e.raw)
        at = r.randrange(len(raw))
        raw[at:at + 1] = b"X" if raw[at:at + 1] != b"X" else b"Y"
        return same(e, raw=bytes(raw))
    if how == 1:
        return same(e, raw=e.raw + b" " + b"%d" % r.randrange(10**6))
    if how == 2:
        return same(e, flags=e.flags ^ 1)
    return same(e, lines=e.lines ^ 1)


def chain_middle(s, r, kind=verify.CHECKPOINT):
    notes = s.notes()
    return notes, r.choice([i for i in range(2, len(notes) - 2) if notes[i][2].text.startswith(kind)])


def place_of(note):
    return "^" + re.escape("%s, byte %d" % (note[0], note[1])) + "$"


# --- 1 a bit -----------------------------------------------------------------------------------------


def flip(path, at, r):
    data = bytearray(forge.read(path))
    data[at] ^= 1 << r.randrange(8)
    forge.write(path, data)


def bit_sealed(s, r):
    where = r.choice(s.sealed())
    flip(s.at(where), r.randrange(os.path.getsize(s.at(where))), r)
    return None, block_at(where)


def bit_ledger(s, r):
    where = r.choice(s.parts())
    flip(s.at(where), r.randrange(os.path.getsize(s.at(where))), r)
    return None, "^ledger"


def bit_lane(s, r):
    found = some_lane(s, r, 3)
    if found is None:
        return bit_sealed(s, r)
    number, lane, rest = found
    frame = r.choice(rest)[0]
    for seg in lane.segments:
        if frame in seg.frames:
            at = seg.ends[seg.frames.index(frame)]
            flip(seg.path, at + r.randrange(64 + len(frame.body)), r)
    return None, lane_at(number)


# --- 2, 3 edited -------------------------------------------------------------------------------------


def edit_event(f, block, r):
    b = f.blocks[block]
    i = r.randrange(len(b.events))
    b.events[i] = changed(b.events[i], r)
    return b.events[i]


def edit_hashes(s, r):
    """Every hash of the file is good again, the tree is not."""
    f, block = some_file(s, r, 1)
    edit_event(f, block, r)
    f.put()
    return {"ROOTS"}, block_at(f.where, block)


def edit_roots(s, r):
    """... and the roots of its blocks; the tree that it says is of what was there."""
    f, block = some_file(s, r, 1)
    edit_event(f, block, r)
    f.make_roots()
    f.put()
    return {"SIGNED", "TREE"}, block_at(f.where)


def regrow(s, lane, months, change):
    """All files of a stream, in order: `change` them, and make places, roots and streams anew."""
    tree = None
    for where in s.stream(lane, months):
        f = s.file(where)
        if tree is None:
            gone = verify_store.Range(0)
            for _, _, n in s.notes():
                if n.text.startswith(verify.DELETION):
                    d = verify.Deletion(n.text)
                    if d.stream == (lane, months):
                        gone = verify_store.Range(0, d.hashes, d.end)
            tree = gone
        change(f)
        f.grow(tree)
        f.put()


def edit_tree(s, r):
    """... and all trees from there on: what was signed is all that is left."""
    f, block = some_file(s, r, 1)
    where = f.where

    def change(g):
        if g.where == where:
            edit_event(g, block, r)

    regrow(s, f.lane, f.months, change)
    return {"SIGNED"}, behind(s, f)


def edit_lane(s, r):
    found = some_lane(s, r)
    if found is None:
        return edit_tree(s, r)
    number, lane, rest = found
    frame, i, e = r.choice(rest)
    events = frame.events()
    events[i] = changed(e, r)
    frame.put_events(events)
    lane.put()
    return {"SIGNED"}, lane_at(number)


def edit_source(s, r):
    """Another sent it."""
    f, block = some_file(s, r, 1)
    b = f.blocks[block]
    records = b"".join(struct.pack("<I", 8 + len(t.name)) + struct.pack("<IBBBB", t.number, t.input, t.proven,
                                                                      t.months, 0) + t.name[:-1] + b"#"
                       for t in b.table)
    b.frame = forge.pack(records)
    f.put()
    return {"ROOTS"}, block_at(f.where, block)


# --- 4 to 8 taken away -------------------------------------------------------------------------------


def drop_sealed(s, r):
    f, block = some_file(s, r)
    b = f.blocks[block]
    del b.events[r.randrange(1, len(b.events) - 1)]
    f.make_roots()
    f.put()
    return {"RUN", "SIGNED", "TREE", "PLACE"}, block_at(f.where) + r"|^lane %02d, events %d to %d$" % (
        f.lane, f.first, f.last)


def drop_sealed_tree(s, r):
    """... and everything made good again but the signatures."""
    f, block = some_file(s, r)
    where, at = f.where, r.randrange(1, len(f.blocks[block].events) - 1)

    def change(g):
        if g.where == where:
            del g.blocks[block].events[at]

    regrow(s, f.lane, f.months, change)
    return {"SIGNED", "RUN", "END"}, behind(s, f) + r"|^lane %02d, events %d to %d$" % (f.lane, f.first, f.last)


def drop_lane(s, r):
    found = some_lane(s, r)
    if found is None:
        return drop_sealed(s, r)
    number, lane, rest = found
    frame, i, _ = r.choice(rest)
    events = frame.events()
    del events[i]
    frame.put_events(events)
    if r.randrange(2):
        lane.renumber(min(f.sequence for f, _, _ in rest))
        lane.put()
        return {"SIGNED", "END"}, lane_at(number)
    lane.put()
    return {"MISSING", "SIGNED", "END"}, lane_at(number)


def drop_run(s, r):
    """A run in the middle, with all its parts."""
    lane = r.choice(s.lanes())
    runs = sorted({tuple(w.split("/")[2].split("-")[1:3]) for w in s.sealed(lane)}, key=lambda x: int(x[0]))
    run = r.choice(runs[:-1]) if len(runs) > 1 else runs[0]
    for where in s.sealed(lane):
        if tuple(where.split("/")[2].split("-")[1:3]) == run:
            os.unlink(s.at(where))
    return {"MISSING", "PLACE", "END", "SIGNED"}, r"^lane %02d, |^sealed/[^/]*/%02d-" % (lane, lane)


def last_segment(s, lane):
    return sorted(os.listdir(s.at("lanes/%02d" % lane)))[-1]


def lane_with_rest(s, r):
    """A lane whose newest segment has events that are not sealed; its last such frame."""
    for number in r.sample(s.lanes(), 2):
        lane, due = s.lane(number), s.sealed_to(number)
        frames = [f for f in lane.segments[-1].frames if f.kind == 0 and f.sequence + f.count > due]
        if frames:
            return number, lane.segments[-1], frames[-1]
    return None


def cut_within(s, r):
    """The tail of the lane, in the middle of a record."""
    found = lane_with_rest(s, r)
    if found is None:
        return cut_files(s, r)
    number, seg, frame = found
    at = seg.ends[seg.frames.index(frame)]
    os.truncate(seg.path, at + r.randrange(1, 64 + len(frame.body)))
    return {"END"}, r"^lane %02d, class " % number


def cut_between(s, r):
    """... between two."""
    found = lane_with_rest(s, r)
    if found is None:
        return cut_files(s, r)
    number, seg, frame = found
    os.truncate(seg.path, seg.ends[seg.frames.index(frame)])
    return {"END"}, r"^lane %02d, class " % number


def cut_segment(s, r):
    found = lane_with_rest(s, r)
    if found is None:
        return cut_files(s, r)
    os.unlink(found[1].path)
    return {"END"}, r"^lane %02d, class " % found[0]


def cut_files(s, r):
    """Newest runs of a lane, and all of its segments."""
    lane = r.choice(s.lanes())
    runs = sorted({int(w.split("/")[2].split("-")[1]) for w in s.sealed(lane)})
    first = r.choice(runs)
    for where in s.sealed(lane):
        if int(where.split("/")[2].split("-")[1]) >= first:
            os.unlink(s.at(where))
    shutil.rmtree(s.at("lanes/%02d" % lane))
    return {"END"}, r"^lane %02d, class " % lane


def cut_ledger(s, r):
    """The end of the ledger: without an anchor nobody could know."""
    notes = s.notes()
    s.put_notes(notes[:len(notes) - r.randrange(1, 6)])
    return {"CUT"}, "^ledger$"


# --- 9, 14, 19 another store -------------------------------------------------------------------------


def begun_afresh(s, r):
    shutil.rmtree(s.path)
    s.grow(r.randrange(20, 60), r.randrange(10**6))
    return {"KEY"}, "^ledger/.*, byte 0$"


def begun_afresh_by_root(s, r):
    """... with the root key, which lay beside it: only who remembers a checkpoint knows."""
    for folder in ("ledger", "sealed", "lanes"):
        shutil.rmtree(s.at(folder))
    for where in s.below("keys"):
        if "epoch-" in where:
            os.unlink(s.at(where))
    s.grow(r.randrange(60, 90), r.randrange(10**6))
    return {"FORK", "CUT"}, "^ledger"


def all_emptied(s, r):
    for folder in ("ledger", "sealed", "lanes"):
        shutil.rmtree(s.at(folder))
    return {"NOLEDGER"}, "^ledger$"


def rolled_back(s, r):
    """The whole store as it was, and what was known later; or on from there."""
    later = s.copy(s.path + ".later").grow(r.randrange(6, 20), r.randrange(10**6))
    s.anchors = [later.last_anchor()]
    later.remove()
    return {"CUT"}, "^ledger$"


def forked(s, r):
    """Two readers are shown two stores, each sound."""
    seed, steps = r.randrange(10**6), r.randrange(8, 20)
    other = s.copy(s.path + ".other").grow(steps, seed)
    s.grow(steps + 6, seed + 1)
    shown = [n for _, _, n in other.notes() if n.text.startswith(verify.CHECKPOINT)]
    mine = [n for _, _, n in s.notes() if n.text.startswith(verify.CHECKPOINT)]
    n = min(len(shown), len(mine)) - 1
    s.anchors = ["%d:%s" % (n, verify.sha256(shown[n].text).hex())]
    other.remove()
    return {"FORK"}, CHAIN_PLACE


# --- 10 to 13 moved, doubled, put in -----------------------------------------------------------------


def swap(events, i, j):
    a, b = events[i], events[j]
    events[i] = same(b, sequence=a.sequence)
    events[j] = same(a, sequence=b.sequence)


def reorder_sealed(s, r):
    f, block = some_file(s, r)
    where, events = f.where, f.blocks[block].events
    pairs = [(i, j) for i in range(len(events)) for j in range(i) if events[i].raw != events[j].raw]
    i, j = r.choice(pairs)

    def change(g):
        if g.where == where:
            swap(g.blocks[block].events, i, j)

    regrow(s, f.lane, f.months, change)
    return {"SIGNED"}, behind(s, f)


def reorder_lane(s, r):
    found = some_lane(s, r)
    frames = {id(f): f for f, _, _ in found[2] if f.count > 1} if found else None
    if not frames:
        return reorder_sealed(s, r)
    frame = r.choice(list(frames.values()))
    events = frame.events()
    swap(events, 0, len(events) - 1)
    frame.put_events(events)
    found[1].put()
    return {"SIGNED"}, lane_at(found[0])


def duplicate_lane(s, r):
    """A frame once more, under its own numbers: a search may show what stands there."""
    found = some_lane(s, r)
    if found is None:
        return duplicate_sealed(s, r)
    number, lane, rest = found
    frame = r.choice(rest)[0]
    again = forge.Frame(0, frame.flags, frame.sequence, frame.matched, frame.receipt, frame.count, frame.body)
    if r.randrange(2):
        events = frame.events()
        again.put_events([changed(e, r) for e in events])
    for seg in lane.segments:
        if frame in seg.frames:
            seg.frames.insert(seg.frames.index(frame) + 1, again)
    lane.put()
    return {"TWICE"}, lane_at(number, frame.sequence)


def duplicate_sealed(s, r):
    """An event twice, those behind it one number later."""
    f, block = some_file(s, r)
    where, b = f.where, f.blocks[block]
    at = r.randrange(len(b.events) - 1)

    def change(g):
        if g.where != where:
            return
        events = g.blocks[block].events
        events.insert(at + 1, same(events[at], sequence=events[at].sequence))
        for i in range(at + 1, len(events)):
            events[i] = same(events[i], sequence=events[i].sequence + 1)
        g.last = max(g.last, events[-1].sequence)

    regrow(s, f.lane, f.months, change)
    return {"SIGNED", "FILE", "TWICE", "RUN"}, behind(s, f) + r"|^lane %02d, " % f.lane


def duplicate_file(s, r):
    """A sealed file once more, under the name of another run: by which the one that it is a copy of would not count, or
    the copy itself, and is not read."""
    where = r.choice(s.sealed())
    folder, name = os.path.split(where)
    lane, first, last, parts = name[:-5].split("-")
    how = r.randrange(4)
    if how == 0 and last != first:
        last = r.randrange(int(first), int(last))
    elif how == 1 and first != last:
        first = r.randrange(int(first) + 1, int(last) + 1)
    elif how == 2:
        parts = r.choice([n for n in (0, 1, 2, 3, 9) if n != int(parts)])
    else:
        last = int(last) + r.randrange(1, 40)
    copy = "%s/%s-%s-%s-%s.seal" % (folder, lane, first, last, parts)
    shutil.copy(s.at(where), s.at(copy))
    return {"FILE"}, block_at(copy)


def backdate_lane(s, r):
    """An event that never came, between those that did."""
    found = some_lane(s, r)
    if found is None:
        return backdate_sealed(s, r)
    number, lane, rest = found
    frame, i, e = r.choice(rest)
    events = frame.events()
    events.insert(i, same(e, raw=b"Accepted password for admin"))
    frame.put_events(events)
    lane.renumber(min(f.sequence for f, _, _ in rest))
    lane.put()
    return {"SIGNED"}, lane_at(number)


def backdate_sealed(s, r):
    f, block = some_file(s, r)
    where, at = f.where, r.randrange(len(f.blocks[block].events) - 1)

    def change(g):
        if g.where != where:
            return
        events = g.blocks[block].events
        e = events[at]
        del events[at]
        events.insert(at, same(e, raw=b"Accepted password for admin"))

    regrow(s, f.lane, f.months, change)
    return {"SIGNED"}, behind(s, f)


def outlived(s, r):
    """A file that retention took later, kept, and the store as it is then; None when it takes none soon."""
    kept = {w: forge.read(s.at(w)) for w in s.sealed()}
    for _ in range(4):
        s.grow(40, r.randrange(10**6))
        taken = sorted(set(kept) - set(s.sealed()))
        if taken:
            where = r.choice(taken)
            os.makedirs(os.path.dirname(s.at(where)), exist_ok=True)
            forge.write(s.at(where), kept[where])
            return where
    return None


def deleted_comes_back(s, r):
    """A file that retention took, with something else in it."""
    where = outlived(s, r)
    s.anchors = [s.last_anchor()]
    if where is None:
        return backdate_sealed(s, r)
    f = s.file(where)
    edit_event(f, 0, r)
    f.make_roots()
    f.put()
    return {"GONE"}, block_at(where)


def other_day(s, r):
    """A file in the folder of another day."""
    folders = sorted(os.listdir(s.at("sealed")))
    where = r.choice(s.sealed())
    day, months = where.split("/")[1].split("-")
    to = r.choice([f for f in folders if f.split("-")[0] != day] or ["20260101-" + months])
    to = "sealed/%s-%s/%s" % (to.split("-")[0], months, where.split("/")[2])
    os.makedirs(os.path.dirname(s.at(to)), exist_ok=True)
    os.rename(s.at(where), s.at(to))
    return {"FOLDER"}, block_at(to)


def files_swapped(s, r):
    """Two files under each other's names, or two segments of a lane."""
    one, two = r.sample(s.sealed(), 2)
    pairs = [(a, b) for n in s.lanes() for a in s.below("lanes/%02d" % n) for b in s.below("lanes/%02d" % n) if a < b]
    if pairs and r.randrange(2):
        one, two = r.choice(pairs)
        a, b = forge.read(s.at(one)), forge.read(s.at(two))
        forge.write(s.at(one), b)
        forge.write(s.at(two), a)
        return {"MISSING", "END", "SEGMENT"}, "^lanes?[ /]"
    a, b = forge.read(s.at(one)), forge.read(s.at(two))
    forge.write(s.at(one), b)
    forge.write(s.at(two), a)
    return {"FILE", "FOLDER"}, block_at(one)


# --- 15 to 18, 22, 23, 25 signatures and keys --------------------------------------------------------


def edit_line(text, r):
    """Other counts, rules or settings in a checkpoint."""
    lines = text.split(b"\n")
    at = r.choice([i for i, line in enumerate(lines) if line.startswith((b"rules ", b"settings ", b"counts "))])
    lines[at] = lines[at].split(b" ")[0] + b" " + verify.base64.b64encode(r.randbytes(32))
    return b"\n".join(lines)


def resign_old(s, r):
    notes, i = chain_middle(s, r)
    part, at, note = notes[i]
    notes[i] = [part, at, forge.sign(s.current_key(), edit_line(note.text, r), note.name)]
    s.put_notes(notes)
    return {"KEY"}, place_of(notes[i])


def seals_removed(s, r):
    """Signatures, or roots, or the ledger."""
    how = r.randrange(3)
    if how == 0:
        notes, i = chain_middle(s, r)
        notes[i][2] = notes[i][2].text + b"\n"
        s.put_notes(notes)
        return {"SYNTAX", "NUMBER"}, "^ledger/"  # the last of a part looks torn: the next does not go on with it
    if how == 1:
        f, block = some_file(s, r, 1)
        f.blocks[block].roots = []
        f.put()
        return {"ROOTS"}, block_at(f.where, block)
    shutil.rmtree(s.at("ledger"))
    return {"NOLEDGER"}, "^ledger$"


def wrong_key(s, r):
    name = b"canh/" + forge.read(s.at("store"))[:32]
    forge.write(s.root, forge.put_vkey(name, forge.public_of(r.randbytes(32))))
    return {"KEY"}, "^ledger/.*, byte 0$"


def clock_back(s, r):
    s.grow(3, r.randrange(10**6), -r.randrange(40, 80) * 86400)  # no step takes so long
    return {"CLOCK"}, "^ledger$"


def record_removed(s, r):
    """A record of what retention took; there is no audit trail yet."""
    notes = s.notes()
    found = [i for i, n in enumerate(notes) if n[2].text.startswith(verify.DELETION)]
    if not found:
        return left_out(s, r)
    del notes[r.choice(found)]
    s.put_notes(notes)
    return {"DELETION"}, CHAIN_PLACE


def left_out(s, r):
    notes, i = chain_middle(s, r)
    del notes[i]
    s.put_notes(notes)
    return {"NUMBER"}, CHAIN_PLACE


def rules_replaced(s, r):
    """What a checkpoint says of the rules, settings, counts."""
    notes, i = chain_middle(s, r)
    part, at, note = notes[i]
    notes[i] = [part, at, edit_line(note.text, r) + note.whole[len(note.text):]]
    s.put_notes(notes)
    return {"FORGED"}, place_of(notes[i])


def rewrite(s, r, seed, first, before):
    """The ledger from note `first` on, linked and signed with this key; `before` is a note in front of it."""
    public, last, out = forge.public_of(seed), None, []
    notes = s.notes()
    for k, (part, at, note) in enumerate(notes):
        if k < first:
            out.append([part, at, note])
            continue
        if not note.text.startswith(verify.CHECKPOINT):
            continue
        if last is None and before:
            out.append([part, at, before(verify.Checkpoint(note.text))])
        lines = edit_line(note.text, r).split(b"\n")
        for n, line in enumerate(lines):
            if line.startswith(b"next "):
                lines[n] = b"next " + verify.base64.b64encode(public)
            if line.startswith(b"previous ") and last is not None:
                lines[n] = b"previous " + verify.base64.b64encode(last)
            if line.startswith(b"deletions "):
                lines[n] = b"deletions %d %s" % (deletions(out)[0], verify.base64.b64encode(deletions(out)[1]))
            if line.startswith(b"stream "):
                words = line.split(b" ")
                words[4] = b"%d" % gone(out, words)
                lines[n] = b" ".join(words)
        text = b"\n".join(lines)
        out.append([part, at, forge.sign(seed, text, note.name)])
        last = verify.sha256(text)
    s.put_notes(out)
    return out[first]


def texts(notes):
    return [n.text for _, _, n in notes if not isinstance(n, bytes)]


def deletions(notes):
    found = [t for t in texts(notes) if t.startswith(verify.DELETION)]
    return len(found), verify.sha256(found[-1]) if found else verify.ZEROS


def gone(notes, words):
    ends = [d.end for d in map(verify.Deletion, [t for t in texts(notes) if t.startswith(verify.DELETION)])
            if d.stream == (int(words[1]), int(words[2]))]
    return max(ends, default=0)


def rewritten_since(s, r):
    """The current key was stolen, and all since some time before is made anew with it."""
    _, i = chain_middle(s, r)
    return {"KEY"}, place_of(rewrite(s, r, s.current_key(), i, None))


def rewritten_by_root(s, r):
    """... and the root key, too, which lay beside it: only who remembers a checkpoint knows."""
    notes, i = chain_middle(s, r)
    root = bytes.fromhex(forge.read(s.at("keys/root.key")).split()[-1].decode())
    seed, name = r.randbytes(32), notes[i][2].name

    def certify(c):
        text = b"canh/certificate/v1 %s\nfrom %d\nprevious %s\nkey %s\n" % (
            c.store.hex().encode(), c.number, verify.base64.b64encode(c.previous),
            verify.base64.b64encode(forge.public_of(seed)))
        return forge.sign(root, text, name)

    rewrite(s, r, seed, i, certify)
    return {"FORK"}, CHAIN_PLACE


# --- 20 the index ------------------------------------------------------------------------------------


def index_edited(s, r):
    f, block = some_file(s, r, 1)
    e = r.choice(f.blocks[block].events)
    f.hide(r.choice(sorted(verify_store.words_of(e.raw))), block)
    f.put()
    return {"WORDS"}, block_at(f.where, block)


# --- 26 the tallies ----------------------------------------------------------------------------------


def recount(t, how, r):
    """Everything that they say fits together, and is not what the events come to."""
    of = r.choice([o for o in t.of if o.name in (b"source", b"input")])
    i = r.randrange(len(of.values))
    if how == 0:  # one event is another's
        of.times[i] -= 1
        of.values.append(b"elsewhere")
        of.times.append(1)
        if of.times[i] == 0:
            del of.values[i], of.times[i]
    elif how == 1:  # all of them are
        of.values[i] = b"somebody" if of.values[i] != b"somebody" else b"else"
    elif how == 2:  # there were more
        t.events += 1
        for o in t.of:
            o.times[r.randrange(len(o.times))] += 1
    else:  # nobody sent it
        of.values[i] = None


def tally_edited(s, r):
    """So a count over a day says something else, and all searches still find what there is."""
    for where in r.sample(s.sealed(), len(s.sealed())):
        found = forge.tallies_of(s.path, where)
        if found:
            recount(found[1], r.randrange(4), r)
            forge.replace_tallies(s.at(where), *found)
            return {"TALLY"}, block_at(where) + "$"
    raise AssertionError("no file has tallies")


# -----------------------------------------------------------------------------------------------------

ATTACKS = [
    (1, bit_sealed), (1, bit_ledger), (1, bit_lane),
    (2, edit_hashes), (2, edit_roots), (2, edit_source),
    (3, edit_tree), (3, edit_lane),
    (4, drop_sealed), (4, drop_sealed_tree), (4, drop_lane), (4, drop_run), (4, left_out),
    (5, cut_within), (6, cut_between), (6, cut_ledger), (7, cut_segment), (8, cut_files),
    (9, begun_afresh), (9, begun_afresh_by_root), (9, all_emptied),
    (10, reorder_sealed), (10, reorder_lane),
    (11, duplicate_lane), (11, duplicate_sealed), (11, duplicate_file),
    (12, backdate_lane), (12, backdate_sealed), (12, deleted_comes_back),
    (13, other_day), (13, files_swapped),
    (14, rolled_back), (15, resign_old), (16, seals_removed), (17, wrong_key), (18, clock_back), (19, forked),
    (20, index_edited), (22, record_removed), (23, rules_replaced), (25, rewritten_since), (25, rewritten_by_root),
    (26, tally_edited),
]
