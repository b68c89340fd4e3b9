-- Verifications of the store.

-- VERIFICATION_OPEN
SELECT id, state = 'running', ending IS NOT NULL, anchor FROM verification WHERE over IS NULL ORDER BY id LIMIT 1

-- VERIFICATION_ADD
INSERT INTO verification(act, anchor, state) VALUES(?, ?, 'asked')

-- VERIFICATION_END
UPDATE verification SET ending = ?2 WHERE id = ?1

-- VERIFICATION_BEGUN
UPDATE verification SET state = 'running', began = ?2 WHERE id = ?1 AND over IS NULL

-- VERIFICATION_FAR
UPDATE verification SET far = ?2 WHERE id = ?1 AND over IS NULL AND length(?2) < 4096 AND json_valid(?2)

-- What was found; the first checkpoint is the ledger's, which is never cut. No row: that is no answer.
-- VERIFICATION_FOUND
UPDATE verification SET state = iif(?2 ->> '$.found.faults' = 0, 'sound', 'faults'), over = ?3,
    first = iif(?2 ->> '$.found.checkpoints' > 0, 0, NULL),
    last = CAST(nullif(substr(?2 ->> '$.found.anchor', 1, instr(?2 ->> '$.found.anchor', ':') - 1), '') AS INTEGER),
    hash = nullif(?2 ->> '$.found.anchor', ''), faults = ?2 ->> '$.found.faults',
    found = ?2 -> '$.found', told = ?2 -> '$.told', far = json_remove(?2, '$.found', '$.told')
    WHERE id = ?1 AND over IS NULL AND length(?2) < 1048576 AND iif(json_valid(?2), ?2 ->> '$.found.faults' >= 0, 0)

-- VERIFICATION_FAILED
UPDATE verification SET state = ?4, over = ?3, why = ?2 WHERE id = ?1 AND over IS NULL

-- VERIFICATION_LIST
SELECT v.id, v.state, a.name, a.time, v.over, v.first, v.last, v.faults, v.far ->> '$.seconds',
    v.far ->> '$.files', v.far ->> '$.files_all', v.far ->> '$.bytes', v.far ->> '$.bytes_all', v.why, v.hash,
    v.found, v.told FROM verification v JOIN act a ON a.id = v.act ORDER BY v.id DESC LIMIT ?1

-- The last that came to an end by itself, for who looks at the whole.
-- VERIFICATION_DONE
SELECT v.state, v.over, v.last, v.faults FROM verification v WHERE v.state IN ('sound', 'faults') ORDER BY v.id DESC LIMIT 1
