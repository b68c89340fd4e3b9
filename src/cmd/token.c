/*
 * token.c - canh token: a new secret for a sender over HTTP or who asks over the API, and what the
 * settings hold of it.
 */
#include <openssl/sha.h>
#include <stdio.h>

#include "cmd/command.h"
#include "os/host.h"

#define TOKEN_BYTES 24u

static void put_hex(struct buf *out, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_fmt(out, "%02x", p[i]);
}

int cmd_token(int argc, char **argv)
{
    static const struct command_line line = {
        NULL, 0, "canh token",
        "Makes a token for a sender over HTTP (Authorization: Bearer, Basic, ApiKey or Splunk) or for who\n"
        "asks over the API (Bearer), and the line that goes into its row of `sources:` or `tokens:`. The\n"
        "token itself is shown once and kept nowhere."
    };
    uint8_t secret[TOKEN_BYTES], digest[SHA256_DIGEST_LENGTH];
    struct buf text;
    struct err e = { 0 };
    int operands, code;
    size_t from;

    if (!command_options(&line, &e, argc, argv, &operands, &code))
        return code;
    if (operands > 0 || host_random(secret, sizeof(secret), &e) != ERR_OK) {
        if (operands > 0)
            (void)err_set(&e, ERR_USAGE, 0, "canh token takes no operand.");
        return command_fault(&e);
    }
    buf_init(&text, 4096);
    buf_text(&text, "token: ");
    from = text.n;
    put_hex(&text, secret, sizeof(secret));
    (void)SHA256(text.p + from, text.n - from, digest); /* into our memory: cannot fail */
    buf_text(&text, "\ntoken-sha256: ");
    put_hex(&text, digest, sizeof(digest));
    buf_byte(&text, '\n');
    return command_show(&text);
}
