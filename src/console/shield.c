/*
 * shield.c - see shield.h.
 */
#include "console/shield.h"

#include "base/addr.h"

#define CSP                                                                                        \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "        \
    "font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "                \
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "                                \
    "require-trusted-types-for 'script'; trusted-types canh; report-uri " SHIELD_REPORTS

/* All off but writing to the clipboard: analysts copy values. */
#define FEATURES                                                                                   \
    "accelerometer=(), autoplay=(), camera=(), clipboard-read=(), "                  \
    "clipboard-write=(self), display-capture=(), encrypted-media=(), fullscreen=(), "              \
    "gamepad=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(), local-fonts=(), "        \
    "magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(), "                 \
    "publickey-credentials-get=(), screen-wake-lock=(), serial=(), storage-access=(), "            \
    "sync-xhr=(), usb=(), window-management=(), xr-spatial-tracking=()"

const char shield_fields[] = "Content-Security-Policy: " CSP "\r\n"
                             "Referrer-Policy: no-referrer\r\n"
                             "Cross-Origin-Opener-Policy: same-origin\r\n"
                             "Cross-Origin-Resource-Policy: same-origin\r\n"
                             "Permissions-Policy: " FEATURES "\r\n"
                             "X-Frame-Options: DENY\r\n";
const char shield_tls[] = "Strict-Transport-Security: max-age=31536000\r\n";

struct span shield_name(struct span host)
{
    if (host.n > 0 && host.p[0] == '[')
        return (struct span){ host.p + 1, span_find(host, ']') - 1 };
    return (struct span){ host.p, span_find(host, ':') };
}

static bool ends(struct span name, struct span with)
{
    return name.n > with.n && span_eq_nocase(span_from(name, name.n - with.n), with);
}

bool shield_is_loopback(struct span name)
{
    uint8_t at[16], net[16], bits;

    if (!addr_parse(name, at))
        return span_eq_nocase(name, SPAN_LIT("localhost")) || ends(name, SPAN_LIT(".localhost"));
    MUST(addr_net_parse(SPAN_LIT("127.0.0.0/8"), net, &bits));
    if (addr_in(at, net, bits))
        return true;
    MUST(addr_net_parse(SPAN_LIT("::1/128"), net, &bits));
    return addr_in(at, net, bits);
}

bool shield_is_ours(struct span name, struct span own, struct span url)
{
    const struct span https = SPAN_LIT("https://");
    uint8_t at[16];

    if (name.n == 0)
        return false;
    if (addr_parse(name, at) || shield_is_loopback(name) || span_eq_nocase(name, own))
        return true;
    return span_starts(url, https) && span_eq_nocase(name, shield_name(span_from(url, https.n)));
}
