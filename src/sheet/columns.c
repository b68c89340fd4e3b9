/*
 * columns.c - the table of types, names and texts.
 */
#include "sheet/columns.h"

#include <stdlib.h>
#include <utf8proc.h>

#include "base/utf.h"

static const struct {
    const char *title[FORM_LANGUAGES];
    uint32_t width;
} types[] = {
#define X(id, vi, en, width) [COLUMN_##id] = { { vi, en }, width },
    COLUMN_TYPE_TABLE(X)
#undef X
};

const char *column_title(const struct column *c, enum form_language l)
{
    return l == FORM_VI ? c->vi : c->en;
}

const char *choice_title(const struct choice *c, enum form_language l)
{
    return l == FORM_VI ? c->vi : c->en;
}

const char *form_title(const struct form *f, enum form_language l)
{
    return l == FORM_VI ? f->vi : f->en;
}

const char *column_type_title(enum column_type t, enum form_language l)
{
    MUST((unsigned)t < COLUMN_TYPE_COUNT && (unsigned)l < FORM_LANGUAGES);
    return types[t].title[l];
}

uint32_t column_type_width(enum column_type t)
{
    MUST((unsigned)t < COLUMN_TYPE_COUNT);
    return types[t].width;
}

/* --- Texts ----------------------------------------------------------------------------------- */

/* Through utf8proc into `mem`; SPAN_NONE when it fails. */
static struct span mapped(struct arena *mem, struct span s, utf8proc_option_t options)
{
    utf8proc_uint8_t *to = NULL;
    utf8proc_ssize_t n = utf8proc_map(s.p, (utf8proc_ssize_t)s.n, &to, options);
    struct span out = SPAN_NONE;

    if (n == UTF8PROC_ERROR_NOMEM)
        mem->failed = true;
    if (n >= 0)
        out = arena_span(mem, (struct span){ to, (size_t)n });
    free(to);
    return out;
}

struct span fold_name(struct arena *mem, struct span s)
{
    struct span m = mapped(mem, s,
                           UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT |
                               UTF8PROC_STRIPMARK | UTF8PROC_CASEFOLD);
    uint8_t *to = arena_bytes(mem, m.n * 2 + 4);
    size_t n = 0, used;

    for (; to != NULL && m.n > 0; m = span_from(m, used)) {
        uint32_t cp = utf8_get(m, &used);
        utf8proc_category_t c = utf8proc_category((utf8proc_int32_t)cp);

        if (cp == 0x111) /* đ does not decompose */
            cp = 'd';
        if (c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO)
            n += utf8_put(to + n, cp);
        else if (c == UTF8PROC_CATEGORY_ND)
            n += utf8_put(to + n, cp);
    }
    return (struct span){ to, n };
}

static bool is_blank(uint32_t cp)
{
    return cp == ' ' || (cp >= '\t' && cp <= '\r') || cp == 0x85 ||
           utf8proc_category((utf8proc_int32_t)cp) == UTF8PROC_CATEGORY_ZS || cp == 0x2028 ||
           cp == 0x2029;
}

/* What spreadsheets and web pages leave behind and nobody sees. */
static bool is_invisible(uint32_t cp)
{
    return cp == 0x200B || cp == 0x2060 || cp == 0xFEFF || cp == 0xAD;
}

struct span clean_text(struct arena *mem, struct span s)
{
    struct span m = mapped(mem, s, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    uint8_t *to = arena_bytes(mem, m.n + 4);
    size_t n = 0, used;
    bool blank = false;

    for (; to != NULL && m.n > 0; m = span_from(m, used)) {
        uint32_t cp = utf8_get(m, &used);

        if (is_invisible(cp))
            continue;
        if (is_blank(cp)) {
            blank = n > 0;
            continue;
        }
        if (blank)
            to[n++] = ' '; /* a blank was at least one byte */
        blank = false;
        n += utf8_put(to + n, cp);
    }
    return (struct span){ to, n };
}

/* --- Is a form right? ------------------------------------------------------------------------ */

struct names {
    struct arena mem;
    struct span list[FORM_COLUMNS_MAX * 3];
    uint32_t owner[FORM_COLUMNS_MAX * 3];
    uint32_t count;
};

/* False when the name is empty or another thing has it. */
static bool name_add(struct names *all, const char *name, uint32_t owner)
{
    struct span folded = name == NULL ? SPAN_NONE : fold_name(&all->mem, span_of(name));

    if (folded.n == 0 || all->count == COUNT_OF(all->list))
        return false;
    for (uint32_t i = 0; i < all->count; i++) {
        if (all->owner[i] != owner && span_eq(all->list[i], folded))
            return false;
    }
    all->list[all->count] = folded;
    all->owner[all->count++] = owner;
    return true;
}

static const char *choices_wrong(const struct column *c)
{
    struct names all = { .count = 0 };
    const char *why = NULL;

    if ((c->type == COLUMN_CHOICE) != (c->choice_count > 0))
        return "a list where none belongs, or none where one does";
    if (c->choice_count > FORM_COLUMNS_MAX)
        return "the list is too long";
    arena_init(&all.mem, (size_t)1 << 20);
    for (uint32_t i = 0; why == NULL && i < c->choice_count; i++) {
        const struct choice *o = &c->choices[i];

        if (!name_add(&all, o->name, i) || !name_add(&all, o->vi, i) || !name_add(&all, o->en, i))
            why = "two choices have one name, or one has none";
    }
    arena_release(&all.mem);
    return why;
}

static bool is_sheet_name(const char *name)
{
    struct span s = span_of(name);
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        n += (s.p[i] & 0xC0) != 0x80;
        if (memchr("[]:*?/\\'", s.p[i], 8) != NULL)
            return false;
    }
    return n > 0 && n <= 31;
}

bool form_is_right(const struct form *f, const char **why)
{
    struct names all = { .count = 0 };

    *why = NULL;
    if (f->column_count == 0 || f->column_count > FORM_COLUMNS_MAX)
        *why = "no columns, or too many";
    else if (!is_sheet_name(f->vi) || !is_sheet_name(f->en))
        *why = "its title is no name of a sheet";
    arena_init(&all.mem, (size_t)1 << 20);
    for (uint32_t i = 0; *why == NULL && i < f->column_count; i++) {
        const struct column *c = &f->columns[i];

        if (!name_add(&all, c->name, i) || !name_add(&all, c->vi, i) || !name_add(&all, c->en, i))
            *why = "two columns have one name, or one has none";
        else
            *why = choices_wrong(c);
    }
    arena_release(&all.mem);
    return *why == NULL;
}
