/*
 * quick.c - bao cao nhanh: a message that fits into two SMS, and the words of the law that its page
 * has.
 *
 * The message says what a leader asks first: what, how grave, since when, where it stands, what is
 * done, by when it must be told. When it is too long, what can be done without goes first: the time
 * that is left (the hour stands before it), then the law's names for type and severity (their codes
 * stay); then the title is cut. Names of the law that are longer than all that lose their end.
 */
#include "incident/incident_own.h"

#include <stdio.h>

#include "base/time.h"
#include "base/utf.h"
#include "scan/put.h"

#define VIETNAM_NS     (INT64_C(25200) * TIME_SECOND)
#define NAME_MAX_BYTES 120u /* of a name of the law */
#define REST_MAX       1200 /* bytes of what follows the title */
#define TITLE_LEAST    60u  /* characters that are left of a title, while something else can go */
#define TITLE_LAST     20u  /* and when nothing can */

struct quick {
    struct db_row *r;
    int64_t now_ns, due_ns; /* 0: no clock runs */
    const char *type, *severity;
    char names[2][NAME_MAX_BYTES + 1];
    struct buf *json, *text;
};

enum column {
    NUMBER,
    TITLE,
    TYPE,
    SEVERITY,
    STATE,
    DETECTED,
    LEVEL,
    PROFILE,
    SYSTEM_COUNT,
    TASKS_DONE,
    TASKS_ALL,
    DUE,
};

/* --- words ---------------------------------------------------------------------------------- */

static const char *stage_vi(struct span state)
{
    static const char *const rows[][2] = {
#define X(name, vi) { name, vi },
        INCIDENT_STAGE_TABLE(X)
#undef X
            { "closed", "đã kết thúc" },
        { "merged", "đã gộp vào sự cố khác" },
    };
    size_t i = 0;

    while (!span_eq(state, span_of(rows[i][0])))
        i++;
    return rows[i][1];
}

/* As it is printed: 03:05 ngày 08/6/2026; a zero before days and before months 1 and 2 only (NĐ
 * 30/2020). */
static int put_when(char *to, size_t room, int64_t ns)
{
    struct time_parts p;

    time_split(ns + VIETNAM_NS, &p);
    return snprintf(to, room, "%02u:%02u ngày %02u/%s%u/%d", p.hour, p.minute, p.day,
                    p.month < 3 ? "0" : "", p.month, p.year);
}

/* The name that the law has for a code, else the code; cut when it is too long. */
static const char *name_of(struct quick *q, const struct legal *law, enum legal_list list,
                           int column, int slot)
{
    struct span code = db_get_text(q->r, column);
    struct legal_name name;

    if (law != NULL && law->name(law->arg, db_get_text(q->r, PROFILE), list, code, &name))
        code = utf8_cut(span_of(name.vi), NAME_MAX_BYTES);
    (void)snprintf(q->names[slot], sizeof(q->names[slot]), "%.*s", SPAN_ARG(code)); /* fits */
    return q->names[slot];
}

static size_t characters(struct span s)
{
    size_t count = 0;

    for (size_t i = 0; i < s.n; i++)
        count += (s.p[i] & 0xC0) != 0x80;
    return count;
}

/* The first `count` characters. */
static struct span first(struct span s, size_t count)
{
    size_t i = 0;

    for (; i < s.n; i++) {
        if ((s.p[i] & 0xC0) != 0x80 && count-- == 0)
            break;
    }
    return (struct span){ s.p, i };
}

/* --- the message ---------------------------------------------------------------------------- */

/* What is left out of a message that is too long, one after the other. */
enum brief { WHOLE, NO_TIME_LEFT, CODE_OF_TYPE, CODES, BRIEFS };

static int put_due(char *to, size_t room, const struct quick *q, enum brief brief)
{
    char when[64];
    int64_t left = (q->due_ns - q->now_ns) / TIME_SECOND;

    if (q->due_ns == 0)
        return snprintf(to, room, ".");
    (void)put_when(when, sizeof(when), q->due_ns); /* fits */
    if (left < 0)
        return snprintf(to, room, ". QUÁ HẠN báo cáo từ %s.", when);
    if (brief >= NO_TIME_LEFT)
        return snprintf(to, room, ". Hạn báo cáo: %s.", when);
    return snprintf(to, room, ". Hạn báo cáo: %s (còn %lld giờ %lld phút).", when,
                    (long long)(left / 3600), (long long)(left / 60 % 60));
}

/* What follows the title. */
static void put_rest(char *to, size_t room, const struct quick *q, enum brief brief)
{
    char when[64], systems[64] = "", level[32] = "", due[160];
    struct span type = brief >= CODE_OF_TYPE ? db_get_text(q->r, TYPE) : span_of(q->type);
    struct span severity = brief >= CODES ? db_get_text(q->r, SEVERITY) : span_of(q->severity);
    int64_t count = db_get_int(q->r, SYSTEM_COUNT);

    (void)put_when(when, sizeof(when), db_get_int(q->r, DETECTED));
    if (count > 0)
        (void)snprintf(systems, sizeof(systems), "; %02lld hệ thống", (long long)count);
    if (db_get_int(q->r, LEVEL) > 0)
        (void)snprintf(level, sizeof(level), ", cấp độ %d", (int)db_get_int(q->r, LEVEL));
    (void)put_due(due, sizeof(due), q, brief);
    (void)snprintf(to, room,
                   ". Loại: %.*s; mức: %.*s; phát hiện %s%s%s. Hiện: %s; xong %lld/%lld việc%s",
                   SPAN_ARG(type), SPAN_ARG(severity), when, systems, level,
                   stage_vi(db_get_text(q->r, STATE)), (long long)db_get_int(q->r, TASKS_DONE),
                   (long long)db_get_int(q->r, TASKS_ALL), due);
}

/* The characters that are left for a title of so many. */
static size_t room_for_title(const struct quick *q, size_t title, char rest[REST_MAX])
{
    size_t wanted = title < TITLE_LEAST ? title : TITLE_LEAST, used = characters(buf_span(q->text));

    for (int b = WHOLE; b < BRIEFS; b++) {
        size_t n;

        put_rest(rest, REST_MAX, q, (enum brief)b);
        n = used + characters(span_of(rest));
        if (n + wanted <= INCIDENT_QUICK_CHARACTERS)
            return INCIDENT_QUICK_CHARACTERS - n;
        if (b + 1 == BRIEFS && n + TITLE_LAST < INCIDENT_QUICK_CHARACTERS)
            return INCIDENT_QUICK_CHARACTERS - n;
    }
    return TITLE_LAST;
}

static void put_message(struct quick *q)
{
    char rest[REST_MAX];
    struct span title = db_get_text(q->r, TITLE), tail;
    size_t room, n;

    buf_fmt(q->text, "[%.*s] ", SPAN_ARG(db_get_text(q->r, NUMBER)));
    room = room_for_title(q, characters(title), rest);
    if (characters(title) <= room) {
        buf_add(q->text, title);
    } else {
        buf_add(q->text, first(title, room - 1));
        buf_text(q->text, "…");
    }
    n = characters(buf_span(q->text));
    tail = span_of(rest); /* names of the law that are too long lose their end */
    buf_add(q->text, first(tail, INCIDENT_QUICK_CHARACTERS - n));
}

/* --- the page ------------------------------------------------------------------------------- */

/* What the view form.bao-cao-nhanh cannot know: the words of the law. */
static void put_words(struct quick *q)
{
    const struct {
        const char *name;
        struct span text;
    } rows[] = {
        { "type", span_of(q->type) },
        { "severity", span_of(q->severity) },
        { "now", span_of(stage_vi(db_get_text(q->r, STATE))) },
        { "message", buf_span(q->text) },
    };

    buf_text(q->json, "{\"code\":");
    put_json_text(q->json, db_get_text(q->r, NUMBER));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        buf_fmt(q->json, ",\"%s\":", rows[i].name);
        put_json_text(q->json, rows[i].text);
    }
    buf_byte(q->json, '}');
}

int incident_quick(struct db *reader, const struct legal *law, int64_t id, int64_t now_ns,
                   struct buf *json, struct buf *text, struct err *e)
{
    struct quick q = { .now_ns = now_ns, .json = json };
    struct buf message;
    int rc = act_find_row(reader, DB_INCIDENT_QUICK, "incident", id, &q.r, e);

    if (rc != ERR_OK)
        return rc;
    buf_init(&message, (size_t)4 * INCIDENT_QUICK_CHARACTERS + 64);
    q.text = &message;
    q.due_ns = db_get_null(q.r, DUE) ? 0 : db_get_int(q.r, DUE);
    q.type = name_of(&q, law, LEGAL_TYPE, TYPE, 0);
    q.severity = name_of(&q, law, LEGAL_SEVERITY, SEVERITY, 1);
    put_message(&q);
    put_words(&q);
    buf_add(text, buf_span(&message));
    db_end(q.r);
    rc = buf_failed(&message) || buf_failed(json) || buf_failed(text) ? act_no_memory(e) : ERR_OK;
    buf_release(&message);
    return rc;
}
