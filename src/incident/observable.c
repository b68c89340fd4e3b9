/*
 * observable.c - see observable.h.
 */
#include "incident/observable.h"

#include "base/addr.h"

const char *const observable_types[] = {
#define X(id, name, vi, fits) name,
    OBSERVABLE_TABLE(X)
#undef X
        NULL
};

/* Where people speak as themselves. What lies below is the same place. */
static const char *const social[] = {
    "facebook.com",    "fb.com",        "fb.me",       "fb.watch",     "messenger.com",
    "zalo.me",         "chat.zalo.me",  "zaloapp.com", "tiktok.com",   "youtube.com",
    "youtu.be",        "instagram.com", "threads.net", "threads.com",  "x.com",
    "twitter.com",     "t.co",          "t.me",        "telegram.me",  "telegram.org",
    "viber.com",       "whatsapp.com",  "wa.me",       "linkedin.com", "pinterest.com",
    "reddit.com",      "tumblr.com",    "vk.com",      "weibo.com",    "bsky.app",
    "mastodon.social", "gapo.vn",       "lotus.vn",    "mocha.com.vn", "discord.gg",
};
/* Programs talk to it, and so do those who steal: no place where people speak. */
static const char *const technical[] = { "api.telegram.org" };

/* --- letters -------------------------------------------------------------------------------- */

static bool is_hex(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i] | 0x20u;

        if (!(s.p[i] >= '0' && s.p[i] <= '9') && !(c >= 'a' && c <= 'f'))
            return false;
    }
    return true;
}

static bool is_md5(struct span s)
{
    return s.n == 32 && is_hex(s);
}

static bool is_sha1(struct span s)
{
    return s.n == 40 && is_hex(s);
}

static bool is_sha256(struct span s)
{
    return s.n == 64 && is_hex(s);
}

static bool is_text(struct span s)
{
    return s.n > 0;
}

/* aa:bb:cc:dd:ee:ff, with ':' or '-'. */
static bool is_mac(struct span s)
{
    if (s.n != 17)
        return false;
    for (size_t i = 0; i < s.n; i += 3) {
        if (!is_hex((struct span){ s.p + i, 2 }) || (i + 2 < s.n && s.p[i + 2] != s.p[2]))
            return false;
    }
    return s.p[2] == ':' || s.p[2] == '-';
}

/* --- names and addresses -------------------------------------------------------------------- */

static bool is_ipv4(struct span s)
{
    uint8_t a[16];

    return addr_parse(s, a) && span_find(s, ':') == s.n;
}

static bool is_ipv6(struct span s)
{
    uint8_t a[16];

    return addr_parse(s, a) && span_find(s, ':') < s.n;
}

/* Letters of other scripts count: names are written as they are shown, too. */
static bool is_label(struct span s)
{
    if (s.n == 0 || s.n > 63 || s.p[0] == '-' || s.p[s.n - 1] == '-')
        return false;
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i], low = c | 0x20u;

        if (!(c >= '0' && c <= '9') && !(low >= 'a' && low <= 'z') && c != '-' && c != '_' &&
            c < 0x80)
            return false;
    }
    return true;
}

static bool is_domain(struct span s)
{
    size_t labels = 0;

    if (s.n > 253 || is_ipv4(s))
        return false;
    for (; s.n > 0; labels++) {
        size_t dot = span_find(s, '.');

        if (!is_label((struct span){ s.p, dot }))
            return false;
        if (dot + 1 == s.n)
            return false;
        s = dot < s.n ? span_from(s, dot + 1) : span_from(s, s.n);
    }
    return labels >= 2;
}

/* Without scheme, user and port. SPAN_NONE: it has none. */
static struct span host_of(struct span url)
{
    size_t at = 0;

    while (at + 3 <= url.n && memcmp(url.p + at, "://", 3) != 0)
        at++;
    if (at == 0 || at + 3 > url.n)
        return SPAN_NONE;
    url = span_from(url, at + 3);
    for (at = 0; at < url.n && strchr("/?#\\", url.p[at]) == NULL;)
        at++;
    url.n = at;
    for (at = url.n; at > 0 && url.p[at - 1] != '@';)
        at--;
    url = span_from(url, at);
    if (url.n > 0 && url.p[0] == '[') {
        at = span_find(url, ']');
        return at < url.n ? (struct span){ url.p + 1, at - 1 } : SPAN_NONE;
    }
    url.n = span_find(url, ':');
    return url;
}

static bool is_url(struct span s)
{
    struct span host = host_of(s);

    return span_find(s, ' ') == s.n && span_find(s, '\n') == s.n && span_find(s, '\t') == s.n &&
           (is_label(host) || is_domain(host) || is_ipv4(host) || is_ipv6(host));
}

static bool is_mail(struct span s)
{
    size_t at = span_find(s, '@');

    return at > 0 && at <= 64 && at < s.n && span_find(s, ' ') == s.n &&
           is_domain(span_from(s, at + 1));
}

/* --- asked for ------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    bool (*fits)(struct span s);
} rows[] = {
#define X(id, name, vi, fits) { name, fits },
    OBSERVABLE_TABLE(X)
#undef X
};

bool observable_fits(struct span type, struct span value)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (span_eq(type, span_of(rows[i].name)))
            return rows[i].fits(value);
    }
    return false;
}

/* The name itself, or one below it. */
static bool is_below(struct span host, struct span name)
{
    if (host.n < name.n || !span_eq_nocase(span_from(host, host.n - name.n), name))
        return false;
    return host.n == name.n || host.p[host.n - name.n - 1] == '.';
}

static bool is_one_of(struct span host, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_below(host, span_of(names[i])))
            return true;
    }
    return false;
}

bool observable_is_social(struct span type, struct span value)
{
    struct span host = SPAN_NONE;

    if (span_eq(type, SPAN_LIT("url")))
        host = host_of(value);
    else if (span_eq(type, SPAN_LIT("domain-name")))
        host = value;
    if (host.n > 0 && host.p[host.n - 1] == '.')
        host.n--;
    return is_one_of(host, social, COUNT_OF(social)) &&
           !is_one_of(host, technical, COUNT_OF(technical));
}
