-- Incidents: what happened, what is done about it and by when, what is kept as proof; phieu to agencies.

--! define INCIDENT_IS_OPEN state NOT IN ('closed', 'merged')

-- facts: a JSON array of codes. profile: the law that was in force at the detection. level: of the gravest
-- system, as it was then; 0: not known. unsent: why it was closed with a clock that nobody answered. why, scope:
-- cause and consequences in words; outage in minutes, damage in dong.
CREATE TABLE incident(
    id INTEGER PRIMARY KEY, year INTEGER NOT NULL, serial INTEGER NOT NULL, number TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL, title_key TEXT NOT NULL, type TEXT NOT NULL, severity TEXT NOT NULL, cause TEXT,
    facts TEXT NOT NULL,
    state TEXT NOT NULL CHECK(state IN ('detect', 'triage', 'contain', 'eradicate', 'recover', 'closed', 'merged')),
    detected INTEGER NOT NULL, source TEXT NOT NULL CHECK(source IN ('alert', 'told')), channel TEXT,
    opened INTEGER NOT NULL, closed INTEGER, owner TEXT, profile TEXT NOT NULL,
    level INTEGER NOT NULL CHECK(level BETWEEN 0 AND 5),
    summary TEXT, result TEXT, unsent TEXT,
    why TEXT, scope TEXT, machines INTEGER, outage INTEGER, damage INTEGER,
    merged INTEGER REFERENCES incident(id), split INTEGER REFERENCES incident(id),
    act INTEGER NOT NULL REFERENCES act(id), UNIQUE(year, serial),
    CHECK((state = 'closed') = (closed IS NOT NULL)), CHECK((state = 'merged') = (merged IS NOT NULL)));
CREATE INDEX incident_open ON incident(id) WHERE {INCIDENT_IS_OPEN};
CREATE INDEX incident_state ON incident(state, id);
CREATE INDEX incident_type ON incident(type, id);
CREATE INDEX incident_owner ON incident(owner, id) WHERE owner IS NOT NULL;
CREATE INDEX incident_merged ON incident(merged) WHERE merged IS NOT NULL;
CREATE INDEX incident_split ON incident(split) WHERE split IS NOT NULL;
CREATE TRIGGER incident_stays BEFORE UPDATE OF year, serial, number, detected, source, opened ON incident
    WHEN NEW.detected <> OLD.detected OR NEW.source <> OLD.source OR NEW.number <> OLD.number
        OR NEW.year <> OLD.year OR NEW.serial <> OLD.serial OR NEW.opened <> OLD.opened BEGIN
    SELECT RAISE(ABORT, 'when an incident was detected is never changed');
    END;

-- Corrections of the time of detection: lines that are added; the last counts.
CREATE TABLE detection(id INTEGER PRIMARY KEY, incident INTEGER NOT NULL REFERENCES incident(id),
    act INTEGER NOT NULL REFERENCES act(id), time INTEGER NOT NULL, reason TEXT NOT NULL);
CREATE INDEX detection_of ON detection(incident, id);

CREATE TABLE incident_system(incident INTEGER NOT NULL REFERENCES incident(id), system INTEGER NOT NULL
    REFERENCES system(id), PRIMARY KEY(incident, system)) WITHOUT ROWID;
CREATE INDEX incident_system_is ON incident_system(system, incident);

--! define TASK_IS_OPEN state IN ('todo', 'doing')

-- told: a word about its being late was given.
CREATE TABLE task(id INTEGER PRIMARY KEY, incident INTEGER NOT NULL REFERENCES incident(id),
    number INTEGER NOT NULL, playbook TEXT, step TEXT, title TEXT NOT NULL,
    phase TEXT NOT NULL CHECK(phase IN ('detect', 'triage', 'contain', 'eradicate', 'recover', 'lessons')),
    role TEXT, asks TEXT, due INTEGER, state TEXT NOT NULL CHECK(state IN ('todo', 'doing', 'done', 'skipped')),
    doer TEXT, started INTEGER, ended INTEGER, result TEXT, act INTEGER NOT NULL REFERENCES act(id),
    told INTEGER NOT NULL DEFAULT 0);
CREATE INDEX task_of ON task(incident, number);
CREATE UNIQUE INDEX task_step ON task(incident, playbook, step) WHERE step IS NOT NULL;
CREATE INDEX task_open ON task(due, id) WHERE {TASK_IS_OPEN};
CREATE INDEX task_told ON task(id) WHERE told > 0;

CREATE TABLE observable(id INTEGER PRIMARY KEY, incident INTEGER NOT NULL REFERENCES incident(id),
    type TEXT NOT NULL, value TEXT NOT NULL, value_key TEXT NOT NULL, note TEXT,
    act INTEGER NOT NULL REFERENCES act(id), removed INTEGER REFERENCES act(id));
CREATE UNIQUE INDEX observable_of ON observable(incident, type, value_key) WHERE removed IS NULL;
CREATE INDEX observable_is ON observable(type, value_key, incident) WHERE removed IS NULL;
CREATE INDEX observable_value ON observable(value_key, id) WHERE removed IS NULL;

-- Its bytes are here, or are events of the store, or lie at another place.
CREATE TABLE evidence(id INTEGER PRIMARY KEY, incident INTEGER NOT NULL REFERENCES incident(id),
    number INTEGER NOT NULL, what TEXT NOT NULL, sha256 TEXT NOT NULL CHECK(length(sha256) = 64),
    bytes INTEGER NOT NULL, file TEXT, events TEXT, place TEXT,
    taken INTEGER NOT NULL, taken_by TEXT NOT NULL, origin TEXT NOT NULL,
    act INTEGER NOT NULL REFERENCES act(id),
    CHECK((file IS NOT NULL) + (events IS NOT NULL) + (place IS NOT NULL) = 1));
CREATE INDEX evidence_of ON evidence(incident, number);
CREATE TABLE evidence_file(evidence INTEGER PRIMARY KEY REFERENCES evidence(id), content BLOB NOT NULL);

-- Who had it, from the first on. hand_over: those of one handing over are on one sheet.
CREATE TABLE hand_over(id INTEGER PRIMARY KEY, incident INTEGER NOT NULL REFERENCES incident(id),
    time INTEGER NOT NULL, giver TEXT NOT NULL, taker TEXT NOT NULL, taker_title TEXT,
    agency TEXT NOT NULL, place TEXT, why TEXT NOT NULL, document TEXT, medium TEXT, copies INTEGER, act INTEGER NOT NULL REFERENCES act(id));
CREATE INDEX hand_over_of ON hand_over(incident, id);
CREATE TABLE custody(evidence INTEGER NOT NULL REFERENCES evidence(id), hand_over INTEGER NOT NULL
    REFERENCES hand_over(id), PRIMARY KEY(evidence, hand_over)) WITHOUT ROWID;
CREATE INDEX custody_sheet ON custody(hand_over, evidence);

-- What people add to the course of events; a line is corrected by another, and stays.
CREATE TABLE timeline(id INTEGER PRIMARY KEY, incident INTEGER NOT NULL REFERENCES incident(id),
    time INTEGER NOT NULL, text TEXT NOT NULL, corrects INTEGER UNIQUE REFERENCES timeline(id), reason TEXT,
    act INTEGER NOT NULL REFERENCES act(id));
CREATE INDEX timeline_of ON timeline(incident, time);

-- What was sent outside, as the sending office numbered it.
CREATE TABLE dispatch(id INTEGER PRIMARY KEY, incident INTEGER NOT NULL REFERENCES incident(id),
    number TEXT NOT NULL, sent INTEGER NOT NULL, channel TEXT NOT NULL, recipient TEXT NOT NULL, document TEXT,
    act INTEGER NOT NULL REFERENCES act(id));
CREATE INDEX dispatch_of ON dispatch(incident, sent);

--! define CLOCK_RUNS dispatch IS NULL AND ended IS NULL

-- A clock of the law, as it was computed: it runs until something was dispatched. One that no longer holds is
-- ended by an act, with a reason, and is still shown. told: the share of its time that was told, in percent.
CREATE TABLE clock(id INTEGER PRIMARY KEY, incident INTEGER NOT NULL REFERENCES incident(id),
    clock TEXT NOT NULL, vi TEXT NOT NULL, en TEXT NOT NULL, recipient TEXT NOT NULL, form TEXT,
    starts TEXT NOT NULL CHECK(starts IN ('detection', 'end')), sure INTEGER NOT NULL,
    started INTEGER NOT NULL, due INTEGER NOT NULL CHECK(due >= started),
    dispatch INTEGER REFERENCES dispatch(id), act INTEGER NOT NULL REFERENCES act(id),
    ended INTEGER REFERENCES act(id), why TEXT, told INTEGER NOT NULL DEFAULT 0,
    CHECK((ended IS NULL) = (why IS NULL)));
CREATE UNIQUE INDEX clock_of ON clock(incident, clock) WHERE ended IS NULL;
CREATE INDEX clock_incident ON clock(incident, due);
CREATE INDEX clock_runs ON clock(due, id) WHERE {CLOCK_RUNS};
CREATE INDEX clock_told ON clock(id) WHERE told > 0;

--! define PHIEU_IS_OUT state IN ('sent', 'received', 'returned')

CREATE TABLE phieu(id INTEGER PRIMARY KEY, year INTEGER NOT NULL, serial INTEGER NOT NULL,
    number TEXT NOT NULL UNIQUE, kind TEXT NOT NULL CHECK(kind IN ('warning', 'request')),
    system INTEGER REFERENCES system(id), agency INTEGER NOT NULL REFERENCES agency(id),
    incident INTEGER REFERENCES incident(id),
    alert INTEGER REFERENCES alert(id),
    subject TEXT NOT NULL, what TEXT NOT NULL, proof TEXT NOT NULL, steps TEXT NOT NULL, due INTEGER NOT NULL,
    state TEXT NOT NULL CHECK(state IN ('draft', 'sent', 'received', 'answered', 'returned', 'checked', 'closed')),
    made INTEGER NOT NULL, sent INTEGER, received INTEGER, answered INTEGER, closed INTEGER,
    document TEXT, channel TEXT, reminders INTEGER NOT NULL DEFAULT 0,
    act INTEGER NOT NULL REFERENCES act(id), told INTEGER NOT NULL DEFAULT 0, UNIQUE(year, serial));
CREATE INDEX phieu_out ON phieu(due, id) WHERE {PHIEU_IS_OUT};
CREATE INDEX phieu_told ON phieu(id) WHERE told > 0;
CREATE INDEX phieu_agency ON phieu(agency, id);
CREATE INDEX phieu_state ON phieu(state, id);
CREATE INDEX phieu_incident ON phieu(incident) WHERE incident IS NOT NULL;
CREATE TABLE phieu_line(id INTEGER PRIMARY KEY, phieu INTEGER NOT NULL REFERENCES phieu(id),
    act INTEGER NOT NULL REFERENCES act(id), state TEXT NOT NULL, text TEXT);
CREATE INDEX phieu_line_of ON phieu_line(phieu, id);
CREATE TABLE phieu_answer(id INTEGER PRIMARY KEY, phieu INTEGER NOT NULL REFERENCES phieu(id),
    act INTEGER NOT NULL REFERENCES act(id), done TEXT NOT NULL, cause TEXT, handled INTEGER, total INTEGER,
    file TEXT, sha256 TEXT, content BLOB, good INTEGER, CHECK((file IS NULL) = (content IS NULL)));
CREATE INDEX phieu_answer_of ON phieu_answer(phieu, id);

--! record incident: CAST({of}id AS TEXT): id, number, title, type, severity, cause, facts, state, detected, source,
--!     channel, opened, closed, owner, profile, level, summary, result, unsent, why, scope, machines, outage,
--!     damage, merged, split, act
--! record detection: CAST({of}id AS TEXT): id, incident, act, time, reason
--! record incident_system: {of}incident || '.' || {of}system: incident, system
--! record task: CAST({of}id AS TEXT): id, incident, number, playbook, step, title, phase, role, asks, due, state, doer,
--!     started, ended, result, act
--! record observable: CAST({of}id AS TEXT): id, incident, type, value, note, act, removed
--! record evidence: CAST({of}id AS TEXT): id, incident, number, what, sha256, bytes, file, events, place, taken,
--!     taken_by, origin, act
--! record hand_over: CAST({of}id AS TEXT): id, incident, time, giver, taker, taker_title, agency, place, why,
--!     document, medium, copies, act
--! record custody: {of}evidence || '.' || {of}hand_over: evidence, hand_over
--! record timeline: CAST({of}id AS TEXT): id, incident, time, text, corrects, reason, act
--! record dispatch: CAST({of}id AS TEXT): id, incident, number, sent, channel, recipient, document, act
--! record clock: CAST({of}id AS TEXT): id, incident, clock, recipient, form, starts, sure, started, due, dispatch, act, ended, why
--! record phieu: CAST({of}id AS TEXT): id, number, kind, system, agency, incident, alert, subject, what, proof, steps, due,
--!     state, made, sent, received, answered, closed, document, channel, reminders, act
--! record phieu_line: CAST({of}id AS TEXT): id, phieu, act, state, text
--! record phieu_answer: CAST({of}id AS TEXT): id, phieu, act, done, cause, handled, total, file, sha256, good
