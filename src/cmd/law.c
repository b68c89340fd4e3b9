/*
 * law.c - canh law: check what data/law and data/playbooks say; show which clocks run.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "cmd/command.h"
#include "cmd/load_law.h"
#include "cmd/show.h"
#include "scan/put.h"

static void put_day(struct buf *out, int32_t day)
{
    struct time_parts p;

    if (day == LAW_NO_DATE) {
        buf_byte(out, '-');
        return;
    }
    time_date(day, &p);
    buf_fmt(out, "%04d-%02u-%02u", p.year, p.month, p.day);
}

/* --- check -------------------------------------------------------------------------------------
 */

struct check_options {
    int form;
};

static const struct option_row check_rows[] = {
    { "format", OPTION_CHOICE, offsetof(struct check_options, form), "table|json", "table", 0, 0,
      "for people, or for programs" },
};

static void people_check(const struct law *l, const struct playbooks *b, struct buf *out)
{
    const struct law_profile *p;
    const struct playbook *book;
    int32_t end = LAW_NO_DATE;

    for (uint32_t i = 0; (p = law_profile(l, i)) != NULL; i++) {
        if (end != LAW_NO_DATE && p->from != end + 1)
            buf_text(out, "Between them no profile holds.\n");
        end = p->to;
        buf_fmt(out, "Profile %s, ", p->id);
        put_day(out, p->from);
        buf_text(out, " to ");
        put_day(out, p->to);
        buf_fmt(out, ": %s\n ", p->vi);
#define X(member, name, NAME, room) buf_fmt(out, " %s %u", #member, p->member.count);
        LAW_SECTION_TABLE(X)
#undef X
        buf_byte(out, '\n');
        for (uint32_t k = 0; k < p->clocks.count; k++) {
            const struct law_clock *c = &p->clocks.row[k];

            if (c->from == LAW_NO_DATE && c->to == LAW_NO_DATE)
                continue;
            buf_fmt(out, "  clock %s only for detections from ", c->id);
            put_day(out, c->from);
            buf_text(out, " to ");
            put_day(out, c->to);
            buf_byte(out, '\n');
        }
    }
    for (uint32_t i = 0; (book = playbook(b, i)) != NULL; i++)
        buf_fmt(out, "Playbook %s: %u tasks, %s\n", book->id, book->task_count, book->vi);
    for (uint32_t i = 0; law_recipient(l, i) != NULL; i++) {
        if (law_recipient(l, i)->sample)
            buf_fmt(out, "Recipient %s is a sample: its addresses are to be filled in.\n",
                    law_recipient(l, i)->id);
    }
}

static void json_check(const struct law *l, const struct playbooks *b, struct buf *out)
{
    const struct law_profile *p;
    const struct playbook *book;

    buf_text(out, "{\"profiles\":[");
    for (uint32_t i = 0; (p = law_profile(l, i)) != NULL; i++) {
        buf_text(out, i > 0 ? "," : "");
        law_put_profile(p, out);
    }
    buf_text(out, "],\"recipients\":");
    law_put_recipients(l, out);
    buf_text(out, ",\"playbooks\":[");
    for (uint32_t i = 0; (book = playbook(b, i)) != NULL; i++) {
        buf_text(out, i > 0 ? "," : "");
        playbook_put(book, out);
    }
    buf_text(out, "]}\n");
}

static int law_check_command(int argc, char **argv)
{
    static const struct command_line line = {
        check_rows, COUNT_OF(check_rows), "canh law check [DIR]",
        "Reads DIR/law and DIR/playbooks (default: what ships) and says what they hold.\n"
        "Exit code: 0 they are sound, 1 a file is refused (file, line, why), 2 not found."
    };
    struct check_options o = { 0 };
    struct law_folders f;
    struct playbooks *b = NULL;
    struct law *l = NULL;
    struct buf out;
    struct err e = { 0 };
    int operands, code, rc;

    if (!command_options(&line, &o, argc, argv, &operands, &code))
        return code;
    if (operands > 1)
        return command_surplus("law check", argv[1]);
    rc = load_law_find(&f, operands == 1 ? argv[0] : NULL, &e);
    if (rc == ERR_OK)
        rc = load_law(&l, &b, &f, &e);
    if (rc == ERR_OK) {
        buf_init(&out, (size_t)64 << 20);
        if (o.form == 0)
            people_check(l, b, &out);
        else
            json_check(l, b, &out);
        code = command_show(&out);
    } else {
        code = command_fault(&e);
        if (rc == ERR_SYNTAX || rc == ERR_LIMIT || rc == ERR_UNSUPPORTED)
            code = EXIT_FOUND;
    }
    playbooks_free(&b);
    law_free(&l);
    return code;
}

/* --- clocks ------------------------------------------------------------------------------------
 */

struct clocks_options {
    const char *type, *severity, *at, *ended, *data;
    struct option_list facts;
    uint64_t level;
    int form;
};

static const struct option_row clocks_rows[] = {
    { "at", OPTION_TEXT, offsetof(struct clocks_options, at), "TIME", NULL, 0, 0,
      "when it was detected (T0)" },
    { "ended", OPTION_TEXT, offsetof(struct clocks_options, ended), "TIME", NULL, 0, 0,
      "when it was over" },
    { "type", OPTION_TEXT, offsetof(struct clocks_options, type), "CODE", NULL, 0, 0,
      "of the incident: N1" },
    { "severity", OPTION_TEXT, offsetof(struct clocks_options, severity), "CODE", NULL, 0, 0,
      "of the incident: M2 (default: the one that the profile suggests)" },
    { "level", OPTION_NUMBER, offsetof(struct clocks_options, level), "N", "0", 0, LAW_LEVELS,
      "of the system" },
    { "fact", OPTION_LIST, offsetof(struct clocks_options, facts), "CODE", NULL, 0, 0,
      "what holds: serious, personal_data; may be given several times" },
    { "data", OPTION_TEXT, offsetof(struct clocks_options, data), "DIR", NULL, 0, 0,
      "folder with law and playbooks (default: what ships)" },
    { "format", OPTION_CHOICE, offsetof(struct clocks_options, form), "table|json", "table", 0, 0,
      "for people, or for programs" },
};

static int no_code(struct err *e, const struct law_profile *p, const char *what, const char *code)
{
    return err_set(e, ERR_USAGE, 0, "The profile %s has no %s '%.40s'.", p->id, what, code);
}

/* The options as an incident; `room` keeps the facts. */
static int incident_of(const struct clocks_options *o, const struct law_profile *p,
                       struct law_incident *i, struct span room[OPTION_LIST_MAX], struct err *e)
{
    if (o->type != NULL && law_type_find(p, span_of(o->type)) == NULL)
        return no_code(e, p, "type", o->type);
    if (o->severity != NULL && law_severity_find(p, span_of(o->severity)) == NULL)
        return no_code(e, p, "severity", o->severity);
    for (uint32_t n = 0; n < o->facts.count; n++) {
        if (law_fact_find(p, span_of(o->facts.value[n])) == NULL)
            return no_code(e, p, "fact", o->facts.value[n]);
        room[n] = span_of(o->facts.value[n]);
    }
    i->type = o->type != NULL ? span_of(o->type) : SPAN_NONE;
    i->level = (uint32_t)o->level;
    i->fact = room;
    i->fact_count = o->facts.count;
    if (o->severity != NULL)
        i->severity = span_of(o->severity);
    else if (law_severity_of(p, i) != NULL)
        i->severity = span_of(law_severity_of(p, i)->id);
    return ERR_OK;
}

static void put_time(struct buf *out, int64_t ns)
{
    static const struct screen here = { .offset_s = VIETNAM_OFFSET_S };

    put_clock(out, &here, ns, true);
}

static void people_clocks(const struct law_profile *p, const struct law_incident *i,
                          const struct law_running *r, size_t count, struct buf *out)
{
    buf_fmt(out, "Profile %s, severity %.*s, detected ", p->id, SPAN_ARG(i->severity));
    put_time(out, i->detected_ns);
    buf_text(out, " (UTC+7)\n");
    for (size_t n = 0; n < count; n++) {
        struct buf after;

        buf_init(&after, 64);
        law_put_after(r[n].clock->after.v, &after);
        put_time(out, r[n].due_ns);
        buf_text(out, "  ");
        put_column(out, buf_span(&after), 15, true);
        buf_text(out, "  ");
        put_column(out, span_of(r[n].clock->vi), 52, true);
        buf_text(out, "  ");
        for (uint32_t k = 0; k < r[n].clock->recipients.count; k++)
            buf_fmt(out, "%s%s", k > 0 ? ", " : "", r[n].clock->recipients.value[k]);
        if (r[n].clock->law != NULL)
            buf_fmt(out, "  %s %s", r[n].clock->law, r[n].clock->article);
        buf_fmt(out, "  (%s)%s\n", law_mark_words[r[n].clock->mark],
                r[n].sure ? "" : "  (holidays are not known so far)");
        buf_release(&after);
    }
    if (count == 0)
        buf_text(out, "No clock runs.\n");
}

static int show_clocks(const struct clocks_options *o, const struct law *l, struct buf *out,
                       struct err *e)
{
    struct law_running r[LAW_CLOCKS_MAX];
    struct law_incident i = { 0 };
    struct span room[OPTION_LIST_MAX];
    const struct law_profile *p;
    size_t count;
    int rc = show_time(o->at, &i.detected_ns, e);

    if (rc == ERR_OK)
        rc = show_time(o->ended, &i.ended_ns, e);
    if (rc != ERR_OK)
        return rc;
    p = law_profile_at(l, i.detected_ns);
    if (p == NULL)
        return err_set(e, ERR_NOTFOUND, 0, "No profile holds at that time.");
    rc = incident_of(o, p, &i, room, e);
    if (rc != ERR_OK)
        return rc;
    count = law_clocks(l, p, &i, r);
    if (o->form == 0) {
        people_clocks(p, &i, r, count, out);
        return ERR_OK;
    }
    buf_fmt(out, "{\"profile\":\"%s\",\"severity\":", p->id);
    put_json_text(out, i.severity);
    buf_text(out, ",\"clocks\":");
    law_put_clocks(r, count, out);
    buf_text(out, "}\n");
    return ERR_OK;
}

static int law_clocks_command(int argc, char **argv)
{
    static const struct command_line line = {
        clocks_rows, COUNT_OF(clocks_rows), "canh law clocks --at TIME [OPTIONS]",
        "Which duties to report run for an incident, and until when, by the profile of its detection."
    };
    struct clocks_options o = { 0 };
    struct law_folders f;
    struct law *l = NULL;
    struct buf out;
    struct err e = { 0 };
    int operands, code, rc;

    if (!command_options(&line, &o, argc, argv, &operands, &code))
        return code;
    if (operands > 0)
        return command_surplus("law clocks", argv[0]);
    buf_init(&out, (size_t)4 << 20);
    rc = o.at == NULL ? err_set(&e, ERR_USAGE, 0, "canh law clocks takes --at.")
                      : load_law_find(&f, o.data, &e);
    if (rc == ERR_OK)
        rc = law_open(&l, f.law, &e);
    if (rc == ERR_OK)
        rc = show_clocks(&o, l, &out, &e);
    law_free(&l);
    if (rc != ERR_OK) {
        buf_release(&out);
        return command_fault(&e);
    }
    return command_show(&out);
}

/* -----------------------------------------------------------------------------------------------
 */

int cmd_law(int argc, char **argv)
{
    static const struct command_row rows[] = {
        { "check", "read the law and the playbooks, and say what they hold", law_check_command },
        { "clocks", "which duties to report run for an incident", law_clocks_command },
    };

    return command_run(rows, COUNT_OF(rows), "canh law", argc, argv);
}
