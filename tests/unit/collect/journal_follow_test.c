/*
 * Goal: each entry of the journal becomes durable once, across deaths, vacuuming and a journal that
 * is not there. Method: the test stands in for scan/journal.c with a list of numbered entries; what
 * systemd does itself is not tested here.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/num.h"
#include "check.h"

#include "collect/journal_follow.h"
#include "collect/ledger.h"
#include "scan/journal.h"

/* --- a journal -------------------------------------------------------------------------------- */

static struct {
    size_t first, count; /* entries that are there: first .. count - 1 */
    size_t boot;         /* the first of the running boot */
    size_t big;          /* this one is larger than a record may be */
    bool missing, broken;
} machine;

struct journal {
    size_t next;
};

int journal_open(struct journal **out, const char *folder, struct err *e)
{
    (void)folder;
    *out = NULL;
    if (machine.missing)
        return err_set(e, ERR_IO, 0, "The journal cannot be opened.");
    *out = calloc(1, sizeof(**out));
    return *out != NULL ? ERR_OK : ERR_NOMEM;
}

void journal_close(struct journal **j)
{
    free(*j);
    *j = NULL;
}

int journal_next(struct journal *j, struct buf *out, struct err *e)
{
    if (machine.broken)
        return err_set(e, ERR_IO, 0, "The journal cannot be read.");
    if (j->next < machine.first)
        j->next = machine.first;
    if (j->next >= machine.count)
        return 0;
    if (j->next == machine.big)
        (void)buf_reserve(out, (size_t)32 << 20); /* fails, as its texts would */
    buf_fmt(out, "{\"N\":\"%zu\"}\n", j->next++);
    return 1;
}

int journal_fd(struct journal *j, struct err *e)
{
    (void)j;
    (void)e;
    return 77;
}

void journal_heard(struct journal *j)
{
    (void)j;
}

int journal_seek_boot(struct journal *j, struct err *e)
{
    (void)e;
    j->next = machine.boot;
    return ERR_OK;
}

int journal_seek_behind(struct journal *j, struct span cursor, struct err *e)
{
    uint64_t at;

    (void)e;
    if (!num_u64(cursor, SIZE_MAX, &at)) {
        j->next = machine.first;
        return 0;
    }
    j->next = (size_t)at + 1;
    return at >= machine.first && at < machine.count;
}

int journal_cursor(struct journal *j, struct buf *out, struct err *e)
{
    (void)e;
    buf_clear(out);
    buf_fmt(out, "%zu", j->next - 1);
    return ERR_OK;
}

/* --- a collector ------------------------------------------------------------------------------ */

struct world {
    struct journal_follow *j;
    uint8_t checkpoint[PASS_CHECKPOINT_MAX];
    size_t checkpoint_n;
    struct buf out;
    unsigned notices;
};

static void notice(void *arg, const char *sentence)
{
    struct world *w = arg;

    assert_true(strlen(sentence) > 10);
    w->notices++;
}

static void begin(struct world *w)
{
    journal_follow_reset(w->j);
    if (w->checkpoint_n > 0)
        journal_follow_checkpoint(w->j, (struct span){ w->checkpoint, w->checkpoint_n });
    journal_follow_start(w->j);
}

static void world_init(struct world *w)
{
    memset(&machine, 0, sizeof(machine));
    machine.big = SIZE_MAX;
    *w = (struct world){ 0 };
    buf_init(&w->out, (size_t)16 << 20);
    assert_int_equal(journal_follow_new(&w->j, "", notice, w, NULL), ERR_OK);
}

static void world_end(struct world *w)
{
    journal_follow_free(&w->j);
    buf_release(&w->out);
}

/* At most this many blocks, all of them durable; true when there were so many. */
static bool take(struct world *w, unsigned blocks)
{
    struct pass_block b;
    unsigned n = 0;

    while (n < blocks && journal_follow_next(w->j, &b) == 1) {
        assert_true(b.input == INPUT_JOURNAL && span_eq(b.source, SPAN_LIT("journal")));
        assert_true(b.checkpoint.n > PASS_KEY_BYTES && b.checkpoint.n <= PASS_CHECKPOINT_MAX);
        memcpy(w->checkpoint, b.checkpoint.p, b.checkpoint.n);
        w->checkpoint_n = b.checkpoint.n;
        buf_add(&w->out, b.records);
        n++;
    }
    return n == blocks;
}

static void expect(const struct world *w, size_t from, size_t to)
{
    struct buf want;

    buf_init(&want, (size_t)16 << 20);
    for (size_t i = from; i < to; i++)
        buf_fmt(&want, "{\"N\":\"%zu\"}\n", i);
    assert_true(span_eq(buf_span(&w->out), buf_span(&want)));
    buf_release(&want);
}

/* --- tests ------------------------------------------------------------------------------------ */

static void it_begins_with_the_boot_and_goes_on(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    machine.count = 10;
    machine.boot = 4;
    assert_false(take(&w, 1)); /* not started */
    begin(&w);
    assert_int_equal(journal_follow_fd(w.j), 77);
    (void)take(&w, 100);
    expect(&w, 4, 10);
    machine.count = 12;
    assert_false(take(&w, 1)); /* nothing was heard yet */
    journal_follow_heard(w.j);
    (void)take(&w, 100);
    expect(&w, 4, 12);
    world_end(&w);
}

static void each_entry_is_durable_once_whenever_one_dies(void **state)
{
    (void)state;
    for (unsigned at = 0; at < 6; at++) {
        struct world w;
        struct pass_block b;

        world_init(&w);
        machine.count = 100000; /* about five blocks */
        begin(&w);
        (void)take(&w, at);
        (void)journal_follow_next(w.j, &b); /* passed, never durable */
        if (at % 2 == 0) {
            journal_follow_free(&w.j);
            assert_int_equal(journal_follow_new(&w.j, "", notice, &w, NULL), ERR_OK);
        }
        begin(&w);
        (void)take(&w, 100);
        expect(&w, 0, 100000);
        assert_int_equal(w.notices, 0);
        world_end(&w);
    }
}

static void an_entry_that_is_gone_is_a_gap_and_told(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    machine.count = 10;
    begin(&w);
    (void)take(&w, 100);
    machine.first = 20;
    machine.count = 30;
    w.out.n = 0;
    begin(&w);
    (void)take(&w, 100);
    expect(&w, 20, 30);
    assert_int_equal(journal_follow_counts(w.j)->gaps, 1);
    assert_int_equal(w.notices, 1);
    world_end(&w);
}

static void a_journal_that_is_not_there_is_tried_again(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    machine.missing = true;
    machine.count = 3;
    begin(&w);
    assert_int_equal(journal_follow_fd(w.j), -1);
    journal_follow_retry(w.j);
    assert_int_equal(w.notices, 1);
    machine.missing = false;
    journal_follow_retry(w.j);
    (void)take(&w, 100);
    expect(&w, 0, 3);
    machine.broken = true; /* and once more in the middle */
    machine.count = 5;
    journal_follow_heard(w.j);
    assert_false(take(&w, 1));
    machine.broken = false;
    journal_follow_retry(w.j);
    (void)take(&w, 100);
    expect(&w, 0, 5);
    assert_int_equal(w.notices, 2);
    world_end(&w);
}

static void an_entry_that_is_too_large_is_counted_and_the_next_one_read(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    machine.count = 3;
    machine.big = 0;
    begin(&w);
    (void)take(&w, 100);
    expect(&w, 1, 3);
    assert_int_equal(journal_follow_counts(w.j)->dropped, 1);
    assert_int_equal(w.notices, 1);
    world_end(&w);
}

static void a_checkpoint_that_is_none_is_passed_over(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    machine.count = 3;
    begin(&w);
    (void)take(&w, 100);
    for (size_t i = 0; i < PASS_KEY_BYTES + 1; i++) {
        struct span whole = { w.checkpoint, w.checkpoint_n };

        journal_follow_reset(w.j);
        journal_follow_checkpoint(w.j, (struct span){ w.checkpoint, i });
        w.checkpoint[i] ^= 1;
        journal_follow_checkpoint(w.j, whole);
        w.checkpoint[i] ^= 1;
        journal_follow_start(w.j);
        w.out.n = 0;
        (void)take(&w, 100);
        expect(&w, 0, 3);
    }
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_begins_with_the_boot_and_goes_on),
        cmocka_unit_test(each_entry_is_durable_once_whenever_one_dies),
        cmocka_unit_test(an_entry_that_is_gone_is_a_gap_and_told),
        cmocka_unit_test(a_journal_that_is_not_there_is_tried_again),
        cmocka_unit_test(an_entry_that_is_too_large_is_counted_and_the_next_one_read),
        cmocka_unit_test(a_checkpoint_that_is_none_is_passed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
