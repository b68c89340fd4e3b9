/*
 * set.c - the act that writes down who reports: only what is named is changed.
 *
 * What was given is read as a cell of a table would be (sheet/columns.h), so that an address or a
 * number is one here as it is in the registers.
 */
#include "house/house.h"

#include "base/arena.h"
#include "scan/put.h"
#include "sheet/columns.h"

#define MEMORY_BYTES ((size_t)1 << 20)
#define LINES_BYTES  ((size_t)1 << 16)

const struct act_kind house_kind = { "house", DB_HOUSE_STATE, DB_HOUSE_STATE_PUT };

#define TYPE_TABLE(X)                                                                              \
    X(TEXT, TEXT)                                                                                  \
    X(EMAIL, EMAIL)                                                                                \
    X(PHONE, PHONE)                                                                                \
    X(SYMBOL, TEXT)                                                                                \
    X(LINES, TEXT)                                                                                 \
    X(BEHALF, TEXT)

enum type {
#define X(id, column) TYPE_##id,
    TYPE_TABLE(X)
#undef X
};

enum {
#define X(id, column) COLUMN_OF_##id = COLUMN_##column,
    TYPE_TABLE(X)
#undef X
};

static const struct column columns[HOUSE_FIELDS] = {
#define X(name_, type_, max_, help_)                                                               \
    { .name = #name_, .type = (enum column_type)COLUMN_OF_##type_, .max = max_ },
    HOUSE_FIELD_TABLE(X)
#undef X
};

static const enum type types[HOUSE_FIELDS] = {
#define X(name, type, max, help) TYPE_##type,
    HOUSE_FIELD_TABLE(X)
#undef X
};

static const char *const names[HOUSE_FIELDS + 1] = {
#define X(name, type, max, help) #name,
    HOUSE_FIELD_TABLE(X)
#undef X
        NULL
};

/* --- values --------------------------------------------------------------------------------- */

/* One text, clean, in *out (in `mem`). */
static int read_one(const struct column *c, struct span text, struct arena *mem, struct span *out,
                    struct err *e)
{
    const struct cell cell = { .kind = CELL_TEXT, .text = text };
    struct fault_words words;
    struct value v = { 0 };
    enum fault f = value_read(c, &cell, mem, &v, &words);
    struct buf why;

    if (arena_failed(mem))
        return act_no_memory(e);
    *out = v.text;
    if (f == FAULT_NONE)
        return ERR_OK;
    buf_init(&why, 1024);
    fault_put(&why, f, &words, FORM_EN);
    (void)err_set(e, ERR_USAGE, 0, "%s: %.*s", c->name, SPAN_ARG(buf_span(&why)));
    buf_release(&why);
    return ERR_USAGE;
}

static int check_symbol(const struct column *c, struct span s, struct err *e)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == ' ' || s.p[i] == '/')
            return err_set(e, ERR_USAGE, 0, "%s: A symbol has no blanks and no /.", c->name);
    }
    return ERR_OK;
}

/* "KT. Giám đốc" */
static int check_behalf(const struct column *c, struct span s, struct err *e)
{
    static const char *const signs[] = {
#define X(sign, vi) sign,
        HOUSE_BEHALF_TABLE(X)
#undef X
    };

    for (size_t i = 0; i < COUNT_OF(signs); i++) {
        if (span_starts(s, span_of(signs[i])) && s.n > strlen(signs[i]) + 1 &&
            s.p[strlen(signs[i])] == ' ')
            return ERR_OK;
    }
    return err_set(e, ERR_USAGE, 0,
                   "%s: Each line begins with TM., KT., TL. or TUQ. and says whom.", c->name);
}

static int put_lines(enum house_field f, struct span text, struct arena *mem, struct buf *out,
                     struct err *e)
{
    size_t count = 0;

    buf_byte(out, '[');
    while (text.n > 0) {
        size_t n = span_find(text, '\n');
        struct span line = span_trim((struct span){ text.p, n });
        int rc = ERR_OK;

        text = span_from(text, n < text.n ? n + 1 : n);
        if (line.n == 0)
            continue;
        if (count++ == HOUSE_LINES_MAX)
            return err_set(e, ERR_USAGE, 0, "%s: There are more than %u lines.", names[f],
                           HOUSE_LINES_MAX);
        rc = read_one(&columns[f], line, mem, &line, e);
        if (rc == ERR_OK && types[f] == TYPE_BEHALF)
            rc = check_behalf(&columns[f], line, e);
        if (rc != ERR_OK)
            return rc;
        buf_text(out, count > 1 ? "," : "");
        put_json_text(out, line);
    }
    buf_byte(out, ']');
    return buf_failed(out) ? act_no_memory(e) : ERR_OK;
}

/* As it is kept, in `mem`. */
static int read_field(struct act_call *c, enum house_field f, struct arena *mem, struct span *out,
                      struct err *e)
{
    struct span text = act_text(c, names[f]);
    struct buf lines;
    int rc;

    if (types[f] != TYPE_LINES && types[f] != TYPE_BEHALF) {
        rc = read_one(&columns[f], text, mem, out, e);
        return rc == ERR_OK && types[f] == TYPE_SYMBOL ? check_symbol(&columns[f], *out, e) : rc;
    }
    buf_init(&lines, LINES_BYTES);
    rc = put_lines(f, text, mem, &lines, e);
    if (rc == ERR_OK) {
        *out = arena_span(mem, buf_span(&lines));
        rc = out->p != NULL ? ERR_OK : act_no_memory(e);
    }
    buf_release(&lines);
    return rc;
}

/* --- the act -------------------------------------------------------------------------------- */

static bool is_cleared(struct act_call *c, enum house_field f)
{
    for (size_t i = 0; i < act_count(c, "clear"); i++) {
        if (span_eq(act_member(c, "clear", i, NULL), span_of(names[f])))
            return true;
    }
    return false;
}

/* Bound in the order of the fields: NULL leaves what is there, an empty text takes it away. */
static int put_fields(struct act_call *c, struct arena *mem, struct err *e)
{
    struct span value[HOUSE_FIELDS] = { { NULL, 0 } };
    struct db_row *r;
    int rc = ERR_OK;

    for (int f = 0; f < HOUSE_FIELDS && rc == ERR_OK; f++) {
        bool cleared = is_cleared(c, (enum house_field)f);

        if (cleared && act_has(c, names[f]))
            rc = err_set(e, ERR_USAGE, 0, "clear: %s is given, too.", names[f]);
        else if (act_has(c, names[f]))
            rc = read_field(c, (enum house_field)f, mem, &value[f], e);
        else if (cleared)
            value[f] = SPAN_LIT("");
    }
    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_HOUSE_PUT);
    for (int f = 0; f < HOUSE_FIELDS; f++) {
        if (value[f].p != NULL)
            db_text(r, f + 1, value[f]);
    }
    return db_run(c->db, r, e);
}

/* Who signs for somebody has an office of his own: KT. GIÁM ĐỐC / PHÓ GIÁM ĐỐC. */
static int check_signer(struct act_call *c, struct err *e)
{
    struct db_row *r = db_use(c->db, DB_HOUSE_SIGNER);
    int rc = db_next(c->db, r, e);
    bool good = rc == 1 && (db_get_null(r, 1) || !db_get_null(r, 0));

    db_end(r);
    if (rc < 0)
        return rc;
    return good ? ERR_OK
                : err_set(e, ERR_USAGE, 0,
                          "signer_title: Who signs for another has an office of his own.");
}

static int set(struct act_call *c, struct err *e)
{
    struct arena mem;
    size_t named = act_count(c, "clear");
    int rc;

    for (int f = 0; f < HOUSE_FIELDS; f++)
        named += act_has(c, names[f]);
    if (named == 0)
        return err_set(e, ERR_USAGE, 0, "name: Nothing is given that shall be changed.");
    rc = act_changes(c, &house_kind, 1, e);
    arena_init(&mem, MEMORY_BYTES);
    if (rc == ERR_OK)
        rc = put_fields(c, &mem, e);
    if (rc == ERR_OK)
        rc = check_signer(c, e);
    arena_release(&mem);
    return rc;
}

/* --- rows ----------------------------------------------------------------------------------- */

#define PARAM_BYTES_TEXT(max)   (4 * (max))
#define PARAM_BYTES_EMAIL       PARAM_BYTES_TEXT
#define PARAM_BYTES_PHONE       PARAM_BYTES_TEXT
#define PARAM_BYTES_SYMBOL      PARAM_BYTES_TEXT
#define PARAM_BYTES_LINES(max)  10000
#define PARAM_BYTES_BEHALF(max) PARAM_BYTES_LINES(max)

const struct act_row house_acts[] = {
    { "house.set",
      ROLE_BIT(ADMINISTRATOR),
      "Write down whose documents are printed and who signs them; what is not named stays.",
      set,
      {
#define X(name, type, max, help) { #name, ACT_TEXT, false, PARAM_BYTES_##type(max), NULL, help },
          HOUSE_FIELD_TABLE(X)
#undef X
              { "clear", ACT_CHOICES, false, 0, names, "fields that shall be empty" },
      } },
};
