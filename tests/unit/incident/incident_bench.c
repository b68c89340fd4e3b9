/*
 * incident_bench.c - see incident_bench.h.
 */
#include "incident_bench.h"

#include <stdio.h>
#include <string.h>

#include "../check.h"

#define NEW_LAW INT64_C(1763596800000000000) /* 2025-11-20 */
#define ANY_LAW INT64_C(1577836800000000000) /* 2020-01-01 */

static const char *profile_at(const void *arg, int64_t ns)
{
    (void)arg;
    return ns < ANY_LAW ? NULL : ns < NEW_LAW ? "old" : "new";
}

static bool name(const void *arg, struct span profile, enum legal_list list, struct span code,
                 struct legal_name *out)
{
    static const struct {
        enum legal_list list;
        const char *code;
        struct legal_name name;
    } rows[] = {
        { LEGAL_TYPE, "N1", { "mã độc", "malware" } },
        { LEGAL_TYPE, "N2", { "xâm nhập", "intrusion" } },
        { LEGAL_SEVERITY, "M1", { "đặc biệt nghiêm trọng", "at once" } },
        { LEGAL_SEVERITY, "M2", { "nghiêm trọng", "serious" } },
        { LEGAL_SEVERITY, "M3", { "thông thường", "common" } },
        { LEGAL_SEVERITY, "M4", { "ghi nhận", "noted" } },
        { LEGAL_FACT, "personal-data", { "lộ dữ liệu cá nhân", "personal data" } },
        { LEGAL_FACT, "quiet", { "không ảnh hưởng", "quiet" } },
        { LEGAL_FACT, "spread", { "lan rộng", "spread" } },
        { LEGAL_CAUSE, "attack", { "tấn công", "attack" } },
        { LEGAL_CAUSE, "device", { "lỗi thiết bị", "device" } },
    };

    (void)arg;
    (void)profile;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (rows[i].list == list && span_eq(code, span_of(rows[i].code))) {
            *out = rows[i].name;
            return true;
        }
    }
    return false;
}

static void put(struct legal_clock *out, size_t *count, bool runs, const char *id, int64_t starts,
                int64_t after)
{
    if (!runs)
        return;
    out[*count] = (struct legal_clock){ .id = id,
                                        .vi = "Báo cáo",
                                        .en = id,
                                        .form = "mau-03",
                                        .sure = true,
                                        .starts_ns = starts,
                                        .due_ns = starts + after };
    (void)snprintf(out[*count].recipient, sizeof(out->recipient), "A05; PA05");
    (*count)++;
}

static size_t clocks(const void *arg, struct span profile, const struct legal_facts *f,
                     struct legal_clock *out)
{
    size_t count = 0;
    int64_t t0 = f->detected_ns;
    int m = f->severity.p[1] - '0';
    bool personal = false;

    (void)arg;
    for (size_t i = 0; i < f->fact_count; i++)
        personal = personal || span_eq(f->fact[i], SPAN_LIT("personal-data"));
    if (span_eq(profile, SPAN_LIT("old"))) {
        put(out, &count, true, "d5", t0, 5 * DAY);
        return count;
    }
    put(out, &count, m == 1, "at-once", t0, 0);
    put(out, &count, m <= 2, "h24", t0, 24 * HOUR);
    put(out, &count, m <= 3, "h72", t0, 72 * HOUR);
    put(out, &count, personal, "pd72", t0, 72 * HOUR);
    put(out, &count, f->level >= 4, "h48", t0, 48 * HOUR);
    if (f->level == 5 && f->ended_ns != 0) {
        put(out, &count, true, "final", f->ended_ns, 5 * DAY);
        out[count - 1].at_end = true;
    }
    return count;
}

static const char *playbook_for(const void *arg, struct span type)
{
    (void)arg;
    return span_eq(type, SPAN_LIT("N1")) ? "malware" : NULL;
}

static bool step(const void *arg, struct span playbook, size_t i, int64_t detected_ns,
                 struct legal_step *out)
{
    static const struct legal_step rows[] = {
        { "isolate", "Cô lập máy nghi nhiễm khỏi mạng", "contain", "trực giám sát", HOUR / 2, "" },
        { "keep", "Giữ nguyên hiện trường, sao chép bộ nhớ", "detect", NULL, HOUR,
          "bản sao bộ nhớ" },
        { "learn", "Rút kinh nghiệm", "lessons", "trưởng ca", INT64_MIN, "" },
    };

    (void)arg;
    if (!span_eq(playbook, SPAN_LIT("malware")) || i >= COUNT_OF(rows))
        return false;
    *out = rows[i];
    if (out->due_ns != INT64_MIN)
        out->due_ns += detected_ns;
    return true;
}

const struct legal test_law = { NULL, profile_at, name, clocks, playbook_for, step };

/* Agencies 1 to 20, of which 3 is a part of 7; systems 1 to 20: rows that no act made, so that the
 * numbers of acts are those of the test. */
void incident_register(struct act_bench *b)
{
    assert_int_equal(db_begin(b->db, &b->e), ERR_OK);
    for (int64_t i = 20; i > 0; i--) {
        char code[16];
        struct db_row *r = db_use(b->db, DB_AGENCY_PUT);

        (void)snprintf(code, sizeof(code), "A%d", (int)i);
        db_int(r, 1, i);
        db_text(r, 2, span_of(code));
        db_text(r, 3, span_of(code));
        db_text(r, 4, SPAN_LIT("department"));
        if (i == 3)
            db_int(r, 5, 7);
        assert_int_equal(db_run(b->db, r, &b->e), ERR_OK);
        code[0] = 'S';
        r = db_use(b->db, DB_SYSTEM_PUT);
        db_int(r, 1, i);
        db_text(r, 2, span_of(code));
        db_text(r, 3, span_of(code));
        db_text(r, 7, SPAN_LIT("other"));
        db_text(r, 8, SPAN_LIT("[]"));
        db_text(r, 12, SPAN_LIT("operating"));
        assert_int_equal(db_run(b->db, r, &b->e), ERR_OK);
    }
    assert_int_equal(db_commit(b->db, &b->e), ERR_OK);
}

void incident_bench_init(struct act_bench *b)
{
    act_bench_init_law(b, &test_law);
    incident_register(b);
}

/* --- views ---------------------------------------------------------------------------------- */

void incident_sees(struct act_bench *b, const char *view, const char *text, const char *words)
{
    if (view_ask(b, view, text) != ERR_OK || !view_says(b, words))
        fail_msg("%s?%s: %s%s\n  has not: %s", view, text, b->e.why, (const char *)b->answer.p,
                 words);
}

void incident_counts(struct act_bench *b, const char *view, const char *text, uint32_t lines)
{
    uint32_t n = view_lines(b, view, text);

    if (n != lines)
        fail_msg("%s?%s: %u lines, not %u\n%s", view, text, n, lines, (const char *)b->answer.p);
}

int64_t incident_told(struct act_bench *b, const char *severity)
{
    char request[200];

    (void)snprintf(request, sizeof(request),
                   "{'act':'incident.open','title':'Máy chủ bị mã hóa','type':'N1',"
                   "'severity':'%s','channel':'phone'}",
                   severity);
    act_good(b, request);
    return act_number(b, "incident");
}
