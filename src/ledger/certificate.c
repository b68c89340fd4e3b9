/*
 * certificate.c - see certificate.h.
 */
#include "ledger/certificate.h"

void certificate_put(struct buf *out, const struct certificate *c)
{
    buf_text(out, CERTIFICATE_MAGIC " ");
    note_put_hex(out, c->store, sizeof(c->store));
    buf_fmt(out, "\nfrom %llu\n", (unsigned long long)c->from);
    note_put_hash(out, "previous", c->previous.bytes);
    note_put_hash(out, "key", c->key);
}

bool certificate_is(struct span text)
{
    return span_starts(text, SPAN_LIT(CERTIFICATE_MAGIC " "));
}

int certificate_read(struct span text, struct certificate *c, struct err *e)
{
    struct span left = text, v;

    if (!note_field(&left, CERTIFICATE_MAGIC, &v) || !note_read_hex(v, c->store, sizeof(c->store)))
        return note_refuse(e, "certificate", text, left, CERTIFICATE_MAGIC);
    if (!note_field(&left, "from", &v) || !note_read_u64(v, UINT64_MAX / 2, &c->from))
        return note_refuse(e, "certificate", text, left, "from");
    if (!note_field(&left, "previous", &v) ||
        !note_read_base64(v, c->previous.bytes, MERKLE_HASH_BYTES))
        return note_refuse(e, "certificate", text, left, "previous");
    if (!note_field(&left, "key", &v) || !note_read_base64(v, c->key, KEY_BYTES))
        return note_refuse(e, "certificate", text, left, "key");
    return left.n == 0 ? ERR_OK : note_refuse(e, "certificate", text, left, "the end");
}
