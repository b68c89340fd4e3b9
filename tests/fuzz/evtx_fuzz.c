/* A chunk of a Windows event log: every record is sound, and the reader comes to an end. */
#include "rec_check.h"
#include "wire/evtx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span chunk = { data, size < EVTX_CHUNK_BYTES ? size : EVTX_CHUNK_BYTES };
    struct evtx *x = evtx_new(size % 2 == 0 ? 0 : EVTX_CHECKSUMS);
    struct evtx_file file;
    struct rec r;

    MUST(x != NULL && rec_init(&r));
    (void)evtx_header(chunk, &file, NULL);
    (void)evtx_chunk(x, chunk, NULL);
    for (size_t left = EVTX_CHUNK_BYTES / 8; evtx_next(x, &r, NULL) != 0; left--) {
        MUST(left > 0);
        rec_check(&r, 0, chunk);
    }
    rec_release(&r);
    evtx_free(&x);
    return 0;
}
