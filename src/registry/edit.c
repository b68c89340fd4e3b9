/*
 * edit.c - one thing that is made or changed: what was, what shall be, checked whole and put.
 */
#include "registry/registry_own.h"

#include <stdio.h>

#include "base/num.h"
#include "base/time.h"
#include "base/utf.h"
#include "query/query.h"

#define EDIT_BYTES  ((size_t)1 << 20)
#define SHOWN_BYTES 100u /* of a value in what is said of it */

static const struct {
    enum err_code code;
    const char *text[FORM_LANGUAGES];
} wrongs[] = {
#define X(id, code, vi, en) { ERR_##code, { vi, en } },
    WRONG_TABLE(X)
#undef X
};

int edit_no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory for the register.");
}

void edit_init(struct edit *x, const struct thing *t, struct db *db, int64_t now_ns)
{
    struct time_parts p;

    *x = (struct edit){ .thing = t, .db = db, .now_ns = now_ns };
    MUST(t->form->column_count <= REGISTRY_FIELDS_MAX);
    arena_init(&x->mem, EDIT_BYTES);
    time_split(now_ns + QUERY_VIETNAM_S * TIME_SECOND, &p);
    registry_day(&p, x->today);
}

void registry_day(const struct time_parts *p, char out[REGISTRY_DAY_MAX + 1])
{
    char text[48];

    MUST(p->year >= 0 && p->year <= 9999);
    (void)snprintf(text, sizeof(text), "%04d-%02u-%02u", p->year, p->month, p->day); /* it fits */
    memcpy(out, text, REGISTRY_DAY_MAX);
    out[REGISTRY_DAY_MAX] = '\0';
}

void edit_release(struct edit *x)
{
    arena_release(&x->mem);
}

/* --- what is wrong ---------------------------------------------------------------------------- */

static void put_words(char *out, size_t room, const char *text, struct span first,
                      struct span second)
{
    struct buf b;

    buf_init(&b, room - 1);
    for (; *text != '\0'; text++) {
        if (text[0] == '$' && (text[1] == '1' || text[1] == '2')) {
            buf_add(&b, utf8_cut(*++text == '1' ? first : second, SHOWN_BYTES));
            continue;
        }
        buf_byte(&b, (uint8_t)*text);
    }
    memcpy(out, b.p != NULL ? (const char *)b.p : "", b.n);
    out[b.n] = '\0';
    buf_release(&b);
}

int edit_wrong(struct edit *x, uint32_t field, enum wrong w, struct span first, struct span second,
               struct err *e)
{
    MUST(w < WRONGS && field < x->thing->form->column_count);
    x->is_wrong = true;
    x->wrong.field = field;
    for (int l = 0; l < FORM_LANGUAGES; l++)
        put_words(x->wrong.text[l], sizeof(x->wrong.text[l]), wrongs[w].text[l], first, second);
    return err_set(e, wrongs[w].code, 0, "%s: %s", x->thing->form->columns[field].name,
                   x->wrong.text[FORM_EN]);
}

struct span edit_number(struct edit *x, int64_t n)
{
    uint8_t text[24];

    return arena_span(&x->mem, (struct span){ text, num_put_i64(text, n) });
}

/* --- the row ---------------------------------------------------------------------------------- */

static bool is_number(enum field_type t)
{
    return t == FIELD_FLAG || t == FIELD_LEVEL || t == FIELD_COUNT || t == FIELD_AGENCY ||
           t == FIELD_SYSTEM;
}

static int take_row(struct edit *x, struct db_row *r, struct err *e)
{
    for (uint32_t i = 0; i < x->thing->form->column_count; i++) {
        struct kept *v = &x->old[i];

        *v = (struct kept){ .is = !db_get_null(r, (int)i), .number = is_number(x->thing->type[i]) };
        if (v->is && v->number)
            v->n = db_get_int(r, (int)i);
        else if (v->is)
            v->text = arena_span(&x->mem, db_get_text(r, (int)i));
        x->value[i] = *v;
    }
    return arena_failed(&x->mem) ? edit_no_memory(e) : ERR_OK;
}

int edit_load(struct edit *x, int64_t id, struct err *e)
{
    struct db_row *r;
    int rc = act_find_row(x->db, x->thing->load, x->thing->kind, id, &r, e);

    if (rc != ERR_OK)
        return rc;
    x->id = id;
    rc = take_row(x, r, e);
    db_end(r);
    return rc;
}

static void bind(struct db_row *r, int at, const struct kept *v)
{
    if (!v->is)
        db_null(r, at);
    else if (v->number)
        db_int(r, at, v->n);
    else
        db_text(r, at, v->text);
}

int edit_find(struct edit *x, int64_t *id, struct err *e)
{
    struct db_row *r = db_use(x->db, x->thing->find);
    int rc;

    *id = 0;
    for (uint32_t k = 0; k < x->thing->keys; k++)
        bind(r, (int)k + 1, &x->value[x->thing->key[k]]);
    rc = db_next(x->db, r, e);
    if (rc == 1)
        *id = db_get_int(r, 0);
    db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

bool edit_is_new(const struct edit *x, uint32_t field)
{
    const struct kept *was = &x->old[field], *now = &x->value[field];

    return was->is != now->is ||
           (now->is && (now->number ? was->n != now->n : !span_eq(was->text, now->text)));
}

bool edit_is_changed(const struct edit *x)
{
    for (uint32_t i = 0; i < x->thing->form->column_count; i++) {
        if (i != x->thing->aside && edit_is_new(x, i))
            return true;
    }
    return false;
}

/* What there must be is there, and no other thing has its key. */
static int check_keys(struct edit *x, struct err *e)
{
    const struct thing *t = x->thing;
    uint32_t last = t->key[t->keys - 1];
    bool is_new = false;
    int64_t id;
    int rc;

    for (uint32_t i = 0; i < t->form->column_count; i++) {
        if (t->form->columns[i].required && !x->value[i].is)
            return edit_wrong(x, i, WRONG_MISSING, SPAN_NONE, SPAN_NONE, e);
    }
    for (uint32_t k = 0; k < t->keys; k++)
        is_new = is_new || edit_is_new(x, t->key[k]);
    if (!is_new)
        return ERR_OK;
    rc = edit_find(x, &id, e);
    if (rc == ERR_OK && id != 0 && id != x->id)
        rc = edit_wrong(x, last, WRONG_TAKEN, x->value[last].text, edit_number(x, id), e);
    return rc;
}

int edit_put(struct edit *x, struct err *e)
{
    struct db_row *r;
    int rc = check_keys(x, e);

    if (rc == ERR_OK)
        rc = x->thing->check(x, e);
    if (rc != ERR_OK)
        return rc;
    r = db_use(x->db, x->thing->put);
    if (x->id != 0)
        db_int(r, 1, x->id);
    for (uint32_t i = 0; i < x->thing->form->column_count; i++)
        bind(r, (int)i + 2, &x->value[i]);
    rc = db_run(x->db, r, e);
    if (rc == ERR_OK && x->id == 0)
        x->id = db_key(x->db);
    return rc == ERR_OK && x->thing->behind != NULL ? x->thing->behind(x, e) : rc;
}
