-- Official letters, in and out. Fields stand in the order of src/incident/letter.c.

-- ?1.. the fields; ?15 direction, ?16 state, ?17 time, ?18 who, ?19 now, ?20 act
-- LETTER_ADD
INSERT INTO letter(number, day, party, agency, subject, text, incident, phieu, alert, answers, signer, signer_title,
    channel, direction, state, time, doer, made, act)
    VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?15, ?16, ?17, ?18, ?19, ?20)

-- ?14 which; NULL leaves what is there
-- LETTER_CHANGE
UPDATE letter SET number = coalesce(?1, number), day = coalesce(?2, day), party = coalesce(?3, party),
    agency = coalesce(?4, agency), subject = coalesce(?5, subject), text = coalesce(?6, text),
    incident = coalesce(?7, incident), phieu = coalesce(?8, phieu), alert = coalesce(?9, alert),
    answers = coalesce(?10, answers), signer = coalesce(?11, signer), signer_title = coalesce(?12, signer_title),
    channel = coalesce(?13, channel) WHERE id = ?14

-- LETTER_SENT
UPDATE letter SET state = 'sent', time = ?2, doer = ?3 WHERE id = ?1

-- LETTER_OF_INCIDENT
UPDATE letter SET incident = ?2 WHERE id = ?1

-- LETTER_REMOVE
UPDATE letter SET removed = ?2 WHERE id = ?1

-- LETTER_IS
SELECT direction, state, time, incident FROM letter WHERE id = ? AND removed IS NULL

-- A number is one year's of one house: ?1 which itself, ?2 direction, ?3 number, ?4 day, ?5 party
-- LETTER_SAME
SELECT id FROM letter WHERE number = ?3 AND removed IS NULL AND direction = ?2 AND id IS NOT ?1
    AND substr(day, 1, 4) = substr(?4, 1, 4) AND (?2 = 'out' OR canh_fold(party) = canh_fold(?5)) LIMIT 1

-- LETTER_STATE
SELECT json_array(state, number, day, party, agency, subject, text, incident, phieu, alert, answers, signer,
    signer_title, channel, time, doer, removed) FROM letter WHERE id = ?

-- LETTER_STATE_PUT
UPDATE letter SET state = ?2 ->> 0, number = ?2 ->> 1, day = ?2 ->> 2, party = ?2 ->> 3, agency = ?2 ->> 4,
    subject = ?2 ->> 5, text = ?2 ->> 6, incident = ?2 ->> 7, phieu = ?2 ->> 8, alert = ?2 ->> 9, answers = ?2 ->> 10,
    signer = ?2 ->> 11, signer_title = ?2 ->> 12, channel = ?2 ->> 13, time = ?2 ->> 14, doer = ?2 ->> 15,
    removed = ?2 ->> 16 WHERE id = ?1

-- --- views. A contact has what its agency sent and what was sent to it, without what the house ties it to.

--! define LETTER_ROW l.id, l.direction, l.number, l.day, l.party, l.agency, l.subject, l.state, l.time, l.channel,
--!     l.signer, CASE WHEN ?1 IS NULL THEN l.doer END, CASE WHEN ?1 IS NULL THEN l.incident END, l.phieu,
--!     CASE WHEN ?1 IS NULL THEN l.alert END, l.answers
--! define LETTER_MINE l.removed IS NULL AND (?1 IS NULL OR (l.agency IN mine AND l.state <> 'draft'))

-- ?1 my agency, ?2 direction, ?3 state, ?4 agency, ?5 incident, ?6 phieu, ?7 since, ?8 text, ?9 below, ?10 limit
-- LETTERS
{MY_AGENCIES}
    SELECT {LETTER_ROW} FROM letter l WHERE {LETTER_MINE} AND (?2 IS NULL OR l.direction = ?2)
    AND (?3 IS NULL OR l.state = ?3) AND (?4 IS NULL OR l.agency = ?4)
    AND (?5 IS NULL OR (?1 IS NULL AND (l.incident = ?5 OR l.incident IN (SELECT id FROM incident WHERE merged = ?5))))
    AND (?6 IS NULL OR l.phieu = ?6) AND (?7 IS NULL OR coalesce(l.time, l.made) >= ?7)
    AND (?8 IS NULL OR instr(canh_fold(l.subject || ' ' || coalesce(l.number, '') || ' ' || l.party), ?8) > 0)
    AND (?9 IS NULL OR l.id < ?9) ORDER BY l.id DESC LIMIT ?10

-- LETTER_SHOW
{MY_AGENCIES}
    SELECT {LETTER_ROW}, l.signer_title, l.text FROM letter l WHERE l.id = ?2 AND {LETTER_MINE} LIMIT ?3
