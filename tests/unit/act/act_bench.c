/*
 * act_bench.c - see act_bench.h.
 */
#include "act_bench.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../check.h"

static void on_changed(void *arg)
{
    ((struct act_bench *)arg)->changed++;
}

static struct people *people_of(struct act_bench *b)
{
    struct people_limits limits = people_limits_usual;
    int dir = open(b->folder.path, O_RDONLY | O_DIRECTORY);
    struct people *p;

    limits.passes = 1;
    limits.kib = 8;
    assert_true(dir >= 0);
    assert_int_equal(people_new(&p, dir, &limits, b->now_ns, &b->e), ERR_OK);
    (void)close(dir);
    return p;
}

void act_bench_init(struct act_bench *b)
{
    act_bench_init_law(b, NULL);
}

void act_bench_init_law(struct act_bench *b, const struct legal *legal)
{
    struct acts_from from;

    *b = (struct act_bench){ .now_ns = NOW };
    b->who = (struct actor){ .name = SPAN_LIT("an"),
                             .roles = ROLE_BIT(ANALYST),
                             .via = "session",
                             .address = SPAN_LIT("") };
    desk_folder_init(&b->folder);
    buf_init(&b->answer, ACT_ANSWER_MAX);
    if (db_open(&b->db, b->folder.db, &b->e) != ERR_OK)
        fail_msg("%s", b->e.why);
    b->people = people_of(b);
    from = (struct acts_from){ &office_acts, b->db, on_changed, b, b->people, legal };
    assert_int_equal(acts_new(&b->acts, &from, &b->e), ERR_OK);
}

void act_bench_release(struct act_bench *b)
{
    assert_int_equal(db_check(b->db, &b->e), ERR_OK);
    acts_free(&b->acts);
    people_free(&b->people);
    db_close(&b->db);
    buf_release(&b->answer);
    desk_folder_release(&b->folder);
}

int act_ask(struct act_bench *b, const char *request)
{
    char *json = strdup(request);
    int rc;

    assert_non_null(json);
    for (char *p = json; *p != '\0'; p++)
        *p = *p == '\'' ? '"' : *p;
    buf_clear(&b->answer);
    b->e = (struct err){ 0 };
    rc = acts_do(b->acts, &b->who, span_of(json), b->now_ns, &b->answer, &b->e);
    free(json);
    buf_byte(&b->answer, 0);
    assert_false(db_in_transaction(b->db));
    return rc;
}

void act_good(struct act_bench *b, const char *request)
{
    int rc = act_ask(b, request);

    if (rc != ERR_OK)
        fail_msg("%s\n  %s", request, b->e.why);
}

void act_bad(struct act_bench *b, const char *request, int code, const char *words)
{
    int64_t lines = act_sql(b, "SELECT count(*) FROM record");
    int rc = act_ask(b, request);

    if (rc != code || strstr(b->e.why, words) == NULL)
        fail_msg("%s\n  gave %d: %s", request, rc, rc == ERR_OK ? (char *)b->answer.p : b->e.why);
    assert_string_equal((char *)b->answer.p, "");
    if (code != ERR_DENIED)
        assert_int_equal(act_sql(b, "SELECT count(*) FROM record"), lines);
}

int64_t act_number(const struct act_bench *b, const char *name)
{
    char key[64];
    const char *at;

    (void)snprintf(key, sizeof(key), "\"%s\":", name);
    at = strstr((const char *)b->answer.p, key);
    if (at == NULL)
        fail_msg("no %s in %s", name, (const char *)b->answer.p);
    return strtoll(at + strlen(key), NULL, 10);
}

int64_t act_alert_made(struct act_bench *b, const char *rule, const char *entity)
{
    const struct alert_finding f = { .kind = ALERT_DETECTION,
                                     .rule = span_of(rule),
                                     .title = SPAN_LIT("Title"),
                                     .entity = span_of(entity),
                                     .rule_hash = 7,
                                     .level = LEVEL_HIGH,
                                     .time_ns = b->now_ns };
    struct alerts *alerts;
    int64_t id = 0;

    assert_int_equal(alerts_new(&alerts, b->db, INT64_C(3600000000000), &b->e), ERR_OK);
    alerts_clock(alerts, b->now_ns);
    assert_int_equal(db_begin(b->db, &b->e), ERR_OK);
    assert_int_equal(alerts_take(alerts, &f, &id, &b->e), ERR_OK);
    assert_int_equal(alerts_flush(alerts, &b->e), ERR_OK);
    assert_int_equal(db_commit(b->db, &b->e), ERR_OK);
    alerts_free(&alerts);
    return id;
}

void act_user_made(struct act_bench *b, const char *name, const char *roles)
{
    static const uint8_t none[32];
    struct db_row *r;

    assert_int_equal(db_begin(b->db, &b->e), ERR_OK);
    r = db_use(b->db, DB_USER_ADD);
    db_text(r, 1, span_of(name));
    db_text(r, 2, span_of(name)); /* names are lower case here */
    db_text(r, 3, span_of(name));
    db_text(r, 4, span_of(roles));
    db_blob(r, 6, (struct span){ none, 16 });
    db_int(r, 7, 1);
    db_int(r, 8, 8);
    db_blob(r, 9, (struct span){ none, 32 });
    db_int(r, 10, b->now_ns);
    assert_int_equal(db_run(b->db, r, &b->e), ERR_OK);
    assert_int_equal(db_commit(b->db, &b->e), ERR_OK);
}

void act_users_made(struct act_bench *b, const char *names)
{
    char *copy = strdup(names), *rest = copy, *name;

    assert_non_null(copy);
    while ((name = strsep(&rest, " ")) != NULL)
        act_user_made(b, name, "[\"analyst\"]");
    free(copy);
}

int64_t act_sql(const struct act_bench *b, const char *sql)
{
    return desk_number(&b->folder, sql);
}

/* --- views ---------------------------------------------------------------------------------- */

struct asked {
    const char *text;
};

static struct span given(void *arg, const char *name)
{
    const struct asked *a = arg;
    size_t n = strlen(name);

    for (const char *p = a->text; p != NULL && *p != '\0';) {
        const char *end = strchr(p, '&');
        size_t all = end != NULL ? (size_t)(end - p) : strlen(p);

        if (all > n && strncmp(p, name, n) == 0 && p[n] == '=')
            return (struct span){ (const uint8_t *)p + n + 1, all - n - 1 };
        p = end != NULL ? end + 1 : NULL;
    }
    return SPAN_NONE;
}

int view_ask_as(struct act_bench *b, const char *view, const char *text, enum view_format format)
{
    struct asked a = { .text = text };
    const struct view_from from = {
        view_find(&office_views, span_of(view)), &b->who, b->now_ns, format, given, &a
    };
    int rc;

    assert_non_null(from.row);
    buf_clear(&b->answer);
    b->e = (struct err){ 0 };
    rc = view_put(b->db, &from, &b->answer, &b->e);
    buf_byte(&b->answer, 0);
    return rc;
}

int view_ask(struct act_bench *b, const char *view, const char *text)
{
    return view_ask_as(b, view, text, VIEW_NDJSON);
}

uint32_t view_lines(struct act_bench *b, const char *view, const char *text)
{
    uint32_t n = 0;

    if (view_ask(b, view, text) != ERR_OK)
        fail_msg("%s?%s: %s", view, text, b->e.why);
    for (size_t i = 0; i < b->answer.n; i++)
        n += b->answer.p[i] == '\n';
    return n;
}

bool view_says(const struct act_bench *b, const char *text)
{
    return strstr((const char *)b->answer.p, text) != NULL;
}
