/* Urls, addresses, numbers and bodies of channels, of any bytes: what is found lies within. */
#include "conf/channel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = { data, size }, name;
    struct channel_url u;
    size_t at = 0, before = 0;

    if (channel_url_read(in, &u)) {
        MUST(u.host.p >= data && u.host.p + u.host.n <= data + size && u.host.n > 0);
        MUST(span_find(in, '\r') == size && span_find(in, '\n') == size &&
             span_find(in, ' ') == size);
    }
    if (channel_is_email(in))
        MUST(span_find(in, '>') == size && span_find(in, '"') == size &&
             span_find(in, '\\') == size);
    MUST(!(channel_is_email(in) && channel_is_phone(in)));
    while (channel_placeholder(in, &at, &name)) {
        MUST(at > before && at <= size && name.n > 0);
        before = at;
    }
    return 0;
}
