/*
 * people.h - users and rights: who may ask, what he shows it with, and how that is kept.
 *
 *   session.begin: an attempt is *reserved*, or refused until its window is over ─▶ salt, cost
 *     ─▶ key, computed where the password was typed (password.h)
 *   session.prove: the attempt is used up, whatever comes of it ─▶ session, or a refusal that does
 *     not say what was wrong
 *
 * So never more passwords are tried than are reserved, however many ask at once, and the desk's
 * loop computes one SHA-256 for each. A secret (session, token) is 32 random bytes, told once; its
 * SHA-256 is kept. Secrets of authenticators are sealed (XChaCha20-Poly1305, bound to their user)
 * with a key that lies in DATA/keys, which the console cannot read.
 *
 * There is no default account: who may read DATA/keys/local.key is on the host itself, has all
 * roles, and makes the first user.
 *
 * Roles are those of actor.h; beyond them
 *   - who has a one-time password has no role until he has changed it;
 *   - who is an administrator is that in a session only with a second factor;
 *   - a token has the roles it was made with, of them those that its user still has.
 *
 * One thread, the desk's; what takes a `struct db` alone also over a reader's.
 */
#ifndef PEOPLE_H
#define PEOPLE_H

#include "act/act.h"
#include "act/view.h"
#include "conf/settings.h"
#include "people/password.h"

#define PEOPLE_NAME_MAX     32u /* letters, digits, dot, hyphen, underscore; a letter first */
#define PEOPLE_SECRET_BYTES 32u
#define PEOPLE_RECOVERY     10u /* codes */
#define PEOPLE_LOCAL_MAX    256u

/*    limit             usual   what */
#define PEOPLE_LIMIT_TABLE(X)                                                                      \
    X(user_attempts, 5)     /* on a user within a window */                                        \
    X(address_attempts, 30) /* from an address; of IPv6 from its /64 */                            \
    X(all_attempts, 20000)  /* of all, so that the table is bounded */                             \
    X(window_s, 900)                                                                               \
    X(attempt_s, 120)   /* from an attempt's beginning to its proof */                             \
    X(idle_s, 1800)     /* a session that nobody uses is over */                                   \
    X(session_s, 43200) /* and every one by then */                                                \
    X(sessions, 5)      /* of a user; the oldest goes */                                           \
    X(token_days, 366)                                                                             \
    X(passes, 3) /* of Argon2id, for new passwords */                                              \
    X(kib, 65536)

struct people_limits {
#define X(name, usual) int64_t name;
    PEOPLE_LIMIT_TABLE(X)
#undef X
};
extern const struct people_limits people_limits_usual;

struct people;

/* The keys of DATA/keys: desk.key, local.key, made when they are not there. `keys_dir` is not
 * needed behind it. */
int people_new(struct people **out, int keys_dir, const struct people_limits *limits,
               int64_t now_ns, struct err *e);
void people_free(struct people **p);

/* --- who asks ------------------------------------------------------------------------------- */

/* An actor, with the room for his texts. */
struct people_who {
    struct actor actor;
    char name[PEOPLE_NAME_MAX + 16];
    bool must_change;  /* his password is a one-time one */
    bool needs_second; /* he would be an administrator */
    int64_t token;     /* its number, or 0 */
    int64_t seen_ns;   /* when that was noted */
};

/* Who has this session, this token: the secret as it was told. ERR_DENIED with one sentence
 * for whatever is wrong with it. `address` is borrowed. */
int people_session(struct db *db, struct span secret, struct span address, int64_t now_ns,
                   struct people_who *who, struct err *e);
int people_token(struct db *db, struct span secret, struct span address, int64_t now_ns,
                 struct people_who *who, struct err *e);

/* The same of a token of the settings (`tokens:`) that may search or verify: that is all it may. */
int people_setting(const struct settings *s, struct span secret, struct span address,
                   struct people_who *who, struct err *e);

/* It is in use: noted once a minute, in a transaction of its own. The desk's connection. */
int people_touch(struct db *db, const struct people_who *who, int64_t now_ns, struct err *e);

/* The active user called so ("AN" is "an"), with his name as it is kept. ERR_NOTFOUND, ERR_CONFLICT
 * (he is disabled) with a sentence that begins with `param`. */
int people_active(struct db *db, const char *param, struct span name,
                  char out[PEOPLE_NAME_MAX + 1], struct err *e);

/* Whom a thing is given to: the active user of parameter `param`. Without one, or when it is his
 * own name, who acts: on a host without users that is "local:NAME", whom nobody else can name.
 * *out may point into `room`. */
int people_given(const struct act_call *c, const char *param, char room[PEOPLE_NAME_MAX + 1],
                 struct span *out, struct err *e);

/* Who has yet to show who he is: for the acts of ROLE_LOGIN. */
void people_nobody(struct span address, struct people_who *who);

/*
 * On the host itself. The credential is base64url of
 *   u64 ns since 1970, little endian; 16 random bytes; HMAC-SHA256 of local.key over
 *   "canh local 1", these 24 bytes, u8 bytes of the name, the name, the request; then the name
 * It is good for 60 seconds either way, once, and not when it is older than this process.
 */
int people_local(struct people *p, struct span credential, struct span request, struct span address,
                 int64_t now_ns, struct people_who *who, struct err *e);
/* The other end: whoever can read DATA/keys/local.key. */
int people_local_sign(int keys_dir, struct span name, struct span request, int64_t now_ns,
                      char credential[PEOPLE_LOCAL_MAX], struct err *e);

/* --- rows ----------------------------------------------------------------------------------- */

enum {
    PEOPLE_USERS = 5,
    PEOPLE_SESSIONS = 6,
    PEOPLE_TOTP = 3,
    PEOPLE_TOKENS = 2,
    PEOPLE_VIEWS = 8
};
extern const struct act_row people_users[PEOPLE_USERS];
extern const struct act_row people_sessions[PEOPLE_SESSIONS];
extern const struct act_row people_totp[PEOPLE_TOTP];
extern const struct act_row people_tokens[PEOPLE_TOKENS];
extern const struct view_row people_views[PEOPLE_VIEWS];

#endif
