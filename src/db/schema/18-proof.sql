-- Verifications of the store (src/proof).

-- far: how far it is, as told; not under the ledger, as it changes by the second. found: what was read (the last line of
-- `canh verify --json`); told: its faults; first, last: checkpoints. ending: the act that does not want it any more.
CREATE TABLE verification(id INTEGER PRIMARY KEY, act INTEGER NOT NULL REFERENCES act(id), anchor TEXT,
    state TEXT NOT NULL CHECK(state IN ('asked', 'running', 'sound', 'faults', 'failed', 'ended')),
    began INTEGER, over INTEGER, ending INTEGER REFERENCES act(id), first INTEGER, last INTEGER, hash TEXT,
    faults INTEGER, found TEXT, told TEXT, why TEXT, far TEXT,
    CHECK((over IS NULL) = (state IN ('asked', 'running'))));
CREATE INDEX verification_open ON verification(id) WHERE over IS NULL;

--! record verification: CAST({of}id AS TEXT): id, act, anchor, state, began, over, ending, first, last, hash, faults, found, told, why
