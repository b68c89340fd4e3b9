/* Scope of a route whose `own` is the row of an act (POST) or of a view (GET): the guard asks who
 * it is, and the row what he may. */
#define ASK_SCOPE 1000

/*
 * openapi.h - what can be asked over the API, as OpenAPI 3.1.0 has it: made from the routes.
 */
#ifndef OPENAPI_H
#define OPENAPI_H

#include "console/serve.h"

void openapi_put(struct buf *out, const struct serve_route *routes, size_t count);

#endif
