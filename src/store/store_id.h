/*
 * store_id.h - the id of a store: DATA/store, 32 hex digits and a line end, made once by the
 * keeper.
 */
#ifndef STORE_ID_H
#define STORE_ID_H

#include "base/base.h"

#define STORE_ID_BYTES 16u

/* ERR_IO, ERR_CORRUPT. */
int store_id_read(const char *data, uint8_t id[STORE_ID_BYTES], struct err *e);

#endif
