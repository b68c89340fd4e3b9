/*
 * law_sample.h - a small law with every kind of row, as YAML; and a law made of texts.
 */
#ifndef LAW_SAMPLE_H
#define LAW_SAMPLE_H

#include "check.h"

#include "base/time.h"
#include "law/law_own.h"
#include "law/playbook.h"

static const char sample_recipients[] =
    "recipients:\n"
    "  - { id: pa05, vi: P, en: P, sample: true, mark: found }\n";

static const char sample_calendar[] =
    "from: 2026-01-01\n"
    "to: 2026-12-31\n"
    "holidays:\n"
    "  - { from: 2026-02-14, to: 2026-02-22, vi: T, en: T, mark: found }\n"
    "working:\n"
    "  - { from: 2026-08-22, vi: L, en: S, mark: memory }\n";

static const char sample_profile[] =
    "id: p1\n"
    "vi: Một\n"
    "en: One\n"
    "from: 2026-01-01\n"
    "to: 2026-06-30\n"
    "bases:\n"
    "  - { id: b1, number: \"1/2026\", date: 2026-01-01, issuer: I, title: T, status: in_force, mark: "
    "found }\n"
    "terms:\n"
    "  - { id: security, vi: an ninh, en: security, law: b1, article: a, mark: found }\n"
    "facts:\n"
    "  - { id: serious, vi: s, en: s, mark: proposal }\n"
    "types:\n"
    "  - { id: N1, vi: m, en: m, tactics: [TA0001], mark: proposal }\n"
    "  - { id: N2, vi: n, en: n, mark: proposal }\n"
    "causes:\n"
    "  - { id: attack, vi: a, en: a, attack: true, mark: proposal }\n"
    "severities:\n"
    "  - { id: M1, vi: a, en: a, when: { serious: true, level: { min: 3 } }, mark: proposal }\n"
    "  - { id: M2, vi: b, en: b, mark: proposal }\n"
    "clocks:\n"
    "  - { id: k, vi: k, en: k, starts: detection, after: 72 hours, when: { any: [ { severity: [M1, M2] "
    "}, { type: N2 } ] }, recipients: pa05, form: f1, stops: dispatch, law: b1, article: a, mark: found "
    "}\n"
    "inputs:\n"
    "  - { id: kind, vi: k, en: k, kind: choice, choices: [x, y], mark: proposal }\n"
    "  - { id: number, vi: n, en: n, kind: number, mark: proposal }\n"
    "  - { id: flag, vi: f, en: f, kind: flag, mark: proposal }\n"
    "criteria:\n"
    "  - { id: c1, vi: c, en: c, level: 1, when: { kind: x, none: [ { flag: true } ] }, mark: proposal "
    "}\n"
    "  - { id: c3, vi: c, en: c, level: 3, when: { number: { below: 10 } }, mark: proposal }\n"
    "level_periods:\n"
    "  - { id: log, vi: l, en: l, measure: months, levels: [0, 1, 3, periodic, 12], mark: proposal }\n"
    "routes:\n"
    "  - { id: r, first_level: 1, last_level: 5, appraises: a, approves: b, approved: 7 working days, "
    "mark: proposal }\n"
    "layers:\n"
    "  - { id: l1, layer: 1, vi: l, en: l, enabled: true, evidence: [a, b], met: m, mark: proposal }\n"
    "regimes:\n"
    "  - { id: half, vi: h, en: h, rule: day15, due: { H1: \"before 06-20\", H2: 2 working days }, "
    "recipients: [pa05], form: f1, mark: proposal }\n"
    "forms:\n"
    "  - { id: f1, vi: f, en: f, template: t, mark: proposal }\n"
    "milestones:\n"
    "  - { id: m, vi: m, en: m, date: 2027-01-01, mark: proposal }\n"
    "citations:\n"
    "  - { id: t, sheets: [s1], law: b1, mark: proposal }\n";

static const char sample_book[] =
    "id: book\n"
    "vi: Sách\n"
    "en: Book\n"
    "types: [N1, N2]\n"
    "usual_for: N1\n"
    "tasks:\n"
    "  - { id: a, vi: a, en: a, phase: detect, role: analyst, due: 1 hour, evidence: [e], forms: [f1] }\n"
    "  - { id: b, vi: b, en: b, phase: lessons, role: leader }\n";

/* The sample with one of its files another: ERR_OK, or what is wrong in *e. */
static inline int sample_open(struct law **l, enum law_file kind, struct span text, struct err *e)
{
    static const char *const whole[] = { [LAW_PROFILE] = sample_profile,
                                         [LAW_RECIPIENTS] = sample_recipients,
                                         [LAW_CALENDAR] = sample_calendar };
    int rc = law_new(l, e);

    for (int i = 0; rc == ERR_OK && i < (int)COUNT_OF(whole); i++)
        rc = law_add(*l, (enum law_file)i, i == (int)kind ? text : span_of(whole[i]), "f", e);
    if (rc == ERR_OK)
        rc = law_check(*l, e);
    return rc;
}

/* `text` with the first `was` in it another; in a buffer of the test's. */
static inline struct span sample_with(const char *text, const char *was, const char *is)
{
    static char room[16384];
    const char *at = strstr(text, was);

    if (at == NULL)
        fail_msg("the sample has no '%s'", was);
    snprintf(room, sizeof(room), "%.*s%s%s", (int)(at - text), text, is, at + strlen(was));
    return span_of(room);
}

static inline int64_t ns_of(const char *text)
{
    int64_t ns = 0;

    if (!time_parse(span_of(text), 0, &ns))
        fail_msg("'%s' is no time", text);
    return ns;
}

/* The hour of Viet Nam: 2026-07-01T00:00:00. */
static inline void check_time(const char *row, int64_t got, const char *want)
{
    uint8_t text[TIME_TEXT_MAX];
    size_t n = time_put(text, got + LAW_OFFSET_S * TIME_SECOND);

    if (n != strlen(want) + 1 || memcmp(text, want, strlen(want)) != 0)
        fail_msg("row '%s': got %.*s, want %s", row, (int)n, (char *)text, want);
}

#endif
