/*
 * oracle_own.h - what the oracle's three files share. Nobody else includes it.
 */
#ifndef ORACLE_OWN_H
#define ORACLE_OWN_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "sigma/oracle.h"

/* A pattern is a row of units: a byte that must stand there, or a wildcard. */
enum { UNIT_ANY = 256, UNIT_ONE = 257 };

struct pattern {
    const uint16_t *unit;
    size_t count;
    struct pattern *next; /* another that will do as well */
};

/* A decimal number, exactly: 0.DIGITS times ten to the power of `power`. Zero has no digits. */
struct decimal {
    bool negative;
    struct span digits; /* '0'..'9', neither begins nor ends with '0' */
    int64_t power;
};

/* One raw value of an item, ready to be compared. */
struct want {
    struct pattern *patterns; /* any of them */
    pcre2_code **regex;       /* any of them: `expand` gives several */
    uint32_t regex_count;
    struct decimal *number; /* any of them */
    uint32_t number_count;
    struct network {
        uint8_t address[16];
        unsigned bits;
    } * network; /* any of them */
    uint32_t network_count;
    uint32_t field; /* fieldref: name id */
    bool yes;       /* exists */
    struct want *next;
};

enum how { HOW_TEXT, HOW_RE, HOW_CIDR, HOW_ORDER, HOW_PART, HOW_EXISTS, HOW_NULL, HOW_REF };

enum order { ORDER_NONE, ORDER_LT, ORDER_LTE, ORDER_GT, ORDER_GTE };
enum part { PART_MINUTE, PART_HOUR, PART_DAY, PART_WEEK, PART_MONTH, PART_YEAR };

/* An item whose key has been read. */
struct asked {
    const struct sigma_item *item;
    struct asked *same_hash;
    uint32_t name; /* 0: keywords */
    bool all, neq, cased;
    bool at_start, at_end; /* fieldref: contains, startswith, endswith leave sides open */
    enum how how;
    enum order order;
    enum part part;
    struct want *wants;
};

struct folded {
    uint64_t round;
    struct span text;
};

#define ORACLE_BUCKETS 16384u
#define ORACLE_RAW     EVENT_HANDLES_MAX /* handle of the raw record, for keywords */

struct oracle {
    const struct names *names;
    const struct oracle_placeholder *placeholders;
    uint32_t placeholder_count;
    struct arena mem;       /* as long as the oracle */
    struct arena event_mem; /* one event */
    struct asked *asked[ORACLE_BUCKETS];
    struct folded *folded; /* by handle, and one for the raw record */
    uint64_t round;
    struct event *event;
    const struct view *view;
    pcre2_match_data *found;
    pcre2_match_context *limits;
    uint8_t *gate; /* view * rules + rule: 0 not asked, 1 no, 2 yes */
    uint32_t gate_rules, gate_views;
    struct oracle_hit *hits;
};

/* --- oracle_item.c --- */

void oracle_items_release(struct oracle *o);
bool oracle_item_holds(struct oracle *o, const struct sigma_item *item);

/* --- oracle_text.c --- */

uint32_t oracle_fold_char(uint32_t cp);
struct span oracle_fold(struct span s, struct arena *mem);
struct pattern oracle_fold_pattern(struct pattern p, struct arena *mem);
bool oracle_fits(struct pattern p, struct span text);
struct pattern *oracle_pattern(struct span raw, struct arena *mem);
struct pattern *oracle_windash(const struct pattern *p, struct arena *mem);
struct pattern *oracle_wide(const struct pattern *p, bool big, bool mark, struct arena *mem);
struct pattern *oracle_base64(const struct pattern *p, unsigned offset, bool inside,
                              struct arena *mem);
bool oracle_decimal(struct span s, struct decimal *out, struct arena *mem);
int oracle_decimal_compare(struct decimal a, struct decimal b);
bool oracle_address(struct span s, uint8_t out[16]);
unsigned oracle_week(int year, unsigned month, unsigned day);

#endif
