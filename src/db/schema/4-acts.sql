-- Alerts have states that people give them; who did what.

--! define ALERT_IS_OPEN state IN ('new', 'acknowledged', 'investigating')

CREATE TABLE alert_4(
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK(kind IN ('detection', 'correlation', 'system', 'manual')),
    rule TEXT NOT NULL, rule_hash INTEGER NOT NULL, title TEXT NOT NULL, level INTEGER NOT NULL,
    entity TEXT NOT NULL, entity_key TEXT NOT NULL,
    first INTEGER NOT NULL, last INTEGER NOT NULL, until INTEGER NOT NULL,
    count INTEGER NOT NULL, events INTEGER NOT NULL,
    state TEXT NOT NULL CHECK(state IN ('new', 'acknowledged', 'investigating', 'closed', 'withdrawn')),
    provisional INTEGER NOT NULL, made INTEGER NOT NULL, closed INTEGER,
    linked INTEGER REFERENCES alert(id),
    hidden INTEGER REFERENCES suppression(id),
    assignee TEXT, acknowledged INTEGER,
    verdict TEXT CHECK(verdict IN ('true-positive', 'benign-true-positive', 'false-positive', 'duplicate',
        'test', 'undetermined')),
    cause TEXT, reason TEXT, incident INTEGER,
    channel TEXT);
INSERT INTO alert_4(id, kind, rule, rule_hash, title, level, entity, entity_key, first, last, until, count,
    events, state, provisional, made, closed, linked)
    SELECT id, kind, rule, rule_hash, title, level, entity, entity_key, first, last, until, count,
    events, state, provisional, made, closed, linked FROM alert;
DROP TABLE alert;
ALTER TABLE alert_4 RENAME TO alert;
CREATE INDEX alert_of ON alert(rule, entity_key, rule_hash, until);
CREATE INDEX alert_last ON alert(last);
CREATE INDEX alert_linked ON alert(linked) WHERE linked IS NOT NULL;
CREATE INDEX alert_open ON alert(level, last) WHERE {ALERT_IS_OPEN} AND hidden IS NULL;
CREATE INDEX alert_queue ON alert(last) WHERE {ALERT_IS_OPEN} AND hidden IS NULL;
CREATE INDEX alert_open_rule ON alert(rule, last) WHERE {ALERT_IS_OPEN} AND hidden IS NULL;
CREATE INDEX alert_entity ON alert(entity_key, last);
CREATE INDEX alert_rule ON alert(rule, last);
CREATE INDEX alert_assignee ON alert(assignee, last) WHERE assignee IS NOT NULL;
CREATE INDEX alert_incident ON alert(incident) WHERE incident IS NOT NULL;
CREATE INDEX alert_hidden ON alert(hidden, last) WHERE hidden IS NOT NULL;

-- The head of the queue, however long it is: kept up by triggers.
CREATE TABLE alert_count(state TEXT NOT NULL, level INTEGER NOT NULL, hidden INTEGER NOT NULL,
    count INTEGER NOT NULL, PRIMARY KEY(state, level, hidden)) WITHOUT ROWID;
INSERT INTO alert_count SELECT state, level, 0, count(*) FROM alert GROUP BY 1, 2;
CREATE TRIGGER alert_count_made AFTER INSERT ON alert BEGIN
    INSERT INTO alert_count VALUES(NEW.state, NEW.level, NEW.hidden IS NOT NULL, 1)
        ON CONFLICT DO UPDATE SET count = count + 1;
    END;
CREATE TRIGGER alert_count_changed AFTER UPDATE OF state, level, hidden ON alert BEGIN
    INSERT INTO alert_count VALUES(OLD.state, OLD.level, OLD.hidden IS NOT NULL, -1)
        ON CONFLICT DO UPDATE SET count = count - 1;
    INSERT INTO alert_count VALUES(NEW.state, NEW.level, NEW.hidden IS NOT NULL, 1)
        ON CONFLICT DO UPDATE SET count = count + 1;
    END;
CREATE TRIGGER alert_count_removed AFTER DELETE ON alert BEGIN
    UPDATE alert_count SET count = count - 1
        WHERE state = OLD.state AND level = OLD.level AND hidden = (OLD.hidden IS NOT NULL);
    END;

-- via: how they came; user: of who has a row there.
CREATE TABLE act(id INTEGER PRIMARY KEY, time INTEGER NOT NULL, user INTEGER, name TEXT NOT NULL,
    via TEXT NOT NULL, address TEXT NOT NULL, act TEXT NOT NULL, parameters TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK(outcome IN ('done', 'denied')), undoes INTEGER REFERENCES act(id));
CREATE INDEX act_time ON act(time);
CREATE INDEX act_name ON act(name, time);
CREATE UNIQUE INDEX act_undoes ON act(undoes) WHERE undoes IS NOT NULL;

-- What it was done to; was and is_now where that can be undone.
CREATE TABLE act_on(act INTEGER NOT NULL REFERENCES act(id), kind TEXT NOT NULL, key INTEGER NOT NULL,
    was TEXT, is_now TEXT, PRIMARY KEY(act, kind, key)) WITHOUT ROWID;
CREATE INDEX act_on_what ON act_on(kind, key, act);

CREATE TABLE note(id INTEGER PRIMARY KEY, act INTEGER NOT NULL REFERENCES act(id), kind TEXT NOT NULL,
    key INTEGER NOT NULL, text TEXT NOT NULL);
CREATE INDEX note_on ON note(kind, key, id);

-- Rule or entity may be empty: any.
CREATE TABLE suppression(id INTEGER PRIMARY KEY, rule TEXT NOT NULL, entity TEXT NOT NULL,
    entity_key TEXT NOT NULL, reason TEXT NOT NULL, until INTEGER NOT NULL,
    act INTEGER NOT NULL REFERENCES act(id), ended INTEGER REFERENCES act(id),
    CHECK(rule <> '' OR entity_key <> ''));
CREATE INDEX suppression_of ON suppression(rule, entity_key) WHERE ended IS NULL;

--! record alert: CAST({of}id AS TEXT): id, kind, rule, rule_hash, title, level, entity, entity_key, state,
--!     made, closed, hidden, assignee, acknowledged, verdict, cause, reason, incident, channel
--! record act: CAST({of}id AS TEXT): id, time, user, name, via, address, act, parameters, outcome, undoes
--! record act_on: {of}act || '.' || {of}kind || '.' || {of}key: act, kind, key, was, is_now
--! record note: CAST({of}id AS TEXT): id, act, kind, key, text
--! record suppression: CAST({of}id AS TEXT): id, rule, entity, entity_key, reason, until, act, ended
