"""What the desk's database must be when people acted, read by someone who did not write it.

It knows src/db/schema and what each act is to do, and shares no code with the server: it goes through the trail (`act`,
`act_on`) from its first line on, does every act by itself upon a model, and lays the model beside the tables.

    act                                    what must hold, beyond its line and its parameters being those that were sent
    alert.acknowledge, .investigate        each alert named, no other: state, who (if nobody had it), when; a note on each
    alert.assign, .unhide, .reopen         the same: who has it; not hidden; open, without a verdict, a note on each
    alert.close, candidate.dismiss         closed then, verdict, cause, reason; the candidate dismissed, by whom
    alert.open, note.add, suppression.*    the row is of this act, and a note is there
    alert.escalate, incident.open,         the incident is of this act; every alert named (of a candidate: as many as were
      candidate.escalate                   told) is of it and looked into; the candidate escalated into it
    incident.alerts, .split                every alert named is of it, of none, or of the new one
    incident.merge                         all alerts that were of it are of the other; no task or clock of it is open
    incident.close                         closed, and all its open alerts with it; no task or clock is open
    incident.reopen, .stage, .assign       its state, or whose it is
    candidate.join, .place, .free          it is said on alerts; placed where it was said, or not placed
    act.undo                               each thing the other changed is as it was before, nothing else
    phieu.*                                one line of its history each, its state is that of the last
    registry.import                        as many agencies as were told, all rows of the file alike
    merge, close, undo of more than one turn   done so far, and the rest is noted; when nothing is noted: all of it

Of every thing the states told in the trail are a chain without a gap, which begins with how it was made and ends with how
it is. A request without an answer may have a line or not; one that was refused has none; no line is without a request.
"""

import collections
import functools
import json
import os
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools"))
import verify  # noqa: E402 (the folder is known only now)
import verify_store  # noqa: E402

WRONG_MAX = 20
OPEN = ("new", "acknowledged", "investigating")
STATE, WHO, SEEN, VERDICT, CAUSE, REASON, CLOSED, INCIDENT, HIDDEN = range(9)  # of an alert
NEW = ("new",) + (None,) * 7
I_CAUSE, I_STATE, I_CLOSED, I_OWNER, I_RESULT = 4, 6, 7, 8, 11                    # of an incident

STATES = {
    "alert": "SELECT id, state, assignee, acknowledged, verdict, cause, reason, closed, incident, hidden FROM alert",
    "incident": "SELECT id, title, title_key, type, severity, cause, facts, state, closed, owner, level, summary, result,"
                " unsent, profile, why, scope, machines, outage, damage FROM incident",
    "task": "SELECT id, state, doer, started, ended, result FROM task",
    "candidate": "SELECT id, state, incident, reason, by, at FROM candidate",
}
# Of which acts rows with a column `act` can be.
MAKERS = {
    "suppression": {"suppression.add"}, "dispatch": set(), "phieu": {"phieu.make"}, "phieu_answer": {"phieu.answer"},
    "incident": {"alert.escalate", "incident.open", "incident.split", "candidate.escalate"},
    "task": {"alert.escalate", "incident.open", "incident.split", "candidate.escalate"},
}

Act = collections.namedtuple("Act", "id time name act parameters outcome undoes p")


def canonical(parameters):
    return json.dumps(parameters, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@functools.lru_cache(1 << 18)
def state_of(text):
    return tuple(json.loads(text))


class Faults:
    def __init__(self):
        self.wrong, self.more = [], 0

    def say(self, text, *args):
        if len(self.wrong) < WRONG_MAX:
            self.wrong.append(text % args)
        else:
            self.more += 1


class Desk(Faults):
    """A database, within one transaction of a reader; `stopped`: it is a copy of one that nobody has."""

    def __init__(self, path, data, stopped=True):
        super().__init__()
        self.data = data
        self.db = sqlite3.connect("file:%s?mode=%s" % (path, "rw" if stopped else "ro"), uri=True, timeout=10)
        self.db.execute("BEGIN")
        self.model = {kind: {} for kind in STATES}
        self.of = collections.defaultdict(set)     # incident -> alerts, as far as the model is
        self.text = {}                             # (kind, key) -> last state told, of other kinds
        self.placed = {}                           # alert -> candidate of the last candidate.place; None: of .free
        self.merged, self.merge_times = {}, set()
        self.places, self.last_on = {}, {}
        self.read()

    def close(self):
        self.db.close()

    def rows(self, sql, *args):
        return self.db.execute(sql, args).fetchall()

    def read(self):
        self.acts = {r[0]: Act(*r, json.loads(r[4]))
                     for r in self.rows("SELECT id, time, name, act, parameters, outcome, undoes FROM act ORDER BY id")}
        self.on = collections.defaultdict(dict)
        for act, kind, key, was, is_now in self.rows("SELECT act, kind, key, was, is_now FROM act_on ORDER BY act"):
            self.on[act][(kind, key)] = (was, is_now)
        self.rest = {r[0] for r in self.rows("SELECT DISTINCT act FROM act_rest")}
        self.kinds = dict(self.rows("SELECT id, kind FROM alert"))
        self.table = {kind: {r[0]: r[1:] for r in self.rows(sql)} for kind, sql in STATES.items()}
        self.numbers = dict(self.rows("SELECT id, number FROM incident"))
        self.notes = collections.defaultdict(list)
        for act, kind, key, text in self.rows("SELECT act, kind, key, text FROM note"):
            self.notes[act].append((kind, key, text))

    # --- the file --------------------------------------------------------------------------------

    def whole(self):
        for row in self.rows("PRAGMA integrity_check"):
            if row[0] != "ok":
                self.say("database: %s", row[0])
        for row in self.rows("PRAGMA foreign_key_check"):
            self.say("database: row %s of %s refers to nothing in %s", row[1], row[0], row[2])
        return self

    def verify(self, root):
        """Does all of it hold against what was signed?"""
        for name, where in verify_store.Store(self.data, verify.read_root(root), []).faults:
            self.say("verify.py: %s: %s", where, name)

    # --- what was asked --------------------------------------------------------------------------

    def asked(self, requests, first):
        """requests: [(act, parameters as they are kept, outcome)]; outcome: an answer, "refused", None. `first`: the
        number of the first act that is theirs."""
        free = collections.Counter()
        answered = {}
        for act, kept, outcome in requests:
            if isinstance(outcome, dict):
                answered[outcome["act"]] = (act, kept, outcome)
            elif outcome is None:
                free[(act, kept)] += 1
        for number, (act, kept, answer) in answered.items():
            line = self.acts.get(number)
            if line is None:
                self.say("act %d (%s) was answered and is gone: %.200s", number, act, kept)
            elif line.act != act or canonical(line.p) != kept:
                self.say("act %d was answered as %s %.100s and is %s %.100s", number, act, kept, line.act,
                         line.parameters)
            else:
                self.told(line, answer)
        for number, line in self.acts.items():
            if number < first or number in answered:
                continue
            key = (line.act, canonical(line.p))
            free[key] -= 1
            if free[key] < 0:
                self.say("act %d (%s %.100s) is in the trail, and nobody asked for it (any more)", number, *key)
        numbers = sorted(self.acts)
        if numbers != list(range(1, len(numbers) + 1)):
            self.say("numbers of acts have gaps")
        return len(answered)

    def told(self, line, answer):
        """What the answer says besides is there."""
        for kind in ("alert", "incident", "suppression", "phieu"):
            if kind in answer and (kind, answer[kind]) not in self.on[line.id]:
                self.say("act %d (%s) answered %s %d, and its lines do not", line.id, line.act, kind, answer[kind])
        if line.act in ("candidate.dismiss", "candidate.escalate"):
            count = sum(kind == "alert" for kind, _ in self.on[line.id])
            if count != answer["alerts"]:
                self.say("act %d (%s) answered %d alerts, has %d", line.id, line.act, answer["alerts"], count)
        if line.act == "registry.import" and len(self.on[line.id]) != answer["added"] + answer["changed"]:
            self.say("act %d answered %d agencies, has %d", line.id, answer["added"] + answer["changed"],
                     len(self.on[line.id]))

    def stays(self, before):
        """What was in the trail before is there as it was."""
        for number, line in before.items():
            if self.acts.get(number) != line:
                self.say("act %d was %s and is %s", number, line, self.acts.get(number))

    # --- the trail, done again -------------------------------------------------------------------

    def again(self):
        end = min(self.rest) if self.rest else None
        for number in sorted(self.acts):
            if end is not None and number >= end:
                break
            if self.acts[number].outcome == "done":
                self.one(self.acts[number])
        self.beside(end)
        return self

    def one(self, a):
        lines = self.on.get(a.id, {})
        for (kind, key), (was, is_now) in lines.items():
            self.last_on[(kind, key)] = a
            if was is not None:
                self.link(a, kind, key, state_of(was) if kind in STATES else was)
        does = getattr(self, "do_" + a.act.replace(".", "_"), None)
        if does is not None:
            does(a, lines)
        self.check_notes(a)
        for (kind, key), (was, is_now) in lines.items():
            if was is not None and kind in STATES:
                self.put(kind, key, state_of(is_now))
            elif was is not None:
                self.text[(kind, key)] = is_now

    def put(self, kind, key, state):
        if kind == "alert":
            old = self.model[kind].get(key)
            if old is not None and old[INCIDENT] is not None:
                self.of[old[INCIDENT]].discard(key)
            if state[INCIDENT] is not None:
                self.of[state[INCIDENT]].add(key)
        self.model[kind][key] = state

    def link(self, a, kind, key, was):
        """The state before is the one that the act before left."""
        if kind not in STATES:
            if self.text.get((kind, key), was) != was:
                self.say("act %d (%s): %s %d was %.150s, the act before left %.150s", a.id, a.act, kind, key, was,
                         self.text[(kind, key)])
            return
        had = self.model[kind].get(key)
        if kind == "alert" and had is None:
            had = NEW + (was[HIDDEN],)
        if had is None or had == was or (kind == "alert" and self.kinds.get(key) == "system"):
            return
        if kind == "task" and was[0] == "skipped" and was[3] in self.merge_times:
            return  # a step that both had, when they were merged
        if kind == "candidate" and had[0] == "open" and was[0] == "open":
            return
        self.say("act %d (%s): %s %d was %s, the act before left %s", a.id, a.act, kind, key, was, had)

    def alerts(self, a, lines, wanted, change):
        """Each of `wanted` was changed so, and no other."""
        got = {key: line for (kind, key), line in lines.items() if kind == "alert"}
        if wanted is not None and set(got) != set(wanted):
            self.say("act %d (%s): alerts %s lack, %s are too many", a.id, a.act, sorted(set(wanted) - set(got))[:5],
                     sorted(set(got) - set(wanted))[:5])
        for key, (was, is_now) in got.items():
            if was is None:
                self.say("act %d (%s): it is not told how alert %d was", a.id, a.act, key)
                continue
            want = list(state_of(was))
            change(want)
            if tuple(want) != state_of(is_now):
                self.say("act %d (%s): alert %d became %s, not %s", a.id, a.act, key, is_now, want)

    def must(self, a, holds, text, *args):
        if not holds:
            self.say("act %d (%s): " + text, a.id, a.act, *args)

    def do_alert_acknowledge(self, a, lines, state="acknowledged"):
        def change(s):
            self.must(a, s[STATE] in OPEN, "an alert was %s", s[STATE])
            s[STATE] = state
            s[WHO], s[SEEN] = s[WHO] or a.name, s[SEEN] or a.time
        self.alerts(a, lines, a.p["alerts"], change)

    def do_alert_investigate(self, a, lines):
        self.do_alert_acknowledge(a, lines, "investigating")

    def do_alert_assign(self, a, lines):
        def change(s):
            s[WHO] = a.p.get("to", a.name)
        self.alerts(a, lines, a.p["alerts"], change)

    def closes(self, a):
        def change(s):
            self.must(a, s[STATE] in OPEN, "an alert was %s", s[STATE])
            s[:INCIDENT] = ["closed", s[WHO] or a.name, s[SEEN] or a.time, a.p["verdict"], a.p.get("cause"), a.p["reason"],
                            a.time]
        return change

    def do_alert_close(self, a, lines):
        self.alerts(a, lines, a.p["alerts"], self.closes(a))

    def do_alert_reopen(self, a, lines):
        def change(s):
            self.must(a, s[STATE] not in OPEN, "an alert was %s", s[STATE])
            s[:INCIDENT] = ["investigating", a.name, s[SEEN], None, None, None, None]
        self.alerts(a, lines, a.p["alerts"], change)

    def do_alert_unhide(self, a, lines):
        def change(s):
            s[HIDDEN] = None
        self.alerts(a, lines, a.p["alerts"], change)

    def do_alert_open(self, a, lines):
        key = next((k for kind, k in lines if kind == "alert"), None)
        row = self.rows("SELECT title, entity, kind, made FROM alert WHERE id = ?", key)
        self.must(a, row == [(a.p["title"], a.p["entity"], "manual", a.time)], "alert %s is %s", key, row)

    def do_suppression_add(self, a, _):
        row = self.rows("SELECT reason, entity FROM suppression WHERE act = ?", a.id)
        self.must(a, row == [(a.p["reason"], a.p.get("entity", ""))], "suppression: %s", row)

    def do_suppression_end(self, a, _):
        row = self.rows("SELECT ended FROM suppression WHERE id = ?", a.p["suppression"])
        self.must(a, row == [(a.id,)], "suppression %d has ended with %s", a.p["suppression"], row)

    # --- incidents -------------------------------------------------------------------------------

    def takes(self, a, incident):
        def change(s):
            if s[STATE] != "closed":
                s[STATE], s[SEEN] = "investigating", s[SEEN] or a.time
            s[WHO], s[INCIDENT] = s[WHO] or a.name, incident
        return change

    def incident_of(self, a, lines):
        """The one that the act made, or was told."""
        if "incident" in a.p and a.act != "incident.split":
            return a.p["incident"]
        made = self.rows("SELECT id, title FROM incident WHERE act = ?", a.id)
        if len(made) != 1 or made[0][1] != a.p["title"] or ("incident", made[0][0]) not in lines:
            self.must(a, False, "it made incidents %s", made)
            return None
        number = made[0][0]
        self.must(a, self.rows("SELECT count(*) FROM task WHERE act = ?", a.id) > [(0,)], "incident %d has no task", number)
        self.must(a, self.rows("SELECT 1 FROM incident i WHERE id = ? AND (severity = 'M4' OR EXISTS(SELECT 1 FROM clock"
                               " WHERE act = ?))", number, a.id), "incident %d has no clock", number)  # M4: the law has none
        return number

    def do_alert_escalate(self, a, lines):
        self.alerts(a, lines, a.p.get("alerts", []), self.takes(a, self.incident_of(a, lines)))

    do_incident_open = do_alert_escalate

    def do_candidate_escalate(self, a, lines):
        incident = self.incident_of(a, lines)
        self.alerts(a, lines, None, self.takes(a, incident))
        self.candidate(a, lines, ["escalated", incident, None, a.name, a.time])

    def do_incident_alerts(self, a, lines):
        add, remove = a.p.get("add", []), a.p.get("remove", [])

        def change(s):
            if s[INCIDENT] == a.p["incident"]:
                s[INCIDENT] = None
            else:
                self.takes(a, a.p["incident"])(s)
        self.alerts(a, lines, set(add) | set(remove), change)

    def do_incident_split(self, a, lines):
        self.alerts(a, lines, a.p["alerts"], self.takes(a, self.incident_of(a, lines)))

    def do_incident_merge(self, a, lines):
        source, into = a.p["incident"], a.p["into"]

        def change(s):
            s[INCIDENT] = into
        self.alerts(a, lines, self.of[source], change)
        self.merged[source] = into
        self.merge_times.add(a.time)
        if source in self.model["incident"]:
            had = self.model["incident"][source]
            self.model["incident"][source] = had[:I_STATE] + ("merged",) + had[I_STATE + 1:]
        self.must(a, {("incident", source), ("incident", into)} <= set(lines), "it is not told of both incidents")

    def do_incident_close(self, a, lines):
        incident = a.p["incident"]

        def change(s):
            s[:INCIDENT] = ["closed", s[WHO] or a.name, s[SEEN] or a.time, a.p.get("verdict", "true-positive"), "incident",
                            self.numbers[incident], a.time]
        self.alerts(a, lines, [k for k in self.of[incident] if self.model["alert"][k][STATE] in OPEN], change)
        self.incident(a, lines, {I_STATE: "closed", I_CLOSED: a.time, I_CAUSE: a.p["cause"], I_RESULT: a.p["result"]})

    def incident(self, a, lines, want):
        line = lines.get(("incident", a.p["incident"]), (None, None))
        state = json.loads(line[1] or "null")
        self.must(a, state is not None and all(state[i] == v for i, v in want.items()), "incident %d became %s",
                  a.p["incident"], line[1])

    def do_incident_reopen(self, a, lines):
        self.incident(a, lines, {I_STATE: "triage", I_CLOSED: None})

    def do_incident_stage(self, a, lines):
        self.incident(a, lines, {I_STATE: a.p["stage"]})

    def do_incident_assign(self, a, lines):
        self.incident(a, lines, {I_OWNER: a.p.get("to", a.name)})

    # --- candidates ------------------------------------------------------------------------------

    def candidate(self, a, lines, want):
        line = lines.get(("candidate", a.p["candidate"]), (None, None))
        self.must(a, json.loads(line[1] or "null") == want, "candidate %d became %s, not %s", a.p["candidate"], line[1], want)

    def do_candidate_dismiss(self, a, lines):
        self.alerts(a, lines, None, self.closes(a))
        self.candidate(a, lines, ["dismissed", None, a.p["reason"], a.name, a.time])

    def do_candidate_restore(self, a, lines):
        self.candidate(a, lines, ["open", None, None, None, None])

    def do_candidate_join(self, a, lines):
        two = {a.p["candidate"], a.p["with"]}
        self.must(a, {k for kind, k in lines if kind == "candidate"} == two, "it is told of others")
        state = self.table["candidate"][max(two)][0]
        self.must(a, state in ("joined", "dissolved"), "candidate %d is %s", max(two), state)

    def do_candidate_place(self, a, lines):
        self.must(a, {k for kind, k in lines if kind == "alert"} == set(a.p["alerts"]), "it is told of other alerts")
        into = [k for kind, k in lines if kind == "candidate"]
        self.must(a, len(into) == 1, "it is told of candidates %s", into)
        for key in a.p["alerts"]:
            self.placed[key] = into[0] if into else None

    def do_candidate_free(self, a, lines):
        self.must(a, {k for kind, k in lines if kind == "alert"} == set(a.p["alerts"]), "it is told of other alerts")
        for key in a.p["alerts"]:
            self.placed[key] = None

    # --- the rest --------------------------------------------------------------------------------

    def do_act_undo(self, a, lines):
        undone = {at: line for at, line in self.on.get(a.undoes, {}).items() if line[0] is not None}
        self.must(a, a.undoes == a.p["undoes"] and undone.keys() == lines.keys(), "it is told of other things than act %s",
                  a.undoes)
        for at, (was, is_now) in undone.items():
            self.must(a, lines.get(at) == (is_now, was), "%s %d became %s, not %s", *at, lines.get(at), was)

    def do_registry_import(self, a, lines):
        self.must(a, all(kind == "agency" and (line[0] is None or line[1] != line[0]) for (kind, _), line in lines.items()), "lines: %.200s", lines)

    def phieu_act(self, a, lines):
        rows = self.rows("SELECT phieu, state FROM phieu_line WHERE act = ?", a.id)
        want = {"phieu.make": "draft", "phieu.send": "sent", "phieu.receive": "received", "phieu.answer": "answered",
                "phieu.check": "checked" if a.p.get("good") else "returned", "phieu.close": "closed"}.get(a.act)
        key = a.p["phieu"] if "phieu" in a.p else next((k for kind, k in lines if kind == "phieu"), None)
        self.must(a, rows == [(key, want)] and ("phieu", key) in lines, "its lines of history are %s", rows)
        if a.act == "phieu.answer":
            rows = self.rows("SELECT phieu, done FROM phieu_answer WHERE act = ?", a.id)
            self.must(a, rows == [(key, a.p["done"])], "answers: %s", rows)

    do_phieu_make = do_phieu_send = do_phieu_receive = do_phieu_answer = do_phieu_check = do_phieu_close = phieu_act

    def check_notes(self, a):
        each = {"alert.acknowledge": "note", "alert.investigate": "note", "alert.reopen": "reason"}.get(a.act)
        want = []
        if each is not None and each in a.p:
            want = [("alert", k, a.p[each]) for k in a.p["alerts"]]
        elif a.act in ("note.add", "alert.open"):
            want = [("alert", k, a.p["text"]) for kind, k in self.on[a.id] if kind == "alert"]
        elif a.act in ("incident.reopen", "incident.split"):
            want = [("incident", a.p["incident"], a.p["reason"])]
        elif a.act == "incident.note" or a.act == "incident.stage" and "note" in a.p:
            want = [("incident", a.p["incident"], a.p["text" if a.act == "incident.note" else "note"])]
        got = self.notes.get(a.id, [])
        if a.act == "incident.merge":
            self.must(a, len(got) == 1 and got[0][:2] == ("incident", a.p["into"]) and got[0][2].endswith(a.p["reason"]),
                      "notes: %s", got)
        else:
            self.must(a, sorted(got) == sorted(want), "it has %d notes, not %d: %.200s", len(got), len(want), got)

    # --- beside the tables -----------------------------------------------------------------------

    def beside(self, end):
        """`end`: from this act on the model does not reach; what is told of things since stands in the tables."""
        later = {}
        for number, lines in self.on.items():
            if end is not None and number >= end:
                for at, (_, is_now) in lines.items():
                    later.setdefault(at, []).append(is_now)
        for kind, table in self.table.items():
            for key, state in table.items():
                self.row(kind, key, state, later.get((kind, key)))
        if end is None:
            self.tables()
        for table, makers in MAKERS.items():
            for (act,) in self.rows("SELECT DISTINCT act FROM %s" % table):
                if act not in self.acts or self.acts[act].act not in makers:
                    self.say("a row of %s is of act %s (%s)", table, act, self.acts.get(act))
        for row in self.rows("""SELECT state, level, hidden, sum(n) FROM
                (SELECT state, level, hidden, count AS n FROM alert_count UNION ALL
                SELECT state, level, hidden IS NOT NULL, -count(*) FROM alert GROUP BY 1, 2, 3) GROUP BY 1, 2, 3
                HAVING sum(n) <> 0"""):
            self.say("alerts %s are counted wrongly", row)

    def row(self, kind, key, state, later):
        if later is not None:
            if kind == "alert" and len(later) == 1 and later[0] is not None and state_of(later[0]) != state:
                self.say("alert %d is %s, told is %s", key, state, later[0])
            return
        told = self.model[kind].get(key)
        if kind == "alert" and self.kinds[key] in ("detection", "manual"):
            told = told or NEW + (state[HIDDEN],)
        elif kind == "candidate" and (told is None or told[0] == "open"):
            if state[0] not in ("open", "joined", "dissolved"):
                self.say("candidate %d is %s, and no act says so", key, state)
            return
        elif kind == "task" and state[0] == "skipped" and state[3] in self.merge_times:
            return
        elif kind == "incident" and told is None:
            told = state[:I_STATE] + ("merged" if key in self.merged else "detect",) + state[I_STATE + 1:]
        if told is not None and told != state:
            self.say("%s %d is %s, its acts left it %s", kind, key, state, told)

    def root(self, joined, candidate):
        while candidate in joined:
            candidate = joined[candidate]
        return candidate

    def tables(self):
        """When no act has anything left to do."""
        for key, n in self.rows("SELECT i.id, count(*) FROM incident i JOIN alert a ON a.incident = i.id"
                                " WHERE i.state = 'merged' GROUP BY i.id"):
            self.say("incident %d is merged and has %d alerts", key, n)
        for key, state, tasks, clocks in self.rows(
                "SELECT i.id, i.state, (SELECT count(*) FROM task t WHERE t.incident = i.id AND t.state IN ('todo', 'doing')),"
                " (SELECT count(*) FROM clock c WHERE c.incident = i.id AND c.dispatch IS NULL AND c.ended IS NULL"
                " AND c.starts = 'detection') FROM incident i WHERE i.state IN ('closed', 'merged')"):
            last = self.last_on.get(("incident", key))
            if (tasks or clocks) and (state == "merged" or last is not None and last.act == "incident.close"):
                self.say("incident %d is %s and has %d tasks, %d clocks", key, state, tasks, clocks)
        for key, state, last in self.rows("SELECT id, state, (SELECT l.state FROM phieu_line l WHERE l.phieu = p.id"
                                          " ORDER BY l.id DESC LIMIT 1) FROM phieu p"):
            if state != last:
                self.say("phieu %d is %s, its last line says %s", key, state, last)
        for key, n, has in self.rows("SELECT c.id, c.alerts, (SELECT count(*) FROM candidate_alert m WHERE m.candidate = c.id)"
                                     " AS has FROM candidate c WHERE c.alerts <> has"):
            self.say("candidate %d has %d alerts, and says %d", key, has, n)
        joined = dict(self.rows("SELECT id, joined FROM candidate WHERE joined IS NOT NULL"))
        is_placed = {r[0]: r[1:] for r in self.rows("SELECT alert, candidate, placed FROM candidate_alert")}
        for alert, candidate in self.placed.items():
            at, placed = is_placed.get(alert, (None, 0))
            if bool(placed) != (candidate is not None) or candidate is not None and at != self.root(joined, candidate):
                self.say("alert %d was placed in candidate %s, and is in %s (placed: %s)", alert, candidate, at, placed)
        imports = [a for a in self.acts.values() if a.act == "registry.import"]
        phones = self.rows("SELECT count(DISTINCT phone) FROM agency")
        if imports and phones != [(1,)]:
            self.say("agencies have %s phones: an import is half done", phones)
