-- Rules in force.

-- RULE_CLEAR
DELETE FROM rule

-- RULE_PUT
INSERT OR REPLACE INTO rule(hash, rule, kind, title, level, status, author, written, modified, license, description, product,
    category, service, file, line, emit, techniques, tactics, tags, refs, false_positives) VALUES(?1, ?2, ?3, ?4, ?5,
    nullif(?6, ''), nullif(?7, ''), nullif(?8, ''), nullif(?9, ''), nullif(?10, ''), nullif(?11, ''), nullif(?12, ''),
    nullif(?13, ''), nullif(?14, ''), ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22)

-- RULE_REFUSED_CLEAR
DELETE FROM rule_refused

-- RULE_REFUSED_PUT
INSERT INTO rule_refused(number, file, line, title, why) VALUES(?, ?, ?, nullif(?, ''), ?)

-- RULES_REFUSED
SELECT file, line, title, why FROM rule_refused ORDER BY number LIMIT ?

-- A day and thirty, in ns. Of a rule's alerts those of the stretch are found by index alert_rule.
--! define DAY 86400000000000
--! define MONTH 2592000000000000
--! define RULE_ALERTS alert a INDEXED BY alert_rule WHERE a.rule = r.rule AND r.rule <> ''
--! define RULE_STATE CASE WHEN b.hash IS NOT NULL THEN 'blind' WHEN (SELECT max(last) FROM {RULE_ALERTS}) >= ?1 - {DAY}
--!     THEN 'firing' ELSE 'quiet' END
--! define RULE_FALSE (SELECT 100 * count(*) FILTER (WHERE verdict = 'false-positive') / nullif(count(verdict), 0)
--!     FROM (SELECT verdict FROM {RULE_ALERTS} ORDER BY last DESC LIMIT 100))

-- ?1 now, ?2 state, ?3 at least this level, ?4 a part of its id, title or file, ?5 technique, ?6 tactic
-- RULES
SELECT r.rule, r.kind, r.title, r.level, {RULE_STATE} AS state, b.reason, nullif(b.field, ''), b.since, r.status, r.author,
    r.product, r.category, r.service, r.file, r.techniques, r.tactics,
    (SELECT coalesce(sum(a.count), 0) FROM {RULE_ALERTS} AND a.last >= ?1 - {DAY} AND a.state <> 'withdrawn'),
    (SELECT count(*) FROM {RULE_ALERTS} AND a.last >= ?1 - {DAY}),
    (SELECT count(*) FROM {RULE_ALERTS} AND a.last >= ?1 - {MONTH}),
    (SELECT max(a.last) FROM {RULE_ALERTS}), {RULE_FALSE}, r.emit = 0
    FROM rule r LEFT JOIN blind b ON b.hash = r.hash
    WHERE (?2 IS NULL OR {RULE_STATE} = ?2) AND r.level >= coalesce(?3, 0)
    AND (?4 IS NULL OR instr(lower(r.title || ' ' || r.rule || ' ' || r.file), lower(?4)) > 0)
    AND (?5 IS NULL OR EXISTS (SELECT 1 FROM json_each(r.techniques) WHERE value = upper(?5) OR value LIKE upper(?5) || '.%'))
    AND (?6 IS NULL OR EXISTS (SELECT 1 FROM json_each(r.tactics) WHERE value = lower(?6)))
    ORDER BY r.level DESC, r.title, r.rule LIMIT ?7

-- ?1 now, ?2 its id
-- RULE_SHOW
SELECT r.rule, r.kind, r.title, r.level, {RULE_STATE}, b.reason, nullif(b.field, ''), b.since, r.status, r.author,
    r.written, r.modified, r.license, r.description, r.product, r.category, r.service, r.file, r.line, r.techniques,
    r.tactics, r.tags, r.refs, r.false_positives,
    (SELECT coalesce(sum(a.count), 0) FROM {RULE_ALERTS} AND a.last >= ?1 - {DAY} AND a.state <> 'withdrawn'),
    (SELECT coalesce(sum(a.count), 0) FROM {RULE_ALERTS} AND a.last >= ?1 - {MONTH} AND a.state <> 'withdrawn'),
    (SELECT count(*) FROM {RULE_ALERTS} AND a.last >= ?1 - {MONTH}),
    (SELECT count(*) FROM {RULE_ALERTS} AND a.last >= ?1 - {MONTH} AND a.state <> 'closed' AND a.state <> 'withdrawn'),
    (SELECT max(a.last) FROM {RULE_ALERTS}), {RULE_FALSE}, r.emit = 0
    FROM rule r LEFT JOIN blind b ON b.hash = r.hash WHERE r.rule = ?2 COLLATE NOCASE LIMIT ?3

-- A row a technique: rules that are about it, those that see their source, those that fired in thirty days. ?1 now
-- RULE_MATRIX
WITH fired(rule, alerts, last) AS MATERIALIZED (SELECT r.rule, (SELECT count(*) FROM {RULE_ALERTS} AND a.last >= ?1 - {MONTH}),
    (SELECT max(a.last) FROM {RULE_ALERTS}) FROM rule r WHERE r.techniques <> '[]' GROUP BY r.rule)
    SELECT t.technique, (SELECT json_group_array(value) FROM (SELECT DISTINCT j.value FROM technique u JOIN rule r
    ON r.hash = u.hash, json_each(r.tactics) j WHERE u.technique = t.technique ORDER BY 1)),
    count(*), count(*) FILTER (WHERE b.hash IS NULL), count(*) FILTER (WHERE f.alerts > 0), coalesce(sum(f.alerts), 0),
    max(f.last), count(*) FILTER (WHERE b.hash IS NULL) > 0
    FROM technique t LEFT JOIN blind b ON b.hash = t.hash LEFT JOIN fired f ON f.rule = t.rule
    GROUP BY t.technique ORDER BY t.technique LIMIT ?2

-- --- rules of the house

-- HOUSE_RULE_OF
SELECT id, text IS NOT NULL, disabled FROM house_rule WHERE rule = ?

-- HOUSE_RULE_ADD
INSERT INTO house_rule(rule, title) VALUES(?, ?)

-- Is it in force, or one of the house? Its title.
-- HOUSE_RULE_KNOWN
SELECT rule, title FROM rule WHERE rule = ?1 COLLATE NOCASE UNION ALL SELECT rule, title FROM house_rule WHERE rule = ?1 LIMIT 1

-- HOUSE_RULE_PUBLISH
UPDATE house_rule SET title = ?2, text = ?3 WHERE id = ?1

-- HOUSE_RULE_WITHDRAW
UPDATE house_rule SET text = NULL WHERE id = ?1

-- HOUSE_RULE_SWITCH
UPDATE house_rule SET disabled = ?2 WHERE id = ?1

-- HOUSE_RULE_CHANGE
INSERT INTO house_rule_change(house_rule, what, text, reason, act) VALUES(?, ?, ?, ?, ?)

-- HOUSE_RULE_STATE
SELECT json_array(title, text, disabled) FROM house_rule WHERE id = ?

-- HOUSE_RULE_STATE_PUT
UPDATE house_rule SET title = ?2 ->> 0, text = ?2 ->> 1, disabled = ?2 ->> 2 WHERE id = ?1

-- HOUSE_RULE_STAMP
SELECT stamp FROM house_rule_stamp

-- HOUSE_RULES_OUT
SELECT id, rule, text, disabled FROM house_rule ORDER BY id

-- ?1 a rule's id
-- HOUSE_RULES
SELECT h.rule, h.title, h.text IS NOT NULL, h.disabled, EXISTS (SELECT 1 FROM rule r WHERE r.rule = h.rule COLLATE NOCASE),
    count(c.id), max(a.time), a.name, c.reason, h.text
    FROM house_rule h LEFT JOIN house_rule_change c ON c.house_rule = h.id LEFT JOIN act a ON a.id = c.act
    WHERE ?1 IS NULL OR h.rule = ?1 GROUP BY h.id ORDER BY max(c.id) DESC LIMIT ?2

-- HOUSE_RULE_HISTORY
SELECT h.rule, c.what, a.time, a.name, c.reason, c.act, c.text FROM house_rule h JOIN house_rule_change c ON c.house_rule = h.id
    JOIN act a ON a.id = c.act WHERE h.rule = ?1 ORDER BY c.id DESC LIMIT ?2
