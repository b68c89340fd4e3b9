-- Which alerts belong together (src/group).

-- GROUP_ALERT
SELECT a.level, a.hidden IS NOT NULL, c.candidate, coalesce(c.placed OR k.state <> 'open', 0) FROM alert a LEFT JOIN
    candidate_alert c ON c.alert = a.id LEFT JOIN candidate k ON k.id = c.candidate WHERE a.id = ?

-- GROUP_ENTITY_PUT
INSERT INTO alert_about(alert, kind, key, first, last) SELECT ?1, ?2, ?3, ?4, ?4
    WHERE EXISTS(SELECT 1 FROM alert_about WHERE alert = ?1 AND kind = ?2 AND key = ?3)
        OR (SELECT count(*) FROM alert_about WHERE alert = ?1) < ?5
    ON CONFLICT DO UPDATE SET first = min(first, excluded.first), last = max(last, excluded.last)
    RETURNING first, last

-- GROUP_ENTITIES
SELECT kind, key, first, last FROM alert_about WHERE alert = ?

-- GROUP_TACTIC_PUT
INSERT OR IGNORE INTO alert_tactic(alert, tactic, technique) VALUES(?, ?, ?)

-- GROUP_SPREAD_PUT
INSERT OR IGNORE INTO entity_spread(kind, key, week, other) SELECT ?1, ?2, ?3, ?4
    WHERE (SELECT count(*) FROM entity_spread WHERE kind = ?1 AND key = ?2 AND week = ?3) <= ?5

-- GROUP_SPREAD
SELECT count(*) FROM entity_spread WHERE kind = ? AND key = ? AND week = ?

-- GROUP_SPREAD_PRUNE
DELETE FROM entity_spread WHERE week < ?

-- GROUP_LINK_FIND
SELECT l.id, l.first, l.last, l.candidate, c.alerts FROM candidate_link l CROSS JOIN candidate c ON c.id = l.candidate
    WHERE l.kind = ? AND l.key = ? AND l.last >= ? AND l.first <= ? AND c.state = 'open' ORDER BY l.last LIMIT 1

-- GROUP_LINK_ADD
INSERT INTO candidate_link(kind, key, first, last, candidate) VALUES(?, ?, ?, ?, ?)

-- GROUP_LINK_DROP
DELETE FROM candidate_link WHERE id = ?

-- GROUP_LINKS_DROP
DELETE FROM candidate_link WHERE candidate = ?

-- GROUP_LINKED
SELECT DISTINCT l.candidate FROM candidate_link l CROSS JOIN candidate c ON c.id = l.candidate WHERE l.kind = ? AND
    l.key = ? AND l.last >= ? AND l.first < ? AND c.state = 'open' ORDER BY l.candidate LIMIT 1000

-- GROUP_OPEN
INSERT INTO candidate(state, first, last, score, alerts) VALUES('open', ?1, ?1, 0, 0)

-- GROUP_SIZE
SELECT alerts FROM candidate WHERE id = ?

-- GROUP_GROW
UPDATE candidate SET alerts = alerts + ?2, last = max(last, ?3) WHERE id = ?1

-- GROUP_REUSE
UPDATE candidate SET alerts = (SELECT count(*) FROM candidate_alert WHERE candidate = ?1) WHERE id = ?1

-- GROUP_PUT
INSERT INTO candidate_alert(alert, candidate) VALUES(?, ?)

-- GROUP_MEMBERS
SELECT alert FROM candidate_alert WHERE candidate = ? AND NOT placed ORDER BY alert

-- GROUP_EMPTY
DELETE FROM candidate_alert WHERE candidate = ? AND NOT placed

-- GROUP_MOVE
UPDATE candidate_alert SET candidate = ?2 WHERE candidate = ?1

-- GROUP_MOVE_LINKS
UPDATE candidate_link SET candidate = ?2 WHERE candidate = ?1

-- GROUP_JOINED
UPDATE candidate SET state = 'joined', joined = ?2, alerts = 0, score = 0 WHERE id = ?1

-- GROUP_FOLLOW
UPDATE candidate SET joined = ?2 WHERE joined = ?1

-- How many alerts, from when to when, and what they count: each rule once, a quarter more for each tactic that
-- goes on in the order of ATT&CK after another.
-- GROUP_SCORE
UPDATE candidate SET (first, last, alerts, score) = (
    WITH member AS MATERIALIZED (SELECT a.id, a.rule, a.level, a.first, a.last,
            a.state <> 'withdrawn' AND coalesce(a.verdict, '') NOT IN ('false-positive', 'duplicate', 'test') AS counts
            FROM candidate_alert m JOIN alert a ON a.id = m.alert WHERE m.candidate = ?1),
        began AS MATERIALIZED (SELECT t.tactic, min(m.first) AS first FROM member m JOIN alert_tactic t
            ON t.alert = m.id WHERE m.counts AND t.tactic > 0 GROUP BY t.tactic),
        went_on AS (SELECT count(*) AS tactics FROM began b WHERE NOT EXISTS (SELECT 1 FROM began o
            WHERE o.tactic < b.tactic AND o.first > b.first))
    SELECT coalesce((SELECT min(first) FROM member), candidate.first),
        coalesce((SELECT max(last) FROM member), candidate.last), (SELECT count(*) FROM member),
        coalesce((SELECT sum(weight) FROM (SELECT max(w.weight) AS weight FROM member m JOIN level_weight w
            ON w.level = m.level WHERE m.counts GROUP BY m.rule)), 0) *
        (1 + 0.25 * max((SELECT tactics FROM went_on) - 1, 0)))
    WHERE id = ?1

-- For tools/group_rate.
-- GROUP_FIGURES
SELECT a.id, a.level, a.count, coalesce(m.candidate, 0), coalesce(printf('%.3f', c.score), '0') FROM alert a
    LEFT JOIN candidate_alert m ON m.alert = a.id LEFT JOIN candidate c ON c.id = m.candidate ORDER BY a.id
