/*
 * password.c - see password.h.
 */
#include "people/password.h"

#include <sodium.h>
#include <stdlib.h>
#include <utf8proc.h>

#include "base/utf.h"
#include "event/fold.h"
#include "people/once.h"

static const char *const common[] = {
#include "people/common.tbl"
};

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory for a password.");
}

static int bad(struct err *e, const char *why)
{
    return err_set(e, ERR_USAGE, 0, "%s", why);
}

/* Composed, so that the same letters typed on another keyboard are the same bytes. The caller wipes
 * and frees. */
static int compose(struct span password, uint8_t **out, size_t *n, struct err *e)
{
    utf8proc_uint8_t *nfc = NULL;
    utf8proc_ssize_t got;

    *out = NULL;
    *n = 0;
    if (password.n > PASSWORD_BYTES_MAX || !utf8_valid(password))
        return bad(e, "The password is too long, or not UTF-8.");
    got = utf8proc_map(password.p, (utf8proc_ssize_t)password.n, &nfc,
                       UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    if (got < 0)
        return no_memory(e);
    *out = nfc;
    *n = (size_t)got;
    return ERR_OK;
}

static void wipe(uint8_t *p, size_t n)
{
    sodium_memzero(p, n);
    free(p);
}

/* --- which may be chosen -------------------------------------------------------------------- */

static size_t points_of(struct span s)
{
    size_t count = 0;

    for (size_t i = 0; i < s.n; i++)
        count += (s.p[i] & 0xC0u) != 0x80u;
    return count;
}

static bool is_common(struct span folded)
{
    for (size_t i = 0; i < COUNT_OF(common); i++) {
        if (span_eq(folded, span_of(common[i])))
            return true;
    }
    return false;
}

/* Of one letter, or each the next of the one before it: aaaaaaaa, 12345678, zyxwvuts. */
static bool is_run(struct span s)
{
    int step = s.n > 1 ? s.p[1] - s.p[0] : 0;

    if (step < -1 || step > 1)
        return false;
    for (size_t i = 1; i < s.n; i++) {
        if (s.p[i] - s.p[i - 1] != step)
            return false;
    }
    return true;
}

static bool has_control(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < 0x20 || s.p[i] == 0x7F)
            return true;
    }
    return false;
}

/* `name` folded is in it, and it is little more than that. */
static bool is_name(struct span folded, struct span name)
{
    uint8_t room[256];
    size_t n;

    if (name.n < 3 || fold_room(name.n) > sizeof(room))
        return false;
    n = fold_put(name, room);
    for (size_t i = 0; i + n <= folded.n; i++) {
        if (memcmp(folded.p + i, room, n) == 0)
            return folded.n - n < 8;
    }
    return false;
}

static int judge(struct span password, struct span folded, struct span name, bool second,
                 struct err *e)
{
    uint8_t raw[ONCE_BYTES];
    unsigned least = second ? PASSWORD_POINTS_TWO : PASSWORD_POINTS_ONE;

    if (points_of(password) < least)
        return err_set(e, ERR_USAGE, 0, "The password is shorter than %u characters.", least);
    if (has_control(password))
        return bad(e, "There are control characters in the password.");
    if (once_read(password, raw))
        return bad(e, "The password has the form of a one-time password.");
    if (is_common(folded) || is_run(folded))
        return bad(e, "The password is one of the commonest.");
    return is_name(folded, name) ? bad(e, "The password is hardly more than the name.") : ERR_OK;
}

int people_password_good(struct span password, struct span name, bool second, struct err *e)
{
    uint8_t *nfc, folded[2 * PASSWORD_BYTES_MAX + 4];
    size_t n;
    int rc = compose(password, &nfc, &n, e);

    if (rc != ERR_OK)
        return rc;
    if (n > PASSWORD_BYTES_MAX)
        rc = bad(e, "The password is too long, or not UTF-8.");
    else
        rc = judge((struct span){ nfc, n },
                   (struct span){ folded, fold_put((struct span){ nfc, n }, folded) }, name, second,
                   e);
    sodium_memzero(folded, sizeof(folded));
    wipe(nfc, n);
    return rc;
}

bool people_password_short(struct span password)
{
    uint8_t *nfc;
    size_t n;
    bool is_short = true;

    if (compose(password, &nfc, &n, NULL) != ERR_OK)
        return true;
    is_short = points_of((struct span){ nfc, n }) < PASSWORD_POINTS_ONE;
    wipe(nfc, n);
    return is_short;
}

/* --- keys ----------------------------------------------------------------------------------- */

static void once_key(const uint8_t raw[ONCE_BYTES], const uint8_t salt[PASSWORD_SALT_BYTES],
                     uint8_t key[PASSWORD_KEY_BYTES])
{
    uint8_t hash[32];

    once_hash(raw, hash);
    MUST(crypto_generichash(key, PASSWORD_KEY_BYTES, hash, sizeof(hash), salt,
                            PASSWORD_SALT_BYTES) == 0);
    sodium_memzero(hash, sizeof(hash));
}

int people_password_key(struct span password, const uint8_t salt[PASSWORD_SALT_BYTES],
                        struct password_cost cost, uint8_t key[PASSWORD_KEY_BYTES], struct err *e)
{
    uint8_t raw[ONCE_BYTES], *nfc;
    size_t n;
    int rc;

    if (once_read(password, raw)) {
        once_key(raw, salt, key);
        sodium_memzero(raw, sizeof(raw));
        return ERR_OK;
    }
    rc = compose(password, &nfc, &n, e);
    if (rc != ERR_OK)
        return rc;
    if (crypto_pwhash(key, PASSWORD_KEY_BYTES, (const char *)nfc, n, salt, cost.passes,
                      (size_t)cost.kib * 1024, crypto_pwhash_ALG_ARGON2ID13) != 0)
        rc = no_memory(e);
    wipe(nfc, n);
    return rc;
}
