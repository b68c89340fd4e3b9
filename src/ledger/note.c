/*
 * note.c - see note.h.
 */
#include "ledger/note.h"

#include <openssl/sha.h>
#include <sodium.h>

#include "base/time.h"

#define DASH           SPAN_LIT("\xe2\x80\x94 ")
#define SIGNED_BYTES   (NOTE_ID_BYTES + SIGNATURE_BYTES)
#define BASE64_PUT_MAX 128u
#define BASE64_ROOM    (sodium_base64_ENCODED_LEN(BASE64_PUT_MAX, sodium_base64_VARIANT_ORIGINAL))

/* --- Notes ---------------------------------------------------------------------------------- */

static bool is_name(struct span name)
{
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] <= ' ' || name.p[i] > '~' || name.p[i] == '+')
            return false;
    }
    return name.n > 0 && name.n <= NOTE_NAME_MAX;
}

/* The bytes of the text: up to the first empty line, which is not part of it. */
static int64_t text_end(struct span in, struct err *e)
{
    for (size_t i = 0; i < in.n; i++) {
        bool newline = in.p[i] == '\n';

        if (i == NOTE_BYTES_MAX)
            return err_set(e, ERR_LIMIT, i, "A note is longer than %u bytes.", NOTE_BYTES_MAX);
        if (newline && (i == 0 || in.p[i - 1] == '\n'))
            return i > 0 ? (int64_t)i : err_set(e, ERR_SYNTAX, 0, "A note has no text.");
        if (!newline && (in.p[i] < ' ' || in.p[i] > '~'))
            return err_set(e, ERR_SYNTAX, i, "A note has a byte that is not printable ASCII.");
    }
    return ERR_MORE;
}

/* A signature line at the front of `in`: its bytes, with its newline. */
static int64_t signature_line(struct span in, struct note *n, struct err *e)
{
    struct span head = DASH, line, name;
    uint8_t bytes[SIGNED_BYTES];
    size_t end = span_find(in, '\n');

    line = (struct span){ in.p, end };
    if (!span_starts(line, head))
        return span_starts(head, line) && end == in.n
                   ? ERR_MORE
                   : err_set(e, ERR_SYNTAX, 0, "A note has no signature.");
    if (end == in.n)
        return ERR_MORE;
    line = span_from(line, head.n);
    name = (struct span){ line.p, span_find(line, ' ') };
    if (name.n == line.n || !is_name(name) ||
        !note_read_base64(span_from(line, name.n + 1), bytes, sizeof(bytes)))
        return err_set(e, ERR_SYNTAX, head.n, "A signature is not a name and its base64.");
    n->name = name;
    memcpy(n->id, bytes, NOTE_ID_BYTES);
    memcpy(n->signature, bytes + NOTE_ID_BYTES, SIGNATURE_BYTES);
    return (int64_t)end + 1;
}

int64_t note_next(struct span in, struct note *n, struct err *e)
{
    int64_t text = text_end(in, e), line;
    struct note got;

    if (text < 0)
        return text;
    got.text = (struct span){ in.p, (size_t)text };
    line = signature_line(span_from(in, got.text.n + 1), &got, e);
    if (line == ERR_MORE && in.n > NOTE_BYTES_MAX)
        return err_set(e, ERR_LIMIT, 0, "A note is longer than %u bytes.", NOTE_BYTES_MAX);
    if (line < 0 && line != ERR_MORE && e != NULL)
        e->at += got.text.n + 1;
    if (line < 0)
        return line;
    got.whole = (struct span){ in.p, got.text.n + 1 + (size_t)line };
    if (got.whole.n > NOTE_BYTES_MAX)
        return err_set(e, ERR_LIMIT, 0, "A note is longer than %u bytes.", NOTE_BYTES_MAX);
    *n = got;
    return (int64_t)got.whole.n;
}

bool note_is_torn(struct span rest)
{
    struct span mark = SPAN_LIT("\n\n\xe2\x80\x94 ");

    if (rest.n > NOTE_BYTES_MAX)
        return false;
    for (size_t i = 0; i < rest.n; i++) {
        if (!span_starts(span_from(rest, i), mark))
            continue;
        /* The first whole one: it must be the last thing, and something missing before it. */
        i += mark.n;
        i += span_find(span_from(rest, i), '\n');
        return i >= rest.n || (i == rest.n - 1 && span_find(rest, 0) < rest.n);
    }
    return true;
}

void note_put(struct buf *out, struct span text, struct span name, const struct key *k)
{
    uint8_t bytes[SIGNED_BYTES];

    MUST(is_name(name) && text.n > 0 && text.p[text.n - 1] == '\n');
    note_id(name, NOTE_ED25519, k->public, bytes);
    key_sign(k, text, bytes + NOTE_ID_BYTES);
    buf_add(out, text);
    buf_byte(out, '\n');
    buf_add(out, DASH);
    buf_add(out, name);
    buf_byte(out, ' ');
    note_put_base64(out, bytes, sizeof(bytes));
    buf_byte(out, '\n');
}

void note_id(struct span name, enum note_type type, const uint8_t public[KEY_BYTES],
             uint8_t id[NOTE_ID_BYTES])
{
    uint8_t bytes[NOTE_NAME_MAX + 2 + KEY_BYTES], digest[SHA256_DIGEST_LENGTH];

    MUST(name.n <= NOTE_NAME_MAX);
    memcpy(bytes, name.p, name.n);
    bytes[name.n] = '\n';
    bytes[name.n + 1] = (uint8_t)type;
    memcpy(bytes + name.n + 2, public, KEY_BYTES);
    (void)SHA256(bytes, name.n + 2 + KEY_BYTES, digest); /* into our memory: cannot fail */
    memcpy(id, digest, NOTE_ID_BYTES);
}

enum note_check note_check(const struct note *n, struct span name, const uint8_t public[KEY_BYTES])
{
    uint8_t id[NOTE_ID_BYTES];

    note_id(name, NOTE_ED25519, public, id);
    if (!span_eq(n->name, name) || memcmp(id, n->id, sizeof(id)) != 0)
        return NOTE_OTHER_KEY;
    return key_verify(public, n->text, n->signature) ? NOTE_GOOD : NOTE_FORGED;
}

void note_hash(struct span text, struct merkle_hash *out)
{
    (void)SHA256(text.p, text.n, out->bytes); /* into our memory: cannot fail */
}

struct span note_store_name(const uint8_t store[NOTE_STORE_BYTES],
                            uint8_t room[NOTE_STORE_NAME_BYTES])
{
    static const char digits[] = "0123456789abcdef";

    memcpy(room, "canh/", 5);
    for (size_t i = 0; i < NOTE_STORE_BYTES; i++) {
        room[5 + 2 * i] = (uint8_t)digits[store[i] >> 4];
        room[6 + 2 * i] = (uint8_t)digits[store[i] & 15];
    }
    return (struct span){ room, NOTE_STORE_NAME_BYTES };
}

/* --- Verifier keys -------------------------------------------------------------------------- */

void note_put_vkey(struct buf *out, struct span name, enum note_type type,
                   const uint8_t public[KEY_BYTES])
{
    uint8_t id[NOTE_ID_BYTES], typed[1 + KEY_BYTES];

    note_id(name, type, public, id);
    typed[0] = (uint8_t)type;
    memcpy(typed + 1, public, KEY_BYTES);
    buf_add(out, name);
    buf_byte(out, '+');
    note_put_hex(out, id, sizeof(id));
    buf_byte(out, '+');
    note_put_base64(out, typed, sizeof(typed));
}

bool note_read_vkey(struct span text, enum note_type type, struct span *name,
                    uint8_t public[KEY_BYTES])
{
    uint8_t id[NOTE_ID_BYTES], want[NOTE_ID_BYTES], typed[1 + KEY_BYTES];
    struct span left = text, word;

    word = (struct span){ left.p, span_find(left, '+') };
    if (word.n == left.n || !is_name(word))
        return false;
    *name = word;
    left = span_from(left, word.n + 1);
    word = (struct span){ left.p, span_find(left, '+') };
    if (word.n == left.n || !note_read_hex(word, id, sizeof(id)) ||
        !note_read_base64(span_from(left, word.n + 1), typed, sizeof(typed)) || typed[0] != type)
        return false;
    note_id(*name, type, typed + 1, want);
    memcpy(public, typed + 1, KEY_BYTES);
    return memcmp(id, want, sizeof(id)) == 0;
}

/* --- Lines ---------------------------------------------------------------------------------- */

bool note_field(struct span *text, const char *name, struct span *value)
{
    struct span line = { text->p, span_find(*text, '\n') }, want = span_of(name);

    if (line.n == text->n || line.n <= want.n || !span_starts(line, want) || line.p[want.n] != ' ')
        return false;
    *value = span_from(line, want.n + 1);
    *text = span_from(*text, line.n + 1);
    return true;
}

bool note_word(struct span *value, struct span *word)
{
    size_t n = span_find(*value, ' ');

    if (n == 0 || n + 1 == value->n) /* a blank at the end is one too many */
        return false;
    *word = (struct span){ value->p, n };
    *value = span_from(*value, n < value->n ? n + 1 : n);
    return true;
}

bool note_read_u64(struct span word, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;

    if (word.n == 0 || word.n > 20 || (word.n > 1 && word.p[0] == '0'))
        return false;
    for (size_t i = 0; i < word.n; i++) {
        unsigned digit = (unsigned)word.p[i] - '0';

        if (digit > 9 || v > (max - digit) / 10 || digit > max)
            return false;
        v = v * 10 + digit;
    }
    *out = v;
    return true;
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool note_read_hex(struct span word, uint8_t *out, size_t bytes)
{
    if (word.n != 2 * bytes)
        return false;
    for (size_t i = 0; i < bytes; i++) {
        int high = hex_digit(word.p[2 * i]), low = hex_digit(word.p[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* libsodium's reader (1.0.18) takes bytes above 127 for a '/': what was read is written again. */
bool note_read_base64(struct span word, uint8_t *out, size_t bytes)
{
    char text[BASE64_ROOM];
    size_t n = 0;

    MUST(bytes <= BASE64_PUT_MAX);
    if (word.n != (bytes + 2) / 3 * 4 ||
        sodium_base642bin(out, bytes, (const char *)word.p, word.n, NULL, &n, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        n != bytes)
        return false;
    (void)sodium_bin2base64(text, sizeof(text), out, n, sodium_base64_VARIANT_ORIGINAL);
    return memcmp(text, word.p, word.n) == 0;
}

bool note_read_time(struct span word, int64_t *ns)
{
    uint8_t text[TIME_TEXT_MAX];
    int64_t got;

    if (!time_parse(word, 0, &got) || got < 0 ||
        !span_eq(word, (struct span){ text, time_put(text, got) }))
        return false;
    *ns = got;
    return true;
}

void note_put_hex(struct buf *out, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_fmt(out, "%02x", p[i]);
}

void note_put_base64(struct buf *out, const uint8_t *p, size_t n)
{
    char text[BASE64_ROOM];

    MUST(n <= BASE64_PUT_MAX);
    buf_text(out, sodium_bin2base64(text, sizeof(text), p, n, sodium_base64_VARIANT_ORIGINAL));
}

void note_put_time(struct buf *out, int64_t ns)
{
    uint8_t text[TIME_TEXT_MAX];

    MUST(ns >= 0);
    buf_add(out, (struct span){ text, time_put(text, ns) });
}

void note_put_hash(struct buf *out, const char *name, const uint8_t hash[MERKLE_HASH_BYTES])
{
    buf_text(out, name);
    buf_byte(out, ' ');
    note_put_base64(out, hash, MERKLE_HASH_BYTES);
    buf_byte(out, '\n');
}

int note_refuse(struct err *e, const char *what, struct span text, struct span left,
                const char *want)
{
    size_t at = text.n - left.n, line = 1;

    for (size_t i = 0; i < at; i++)
        line += text.p[i] == '\n';
    return err_set(e, ERR_SYNTAX, at, "Line %zu of a %s is not \"%s\".", line, what, want);
}
