/*
 * Notes and what they may hold, of any bytes: what is taken lies in the input and is written again
 * as it was; links answers to each in turn.
 */
#include <stdlib.h>

#include "ledger/certificate.h"
#include "ledger/checkpoint.h"
#include "ledger/deletion.h"
#include "ledger/links.h"

static struct merkle_hasher *hasher;
static struct links *links;
static struct checkpoint point;
static struct deletion gone;

static void again(struct span text)
{
    struct certificate c;
    struct buf out;
    bool taken = true;

    buf_init(&out, 2 * NOTE_BYTES_MAX);
    if (checkpoint_read(text, &point, NULL) == ERR_OK)
        checkpoint_put(&out, &point);
    else if (deletion_read(text, &gone, NULL) == ERR_OK)
        deletion_put(&out, &gone);
    else if (certificate_read(text, &c, NULL) == ERR_OK)
        certificate_put(&out, &c);
    else
        taken = false;
    MUST(!taken || span_eq(buf_span(&out), text));
    buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t root[KEY_BYTES] = { 1 };
    struct span in = { data, size }, name;
    uint8_t public[KEY_BYTES];
    struct note n;
    int64_t used;

    if (hasher == NULL) {
        MUST(merkle_hasher_new(&hasher, NULL) == ERR_OK);
        links = malloc(sizeof(*links));
        MUST(links != NULL);
    }
    links_init(links, hasher, root);
    again(in);
    (void)note_read_vkey(in, NOTE_ED25519, &name, public);
    while (in.n > 0 && (used = note_next(in, &n, NULL)) > 0) {
        MUST((size_t)used <= in.n && n.whole.p == in.p && n.whole.n == (size_t)used);
        MUST(!note_is_torn(n.whole));
        again(n.text);
        if (links->fault == LINKS_NONE)
            (void)links_next(links, &n, false);
        in = span_from(in, (size_t)used);
    }
    (void)note_is_torn(in);
    return 0;
}
