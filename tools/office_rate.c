/*
 * office_rate.c - how long the desk's views and acts take in a database with many alerts. For
 * bench/.
 *
 *   office_rate FOLDER [ALERTS]          20,000 or more
 *
 * Makes FOLDER/office.db with ALERTS (1,000,000) alerts of a year, of 2,000 rules about 5,000
 * machines, one in ten open, and an incident for each hundred of them, half of them closed, with
 * tasks and clocks of the law, unless it is there. The newest in twenty are made by the desk's own
 * code out of findings with events, so that there are candidates and risks, too. Then asks views of
 * alerts, incidents and clocks, and does acts on them, each with its commit, in turn and with drawn
 * parameters. Says the 99th percentile and the worst of each in ms: "view p99 worst", "act p99
 * worst"; last of closing an incident of 20,000 alerts, how long the desk does nothing else at a
 * time and in all: "large ms ms". Between them views of the registers, of 3,000 agencies, 1,000
 * systems and 5,000 machines: "register p99 worst", and the machines as an XLSX: "book ms".
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/num.h"
#include "base/time.h"
#include "desk/alerts.h"
#include "incident/legal_law.h"
#include "office/office.h"
#include "os/host.h"
#include "registry/book.h"

#define YEAR_NS     (365 * 86400 * TIME_SECOND)
#define NOW_NS      (1795000000 * TIME_SECOND)
#define RULES       2000u
#define MACHINES    5000u
#define RUNS        2000u
#define GROUP       20000u
#define LARGE       20000u
#define ALERTS_MIN  20000u /* with fewer the acts run out of open ones */
#define REFUSED_MAX 10000u
#define FOUND       20u /* one in so many */
#define WINDOW_NS   (3600 * TIME_SECOND)

struct bench {
    struct db *db;
    struct alerts *found;
    struct acts *acts;
    struct actor who;
    uint64_t random, alerts, incidents;
    unsigned refused; /* acts, one after the other */
    char text[256];   /* the parameters of a view: "name=value&..." */
    struct buf out;
};

static uint64_t next(struct bench *b, uint64_t below)
{
    b->random = b->random * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (b->random >> 20) % below;
}

static void must(int rc, const struct err *e)
{
    if (rc != ERR_OK) {
        fprintf(stderr, "office_rate: %s\n", e->why);
        exit(1);
    }
}

/* --- the database --------------------------------------------------------------------------- */

static int64_t when_of(const struct bench *b, uint64_t i)
{
    return NOW_NS - YEAR_NS + (int64_t)(i * (YEAR_NS / b->alerts));
}

static int64_t put_alert(struct bench *b, uint64_t i)
{
    struct db_row *r = db_use(b->db, DB_ALERT_ADD);
    char rule[40], entity[40];
    int64_t when = when_of(b, i);
    struct err e;
    uint64_t number = next(b, RULES);

    (void)snprintf(rule, sizeof(rule), "rule-%llu", (unsigned long long)(number * number / RULES));
    (void)snprintf(entity, sizeof(entity), "srv-%llu", (unsigned long long)next(b, MACHINES));
    db_text(r, 1, SPAN_LIT("detection"));
    db_text(r, 2, span_of(rule));
    db_u64(r, 3, number);
    db_text(r, 4, SPAN_LIT("Suspicious Process Started From an Office Application"));
    db_int(r, 5, (int64_t)next(b, 6));
    db_text(r, 6, span_of(entity));
    db_text(r, 7, span_of(entity));
    db_int(r, 8, when);
    db_int(r, 9, when);
    db_int(r, 10, when + 3600 * TIME_SECOND);
    db_int(r, 11, 0);
    db_int(r, 12, when);
    must(db_run(b->db, r, &e), &e);
    return db_key(b->db);
}

/* As the desk makes one: four of a host one after the other, by as many rules, sixteen of an
 * address. */
static int64_t find_alert(struct bench *b, uint64_t i)
{
    unsigned host = (unsigned)(i / 4 % MACHINES),
             number = (unsigned)(next(b, RULES / 4) * 4 + i % 4);
    char rule[40], entity[40], json[400];
    struct alert_finding f = { .kind = ALERT_DETECTION,
                               .title = SPAN_LIT("Suspicious Process Started From an Office "
                                                 "Application"),
                               .rule_hash = number,
                               .level = (enum sigma_level)next(b, 6),
                               .time_ns = when_of(b, i) };
    struct alert_event ev = { .time_ns = f.time_ns };
    struct err e;
    int64_t id;

    (void)snprintf(rule, sizeof(rule), "rule-%u", number);
    (void)snprintf(entity, sizeof(entity), "srv-%u", host);
    (void)snprintf(json, sizeof(json),
                   "{\"rule\":{\"id\":\"%s\",\"tags\":[\"attack.execution\",\"attack.t1204\"]},"
                   "\"event\":{\"fields\":{\"User\":\"x\\\\u%u\",\"src_ip\":\"198.18.%u.%u\","
                   "\"Image\":\"C:\\\\Users\\\\a.exe\"}}}",
                   rule, host, host / 4 / 250, host / 4 % 250 + 1);
    f.rule = span_of(rule);
    f.entity = ev.host = span_of(entity);
    ev.json = span_of(json);
    alerts_clock(b->found, f.time_ns);
    must(alerts_take(b->found, &f, &id, &e), &e);
    must(alerts_event(b->found, &ev, &e), &e);
    return id;
}

static void decide(struct bench *b, int64_t id)
{
    struct db_row *r = db_use(b->db, DB_ALERT_DECIDE);
    struct err e;

    db_int(r, 1, NOW_NS);
    db_text(r, 2, SPAN_LIT("an"));
    db_text(r, 3, SPAN_LIT("false-positive"));
    db_text(r, 5, SPAN_LIT("known"));
    db_int(r, 6, id);
    must(db_run(b->db, r, &e), &e);
}

/* What the desk does behind findings and acts, and has long done in a database of a year. */
static void work_behind(struct bench *b)
{
    struct err e;

    for (bool more = true; more;) {
        must(db_begin(b->db, &e), &e);
        alerts_clock(b->found, NOW_NS);
        must(alerts_group(b->found, &more, &e), &e);
        must(db_commit(b->db, &e), &e);
    }
}

static void grow(struct bench *b)
{
    uint64_t found = b->alerts - b->alerts / FOUND;
    struct err e;

    for (uint64_t i = 0; i < b->alerts; i++) {
        int64_t id;

        if (i % GROUP == 0)
            must(db_begin(b->db, &e), &e);
        id = i < found ? put_alert(b, i) : find_alert(b, i);
        if (next(b, 10) != 0)
            decide(b, id);
        if (i % GROUP != GROUP - 1 && i + 1 != b->alerts)
            continue;
        must(alerts_flush(b->found, &e), &e);
        must(db_commit(b->db, &e), &e);
    }
    work_behind(b);
    db_checkpoint(b->db);
}

/* An act; what it refuses as it is now (ERR_CONFLICT) is no fault, unless nothing is left that it
 * could be done to. */
static int act(struct bench *b, const char *request)
{
    struct err e;
    int rc;

    buf_clear(&b->out);
    rc = acts_do(b->acts, &b->who, span_of(request), NOW_NS, &b->out, &e);
    b->refused = rc == ERR_CONFLICT ? b->refused + 1 : 0;
    if (rc != ERR_CONFLICT || b->refused == REFUSED_MAX)
        must(rc, &e);
    return rc;
}

static const char *const types[] = { "N1", "N2", "N3", "N4", "N5", "N6", "N7", "N8", "N9" };
static const char *const severities[] = { "M2", "M3" };
static const char *const stages[] = { "triage", "contain", "eradicate", "recover" };

static void grow_incidents(struct bench *b)
{
    char request[512];

    for (uint64_t i = 1; i <= b->incidents; i++) {
        uint64_t alert = b->alerts - next(b, b->alerts / 4) - 1; /* since the law of 2026 */

        (void)snprintf(request, sizeof(request),
                       "{\"act\":\"incident.open\",\"title\":\"Incident %llu\",\"type\":\"%s\","
                       "\"severity\":\"%s\",\"alerts\":[%llu,%llu]}",
                       (unsigned long long)i, types[i % COUNT_OF(types)],
                       severities[i % COUNT_OF(severities)], (unsigned long long)alert,
                       (unsigned long long)alert + 1);
        if (act(b, request) != ERR_OK) {
            i--; /* those alerts are another's */
            continue;
        }
        if (i % 2 == 0)
            continue;
        (void)snprintf(request, sizeof(request),
                       "{\"act\":\"incident.close\",\"incident\":%llu,\"cause\":\"%s\","
                       "\"result\":\"over\",\"skip\":\"a benchmark\",\"unsent\":\"a benchmark\"}",
                       (unsigned long long)i, "attack");
        (void)act(b, request);
    }
}

#define AGENCIES 3000u
#define SYSTEMS  1000u

static struct span text_of(char room[64], const char *fmt, uint64_t number)
{
    int n = snprintf(room, 64, fmt, (unsigned long long)number);

    return (struct span){ (const uint8_t *)room, (size_t)n };
}

/* A province with departments and communes, and what is below these. */
static void put_agency(struct bench *b, uint64_t i)
{
    struct db_row *r = db_use(b->db, DB_AGENCY_PUT);
    char code[64], name[64];
    struct err e;

    db_text(r, 2, text_of(code, "CQ-%05llu", i));
    db_text(r, 3, text_of(name, "Ủy ban nhân dân xã Mẫu số %llu", i));
    db_text(r, 4, SPAN_LIT("commune"));
    if (i > 1)
        db_u64(r, 5, i <= 130 ? 1 : 2 + next(b, 129));
    db_text(r, 6, SPAN_LIT("2025-07-01"));
    must(db_run(b->db, r, &e), &e);
}

static void put_system(struct bench *b, uint64_t i)
{
    static const char *const roles[] = { "owner", "operator" };
    struct db_row *r = db_use(b->db, DB_SYSTEM_PUT);
    char code[64], name[64];
    struct err e;

    db_text(r, 2, text_of(code, "HT-%05llu", i));
    db_text(r, 3, text_of(name, "Hệ thống quản lý văn bản số %llu", i));
    db_text(r, 7, SPAN_LIT("internal"));
    db_text(r, 8, SPAN_LIT("[\"public\",\"private\"]"));
    db_u64(r, 9, 1 + i % 3);
    db_text(r, 12, SPAN_LIT("operating"));
    must(db_run(b->db, r, &e), &e);
    for (size_t k = 0; k < COUNT_OF(roles); k++) {
        r = db_use(b->db, DB_SYSTEM_HOLDER_ADD);
        db_u64(r, 1, i);
        db_text(r, 2, span_of(roles[k]));
        db_u64(r, 3, 1 + next(b, AGENCIES));
        db_text(r, 4, SPAN_LIT("2025-07-01"));
        must(db_run(b->db, r, &e), &e);
    }
}

static void put_machine(struct bench *b, uint64_t i)
{
    struct db_row *r = db_use(b->db, DB_MACHINE_PUT);
    char name[64], addresses[64];
    struct err e;

    db_u64(r, 2, 1 + next(b, SYSTEMS));
    db_text(r, 3, text_of(name, "srv-%llu", i));
    db_text(r, 4, SPAN_LIT("server"));
    db_text(r, 5, text_of(addresses, "[\"10.0.%llu.1\"]", i % 250));
    db_text(r, 8, SPAN_LIT("medium"));
    must(db_run(b->db, r, &e), &e);
}

static void grow_registers(struct bench *b)
{
    struct err e;

    must(db_begin(b->db, &e), &e);
    for (uint64_t i = 1; i <= AGENCIES; i++)
        put_agency(b, i);
    for (uint64_t i = 1; i <= SYSTEMS; i++)
        put_system(b, i);
    for (uint64_t i = 1; i <= MACHINES; i++)
        put_machine(b, i);
    must(db_commit(b->db, &e), &e);
}

/* --- times ---------------------------------------------------------------------------------- */

static int order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void say(const char *what, double *ms, size_t n)
{
    qsort(ms, n, sizeof(*ms), order);
    printf("%s %.3f %.3f\n", what, ms[n - 1 - n / 100], ms[n - 1]);
}

static struct span given(void *arg, const char *name)
{
    const struct bench *b = arg;
    size_t n = strlen(name);

    for (const char *p = b->text; *p != '\0'; p += strcspn(p, "&"), p += *p == '&') {
        if (strncmp(p, name, n) == 0 && p[n] == '=')
            return (struct span){ (const uint8_t *)p + n + 1, strcspn(p + n + 1, "&") };
    }
    return SPAN_NONE;
}

/* Registers as people, a contact and tables ask for them. */
static const struct {
    const char *view, *text;
    bool contact;
} registers[] = {
    { "agency.list", "", false },
    { "agency.list", "", true },
    { "agency.show", "agency=3", false },
    { "system.list", "", false },
    { "system.list", "", true },
    { "system.list", "agency=3", false },
    { "system.show", "system=3", false },
    { "machine.list", "", false },
    { "machine.list", "limit=5000", false },
    { "machine.list", "", true },
    { "machine.list", "system=3", false },
    { "agency.rows", "", false },
    { "system.rows", "", false },
    { "machine.rows", "", false },
};

#define REGISTER_RUNS 40u

/* The console does nothing else meanwhile. */
static void time_book(struct bench *b)
{
    double began = host_seconds();
    struct err e;

    buf_clear(&b->out);
    must(registry_book(b->db, SPAN_LIT("machine"), REGISTRY_BOOK_XLSX, false, 0, &b->out, &e), &e);
    printf("book %.1f\n", (host_seconds() - began) * 1e3);
}

static void time_registers(struct bench *b)
{
    static double ms[REGISTER_RUNS * COUNT_OF(registers)];
    struct actor contact = {
        .name = SPAN_LIT("c"), .roles = ROLE_BIT(CONTACT), .agency = 1, .via = "local"
    };
    struct err e;
    size_t n = 0;

    for (size_t k = 0; k < COUNT_OF(registers); k++) {
        const struct view_from from = { view_find(&office_views, span_of(registers[k].view)),
                                        registers[k].contact ? &contact : &b->who,
                                        NOW_NS,
                                        VIEW_NDJSON,
                                        given,
                                        b };
        double least = 1e9;

        (void)snprintf(b->text, sizeof(b->text), "%s", registers[k].text);
        for (size_t i = 0; i < REGISTER_RUNS; i++, n++) {
            double began = host_seconds();

            buf_clear(&b->out);
            must(view_put(b->db, &from, &b->out, &e), &e);
            ms[n] = (host_seconds() - began) * 1e3;
            least = ms[n] < least ? ms[n] : least;
        }
        if (getenv("OFFICE_SLOW") != NULL)
            fprintf(stderr, "%.1f ms at least: %s?%s%s\n", least, from.row->name, b->text,
                    registers[k].contact ? " (contact)" : "");
    }
    say("register", ms, n);
    time_book(b);
}

static void draw_view(struct bench *b, size_t i)
{
    uint64_t n = next(b, 1000);

    switch (i % 8) {
    case 0:
        b->text[0] = '\0';
        return;
    case 1:
        (void)snprintf(b->text, sizeof(b->text), "level=high");
        return;
    case 2:
        (void)snprintf(b->text, sizeof(b->text), "entity=srv-%llu", (unsigned long long)n);
        return;
    case 3:
        (void)snprintf(b->text, sizeof(b->text), "rule=rule-%llu&state=open",
                       (unsigned long long)n);
        return;
    case 4:
        (void)snprintf(b->text, sizeof(b->text), "state=closed&level=critical");
        return;
    case 5: /* some page of the queue */
        (void)snprintf(b->text, sizeof(b->text), "before=%lld&below=1",
                       (long long)((NOW_NS - (int64_t)n * (YEAR_NS / 1000)) / TIME_SECOND));
        return;
    case 6:
        (void)snprintf(b->text, sizeof(b->text), "assignee=an&state=closed");
        return;
    default:
        (void)snprintf(b->text, sizeof(b->text), "since=1d&state=acknowledged");
    }
}

/* Views of the rest, each as often as the others. */
static const struct {
    const char *view, *text; /* %llu: the number of an incident */
} others[] = {
    { "alert.counts", "" },
    { "incident.list", "" },
    { "incident.list", "state=any&severity=M2" },
    { "incident.list", "state=closed&text=incident%%201" },
    { "incident.show", "incident=%llu" },
    { "incident.timeline", "incident=%llu" },
    { "clock.list", "" },
    { "task.list", "" },
    { "task.list", "incident=%llu" },
};

static void time_views(struct bench *b)
{
    static double ms[RUNS];
    struct err e;

    for (size_t i = 0; i < RUNS; i++) {
        size_t other = i / 2 % COUNT_OF(others);
        const char *view = i % 2 == 0 ? "alert.list" : others[other].view;
        const struct view_from from = {
            view_find(&office_views, span_of(view)), &b->who, NOW_NS, VIEW_NDJSON, given, b
        };
        double began;

        draw_view(b, i / 2);
        if (i % 2 != 0)
            (void)snprintf(b->text, sizeof(b->text), others[other].text,
                           (unsigned long long)next(b, b->incidents) + 1);
        began = host_seconds();
        buf_clear(&b->out);
        must(view_put(b->db, &from, &b->out, &e), &e);
        ms[i] = (host_seconds() - began) * 1e3;
        if (getenv("OFFICE_SLOW") != NULL && ms[i] > 20)
            fprintf(stderr, "%.1f ms: %s?%s\n", ms[i], from.row->name, b->text);
    }
    say("view", ms, RUNS);
}

static void time_acts(struct bench *b)
{
    static double ms[RUNS];
    char request[256];

    for (size_t i = 0; i < RUNS; i++) {
        static const char *const acts[] = {
            "{\"act\":\"alert.assign\",\"alerts\":[%llu]}",
            "{\"act\":\"note.add\",\"alert\":%llu,\"text\":\"looked at\"}",
            "{\"act\":\"alert.close\",\"alerts\":[%llu],\"verdict\":\"test\",\"reason\":\"x\"}",
            "{\"act\":\"incident.note\",\"incident\":%llu,\"text\":\"looked at\"}",
            "{\"act\":\"incident.stage\",\"incident\":%llu,\"stage\":\"%s\"}",
            "{\"act\":\"alert.escalate\",\"alerts\":[%llu],\"type\":\"N1\",\"severity\":\"M3\",\"title\":\"x\"}",
        };
        size_t k = i % COUNT_OF(acts);
        bool of_incident = strstr(acts[k], "\"incident\":") != NULL;
        double began;

        (void)snprintf(request, sizeof(request), acts[k],
                       (unsigned long long)(of_incident ? next(b, b->incidents) + 1
                                                        : b->alerts - next(b, b->alerts / 4)),
                       stages[next(b, COUNT_OF(stages))]);
        began = host_seconds();
        if (act(b, request) != ERR_OK) {
            i--; /* it is closed: another */
            continue;
        }
        ms[i] = (host_seconds() - began) * 1e3;
        if (getenv("OFFICE_SLOW") != NULL && ms[i] > 10)
            fprintf(stderr, "%.1f ms: %s\n", ms[i], request);
    }
    say("act", ms, RUNS);
}

/* One incident that has very many alerts is closed. */
static void time_large(struct bench *b)
{
    const char *id;
    char request[256];
    struct err e;
    int64_t incident;
    double began, worst, ms;

    must(act(b,
             "{\"act\":\"incident.open\",\"title\":\"large\",\"type\":\"N1\",\"severity\":\"M2\","
             "\"channel\":\"own\"}"),
         &e);
    buf_byte(&b->out, 0);
    id = strstr((const char *)b->out.p, "\"incident\":");
    if (id == NULL)
        exit(1);
    incident = strtoll(id + strlen("\"incident\":"), NULL, 10);
    must(db_begin(b->db, &e), &e);
    for (unsigned i = 0; i < LARGE; i++) {
        int64_t alert = put_alert(b, i);
        struct db_row *r = db_use(b->db, DB_INCIDENT_ALERT_MOVE);

        db_int(r, 1, alert);
        db_int(r, 2, incident);
        must(db_run(b->db, r, &e), &e);
    }
    must(db_commit(b->db, &e), &e);
    (void)snprintf(
        request, sizeof(request),
        "{\"act\":\"incident.close\",\"incident\":%lld,\"cause\":\"attack\",\"result\":\"over\","
        "\"skip\":\"x\",\"unsent\":\"x\"}",
        (long long)incident);
    began = host_seconds();
    must(act(b, request), &e);

    worst = ms = (host_seconds() - began) * 1e3;
    for (bool more = true; more;) {
        double slice = host_seconds();

        must(acts_rest(b->acts, &more, &e), &e);
        slice = (host_seconds() - slice) * 1e3;
        worst = slice > worst ? slice : worst;
        ms += slice;
    }
    printf("large %.1f %.1f\n", worst, ms);
}

int main(int argc, char **argv)
{
    struct bench b = { .random = 7, .alerts = 1000000 };
    struct acts_from from = { .table = &office_acts };
    struct law *law;
    struct playbooks *playbooks;
    struct legal_law legal_law;
    struct legal legal;
    char path[512];
    struct err e;
    bool there;

    if (argc < 2 || (argc > 2 && !num_u64(span_of(argv[2]), 100000000, &b.alerts)) ||
        b.alerts < ALERTS_MIN) {
        fprintf(stderr, "usage: office_rate FOLDER [ALERTS]\n");
        return 2;
    }
    b.who = (struct actor){ .name = SPAN_LIT("an"), .roles = ROLES_ALL, .via = "local" };
    (void)snprintf(path, sizeof(path), "%s/office.db", argv[1]);
    there = access(path, F_OK) == 0;
    buf_init(&b.out, (size_t)16 << 20);
    must(db_open(&b.db, path, &e), &e);
    must(alerts_new(&b.found, b.db, WINDOW_NS, &e), &e);
    if (!there)
        grow(&b);
    from.db = b.db;
    must(law_open(&law, LAW_FOLDER, &e), &e);
    must(playbooks_open(&playbooks, PLAYBOOKS_FOLDER, law, &e), &e);
    legal_law = (struct legal_law){ law, playbooks };
    legal = legal_of_law(&legal_law);
    from.legal = &legal;
    must(acts_new(&b.acts, &from, &e), &e);
    b.incidents = b.alerts / 100;
    if (!there) {
        grow_incidents(&b);
        grow_registers(&b);
        work_behind(&b);
    }
    time_views(&b);
    time_registers(&b);
    time_acts(&b);
    time_large(&b);
    playbooks_free(&playbooks);
    law_free(&law);
    acts_free(&b.acts);
    alerts_free(&b.found);
    db_close(&b.db);
    buf_release(&b.out);
    return 0;
}
