/*
 * Goal: an image comes back byte for byte at its own address, and a file that is not exactly what
 * was written, or not ours alone, is not used. Method: save one, damage a copy in every way that
 * the header knows, load.
 */
#include "check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sigma/image.h"

struct thing {
    struct span text;
    struct thing *next;
};

static char path[64];

static void save_one(struct span key)
{
    struct image im;
    struct thing *a, *b;
    struct err e;

    assert_int_equal(image_init(&im, &e), ERR_OK);
    if (!im.fixed) {
        image_release(&im);
        skip();
    }
    a = image_alloc(&im, sizeof(*a));
    b = image_alloc(&im, sizeof(*b));
    a->text = image_span(&im, SPAN_LIT("first"));
    b->text = image_span(&im, SPAN_LIT("second"));
    a->next = b;
    im.root = a;
    assert_int_equal(image_seal(&im, &e), ERR_OK);
    assert_int_equal(image_save(&im, key, path, &e), ERR_OK);
    image_release(&im);
}

static int load_one(struct span key)
{
    struct image im;
    struct err e;
    int rc = image_load(&im, key, path, &e);

    if (rc == ERR_OK) {
        struct thing *a = im.root;

        check_span("a", a->text, "first");
        check_span("b", a->next->text, "second");
        assert_null(a->next->next);
        image_release(&im);
    }
    return rc;
}

static void comes_back_as_it_was(void **state)
{
    (void)state;
    save_one(SPAN_LIT("key"));
    assert_int_equal(load_one(SPAN_LIT("key")), ERR_OK);
    assert_int_equal(load_one(SPAN_LIT("kez")), ERR_NOTFOUND);
    assert_int_equal(load_one(SPAN_LIT("longer key")), ERR_NOTFOUND);
}

static void a_changed_byte_is_seen(void **state)
{
    struct stat st;
    int fd;

    (void)state;
    save_one(SPAN_LIT("key"));
    fd = open(path, O_RDWR);
    assert_int_equal(fstat(fd, &st), 0);
    for (off_t at = 0; at < st.st_size; at++) {
        uint8_t c, turned;

        if (at == 72) /* behind the header's fields: the page is not used up to 4096 */
            at = 4096;
        assert_int_equal(pread(fd, &c, 1, at), 1);
        turned = (uint8_t)(c ^ 0x55);
        assert_int_equal(pwrite(fd, &turned, 1, at), 1);
        if (load_one(SPAN_LIT("key")) == ERR_OK)
            fail_msg("byte %ld changed and the file was used", (long)at);
        assert_int_equal(pwrite(fd, &c, 1, at), 1);
    }
    assert_int_equal(ftruncate(fd, st.st_size - 1), 0);
    assert_int_equal(load_one(SPAN_LIT("key")), ERR_NOTFOUND);
    close(fd);
}

static void what_others_may_write_is_not_used(void **state)
{
    (void)state;
    save_one(SPAN_LIT("key"));
    assert_int_equal(chmod(path, 0620), 0);
    assert_int_equal(load_one(SPAN_LIT("key")), ERR_CORRUPT);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(load_one(SPAN_LIT("key")), ERR_OK);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/dev/null", path), 0);
    assert_int_equal(load_one(SPAN_LIT("key")), ERR_NOTFOUND);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(load_one(SPAN_LIT("key")), ERR_NOTFOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_as_it_was),
        cmocka_unit_test(a_changed_byte_is_seen),
        cmocka_unit_test(what_others_may_write_is_not_used),
    };
    int rc;

    snprintf(path, sizeof(path), "/tmp/canh-image-%ld", (long)getpid());
    rc = cmocka_run_group_tests(tests, NULL, NULL);
    (void)unlink(path);
    return rc;
}
