-- What people do about incidents. Views are in incident_view.sql.

--! define INCIDENT_IS_OPEN state NOT IN ('closed', 'merged')
--! define DETECTED_AT coalesce((SELECT time FROM detection d WHERE d.incident = i.id ORDER BY d.id DESC LIMIT 1), i.detected)

-- INCIDENT_ADD
INSERT INTO incident(year, serial, number, title, title_key, type, severity, cause, facts, state, detected, source,
    channel, opened, owner, profile, level, summary, split, act)
    SELECT ?1, n, printf('SC-%04d-%04d', ?1, n), ?2, ?3, ?4, ?5, ?6, ?7, 'detect', ?8, ?9, ?10, ?11, ?12, ?13, ?14,
    ?15, ?16, ?17 FROM (SELECT coalesce(max(serial), 0) + 1 AS n FROM incident WHERE year = ?1)

-- INCIDENT_IS
SELECT state, number, type, severity, profile, level, facts, {DETECTED_AT}, opened, closed FROM incident i WHERE id = ?

-- INCIDENT_STATE
SELECT json_array(title, title_key, type, severity, cause, facts, state, closed, owner, level, summary, result,
    unsent, profile, why, scope, machines, outage, damage) FROM incident WHERE id = ?

-- INCIDENT_STATE_PUT
UPDATE incident SET title = ?2 ->> 0, title_key = ?2 ->> 1, type = ?2 ->> 2, severity = ?2 ->> 3, cause = ?2 ->> 4,
    facts = ?2 ->> 5, state = ?2 ->> 6, closed = ?2 ->> 7, owner = ?2 ->> 8, level = ?2 ->> 9, summary = ?2 ->> 10,
    result = ?2 ->> 11, unsent = ?2 ->> 12, profile = ?2 ->> 13, why = ?2 ->> 14, scope = ?2 ->> 15,
    machines = ?2 ->> 16, outage = ?2 ->> 17, damage = ?2 ->> 18 WHERE id = ?1

-- INCIDENT_CHANGE
UPDATE incident SET title = coalesce(?2, title), title_key = coalesce(?3, title_key), type = coalesce(?4, type),
    severity = coalesce(?5, severity), cause = coalesce(?6, cause), facts = coalesce(?7, facts),
    level = coalesce(?8, level), summary = coalesce(?9, summary) WHERE id = ?1

-- INCIDENT_STAGE
UPDATE incident SET state = ?2, closed = NULL WHERE id = ?1

-- INCIDENT_ASSIGN
UPDATE incident SET owner = ?2 WHERE id = ?1

-- INCIDENT_CLOSE
UPDATE incident SET state = 'closed', closed = ?2, cause = ?3, result = ?4, unsent = ?5, why = ?6, scope = ?7,
    machines = ?8, outage = ?9, damage = ?10 WHERE id = ?1

-- INCIDENT_REOPEN
UPDATE incident SET state = 'triage', closed = NULL, unsent = NULL WHERE id = ?1

-- INCIDENT_MERGE
UPDATE incident SET state = 'merged', merged = ?2 WHERE id = ?1

-- INCIDENT_FOLLOW_MERGE
UPDATE incident SET merged = ?2 WHERE merged = ?1

-- INCIDENT_PROFILE
UPDATE incident SET profile = ?2 WHERE id = ?1

-- DETECTION_ADD
INSERT INTO detection(incident, act, time, reason) VALUES(?, ?, ?, ?)

-- INCIDENT_SYSTEM_ADD
INSERT OR IGNORE INTO incident_system(incident, system) VALUES(?, ?)

-- INCIDENT_SYSTEM_DROP
DELETE FROM incident_system WHERE incident = ? AND system = ?

-- INCIDENT_SYSTEMS_OF
SELECT system FROM incident_system WHERE incident = ? ORDER BY system

-- INCIDENT_SYSTEMS_TAKE
INSERT OR IGNORE INTO incident_system(incident, system) SELECT ?2, system FROM incident_system WHERE incident = ?1

-- INCIDENT_HAS
SELECT (SELECT count(*) FROM task WHERE incident = ?1 AND state IN ('todo', 'doing')),
    (SELECT count(*) FROM clock WHERE incident = ?1 AND dispatch IS NULL AND ended IS NULL)

-- --- alerts

-- INCIDENT_ALERT_TAKE
UPDATE alert SET incident = ?2, acknowledged = CASE WHEN state = 'closed' THEN acknowledged
    ELSE coalesce(acknowledged, ?3) END, assignee = coalesce(assignee, ?4),
    state = CASE WHEN state = 'closed' THEN state ELSE 'investigating' END WHERE id = ?1

-- INCIDENT_ALERT_LEAVE
UPDATE alert SET incident = NULL WHERE id = ?

-- INCIDENT_ALERT_MOVE
UPDATE alert SET incident = ?2 WHERE id = ?1

-- All of ?6 into ?5, as ALERTS_DECIDE.
-- INCIDENT_ALERTS_TELL
INSERT INTO act_on(act, kind, key, was, is_now) SELECT ?1, 'alert', id, {ALERT_AS_STATE},
    json_array(state, assignee, acknowledged, verdict, cause, reason, closed, ?5, hidden)
    FROM alert WHERE incident = ?6 AND id > {ALERTS_TOLD} ORDER BY id LIMIT ?7

-- INCIDENT_ALERTS_MOVE
UPDATE alert SET incident = ?5 WHERE id IN (SELECT key FROM act_on WHERE act = ?1 AND kind = 'alert' AND key > ?6)

-- --- tasks

-- TASK_ADD
INSERT INTO task(incident, number, playbook, step, title, phase, role, due, state, act, asks)
    SELECT ?1, (SELECT coalesce(max(number), 0) + 1 FROM task WHERE incident = ?1), ?2, ?3, ?4, ?5, ?6, ?7, 'todo', ?8, ?9

-- TASK_HAS_STEP
SELECT 1 FROM task WHERE incident = ? AND playbook = ? AND step = ?

-- TASK_IS
SELECT incident, state, number FROM task WHERE id = ?

-- TASK_STATE
SELECT json_array(state, doer, started, ended, result) FROM task WHERE id = ?

-- TASK_STATE_PUT
UPDATE task SET state = ?2 ->> 0, doer = ?2 ->> 1, started = ?2 ->> 2, ended = ?2 ->> 3, result = ?2 ->> 4 WHERE id = ?1

-- TASK_START
UPDATE task SET state = 'doing', doer = ?2, started = ?3 WHERE id = ?1

-- TASK_END
UPDATE task SET state = ?2, doer = ?3, started = coalesce(started, ?4), ended = ?4, result = ?5 WHERE id = ?1

-- TASKS_OPEN_OF
SELECT id FROM task WHERE incident = ? AND state IN ('todo', 'doing') ORDER BY number

-- A step that the other has stays behind.
-- TASKS_MERGE
UPDATE task SET incident = ?2, number = number + (SELECT coalesce(max(number), 0) FROM task o WHERE o.incident = ?2)
    WHERE incident = ?1 AND state IN ('todo', 'doing') AND NOT EXISTS(SELECT 1 FROM task o WHERE o.incident = ?2
    AND o.playbook = task.playbook AND o.step = task.step)

-- TASKS_REPEATED
UPDATE task SET state = 'skipped', doer = ?3, ended = ?4, result = ?5 WHERE incident = ?1 AND state IN ('todo', 'doing')

-- --- observables

-- OBSERVABLE_ADD
INSERT INTO observable(incident, type, value, value_key, note, act) VALUES(?, ?, ?, ?, ?, ?)

-- OBSERVABLE_FIND
SELECT id FROM observable WHERE incident = ? AND type = ? AND value_key = ? AND removed IS NULL

-- OBSERVABLE_OTHERS
SELECT count(DISTINCT incident) FROM observable WHERE type = ? AND value_key = ? AND removed IS NULL AND incident <> ?

-- OBSERVABLE_IS
SELECT incident, removed FROM observable WHERE id = ?

-- OBSERVABLE_REMOVE
UPDATE observable SET removed = ?2 WHERE id = ?1

-- OBSERVABLE_STATE
SELECT json_array(removed, note) FROM observable WHERE id = ?

-- OBSERVABLE_STATE_PUT
UPDATE observable SET removed = ?2 ->> 0, note = ?2 ->> 1 WHERE id = ?1

-- OBSERVABLES_REPEATED
UPDATE observable SET removed = ?3 WHERE incident = ?1 AND removed IS NULL AND EXISTS(SELECT 1 FROM observable o
    WHERE o.incident = ?2 AND o.type = observable.type AND o.value_key = observable.value_key AND o.removed IS NULL)

-- OBSERVABLES_MOVE
UPDATE observable SET incident = ?2 WHERE incident = ?1 AND removed IS NULL

-- --- evidence, timeline

-- EVIDENCE_ADD
INSERT INTO evidence(incident, number, what, sha256, bytes, file, events, place, taken, taken_by, origin, act)
    SELECT ?1, (SELECT coalesce(max(number), 0) + 1 FROM evidence WHERE incident = ?1), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,
    ?10, ?11

-- EVIDENCE_FILE_ADD
INSERT INTO evidence_file(evidence, content) VALUES(?, ?)

-- Whose it is now, and since when.
-- EVIDENCE_IS
SELECT incident, number, coalesce((SELECT taker FROM custody c JOIN hand_over h ON h.id = c.hand_over
    WHERE c.evidence = e.id ORDER BY h.id DESC LIMIT 1), taken_by),
    coalesce((SELECT max(h.time) FROM custody c JOIN hand_over h ON h.id = c.hand_over WHERE c.evidence = e.id), taken)
    FROM evidence e WHERE id = ?

-- HAND_OVER_ADD
INSERT INTO hand_over(incident, time, giver, taker, agency, place, why, document, act, taker_title, medium, copies)
    VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- CUSTODY_ADD
INSERT INTO custody(evidence, hand_over) VALUES(?, ?)

-- TIMELINE_ADD
INSERT INTO timeline(incident, time, text, corrects, reason, act) VALUES(?, ?, ?, ?, ?, ?)

-- TIMELINE_IS
SELECT incident, time, (SELECT id FROM timeline c WHERE c.corrects = t.id) FROM timeline t WHERE id = ?

-- --- clocks

-- CLOCKS_OF
SELECT id, clock, started, due, dispatch, starts = 'end' FROM clock WHERE incident = ? AND ended IS NULL ORDER BY id

-- CLOCK_ADD
INSERT INTO clock(incident, clock, vi, en, recipient, form, started, due, dispatch, act, starts, sure) VALUES(?, ?, ?,
    ?, ?, ?, ?, ?, ?, ?, iif(?, 'end', 'detection'), ?)

-- CLOCK_END
UPDATE clock SET ended = ?2, why = ?3 WHERE id = ?1

-- CLOCK_IS
SELECT incident, dispatch, ended, started, vi FROM clock WHERE id = ?

-- CLOCK_STOP
UPDATE clock SET dispatch = ?2 WHERE id = ?1

-- CLOCK_LACKS
SELECT vi FROM clock a WHERE incident = ?1 AND dispatch IS NULL AND ended IS NULL AND NOT EXISTS(SELECT 1 FROM clock b
    WHERE b.incident = ?2 AND b.clock = a.clock AND b.ended IS NULL) LIMIT 1

-- DISPATCH_ADD
INSERT INTO dispatch(incident, number, sent, channel, recipient, document, act) VALUES(?, ?, ?, ?, ?, ?, ?)

-- --- what runs out

-- The share of a clock's time that is over, as far as it is told: 50, 75, 90, 100 percent.
-- CLOCKS_DUE
SELECT c.id, i.number || ' ' || c.clock, c.told, share, c.vi FROM (SELECT *, CASE WHEN ?1 >= due THEN 100
    WHEN (?1 - started) >= (due - started) / 10 * 9 THEN 90 WHEN (?1 - started) >= (due - started) / 4 * 3 THEN 75
    WHEN (?1 - started) >= (due - started) / 2 THEN 50 ELSE 0 END AS share FROM clock INDEXED BY clock_untold
    WHERE dispatch IS NULL AND ended IS NULL AND told < 100) c JOIN incident i ON i.id = c.incident WHERE share > c.told
    ORDER BY c.due, c.id LIMIT ?2

-- CLOCKS_OVER
SELECT c.id, i.number || ' ' || c.clock, c.told FROM clock c INDEXED BY clock_over JOIN incident i ON i.id = c.incident
    WHERE c.told > 0 AND (c.dispatch IS NOT NULL OR c.ended IS NOT NULL) ORDER BY c.id LIMIT ?

-- CLOCK_TOLD
UPDATE clock SET told = ?2 WHERE id = ?1

-- TASKS_DUE
SELECT t.id, i.number || ' ' || t.number, 0, 100, t.title FROM task t INDEXED BY task_untold JOIN incident i ON i.id = t.incident
    WHERE t.state IN ('todo', 'doing') AND t.due <= ?1 AND t.told = 0 ORDER BY t.due, t.id LIMIT ?2

-- TASKS_OVER
SELECT t.id, i.number || ' ' || t.number, t.told FROM task t INDEXED BY task_over JOIN incident i ON i.id = t.incident
    WHERE t.told > 0 AND t.state NOT IN ('todo', 'doing') ORDER BY t.id LIMIT ?

-- TASK_TOLD
UPDATE task SET told = ?2 WHERE id = ?1

-- PHIEUS_DUE
SELECT id, number, 0, 100, substr(what, 1, 200) FROM phieu WHERE state IN ('sent', 'received', 'returned')
    AND due <= ?1 AND told = 0 ORDER BY due, id LIMIT ?2

-- PHIEUS_OVER
SELECT id, number, told FROM phieu INDEXED BY phieu_told WHERE told > 0
    AND (state NOT IN ('sent', 'received', 'returned') OR due > ?2) ORDER BY id LIMIT ?1

-- PHIEU_TOLD
UPDATE phieu SET told = ?2 WHERE id = ?1
