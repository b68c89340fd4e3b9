-- Acts that are done in slices (act/act.h): what of each is not done with yet.
CREATE TABLE act_rest(kind TEXT NOT NULL, key INTEGER NOT NULL, act INTEGER NOT NULL REFERENCES act(id),
    PRIMARY KEY(kind, key)) WITHOUT ROWID;
CREATE INDEX act_rest_act ON act_rest(act);

-- An alert of an incident that was closed is closed, also when its turn is still to come.
--! define ALERT_CLOSES coalesce(incident IN (SELECT r.key FROM act_rest r JOIN act c ON c.id = r.act
--!     WHERE r.kind = 'incident' AND c.act = 'incident.close'), 0)
--! define ALERT_SEEN iif({ALERT_IS_OPEN} AND {ALERT_CLOSES}, 'closed', state)
