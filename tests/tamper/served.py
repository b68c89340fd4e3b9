"""What only a server's store has: the desk's database, and the rules and settings in force. Changed by somebody who has
all files, knows SQL, and makes the lines of the desk's record good again where he can."""
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time

from stores import Disagree, Store

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "torture"))
import rig  # noqa: E402 (the folder is known only now)
from forge import verify_account  # noqa: E402

COLUMNS = {"alert": ["kind", "rule", "rule_hash", "title", "level", "entity", "entity_key", "state", "made", "closed"],
           "alert_event": ["lane", "sequence", "time", "json"]}
DATABASE = "desk/canh.db, "


def made(tools, work):
    """Alerts with their events, under a checkpoint."""
    place = rig.Place(os.path.join(work, "desk"))
    server = rig.Server(tools.canh, place, place.path("data"), "sandbox: false\nalert-window: 1s\n")
    try:
        server.start()
        server.accepts(time.monotonic(), 30)
        for run in range(4):  # an alert each, by its entity
            subprocess.run([tools.canh, "send", "--to", "syslog-tcp", "--count", "60", "--rate", "1000", "--run",
                            "desk%d" % run, "127.0.0.1:%d" % server.tcp], check=True, capture_output=True, timeout=60)
            time.sleep(1.2)
        rig.settled(server)
        server.end()
    finally:
        server.kill()
    s = Store(tools, place.path("data"))
    shutil.copy(s.at("keys/root.pub"), s.root)
    s.anchors = [s.last_anchor()]
    return s


# --- the database ------------------------------------------------------------------------------------


def opened(s):
    db = sqlite3.connect(s.at("desk/canh.db"))
    db.create_function("canh_digest", -1, verify_account.digest_of)
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        db.execute("DROP TRIGGER " + name)
    return db


def closed(db):
    db.commit()
    db.close()


def some_row(db, r):
    """(table, its key, the condition that picks it)."""
    table = r.choice(sorted(COLUMNS))
    key = verify_account.TABLES[table][0]
    keys = [k for (k,) in db.execute("SELECT %s FROM %s" % (key, table))]
    one = r.choice(keys)
    return table, one, "%s = '%s'" % (key, one)


def other(v, r):
    return v + r.choice((-1, 1, 1000)) if isinstance(v, int) else r.choice(("x", 7)) if v is None else \
        (v[:-1] + chr(ord(v[-1]) ^ 1) if v else "x")


def change_row(db, r):
    while True:
        table, key, which = some_row(db, r)
        column = r.choice(COLUMNS[table])
        was = db.execute("SELECT %s FROM %s WHERE %s" % (column, table, which)).fetchone()[0]
        try:
            db.execute("PRAGMA ignore_check_constraints = ON")
            db.execute("UPDATE %s SET %s = ? WHERE %s" % (table, column, which), (other(was, r),))
            return table, key
        except sqlite3.IntegrityError:
            db.rollback()


def row_changed(s, r):
    db = opened(s)
    table, key = change_row(db, r)
    closed(db)
    return {"ROW"}, DATABASE + "%s %s" % (table, key)


def row_removed(s, r):
    db = opened(s)
    table, key, which = some_row(db, r)
    db.execute("PRAGMA foreign_keys = OFF")
    db.execute("DELETE FROM %s WHERE %s" % (table, which))
    closed(db)
    return {"ROW"}, DATABASE + "%s %s" % (table, key)


def row_put_in(s, r):
    db = opened(s)
    number = db.execute("SELECT max(id) FROM alert").fetchone()[0] + r.randrange(1, 9)
    db.execute("CREATE TEMP TABLE one AS SELECT * FROM alert ORDER BY random() LIMIT 1")
    db.execute("UPDATE one SET id = ?", (number,))
    db.execute("INSERT INTO alert SELECT * FROM one")
    closed(db)
    return {"ROW"}, DATABASE + "alert %d" % number


def lines(db):
    return [n for (n,) in db.execute("SELECT number FROM record ORDER BY number")]


def row_and_its_line(s, r):
    """... and its line in the record says what it is now."""
    db = opened(s)
    table, key = change_row(db, r)
    columns = verify_account.TABLES[table][1]
    db.execute("UPDATE record SET digest = (SELECT canh_digest('%s', %s) FROM %s WHERE %s = ?) WHERE number = "
               "(SELECT max(number) FROM record WHERE kind = ? AND key = ?)" % (
                   table, columns, table, verify_account.TABLES[table][0]), (key, table, key))
    closed(db)
    return {"RECORD"}, DATABASE + "record "


def line_removed(s, r):
    db = opened(s)
    db.execute("DELETE FROM record WHERE number = ?", (r.choice(lines(db)),))
    closed(db)
    return {"RECORD"}, DATABASE + "record "


def line_removed_and_the_others_moved(s, r):
    db = opened(s)
    number = r.choice(lines(db))
    db.execute("DELETE FROM record WHERE number = ?", (number,))
    db.execute("UPDATE record SET number = -number WHERE number > ?", (number,))
    db.execute("UPDATE record SET number = -number - 1 WHERE number < 0")
    closed(db)
    return {"RECORD"}, DATABASE + "record "


def record_made_anew(s, r):
    """As if all had just been made as it is now."""
    db = opened(s)
    change_row(db, r)
    db.execute("DELETE FROM record")
    for table, (key, columns) in verify_account.TABLES.items():
        db.execute("INSERT INTO record(kind, key, digest) SELECT '%s', %s, canh_digest('%s', %s) FROM %s" % (
            table, key, table, columns, table))
    closed(db)
    return {"RECORD"}, DATABASE + "record "


def database_begun_afresh(s, r):
    db = opened(s)
    for table in ("alert_event", "result", "alert", "record"):
        db.execute("DELETE FROM " + table)
    closed(db)
    return {"RECORD"}, DATABASE + "record "


def database_gone(s, r):
    os.unlink(s.at("desk/canh.db"))
    return {"RECORD"}, DATABASE


# --- rules, settings, counts -------------------------------------------------------------------------


def flip(path, r):
    with open(path, "rb") as f:
        data = bytearray(f.read())
    if data:
        data[r.randrange(len(data))] ^= 1 << r.randrange(8)
    else:
        data = bytearray(b"x")
    os.chmod(path, 0o600)
    with open(path, "wb") as f:
        f.write(data)


def rules_changed(s, r):
    flip(s.at(r.choice(s.below("rules"))), r)
    return {"RULES"}, "rules"


def rules_added(s, r):
    with open(s.at(os.path.join(os.path.dirname(r.choice(s.below("rules"))), "zz-%d.yaml" % r.randrange(1000))), "wb") as f:
        f.write(b"x")
    return {"RULES"}, "rules"


def rules_gone(s, r):
    shutil.rmtree(s.at("rules"))
    return {"RULES"}, "rules"


def text_changed(s, r):
    where = r.choice(s.below("ledger/texts"))
    flip(s.at(where), r)
    return {"TEXT"}, where


def text_gone(s, r):
    where = r.choice(s.below("ledger/texts"))
    os.unlink(s.at(where))
    return {"TEXT"}, where


ATTACKS = [(21, row_changed), (21, row_removed), (21, row_put_in), (21, database_begun_afresh), (21, database_gone),
           (22, row_and_its_line), (22, line_removed), (22, line_removed_and_the_others_moved), (22, record_made_anew),
           (23, rules_changed), (23, rules_added), (23, rules_gone), (23, text_changed), (23, text_gone)]


def one(base, work, attack, r):
    """None, or what is wrong."""
    s = base.copy(os.path.join(work, "tampered"))
    s.anchors = base.anchors
    try:
        names, where = attack(s, r)
        faults, end = s.both()
        if faults is None:
            return "cannot be verified: %s" % end
        if not any(n in names and w.startswith(where) for n, w in faults):
            return "want %s at %s; told: %s" % (names, where, faults)
    except Disagree as e:
        return str(e)
    finally:
        s.remove()
    return None


def part(o, tools, work):
    base, wrong, done = made(tools, work), [], 0
    faults, end = base.both()
    if faults or not end["record"]:
        return "a server's store", ["before anything was done to it: %s %s" % (faults, end)], ""
    shares = {c: sum(c == d for d, _ in ATTACKS) for c, _ in ATTACKS}
    for number, attack in ATTACKS:
        for i in range(-(-o.each // shares[number])):
            said = one(base, work, attack, random.Random("%d %s %d" % (o.seed, attack.__name__, i)))
            done += 1
            if said:
                wrong.append("class %d %s %d: %s" % (number, attack.__name__, i, said))
    return "%d tampered databases, rules and texts of 3 classes" % done, wrong, "named by both at the place"
