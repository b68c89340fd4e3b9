/*
 * evidence_beside.c - see evidence_beside.h.
 */
#include "cmd/evidence_beside.h"

#include "evidence_readme.h"
#include "verify_py.h"

const struct evidence_file evidence_beside[EVIDENCE_BESIDE] = {
    { "README.txt", { (const uint8_t *)evidence_readme, sizeof(evidence_readme) - 1 } },
    { "verify.py", { (const uint8_t *)verify_py, sizeof(verify_py) - 1 } },
};
