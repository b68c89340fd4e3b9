/*
 * entities_read(): whatever the bytes, within bounds, each entity once, the same when read again.
 */
#include "group/entity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct entities x, again;
    struct span host = { data, size < 8 ? size : 8 }, json = { data, size };

    if (x.text.max == 0) {
        entities_init(&x);
        entities_init(&again);
    }
    entities_read(&x, host, json);
    entities_read(&again, host, json);
    MUST(x.count <= ENTITIES_MAX && x.tactic_count <= TACTICS_MAX && x.count == again.count);
    for (uint32_t i = 0; i < x.count; i++) {
        MUST(entities_key(&x, i).n > 0 && x.of[i].kind < ENTITY_KINDS);
        MUST(span_eq(entities_key(&x, i), entities_key(&again, i)));
        for (uint32_t j = 0; j < i; j++)
            MUST(x.of[i].kind != x.of[j].kind ||
                 !span_eq(entities_key(&x, i), entities_key(&x, j)));
    }
    return 0;
}
