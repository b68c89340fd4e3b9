-- On what the law bases each sheet (data/law), as it was read last: of a record of [starts, ends), in the order of number.
CREATE TABLE citation(
    sheet TEXT NOT NULL, number INTEGER NOT NULL, starts INTEGER NOT NULL, ends INTEGER, text TEXT NOT NULL,
    PRIMARY KEY(sheet, number)) WITHOUT ROWID;
