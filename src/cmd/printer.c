/*
 * printer.c - see printer.h.
 */
#include "cmd/printer.h"

#include <limits.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cmd/load.h"
#include "cmd/page_make.h"
#include "keep/frame.h"
#include "office/line.h"
#include "office/paper.h"
#include "os/host.h"
#include "os/sandbox.h"
#include "report/type.h"

#define ALONE_S 5.0 /* until a thread that was told to end has */

struct printer {
    struct role_self *self;
    struct line *line;
    char templates[PATH_MAX];
};

/* --- one document --------------------------------------------------------------------------- */

static int read_values(struct span text, json_t **value, struct err *e)
{
    json_error_t why;

    *value = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES, &why);
    return json_is_object(*value)
               ? ERR_OK
               : err_set(e, ERR_SYNTAX, 0, "The values of the document are no JSON object.");
}

static int make(const struct printer *r, const struct paper *p, struct buf *out, struct err *e)
{
    const struct page_how how = { p->as == PAPER_PDF, p->size == PAPER_SIZE_SMALL ? "13" : "14",
                                  NULL };
    struct template_gaps gaps;
    struct template t = { 0 };
    json_t *value = NULL;
    char path[PATH_MAX];
    int n = snprintf(path, sizeof(path), "%s/%.*s.yaml", r->templates, SPAN_ARG(p->form)), rc;

    if (n < 0 || (size_t)n >= sizeof(path))
        return err_set(e, ERR_USAGE, 0, "The template's name is too long.");
    template_gaps_init(&gaps);
    rc = page_template(path, &t, e);
    if (rc == ERR_OK)
        rc = read_values(p->values, &value, e);
    if (rc == ERR_OK)
        rc = page_make(&t, value, &how, out, &gaps, e);
    if (rc == ERR_OK && buf_failed(out))
        rc = err_set(e, ERR_LIMIT, 0, "The document would be too large.");
    json_decref(value);
    template_release(&t);
    template_gaps_release(&gaps);
    return rc;
}

static void on_ask(void *arg, const struct line_ask *a)
{
    struct printer *r = arg;
    struct line_tell t = { .id = a->id };
    struct err e = { 0 };
    struct paper p;
    struct buf out;

    buf_init(&out, PAPER_BYTES_MAX);
    t.code = paper_read(a->request, &p) ? make(r, &p, &out, &e)
                                        : err_set(&e, ERR_DENIED, 0, "This is no document.");
    t.text = t.code == ERR_OK ? buf_span(&out) : span_of(e.why);
    (void)line_tell(r->line, &t); /* one is asked for at a time: there is room */
    buf_release(&out);
}

/* Nobody needs it any more, or who did is gone. */
static void on_gone(void *arg)
{
    struct printer *r = arg;

    line_free(&r->line);
    role_exit(r->self, 0);
}

static void on_peer(struct role_self *self, int fd, enum role other)
{
    struct printer *r = self->own;
    const struct line_from from = {
        .loop = self->loop, .fd = fd, .ask = on_ask, .gone = on_gone, .arg = r
    };
    struct err e;

    (void)other; /* the console: there is no other */
    line_free(&r->line);
    if (line_new(&r->line, &from, &e) != ERR_OK)
        role_notice(self, "%s", e.why);
}

/* --- start ---------------------------------------------------------------------------------- */

/* Of what there is: where fontconfig finds what it has not read by then, and the templates. */
static int enter_sandbox(const struct printer *r, char *level, struct err *e)
{
    static const char *const fonts[] = { "/etc/fonts", "/usr/share/fonts", "/usr/local/share/fonts",
                                         "/usr/share/fontconfig", "/var/cache/fontconfig" };
    const char *read[COUNT_OF(fonts) + 2] = { r->templates };
    const struct sandbox box = { SANDBOX_FILES_READ | SANDBOX_THREADS, read, NULL };
    size_t n = 1;

    for (size_t i = 0; i < COUNT_OF(fonts); i++) {
        if (access(fonts[i], R_OK) == 0)
            read[n++] = fonts[i];
    }
    return role_sandbox(r->self, &box, level, e);
}

/* No more memory than it has now and PRINTER_MEMORY: of addresses, of which a sanitizer has taken
 * its own already. */
static int limit_memory(struct err *e)
{
    struct rlimit l;
    long long pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    char text[128];
    const bool told = f != NULL && fgets(text, sizeof(text), f) != NULL;

    if (f != NULL)
        (void)fclose(f); /* only read */
    for (const char *p = text; told && *p >= '0' && *p <= '9'; p++)
        pages = pages * 10 + (*p - '0');
    if (pages == 0)
        return err_set(e, ERR_IO, 0, "/proc does not tell how much memory there is.");
    l.rlim_cur = l.rlim_max = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + PRINTER_MEMORY;
    return setrlimit(RLIMIT_AS, &l) == 0
               ? ERR_OK
               : err_set(e, ERR_IO, 0, "The printer's memory cannot be limited.");
}

static bool is_single(void)
{
    struct stat st;

    return stat("/proc/self/task", &st) == 0 && st.st_nlink == 3;
}

/* The fonts that there are, before the sandbox: so their files are known, and nothing but the
 * letters is read in it. Pango asks for them on a thread, which it tells to end and does not wait
 * for; the sandbox wants nobody beside it. */
static int read_fonts(struct role_self *self, struct err *e)
{
    const struct timespec step = { 0, 1000000 };
    const double end = host_seconds() + ALONE_S;
    struct type t;
    int rc = type_init(&t, e);

    if (rc != ERR_OK)
        return rc;
    type_release(&t);
    while (!is_single() && host_seconds() < end) {
        role_beat(self);
        (void)nanosleep(&step, NULL); /* shorter is no harm */
    }
    return is_single() ? ERR_OK
                       : err_set(e, ERR_UNSUPPORTED, 0, "A thread that looks for fonts goes on.");
}

static int printer_open(struct role_self *self, struct err *e)
{
    struct printer *r = self->own;
    char level[SANDBOX_LEVEL_MAX] = "";
    int rc = ERR_OK;

    r->self = self;
    if (!load_find_data("templates", r->templates, sizeof(r->templates)))
        rc = err_set(e, ERR_NOTFOUND, 0, "The templates that ship are not found.");
    if (rc == ERR_OK)
        rc = read_fonts(self, e);
    if (rc == ERR_OK)
        rc = limit_memory(e);
    if (rc == ERR_OK)
        rc = enter_sandbox(r, level, e);
    if (rc == ERR_OK)
        role_ready(self, level);
    return rc;
}

static void printer_close(struct role_self *self)
{
    line_free(&((struct printer *)self->own)->line);
}

int printer_main(int argc, char **argv)
{
    static const struct role_handlers handlers = { .open = printer_open,
                                                   .on_peer = on_peer,
                                                   .close = printer_close };
    struct printer r = { 0 };

    return role_main(ROLE_PRINTER, &handlers, &r, argc, argv);
}
