-- Notices that leave the house: through which channels, what was to be told, what came of it (src/notify).

-- As the settings say, for acts and views; 0 in `used`: not any more. held: alerts that wait for a digest
-- since `since`, the gravest of them `gravest`, of level `grave`. bad: an alert about it is open.
CREATE TABLE channel(
    name TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK(kind IN ('smtp', 'webhook', 'gateway')),
    level INTEGER NOT NULL, second TEXT NOT NULL,
    recipients TEXT NOT NULL CHECK(recipients GLOB '[[]"*"]'),
    used INTEGER NOT NULL CHECK(used IN (0, 1)),
    bad INTEGER NOT NULL DEFAULT 0 CHECK(bad IN (0, 1)),
    held INTEGER NOT NULL DEFAULT 0, since INTEGER NOT NULL DEFAULT 0,
    grave INTEGER NOT NULL DEFAULT 0, gravest INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;

-- Up to which alert they were looked at.
CREATE TABLE notified(id INTEGER PRIMARY KEY CHECK(id = 1), alert INTEGER NOT NULL);
INSERT INTO notified(id, alert) SELECT 1, coalesce(max(id), 0) FROM alert;

-- One message to one recipient (of a webhook: ''). key: the alert; of a digest the last alert in it, of a
-- test the act. second: the channel that took over; stands_in: it was made, or stands, for another channel.
-- void: NULL while that is not known; 0: it came to somebody over another channel; else when it was found
-- that it had come to nobody.
CREATE TABLE message(
    id INTEGER PRIMARY KEY, made INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK(kind IN ('alert', 'digest', 'test')), key INTEGER NOT NULL,
    channel TEXT NOT NULL, recipient TEXT NOT NULL, level INTEGER NOT NULL,
    subject TEXT NOT NULL, text TEXT NOT NULL,
    state TEXT NOT NULL CHECK(state IN ('waiting', 'sent', 'failed')),
    attempts INTEGER NOT NULL DEFAULT 0, due INTEGER, until INTEGER NOT NULL, error TEXT, sent INTEGER,
    second TEXT, stands_in INTEGER NOT NULL CHECK(stands_in IN (0, 1)), void INTEGER,
    CHECK((state = 'waiting') = (due IS NOT NULL)), CHECK((state = 'sent') = (sent IS NOT NULL)));
CREATE UNIQUE INDEX message_of ON message(kind, key, channel, recipient);
CREATE INDEX message_due ON message(channel, due) WHERE state = 'waiting';
CREATE INDEX message_made ON message(channel, made) WHERE kind = 'alert';
CREATE INDEX message_open ON message(made) WHERE state <> 'sent' AND void IS NULL;
CREATE INDEX message_void ON message(channel) WHERE state <> 'sent' AND void > 0;
CREATE INDEX message_state ON message(state, id);
CREATE INDEX message_channel ON message(channel, id);

--! record message: CAST({of}id AS TEXT): id, made, kind, key, channel, recipient, level, subject, text, state,
--!     sent, second, stands_in, void
