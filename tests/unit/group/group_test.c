/*
 * Goal: which alerts are one candidate, whatever the order in which their findings come.
 * Method: made alerts through the desk's alerts, against an oracle that compares all pairs; the
 * same findings in many orders and transactions; then single cases, read back by SQL.
 */
#include "../check.h"

#include <sqlite3.h>
#include <stdlib.h>

#include "../desk/desk_lane.h"
#include "base/time.h"
#include "desk/alerts.h"
#include "group/entity.h"
#include "group/group.h"

#define MINUTE (60 * TIME_SECOND)
#define HOUR   (60 * MINUTE)
#define START  (INT64_C(2900) * 7 * 24 * HOUR) /* a week begins */

struct bench {
    struct desk_folder folder;
    struct db *db;
    struct alerts *alerts;
};

static void bench_init(struct bench *b)
{
    struct err e;

    desk_folder_init(&b->folder);
    if (db_open(&b->db, b->folder.db, &e) != ERR_OK)
        fail_msg("%s", e.why);
    assert_int_equal(alerts_new(&b->alerts, b->db, HOUR, &e), ERR_OK);
    alerts_clock(b->alerts, START);
    assert_int_equal(db_begin(b->db, &e), ERR_OK);
}

static void bench_commit(struct bench *b)
{
    struct err e;

    assert_int_equal(alerts_flush(b->alerts, &e), ERR_OK);
    assert_int_equal(db_commit(b->db, &e), ERR_OK);
    assert_int_equal(db_begin(b->db, &e), ERR_OK);
}

/* All that is due then, in transactions of their own. */
static void bench_work_at(struct bench *b, int64_t now)
{
    bool more = true;
    struct err e;

    bench_commit(b);
    alerts_clock(b->alerts, now);
    for (int i = 0; more; i++) {
        assert_in_range(i, 0, 10000);
        if (alerts_group(b->alerts, &more, &e) != ERR_OK)
            fail_msg("%s", e.why);
        bench_commit(b);
    }
    alerts_clock(b->alerts, START);
}

static void bench_work(struct bench *b)
{
    bench_work_at(b, START + HOUR);
}

static void bench_release(struct bench *b)
{
    struct err e;

    db_rollback(b->db);
    assert_int_equal(db_check(b->db, &e), ERR_OK);
    alerts_free(&b->alerts);
    db_close(&b->db);
    desk_folder_release(&b->folder);
}

/* A finding; user and address 0: none; user below 0: was only tried. */
struct made {
    int rule, host, user, address;
    enum sigma_level level;
    int64_t time;
    const char *tag;
};

static int64_t put(struct bench *b, const struct made *m)
{
    char rule[16], host[16], json[400], user[80] = "", address[48] = "";
    struct alert_finding f = { .kind = ALERT_DETECTION, .level = m->level, .time_ns = m->time };
    struct alert_event ev = { .placed = true, .sequence = (uint64_t)m->time, .time_ns = m->time };
    struct err e;
    int64_t id;

    (void)snprintf(rule, sizeof(rule), "r%d", m->rule);
    (void)snprintf(host, sizeof(host), "h%d.x.vn", m->host);
    if (m->user < 0)
        (void)snprintf(user, sizeof(user), "\"EventID\":4625,\"TargetUserName\":\"x\\\\u%d\"",
                       -m->user);
    else if (m->user > 0)
        (void)snprintf(user, sizeof(user), "\"User\":\"x\\\\u%d\"", m->user);
    if (m->address > 0)
        (void)snprintf(address, sizeof(address), "\"src_ip\":\"10.0.0.%d\"", m->address);
    (void)snprintf(json, sizeof(json),
                   "{\"rule\":{\"id\":\"%s\",\"tags\":[\"%s\"]},\"event\":{\"fields\":{%s%s%s}}}",
                   rule, m->tag != NULL ? m->tag : "", user,
                   user[0] != 0 && address[0] != 0 ? "," : "", address);
    f.rule = f.title = span_of(rule);
    f.entity = ev.host = span_of(host);
    ev.json = span_of(json);
    assert_int_equal(alerts_take(b->alerts, &f, &id, &e), ERR_OK);
    assert_int_equal(alerts_event(b->alerts, &ev, &e), ERR_OK);
    return id;
}

/* The candidate of each rule's alert (`by_rule`), or of each alert of that number; 0: none. */
static void candidates(struct bench *b, bool by_rule, int64_t *out, int max)
{
    sqlite3_stmt *s;
    sqlite3 *db;

    memset(out, 0, (size_t)max * sizeof(*out));
    assert_int_equal(sqlite3_open_v2(b->folder.db, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db,
                           "SELECT iif(?1, CAST(substr(a.rule, 2) AS INTEGER), a.id), c.candidate"
                           " FROM candidate_alert c JOIN alert a ON a.id = c.alert",
                           -1, &s, NULL),
        SQLITE_OK);
    (void)sqlite3_bind_int(s, 1, by_rule);
    while (sqlite3_step(s) == SQLITE_ROW) {
        int at = sqlite3_column_int(s, 0);

        assert_in_range(at, 0, max - 1);
        out[at] = sqlite3_column_int64(s, 1);
    }
    sqlite3_finalize(s);
    sqlite3_close(db);
}

static int64_t candidate_of(struct bench *b, int rule)
{
    int64_t of[16];

    candidates(b, true, of, 16);
    return of[rule];
}

/* --- many made alerts, against the oracle -------------------------------------------------------
 */

#define OWN        120 /* alerts that have a rule of their own, */
#define EVERYWHERE 500 /* and the rule of the others */
#define ON_HOSTS   23  /* a day, at most */
#define DAYS       4
#define ORDERS     (getenv("CANH_LONG") != NULL ? 20 : 2) /* of the same findings */
#define ALERTS     (OWN + DAYS * ON_HOSTS)
#define FINDINGS   (2 * ALERTS)

static uint64_t seed;

static uint32_t any(uint32_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % below;
}

static int any_user(void)
{
    return any(4) == 0 ? -1 - (int)any(59) : (int)any(60);
}

/* Alert i is of two findings within 40 minutes. User 1 and address 1 are on many hosts, on more
 * than one day; host 0 has `busy` quarters of the alerts. */
static void make_own(struct made *f, int64_t span, uint32_t busy)
{
    for (int i = 0; i < OWN; i++) {
        struct made m = { .rule = i,
                          .host = any(4) < busy ? 0 : (int)any(40),
                          .user = any(4) == 0 ? 1 : any_user(),
                          .address = any(3) == 0 ? 1 : (int)any(60),
                          .level = any(5) == 0 ? LEVEL_LOW : LEVEL_HIGH,
                          .time = START + (int64_t)any((uint32_t)(span / MINUTE)) * MINUTE };

        f[2 * i] = f[2 * i + 1] = m;
        f[2 * i + 1].time += (int64_t)any(40) * MINUTE;
        f[2 * i + 1].user = any(2) == 0 ? m.user : any_user();
    }
}

/* One rule on many hosts, or on some days not on so many; half of it names user 1. */
static void make_everywhere(struct made *f)
{
    for (int day = 0; day < DAYS; day++) {
        int hosts = any(3) == 0 ? GROUP_RULE_HOSTS : ON_HOSTS;

        for (int host = 0; host < ON_HOSTS; host++) {
            struct made *m = &f[2 * (day * ON_HOSTS + host)];

            m[0] = (struct made){ .rule = EVERYWHERE,
                                  .host = host,
                                  .user = any(3) > 0 ? 1 : any_user(),
                                  .address = (int)any(60),
                                  .level = host < hosts ? LEVEL_MEDIUM : LEVEL_LOW,
                                  .time = START + (24 * day + (int)any(23)) * HOUR };
            m[1] = m[0];
            m[1].time += (int64_t)any(40) * MINUTE;
            m[1].user = any_user();
        }
    }
}

static void make(struct made *f, int64_t span, uint32_t busy)
{
    make_own(f, span, busy);
    make_everywhere(f + 2 * OWN);
}

static int64_t day_of(int64_t time)
{
    return time / (24 * HOUR);
}

static bool on_many_hosts(const struct made *f, int rule, int64_t day)
{
    bool seen[64] = { false };
    int hosts = 0;

    for (int i = 0; i < FINDINGS; i++) {
        if (f[i].rule == rule && f[i].level >= GROUP_LEVEL && day_of(f[i].time) == day) {
            hosts += !seen[f[i].host];
            seen[f[i].host] = true;
        }
    }
    return hosts > GROUP_RULE_HOSTS;
}

/* On which days, counted from START, that rule was on many hosts on two others about it. */
static bool everywhere[DAYS + GROUP_DAYS];

static void find_everywhere(const struct made *f)
{
    for (int day = 0; day < DAYS + GROUP_DAYS; day++) {
        int days = 0;

        for (int d = day - GROUP_DAYS; d <= day + GROUP_DAYS; d++)
            days += d != day && on_many_hosts(f, EVERYWHERE, day_of(START) + d);
        everywhere[day] = days >= 2;
    }
}

static bool is_everywhere(int rule, int64_t day)
{
    return rule == EVERYWHERE && everywhere[day - day_of(START)]; /* it found on DAYS days only */
}

/* Does this finding say that the value came with another on that day? */
static bool counts(const struct made *of, enum entity_kind kind, int value, int64_t day)
{
    int is = kind == ENTITY_HOST ? of->host : kind == ENTITY_USER ? abs(of->user) : of->address;

    return is == value && day_of(of->time) == day && of->level >= GROUP_LEVEL &&
           (kind != ENTITY_HOST || of->user > 0) && !is_everywhere(of->rule, day);
}

/* With how many others did this come on that day? A host with users who came in, users and
 * addresses with hosts. */
static unsigned others(const struct made *f, enum entity_kind kind, int value, int64_t day)
{
    bool seen[64] = { false };
    unsigned count = 0;

    for (int i = 0; i < FINDINGS; i++) {
        int with = kind == ENTITY_HOST ? f[i].user : f[i].host;

        if (!counts(&f[i], kind, value, day) || seen[with])
            continue;
        seen[with] = true;
        count++;
    }
    return count;
}

/* On how many of the days about these times did it come with more than so many? */
static int many_days(const struct made *f, enum entity_kind kind, int value, unsigned more,
                     int64_t first, int64_t last)
{
    int days = 0;

    for (int64_t d = day_of(first) - GROUP_DAYS; d <= day_of(last) + GROUP_DAYS; d++) {
        unsigned count = others(f, kind, value, d);

        days += count > GROUP_VERY_MANY * more ? 2 : count > more;
    }
    return days;
}

/* When does alert `a` have it? A rule is one on its host. */
struct at {
    int64_t first, last;
    bool has;
};

static struct at at_of(const struct made *f, int a, enum entity_kind kind, int value)
{
    struct at at = { 0 };

    for (int i = 2 * a; i < 2 * a + 2; i++) {
        int is = kind == ENTITY_USER      ? abs(f[i].user)
                 : kind == ENTITY_ADDRESS ? f[i].address
                                          : f[i].host;

        if (is != value || (value == 0 && (kind == ENTITY_USER || kind == ENTITY_ADDRESS)))
            continue;
        at.first = !at.has || f[i].time < at.first ? f[i].time : at.first;
        at.last = !at.has || f[i].time > at.last ? f[i].time : at.last;
        at.has = true;
    }
    return at;
}

static const struct kind {
    enum entity_kind kind;
    unsigned common;
    int64_t gap;
} kinds[] = { { ENTITY_HOST, 20, 4 * HOUR },
              { ENTITY_USER, 12, HOUR },
              { ENTITY_ADDRESS, 12, HOUR },
              { ENTITY_RULE, 0, 12 * HOUR } };

/* Can alert `a` be tied by this value? */
static bool ties(const struct made *f, int a, const struct kind *k, int value, struct at *at)
{
    const struct made *of = &f[2 * a]; /* the earlier one */

    *at = at_of(f, a, k->kind, value);
    if (!at->has || k->common == 0)
        return at->has;
    if (k->kind != ENTITY_ADDRESS && is_everywhere(of->rule, day_of(of->time)))
        return false;
    return many_days(f, k->kind, value, k->common, at->first, at->last) < 2;
}

/* The lowest alert of each one's component; -1: of a level that has none. */
static int oracle(const struct made *f, int *of)
{
    static bool link[ALERTS][ALERTS];
    static struct at at[ALERTS];
    static bool may[ALERTS];
    int parts = 0;

    memset(link, 0, sizeof(link));
    for (int i = 0; i < ALERTS; i++)
        of[i] = f[2 * i].level >= GROUP_LEVEL ? i : -1;
    for (size_t k = 0; k < COUNT_OF(kinds); k++) {
        for (int v = 0; v < 64; v++) {
            for (int a = 0; a < ALERTS; a++)
                may[a] = of[a] >= 0 && ties(f, a, &kinds[k], v, &at[a]);
            for (int a = 0; a < ALERTS; a++) {
                for (int b = 0; b < ALERTS; b++)
                    link[a][b] |= may[a] && may[b] && at[b].first - at[a].last <= kinds[k].gap &&
                                  at[a].first - at[b].last <= kinds[k].gap &&
                                  (kinds[k].kind != ENTITY_RULE || f[2 * a].rule == f[2 * b].rule);
            }
        }
    }
    for (bool again = true; again;) {
        again = false;
        for (int a = 0; a < ALERTS; a++) {
            for (int b = 0; b < ALERTS; b++) {
                if (!link[a][b] || of[b] <= of[a])
                    continue;
                of[b] = of[a];
                again = true;
            }
        }
    }
    for (int i = 0; i < ALERTS; i++)
        parts += of[i] == i;
    return parts;
}

static void shuffle(int *order)
{
    for (int i = 0; i < FINDINGS; i++)
        order[i] = i;
    for (uint32_t i = FINDINGS - 1; i > 0; i--) {
        uint32_t j = any(i + 1);
        int was = order[i];

        order[i] = order[j];
        order[j] = was;
    }
}

static void compare(struct bench *b, const int64_t *alert, const int *of, int parts)
{
    int64_t of_id[ALERTS + 1], is[ALERTS];

    candidates(b, false, of_id, ALERTS + 1);
    for (int i = 0; i < ALERTS; i++) {
        assert_in_range(alert[i], 1, ALERTS);
        is[i] = of_id[alert[i]];
        assert_int_equal(of[i] < 0, is[i] == 0);
        for (int j = 0; j < i; j++) {
            if (of[i] >= 0 && of[j] >= 0 && (of[i] == of[j]) != (is[i] == is[j]))
                fail_msg("alerts %d and %d: %s", i, j, of[i] == of[j] ? "are one" : "are two");
        }
    }
    assert_int_equal(
        desk_number(&b->folder,
                    "SELECT count(*) FROM candidate WHERE state = 'open' AND alerts > 0"),
        parts);
    assert_int_equal(desk_number(&b->folder,
                                 "SELECT count(*) FROM candidate c WHERE alerts <> (SELECT count(*)"
                                 " FROM candidate_alert WHERE candidate = c.id)"),
                     0);
}

static void put_all(struct bench *b, const struct made *f, int64_t *alert)
{
    int order[FINDINGS];

    shuffle(order);
    for (int k = 0; k < FINDINGS; k++) {
        alert[order[k] / 2] = put(b, &f[order[k]]);
        if (any(20) == 0)
            bench_commit(b);
        if (any(40) == 0)
            bench_work(b);
    }
    bench_work(b);
    bench_work_at(b, START + 2 * HOUR); /* what that found to be parted */
}

static void the_order_of_findings_does_not_matter(void **state)
{
    struct made f[FINDINGS];
    int64_t alert[ALERTS];
    int of[ALERTS], users = 0, hosts = 0, rules = 0;

    (void)state;
    for (uint64_t round = 1; round <= 8; round++) {
        int parts;

        seed = round;
        if (round % 2 == 0)
            make(f, (int64_t)(20 + any(340)) * HOUR, 1);
        else
            make(f, (int64_t)(30 + any(20)) * HOUR, 3);
        find_everywhere(f);
        parts = oracle(f, of);
        users += many_days(f, ENTITY_USER, 1, 12, START, START) >= 2;
        hosts += many_days(f, ENTITY_HOST, 0, 20, START, START) >= 2;
        rules += is_everywhere(EVERYWHERE, day_of(START));
        assert_in_range(parts, 2, ALERTS - 2);
        for (int i = 0; i < ORDERS; i++) {
            struct bench b;

            bench_init(&b);
            put_all(&b, f, alert);
            compare(&b, alert, of, parts);
            bench_release(&b);
        }
    }
    print_message("common: user 1 in %d rounds of 8, host 0 in %d, the rule in %d\n", users, hosts,
                  rules);
    assert_true(users > 0 && users < 8); /* something became common on the way */
    assert_true(hosts > 0 && hosts < 8);
    assert_true(rules > 0 && rules < 8);
}

/* --- single cases --------------------------------------------------------------------------------
 */

static void two_on_one_host_are_one_until_the_gap(void **state)
{
    const struct made f[] = { { 1, 1, 0, 0, LEVEL_HIGH, START, NULL },
                              { 2, 1, 0, 0, LEVEL_HIGH, START + 4 * HOUR, NULL },
                              { 3, 1, 0, 0, LEVEL_HIGH, START + 8 * HOUR + 1, NULL },
                              { 4, 1, 0, 0, LEVEL_LOW, START, NULL } };
    struct bench b;

    (void)state;
    bench_init(&b);
    for (size_t i = 0; i < COUNT_OF(f); i++)
        (void)put(&b, &f[i]);
    bench_work(&b);
    assert_int_equal(candidate_of(&b, 1), candidate_of(&b, 2));
    assert_int_not_equal(candidate_of(&b, 2), candidate_of(&b, 3));
    assert_int_equal(candidate_of(&b, 4), 0);
    bench_release(&b);
}

/* The account 1 on so many hosts of a day, each with a rule of its own. */
static void spread_on(struct bench *b, int first, int hosts, int64_t day)
{
    for (int i = 0; i < hosts; i++) {
        const struct made f = { first + i, first + i,  1,
                                0,         LEVEL_HIGH, START + day * 24 * HOUR + i * MINUTE,
                                NULL };

        (void)put(b, &f);
    }
    bench_work(b);
}

static int64_t open_ones(const struct bench *b)
{
    return desk_number(&b->folder,
                       "SELECT count(*) FROM candidate WHERE state = 'open' AND alerts > 0");
}

static void a_day_of_many_is_a_worm_two_are_an_account_of_all(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    spread_on(&b, 0, 40, 0);
    assert_int_equal(open_ones(&b), 1);
    spread_on(&b, 100, 12, 3);
    assert_int_equal(open_ones(&b), 2);
    spread_on(&b, 112, 1, 3); /* the 13th: common on both days */
    assert_int_equal(open_ones(&b), 53);
    bench_release(&b);
}

static void very_many_on_a_day_are_as_two_days(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    spread_on(&b, 0, 60, 0);
    assert_int_equal(open_ones(&b), 1);
    spread_on(&b, 60, 1, 0);
    assert_int_equal(open_ones(&b), 61);
    bench_release(&b);
}

static void one_that_links_two_joins_them_under_the_older_number(void **state)
{
    const struct made f[] = { { 1, 1, 1, 0, LEVEL_HIGH, START, NULL },
                              { 2, 2, 2, 0, LEVEL_HIGH, START, NULL },
                              { 3, 2, 1, 0, LEVEL_HIGH, START + HOUR, NULL } };
    struct bench b;

    (void)state;
    bench_init(&b);
    (void)put(&b, &f[0]);
    (void)put(&b, &f[1]);
    bench_work(&b);
    assert_int_equal(candidate_of(&b, 1), 1);
    assert_int_equal(candidate_of(&b, 2), 2);
    (void)put(&b, &f[2]);
    bench_work(&b);
    assert_int_equal(candidate_of(&b, 2), 1);
    assert_int_equal(candidate_of(&b, 3), 1);
    assert_int_equal(desk_number(&b.folder, "SELECT joined FROM candidate WHERE id = 2"), 1);
    bench_release(&b);
}

static void what_is_over_takes_no_more(void **state)
{
    struct made f = { 1, 1, 0, 0, LEVEL_HIGH, START, NULL };
    struct db_row *r;
    struct bench b;
    struct err e;

    (void)state;
    bench_init(&b);
    (void)put(&b, &f);
    bench_work(&b);
    r = db_use(b.db, DB_GROUP_JOINED); /* any state but open */
    db_int(r, 1, 1);
    db_int(r, 2, 1);
    assert_int_equal(db_run(b.db, r, &e), ERR_OK);
    f.rule = 2;
    (void)put(&b, &f);
    bench_work(&b);
    assert_int_equal(candidate_of(&b, 2), 2);
    bench_release(&b);
}

static int64_t score(struct bench *b)
{
    return desk_number(&b->folder,
                       "SELECT CAST(score * 1000 AS INTEGER) FROM candidate WHERE id = 1");
}

static void a_rule_counts_once_and_tactics_in_order_count_more(void **state)
{
    const struct made f[] = {
        { 1, 1, 0, 0, LEVEL_HIGH, START, "attack.execution" },
        { 2, 1, 0, 0, LEVEL_MEDIUM, START + MINUTE, "attack.persistence" },
        { 3, 1, 0, 0, LEVEL_MEDIUM, START + 2 * MINUTE, "attack.initial-access" },
    };
    struct made again = f[0];
    struct bench b;

    (void)state;
    bench_init(&b);
    (void)put(&b, &f[0]);
    bench_work(&b);
    assert_int_equal(score(&b), 1500);
    again.time += 2 * HOUR; /* a second alert of the rule */
    (void)put(&b, &again);
    bench_work(&b);
    assert_int_equal(score(&b), 1500);
    (void)put(&b, &f[1]);
    bench_work(&b);
    assert_int_equal(score(&b), 3125); /* 2.5 * 1.25 */
    (void)put(&b, &f[2]);
    bench_work(&b);
    assert_int_equal(score(&b), 3500); /* initial access came last: a chain of one */
    bench_release(&b);
}

/* Rule `rule` on so many hosts of a day. */
static void rule_on(struct bench *b, int rule, int hosts, int64_t day)
{
    for (int i = 0; i < hosts; i++) {
        const struct made f = { rule, 1000 * rule + i, 0,
                                0,    LEVEL_HIGH,      START + day * 24 * HOUR + i * MINUTE,
                                NULL };

        (void)put(b, &f);
    }
}

static int64_t counted(const struct bench *b, const char *rule, int64_t day)
{
    char sql[200];

    (void)snprintf(sql, sizeof(sql),
                   "SELECT round(1000 * sum(c.score)) FROM candidate c JOIN candidate_alert m ON"
                   " m.candidate = c.id JOIN alert a ON a.id = m.alert WHERE a.rule = '%s' AND"
                   " a.first = %lld",
                   rule, (long long)(START + day * 24 * HOUR));
    return desk_number(&b->folder, sql);
}

static void a_rule_on_many_hosts_day_after_day_counts_a_tenth(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    for (int64_t day = 0; day < 3; day++) {
        rule_on(&b, 1, GROUP_RULE_HOSTS + 1, day);
        rule_on(&b, 2, GROUP_RULE_HOSTS, day);
    }
    rule_on(&b, 3, 60, 1); /* a worm on its day */
    rule_on(&b, 3, 60, 2); /* and on the next */
    rule_on(&b, 1, 1, 8);  /* of the days about, it came on many on one only */
    bench_work(&b);
    assert_int_equal(counted(&b, "r1", 0), 150); /* it turned out */
    assert_int_equal(counted(&b, "r1", 1), 150);
    assert_int_equal(counted(&b, "r1", 2), 150);
    assert_int_equal(counted(&b, "r2", 2), 1500);
    assert_int_equal(counted(&b, "r3", 2), 1500);
    assert_int_equal(counted(&b, "r1", 8), 1500);
    bench_release(&b);
}

/* Rule 1 is common on day 2: of its alerts that on host 1 is tied by what it is about, not by
 * where. */
static void a_common_rule_is_tied_to_no_host_and_user(void **state)
{
    const int64_t now = START + 48 * HOUR;
    const struct made f[] = { { 1, 1, 1, 7, LEVEL_HIGH, now, NULL },
                              { 1, 2, 2, 8, LEVEL_HIGH, now, NULL },
                              { 1, 2, 0, 0, LEVEL_HIGH, now + 3 * HOUR, NULL },
                              { 10, 1, 1, 0, LEVEL_HIGH, now, NULL },
                              { 11, 3, 0, 7, LEVEL_HIGH, now, NULL },
                              { 12, 1, 1, 0, LEVEL_HIGH, now + HOUR, NULL } };
    struct bench b;

    (void)state;
    bench_init(&b);
    rule_on(&b, 1, GROUP_RULE_HOSTS + 1, 0);
    rule_on(&b, 1, GROUP_RULE_HOSTS + 1, 1);
    for (size_t i = 0; i < COUNT_OF(f); i++)
        (void)put(&b, &f[i]);
    bench_work(&b);
    assert_int_equal(candidate_of(&b, 10), candidate_of(&b, 12));
    assert_int_not_equal(candidate_of(&b, 10), candidate_of(&b, 11));
    assert_int_equal(desk_number(&b.folder,
                                 "SELECT count(DISTINCT candidate) FROM candidate_alert m JOIN"
                                 " alert a ON a.id = m.alert WHERE a.rule IN ('r1', 'r11') AND"
                                 " a.entity IN ('h1.x.vn', 'h3.x.vn')"),
                     1); /* one address */
    assert_int_equal(desk_number(&b.folder,
                                 "SELECT count(DISTINCT candidate) FROM candidate_alert m JOIN"
                                 " alert a ON a.id = m.alert WHERE a.entity = 'h2.x.vn'"),
                     1); /* it goes on */
    bench_release(&b);
}

/* So many users of host 1 on a day, each with a rule of its own; `sign` -1: names that were tried.
 */
static void use_host(struct bench *b, int users, int sign, int64_t day)
{
    for (int i = 0; i < users; i++) {
        const struct made f = { 2000 + i, 1,          sign * (100 + i),
                                0,        LEVEL_HIGH, START + day * 24 * HOUR + i * MINUTE,
                                NULL };

        (void)put(b, &f);
    }
}

static void names_that_are_tried_are_no_users_of_a_host(void **state)
{
    static const struct {
        int users, sign;
        int64_t candidates;
    } rows[] = { { 20, 1, 2 }, { 21, 1, 42 }, { 21, -1, 2 }, { 60, -1, 2 } };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bench b;

        bench_init(&b);
        use_host(&b, rows[i].users, rows[i].sign, 0);
        use_host(&b, rows[i].users, rows[i].sign, 2);
        bench_work(&b);
        CHECK_ROW("rows", open_ones(&b) == rows[i].candidates);
        bench_release(&b);
    }
}

static void rule_names_users(struct bench *b, int64_t day)
{
    for (int user = 1; user <= 21; user++) {
        const struct made f = { 1, 1, user, 0, LEVEL_HIGH, START + day * 24 * HOUR, NULL };

        (void)put(b, &f);
    }
}

/* Rule 1 finds many users on host 1 on two days, and on a third it is common: then host 1 is not,
 * and ties what it would have tied. */
static void what_a_common_rule_said_is_taken_back(void **state)
{
    const struct made two[] = { { 10, 1, 0, 0, LEVEL_HIGH, START + HOUR, NULL },
                                { 11, 1, 0, 0, LEVEL_HIGH, START + 2 * HOUR, NULL } };
    struct bench b;

    (void)state;
    bench_init(&b);
    for (int64_t day = 0; day < 2; day++) {
        rule_on(&b, 1, GROUP_RULE_HOSTS + 1, day);
        rule_names_users(&b, day);
    }
    (void)put(&b, &two[0]);
    (void)put(&b, &two[1]);
    bench_work(&b);
    assert_int_not_equal(candidate_of(&b, 10), candidate_of(&b, 11));
    rule_on(&b, 1, GROUP_RULE_HOSTS + 1, 2);
    bench_work(&b);
    assert_int_equal(candidate_of(&b, 10), candidate_of(&b, 11));
    assert_int_equal(desk_number(&b.folder, "SELECT count(*) FROM candidate WHERE state = 'open'"
                                            " AND id = (SELECT candidate FROM candidate_alert m"
                                            " JOIN alert a ON a.id = m.alert WHERE a.rule = 'r10')"
                                            " AND alerts = 2"),
                     1);
    rule_names_users(&b, 3); /* nor does it count what it says from then on */
    rule_names_users(&b, 4);
    bench_work(&b);
    assert_int_equal(candidate_of(&b, 10), candidate_of(&b, 11));
    assert_int_equal(desk_number(&b.folder, "SELECT count(*) FROM group_turn"), 0);
    assert_int_equal(
        desk_number(&b.folder,
                    "SELECT count(*) FROM entity_spread WHERE rule = 'r1' AND day < 2900 * 7 + 2"),
        0);
    bench_release(&b);
}

static void what_is_large_is_looked_at_later(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    for (int i = 0; i < 164; i++) {
        const struct made f = { i, 1, 0, 0, LEVEL_MEDIUM, START + i * MINUTE, NULL };

        (void)put(&b, &f);
        if (i == 63)
            bench_work_at(&b, START); /* so many at once */
    }
    bench_work_at(&b, START); /* due since it was small */
    assert_int_equal(score(&b), 164000);
    (void)put(&b, &(struct made){ 164, 1, 0, 0, LEVEL_MEDIUM, START, NULL });
    bench_work_at(&b, START + 14 * TIME_SECOND);
    assert_int_equal(score(&b), 164000);
    assert_int_equal(desk_number(&b.folder, "SELECT alerts FROM candidate"), 165);
    bench_work_at(&b, START + 16 * TIME_SECOND);
    assert_int_equal(score(&b), 165000);
    bench_release(&b);
}

static int64_t waiting_for_work(struct bench *b)
{
    bench_commit(b);
    return 10 * desk_number(&b->folder, "SELECT count(*) FROM candidate WHERE stale") +
           desk_number(&b->folder, "SELECT count(*) FROM entity_stale");
}

static void an_alert_that_only_goes_on_makes_no_work(void **state)
{
    struct made f = { 1, 1, 1, 1, LEVEL_HIGH, START, NULL };
    struct bench b;

    (void)state;
    bench_init(&b);
    (void)put(&b, &f);
    assert_int_equal(waiting_for_work(&b), 13); /* host, user, address */
    bench_work(&b);
    assert_int_equal(waiting_for_work(&b), 0);
    f.time += MINUTE;
    (void)put(&b, &f);
    assert_int_equal(waiting_for_work(&b), 0);
    assert_int_equal(desk_number(&b.folder, "SELECT last FROM candidate"), START + MINUTE);
    f.user = 2;
    (void)put(&b, &f);
    assert_int_equal(waiting_for_work(&b), 11);
    bench_work(&b);
    f.tag = "attack.execution";
    f.time += MINUTE;
    (void)put(&b, &f);
    assert_int_equal(waiting_for_work(&b), 10); /* a tactic */
    bench_work(&b);
    f.time = START - MINUTE; /* tactics may have another order */
    (void)put(&b, &f);
    assert_int_equal(waiting_for_work(&b) / 10, 1);
    bench_release(&b);
}

static void a_transaction_that_is_undone_leaves_nothing(void **state)
{
    const struct made f = { 1, 1, 1, 0, LEVEL_HIGH, START, NULL };
    struct bench b;
    struct err e;

    (void)state;
    bench_init(&b);
    (void)put(&b, &f);
    db_rollback(b.db);
    alerts_forget(b.alerts);
    assert_int_equal(db_begin(b.db, &e), ERR_OK);
    (void)put(&b, &f);
    bench_work(&b);
    assert_int_equal(candidate_of(&b, 1), 1);
    assert_int_equal(desk_number(&b.folder, "SELECT count(*) FROM alert_about"),
                     3); /* host, user, the rule there */
    assert_int_equal(score(&b), 1500);
    bench_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_on_one_host_are_one_until_the_gap),
        cmocka_unit_test(a_day_of_many_is_a_worm_two_are_an_account_of_all),
        cmocka_unit_test(very_many_on_a_day_are_as_two_days),
        cmocka_unit_test(one_that_links_two_joins_them_under_the_older_number),
        cmocka_unit_test(what_is_over_takes_no_more),
        cmocka_unit_test(a_rule_counts_once_and_tactics_in_order_count_more),
        cmocka_unit_test(a_rule_on_many_hosts_day_after_day_counts_a_tenth),
        cmocka_unit_test(a_common_rule_is_tied_to_no_host_and_user),
        cmocka_unit_test(names_that_are_tried_are_no_users_of_a_host),
        cmocka_unit_test(what_a_common_rule_said_is_taken_back),
        cmocka_unit_test(what_is_large_is_looked_at_later),
        cmocka_unit_test(an_alert_that_only_goes_on_makes_no_work),
        cmocka_unit_test(a_transaction_that_is_undone_leaves_nothing),
        cmocka_unit_test(the_order_of_findings_does_not_matter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
