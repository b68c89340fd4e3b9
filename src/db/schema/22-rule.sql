-- Rules in force, and those that were refused: what is known of the generation at hand. Written with it.

-- hash: of the rule, as in table blind. techniques, tactics, tags, refs (references), false_positives: arrays. file, line:
-- where it stands. emit: 0, only correlations want it.
CREATE TABLE rule(
    hash INTEGER PRIMARY KEY, rule TEXT NOT NULL, kind TEXT NOT NULL CHECK(kind IN ('detection', 'correlation')),
    title TEXT NOT NULL, level INTEGER NOT NULL, status TEXT, author TEXT, written TEXT, modified TEXT, license TEXT,
    description TEXT, product TEXT, category TEXT, service TEXT, file TEXT NOT NULL, line INTEGER NOT NULL,
    emit INTEGER NOT NULL, techniques TEXT NOT NULL, tactics TEXT NOT NULL, tags TEXT NOT NULL, refs TEXT NOT NULL,
    false_positives TEXT NOT NULL);
CREATE INDEX rule_id ON rule(rule);
CREATE TABLE rule_refused(number INTEGER PRIMARY KEY, file TEXT NOT NULL, line INTEGER NOT NULL, title TEXT, why TEXT NOT NULL);

-- Rules of the house: what is published in the place of a file's rule of the same id, or beside those of files, and which are
-- switched off. text NULL: nothing is published (any more). The desk writes them out for who compiles when `stamp` moves.
CREATE TABLE house_rule(id INTEGER PRIMARY KEY, rule TEXT NOT NULL UNIQUE COLLATE NOCASE, title TEXT NOT NULL, text TEXT,
    disabled INTEGER NOT NULL DEFAULT 0 CHECK(disabled IN (0, 1)));
-- What was done to them, for ever. text: as it was published.
CREATE TABLE house_rule_change(id INTEGER PRIMARY KEY, house_rule INTEGER NOT NULL REFERENCES house_rule(id),
    what TEXT NOT NULL CHECK(what IN ('publish', 'withdraw', 'enable', 'disable')), text TEXT, reason TEXT NOT NULL,
    act INTEGER NOT NULL REFERENCES act(id));
CREATE INDEX house_rule_changes ON house_rule_change(house_rule);
CREATE TABLE house_rule_stamp(id INTEGER PRIMARY KEY CHECK(id = 1), stamp INTEGER NOT NULL);
INSERT INTO house_rule_stamp VALUES(1, 0);
CREATE TRIGGER house_rule_moves AFTER UPDATE OF text, disabled ON house_rule BEGIN
    UPDATE house_rule_stamp SET stamp = stamp + 1;
    END;
--! record house_rule: CAST({of}id AS TEXT): id, rule, title, text, disabled
--! record house_rule_change: CAST({of}id AS TEXT): id, house_rule, what, text, reason, act
