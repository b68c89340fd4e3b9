/* rec_text(): the first byte is the kind, the rest the value; the text fits its room. */
#include "wire/rec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena mem;
    struct rec_field f = { .parent = REC_ROOT };
    struct span text;

    if (size == 0 || size > UINT32_MAX)
        return 0;
    arena_init(&mem, 1 << 26);
    f.kind = data[0] % REC_KINDS;
    f.value = data + 1;
    f.value_bytes = (uint32_t)(size - 1);
    text = rec_text(&f, &mem);
    MUST((text.p == NULL) == (f.kind == REC_NONE));
    MUST(text.n <= rec_text_room(&f) || text.p == f.value);
    arena_release(&mem);
    return 0;
}
