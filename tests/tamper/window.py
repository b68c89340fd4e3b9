"""What an attacker who comes later can still take away: events that came after the last checkpoint, and no other.

The newest frame of a lane is cut off a store that was killed. Where all of it came after the last checkpoint
nobody can know, and the verifiers say how much nothing vouches for; where any of it was signed, it is told.
"""
import os
import random

import honest
from forge import verify, verify_store
from stores import Disagree


class Counting(verify_store.Store):
    """How many events of each lane nothing vouches for."""

    def check_ends(self):
        before = self.not_signed
        super().check_ends()
        self.of_lane = getattr(self, "of_lane", {})
        self.of_lane[self.lane] = self.not_signed - before


def events_of(s, lane, segment):
    """Which of its frames check, and hold events."""
    frames = verify_store.Segment(s.at("lanes/%02d" % lane), segment.number).frames(verify_store.ALL)
    return [i for i, f in enumerate(frames) if f[0] == verify_store.EVENTS]


def group_of(segment, i):
    """Its first frame of the group of frame `i` that holds events: where one of a group is cut off, none counts."""
    first = i
    while i > 0 and segment.frames[i - 1].flags & verify_store.MORE:
        i -= 1
        first = i if segment.frames[i].kind == verify_store.EVENTS else first
    return segment.frames[first]


def one(s, r):
    """None, or what is wrong; and whether it could be seen."""
    before = Counting(s.path, verify.read_root(s.root), [])
    lane = r.choice([n for n in s.lanes() if s.lane(n).events()])
    segment = [x for x in s.lane(lane).segments if events_of(s, lane, x)][-1]
    i = events_of(s, lane, segment)[-1]
    frame, first = segment.frames[i], group_of(segment, i)
    last = s.sealed_to(lane)
    os.truncate(segment.path, segment.ends[i])
    faults, end = s.both()
    lost = max(0, frame.sequence + frame.count - max(first.sequence, last))
    hidden = lost <= before.of_lane[lane]
    if hidden and (faults or end["not_signed"] != before.not_signed - lost):
        return "cut of %d events that came after the last checkpoint: %s %s" % (lost, faults, end), hidden
    if not hidden and not any(n == "END" and w.startswith("lane %02d, class" % lane) for n, w in faults):
        return "cut of %d events, %d of them not signed: %s" % (lost, before.of_lane[lane], faults), hidden
    return None, hidden


def part(o, tools, work):
    wrong, hidden = [], 0
    for i in range(o.window):
        r = random.Random("window %d %d" % (o.seed, i))
        s = honest.grown(tools, os.path.join(work, "window"), r.randrange(10**6))
        try:
            honest.crashed(s, r)
            said, unseen = one(s, r)
        except Disagree as e:
            said, unseen = str(e), False
        finally:
            s.remove()
        hidden += unseen
        if said:
            wrong.append("window %d: %s" % (i, said))
    return "%d cut tails, %d of them younger than the last checkpoint" % (o.window, hidden), wrong, "as they must be"
