-- Alerts that belong together: their entities, the tactics of their rules, candidates for incidents.

-- Each entity of an alert, and between which times of the source its events had it. Kind 'more': there were others,
-- for which there was no room.
CREATE TABLE alert_about(alert INTEGER NOT NULL REFERENCES alert(id) ON DELETE CASCADE, kind TEXT NOT NULL,
    key TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY(alert, kind, key)) WITHOUT ROWID;
CREATE INDEX alert_about_is ON alert_about(kind, key, last);

-- tactic: its place in the order of ATT&CK, 1 to 14; 0: the technique was told without one.
CREATE TABLE alert_tactic(alert INTEGER NOT NULL REFERENCES alert(id) ON DELETE CASCADE, tactic INTEGER NOT NULL,
    technique TEXT NOT NULL, PRIMARY KEY(alert, tactic, technique)) WITHOUT ROWID;

-- With what else an entity came on a day (counted from 1970, UTC): a host with users, all others with hosts, or with
-- addresses where no host is told. No more rows than are needed to know that it came with many.
CREATE TABLE entity_spread(kind TEXT NOT NULL, key TEXT NOT NULL, day INTEGER NOT NULL, other TEXT NOT NULL,
    PRIMARY KEY(kind, key, day, other)) WITHOUT ROWID;
CREATE INDEX entity_spread_day ON entity_spread(day);

-- The days on which it came with many: group.h says when that makes it common. days: as how many it counts.
CREATE TABLE entity_many(kind TEXT NOT NULL, key TEXT NOT NULL, day INTEGER NOT NULL, days INTEGER NOT NULL,
    PRIMARY KEY(kind, key, day)) WITHOUT ROWID;
CREATE INDEX entity_many_day ON entity_many(day);

-- joined: into which one; then it has no alerts any more. dissolved: its alerts are of others now. reason, by, at: of
-- who dismissed it. What follows is counted behind (stale: it has changed since). score: as of `heard`, when its last
-- alert was made; rank: orders by what is left of the score at any time. waiting: alerts that are not decided and of
-- no incident; without any it is in no queue. level: its gravest alert's; tactics: their
-- places in ATT&CK; about: the hosts and users that most of its alerts have; system_level: of the gravest system.
CREATE TABLE candidate(id INTEGER PRIMARY KEY,
    state TEXT NOT NULL CHECK(state IN ('open', 'escalated', 'dismissed', 'joined', 'dissolved')),
    joined INTEGER REFERENCES candidate(id), incident INTEGER REFERENCES incident(id),
    reason TEXT, by TEXT, at INTEGER, first INTEGER NOT NULL, last INTEGER NOT NULL, alerts INTEGER NOT NULL,
    stale INTEGER NOT NULL DEFAULT 1, score REAL NOT NULL DEFAULT 0, heard INTEGER NOT NULL DEFAULT 0, rank REAL,
    level INTEGER NOT NULL DEFAULT 0, rules INTEGER NOT NULL DEFAULT 0, tactics TEXT NOT NULL DEFAULT '[]',
    about TEXT NOT NULL DEFAULT '[]', system_level INTEGER, waiting INTEGER NOT NULL DEFAULT 0,
    CHECK((state = 'joined') = (joined IS NOT NULL)), CHECK((state = 'escalated') = (incident IS NOT NULL)),
    CHECK((state = 'dismissed') = (reason IS NOT NULL)));
CREATE INDEX candidate_joined ON candidate(joined) WHERE joined IS NOT NULL;
CREATE INDEX candidate_incident ON candidate(incident) WHERE incident IS NOT NULL;
CREATE INDEX candidate_stale ON candidate(id) WHERE stale;
CREATE INDEX candidate_queue ON candidate(rank) WHERE state = 'open' AND score >= 1.5 AND waiting > 0;
CREATE INDEX candidate_heard ON candidate(state, heard);

-- placed: by people; it stays where it is, and links nothing.
CREATE TABLE candidate_alert(alert INTEGER PRIMARY KEY REFERENCES alert(id) ON DELETE CASCADE,
    candidate INTEGER NOT NULL REFERENCES candidate(id), placed INTEGER NOT NULL DEFAULT 0);
CREATE INDEX candidate_alert_of ON candidate_alert(candidate, alert);

-- A time without a gap in which an entity came in alerts of one candidate. parts: the entity has become common.
CREATE TABLE candidate_link(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, first INTEGER NOT NULL,
    last INTEGER NOT NULL, candidate INTEGER NOT NULL REFERENCES candidate(id), parts INTEGER NOT NULL DEFAULT 0);
CREATE INDEX candidate_link_is ON candidate_link(kind, key, last);
CREATE INDEX candidate_link_of ON candidate_link(candidate);
CREATE INDEX candidate_link_parts ON candidate_link(candidate) WHERE parts;

-- Alerts that wait for their candidate; was: the one that was made anew.
CREATE TABLE group_wait(alert INTEGER PRIMARY KEY REFERENCES alert(id) ON DELETE CASCADE, was INTEGER) WITHOUT ROWID;

-- Alerts that were decided, or count otherwise: scores and risks follow.
CREATE TABLE group_judged(alert INTEGER PRIMARY KEY REFERENCES alert(id) ON DELETE CASCADE) WITHOUT ROWID;
CREATE TRIGGER alert_counts_otherwise AFTER UPDATE OF state, verdict, level, hidden, incident ON alert
    WHEN NEW.verdict IS NOT OLD.verdict OR NEW.incident IS NOT OLD.incident OR NEW.level <> OLD.level OR NEW.hidden IS NOT OLD.hidden
        OR (NEW.state = 'withdrawn') <> (OLD.state = 'withdrawn') BEGIN
    INSERT OR IGNORE INTO group_judged(alert) VALUES(NEW.id);
END;
CREATE TRIGGER alert_is_grouped AFTER UPDATE OF level, hidden ON alert
    WHEN NEW.level > OLD.level OR (NEW.hidden IS NULL AND OLD.hidden IS NOT NULL) BEGIN
    INSERT OR IGNORE INTO group_wait(alert) VALUES(NEW.id);
END;
-- What came meanwhile may link it otherwise.
CREATE TRIGGER candidate_is_open_again AFTER UPDATE OF state ON candidate
    WHEN NEW.state = 'open' AND OLD.state IN ('dismissed', 'escalated') BEGIN
    INSERT OR IGNORE INTO group_wait(alert, was) SELECT alert, NEW.id FROM candidate_alert
        WHERE candidate = NEW.id AND NOT placed;
    DELETE FROM candidate_link WHERE candidate = NEW.id;
    DELETE FROM candidate_alert WHERE candidate = NEW.id AND NOT placed;
    UPDATE candidate SET alerts = (SELECT count(*) FROM candidate_alert WHERE candidate = NEW.id), stale = 1
        WHERE id = NEW.id;
END;

-- The risk of hosts, users, addresses, domains and files: as of `heard`, ranked as candidates are.
CREATE TABLE entity_risk(kind TEXT NOT NULL, key TEXT NOT NULL, risk REAL NOT NULL, heard INTEGER NOT NULL,
    rank REAL NOT NULL, alerts INTEGER NOT NULL, rules INTEGER NOT NULL, system_level INTEGER,
    PRIMARY KEY(kind, key)) WITHOUT ROWID;
CREATE INDEX entity_risk_kind ON entity_risk(kind, rank);
CREATE INDEX entity_risk_all ON entity_risk(rank);
CREATE TABLE entity_stale(kind TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY(kind, key)) WITHOUT ROWID;

-- What an alert of a level counts, and what it counts more on a system of a level.
CREATE TABLE level_weight(level INTEGER PRIMARY KEY, weight REAL NOT NULL);
INSERT INTO level_weight VALUES(0, 0), (1, 0), (2, 0.5), (3, 1), (4, 1.5), (5, 2);
CREATE TABLE system_weight(level INTEGER PRIMARY KEY, weight REAL NOT NULL);
INSERT INTO system_weight VALUES(0, 1), (1, 1), (2, 1), (3, 1.25), (4, 1.5), (5, 2);
