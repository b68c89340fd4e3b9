/*
 * xml_part.c - expat with a stop at the first fault.
 *
 * expat keeps a tag until it is whole and looks at it anew with each piece, so a tag without an end
 * would cost the square of its length: what has been given and not been used is bounded.
 */
#include "sheet/xml_part.h"

#include <expat.h>

#include "base/limits.h"

#define SEPARATOR ' ' /* cannot stand in a namespace that is one of ours */

struct reading {
    XML_Parser parser;
    const struct xml_hooks *hooks;
    void *ctx;
    struct err *e;
    uint32_t depth;
    uint64_t given;
    int rc;
};

static const struct {
    const char *uri;
    enum xml_space space;
} spaces[] = {
    { "http://schemas.openxmlformats.org/spreadsheetml/2006/main", XML_SHEET },
    { "http://purl.oclc.org/ooxml/spreadsheetml/main", XML_SHEET },
    { "http://schemas.openxmlformats.org/officeDocument/2006/relationships", XML_RELATION },
    { "http://purl.oclc.org/ooxml/officeDocument/relationships", XML_RELATION },
    { "http://schemas.openxmlformats.org/package/2006/relationships", XML_RELATIONS },
    { "http://schemas.openxmlformats.org/package/2006/content-types", XML_TYPES },
};

/* "uri local" or "local". */
static enum xml_space split(const char *name, struct span *local)
{
    const char *at = strrchr(name, SEPARATOR);
    struct span uri;

    *local = span_of(at == NULL ? name : at + 1);
    if (at == NULL)
        return XML_NONE;
    uri = (struct span){ (const uint8_t *)name, (size_t)(at - name) };
    for (size_t i = 0; i < COUNT_OF(spaces); i++) {
        if (span_eq(uri, span_of(spaces[i].uri)))
            return spaces[i].space;
    }
    return XML_OTHER;
}

struct span xml_attribute(const struct xml_tag *t, enum xml_space space, const char *name)
{
    for (const char **a = t->attributes; a != NULL && *a != NULL; a += 2) {
        struct span local;

        if (split(a[0], &local) == space && span_eq(local, span_of(name)))
            return span_of(a[1]);
    }
    return SPAN_NONE;
}

bool xml_yes(const struct xml_tag *t, const char *name)
{
    struct span v = xml_attribute(t, XML_NONE, name);

    return span_eq(v, SPAN_LIT("1")) || span_eq(v, SPAN_LIT("true"));
}

static void stop(struct reading *r, int rc)
{
    if (rc == ERR_OK)
        return;
    r->rc = rc;
    (void)XML_StopParser(r->parser, XML_FALSE); /* fails only when it was stopped already */
}

static void on_begin(void *data, const char *name, const char **attributes)
{
    struct reading *r = data;
    struct xml_tag t = { .attributes = attributes };

    if (r->rc != ERR_OK)
        return;
    if (++r->depth > LIMIT_DEPTH) {
        stop(r,
             err_set(r->e, ERR_LIMIT, 0, "Its elements are nested deeper than %d.", LIMIT_DEPTH));
        return;
    }
    t.space = split(name, &t.name);
    stop(r, r->hooks->begin(r->ctx, &t, r->e));
}

static void on_end(void *data, const char *name)
{
    struct reading *r = data;
    struct xml_tag t = { .attributes = NULL };

    if (r->rc != ERR_OK)
        return;
    r->depth--;
    t.space = split(name, &t.name);
    stop(r, r->hooks->end(r->ctx, &t, r->e));
}

static void on_text(void *data, const char *s, int n)
{
    struct reading *r = data;

    if (r->rc == ERR_OK)
        stop(r, r->hooks->text(r->ctx, (struct span){ (const uint8_t *)s, (size_t)n }, r->e));
}

static void on_doctype(void *data, const char *name, const char *system, const char *public,
                       int internal)
{
    struct reading *r = data;

    (void)name;
    (void)system;
    (void)public;
    (void)internal;
    stop(r, err_set(r->e, ERR_SYNTAX, 0, "It has a document type, which no book has."));
}

static int on_piece(void *ctx, struct span piece, bool last, struct err *e)
{
    struct reading *r = ctx;
    enum XML_Status s = XML_Parse(r->parser, (const char *)piece.p, (int)piece.n, last);

    r->given += piece.n;
    if (r->rc != ERR_OK)
        return r->rc;
    if (s != XML_STATUS_OK)
        return err_set(e, ERR_SYNTAX, 0, "Line %llu is no XML: %s.",
                       (unsigned long long)XML_GetCurrentLineNumber(r->parser),
                       XML_ErrorString(XML_GetErrorCode(r->parser)));
    if (!last && r->given - (uint64_t)XML_GetCurrentByteIndex(r->parser) > XML_TAG_BYTES_MAX)
        return err_set(e, ERR_LIMIT, 0, "A tag is longer than %zu bytes.", XML_TAG_BYTES_MAX);
    return ERR_OK;
}

int xml_part_read(const struct zip_parts *p, uint32_t part, const struct xml_hooks *h, void *ctx,
                  struct err *e)
{
    struct reading r = { .hooks = h, .ctx = ctx, .e = e };
    int rc;

    r.parser = XML_ParserCreateNS(NULL, SEPARATOR);
    if (r.parser == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory to read the book.");
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, on_begin, on_end);
    if (h->text != NULL)
        XML_SetCharacterDataHandler(r.parser, on_text);
    XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
    rc = zip_part_read(p, part, on_piece, &r, e);
    XML_ParserFree(r.parser);
    return rc;
}
