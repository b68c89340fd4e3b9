-- Users, attempts, sessions, tokens; the trail of acts.

--! define USER_ROW id, name, roles, agency, state, salt, passes, kib, verifier, must_change, short, totp, totp_step

-- USER_AT
SELECT {USER_ROW} FROM user WHERE id = ?

-- USER_NAMED
SELECT {USER_ROW} FROM user WHERE name_key = ?

-- USER_ADD
INSERT INTO user(name, name_key, display, roles, agency, state, salt, passes, kib, verifier, must_change, short,
    made, changed) VALUES(?1, ?2, ?3, ?4, ?5, 'active', ?6, ?7, ?8, ?9, 1, 0, ?10, ?10)

-- USER_CHANGE
UPDATE user SET display = coalesce(?1, display), roles = ?2, agency = ?3 WHERE id = ?4

-- USER_STATE
UPDATE user SET state = ?1 WHERE id = ?2

-- USER_PASSWORD
UPDATE user SET salt = ?1, passes = ?2, kib = ?3, verifier = ?4, must_change = ?5, short = ?6, changed = ?7
    WHERE id = ?8

-- USER_SEEN
UPDATE user SET seen = ?1 WHERE id = ?2

-- USER_MUST_CHANGE
UPDATE user SET must_change = 1 WHERE id = ?

-- Administrators who can log in, without user ?1.
-- USER_ADMINISTRATORS
SELECT count(*) FROM user, json_each(roles) WHERE value = 'administrator' AND state = 'active' AND user.id <> ?1

-- TOTP_NEW
UPDATE user SET totp_new = ?1 WHERE id = ?2

-- TOTP_NEW_GET
SELECT totp_new FROM user WHERE id = ?

-- TOTP_CONFIRM
UPDATE user SET totp = totp_new, totp_new = NULL, totp_step = ?1 WHERE id = ?2

-- TOTP_STEP
UPDATE user SET totp_step = ?1 WHERE id = ?2 AND totp_step < ?1

-- TOTP_REMOVE
UPDATE user SET totp = NULL, totp_new = NULL WHERE id = ?

-- RECOVERY_ADD
INSERT INTO recovery_code(user, hash) VALUES(?, ?)

-- RECOVERY_USE
UPDATE recovery_code SET used = ?1 WHERE user = ?2 AND hash = ?3 AND used IS NULL

-- RECOVERY_DROP
DELETE FROM recovery_code WHERE user = ?

-- When the ?3th last attempt was, of those after ?2: it is what stands in the way.
-- ATTEMPT_NAME
SELECT time FROM attempt WHERE name = ?1 AND time > ?2 ORDER BY time DESC LIMIT 1 OFFSET ?3 - 1

-- ATTEMPT_ADDRESS
SELECT time FROM attempt WHERE address = ?1 AND time > ?2 ORDER BY time DESC LIMIT 1 OFFSET ?3 - 1

-- ATTEMPT_ALL
SELECT time FROM attempt WHERE time > ?1 ORDER BY time DESC LIMIT 1 OFFSET ?2 - 1

-- ATTEMPT_ADD
INSERT INTO attempt(secret, name, user, address, time, used) VALUES(?, ?, ?, ?, ?, ?)

-- ATTEMPT_GET
SELECT id, user FROM attempt WHERE secret = ?1 AND used = 0 AND time BETWEEN ?2 AND ?3

-- ATTEMPT_USE
UPDATE attempt SET used = 1 WHERE id = ?

-- ATTEMPT_DROP
DELETE FROM attempt WHERE id = ?

-- Those that do not count any more; and those that a clock that was set back left in the future.
-- ATTEMPT_PRUNE
DELETE FROM attempt WHERE time <= ?1 OR time > ?2

-- SESSION_OF
SELECT s.id, s.made, s.seen, s.idle, s.ends, u.id, u.name, u.roles, u.agency,
    u.must_change AND s.link IS NULL, s.second
    FROM session s JOIN user u ON u.id = s.user WHERE s.secret = ? AND u.state = 'active'

-- SESSION_ADD
INSERT INTO session(secret, user, made, seen, idle, ends, address, agent, second, link)
    VALUES(?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?9)

-- SESSION_SEEN
UPDATE session SET seen = max(seen, ?1) WHERE id = ?2

-- SESSION_IS
SELECT user FROM session WHERE id = ?

-- SESSION_END
DELETE FROM session WHERE id = ?

-- SESSION_END_ALL
DELETE FROM session WHERE user = ?

-- SESSION_END_OTHERS
DELETE FROM session WHERE user = ?1 AND id <> ?2

-- It has shown a second factor now.
-- SESSION_SECOND
UPDATE session SET second = 1 WHERE id = ?

-- SESSION_NO_SECOND
UPDATE session SET second = 0 WHERE user = ?

-- All but the newest ?2 of a user.
-- SESSION_OLDEST
DELETE FROM session WHERE user = ?1 AND id NOT IN
    (SELECT id FROM session WHERE user = ?1 ORDER BY made DESC, id DESC LIMIT ?2)

-- SESSION_PRUNE
DELETE FROM session WHERE ends <= ?

-- --- subjects of the issuer, and logins by its word

-- LINK_ADD
INSERT OR IGNORE INTO user_link(issuer, subject) VALUES(?, ?)

-- LINK_OF
SELECT l.id, l.user, u.name FROM user_link l LEFT JOIN user u ON u.id = l.user WHERE l.issuer = ? AND l.subject = ?

-- LINK_SET
UPDATE user_link SET user = ?2 WHERE id = ?1

-- LINK_STATE
SELECT json_array(user) FROM user_link WHERE id = ?

-- LINK_STATE_PUT
UPDATE user_link SET user = ?2 ->> 0 WHERE id = ?1

-- Whose it is: who can log in, tied to this issuer.
-- LINK_USER
SELECT l.user FROM user_link l JOIN user u ON u.id = l.user WHERE l.id = ?1 AND l.issuer = ?2 AND u.state = 'active'

-- OIDC_ADD
INSERT INTO oidc_login(state, cookie, phase, made, ends, attempt) VALUES(?1, ?2, 'begun', ?3, ?4, ?5)

-- Those that are over; and those that a clock that was set back left in the future.
-- OIDC_PRUNE
DELETE FROM oidc_login WHERE ends <= ?1 OR ends > ?2

-- OIDC_BEGUN
SELECT id FROM oidc_login WHERE state = ?1 AND cookie = ?2 AND phase = 'begun' AND ends > ?3

-- OIDC_ASK
UPDATE oidc_login SET phase = 'asked', code = ?2 WHERE id = ?1

-- OIDC_DUE
SELECT id, state, code FROM oidc_login WHERE phase = 'asked' ORDER BY id LIMIT 1

-- OIDC_SENT
UPDATE oidc_login SET phase = 'sent', code = NULL WHERE id = ?

-- What the issuer's word comes to: ?2 the link, or NULL.
-- OIDC_RESULT
UPDATE oidc_login SET phase = CASE WHEN ?2 IS NULL THEN 'refused' ELSE 'known' END, link = ?2
    WHERE id = ?1 AND phase = 'sent'

-- OIDC_LOST
UPDATE oidc_login SET phase = 'refused', code = NULL WHERE phase IN ('asked', 'sent')

-- OIDC_OF
SELECT id, phase, link, attempt FROM oidc_login WHERE cookie = ?1 AND ends > ?2

-- OIDC_PHASE
SELECT phase FROM oidc_login WHERE id = ?

-- OIDC_DROP
DELETE FROM oidc_login WHERE id = ?

-- ---

-- TOKEN_OF
SELECT t.id, t.service, t.roles, t.used, u.id, u.name, u.roles, u.agency
    FROM token t LEFT JOIN user u ON u.id = t.user
    WHERE t.secret = ?1 AND t.ended IS NULL AND t.expires > ?2 AND (t.user IS NULL OR u.state = 'active')

-- TOKEN_ADD
INSERT INTO token(secret, user, service, name, roles, made, expires, act) VALUES(?, ?, ?, ?, ?, ?, ?, ?)

-- TOKEN_IS
SELECT user, ended FROM token WHERE id = ?

-- TOKEN_END
UPDATE token SET ended = ?1 WHERE id = ?2

-- TOKEN_USED
UPDATE token SET used = ?1 WHERE id = ?2

-- --- views

--! define USER_SHOWN u.id, u.name, u.display, u.roles, u.agency, u.state, u.totp IS NOT NULL, u.must_change, u.made,
--!     u.changed, u.seen
--! define SESSION_SHOWN s.id, u.name, s.made, s.seen, min(s.ends, s.seen + s.idle), s.address, s.agent, s.second
--! define TOKEN_SHOWN t.id, t.name, u.name, t.service, t.roles, t.made, t.expires, t.used, a.name

-- ?1 role, ?2 state
-- USER_LIST
SELECT {USER_SHOWN} FROM user u WHERE (?1 IS NULL OR EXISTS (SELECT 1 FROM json_each(u.roles) WHERE value = ?1))
    AND (?2 IS NULL OR u.state = ?2) ORDER BY u.name_key LIMIT ?3

-- USER_SHOW
SELECT {USER_SHOWN} FROM user u WHERE u.name_key = ? LIMIT ?

-- USER_ME
SELECT {USER_SHOWN}, (SELECT count(*) FROM recovery_code c WHERE c.user = u.id AND c.used IS NULL)
    FROM user u WHERE u.name_key = lower(?) LIMIT ?

-- SESSION_MINE
SELECT {SESSION_SHOWN} FROM user u JOIN session s ON s.user = u.id WHERE u.name_key = lower(?1)
    AND s.ends > ?2 AND s.seen + s.idle >= ?2 ORDER BY s.made DESC LIMIT ?3

-- SESSION_LIST
SELECT {SESSION_SHOWN} FROM session s JOIN user u ON u.id = s.user WHERE s.ends > ?1
    AND s.seen + s.idle >= ?1 ORDER BY s.made DESC LIMIT ?2

-- TOKEN_MINE
SELECT {TOKEN_SHOWN} FROM user u JOIN token t ON t.user = u.id JOIN act a ON a.id = t.act WHERE u.name_key = lower(?1)
    AND t.ended IS NULL AND t.expires > ?2 ORDER BY t.id LIMIT ?3

-- TOKEN_LIST
SELECT {TOKEN_SHOWN} FROM token t LEFT JOIN user u ON u.id = t.user JOIN act a ON a.id = t.act
    WHERE t.ended IS NULL AND t.expires > ?1 ORDER BY t.id LIMIT ?2

-- USER_LINKS
SELECT l.id, u.name, l.issuer, l.subject FROM user_link l JOIN user u ON u.id = l.user ORDER BY u.name_key, l.id LIMIT ?

-- The trail: ?1 since, ?2 before, ?3 below, ?4 name, ?5 act, ?6 thing ("alert:7"), ?7 outcome, ?8 limit. Each by
-- another index; the conditions are the same.

--! define TRAIL a.id, a.time, a.name, a.via, a.address, a.act, a.parameters, a.outcome, a.undoes,
--!     (SELECT id FROM act u WHERE u.undoes = a.id),
--!     (SELECT json_group_array(json_object('kind', o.kind, 'key', o.key)) FROM act_on o WHERE o.act = a.id)
--! define TRAIL_TIME a.time >= coalesce(?1, -9223372036854775808) AND a.time <= coalesce(?2, 9223372036854775807)
--!     AND (?2 IS NULL OR a.time < ?2 OR a.id < ?3)
--! define TRAIL_WHERE (?4 IS NULL OR a.name = ?4) AND (?5 IS NULL OR a.act = ?5) AND (?7 IS NULL OR a.outcome = ?7)
--! define TRAIL_ORDER ORDER BY a.time DESC, a.id DESC LIMIT ?8

-- TRAIL_ALL
SELECT {TRAIL} FROM act a INDEXED BY act_time WHERE {TRAIL_TIME} AND {TRAIL_WHERE} AND ?6 IS NULL {TRAIL_ORDER}

-- TRAIL_NAME
SELECT {TRAIL} FROM act a INDEXED BY act_name WHERE a.name = ?4 AND {TRAIL_TIME} AND {TRAIL_WHERE} AND ?6 IS NULL
    {TRAIL_ORDER}

-- TRAIL_ACT
SELECT {TRAIL} FROM act a INDEXED BY act_act WHERE a.act = ?5 AND {TRAIL_TIME} AND {TRAIL_WHERE} AND ?6 IS NULL
    {TRAIL_ORDER}

-- TRAIL_NAME_ACT
SELECT {TRAIL} FROM act a INDEXED BY act_act_name WHERE a.act = ?5 AND a.name = ?4 AND {TRAIL_TIME} AND {TRAIL_WHERE}
    AND ?6 IS NULL {TRAIL_ORDER}

-- TRAIL_DENIED
SELECT {TRAIL} FROM act a INDEXED BY act_denied WHERE a.outcome = 'denied' AND {TRAIL_TIME} AND {TRAIL_WHERE}
    AND ?6 IS NULL {TRAIL_ORDER}

-- TRAIL_THING
SELECT {TRAIL} FROM act_on t INDEXED BY act_on_what CROSS JOIN act a ON a.id = t.act
    WHERE t.kind = substr(?6, 1, instr(?6, ':') - 1) AND t.key = CAST(substr(?6, instr(?6, ':') + 1) AS INTEGER)
    AND {TRAIL_TIME} AND {TRAIL_WHERE} ORDER BY t.act DESC LIMIT ?8
