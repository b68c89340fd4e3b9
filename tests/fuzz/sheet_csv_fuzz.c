/*
 * A CSV of any bytes: rows or a sentence; and what was read comes back from an XLSX.
 */
#include "sheet_again.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sheet_again((struct span){ data, size });
    return 0;
}
