-- Notices: channels, and the messages that wait for them.

-- CHANNEL_PUT
INSERT INTO channel(name, kind, level, second, recipients, people, used) VALUES(?, ?, ?, ?, ?, ?, 1)
    ON CONFLICT DO UPDATE SET kind = excluded.kind, level = excluded.level, second = excluded.second,
    recipients = excluded.recipients, people = excluded.people, used = 1

-- CHANNELS_UNUSED
UPDATE channel SET used = 0

-- CHANNEL_IS
SELECT level FROM channel WHERE name = ? AND used = 1

-- Those that take an alert of level ?1.
-- CHANNELS_TAKING
SELECT name, held FROM channel WHERE used = 1 AND level <= ?1 ORDER BY name

-- CHANNEL_HOLD
UPDATE channel SET held = held + 1, since = CASE WHEN held = 0 THEN ?2 ELSE since END,
    gravest = CASE WHEN held = 0 OR ?4 > grave THEN ?3 ELSE gravest END,
    grave = CASE WHEN held = 0 THEN ?4 ELSE max(grave, ?4) END WHERE name = ?1

-- CHANNEL_DIGESTS
SELECT name, held, since, grave, gravest FROM channel WHERE held > 0 AND since <= ? ORDER BY name LIMIT 1

-- CHANNEL_TOLD
UPDATE channel SET held = 0, since = 0, grave = 0, gravest = 0 WHERE name = ?

-- Alerts that were told through channel ?1 from ?2 on.
-- CHANNEL_FLOW
SELECT count(DISTINCT key) FROM message WHERE kind = 'alert' AND channel = ?1 AND made >= ?2

-- Where it was found at ?1 that something came to nobody; where nothing is any more that did.
--! define HEALED bad = 1 AND NOT EXISTS(SELECT 1 FROM message m WHERE m.channel = channel.name
--!     AND m.state <> 'sent' AND m.void > 0)

-- CHANNELS_VOID
SELECT DISTINCT channel FROM message WHERE state <> 'sent' AND void > 0 AND void = ?1 ORDER BY channel

-- CHANNEL_HEALED
SELECT name FROM channel WHERE {HEALED} ORDER BY name LIMIT 1

-- CHANNEL_BAD
UPDATE channel SET bad = ?2 WHERE name = ?1

-- CHANNEL_LIST
SELECT c.name, c.kind, c.level, c.second, c.recipients, c.people, c.used, c.held,
    (SELECT count(*) FROM message INDEXED BY message_due WHERE channel = c.name AND state = 'waiting'),
    (SELECT min(made) FROM message INDEXED BY message_due WHERE channel = c.name AND state = 'waiting'),
    (SELECT count(*) FROM message INDEXED BY message_void WHERE channel = c.name AND state <> 'sent' AND void > 0)
    FROM channel c ORDER BY c.used DESC, c.name LIMIT ?

-- NOTIFIED
SELECT alert, (SELECT max(id) FROM alert) FROM notified

-- NOTIFIED_PUT
UPDATE notified SET alert = ?

-- NOTICE_ALERTS
SELECT id, rule, title, level, entity, first, hidden IS NULL AND {ALERT_IS_OPEN} FROM alert WHERE id > ?1
    ORDER BY id LIMIT ?2

-- Whatever its alert says is told once to each recipient: ?1 made, ?2 kind, ?3 key, ?4 channel, ?5 level,
-- ?6 subject, ?7 text, ?8 until, ?9 stands in for another.
-- MESSAGE_ADD
INSERT INTO message(made, kind, key, channel, recipient, level, subject, text, state, due, until, stands_in)
    SELECT ?1, ?2, ?3, c.name, r.value, ?5, ?6, ?7, 'waiting', ?1, ?8, ?9 FROM channel c, json_each(c.recipients) r
    WHERE c.name = ?4 AND c.used = 1 ON CONFLICT DO UPDATE SET stands_in = max(stands_in, excluded.stands_in)

-- To one person, through each channel that reaches his phone ?8 or his mail ?9 (conf/channel.h: channel_reaches()):
-- ?1 made, ?2 kind, ?3 key, ?4 level, ?5 subject, ?6 text, ?7 until.
-- MESSAGE_ADD_PERSON
INSERT INTO message(made, kind, key, channel, recipient, level, subject, text, state, due, until, stands_in)
    SELECT ?1, ?2, ?3, c.name, c.to_him, ?4, ?5, ?6, 'waiting', ?1, ?7, 0
    FROM (SELECT *, CASE kind WHEN 'gateway' THEN ?8 WHEN 'smtp' THEN ?9 END AS to_him FROM channel WHERE used = 1) c
    WHERE c.to_him <> '' AND (EXISTS(SELECT 1 FROM json_each(c.recipients) t WHERE t.value = c.to_him)
    OR EXISTS(SELECT 1 FROM json_each(c.people) p WHERE CASE WHEN substr(p.value, 1, 1) = '@'
    THEN substr(c.to_him, -length(p.value)) = p.value ELSE substr(c.to_him, 1, length(p.value)) = p.value END))
    ON CONFLICT DO NOTHING

-- Alerts of level ?1 for which people are to be called, as they wait since ?2 or longer.
-- CALLS_DUE
SELECT id, title, entity, first, made, called FROM alert INDEXED BY alert_unseen WHERE {ALERT_UNSEEN} AND level = ?1
    AND coalesce(called_at, made) <= ?2 ORDER BY coalesce(called_at, made) LIMIT ?3

-- CALLED
UPDATE alert SET called = ?2, called_at = ?3 WHERE id = ?1

-- CALL_ADD
INSERT INTO escalation(alert, time, step, person, messages) VALUES(?, ?, ?, ?, ?)

-- CALL_FLOW
SELECT count(*) FROM escalation WHERE time > ? AND messages > 0

--! define REACHED LEFT JOIN staff s ON s.ended IS NULL AND s.person_key

-- Who is at post ?3 at ?2.
-- CALL_POST
SELECT DISTINCT d.person, s.phone, s.email FROM duty d INDEXED BY duty_time {REACHED} = canh_fold(d.person)
    WHERE d.ended IS NULL AND d.ends > ?2 AND d.starts <= ?2 AND d.part = ?3
    AND NOT EXISTS(SELECT 1 FROM user u WHERE u.name_key = canh_fold(d.person) AND u.state <> 'active')
    ORDER BY d.person LIMIT ?1

-- CALL_LEADS
SELECT u.name, s.phone, s.email FROM user u {REACHED} = u.name_key WHERE u.state = 'active'
    AND EXISTS(SELECT 1 FROM json_each(u.roles) WHERE value = 'lead') ORDER BY u.name LIMIT ?1

-- Whom a call would reach at ?1, in the order of its steps.
-- CALL_LADDER
SELECT step, person, phone, email FROM (
    SELECT CASE d.part WHEN 'watch' THEN 0 WHEN 'on-call' THEN 1 ELSE 2 END AS place, d.part AS step, d.person, s.phone, s.email
    FROM duty d INDEXED BY duty_time {REACHED} = canh_fold(d.person) WHERE d.ended IS NULL AND d.ends > ?1 AND d.starts <= ?1
    AND NOT EXISTS(SELECT 1 FROM user u WHERE u.name_key = canh_fold(d.person) AND u.state <> 'active')
    UNION SELECT 3, 'leads', u.name, s.phone, s.email FROM user u {REACHED} = u.name_key WHERE u.state = 'active'
    AND EXISTS(SELECT 1 FROM json_each(u.roles) WHERE value = 'lead')) ORDER BY place, person LIMIT ?2

--! define CALL_COLUMNS x.id, x.alert, a.title, a.level, x.time, x.step, x.person, x.messages, a.state, a.acknowledged, a.assignee
--!     FROM escalation x JOIN alert a ON a.id = x.alert

-- CALL_LIST
SELECT {CALL_COLUMNS} WHERE (?1 IS NULL OR x.alert = ?1) ORDER BY x.id DESC LIMIT ?2

-- CALL_LIST_ALERT
SELECT {CALL_COLUMNS} WHERE x.alert = ?1 ORDER BY x.id DESC LIMIT ?2

-- MESSAGE_DUE
SELECT id, channel, recipient, kind, key, level, subject, text, made FROM message WHERE channel = ?1 AND
    state = 'waiting' AND due <= ?2 ORDER BY due, id LIMIT ?3

-- CHANNELS_USED
SELECT name FROM channel WHERE used = 1 ORDER BY name

-- MESSAGE_AT
SELECT state, attempts, until FROM message WHERE id = ?

-- MESSAGE_SENT
UPDATE message SET state = 'sent', sent = ?2, due = NULL, attempts = attempts + 1, error = NULL WHERE id = ?1

-- ?2 due, NULL: never again.
-- MESSAGE_FAILED
UPDATE message SET state = CASE WHEN ?2 IS NULL THEN 'failed' ELSE 'waiting' END, due = ?2,
    attempts = attempts + 1, error = ?3 WHERE id = ?1

-- MESSAGE_RETRY
UPDATE message SET state = 'waiting', due = ?2, until = ?3, attempts = 0 WHERE id = ?1

-- Of channels that are not there any more. ?1: why.
-- MESSAGES_LEFT
UPDATE message SET state = 'failed', due = NULL, error = ?1 WHERE state = 'waiting'
    AND channel IN (SELECT name FROM channel WHERE used = 0)

-- What does not come through: ?1 now less the time after which it should have, ?2 attempts.
--! define STUCK (state = 'failed' OR attempts >= ?2 OR made <= ?1)

-- MESSAGE_TAKE_OVER
SELECT m.id, m.kind, m.key, m.level, m.subject, m.text, c.second FROM message m JOIN channel c ON c.name = m.channel
    WHERE m.state <> 'sent' AND m.void IS NULL AND m.second IS NULL AND c.second <> '' AND c.used = 1 AND {STUCK}
    ORDER BY m.made LIMIT 1

-- MESSAGE_TAKEN_OVER
UPDATE message SET second = ?2 WHERE id = ?1

-- Who stands in for it: another channel, about the same. ?1, ?2 as above, ?3 now. A message whose second has yet
-- to take over is not judged.
--! define STAND_IN SELECT 1 FROM message s WHERE s.kind = message.kind AND s.key = message.key
--!     AND s.stands_in = 1 AND s.channel <> message.channel

-- MESSAGES_REACHED
UPDATE message SET void = 0 WHERE state <> 'sent' AND void IS NULL AND second IS NOT NULL AND {STUCK}
    AND EXISTS({STAND_IN} AND s.state = 'sent')

-- MESSAGES_VOID
UPDATE message SET void = ?3 WHERE state <> 'sent' AND void IS NULL AND {STUCK}
    AND (second IS NOT NULL OR NOT EXISTS(SELECT 1 FROM channel c WHERE c.name = message.channel AND c.used = 1
    AND c.second <> ''))
    AND NOT EXISTS({STAND_IN} AND (s.state = 'sent' OR (s.state = 'waiting' AND s.attempts < ?2 AND s.made > ?1)))

-- Is there anything of these? ?1, ?2 as above, ?3 digests that began before.
-- NOTICE_WORK
SELECT EXISTS(SELECT 1 FROM message WHERE state <> 'sent' AND void IS NULL AND {STUCK})
    OR EXISTS(SELECT 1 FROM channel WHERE held > 0 AND since <= ?3)
    OR EXISTS(SELECT 1 FROM channel WHERE {HEALED})

--! define MESSAGE_COLUMNS id, made, kind, key, channel, recipient, level, state, attempts, due, sent, second, error,
--!     coalesce(void > 0 AND state <> 'sent', 0), subject

-- MESSAGE_LIST
SELECT {MESSAGE_COLUMNS} FROM message WHERE (?1 IS NULL OR state = ?1) AND (?2 IS NULL OR channel = ?2)
    ORDER BY id DESC LIMIT ?3

-- MESSAGE_LIST_STATE
SELECT {MESSAGE_COLUMNS} FROM message WHERE state = ?1 AND (?2 IS NULL OR +channel = ?2) ORDER BY id DESC LIMIT ?3

-- MESSAGE_LIST_CHANNEL
SELECT {MESSAGE_COLUMNS} FROM message WHERE channel = ?2 AND (?1 IS NULL OR +state = ?1) ORDER BY id DESC LIMIT ?3

-- MESSAGE_SHOW
SELECT {MESSAGE_COLUMNS}, text FROM message WHERE id = ? LIMIT ?
