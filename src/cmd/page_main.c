/*
 * page_main.c - canh-page, which `canh page` becomes: an official document out of a
 * template and a file of values. And what `canh role printer` becomes (printer.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/command.h"
#include "cmd/load.h"
#include "cmd/page_make.h"
#include "cmd/printer.h"
#include "os/file.h"

#define DATA_BYTES_MAX (16u * 1024 * 1024)

struct page_options {
    const char *data, *out, *templates, *created;
    int layout;
    bool list;
};

static const struct option_row options[] = {
    { "data", OPTION_TEXT, offsetof(struct page_options, data), "FILE", NULL, 0, 0,
      "JSON with what the template asks for" },
    { "out", OPTION_TEXT, offsetof(struct page_options, out), "FILE", NULL, 0, 0,
      "where it goes, by its ending: .pdf, .docx; .txt is the short form, of 300 characters" },
    { "layout", OPTION_CHOICE, offsetof(struct page_options, layout), "13|14", "14", 0, 0,
      "size of the text; the other sizes go with it" },
    { "created", OPTION_TEXT, offsetof(struct page_options, created), "TIME", NULL, 0, 0,
      "written into the file as when it was made, as 2026-01-05T08:30:00+07:00 (default: nothing)" },
    { "templates", OPTION_TEXT, offsetof(struct page_options, templates), "FOLDER", NULL, 0, 0,
      "where templates are (default: what ships)" },
    { "list", OPTION_FLAG, offsetof(struct page_options, list), NULL, NULL, 0, 0,
      "name the templates" },
};

static bool is_template(struct span name)
{
    return span_ends(name, SPAN_LIT(".yaml"));
}

/* The folder of templates into `room`. */
static int find_templates(struct page_options *o, char *room, size_t bytes, struct err *e)
{
    if (o->templates != NULL)
        return ERR_OK;
    if (!load_find_data("templates", room, bytes))
        return err_set(e, ERR_NOTFOUND, 0,
                       "The templates that ship are not found; give --templates FOLDER.");
    o->templates = room;
    return ERR_OK;
}

static int list_templates(const struct page_options *o)
{
    static const struct file_walk walk = { .wanted = is_template };
    struct file_list files;
    struct buf text;
    struct err e = { 0 };
    int rc;

    files_init(&files);
    buf_init(&text, 1024 * 1024);
    rc = files_add(&files, o->templates, &walk, &e);
    for (size_t i = 0; rc == ERR_OK && i < files.count; i++) {
        struct template t;

        rc = page_template(files_path(&files, i), &t, &e);
        if (rc == ERR_OK)
            buf_fmt(&text, "%-20.*s %.*s\n", SPAN_ARG(t.name), SPAN_ARG(t.help));
        template_release(&t);
    }
    files_release(&files);
    if (rc == ERR_OK)
        return command_show(&text);
    buf_release(&text);
    return command_fault(&e);
}

/* --- One document --------------------------------------------------------------------------- */

static int read_values(const char *path, json_t **value, struct err *e)
{
    struct buf text;
    json_error_t why;
    int rc;

    buf_init(&text, DATA_BYTES_MAX);
    rc = file_read(path, DATA_BYTES_MAX, &text, e);
    if (rc == ERR_OK) {
        *value = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, &why);
        if (*value == NULL)
            rc = err_set(e, ERR_SYNTAX, (size_t)(why.line > 0 ? why.line : 0), "%.60s:%d: %.120s.",
                         path, why.line, why.text);
    }
    buf_release(&text);
    return rc;
}

static int make(const struct page_options *o, const struct template *t, json_t *value,
                struct buf *out, struct template_gaps *gaps, struct err *e)
{
    const struct span name = span_of(o->out);
    const bool pdf = span_ends(name, SPAN_LIT(".pdf"));
    const struct page_how how = { pdf, o->layout == 0 ? "13" : "14", o->created };

    if (pdf || span_ends(name, SPAN_LIT(".docx")))
        return page_make(t, value, &how, out, gaps, e);
    if (!span_ends(name, SPAN_LIT(".txt")))
        return err_set(e, ERR_USAGE, 0, "--out ends in .pdf, .docx or .txt.");
    return template_message(t, value, out, gaps, e);
}

static int write_file(const char *path, struct span bytes, struct err *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    bool good = fd >= 0 && file_write_all(fd, bytes);
    int why = errno;

    if (fd >= 0 && close(fd) != 0 && good) {
        why = errno;
        good = false;
    }
    return good ? ERR_OK : err_set(e, ERR_IO, 0, "%.120s: %s.", path, strerror(why));
}

static int run_page(const struct page_options *o, const char *name, struct err *e)
{
    struct template t = { 0 };
    struct template_gaps gaps;
    struct buf out;
    json_t *value = NULL;
    char path[PATH_MAX];
    int n = strchr(name, '/') != NULL
                ? snprintf(path, sizeof(path), "%s", name)
                : snprintf(path, sizeof(path), "%s/%s.yaml", o->templates, name);
    int rc;

    if (n < 0 || (size_t)n >= sizeof(path))
        return err_set(e, ERR_USAGE, 0, "The template's name is too long.");
    buf_init(&out, PAGE_BYTES_MAX);
    template_gaps_init(&gaps);
    rc = page_template(path, &t, e);
    if (rc == ERR_OK)
        rc = read_values(o->data, &value, e);
    if (rc == ERR_OK)
        rc = make(o, &t, value, &out, &gaps, e);
    if (rc == ERR_OK)
        rc = write_file(o->out, buf_span(&out), e);
    if (rc == ERR_OK && gaps.count > 0)
        fprintf(stderr, "canh: %u fields have no value:\n%.*s", gaps.count,
                SPAN_ARG(buf_span(&gaps.text)));
    json_decref(value);
    template_release(&t);
    template_gaps_release(&gaps);
    buf_release(&out);
    return rc;
}

static int run(int argc, char **argv)
{
    static const struct command_line line = {
        options, COUNT_OF(options), "canh page TEMPLATE --data FILE.json --out FILE.pdf",
        "Fills a template (docs/pages.md) and writes it in the layout of official documents (Decree\n"
        "30/2020). TEMPLATE is a name that --list shows, or a path. Fields that the values do not have\n"
        "are dots in the document, and are told on standard error."
    };
    struct page_options o = { 0 };
    struct err e = { 0 };
    char room[PATH_MAX];
    int operands, code;

    if (!command_options(&line, &o, argc, argv, &operands, &code))
        return code;
    if (find_templates(&o, room, sizeof(room), &e) != ERR_OK)
        return command_fault(&e);
    if (o.list)
        return operands > 0 ? command_surplus("page --list", argv[0]) : list_templates(&o);
    if (operands != 1 || o.data == NULL || o.out == NULL) {
        (void)err_set(&e, ERR_USAGE, 0, "canh page takes one TEMPLATE, --data and --out.");
        return command_fault(&e);
    }
    return run_page(&o, argv[0], &e) == ERR_OK ? EXIT_RAN : command_fault(&e);
}

int main(int argc, char **argv)
{
    if (argc >= 3 && strcmp(argv[1], "role") == 0 && strcmp(argv[2], "printer") == 0)
        return printer_main(argc - 3, argv + 3);
    return run(argc - 1, argv + 1);
}
