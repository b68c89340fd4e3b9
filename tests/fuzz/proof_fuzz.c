/*
 * Proofs of any bytes: an answer, and never that two different leaves or roots are proven by the
 * same hashes at the same place.
 *
 *   u64 size, u64 old or index, then hashes: leaf or old root, root, proof
 */
#include "base/bytes.h"
#include "ledger/proof.h"

static struct merkle_hasher *hasher;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct merkle_hash first, root, other;
    struct proof p = { 0 };
    uint64_t leaves, at;

    if (hasher == NULL)
        MUST(merkle_hasher_new(&hasher, NULL) == ERR_OK);
    if (size < 16 + 64)
        return 0;
    leaves = bytes_u64(data);
    at = bytes_u64(data + 8);
    memcpy(&first, data + 16, 32);
    memcpy(&root, data + 48, 32);
    for (size_t i = 80; i + 32 <= size && p.count < PROOF_MAX; i += 32)
        memcpy(&p.hash[p.count++], data + i, 32);
    other = first;
    other.bytes[0] ^= 1;
    if (proof_shows_inclusion(hasher, &first, at, leaves, &p, &root))
        MUST(!proof_shows_inclusion(hasher, &other, at, leaves, &p, &root));
    if (at > 0 && proof_shows_consistency(hasher, at, &first, leaves, &root, &p))
        MUST(!proof_shows_consistency(hasher, at, &other, leaves, &root, &p));
    return 0;
}
