/*
 * form.c - see form.h.
 */
#include "notify/form.h"

#include <sodium.h>
#include <stdio.h>

#include "base/time.h"
#include "base/utf.h"
#include "conf/channel.h"
#include "ledger/note.h"
#include "scan/put.h"

#define VIETNAM_NS    (INT64_C(25200) * TIME_SECOND)
#define WORD_BYTES    45u /* of text in an encoded word: 60 of 75 characters */
#define FIRST_BYTES   39u /* where "Subject: " stands before it: of 76 characters a line */
#define LINE_BYTES    57u /* of a body in a line: 76 characters */
#define NUMBER_DIGITS 24

bool form_reaches(const struct channel_settings *c, struct span recipient)
{
    return channel_reaches(c, recipient);
}

/* --- mail ----------------------------------------------------------------------------------- */

/* Mon, 24 Nov 2025 23:00:00 +0700 */
static void put_date(struct buf *out, int64_t ns)
{
    static const char days[] = "MonTueWedThuFriSatSun";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct time_parts t;
    unsigned day;

    time_split(ns + VIETNAM_NS, &t);
    day = time_weekday(time_days(t.year, t.month, t.day));
    buf_fmt(out, "%.3s, %02u %.3s %04d %02u:%02u:%02u +0700", days + 3 * (size_t)day, t.day,
            months + 3 * (size_t)(t.month - 1), (int)t.year, t.hour, t.minute, t.second);
}

/* Words end between characters; each on a line of its own. */
static void put_encoded(struct buf *out, struct span s)
{
    for (size_t i = 0; i == 0 || s.n > 0; i++) {
        struct span word = utf8_cut(s, i == 0 ? FIRST_BYTES : WORD_BYTES);

        buf_text(out, i > 0 ? "\r\n =?UTF-8?B?" : "=?UTF-8?B?");
        note_put_base64(out, word.p, word.n);
        buf_text(out, "?=");
        s = span_from(s, word.n);
    }
}

/* Lines of a text end with CRLF before they are encoded. */
static void put_body(struct buf *out, struct span text)
{
    uint8_t line[LINE_BYTES];
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++) {
        bool ends = text.p[i] == '\n';

        for (int k = ends ? 0 : 1; k < 2; k++) {
            line[n++] = ends && k == 0 ? '\r' : text.p[i];
            if (n < LINE_BYTES)
                continue;
            note_put_base64(out, line, n);
            buf_text(out, "\r\n");
            n = 0;
        }
    }
    if (n > 0) {
        note_put_base64(out, line, n);
        buf_text(out, "\r\n");
    }
}

void form_mail(const struct channel_settings *c, struct span store, const struct letter *l,
               struct buf *out)
{
    struct span from = span_of(c->from);

    buf_text(out, "Date: ");
    put_date(out, l->made_ns);
    buf_fmt(out, "\r\nFrom: Canh <%s>\r\nTo: <%.*s>\r\nMessage-ID: <canh.%lld.%.*s@%.*s>\r\n",
            c->from, SPAN_ARG(l->recipient), (long long)l->id, SPAN_ARG(store),
            SPAN_ARG(span_from(from, span_find(from, '@') + 1)));
    buf_text(out, "Subject: ");
    put_encoded(out, l->subject);
    buf_text(out, "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                  "Content-Transfer-Encoding: base64\r\nAuto-Submitted: auto-generated\r\n\r\n");
    put_body(out, l->text);
}

/* --- webhook -------------------------------------------------------------------------------- */

void form_hook(const struct letter *l, struct buf *out)
{
    uint8_t time[TIME_TEXT_MAX];

    buf_fmt(out, "{\"message\":%lld,\"kind\":", (long long)l->id);
    put_json_text(out, l->kind);
    buf_fmt(out, ",\"number\":%lld,\"level\":\"%s\",\"title\":", (long long)l->key,
            level_name(l->level));
    put_json_text(out, l->subject);
    buf_text(out, ",\"text\":");
    put_json_text(out, l->text);
    buf_fmt(out, ",\"made\":\"%.*s\"}", (int)time_put(time, l->made_ns), (char *)time);
}

void form_signature(struct span secret, int64_t seconds, struct span body, char hex[FORM_HEX_BYTES])
{
    uint8_t digest[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;
    char time[NUMBER_DIGITS];

    (void)snprintf(time, sizeof(time), "%lld.", (long long)seconds);
    (void)crypto_auth_hmacsha256_init(&state, secret.p, secret.n); /* these cannot fail */
    (void)crypto_auth_hmacsha256_update(&state, (const uint8_t *)time, strlen(time));
    (void)crypto_auth_hmacsha256_update(&state, body.p, body.n);
    (void)crypto_auth_hmacsha256_final(&state, digest);
    (void)sodium_bin2hex(hex, FORM_HEX_BYTES, digest, sizeof(digest));
    explicit_bzero(&state, sizeof(state));
}

/* --- gateway -------------------------------------------------------------------------------- */

bool form_is_json(struct span body)
{
    struct span name;
    size_t at = 0;

    if (channel_placeholder(body, &at, &name) && at == name.n + 2)
        return false; /* it is the first thing there */
    return body.n > 0 && (body.p[0] == '{' || body.p[0] == '[');
}

static void put_percent(struct buf *out, struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                     c == '-' || c == '.' || c == '_' || c == '~';

        if (plain)
            buf_byte(out, c);
        else
            buf_fmt(out, "%%%02X", c);
    }
}

/* None of the values has a character that JSON would escape. */
static void put_value(struct buf *out, bool json, struct span name, const struct letter *l)
{
    char number[NUMBER_DIGITS];
    struct span value = l->recipient;

    if (span_eq(name, SPAN_LIT("number"))) {
        (void)snprintf(number, sizeof(number), "%lld", (long long)l->key);
        value = span_of(number);
    } else if (span_eq(name, SPAN_LIT("level"))) {
        value = span_of(notice_level(l->level));
    }
    if (json)
        buf_add(out, value);
    else
        put_percent(out, value);
}

void form_gateway(const struct channel_settings *c, const struct letter *l, struct buf *out)
{
    struct span body = span_of(c->body), name;
    bool json = form_is_json(body);
    size_t at = 0, from = 0;

    while (channel_placeholder(body, &at, &name)) {
        size_t begin = at - name.n - 2;

        buf_add(out, (struct span){ body.p + from, begin - from });
        put_value(out, json, name, l);
        from = at;
    }
    buf_add(out, span_from(body, from));
}
