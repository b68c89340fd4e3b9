-- Phieu: what an agency is warned of or asked to do, and what it answers.

-- PHIEU_ADD
INSERT INTO phieu(year, serial, number, kind, system, agency, incident, alert, what, proof, steps, due, state, made, act,
    subject)
    SELECT ?1, n, printf('PH-%04d-%04d', ?1, n), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 'draft', ?11, ?12, ?13
    FROM (SELECT coalesce(max(serial), 0) + 1 AS n FROM phieu WHERE year = ?1)

-- PHIEU_IS
SELECT state, number, agency, due FROM phieu WHERE id = ?

-- PHIEU_CHANGE
UPDATE phieu SET what = coalesce(?2, what), proof = coalesce(?3, proof), steps = coalesce(?4, steps),
    due = coalesce(?5, due), subject = coalesce(?6, subject) WHERE id = ?1

-- PHIEU_SEND
UPDATE phieu SET state = 'sent', sent = ?2, document = ?3, channel = ?4 WHERE id = ?1

-- PHIEU_RECEIVE
UPDATE phieu SET state = 'received', received = ?2 WHERE id = ?1

-- PHIEU_ANSWER
UPDATE phieu SET state = 'answered', answered = ?2, received = coalesce(received, ?2) WHERE id = ?1

-- PHIEU_CHECK
UPDATE phieu SET state = ?2, due = coalesce(?3, due) WHERE id = ?1

-- PHIEU_REMIND
UPDATE phieu SET reminders = reminders + 1 WHERE id = ?1

-- PHIEU_CLOSE
UPDATE phieu SET state = 'closed', closed = ?2 WHERE id = ?1

-- PHIEU_LINE_ADD
INSERT INTO phieu_line(phieu, act, state, text) VALUES(?, ?, ?, ?)

-- PHIEU_ANSWER_ADD
INSERT INTO phieu_answer(phieu, act, done, cause, handled, total, file, sha256, content) VALUES(?, ?, ?, ?, ?, ?, ?,
    ?, ?)

-- PHIEU_ANSWER_CHECKED
UPDATE phieu_answer SET good = ?2 WHERE id = (SELECT max(id) FROM phieu_answer WHERE phieu = ?1)
