-- What people do: the acts themselves, and what they do to alerts.

-- ACT_ADD
INSERT INTO act(time, user, name, via, address, act, parameters, outcome, undoes)
    VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)

-- ACT_ON_ADD
INSERT INTO act_on(act, kind, key, was, is_now) VALUES(?, ?, ?, ?, ?)

-- ACT_GET
SELECT time, name, act, outcome, undoes, (SELECT id FROM act u WHERE u.undoes = a.id),
    EXISTS(SELECT 1 FROM act_rest r WHERE r.act = a.id) FROM act a WHERE id = ?

-- ACT_ON_COUNT
SELECT count(*), count(was) FROM act_on WHERE act = ?

-- What act ?1 left of kind ?2, where an act since was about it, too.
-- ACT_ON_SINCE
SELECT o.key, o.is_now FROM act_on l CROSS JOIN act_on o ON o.act = ?1 AND o.kind = l.kind AND o.key = l.key
    WHERE l.act > ?1 AND l.kind = ?2

-- All but those of kind ?2; NULL: all.
-- ACT_ON_BUT
SELECT kind, key, was, is_now FROM act_on WHERE act = ?1 AND kind IS NOT ?2 ORDER BY kind, key

-- ACT_ON_KIND
SELECT key FROM act_on WHERE act = ?1 AND kind = ?2 ORDER BY key

-- Of kind ?2 the next ?4 behind those that are told of act ?3.
-- ACT_ON_SLICE
SELECT kind, key, was, is_now FROM act_on WHERE act = ?1 AND kind = ?2
    AND key > (SELECT coalesce(max(key), 0) FROM act_on WHERE act = ?3 AND kind = ?2) ORDER BY key LIMIT ?4

-- ACT_REST_ON
SELECT act FROM act_rest WHERE kind = ?1 AND key = ?2 AND act <> ?3

-- ACT_REST_ADD
INSERT INTO act_rest(kind, key, act) VALUES(?, ?, ?)

-- ACT_REST_NEXT
SELECT a.id, a.time, a.name, a.act, a.parameters, a.user FROM act_rest r JOIN act a ON a.id = r.act ORDER BY r.act LIMIT 1

-- ACT_REST_END
DELETE FROM act_rest WHERE act = ?

-- NOTE_ADD
INSERT INTO note(act, kind, key, text) VALUES(?, ?, ?, ?)

--! define ALERT_AS_STATE json_array(state, assignee, acknowledged, verdict, cause, reason, closed, incident, hidden)

-- ALERT_STATE
SELECT {ALERT_AS_STATE} FROM alert WHERE id = ?

-- The last that was told of act ?1.
--! define ALERTS_TOLD (SELECT coalesce(max(key), 0) FROM act_on WHERE act = ?1 AND kind = 'alert')

-- ALERTS_TOLD_LAST
SELECT {ALERTS_TOLD}

-- ALERT_STATE_PUT
UPDATE alert SET state = ?2 ->> 0, assignee = ?2 ->> 1, acknowledged = ?2 ->> 2, verdict = ?2 ->> 3,
    cause = ?2 ->> 4, reason = ?2 ->> 5, closed = ?2 ->> 6, incident = ?2 ->> 7, hidden = ?2 ->> 8
    WHERE id = ?1

-- ALERT_IS
SELECT state, kind, rule, entity, entity_key, hidden, incident, made FROM alert WHERE id = ?

-- ALERT_ACKNOWLEDGE
UPDATE alert SET state = 'acknowledged', acknowledged = coalesce(acknowledged, ?1),
    assignee = coalesce(assignee, ?2) WHERE id = ?3

-- ALERT_ASSIGN
UPDATE alert SET assignee = ? WHERE id = ?

-- ALERT_INVESTIGATE
UPDATE alert SET state = 'investigating', acknowledged = coalesce(acknowledged, ?1),
    assignee = coalesce(assignee, ?2) WHERE id = ?3

-- Those of an incident that was closed, the next ?7: what is told of act ?1, then what is done. ?2 when, ?3 who,
-- ?4 verdict, ?5 number, ?6 incident. The state that they will have stands beside the one they had.
-- ALERTS_DECIDE_TELL
INSERT INTO act_on(act, kind, key, was, is_now) SELECT ?1, 'alert', id, {ALERT_AS_STATE}, json_array('closed',
    coalesce(assignee, ?3), coalesce(acknowledged, ?2), ?4, 'incident', ?5, ?2, incident, hidden)
    FROM alert WHERE incident = ?6 AND {ALERT_IS_OPEN} AND id > {ALERTS_TOLD} ORDER BY id LIMIT ?7

-- ALERTS_DECIDE
UPDATE alert SET state = 'closed', closed = ?2, acknowledged = coalesce(acknowledged, ?2),
    assignee = coalesce(assignee, ?3), verdict = ?4, cause = 'incident', reason = ?5
    WHERE id IN (SELECT key FROM act_on WHERE act = ?1 AND kind = 'alert' AND key > ?6)

-- ALERT_DECIDE
UPDATE alert SET state = 'closed', closed = ?1, acknowledged = coalesce(acknowledged, ?1),
    assignee = coalesce(assignee, ?2), verdict = ?3, cause = ?4, reason = ?5 WHERE id = ?6

-- ALERT_REOPEN
UPDATE alert SET state = 'investigating', closed = NULL, verdict = NULL, cause = NULL, reason = NULL,
    assignee = ? WHERE id = ?

-- ALERT_BY_HAND
INSERT INTO alert(kind, rule, rule_hash, title, level, entity, entity_key, first, last, until, count,
    events, state, provisional, made, channel)
    VALUES('manual', '', 0, ?1, ?2, ?3, ?4, ?5, ?5, ?5, 1, 0, 'new', 0, ?6, ?7)

-- ALERT_HIDE
UPDATE alert SET hidden = ? WHERE id = ?

-- SUPPRESSION_ADD
INSERT INTO suppression(rule, entity, entity_key, reason, until, act) VALUES(?, ?, ?, ?, ?, ?)

-- SUPPRESSION_IS
SELECT until, ended FROM suppression WHERE id = ?

-- SUPPRESSION_END
UPDATE suppression SET ended = ? WHERE id = ?

-- SUPPRESSION_FOR
SELECT id FROM suppression WHERE ended IS NULL AND until > ?1 AND rule IN (?2, '')
    AND entity_key IN (?3, '') ORDER BY id LIMIT 1

-- Lists of alerts: ?1 level, ?2 since, ?3 before, ?4 below, ?5 state, ?6 rule, ?7 entity, ?8 assignee,
-- ?9 incident, ?10 system, ?11 limit. Each by another index; the conditions are the same.

--! define ALERT_FULL id, kind, {ALERT_SEEN}, level, title, rule, entity, count, first, last, made, closed,
--!     nullif(provisional, 0), linked, assignee, acknowledged, verdict, cause, reason, incident, hidden, channel
--! define ALERT_WHERE (?1 IS NULL OR level >= ?1) AND (?2 IS NULL OR last >= ?2)
--!     AND (?3 IS NULL OR last < ?3 OR (last = ?3 AND id < ?4)) AND (?6 IS NULL OR rule = ?6)
--!     AND (?7 IS NULL OR entity_key = ?7) AND (?8 IS NULL OR assignee = ?8) AND (?9 IS NULL OR incident = ?9)
--! define ALERT_STATED (CASE coalesce(?5, 'open') WHEN 'all' THEN 1 WHEN 'hidden' THEN hidden IS NOT NULL
--!     WHEN 'open' THEN {ALERT_IS_OPEN} AND hidden IS NULL AND NOT {ALERT_CLOSES}
--!     ELSE {ALERT_SEEN} = ?5 AND hidden IS NULL END)

-- ALERTS_OPEN
SELECT {ALERT_FULL} FROM alert INDEXED BY alert_queue WHERE {ALERT_IS_OPEN} AND hidden IS NULL
    AND last >= coalesce(?2, -9223372036854775808) AND last <= coalesce(?3, 9223372036854775807)
    AND {ALERT_WHERE} AND NOT {ALERT_CLOSES} ORDER BY last DESC, id DESC LIMIT ?11

-- ALERTS_ALL
SELECT {ALERT_FULL} FROM alert INDEXED BY alert_last WHERE last >= coalesce(?2, -9223372036854775808)
    AND last <= coalesce(?3, 9223372036854775807) AND {ALERT_STATED} AND {ALERT_WHERE}
    ORDER BY last DESC, id DESC LIMIT ?11

-- ALERTS_OF_ENTITY
SELECT {ALERT_FULL} FROM alert INDEXED BY alert_entity WHERE entity_key = ?7
    AND last <= coalesce(?3, 9223372036854775807) AND {ALERT_STATED} AND {ALERT_WHERE}
    ORDER BY last DESC, id DESC LIMIT ?11

-- ALERTS_OF_RULE
SELECT {ALERT_FULL} FROM alert INDEXED BY alert_rule WHERE rule = ?6
    AND last <= coalesce(?3, 9223372036854775807) AND {ALERT_STATED} AND {ALERT_WHERE}
    ORDER BY last DESC, id DESC LIMIT ?11

-- ALERTS_OPEN_OF_RULE
SELECT {ALERT_FULL} FROM alert INDEXED BY alert_open_rule WHERE rule = ?6 AND {ALERT_IS_OPEN} AND hidden IS NULL
    AND last <= coalesce(?3, 9223372036854775807) AND {ALERT_WHERE} AND NOT {ALERT_CLOSES}
    ORDER BY last DESC, id DESC LIMIT ?11

-- ALERTS_OF_ASSIGNEE
SELECT {ALERT_FULL} FROM alert INDEXED BY alert_assignee WHERE assignee = ?8
    AND last <= coalesce(?3, 9223372036854775807) AND {ALERT_STATED} AND {ALERT_WHERE}
    ORDER BY last DESC, id DESC LIMIT ?11

-- ALERTS_OF_INCIDENT
SELECT {ALERT_FULL} FROM alert INDEXED BY alert_incident WHERE incident = ?9
    AND {ALERT_STATED} AND {ALERT_WHERE} ORDER BY last DESC, id DESC LIMIT ?11

-- About a machine of the system by its name, alone or with a domain behind it, or by its address; or about a domain of the
-- system. Networks are left out: others may be in them, too.
-- ALERTS_OF_SYSTEM
SELECT {ALERT_FULL} FROM alert WHERE id IN (
    SELECT x.id FROM system_key k JOIN alert x INDEXED BY alert_entity ON x.entity_key = k.key
    WHERE k.system = ?10 AND k.bits = CASE k.kind WHEN 'net4' THEN 32 WHEN 'net6' THEN 128 ELSE 0 END
    UNION SELECT x.id FROM system_key k JOIN alert x INDEXED BY alert_entity
    ON x.entity_key > k.key || '.' AND x.entity_key < k.key || '/' WHERE k.system = ?10 AND k.kind = 'host')
    AND {ALERT_STATED} AND {ALERT_WHERE} ORDER BY last DESC, id DESC LIMIT ?11

-- ALERT_SHOW
SELECT {ALERT_FULL} FROM alert WHERE id = ? LIMIT ?

-- ALERT_EVENTS
SELECT number, lane, sequence, time, json FROM alert_event WHERE alert = ? ORDER BY lane IS NOT NULL, time, lane, sequence,
    number LIMIT ?

-- ALERT_COUNTS
SELECT state, level, hidden, count, (SELECT 1 FROM act_rest LIMIT 1) FROM alert_count WHERE count > 0
    ORDER BY state, level DESC LIMIT ?

-- ACTS_OF
SELECT a.id, a.time, a.name, a.act, (SELECT id FROM act u WHERE u.undoes = a.id),
    (SELECT text FROM note n WHERE n.kind = o.kind AND n.key = o.key AND n.act = a.id)
    FROM act_on o JOIN act a ON a.id = o.act WHERE o.kind = ? AND o.key = ? ORDER BY a.id LIMIT ?

-- SUPPRESSIONS
SELECT s.id, nullif(s.rule, ''), nullif(s.entity, ''), s.reason, a.time, a.name, s.until, e.time,
    s.until <= ?1 OR s.ended IS NOT NULL,
    (SELECT count(*) FROM alert WHERE hidden = s.id), (SELECT sum(count) FROM alert WHERE hidden = s.id)
    FROM suppression s JOIN act a ON a.id = s.act LEFT JOIN act e ON e.id = s.ended ORDER BY s.id DESC LIMIT ?2
