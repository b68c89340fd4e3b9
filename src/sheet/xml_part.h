/*
 * xml_part.h - the XML of a part, as a stream of begins, texts and ends (expat).
 *
 * Nothing is fetched and nothing is expanded: a document type is refused before its first entity.
 * Elements are told by namespace and local name, whatever prefix they were given; the namespaces of
 * strict and transitional OOXML are one. Elements nested deeper than LIMIT_DEPTH and a tag longer
 * than XML_TAG_BYTES_MAX are refused.
 */
#ifndef XML_PART_H
#define XML_PART_H

#include "sheet/zip_parts.h"

#define XML_TAG_BYTES_MAX ((size_t)1 << 20)

enum xml_space {
    XML_NONE,      /* no namespace: ordinary attributes */
    XML_OTHER,     /* one that nothing is known of */
    XML_SHEET,     /* SpreadsheetML */
    XML_RELATION,  /* r:id */
    XML_RELATIONS, /* of a package */
    XML_TYPES,     /* [Content_Types].xml */
};

struct xml_tag {
    enum xml_space space;
    struct span name;
    const char **attributes; /* expat's: name, value, name, value, NULL */
};

/* Whether it is this element of SpreadsheetML. */
static inline bool xml_is(const struct xml_tag *t, const char *name)
{
    return t->space == XML_SHEET && span_eq(t->name, span_of(name));
}

/* The attribute's value, or SPAN_NONE (p is NULL). */
struct span xml_attribute(const struct xml_tag *t, enum xml_space space, const char *name);

/* The attribute without a namespace is "1" or "true" (xsd:boolean). */
bool xml_yes(const struct xml_tag *t, const char *name);

/* ERR_OK goes on; anything else ends the reading with it. `text` may be NULL. */
struct xml_hooks {
    int (*begin)(void *ctx, const struct xml_tag *t, struct err *e);
    int (*text)(void *ctx, struct span s, struct err *e);
    int (*end)(void *ctx, const struct xml_tag *t, struct err *e); /* no attributes */
};

/* ERR_SYNTAX with the line when it is no XML; errors of zip_part_read() and of the hooks. Which
 * part it was, the caller says. */
CHECK_RESULT int xml_part_read(const struct zip_parts *p, uint32_t part, const struct xml_hooks *h,
                               void *ctx, struct err *e);

#endif
