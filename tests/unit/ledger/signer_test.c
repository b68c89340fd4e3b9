/*
 * Goal: whichever call fails or is the last before the process dies, in whichever way: what was
 * said to be durable is there, no checkpoint has two texts, the next start goes on by itself, one
 * key is left, what signed is gone, and the ledger verifies. Method: a scenario of checkpoints,
 * deletions and restarts over the faulty table, once for each of its calls and each way to fail;
 * and the ways in which chain and keys can be made not to belong together.
 */
#include "../check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/epoch.h"
#include "ledger_files.h"
#include "../store/faulty_io.h"

#define STEPS 7u

static const int errors[] = { EIO, ENOSPC, EROFS, EINTR, FAULTY_SHORT };

/* What was promised. */
struct promise {
    uint64_t checkpoints;                   /* that were said to be durable */
    struct merkle_hash hash[2 * STEPS + 4]; /* of their texts */
    uint64_t deletions;
    int64_t told;
    uint8_t root[KEY_BYTES];
    bool begun;
};

static void one_step(struct ledger_files *f, struct signer *s, struct promise *p, uint64_t n)
{
    struct checkpoint *c = malloc(sizeof(*c));
    struct deletion *d = malloc(sizeof(*d));
    const struct checkpoint *last = signer_last(s, NULL);
    struct merkle_hash hash;

    MUST(c != NULL && d != NULL);
    if (n % 3 == 2 && last != NULL && last->stream[0].size > last->stream[0].gone + 2) {
        ledger_test_deletion(f, d, last->stream[0].gone, last->stream[0].size - 1);
        if (signer_delete(s, d, NULL) == ERR_OK)
            p->deletions++;
    }
    ledger_test_checkpoint(f, c, n);
    c->time_ns += p->told++; /* a text that is made anew is another one */
    if (signer_checkpoint(s, c, NULL) == ERR_OK) {
        last = signer_last(s, &hash);
        assert_int_equal(last->number, c->number);
        p->checkpoints = c->number + 1;
        p->hash[c->number] = hash;
    }
    free(c);
    free(d);
}

/* From step `from` on, until something fails or all is done. */
static bool scenario(struct ledger_files *f, const struct io *io, struct promise *p, uint64_t *step,
                     uint64_t to)
{
    const struct signer_settings set = ledger_files_settings(f, io);
    struct signer *s;

    if (signer_open(&s, &set, NULL) != ERR_OK)
        return false;
    memcpy(p->root, signer_root(s), KEY_BYTES);
    p->begun = true;
    for (; *step < to; ++*step)
        one_step(f, s, p, *step);
    signer_free(&s);
    return true;
}

/* The keys that are there: one, of the next checkpoint, readable by its owner only. */
static void check_keys(struct ledger_files *f, uint64_t next)
{
    DIR *d = fdopendir(dup(f->keys));
    struct dirent *entry;
    struct stat st;
    char want[64];

    (void)snprintf(want, sizeof(want), "epoch-%llu.key", (unsigned long long)next);
    rewinddir(d);
    while ((entry = readdir(d)) != NULL) {
        if (strncmp(entry->d_name, "epoch", 5) != 0)
            continue;
        assert_string_equal(entry->d_name, want);
        assert_int_equal(fstatat(f->keys, entry->d_name, &st, 0), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        want[0] = '-';
    }
    assert_int_equal(want[0], '-');
    (void)closedir(d);
}

/* All bytes of a part, 0 when there is none. */
static size_t part_bytes(struct ledger_files *f, unsigned k, uint8_t *to, size_t room)
{
    char name[64];
    ssize_t n;
    int fd;

    (void)snprintf(name, sizeof(name), "2026-03-01.%04u.chain", k);
    fd = openat(f->dir, name, O_RDONLY);
    n = fd >= 0 ? read(fd, to, room) : 0;
    if (fd >= 0)
        (void)close(fd);
    return (size_t)n;
}

/* What a write left torn is the beginning of the note that was then written: nothing else was ever
 * signed for that checkpoint. */
static void check_torn(struct ledger_files *f)
{
    static uint8_t part[1 << 18], next[1 << 18];

    for (unsigned k = 0; k < 50; k++) {
        struct span rest = { part, part_bytes(f, k, part, sizeof(part)) };
        struct span after = { next, part_bytes(f, k + 1, next, sizeof(next)) };
        struct note n;

        while (rest.n > 0 && note_next(rest, &n, NULL) > 0)
            rest = span_from(rest, n.whole.n);
        /* A part of which not even the folder was synced may be empty. */
        if (after.n > 0 && !span_starts(after, rest))
            fail_msg("part %u ends with what does not begin the next", k);
    }
}

static void check_all(struct ledger_files *f, const struct promise *p)
{
    struct links_anchor anchors[LINKS_ANCHORS];
    uint32_t count = 0;
    struct links *l;

    for (uint64_t i = 0; i < p->checkpoints; i++) {
        static const struct merkle_hash zeros;

        if (memcmp(&p->hash[i], &zeros, sizeof(zeros)) != 0)
            anchors[count++] = (struct links_anchor){ i, p->hash[i] };
    }
    l = ledger_test_verify(f, p->root, anchors, count, NULL);
    if (l->fault != LINKS_NONE)
        fail_msg("%s: %s", links_name(l->fault), l->why.why);
    assert_true(l->next >= p->checkpoints);
    assert_true(l->deletions >= p->deletions);
    check_keys(f, l->next);
    check_torn(f);
    free(l);
}

static void run(struct ledger_files *f, int error, uint64_t at, bool for_ever)
{
    struct promise p = { 0 };
    struct faulty io;
    uint64_t step = 1;

    ledger_files_clear(f);
    faulty_init(&io);
    io.fail_at = at;
    io.error = error;
    io.for_ever = for_ever;
    (void)scenario(f, &io.io, &p, &step, STEPS);
    /* The disk is well again, a new process starts: with the same calls, whatever failed. */
    assert_true(scenario(f, &io_system, &p, &step, step + 3));
    check_all(f, &p);
}

static void whatever_fails_the_ledger_goes_on(void **state)
{
    struct ledger_files f;
    struct promise p = { 0 };
    struct faulty io;
    uint64_t step = 1, calls;

    (void)state;
    ledger_files_init(&f);
    faulty_init(&io);
    assert_true(scenario(&f, &io.io, &p, &step, STEPS));
    check_all(&f, &p);
    assert_int_equal(p.checkpoints, STEPS - 1);
    assert_true(p.deletions > 0);
    calls = io.calls;
    assert_true(calls > 60);
    for (uint64_t at = 1; at <= calls; at++) {
        for (size_t i = 0; i < COUNT_OF(errors); i++) {
            run(&f, errors[i], at, false);
            run(&f, errors[i], at, true);
        }
    }
    ledger_files_release(&f);
}

/* --- chain and keys that do not belong together ---------------------------------------------- */

static void make(struct ledger_files *f, struct promise *p, uint64_t to)
{
    uint64_t step = 1;

    ledger_files_clear(f);
    memset(p, 0, sizeof(*p));
    MUST(scenario(f, &io_system, p, &step, to));
}

static int reopen(struct ledger_files *f, struct err *e)
{
    const struct signer_settings set = ledger_files_settings(f, &io_system);
    struct signer *s;
    int rc = signer_open(&s, &set, e);

    signer_free(&s);
    return rc;
}

/* Of the only part. */
static off_t part_size(struct ledger_files *f, bool cut, off_t to)
{
    int fd = openat(f->dir, "2026-03-01.0000.chain", O_RDWR);
    struct stat st;

    MUST(fd >= 0 && fstat(fd, &st) == 0 && (!cut || ftruncate(fd, to) == 0));
    (void)close(fd);
    return st.st_size;
}

static void a_cut_end_is_seen_at_the_next_start(void **state)
{
    struct ledger_files f;
    struct promise p;
    struct err e;
    off_t four, all;

    (void)state;
    ledger_files_init(&f);
    make(&f, &p, 5);
    four = part_size(&f, false, 0);
    {
        uint64_t step = 5;

        MUST(scenario(&f, &io_system, &p, &step, 6));
    }
    all = part_size(&f, false, 0);
    for (off_t to = four; to < all; to += 1 + (all - four) / 50) {
        part_size(&f, true, to);
        assert_int_equal(reopen(&f, &e), ERR_CORRUPT);
        assert_non_null(strstr(e.why, "checkpoint 4 was signed, the last one that is there is 3"));
    }
    ledger_files_release(&f);
}

static void without_its_key_only_the_root_key_goes_on(void **state)
{
    const struct links_anchor *none = NULL;
    struct ledger_files f;
    struct signer_settings set;
    struct links *l;
    struct promise p;
    struct err e;
    uint64_t step = 5;

    (void)state;
    ledger_files_init(&f);
    make(&f, &p, 5);
    set = ledger_files_settings(&f, &io_system);
    MUST(unlinkat(f.keys, "epoch-4.key", 0) == 0);
    assert_int_equal(reopen(&f, &e), ERR_CORRUPT);
    assert_string_equal(e.why, "The key of checkpoint 4 is gone.");
    MUST(renameat(f.keys, "root.key", f.top, "root.key") == 0);
    assert_int_equal(signer_certify(&set, &e), ERR_NOTFOUND);
    MUST(renameat(f.top, "root.key", f.keys, "root.key") == 0);
    assert_int_equal(signer_certify(&set, &e), ERR_OK);
    MUST(renameat(f.keys, "root.key", f.top, "root.key") == 0);
    assert_true(scenario(&f, &io_system, &p, &step, 7));
    l = ledger_test_verify(&f, p.root, none, 0, NULL);
    assert_int_equal(links_end(l), LINKS_NONE);
    assert_int_equal(l->next, 6);
    free(l);
    (void)unlinkat(f.top, "root.key", 0);
    ledger_files_release(&f);
}

/* Keys of yesterday beside the chain of today, and the other way round. */
static void a_restored_half_is_seen(void **state)
{
    struct ledger_files f;
    struct promise p;
    struct err e;
    uint64_t step = 4;

    (void)state;
    ledger_files_init(&f);
    make(&f, &p, 4);
    MUST(linkat(f.keys, "epoch-3.key", f.top, "kept", 0) == 0);
    {
        /* Erasing writes over the file itself: a copy of its bytes is needed. */
        uint8_t bytes[70000];
        int from = openat(f.top, "kept", O_RDONLY), to;
        ssize_t n = read(from, bytes, sizeof(bytes));

        (void)close(from);
        MUST(scenario(&f, &io_system, &p, &step, 6));
        from = openat(f.top, "kept", O_RDONLY);
        for (ssize_t i = 0; i < n; i++) {
            uint8_t c;

            MUST(pread(from, &c, 1, i) == 1);
            assert_int_equal(c, 0); /* overwritten, not only unlinked */
        }
        (void)close(from);
        MUST(unlinkat(f.keys, "epoch-5.key", 0) == 0);
        to = openat(f.keys, "epoch-3.key", O_WRONLY | O_CREAT | O_EXCL, 0600);
        MUST(write(to, bytes, (size_t)n) == n);
        (void)close(to);
    }
    assert_int_equal(reopen(&f, &e), ERR_CORRUPT);
    assert_string_equal(e.why, "The key of checkpoint 5 is not the one that is there.");
    (void)unlinkat(f.top, "kept", 0);
    ledger_files_release(&f);
}

static void a_lost_ledger_is_seen(void **state)
{
    struct ledger_files f;
    struct promise p;
    struct err e;

    (void)state;
    ledger_files_init(&f);
    make(&f, &p, 4);
    MUST(unlinkat(f.dir, "2026-03-01.0000.chain", 0) == 0);
    assert_int_equal(reopen(&f, &e), ERR_CORRUPT);
    assert_string_equal(e.why, "The ledger is gone: its keys are those of checkpoint 3.");
    MUST(unlinkat(f.keys, "root.key", 0) == 0 && unlinkat(f.keys, "epoch-3.key", 0) == 0);
    assert_int_equal(reopen(&f, &e), ERR_CORRUPT);
    assert_string_equal(e.why, "There is no ledger, but root.pub says that there was.");
    ledger_files_release(&f);
}

static void no_stream_shrinks(void **state)
{
    struct ledger_files f;
    struct promise p;
    struct checkpoint *c = malloc(sizeof(*c));
    struct signer_settings set;
    struct signer *s;
    struct err e;

    (void)state;
    ledger_files_init(&f);
    make(&f, &p, 5);
    set = ledger_files_settings(&f, &io_system);
    assert_int_equal(signer_open(&s, &set, NULL), ERR_OK);
    ledger_test_checkpoint(&f, c, 2);
    assert_int_equal(signer_checkpoint(s, c, &e), ERR_USAGE);
    ledger_test_checkpoint(&f, c, 5);
    assert_int_equal(signer_checkpoint(s, c, &e), ERR_OK);
    signer_free(&s);
    free(c);
    ledger_files_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_fails_the_ledger_goes_on),
        cmocka_unit_test(a_cut_end_is_seen_at_the_next_start),
        cmocka_unit_test(without_its_key_only_the_root_key_goes_on),
        cmocka_unit_test(a_restored_half_is_seen),
        cmocka_unit_test(a_lost_ledger_is_seen),
        cmocka_unit_test(no_stream_shrinks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
