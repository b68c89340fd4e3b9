/*
 * act.c - see act.h.
 */
#include "act/act_own.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define DENIED_SPAN_NS INT64_C(60000000000)
#define DENIED_MAX     100u /* lines of that in a span: a flood of them is no record */

struct acts {
    struct acts_from from;
    int64_t denied_since;
    uint32_t denied;
};

const struct act_row *act_at(const struct act_table *t, size_t i)
{
    for (size_t a = 0; a < t->area_count; a++) {
        if (i < t->area[a].count)
            return &t->area[a].row[i];
        i -= t->area[a].count;
    }
    return NULL;
}

bool act_request_put(struct buf *out, const struct act_row *row, struct span sent)
{
    struct span rest = span_trim(sent);

    if (rest.n == 0)
        rest = SPAN_LIT("{}");
    if (rest.p[0] != '{')
        return false;
    rest = span_trim(span_from(rest, 1));
    buf_fmt(out, "{\"act\":\"%s\"%s", row->name, rest.n > 0 && rest.p[0] == '}' ? "" : ",");
    buf_add(out, rest);
    return true;
}

const struct act_row *act_find(const struct act_table *t, struct span name)
{
    const struct act_row *row;

    for (size_t i = 0; (row = act_at(t, i)) != NULL; i++) {
        if (span_eq(span_of(row->name), name))
            return row;
    }
    return NULL;
}

int act_conflict(struct err *e, const char *fmt, ...)
{
    char text[sizeof(e->why)];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args); /* cut when it is too long */
    va_end(args);
    return err_set(e, ERR_CONFLICT, 0, "%s", text);
}

int act_unfinished(struct err *e, int64_t act)
{
    return err_set(e, ERR_CONFLICT, 0, "Act %lld is still being done: try again in a moment.",
                   (long long)act);
}

const struct acts_from *acts_from_of(const struct acts *a)
{
    return &a->from;
}

int acts_new(struct acts **out, const struct acts_from *from, struct err *e)
{
    *out = calloc(1, sizeof(**out));
    if (*out == NULL)
        return act_no_memory(e);
    (*out)->from = *from;
    return ERR_OK;
}

void acts_free(struct acts **a)
{
    free(*a);
    *a = NULL;
}

/* --- parameters ----------------------------------------------------------------------------- */

static const struct act_value *value_of(const struct act_call *c, const char *name)
{
    const struct act_param *p = c->own->row->param;
    size_t i = 0;

    while (i < ACT_PARAMS_MAX && p[i].name != NULL && strcmp(p[i].name, name) != 0)
        i++;
    MUST(i < ACT_PARAMS_MAX && p[i].name != NULL); /* the act's row has it */
    return &c->own->value[i];
}

bool act_has(const struct act_call *c, const char *name)
{
    return value_of(c, name)->given;
}

struct span act_text(const struct act_call *c, const char *name)
{
    return value_of(c, name)->text;
}

int64_t act_int(const struct act_call *c, const char *name)
{
    return value_of(c, name)->integer;
}

const int64_t *act_ids(const struct act_call *c, const char *name, size_t *count)
{
    *count = value_of(c, name)->count;
    return value_of(c, name)->ids;
}

size_t act_count(const struct act_call *c, const char *name)
{
    return value_of(c, name)->count;
}

struct span act_member(const struct act_call *c, const char *name, size_t i, struct span *key)
{
    const struct act_value *v = value_of(c, name);

    MUST(i < v->count && v->pair != NULL);
    if (key != NULL)
        *key = v->pair[i].key;
    return v->pair[i].text;
}

void act_touches_alerts(struct act_call *c)
{
    c->own->touched_alerts = true;
}

/* --- what it is done to --------------------------------------------------------------------- */

static struct act_thing **hash_of(struct act_call *c, int64_t key)
{
    return &c->own->by_hash[(uint64_t)key % ACT_HASHES]; /* numbers of rows: one after the other */
}

static struct act_thing *thing_of(struct act_call *c, const char *kind, int64_t key)
{
    struct act_thing *t = *hash_of(c, key);

    while (t != NULL && (t->key != key || strcmp(t->kind, kind) != 0))
        t = t->same;
    return t;
}

static struct act_thing *add_thing(struct act_call *c, const char *kind, int64_t key)
{
    struct act_thing *t = arena_alloc(&c->own->mem, sizeof(*t));

    if (t == NULL)
        return NULL;
    *t = (struct act_thing){ .kind = kind, .key = key, .same = *hash_of(c, key) };
    *hash_of(c, key) = t;
    if (c->own->last != NULL)
        c->own->last->next = t;
    else
        c->own->first = t;
    c->own->last = t;
    return t;
}

int act_on(struct act_call *c, const char *kind, int64_t key, struct err *e)
{
    return thing_of(c, kind, key) != NULL || add_thing(c, kind, key) != NULL ? ERR_OK
                                                                             : act_no_memory(e);
}

int act_made(struct act_call *c, struct db_row *insert, const char *kind, struct err *e)
{
    int rc = db_run(c->db, insert, e);

    if (rc != ERR_OK)
        return rc;
    buf_fmt(c->answer, ",\"%s\":%lld", kind, (long long)db_key(c->db));
    return act_on(c, kind, db_key(c->db), e);
}

/* Its state, into the act's memory. ERR_NOTFOUND when it is not there. */
static int state_of(struct act_call *c, const struct act_kind *kind, int64_t key, struct span *out,
                    struct err *e)
{
    struct db_row *r;
    int rc = act_find_row(c->db, kind->get, kind->name, key, &r, e);

    if (rc != ERR_OK)
        return rc;
    *out = arena_span(&c->own->mem, db_get_text(r, 0));
    db_end(r);
    return out->p != NULL ? ERR_OK : act_no_memory(e);
}

int act_thing_changes(struct act_call *c, const struct act_kind *kind, int64_t key,
                      const struct act_thing **out, struct err *e)
{
    struct act_thing *t = thing_of(c, kind->name, key);
    struct span was;
    int rc;

    *out = t;
    if (t != NULL && t->changes != NULL)
        return ERR_OK;
    rc = state_of(c, kind, key, &was, e);
    if (rc != ERR_OK)
        return rc;
    *out = t = t != NULL ? t : add_thing(c, kind->name, key);
    if (t == NULL)
        return act_no_memory(e);
    t->changes = kind;
    t->was = was;
    return ERR_OK;
}

int act_changes(struct act_call *c, const struct act_kind *kind, int64_t key, struct err *e)
{
    const struct act_thing *t;

    return act_thing_changes(c, kind, key, &t, e);
}

int act_put_things(struct act_call *c, struct err *e)
{
    for (const struct act_thing *t = c->own->first; t != NULL; t = t->next) {
        struct db_row *r;
        struct span now = SPAN_NONE;
        int rc = t->changes != NULL ? state_of(c, t->changes, t->key, &now, e) : ERR_OK;

        if (rc != ERR_OK)
            return rc;
        r = db_use(c->db, DB_ACT_ON_ADD);
        db_int(r, 1, c->id);
        db_text(r, 2, span_of(t->kind));
        db_int(r, 3, t->key);
        if (t->changes != NULL) {
            db_text(r, 4, t->was);
            db_text(r, 5, now);
        }
        rc = db_run(c->db, r, e);
        if (rc != ERR_OK)
            return rc;
    }
    return ERR_OK;
}

/* --- doing ---------------------------------------------------------------------------------- */

static int put_line(struct act_call *c, const struct actor *who, const char *outcome,
                    int64_t undoes, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_ACT_ADD);
    int rc;

    db_int(r, 1, c->now_ns);
    if (who->user != 0)
        db_int(r, 2, who->user);
    db_text(r, 3, who->name);
    db_text(r, 4, span_of(who->via));
    db_text(r, 5, who->address);
    db_text(r, 6, span_of(c->own->row->name));
    db_text(r, 7, c->own->parameters);
    db_text(r, 8, span_of(outcome));
    if (undoes != 0)
        db_int(r, 9, undoes);
    rc = db_run(c->db, r, e);
    c->id = rc == ERR_OK ? db_key(c->db) : 0;
    return rc;
}

/* One more line of who may not? A flood of them is no record. */
static bool has_room(struct acts *a, int64_t now_ns)
{
    if (now_ns - a->denied_since > DENIED_SPAN_NS || now_ns < a->denied_since) {
        a->denied_since = now_ns;
        a->denied = 0;
    }
    return a->denied++ < DENIED_MAX;
}

static void begin_answer(struct act_call *c)
{
    if (!buf_failed(c->answer))
        c->answer->n = c->own->begin;
    buf_fmt(c->answer, "{\"act\":%lld", (long long)c->id);
}

int act_by(struct act_call *c, const struct actor *who, struct err *e)
{
    int rc = put_line(c, who, "done", 0, e);

    MUST((c->own->row->roles & ROLE_LOGIN) != 0);
    begin_answer(c);
    return rc;
}

int act_refuse(struct act_call *c, const struct actor *who, struct err *e, const char *why)
{
    int rc = has_room(c->own->acts, c->now_ns) ? put_line(c, who, "denied", 0, e) : ERR_OK;

    MUST((c->own->row->roles & ROLE_LOGIN) != 0);
    if (rc != ERR_OK)
        return rc;
    c->own->stays = true;
    return err_set(e, ERR_DENIED, 0, "%s", why);
}

int act_take_back(struct act_call *c, struct err *e)
{
    int64_t id = c->id;
    int rc;

    MUST(id != 0 && c->own->row->fn != act_undo);
    db_rollback(c->db);
    c->own->first = c->own->last = NULL;
    c->own->busy_count = 0;
    memset(c->own->by_hash, 0, sizeof(c->own->by_hash));
    rc = db_begin(c->db, e);
    if (rc == ERR_OK)
        rc = put_line(c, c->who, "done", 0, e);
    MUST(rc != ERR_OK || c->id == id); /* the line that was there was the last */
    return rc;
}

/* All within a transaction. */
static int do_within(struct act_call *c, struct err *e)
{
    struct act_own *o = c->own;
    int64_t undoes = o->row->fn == act_undo ? act_int(c, "undoes") : 0;
    int rc = undoes != 0 ? act_may_undo(c, undoes, e)
                         : ERR_OK; /* before the line is there that says so */

    if (rc == ERR_OK && (o->row->roles & ROLE_LOGIN) == 0)
        rc = put_line(c, c->who, "done", undoes, e);
    begin_answer(c);
    if (rc == ERR_OK)
        rc = o->row->fn(c, e);
#ifdef CANH_BROKEN_HALFACT /* meson_options.txt: what it was done to comes by itself */
    if (rc == ERR_OK)
        rc = db_commit(c->db, e);
    if (rc == ERR_OK)
        rc = db_begin(c->db, e);
#endif
    if (rc == ERR_OK && c->id != 0)
        rc = act_put_things(c, e);
    if (rc == ERR_OK)
        rc = act_put_rest(c, e);
    buf_text(c->answer, "}");
    if (rc == ERR_OK && buf_failed(c->answer))
        rc = act_no_memory(e);
    return rc;
}

static int do_act(struct acts *a, struct act_call *c, struct err *e)
{
    int rc = db_begin(c->db, e), kept = rc;

    if (rc == ERR_OK)
        rc = do_within(c, e);
    if (rc == ERR_OK || c->own->stays)
        kept = db_commit(c->db, e);
    if (kept != ERR_OK)
        rc = kept;
    if (rc != ERR_OK) {
        db_rollback(c->db); /* of nothing, when it stays */
        if (!buf_failed(c->answer))
            c->answer->n = c->own->begin;
    }
    if (c->own->touched_alerts && a->from.changed != NULL)
        a->from.changed(a->from.arg);
    return rc;
}

static int deny(struct acts *a, struct act_call *c, struct err *e)
{
    int rc = ERR_OK;

    if (has_room(a, c->now_ns)) {
        rc = db_begin(c->db, e);
        if (rc == ERR_OK)
            rc = put_line(c, c->who, "denied", 0, e);
        if (rc == ERR_OK)
            rc = db_commit(c->db, e);
        if (rc != ERR_OK)
            db_rollback(c->db);
    }
    return rc != ERR_OK ? rc
                        : err_set(e, ERR_DENIED, 0, "%.*s may not do %s.",
                                  (int)(c->who->name.n < 60 ? c->who->name.n : 60),
                                  (const char *)c->who->name.p, c->own->row->name);
}

static int read_and_do(struct acts *a, struct act_call *c, const json_t *request, struct err *e)
{
    bool may = (c->own->row->roles & c->who->roles) != 0;
    int rc = act_read(c->own, request, e);

    if (rc == ERR_OK)
        rc = act_keep(c->own, request, &c->own->parameters, e);
    if (!may) { /* whatever he asked with */
        if (rc != ERR_OK)
            c->own->parameters = SPAN_LIT("{}");
        return deny(a, c, e);
    }
    return rc == ERR_OK ? do_act(a, c, e) : rc;
}

int acts_do(struct acts *a, const struct actor *who, struct span request, int64_t now_ns,
            struct buf *answer, struct err *e)
{
    struct act_own own = { .table = a->from.table, .acts = a, .begin = answer->n };
    struct act_call c = { a->from.db, who, now_ns, 0, answer, a->from.people, &own, a->from.legal };
    json_error_t fault;
    json_t *json;
    const json_t *name;
    int rc;

    MUST(who->name.n > 0 && !db_in_transaction(a->from.db));
    if (request.n > ACT_REQUEST_MAX)
        return err_set(e, ERR_LIMIT, 0, "The request is too large.");
    json = json_loadb((const char *)request.p, request.n, JSON_REJECT_DUPLICATES, &fault);
    if (json == NULL)
        return err_set(e, ERR_SYNTAX, (size_t)fault.position, "The request is not JSON: %.150s.",
                       fault.text);
    name = json_object_get(json, "act");
    own.row =
        json_is_string(name) ? act_find(a->from.table, span_of(json_string_value(name))) : NULL;
    arena_init(&own.mem, 4 * ACT_REQUEST_MAX);
    rc = own.row != NULL ? read_and_do(a, &c, json, e)
                         : err_set(e, ERR_NOTFOUND, 0, "There is no such act.");
    arena_release(&own.mem);
    json_decref(json);
    return rc;
}
