/*
 * Goal: the regression cases of SigmaHQ are found, from the event log itself and from its JSON.
 * Method: each case (info.yml) names one rule and how often it must be found at least in the log
 * beside it. All rules are loaded at once and every event is tried with all of them, as a scan
 * would; what other rules find does not matter here. Skipped where the data is absent.
 */
#include "../check.h"

#include <stdlib.h>

#include "../data.h"
#include "base/num.h"
#include "both.h"
#include "wire/codec.h"
#include "wire/evtx.h"

#define LOG_BYTES_MAX ((size_t)64 * 1024 * 1024)

/* One info.yml: what is of use here. */
struct regression {
    char rule[64];
    uint32_t want;
};

static struct span line_after(struct span line, const char *head)
{
    return span_starts(line, span_of(head)) ? span_trim(span_from(line, strlen(head))) : SPAN_NONE;
}

/* False when the case has no event log (it is for another kind of test). */
static bool info_read(struct span text, struct regression *out)
{
    bool evtx = false;

    *out = (struct regression){ .want = 1 };
    while (text.n > 0) {
        size_t n = span_find(text, '\n');
        struct span line = span_trim((struct span){ text.p, n }), value;
        int64_t count;

        value = line_after(line, "- id:");
        if (value.n > 0 && value.n < sizeof(out->rule))
            memcpy(out->rule, value.p, value.n);
        value = line_after(line, "match_count:");
        if (value.n > 0 && num_i64(value, &count))
            out->want = (uint32_t)count;
        evtx = evtx || span_eq(line_after(line, "type:"), SPAN_LIT("evtx"));
        text = span_from(text, n < text.n ? n + 1 : n);
    }
    return evtx && out->rule[0] != '\0';
}

/* Is the rule among the findings of the event? Both evaluators must agree on all of them. */
static bool finds(struct both *b, struct rec *r, const char *rule)
{
    struct both_hits h;

    if (!both_event(b, r, &h))
        fail_msg("the evaluators differ, see above");
    for (uint32_t i = 0; i < h.fast_count; i++) {
        if (span_eq_nocase(b->rules.rules[h.fast[i].rule]->head.id, span_of(rule)))
            return true;
    }
    return false;
}

static uint32_t count_json(struct both *b, struct span text, const char *rule)
{
    uint32_t count = 0;

    for (text = span_trim(text); text.n > 0; text = span_trim(text)) {
        int64_t used;

        rec_clear(&b->rec);
        used = json_read(text, &b->rec, NULL);
        if (used <= 0)
            fail_msg("%s: its JSON cannot be read", rule);
        count += finds(b, &b->rec, rule) ? 1 : 0;
        text = span_from(text, (size_t)used);
    }
    return count;
}

static uint32_t count_evtx(struct both *b, struct span file, const char *rule)
{
    struct evtx *x = evtx_new(0);
    uint32_t count = 0;

    assert_non_null(x);
    for (uint64_t i = 0;; i++) {
        struct span chunk = evtx_chunk_at(file, i);

        if (chunk.n == 0)
            break;
        (void)evtx_chunk(x, chunk, NULL); /* what is damaged simply holds no finding */
        while (evtx_next(x, &b->rec, NULL) != 0)
            count += finds(b, &b->rec, rule) ? 1 : 0;
    }
    evtx_free(&x);
    return count;
}

/* The log beside info.yml: the same folder, the rule's id as its name. */
static void log_path(char out[DATA_PATH], const char *info, const char *rule, const char *suffix)
{
    const char *slash = strrchr(info, '/');

    assert_non_null(slash);
    assert_true(snprintf(out, DATA_PATH, "%.*s/%s%s", (int)(slash - info), info, rule, suffix) <
                (int)DATA_PATH);
}

static const struct form {
    const char *suffix;
    uint32_t (*count)(struct both *b, struct span text, const char *rule);
} forms[] = { { ".evtx", count_evtx }, { ".json", count_json } };

static bool case_found(struct both *b, const char *info, const struct regression *r,
                       const struct form *form)
{
    char path[DATA_PATH];
    struct buf log;
    uint32_t got;

    log_path(path, info, r->rule, form->suffix);
    buf_init(&log, LOG_BYTES_MAX);
    assert_true(data_load(path, &log));
    got = form->count(b, buf_span(&log), r->rule);
    if (got < r->want)
        printf("%s: found %u times, want %u\n", path, got, r->want);
    buf_release(&log);
    return got >= r->want;
}

static void every_case_is_found_in_both_forms(void **state)
{
    char rules[DATA_PATH], cases[DATA_PATH];
    uint32_t count = 0, found[COUNT_OF(forms)] = { 0 };
    struct data_list list;
    struct both b;

    (void)state;
    if (!data_unpack("sigma-rules.tar.xz", rules) || !data_unpack("sigma-regression.tar.xz", cases))
        skip();
    assert_true(both_init(&b, SPAN_NONE, rules, TAXONOMY_FOLDER));
    data_list(cases, "/info.yml", &list);
    for (size_t i = 0; i < list.count; i++) {
        struct regression r;
        struct buf info;

        buf_init(&info, LOG_BYTES_MAX);
        assert_true(data_load(list.paths[i], &info));
        if (info_read(buf_span(&info), &r)) {
            count++;
            for (size_t f = 0; f < COUNT_OF(forms); f++)
                found[f] += case_found(&b, list.paths[i], &r, &forms[f]) ? 1 : 0;
        }
        buf_release(&info);
    }
    data_list_release(&list);
    both_release(&b);
    for (size_t f = 0; f < COUNT_OF(forms); f++)
        printf("%s: %u of %u cases found\n", forms[f].suffix, found[f], count);
    assert_true(count >= 94);
    for (size_t f = 0; f < COUNT_OF(forms); f++)
        assert_int_equal(found[f], count);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_case_is_found_in_both_forms) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
