/*
 * time_read(): parts are in their ranges, an instant is written as a text that reads back, and the
 * week is one of 53.
 */
#include "base/time.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct time_parts p;
    uint8_t text[TIME_TEXT_MAX];
    int64_t ns, back;

    if (!time_read((struct span){ data, size }, &p))
        return 0;
    MUST(p.month >= 1 && p.month <= 12 && p.day >= 1 && p.day <= 31);
    MUST(p.hour < 24 && p.minute < 60 && p.second < 60 && p.nanos < TIME_SECOND);
    MUST(p.has_year || p.year == 0);
    if (p.has_year)
        MUST(time_week(&p) >= 1 && time_week(&p) <= 53);
    if (!time_ns(&p, 0, &ns))
        return 0;
    MUST(time_parse((struct span){ text, time_put(text, ns) }, 0, &back) && back == ns);
    return 0;
}
