-- Duty, absence, handover.

-- DUTY_ADD
INSERT INTO duty(person, part, starts, ends, act, instead, holiday) VALUES(?, ?, ?, ?, ?, ?, ?)

-- DUTY_IS
SELECT person, part, starts, ends, holiday FROM duty WHERE id = ? AND ended IS NULL

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

-- The same shift, by the second: ?1 person, ?2 part, ?3 starts, ?4 ends, in seconds. Whose it was, if it was swapped.
-- DUTY_SAME
SELECT d.id, d.holiday, o.person FROM duty d LEFT JOIN duty o ON o.id = d.instead WHERE d.person = ?1
    AND d.ended IS NULL AND d.ends >= ?4 * 1000000000 AND d.ends < (?4 + 1) * 1000000000
    AND d.starts / 1000000000 = ?3 AND d.part = ?2 LIMIT 1

-- AWAY_SAME
SELECT id, reason FROM away WHERE person = ?1 AND ended IS NULL AND ends >= ?3 * 1000000000
    AND ends < (?3 + 1) * 1000000000 AND starts / 1000000000 = ?2 LIMIT 1

-- DUTY_HOLIDAY
UPDATE duty SET holiday = ?2 WHERE id = ?1

-- AWAY_REASON
UPDATE away SET reason = ?2 WHERE id = ?1

-- Days of Viet Nam from ?1 to ?2.
-- HOLIDAY_IS
SELECT 1 FROM holiday WHERE day BETWEEN {TODAY} AND date(?2 / 1000000000 + 25200, 'unixepoch') LIMIT 1

-- HOLIDAY_DROP
DELETE FROM holiday

-- ?1: seconds of the day's beginning in UTC.
-- HOLIDAY_ADD
INSERT INTO holiday(day, vi, en) VALUES(date(?1, 'unixepoch'), ?2, ?3) ON CONFLICT DO NOTHING

-- HOLIDAY_LIST
SELECT day, vi, en, strftime('%w', day) IN ('0', '6') FROM holiday WHERE ?1 IS NULL OR substr(day, 1, 4) = CAST(?1 AS TEXT)
    ORDER BY day LIMIT ?2

-- The roster as a table that can be taken back in: ?1 from, ?2 to, ?3 now.
--! define ROSTER SELECT d.id AS id, d.person AS person, CASE WHEN d.instead IS NOT NULL THEN 'swap'
--!     WHEN d.part = 'on-call' THEN 'on-call' ELSE 'duty' END AS kind, d.part AS post, d.starts AS starts, d.ends AS ends,
--!     o.person AS instead_of, iif(d.holiday, 'yes', 'no') AS holiday, NULL AS reason FROM duty d
--!     LEFT JOIN duty o ON o.id = d.instead WHERE d.ended IS NULL AND d.ends > coalesce(?1, ?3)
--!     AND d.starts < coalesce(?2, 9223372036854775807)
--!     UNION ALL SELECT id, person, 'leave', NULL, starts, ends, NULL, NULL, reason FROM away WHERE ended IS NULL
--!     AND ends > coalesce(?1, ?3) AND starts < coalesce(?2, 9223372036854775807)

-- ROSTER_ROWS
SELECT id, person, kind, post, strftime('%d/%m/%Y %H:%M:%S', starts / 1000000000 + 25200, 'unixepoch'),
    strftime('%d/%m/%Y %H:%M:%S', ends / 1000000000 + 25200, 'unixepoch'), instead_of, holiday, reason FROM ({ROSTER})
    ORDER BY starts, person, id LIMIT ?4

-- ROSTER_TABLE
SELECT person, kind, post, starts, ends, instead_of, holiday, reason FROM ({ROSTER}) ORDER BY starts, person, id LIMIT ?4

-- DUTY_NOW
SELECT d.id, d.person, d.part, d.starts, d.ends FROM duty d WHERE d.ended IS NULL AND d.ends > ?1
    AND d.starts <= ?1 ORDER BY d.part, d.person LIMIT ?2

-- DUTY_LIST
SELECT d.id, d.person, d.part, d.starts, d.ends, d.instead, d.holiday, a.name FROM duty d JOIN act a ON a.id = d.act
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
-- Certificates that have expired or will within 60 days, whether there is a plan of
-- this year and when the last drill was.
--! define HAND_STAFF (SELECT json_object('certificates', (SELECT json_group_array(json_object('person', person,
--!     'name', name, 'number', number, 'expires', expires, 'expired', json(iif(expires <= {TODAY}, 'true', 'false'))))
--!     FROM (SELECT s.person, c.name, c.number, c.expires FROM certificate c JOIN staff s ON s.id = c.staff
--!     WHERE c.ended IS NULL AND c.expires <= date({TODAY}, '+60 days') ORDER BY c.expires, c.id LIMIT 50)),
--!     'plan', (SELECT number FROM plan WHERE ended IS NULL AND year = CAST(substr({TODAY}, 1, 4) AS INTEGER)
--!     ORDER BY day DESC LIMIT 1),
--!     'drill', (SELECT max(day) FROM drill WHERE ended IS NULL AND day <= {TODAY})))
-- Alerts for which people were called and to which still nobody reacted.
--! define HAND_CALLED (SELECT json_group_array(json_object('id', id, 'level', level, 'title', title, 'calls', called))
--!     FROM (SELECT id, level, title, called FROM alert INDEXED BY alert_called WHERE {ALERT_CALLED}
--!     ORDER BY level DESC, last DESC LIMIT 20))

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
    'sources', json({HAND_SOURCES}), 'blind', json({HAND_BLIND}),
    'staff', json({HAND_STAFF}), 'called', json({HAND_CALLED})) LIMIT ?3
