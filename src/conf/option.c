/*
 * option.c - the reader of option tables.
 */
#include "conf/option.h"

#include "base/num.h"

static int set_number(const struct option_row *r, const char *text, void *at, struct err *e)
{
    uint64_t v;

    if (!num_u64(span_of(text), r->max, &v) || v < r->min)
        return err_set(e, ERR_USAGE, 0, "--%s takes a number from %llu to %llu, not '%.60s'",
                       r->name, (unsigned long long)r->min, (unsigned long long)r->max, text);
    *(uint64_t *)at = v;
    return ERR_OK;
}

static int set_choice(const struct option_row *r, const char *text, void *at, struct err *e)
{
    struct span rest = span_of(r->arg), want = span_of(text);

    for (int i = 0;; i++) {
        size_t n = span_find(rest, '|');

        if (span_eq((struct span){ rest.p, n }, want)) {
            *(int *)at = i;
            return ERR_OK;
        }
        if (n == rest.n)
            break;
        rest = span_from(rest, n + 1);
    }
    return err_set(e, ERR_USAGE, 0, "--%s takes one of %s, not '%.60s'", r->name, r->arg, text);
}

static int set_list(const struct option_row *r, const char *text, void *at, struct err *e)
{
    struct option_list *l = at;

    if (l->count == OPTION_LIST_MAX)
        return err_set(e, ERR_USAGE, 0, "--%s is given more than %u times", r->name,
                       OPTION_LIST_MAX);
    l->value[l->count++] = text;
    return ERR_OK;
}

static int set_value(const struct option_row *r, const char *text, void *settings, struct err *e)
{
    void *at = (uint8_t *)settings + r->offset;

    switch (r->type) {
    case OPTION_FLAG:
        *(bool *)at = true;
        return ERR_OK;
    case OPTION_TEXT:
        *(const char **)at = text;
        return ERR_OK;
    case OPTION_LIST:
        return set_list(r, text, at, e);
    case OPTION_NUMBER:
        return set_number(r, text, at, e);
    case OPTION_CHOICE:
        return set_choice(r, text, at, e);
    }
    return ERR_OK;
}

static const struct option_row *find_row(const struct option_row *rows, size_t row_count,
                                         struct span name)
{
    for (size_t i = 0; i < row_count; i++) {
        if (span_eq(span_of(rows[i].name), name))
            return &rows[i];
    }
    return NULL;
}

static int set_defaults(const struct option_row *rows, size_t row_count, void *settings,
                        struct err *e)
{
    for (size_t i = 0; i < row_count; i++) {
        if (rows[i].initial != NULL && rows[i].type != OPTION_FLAG) {
            int rc = set_value(&rows[i], rows[i].initial, settings, e);

            if (rc != ERR_OK)
                return rc;
        }
    }
    return ERR_OK;
}

/* One option at argv[*i]; *i ends on its last word. */
static int parse_one(const struct option_row *rows, size_t row_count, void *settings, int argc,
                     char **argv, int *i, struct err *e)
{
    struct span word = span_of(argv[*i] + 2);
    size_t eq = span_find(word, '=');
    const struct option_row *r = find_row(rows, row_count, (struct span){ word.p, eq });
    const char *value = eq < word.n ? argv[*i] + 2 + eq + 1 : NULL;

    if (r == NULL)
        return err_set(e, ERR_USAGE, 0, "there is no option %.80s", argv[*i]);
    if (r->type == OPTION_FLAG && value != NULL)
        return err_set(e, ERR_USAGE, 0, "--%s takes no value", r->name);
    if (r->type != OPTION_FLAG && value == NULL) {
        if (*i + 1 >= argc)
            return err_set(e, ERR_USAGE, 0, "--%s needs a value: %s", r->name, r->arg);
        value = argv[++*i];
    }
    return set_value(r, value, settings, e);
}

int option_parse(const struct option_row *rows, size_t row_count, void *settings, int argc,
                 char **argv, int *operands, bool *help, struct err *e)
{
    bool only_operands = false;
    int rc = set_defaults(rows, row_count, settings, e);

    *operands = 0;
    *help = false;
    for (int i = 0; i < argc && rc == ERR_OK; i++) {
        if (only_operands || argv[i][0] != '-' || argv[i][1] == 0) {
            argv[(*operands)++] = argv[i];
        } else if (strcmp(argv[i], "--") == 0) {
            only_operands = true;
        } else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            *help = true;
            return ERR_OK;
        } else if (argv[i][1] != '-') {
            rc = err_set(e, ERR_USAGE, 0, "there is no option %.80s", argv[i]);
        } else {
            rc = parse_one(rows, row_count, settings, argc, argv, &i, e);
        }
    }
    return rc;
}

void option_help(const struct option_row *rows, size_t row_count, const char *usage,
                 const char *what, struct buf *out)
{
    buf_fmt(out, "usage: %s\n\n%s\n", usage, what);
    if (row_count > 0)
        buf_text(out, "\nOptions\n");
    for (size_t i = 0; i < row_count; i++) {
        const struct option_row *r = &rows[i];
        char left[64];
        size_t n = strlen(r->name) + (r->arg != NULL ? strlen(r->arg) + 1 : 0);

        if (n + 3 > sizeof(left))
            n = sizeof(left) - 3;
        buf_fmt(out, "  --%s%s%s", r->name, r->arg != NULL ? " " : "",
                r->arg != NULL ? r->arg : "");
        if (n < 26) {
            memset(left, ' ', 26 - n);
            buf_add(out, (struct span){ (const uint8_t *)left, 26 - n });
        } else {
            buf_text(out, "\n                              ");
        }
        buf_text(out, r->help);
        if (r->initial != NULL)
            buf_fmt(out, " (default %s)", r->initial);
        buf_byte(out, '\n');
    }
}
