/*
 * print.c - canh print: a sheet out of what is recorded.
 *
 *   canh print mau-03 7 ─▶ view form.mau-03 of the running server: one object ─▶ a file in memory
 * ─▶ becomes canh-page with the template of that name
 *
 * Nothing is typed again and nothing joined here: what a sheet says is one statement each
 * (src/db/sql/sheet.sql). Where that cannot know all (the law's words), an act is asked, too.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/num.h"
#include "cmd/command.h"
#include "cmd/office_ask.h"
#include "house/house.h"
#include "office/office.h"
#include "os/file.h"

struct print_options {
    const char *data, *out, *templates;
    int layout;
    bool list;
};

static const struct option_row options[] = {
    { "out", OPTION_TEXT, offsetof(struct print_options, out), "FILE", NULL, 0, 0,
      "where it goes, by its ending: .pdf, .docx, .txt (default: FORM-ID.pdf here)" },
    { "layout", OPTION_CHOICE, offsetof(struct print_options, layout), "13|14", "14", 0, 0,
      "size of the text; the other sizes go with it" },
    { "data", OPTION_TEXT, offsetof(struct print_options, data), "DIR", NULL, 0, 0,
      "the server's data folder (default: as canh serve)" },
    { "templates", OPTION_TEXT, offsetof(struct print_options, templates), "FOLDER", NULL, 0, 0,
      "where templates are (default: what ships)" },
    { "list", OPTION_FLAG, offsetof(struct print_options, list), NULL, NULL, 0, 0,
      "name the forms, and what a pen fills in" },
};

static const struct form_row {
    const char *name, *view, *param, *act, *help;
} forms[] = {
#define X(name, statement, param, type, act, title, help) { name, "form." name, param, act, help },
    FORM_TABLE(X)
#undef X
};

static const struct form_row *form_of(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        if (strcmp(forms[i].name, name) == 0)
            return &forms[i];
    }
    return NULL;
}

static int list_forms(void)
{
    static const struct {
        const char *form, *what, *why;
    } pens[] = {
#define X(form, what, why) { form, what, why },
        FORM_PEN_TABLE(X)
#undef X
    };
    struct buf out;

    buf_init(&out, 65536);
    for (size_t i = 0; i < COUNT_OF(forms); i++)
        buf_fmt(&out, "%-21s %-10s %s\n", forms[i].name, forms[i].param, forms[i].help);
    buf_text(&out, "\nBy pen:\n");
    for (size_t i = 0; i < COUNT_OF(pens); i++)
        buf_fmt(&out, "%-21s %-16s %s\n", pens[i].form[0] != '\0' ? pens[i].form : "all",
                pens[i].what, pens[i].why);
    return command_show(&out);
}

/* --- the data ------------------------------------------------------------------------------- */

static int no_object(const char *name, struct err *e)
{
    return err_set(e, ERR_SYNTAX, 0, "What the server answered to %s is no object.", name);
}

/* The members that the act answers, where the view has none of that name. */
static int add_words(const struct form_row *form, const char *data, const char *id, json_t *values,
                     struct err *e)
{
    const struct act_row *row = act_find(&office_acts, span_of(form->act));
    char request[64];
    struct buf answer;
    json_t *words;
    int64_t number;
    int rc;

    MUST(row != NULL);
    if (!num_i64(span_of(id), &number))
        return err_set(e, ERR_USAGE, 0, "'%.60s' is no number.", id);
    (void)snprintf(request, sizeof(request), "{\"%s\":%lld}", form->param, (long long)number);
    buf_init(&answer, ACT_ANSWER_MAX);
    rc = office_do(data, row, span_of(request), &answer, e);
    words = rc == ERR_OK ? json_loadb((const char *)answer.p, answer.n, 0, NULL) : NULL;
    if (rc == ERR_OK && json_object_update_missing(values, words) != 0)
        rc = no_object(form->act, e);
    json_decref(words);
    buf_release(&answer);
    return rc;
}

/* Everything that the template asks for; *values is the caller's. */
static int ask_values(const struct form_row *form, const char *data, const char *id,
                      json_t **values, struct err *e)
{
    struct buf line;
    json_t *row, *v;
    int rc;

    buf_init(&line, CLIENT_BODY_MAX);
    rc = office_see(data, form->view, form->param, id, &line, e);
    row = rc == ERR_OK ? json_loadb((const char *)line.p, line.n, 0, NULL) : NULL;
    v = json_object_get(row, "data");
    if (rc == ERR_OK && !json_is_object(v))
        rc = no_object(form->view, e);
    if (rc == ERR_OK && form->act != NULL)
        rc = add_words(form, data, id, v, e);
    *values = rc == ERR_OK ? json_incref(v) : NULL;
    json_decref(row);
    buf_release(&line);
    return rc;
}

/* A file in memory that the next program reads: its descriptor. */
static int keep_values(json_t *values, struct err *e)
{
    char *text = json_dumps(values, JSON_COMPACT);
    int fd = text != NULL ? memfd_create("values", 0) : -1;
    bool good = fd >= 0 && file_write_all(fd, span_of(text));

    free(text);
    if (good)
        return fd;
    (void)err_set(e, ERR_IO, 0, "There is no memory for the values: %s.", strerror(errno));
    if (fd >= 0)
        (void)close(fd); /* of no use */
    return -1;
}

/* --- the page ------------------------------------------------------------------------------- */

/* Comes back only with a fault. */
static int become_page(const struct print_options *o, const char *form, const char *out, int fd,
                       struct err *e)
{
    char path[40];
    const char *words[] = { "page",  form, "--data",   path,
                            "--out", out,  "--layout", o->layout == 0 ? "13" : "14",
                            NULL,    NULL, NULL };

    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (o->templates != NULL) {
        words[8] = "--templates";
        words[9] = o->templates;
    }
    return command_become("canh-page", (char **)(uintptr_t)words, e);
}

static int print_form(const struct print_options *o, const struct form_row *form, const char *id,
                      struct err *e)
{
    char usual[128];
    json_t *values;
    int rc = ask_values(form, o->data, id, &values, e), fd;

    if (rc != ERR_OK)
        return rc;
    fd = keep_values(values, e);
    json_decref(values);
    if (fd < 0)
        return ERR_IO;
    (void)snprintf(usual, sizeof(usual), "%s-%.40s.pdf", form->name, id); /* fits */
    if (o->out == NULL) {
        printf("%s\n", usual);
        (void)fflush(stdout); /* what cannot be shown does no harm */
    }
    rc = become_page(o, form->name, o->out != NULL ? o->out : usual, fd, e);
    (void)close(fd); /* in memory */
    return rc;
}

int cmd_print(int argc, char **argv)
{
    static const struct command_line line = {
        options, COUNT_OF(options), "canh print FORM ID [--out FILE.pdf]",
        "Prints a sheet (docs/sheets.md) of what a running server has recorded. FORM is a name that\n"
        "--list shows, ID the number of its incident, phieu, or handing over; of a roster the month,\n"
        "as 2026-12. What is recorded nowhere is dots, and is told on standard error."
    };
    struct print_options o = { 0 };
    const struct form_row *form;
    struct err e = { 0 };
    int operands, code;

    if (!command_options(&line, &o, argc, argv, &operands, &code))
        return code;
    if (o.list)
        return operands > 0 ? command_surplus("print --list", argv[0]) : list_forms();
    form = operands == 2 ? form_of(argv[0]) : NULL;
    if (operands == 2 && form != NULL)
        (void)print_form(&o, form, argv[1], &e);
    else if (operands != 2)
        (void)err_set(&e, ERR_USAGE, 0, "canh print takes one FORM and one ID.");
    else
        (void)err_set(&e, ERR_USAGE, 0, "There is no form '%.60s'; canh print --list names them.",
                      argv[0]);
    return command_fault(&e);
}
