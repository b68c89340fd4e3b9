/*
 * awkward.c - see awkward.h.
 */
#include "awkward.h"

#include <stdio.h>
#include <time.h>

#include "store_bench.h"

const char awkward_taxonomy[] =
    "source: any\n"
    "product: any\n"
    "rows:\n"
    "  - when: { kind: a }\n"
    "    category: login\n"
    "    host: [machine, host]\n"
    "    time: at\n"
    "    fields:\n"
    "      User: [user, { from: message, after: \"for \", before: \" from\" }]\n"
    "      joined: { from: [user, dom], join: \"@\" }\n"
    "      n2: n\n"
    "  - when: { kind: b, message: [\"Failed *\", \"*denied*\", \"*end\"] }\n"
    "    category: denied\n"
    "    time: [other, at]\n"
    "    fields: { User: [dom, user], what: { from: message, starts: { \"Failed \": failure } } }\n"
    "  - when: { app: [\"*sshd\", x], message: { not: \"*quiet*\" } }\n"
    "    service: sshd\n"
    "    time: at\n"
    "  - when: { otherwise: true }\n"
    "    category: rest\n"
    "    time: at\n";

uint64_t awkward_state;

uint32_t awkward_below(uint32_t n)
{
    uint64_t z = (awkward_state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((z ^ (z >> 31)) % n);
}

#define below  awkward_below
#define ONE_OF AWKWARD_ONE_OF

/* --- events --------------------------------------------------------------------------------- */

static const char *const values[] = {
    "\"an\"",
    "\"an\"",
    "\"binh\"",
    "\"AN\"",
    "\"\"",
    "\"-\"",
    "null",
    "1",
    "7",
    "12345",
    "-3",
    "1.50",
    "1e3",
    "true",
    "\"a\\tb\"",
    "\"\\u0041n\"",
    "\"\xC4\x90\"",
    "\"a&b\"",
    "[]",
    "{}",
    "[\"x\",\"y\"]",
    "[null]",
    "\"x y\"",
    "\"from\"",
    "\"10\"",
    "\" \"",
    "\"a<b\"",
    "{\"in\":\"an\"}",
};
static const char *const plain[] = { "\"an\"", "\"binh\"", "\"chi\"", "\"srv-7\"" };
static const char *const kinds[] = { "a", "a", "b", "b", "c", "A", "" };
static const char *const apps[] = { "sshd", "internal-sshd", "x", "nginx", "" };
static const char *const said[] = { "Failed password", "failed key",    "Accepted",
                                    "quiet",           "access denied", "the end" };
static const char *const users[] = {
    "an", "binh7", "Failed 1", "denied2", "end", "x\\\\1", "quiet9"
};

static int put_time(char *to, size_t room, uint64_t n)
{
    const int64_t at = STORE_BENCH_NOW / 1000000000 + ((int64_t)n - AWKWARD_EVENTS / 2) / 10;
    const time_t s = (time_t)(below(40) == 0 ? at - 86400 : at);
    struct tm t;
    char text[64];

    MUST(gmtime_r(&s, &t) != NULL);
    switch (below(30)) {
    case 0:
        return snprintf(to, room, "\"at\":\"soon\",");
    case 1:
        return snprintf(to, room, "\"at\":%lld,", (long long)s);
    case 2:
        return snprintf(to, room, "\"at\":\"\",\"other\":null,");
    case 3:
        MUST(strftime(text, sizeof(text), "%b %e %H:%M:%S", &t) > 0);
        return snprintf(to, room, "\"at\":\"%s\",", text);
    case 4:
        MUST(strftime(text, sizeof(text), "%d/%m/%Y %H:%M:%S", &t) > 0);
        return snprintf(to, room, "\"other\":\"%s\",", text);
    default:
        MUST(strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &t) > 0);
        return snprintf(to, room, "\"at\":\"%s.%03uZ\",", text, below(1000));
    }
}

/* Most events are of few shapes: only then are there rows that are alike. */
struct span awkward_event(void *arg, uint64_t n, char *room, size_t bytes)
{
    const bool odd = below(4) == 0;
    size_t at = (size_t)snprintf(room, bytes, "{");

    (void)arg;
    if (below(50) == 0) {
        at = (size_t)snprintf(room, bytes, "<13>1 - host%u app - - - n=%u user=an %s", below(3),
                              below(9), ONE_OF(said));
        return (struct span){ (uint8_t *)room, at };
    }
    at += (size_t)put_time(room + at, bytes - at, n);
    if (below(3) > 0)
        at += (size_t)snprintf(room + at, bytes - at, "\"EventID\":%s,\"level\":\"%s\",",
                               odd ? ONE_OF(values) : (below(2) ? "4624" : "4625"), ONE_OF(kinds));
    if (odd && below(4) == 0)
        at += (size_t)snprintf(room + at, bytes - at, "\"eventid\":%s,\"Channel\":%s,",
                               ONE_OF(values), ONE_OF(values));
    at += (size_t)snprintf(room + at, bytes - at, "\"host\":%s,\"kind\":\"%s\",\"n\":%s",
                           odd ? ONE_OF(values) : ONE_OF(plain), ONE_OF(kinds),
                           odd && below(3) == 0 ? ONE_OF(values) : (below(2) ? "3" : "44"));
    if (below(2) == 0)
        at += (size_t)snprintf(room + at, bytes - at, ",\"user\":%s,\"dom\":%s",
                               odd ? ONE_OF(values) : ONE_OF(plain), ONE_OF(plain));
    if (below(3) == 0)
        at += (size_t)snprintf(room + at, bytes - at, ",\"app\":\"%s\"", ONE_OF(apps));
    if (odd && below(8) == 0)
        at += (size_t)snprintf(room + at, bytes - at, ",\"User\":%s,\"machine\":%s", ONE_OF(values),
                               ONE_OF(values));
    if (below(2) == 0)
        at += (size_t)snprintf(room + at, bytes - at,
                               ",\"message\":\"%s for %s from 10.0.0.%u:%u port=%u\"", ONE_OF(said),
                               ONE_OF(users), below(200), below(9), below(60000));
    at += (size_t)snprintf(room + at, bytes - at, below(300) == 0 ? ",\"cut" : "}");
    return (struct span){ (uint8_t *)room, at < bytes ? at : bytes - 1 };
}
