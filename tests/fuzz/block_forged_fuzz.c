/*
 * The reader of blocks on any directory and any parts, under hashes that are right: it reads within
 * them, and comes to an end. The input: how many parts, rows and raw bytes, how long the directory
 * is; the directory behind its table of parts; the parts, each behind its size.
 */
#include "store/block_find.h"
#include "store/block_forge.h"

/* Texts looked for in its columns, whatever these are. */
static void find(struct block *b)
{
    static const struct span texts[] = { { (const uint8_t *)"needle", 6 },
                                         { (const uint8_t *)"task", 4 } };
    static struct block_finder *f;
    static uint64_t row[65536];
    uint64_t any;

    if (f == NULL)
        MUST(block_finder_new(&f, texts, COUNT_OF(texts), NULL) == ERR_OK);
    if (block_find(f, b, &any, NULL) == ERR_OK && block_events(b) <= COUNT_OF(row))
        (void)block_find_rows(f, b, row, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = { data, size };
    struct forge f;
    struct block *b;
    struct buf out;
    size_t directory;

    if (size < 8)
        return 0;
    forge_init(&f);
    buf_init(&out, BLOCK_BYTES_MAX);
    memcpy(f.head, BLOCK_MARK, 4);
    bytes_put_u32(f.head + 4, BLOCK_VERSION);
    bytes_put_u32(f.head + 8, bytes_u16(data + 1));
    bytes_put_u32(f.head + 20, bytes_u16(data + 3));
    directory = bytes_u16(data + 5);
    f.parts = data[0] % 8 + 1u;
    in = span_from(in, 7);
    directory = directory < in.n ? directory : in.n;
    buf_add(&f.directory, (struct span){ in.p, directory });
    in = span_from(in, directory);
    for (uint32_t i = 0; i < f.parts && in.n >= 2; i++) {
        size_t n = bytes_u16(in.p);

        in = span_from(in, 2);
        n = n < in.n ? n : in.n;
        buf_add(&f.part[i], (struct span){ in.p, n });
        in = span_from(in, n);
    }
    forge_put(&f, &out);
    if (block_open_columns(&b, buf_span(&out), NULL) == ERR_OK) {
        find(b);
        (void)forge_look(b);
        block_free(&b);
    }
    buf_release(&out);
    forge_release(&f);
    return 0;
}
