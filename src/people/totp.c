/*
 * totp.c - see totp.h.
 */
#include "people/totp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>

/* RFC 4226 section 5.3: four bytes of the HMAC, from where its last four bits say. */
uint32_t totp_code(const uint8_t secret[TOTP_SECRET_BYTES], uint64_t step)
{
    uint8_t counter[8], mac[EVP_MAX_MD_SIZE];
    unsigned n = 0, at;
    uint32_t four;

    for (int i = 0; i < 8; i++)
        counter[i] = (uint8_t)(step >> (56 - 8 * i));
    MUST(HMAC(EVP_sha1(), secret, (int)TOTP_SECRET_BYTES, counter, sizeof(counter), mac, &n) !=
             NULL &&
         n == 20);
    at = mac[19] & 15u;
    four = (uint32_t)mac[at] << 24 | (uint32_t)mac[at + 1] << 16 | (uint32_t)mac[at + 2] << 8 |
           mac[at + 3];
    return (four & 0x7FFFFFFFu) % 1000000u;
}

/* -1 when it is not six digits. */
static int64_t digits_of(struct span code)
{
    int64_t v = 0;
    int count = 0;

    for (size_t i = 0; i < code.n; i++) {
        if (code.p[i] == ' ')
            continue;
        if (code.p[i] < '0' || code.p[i] > '9' || count++ == TOTP_DIGITS)
            return -1;
        v = 10 * v + (code.p[i] - '0');
    }
    return count == TOTP_DIGITS ? v : -1;
}

bool totp_find(const uint8_t secret[TOTP_SECRET_BYTES], struct span code, int64_t now_ns,
               int64_t last, int64_t *step)
{
    int64_t given = digits_of(code), now = now_ns / (TOTP_STEP_S * INT64_C(1000000000));
    bool found = false;

    for (int64_t s = now - 1; s <= now + 1; s++) {
        bool same = (int64_t)totp_code(secret, (uint64_t)s) == given;

        if (same && s > last && !found) {
            *step = s;
            found = true;
        }
    }
    return found;
}

void totp_put_secret(const uint8_t secret[TOTP_SECRET_BYTES], struct buf *out)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    unsigned held = 0, bits = 0;

    for (size_t i = 0; i < TOTP_SECRET_BYTES; i++) { /* 160 bits: 32 letters, none left over */
        held = (held << 8 | secret[i]) & 0xFFFu;
        for (bits += 8; bits >= 5; bits -= 5)
            buf_byte(out, (uint8_t)letters[held >> (bits - 5) & 31u]);
    }
}

void totp_put_uri(const uint8_t secret[TOTP_SECRET_BYTES], struct span name, struct buf *out)
{
    buf_text(out, "otpauth://totp/Canh:");
    buf_add(out, name); /* letters, digits, dot, hyphen, underscore (people.h) */
    buf_text(out, "?secret=");
    totp_put_secret(secret, out);
    buf_fmt(out, "&issuer=Canh&algorithm=SHA1&digits=%d&period=%d", TOTP_DIGITS, TOTP_STEP_S);
}
