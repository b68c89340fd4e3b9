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
