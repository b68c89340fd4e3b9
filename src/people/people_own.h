/*
 * people_own.h - what the files of src/people share.
 */
#ifndef PEOPLE_OWN_H
#define PEOPLE_OWN_H

#include "conf/channel.h"
#include "people/people.h"
#include "people/totp.h"

#define NONCE_BYTES  16u
#define NONCES       8192u                           /* within LOCAL_NS: 273 a second */
#define SEALED_BYTES (24u + TOTP_SECRET_BYTES + 16u) /* nonce, secret, tag */
#define HASH_BYTES   32u
#define SECOND_NS    INT64_C(1000000000)

struct nonce {
    uint8_t bytes[NONCE_BYTES];
    int64_t until_ns;
};

/* The issuer of the settings; `issuer` empty: there is none. */
struct oidc_way {
    char issuer[ISSUER_URL_MAX + 1], client[ISSUER_TEXT_MAX + 1];
    char redirect[ISSUER_URL_MAX + 32];
    char scopes[ISSUER_WORDS_MAX + 1], acr[ISSUER_WORDS_MAX + 1];
    bool second;
    char authorize[CHANNEL_URL_MAX + 1]; /* empty: not known yet */
    bool says_iss;
};

struct people {
    struct people_limits limits;
    uint8_t seal[32], salt[32], name[32], oidc[32]; /* of desk.key: one for each use */
    struct oidc_way way;
    uint8_t local[32];
    int64_t since_ns;
    struct nonce nonce[NONCES];
};

/* --- users ---------------------------------------------------------------------------------- */

struct user {
    int64_t id, agency; /* 0: none */
    char name[PEOPLE_NAME_MAX + 1];
    unsigned roles;
    bool active, must_change, is_short, has_totp;
    int64_t totp_step;
    uint8_t salt[PASSWORD_SALT_BYTES], verifier[HASH_BYTES];
    struct password_cost cost;
    uint8_t totp[SEALED_BYTES];
};

/* 1, 0 when there is none, or a code. */
int user_at(struct db *db, int64_t id, struct user *u, struct err *e);
int user_named(struct db *db, struct span name, struct user *u, struct err *e);
/* ERR_NOTFOUND when there is none. */
int user_of(struct act_call *c, const char *param, struct user *u, struct err *e);
/* Whose session asks: ERR_DENIED when it is none. */
int user_self(struct act_call *c, struct user *u, struct err *e);

extern const char *const role_names[USER_ROLES + 1]; /* NULL behind the last */
unsigned roles_read(struct span json);               /* ["lead","officer"] */
unsigned roles_given(const struct act_call *c);      /* parameter "roles" */
void roles_put(unsigned roles, struct buf *out);

bool name_good(struct span name);

/* A statement with one or two numbers. */
int run_int(struct db *db, enum db_statement s, int64_t a, struct err *e);
int run_ints(struct db *db, enum db_statement s, int64_t a, int64_t b, struct err *e);

/* --- secrets -------------------------------------------------------------------------------- */

/* 32 random bytes as 43 letters of base64url, and what is kept of them. */
void secret_new(char text[44], uint8_t hash[HASH_BYTES]);
bool secret_hash(struct span text, uint8_t hash[HASH_BYTES]);
/* Exactly `n` bytes out of base64url or base64. */
bool bytes_read(struct span text, uint8_t *out, size_t n);
void bytes_put(const uint8_t *bytes, size_t n, struct buf *out);

void seal_put(const struct people *p, int64_t user, const uint8_t secret[TOTP_SECRET_BYTES],
              uint8_t sealed[SEALED_BYTES]);
bool seal_open(const struct people *p, int64_t user, const uint8_t sealed[SEALED_BYTES],
               uint8_t secret[TOTP_SECRET_BYTES]);

/* --- attempts ------------------------------------------------------------------------------- */

#define ATTEMPT_BYTES 16u
#define ADDRESS_MAX   64u

struct attempt {
    uint8_t name[HASH_BYTES];
    char address[ADDRESS_MAX];
    int64_t user; /* 0: none */
};

/* The keyed hash of a name, folded. ERR_NOMEM. */
int attempt_name(struct act_call *c, struct span name, uint8_t hash[HASH_BYTES]);
/* What counts as one address. */
void attempt_address(struct span address, char out[ADDRESS_MAX]);
/* 1 with *id and its secret, or 0 with *until when there are too many until then; or a code. */
int attempt_reserve(struct act_call *c, const struct attempt *a, bool used,
                    uint8_t secret[ATTEMPT_BYTES], int64_t *until, int64_t *id, struct err *e);
/* One reserved by session.begin, used up: *user is whose, 0: nobody's. ERR_DENIED. */
int attempt_take(struct act_call *c, int64_t *id, int64_t *user, struct err *e);
/* One for user `u` at once, as used: 1 with its number, 0 when there are too many, or a code. */
int attempt_now(struct act_call *c, const struct user *u, int64_t *id, struct err *e);
/* It was good: it does not count. */
int attempt_give_back(struct act_call *c, int64_t id, struct err *e);

/* A session for `u`, who has shown a second factor or not, by that link (0: by his password); its
 * secret is told once, and who he is. */
int session_welcome(struct act_call *c, const struct user *u, bool second, int64_t link,
                    struct err *e);
/* As whom an attempt at logging in is written down. */
struct actor session_tried_by(struct act_call *c, const struct user *u);

/* Is `key` that of `u`? In the same time for every key. */
bool key_fits(const struct user *u, struct span key);

/* Is `code` the second factor of `u` (who has one)? 1 when it is, and then it is used up; 0; or a
 * code of a fault. */
int second_take(struct act_call *c, const struct user *u, struct span code, struct err *e);

#endif
