-- Acts that are done in slices (act/act.h): what of each is not done with yet.
CREATE TABLE act_rest(kind TEXT NOT NULL, key INTEGER NOT NULL, act INTEGER NOT NULL REFERENCES act(id),
    PRIMARY KEY(kind, key)) WITHOUT ROWID;
CREATE INDEX act_rest_act ON act_rest(act);

-- An alert of an incident that was closed is closed, also when its turn is still to come; when that is undone it has the
-- state again that it had.
--! define ALERT_PUT_BACK (SELECT o.was ->> 0 FROM act_rest r JOIN act c ON c.id = r.act JOIN act_on o ON o.act = c.undoes
--!     AND o.kind = 'alert' AND o.key = alert.id WHERE r.kind = 'incident' AND r.key = alert.incident AND NOT EXISTS(SELECT 1
--!     FROM act_on t WHERE t.act = r.act AND t.kind = 'alert' AND t.key = alert.id))
--! define ALERT_CLOSES coalesce(incident IN (SELECT r.key FROM act_rest r JOIN act c ON c.id = r.act
--!     WHERE r.kind = 'incident' AND c.act = 'incident.close') OR {ALERT_PUT_BACK} = 'closed', 0)
--! define ALERT_SEEN coalesce({ALERT_PUT_BACK}, iif({ALERT_IS_OPEN} AND {ALERT_CLOSES}, 'closed', state))
