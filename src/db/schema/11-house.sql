-- Whose documents these are, and who signs them: one row, or none yet. parent, signs_for, recipients, reports_to,
-- bases: arrays of lines.
CREATE TABLE house(
    id INTEGER PRIMARY KEY CHECK(id = 1),
    parent TEXT, name TEXT, code TEXT, symbol TEXT, unit TEXT, place TEXT, address TEXT, phone TEXT, email TEXT,
    duty_phone TEXT, duty_room TEXT, signer TEXT, signer_title TEXT, signs_for TEXT, recipients TEXT, reports_to TEXT,
    bases TEXT);

--! record house: CAST({of}id AS TEXT): id, parent, name, code, symbol, unit, place, address, phone, email, duty_phone,
--!     duty_room, signer, signer_title, signs_for, recipients, reports_to, bases
