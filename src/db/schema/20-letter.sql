-- On what the law bases each sheet (data/law), as it was read last: of a record of [starts, ends), in the order of number.
CREATE TABLE citation(
    sheet TEXT NOT NULL, number INTEGER NOT NULL, starts INTEGER NOT NULL, ends INTEGER, text TEXT NOT NULL,
    PRIMARY KEY(sheet, number)) WITHOUT ROWID;

-- Official letters that came in and went out. party: from whom, to whom, in words; agency: the same as one of the
-- register. number, day: as the letter has them (of one that goes out, since it was signed). text: its body, a paragraph
-- a line; of one that came in what it says. answers: the letter that it answers. time, doer: when it came or went, by whom.
CREATE TABLE letter(
    id INTEGER PRIMARY KEY,
    direction TEXT NOT NULL CHECK(direction IN ('in', 'out')),
    state TEXT NOT NULL CHECK(state IN ('draft', 'sent', 'received')),
    number TEXT, day TEXT, party TEXT NOT NULL, agency INTEGER REFERENCES agency(id),
    subject TEXT NOT NULL, text TEXT,
    incident INTEGER REFERENCES incident(id), phieu INTEGER REFERENCES phieu(id), alert INTEGER REFERENCES alert(id),
    answers INTEGER REFERENCES letter(id),
    signer TEXT, signer_title TEXT, channel TEXT, time INTEGER, doer TEXT,
    made INTEGER NOT NULL, act INTEGER NOT NULL REFERENCES act(id), removed INTEGER,
    CHECK((direction = 'in') = (state = 'received')), CHECK((state = 'draft') = (time IS NULL)),
    CHECK(state = 'draft' OR (number IS NOT NULL AND day IS NOT NULL AND channel IS NOT NULL AND doer IS NOT NULL)));
CREATE INDEX letter_agency ON letter(agency, id) WHERE agency IS NOT NULL;
CREATE INDEX letter_incident ON letter(incident) WHERE incident IS NOT NULL;
CREATE UNIQUE INDEX letter_out ON letter(number, substr(day, 1, 4)) WHERE state = 'sent' AND removed IS NULL;
CREATE INDEX letter_number ON letter(number) WHERE removed IS NULL;
--! record letter: CAST({of}id AS TEXT): id, direction, state, number, day, party, agency, subject, text, incident, phieu,
--!     alert, answers, signer, signer_title, channel, time, doer, made, act, removed
