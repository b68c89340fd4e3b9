/*
 * An XLSX whose parts are any text (make.h says how they lie in the input): rows or a sentence; and
 * what was read comes back from an XLSX of ours.
 */
#include "sheet_again.h"

#include "sheet/make.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct make_xlsx x;
    struct buf zip;

    if (!make_xlsx_unpack(&x, (struct span){ data, size }))
        return 0;
    buf_init(&zip, (size_t)64 << 20);
    make_xlsx(&zip, &x);
    sheet_again(buf_span(&zip));
    buf_release(&zip);
    return 0;
}
