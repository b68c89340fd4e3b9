/*
 * office.c - canh AREA VERB: the acts and views of a running server, from the same rows as the API.
 *
 *   canh alert list --level high          a view: a table, or JSON, CSV
 *   canh alert close 7 9 --verdict test --reason "a scanner of ours"       an act
 *
 * Words without a name are the numbers of the things it is about.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/num.h"
#include "base/time.h"
#include "cmd/client.h"
#include "cmd/command.h"
#include "cmd/office_ask.h"
#include "cmd/table.h"
#include "office/office.h"
#include "os/file.h"
#include "os/host.h"
#include "scan/put.h"

struct office_options {
    const char *data;
    enum table_form form;
    bool utc;
};

/* --- what there is -------------------------------------------------------------------------- */

/* Is "alert.close" of area "alert"? */
static bool is_of(const char *name, const char *area)
{
    size_t n = strlen(area);

    return strncmp(name, area, n) == 0 && name[n] == '.';
}

static bool is_area(const char *word)
{
    const struct act_row *act;
    const struct view_row *view;

    for (size_t i = 0; (act = act_at(&office_acts, i)) != NULL; i++) {
        if (is_of(act->name, word))
            return true;
    }
    for (size_t i = 0; (view = view_at(&office_views, i)) != NULL; i++) {
        if (is_of(view->name, word))
            return true;
    }
    return false;
}

static void put_verb(struct buf *out, const char *name, const char *help)
{
    buf_fmt(out, "  %-16s %s\n", strchr(name, '.') + 1, help);
}

static int show_area(const char *area, int code)
{
    const struct act_row *act;
    const struct view_row *view;
    struct buf out;

    buf_init(&out, 1 << 20);
    buf_fmt(&out, "usage: canh %s VERB [NUMBER...] [--NAME VALUE...]\n\n", area);
    for (size_t i = 0; (view = view_at(&office_views, i)) != NULL; i++) {
        if (is_of(view->name, area))
            put_verb(&out, view->name, view->help);
    }
    for (size_t i = 0; (act = act_at(&office_acts, i)) != NULL; i++) {
        if (is_of(act->name, area))
            put_verb(&out, act->name, act->help);
    }
    buf_fmt(&out, "\ncanh %s VERB --help tells more.\n", area);
    return command_show(&out) == EXIT_RAN ? code : EXIT_UNUSABLE;
}

/* Rows by number: the acts, then the views. */
static const char *name_at(size_t i)
{
    const struct act_row *act;
    const struct view_row *view;
    size_t acts = 0;

    while ((act = act_at(&office_acts, acts)) != NULL && acts < i)
        acts++;
    if (act != NULL)
        return act->name;
    view = view_at(&office_views, i - acts);
    return view != NULL ? view->name : NULL;
}

void office_show_areas(FILE *to)
{
    const char *name;

    fprintf(to, "\nat the desk of a running server:\n\n ");
    for (size_t i = 0; (name = name_at(i)) != NULL; i++) {
        size_t n = strcspn(name, ".") + 1, before = 0;

        while (before < i && strncmp(name_at(before), name, n) != 0)
            before++;
        if (before == i)
            fprintf(to, " %.*s", (int)n - 1, name);
    }
    fprintf(to, "\n");
}

static void put_param(struct buf *out, const char *name, const char *value, const char *help,
                      const char *const *choice, bool required)
{
    char left[64];

    (void)snprintf(left, sizeof(left), "--%s%s%s", name, value[0] == '[' ? "" : " ", value);
    buf_fmt(out, "  %-24s %s%s", left, help, required ? " (needed)" : "");
    for (size_t i = 0; choice != NULL && choice[i] != NULL; i++)
        buf_fmt(out, "%s%s", i == 0 ? ": " : ", ", choice[i]);
    buf_byte(out, '\n');
}

static const char *const act_values[] = {
    [ACT_TEXT] = "TEXT",     [ACT_SECRET] = "TEXT",   [ACT_ID] = "N",      [ACT_IDS] = "N,N,...",
    [ACT_INTEGER] = "N",     [ACT_BOOL] = "[=false]", [ACT_TIME] = "TIME", [ACT_CHOICE] = "WORD",
    [ACT_CHOICES] = "W,...", [ACT_FIELDS] = "K=V",    [ACT_FILE] = "FILE",
};

static const char *view_value(enum view_param_type t)
{
    return t == VIEW_ID || t == VIEW_INTEGER || t == VIEW_LIMIT ? "N"
           : t == VIEW_TIME                                     ? "TIME"
           : t == VIEW_CHOICE || t == VIEW_LEVEL                ? "WORD"
                                                                : "TEXT";
}

static int show_help(const struct act_row *act, const struct view_row *view)
{
    const char *name = act != NULL ? act->name : view->name;
    struct buf out;

    buf_init(&out, 1 << 20);
    buf_fmt(&out, "usage: canh %.*s %s [OPTIONS]\n\n%s\n\n", (int)strcspn(name, "."), name,
            strchr(name, '.') + 1, act != NULL ? act->help : view->help);
    for (size_t i = 0; act != NULL && i < ACT_PARAMS_MAX && act->param[i].name != NULL; i++)
        put_param(&out, act->param[i].name, act_values[act->param[i].type], act->param[i].help,
                  act->param[i].choice, act->param[i].required);
    for (size_t i = 0; view != NULL && i < VIEW_PARAMS_MAX && view->param[i].name != NULL; i++) {
        const struct view_param *p = &view->param[i];

        if (view_is_given(p->type))
            put_param(&out, p->name, view_value(p->type), p->help, p->choice, p->required);
    }
    buf_fmt(&out,
            "  %-24s table, json or csv\n  %-24s times in UTC (default: UTC+07)\n"
            "  %-24s the server's data folder (default: as canh serve)\n",
            "--format WORD", "--utc", "--data DIR");
    return command_show(&out);
}

/* --- words ---------------------------------------------------------------------------------- */

struct words {
    int argc;
    char **argv;
    int at;
};

/* The next word as name and value; a word without dashes has no name. 1, 0 at the end, or
 * ERR_USAGE. `flag`: names that need no value. */
static int next_word(struct words *w, bool (*flag)(const char *name, void *arg), void *arg,
                     char name[64], const char **value, struct err *e)
{
    const char *word, *equals;
    size_t n;

    if (w->at == w->argc)
        return 0;
    word = w->argv[w->at++];
    name[0] = '\0';
    *value = word;
    if (strncmp(word, "--", 2) != 0)
        return 1;
    equals = strchr(word, '=');
    n = equals != NULL ? (size_t)(equals - word) - 2 : strlen(word) - 2;
    if (n == 0 || n >= 64)
        return err_set(e, ERR_USAGE, 0, "'%.60s' is no option.", word);
    memcpy(name, word + 2, n);
    name[n] = '\0';
    if (equals != NULL) {
        *value = equals + 1;
    } else if (flag(name, arg)) {
        *value = "true";
    } else if (w->at == w->argc) {
        return err_set(e, ERR_USAGE, 0, "--%s needs a value.", name);
    } else {
        *value = w->argv[w->at++];
    }
    return 1;
}

/* An option of all these commands: 1 when it is one. */
static int common(struct office_options *o, const char *name, const char *value, struct err *e)
{
    static const char *const forms[] = { "table", "json", "csv" };

    if (strcmp(name, "data") == 0) {
        o->data = value;
        return 1;
    }
    if (strcmp(name, "utc") == 0) {
        o->utc = true;
        return 1;
    }
    if (strcmp(name, "format") != 0)
        return 0;
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        if (strcmp(forms[i], value) == 0) {
            o->form = (enum table_form)i;
            return 1;
        }
    }
    return err_set(e, ERR_USAGE, 0, "--format is table, json or csv, not '%.60s'.", value);
}

/* --- acts ----------------------------------------------------------------------------------- */

static const struct act_param *act_param(const struct act_row *row, const char *name)
{
    for (size_t i = 0; i < ACT_PARAMS_MAX && row->param[i].name != NULL; i++) {
        if (strcmp(row->param[i].name, name) == 0)
            return &row->param[i];
    }
    return NULL;
}

static bool is_act_flag(const char *name, void *arg)
{
    const struct act_param *p = act_param(arg, name);

    return strcmp(name, "utc") == 0 || (p != NULL && p->type == ACT_BOOL);
}

static json_t *file_of(const char *path, size_t max, struct err *e)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct buf file, text;
    json_t *v = NULL;

    buf_init(&file, max + 65536);
    buf_init(&text, 2 * max + 65536);
    if (file_read(path, max, &file, e) == ERR_OK) {
        for (size_t i = 0; i < file.n; i += 3) {
            size_t left = file.n - i;
            uint32_t three = (uint32_t)file.p[i] << 16 |
                             (uint32_t)(left > 1 ? file.p[i + 1] : 0) << 8 |
                             (left > 2 ? file.p[i + 2] : 0u);

            buf_byte(&text, (uint8_t)digits[three >> 18]);
            buf_byte(&text, (uint8_t)digits[three >> 12 & 63]);
            buf_byte(&text, left > 1 ? (uint8_t)digits[three >> 6 & 63] : '=');
            buf_byte(&text, left > 2 ? (uint8_t)digits[three & 63] : '=');
        }
        v = json_stringn((const char *)text.p, text.n);
    }
    buf_release(&file);
    buf_release(&text);
    return v;
}

/* A time, or so long from now: "7d". */
static json_t *time_of(const char *value, struct err *e)
{
    uint8_t room[TIME_TEXT_MAX];
    int64_t now = host_now_ns(), ns;
    bool ago = value[0] != '\0' && strchr("smhdw", value[strlen(value) - 1]) != NULL;

    if (!time_ago(span_of(value), now, &ns)) {
        (void)err_set(e, ERR_USAGE, 0, "'%.60s' is no time as 7d or 2026-11-24T08:30:00+07:00.",
                      value);
        return NULL;
    }
    ns = ago ? now + (now - ns) : ns;
    return json_stringn((const char *)room, time_put(room, ns));
}

/* "a,b" as an array of texts, or of numbers where they are some. */
static json_t *list_of(const char *value, bool numbers)
{
    json_t *list = json_array();

    for (const char *p = value; list != NULL && *p != '\0';) {
        size_t n = strcspn(p, ",");
        int64_t number;

        (void)json_array_append_new(
            list, numbers && num_i64((struct span){ (const uint8_t *)p, n }, &number)
                      ? json_integer(number)
                      : json_stringn(p, n));
        p += n;
        p += *p == ',';
    }
    return list;
}

static json_t *value_of(const struct act_param *p, const char *value, struct err *e)
{
    int64_t number;

    switch (p->type) {
    case ACT_ID:
    case ACT_INTEGER:
        return num_i64(span_of(value), &number) ? json_integer(number) : json_string(value);
    case ACT_IDS:
        return list_of(value, true);
    case ACT_CHOICES:
        return list_of(value, false);
    case ACT_BOOL:
        return strcmp(value, "true") == 0    ? json_true()
               : strcmp(value, "false") == 0 ? json_false()
                                             : json_string(value);
    case ACT_TIME:
        return time_of(value, e);
    case ACT_FILE:
        return file_of(value, (size_t)p->max, e);
    default:
        return json_string(value);
    }
}

/* One more value: lists grow, fields are set by their names. */
static int put_value(json_t *request, const struct act_param *p, const char *value, struct err *e)
{
    json_t *before = json_object_get(request, p->name), *v;
    size_t n = strcspn(value, "=");

    *e = (struct err){ 0 };
    if (p->type == ACT_FIELDS) {
        char key[128];

        if (value[n] == '\0' || n >= sizeof(key))
            return err_set(e, ERR_USAGE, 0, "--%s is NAME=VALUE.", p->name);
        (void)snprintf(key, sizeof(key), "%.*s", (int)n, value);
        if (before == NULL)
            (void)json_object_set_new(request, p->name, json_object());
        (void)json_object_set_new(json_object_get(request, p->name), key,
                                  json_string(value + n + 1));
        return ERR_OK;
    }
    v = value_of(p, value, e);
    if (v == NULL)
        return e->code != 0 ? (int)e->code : err_set(e, ERR_USAGE, 0, "--%s is no text.", p->name);
    if (json_is_array(v) && before != NULL) {
        (void)json_array_extend(before, v);
        json_decref(v);
        return ERR_OK;
    }
    return json_object_set_new(request, p->name, v) == 0
               ? ERR_OK
               : err_set(e, ERR_NOMEM, 0, "There is no memory.");
}

/* A word without a name is a number of what the act is about: its first parameter. */
static int read_act(const struct act_row *row, struct words w, struct office_options *o,
                    json_t *request, struct err *e)
{
    char name[64];
    const char *value;
    int rc;

    while ((rc = next_word(&w, is_act_flag, (void *)(uintptr_t)row, name, &value, e)) == 1) {
        const struct act_param *p = name[0] != '\0' ? act_param(row, name) : &row->param[0];
        int is = name[0] != '\0' && p == NULL ? common(o, name, value, e) : 0;

        if (is < 0)
            return is;
        if (is == 1)
            continue;
        if (p == NULL || p->name == NULL)
            return err_set(e, ERR_USAGE, 0, "%s takes no '%.60s'.", row->name,
                           name[0] != '\0' ? name : value);
        rc = put_value(request, p, value, e);
        if (rc != ERR_OK)
            return rc;
    }
    return rc;
}

/* What came of it, member by member. */
static int show_answer(struct span body, const struct office_options *o)
{
    json_t *answer = json_loadb((const char *)body.p, body.n, 0, NULL), *v;
    struct buf out;
    const char *name;

    buf_init(&out, ACT_ANSWER_MAX);
    if (o->form != TABLE_PEOPLE || answer == NULL) {
        buf_add(&out, body);
    } else {
        json_object_foreach(answer, name, v)
        {
            char *text = json_is_string(v) ? strdup(json_string_value(v))
                                           : json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);

            buf_fmt(&out, "%-14s %s\n", name, text != NULL ? text : "");
            free(text);
        }
    }
    json_decref(answer);
    return command_show(&out);
}

static int ask_act(const struct act_row *row, const struct office_options *o, const json_t *request,
                   struct err *e)
{
    char *text = json_dumps(request, JSON_COMPACT);
    struct buf answer;
    int code = EXIT_UNUSABLE;
    int rc;

    buf_init(&answer, CLIENT_BODY_MAX);
    rc = text != NULL ? office_do(o->data, row, span_of(text), &answer, e)
                      : err_set(e, ERR_NOMEM, 0, "There is no memory.");
    if (rc == ERR_OK)
        code = show_answer(buf_span(&answer), o);
    free(text);
    buf_release(&answer);
    return rc == ERR_OK ? code : command_fault(e);
}

static int run_act(const struct act_row *row, struct words w)
{
    struct office_options o = { 0 };
    json_t *request = json_object();
    struct err e;
    int rc = request != NULL ? read_act(row, w, &o, request, &e)
                             : err_set(&e, ERR_NOMEM, 0, "There is no memory.");
    int code = rc == ERR_OK ? ask_act(row, &o, request, &e) : command_fault(&e);

    json_decref(request);
    return code;
}

/* --- views ---------------------------------------------------------------------------------- */

static const struct view_param *view_param(const struct view_row *row, const char *name)
{
    for (size_t i = 0; i < VIEW_PARAMS_MAX && row->param[i].name != NULL; i++) {
        if (view_is_given(row->param[i].type) &&
            (name[0] == '\0' || strcmp(row->param[i].name, name) == 0))
            return &row->param[i];
    }
    return NULL;
}

static bool is_view_flag(const char *name, void *arg)
{
    (void)arg;
    return strcmp(name, "utc") == 0;
}

static int read_view(const struct view_row *row, struct words w, struct office_options *o,
                     struct buf *target, struct err *e)
{
    char name[64];
    const char *value;
    int rc;

    office_path(target, row->name);
    buf_text(target, "?format=ndjson");
    while ((rc = next_word(&w, is_view_flag, NULL, name, &value, e)) == 1) {
        int is = name[0] != '\0' ? common(o, name, value, e) : 0;
        const struct view_param *p = view_param(row, name);

        if (is < 0)
            return is;
        if (is == 1)
            continue;
        if (p == NULL)
            return err_set(e, ERR_USAGE, 0, "%s takes no '%.60s'.", row->name,
                           name[0] != '\0' ? name : value);
        client_query(target, p->name, value);
    }
    buf_byte(target, 0);
    return rc;
}

/* "23h05", "-2d04h": so long. */
static json_t *span_of_time(json_int_t seconds)
{
    json_int_t s = seconds < 0 ? -seconds : seconds;
    char text[48];

    if (s >= 86400)
        (void)snprintf(text, sizeof(text), "%s%lldd%02lldh", seconds < 0 ? "-" : "", s / 86400,
                       s / 3600 % 24);
    else
        (void)snprintf(text, sizeof(text), "%s%lldh%02lld", seconds < 0 ? "-" : "", s / 3600,
                       s / 60 % 60);
    return json_string(text);
}

/* A value as people read it: times in their zone (a column `time` is the table's to show). */
static json_t *cell_of(const struct view_column *column, const json_t *v, const struct screen *s)
{
    struct buf text;
    json_t *cell;
    int64_t ns;

    if (v == NULL)
        return json_null();
    if (view_as(column) == VIEW_AS_SECONDS && json_is_integer(v))
        return span_of_time(json_integer_value(v));
    if (view_as(column) != VIEW_AS_TIME || strcmp(column->name, "time") == 0 ||
        !json_is_string(v) || !time_parse(span_of(json_string_value(v)), 0, &ns))
        return json_deep_copy(v);
    buf_init(&text, 64);
    put_clock(&text, s, ns, true);
    cell = json_stringn((const char *)text.p, text.n);
    buf_release(&text);
    return cell;
}

static json_t *row_of(const struct view_row *row, const json_t *object, enum table_form form,
                      const struct screen *s)
{
    static const struct view_column plain = { "", VIEW_AS_TEXT };
    json_t *cells = json_array();

    for (size_t i = 0; cells != NULL && i < VIEW_COLUMNS_MAX && row->column[i].name != NULL; i++)
        (void)json_array_append_new(cells,
                                    cell_of(form == TABLE_PEOPLE ? &row->column[i] : &plain,
                                            json_object_get(object, row->column[i].name), s));
    return cells;
}

/* One thing, a line a member. */
static void put_thing(struct buf *out, const struct view_row *row, const json_t *object,
                      const struct screen *s)
{
    for (size_t i = 0; i < VIEW_COLUMNS_MAX && row->column[i].name != NULL; i++) {
        json_t *v = cell_of(&row->column[i], json_object_get(object, row->column[i].name), s);
        char *text = json_is_string(v) ? strdup(json_string_value(v))
                     : json_is_null(v) ? NULL
                                       : json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);

        if (text != NULL)
            buf_fmt(out, "%-14s %s\n", row->column[i].name, text);
        free(text);
        json_decref(v);
    }
}

/* For people: without what is for programs, and without columns of which no row has anything. */
static void leave_out(struct view_row *shown, json_t *rows)
{
    size_t kept = 0;

    for (size_t i = 0; i < VIEW_COLUMNS_MAX && shown->column[i].name != NULL; i++) {
        bool any = false;
        json_t *row;
        size_t k;

        json_array_foreach(rows, k, row) any |= json_object_get(row, shown->column[i].name) != NULL;
        if (any && !view_is_aside(&shown->column[i]))
            shown->column[kept++] = shown->column[i];
    }
    if (kept < VIEW_COLUMNS_MAX)
        shown->column[kept] = (struct view_column){ 0 };
}

static void put_rows(struct buf *out, const struct view_row *row, json_t *rows,
                     const struct office_options *o)
{
    struct screen screen = screen_of(STDOUT_FILENO, o->utc);
    struct view_row shown = *row;
    struct table table;
    json_t *columns = json_array(), *object;
    size_t i;

    if (o->form == TABLE_PEOPLE)
        leave_out(&shown, rows);
    table_init(&table, o->form, &screen);
    for (i = 0; i < VIEW_COLUMNS_MAX && shown.column[i].name != NULL; i++)
        (void)json_array_append_new(columns, json_string(shown.column[i].name));
    (void)table_columns(&table, columns, out);
    json_decref(columns);
    json_array_foreach(rows, i, object)
    {
        json_t *cells = row_of(&shown, object, o->form, &screen);

        (void)table_row(&table, cells, out);
        json_decref(cells);
    }
    table_end(&table, out);
    table_release(&table);
}

static int show_view(const struct view_row *row, struct client *c, const struct office_options *o,
                     struct err *e)
{
    struct screen screen = screen_of(STDOUT_FILENO, o->utc);
    bool thing = strcmp(strchr(row->name, '.'), ".show") == 0;
    json_t *rows = json_array();
    struct span line;
    struct buf out;
    int rc;

    buf_init(&out, CLIENT_BODY_MAX);
    while ((rc = client_line(c, -1, &line, e)) == 1)
        (void)json_array_append_new(rows, json_loadb((const char *)line.p, line.n, 0, NULL));
    if (rc == ERR_OK && thing && o->form == TABLE_PEOPLE && json_array_size(rows) == 1)
        put_thing(&out, row, json_array_get(rows, 0), &screen);
    else if (rc == ERR_OK && json_array_size(rows) > 0)
        put_rows(&out, row, rows, o);
    else if (rc == ERR_OK && o->form == TABLE_PEOPLE)
        buf_text(&out, "There is none.\n");
    json_decref(rows);
    if (rc == ERR_OK)
        return command_show(&out);
    buf_release(&out);
    return command_fault(e);
}

static int run_view(const struct view_row *row, struct words w)
{
    struct office_options o = { 0 };
    struct buf target;
    struct client c;
    struct err e;
    int rc, code = EXIT_UNUSABLE;

    buf_init(&target, HTTP_TARGET_MAX);
    rc = read_view(row, w, &o, &target, &e);
    if (rc == ERR_OK && buf_failed(&target))
        rc = err_set(&e, ERR_LIMIT, 0, "What was asked for is too long.");
    if (rc == ERR_OK)
        rc = office_open(&c, o.data, &e);
    if (rc == ERR_OK) {
        rc = client_get(&c, (const char *)target.p, &e);
        if (rc == ERR_OK && c.answer.status != 200)
            rc = client_refusal(&c, &e);
        if (rc == ERR_OK)
            code = show_view(row, &c, &o, &e);
        client_close(&c);
    }
    buf_release(&target);
    return rc == ERR_OK ? code : command_fault(&e);
}

/* --- all of them ---------------------------------------------------------------------------- */

static bool asks_help(int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    }
    return false;
}

bool office_command(int argc, char **argv, int *code)
{
    const struct act_row *act;
    const struct view_row *view;
    struct words w = { argc - 2, argv + 2, 0 };
    char name[128];

    if (argc == 0 || !is_area(argv[0]))
        return false;
    if (argc == 1 || strncmp(argv[1], "-", 1) == 0) {
        *code = show_area(argv[0], argc > 1 && asks_help(argc, argv) ? EXIT_RAN : EXIT_UNUSABLE);
        return true;
    }
    (void)snprintf(name, sizeof(name), "%s.%s", argv[0], argv[1]);
    act = act_find(&office_acts, span_of(name));
    view = view_find(&office_views, span_of(name));
    if (act == NULL && view == NULL) {
        fprintf(stderr, "canh: canh %s has no '%.60s'.\n\n", argv[0], argv[1]);
        *code = show_area(argv[0], EXIT_UNUSABLE);
    } else if (asks_help(w.argc, w.argv)) {
        *code = show_help(act, view);
    } else {
        *code = act != NULL ? run_act(act, w) : run_view(view, w);
    }
    return true;
}
