-- Alerts that belong together: their entities, the tactics of their rules, candidates for incidents.

-- Each entity of an alert, and between which times of the source its events had it.
CREATE TABLE alert_about(alert INTEGER NOT NULL REFERENCES alert(id) ON DELETE CASCADE, kind TEXT NOT NULL,
    key TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY(alert, kind, key)) WITHOUT ROWID;
CREATE INDEX alert_about_is ON alert_about(kind, key, last);

-- tactic: its place in the order of ATT&CK, 1 to 14; 0: the technique was told without one.
CREATE TABLE alert_tactic(alert INTEGER NOT NULL REFERENCES alert(id) ON DELETE CASCADE, tactic INTEGER NOT NULL,
    technique TEXT NOT NULL, PRIMARY KEY(alert, tactic, technique)) WITHOUT ROWID;

-- With what else an entity came in a week (counted from 1970): a host with users, all others with hosts. No more
-- rows than are needed to know that it is common.
CREATE TABLE entity_spread(kind TEXT NOT NULL, key TEXT NOT NULL, week INTEGER NOT NULL, other TEXT NOT NULL,
    PRIMARY KEY(kind, key, week, other)) WITHOUT ROWID;
CREATE INDEX entity_spread_week ON entity_spread(week);

-- joined: into which one; then it has no alerts any more. score: as of `last`, see group.h.
CREATE TABLE candidate(id INTEGER PRIMARY KEY,
    state TEXT NOT NULL CHECK(state IN ('open', 'escalated', 'dismissed', 'joined')),
    joined INTEGER REFERENCES candidate(id), incident INTEGER REFERENCES incident(id), reason TEXT,
    first INTEGER NOT NULL, last INTEGER NOT NULL, score REAL NOT NULL, alerts INTEGER NOT NULL,
    CHECK((state = 'joined') = (joined IS NOT NULL)), CHECK((state = 'escalated') = (incident IS NOT NULL)));
CREATE INDEX candidate_joined ON candidate(joined) WHERE joined IS NOT NULL;
CREATE INDEX candidate_open ON candidate(last) WHERE state = 'open';

-- placed: by people; it stays where it is.
CREATE TABLE candidate_alert(alert INTEGER PRIMARY KEY REFERENCES alert(id) ON DELETE CASCADE,
    candidate INTEGER NOT NULL REFERENCES candidate(id), placed INTEGER NOT NULL DEFAULT 0);
CREATE INDEX candidate_alert_of ON candidate_alert(candidate, alert);

-- A time without a gap in which an entity came in alerts of one candidate.
CREATE TABLE candidate_link(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, first INTEGER NOT NULL,
    last INTEGER NOT NULL, candidate INTEGER NOT NULL REFERENCES candidate(id));
CREATE INDEX candidate_link_is ON candidate_link(kind, key, last);
CREATE INDEX candidate_link_of ON candidate_link(candidate);

-- What an alert of a level counts.
CREATE TABLE level_weight(level INTEGER PRIMARY KEY, weight REAL NOT NULL);
INSERT INTO level_weight VALUES(0, 0), (1, 0), (2, 0.5), (3, 1), (4, 1.5), (5, 2);
