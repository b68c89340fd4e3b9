/* Bytes are made into correlations and hits, and the engine must say what the slow oracle says, in
 * any order of arrival. See tests/unit/sigma/correlate_both.h. */
#include "../unit/sigma/correlate_both.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size <= 1024) /* the oracle is slow */
        MUST(correlate_both_agree((struct span){ data, size }, NULL));
    return 0;
}
