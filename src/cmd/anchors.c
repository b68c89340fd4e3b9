/*
 * anchors.c - see anchors.h.
 */
#include "cmd/anchors.h"

#include "keep/role.h"
#include "ledger/root.h"
#include "ledger/verdict.h"
#include "os/file.h"

#define ROOT_MAX 512u

int ledger_root(const char *path, uint8_t store[NOTE_STORE_BYTES], uint8_t root[KEY_BYTES],
                struct err *e)
{
    struct buf text;
    int rc;

    buf_init(&text, (size_t)1 << 20); /* room for what is read at once */
    rc = file_read(path, ROOT_MAX, &text, e);
    if (rc == ERR_OK && !root_read_public(buf_span(&text), store, root))
        rc = err_set(e, ERR_SYNTAX, 0, "%.150s is no public root key.", path);
    buf_release(&text);
    return rc;
}

int ledger_root_of(const char *given, const char *data, uint8_t store[NOTE_STORE_BYTES],
                   uint8_t root[KEY_BYTES], struct err *e)
{
    char path[FILE_PATH_BYTES];

    if (given != NULL)
        return ledger_root(given, store, root, e);
    if (data_path(path, sizeof(path), data, "keys/root.pub") != ERR_OK)
        return err_set(e, ERR_USAGE, 0, "The data folder's path is too long.");
    return ledger_root(path, store, root, e);
}

int ledger_anchors(const struct option_list *from, struct links_anchor to[LINKS_ANCHORS],
                   struct err *e)
{
    if (from->count > LINKS_ANCHORS)
        return err_set(e, ERR_LIMIT, 0, "At most %u anchors can be given.", LINKS_ANCHORS);
    for (uint32_t i = 0; i < from->count; i++) {
        if (!verdict_read_anchor(span_of(from->value[i]), &to[i]))
            return err_set(e, ERR_USAGE, 0, "'%.100s' is no anchor: NUMBER:HASH.", from->value[i]);
    }
    return ERR_OK;
}
