-- What a hired SOC promised, which techniques the rules in force are about, and since when a source is heard.

-- Of alerts (of a level, or of all) or incidents at least `share` percent within `most` minutes; of the time that
-- somebody watches `share` percent. ended: it was written down wrongly, or is no more agreed.
CREATE TABLE contract_level(id INTEGER PRIMARY KEY, provider TEXT NOT NULL, document TEXT,
    measure TEXT NOT NULL CHECK(measure IN ('acknowledge', 'decide', 'contain', 'watch')),
    level INTEGER CHECK(level BETWEEN 0 AND 5), most INTEGER CHECK(most > 0),
    share INTEGER NOT NULL CHECK(share BETWEEN 1 AND 100),
    starts INTEGER NOT NULL, ends INTEGER, act INTEGER NOT NULL REFERENCES act(id), ended INTEGER REFERENCES act(id),
    CHECK(starts < ends), CHECK((most IS NULL) = (measure = 'watch')),
    CHECK(level IS NULL OR measure IN ('acknowledge', 'decide')));

-- Rules in force by technique of ATT&CK; hash: of the rule, as in table blind. Written with the rules.
CREATE TABLE technique(technique TEXT NOT NULL, hash INTEGER NOT NULL, rule TEXT NOT NULL,
    PRIMARY KEY(technique, hash)) WITHOUT ROWID;

-- When a source was heard first. Of those that were there before this table: when they were found to be as they are.
CREATE TABLE source_first(source TEXT PRIMARY KEY, time INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO source_first SELECT name, since FROM source WHERE state <> 'never';
CREATE TRIGGER source_heard AFTER INSERT ON source WHEN NEW.state <> 'never' BEGIN
    INSERT INTO source_first VALUES(NEW.name, NEW.since) ON CONFLICT DO NOTHING;
    END;

--! record contract_level: CAST({of}id AS TEXT): id, provider, document, measure, level, most, share, starts, ends, act, ended
