/*
 * Any codec of the sniff table (FUZZ_CODEC, see meson.build): what is taken was recognised and is
 * a sound record, what is refused has changed nothing.
 */
#include "rec_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = { data, size };
    struct rec r;

    MUST(rec_init(&r));
    for (size_t i = 0; i < codec_row_count; i++) {
        if (codec_rows[i].id == FUZZ_CODEC)
            (void)rec_check_codec(codec_rows[i].read, codec_rows[i].is, in, &r);
    }
    rec_release(&r);
    return 0;
}
