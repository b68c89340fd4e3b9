"""What a checkpoint says beside the trees, laid against what is kept and in force: docs/ledger.md, "Texts" and
"The desk's record".

Used by verify_store.py. Texts by their hash; the rules that are loaded; the desk's database, line by line.
"""
import hashlib
import os
import re
import sqlite3
import struct

HOUR_NS = 3600 * 10**9
NONE = bytes(32)
TABLES = {
    "alert": ("CAST(id AS TEXT)",
              "id, kind, rule, rule_hash, title, level, entity, entity_key, state, made, closed, hidden, assignee,"
              " acknowledged, verdict, cause, reason, incident, channel"),
    "alert_event": ("alert || '.' || number", "alert, number, lane, sequence, time, json"),
    "act": ("CAST(id AS TEXT)", "id, time, user, name, via, address, act, parameters, outcome, undoes"),
    "act_on": ("act || '.' || kind || '.' || key", "act, kind, key, was, is_now"),
    "note": ("CAST(id AS TEXT)", "id, act, kind, key, text"),
    "user": ("CAST(id AS TEXT)", "id, name, display, roles, agency, state, salt, passes, kib, verifier, "
             "must_change, short, totp, made, changed"),
    "token": ("CAST(id AS TEXT)", "id, secret, user, service, name, roles, made, expires, act, ended"),
    "user_link": ("CAST(id AS TEXT)", "id, issuer, subject, user"),
    "duty": ("CAST(id AS TEXT)", "id, person, part, starts, ends, act, ended, instead, holiday"),
    "away": ("CAST(id AS TEXT)", "id, person, starts, ends, reason, act, ended"),
    "handover": ("CAST(id AS TEXT)",
                 "id, giver, taker, time, content, remarks, act, taken, refused, answer"),
    "staff": ("CAST(id AS TEXT)", "id, person, outside, name, title, phone, email, ended"),
    "onsite": ("CAST(id AS TEXT)", "id, staff, system, place, hours, ended"),
    "certificate": ("CAST(id AS TEXT)", "id, staff, name, number, issuer, issued, expires, ended"),
    "drill": ("CAST(id AS TEXT)", "id, day, title, scope, participants, result, ended"),
    "plan": ("CAST(id AS TEXT)", "id, year, number, day, approved_by, sha256, ended"),
    "escalation": ("CAST(id AS TEXT)", "id, alert, time, step, person, messages"),
    "agency": ("CAST(id AS TEXT)",
               "id, code, name, kind, parent, valid_from, valid_to, successor, abbreviation, address, phone, email"),
    "contact": ("CAST(id AS TEXT)", "id, agency, name, title, phone, email, all_hours, confirmed, ended"),
    "system": ("CAST(id AS TEXT)",
               "id, code, name, type, information, level, decision, decided, status, retired, retention, domains,"
               " networks, provider"),
    "system_agency": ("system || '.' || role || '.' || valid_from", "system, role, agency, valid_from, valid_to"),
    "machine": ("CAST(id AS TEXT)", "id, system, name, kind, addresses, macs, os, importance, retired"),
    "source_of": ("CAST(id AS TEXT)", "id, source, system"),
    "house": ("CAST(id AS TEXT)",
              "id, parent, name, code, symbol, unit, place, address, phone, email, duty_phone, duty_room, signer,"
              " signer_title, signs_for, recipients, reports_to, bases"),
    "system_described": ("CAST(system AS TEXT)", "system, purpose, services, protection, connection, security"),
    "message": ("CAST(id AS TEXT)", "id, made, kind, key, channel, recipient, level, subject, text, state, sent, second,"
                " stands_in, void"),
    "suppression": ("CAST(id AS TEXT)", "id, rule, entity, entity_key, reason, until, act, ended"),
    "incident": ("CAST(id AS TEXT)",
                 "id, number, title, type, severity, cause, facts, state, detected, source, channel, opened, closed,"
                 " owner, profile, level, summary, result, unsent, why, scope, machines, outage, damage, merged, split, act"),
    "detection": ("CAST(id AS TEXT)", "id, incident, act, time, reason"),
    "incident_system": ("incident || '.' || system", "incident, system"),
    "task": ("CAST(id AS TEXT)",
             "id, incident, number, playbook, step, title, phase, role, asks, due, state, doer, started, ended, result, act"),
    "observable": ("CAST(id AS TEXT)", "id, incident, type, value, note, act, removed"),
    "evidence": ("CAST(id AS TEXT)",
                 "id, incident, number, what, sha256, bytes, file, events, place, taken, taken_by, origin, act"),
    "hand_over": ("CAST(id AS TEXT)", "id, incident, time, giver, taker, taker_title, agency, place, why, document, medium, copies, act"),
    "custody": ("evidence || '.' || hand_over", "evidence, hand_over"),
    "timeline": ("CAST(id AS TEXT)", "id, incident, time, text, corrects, reason, act"),
    "dispatch": ("CAST(id AS TEXT)", "id, incident, number, sent, channel, recipient, document, act"),
    "clock": ("CAST(id AS TEXT)",
              "id, incident, clock, recipient, form, starts, sure, started, due, dispatch, act, ended, why"),
    "phieu": ("CAST(id AS TEXT)",
              "id, number, kind, system, agency, incident, alert, subject, what, proof, steps, due, state, made, sent,"
              " received, answered, closed, document, channel, reminders, act"),
    "verification": ("CAST(id AS TEXT)",
                     "id, act, anchor, state, began, over, ending, first, last, hash, faults, found, told, why"),
    "letter": ("CAST(id AS TEXT)",
               "id, direction, state, number, day, party, agency, subject, text, incident, phieu, alert, answers, signer,"
               " signer_title, channel, time, doer, made, act, removed"),
    "house_rule": ("CAST(id AS TEXT)", "id, rule, title, text, disabled"),
    "house_rule_change": ("CAST(id AS TEXT)", "id, house_rule, what, text, reason, act"),
    "contract_level": ("CAST(id AS TEXT)", "id, provider, document, measure, level, most, share, starts, ends, act, ended"),
    "phieu_line": ("CAST(id AS TEXT)", "id, phieu, act, state, text"),
    "phieu_answer": ("CAST(id AS TEXT)", "id, phieu, act, done, cause, handled, total, file, sha256, good"),
}


class Said:
    """What was signed of one kind: (hash, checkpoint), each hash once in a row."""

    def __init__(self):
        self.texts = []

    def add(self, digest, number):
        if digest != NONE and (not self.texts or self.texts[-1][0] != digest):
            self.texts.append((digest, number))


class Account:
    def __init__(self):
        self.rules, self.settings, self.counts, self.audit = Said(), Said(), Said(), Said()
        self.time = -1

    def checkpoint(self, c):
        self.rules.add(c.rules, c.number)
        self.settings.add(c.settings, c.number)
        self.audit.add(c.audit, c.number)
        if self.time < 0 or self.time // HOUR_NS != c.time // HOUR_NS:
            self.counts.add(c.counts, c.number)
        self.time = c.time


# --- Texts, rules ------------------------------------------------------------------------------------


def read_text(folder, digest):
    try:
        with open(os.path.join(folder, digest.hex()), "rb") as f:
            text = f.read()
    except OSError:
        return None
    return text if hashlib.sha256(text).digest() == digest else None


def listing(folder):
    """As sha256sum writes it, by name."""
    names = []
    for at, _, files in os.walk(folder):
        names += [os.path.relpath(os.path.join(at, n), folder) for n in files]
    lines = []
    for name in sorted(names, key=os.fsencode):
        with open(os.path.join(folder, name), "rb") as f:
            lines.append("%s  %s\n" % (hashlib.sha256(f.read()).hexdigest(), name))
    return "".join(lines)


def rules_are(text, rules):
    """Are the rules that are loaded those of this text, or later ones that nobody has signed yet?"""
    m = re.match(rb"canh/rules/v1\ngeneration ([0-9]+)\n", text)
    if not m:
        return True
    folder = os.path.join(rules, m.group(1).decode())
    if not os.path.isdir(folder):
        there = [int(n) for n in os.listdir(rules) if n.isdigit()] if os.path.isdir(rules) else []
        return any(n > int(m.group(1)) for n in there)
    return listing(folder).encode() == text[m.end():]


def check_texts(data, account, fault):
    folder = os.path.join(data, "ledger", "texts")
    said = account.counts.texts + account.settings.texts + account.rules.texts
    if said and not os.path.isdir(folder):
        fault("TEXT", "ledger/texts")
        return
    for digest, _ in said:
        if read_text(folder, digest) is None:
            fault("TEXT", "ledger/texts/" + digest.hex())
    last = read_text(folder, account.rules.texts[-1][0]) if account.rules.texts else None
    if last is not None and not rules_are(last, os.path.join(data, "rules")):
        fault("RULES", "rules")


# --- The desk's record -------------------------------------------------------------------------------


def digest_of(*values):
    sha = hashlib.sha256()
    for v in values:
        kind, b = ("n", b"") if v is None else ("i", struct.pack("<q", v)) if isinstance(v, int) else \
            ("b", v) if isinstance(v, bytes) else ("t", str(v).encode())
        sha.update(kind.encode() + struct.pack("<Q", len(b)) + b)
    return sha.digest()


def next_head(head, number, kind, key, digest):
    kind, key = kind.encode(), key.encode()
    return hashlib.sha256(b"\3" + head + struct.pack("<QQ", number, len(kind)) + kind + struct.pack("<Q", len(key)) +
                          key + digest).digest()


class Record:
    def __init__(self, db):
        self.lines, self.rows, self.bad = 0, {}, None  # what each row is by its last line
        self.met, self.head = 0, NONE
        self.db = db

    def follow(self, heads):
        """Through the lines; how many of the heads were met, and behind which line the last."""
        met = line = 0
        for number, kind, key, digest in self.db.execute("SELECT number, kind, key, digest FROM record ORDER BY number"):
            self.rows[kind, key] = digest
            if self.bad is None and (number != self.lines + 1 or not isinstance(digest, bytes) or len(digest) != 32):
                self.bad = self.lines + 1
            if self.bad is not None:
                continue  # what rows are by their last lines can be said all the same
            self.lines = number
            self.head = next_head(self.head, number, kind, key, digest)
            if met < len(heads) and heads[met][0] == self.head:
                met, line = met + 1, number
        return met, line

    def others(self):
        """Rows that are not as their last line says."""
        left = {k: d for k, d in self.rows.items() if d != NONE}
        for table, (key, columns) in TABLES.items():
            for row in self.db.execute("SELECT %s, %s FROM %s" % (key, columns, table)):
                if left.pop((table, row[0]), NONE) != digest_of(table, *row[1:]):
                    yield table, row[0]
        yield from left


def check_record(data, account, fault):
    """How many lines there are."""
    heads, path = account.audit.texts, os.path.join(data, "desk", "canh.db")
    if not os.path.exists(path) and not heads:
        return 0
    try:
        db = sqlite3.connect("file:%s?mode=ro" % path.replace("%", "%25").replace("?", "%3f"), uri=True)
        record = Record(db)
        met, line = record.follow(heads)
        if record.bad is not None:
            fault("RECORD", "desk/canh.db, record %d" % record.bad)
        if met < len(heads):
            fault("RECORD", "desk/canh.db, record %d" % (line + 1))
        for row in record.others():
            fault("ROW", "desk/canh.db, %s %s" % row)
        db.close()
        return record.lines
    except sqlite3.Error:
        fault("RECORD", "desk/canh.db, the file")
        return 0
