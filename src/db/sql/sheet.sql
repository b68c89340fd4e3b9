-- Sheets: what each template of data/templates asks for, under the names that it has there, as one JSON object.
-- ?1 its number (of a roster the month), ?2 now, ?3 limit

-- --- the house

--! define SHEET_AGENCY (SELECT json_object('parent', json(coalesce(parent, '[]')), 'name', name, 'code', code,
--!     'symbol', coalesce(symbol, code), 'unit', unit, 'place', place, 'drafter', unit) FROM house)
--! define SHEET_TITLES (SELECT nullif(json_group_array(value), '[]') FROM (SELECT value FROM house, json_each(signs_for)
--!     UNION ALL SELECT signer_title FROM house WHERE signer_title IS NOT NULL))
--! define SHEET_HOUSE 'agency', json({SHEET_AGENCY}),
--!     'sign', json_object('titles', json({SHEET_TITLES}), 'name', (SELECT signer FROM house)),
--!     'recipients', json(coalesce((SELECT recipients FROM house), '[]'))
--! define SHEET_REPORTER 'reporter', json((SELECT json_object('name', name, 'address', address, 'phone', phone,
--!     'email', email) FROM house))

-- On what it is based: what the law gives this sheet at the date of its record (of_sheet), then the house's own, but for
-- instruments that the law gave already, then a document of its own; each once.
--! define SHEET_BASES 'bases', (SELECT json_group_array(text) FROM (SELECT c.number AS rank, c.text AS text FROM of_sheet s
--!     JOIN citation c ON c.sheet = s.name AND c.starts <= s.at AND (c.ends > s.at OR c.ends IS NULL)
--!     UNION ALL SELECT 1000000 + j.key, j.value FROM house, json_each(house.bases) j WHERE NOT EXISTS(SELECT 1
--!     FROM of_sheet s JOIN citation c ON c.sheet = s.name AND c.starts <= s.at AND (c.ends > s.at OR c.ends IS NULL)
--!     WHERE c.text = j.value OR canh_instrument(c.text) = canh_instrument(j.value)) UNION ALL SELECT 2000000, s.document FROM of_sheet s WHERE s.document IS NOT NULL
--!     ORDER BY rank))

-- Who is called: on duty now, who leads before who watches; else whose incident it is. In `i` is the incident.
--! define DUTY_TITLE CASE d.part WHEN 'lead' THEN 'Trưởng ca trực' WHEN 'watch' THEN 'Trực giám sát'
--!     ELSE 'Trực dự phòng' END
--! define SHEET_CALLED (SELECT json_object('name', coalesce((SELECT display FROM user WHERE name_key = canh_fold(who)), who),
--!     'title', title, 'phone', (SELECT coalesce(duty_phone, phone) FROM house), 'email', (SELECT email FROM house))
--!     FROM (SELECT who, title FROM (SELECT d.person AS who, {DUTY_TITLE} AS title, CASE d.part WHEN 'lead' THEN 0
--!     WHEN 'watch' THEN 1 ELSE 2 END AS rank, d.id AS id FROM duty d WHERE d.ended IS NULL AND d.starts <= ?2
--!     AND d.ends > ?2 UNION ALL SELECT i.owner, 'Cán bộ phụ trách', 3, 0 UNION ALL SELECT NULL, NULL, 4, 0)
--!     WHERE who IS NOT NULL OR rank = 4 ORDER BY rank, id LIMIT 1))

-- --- systems as one on paper: of_system(system) is which

--! define OF_INCIDENT_SYSTEM of_system(system) AS (SELECT system FROM incident_system WHERE incident = ?1)
--! define SYSTEM_HOLDER_OF SELECT DISTINCT a.name FROM of_system x JOIN system_agency h ON h.system = x.system
--!     AND h.valid_to IS NULL JOIN agency a ON a.id = h.agency
--! define SYSTEM_WORDS_OF SELECT json_group_array(DISTINCT j.value) FROM of_system x JOIN system_described d
--!     ON d.system = x.system
--! define SYSTEM_TEXTS 'name', (SELECT group_concat(name, '; ') FROM (SELECT s.name FROM of_system x JOIN system s
--!     ON s.id = x.system ORDER BY s.id)),
--!     'owner', (SELECT group_concat(name, '; ') FROM ({SYSTEM_HOLDER_OF} WHERE h.role = 'owner')),
--!     'operator', (SELECT group_concat(name, '; ') FROM ({SYSTEM_HOLDER_OF} WHERE h.role = 'operator')),
--!     'address', (SELECT group_concat(value, '; ') FROM (SELECT j.value FROM of_system x JOIN system s ON s.id = x.system,
--!     json_each(s.domains) j UNION ALL SELECT j.value FROM of_system x JOIN system s ON s.id = x.system,
--!     json_each(s.networks) j)),
--!     'os', (SELECT group_concat(os, '; ') FROM (SELECT DISTINCT m.os FROM of_system x JOIN machine m
--!     ON m.system = x.system AND m.retired IS NULL WHERE m.os IS NOT NULL ORDER BY m.os LIMIT 20)),
--!     'purpose', (SELECT group_concat(purpose, '; ') FROM (SELECT d.purpose FROM of_system x JOIN system_described d
--!     ON d.system = x.system WHERE d.purpose IS NOT NULL)),
--!     'network_provider', (SELECT group_concat(connection, '; ') FROM (SELECT DISTINCT d.connection FROM of_system x
--!     JOIN system_described d ON d.system = x.system WHERE d.connection IS NOT NULL)),
--!     'security_provider', (SELECT group_concat(security, '; ') FROM (SELECT DISTINCT d.security FROM of_system x
--!     JOIN system_described d ON d.system = x.system WHERE d.security IS NOT NULL)),
--!     'services', json(({SYSTEM_WORDS_OF}, json_each(d.services) j)),
--!     'protection', json(({SYSTEM_WORDS_OF}, json_each(d.protection) j))

-- --- of an incident

--! define INCIDENT_SYSTEMS 'systems', json((SELECT json_group_array(system) FROM of_system)),
--!     'system', json_object('level', nullif(i.level, 0), {SYSTEM_TEXTS})
--! define FIRST_DISPATCH (SELECT d.id FROM dispatch d WHERE d.incident IN {OF_INCIDENT} ORDER BY d.sent, d.id LIMIT 1)
-- To whom its clocks want it told, each once: their names are one text with "; " between.
--! define SHEET_TO 'to', json((SELECT nullif(json_group_array(value), '[]') FROM (SELECT j.value FROM clock c,
--!     json_each('[' || replace(json_quote(c.recipient), '; ', '","') || ']') j WHERE c.incident IN {OF_INCIDENT}
--!     AND c.ended IS NULL GROUP BY j.value ORDER BY min(c.due), min(c.id), min(j.key))))

--! define FOUND_FROM iif(i.source = 'told', CASE i.channel WHEN 'phone' THEN 'điện thoại' WHEN 'letter'
--!     THEN coalesce((SELECT 'công văn số ' || l.number || ' của ' || l.party FROM letter l WHERE l.incident = i.id
--!     AND l.direction = 'in' AND l.removed IS NULL ORDER BY l.id LIMIT 1), 'công văn')
--!     WHEN 'mail' THEN 'thư điện tử' WHEN 'police' THEN 'cơ quan công an' WHEN 'citizen' THEN 'người dân'
--!     ELSE 'tự phát hiện' END, NULL)

-- SHEET_FIRST
WITH {OF_INCIDENT_SYSTEM}, of_sheet(name, at, document) AS (SELECT 'mau-03', {DETECTED_AT}, NULL FROM incident i
    WHERE i.id = ?1)
    SELECT json_object({SHEET_HOUSE}, {SHEET_REPORTER}, 'contact', json({SHEET_CALLED}), {SHEET_TO}, {SHEET_BASES},
    'code', i.number, 'subject', i.title, 'type', i.type, 'severity', i.severity, 'facts', json(i.facts),
    'profile', i.profile, {INCIDENT_SYSTEMS}, 'summary', coalesce(i.summary, i.title), 't0', canh_time({DETECTED_AT}),
    'state', iif(i.state IN ('recover', 'closed'), 'done', 'open'),
    'found_by', json(iif(i.source = 'told', '["notice"]', iif(EXISTS(SELECT 1 FROM alert a WHERE a.incident = i.id
        AND a.kind IN ('detection', 'correlation')), '["ids","log"]', '["other"]'))),
    'found_from', {FOUND_FROM},
    'told', json(iif({FIRST_DISPATCH} IS NULL, '[]', '["coordinator"]')),
    'told_to', (SELECT json_group_array(DISTINCT recipient) FROM dispatch d WHERE d.incident IN {OF_INCIDENT}),
    'attached', (SELECT json_group_array(DISTINCT iif(v.events IS NULL, 'other', 'log')) FROM evidence v
        WHERE v.incident IN {OF_INCIDENT}),
    'done', (SELECT json_group_array(title) FROM (SELECT title FROM task t WHERE t.incident = i.id
        AND t.state = 'done' ORDER BY t.ended, t.id LIMIT 100)),
    'planned', (SELECT json_group_array(title) FROM (SELECT title FROM task t WHERE t.incident = i.id
        AND t.state IN ('todo', 'doing') ORDER BY t.number LIMIT 100)),
    'observables', (SELECT json_group_array(json_object('type', type, 'value', value)) FROM (SELECT type, value
        FROM observable o WHERE o.incident = i.id AND o.removed IS NULL ORDER BY o.id LIMIT 100)),
    'reported', canh_time(?2)) FROM incident i WHERE i.id = ?1 LIMIT ?3

-- Roles of playbooks (src/law/rows.h); another is as people wrote it.
--! define TASK_ROLE CASE role WHEN 'analyst' THEN 'trực giám sát' WHEN 'leader' THEN 'trưởng ca'
--!     WHEN 'operator' THEN 'đơn vị vận hành' WHEN 'owner' THEN 'chủ quản' WHEN 'management' THEN 'lãnh đạo' ELSE role END

-- SHEET_LAST
WITH {OF_INCIDENT_SYSTEM}, of_sheet(name, at, document) AS (SELECT 'mau-04', {DETECTED_AT}, NULL FROM incident i
    WHERE i.id = ?1)
    SELECT json_object({SHEET_HOUSE}, {SHEET_REPORTER}, {SHEET_TO}, {SHEET_BASES},
    'code', i.number, 'subject', i.title, 'type', i.type, 'severity', i.severity, 'profile', i.profile,
    {INCIDENT_SYSTEMS}, 't0', canh_time({DETECTED_AT}), 'ended', canh_time(i.closed),
    'initial', (SELECT json_object('number', number, 'date', canh_time(sent), 'sent', canh_time(sent)) FROM dispatch
        WHERE id = {FIRST_DISPATCH}),
    'summary', coalesce(i.summary, i.title), 'cause', coalesce(i.why, i.cause), 'scope', i.scope, 'machines', i.machines,
    'outage_hours', round(i.outage / 60.0, 1), 'damage', i.damage, 'result', i.result,
    'steps', (SELECT json_group_array(json_object('at', canh_time(ended), 'what', title || coalesce(': ' || result, ''),
        'who', coalesce({TASK_ROLE}, (SELECT display FROM user WHERE name_key = canh_fold(doer)), doer)))
        FROM (SELECT * FROM task t WHERE t.incident IN {OF_INCIDENT} AND t.state = 'done' ORDER BY t.ended, t.id LIMIT 200)),
    'attachments', (SELECT json_group_array(what || ' (SHA-256 ' || sha256 || ')') FROM (SELECT * FROM evidence v
        WHERE v.incident IN {OF_INCIDENT} ORDER BY v.id LIMIT 200)),
    'dispatches', (SELECT json_group_array(json_object('number', number, 'sent', canh_time(sent), 'recipient', recipient))
        FROM (SELECT * FROM dispatch d WHERE d.incident IN {OF_INCIDENT} ORDER BY d.sent, d.id LIMIT 200)),
    'reported', canh_time(?2)) FROM incident i WHERE i.id = ?1 LIMIT ?3

-- One page: what was done last, what comes next, two of each. Machines: as they were counted in the end, before that
-- those that its alerts are about.
-- SHEET_QUICK
WITH {OF_INCIDENT_SYSTEM} SELECT json_object({SHEET_HOUSE}, 'duty', json({SHEET_CALLED}),
    'to', json((SELECT reports_to FROM house)),
    'code', i.number, 'subject', i.title, 'profile', i.profile, {INCIDENT_SYSTEMS},
    't0', canh_time({DETECTED_AT}), 'found_from', {FOUND_FROM}, 'summary', coalesce(i.summary, i.title),
    'assessment', i.result,
    'machines', coalesce(i.machines, nullif((SELECT count(DISTINCT a.entity_key) FROM alert a WHERE a.incident = i.id
        AND a.kind = 'detection'), 0)),
    'accounts', (SELECT count(*) FROM observable o WHERE o.incident = i.id AND o.removed IS NULL AND o.type = 'user-account'),
    'alert_count', (SELECT count(*) FROM alert a WHERE a.incident = i.id),
    'tasks_done', (SELECT count(*) FROM task t WHERE t.incident = i.id AND t.state = 'done'),
    'tasks_all', (SELECT count(*) FROM task t WHERE t.incident = i.id AND t.state <> 'skipped'),
    'done', (SELECT json_group_array(title) FROM (SELECT title FROM task t WHERE t.incident = i.id AND t.state = 'done'
        ORDER BY t.ended DESC, t.id DESC LIMIT 2)),
    'planned', (SELECT json_group_array(title) FROM (SELECT title FROM task t WHERE t.incident = i.id
        AND t.state IN ('todo', 'doing') ORDER BY t.number LIMIT 2)),
    'deadline', canh_time((SELECT min(due) FROM clock c WHERE c.incident = i.id AND c.dispatch IS NULL AND c.ended IS NULL)),
    'reported', canh_time(?2)) FROM incident i WHERE i.id = ?1 LIMIT ?3

-- --- of evidence that is handed over: who had it from another gives it back as that one

--! define ROLE_TITLE CASE u.roles ->> 0 WHEN 'analyst' THEN 'trực giám sát' WHEN 'lead' THEN 'trưởng ca'
--!     WHEN 'officer' THEN 'cán bộ phụ trách' WHEN 'contact' THEN 'cán bộ đầu mối' WHEN 'auditor' THEN 'kiểm toán'
--!     WHEN 'administrator' THEN 'quản trị' END
--! define TAKEN_BEFORE FROM hand_over b WHERE b.incident = h.incident AND b.id < h.id AND b.taker = h.giver
--!     ORDER BY b.id DESC LIMIT 1

-- SHEET_HAND_OVER
WITH of_sheet(name, at, document) AS (SELECT 'bien-ban-chung-cu', time, 'Căn cứ ' || document FROM hand_over WHERE id = ?1)
    SELECT json_object({SHEET_HOUSE}, 'incident', i.number, 'subject', i.title, 'at', canh_time(h.time), 'where', h.place,
    {SHEET_BASES},
    'giver', json_object('name', coalesce((SELECT display FROM user WHERE name_key = canh_fold(h.giver)), h.giver),
        'title', coalesce((SELECT b.taker_title {TAKEN_BEFORE}),
            (SELECT {ROLE_TITLE} FROM user u WHERE u.name_key = canh_fold(h.giver))),
        'unit', coalesce((SELECT b.agency {TAKEN_BEFORE}), (SELECT name FROM house))),
    'taker', json_object('name', coalesce((SELECT display FROM user WHERE name_key = canh_fold(h.taker)), h.taker),
        'title', coalesce(h.taker_title, (SELECT {ROLE_TITLE} FROM user u WHERE u.name_key = canh_fold(h.taker))),
        'unit', h.agency),
    'why', h.why, 'document', h.document, 'medium', h.medium, 'copies', h.copies,
    'files', (SELECT json_group_array(json(j)) FROM (SELECT json_object('name', coalesce(v.file, v.what), 'what', v.what,
        'number', v.number, 'origin', v.origin, 'taken', canh_time(v.taken), 'bytes', v.bytes, 'sha256', v.sha256,
        'place', v.place, 'events', json_array_length(v.events)) AS j
        FROM custody u JOIN evidence v ON v.id = u.evidence WHERE u.hand_over = h.id ORDER BY v.id)))
    FROM hand_over h JOIN incident i ON i.id = h.incident WHERE h.id = ?1 AND ?2 IS NOT NULL LIMIT ?3

-- --- of a phieu. Lines of a text as a list: between them is put a letter of no script, which JSON leaves as it is.

--! define PHIEU_LEVEL coalesce(a.level, (SELECT max(level) FROM alert b WHERE b.incident = p.incident))

-- SHEET_PHIEU
WITH of_system(system) AS (SELECT system FROM phieu WHERE id = ?1 AND system IS NOT NULL),
    of_sheet(name, at, document) AS (SELECT 'phieu', made, NULL FROM phieu WHERE id = ?1)
    SELECT json_object({SHEET_HOUSE}, {SHEET_BASES}, 'contact', json({SHEET_CALLED}),
    'type', iif(p.kind = 'request', 'Phiếu yêu cầu xử lý', 'Phiếu cảnh báo'),
    'abbreviation', iif(p.kind = 'request', 'PYC', 'PCB'),
    'code', p.number, 'kind', p.kind, 'subject', p.subject, 'agency_id', p.agency, 'system_id', p.system,
    'to', (SELECT json_array(name) FROM agency WHERE id = p.agency),
    'system', json_object('level', (SELECT level FROM system WHERE id = p.system), {SYSTEM_TEXTS}),
    'incident', i.number, 'summary', p.what, 'severity', CASE {PHIEU_LEVEL} WHEN 1 THEN 'low' WHEN 2 THEN 'low'
    WHEN 3 THEN 'medium' WHEN 4 THEN 'high' WHEN 5 THEN 'critical' END, 't0', canh_time(coalesce(a.first, {DETECTED_AT})),
    'proofs', (SELECT json_group_array(json(j)) FROM (
        SELECT json_object('at', canh_time(a.first), 'what', a.title || ' (' || a.entity || ')',
            'source', 'Hệ thống giám sát') AS j WHERE a.id IS NOT NULL
        UNION ALL SELECT json_object('what', value) FROM json_each('[' ||
        replace(json_quote(replace(replace(p.proof, char(10, 10), char(10)), char(10), char(57344))), char(57344), '","') || ']'))),
    'steps', json('[' ||
        replace(json_quote(replace(replace(p.steps, char(10, 10), char(10)), char(10), char(57344))), char(57344), '","') || ']'),
    'due', canh_time(p.due), 'document', p.document, 'reported', canh_time(?2),
    'answer', (SELECT json_object('received', canh_time(p.received), 'done', canh_time(p.answered), 'cause', n.cause,
        'measures', n.done, 'machines', n.handled || '/' || n.total) FROM phieu_answer n WHERE n.phieu = p.id
        ORDER BY n.id DESC LIMIT 1))
    FROM phieu p LEFT JOIN alert a ON a.id = p.alert LEFT JOIN incident i ON i.id = p.incident WHERE p.id = ?1 LIMIT ?3

-- --- an official letter; of what was sent number and day stand there, of a draft a pen fills them in

-- SHEET_LETTER
SELECT json_object('agency', json({SHEET_AGENCY}), 'recipients', json(coalesce((SELECT recipients FROM house), '[]')),
    'sign', json_object('titles', CASE WHEN l.signer_title IS NULL THEN json({SHEET_TITLES}) ELSE json_array(l.signer_title) END,
        'name', coalesce(l.signer, (SELECT signer FROM house))),
    'number', substr(l.number, 1, instr(l.number || '/', '/') - 1),
    'symbol', coalesce(nullif(substr(l.number, instr(l.number || '/', '/') + 1), ''),
        (SELECT code || coalesce('-' || unit, '') FROM house)),
    'date', l.day, 'subject', l.subject, 'to', json_array(l.party),
    'paragraphs', json('[' ||
        replace(json_quote(replace(replace(l.text, char(10, 10), char(10)), char(10), char(57344))), char(57344), '","') || ']'))
    FROM letter l WHERE l.id = ?1 AND l.direction = 'out' AND l.removed IS NULL AND ?2 IS NOT NULL LIMIT ?3

-- --- of a shift that was handed over: what was written down then (HAND in shift.sql)

--! define ON_SHIFT duty d WHERE d.ended IS NULL AND d.starts <= h.time + 7200000000000
--!     AND d.ends > h.time - 7200000000000

-- SHEET_SHIFT
SELECT json_object({SHEET_HOUSE}, 'at', canh_time(h.time), 'where', (SELECT coalesce(duty_room, address) FROM house),
    'giver', json_object('name', coalesce((SELECT display FROM user WHERE name_key = canh_fold(h.giver)), h.giver),
        'title', coalesce((SELECT {DUTY_TITLE} FROM {ON_SHIFT} AND d.person = h.giver ORDER BY d.starts LIMIT 1),
            (SELECT {ROLE_TITLE} FROM user u WHERE u.name_key = canh_fold(h.giver)))),
    'taker', json_object('name', coalesce((SELECT display FROM user WHERE name_key = canh_fold(h.taker)), h.taker),
        'title', coalesce((SELECT {DUTY_TITLE} FROM {ON_SHIFT} AND d.person = h.taker ORDER BY d.starts DESC LIMIT 1),
            (SELECT {ROLE_TITLE} FROM user u WHERE u.name_key = canh_fold(h.taker)))),
    'shift', json(h.content -> '$.shift'), 'remarks', h.remarks, 'answer', h.answer,
    'state', CASE WHEN h.taken IS NOT NULL THEN 'taken' WHEN h.refused IS NOT NULL THEN 'refused' ELSE 'open' END,
    'alerts', json_object('new', h.content ->> '$.shift.new', 'closed', h.content ->> '$.shift.closed',
        'open', h.content ->> '$.alerts.open'),
    'incidents', json_object('open', h.content ->> '$.incidents.open'),
    'open', (SELECT json_group_array(json(j)) FROM (
        SELECT json_object('code', value ->> 'number', 'what', value ->> 'title', 'due', value ->> 'due') AS j
            FROM json_each(h.content, '$.incidents.list')
        UNION ALL SELECT json_object('code', value ->> 'of', 'what', 'Việc: ' || (value ->> 'title'), 'due', value ->> 'due')
            FROM json_each(h.content, '$.tasks')
        UNION ALL SELECT json_object('code', value ->> 'number', 'what', (value ->> 'subject') || ' (' || (value ->> 'agency')
            || ')', 'due', value ->> 'due') FROM json_each(h.content, '$.phieu')
        UNION ALL SELECT json_object('code', 'CB-' || (value ->> 'id'), 'what', (value ->> 'title') || ': '
            || (value ->> 'entity')) FROM json_each(h.content, '$.alerts.gravest')
        UNION ALL SELECT json_object('code', 'TA-' || (value ->> 'id'), 'what', 'Tạm ẩn cảnh báo sắp hết hạn: '
            || trim((value ->> 'rule') || ' ' || (value ->> 'entity')), 'due', value ->> 'until')
            FROM json_each(h.content, '$.suppressions'))),
    'systems', (SELECT json_group_array(json_object('name', value ->> 'name', 'state',
        iif(value ->> 'state' = 'late', 'Chậm gửi nhật ký', 'Mất nhật ký'), 'since', value ->> 'since'))
        FROM json_each(h.content, '$.sources')))
    FROM handover h WHERE h.id = ?1 AND ?2 IS NOT NULL LIMIT ?3

-- --- the roster of a month (?1, as 2026-12): a row a day, hours of Viet Nam. Where the watch has two or three shifts, the same
-- every day, each is a column; else they stand below each other with their hours.

--! define DUTY_DAY date(d.starts / 1000000000 + 25200, 'unixepoch')
--! define DUTY_HOURS strftime('%H:%M', d.starts / 1000000000 + 25200, 'unixepoch') || '-' ||
--!     strftime('%H:%M', d.ends / 1000000000 + 25200, 'unixepoch')
--! define DUTY_MONTH duty d WHERE d.ended IS NULL AND d.starts >= (unixepoch(?1 || '-01') - 25200) * 1000000000
--!     AND d.ends > (unixepoch(?1 || '-01') - 25200) * 1000000000
--!     AND d.starts < (unixepoch(?1 || '-01', '+1 month') - 25200) * 1000000000
--! define DUTY_NAME coalesce((SELECT display FROM user WHERE name_key = canh_fold(d.person)), d.person)

-- SHEET_ROSTER
WITH RECURSIVE day(day) AS (SELECT date(?1 || '-01') WHERE unixepoch(?1 || '-01') IS NOT NULL
        UNION ALL SELECT date(day, '+1 day') FROM day WHERE date(day, '+1 day') < date(?1 || '-01', '+1 month')),
    held(day, part, hours, id, name) AS MATERIALIZED
        (SELECT {DUTY_DAY}, d.part, {DUTY_HOURS}, d.id, {DUTY_NAME} FROM {DUTY_MONTH}),
    slot(hours, number) AS MATERIALIZED
        (SELECT hours, row_number() OVER (ORDER BY hours) FROM held WHERE part = 'watch' GROUP BY hours),
    shown(day, part, number, hours, names, lines) AS MATERIALIZED
        (SELECT day, part, (SELECT number FROM slot s WHERE s.hours = h.hours), hours, group_concat(name, ', '),
        group_concat(name, char(10))
        FROM (SELECT * FROM held ORDER BY id) h GROUP BY day, part, hours),
    many(slots) AS (SELECT iif(count(*) IN (2, 3), count(*), 0) FROM slot)
    SELECT json_object({SHEET_HOUSE}, 'month', ?1 || '-01', 'slots', slots,
    'hours1', (SELECT hours FROM slot WHERE number = 1), 'hours2', (SELECT hours FROM slot WHERE number = 2),
    'hours3', (SELECT hours FROM slot WHERE number = 3),
    'phone', (SELECT coalesce(duty_phone, phone) FROM house),
    'days', (SELECT json_group_array(json_object('day', day,
        'shift1', (SELECT lines FROM shown s WHERE s.day = d.day AND s.part = 'watch' AND s.number = 1),
        'shift2', (SELECT lines FROM shown s WHERE s.day = d.day AND s.part = 'watch' AND s.number = 2),
        'shift3', (SELECT lines FROM shown s WHERE s.day = d.day AND s.part = 'watch' AND s.number = 3),
        'watch', (SELECT group_concat(hours || ': ' || names, char(10)) FROM (SELECT hours, names FROM shown s
            WHERE s.day = d.day AND s.part = 'watch' ORDER BY hours)),
        'lead', (SELECT group_concat(lines, char(10)) FROM shown s WHERE s.day = d.day AND s.part = 'lead'),
        'on_call', (SELECT group_concat(lines, char(10)) FROM shown s WHERE s.day = d.day AND s.part = 'on-call')))
        FROM day d)) FROM many WHERE EXISTS(SELECT 1 FROM day) AND ?2 IS NOT NULL LIMIT ?3
