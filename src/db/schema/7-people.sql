-- Users, what they show who they are with, their sessions and tokens (src/people).

-- name_key: folded. roles: an array of names, in the order of the program's table. verifier: SHA-256 of the key
-- that Argon2id gives. short: the password is enough only with a second factor. totp: sealed; totp_new is
-- not confirmed yet; totp_step was used last.
CREATE TABLE user(
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL, name_key TEXT NOT NULL UNIQUE, display TEXT NOT NULL,
    roles TEXT NOT NULL CHECK(roles GLOB '[[]"*"]'),
    agency INTEGER,
    state TEXT NOT NULL CHECK(state IN ('active', 'disabled')),
    salt BLOB NOT NULL CHECK(length(salt) = 16),
    passes INTEGER NOT NULL CHECK(passes > 0), kib INTEGER NOT NULL CHECK(kib >= 8),
    verifier BLOB NOT NULL CHECK(length(verifier) = 32),
    must_change INTEGER NOT NULL CHECK(must_change IN (0, 1)),
    short INTEGER NOT NULL CHECK(short IN (0, 1)),
    totp BLOB CHECK(length(totp) = 60), totp_new BLOB CHECK(length(totp_new) = 60),
    totp_step INTEGER NOT NULL DEFAULT 0,
    made INTEGER NOT NULL, changed INTEGER NOT NULL, seen INTEGER,
    CHECK((agency IS NOT NULL) = (roles = '["contact"]')));

CREATE TABLE recovery_code(user INTEGER NOT NULL REFERENCES user(id), hash BLOB NOT NULL CHECK(length(hash) = 32),
    used INTEGER, PRIMARY KEY(user, hash)) WITHOUT ROWID;

-- secret: SHA-256 of it. idle: ns. second: whoever made it showed a second factor.
CREATE TABLE session(
    id INTEGER PRIMARY KEY, secret BLOB NOT NULL UNIQUE CHECK(length(secret) = 32),
    user INTEGER NOT NULL REFERENCES user(id),
    made INTEGER NOT NULL, seen INTEGER NOT NULL, idle INTEGER NOT NULL, ends INTEGER NOT NULL,
    address TEXT NOT NULL, agent TEXT NOT NULL,
    second INTEGER NOT NULL CHECK(second IN (0, 1)));
CREATE INDEX session_user ON session(user, made);
CREATE INDEX session_ends ON session(ends);

-- name: a keyed hash, for people type their passwords there; user: NULL when there is none of that name.
CREATE TABLE attempt(
    id INTEGER PRIMARY KEY, secret BLOB NOT NULL UNIQUE CHECK(length(secret) = 16),
    name BLOB NOT NULL, user INTEGER REFERENCES user(id),
    address TEXT NOT NULL, time INTEGER NOT NULL, used INTEGER NOT NULL CHECK(used IN (0, 1)));
CREATE INDEX attempt_name ON attempt(name, time);
CREATE INDEX attempt_address ON attempt(address, time);
CREATE INDEX attempt_time ON attempt(time);
CREATE INDEX attempt_user ON attempt(user) WHERE user IS NOT NULL;

-- Of a user or, with a name of its own, of a service.
CREATE TABLE token(
    id INTEGER PRIMARY KEY, secret BLOB NOT NULL UNIQUE CHECK(length(secret) = 32),
    user INTEGER REFERENCES user(id), service TEXT, name TEXT NOT NULL,
    roles TEXT NOT NULL CHECK(roles GLOB '[[]"*"]'),
    made INTEGER NOT NULL, expires INTEGER NOT NULL, used INTEGER,
    act INTEGER NOT NULL REFERENCES act(id), ended INTEGER REFERENCES act(id),
    CHECK((user IS NULL) = (service IS NOT NULL)), CHECK(expires > made));
CREATE INDEX token_user ON token(user) WHERE user IS NOT NULL;
CREATE INDEX token_act ON token(act);
CREATE INDEX token_ended ON token(ended) WHERE ended IS NOT NULL;

-- The trail by what was done.
CREATE INDEX act_act ON act(act, time);
CREATE INDEX act_act_name ON act(act, name, time);
CREATE INDEX act_denied ON act(time) WHERE outcome = 'denied';

--! record user: CAST({of}id AS TEXT): id, name, display, roles, agency, state, salt, passes, kib, verifier,
--!     must_change, short, totp, made, changed
--! record token: CAST({of}id AS TEXT): id, secret, user, service, name, roles, made, expires, act, ended
