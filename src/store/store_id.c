/*
 * store_id.c - see store_id.h.
 */
#include "store/store_id.h"

#include <stdio.h>

#include "base/ascii.h"
#include "os/file.h"

int store_id_read(const char *data, uint8_t id[STORE_ID_BYTES], struct err *e)
{
    char path[FILE_PATH_BYTES];
    struct buf text;
    int n = snprintf(path, sizeof(path), "%s/store", data), rc;

    if (n < 0 || (size_t)n >= sizeof(path))
        return err_set(e, ERR_USAGE, 0, "The data folder's path is too long.");
    buf_init(&text, 65536 + 64);
    rc = file_read(path, 64, &text, e);
    for (size_t i = 0; i < STORE_ID_BYTES && rc == ERR_OK; i++) {
        int hi = text.n >= 2 * STORE_ID_BYTES ? ascii_hex(text.p[2 * i]) : -1;
        int lo = text.n >= 2 * STORE_ID_BYTES ? ascii_hex(text.p[2 * i + 1]) : -1;

        if (hi < 0 || lo < 0)
            rc = err_set(e, ERR_CORRUPT, 0, "%.200s holds no id of a store.", path);
        else
            id[i] = (uint8_t)(hi << 4 | lo);
    }
    buf_release(&text);
    return rc;
}
