/*
 * owner.c - whose is it: the system of an event, and the agencies that have a say in it.
 */
#include "registry/registry_own.h"

#include "event/search_text.h"

#define HOST_BYTES_MAX    1024u
#define ADDRESS_BYTES_MAX 128u

static const char *const by_names[] = {
#define X(id, name) name,
    REGISTRY_BY_TABLE(X)
#undef X
};

const char *registry_by_name(enum registry_by by)
{
    MUST(by < REGISTRY_BYS);
    return by_names[by];
}

/* --- agencies
 * ------------------------------------------------------------------------------------- */

static int ask(struct db *db, enum db_statement s, int64_t a, int64_t b, bool *is, struct err *e)
{
    struct db_row *r = db_use(db, s);
    int rc;

    db_int(r, 1, a);
    db_int(r, 2, b);
    rc = db_next(db, r, e);
    db_end(r);
    *is = rc == 1;
    return rc < 0 ? rc : ERR_OK;
}

int registry_within(struct db *db, int64_t agency, int64_t other, bool *is, struct err *e)
{
    return ask(db, DB_AGENCY_WITHIN, agency, other, is, e);
}

int registry_covers(struct db *db, int64_t agency, int64_t system, bool *covers, struct err *e)
{
    return ask(db, DB_SYSTEM_COVERED, agency, system, covers, e);
}

/* --- systems
 * -------------------------------------------------------------------------------------- */

struct search {
    struct db *db;
    struct registry_system source; /* of the source; id 0: none */
    struct registry_system *out;
};

/* The system of a source. */
static int of_source(struct search *s, struct span source, struct err *e)
{
    struct db_row *r = db_use(s->db, DB_SYSTEM_OF_SOURCE);
    int rc;

    db_text(r, 1, source);
    rc = db_next(s->db, r, e);
    if (rc == 1)
        s->source =
            (struct registry_system){ db_get_int(r, 0), db_get_int(r, 1), REGISTRY_BY_SOURCE };
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

/* Those that have this key: 1 when that told whose it is, 0 when nobody or several have it. */
static int of_key(struct search *s, const char *kind, struct span key, int64_t bits,
                  enum registry_by by, struct err *e)
{
    struct db_row *r = db_use(s->db, DB_SYSTEM_OF_KEY);
    int64_t first, last, level;
    bool is_source;
    int rc;

    db_text(r, 1, span_of(kind));
    db_text(r, 2, key);
    db_int(r, 3, bits);
    db_int(r, 4, s->source.id);
    rc = db_next(s->db, r, e);
    if (rc < 0)
        return rc;
    first = rc == 1 ? db_get_int(r, 0) : 0; /* NULL of none */
    last = rc == 1 ? db_get_int(r, 1) : 0;
    is_source = rc == 1 && db_get_int(r, 2) == 1;
    level = rc == 1 ? db_get_int(r, 3) : 0;
    db_end(r);
    if (first == 0 || (first != last && !is_source))
        return 0;
    *s->out = first == last ? (struct registry_system){ first, level, by }
                            : (struct registry_system){ s->source.id, s->source.level, by };
    return 1;
}

/* --- addresses
 * ------------------------------------------------------------------------------------ */

struct address {
    const char *kind; /* of its keys */
    int64_t bits;     /* all */
    struct buf text;  /* in its one form */
};

static bool read_address(struct span s, struct address *a)
{
    buf_init(&a->text, ADDRESS_BYTES_MAX);
    if (s.n == 0 || !list_address(s, &a->text) || buf_failed(&a->text)) {
        buf_release(&a->text);
        return false;
    }
    a->kind = span_find(buf_span(&a->text), ':') < a->text.n ? "net6" : "net4";
    a->bits = strcmp(a->kind, "net6") == 0 ? 128 : 32;
    return true;
}

/* Those that have the network of so many bits that the address is in. */
static int of_network(struct search *s, const struct address *a, int64_t bits, enum registry_by by,
                      struct err *e)
{
    struct buf full, net;
    struct span key;
    int rc;

    buf_init(&full, ADDRESS_BYTES_MAX);
    buf_init(&net, ADDRESS_BYTES_MAX);
    buf_fmt(&full, "%.*s/%lld", SPAN_ARG(buf_span(&a->text)), (long long)bits);
    if (list_network(buf_span(&full), &net) && !buf_failed(&net)) {
        key = (struct span){ net.p, span_find(buf_span(&net), '/') };
        rc = of_key(s, a->kind, key, bits, by, e);
    } else {
        rc = edit_no_memory(e); /* an address has no other fault */
    }
    buf_release(&full);
    buf_release(&net);
    return rc;
}

/* From the narrowest on, of the widths that there are. */
static int of_networks(struct search *s, const struct address *a, struct err *e)
{
    int64_t bits = a->bits;
    int rc = 0;

    while (rc == 0) {
        struct db_row *r = db_use(s->db, DB_SYSTEM_NET_BITS);

        db_text(r, 1, span_of(a->kind));
        db_int(r, 2, bits);
        rc = db_next(s->db, r, e);
        if (rc < 0)
            return rc;
        bits = rc == 1 && !db_get_null(r, 0) ? db_get_int(r, 0) : -1;
        db_end(r);
        if (bits < 0)
            return 0;
        rc = of_network(s, a, bits, REGISTRY_BY_NETWORK, e);
    }
    return rc;
}

/* --- hosts
 * ---------------------------------------------------------------------------------------- */

static int of_host(struct search *s, struct span host, bool is_address, struct err *e)
{
    size_t label = span_find(host, '.');
    int rc = of_key(s, "host", host, 0, REGISTRY_BY_HOST, e);

    return rc == 0 && label < host.n && label > 0 && !is_address
               ? of_key(s, "host", (struct span){ host.p, label }, 0, REGISTRY_BY_HOST, e)
               : rc;
}

/* a.b.gov.vn, then b.gov.vn, then gov.vn */
static int of_domain(struct search *s, struct span host, struct err *e)
{
    int rc = 0;

    while (rc == 0 && span_find(host, '.') < host.n) {
        rc = of_key(s, "domain", host, 0, REGISTRY_BY_DOMAIN, e);
        host = span_from(host, span_find(host, '.') + 1);
    }
    return rc;
}

static int of_source_alone(struct search *s)
{
    *s->out = s->source;
    return s->source.id != 0;
}

static int look(struct search *s, struct span host, const struct address *a, bool is_address,
                struct err *e)
{
    int rc = host.n > 0 ? of_host(s, host, is_address, e) : 0;

    if (rc == 0 && a != NULL)
        rc = of_network(s, a, a->bits, REGISTRY_BY_ADDRESS, e);
    if (rc == 0 && host.n > 0 && !is_address)
        rc = of_domain(s, host, e);
    if (rc == 0)
        rc = of_source_alone(s);
    return rc == 0 && a != NULL ? of_networks(s, a, e) : rc;
}

int registry_system_of(struct db *db, struct span source, struct span host, struct span address,
                       struct registry_system *out, struct err *e)
{
    struct search s = { .db = db, .out = out };
    struct address a;
    struct buf folded;
    bool is_address = read_address(host, &a), has_address = is_address || read_address(address, &a);
    int rc = source.n > 0 ? of_source(&s, source, e) : ERR_OK;

    *out = (struct registry_system){ 0 };
    buf_init(&folded, 3 * HOST_BYTES_MAX + 16);
    search_fold_add(host.n <= HOST_BYTES_MAX ? host : SPAN_NONE, false, &folded);
    if (rc == ERR_OK && buf_failed(&folded))
        rc = edit_no_memory(e);
    if (rc == ERR_OK)
        rc = look(&s, buf_span(&folded), has_address ? &a : NULL, is_address, e);
    buf_release(&folded);
    if (has_address)
        buf_release(&a.text);
    return rc < 0 ? rc : ERR_OK;
}
