-- What people rely on, line by line (db/record.h).

CREATE TABLE record(number INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, digest BLOB NOT NULL);

--! record alert: CAST({of}id AS TEXT): id, kind, rule, rule_hash, title, level, entity, entity_key, state,
--!     made, closed
--! record alert_event: {of}alert || '.' || {of}number: alert, number, lane, sequence, time, json
