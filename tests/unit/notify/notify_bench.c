/*
 * notify_bench.c - see notify_bench.h.
 */
#include "notify_bench.h"

#include <stdlib.h>
#include <string.h>

#include "../check.h"

void notify_configure(struct notify_bench *w, const char *yaml)
{
    settings_release(&w->settings);
    if (settings_read(&w->settings, span_of(yaml), "f", &w->b.e) != ERR_OK)
        fail_msg("%s", w->b.e.why);
    if (notify_settings(w->notify, &w->settings, &w->b.e) != ERR_OK)
        fail_msg("%s", w->b.e.why);
}

void notify_bench_init(struct notify_bench *w)
{
    *w = (struct notify_bench){ .entities = 0 };
    act_bench_init(&w->b);
    assert_int_equal(alerts_new(&w->alerts, w->b.db, INT64_C(3600000000000), &w->b.e), ERR_OK);
    assert_int_equal(notify_new(&w->notify, w->b.db, w->alerts, &w->b.e), ERR_OK);
    notify_configure(w, BENCH_CHANNELS);
}

void notify_bench_release(struct notify_bench *w)
{
    settings_release(&w->settings);
    notify_free(&w->notify);
    alerts_free(&w->alerts);
    act_bench_release(&w->b);
}

int64_t notify_alert(struct notify_bench *w, enum sigma_level level)
{
    char entity[32];
    struct alert_finding f = { .kind = ALERT_DETECTION,
                               .rule = SPAN_LIT("rule"),
                               .title = SPAN_LIT("Đăng nhập lạ"),
                               .rule_hash = 7,
                               .level = level,
                               .time_ns = w->b.now_ns };
    int64_t id = 0;

    (void)snprintf(entity, sizeof(entity), "host-%u", w->entities++);
    f.entity = span_of(entity);
    alerts_clock(w->alerts, w->b.now_ns);
    assert_int_equal(db_begin(w->b.db, &w->b.e), ERR_OK);
    assert_int_equal(alerts_take(w->alerts, &f, &id, &w->b.e), ERR_OK);
    assert_int_equal(alerts_flush(w->alerts, &w->b.e), ERR_OK);
    assert_int_equal(db_commit(w->b.db, &w->b.e), ERR_OK);
    return id;
}

void notify_go(struct notify_bench *w, int64_t after_ns)
{
    w->b.now_ns += after_ns;
    if (notify_round(w->notify, w->b.now_ns, &w->b.e) != ERR_OK)
        fail_msg("%s", w->b.e.why);
    assert_false(db_in_transaction(w->b.db));
}

static void on_letter(void *arg, const struct letter *l)
{
    struct notify_bench *w = arg;

    assert_true(w->count < COUNT_OF(w->taken) && l->channel.n < sizeof(w->channel[0]));
    (void)snprintf(w->channel[w->count], sizeof(w->channel[0]), "%.*s", SPAN_ARG(l->channel));
    w->taken[w->count++] = l->id;
}

uint32_t notify_deliver(struct notify_bench *w, const char *bad, enum notify_outcome outcome)
{
    w->count = 0;
    assert_int_equal(notify_due(w->notify, w->b.now_ns, COUNT_OF(w->taken), on_letter, w, &w->b.e),
                     ERR_OK);
    for (uint32_t i = 0; i < w->count; i++) {
        bool works = bad == NULL || strcmp(bad, w->channel[i]) != 0;

        assert_int_equal(notify_result(w->notify, w->taken[i], works ? NOTIFY_SENT : outcome,
                                       works ? SPAN_NONE : SPAN_LIT("Nobody is there."),
                                       w->b.now_ns, &w->b.e),
                         ERR_OK);
    }
    return w->count;
}
