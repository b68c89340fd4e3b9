-- Whose documents these are, who signs them, and what sheets say of systems beyond the register.

-- One row, or none yet: whose documents, and who signs them. parent, signs_for, recipients, reports_to,
-- bases: arrays of lines.
CREATE TABLE house(
    id INTEGER PRIMARY KEY CHECK(id = 1),
    parent TEXT, name TEXT, code TEXT, symbol TEXT, unit TEXT, place TEXT, address TEXT, phone TEXT, email TEXT,
    duty_phone TEXT, duty_room TEXT, signer TEXT, signer_title TEXT, signs_for TEXT, recipients TEXT, reports_to TEXT,
    bases TEXT);

--! record house: CAST({of}id AS TEXT): id, parent, name, code, symbol, unit, place, address, phone, email, duty_phone,
--!     duty_room, signer, signer_title, signs_for, recipients, reports_to, bases

-- What the forms of reports ask of a system. services, protection: arrays of words; connection: whose lines it has;
-- security: who watches over it.
CREATE TABLE system_described(
    system INTEGER PRIMARY KEY REFERENCES system(id), purpose TEXT, services TEXT, protection TEXT, connection TEXT,
    security TEXT);

--! record system_described: CAST({of}system AS TEXT): system, purpose, services, protection, connection, security

-- When alerts were closed: what a shift has closed is counted.
CREATE INDEX alert_closed ON alert(closed) WHERE closed IS NOT NULL;
