-- Which alerts belong together (src/group).

-- How long work on so many alerts waits, so that it is done for several at once: nothing up to 64, five minutes for 2,000.
--! define WAIT_OF_ALERTS (min(max(alerts - 64, 0), 2000) * 150000000)

-- In ns.
--! define DAY 86400000000000

-- Of which rule, and on which days: those about the day in question, but not that itself. Two make it common (group.h).
--! define RULE_MANY SELECT count(*) >= 2 FROM entity_many WHERE kind = 'rule'

-- ?2: a day on which the rule may be common, too.
-- GROUP_ALERT
SELECT a.level, a.hidden IS NOT NULL, c.candidate, coalesce(c.placed OR k.state <> 'open', 0), coalesce(k.alerts, 0), a.rule,
    ({RULE_MANY} AND key = a.rule AND day BETWEEN a.first / {DAY} - 6 AND a.first / {DAY} + 6 AND day <> a.first / {DAY}),
    ({RULE_MANY} AND key = a.rule AND day BETWEEN ?2 - 6 AND ?2 + 6 AND day <> ?2),
    EXISTS(SELECT 1 FROM group_wait WHERE alert = ?1)
    FROM alert a LEFT JOIN candidate_alert c ON c.alert = a.id LEFT JOIN candidate k ON k.id = c.candidate
    WHERE a.id = ?1

-- GROUP_ENTITY_PUT
INSERT INTO alert_about(alert, kind, key, first, last) SELECT ?1, ?2, ?3, ?4, ?4
    WHERE EXISTS(SELECT 1 FROM alert_about WHERE alert = ?1 AND kind = ?2 AND key = ?3)
        OR (SELECT count(*) FROM alert_about WHERE alert = ?1) < ?5
    ON CONFLICT DO UPDATE SET first = min(first, excluded.first), last = max(last, excluded.last)
    RETURNING first, last

-- GROUP_ENTITY_MORE
INSERT INTO alert_about(alert, kind, key, first, last) VALUES(?1, 'more', '', ?2, ?2)
    ON CONFLICT DO UPDATE SET first = min(first, excluded.first), last = max(last, excluded.last)

-- GROUP_ENTITIES
SELECT kind, key, first, last FROM alert_about WHERE alert = ?

-- GROUP_TACTIC_PUT
INSERT OR IGNORE INTO alert_tactic(alert, tactic, technique) VALUES(?, ?, ?)

-- GROUP_SPREAD_PUT
INSERT OR IGNORE INTO entity_spread(kind, key, day, rule, other) SELECT ?1, ?2, ?3, ?4, ?5
    WHERE (SELECT count(*) FROM entity_spread WHERE kind = ?1 AND key = ?2 AND day = ?3 AND rule = ?4) <= ?6

-- GROUP_SPREAD
SELECT count(*) FROM (SELECT DISTINCT other FROM entity_spread WHERE kind = ? AND key = ? AND day = ? LIMIT ?)

-- GROUP_SPREAD_OF
SELECT day, kind, key FROM entity_spread INDEXED BY entity_spread_rule WHERE rule = ? AND day >= ? ORDER BY day LIMIT 1

-- GROUP_SPREAD_DROP
DELETE FROM entity_spread WHERE kind = ? AND key = ? AND day = ? AND rule = ?

-- GROUP_SPREAD_PRUNE
DELETE FROM entity_spread WHERE day < ?

-- GROUP_MANY_PUT
INSERT INTO entity_many(kind, key, day, days) VALUES(?, ?, ?, ?) ON CONFLICT DO UPDATE SET days = excluded.days

-- GROUP_MANY
SELECT coalesce(sum(days), 0) FROM entity_many WHERE kind = ? AND key = ? AND day BETWEEN ? AND ?

-- GROUP_MANY_DROP
DELETE FROM entity_many WHERE kind = ? AND key = ? AND day = ?

-- GROUP_MANY_PRUNE
DELETE FROM entity_many WHERE day < ?

-- GROUP_RULE_MANY
{RULE_MANY} AND key = ?1 AND day BETWEEN ?2 - 6 AND ?2 + 6 AND day <> ?2

-- GROUP_TURN_PUT
INSERT INTO group_turn(rule, last, alert, day) VALUES(?1, ?2, 0, ?3)
    ON CONFLICT DO UPDATE SET last = min(last, excluded.last), alert = 0, day = min(day, excluded.day)

-- GROUP_TURN
SELECT rule, last, alert, day FROM group_turn LIMIT 1

-- GROUP_TURN_AT
UPDATE group_turn SET last = ?2, alert = ?3, day = ?4 WHERE rule = ?1

-- GROUP_TURN_DONE
DELETE FROM group_turn WHERE rule = ?

-- The next alerts of a rule, and whether it is of a candidate and common without that being known.
-- GROUP_TURN_ALERTS
SELECT a.id, a.last, coalesce(m.candidate, 0), m.alert IS NOT NULL AND NOT m.common AND ({RULE_MANY} AND key = a.rule
    AND day BETWEEN a.first / {DAY} - 6 AND a.first / {DAY} + 6 AND day <> a.first / {DAY})
    FROM alert a INDEXED BY alert_rule LEFT JOIN candidate_alert m ON m.alert = a.id
    WHERE a.rule = ?1 AND (a.last, a.id) > (?2, ?3) ORDER BY a.last, a.id LIMIT ?4

-- GROUP_COVER
UPDATE candidate_alert SET common = 1 WHERE alert = ?

-- What its hosts and users tied. ?3 now.
-- GROUP_COVER_PARTS
UPDATE candidate_link SET parts = ?3 + (SELECT {WAIT_OF_ALERTS} FROM candidate WHERE id = ?2)
    WHERE NOT parts AND id IN (SELECT l.id FROM alert_about b CROSS JOIN candidate_link l ON l.kind = b.kind
        AND l.key = b.key AND l.last >= b.first AND l.first <= b.last
        WHERE b.alert = ?1 AND b.kind IN ('host', 'user') AND l.candidate = ?2)

-- What it may tie again.
-- GROUP_TIE
INSERT OR IGNORE INTO group_wait(alert) SELECT b.alert FROM alert_about b CROSS JOIN candidate_alert m
    ON m.alert = b.alert WHERE b.kind = ?1 AND b.key = ?2 AND b.last >= ?3 AND b.first <= ?4 AND NOT m.placed
    AND NOT (m.common AND b.kind IN ('host', 'user'))

-- GROUP_LINK_FIND
SELECT l.id, l.first, l.last, l.candidate, c.alerts, l.parts FROM candidate_link l CROSS JOIN candidate c
    ON c.id = l.candidate WHERE l.kind = ? AND l.key = ? AND l.last >= ? AND l.first <= ? AND c.state = 'open'
    AND (l.candidate = ? OR c.alerts <= ?) ORDER BY l.last LIMIT 1

-- GROUP_LINK_ADD
INSERT INTO candidate_link(kind, key, first, last, candidate, parts) VALUES(?, ?, ?, ?, ?, ?)

-- GROUP_LINK_DROP
DELETE FROM candidate_link WHERE id = ?

-- ?6 now.
-- GROUP_LINK_PARTS
UPDATE candidate_link SET parts = ?6 + (SELECT {WAIT_OF_ALERTS} FROM candidate WHERE id = candidate_link.candidate)
    WHERE kind = ?1 AND key = ?2 AND last >= ?3 AND first <= ?4 AND (?5 IS NULL OR candidate = ?5) AND NOT parts

-- GROUP_PARTS_OF
SELECT DISTINCT kind, key FROM candidate_link WHERE candidate = ? AND parts

-- GROUP_LINKS_PARTED
DELETE FROM candidate_link WHERE candidate = ? AND parts

-- GROUP_MEMBERS
SELECT alert FROM candidate_alert WHERE candidate = ? AND NOT placed ORDER BY alert

-- GROUP_ENTITIES_ALL
SELECT b.alert, b.kind, b.key, b.first, b.last FROM candidate_alert m CROSS JOIN alert_about b ON b.alert = m.alert
    WHERE m.candidate = ? AND NOT m.placed AND NOT (m.common AND b.kind IN ('host', 'user'))
    ORDER BY b.kind, b.key, b.first

-- GROUP_OPEN_FOR
INSERT INTO candidate(state, first, last, alerts) SELECT 'open', first, last, 0 FROM alert WHERE id = ?

-- GROUP_MOVE_ONE
UPDATE candidate_alert SET candidate = ?2 WHERE alert = ?1

-- ?1 now.
-- GROUP_PARTED
SELECT l.candidate, c.state = 'open' FROM candidate_link l INDEXED BY candidate_link_parts
    JOIN candidate c ON c.id = l.candidate WHERE l.parts AND l.parts <= ? ORDER BY l.parts LIMIT 1

-- GROUP_LINKS_DROP
DELETE FROM candidate_link WHERE candidate = ?

-- GROUP_LINKS_KEEP
UPDATE candidate_link SET parts = 0 WHERE candidate = ? AND parts

-- GROUP_OPEN
INSERT INTO candidate(state, first, last, alerts) VALUES('open', ?1, ?1, 0)

-- ?4 now.
-- GROUP_GROW
UPDATE candidate SET alerts = alerts + ?2, last = max(last, ?3), stale = iif(stale, stale, ?4 + {WAIT_OF_ALERTS})
    WHERE id = ?1

-- ?2 now.
-- GROUP_STALE
UPDATE candidate SET stale = ?2 + {WAIT_OF_ALERTS} WHERE id = ?1 AND NOT stale

-- GROUP_LAST
UPDATE candidate SET last = ?2 WHERE id = ?1 AND last < ?2

-- ?2 now.
-- GROUP_COUNT
WITH counted AS MATERIALIZED (SELECT count(*) AS alerts FROM candidate_alert WHERE candidate = ?1)
    UPDATE candidate SET alerts = (SELECT alerts FROM counted), stale = iif(stale, stale, ?2 +
    (SELECT {WAIT_OF_ALERTS} FROM counted)) WHERE id = ?1

-- GROUP_PUT
INSERT INTO candidate_alert(alert, candidate, common) VALUES(?, ?, ?)

-- GROUP_WAIT
INSERT OR IGNORE INTO group_wait(alert, was) SELECT alert, candidate FROM candidate_alert WHERE candidate = ?
    AND NOT placed

-- GROUP_EMPTY
DELETE FROM candidate_alert WHERE candidate = ? AND NOT placed

-- GROUP_WAITING
SELECT w.alert, coalesce((SELECT id FROM candidate WHERE id = w.was AND state = 'open' AND alerts = 0), 0)
    FROM group_wait w ORDER BY w.alert LIMIT 1

-- GROUP_WAITED
DELETE FROM group_wait WHERE alert = ?

-- GROUP_MOVE
UPDATE candidate_alert SET candidate = ?2 WHERE candidate = ?1

-- GROUP_MOVE_LINKS
UPDATE candidate_link SET candidate = ?2 WHERE candidate = ?1

-- GROUP_JOINED
UPDATE candidate SET state = 'joined', joined = ?2, alerts = 0, score = 0, rank = NULL, stale = 0 WHERE id = ?1

-- GROUP_FOLLOW
UPDATE candidate SET joined = ?2 WHERE joined = ?1

-- ?1 now.
-- GROUP_STALE_ONE
SELECT id FROM candidate INDEXED BY candidate_stale WHERE stale AND stale <= ? ORDER BY stale LIMIT 1

-- GROUP_DISSOLVE
UPDATE candidate SET state = 'dissolved', score = 0, rank = NULL WHERE id = ? AND state = 'open' AND alerts = 0

-- In ns: group.h.
--! define HALF_LIFE 86400e9
--! define ALERT_COUNTS (a.state <> 'withdrawn' AND coalesce(a.verdict, '') NOT IN ('false-positive', 'duplicate', 'test'))
-- Of entity b: the level of the gravest system that has this host (whole or its first label) or address.
--! define LEVEL_OF_ENTITY (SELECT max(s.level) FROM (SELECT 'host' AS kind, b.key AS key, 0 AS bits
--!     UNION ALL SELECT 'host', substr(b.key, 1, instr(b.key, '.') - 1), 0 UNION ALL SELECT 'net4', b.key, 32) w
--!     CROSS JOIN system_key k ON k.kind = w.kind AND k.key = w.key AND k.bits = w.bits
--!     JOIN system s ON s.id = k.system WHERE s.retired IS NULL AND (b.kind = 'host') = (w.kind = 'host'))

-- What a candidate counts: each rule once (a tenth when it is common), a quarter more for each tactic that goes on in the order of ATT&CK after
-- another, all of it by the level of the gravest system.
-- GROUP_SCORE
UPDATE candidate SET stale = 0, (first, last, alerts, score, heard, rank, level, rules, tactics, about, system_level,
    waiting) = (
    WITH member AS MATERIALIZED (SELECT a.id, a.rule, a.level, a.first, a.last, a.made, m.common, {ALERT_COUNTS} AS counts,
            a.incident IS NULL AND a.state NOT IN ('closed', 'withdrawn') AS waits
            FROM candidate_alert m CROSS JOIN alert a ON a.id = m.alert WHERE m.candidate = ?1),
        began AS MATERIALIZED (SELECT t.tactic, min(m.first) AS first FROM member m CROSS JOIN alert_tactic t
            ON t.alert = m.id WHERE m.counts AND t.tactic > 0 GROUP BY t.tactic),
        went_on AS (SELECT count(*) AS tactics FROM began b WHERE NOT EXISTS (SELECT 1 FROM began o
            WHERE o.tactic < b.tactic AND o.first > b.first)),
        entity AS MATERIALIZED (SELECT b.kind, b.key, count(*) AS alerts FROM member m CROSS JOIN alert_about b
            ON b.alert = m.id WHERE b.kind IN ('host', 'user', 'address') GROUP BY b.kind, b.key),
        owner AS MATERIALIZED (SELECT max({LEVEL_OF_ENTITY}) AS level FROM entity b WHERE b.kind <> 'user'),
        figures AS MATERIALIZED (SELECT min(first) AS first, max(last) AS last, count(*) AS alerts,
            max(made) AS heard, max(level) AS level, count(DISTINCT rule) AS rules,
            coalesce(sum(waits), 0) AS waiting FROM member),
        counted AS MATERIALIZED (SELECT coalesce((SELECT sum(weight) FROM (SELECT max(w.weight * iif(m.common, 0.1, 1)) AS weight
            FROM member m JOIN level_weight w ON w.level = m.level WHERE m.counts GROUP BY m.rule)), 0) *
            (1 + 0.25 * max((SELECT tactics FROM went_on) - 1, 0)) *
            (SELECT weight FROM system_weight WHERE level = coalesce((SELECT level FROM owner), 0)) AS score)
    SELECT coalesce(f.first, candidate.first), coalesce(f.last, candidate.last), f.alerts, c.score,
        coalesce(f.heard, candidate.heard), iif(c.score > 0, log2(c.score) + f.heard / {HALF_LIFE}, NULL),
        coalesce(f.level, 0), f.rules, (SELECT json_group_array(tactic) FROM (SELECT tactic FROM began ORDER BY tactic)),
        (SELECT json_group_array(json_object('kind', kind, 'key', key)) FROM (SELECT kind, key FROM entity
            WHERE kind <> 'address' ORDER BY alerts DESC, kind, key LIMIT 4)),
        (SELECT level FROM owner), f.waiting FROM figures f, counted c)
    WHERE id = ?1

-- --- risk of entities

--! define HAS_RISK ('host', 'user', 'address', 'domain', 'hash')

-- ?3 now.
-- GROUP_RISK_STALE
INSERT OR IGNORE INTO entity_stale(kind, key, due) VALUES(?1, ?2, ?3 + coalesce((SELECT {WAIT_OF_ALERTS} FROM entity_risk
    WHERE kind = ?1 AND key = ?2), 0))

-- GROUP_JUDGED
SELECT alert FROM group_judged LIMIT 1

-- GROUP_JUDGED_RISK
INSERT INTO entity_stale(kind, key) SELECT kind, key FROM alert_about WHERE alert = ? AND kind IN {HAS_RISK}
    ON CONFLICT DO UPDATE SET due = 0

-- GROUP_JUDGED_SCORE
UPDATE candidate SET stale = 1 WHERE id = (SELECT candidate FROM candidate_alert WHERE alert = ?)

-- GROUP_JUDGED_DONE
DELETE FROM group_judged WHERE alert = ?

-- ?1 now.
-- GROUP_RISK_ONE
SELECT kind, key FROM entity_stale WHERE due <= ? ORDER BY due LIMIT 1

-- GROUP_RISK_DONE
DELETE FROM entity_stale WHERE kind = ? AND key = ?

-- GROUP_RISK_DROP
DELETE FROM entity_risk WHERE kind = ? AND key = ?

-- Each rule once, by its newest alert, which counts half as much with each half-life that passed; of the newest 2,000.
-- GROUP_RISK
INSERT INTO entity_risk(kind, key, risk, heard, rank, alerts, rules, system_level)
    WITH known AS MATERIALIZED (SELECT a.rule, a.made, w.weight FROM alert_about b CROSS JOIN alert a ON a.id = b.alert
            JOIN level_weight w ON w.level = a.level WHERE b.kind = ?1 AND b.key = ?2 AND w.weight > 0
            AND a.hidden IS NULL AND {ALERT_COUNTS} ORDER BY b.last DESC LIMIT 2000),
        at AS MATERIALIZED (SELECT max(made) AS heard, count(*) AS alerts FROM known),
        rule AS MATERIALIZED (SELECT max(k.weight * pow(2, (k.made - at.heard) / {HALF_LIFE})) AS risk
            FROM known k, at GROUP BY k.rule),
        owner AS MATERIALIZED (SELECT {LEVEL_OF_ENTITY} AS level FROM (SELECT ?1 AS kind, ?2 AS key) b
            WHERE b.kind IN ('host', 'address')),
        counted AS MATERIALIZED (SELECT sum(risk) * (SELECT weight FROM system_weight WHERE level =
            coalesce((SELECT level FROM owner), 0)) AS risk, count(*) AS rules FROM rule)
    SELECT ?1, ?2, c.risk, at.heard, log2(c.risk) + at.heard / {HALF_LIFE}, at.alerts, c.rules,
        (SELECT level FROM owner) FROM counted c, at WHERE c.risk > 0

-- For tools/group_rate.
-- GROUP_FIGURES
SELECT a.id, a.level, a.count, coalesce(m.candidate, 0), coalesce(printf('%.3f', c.score), '0') FROM alert a
    LEFT JOIN candidate_alert m ON m.alert = a.id LEFT JOIN candidate c ON c.id = m.candidate ORDER BY a.id

-- --- acts

-- CANDIDATE_IS
SELECT state, alerts, first, last FROM candidate WHERE id = ?

-- CANDIDATE_STATE
SELECT json_array(state, incident, reason, by, at) FROM candidate WHERE id = ?

-- CANDIDATE_STATE_PUT
UPDATE candidate SET state = ?2 ->> 0, incident = ?2 ->> 1, reason = ?2 ->> 2, by = ?2 ->> 3, at = ?2 ->> 4 WHERE id = ?1

-- Those that can still be decided, or be of an incident.
-- CANDIDATE_ALERTS_OPEN
SELECT a.id FROM candidate_alert m CROSS JOIN alert a ON a.id = m.alert WHERE m.candidate = ? AND a.incident IS NULL
    AND a.state NOT IN ('closed', 'withdrawn') ORDER BY a.id

-- CANDIDATE_DISMISS
UPDATE candidate SET state = 'dismissed', reason = ?2, by = ?3, at = ?4 WHERE id = ?1

-- CANDIDATE_ESCALATE
UPDATE candidate SET state = 'escalated', incident = ?2, reason = NULL, by = ?3, at = ?4 WHERE id = ?1

-- CANDIDATE_RESTORE
UPDATE candidate SET state = 'open', incident = NULL, reason = NULL, by = NULL, at = NULL WHERE id = ?

-- Somebody said that ?1 and ?2 are one: their first alerts say so from now on.
-- CANDIDATE_SAID
INSERT OR IGNORE INTO alert_about(alert, kind, key, first, last)
    SELECT a.id, 'people', ?3, a.first, a.last FROM alert a WHERE a.id IN
        ((SELECT min(alert) FROM candidate_alert WHERE candidate = ?1 AND NOT placed),
         (SELECT min(alert) FROM candidate_alert WHERE candidate = ?2 AND NOT placed))

-- CANDIDATE_SAID_LINK
INSERT INTO candidate_link(kind, key, first, last, candidate)
    SELECT kind, key, min(first), max(last), ?2 FROM alert_about WHERE kind = 'people' AND key = ?1 GROUP BY kind, key

-- CANDIDATE_OF
SELECT candidate, placed FROM candidate_alert WHERE alert = ?

-- CANDIDATE_PLACE
INSERT INTO candidate_alert(alert, candidate, placed) VALUES(?1, ?2, 1)
    ON CONFLICT DO UPDATE SET candidate = excluded.candidate, placed = 1

-- CANDIDATE_FREE
DELETE FROM candidate_alert WHERE alert = ?

-- CANDIDATE_WAIT
INSERT OR IGNORE INTO group_wait(alert) VALUES(?)

-- --- views

--! define CANDIDATE_FULL c.id, c.state, round(c.score * pow(2, min(0, (c.heard - ?1) / {HALF_LIFE})), 2), c.level,
--!     c.alerts, c.waiting, c.rules, c.tactics, c.about, c.system_level, c.first, c.last, c.heard, c.joined, c.incident, c.reason,
--!     c.by, c.at

-- CANDIDATES_QUEUE
SELECT {CANDIDATE_FULL} FROM candidate c INDEXED BY candidate_queue WHERE c.state = 'open' AND c.score >= 1.5
    AND c.waiting > 0 AND c.level >= coalesce(?3, 0) ORDER BY c.rank DESC LIMIT ?4

-- CANDIDATES_ALL
SELECT {CANDIDATE_FULL} FROM candidate c INDEXED BY candidate_heard WHERE c.state = coalesce(?2, 'open')
    AND c.level >= coalesce(?3, 0) ORDER BY c.heard DESC LIMIT ?4

-- CANDIDATE_SHOW
SELECT {CANDIDATE_FULL} FROM candidate c WHERE c.id = ?2 LIMIT ?3

-- CANDIDATE_ALERTS
SELECT a.id, a.state, a.level, a.title, a.rule, a.entity, a.count, a.first, a.last, a.assignee, a.verdict, a.incident,
    m.placed FROM candidate_alert m CROSS JOIN alert a ON a.id = m.alert WHERE m.candidate = ? ORDER BY a.first, a.id LIMIT ?

-- common: see group.h.
-- CANDIDATE_ENTITIES
SELECT b.kind, b.key, count(*), min(b.first), max(b.last), (SELECT sum(d.days) >= 2 FROM entity_many d
    WHERE d.kind = b.kind AND d.key = b.key AND d.day BETWEEN min(b.first) / 86400000000000 - 6
    AND max(b.last) / 86400000000000 + 6) FROM candidate_alert m CROSS JOIN alert_about b ON b.alert = m.alert
    WHERE m.candidate = ? AND b.kind <> 'rule' GROUP BY b.kind, b.key ORDER BY count(*) DESC, b.kind, b.key LIMIT ?

-- CANDIDATE_TACTICS
SELECT t.tactic, nullif(t.technique, ''), count(*), min(a.first), max(a.last) FROM candidate_alert m CROSS JOIN alert_tactic t
    ON t.alert = m.alert CROSS JOIN alert a ON a.id = m.alert WHERE m.candidate = ? GROUP BY t.tactic, t.technique
    ORDER BY t.tactic, min(a.first) LIMIT ?

-- CANDIDATE_OF_ALERT
SELECT m.candidate, c.state, m.placed FROM candidate_alert m JOIN candidate c ON c.id = m.candidate WHERE m.alert = ? LIMIT ?

--! define RISK_NOW round(r.risk * pow(2, min(0, (r.heard - ?1) / {HALF_LIFE})), 2)

-- ENTITIES_TOP
SELECT r.kind, r.key, {RISK_NOW}, r.alerts, r.rules, r.system_level, r.heard FROM entity_risk r INDEXED BY entity_risk_all
    ORDER BY r.rank DESC LIMIT ?3

-- ENTITIES_TOP_OF
SELECT r.kind, r.key, {RISK_NOW}, r.alerts, r.rules, r.system_level, r.heard FROM entity_risk r INDEXED BY entity_risk_kind
    WHERE r.kind = ?2 ORDER BY r.rank DESC LIMIT ?3

-- ENTITY_SHOW
SELECT r.kind, r.key, {RISK_NOW}, r.alerts, r.rules, r.system_level, r.heard FROM entity_risk r
    WHERE r.kind = ?2 AND r.key = ?3 LIMIT ?4

-- ENTITY_ALERTS
SELECT a.id, a.state, a.level, a.title, a.rule, a.entity, a.count, b.first, b.last, a.assignee, a.verdict, a.incident,
    m.candidate FROM alert_about b CROSS JOIN alert a ON a.id = b.alert LEFT JOIN candidate_alert m ON m.alert = a.id
    WHERE b.kind = ?1 AND b.key = ?2 AND b.last <= coalesce(?3, 9223372036854775807) ORDER BY b.last DESC LIMIT ?4

-- With what else it came in alerts, the most often first: of its newest 500.
-- ENTITY_BESIDE
SELECT o.kind, o.key, count(*), min(o.first), max(o.last) FROM (SELECT alert FROM alert_about WHERE kind = ?1 AND key = ?2
    ORDER BY last DESC LIMIT 500) b CROSS JOIN alert_about o ON o.alert = b.alert WHERE o.kind NOT IN ('rule', 'more')
    AND NOT (o.kind = ?1 AND o.key = ?2) GROUP BY o.kind, o.key ORDER BY count(*) DESC, o.kind, o.key LIMIT ?3
