/*
 * law_add(), playbooks_add(): the first byte says which file it is. Whatever the rest, a law or a
 * sentence with a line; what is read can be asked and shown.
 */
#include "law/law.h"
#include "law/playbook.h"

static void ask(const struct law *l)
{
    const struct law_profile *p = law_profile(l, 0);
    struct law_incident in = { .detected_ns = INT64_C(1764000000000000000),
                               .ended_ns = INT64_C(1764100000000000000),
                               .level = 3 };
    struct law_running r[LAW_CLOCKS_MAX];
    struct law_level level;
    struct buf out;
    size_t n;

    buf_init(&out, (size_t)64 << 20);
    in.severity = p->severities.count > 0 ? span_of(p->severities.row[0].id) : SPAN_NONE;
    n = law_clocks(l, p, &in, r);
    MUST(n <= p->clocks.count);
    for (size_t i = 0; i < n; i++)
        MUST(r[i].due_ns >= r[i].starts_ns);
    law_put_clocks(r, n, &out);
    MUST(law_level(p, NULL, 0, &level, NULL) == ERR_OK && level.level <= LAW_LEVELS);
    law_put_profile(p, &out);
    MUST(!buf_failed(&out) && out.p[out.n - 1] == '}');
    buf_release(&out);
}

static void add_law(enum law_file kind, struct span yaml)
{
    static const char recipients[] =
        "recipients: [{id: a, vi: a, en: a, sample: true, mark: found}]";
    struct err e = { 0 };
    struct law *l;
    int rc = law_new(&l, &e);

    if (rc == ERR_OK && kind != LAW_RECIPIENTS)
        rc = law_add(l, LAW_RECIPIENTS, span_of(recipients), "r", &e);
    if (rc == ERR_OK && kind != LAW_PROFILE)
        rc = law_add(l, LAW_PROFILE, span_of("{id: p, vi: p, en: p, from: 2020-01-01}"), "p", &e);
    MUST(rc == ERR_OK);
    rc = law_add(l, kind, yaml, "f", &e);
    MUST(rc == ERR_OK || (e.code == rc && e.at >= 1 && strncmp(e.why, "f:", 2) == 0));
    if (rc == ERR_OK && law_check(l, &e) == ERR_OK)
        ask(l);
    law_free(&l);
}

static void add_book(struct span yaml)
{
    struct err e = { 0 };
    struct playbooks *p;
    struct buf out;

    MUST(playbooks_new(&p, &e) == ERR_OK);
    buf_init(&out, (size_t)64 << 20);
    if (playbooks_add(p, yaml, "f", &e) == ERR_OK && playbooks_check(p, NULL, &e) == ERR_OK)
        playbook_put(playbook(p, 0), &out);
    else
        MUST(e.at >= 1 && strncmp(e.why, "f:", 2) == 0);
    MUST(!buf_failed(&out));
    buf_release(&out);
    playbooks_free(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span yaml;

    if (size == 0)
        return 0;
    yaml = (struct span){ data + 1, size - 1 };
    if (data[0] % 4 < 3)
        add_law((enum law_file)(data[0] % 4), yaml);
    else
        add_book(yaml);
    return 0;
}
