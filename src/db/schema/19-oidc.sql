-- Logging in by the word of an OpenID issuer (src/people/oidc.c).

-- Whose a subject of an issuer is: nobody's, when it was untied. A row stays, so that what was done to it can be undone.
CREATE TABLE user_link(id INTEGER PRIMARY KEY, issuer TEXT NOT NULL, subject TEXT NOT NULL,
    user INTEGER REFERENCES user(id), UNIQUE(issuer, subject));
CREATE INDEX user_link_user ON user_link(user) WHERE user IS NOT NULL;

-- link: by which it began; the user's one-time password was not shown then, and stands in nobody's way.
ALTER TABLE session ADD COLUMN link INTEGER REFERENCES user_link(id);
CREATE INDEX session_link ON session(link) WHERE link IS NOT NULL;
CREATE TRIGGER user_link_ends AFTER UPDATE OF user ON user_link WHEN NEW.user IS NOT OLD.user BEGIN
    DELETE FROM session WHERE link = OLD.id;
END;

-- A login that is under way. state, cookie: SHA-256 of what went out with the browser. code: of the issuer, until the
-- sender has it. attempt: the one that it takes up.
CREATE TABLE oidc_login(id INTEGER PRIMARY KEY,
    state BLOB NOT NULL UNIQUE CHECK(length(state) = 32), cookie BLOB NOT NULL UNIQUE CHECK(length(cookie) = 32),
    phase TEXT NOT NULL CHECK(phase IN ('begun', 'asked', 'sent', 'known', 'refused')),
    made INTEGER NOT NULL, ends INTEGER NOT NULL, attempt INTEGER NOT NULL,
    code TEXT, link INTEGER REFERENCES user_link(id),
    CHECK((phase = 'asked') = (code IS NOT NULL)), CHECK((phase = 'known') = (link IS NOT NULL)));
CREATE INDEX oidc_login_asked ON oidc_login(id) WHERE phase = 'asked';
CREATE INDEX oidc_login_ends ON oidc_login(ends);
CREATE INDEX oidc_login_link ON oidc_login(link) WHERE link IS NOT NULL;

--! record user_link: CAST({of}id AS TEXT): id, issuer, subject, user
