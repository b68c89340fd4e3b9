/*
 * attempt.c - attempts to show who one is: reserved before they are judged.
 *
 * What count: attempts of the last window, whether they were proved, proved wrong, or left. A good
 * one gives its place back. They are in the database, so that neither a restart nor a second
 * console makes more of them; a clock that is set back does not make fewer count.
 */
#include <sodium.h>
#include <stdio.h>

#include "act/key.h"
#include "base/addr.h"
#include "people/people_own.h"

int attempt_name(struct act_call *c, struct span name, uint8_t hash[HASH_BYTES])
{
    struct buf key;
    bool good;

    buf_init(&key, 4096);
    key_put(name, &key);
    good = !buf_failed(&key);
    if (good)
        MUST(crypto_generichash(hash, HASH_BYTES, key.p, key.n, c->people->name,
                                sizeof(c->people->name)) == 0);
    buf_release(&key);
    return good ? ERR_OK : ERR_NOMEM;
}

/* Whoever has one address of IPv6 has 2^64 of them. */
void attempt_address(struct span address, char out[ADDRESS_MAX])
{
    uint8_t a[16];

    if (addr_parse(address, a) && memcmp(a, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) != 0)
        (void)sodium_bin2hex(out, ADDRESS_MAX, a, 8);
    else
        (void)snprintf(out, ADDRESS_MAX, "%.*s",
                       (int)(address.n < ADDRESS_MAX ? address.n : ADDRESS_MAX - 1),
                       (const char *)address.p);
}

/* The row's time is when the attempt was that has to be over first; *until grows to when it is. */
static int later(struct act_call *c, struct db_row *r, int64_t *until, struct err *e)
{
    int64_t window = c->people->limits.window_s * SECOND_NS;
    int rc = db_next(c->db, r, e);

    if (rc == 1 && db_get_int(r, 0) + window > *until)
        *until = db_get_int(r, 0) + window;
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

/* Until when nobody may try: *until <= now when he may. */
static int find_wait(struct act_call *c, const struct attempt *a, int64_t *until, struct err *e)
{
    const struct people_limits *l = &c->people->limits;
    int64_t since = c->now_ns - l->window_s * SECOND_NS;
    struct db_row *r = db_use(c->db, DB_ATTEMPT_NAME);
    int rc;

    *until = c->now_ns;
    db_blob(r, 1, (struct span){ a->name, HASH_BYTES });
    db_int(r, 2, since);
    db_int(r, 3, l->user_attempts);
    rc = later(c, r, until, e);
    if (rc == ERR_OK && a->address[0] != '\0') {
        r = db_use(c->db, DB_ATTEMPT_ADDRESS);
        db_text(r, 1, span_of(a->address));
        db_int(r, 2, since);
        db_int(r, 3, l->address_attempts);
        rc = later(c, r, until, e);
    }
    if (rc == ERR_OK) {
        r = db_use(c->db, DB_ATTEMPT_ALL);
        db_int(r, 1, since);
        db_int(r, 2, l->all_attempts);
        rc = later(c, r, until, e);
    }
    return rc;
}

int attempt_reserve(struct act_call *c, const struct attempt *a, bool used,
                    uint8_t secret[ATTEMPT_BYTES], int64_t *until, int64_t *id, struct err *e)
{
    int64_t window = c->people->limits.window_s * SECOND_NS;
    struct db_row *r;
    int rc = run_ints(c->db, DB_ATTEMPT_PRUNE, c->now_ns - window, c->now_ns + window, e);

    if (rc == ERR_OK)
        rc = find_wait(c, a, until, e);
    if (rc != ERR_OK || *until > c->now_ns)
        return rc;
    randombytes_buf(secret, ATTEMPT_BYTES);
    r = db_use(c->db, DB_ATTEMPT_ADD);
    db_blob(r, 1, (struct span){ secret, ATTEMPT_BYTES });
    db_blob(r, 2, (struct span){ a->name, HASH_BYTES });
    if (a->user != 0)
        db_int(r, 3, a->user);
    db_text(r, 4, span_of(a->address));
    db_int(r, 5, c->now_ns);
    db_int(r, 6, used);
    rc = db_run(c->db, r, e);
    *id = db_key(c->db);
    return rc == ERR_OK ? 1 : rc;
}

int attempt_now(struct act_call *c, const struct user *u, int64_t *id, struct err *e)
{
    struct attempt a = { .user = u->id };
    uint8_t secret[ATTEMPT_BYTES];
    int64_t until;

    if (attempt_name(c, span_of(u->name), a.name) != ERR_OK)
        return act_no_memory(e);
    attempt_address(c->who->address, a.address);
    return attempt_reserve(c, &a, true, secret, &until, id, e);
}

int attempt_take(struct act_call *c, int64_t *id, int64_t *user, struct err *e)
{
    uint8_t secret[ATTEMPT_BYTES];
    struct db_row *r;
    int rc;

    if (!bytes_read(act_text(c, "attempt"), secret, sizeof(secret)))
        return err_set(e, ERR_DENIED, 0, "This attempt is over: begin again.");
    r = db_use(c->db, DB_ATTEMPT_GET);
    db_blob(r, 1, (struct span){ secret, sizeof(secret) });
    db_int(r, 2, c->now_ns - c->people->limits.attempt_s * SECOND_NS);
    db_int(r, 3, c->now_ns + c->people->limits.attempt_s * SECOND_NS);
    rc = db_next(c->db, r, e);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return err_set(e, ERR_DENIED, 0, "This attempt is over: begin again.");
    *id = db_get_int(r, 0);
    *user = db_get_null(r, 1) ? 0 : db_get_int(r, 1);
    db_end(r);
    return run_int(c->db, DB_ATTEMPT_USE, *id, e);
}

int attempt_give_back(struct act_call *c, int64_t id, struct err *e)
{
    return run_int(c->db, DB_ATTEMPT_DROP, id, e);
}
