/*
 * Goal: notes come back in order, from the parts that docs/ledger.md says; what is torn is passed
 * over and never appended to; what is no tail is told with its place. Method: a folder, days that
 * go on, back and over midnight, bytes cut and put in; names that are no parts.
 */
#include "../check.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "ledger_files.h"

#define DAY ((int64_t)86400 * 1000000000)

static struct ledger_files files;
static struct key key;

static int set_up(void **state)
{
    static const uint8_t seed[KEY_BYTES] = { 5 };

    (void)state;
    ledger_files_init(&files);
    key_of(&key, seed);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ledger_files_release(&files);
    return 0;
}

static void put(struct chain *c, int64_t time_ns, unsigned number)
{
    char text[32];
    struct buf note;

    buf_init(&note, NOTE_BYTES_MAX);
    (void)snprintf(text, sizeof(text), "note %u\n", number);
    note_put(&note, span_of(text), SPAN_LIT("x"), &key);
    assert_int_equal(chain_append(c, time_ns, buf_span(&note), NULL), ERR_OK);
    buf_release(&note);
}

/* What was read, one after the other. */
struct got {
    char text[2048];
    size_t n;
};

static bool on_note(void *arg, const struct note *n, const struct chain_place *at)
{
    struct got *g = arg;
    char name[CHAIN_NAME_BYTES];

    chain_part_name(&at->part, name);
    g->n += (size_t)snprintf(g->text + g->n, sizeof(g->text) - g->n, "%.15s%s%.*s ", name,
                             at->first ? "!" : ":", (int)n->text.n - 6, n->text.p + 5);
    return true;
}

static bool on_unreadable(void *arg, const struct err *why, const struct chain_place *at)
{
    struct got *g = arg;

    (void)why;
    g->n += (size_t)snprintf(g->text + g->n, sizeof(g->text) - g->n, "?%llu ",
                             (unsigned long long)at->at);
    return false;
}

static void check_read(const char *want, uint64_t want_torn)
{
    struct got g = { .n = 0 };
    const struct chain_reader r = { on_note, on_unreadable, &g };
    struct chain *c;
    uint64_t torn;

    MUST(chain_open_reader(&c, &io_system, files.dir, NULL) == ERR_OK);
    assert_int_equal(chain_read(c, 0, &r, &torn, NULL), ERR_OK);
    chain_free(&c);
    g.text[g.n] = 0;
    assert_string_equal(g.text, want);
    assert_int_equal(torn, want_torn);
}

static struct chain *reopen(struct chain *c)
{
    chain_free(&c);
    MUST(chain_open(&c, &io_system, files.dir, NULL) == ERR_OK);
    return c;
}

static void a_part_a_day_and_never_back(void **state)
{
    struct chain *c = NULL;

    (void)state;
    c = reopen(c);
    put(c, 0, 1);
    put(c, DAY - 1, 2);
    put(c, DAY, 3);
    put(c, 5, 4); /* the clock was set back: the order stays that of writing */
    c = reopen(c);
    put(c, DAY + 7, 5);
    put(c, 3 * DAY, 6);
    chain_free(&c);
    check_read("1970-01-01.0000!1 1970-01-01.0000:2 1970-01-02.0000!3 1970-01-02.0000:4 "
               "1970-01-02.0000:5 1970-01-04.0000!6 ",
               0);
    ledger_files_clear(&files);
}

static void append_raw(const char *name, struct span bytes)
{
    int fd = openat(files.dir, name, O_WRONLY | O_APPEND | O_CREAT, 0600);

    MUST(fd >= 0 && write(fd, bytes.p, bytes.n) == (ssize_t)bytes.n);
    (void)close(fd);
}

static void nothing_is_appended_behind_what_is_torn(void **state)
{
    struct chain *c = NULL;

    (void)state;
    c = reopen(c);
    put(c, DAY, 1);
    append_raw("1970-01-02.0000.chain", SPAN_LIT("note 2\n\n\xe2\x80\x94 x AAAA"));
    c = reopen(c);
    put(c, DAY, 2);
    put(c, DAY, 3);
    append_raw("1970-01-02.0001.chain", SPAN_LIT("no"));
    c = reopen(c);
    put(c, 2 * DAY, 4); /* another day: its own part in any case */
    append_raw("1970-01-03.0000.chain", SPAN_LIT("\0\0\0"));
    c = reopen(c);
    put(c, DAY, 5); /* and back: behind the newest */
    chain_free(&c);
    check_read("1970-01-02.0000!1 1970-01-02.0001!2 1970-01-02.0001:3 1970-01-03.0000!4 "
               "1970-01-03.0001!5 ",
               18 + 2 + 3);
    ledger_files_clear(&files);
}

static void what_is_no_tail_is_told(void **state)
{
    struct chain *c = NULL;
    struct buf much;

    (void)state;
    c = reopen(c);
    put(c, DAY, 1);
    append_raw("1970-01-02.0000.chain", SPAN_LIT("bad\x01 note\n\n\xe2\x80\x94 x AAAA\n"));
    c = reopen(c);
    chain_free(&c);
    check_read("1970-01-02.0000!1 ?107 ", 0);
    ledger_files_clear(&files);
    /* More than a write can leave. */
    c = reopen(c);
    put(c, DAY, 1);
    buf_init(&much, 1 << 20);
    while (much.n < 5 * NOTE_BYTES_MAX)
        buf_byte(&much, 0);
    append_raw("1970-01-02.0000.chain", buf_span(&much));
    buf_release(&much);
    chain_free(&c);
    check_read("1970-01-02.0000!1 ?107 ", 0);
    ledger_files_clear(&files);
}

static bool on_sum(void *arg, const struct note *n, const struct chain_place *at)
{
    uint64_t *next = arg, number = 0;

    (void)at;
    assert_true(note_read_u64((struct span){ n->text.p + 5, n->text.n - 6 }, 10000, &number));
    assert_int_equal(number, *next);
    ++*next;
    return *next < 5990;
}

/* More than a window of them; and a reader that has enough. */
static void many_notes_come_back(void **state)
{
    uint64_t next = 0;
    const struct chain_reader r = { on_sum, on_unreadable, &next };
    struct chain *c = NULL;

    (void)state;
    c = reopen(c);
    for (unsigned i = 0; i < 6000; i++)
        put(c, DAY, i);
    assert_int_equal(chain_read(c, 0, &r, NULL, NULL), ERR_OK);
    assert_int_equal(next, 5990);
    chain_free(&c);
    ledger_files_clear(&files);
}

static void other_names_are_not_looked_at(void **state)
{
    static const char *const names[] = {
        "1970-01-02.chain",       "1970-01-02.000.chain",  "1970-02-30.0000.chain",
        "1969-12-31.0000.chain",  "1970-13-01.0000.chain", "1970-01-00.0000.chain",
        "1970-01-02.0000.chains", "1970-01-02.00a0.chain", "notes.txt",
    };
    struct chain *c = NULL;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        append_raw(names[i], SPAN_LIT("x"));
    c = reopen(c);
    assert_int_equal(chain_parts(c), 0);
    put(c, DAY, 1);
    chain_free(&c);
    check_read("1970-01-02.0000!1 ", 0);
    ledger_files_clear(&files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_a_day_and_never_back),
        cmocka_unit_test(nothing_is_appended_behind_what_is_torn),
        cmocka_unit_test(what_is_no_tail_is_told),
        cmocka_unit_test(many_notes_come_back),
        cmocka_unit_test(other_names_are_not_looked_at),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
