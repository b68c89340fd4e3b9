/*
 * source.c - see source.h. Sources found as they come lie in a hash table by name; addresses of
 * configured sources are few and tried one by one, behind a small cache of addresses seen.
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "collect/source.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdlib.h>

#include "base/addr.h"
#include "base/ascii.h"
#include "base/bytes.h"

#define SLOTS       16384u /* twice SENDERS_MAX */
#define CACHE_SLOTS 4096u

struct network {
    uint8_t at[16];
    uint8_t bits;
    struct source *source;
};

struct cached {
    struct socket_address from; /* port 0 */
    struct source *source;
};

struct senders {
    const struct source_settings *set;
    uint32_t set_count;
    struct source *configured;
    uint8_t (*token)[SHA256_DIGEST_LENGTH]; /* of configured ones */
    bool *has_token;
    bool any_token;
    struct network *networks;
    uint32_t network_count;
    struct source *slot[SLOTS]; /* found as they come, by name */
    uint32_t found;
    uint64_t months; /* that events are kept of sources that do not say */
    struct source other;
    struct cached cache[CACHE_SLOTS];
};

static void source_init(struct source *s, struct span name, const struct source_settings *set,
                        uint64_t months)
{
    size_t n = name.n < LEDGER_NAME_MAX ? name.n : LEDGER_NAME_MAX - 1;

    *s = (struct source){ .set = set, .months = (uint8_t)months };
    memcpy(s->name, name.p, n);
    for (unsigned i = 0; i < INPUTS; i++)
        s->row[0][i] = s->row[1][i] = UINT32_MAX;
}

/* --- set-up --------------------------------------------------------------------------------- */

static bool hex_read(struct span hex, uint8_t *dst, size_t n)
{
    if (hex.n != 2 * n)
        return false;
    for (size_t i = 0; i < n; i++) {
        int hi = ascii_hex(hex.p[2 * i]), lo = ascii_hex(hex.p[2 * i + 1]);

        if (hi < 0 || lo < 0)
            return false;
        dst[i] = (uint8_t)(hi << 4 | lo);
    }
    return true;
}

static int add_source(struct senders *s, uint32_t i, struct err *e)
{
    const struct source_settings *set = &s->set[i];

    source_init(&s->configured[i], span_of(set->name), set,
                set->retention > 0 ? set->retention : s->months);
    if (set->token_sha256[0] != 0) {
        if (!hex_read(span_of(set->token_sha256), s->token[i], SHA256_DIGEST_LENGTH))
            return err_set(e, ERR_USAGE, 0, "Source %s: token-sha256 is not 64 hex digits.",
                           set->name);
        s->has_token[i] = s->any_token = true;
    }
    for (uint32_t k = 0; k < set->address.count; k++) {
        struct network *n = &s->networks[s->network_count];

        if (!addr_net_parse(span_of(set->address.value[k]), n->at, &n->bits))
            return err_set(e, ERR_USAGE, 0, "Source %s: '%.60s' is no address or network.",
                           set->name, set->address.value[k]);
        n->source = &s->configured[i];
        s->network_count++;
    }
    return ERR_OK;
}

int senders_new(struct senders **out, const struct settings *set, struct err *e)
{
    struct senders *s = calloc(1, sizeof(*s));
    size_t networks = 0, n = set->source_count;
    int rc = ERR_OK;

    *out = s;
    if (s == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for sources.");
    for (uint32_t i = 0; i < n; i++)
        networks += set->sources[i].address.count;
    s->set = set->sources;
    s->set_count = set->source_count;
    s->configured = calloc(n + 1, sizeof(*s->configured));
    s->token = calloc(n + 1, sizeof(*s->token));
    s->has_token = calloc(n + 1, sizeof(*s->has_token));
    s->networks = calloc(networks + 1, sizeof(*s->networks));
    s->months = set->retention;
    source_init(&s->other, SPAN_LIT("other"), NULL, s->months);
    if (s->configured == NULL || s->token == NULL || s->has_token == NULL || s->networks == NULL)
        rc = err_set(e, ERR_NOMEM, 0, "There is no memory for sources.");
    for (uint32_t i = 0; i < n && rc == ERR_OK; i++)
        rc = add_source(s, i, e);
    if (rc != ERR_OK)
        senders_free(out);
    return rc;
}

void senders_free(struct senders **ps)
{
    struct senders *s = *ps;

    *ps = NULL;
    if (s == NULL)
        return;
    for (uint32_t i = 0; i < SLOTS; i++)
        free(s->slot[i]);
    free(s->configured);
    free(s->token);
    free(s->has_token);
    free(s->networks);
    free(s);
}

/* --- finding -------------------------------------------------------------------------------- */

struct source *source_by_token(struct senders *s, struct span token)
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    struct source *found = NULL;

    (void)SHA256(token.p, token.n, digest); /* into our memory: cannot fail */
    for (uint32_t i = 0; i < s->set_count; i++) {
        if (s->has_token[i] && CRYPTO_memcmp(s->token[i], digest, sizeof(digest)) == 0)
            found = &s->configured[i];
    }
    return found;
}

bool senders_have_tokens(const struct senders *s)
{
    return s->any_token;
}

struct source *source_by_name(struct senders *s, struct span name)
{
    uint32_t at;
    struct source *made;

    name.n = name.n < LEDGER_NAME_MAX ? name.n : LEDGER_NAME_MAX - 1;
    for (at = (uint32_t)XXH3_64bits(name.p, name.n) % SLOTS; s->slot[at] != NULL;
         at = (at + 1) % SLOTS) {
        if (span_eq(span_of(s->slot[at]->name), name))
            return s->slot[at];
    }
    made = s->found < SENDERS_MAX ? malloc(sizeof(*made)) : NULL;
    if (made == NULL)
        return &s->other;
    source_init(made, name, NULL, s->months);
    s->slot[at] = made;
    s->found++;
    return made;
}

struct source *source_by_certificate(struct senders *s, const char *fingerprint, const char *name)
{
    struct source *found = NULL;

    for (uint32_t i = 0; i < s->set_count && found == NULL; i++) {
        const char *want = s->set[i].certificate;

        if (want[0] != 0 &&
            (span_eq_nocase(span_of(want), span_of(fingerprint)) || strcmp(want, name) == 0))
            found = &s->configured[i];
    }
    return found != NULL ? found : source_by_name(s, span_of(name[0] != 0 ? name : fingerprint));
}

static struct source *by_network(struct senders *s, struct span host)
{
    uint8_t at[16];
    struct source *best = NULL;
    unsigned bits = 0;

    if (!addr_parse(host, at))
        return NULL;
    for (uint32_t i = 0; i < s->network_count; i++) {
        const struct network *n = &s->networks[i];

        if (addr_in(at, n->at, n->bits) && (best == NULL || n->bits > bits)) {
            best = n->source;
            bits = n->bits;
        }
    }
    return best;
}

static struct source *find_address(struct senders *s, const struct socket_address *a)
{
    uint8_t text[SOCKET_TEXT_MAX];
    struct span host = { text, socket_host_put(a, text) };
    struct source *found = by_network(s, host);

    return found != NULL ? found : source_by_name(s, host);
}

/* The part of an address that says who: without the port. */
static struct span who_of(const struct socket_address *a)
{
    if (a->at.ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const void *)&a->at;

        return (struct span){ (const void *)&v4->sin_addr, sizeof(v4->sin_addr) };
    }
    if (a->at.ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const void *)&a->at;

        return (struct span){ (const void *)&v6->sin6_addr, sizeof(v6->sin6_addr) };
    }
    return SPAN_NONE;
}

struct source *source_by_address(struct senders *s, const struct socket_address *a)
{
    struct span who = who_of(a);
    struct cached *c = &s->cache[who.n > 0 ? XXH3_64bits(who.p, who.n) % CACHE_SLOTS : 0];

    if (c->source == NULL || !span_eq(who_of(&c->from), who)) {
        c->source = find_address(s, a);
        c->from = *a;
    }
    return c->source;
}

struct source *source_renew(struct senders *s, const struct source *old)
{
    for (uint32_t i = 0; i < s->set_count; i++) {
        if (strcmp(s->configured[i].name, old->name) == 0)
            return &s->configured[i];
    }
    return source_by_name(s, span_of(old->name));
}

uint32_t source_row(struct source *s, struct ledger *g, enum input input, bool proven)
{
    uint32_t *row = &s->row[proven][input];

    if (*row == UINT32_MAX)
        *row = ledger_row(g, input, span_of(s->name), proven, s->set != NULL);
    g->row[*row].months = s->months;
    return *row;
}

/* --- in the lane ---------------------------------------------------------------------------- */

void source_record_put(struct buf *out, const struct source_record *r)
{
    uint8_t head[SOURCE_RECORD_BYTES] = { 0 };

    bytes_put_u32(head, r->number);
    head[4] = (uint8_t)r->input;
    head[5] = r->authenticated;
    head[6] = r->months;
    buf_add(out, (struct span){ head, sizeof(head) });
    buf_add(out, r->name);
}

bool source_record_read(struct span record, struct source_record *r)
{
    if (record.n < SOURCE_RECORD_BYTES || record.p[4] >= INPUTS || record.p[5] > 1)
        return false;
    r->number = bytes_u32(record.p);
    r->input = (enum input)record.p[4];
    r->authenticated = record.p[5] == 1;
    r->months = record.p[6];
    r->name = span_from(record, SOURCE_RECORD_BYTES);
    return true;
}
