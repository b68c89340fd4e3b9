/*
 * assets_none.c - no pages: built without Node.js, or before `npm ci` was run in web/.
 */
#include "console/assets.h"

const struct asset console_assets[] = { { "", "", false, NULL, 0 } };
const size_t console_asset_count = 0;
