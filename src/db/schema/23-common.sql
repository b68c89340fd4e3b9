-- What comes with what is kept by the rule that found it, so that what a rule said is taken back when the rule turns
-- out to find everywhere.

-- rule: of the alert that says so; kind 'rule' itself has none. What is there from before is of no rule.
ALTER TABLE entity_spread RENAME TO spread_before;
DROP INDEX entity_spread_day;
CREATE TABLE entity_spread(kind TEXT NOT NULL, key TEXT NOT NULL, day INTEGER NOT NULL, rule TEXT NOT NULL,
    other TEXT NOT NULL, PRIMARY KEY(kind, key, day, rule, other)) WITHOUT ROWID;
INSERT INTO entity_spread(kind, key, day, rule, other) SELECT kind, key, day, '', other FROM spread_before;
DROP TABLE spread_before;
CREATE INDEX entity_spread_rule ON entity_spread(rule, day);
CREATE INDEX entity_spread_day ON entity_spread(day);

-- Rules that came on many hosts on one day more: which of their alerts were looked at since (those up to `last`,
-- `alert`), and from which day on what they spread to.
CREATE TABLE group_turn(rule TEXT PRIMARY KEY, last INTEGER NOT NULL, alert INTEGER NOT NULL, day INTEGER NOT NULL)
    WITHOUT ROWID;
