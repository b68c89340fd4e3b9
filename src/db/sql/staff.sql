-- Staff, where they are on the spot, certificates, drills, the yearly plan. Fields stand in the order of
-- src/staff/fields.h; of a change NULL leaves what is there.

-- The key of a person is folded, as a user's.
-- STAFF_IS
SELECT person, outside FROM staff WHERE id = ? AND ended IS NULL

-- STAFF_NAMED
SELECT id, person, outside FROM staff WHERE person_key = canh_fold(?) AND ended IS NULL

-- STAFF_ADD
INSERT INTO staff(person, person_key, outside, name, title, phone, email)
    VALUES(?1, canh_fold(?1), coalesce(?2, 0), ?3, ?4, ?5, ?6)

-- STAFF_CHANGE
UPDATE staff SET person = coalesce(?2, person), person_key = canh_fold(coalesce(?2, person)),
    outside = coalesce(?3, outside), name = coalesce(?4, name), title = coalesce(?5, title),
    phone = coalesce(?6, phone), email = coalesce(?7, email) WHERE id = ?1

-- STAFF_END
UPDATE staff SET ended = ?2 WHERE id = ?1

-- What hangs on him: a place, a certificate.
-- STAFF_HELD
SELECT EXISTS(SELECT 1 FROM onsite WHERE staff = ?1 AND ended IS NULL)
    OR EXISTS(SELECT 1 FROM certificate WHERE staff = ?1 AND ended IS NULL)

-- STAFF_STATE
SELECT json_array(person, outside, name, title, phone, email, ended) FROM staff WHERE id = ?

-- STAFF_STATE_PUT
UPDATE staff SET person = ?2 ->> 0, person_key = canh_fold(?2 ->> 0), outside = ?2 ->> 1, name = ?2 ->> 2,
    title = ?2 ->> 3, phone = ?2 ->> 4, email = ?2 ->> 5, ended = ?2 ->> 6 WHERE id = ?1

-- ONSITE_IS
SELECT system, staff FROM onsite WHERE id = ? AND ended IS NULL

-- ONSITE_OF
SELECT id FROM onsite WHERE system = ?2 AND staff = ?1 AND ended IS NULL

-- ONSITE_ADD
INSERT INTO onsite(staff, system, place, hours) VALUES(?, ?, ?, ?)

-- ONSITE_CHANGE
UPDATE onsite SET staff = coalesce(?2, staff), system = coalesce(?3, system), place = coalesce(?4, place),
    hours = coalesce(?5, hours) WHERE id = ?1

-- ONSITE_END
UPDATE onsite SET ended = ?2 WHERE id = ?1

-- ONSITE_STATE
SELECT json_array(staff, system, place, hours, ended) FROM onsite WHERE id = ?

-- ONSITE_STATE_PUT
UPDATE onsite SET staff = ?2 ->> 0, system = ?2 ->> 1, place = ?2 ->> 2, hours = ?2 ->> 3, ended = ?2 ->> 4
    WHERE id = ?1

-- CERTIFICATE_IS
SELECT staff, issued, expires, name, number FROM certificate WHERE id = ? AND ended IS NULL

-- CERTIFICATE_OF
SELECT id FROM certificate WHERE staff = ?1 AND name = ?2 AND number = ?3 AND ended IS NULL

-- CERTIFICATE_ADD
INSERT INTO certificate(staff, name, number, issuer, issued, expires) VALUES(?, ?, ?, ?, ?, ?)

-- CERTIFICATE_CHANGE
UPDATE certificate SET staff = coalesce(?2, staff), name = coalesce(?3, name), number = coalesce(?4, number),
    issuer = coalesce(?5, issuer), issued = coalesce(?6, issued), expires = coalesce(?7, expires) WHERE id = ?1

-- CERTIFICATE_END
UPDATE certificate SET ended = ?2 WHERE id = ?1

-- CERTIFICATE_STATE
SELECT json_array(staff, name, number, issuer, issued, expires, ended) FROM certificate WHERE id = ?

-- CERTIFICATE_STATE_PUT
UPDATE certificate SET staff = ?2 ->> 0, name = ?2 ->> 1, number = ?2 ->> 2, issuer = ?2 ->> 3, issued = ?2 ->> 4,
    expires = ?2 ->> 5, ended = ?2 ->> 6 WHERE id = ?1

-- DRILL_IS
SELECT day FROM drill WHERE id = ? AND ended IS NULL

-- DRILL_ADD
INSERT INTO drill(day, title, scope, participants, result) VALUES(?, ?, ?, ?, ?)

-- DRILL_CHANGE
UPDATE drill SET day = coalesce(?2, day), title = coalesce(?3, title), scope = coalesce(?4, scope),
    participants = coalesce(?5, participants), result = coalesce(?6, result) WHERE id = ?1

-- DRILL_END
UPDATE drill SET ended = ?2 WHERE id = ?1

-- DRILL_STATE
SELECT json_array(day, title, scope, participants, result, ended) FROM drill WHERE id = ?

-- DRILL_STATE_PUT
UPDATE drill SET day = ?2 ->> 0, title = ?2 ->> 1, scope = ?2 ->> 2, participants = ?2 ->> 3, result = ?2 ->> 4,
    ended = ?2 ->> 5 WHERE id = ?1

-- PLAN_IS
SELECT year, number FROM plan WHERE id = ? AND ended IS NULL

-- PLAN_OF
SELECT id FROM plan WHERE year = ?1 AND number = ?2 AND ended IS NULL

-- PLAN_ADD
INSERT INTO plan(year, number, day, approved_by, sha256) VALUES(?, ?, ?, ?, ?)

-- PLAN_CHANGE
UPDATE plan SET year = coalesce(?2, year), number = coalesce(?3, number), day = coalesce(?4, day),
    approved_by = coalesce(?5, approved_by), sha256 = coalesce(?6, sha256) WHERE id = ?1

-- PLAN_END
UPDATE plan SET ended = ?2 WHERE id = ?1

-- PLAN_STATE
SELECT json_array(year, number, day, approved_by, sha256, ended) FROM plan WHERE id = ?

-- PLAN_STATE_PUT
UPDATE plan SET year = ?2 ->> 0, number = ?2 ->> 1, day = ?2 ->> 2, approved_by = ?2 ->> 3, sha256 = ?2 ->> 4,
    ended = ?2 ->> 5 WHERE id = ?1

-- --- views. A day is judged by the calendar of Viet Nam.

-- STAFF_LIST
SELECT s.id, s.person, s.outside, s.name, s.title, s.phone, s.email,
    (SELECT count(*) FROM onsite WHERE staff = s.id AND ended IS NULL),
    (SELECT count(*) FROM certificate WHERE staff = s.id AND ended IS NULL AND (expires IS NULL OR expires > {TODAY}))
    FROM staff s WHERE s.ended IS NULL AND (?2 IS NULL OR s.person_key = canh_fold(?2)) ORDER BY s.person_key LIMIT ?3

-- ONSITE_LIST
SELECT o.id, o.system, y.code, y.name, o.staff, s.person, s.name, s.phone, s.email, o.place, o.hours
    FROM onsite o JOIN staff s ON s.id = o.staff JOIN system y ON y.id = o.system
    WHERE o.ended IS NULL AND (?1 IS NULL OR o.system = ?1) AND (?2 IS NULL OR o.staff = ?2)
    ORDER BY y.code, s.person_key LIMIT ?3

-- Days left: negative when it has expired.
-- CERTIFICATE_LIST
SELECT c.id, c.staff, s.person, s.name, c.name, c.number, c.issuer, c.issued, c.expires,
    CAST(julianday(c.expires) - julianday({TODAY}) AS INTEGER), coalesce(c.expires <= {TODAY}, 0)
    FROM certificate c JOIN staff s ON s.id = c.staff WHERE c.ended IS NULL AND (?2 IS NULL OR c.staff = ?2)
    AND (?3 IS NULL OR c.expires <= date({TODAY}, '+' || ?3 || ' days'))
    ORDER BY c.expires IS NULL, c.expires, c.id LIMIT ?4

-- DRILL_LIST
SELECT id, day, title, scope, participants, result FROM drill WHERE ended IS NULL
    AND (?1 IS NULL OR substr(day, 1, 4) = CAST(?1 AS TEXT)) ORDER BY day DESC, id DESC LIMIT ?2

-- PLAN_LIST
SELECT id, year, number, day, approved_by, sha256 FROM plan WHERE ended IS NULL AND (?1 IS NULL OR year = ?1)
    ORDER BY year DESC, day DESC, id DESC LIMIT ?2
