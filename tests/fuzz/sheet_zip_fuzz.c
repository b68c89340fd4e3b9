/*
 * A zip of any bytes: a sentence, or parts that are read or refused; and as a book.
 */
#include "sheet_again.h"

#include "sheet/zip_parts.h"

static int on_piece(void *ctx, struct span piece, bool last, struct err *e)
{
    (void)last;
    (void)e;
    *(size_t *)ctx += piece.n;
    return ERR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = { data, size };
    struct zip_parts *p;
    struct err e;
    size_t bytes = 0;

    if (zip_parts_open(&p, in, &e) != ERR_OK)
        MUST(p == NULL && e.code < 0 && e.why[0] != 0);
    for (uint32_t i = 0; p != NULL && i < 4 && i < zip_parts_count(p); i++)
        MUST(zip_part_read(p, i, on_piece, &bytes, &e) <= 0);
    zip_parts_free(&p);
    sheet_again(in);
    return 0;
}
