-- Where each lane was read up to; alerts as they are found; correlations; who is there.

CREATE TABLE place(lane INTEGER NOT NULL, purpose TEXT NOT NULL, segment INTEGER NOT NULL, bytes
    INTEGER NOT NULL, sequence INTEGER NOT NULL, PRIMARY KEY(lane, purpose)) WITHOUT ROWID;
CREATE TABLE lane(lane INTEGER PRIMARY KEY, matched INTEGER NOT NULL, findings INTEGER NOT NULL,
    repeated INTEGER NOT NULL, odd INTEGER NOT NULL);
CREATE TABLE finding(lane INTEGER NOT NULL, sequence INTEGER NOT NULL, rule TEXT NOT NULL, rule_hash
    INTEGER NOT NULL, PRIMARY KEY(lane, sequence, rule, rule_hash)) WITHOUT ROWID;
CREATE TABLE alert(id INTEGER PRIMARY KEY, kind TEXT NOT NULL CHECK(kind IN ('detection',
    'correlation', 'system')), rule TEXT NOT NULL, rule_hash INTEGER NOT NULL, title TEXT NOT NULL,
    level INTEGER NOT NULL, entity TEXT NOT NULL, entity_key TEXT NOT NULL, first INTEGER NOT NULL,
    last INTEGER NOT NULL, until INTEGER NOT NULL, count INTEGER NOT NULL, events INTEGER NOT NULL,
    state TEXT NOT NULL CHECK(state IN ('new', 'closed', 'withdrawn')), provisional INTEGER NOT
    NULL, made INTEGER NOT NULL, closed INTEGER, linked INTEGER REFERENCES alert(id));
CREATE INDEX alert_of ON alert(rule, entity_key, rule_hash, until);
CREATE INDEX alert_last ON alert(last);
CREATE INDEX alert_linked ON alert(linked) WHERE linked IS NOT NULL;
CREATE TABLE alert_event(alert INTEGER NOT NULL REFERENCES alert(id) ON DELETE CASCADE, number
    INTEGER NOT NULL, lane INTEGER, sequence INTEGER, time INTEGER NOT NULL, json TEXT, PRIMARY
    KEY(alert, number)) WITHOUT ROWID;
CREATE TABLE result(id INTEGER PRIMARY KEY, rule TEXT NOT NULL, rule_hash INTEGER NOT NULL, grp TEXT
    NOT NULL, provisional INTEGER, final INTEGER, span INTEGER NOT NULL, state TEXT NOT NULL
    CHECK(state IN ('provisional', 'confirmed', 'final', 'withdrawn')), plan INTEGER NOT NULL, alert
    INTEGER REFERENCES alert(id) ON DELETE SET NULL, CHECK(provisional IS NOT NULL OR final IS NOT
    NULL));
CREATE UNIQUE INDEX result_provisional ON result(rule, rule_hash, grp, provisional);
CREATE UNIQUE INDEX result_final ON result(rule, rule_hash, grp, final);
CREATE INDEX result_open ON result(plan, provisional + span) WHERE state = 'provisional';
CREATE INDEX result_alert ON result(alert);
CREATE INDEX result_time ON result(coalesce(final, provisional));
CREATE TABLE live(id INTEGER PRIMARY KEY CHECK(id = 1), plan INTEGER NOT NULL, time INTEGER NOT
    NULL, state BLOB NOT NULL);
CREATE TABLE late(rule TEXT PRIMARY KEY, title TEXT NOT NULL, count INTEGER NOT NULL, last INTEGER
    NOT NULL) WITHOUT ROWID;
CREATE TABLE tracer(source TEXT NOT NULL, lane INTEGER NOT NULL, time INTEGER NOT NULL, receipt
    INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY(source, lane)) WITHOUT ROWID;
CREATE TABLE source(name TEXT PRIMARY KEY, input TEXT NOT NULL, state TEXT NOT NULL CHECK(state IN
    ('never', 'active', 'late', 'silent')), since INTEGER NOT NULL, interval INTEGER NOT NULL, last
    INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE notice(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, text TEXT NOT NULL, time INTEGER NOT
    NULL);
CREATE TABLE counter(name TEXT PRIMARY KEY, value INTEGER NOT NULL, time INTEGER NOT NULL) WITHOUT
    ROWID;
