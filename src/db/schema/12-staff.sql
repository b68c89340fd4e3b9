-- Who can be called and where he is on the spot, certificates, drills, the yearly plan; holidays of the roster; who
-- was called when nobody reacted to an alert.
--
-- A day is a text, 2025-07-01, of the calendar of Viet Nam. ended: when it was taken off the list, ns. {TODAY} at ?1.
--! define TODAY date(?1 / 1000000000 + 25200, 'unixepoch')

-- person: a user's name, or of who has no account here (outside = 1) what the roster calls him.
CREATE TABLE staff(
    id INTEGER PRIMARY KEY,
    person TEXT NOT NULL, person_key TEXT NOT NULL,
    outside INTEGER NOT NULL CHECK(outside IN (0, 1)),
    name TEXT NOT NULL, title TEXT, phone TEXT, email TEXT, ended INTEGER,
    CHECK(phone IS NOT NULL OR email IS NOT NULL));
CREATE UNIQUE INDEX staff_person ON staff(person_key) WHERE ended IS NULL;

CREATE TABLE onsite(
    id INTEGER PRIMARY KEY,
    staff INTEGER NOT NULL REFERENCES staff(id), system INTEGER NOT NULL REFERENCES system(id),
    place TEXT, hours TEXT, ended INTEGER);
CREATE UNIQUE INDEX onsite_of ON onsite(system, staff) WHERE ended IS NULL;
CREATE INDEX onsite_staff ON onsite(staff) WHERE ended IS NULL;

CREATE TABLE certificate(
    id INTEGER PRIMARY KEY,
    staff INTEGER NOT NULL REFERENCES staff(id),
    name TEXT NOT NULL, number TEXT NOT NULL, issuer TEXT, issued TEXT NOT NULL, expires TEXT, ended INTEGER,
    CHECK(issued < expires));
CREATE UNIQUE INDEX certificate_of ON certificate(staff, name, number) WHERE ended IS NULL;
CREATE INDEX certificate_expires ON certificate(expires) WHERE ended IS NULL AND expires IS NOT NULL;

CREATE TABLE drill(
    id INTEGER PRIMARY KEY,
    day TEXT NOT NULL, title TEXT NOT NULL, scope TEXT NOT NULL, participants TEXT NOT NULL, result TEXT, ended INTEGER);
CREATE INDEX drill_day ON drill(day) WHERE ended IS NULL;

-- The yearly plan of response; sha256 of the file that was signed.
CREATE TABLE plan(
    id INTEGER PRIMARY KEY,
    year INTEGER NOT NULL, number TEXT NOT NULL, day TEXT NOT NULL, approved_by TEXT NOT NULL,
    sha256 TEXT NOT NULL CHECK(length(sha256) = 64), ended INTEGER);
CREATE UNIQUE INDEX plan_of ON plan(year, number) WHERE ended IS NULL;

--! record staff: CAST({of}id AS TEXT): id, person, outside, name, title, phone, email, ended
--! record onsite: CAST({of}id AS TEXT): id, staff, system, place, hours, ended
--! record certificate: CAST({of}id AS TEXT): id, staff, name, number, issuer, issued, expires, ended
--! record drill: CAST({of}id AS TEXT): id, day, title, scope, participants, result, ended
--! record plan: CAST({of}id AS TEXT): id, year, number, day, approved_by, sha256, ended

-- holiday: the shift is held on one (Tet).
ALTER TABLE duty ADD COLUMN holiday INTEGER NOT NULL DEFAULT 0 CHECK(holiday IN (0, 1));
DROP TRIGGER record_duty_made;
DROP TRIGGER record_duty_changed;
DROP TRIGGER record_duty_removed;
--! record duty: CAST({of}id AS TEXT): id, person, part, starts, ends, act, ended, instead, holiday

-- Of the law's calendar (data/law), as it was read last.
CREATE TABLE holiday(day TEXT PRIMARY KEY, vi TEXT NOT NULL, en TEXT NOT NULL) WITHOUT ROWID;

-- called: how many steps were taken because nobody reacted (src/notify/escalation.h has them), the last of them at
-- called_at. For what is there already nobody is called: it would all be at once.
--! define CALLS_MAX 4
ALTER TABLE alert ADD COLUMN called INTEGER NOT NULL DEFAULT 0;
ALTER TABLE alert ADD COLUMN called_at INTEGER;
UPDATE alert SET called = {CALLS_MAX} + 1 WHERE state = 'new';
--! define ALERT_UNSEEN state = 'new' AND hidden IS NULL AND called < {CALLS_MAX}
--! define ALERT_CALLED state = 'new' AND hidden IS NULL AND called BETWEEN 1 AND {CALLS_MAX}
CREATE INDEX alert_called ON alert(level, last) WHERE {ALERT_CALLED};
CREATE INDEX alert_unseen ON alert(level, coalesce(called_at, made)) WHERE {ALERT_UNSEEN};

-- One person who was called, or that nobody was there to be called (person NULL). messages: how many went to him.
CREATE TABLE escalation(
    id INTEGER PRIMARY KEY, alert INTEGER NOT NULL REFERENCES alert(id), time INTEGER NOT NULL,
    step TEXT NOT NULL CHECK(step IN ('watch', 'on-call', 'lead', 'leads')), person TEXT,
    messages INTEGER NOT NULL);
CREATE INDEX escalation_of ON escalation(alert, id);
CREATE INDEX escalation_time ON escalation(time);
--! record escalation: CAST({of}id AS TEXT): id, alert, time, step, person, messages

-- Messages to one person, and who of the roster a channel may reach: beginnings of phone numbers, endings of mail
-- addresses, as the settings say.
-- Copied there and back: to add a column or to rename a table costs SQLite a look at the whole schema.
CREATE TABLE channel_was AS SELECT * FROM channel;
DROP TABLE channel;
CREATE TABLE channel(
    name TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK(kind IN ('smtp', 'webhook', 'gateway')),
    level INTEGER NOT NULL, second TEXT NOT NULL,
    recipients TEXT NOT NULL CHECK(recipients GLOB '[[]"*"]'), people TEXT NOT NULL,
    used INTEGER NOT NULL CHECK(used IN (0, 1)),
    bad INTEGER NOT NULL DEFAULT 0 CHECK(bad IN (0, 1)),
    held INTEGER NOT NULL DEFAULT 0, since INTEGER NOT NULL DEFAULT 0,
    grave INTEGER NOT NULL DEFAULT 0, gravest INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
INSERT INTO channel(name, kind, level, second, recipients, people, used, bad, held, since, grave, gravest)
    SELECT name, kind, level, second, recipients, '[]', used, bad, held, since, grave, gravest FROM channel_was;
DROP TABLE channel_was;

CREATE TABLE message_was AS SELECT * FROM message;
DROP TABLE message;
CREATE TABLE message(
    id INTEGER PRIMARY KEY, made INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK(kind IN ('alert', 'digest', 'test', 'call')), key INTEGER NOT NULL,
    channel TEXT NOT NULL, recipient TEXT NOT NULL, level INTEGER NOT NULL,
    subject TEXT NOT NULL, text TEXT NOT NULL,
    state TEXT NOT NULL CHECK(state IN ('waiting', 'sent', 'failed')),
    attempts INTEGER NOT NULL DEFAULT 0, due INTEGER, until INTEGER NOT NULL, error TEXT, sent INTEGER,
    second TEXT, stands_in INTEGER NOT NULL CHECK(stands_in IN (0, 1)), void INTEGER,
    CHECK((state = 'waiting') = (due IS NOT NULL)), CHECK((state = 'sent') = (sent IS NOT NULL)));
INSERT INTO message(id, made, kind, key, channel, recipient, level, subject, text, state, attempts, due, until, error,
    sent, second, stands_in, void) SELECT id, made, kind, key, channel, recipient, level, subject, text, state, attempts,
    due, until, error, sent, second, stands_in, void FROM message_was;
DROP TABLE message_was;
CREATE UNIQUE INDEX message_of ON message(kind, key, channel, recipient);
CREATE INDEX message_due ON message(channel, due) WHERE state = 'waiting';
CREATE INDEX message_made ON message(channel, made) WHERE kind = 'alert';
CREATE INDEX message_open ON message(made) WHERE state <> 'sent' AND void IS NULL;
CREATE INDEX message_void ON message(channel) WHERE state <> 'sent' AND void > 0;
CREATE INDEX message_state ON message(state, id);
CREATE INDEX message_channel ON message(channel, id);
--! record message: CAST({of}id AS TEXT): id, made, kind, key, channel, recipient, level, subject, text, state,
--!     sent, second, stands_in, void
