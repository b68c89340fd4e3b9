/*
 * Goal: without memory a book is refused with a sentence; nothing is lost, nothing is half taken.
 * Method: the linker puts __wrap_ in front of malloc, calloc and realloc of our objects (not of the
 * libraries): the nth call fails, for every n until all goes well. LeakSanitizer watches.
 */
#include "check.h"
#include "sample_form.h"

#include <stdlib.h>

#include "sheet/form_read.h"
#include "sheet/form_write.h"

static uint64_t calls, fails_at; /* 0: none */

static bool fails(void)
{
    return ++calls == fails_at;
}

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t each);
void *__real_realloc(void *old, size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t each);
void *__wrap_realloc(void *old, size_t bytes);

void *__wrap_malloc(size_t bytes)
{
    return fails() ? NULL : __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t each)
{
    return fails() ? NULL : __real_calloc(count, each);
}

void *__wrap_realloc(void *old, size_t bytes)
{
    return fails() ? NULL : __real_realloc(old, bytes);
}

static int write_one(enum book_format f, struct buf *out, struct err *e)
{
    struct value row[COUNT_OF(sample_columns)] = {
        [0] = { .present = true, .text = SPAN_LIT("Một") },
        [3] = { .present = true, .whole = 20458 },
        [4] = { .present = true, .whole = 3 },
        [5] = { .present = true, .whole = 1 },
    };
    struct form_writer *w;
    int rc = form_write_new(&w, &sample_form, FORM_VI, f, out, e);

    if (rc == ERR_OK)
        rc = form_write_row(w, row, e);
    if (rc == ERR_OK)
        rc = form_write_end(w, e);
    form_write_free(&w);
    return rc;
}

static int on_row(void *ctx, const struct form_row *row, struct err *e)
{
    (void)e;
    MUST(row->values[0].text.n > 0);
    ++*(int *)ctx;
    return ERR_OK;
}

/* What must hold of a failed call: a code for the world, and a sentence. */
static void check_refused(const char *what, int rc, const struct err *e)
{
    if ((rc != ERR_NOMEM && rc != ERR_LIMIT) || (int)e->code != rc || e->why[0] == '\0')
        fail_msg("%s, call %llu: %d %s", what, (unsigned long long)fails_at, rc, e->why);
}

static void test_writing(void **state)
{
    (void)state;
    for (int f = 0; f < BOOK_FORMAT_COUNT; f++) {
        int rc = ERR_NOMEM;

        for (fails_at = 1; rc != ERR_OK && fails_at < 1000; fails_at++) {
            struct err e = { .code = ERR_OK };
            struct buf out;

            buf_init(&out, 1 << 20);
            calls = 0;
            rc = write_one((enum book_format)f, &out, &e);
            if (rc != ERR_OK)
                check_refused(book_format_name((enum book_format)f), rc, &e);
            buf_release(&out);
        }
        assert_int_equal(rc, ERR_OK);
        assert_true(fails_at > 3);
    }
}

static void test_reading(void **state)
{
    (void)state;
    for (int f = 0; f < BOOK_FORMAT_COUNT; f++) {
        struct buf out;
        int rc = ERR_NOMEM;

        buf_init(&out, 1 << 20);
        fails_at = 0;
        assert_int_equal(write_one((enum book_format)f, &out, NULL), ERR_OK);
        for (fails_at = 1; rc != ERR_OK && fails_at < 1000; fails_at++) {
            struct form_report r;
            struct err e = { .code = ERR_OK };
            int rows = 0;

            form_report_init(&r);
            calls = 0;
            rc = form_read(&sample_form, buf_span(&out), on_row, &rows, &r, &e);
            if (rc != ERR_OK)
                check_refused(book_format_name((enum book_format)f), rc, &e);
            assert_int_equal(r.fault_count, 0);
            assert_true(rows == (rc == ERR_OK) || rc != ERR_OK);
            form_report_release(&r);
        }
        assert_int_equal(rc, ERR_OK);
        assert_true(fails_at > 8);
        fails_at = 0;
        buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writing),
        cmocka_unit_test(test_reading),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
