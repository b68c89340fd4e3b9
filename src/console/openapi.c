/*
 * openapi.c - see openapi.h.
 */
#include "console/openapi.h"

#include "act/schema.h"
#include "console/console_own.h"
#include "scan/put.h"

#define NDJSON "application/x-ndjson"

static void put_param(struct buf *out, const struct serve_param *p)
{
    buf_text(out, "{\"name\":");
    put_json_text(out, span_of(p->name));
    buf_text(out, ",\"in\":\"query\",\"description\":");
    put_json_text(out, span_of(p->help));
    buf_fmt(out, ",\"schema\":{\"type\":\"%s\"}}", p->number ? "integer" : "string");
}

/* What each may be refused with. */
static void put_refusals(struct buf *out, bool open)
{
    static const struct {
        const char *status, *what;
        bool guarded;
    } rows[] = {
        { "400", "what is asked for cannot be read; `at` is the byte of it", false },
        { "401", "there is no token, or it is none of ours", true },
        { "403", "who asks may not ask this, or asked from another page or without X-Canh-CSRF",
          true },
        { "429", "so many were refused from there, or asked so fast, that it waits", true },
        { "503", "it cannot be had just now", false }
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (open && rows[i].guarded)
            continue;
        buf_fmt(out,
                ",\"%s\":{\"description\":\"%s\",\"content\":{\"application/json\":{\"schema\":"
                "{\"$ref\":\"#/components/schemas/Error\"}}}}",
                rows[i].status, rows[i].what);
    }
}

/* Who may: names of roles; `self`: who has a session, in what is his own. */
static void put_roles(struct buf *out, unsigned roles)
{
    bool any = false;

    buf_text(out, ",\"x-roles\":[");
    for (unsigned i = 0; i < USER_ROLES; i++) {
        if ((roles & 1U << i) == 0)
            continue;
        buf_fmt(out, "%s\"%s\"", any ? "," : "", user_role_name((enum user_role)i));
        any = true;
    }
    if ((roles & ROLE_SELF) != 0)
        buf_text(out, any ? ",\"self\"" : "\"self\"");
    buf_byte(out, ']');
}

/* The path; of an act that has another path beside its own, its name. */
static void put_id(struct buf *out, const struct serve_route *r, bool get)
{
    const bool beside = !get && r->scope != SERVE_OPEN && r->scope != ASK_SCOPE && r->own != NULL;

    if (!get && r->own == NULL) {
        buf_fmt(out, "\"%s.text\"", r->path + 1);
        return;
    }
    put_json_text(out, beside ? span_of(((const struct act_row *)r->own)->name)
                              : span_from(span_of(r->path), 1));
}

/* What it answers when nothing is wrong. */
static void put_good(struct buf *out, const struct serve_route *r)
{
    if (r->redirects) {
        buf_text(out, "\"302\":{\"description\":\"go there\",\"headers\":{\"Location\":{"
                      "\"required\":true,\"schema\":{\"type\":\"string\",\"format\":\"uri\"}}}}");
        return;
    }
    buf_text(out, "\"200\":{\"description\":");
    put_json_text(out, strcmp(r->type, NDJSON) == 0 ? SPAN_LIT("an object a line")
                                                    : SPAN_LIT("the answer"));
    buf_text(out, ",\"content\":{");
    put_json_text(out, span_of(r->type));
    buf_text(out, ":{}}}");
}

#define CSRF                                                                                       \
    "{\"name\":\"X-Canh-CSRF\",\"in\":\"header\",\"description\":\"the session's token, where a "  \
    "session's cookie comes with it\",\"schema\":{\"type\":\"string\"}}"

/* All but logging in, and what a browser reports by itself. */
static bool changes_by_cookie(const struct serve_route *r)
{
    return strcmp(r->method, "GET") != 0 && strcmp(r->path, "/login") != 0 &&
           strcmp(r->path, "/oidc/code") != 0 && strcmp(r->path, "/csp") != 0;
}

/* Roles of people, by whichever table the guard of this route judges them (console_guard). */
static unsigned roles_of(const struct serve_route *r)
{
    if (r->scope == SCOPE_PEOPLE)
        return ROLES_ALL;
    if (r->own == NULL)
        return ROLES_SEE;
    return strcmp(r->method, "GET") == 0 ? ((const struct view_row *)r->own)->roles
                                         : ((const struct act_row *)r->own)->roles;
}

static void put_route(struct buf *out, const struct serve_route *r)
{
    const bool open = r->scope == SERVE_OPEN, post = r->sent_max > 0,
               get = strcmp(r->method, "GET") == 0;

    buf_fmt(out, "\"%s\":{\"operationId\":", get ? "get" : post ? "post" : "delete");
    put_id(out, r, get);
    buf_text(out, ",\"summary\":");
    put_json_text(out, span_of(r->help));
    if (open)
        buf_text(out, ",\"security\":[]");
    if (!open)
        put_roles(out, roles_of(r));
    buf_text(out, ",\"parameters\":[");
    for (size_t i = 0; i < SERVE_PARAMS_MAX && r->param[i].name != NULL; i++) {
        buf_text(out, i > 0 ? "," : "");
        put_param(out, &r->param[i]);
    }
    if (changes_by_cookie(r)) {
        buf_text(out, r->param[0].name != NULL ? "," : "");
        buf_text(out, CSRF);
    }
    buf_byte(out, ']');
    if (post && r->own == NULL) {
        buf_text(out, ",\"requestBody\":{\"required\":true,\"content\":{\"application/yaml\":{"
                      "\"schema\":{\"type\":\"string\"}}}}");
    } else if (post) {
        buf_text(out, ",\"requestBody\":{\"required\":true,\"content\":{\"application/json\":{"
                      "\"schema\":");
        if (r->own != NULL)
            schema_act(out, r->own);
        else
            buf_text(out, "{\"type\":\"object\"}");
        buf_text(out, "}}}");
    }
    buf_text(out, ",\"responses\":{");
    put_good(out, r);
    put_refusals(out, open);
    buf_text(out, "}}");
}

void openapi_put(struct buf *out, const struct serve_route *routes, size_t count)
{
    const char *before = NULL; /* the path; rows of one follow one another */

    buf_text(
        out,
        "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"Canh\",\"version\":\"" CANH_VERSION
        "\",\"description\":\"What a store holds and what was found in it. Times are RFC 3339, seconds "
        "since 1970, or 90s, 15m, 2h, 7d ago.\"},"
        "\"servers\":[{\"url\":\"" SERVE_API "\"}],"
        "\"security\":[{\"token\":[]},{\"session\":[]}],"
        "\"components\":{\"securitySchemes\":{\"token\":{\"type\":\"http\",\"scheme\":\"bearer\","
        "\"description\":\"of a row of `tokens` in the settings, or of canh token add\"},"
        "\"session\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"__Host-canh\","
        "\"description\":\"of POST /login; what changes something must come from a page of ours "
        "(Origin, Sec-Fetch-Site) and carry the session's token in X-Canh-CSRF, which the answer of "
        "/login, /oidc/done, /oidc/code and /session/csrf tells\"}},"
        "\"schemas\":{\"Error\":{\"type\":\"object\",\"required\":[\"error\"],\"properties\":{"
        "\"error\":{\"type\":\"string\"},\"at\":{\"type\":\"integer\"}}}}},\"paths\":{");
    for (size_t i = 0; i < count; i++) {
        if ((routes[i].doors & DOOR_API) == 0)
            continue;
        if (before != NULL && strcmp(before, routes[i].path) == 0) {
            buf_byte(out, ',');
        } else {
            buf_text(out, before != NULL ? "}," : "");
            put_json_text(out, span_of(routes[i].path));
            buf_text(out, ":{");
        }
        put_route(out, &routes[i]);
        before = routes[i].path;
    }
    buf_text(out, before != NULL ? "}}}\n" : "}}\n");
}
