/*
 * tokens.c - see tokens.h.
 */
#include "console/tokens.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdlib.h>

#include "base/ascii.h"

struct token {
    uint8_t digest[SHA256_DIGEST_LENGTH];
    unsigned may; /* a bit each */
};

struct tokens {
    uint32_t count;
    struct token token[];
};

static void read_digest(const char *hex, uint8_t digest[SHA256_DIGEST_LENGTH])
{
    for (size_t i = 0; i < SHA256_DIGEST_LENGTH; i++) /* the settings' reader looked at it */
        digest[i] =
            (uint8_t)(ascii_hex((uint8_t)hex[2 * i]) << 4 | ascii_hex((uint8_t)hex[2 * i + 1]));
}

static unsigned read_may(const struct text_list *l)
{
    unsigned mask = 0;
    enum may m;

    for (uint32_t i = 0; i < l->count; i++) {
        if (may_find(span_of(l->value[i]), &m))
            mask |= 1u << m;
    }
    return l->count == 0 ? ~0u : mask;
}

int tokens_new(struct tokens **out, const struct settings *s, struct err *e)
{
    struct tokens *t = calloc(1, sizeof(*t) + s->token_count * sizeof(t->token[0]));

    *out = t;
    if (t == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the tokens.");
    t->count = s->token_count;
    for (uint32_t i = 0; i < t->count; i++) {
        read_digest(s->tokens[i].sha256, t->token[i].digest);
        t->token[i].may = read_may(&s->tokens[i].may);
    }
    return ERR_OK;
}

void tokens_free(struct tokens **t)
{
    free(*t);
    *t = NULL;
}

unsigned tokens_judge(const struct tokens *t, struct span authorization, enum may may)
{
    static const char scheme[] = "bearer ";
    const size_t n = sizeof(scheme) - 1;
    uint8_t digest[SHA256_DIGEST_LENGTH];
    struct span secret = authorization;
    unsigned found = 0;
    bool any = false;

    if (t == NULL || secret.n <= n ||
        !span_eq_nocase((struct span){ secret.p, n }, (struct span){ (const uint8_t *)scheme, n }))
        return 401;
    secret = span_from(secret, n);
    (void)SHA256(secret.p, secret.n, digest); /* into our memory: cannot fail */
    for (uint32_t i = 0; i < t->count; i++) {
        if (CRYPTO_memcmp(digest, t->token[i].digest, sizeof(digest)) != 0)
            continue;
        any = true;
        found |= t->token[i].may;
    }
    if (!any)
        return 401;
    return (found >> may & 1) != 0 ? 0 : 403;
}
