/*
 * Goal: an event's source, host and address lead to the right system or to none, never to another;
 * an agency has a say in what is its own, and in nothing else.
 * Method: rows upon a small province; then random provinces and networks, against a plain search
 * that goes through all there is.
 */
#include "registry_bench.h"

#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "registry/registry.h"

static void machines(struct act_bench *b)
{
    world_make(b);
    act_good(b, "{'act':'system.change','system':2,'networks':'10.1.8.0/24 2001:db8::/32'}");
    act_good(b, "{'act':'system.change','system':3,'domains':'mail.mau.gov.vn mau.gov.vn'}");
    act_good(b, "{'act':'machine.add','system':1,'name':'SRV-Web','kind':'server','addresses':"
                "'10.1.8.5'}");
    act_good(b, "{'act':'machine.add','system':2,'name':'server01','kind':'server','addresses':"
                "'192.168.1.10'}");
    act_good(b, "{'act':'machine.add','system':3,'name':'SERVER01','kind':'server','addresses':"
                "'192.168.1.10 2001:db8::25'}");
    act_good(b, "{'act':'machine.add','system':3,'name':'Máy-chủ','kind':'server'}");
    act_good(b, "{'act':'source.assign','source':'fw-xa','system':2}");
    act_good(b, "{'act':'source.assign','source':'fw-none'}");
}

static void an_event_leads_to_its_system(void **state)
{
    static const struct {
        const char *source, *host, *address;
        int64_t id, level;
        enum registry_by by;
    } rows[] = {
        { "", "", "", 0, 0, 0 },
        { "", "srv-web", "", MOTCUA, 3, REGISTRY_BY_HOST },
        { "fw-xa", "SRV-WEB", "", MOTCUA, 3, REGISTRY_BY_HOST },
        { "", "srv-web.mau.local", "", MOTCUA, 3, REGISTRY_BY_HOST },
        { "", "srv-web2", "", 0, 0, 0 },
        { "", "may-chu", "", THUDIENTU, 0, REGISTRY_BY_HOST },
        { "", "server01", "", 0, 0, 0 }, /* of two: left open */
        { "fw-xa", "server01", "", LOAXA, 1, REGISTRY_BY_HOST },
        { "fw-none", "server01", "", 0, 0, 0 },
        { "", "", "192.168.1.10", 0, 0, 0 },
        { "fw-xa", "", "192.168.1.10", LOAXA, 1, REGISTRY_BY_ADDRESS },
        { "", "", "10.1.8.5", MOTCUA, 3, REGISTRY_BY_ADDRESS }, /* in a network of another */
        { "", "", "10.1.8.6", LOAXA, 1, REGISTRY_BY_NETWORK },  /* the narrower */
        { "", "", "10.1.9.6", MOTCUA, 3, REGISTRY_BY_NETWORK },
        { "", "", "10.2.0.1", 0, 0, 0 },
        { "", "10.1.9.6", "", MOTCUA, 3, REGISTRY_BY_NETWORK }, /* a host that is an address */
        { "", "::ffff:10.1.8.5", "", MOTCUA, 3, REGISTRY_BY_ADDRESS },
        { "", "", "2001:DB8:0::25", THUDIENTU, 0, REGISTRY_BY_ADDRESS },
        { "", "", "2001:db8::26", LOAXA, 1, REGISTRY_BY_NETWORK },
        { "", "", "2001:db9::26", 0, 0, 0 },
        { "", "", "not an address", 0, 0, 0 },
        { "", "www.dichvucong.mau.gov.vn", "", MOTCUA, 3, REGISTRY_BY_DOMAIN },
        { "", "DICHVUCONG.mau.gov.vn", "", MOTCUA, 3, REGISTRY_BY_DOMAIN },
        { "", "www.mau.gov.vn", "", THUDIENTU, 0, REGISTRY_BY_DOMAIN },
        { "", "xmau.gov.vn", "", 0, 0, 0 },
        { "", "gov.vn", "", 0, 0, 0 },
        { "fw-xa", "unknown", "8.8.8.8", LOAXA, 1, REGISTRY_BY_SOURCE },
        { "fw-xa", "", "10.1.9.6", LOAXA, 1, REGISTRY_BY_SOURCE },
        { "fw-gone", "unknown", "", 0, 0, 0 },
        { "", ".", "", 0, 0, 0 },
        { "", "...", "", 0, 0, 0 },
        { "", "10.1.8.5.", "", 0, 0, 0 },
    };
    struct registry_system s;
    struct act_bench b;

    (void)state;
    act_bench_init(&b);
    machines(&b);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(registry_system_of(b.db, span_of(rows[i].source), span_of(rows[i].host),
                                            span_of(rows[i].address), &s, &b.e),
                         ERR_OK);
        if (s.id != rows[i].id || s.level != rows[i].level || s.by != rows[i].by)
            fail_msg("%s %s %s gave %d, level %d, by %s", rows[i].source, rows[i].host,
                     rows[i].address, (int)s.id, (int)s.level, registry_by_name(s.by));
    }
    act_bench_release(&b);
}

static int64_t found(struct act_bench *b, const char *host)
{
    struct registry_system s;

    assert_int_equal(registry_system_of(b->db, SPAN_NONE, span_of(host), SPAN_NONE, &s, &b->e),
                     ERR_OK);
    return s.id;
}

static void what_is_no_more_is_not_found(void **state)
{
    struct act_bench b;

    (void)state;
    act_bench_init(&b);
    machines(&b);
    act_good(&b, "{'act':'machine.retire','machine':3}");
    assert_int_equal(found(&b, "server01"), LOAXA); /* the other one's alone now */
    act_good(&b, "{'act':'system.retire','system':2}");
    assert_int_equal(found(&b, "server01"), 0);
    assert_int_equal(found(&b, "10.1.8.6"), MOTCUA);
    act_good(&b, "{'act':'act.undo','undoes':23}");
    assert_int_equal(found(&b, "server01"), LOAXA);
    act_good(&b, "{'act':'act.undo','undoes':22}");
    assert_int_equal(found(&b, "server01"), 0);
    act_good(&b, "{'act':'machine.change','machine':1,'system':2,'name':'web-moi'}");
    assert_int_equal(found(&b, "srv-web"), 0);
    assert_int_equal(found(&b, "web-moi"), LOAXA);
    assert_int_equal(found(&b, "10.1.8.5"), LOAXA);
    act_bench_release(&b);
}

static void a_host_of_any_length_is_taken(void **state)
{
    struct registry_system s;
    struct act_bench b;
    char *host = malloc(100000);

    (void)state;
    assert_non_null(host);
    act_bench_init(&b);
    machines(&b);
    for (size_t i = 0; i < 100000; i++)
        host[i] = i % 2 == 0 ? 'a' : '.';
    for (size_t n = 1; n <= 100000; n *= 10) {
        assert_int_equal(registry_system_of(b.db, SPAN_NONE, (struct span){ (uint8_t *)host, n },
                                            (struct span){ (uint8_t *)host, n }, &s, &b.e),
                         ERR_OK);
        assert_int_equal(s.id, 0);
    }
    assert_int_equal(
        registry_system_of(b.db, SPAN_NONE, SPAN_LIT("\xff\xfe\x80.vn"), SPAN_NONE, &s, &b.e),
        ERR_OK);
    free(host);
    act_bench_release(&b);
}

/* --- random ones
 * ---------------------------------------------------------------------------------- */

#define NETS    60
#define SYSTEMS 12

struct net {
    uint32_t address;
    unsigned bits;
    int system; /* from 1 */
};

static uint32_t mask_of(unsigned bits)
{
    return bits == 0 ? 0 : ~UINT32_C(0) << (32 - bits);
}

/* The plain search: the most bits that fit; of several systems none. */
static int plain_search(const struct net *net, uint32_t address)
{
    int best_bits = -1, system = 0;

    for (int i = 0; i < NETS; i++) {
        if ((address & mask_of(net[i].bits)) != (net[i].address & mask_of(net[i].bits)))
            continue;
        if ((int)net[i].bits > best_bits) {
            best_bits = (int)net[i].bits;
            system = net[i].system;
        } else if ((int)net[i].bits == best_bits && system != net[i].system) {
            system = -1;
        }
    }
    /* an ambiguous network leaves it to the next wider one */
    if (system == -1) {
        struct net rest[NETS];

        for (int i = 0; i < NETS; i++) {
            rest[i] = net[i];
            if ((int)net[i].bits == best_bits &&
                (address & mask_of(net[i].bits)) == (net[i].address & mask_of(net[i].bits)))
                rest[i].address = ~address; /* fits no more, but with 0 bits */
        }
        return best_bits == 0 ? 0 : plain_search(rest, address);
    }
    return system;
}

static uint32_t few_addresses(void)
{
    return (10u << 24) | ((uint32_t)(rand() % 4) << 16) | ((uint32_t)(rand() % 4) << 8) |
           (uint32_t)(rand() % 8);
}

static void add_nets(struct act_bench *b, struct net *net)
{
    char request[4096];

    for (int s = 1; s <= SYSTEMS; s++) {
        int n = snprintf(request, sizeof(request),
                         "{'act':'system.add','code':'S%d','name':'s','owner':1,'operator':1,"
                         "'type':'other','information':['public'],'networks':'",
                         s);

        for (int i = 0; i < NETS; i++) {
            if (net[i].system == s)
                n += snprintf(request + n, sizeof(request) - (size_t)n, "%u.%u.%u.%u/%u ",
                              net[i].address >> 24, (net[i].address >> 16) & 255,
                              (net[i].address >> 8) & 255, net[i].address & 255, net[i].bits);
        }
        (void)snprintf(request + n, sizeof(request) - (size_t)n, "'}");
        act_good(b, request);
    }
}

static void networks_are_found_as_a_plain_search_finds_them(void **state)
{
    static const unsigned bits[] = { 8, 14, 16, 22, 24, 29, 32 };
    struct registry_system s;
    struct net net[NETS];
    struct act_bench b;
    char text[64];

    (void)state;
    srand(7);
    act_bench_init(&b);
    ask_as(&b, ROLE_BIT(OFFICER), 0);
    act_good(&b, "{'act':'agency.add','code':'A','name':'a','kind':'province'}");
    for (int i = 0; i < NETS; i++)
        net[i] = (struct net){ few_addresses(), bits[rand() % (int)COUNT_OF(bits)],
                               1 + rand() % SYSTEMS };
    add_nets(&b, net);
    for (int i = 0; i < 500; i++) {
        uint32_t a = few_addresses();

        (void)snprintf(text, sizeof(text), "%u.%u.%u.%u", a >> 24, (a >> 16) & 255, (a >> 8) & 255,
                       a & 255);
        assert_int_equal(registry_system_of(b.db, SPAN_NONE, SPAN_NONE, span_of(text), &s, &b.e),
                         ERR_OK);
        if (s.id != plain_search(net, a))
            fail_msg("%s: %d, plainly %d", text, (int)s.id, plain_search(net, a));
    }
    act_bench_release(&b);
}

#define AGENCIES 40

/* Random trees with successors: an agency's own is what leads up to it. */
static void who_has_a_say_is_as_a_plain_walk_says(void **state)
{
    int parent[AGENCIES + 1] = { 0 }, successor[AGENCIES + 1] = { 0 };
    struct act_bench b;
    char request[256];
    int merged = 0;

    (void)state;
    srand(11);
    act_bench_init(&b);
    ask_as(&b, ROLE_BIT(ADMINISTRATOR), 0);
    for (int i = 1; i <= AGENCIES; i++) {
        parent[i] = i == 1 ? 0 : 1 + rand() % (i - 1);
        (void)snprintf(request, sizeof(request),
                       parent[i] != 0 ? "{'act':'agency.add','code':'A%d','name':'a',"
                                        "'kind':'unit','parent':%d}"
                                      : "{'act':'agency.add','code':'A%d','name':'a',"
                                        "'kind':'unit'}",
                       i, parent[i]);
        act_good(&b, request);
        (void)snprintf(request, sizeof(request),
                       "{'act':'system.add','code':'S%d','name':'s','owner':%d,'operator':%d,"
                       "'type':'other','information':['public']}",
                       i, i, i);
        act_good(&b, request);
    }
    for (int i = 0; i < 25; i++) {
        int from = 1 + rand() % AGENCIES, to = 1 + rand() % AGENCIES;

        (void)snprintf(request, sizeof(request),
                       "{'act':'agency.end','agency':%d,'valid_to':'2025-07-01','successor':%d}",
                       from, to);
        if (act_ask(&b, request) == ERR_OK) {
            successor[from] = to;
            merged++;
        }
    }
    assert_true(merged > 5);
    for (int agency = 1; agency <= AGENCIES; agency++) {
        for (int other = 1; other <= AGENCIES; other++) {
            bool is, covers, want = false;
            int steps = 0;

            for (int at = other; at != 0 && !want;
                 at = successor[at] != 0 ? successor[at] : parent[at]) {
                want = at == agency;
                assert_true(++steps <= AGENCIES); /* no circles */
            }
            assert_int_equal(registry_within(b.db, agency, other, &is, &b.e), ERR_OK);
            assert_int_equal(registry_covers(b.db, agency, other, &covers, &b.e), ERR_OK);
            if (is != want || covers != want)
                fail_msg("%d, %d: %d %d, plainly %d", agency, other, is, covers, want);
        }
    }
    act_bench_release(&b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_leads_to_its_system),
        cmocka_unit_test(what_is_no_more_is_not_found),
        cmocka_unit_test(a_host_of_any_length_is_taken),
        cmocka_unit_test(networks_are_found_as_a_plain_search_finds_them),
        cmocka_unit_test(who_has_a_say_is_as_a_plain_walk_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
