-- Who reports, and who signs. Fields stand in the order of src/house/house.h.

-- ?1.. the fields: NULL stays, '' is taken away
-- HOUSE_PUT
INSERT INTO house(id, parent, name, code, symbol, unit, place, address, phone, email, duty_phone, duty_room, signer,
    signer_title, signs_for, recipients, reports_to, bases)
    VALUES(1, nullif(?1, ''), nullif(?2, ''), nullif(?3, ''), nullif(?4, ''), nullif(?5, ''), nullif(?6, ''),
    nullif(?7, ''), nullif(?8, ''), nullif(?9, ''), nullif(?10, ''), nullif(?11, ''), nullif(?12, ''), nullif(?13, ''),
    nullif(?14, ''), nullif(?15, ''), nullif(?16, ''), nullif(?17, ''))
    ON CONFLICT(id) DO UPDATE SET parent = nullif(coalesce(?1, parent), ''), name = nullif(coalesce(?2, name), ''),
    code = nullif(coalesce(?3, code), ''), symbol = nullif(coalesce(?4, symbol), ''),
    unit = nullif(coalesce(?5, unit), ''), place = nullif(coalesce(?6, place), ''),
    address = nullif(coalesce(?7, address), ''), phone = nullif(coalesce(?8, phone), ''),
    email = nullif(coalesce(?9, email), ''), duty_phone = nullif(coalesce(?10, duty_phone), ''),
    duty_room = nullif(coalesce(?11, duty_room), ''), signer = nullif(coalesce(?12, signer), ''),
    signer_title = nullif(coalesce(?13, signer_title), ''), signs_for = nullif(coalesce(?14, signs_for), ''),
    recipients = nullif(coalesce(?15, recipients), ''), reports_to = nullif(coalesce(?16, reports_to), ''),
    bases = nullif(coalesce(?17, bases), '')

-- HOUSE_SIGNER
SELECT signer_title, signs_for FROM house

-- HOUSE_SHOW
SELECT parent, name, code, symbol, unit, place, address, phone, email, duty_phone, duty_room, signer, signer_title,
    signs_for, recipients, reports_to, bases FROM house LIMIT ?

-- CITATION_DROP
DELETE FROM citation

-- CITATION_ADD
INSERT INTO citation(sheet, number, starts, ends, text) VALUES(?, ?, ?, ?, ?)

-- Before it was set the first time all is nothing.
-- HOUSE_STATE
SELECT json_array(parent, name, code, symbol, unit, place, address, phone, email, duty_phone, duty_room, signer,
    signer_title, signs_for, recipients, reports_to, bases) FROM (SELECT ? AS wanted) LEFT JOIN house ON id = wanted

-- HOUSE_STATE_PUT
UPDATE house SET parent = ?2 ->> 0, name = ?2 ->> 1, code = ?2 ->> 2, symbol = ?2 ->> 3, unit = ?2 ->> 4,
    place = ?2 ->> 5, address = ?2 ->> 6, phone = ?2 ->> 7, email = ?2 ->> 8, duty_phone = ?2 ->> 9,
    duty_room = ?2 ->> 10, signer = ?2 ->> 11, signer_title = ?2 ->> 12, signs_for = ?2 ->> 13,
    recipients = ?2 ->> 14, reports_to = ?2 ->> 15, bases = ?2 ->> 16 WHERE id = ?1
