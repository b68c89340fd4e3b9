/*
 * kv.c - key=value lines: FortiGate, Sophos, Sangfor, Check Point, iptables, sudo, logfmt.
 *
 *   date=2026-03-01 devname="FG 100" action=deny            values are words or quoted
 *   a=b, c=d e; f=g                                         a separator lets values hold blanks
 *   [action:"Accept"; ifname:"eth1"]                        Check Point
 *   IN=eth0 OUT= MAC=00:11 ID=54321 DF PROTO=TCP SYN        words without '=': fields `flag`
 *   bob : TTY=pts/0 ; COMMAND=/bin/ls -la                   text before the first pair
 *
 * The first pair rules the line: when a comma or semicolon follows its value, all values reach to
 * that separator, blanks included; else a bare value ends at the first blank. A key is a run of
 * key bytes with '=' (or :" ) behind it. There must be two pairs, and pairs must make up half of
 * the line or more, or the line is prose with an equals sign in it.
 *
 * Text before the first pair is `message`; inside a syslog message, which has that name already,
 * it is `text`.
 */
#include "wire/line.h"
#include "wire/sniff.h"

#define KV_PAIRS_MIN 2u

struct kv {
    struct span s;
    struct rec *r;
    uint8_t separator; /* ',' or ';', 0: blanks; decided behind the first value */
    bool decided;
    size_t pairs;
    size_t paired_bytes; /* of the line that are pairs */
};

/* Bytes of keys: letters, digits, "_.-/@%" and wide bytes. */
static const uint8_t key_bytes[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1,
    0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
};

static inline bool is_key_byte(uint8_t c)
{
    return key_bytes[c] != 0;
}

/* End of the key at `at` when a value follows it, else `at`; *word is where its bytes end. */
static size_t key_end(struct span s, size_t at, size_t *word)
{
    size_t i = at;

    while (i < s.n && is_key_byte(s.p[i]))
        i++;
    *word = i;
    if (i == at || i - at > LIMIT_NAME_BYTES)
        return at;
    return line_at(s, i, '=') || line_has(s, i, SPAN_LIT(":\"")) ? i : at;
}

static bool is_separator(uint8_t c)
{
    return c == ',' || c == ';';
}

static size_t skip_blanks(struct span s, size_t at)
{
    while (at < s.n && (s.p[at] == ' ' || s.p[at] == '\t'))
        at++;
    return at;
}

/* Is the comma or semicolon at `at` one that separates: does a key follow, or nothing? A list of
 * ports or a shell command holds others. */
static bool separates(struct span s, size_t at)
{
    size_t word;

    if (at >= s.n || !is_separator(s.p[at]))
        return false;
    at = skip_blanks(s, at + 1);
    return at == s.n || key_end(s, at, &word) > at;
}

/* The first value ends at `at`: does a separator follow it? */
static void decide(struct kv *k, size_t at)
{
    at = skip_blanks(k->s, at);
    k->decided = true;
    k->separator = separates(k->s, at) ? k->s.p[at] : 0;
}

/* End of a bare value at `at`: a blank, or the line's separator. */
static size_t bare_end(struct kv *k, size_t at)
{
    struct span s = k->s;
    size_t i = at;

    if (!k->decided) {
        while (i < s.n && s.p[i] != ' ' && s.p[i] != '\t' && !separates(s, i))
            i++;
        decide(k, i);
        if (k->separator == 0)
            return i;
    }
    if (k->separator == 0) {
        while (i < s.n && s.p[i] != ' ' && s.p[i] != '\t')
            i++;
        return i;
    }
    while (i < s.n && !(s.p[i] == k->separator && separates(s, i)))
        i = line_find(s, i + 1, k->separator);
    return i;
}

/* The pair whose key is [at, end); the index behind its value. */
static size_t pair_read(struct kv *k, size_t at, size_t end)
{
    struct span s = k->s, v;
    size_t i = end + 1, close;

    if (line_at(s, i, '"') || line_at(s, i, '\'')) {
        close = line_quote_end(s, i + 1, s.p[i]);
        v = line_cut(s, i + 1 < close ? i + 1 : close, close);
        i = close < s.n ? close + 1 : s.n;
        if (!k->decided)
            decide(k, i);
        (void)rec_add(k->r, REC_ROOT, line_cut(s, at, end), line_kind(v), v); /* full: flagged */
    } else {
        close = bare_end(k, i);
        v = span_trim(line_cut(s, i, close));
        if (k->separator == 0 && v.n > 0 && is_separator(v.p[v.n - 1]))
            v.n--;
        (void)rec_add_text(k->r, line_cut(s, at, end), v); /* as above */
        i = close;
    }
    k->pairs++;
    k->paired_bytes += i - at;
    return i;
}

/* Index of the first key, or s.n. Keys start the line or follow a blank, a separator or '['. */
static size_t first_key(struct span s)
{
    size_t i = 0, word;

    while (i < s.n) {
        if (key_end(s, i, &word) > i)
            return i;
        i = word;
        while (i < s.n &&
               (!is_key_byte(s.p[i]) || !(s.p[i - 1] == ' ' || s.p[i - 1] == '\t' ||
                                          s.p[i - 1] == '[' || is_separator(s.p[i - 1]))))
            i++;
    }
    return s.n;
}

/* So much is no pair before `at` that pairs cannot make up half of the line any more. */
static bool is_prose(const struct kv *k, size_t at)
{
    return (at - k->paired_bytes) * 2 > k->s.n;
}

/* All pairs from `at` on, or, of a line that is none of them, as many as it takes to know that. */
static void pairs_read(struct kv *k, size_t at)
{
    struct span s = k->s;
    size_t word;

    while (at < s.n && !is_prose(k, at)) {
        size_t end;

        if (ascii_is_blank(s.p[at]) || is_separator(s.p[at])) {
            at++;
            k->paired_bytes++;
            continue;
        }
        end = key_end(s, at, &word);
        if (end > at) {
            at = pair_read(k, at, end);
            continue;
        }
        while (word < s.n && s.p[word] != ' ' && s.p[word] != '\t')
            word++;
        if (!(word - at == 1 && s.p[at] == ']'))
            (void)rec_add_text(k->r, SPAN_LIT("flag"), line_cut(s, at, word)); /* full: flagged */
        at = word;
    }
}

/* The text before the first pair, without the colon or dash that leads over to it. */
static struct span lead_text(struct span s)
{
    s = span_trim(s);
    while (s.n > 0 && (s.p[s.n - 1] == ':' || s.p[s.n - 1] == '[' || s.p[s.n - 1] == '-' ||
                       is_separator(s.p[s.n - 1]) || s.p[s.n - 1] == ' '))
        s.n--;
    return s;
}

int64_t kv_read(struct span line, struct rec *r, struct err *e)
{
    struct line_mark mark = line_mark(r);
    struct kv k = { .s = line, .r = r };
    size_t start = first_key(line);
    struct span lead = lead_text(line_cut(line, 0, start));

    /* A cut that cannot reach half is seen before anything is written. */
    if ((line.n - start) * 2 < line.n || start == line.n)
        return err_set(e, ERR_SYNTAX, start, "no key=value pairs, or too late in the line");
    if (lead.n > 0)
        (void)rec_add_text(r, r->codec == CODEC_NONE ? SPAN_LIT("message") : SPAN_LIT("text"),
                           lead); /* full: flagged by rec_add */
    pairs_read(&k, start);
    if (k.pairs < KV_PAIRS_MIN || k.paired_bytes * 2 < line.n) {
        line_undo(r, mark);
        return err_set(e, ERR_SYNTAX, start, "%zu key=value pairs do not make a line of them",
                       k.pairs);
    }
    return line_claim(r, CODEC_KV, line);
}

bool kv_is(struct span line)
{
    size_t n = line.n < SNIFF_BYTES ? line.n : SNIFF_BYTES;
    size_t pairs = 0;

    for (size_t i = 1; i < n && pairs < KV_PAIRS_MIN; i++) {
        bool assigns = line.p[i] == '=' || (line.p[i] == ':' && line_at(line, i + 1, '"'));

        pairs += assigns && is_key_byte(line.p[i - 1]) ? 1 : 0;
    }
    return pairs >= KV_PAIRS_MIN || line.n > n;
}
