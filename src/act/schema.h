/*
 * schema.h - parameters of acts and columns of views, described: JSON Schema, for the API's
 * description (OpenAPI 3.1).
 */
#ifndef SCHEMA_H
#define SCHEMA_H

#include "act/view.h"

/* The object that an act takes. */
void schema_act(struct buf *out, const struct act_row *row);
/* Of one parameter of a view: {"type":...}. */
void schema_view_param(struct buf *out, const struct view_param *p);
/* The object that a view gives for each row. */
void schema_view(struct buf *out, const struct view_row *row);

#endif
