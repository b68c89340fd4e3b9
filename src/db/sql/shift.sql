-- Duty, absence, handover.

-- DUTY_ADD
INSERT INTO duty(person, part, starts, ends, act, instead) VALUES(?, ?, ?, ?, ?, ?)

-- DUTY_IS
SELECT person, part, starts, ends FROM duty WHERE id = ? AND ended IS NULL

-- DUTY_END
UPDATE duty SET ended = ? WHERE id = ?

-- A person's duty that overlaps: ?1 person, ?2 starts, ?3 ends.
-- DUTY_OVERLAPS
SELECT id FROM duty WHERE person = ?1 AND ended IS NULL AND ends > ?2 AND starts < ?3 LIMIT 1

-- AWAY_ADD
INSERT INTO away(person, starts, ends, reason, act) VALUES(?, ?, ?, ?, ?)

-- AWAY_OVERLAPS
SELECT id FROM away WHERE person = ?1 AND ended IS NULL AND ends > ?2 AND starts < ?3 LIMIT 1

-- AWAY_IS
SELECT person FROM away WHERE id = ? AND ended IS NULL

-- AWAY_END
UPDATE away SET ended = ? WHERE id = ?

-- DUTY_NOW
SELECT d.id, d.person, d.part, d.starts, d.ends FROM duty d WHERE d.ended IS NULL AND d.ends > ?1
    AND d.starts <= ?1 ORDER BY d.part, d.person LIMIT ?2

-- DUTY_LIST
SELECT d.id, d.person, d.part, d.starts, d.ends, d.instead, a.name FROM duty d JOIN act a ON a.id = d.act
    WHERE d.ended IS NULL AND d.ends > coalesce(?1, ?5) AND d.starts < coalesce(?2, 9223372036854775807)
    AND (?3 IS NULL OR d.person = ?3) AND (?4 IS NULL OR d.part = ?4)
    ORDER BY d.starts, d.person LIMIT ?6

-- AWAY_LIST
SELECT w.id, w.person, w.starts, w.ends, w.reason, a.name FROM away w JOIN act a ON a.id = w.act
    WHERE w.ended IS NULL AND w.ends > coalesce(?1, ?3) AND (?2 IS NULL OR w.person = ?2)
    ORDER BY w.starts, w.person LIMIT ?4

-- Each stretch of ?1 to ?2 in which fewer than ?3 people watch. Edges: +1 where a duty begins, -1 where it
-- ends; 0 at both bounds.
-- DUTY_GAPS
WITH edge(t, d) AS (SELECT ?1, 0 UNION ALL SELECT ?2, 0
    UNION ALL SELECT max(starts, ?1), 1 FROM duty WHERE ended IS NULL AND part <> 'on-call' AND ends > ?1 AND starts < ?2
    UNION ALL SELECT min(ends, ?2), -1 FROM duty WHERE ended IS NULL AND part <> 'on-call' AND ends > ?1 AND starts < ?2),
    at(t, d) AS (SELECT t, sum(d) FROM edge GROUP BY t),
    run(t, n, next) AS (SELECT t, sum(d) OVER (ORDER BY t ROWS UNBOUNDED PRECEDING), lead(t) OVER (ORDER BY t) FROM at)
    SELECT t, next, n, (next - t) / 60000000000 FROM run WHERE next IS NOT NULL AND n < coalesce(?3, 1)
    ORDER BY t LIMIT ?4

-- How many minutes of ?1 to ?2 at least ?3 people watch.
-- DUTY_COVERAGE
WITH edge(t, d) AS (SELECT ?1, 0 UNION ALL SELECT ?2, 0
    UNION ALL SELECT max(starts, ?1), 1 FROM duty WHERE ended IS NULL AND part <> 'on-call' AND ends > ?1 AND starts < ?2
    UNION ALL SELECT min(ends, ?2), -1 FROM duty WHERE ended IS NULL AND part <> 'on-call' AND ends > ?1 AND starts < ?2),
    at(t, d) AS (SELECT t, sum(d) FROM edge GROUP BY t),
    run(t, n, next) AS (SELECT t, sum(d) OVER (ORDER BY t ROWS UNBOUNDED PRECEDING), lead(t) OVER (ORDER BY t) FROM at)
    SELECT (?2 - ?1) / 60000000000, coalesce(sum(next - t) FILTER (WHERE n >= coalesce(?3, 1)), 0) / 60000000000,
    round(100.0 * coalesce(sum(next - t) FILTER (WHERE n >= coalesce(?3, 1)), 0) / (?2 - ?1), 2) || ' %'
    FROM run WHERE next IS NOT NULL AND ?2 > ?1 LIMIT ?4

-- HANDOVER_ADD
INSERT INTO handover(giver, taker, time, content, remarks, act) VALUES(?, ?, ?, ?, ?, ?)

-- HANDOVER_IS
SELECT giver, taker, taken, refused FROM handover WHERE id = ?

-- HANDOVER_TAKE
UPDATE handover SET taken = ?1, answer = ?2 WHERE id = ?3

-- HANDOVER_REFUSE
UPDATE handover SET refused = ?1, answer = ?2 WHERE id = ?3

-- HANDOVER_LIST
SELECT h.id, h.time, h.giver, h.taker, CASE WHEN h.taken IS NOT NULL THEN 'taken' WHEN h.refused IS NOT NULL
    THEN 'refused' ELSE 'open' END, coalesce(t.time, r.time), h.remarks, h.answer
    FROM handover h LEFT JOIN act t ON t.id = h.taken LEFT JOIN act r ON r.id = h.refused
    WHERE (?1 IS NULL OR h.time >= ?1) ORDER BY h.time DESC, h.id DESC LIMIT ?2

-- HANDOVER_SHOW
SELECT h.id, h.time, h.giver, h.taker, CASE WHEN h.taken IS NOT NULL THEN 'taken' WHEN h.refused IS NOT NULL
    THEN 'refused' ELSE 'open' END, coalesce(t.time, r.time), h.remarks, h.answer, h.content
    FROM handover h LEFT JOIN act t ON t.id = h.taken LEFT JOIN act r ON r.id = h.refused
    WHERE h.id = ? LIMIT ?

-- What a shift hands over, a part each; times are texts, for whoever prints it. ?1 now, ?2 who hands over, ?3 limit.

--! define HAND_ALERTS (SELECT json_object('open', (SELECT count(*) FROM alert WHERE {ALERT_IS_OPEN}
--!     AND hidden IS NULL), 'unacknowledged', (SELECT count(*) FROM alert
--!     WHERE state = 'new' AND {ALERT_IS_OPEN} AND hidden IS NULL),
--!     'gravest', (SELECT json_group_array(json_object('id', id, 'level', level, 'title', title, 'entity', entity,
--!     'state', state, 'assignee', assignee)) FROM (SELECT * FROM alert INDEXED BY alert_open
--!     WHERE {ALERT_IS_OPEN} AND hidden IS NULL ORDER BY level DESC, last DESC LIMIT 20))))
--! define HAND_SUPPRESSIONS (SELECT json_group_array(json_object('id', id, 'rule', rule, 'entity', entity,
--!     'until', strftime('%Y-%m-%dT%H:%M:%SZ', until / 1000000000, 'unixepoch'))) FROM (SELECT * FROM suppression
--!     WHERE ended IS NULL AND until > ?1 AND until < ?1 + 43200000000000 ORDER BY until LIMIT 50))
--! define HAND_SOURCES (SELECT json_group_array(json_object('name', name, 'state', state,
--!     'since', strftime('%Y-%m-%dT%H:%M:%SZ', since / 1000000000, 'unixepoch'))) FROM (SELECT * FROM source
--!     WHERE state IN ('late', 'silent') ORDER BY since LIMIT 100))
--! define HAND_BLIND (SELECT json_object('count', (SELECT count(*) FROM blind), 'gravest',
--!     (SELECT json_group_array(title) FROM (SELECT title FROM blind ORDER BY level DESC, title LIMIT 10))))

-- Of whose shift it is (?2): how long it was, what came and was closed in it. Where the roster has none, since the last
-- handing over.
--! define HAND_DUTY duty d WHERE d.ended IS NULL AND d.person = ?2 AND d.starts <= ?1 AND d.ends > ?1 - 7200000000000
--!     ORDER BY d.starts DESC LIMIT 1
--! define HAND_SINCE coalesce((SELECT d.starts FROM {HAND_DUTY}), (SELECT max(time) FROM handover WHERE refused IS NULL))
--! define HAND_SHIFT (SELECT json_object('from', canh_time(since), 'to', canh_time(coalesce((SELECT d.ends FROM {HAND_DUTY}),
--!     ?1)), 'new', iif(since IS NULL, NULL, (SELECT count(*) FROM alert WHERE made >= since AND made <= ?1 AND hidden IS NULL
--!     AND state <> 'withdrawn')), 'closed', iif(since IS NULL, NULL, (SELECT count(*) FROM alert WHERE closed >= since
--!     AND closed <= ?1 AND hidden IS NULL))) FROM (SELECT {HAND_SINCE} AS since))
--! define HAND_INCIDENTS (SELECT json_object('open', (SELECT count(*) FROM incident INDEXED BY incident_open
--!     WHERE {INCIDENT_IS_OPEN}),
--!     'list', (SELECT json_group_array(json_object('number', number, 'title', title, 'due', due)) FROM (SELECT number, title,
--!     (SELECT canh_time(min(due)) FROM clock c WHERE c.incident = i.id AND {CLOCK_RUNS}) AS due
--!     FROM incident i WHERE {INCIDENT_IS_OPEN} ORDER BY id DESC LIMIT 50))))
--! define HAND_TASKS (SELECT json_group_array(json_object('of', number, 'title', title, 'due', canh_time(due)))
--!     FROM (SELECT i.number, t.title, t.due FROM task t INDEXED BY task_open CROSS JOIN incident i ON i.id = t.incident
--!     WHERE t.state IN ('todo', 'doing') AND t.due < ?1 + 43200000000000 ORDER BY t.due, t.id LIMIT 20))
--! define HAND_PHIEU (SELECT json_group_array(json_object('number', number, 'subject', subject, 'agency', name, 'due',
--!     canh_time(due))) FROM (SELECT p.number, p.subject, a.name, p.due FROM phieu p INDEXED BY phieu_out
--!     CROSS JOIN agency a ON a.id = p.agency WHERE p.state IN ('sent', 'received', 'returned')
--!     AND p.due < ?1 + 86400000000000 ORDER BY p.due, p.id LIMIT 20))

-- HAND
SELECT json_object('shift', json({HAND_SHIFT}), 'incidents', json({HAND_INCIDENTS}), 'tasks', json({HAND_TASKS}),
    'phieu', json({HAND_PHIEU}), 'alerts', json({HAND_ALERTS}), 'suppressions', json({HAND_SUPPRESSIONS}),
    'sources', json({HAND_SOURCES}), 'blind', json({HAND_BLIND})) LIMIT ?3
