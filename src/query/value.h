/*
 * value.h - the value of a name for one event: what commands make rows of.
 *
 * A name is answered in the order of eval.h, and behind that `raw` by the record itself. Of several
 * values it is the first; an object or array has none. Names are bound once, to `names`; any other
 * name is answered by the record alone. Immutable, as query_eval is.
 */
#ifndef QUERY_VALUE_H
#define QUERY_VALUE_H

#include "query/eval.h"

struct query_values;

/* The names that the commands of a query name, and some more. The query is borrowed. */
int query_values_new(struct query_values **out, const struct query *q,
                     const struct query_field *more, uint32_t more_count, const struct names *names,
                     struct err *e);
void query_values_free(struct query_values **v);

/* SPAN_NONE: the event has none. It lives as long as the event is at hand. */
struct span query_value(const struct query_values *v, struct query_subject *s, struct span name);

#endif
