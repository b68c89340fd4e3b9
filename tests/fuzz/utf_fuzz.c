/* Whatever the bytes: decoding goes on to the end, and what is written is well-formed UTF-8. */
#include <stdlib.h>

#include "base/utf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = { data, size };
    uint8_t *out = malloc(utf16_room(size)), put[4];
    bool bad = false;

    MUST(out != NULL);
    for (size_t i = 0, used; i < size; i += used) {
        uint32_t cp = utf8_get(span_from(in, i), &used);

        MUST(used >= 1 && used <= 4 && used <= size - i);
        bad = bad || (cp == UTF_BAD && used == 1);
        MUST((cp == UTF_BAD && used == 1) ||
             (utf8_put(put, cp) == used && memcmp(put, data + i, used) == 0));
    }
    MUST(utf8_valid(in) == !bad && (utf8_has_wide(in) || !bad));
    size = utf16_to_utf8(in, out);
    MUST(size <= utf16_room(in.n) && utf8_valid((struct span){ out, size }));
    free(out);
    return 0;
}
