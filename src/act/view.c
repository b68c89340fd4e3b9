/*
 * view.c - see view.h.
 */
#include "act/view.h"

#include <stdlib.h>

#include "act/key.h"
#include "base/arena.h"
#include "base/num.h"
#include "base/time.h"
#include "base/utf.h"
#include "scan/put.h"

#define TEXT_MAX 4096 /* of a parameter, whatever its row says */

struct value {
    bool given;
    struct span text;
    int64_t integer;
};

struct view_call {
    const struct view_from *from;
    struct value value[VIEW_PARAMS_MAX];
    struct arena mem;
};

const struct view_row *view_at(const struct view_table *t, size_t i)
{
    for (size_t a = 0; a < t->area_count; a++) {
        if (i < t->area[a].count)
            return &t->area[a].row[i];
        i -= t->area[a].count;
    }
    return NULL;
}

bool view_is_long(const struct view_table *t, const struct view_row *row)
{
    for (size_t a = 0; a < t->area_count; a++) {
        for (size_t i = 0; t->area[a].is_long && i < t->area[a].count; i++) {
            if (row == &t->area[a].row[i])
                return true;
        }
    }
    return false;
}

const struct view_row *view_find(const struct view_table *t, struct span name)
{
    const struct view_row *row;

    for (size_t i = 0; (row = view_at(t, i)) != NULL; i++) {
        if (span_eq(span_of(row->name), name))
            return row;
    }
    return NULL;
}

/* --- parameters ----------------------------------------------------------------------------- */

static const struct value *value_of(const struct view_call *c, const char *name)
{
    const struct view_param *p = c->from->row->param;

    size_t i = 0;

    while (i < VIEW_PARAMS_MAX && p[i].name != NULL && strcmp(p[i].name, name) != 0)
        i++;
    MUST(i < VIEW_PARAMS_MAX && p[i].name != NULL); /* the view's row has it */
    return &c->value[i];
}

bool view_has(const struct view_call *c, const char *name)
{
    return value_of(c, name)->given;
}

struct span view_text(const struct view_call *c, const char *name)
{
    return value_of(c, name)->text;
}

bool view_is_given(enum view_param_type t)
{
    return t != VIEW_MY_NAME && t != VIEW_MY_AGENCY && t != VIEW_NOW;
}

int64_t view_agency(const struct actor *who)
{
    if (!actor_is_contact(who))
        return 0;
    return who->agency != 0 ? who->agency : -1;
}

static int wrong(struct err *e, const struct view_param *p, const char *what)
{
    return err_set(e, ERR_USAGE, 0, "%s: %s", p->name, what);
}

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory for what was asked.");
}

static int read_key(struct view_call *c, struct value *v, struct err *e)
{
    struct buf key;

    buf_init(&key, (size_t)8 * TEXT_MAX);
    key_put(v->text, &key);
    v->text = buf_failed(&key) ? SPAN_NONE : arena_span(&c->mem, buf_span(&key));
    buf_release(&key);
    return v->text.p != NULL ? ERR_OK : no_memory(e);
}

static int read_number(const struct view_param *p, struct value *v, int64_t least, int64_t most,
                       struct err *e)
{
    uint64_t n;

    if (!num_u64(v->text, (uint64_t)most, &n) || (int64_t)n < least)
        return err_set(e, ERR_USAGE, 0, "%s: This is no number from %lld to %lld.", p->name,
                       (long long)least, (long long)most);
    v->integer = (int64_t)n;
    return ERR_OK;
}

static int read_choice(const struct view_param *p, struct value *v, struct err *e)
{
    for (size_t i = 0; p->choice[i] != NULL; i++) {
        if (span_eq(v->text, span_of(p->choice[i])))
            return ERR_OK;
    }
    return wrong(e, p, "This is none of the values there are.");
}

static int read_level(const struct view_param *p, struct value *v, struct err *e)
{
    for (int l = LEVEL_NONE; l <= LEVEL_CRITICAL; l++) {
        if (span_eq_nocase(v->text, span_of(level_name((enum sigma_level)l)))) {
            v->integer = l;
            return ERR_OK;
        }
    }
    return wrong(e, p, "This is none of informational, low, medium, high, critical.");
}

/* What was given, read; it lies in the call's memory. */
static int read_given(struct view_call *c, const struct view_param *p, struct value *v,
                      struct err *e)
{
    int64_t most = p->max > 0 ? p->max : TEXT_MAX;

    switch (p->type) {
    case VIEW_ID:
        return read_number(p, v, 1, INT64_MAX, e);
    case VIEW_INTEGER:
        return read_number(p, v, 0, p->max, e);
    case VIEW_LIMIT:
        return read_number(p, v, 1, VIEW_ROWS_MAX, e);
    case VIEW_TIME:
        return time_ago(v->text, c->from->now_ns, &v->integer)
                   ? ERR_OK
                   : wrong(e, p, "This is no time as 2h ago, or 2026-03-01T10:00:00Z.");
    case VIEW_CHOICE:
        return read_choice(p, v, e);
    case VIEW_LEVEL:
        return read_level(p, v, e);
    default:
        if ((int64_t)v->text.n > most || !utf8_valid(v->text))
            return wrong(e, p, "This is too long, or not UTF-8.");
        return p->type == VIEW_KEY ? read_key(c, v, e) : ERR_OK;
    }
}

static int read_param(struct view_call *c, const struct view_param *p, struct value *v,
                      struct err *e)
{
    struct span text = view_is_given(p->type) ? c->from->given(c->from->arg, p->name) : SPAN_NONE;

    v->given = text.n > 0;
    if (!v->given && p->required)
        return wrong(e, p, "This is missing.");
    if (p->type == VIEW_LIMIT)
        v->integer = p->max;
    if (!v->given)
        return ERR_OK;
    v->text = arena_span(&c->mem, text);
    return v->text.p != NULL ? read_given(c, p, v, e) : no_memory(e);
}

static void bind(const struct view_call *c, const struct view_param *p, const struct value *v,
                 struct db_row *r, int at)
{
    const struct actor *who = c->from->who;

    switch (p->type) {
    case VIEW_MY_NAME:
        db_text(r, at, who->name);
        return;
    case VIEW_MY_AGENCY:
        if (view_agency(who) != 0)
            db_int(r, at, view_agency(who));
        return;
    case VIEW_NOW:
        db_int(r, at, c->from->now_ns);
        return;
    case VIEW_TEXT:
    case VIEW_KEY:
    case VIEW_CHOICE:
        if (v->given)
            db_text(r, at, v->text);
        return;
    default:
        if (v->given || p->type == VIEW_LIMIT)
            db_int(r, at, v->integer);
    }
}

/* --- rows ----------------------------------------------------------------------------------- */

static void put_time(struct buf *out, int64_t ns)
{
    uint8_t room[TIME_TEXT_MAX];

    put_json_text(out, (struct span){ room, time_put(room, ns) });
}

static void put_integer(struct buf *out, int64_t n)
{
    uint8_t room[24];

    buf_add(out, (struct span){ room, num_put_i64(room, n) });
}

static void put_value(struct buf *out, enum view_column_type type, struct db_row *r, int at)
{
    switch (type) {
    case VIEW_AS_INTEGER:
    case VIEW_AS_SECONDS:
        put_integer(out, db_get_int(r, at));
        return;
    case VIEW_AS_TIME:
        put_time(out, db_get_int(r, at));
        return;
    case VIEW_AS_LEVEL: {
        int64_t l = db_get_int(r, at);

        put_json_text(out, span_of(level_name(l < 0 || l > LEVEL_CRITICAL ? LEVEL_NONE
                                                                          : (enum sigma_level)l)));
        return;
    }
    case VIEW_AS_FLAG:
        buf_text(out, db_get_int(r, at) != 0 ? "true" : "false");
        return;
    case VIEW_AS_JSON:
        buf_add(out, db_get_text(r, at));
        return;
    default:
        put_json_text(out, db_get_text(r, at));
    }
}

/* What there is not is left out. */
static void put_object(struct buf *out, const struct view_column *column, struct db_row *r)
{
    uint8_t before = '{';

    for (int i = 0; i < (int)VIEW_COLUMNS_MAX && column[i].name != NULL; i++) {
        if (db_get_null(r, i))
            continue;
        buf_byte(out, before);
        buf_byte(out, '"');
        buf_text(out, column[i].name); /* of 40,000 columns of a large view: no buf_fmt() */
        buf_text(out, "\":");
        put_value(out, view_as(&column[i]), r, i);
        before = ',';
    }
    buf_text(out, before == '{' ? "{}" : "}");
}

/* A cell is what JSON has, without the quotes. */
static void put_cells(struct buf *out, const struct view_column *column, struct db_row *r)
{
    uint8_t room[TIME_TEXT_MAX];

    for (int i = 0; i < (int)VIEW_COLUMNS_MAX && column[i].name != NULL; i++) {
        enum view_column_type type;

        if (i > 0)
            buf_byte(out, ',');
        if (db_get_null(r, i))
            continue;
        type = view_as(&column[i]);
        if (type == VIEW_AS_TIME)
            put_csv_text(out, (struct span){ room, time_put(room, db_get_int(r, i)) });
        else if (type == VIEW_AS_TEXT || type == VIEW_AS_JSON)
            put_csv_text(out, db_get_text(r, i));
        else
            put_value(out, type, r, i);
    }
    buf_text(out, "\r\n");
}

static void put_names(struct buf *out, const struct view_column *column)
{
    for (size_t i = 0; i < VIEW_COLUMNS_MAX && column[i].name != NULL; i++)
        buf_fmt(out, "%s%s", i > 0 ? "," : "", column[i].name);
    buf_text(out, "\r\n");
}

static int put_rows(struct db *reader, const struct view_call *c, struct db_row *r, struct buf *out,
                    struct err *e)
{
    const struct view_column *column = c->from->row->column;
    enum view_format format = c->from->format;
    bool any = false;
    int rc;

    if (format == VIEW_CSV)
        put_names(out, column);
    else if (format == VIEW_JSON)
        buf_byte(out, '[');
    while ((rc = db_next(reader, r, e)) == 1 && !buf_failed(out)) {
        if (format == VIEW_CSV) {
            put_cells(out, column, r);
            continue;
        }
        buf_text(out, format == VIEW_JSON && any ? "," : "");
        put_object(out, column, r);
        buf_text(out, format == VIEW_NDJSON ? "\n" : "");
        any = true;
    }
    db_end(r);
    if (format == VIEW_JSON)
        buf_text(out, "]\n");
    return rc < 0 ? rc : ERR_OK;
}

static int put_view(struct db *reader, struct view_call *c, struct buf *out, struct err *e)
{
    const struct view_row *row = c->from->row;
    struct db_row *r;
    size_t i = 0;

    for (; i < VIEW_PARAMS_MAX && row->param[i].name != NULL; i++) {
        int rc = read_param(c, &row->param[i], &c->value[i], e);

        if (rc != ERR_OK)
            return rc;
    }
    r = db_use(reader, row->choose != NULL ? row->choose(c) : row->statement);
    while (i-- > 0)
        bind(c, &row->param[i], &c->value[i], r, (int)i + 1);
    return put_rows(reader, c, r, out, e);
}

int view_put(struct db *reader, const struct view_from *from, struct buf *out, struct err *e)
{
    struct view_call c = { .from = from };
    int rc;

    if ((from->row->roles & from->who->roles) == 0)
        return err_set(e, ERR_DENIED, 0, "Who asks may not see %s.", from->row->name);
    arena_init(&c.mem, (size_t)1 << 20);
    rc = put_view(reader, &c, out, e);
    arena_release(&c.mem);
    return rc;
}
