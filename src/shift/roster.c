/*
 * roster.c - the roster taken in as a table: XLSX and CSV (sheet/form_read.h).
 *
 *   book ─▶ rows, each cell looked at ─▶ each put, within the act ─▶ all are right: they stay
 *              │ faults                       │ faults, or only to be tried: taken back
 *              └──────────────────────────────┴─▶ told by row and column; nothing was imported
 *
 * A row that is there already (the same person, post, start and end, by the second) is left alone,
 * but for its holiday or reason: so what was exported changes nothing, whoever of it has no account
 * any more. Rows only add; what is not in the table stays (shift.cancel, away.end take away). A
 * swap names whose shift it was, and that shift must be there: else two people would hold one.
 *
 * Times in tables are those of Viet Nam, UTC+7 all year.
 */
#include "shift/roster.h"

#include <stdio.h>
#include <stdlib.h>

#include "act/table.h"
#include "sheet/form_read.h"

#define IMPORT_ROWS_MAX 5000u
#define IMPORT_BYTES    ((size_t)32 << 20)
#define WORD_BYTES      48u

/* --- what is wrong --------------------------------------------------------------------------- */

/* id, column, Vietnamese, English; $1 and $2 are filled in */
#define WRONG_TABLE(X)                                                                             \
    X(NO_PERSON, PERSON, "Không có người dùng hoặc nhân sự “$1”.", "There is no such user: $1.")   \
    X(DISABLED, PERSON, "Tài khoản “$1” đã bị khóa.", "User $1 is disabled.")                      \
    X(NO_OTHER, INSTEAD_OF, "Không có người dùng hoặc nhân sự “$1”.",                              \
      "There is no such user: $1.")                                                                \
    X(TOO_LONG, END, "Phải sau giờ bắt đầu, trong vòng $1 ngày.",                                  \
      "This must be later than the start, within $1 days.")                                        \
    X(NO_POST, POST, "Vị trí này không hợp với loại “$1”.", "This post does not go with “$1”.")    \
    X(ON_DUTY, START, "“$1” đã có ca trực lúc đó: $2.", "$1 is on duty then: $2.")                 \
    X(IS_AWAY, START, "“$1” nghỉ lúc đó: $2.", "$1 is away then: $2.")                             \
    X(LEAVE_ON_DUTY, START, "“$1” có ca trực lúc đó: $2; hãy giao ca cho người khác trước.",       \
      "$1 is on duty then: give $2 to somebody first.")                                            \
    X(NO_REASON, REASON, "Nghỉ phải có lý do.", "Leave needs a reason.")                           \
    X(WHOSE, INSTEAD_OF, "Trực thay phải ghi thay cho ai.", "A swap says whose shift it was.")     \
    X(ONLY_SWAP, INSTEAD_OF, "Chỉ ghi khi trực thay.", "This is of swaps only.")                   \
    X(NO_SHIFT, INSTEAD_OF, "“$1” không có ca trực này.", "$1 has no such shift.")                 \
    X(NOT_SWAPPED, KIND, "Ca này đã có và không phải trực thay cho “$1”.",                         \
      "This shift is there, and not instead of $1.")                                               \
    X(OVER, END, "Ca này đã kết thúc.", "This shift is over.")                                     \
    X(TWICE, PERSON, "Đã có ở dòng $1.", "This is in row $1 already.")

enum wrong {
#define X(id, column, vi, en) WRONG_##id,
    WRONG_TABLE(X)
#undef X
        WRONGS
};

static const struct {
    uint32_t column;
    const char *text[FORM_LANGUAGES];
} wrongs[] = {
#define X(id, column, vi, en) { column, { vi, en } },
    WRONG_TABLE(X)
#undef X
};

struct import_row {
    uint32_t number;
    const struct value *values;
    const uint32_t *places; /* where each stands in the book */
    bool away;              /* what `id` is of */
    int64_t id;             /* 0: not put */
    bool is_wrong;
    uint32_t column;
    struct span text[FORM_LANGUAGES];
};

struct import {
    struct table_import in;
    struct arena mem;
    struct import_row *row;
};

static void put_words(struct buf *out, const char *text, struct span first, struct span second)
{
    struct span s = span_of(text);

    for (size_t at; s.n > 0; s = span_from(s, at + 2)) {
        at = span_find(s, '$');
        buf_add(out, (struct span){ s.p, at });
        if (at == s.n)
            return;
        buf_add(out, s.p[at + 1] == '1' ? first : second);
    }
}

/* The row is wrong; `second` in both languages. */
static int wrong(struct import *im, struct import_row *row, enum wrong w, struct span first,
                 const char *const second[FORM_LANGUAGES], struct err *e)
{
    row->is_wrong = true;
    row->column = wrongs[w].column;
    for (int l = 0; l < FORM_LANGUAGES; l++) {
        struct buf text;

        buf_init(&text, 4096);
        put_words(&text, wrongs[w].text[l], first, second != NULL ? span_of(second[l]) : SPAN_NONE);
        row->text[l] = arena_span(&im->mem, buf_span(&text));
        buf_release(&text);
    }
    return arena_failed(&im->mem) ? act_no_memory(e) : ERR_OK;
}

/* ... because of what is there: by its row, when this table made it, else by its number. */
static int clashes(struct import *im, struct import_row *row, enum wrong w, bool away, int64_t id,
                   struct err *e)
{
    char vi[WORD_BYTES], en[WORD_BYTES];
    const char *const words[FORM_LANGUAGES] = { [FORM_VI] = vi, [FORM_EN] = en };

    (void)snprintf(vi, sizeof(vi), "%s số %lld", away ? "lần nghỉ" : "ca", (long long)id);
    (void)snprintf(en, sizeof(en), "%s %lld", away ? "absence" : "shift", (long long)id);
    for (uint32_t i = 0; i < im->in.rows; i++) {
        if (im->row[i].id != id || im->row[i].away != away)
            continue;
        (void)snprintf(vi, sizeof(vi), "dòng %u", im->row[i].number);
        (void)snprintf(en, sizeof(en), "row %u", im->row[i].number);
    }
    return wrong(im, row, w, row->values[PERSON].text, words, e);
}

/* --- reading --------------------------------------------------------------------------------- */

static int on_row(void *arg, const struct form_row *in, struct err *e)
{
    struct import *im = arg;
    struct value *values = arena_array(&im->mem, COLUMNS, sizeof(*values));
    uint32_t *places = arena_array(&im->mem, COLUMNS, sizeof(*places));

    if (im->in.rows == IMPORT_ROWS_MAX)
        return err_set(e, ERR_LIMIT, 0, "There are more than %u rows: part the table.",
                       IMPORT_ROWS_MAX);
    if (values == NULL || places == NULL)
        return act_no_memory(e);
    for (uint32_t i = 0; i < COLUMNS; i++) {
        values[i] = in->values[i];
        places[i] = in->columns[i];
        values[i].text = arena_span(&im->mem, in->values[i].text);
    }
    im->row[im->in.rows++] =
        (struct import_row){ .number = in->number, .values = values, .places = places };
    return arena_failed(&im->mem) ? act_no_memory(e) : ERR_OK;
}

/* --- one row --------------------------------------------------------------------------------- */

static int64_t ns_of(int64_t local_s)
{
    return (local_s - ROSTER_VIETNAM_S) * ROSTER_SECOND_NS;
}

/* Is it the same as an earlier row's? Else it is this row's from now on. */
static int keep_id(struct import *im, struct import_row *row, bool away, int64_t id, struct err *e)
{
    char number[WORD_BYTES];

    for (uint32_t i = 0; &im->row[i] != row; i++) {
        if (im->row[i].id != id || im->row[i].away != away)
            continue;
        (void)snprintf(number, sizeof(number), "%u", im->row[i].number);
        return wrong(im, row, WRONG_TWICE, span_of(number), NULL, e);
    }
    row->away = away;
    row->id = id;
    return ERR_OK;
}

/* A shift or absence that is there. */
struct same {
    int64_t id; /* 0: none */
    bool holiday;
    char other[STAFF_PERSON_MAX + 1]; /* whose shift it was */
    struct span reason;               /* in im->mem */
};

static void copy_name(char to[STAFF_PERSON_MAX + 1], struct span s)
{
    MUST(s.n <= STAFF_PERSON_MAX);
    memcpy(to, s.n > 0 ? s.p : (const uint8_t *)"", s.n);
    to[s.n] = '\0';
}

static int same_duty(struct act_call *c, const struct duty *d, struct same *out, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_DUTY_SAME);
    int rc;

    *out = (struct same){ .id = 0 };
    db_text(r, 1, d->person);
    db_text(r, 2, d->part);
    db_int(r, 3, d->starts / ROSTER_SECOND_NS);
    db_int(r, 4, d->ends / ROSTER_SECOND_NS);
    rc = db_next(c->db, r, e);
    if (rc == 1) {
        out->id = db_get_int(r, 0);
        out->holiday = db_get_int(r, 1) != 0;
        copy_name(out->other, db_get_text(r, 2));
    }
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

static int same_away(struct import *im, const struct duty *d, struct same *out, struct err *e)
{
    struct db_row *r = db_use(im->in.c->db, DB_AWAY_SAME);
    int rc;

    *out = (struct same){ .id = 0 };
    db_text(r, 1, d->person);
    db_int(r, 2, d->starts / ROSTER_SECOND_NS);
    db_int(r, 3, d->ends / ROSTER_SECOND_NS);
    rc = db_next(im->in.c->db, r, e);
    if (rc == 1) {
        out->id = db_get_int(r, 0);
        out->reason = arena_span(&im->mem, db_get_text(r, 1));
    }
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

static int run_change(struct import *im, struct db_row *r, const char *kind, int64_t id,
                      struct err *e)
{
    int rc = db_run(im->in.c->db, r, e);

    im->in.changed++;
    return rc == ERR_OK ? act_on(im->in.c, kind, id, e) : rc;
}

/* It is there: only its holiday may be another. */
static int renew_duty(struct import *im, struct import_row *row, const struct same *s,
                      struct err *e)
{
    const struct value *holiday = &row->values[HOLIDAY];
    struct db_row *r;
    int rc = keep_id(im, row, false, s->id, e);

    if (rc != ERR_OK || row->is_wrong)
        return rc;
    if (!holiday->present || (holiday->whole != 0) == s->holiday) {
        im->in.unchanged++;
        return ERR_OK;
    }
    r = db_use(im->in.c->db, DB_DUTY_HOLIDAY);
    db_int(r, 1, s->id);
    db_int(r, 2, holiday->whole);
    return run_change(im, r, "shift", s->id, e);
}

static int renew_away(struct import *im, struct import_row *row, const struct same *s,
                      struct err *e)
{
    struct span reason = row->values[REASON].text;
    struct db_row *r;
    int rc = keep_id(im, row, true, s->id, e);

    if (rc != ERR_OK || row->is_wrong)
        return rc;
    if (span_eq(reason, s->reason)) {
        im->in.unchanged++;
        return ERR_OK;
    }
    r = db_use(im->in.c->db, DB_AWAY_REASON);
    db_int(r, 1, s->id);
    db_text(r, 2, reason);
    return run_change(im, r, "away", s->id, e);
}

/* Whether a name is somebody's; `none` when it is nobody's. */
static int person_of(struct import *im, struct import_row *row, struct span name, enum wrong none,
                     char out[STAFF_PERSON_MAX + 1], struct err *e)
{
    int rc = staff_person(im->in.c->db, "person", name, out, e);

    if (rc == ERR_NOTFOUND || rc == ERR_CONFLICT)
        return wrong(im, row, rc == ERR_NOTFOUND || none != WRONG_NO_PERSON ? none : WRONG_DISABLED,
                     name, NULL, e);
    return rc;
}

/* Nothing of his stands in the way; the row is wrong, where it does. */
static int check_free(struct import *im, struct import_row *row, const struct duty *d,
                      enum wrong duty, struct err *e)
{
    int64_t id = 0;
    int rc = shift_overlap(im->in.c, DB_DUTY_OVERLAPS, d->person, d->starts, d->ends, &id, e);

    if (rc == 1)
        return clashes(im, row, duty, false, id, e);
    if (rc == 0)
        rc = shift_overlap(im->in.c, DB_AWAY_OVERLAPS, d->person, d->starts, d->ends, &id, e);
    return rc == 1 ? clashes(im, row, WRONG_IS_AWAY, true, id, e) : rc;
}

static int add_duty(struct import *im, struct import_row *row, struct duty *d, struct err *e)
{
    const struct value *holiday = &row->values[HOLIDAY];
    int64_t id;
    int rc = check_free(im, row, d, WRONG_ON_DUTY, e);

    if (rc != ERR_OK || row->is_wrong)
        return rc;
    if (d->instead != 0)
        rc = shift_duty_end(im->in.c, d->instead, e);
    if (rc == ERR_OK)
        rc = holiday->present ? holiday->whole != 0
                              : shift_on_holiday(im->in.c->db, d->starts, d->ends, e);
    d->holiday = rc == 1;
    if (rc >= 0)
        rc = shift_duty_put(im->in.c, d, &id, e);
    if (rc != ERR_OK)
        return rc;
    im->in.added++;
    return keep_id(im, row, false, id, e);
}

/* Whose shift it was; d->instead is that. */
static int find_other(struct import *im, struct import_row *row, struct duty *d, struct err *e)
{
    char name[STAFF_PERSON_MAX + 1];
    struct span other = row->values[INSTEAD_OF].text;
    struct duty his = *d;
    struct same s;
    int rc;

    his.person = other;
    rc = same_duty(im->in.c, &his, &s, e);
    if (rc == ERR_OK && s.id == 0) {
        rc = person_of(im, row, other, WRONG_NO_OTHER, name, e);
        if (rc != ERR_OK || row->is_wrong)
            return rc;
        his.person = span_of(name);
        rc = same_duty(im->in.c, &his, &s, e);
    }
    if (rc != ERR_OK)
        return rc;
    if (s.id == 0)
        return wrong(im, row, WRONG_NO_SHIFT, other, NULL, e);
    if (d->ends <= im->in.c->now_ns)
        return wrong(im, row, WRONG_OVER, SPAN_NONE, NULL, e);
    d->instead = s.id;
    return ERR_OK;
}

static int do_duty(struct import *im, struct import_row *row, struct duty *d, struct err *e)
{
    bool swap = row->values[KIND].whole == KIND_SWAP;
    struct span other = row->values[INSTEAD_OF].text;
    char name[STAFF_PERSON_MAX + 1];
    struct same s;
    int rc = same_duty(im->in.c, d, &s, e);

    if (rc == ERR_OK && s.id == 0) {
        rc = person_of(im, row, d->person, WRONG_NO_PERSON, name, e);
        if (rc != ERR_OK || row->is_wrong)
            return rc;
        d->person = span_of(name);
        rc = same_duty(im->in.c, d, &s, e);
    }
    if (rc != ERR_OK)
        return rc;
    if (s.id != 0 && swap && !span_eq_nocase(span_of(s.other), other))
        return wrong(im, row, WRONG_NOT_SWAPPED, other, NULL, e);
    if (s.id != 0)
        return renew_duty(im, row, &s, e);
    if (swap)
        rc = find_other(im, row, d, e);
    return rc != ERR_OK || row->is_wrong ? rc : add_duty(im, row, d, e);
}

static int do_leave(struct import *im, struct import_row *row, struct duty *d, struct err *e)
{
    char name[STAFF_PERSON_MAX + 1];
    struct same s;
    int64_t id;
    int rc;

    if (!row->values[REASON].present)
        return wrong(im, row, WRONG_NO_REASON, SPAN_NONE, NULL, e);
    rc = same_away(im, d, &s, e);
    if (rc == ERR_OK && s.id == 0) {
        rc = person_of(im, row, d->person, WRONG_NO_PERSON, name, e);
        if (rc != ERR_OK || row->is_wrong)
            return rc;
        d->person = span_of(name);
        rc = same_away(im, d, &s, e);
    }
    if (rc == ERR_OK && s.id != 0)
        return renew_away(im, row, &s, e);
    if (rc == ERR_OK)
        rc = check_free(im, row, d, WRONG_LEAVE_ON_DUTY, e);
    if (rc != ERR_OK || row->is_wrong)
        return rc;
    rc = shift_away_put(im->in.c, d, row->values[REASON].text, &id, e);
    im->in.added++;
    return rc == ERR_OK ? keep_id(im, row, true, id, e) : rc;
}

/* The post that a row of its kind is of; false: it does not go with it. */
static bool post_of(const struct value *values, uint32_t *post)
{
    const struct value *v = &values[POST];

    *post = v->present ? (uint32_t)v->whole : POST_WATCH;
    switch (values[KIND].whole) {
    case KIND_LEAVE:
        return !v->present;
    case KIND_ON_CALL:
        *post = v->present ? *post : POST_ON_CALL;
        return *post == POST_ON_CALL;
    case KIND_DUTY:
        return *post != POST_ON_CALL;
    default:
        return true;
    }
}

static int do_row(struct import *im, struct import_row *row, struct err *e)
{
    const struct value *v = row->values;
    bool leave = v[KIND].whole == KIND_LEAVE, swap = v[KIND].whole == KIND_SWAP;
    struct duty d = { .person = v[PERSON].text,
                      .starts = ns_of(v[START].whole),
                      .ends = ns_of(v[END].whole) };
    uint32_t post;

    if (d.ends <= d.starts || d.ends - d.starts > (leave ? AWAY_LONGEST : SHIFT_LONGEST))
        return wrong(im, row, WRONG_TOO_LONG, leave ? SPAN_LIT("366") : SPAN_LIT("2"), NULL, e);
    if (!post_of(v, &post)) {
        const struct choice *kind = &roster_kinds[v[KIND].whole];

        return wrong(im, row, WRONG_NO_POST, span_of(kind->vi), NULL, e);
    }
    if (swap != v[INSTEAD_OF].present)
        return wrong(im, row, swap ? WRONG_WHOSE : WRONG_ONLY_SWAP, SPAN_NONE, NULL, e);
    d.part = span_of(roster_posts[post].name);
    return leave ? do_leave(im, row, &d, e) : do_duty(im, row, &d, e);
}

/* --- all rows -------------------------------------------------------------------------------- */

/* Done, and taken back when a row was wrong, or when it was only to be tried. */
static int do_rows(void *arg, struct err *e)
{
    struct import *im = arg;
    int rc = ERR_OK;

    for (uint32_t i = 0; i < im->in.rows && rc == ERR_OK; i++) {
        rc = do_row(im, &im->row[i], e);
        im->in.faults += im->row[i].is_wrong;
    }
    return rc;
}

static bool tell_wrong(void *arg, uint32_t i, struct table_fault *out)
{
    const struct import *im = arg;
    const struct import_row *row = &im->row[i];

    *out = (struct table_fault){ .row = row->number };
    if (!row->is_wrong)
        return false;
    out->column = row->places[row->column];
    out->header = span_of(roster_columns[row->column].vi);
    out->vi = row->text[FORM_VI];
    out->en = row->text[FORM_EN];
    return true;
}

int shift_import(struct act_call *c, struct err *e)
{
    struct import im = {
        .in = { .c = c, .form = &roster_form, .name = "roster", .dry = act_int(c, "dry") != 0 }
    };
    const struct table_import_fns fns = { on_row, do_rows, tell_wrong, &im };
    int rc;

    im.row = calloc(IMPORT_ROWS_MAX, sizeof(*im.row));
    if (im.row == NULL)
        return act_no_memory(e);
    arena_init(&im.mem, IMPORT_BYTES);
    rc = table_import(&im.in, &fns, e);
    arena_release(&im.mem);
    free(im.row);
    return rc;
}
