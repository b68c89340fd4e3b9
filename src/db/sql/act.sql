-- What people do: the acts themselves, and what they do to alerts.

-- ACT_ADD
INSERT INTO act(time, user, name, via, address, act, parameters, outcome, undoes)
    VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)

-- ACT_ON_ADD
INSERT INTO act_on(act, kind, key, was, is_now) VALUES(?, ?, ?, ?, ?)

-- ACT_GET
SELECT time, name, act, outcome, undoes, (SELECT id FROM act u WHERE u.undoes = a.id) FROM act a
    WHERE id = ?

-- ACT_ON_OF
SELECT kind, key, was, is_now FROM act_on WHERE act = ? ORDER BY kind, key

-- NOTE_ADD
INSERT INTO note(act, kind, key, text) VALUES(?, ?, ?, ?)

-- ALERT_STATE
SELECT json_array(state, assignee, acknowledged, verdict, cause, reason, closed, incident, hidden)
    FROM alert WHERE id = ?

-- ALERT_STATE_PUT
UPDATE alert SET state = ?2 ->> 0, assignee = ?2 ->> 1, acknowledged = ?2 ->> 2, verdict = ?2 ->> 3,
    cause = ?2 ->> 4, reason = ?2 ->> 5, closed = ?2 ->> 6, incident = ?2 ->> 7, hidden = ?2 ->> 8
    WHERE id = ?1

-- ALERT_IS
SELECT state, kind, rule, entity, entity_key, hidden FROM alert WHERE id = ?

-- ALERT_ACKNOWLEDGE
UPDATE alert SET state = 'acknowledged', acknowledged = coalesce(acknowledged, ?1),
    assignee = coalesce(assignee, ?2) WHERE id = ?3

-- ALERT_ASSIGN
UPDATE alert SET assignee = ? WHERE id = ?

-- ALERT_INVESTIGATE
UPDATE alert SET state = 'investigating', acknowledged = coalesce(acknowledged, ?1),
    assignee = coalesce(assignee, ?2) WHERE id = ?3

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
