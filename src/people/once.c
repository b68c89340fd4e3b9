/*
 * once.c - see once.h.
 */
#include "people/once.h"

#include <sodium.h>

#define CHARS 20u
#define GROUP 5u
#define DATA  16u /* characters of the 80 bits; the rest check them */

static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

void once_new(uint8_t raw[ONCE_BYTES])
{
    randombytes_buf(raw, ONCE_BYTES);
}

/* A label before it: a hash of these bytes that something else keeps is not this one. */
static void hash_of(const char *label, const uint8_t raw[ONCE_BYTES], uint8_t hash[32])
{
    crypto_hash_sha256_state s;

    (void)crypto_hash_sha256_init(&s); /* these three are always 0 */
    (void)crypto_hash_sha256_update(&s, (const uint8_t *)label, strlen(label) + 1);
    (void)crypto_hash_sha256_update(&s, raw, ONCE_BYTES);
    (void)crypto_hash_sha256_final(&s, hash);
    sodium_memzero(&s, sizeof(s));
}

void once_hash(const uint8_t raw[ONCE_BYTES], uint8_t hash[32])
{
    hash_of("canh once", raw, hash);
}

/* The bits and what checks them, five a value. */
static void values_of(const uint8_t raw[ONCE_BYTES], uint8_t value[CHARS])
{
    uint8_t bytes[13], check[32];

    hash_of("canh once check", raw, check);
    memcpy(bytes, raw, ONCE_BYTES);
    memcpy(bytes + ONCE_BYTES, check, 3);
    for (size_t i = 0; i < CHARS; i++) {
        size_t bit = 5 * i;
        unsigned two = (unsigned)bytes[bit / 8] << 8 | (bit / 8 + 1 < 13 ? bytes[bit / 8 + 1] : 0u);

        value[i] = (uint8_t)(two >> (11 - bit % 8) & 31u);
    }
    sodium_memzero(bytes, sizeof(bytes));
}

void once_put(const uint8_t raw[ONCE_BYTES], char text[ONCE_TEXT + 1])
{
    uint8_t value[CHARS];
    size_t n = 0;

    values_of(raw, value);
    for (size_t i = 0; i < CHARS; i++) {
        if (i > 0 && i % GROUP == 0)
            text[n++] = '-';
        text[n++] = digits[value[i]];
    }
    text[n] = '\0';
    sodium_memzero(value, sizeof(value));
}

static int value_of(uint8_t c)
{
    const char *at;

    c = c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
    c = c == 'i' || c == 'l' ? '1' : c == 'o' ? '0' : c;
    at = c != '\0' ? strchr(digits, c) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

bool once_read(struct span text, uint8_t raw[ONCE_BYTES])
{
    uint8_t value[CHARS], right[CHARS], got[ONCE_BYTES] = { 0 };
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++) {
        int v = value_of(text.p[i]);

        if (text.p[i] == ' ' || text.p[i] == '-')
            continue;
        if (v < 0 || n == CHARS)
            return false;
        value[n++] = (uint8_t)v;
    }
    if (n != CHARS)
        return false;
    for (size_t bit = 0; bit < 5 * DATA; bit++) {
        if (((unsigned)value[bit / 5] >> (4 - bit % 5) & 1u) != 0)
            got[bit / 8] |= (uint8_t)(0x80u >> bit % 8);
    }
    values_of(got, right);
    if (memcmp(value, right, CHARS) != 0)
        return false;
    memcpy(raw, got, ONCE_BYTES);
    return true;
}
