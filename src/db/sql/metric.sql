-- Figures over a stretch of time: ?1 from, ?2 to (NULL: now, ?3), ?4 limit. All are of what came within it.

-- Alerts that people decide on: not those of the system about itself, not what was taken back.
--! define METRIC_ALERT alert a WHERE a.made >= ?1 AND a.made < coalesce(?2, ?3)
--!     AND a.kind <> 'system' AND a.state <> 'withdrawn'

-- Nearest rank: of n values in order the ceil(q n)-th, so a value that there was.
--! define METRIC_RANKED SELECT *, row_number() OVER (PARTITION BY what, level ORDER BY ns) AS k,
--!     count(*) OVER (PARTITION BY what, level) AS n
--! define METRIC_MEDIAN max(CASE WHEN k = (n + 1) / 2 THEN ns END) / 1000000000
--! define METRIC_HIGH max(CASE WHEN k = (n * 95 + 99) / 100 THEN ns END) / 1000000000

-- METRIC_TIMES
WITH few AS MATERIALIZED (SELECT level, first, made, acknowledged, closed, incident, hidden FROM {METRIC_ALERT}),
    part(what, level, ns) AS (
    SELECT '1 detect', level, max(made - first, 0) FROM few
    UNION ALL SELECT '2 acknowledge', level, acknowledged - made FROM few WHERE acknowledged IS NOT NULL
    UNION ALL SELECT '3 decide', level, closed - made FROM few WHERE closed IS NOT NULL AND hidden IS NULL
    UNION ALL SELECT '4 open', 7, opened - detected FROM incident i WHERE detected >= ?1 AND detected < coalesce(?2, ?3)
    UNION ALL SELECT '5 close', 7, closed - detected FROM incident i WHERE detected >= ?1 AND detected < coalesce(?2, ?3)
        AND closed IS NOT NULL),
    ranked AS ({METRIC_RANKED} FROM part)
    SELECT substr(what, 3), CASE WHEN level < 7 THEN level END, n, {METRIC_MEDIAN}, {METRIC_HIGH}, max(ns) / 1000000000
    FROM ranked GROUP BY what, level ORDER BY what, level DESC LIMIT ?4

-- Findings, alerts and what became an incident are three figures.
-- METRIC_ALERTS
SELECT level, sum(count), count(*), count(*) FILTER (WHERE hidden IS NOT NULL), count(*) FILTER (WHERE incident IS NOT NULL),
    count(*) FILTER (WHERE state <> 'closed' AND hidden IS NULL), count(*) FILTER (WHERE verdict = 'true-positive'),
    count(*) FILTER (WHERE verdict = 'benign-true-positive'), count(*) FILTER (WHERE verdict = 'false-positive'),
    count(*) FILTER (WHERE verdict = 'duplicate'), count(*) FILTER (WHERE verdict = 'test'),
    count(*) FILTER (WHERE verdict = 'undetermined') FROM {METRIC_ALERT} GROUP BY level ORDER BY level DESC LIMIT ?4

-- METRIC_RULES
SELECT rule, max(title), max(level), sum(count), count(*) AS alerts, count(*) FILTER (WHERE hidden IS NOT NULL),
    count(*) FILTER (WHERE incident IS NOT NULL), count(*) FILTER (WHERE verdict = 'true-positive'),
    count(*) FILTER (WHERE verdict = 'benign-true-positive'), count(*) FILTER (WHERE verdict = 'false-positive'),
    count(*) FILTER (WHERE verdict = 'duplicate'),
    CASE WHEN count(*) FILTER (WHERE state = 'closed') > 0 THEN 100 * count(*) FILTER (WHERE verdict = 'false-positive')
        / count(*) FILTER (WHERE state = 'closed') END
    FROM {METRIC_ALERT} GROUP BY rule ORDER BY alerts DESC, rule LIMIT ?4

-- Whose alerts they are.
-- METRIC_PEOPLE
WITH part(what, level, who, ns, open) AS (SELECT '', 0, assignee, closed - made, state <> 'closed' FROM {METRIC_ALERT}
        AND assignee IS NOT NULL),
    ranked AS (SELECT *, row_number() OVER (PARTITION BY who ORDER BY ns IS NULL, ns) AS k, count(ns) OVER (PARTITION BY who) AS n
        FROM part)
    SELECT who, count(*), sum(open), n, {METRIC_MEDIAN}, {METRIC_HIGH} FROM ranked GROUP BY who ORDER BY count(*) DESC, who LIMIT ?4

-- A row a shift that began within: what came meanwhile, what its person decided of it in that time.
-- METRIC_SHIFTS
SELECT d.id, d.person, d.part, d.starts, d.ends,
    (SELECT count(*) FROM alert a WHERE a.made >= d.starts AND a.made < d.ends AND a.kind <> 'system' AND a.hidden IS NULL
        AND a.state <> 'withdrawn'),
    (SELECT count(*) FROM act_on o JOIN act c ON c.id = o.act WHERE o.kind = 'alert' AND c.name = d.person
        AND c.act = 'alert.close' AND c.time >= d.starts AND c.time < d.ends AND c.outcome = 'done'),
    (SELECT count(*) FROM act c WHERE c.name = d.person AND c.time >= d.starts AND c.time < d.ends AND c.outcome = 'done')
    FROM duty d WHERE d.ended IS NULL AND d.starts >= ?1 AND d.starts < coalesce(?2, ?3) ORDER BY d.starts, d.id LIMIT ?4

-- Clocks of the law that began within: the margin is what was left when it was answered.
-- METRIC_CLOCKS
WITH part(what, level, clock, ns, late, open) AS (SELECT '', 0, c.clock, c.due - d.sent, coalesce(d.sent, ?3) > c.due,
        c.dispatch IS NULL FROM clock c LEFT JOIN dispatch d ON d.id = c.dispatch
        WHERE c.ended IS NULL AND c.started >= ?1 AND c.started < coalesce(?2, ?3)),
    ranked AS (SELECT *, row_number() OVER (PARTITION BY clock ORDER BY ns IS NULL, ns) AS k,
        count(ns) OVER (PARTITION BY clock) AS n FROM part)
    SELECT clock, (SELECT vi FROM clock v WHERE v.clock = ranked.clock ORDER BY v.id DESC LIMIT 1), count(*), sum(open), sum(late),
    {METRIC_MEDIAN}, min(ns) / 1000000000 FROM ranked GROUP BY clock ORDER BY clock LIMIT ?4

-- --- what was agreed

-- CONTRACT_ADD
INSERT INTO contract_level(provider, document, measure, level, most, share, starts, ends, act)
    VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)

-- CONTRACT_IS
SELECT ended FROM contract_level WHERE id = ?

-- CONTRACT_END
UPDATE contract_level SET ended = ?2 WHERE id = ?1

-- CONTRACTS
SELECT c.id, c.provider, c.document, c.measure, c.level, c.most, c.share, c.starts, c.ends, a.name, e.time
    FROM contract_level c JOIN act a ON a.id = c.act LEFT JOIN act e ON e.id = c.ended ORDER BY c.id DESC LIMIT ?1

--! define CONTRACT_ALERT a.kind <> 'system' AND a.state <> 'withdrawn' AND a.hidden IS NULL
--!     AND (g.level IS NULL OR a.level = g.level)

-- What was agreed for some of ?1 to ?2: what it is about (a case), how long that took (ns), whether it lasts on.
-- A case that lasts is judged when it is late. Of the watch the cases are its gaps.
-- METRIC_CONTRACT
WITH agreed AS MATERIALIZED (SELECT c.*, max(c.starts, ?1) AS f, min(coalesce(c.ends, 9223372036854775807), coalesce(?2, ?3)) AS t
        FROM contract_level c WHERE c.ended IS NULL AND c.starts < coalesce(?2, ?3)
        AND coalesce(c.ends, 9223372036854775807) > ?1),
    edge(id, t, d) AS (SELECT id, f, 0 FROM agreed WHERE measure = 'watch' AND f < ?3
        UNION ALL SELECT id, min(t, ?3), 0 FROM agreed WHERE measure = 'watch' AND f < ?3
        UNION ALL SELECT g.id, max(d.starts, g.f), 1 FROM agreed g CROSS JOIN duty d ON d.ends > g.f AND d.starts < min(g.t, ?3)
            WHERE g.measure = 'watch' AND d.ended IS NULL AND d.part <> 'on-call'
        UNION ALL SELECT g.id, min(d.ends, g.t, ?3), -1 FROM agreed g CROSS JOIN duty d ON d.ends > g.f AND d.starts < min(g.t, ?3)
            WHERE g.measure = 'watch' AND d.ended IS NULL AND d.part <> 'on-call'),
    at(id, t, d) AS (SELECT id, t, sum(d) FROM edge GROUP BY id, t),
    run(id, t, n, next) AS (SELECT id, t, sum(d) OVER (PARTITION BY id ORDER BY t ROWS UNBOUNDED PRECEDING),
        lead(t) OVER (PARTITION BY id ORDER BY t) FROM at),
    stage(incident, time) AS (SELECT o.key, min(c.time) FROM agreed g CROSS JOIN incident i INDEXED BY incident_detected ON i.detected >= g.f AND i.detected < g.t
        CROSS JOIN act_on o ON o.kind = 'incident' AND o.key = i.id JOIN act c ON c.id = o.act
        WHERE g.measure = 'contain' AND c.outcome = 'done' AND (c.act = 'incident.close' OR (c.act = 'incident.stage'
        AND c.parameters ->> 'stage' IN ('eradicate', 'recover'))) AND NOT EXISTS(SELECT 1 FROM act u WHERE u.undoes = c.id)
        GROUP BY o.key),
    part(id, kind, key, at, ns, lasts) AS (
        SELECT g.id, 'alert', a.id, a.made, coalesce(a.acknowledged, ?3) - a.made, a.acknowledged IS NULL
            FROM agreed g CROSS JOIN alert a INDEXED BY alert_made ON a.made >= g.f AND a.made < g.t WHERE g.measure = 'acknowledge' AND {CONTRACT_ALERT}
        UNION ALL SELECT g.id, 'alert', a.id, a.made, coalesce(a.closed, ?3) - a.made, a.closed IS NULL
            FROM agreed g CROSS JOIN alert a INDEXED BY alert_made ON a.made >= g.f AND a.made < g.t WHERE g.measure = 'decide' AND {CONTRACT_ALERT}
        UNION ALL SELECT g.id, 'incident', i.id, i.detected, coalesce(s.time, ?3) - i.detected, s.time IS NULL
            FROM agreed g CROSS JOIN incident i INDEXED BY incident_detected ON i.detected >= g.f AND i.detected < g.t LEFT JOIN stage s ON s.incident = i.id
            WHERE g.measure = 'contain' AND i.state <> 'merged'
        UNION ALL SELECT id, 'gap', NULL, t, next - t, 0 FROM run WHERE next IS NOT NULL AND n < 1 AND next > t),
    judged AS (SELECT p.*, p.kind <> 'gap' AND p.ns <= g.most * 60000000000 AS good FROM part p JOIN agreed g USING(id)),
    sums AS (SELECT id, count(*) FILTER (WHERE NOT lasts OR NOT good) AS n, count(*) FILTER (WHERE good AND NOT lasts) AS within,
        count(*) FILTER (WHERE lasts AND good) AS waiting, max(ns) FILTER (WHERE NOT lasts OR NOT good) AS worst, sum(ns) FILTER (WHERE kind = 'gap') AS gaps
        FROM judged GROUP BY id),
    told AS (SELECT g.id, g.provider, g.document, g.measure, g.level, g.most, g.share, g.f, g.t,
        iif(g.measure = 'watch', max(min(g.t, ?3) - g.f, 0), coalesce(s.n, 0)) AS n,
        iif(g.measure = 'watch', max(min(g.t, ?3) - g.f, 0) - coalesce(s.gaps, 0), coalesce(s.within, 0)) AS within,
        coalesce(s.waiting, 0) AS waiting, s.worst FROM agreed g LEFT JOIN sums s USING(id))
    SELECT id, provider, document, measure, level, iif(measure = 'watch', 'percent', 'minutes'), most, share, f, t,
    iif(measure = 'watch', n / 60000000000, n), iif(measure = 'watch', within / 60000000000, within), waiting,
    iif(n > 0, CAST(100.0 * within / n AS INTEGER), NULL), (worst + 59999999999) / 60000000000,
    iif(n > 0, 100.0 * within >= 1.0 * share * n, NULL),
    (SELECT json_group_array(json_object('kind', kind, 'key', key, 'at', canh_time(at), 'minutes', (ns + 59999999999) / 60000000000,
        'lasts', json(iif(lasts, 'true', 'false'))))
        FROM (SELECT * FROM judged j WHERE j.id = told.id AND NOT j.good ORDER BY j.at, j.key LIMIT 100))
    FROM told ORDER BY id LIMIT ?4

-- --- what is seen

-- Techniques that rules in force are about: how many there are, how many see what they are about (table blind has the
-- others), and what was found by them of what came within.
-- METRIC_TECHNIQUES
WITH fired(rule, n) AS MATERIALIZED (SELECT rule, count(*) FROM {METRIC_ALERT} GROUP BY rule)
    SELECT t.technique, count(*), count(*) FILTER (WHERE b.hash IS NULL), count(f.n), coalesce(sum(f.n), 0),
    count(*) FILTER (WHERE b.hash IS NULL) > 0 FROM technique t LEFT JOIN blind b ON b.hash = t.hash
    LEFT JOIN fired f ON f.rule = t.rule GROUP BY t.technique ORDER BY t.technique LIMIT ?4

-- A source is silent from its alert on until that ends, and while it is said to be; before it was heard first it counts
-- for nothing. Stretches may overlap: what each adds behind those before it counts.
-- METRIC_SOURCES
WITH heard AS MATERIALIZED (SELECT s.name, s.input, s.state, s.since, s.last, h.time AS first, max(h.time, ?1) AS f,
        min(coalesce(?2, ?3), ?3) AS t FROM source s LEFT JOIN source_first h ON h.source = s.name),
    stretch(name, s, e) AS (SELECT a.entity, max(a.made, h.f), min(coalesce(a.closed, h.t), h.t) FROM alert a
            JOIN heard h ON h.name = a.entity WHERE a.rule = 'canh.silence' AND a.kind = 'system' AND a.made < h.t
            AND coalesce(a.closed, h.t) > h.f
        UNION ALL SELECT name, max(since, f), t FROM heard WHERE state = 'silent' AND max(since, f) < t),
    behind AS (SELECT name, s, e, max(e) OVER (PARTITION BY name ORDER BY s, e ROWS BETWEEN UNBOUNDED PRECEDING
        AND 1 PRECEDING) AS before FROM stretch),
    silence AS (SELECT name, count(*) FILTER (WHERE before IS NULL OR s > before) AS n,
        sum(max(e - max(s, coalesce(before, s)), 0)) AS ns FROM behind GROUP BY name)
    SELECT h.name, h.input, h.state, h.state IN ('active', 'late'), nullif(h.last, 0) * 1000000, h.first,
    iif(h.t > h.f, (h.t - h.f) / 60000000000, 0),
    iif(h.t > h.f, (h.t - h.f - coalesce(x.ns, 0)) / 60000000000, 0), coalesce(x.n, 0),
    iif(h.t > h.f, CAST(100.0 * (h.t - h.f - coalesce(x.ns, 0)) / (h.t - h.f) AS INTEGER), NULL)
    FROM heard h LEFT JOIN silence x ON x.name = h.name ORDER BY h.name LIMIT ?4
