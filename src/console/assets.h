/*
 * assets.h - the console's pages: files that web/build.mjs made, in the program.
 *
 * A build without Node or without web/node_modules has none (assets_none.c); a test brings its own.
 */
#ifndef ASSETS_H
#define ASSETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct asset {
    const char *path;    /* "/index.html", "/app-3F2A.js" */
    const char *type;    /* Content-Type */
    bool forever;        /* its name holds its hash: what it is never changes */
    const uint8_t *gzip; /* RFC 1952, one member */
    size_t n;
};
extern const struct asset console_assets[];
extern const size_t console_asset_count;

#endif
