/*
 * record.c - see record.h.
 */
#include "db/record.h"

#include <stdio.h>

#include "base/bytes.h"

#define PREFIX 3u     /* of what is hashed: leaves, nodes and blocks have others (docs/ledger.md) */
#define TURN   10000u /* lines of one transaction: a reader holds the log back */

/* --- The chain ------------------------------------------------------------------------------ */

struct line {
    uint64_t number;
    struct span kind, key, digest;
};

static void chain_on(struct merkle_hasher *h, struct record_chain *c, const struct line *l)
{
    uint8_t number[8], kind[8], key[8];
    const struct span parts[] = { { c->hash.bytes, sizeof(c->hash.bytes) },
                                  { number, 8 },
                                  { kind, 8 },
                                  l->kind,
                                  { key, 8 },
                                  l->key,
                                  l->digest };

    bytes_put_u64(number, l->number);
    bytes_put_u64(kind, l->kind.n);
    bytes_put_u64(key, l->key.n);
    merkle_digest(h, PREFIX, parts, COUNT_OF(parts), &c->hash);
    c->number = l->number;
}

static int take_line(struct merkle_hasher *h, struct record_chain *c, struct db_row *r,
                     struct err *e)
{
    const struct line l = { db_get_u64(r, 0), db_get_text(r, 1), db_get_text(r, 2),
                            db_get_blob(r, 3) };

    if (l.number != c->number + 1)
        return err_set(e, ERR_CORRUPT, (size_t)c->number + 1, "Line %llu is not there.",
                       (unsigned long long)(c->number + 1));
    if (l.digest.n != RECORD_DIGEST_BYTES)
        return err_set(e, ERR_CORRUPT, (size_t)l.number, "Line %llu is not one.",
                       (unsigned long long)l.number);
    chain_on(h, c, &l);
    return ERR_OK;
}

/* Called behind each line; false: stop. */
typedef bool line_fn(void *arg, const struct record_chain *c);

static int64_t follow(struct db *db, struct record_chain *c, uint32_t most, line_fn *fn, void *arg,
                      struct err *e)
{
    struct merkle_hasher *h = NULL;
    int rc = merkle_hasher_new(&h, e);
    struct db_row *r = NULL;
    int64_t n = 0;
    bool more = rc == ERR_OK;

    if (more) {
        r = db_use(db, DB_RECORD_LINES);
        db_u64(r, 1, c->number);
        db_int(r, 2, most);
    }
    while (more) {
        rc = db_next(db, r, e);
        more = rc == 1;
        if (more)
            rc = take_line(h, c, r, e);
        more = more && rc == ERR_OK;
        n += more;
        more = more && fn(arg, c);
    }
    db_end(r);
    merkle_hasher_free(&h);
    return rc < 0 ? rc : n;
}

static bool go_on(void *arg, const struct record_chain *c)
{
    (void)arg;
    (void)c;
    return true;
}

int64_t record_follow(struct db *db, struct record_chain *c, uint32_t most, struct err *e)
{
    return follow(db, c, most, go_on, NULL, e);
}

/* --- Verifying ------------------------------------------------------------------------------ */

struct meeting {
    struct record_check *check;
    uint32_t met; /* heads */
    uint64_t met_line;
};

static bool meet(void *arg, const struct record_chain *c)
{
    struct meeting *m = arg;

    if (m->met < m->check->heads &&
        memcmp(&m->check->head[m->met].hash, &c->hash, sizeof(c->hash)) == 0) {
        m->met++;
        m->met_line = c->number;
    }
    return true;
}

static void fault(const struct record_check *check, enum record_fault f, const char *kind,
                  const char *key, const char *what)
{
    char where[128];

    (void)snprintf(where, sizeof(where), "%.40s %.80s", kind, key);
    check->fault(check->arg, f, where, what);
}

static int verify_chain(struct db *db, struct record_check *check, struct err *e)
{
    struct meeting m = { check, 0, 0 };
    struct record_chain c = { 0 };
    char number[24], what[200];
    int64_t n = 1;

    while (n > 0)
        n = follow(db, &c, TURN, meet, &m, e);
    check->lines = c.number;
    check->behind = c.number - m.met_line;
    (void)snprintf(number, sizeof(number), "%llu", (unsigned long long)c.number + 1);
    if (n == ERR_CORRUPT)
        fault(check, RECORD_LINE, "record", number,
              "This line was removed, or is not what one is.");
    else if (n < 0)
        return (int)n;
    if (m.met < check->heads) {
        (void)snprintf(number, sizeof(number), "%llu", (unsigned long long)m.met_line + 1);
        (void)snprintf(what, sizeof(what),
                       "From this line on the record is not what checkpoint %llu signed: lines "
                       "were changed, put in or taken away.",
                       (unsigned long long)check->head[m.met].checkpoint);
        fault(check, RECORD_LINE, "record", number, what);
    }
    return ERR_OK;
}

static int verify_rows(struct db *db, struct record_check *check, struct err *e)
{
    struct db_row *r = db_use(db, DB_RECORD_FAULTS);
    int rc;

    while ((rc = db_next(db, r, e)) == 1) {
        char kind[40], key[80], what[80];
        struct span text;

        text = db_get_text(r, 0);
        (void)snprintf(kind, sizeof(kind), "%.*s", (int)text.n, (const char *)text.p);
        text = db_get_text(r, 1);
        (void)snprintf(key, sizeof(key), "%.*s", (int)text.n, (const char *)text.p);
        text = db_get_text(r, 2);
        (void)snprintf(what, sizeof(what), "It was %.*s by somebody else than the desk.",
                       (int)text.n, (const char *)text.p);
        fault(check, RECORD_ROW, kind, key, what);
    }
    db_end(r);
    return rc;
}

int record_verify(struct db *db, struct record_check *check, struct err *e)
{
    int rc = verify_chain(db, check, e);

    return rc == ERR_OK ? verify_rows(db, check, e) : rc;
}
