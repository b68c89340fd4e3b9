/*
 * pages.c - see pages.h.
 */
#include "console/pages.h"

#include <stdio.h>
#include <zlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/ascii.h"
#include "console/assets.h"
#include "wire/http.h"

#define GZIP_BITS  (15 + 16) /* zlib: a gzip head, the largest window */
#define FOREVER    "public, max-age=31536000, immutable"
#define ASK_ANEW   "no-cache"
#define INDEX_PATH "/index.html"

/* --- what is asked for ------------------------------------------------------------------------ */

/* The next part of a list, without blanks; false at its end. */
static bool next_part(struct span *list, struct span *part)
{
    size_t n = 0;

    if (list->n == 0)
        return false;
    while (n < list->n && list->p[n] != ',')
        n++;
    *part = span_trim((struct span){ list->p, n });
    *list = span_from(*list, n < list->n ? n + 1 : n);
    return true;
}

/* ";q=0", "; q=0.000": it is not wanted. */
static bool is_refused(struct span params)
{
    struct span q = span_trim(params);

    if (q.n == 0 || q.p[0] != ';')
        return false;
    q = span_trim(span_from(q, 1));
    if (q.n < 3 || ascii_lower(q.p[0]) != 'q' || q.p[1] != '=')
        return false;
    for (size_t i = 2; i < q.n; i++) {
        if (q.p[i] != '0' && q.p[i] != '.')
            return false;
    }
    return true;
}

bool pages_take_gzip(struct span accept_encoding)
{
    struct span part;
    bool any = false;

    while (next_part(&accept_encoding, &part)) {
        struct span name = { part.p, span_find(part, ';') };
        bool taken = !is_refused(span_from(part, name.n));

        name = span_trim(name);
        if (span_eq_nocase(name, SPAN_LIT("gzip")) || span_eq_nocase(name, SPAN_LIT("x-gzip")))
            return taken;
        any |= taken && span_eq(name, SPAN_LIT("*"));
    }
    return any;
}

bool pages_match(struct span if_none_match, struct span tag)
{
    struct span part;

    while (next_part(&if_none_match, &part)) {
        if (span_starts(part, SPAN_LIT("W/")))
            part = span_from(part, 2);
        if (span_eq(part, tag) || span_eq(part, SPAN_LIT("*")))
            return true;
    }
    return false;
}

/* Decoded: parts that are neither empty, save the last, nor "." nor "..", of what can be seen. */
static bool is_plain(struct span path)
{
    while (path.n > 0) {
        struct span part;

        path = span_from(path, 1); /* the slash */
        part = (struct span){ path.p, span_find(path, '/') };
        if ((part.n == 0 && path.n > 0) || span_eq(part, SPAN_LIT(".")) ||
            span_eq(part, SPAN_LIT("..")))
            return false;
        for (size_t i = 0; i < part.n; i++) {
            if (part.p[i] < 0x20 || part.p[i] == 0x7f || part.p[i] == '\\')
                return false;
        }
        path = span_from(path, part.n);
    }
    return true;
}

bool pages_is_page(struct span path)
{
    uint8_t room[HTTP_TARGET_MAX];
    size_t n = 0;

    for (size_t i = path.n; i > 0 && path.p[i - 1] != '/'; i--) {
        if (path.p[i - 1] == '.')
            return false;
    }
    return path.n > 0 && path.n <= sizeof(room) && path.p[0] == '/' &&
           http_decode(path, room, &n) && is_plain((struct span){ room, n });
}

static const struct asset *find(struct span path)
{
    for (size_t i = 0; i < console_asset_count; i++) {
        if (span_eq(path, span_of(console_assets[i].path)))
            return &console_assets[i];
    }
    return NULL;
}

/* --- the answer ------------------------------------------------------------------------------- */

/* As it was before it was compressed; false: it is damaged, or memory is out. */
static bool inflate_to(struct buf *out, const struct asset *a)
{
    z_stream z = { .next_in = (uint8_t *)(uintptr_t)a->gzip, .avail_in = (uInt)a->n };
    int rc = inflateInit2(&z, GZIP_BITS);

    while (rc == Z_OK && buf_reserve(out, 65536)) {
        size_t room = out->cap - out->n;

        z.next_out = out->p + out->n;
        z.avail_out = (uInt)room;
        rc = inflate(&z, Z_NO_FLUSH);
        out->n += room - z.avail_out;
    }
    (void)inflateEnd(&z); /* of memory only */
    return rc == Z_STREAM_END;
}

static void put(struct serve_call *call, const struct asset *a)
{
    const bool gzip = pages_take_gzip(serve_field(call, "accept-encoding"));
    char tag[32];
    int n = snprintf(tag, sizeof(tag), "\"%016llx%s\"",
                     (unsigned long long)XXH3_64bits(a->gzip, a->n), gzip ? "-gzip" : "");

    MUST(n > 0 && (size_t)n < sizeof(tag));
    n = snprintf(call->fields, sizeof(call->fields),
                 "ETag: %s\r\nCache-Control: %s\r\nVary: Accept-Encoding\r\n%s", tag,
                 a->forever ? FOREVER : ASK_ANEW, gzip ? "Content-Encoding: gzip\r\n" : "");
    MUST(n > 0 && (size_t)n < sizeof(call->fields));
    call->type = a->type;
    if (pages_match(serve_field(call, "if-none-match"), span_of(tag))) {
        call->status = 304;
        call->type = "";
    } else if (gzip) {
        call->kept = (struct span){ a->gzip, a->n };
    } else if (!inflate_to(call->body, a)) {
        call->fields[0] = '\0';
        serve_refuse(call, 500, &(struct err){ .why = "This page cannot be unpacked." });
    }
}

static void put_none(struct serve_call *call)
{
    call->status = 404;
    call->type = "text/plain; charset=utf-8";
    buf_text(call->body, "This build has no pages: Node.js or web/node_modules was missing when it "
                         "was made (make deps). The API is below " SERVE_API ".\n");
}

void pages_answer(void *arg, struct serve_call *call)
{
    const struct asset *a = find(call->path);
    const bool page = pages_is_page(call->path);

    (void)arg;
    if (a == NULL && page)
        a = find(SPAN_LIT(INDEX_PATH));
    if (a != NULL)
        put(call, a);
    else if (page)
        put_none(call);
    else
        serve_refuse(call, 404, &(struct err){ .why = "There is nothing here." });
}
