/* Bytes with one of our own texts laid among them: it is one of ours only when that text is whole.
 */
#include "collect/tracer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct tracer_key key = { { 1, 2, 3 } };
    const struct span input = SPAN_LIT("relp");
    char text[TRACER_TEXT_MAX];
    uint8_t room[1024];
    size_t n = tracer_put(text, &key, 7, input, 9), at;

    if (size < 2 || size > sizeof(room) - sizeof(text))
        return 0;
    MUST(!tracer_is(&key, input, (struct span){ data, size }));
    at = data[0] % (size - 1);
    memcpy(room, data + 2, at < size - 2 ? at : size - 2);
    at = at < size - 2 ? at : size - 2;
    memcpy(room + at, text, n);
    memcpy(room + at + n, data + 2 + at, size - 2 - at);
    (void)tracer_is(&key, input, (struct span){ room, size - 2 + n });
    room[at + data[1] % n] ^= 1;
    MUST(!tracer_is(&key, input, (struct span){ room, size - 2 + n }));
    return 0;
}
