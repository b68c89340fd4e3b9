-- Who is on duty, who is away, and what one shift handed to the next.

CREATE TABLE duty(id INTEGER PRIMARY KEY, person TEXT NOT NULL,
    part TEXT NOT NULL CHECK(part IN ('watch', 'lead', 'on-call')),
    starts INTEGER NOT NULL, ends INTEGER NOT NULL,
    act INTEGER NOT NULL REFERENCES act(id), ended INTEGER REFERENCES act(id),
    instead INTEGER REFERENCES duty(id), CHECK(starts < ends));
CREATE INDEX duty_time ON duty(ends, starts) WHERE ended IS NULL;
CREATE INDEX duty_person ON duty(person, ends) WHERE ended IS NULL;

CREATE TABLE away(id INTEGER PRIMARY KEY, person TEXT NOT NULL, starts INTEGER NOT NULL, ends INTEGER NOT NULL,
    reason TEXT NOT NULL, act INTEGER NOT NULL REFERENCES act(id), ended INTEGER REFERENCES act(id),
    CHECK(starts < ends));
CREATE INDEX away_person ON away(person, ends) WHERE ended IS NULL;

-- What was at hand when it was written, and what both said to it. Never changed but by their signatures.
CREATE TABLE handover(id INTEGER PRIMARY KEY, giver TEXT NOT NULL, taker TEXT NOT NULL, time INTEGER NOT NULL,
    content TEXT NOT NULL, remarks TEXT NOT NULL, act INTEGER NOT NULL REFERENCES act(id),
    taken INTEGER REFERENCES act(id), refused INTEGER REFERENCES act(id), answer TEXT,
    CHECK(taken IS NULL OR refused IS NULL));
CREATE INDEX handover_time ON handover(time);
CREATE INDEX handover_open ON handover(taker) WHERE taken IS NULL AND refused IS NULL;

--! record duty: CAST({of}id AS TEXT): id, person, part, starts, ends, act, ended, instead
--! record away: CAST({of}id AS TEXT): id, person, starts, ends, reason, act, ended
--! record handover: CAST({of}id AS TEXT): id, giver, taker, time, content, remarks, act, taken, refused, answer
