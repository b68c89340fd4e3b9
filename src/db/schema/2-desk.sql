-- What came of each kind of event, and which rules see nothing.

CREATE TABLE view(key INTEGER PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE blind(hash INTEGER PRIMARY KEY, rule TEXT NOT NULL, title TEXT NOT NULL, level INTEGER
    NOT NULL, reason TEXT NOT NULL, field TEXT NOT NULL, since INTEGER NOT NULL);
