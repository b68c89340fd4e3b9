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
    X(oidc_s, 600)      /* the same of a login by an issuer; less than the window */               \
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
int people_active(struct db *db, const char *param, struct span name, char out[PEOPLE_NAME_MAX + 1],
                  struct err *e);

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

/* --- by the word of an issuer (OpenID Connect) ------------------------------------------------ */

/*
 *   session.oidc_begin: an attempt is reserved ─▶ where the browser goes, and a secret for its
 * cookie ─▶ the issuer sends it back with state and code session.oidc_ask: state and cookie belong
 * together, and were never shown before ─▶ people_oidc_due() hands the code out ─▶ the sender
 * changes it for an ID token and checks that ─▶ people_oidc_result(): whose subject it is
 *   session.oidc_prove: session, or our own second factor is wanted, or a refusal
 *
 * Nobody is made a user by it: a subject is tied to one before (user.link). What is wrong is not
 * told. Verifier (RFC 7636) and nonce are not kept: they are keyed hashes of the state's.
 */
#define PEOPLE_CODE_MAX    2048u
#define PEOPLE_SUBJECT_MAX 255u /* bytes; OpenID Connect Core 1.0, 2 */
#define PEOPLE_COOKIE_OIDC 43u

/* The issuer of the settings, from now on; none: nobody logs in so. What was learned of an issuer
 * stays as long as it is the same. */
void people_oidc(struct people *p, const struct settings *s);
bool people_oidc_is_on(const struct people *p);
/* Where its browsers go, as it says itself, and whether it always says who it is (RFC 9207). False:
 * that is no address; what was known stays. */
bool people_oidc_learned(struct people *p, struct span authorize, bool says_iss);

struct people_exchange {
    int64_t id;
    char code[PEOPLE_CODE_MAX + 1], verifier[44], nonce[44];
};
/* The next code that waits, handed out once: 1, 0, or a code. A transaction of its own. */
int people_oidc_due(const struct people *p, struct db *db, struct people_exchange *x,
                    struct err *e);
/* What came of it: the subject that the issuer names, or nothing: refused. The same. */
int people_oidc_result(const struct people *p, struct db *db, int64_t id, struct span subject,
                       struct err *e);
/* Nobody knows any more of those that were under way. */
int people_oidc_lost(struct db *db, struct err *e);

/* --- rows ----------------------------------------------------------------------------------- */

enum {
    PEOPLE_USERS = 5,
    PEOPLE_SESSIONS = 6,
    PEOPLE_TOTP = 3,
    PEOPLE_TOKENS = 2,
    PEOPLE_LINKS = 2,
    PEOPLE_OIDC = 3,
    PEOPLE_VIEWS = 9
};
extern const struct act_row people_users[PEOPLE_USERS];
extern const struct act_row people_sessions[PEOPLE_SESSIONS];
extern const struct act_row people_totp[PEOPLE_TOTP];
extern const struct act_row people_tokens[PEOPLE_TOKENS];
extern const struct act_row people_links[PEOPLE_LINKS];
extern const struct act_row people_oidcs[PEOPLE_OIDC];
extern const struct act_kind people_link_kind;
extern const struct view_row people_views[PEOPLE_VIEWS];

#endif
