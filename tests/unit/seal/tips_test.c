/*
 * Goal: tips come back as they were put, and nothing else is believed. Method: a round; cut at
 * every byte, every byte changed; every call of a save failing.
 */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "faulty_io.h"
#include "seal/tips.h"

static void grow(struct merkle_hasher *h, struct tip *t, uint16_t months, uint32_t leaves)
{
    struct stream *s = tip_stream(t, months);

    assert_non_null(s);
    for (uint32_t i = 0; i < leaves; i++) {
        struct merkle_hash leaf = { { (uint8_t)i, (uint8_t)months } };

        merkle_append(h, &s->range, &leaf);
    }
}

static void make(struct tips *t, uint32_t more)
{
    struct merkle_hasher *h;
    struct err e;

    memset(t, 0, sizeof(*t));
    assert_int_equal(merkle_hasher_new(&h, &e), ERR_OK);
    t->lane[0].known = t->lane[5].known = true;
    t->lane[5].tip.seen = 77 + more;
    grow(h, &t->lane[5].base, 12, 5);
    grow(h, &t->lane[5].tip, 12, 77 + more);
    grow(h, &t->lane[5].tip, 3, 0);
    merkle_hasher_free(&h);
}

static bool same(const struct tips *a, const struct tips *b)
{
    for (uint32_t i = 0; i < TIPS_LANES; i++) {
        if (a->lane[i].known != b->lane[i].known || a->lane[i].tip.seen != b->lane[i].tip.seen ||
            !tip_same(&a->lane[i].tip, &b->lane[i].tip) ||
            !tip_same(&a->lane[i].base, &b->lane[i].base))
            return false;
    }
    return true;
}

static void what_was_put_is_read_and_nothing_else(void **state)
{
    struct tips in, out;
    uint64_t number = 0;
    struct buf bytes;
    struct err e;

    (void)state;
    make(&in, 0);
    buf_init(&bytes, 1u << 20);
    assert_int_equal(tips_put(&in, 41, &bytes, &e), ERR_OK);
    assert_int_equal(tips_read(buf_span(&bytes), &out, &number, &e), ERR_OK);
    assert_int_equal(number, 41);
    assert_true(same(&in, &out));
    tips_release(&out);
    for (size_t n = 0; n < bytes.n; n++) {
        uint8_t *cut = malloc(n + 1); /* for the sanitizer: nothing behind it */

        memcpy(cut, bytes.p, n);
        assert_int_equal(tips_read((struct span){ cut, n }, &out, &number, &e), ERR_CORRUPT);
        free(cut);
        bytes.p[n] ^= (uint8_t)(1u << n % 8);
        assert_int_equal(tips_read(buf_span(&bytes), &out, &number, &e), ERR_CORRUPT);
        bytes.p[n] ^= (uint8_t)(1u << n % 8);
    }
    tips_release(&in);
    buf_release(&bytes);
}

/* Whatever fails, the tips of the checkpoint before are there, and those of this one or none. */
static void a_save_that_fails_takes_nothing_away(void **state)
{
    char folder[] = "/dev/shm/canh-tips.XXXXXX";
    struct tips before, now, got;
    struct err e;
    int dir;

    (void)state;
    assert_non_null(mkdtemp(folder));
    dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    make(&before, 0);
    make(&now, 9);
    assert_int_equal(tips_load(&io_system, dir, 6, &got, &e), ERR_NOTFOUND);
    assert_int_equal(tips_save(&io_system, dir, &before, 6, &e), ERR_OK);
    for (uint64_t call = 1;; call++) {
        struct faulty io;
        int rc;

        faulty_init(&io);
        io.fail_at = call;
        io.error = call % 2 == 0 ? ENOSPC : EIO;
        rc = tips_save(&io.io, dir, &now, 7, &e);
        assert_int_equal(tips_load(&io_system, dir, 6, &got, &e), ERR_OK);
        assert_true(same(&before, &got));
        tips_release(&got);
        if (rc == ERR_OK)
            break;
    }
    assert_int_equal(tips_load(&io_system, dir, 7, &got, &e), ERR_OK);
    assert_true(same(&now, &got));
    tips_release(&got);
    assert_int_equal(tips_load(&io_system, dir, 9, &got, &e), ERR_NOTFOUND);
    tips_release(&before);
    tips_release(&now);
    assert_int_equal(unlinkat(dir, "tips.0", 0) | unlinkat(dir, "tips.1", 0), 0);
    (void)close(dir);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_read_and_nothing_else),
        cmocka_unit_test(a_save_that_fails_takes_nothing_away),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
