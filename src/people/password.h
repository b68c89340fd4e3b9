/*
 * password.h - passwords where they are typed: in the console's workers and in the command. The
 * desk never sees one, and never computes Argon2.
 *
 *   password ─▶ NFC ─▶ Argon2id(salt, cost) = key, 32 bytes ─▶ to the desk, which keeps
 * SHA-256(key)
 *
 * So who reads the database can log in with nothing that is in it, and has to pay Argon2id for each
 * guess (RFC 9106; libsodium's crypto_pwhash, one lane).
 *
 * A one-time password (once.h) has 80 random bits and needs no Argon2: its key is a hash. Which of
 * the two it is shows in what was typed, so that salt and cost that the desk tells are of the same
 * form whether there is such a user or not, and whichever of the two he has. Nobody can choose a
 * password of that form.
 *
 * Pure but for memory: any thread.
 */
#ifndef PASSWORD_H
#define PASSWORD_H

#include "base/base.h"

#define PASSWORD_SALT_BYTES 16u
#define PASSWORD_KEY_BYTES  32u
#define PASSWORD_BYTES_MAX  512u
#define PASSWORD_POINTS_TWO 8u  /* at least, with a second factor (TCVN 14423:2026, level 1) */
#define PASSWORD_POINTS_ONE 14u /* at least, without */

/* What Argon2id is to cost. */
struct password_cost {
    uint32_t passes, kib;
};

/*
 * May `password` be chosen by who is called `name`? Long enough for whether there is a `second`
 * factor, none of the commonest (common.tbl), neither the name nor one run of the keyboard; UTF-8
 * without control characters. ERR_USAGE with what is wrong, ERR_NOMEM.
 */
int people_password_good(struct span password, struct span name, bool second, struct err *e);

/* Shorter than is enough without a second factor: the desk is to be told so. */
bool people_password_short(struct span password);

/* What shows it to the desk. The caller wipes it. ERR_USAGE when it is no UTF-8 or too long,
 * ERR_NOMEM. */
int people_password_key(struct span password, const uint8_t salt[PASSWORD_SALT_BYTES],
                        struct password_cost cost, uint8_t key[PASSWORD_KEY_BYTES], struct err *e);

#endif
