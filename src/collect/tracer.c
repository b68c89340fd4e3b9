/*
 * tracer.c - see tracer.h.
 */
#include "collect/tracer.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>

#include "base/num.h"

#define MARK      "canh-tracer "
#define RUN_HEX   16u
#define MAC_BYTES 32u
#define MAC_HEX   64u
#define INPUT_MAX 32u

static void mac_hex(const struct tracer_key *key, struct span text, char hex[MAC_HEX + 1])
{
    uint8_t mac[EVP_MAX_MD_SIZE];
    unsigned n = 0;

    MUST(HMAC(EVP_sha256(), key->bytes, (int)sizeof(key->bytes), text.p, text.n, mac, &n) != NULL &&
         n == MAC_BYTES);
    for (unsigned i = 0; i < MAC_BYTES; i++)
        MUST(snprintf(hex + (size_t)2 * i, 3, "%02x", mac[i]) == 2);
}

size_t tracer_put(char room[TRACER_TEXT_MAX], const struct tracer_key *key, uint64_t run,
                  struct span input, uint64_t number)
{
    char hex[MAC_HEX + 1];
    int n = snprintf(room, TRACER_TEXT_MAX, MARK "%016llx %.*s %llu", (unsigned long long)run,
                     SPAN_ARG(input), (unsigned long long)number);

    MUST(n > 0 && input.n <= INPUT_MAX && (size_t)n + 1 + MAC_HEX < TRACER_TEXT_MAX);
    mac_hex(key, (struct span){ (const uint8_t *)room, (size_t)n }, hex);
    MUST(snprintf(room + n, TRACER_TEXT_MAX - (size_t)n, " %s", hex) == 1 + (int)MAC_HEX);
    return (size_t)n + 1 + MAC_HEX;
}

/* Take the bytes up to the next blank off the front. */
static struct span word(struct span *s)
{
    size_t n = span_find(*s, ' ');
    struct span w = { s->p, n };

    *s = span_from(*s, n < s->n ? n + 1 : n);
    return w;
}

/* What may stand behind the text: the end of a JSON string and its object, the end of a line. */
static bool is_end(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (memchr("\"}\r\n", s.p[i], 4) == NULL)
            return false;
    }
    return true;
}

bool tracer_is(const struct tracer_key *key, struct span input, struct span raw)
{
    const uint8_t *at;
    struct span text, rest, run;
    char hex[MAC_HEX + 1];
    uint64_t number;

    if (raw.n > TRACER_TEXT_MAX + TRACER_AROUND_MAX)
        return false; /* almost all: nothing is searched */
    at = memmem(raw.p, raw.n, MARK, sizeof(MARK) - 1);
    if (at == NULL || (size_t)(at - raw.p) > TRACER_AROUND_MAX)
        return false;
    text = rest = span_from(raw, (size_t)(at - raw.p));
    (void)word(&rest);
    run = word(&rest);
    if (run.n != RUN_HEX || !span_eq(word(&rest), input) ||
        !num_u64(word(&rest), UINT64_MAX, &number) || rest.n < MAC_HEX ||
        !is_end(span_from(rest, MAC_HEX)))
        return false;
    mac_hex(key, (struct span){ text.p, (size_t)(rest.p - text.p) - 1 }, hex);
    return CRYPTO_memcmp(hex, rest.p, MAC_HEX) == 0;
}
