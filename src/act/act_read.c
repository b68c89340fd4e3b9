/*
 * act_read.c - parameters of an act out of JSON: every name known, every value of its type and
 * within its bounds.
 */
#include "act/act_own.h"

#include <sodium.h>
#include <utf8proc.h>

#include "base/time.h"

int act_no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory for this act.");
}

static int wrong(struct err *e, const struct act_param *p, const char *what)
{
    return err_set(e, ERR_USAGE, 0, "%s: %s", p->name, what);
}

/* --- texts ---------------------------------------------------------------------------------- */

/* A control character other than newline and tab, one that turns the direction of writing, or none
 * at all. */
static bool is_odd(utf8proc_int32_t c)
{
    return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7F && c <= 0x9F) || c == 0x200E ||
           c == 0x200F || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) ||
           c == 0xFEFF;
}

static bool has_odd(const uint8_t *p, size_t n)
{
    utf8proc_int32_t c;
    utf8proc_ssize_t used;

    for (size_t at = 0; at < n; at += (size_t)used) {
        used = utf8proc_iterate(p + at, (utf8proc_ssize_t)(n - at), &c);
        if (used <= 0 || is_odd(c))
            return true;
    }
    return false;
}

static int read_text(struct act_own *o, const struct act_param *p, const json_t *v, bool empty,
                     struct span *out, struct err *e)
{
    size_t max = p->max > 0 && p->max < (int64_t)ACT_TEXT_MAX ? (size_t)p->max : ACT_TEXT_MAX;
    struct span in = { (const uint8_t *)json_string_value(v), json_string_length(v) };
    utf8proc_uint8_t *nfc = NULL;
    utf8proc_ssize_t n;

    if (!json_is_string(v))
        return wrong(e, p, "This is not a text.");
    if (in.n > ACT_TEXT_MAX || in.n > 4 * max)
        return wrong(e, p, "This is too long.");
    if (has_odd(in.p, in.n))
        return wrong(e, p, "There are control characters in it.");
    n = utf8proc_map(in.p, (utf8proc_ssize_t)in.n, &nfc, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    if (n < 0)
        return act_no_memory(e);
    *out = arena_span(&o->mem, span_trim((struct span){ nfc, (size_t)n }));
    free(nfc);
    if (out->p == NULL)
        return act_no_memory(e);
    if (out->n == 0 && !empty)
        return wrong(e, p, "This is empty.");
    return out->n <= max ? ERR_OK : wrong(e, p, "This is too long.");
}

static int read_secret(struct act_own *o, const struct act_param *p, const json_t *v,
                       struct act_value *to, struct err *e)
{
    size_t n = json_string_length(v);

    if (!json_is_string(v) || n == 0)
        return wrong(e, p, "This is missing.");
    if (n > (size_t)p->max)
        return wrong(e, p, "This is too long.");
    to->text = arena_span(&o->mem, (struct span){ (const uint8_t *)json_string_value(v), n });
    return to->text.p != NULL ? ERR_OK : act_no_memory(e);
}

static int read_choice(const struct act_param *p, const json_t *v, struct span *out, struct err *e)
{
    const char *text = json_string_value(v);

    for (size_t i = 0; text != NULL && p->choice[i] != NULL; i++) {
        if (strcmp(text, p->choice[i]) == 0) {
            *out = span_of(p->choice[i]);
            return ERR_OK;
        }
    }
    return wrong(e, p, "This is none of the values there are.");
}

static int read_choices(struct act_own *o, const struct act_param *p, const json_t *v,
                        struct act_value *to, struct err *e)
{
    size_t count = json_array_size(v);

    to->pair = arena_array(&o->mem, count + 1, sizeof(*to->pair));
    if (to->pair == NULL)
        return act_no_memory(e);
    for (size_t i = 0; i < count; i++) {
        struct span text;
        int rc = read_choice(p, json_array_get(v, i), &text, e);

        for (size_t k = 0; rc == ERR_OK && k < to->count; k++)
            rc = span_eq(to->pair[k].text, text) ? wrong(e, p, "A value is there twice.") : ERR_OK;
        if (rc != ERR_OK)
            return rc;
        to->pair[to->count++] = (struct act_pair){ SPAN_NONE, text };
    }
    return count > 0 ? ERR_OK : wrong(e, p, "This is a list of at least one value.");
}

static int read_fields(struct act_own *o, const struct act_param *p, json_t *v,
                       struct act_value *to, struct err *e)
{
    const char *key;
    json_t *member;

    if (!json_is_object(v))
        return wrong(e, p, "This is no object of texts.");
    to->pair = arena_array(&o->mem, json_object_size(v) + 1, sizeof(*to->pair));
    if (to->pair == NULL)
        return act_no_memory(e);
    json_object_foreach(v, key, member)
    {
        struct act_pair *pair = &to->pair[to->count++];
        int rc = read_text(o, p, member, true, &pair->text, e);

        if (rc != ERR_OK)
            return rc;
        pair->key = arena_span(&o->mem, span_of(key));
        if (pair->key.p == NULL)
            return act_no_memory(e);
    }
    return ERR_OK;
}

static int read_file(struct act_own *o, const struct act_param *p, const json_t *v,
                     struct act_value *to, struct err *e)
{
    size_t n = json_string_length(v), room = n / 4 * 3 + 3, got = 0;
    uint8_t *bytes;

    if (!json_is_string(v) || n == 0)
        return wrong(e, p, "This is no file.");
    if (room > (size_t)p->max + 3)
        return wrong(e, p, "The file is too large.");
    bytes = arena_alloc(&o->mem, room);
    if (bytes == NULL)
        return act_no_memory(e);
    if (sodium_base642bin(bytes, room, json_string_value(v), n, NULL, &got, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        got == 0)
        return wrong(e, p, "This is not base64.");
    to->text = (struct span){ bytes, got };
    return ERR_OK;
}

/* --- numbers -------------------------------------------------------------------------------- */

static int read_integer(const struct act_param *p, const json_t *v, int64_t least, int64_t most,
                        int64_t *out, struct err *e)
{
    *out = json_integer_value(v);
    if (!json_is_integer(v) || *out < least || *out > most)
        return err_set(e, ERR_USAGE, 0, "%s: This is no number from %lld to %lld.", p->name,
                       (long long)least, (long long)most);
    return ERR_OK;
}

static int read_ids(struct act_own *o, const struct act_param *p, const json_t *v,
                    struct act_value *to, struct err *e)
{
    size_t count = json_array_size(v);

    if (count == 0 || count > ACT_IDS_MAX)
        return err_set(e, ERR_USAGE, 0, "%s: This is no list of 1 to %u numbers.", p->name,
                       ACT_IDS_MAX);
    to->ids = arena_array(&o->mem, count, sizeof(*to->ids));
    if (to->ids == NULL)
        return act_no_memory(e);
    for (; to->count < count; to->count++) {
        int64_t *id = &to->ids[to->count];
        int rc = read_integer(p, json_array_get(v, to->count), 1, INT64_MAX, id, e);

        for (size_t k = 0; rc == ERR_OK && k < to->count; k++)
            rc = to->ids[k] == *id ? wrong(e, p, "A number is there twice.") : ERR_OK;
        if (rc != ERR_OK)
            return rc;
    }
    return ERR_OK;
}

static int read_time(const struct act_param *p, const json_t *v, int64_t *out, struct err *e)
{
    struct span text = { (const uint8_t *)json_string_value(v), json_string_length(v) };

    if (!json_is_string(v) || !time_parse(text, 0, out) || *out < 0)
        return wrong(e, p, "This is no time as 2026-11-24T08:30:00+07:00.");
    return ERR_OK;
}

/* --- all of them ---------------------------------------------------------------------------- */

static int read_value(struct act_own *o, const struct act_param *p, json_t *v, struct act_value *to,
                      struct err *e)
{
    switch (p->type) {
    case ACT_TEXT:
        return read_text(o, p, v, false, &to->text, e);
    case ACT_SECRET:
        return read_secret(o, p, v, to, e);
    case ACT_ID:
        return read_integer(p, v, 1, INT64_MAX, &to->integer, e);
    case ACT_IDS:
        return read_ids(o, p, v, to, e);
    case ACT_INTEGER:
        return read_integer(p, v, 0, p->max, &to->integer, e);
    case ACT_BOOL:
        to->integer = json_is_true(v);
        return json_is_boolean(v) ? ERR_OK : wrong(e, p, "This is neither true nor false.");
    case ACT_TIME:
        return read_time(p, v, &to->integer, e);
    case ACT_CHOICE:
        return read_choice(p, v, &to->text, e);
    case ACT_CHOICES:
        return read_choices(o, p, v, to, e);
    case ACT_FIELDS:
        return read_fields(o, p, v, to, e);
    default:
        return read_file(o, p, v, to, e);
    }
}

static const struct act_param *param_of(const struct act_row *row, const char *name)
{
    for (const struct act_param *p = row->param; p < row->param + ACT_PARAMS_MAX && p->name != NULL;
         p++) {
        if (strcmp(p->name, name) == 0)
            return p;
    }
    return NULL;
}

/* A null is as good as nothing. */
int act_read(struct act_own *o, const json_t *request, struct err *e)
{
    const struct act_param *p = o->row->param;
    const char *name;
    json_t *v;

    json_object_foreach((json_t *)(uintptr_t)request, name, v)
    {
        if (strcmp(name, "act") != 0 && param_of(o->row, name) == NULL)
            return err_set(e, ERR_USAGE, 0, "%.60s: %s has no such parameter.", name, o->row->name);
    }
    for (size_t i = 0; i < ACT_PARAMS_MAX && p[i].name != NULL; i++) {
        int rc = ERR_OK;

        v = json_object_get(request, p[i].name);
        o->value[i].given = v != NULL && !json_is_null(v);
        if (o->value[i].given)
            rc = read_value(o, &p[i], v, &o->value[i], e);
        else if (p[i].required)
            rc = wrong(e, &p[i], "This is missing.");
        if (rc != ERR_OK)
            return rc;
    }
    return ERR_OK;
}

static json_t *kept(const struct act_param *p, const struct act_value *value, json_t *v)
{
    uint8_t digest[crypto_hash_sha256_BYTES];
    char hex[2 * sizeof(digest) + 1];

    if (p->type == ACT_SECRET)
        return json_null();
    if (p->type != ACT_FILE)
        return json_incref(v);
    (void)crypto_hash_sha256(digest, value->text.p, value->text.n); /* always 0 */
    return json_pack("{s:s,s:I}", "sha256",
                     sodium_bin2hex(hex, sizeof(hex), digest, sizeof(digest)), "bytes",
                     (json_int_t)value->text.n);
}

int act_keep(struct act_own *o, const json_t *request, struct span *text, struct err *e)
{
    const struct act_param *p = o->row->param;
    json_t *keep = json_object();
    bool good = keep != NULL;
    char *dump;

    for (size_t i = 0; i < ACT_PARAMS_MAX && p[i].name != NULL && good; i++) {
        if (o->value[i].given)
            good = json_object_set_new(
                       keep, p[i].name,
                       kept(&p[i], &o->value[i], json_object_get(request, p[i].name))) == 0;
    }
    dump = good ? json_dumps(keep, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    json_decref(keep);
    *text = dump != NULL ? arena_span(&o->mem, span_of(dump)) : SPAN_NONE;
    free(dump);
    return text->p != NULL ? ERR_OK : act_no_memory(e);
}
