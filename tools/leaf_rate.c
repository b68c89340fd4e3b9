/*
 * leaf_rate.c - how long the leaf of an event takes, and its part of the tree.
 */
#include <stdio.h>
#include <stdlib.h>

#include "ledger/leaf.h"
#include "os/host.h"

#define LEAVES 1000000u

int main(int argc, char **argv)
{
    size_t bytes = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 256;
    uint8_t *raw = calloc(1, bytes + 1);
    struct leaf l = { .lane = 1, .source = SPAN_LIT("firewall-01"), .raw = { raw, bytes } };
    struct merkle_hasher *h;
    struct merkle_range r;
    struct merkle_hash hash;
    double begun, leaf_s, all_s;

    if (raw == NULL || merkle_hasher_new(&h, NULL) != ERR_OK)
        return 1;
    begun = host_seconds();
    for (l.sequence = 0; l.sequence < LEAVES; l.sequence++)
        leaf_hash(h, &l, &hash);
    leaf_s = host_seconds() - begun;
    merkle_begin(&r, 0);
    begun = host_seconds();
    for (l.sequence = 0; l.sequence < LEAVES; l.sequence++) {
        leaf_hash(h, &l, &hash);
        merkle_append(h, &r, &hash);
    }
    all_s = host_seconds() - begun;
    printf("raw of %zu bytes: leaf %.3f us, with its part of the tree %.3f us\n", bytes,
           leaf_s * 1e6 / LEAVES, all_s * 1e6 / LEAVES);
    merkle_hasher_free(&h);
    free(raw);
    return 0;
}
