-- Incidents, clocks, tasks, phieu as they are read.

--! define DETECTED_AT coalesce((SELECT time FROM detection d WHERE d.incident = i.id ORDER BY d.id DESC LIMIT 1), i.detected)
--! define INCIDENT_ROW i.id, i.number, i.title, i.type, i.severity, i.state, {DETECTED_AT}, i.opened, i.closed, i.owner,
--!     nullif(i.level, 0), (SELECT count(*) FROM alert a WHERE a.incident = i.id),
--!     (SELECT count(*) FROM task t WHERE t.incident = i.id AND t.state IN ('todo', 'doing')),
--!     (SELECT min(due) FROM clock c WHERE c.incident = i.id AND c.dispatch IS NULL AND c.ended IS NULL),
--!     (SELECT json_group_array(system) FROM incident_system s WHERE s.incident = i.id), i.merged

-- Lists: ?1 state, ?2 type, ?3 severity, ?4 owner, ?5 system, ?6 text, ?7 since, ?8 below, ?9 limit. Each by another
-- index; the conditions are the same.
--! define INCIDENT_WHERE (CASE WHEN coalesce(?1, 'open') = 'open' THEN i.state NOT IN ('closed', 'merged')
--!     WHEN ?1 = 'any' THEN 1 ELSE i.state = ?1 END) AND (?2 IS NULL OR i.type = ?2)
--!     AND (?3 IS NULL OR i.severity = ?3) AND (?4 IS NULL OR i.owner = ?4)
--!     AND (?5 IS NULL OR EXISTS(SELECT 1 FROM incident_system s WHERE s.incident = i.id AND s.system = ?5))
--!     AND (?6 IS NULL OR instr(i.title_key, ?6) > 0 OR i.number = upper(?6)) AND (?7 IS NULL OR {DETECTED_AT} >= ?7)
--!     AND i.id < coalesce(?8, 9223372036854775807)

-- INCIDENTS_OPEN
SELECT {INCIDENT_ROW} FROM incident i INDEXED BY incident_open WHERE i.state NOT IN ('closed', 'merged')
    AND {INCIDENT_WHERE} ORDER BY i.id DESC LIMIT ?9

-- INCIDENTS_ALL
SELECT {INCIDENT_ROW} FROM incident i WHERE {INCIDENT_WHERE} ORDER BY i.id DESC LIMIT ?9

-- INCIDENTS_OF_SYSTEM
SELECT {INCIDENT_ROW} FROM incident_system k CROSS JOIN incident i ON i.id = k.incident WHERE k.system = ?5
    AND {INCIDENT_WHERE} ORDER BY k.incident DESC LIMIT ?9

-- What was merged into it is seen from it: what was done, sent, written and kept there.
--! define OF_INCIDENT (SELECT ?1 UNION ALL SELECT id FROM incident WHERE merged = ?1)

-- INCIDENT_SHOW
SELECT {INCIDENT_ROW}, i.cause, json(i.facts), coalesce(i.channel, i.source), i.profile, i.summary, i.result, i.unsent, i.split,
    (SELECT json_group_array(json_object('time', canh_time(d.time), 'reason', d.reason, 'by', a.name,
        'at', canh_time(a.time))) FROM detection d JOIN act a ON a.id = d.act WHERE d.incident = i.id),
    (SELECT json_group_array(json(j)) FROM (SELECT json_object('id', a.id, 'title', a.title, 'entity', a.entity,
        'state', a.state, 'made', canh_time(a.made)) AS j FROM alert a WHERE a.incident = i.id ORDER BY a.id LIMIT 200)),
    (SELECT json_group_array(json(j)) FROM (SELECT json_object('id', t.id, 'number', t.number, 'title', t.title,
        'phase', t.phase, 'asks', t.asks, 'state', t.state, 'doer', t.doer, 'due', canh_time(t.due), 'result', t.result) AS j
        FROM task t WHERE t.incident = i.id ORDER BY t.number LIMIT 200)),
    (SELECT json_group_array(json(j)) FROM (SELECT json_object('id', c.id, 'clock', c.clock, 'vi', c.vi, 'en', c.en,
        'recipient', c.recipient, 'form', c.form, 'starts', c.starts, 'started', canh_time(c.started),
        'due', canh_time(c.due), 'sure', json(iif(c.sure, 'true', 'false')),
        'state', CASE WHEN c.ended IS NOT NULL THEN 'ended' WHEN c.dispatch IS NOT NULL THEN 'answered' ELSE 'runs' END,
        'late', json(CASE WHEN c.ended IS NULL AND coalesce((SELECT sent FROM dispatch d WHERE d.id = c.dispatch), ?2)
            > c.due THEN 'true' ELSE 'false' END), 'dispatch', c.dispatch, 'why', c.why) AS j
        FROM clock c WHERE c.incident IN {OF_INCIDENT} ORDER BY c.due, c.id LIMIT 200)),
    (SELECT json_group_array(json(j)) FROM (SELECT json_object('id', d.id, 'number', d.number, 'sent', canh_time(d.sent),
        'channel', d.channel, 'recipient', d.recipient, 'document', d.document) AS j
        FROM dispatch d WHERE d.incident IN {OF_INCIDENT} ORDER BY d.sent, d.id LIMIT 200)),
    (SELECT json_group_array(json(j)) FROM (SELECT json_object('id', o.id, 'type', o.type, 'value', o.value,
        'note', o.note, 'others', (SELECT count(DISTINCT s.incident) FROM observable s WHERE s.type = o.type
        AND s.value_key = o.value_key AND s.removed IS NULL AND s.incident <> o.incident)) AS j
        FROM observable o WHERE o.incident = i.id AND o.removed IS NULL ORDER BY o.id LIMIT 500)),
    (SELECT json_group_array(json(j)) FROM (SELECT json_object('id', v.id, 'number', v.number, 'what', v.what,
        'sha256', v.sha256, 'bytes', v.bytes, 'holder', coalesce((SELECT h.taker FROM custody u JOIN hand_over h
        ON h.id = u.hand_over WHERE u.evidence = v.id ORDER BY h.id DESC LIMIT 1), v.taken_by)) AS j
        FROM evidence v WHERE v.incident IN {OF_INCIDENT} ORDER BY v.id LIMIT 500)),
    (SELECT json_group_array(json_object('id', p.id, 'number', p.number, 'agency', p.agency, 'state', p.state,
        'due', canh_time(p.due))) FROM phieu p WHERE p.incident IN {OF_INCIDENT})
    FROM incident i WHERE i.id = ?1 LIMIT ?3

-- Everything that has a time: events of its alerts, the alerts, what people wrote and did, what was sent.
-- INCIDENT_TIMELINE
SELECT time, kind, key, text, who, corrected, reason FROM (
    SELECT v.time AS time, 'event' AS kind, v.alert AS key,
        coalesce(v.lane || '.' || v.sequence || ' ', '') || a.title AS text, NULL AS who, NULL AS corrected, NULL AS reason
        FROM alert a JOIN alert_event v ON v.alert = a.id WHERE a.incident = ?1
    UNION ALL SELECT a.made, 'alert', a.id, a.title || ' (' || a.entity || ')', NULL, NULL, NULL
        FROM alert a WHERE a.incident = ?1
    UNION ALL SELECT t.time, 'line', t.id, t.text, a.name, (SELECT id FROM timeline n WHERE n.corrects = t.id), t.reason
        FROM timeline t JOIN act a ON a.id = t.act WHERE t.incident IN {OF_INCIDENT}
    UNION ALL SELECT a.time, 'act', a.id, a.act, a.name, (SELECT id FROM act u WHERE u.undoes = a.id),
        (SELECT text FROM note n WHERE n.kind = o.kind AND n.key = o.key AND n.act = a.id)
        FROM act_on o JOIN act a ON a.id = o.act WHERE o.kind = 'incident' AND o.key IN {OF_INCIDENT}
    UNION ALL SELECT d.sent, 'dispatch', d.id, d.number || ' (' || d.recipient || ')', a.name, NULL, NULL
        FROM dispatch d JOIN act a ON a.id = d.act WHERE d.incident IN {OF_INCIDENT}
    UNION ALL SELECT t.ended, 'task', t.id, t.title, t.doer, NULL, t.result
        FROM task t WHERE t.incident IN {OF_INCIDENT} AND t.ended IS NOT NULL)
    WHERE ?2 IS NULL OR kind = ?2 ORDER BY time, kind, key LIMIT ?3

-- CLOCKS_RUNNING
SELECT c.id, c.incident, i.number, i.title, i.severity, c.clock, c.vi, c.en, c.recipient, c.form, c.started, c.due,
    (c.due - ?1) / 1000000000, c.due < ?1, c.starts, c.sure FROM clock c INDEXED BY clock_runs CROSS JOIN incident i ON i.id = c.incident
    WHERE c.dispatch IS NULL AND c.ended IS NULL AND (?2 IS NULL OR c.due <= ?2) ORDER BY c.due, c.id LIMIT ?3

-- ?1 now, ?2 incident, ?3 doer, ?4 limit
--! define TASK_ROW t.id, t.incident, i.number, t.number, t.title, t.phase, t.role, t.asks, t.state, t.doer, t.due, t.started,
--!     t.ended, t.result, t.playbook, t.state IN ('todo', 'doing') AND t.due < ?1

-- TASKS_OPEN
SELECT {TASK_ROW} FROM task t INDEXED BY task_open CROSS JOIN incident i ON i.id = t.incident
    WHERE t.state IN ('todo', 'doing') AND (?2 IS NULL OR t.incident = ?2) AND (?3 IS NULL OR t.doer = ?3)
    ORDER BY t.due, t.id LIMIT ?4

-- TASKS_OF_INCIDENT
SELECT {TASK_ROW} FROM task t JOIN incident i ON i.id = t.incident WHERE t.incident = ?2 AND (?3 IS NULL OR t.doer = ?3)
    ORDER BY t.number, t.id LIMIT ?4

-- ?1 type, ?2 value, ?3 incident, ?4 limit
-- OBSERVABLES
SELECT o.id, o.incident, i.number, o.type, o.value, o.note, a.time, a.name, (SELECT count(DISTINCT s.incident)
    FROM observable s WHERE s.type = o.type AND s.value_key = o.value_key AND s.removed IS NULL
    AND s.incident <> o.incident) FROM observable o JOIN incident i ON i.id = o.incident JOIN act a ON a.id = o.act
    WHERE o.removed IS NULL AND (?1 IS NULL OR o.type = ?1) AND (?2 IS NULL OR o.value_key = ?2)
    AND (?3 IS NULL OR o.incident = ?3) ORDER BY o.id DESC LIMIT ?4

-- OBSERVABLES_LIKE
SELECT o.id, o.incident, i.number, o.type, o.value, o.note, a.time, a.name, (SELECT count(DISTINCT s.incident)
    FROM observable s WHERE s.type = o.type AND s.value_key = o.value_key AND s.removed IS NULL
    AND s.incident <> o.incident) FROM observable o INDEXED BY observable_value JOIN incident i ON i.id = o.incident
    JOIN act a ON a.id = o.act WHERE o.removed IS NULL AND (?1 IS NULL OR o.type = ?1) AND o.value_key = ?2
    AND (?3 IS NULL OR o.incident = ?3) ORDER BY o.id DESC LIMIT ?4

-- OBSERVABLES_OF_INCIDENT
SELECT o.id, o.incident, i.number, o.type, o.value, o.note, a.time, a.name, (SELECT count(DISTINCT s.incident)
    FROM observable s WHERE s.type = o.type AND s.value_key = o.value_key AND s.removed IS NULL
    AND s.incident <> o.incident) FROM observable o INDEXED BY observable_of JOIN incident i ON i.id = o.incident
    JOIN act a ON a.id = o.act WHERE o.removed IS NULL AND (?1 IS NULL OR o.type = ?1) AND (?2 IS NULL OR o.value_key = ?2)
    AND o.incident = ?3 ORDER BY o.id DESC LIMIT ?4

-- EVIDENCE_LIST
SELECT v.id, v.incident, i.number || '/' || v.number, v.what, v.sha256, v.bytes, v.file, json(v.events), v.place, v.taken,
    v.taken_by, v.origin, (SELECT json_group_array(json(j)) FROM (SELECT json_object('hand_over', h.id, 'time',
    canh_time(h.time), 'giver', h.giver, 'taker', h.taker, 'title', h.taker_title, 'agency', h.agency, 'place', h.place, 'why', h.why,
    'document', h.document) AS j FROM custody u JOIN hand_over h ON h.id = u.hand_over WHERE u.evidence = v.id
    ORDER BY h.id)) FROM evidence v JOIN incident i ON i.id = v.incident WHERE v.incident IN {OF_INCIDENT}
    ORDER BY v.id LIMIT ?2

-- EVIDENCE_EVENTS
SELECT j.value FROM evidence v, json_each(v.events) j WHERE v.incident IN {OF_INCIDENT} AND v.events IS NOT NULL
    ORDER BY v.id LIMIT ?2

-- EVIDENCE_FILE
SELECT v.file, v.sha256, v.bytes, canh_base64(f.content) FROM evidence v JOIN evidence_file f ON f.evidence = v.id
    WHERE v.id = ? LIMIT ?

-- Of a contact (?1): what was sent to its agency, those below it and their forerunners; no more than it must know.
-- ?1 my agency, ?2 now, ?3 state, ?4 agency, ?5 system, ?6 incident, ?7 limit
--! define PHIEU_ROW p.id, p.number, p.kind, p.agency, p.system, p.subject, p.what, p.due, p.state, p.sent, p.received, p.answered,
--!     p.closed, p.reminders, p.state IN ('sent', 'received', 'returned') AND p.due < ?2,
--!     CASE WHEN ?1 IS NULL THEN p.incident END
--! define PHIEU_WHERE (?1 IS NULL OR (p.agency IN mine AND p.state <> 'draft')) AND (?4 IS NULL OR p.agency = ?4)
--!     AND (?5 IS NULL OR p.system = ?5) AND (?6 IS NULL OR (?1 IS NULL AND p.incident = ?6))
--!     AND (CASE coalesce(?3, 'any') WHEN 'any' THEN 1 WHEN 'late' THEN p.state IN ('sent', 'received', 'returned')
--!     AND p.due < ?2 WHEN 'out' THEN p.state IN ('sent', 'received', 'returned') ELSE p.state = ?3 END)

-- PHIEUS_ALL
{MY_AGENCIES}
    SELECT {PHIEU_ROW} FROM phieu p WHERE {PHIEU_WHERE} ORDER BY p.id DESC LIMIT ?7

-- PHIEUS_OUT
{MY_AGENCIES}
    SELECT {PHIEU_ROW} FROM phieu p INDEXED BY phieu_out WHERE p.state IN ('sent', 'received', 'returned')
    AND {PHIEU_WHERE} ORDER BY p.due, p.id LIMIT ?7

-- PHIEUS_OF_AGENCY
{MY_AGENCIES}
    SELECT {PHIEU_ROW} FROM phieu p INDEXED BY phieu_agency WHERE p.agency = ?4 AND {PHIEU_WHERE}
    ORDER BY p.id DESC LIMIT ?7

-- PHIEU_SHOW
{MY_AGENCIES}
    SELECT p.id, p.number, p.kind, p.agency, p.system, p.subject, p.what, p.due, p.state, p.sent, p.received, p.answered,
    p.closed, p.reminders, p.state IN ('sent', 'received', 'returned') AND p.due < ?2,
    CASE WHEN ?1 IS NULL THEN p.incident END, CASE WHEN ?1 IS NULL THEN p.alert END, p.proof, p.steps, p.document,
    p.channel, (SELECT json_group_array(json(j)) FROM (SELECT json_object('time', canh_time(a.time), 'state', l.state,
        'text', l.text, 'who', CASE WHEN ?1 IS NULL THEN a.name END) AS j FROM phieu_line l JOIN act a ON a.id = l.act
        WHERE l.phieu = p.id AND (?1 IS NULL OR l.state <> 'draft') ORDER BY l.id LIMIT 200)),
    (SELECT json_group_array(json(j)) FROM (SELECT json_object('id', n.id, 'time', canh_time(a.time), 'done', n.done,
        'cause', n.cause, 'handled', n.handled, 'total', n.total, 'file', n.file, 'sha256', n.sha256,
        'good', json(CASE n.good WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE 'null' END)) AS j
        FROM phieu_answer n JOIN act a ON a.id = n.act WHERE n.phieu = p.id ORDER BY n.id LIMIT 200))
    FROM phieu p WHERE p.id = ?3 AND (?1 IS NULL OR (p.agency IN mine AND p.state <> 'draft')) LIMIT ?4

-- PHIEU_FILE
{MY_AGENCIES}
    SELECT n.file, n.sha256, length(n.content), canh_base64(n.content) FROM phieu_answer n JOIN phieu p ON p.id = n.phieu
    WHERE n.id = ?2 AND n.file IS NOT NULL AND (?1 IS NULL OR p.agency IN mine) LIMIT ?3

-- --- bao cao nhanh: what its message says

-- INCIDENT_QUICK
SELECT i.number, i.title, i.type, i.severity, i.state, {DETECTED_AT}, i.level, i.profile,
    (SELECT count(*) FROM incident_system s WHERE s.incident = i.id),
    (SELECT count(*) FROM task t WHERE t.incident = i.id AND t.state = 'done'),
    (SELECT count(*) FROM task t WHERE t.incident = i.id AND t.state <> 'skipped'),
    (SELECT min(due) FROM clock c WHERE c.incident = i.id AND c.dispatch IS NULL AND c.ended IS NULL)
    FROM incident i WHERE i.id = ?
