/*
 * pages.h - GET and HEAD of what is not below /api: the console's pages (assets.h).
 *
 *   an asset's path                     that asset
 *   no dot in its last part             index.html, which reads the path itself: /alerts,
 *                                       /incidents/3
 *   all else                            404: another spelling of a path (//, /../, %2e%2e,
 *                                       \, control characters), too, is none of ours
 *
 * No path names a file: each is compared with those of the table. Bodies go out as they lie in the
 * program, gzipped, or inflated for who takes no gzip. Each has an ETag; one whose name holds its
 * hash is kept for a year, the others are asked for anew each time (RFC 9110, RFC 9111, RFC 8246).
 */
#ifndef PAGES_H
#define PAGES_H

#include "console/serve.h"

serve_fn pages_answer;

/* Does the list of an Accept-Encoding field take gzip? (RFC 9110, 12.5.3; an absent field: no) */
bool pages_take_gzip(struct span accept_encoding);
/* Is `tag`, with its quotes, in an If-None-Match field? (13.1.2, compared weakly) */
bool pages_match(struct span if_none_match, struct span tag);
/* The path, percent-encoded, is one of a page that index.html shows. */
bool pages_is_page(struct span path);

#endif
