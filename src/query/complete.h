/*
 * complete.h - what may stand at a place of a query that is being typed.
 *
 * What is typed of a word up to the cursor is cut off; what may follow the rest is known from the
 * grammar; of that, what begins with the cut-off part is proposed (without ASCII case). Nothing is
 * proposed inside quotes, behind a fault, or for values, numbers and texts, which are anything.
 */
#ifndef QUERY_COMPLETE_H
#define QUERY_COMPLETE_H

#include "query/query.h"

#define COMPLETE_MAX       128u
#define COMPLETE_FIELD_MAX 256u /* bytes of a name; of longer ones nothing is known */

enum complete_kind { COMPLETE_KEYWORD, COMPLETE_COMMAND, COMPLETE_AGGREGATE, COMPLETE_FIELD };

struct complete_item {
    enum complete_kind kind;
    struct span text; /* a field's name is not quoted: query_print_field() does that */
    const char *help; /* "" for a field */
};

struct complete {
    size_t from; /* the byte where the proposals begin; they replace what stands from there to the
                    cursor */
    bool value;  /* a value, a number, a time or a text may stand here */
    size_t field_bytes; /* behind the name of this field, when it is not 0: */
    char field[COMPLETE_FIELD_MAX];
    uint32_t count;
    struct complete_item item[COMPLETE_MAX];
};

/* `fields` in the order in which they are proposed. False when there is no memory. */
bool query_complete(struct span text, size_t cursor, const struct query_field *fields,
                    uint32_t field_count, struct complete *out);

/* What can be asked for: what the server knows of each event, then the names of the taxonomy and of
 * the rules. Freed by who has it; NULL: no memory. */
struct names;
struct query_field *query_complete_names(const struct names *n, uint32_t *count);

/* "field" and the like; and the text as it stands in a query, quoted where need be. */
const char *query_complete_kind(enum complete_kind kind);
void query_complete_text(const struct complete_item *item, struct buf *out);

#endif
