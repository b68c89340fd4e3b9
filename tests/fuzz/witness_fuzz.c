/*
 * What a witness is asked, of any bytes: an answer; without the root's signature nothing is taken.
 * And what a store reads of its answer.
 */
#include "ledger/witness.h"

static struct merkle_hasher *hasher;
static struct witness_log now, next;
static struct key key;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t root[KEY_BYTES] = { 1 }, seed[KEY_BYTES] = { 2 };
    static const uint8_t store[NOTE_STORE_BYTES] = "0123456789abcde";
    struct span in = { data, size }, line;
    struct witness_state s;
    uint64_t seconds;

    if (hasher == NULL) {
        MUST(merkle_hasher_new(&hasher, NULL) == ERR_OK);
        key_of(&key, seed);
    }
    witness_log_init(&now, hasher, store, root);
    witness_log_init(&next, hasher, store, root);
    /* Half of them as one who has seen what the input begins with. */
    if (size > 0 && data[size - 1] % 2 == 0)
        (void)witness_log_resume(&now, in, NULL);
    MUST(witness_judge(&now, in, &key, SPAN_LIT("w"), 1, &next, NULL) != WITNESS_TAKEN);
    if (witness_read_state(in, &s, &line))
        (void)witness_cosigned(line, SPAN_LIT("w"), key.public, in, &seconds);
    witness_log_release(&now);
    witness_log_release(&next);
    return 0;
}
