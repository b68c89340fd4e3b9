-- Statements of the desk itself: places in the lanes, alerts as they are found, results, sources.

--! define ALERT_IS_OPEN state IN ('new', 'acknowledged', 'investigating')

-- PLACE_GET
SELECT segment, bytes, sequence, within FROM place WHERE lane = ? AND purpose = ?

-- PLACE_PUT
INSERT INTO place(lane, purpose, segment, bytes, sequence, within) VALUES(?, ?, ?, ?, ?, coalesce(?, 0)) ON CONFLICT DO
    UPDATE SET segment = excluded.segment, bytes = excluded.bytes, sequence = excluded.sequence, within = excluded.within

-- LANE_GET
SELECT matched, findings, repeated, odd FROM lane WHERE lane = ?

-- LANE_PUT
INSERT OR REPLACE INTO lane(lane, matched, findings, repeated, odd) VALUES(?, ?, ?, ?, ?)

-- FINDING_ADD
INSERT OR IGNORE INTO finding(lane, sequence, rule, rule_hash) VALUES(?, ?, ?, ?)

-- FINDING_DROP
DELETE FROM finding WHERE lane = ? AND sequence < ?

-- FINDING_ALL
SELECT sequence, rule, rule_hash FROM finding WHERE lane = ?

-- ALERT_FIND
SELECT id, first, last, until, count, events, provisional, level, entity FROM alert WHERE rule = ? AND entity_key =
    ? AND rule_hash = ? AND until > ? AND until <= ? AND {ALERT_IS_OPEN} AND kind = ?
    AND provisional BETWEEN ? AND ? AND NOT {ALERT_CLOSES} ORDER BY until LIMIT 1

-- Alerts of rule ?1, entity ?2 and kind ?3 are linked each to the one before, by `until` (?4) and id. One that
-- begins within what people have closed is linked to that; until ?5 these are looked for.

--! define ALERT_IS_CLOSED (state = 'closed' OR ({ALERT_IS_OPEN} AND {ALERT_CLOSES}))

-- ALERT_BEFORE
SELECT id FROM alert WHERE rule = ?1 AND entity_key = ?2 AND kind = ?3 AND state <> 'withdrawn' AND until <= ?5
    AND (until <= ?4 OR (first < ?4 AND {ALERT_IS_CLOSED})) ORDER BY until DESC, id DESC LIMIT 1

-- ALERT_BEHIND
UPDATE alert SET linked = ?5 WHERE id = (SELECT id FROM alert WHERE rule = ?1 AND entity_key = ?2 AND kind = ?3
    AND {ALERT_IS_OPEN} AND until > ?4 ORDER BY until, id LIMIT 1)
    AND linked IS (SELECT x.linked FROM alert x WHERE x.id = ?5)

-- Who is linked to one that was withdrawn is linked to what that is linked to.
-- ALERT_PASS
UPDATE alert SET linked = (SELECT x.linked FROM alert x WHERE x.id = ?1) WHERE linked = ?1
    AND (SELECT x.state FROM alert x WHERE x.id = ?1) = 'withdrawn'

-- ALERT_ADD
INSERT INTO alert(kind, rule, rule_hash, title, level, entity, entity_key, first, last, until,
    count, events, state, provisional, made, linked, hidden) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0,
    0, 'new', ?, ?, ?, ?)

-- ALERT_PUT
UPDATE alert SET first = ?, last = ?, count = ?, events = ?, provisional = ?, until = ? WHERE id = ?

-- ALERT_RAISE
UPDATE alert SET level = ? WHERE id = ?

-- Of spellings at one time the first in the order of bytes, unless ?3.
-- ALERT_NAME
UPDATE alert SET entity = ?2 WHERE id = ?1 AND (?3 OR entity > ?2)

-- ALERT_CONFIRM
UPDATE alert SET provisional = 0, last = max(last, ?) WHERE id = ?

-- What is left of it says when it was seen last.
-- ALERT_UNCOUNT
UPDATE alert SET count = count - 1, last = max(first, coalesce((SELECT coalesce(r.final, r.provisional) AS time
    FROM result r WHERE r.alert = alert.id AND r.state <> 'withdrawn' ORDER BY time DESC LIMIT 1), last)), state = CASE WHEN count <= 1 AND state = 'new' THEN 'withdrawn'
    ELSE state END, closed = CASE WHEN count <= 1 AND state = 'new' THEN ? ELSE closed END WHERE id
    = ?

-- ALERT_OPEN
SELECT id FROM alert WHERE rule = ? AND entity_key = ? AND kind = 'system' AND {ALERT_IS_OPEN} LIMIT 1

-- ALERT_CLOSE
UPDATE alert SET state = 'closed', closed = ?, last = ? WHERE rule = ? AND entity_key = ? AND kind = 'system' AND {ALERT_IS_OPEN}

-- EVENT_ADD
INSERT INTO alert_event(alert, number, lane, sequence, time, json, result) VALUES(?, ?, ?, ?, ?, ?, ?)

-- EVENT_LAST
SELECT number, time, lane, sequence FROM alert_event WHERE alert = ? ORDER BY time DESC, lane DESC, sequence DESC LIMIT 1

-- What somebody has looked at stays.
-- EVENT_REPLACE
UPDATE alert_event SET lane = ?, sequence = ?, time = ?, json = ? WHERE alert = ?5 AND number = ?
    AND (SELECT state FROM alert WHERE id = ?5) = 'new'

-- How many are kept for final results, and for result ?2.
-- EVENT_COUNTS
SELECT count(*) - count(result), count(CASE WHEN result = ?2 THEN 1 END) FROM alert_event WHERE alert = ?1

-- EVENT_SETTLE
UPDATE alert_event SET result = NULL WHERE alert = ? AND result = ?

-- EVENT_DROP
DELETE FROM alert_event WHERE alert = ? AND result = ?

-- Of one that was withdrawn; what an alert had of which nothing is left, or that people have closed, stays with it.
-- EVENT_WITHDRAW
DELETE FROM alert_event WHERE alert = ?1 AND result = ?2
    AND (SELECT count > 0 AND {ALERT_IS_OPEN} FROM alert WHERE id = ?1)

-- TRACER_PUT
INSERT INTO tracer(source, lane, time, receipt, count) VALUES(?, ?, ?, ?, 1) ON CONFLICT DO UPDATE
    SET time = max(time, excluded.time), receipt = max(receipt, excluded.receipt), count = count + 1

-- TRACER_ALL
SELECT source, sum(count), max(receipt) FROM tracer GROUP BY source

-- RESULT_PROVISIONAL
INSERT OR IGNORE INTO result(rule, rule_hash, grp, provisional, span, state, plan, evidence) VALUES(?, ?, ?,
    ?, ?, 'provisional', ?, ?)

-- RESULT_FINAL
INSERT OR IGNORE INTO result(rule, rule_hash, grp, final, span, state, plan) VALUES(?, ?, ?, ?, ?,
    'final', ?)

-- RESULT_KNOWN
SELECT id FROM result WHERE rule = ? AND rule_hash = ? AND grp = ? AND final = ?

-- RESULT_FIND
SELECT id, alert, EXISTS(SELECT 1 FROM alert WHERE id = result.alert AND {ALERT_IS_OPEN} AND NOT {ALERT_CLOSES}), evidence
    FROM result WHERE rule = ? AND rule_hash = ? AND grp = ? AND provisional > ? AND
    provisional < ? AND state = 'provisional' ORDER BY abs(provisional - ?) LIMIT 1

-- RESULT_CONFIRM
UPDATE result SET final = ?, state = 'confirmed' WHERE id = ?

-- RESULT_ALERT
UPDATE result SET alert = ? WHERE id = ?

-- RESULT_DUE
SELECT id, alert FROM result WHERE plan = ? AND state = 'provisional' AND provisional + span < ?
    LIMIT 1000

-- RESULT_WITHDRAW
UPDATE result SET state = 'withdrawn' WHERE id = ?

-- RESULT_PRUNE
DELETE FROM result WHERE coalesce(final, provisional) < ? AND state <> 'provisional'

-- RESULT_FINALS
SELECT rule, grp, final FROM result WHERE final IS NOT NULL

-- LIVE_GET
SELECT plan, state FROM live

-- LIVE_PUT
INSERT OR REPLACE INTO live(id, plan, time, state) VALUES(1, ?, ?, ?)

-- LATE_PUT
INSERT INTO late(rule, title, count, last) VALUES(?, ?, ?, ?) ON CONFLICT DO UPDATE SET count =
    count + excluded.count, title = excluded.title, last = excluded.last

-- SOURCE_ALL
SELECT name, input, state, since, interval, last FROM source

-- SOURCE_PUT
INSERT OR REPLACE INTO source(name, input, state, since, interval, last) VALUES(?, ?, ?, ?, ?, ?)

-- NOTICE_ADD
INSERT INTO notice(kind, text, time) VALUES(?, ?, ?)

-- NOTICE_PRUNE
DELETE FROM notice WHERE id <= (SELECT max(id) FROM notice) - ?

-- COUNTER_PUT
INSERT OR REPLACE INTO counter(name, value, time) VALUES(?, ?, ?)

-- VIEW_ALL
SELECT key, last FROM view

-- VIEW_PUT
INSERT OR REPLACE INTO view(key, last) VALUES(?, ?)

-- VIEW_PRUNE
DELETE FROM view WHERE last < ?

-- BLIND_ALL
SELECT hash, since FROM blind

-- For whoever shows it as it changes. The version is another once another connection has committed.
-- LIVE_VERSION
PRAGMA data_version

-- LIVE_DESK
SELECT (SELECT max(id) FROM alert), (SELECT count(*) FROM incident INDEXED BY incident_open WHERE {INCIDENT_IS_OPEN}),
    (SELECT count(*) FROM clock INDEXED BY clock_runs WHERE {CLOCK_RUNS}),
    (SELECT count(*) FROM clock INDEXED BY clock_runs WHERE {CLOCK_RUNS} AND due < ?1)

-- By level those that are open, and of them those that nobody has seen.
-- LIVE_OPEN
SELECT level, sum(count), coalesce(sum(count) FILTER (WHERE state = 'new'), 0) FROM alert_count
    WHERE hidden = 0 AND {ALERT_IS_OPEN} GROUP BY level

-- LIVE_SILENT
SELECT count(*) FROM source WHERE state = 'silent'

-- LIVE_BLIND
SELECT count(*) FROM blind

-- When the desk counted last.
-- LIVE_COUNTED
SELECT count(*), max(time) FROM counter

-- BLIND_CLEAR
DELETE FROM blind

-- BLIND_PUT
INSERT OR REPLACE INTO blind(hash, rule, title, level, reason, field, since) VALUES(?, ?, ?, ?, ?,
    ?, ?)

-- TECHNIQUE_CLEAR
DELETE FROM technique

-- TECHNIQUE_PUT
INSERT OR IGNORE INTO technique(technique, hash, rule) VALUES(upper(?), ?, ?)

-- RULES_BLIND
SELECT rule, title, level, reason, nullif(field, ''), since FROM blind ORDER BY level DESC, title, rule LIMIT ?

-- Alerts of a rule that keep an event: ?1 lane, ?2 sequence, ?3 rule, ?4 the event's time.
-- EVENT_ALERTS
SELECT a.id, a.title, a.state FROM (SELECT id, title, state, first FROM alert INDEXED BY alert_rule
    WHERE rule = ?3 AND last >= ?4 ORDER BY last LIMIT 1000) a WHERE a.first <= ?4 AND EXISTS (SELECT 1
    FROM alert_event v WHERE v.alert = a.id AND v.lane = ?1 AND v.sequence = ?2) ORDER BY a.id LIMIT ?5

-- LIST_COUNTERS
SELECT name, value, time FROM counter

-- How many of each level were seen since ?1, among the last ?2: those that stand, and all.
-- ALERT_LEVELS
SELECT level, count(*) FILTER (WHERE state <> 'withdrawn'), count(*) FROM (SELECT level, state FROM alert
    INDEXED BY alert_last WHERE last >= ?1 ORDER BY last DESC LIMIT ?2) GROUP BY level

-- RECORD_LINES
SELECT number, kind, key, digest FROM record WHERE number > ? ORDER BY number LIMIT ?

-- LIST_NOTICES
SELECT kind, text, time FROM notice WHERE time >= ? ORDER BY id DESC LIMIT ?
