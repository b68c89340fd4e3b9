/*
 * Goal: the reader passes what is written to a collector, keeps its window, starts over with a new
 * collector and leaves one that breaks the form. Method: a real loop, real files and sockets; the
 * test's end of the socket is the collector, in the same loop.
 */
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

#include "collect/reader.h"
#include "os/file.h"

#define FOLDER_ROOM 128u
#define KNOWN_MAX   16u

struct known {
    uint8_t p[PASS_CHECKPOINT_MAX];
    size_t n;
};

struct world {
    char folder[FOLDER_ROOM];
    const char *path;
    struct settings set;
    struct loop *loop;
    struct reader *reader;
    struct watch *watch, *stop;
    int fd; /* the collector's end */
    struct buf in, records;
    struct known known[KNOWN_MAX];
    size_t known_n;
    bool deaf;      /* acknowledges nothing */
    bool lost;      /* the reader has left */
    size_t until_n; /* stop once so many bytes of records are durable */
    size_t passed;  /* bytes of frames that were not acknowledged */
    uint64_t blocks;
    unsigned alone; /* so often the reader said that it is */
};

static void notice(void *arg, const char *sentence)
{
    (void)arg;
    (void)sentence;
}

static void send_all(const struct world *w, struct span s)
{
    assert_int_equal(send(w->fd, s.p, s.n, MSG_NOSIGNAL), (ssize_t)s.n);
}

static void keep(struct world *w, struct span checkpoint)
{
    size_t i = 0;

    while (i < w->known_n && memcmp(w->known[i].p, checkpoint.p, PASS_KEY_BYTES) != 0)
        i++;
    assert_true(i < KNOWN_MAX);
    w->known_n += i == w->known_n;
    memcpy(w->known[i].p, checkpoint.p, checkpoint.n);
    w->known[i].n = checkpoint.n;
}

static void take(struct world *w, const struct pass_frame *f)
{
    struct pass_block b;
    struct buf out;

    assert_int_equal(f->type, PASS_BLOCK);
    assert_true(pass_block_read(f->body, &b));
    w->blocks++;
    w->passed += PASS_HEAD_BYTES + f->body.n;
    if (w->deaf)
        return;
    buf_add(&w->records, b.records);
    keep(w, b.checkpoint);
    buf_init(&out, PASS_HEAD_BYTES);
    pass_put(&out, PASS_DURABLE, f->number, SPAN_NONE);
    send_all(w, buf_span(&out));
    buf_release(&out);
}

static void on_read(void *arg, unsigned ready)
{
    struct world *w = arg;
    struct pass_frame f;
    int64_t used = 0;
    ssize_t n;
    size_t at = 0;

    (void)ready;
    assert_true(buf_reserve(&w->in, 65536));
    n = recv(w->fd, w->in.p + w->in.n, 65536, 0);
    if (n <= 0) {
        w->lost = true;
        watch_want(w->watch, 0);
        loop_stop(w->loop);
        return;
    }
    w->in.n += (size_t)n;
    while ((used = pass_frame(span_from(buf_span(&w->in), at), &f, NULL)) > 0) {
        take(w, &f);
        at += (size_t)used;
    }
    assert_int_equal(used, ERR_MORE);
    memmove(w->in.p, w->in.p + at, w->in.n - at);
    w->in.n -= at;
    if (w->records.n >= w->until_n)
        loop_stop(w->loop);
}

static void on_stop(void *arg, unsigned ready)
{
    (void)ready;
    loop_stop(((struct world *)arg)->loop);
}

/* A new collector, which has not said anything yet. */
static void connect_peer(struct world *w)
{
    int fds[2];

    watch_free(&w->watch);
    if (w->fd >= 0)
        (void)close(w->fd);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    w->fd = fds[0];
    w->in.n = 0;
    w->passed = w->blocks = 0;
    w->lost = false;
    w->watch = loop_fd(w->loop, w->fd, LOOP_READ, on_read, w);
    assert_non_null(w->watch);
    reader_peer(w->reader, fds[1]);
}

/* ... and what it knows. */
static void begin_peer(struct world *w)
{
    struct buf out;

    connect_peer(w);
    buf_init(&out, 1u << 20);
    for (size_t i = 0; i < w->known_n; i++)
        pass_put(&out, PASS_CHECKPOINT, 0, (struct span){ w->known[i].p, w->known[i].n });
    pass_put(&out, PASS_START, 0, SPAN_NONE);
    send_all(w, buf_span(&out));
    buf_release(&out);
}

/* Until so many bytes are durable, or the time is over. */
static void run(struct world *w, size_t until_n, unsigned ms)
{
    w->until_n = until_n;
    watch_after(w->stop, ms);
    assert_int_equal(loop_run(w->loop, NULL), ERR_OK);
    watch_stop(w->stop);
}

static void world_init(struct world *w)
{
    *w = (struct world){ .fd = -1 };
    (void)snprintf(w->folder, sizeof(w->folder), "/tmp/canh-reader-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    w->path = w->folder;
    w->set.files = (struct text_list){ &w->path, 1 };
    buf_init(&w->in, PASS_BODY_MAX + 65536);
    buf_init(&w->records, (size_t)64 << 20);
    assert_int_equal(loop_new(&w->loop, NULL), ERR_OK);
    w->stop = loop_timer(w->loop, on_stop, w);
    assert_non_null(w->stop);
    assert_int_equal(reader_new(&w->reader, w->loop, notice, w, NULL), ERR_OK);
    assert_int_equal(reader_settings(w->reader, &w->set, NULL), ERR_OK);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static void world_end(struct world *w)
{
    reader_free(&w->reader);
    watch_free(&w->watch);
    watch_free(&w->stop);
    if (w->fd >= 0)
        (void)close(w->fd);
    loop_free(&w->loop);
    buf_release(&w->in);
    buf_release(&w->records);
    assert_int_equal(nftw(w->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static void append(const struct world *w, const char *name, struct span s)
{
    char path[2 * FOLDER_ROOM];
    int fd;

    (void)snprintf(path, sizeof(path), "%s/%s", w->folder, name);
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    assert_true(fd >= 0);
    assert_true(file_write_all(fd, s));
    (void)close(fd);
}

static void what_is_written_is_passed_at_once(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    begin_peer(&w);
    run(&w, 1, 50); /* nothing is there */
    append(&w, "a", SPAN_LIT("one\n"));
    run(&w, 4, 2000);
    check_span("new file", buf_span(&w.records), "one\n");
    append(&w, "a", SPAN_LIT("two\n"));
    run(&w, 8, 2000);
    check_span("grown", buf_span(&w.records), "one\ntwo\n");
    world_end(&w);
}

static void a_collector_that_acknowledges_nothing_gets_a_window_full(void **state)
{
    struct world w;
    size_t n = 8000000;
    uint8_t *big = malloc(n);

    (void)state;
    assert_non_null(big);
    for (size_t i = 0; i < n; i++)
        big[i] = i % 100 == 99 ? '\n' : 'x';
    world_init(&w);
    append(&w, "a", (struct span){ big, n });
    w.deaf = true;
    begin_peer(&w);
    run(&w, SIZE_MAX, 300);
    assert_true(w.passed >= PASS_WINDOW_BYTES);
    assert_true(w.passed <= PASS_WINDOW_BYTES + ((size_t)300 << 10));
    w.deaf = false; /* another one takes all of it */
    begin_peer(&w);
    run(&w, n, 5000);
    assert_int_equal(w.records.n, n);
    assert_memory_equal(w.records.p, big, n);
    free(big);
    world_end(&w);
}

static void a_new_collector_goes_on_from_what_is_durable(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    append(&w, "a", SPAN_LIT("1\n2\n"));
    begin_peer(&w);
    run(&w, 4, 2000);
    w.deaf = true;
    append(&w, "a", SPAN_LIT("3\n"));
    append(&w, "b", SPAN_LIT("4\n"));
    run(&w, SIZE_MAX, 400);
    assert_true(w.passed > 0);
    w.deaf = false;
    begin_peer(&w);
    append(&w, "a", SPAN_LIT("5\n"));
    run(&w, 10, 2000);
    run(&w, SIZE_MAX, 400);
    assert_int_equal(w.records.n, 10);
    world_end(&w);
}

static void nothing_is_passed_before_the_collector_says_start(void **state)
{
    struct world w;
    struct buf out;

    (void)state;
    world_init(&w);
    append(&w, "a", SPAN_LIT("1\n"));
    connect_peer(&w);
    run(&w, 1, 400);
    assert_int_equal(w.blocks, 0);
    buf_init(&out, 64);
    pass_put(&out, PASS_START, 0, SPAN_NONE);
    for (size_t i = 0; i < out.n; i++) { /* byte by byte */
        send_all(&w, (struct span){ out.p + i, 1 });
        run(&w, 1, 5);
    }
    buf_release(&out);
    run(&w, 2, 2000);
    assert_int_equal(w.records.n, 2);
    world_end(&w);
}

static void a_collector_that_breaks_the_form_is_left(void **state)
{
    static const struct {
        const char *name;
        enum pass_type type;
        uint64_t number;
        size_t body;
    } rows[] = {
        { "durable before any block", PASS_DURABLE, 1, 0 },
        { "durable of the future", PASS_DURABLE, 1000000, 0 },
        { "a checkpoint behind the start", PASS_CHECKPOINT, 0, 16 },
        { "a second start", PASS_START, 0, 0 },
        { "a block", PASS_BLOCK, 1, 64 },
    };
    uint8_t zeros[64] = { 0 };
    struct world w;

    (void)state;
    world_init(&w);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf out;

        begin_peer(&w);
        buf_init(&out, 256);
        pass_put(&out, rows[i].type, rows[i].number, (struct span){ zeros, rows[i].body });
        send_all(&w, buf_span(&out));
        buf_release(&out);
        run(&w, SIZE_MAX, 1000);
        CHECK_ROW(rows[i].name, w.lost);
        CHECK_ROW(rows[i].name, reader_counts(w.reader)->broken == i + 1);
    }
    append(&w, "a", SPAN_LIT("1\n"));
    begin_peer(&w); /* a good one is served all the same */
    run(&w, 2, 2000);
    assert_int_equal(w.records.n, 2);
    world_end(&w);
}

struct noise {
    const struct world *w;
    _Atomic bool end;
};

static void *make_noise(void *arg)
{
    struct noise *noise = arg;

    while (!noise->end)
        append(noise->w, "noise", SPAN_LIT("."));
    return NULL;
}

/* Events that never cease must not put off what they tell of. */
static void a_folder_that_is_never_quiet_is_read_all_the_same(void **state)
{
    struct world w;
    struct noise noise = { .w = &w };
    pthread_t thread;

    (void)state;
    world_init(&w);
    begin_peer(&w);
    assert_int_equal(pthread_create(&thread, NULL, make_noise, &noise), 0);
    append(&w, "a", SPAN_LIT("1\n"));
    run(&w, 2, 3000);
    noise.end = true;
    assert_int_equal(pthread_join(thread, NULL), 0);
    check_span("in the noise", buf_span(&w.records), "1\n");
    world_end(&w);
}

static void count_alone(void *arg)
{
    struct world *w = arg;

    w->alone++;
    loop_stop(w->loop);
}

static void a_reader_without_a_collector_says_so(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    reader_when_alone(w.reader, 50, count_alone);
    run(&w, SIZE_MAX, 2000);
    assert_int_equal(w.alone, 1); /* from the start on */
    begin_peer(&w);
    run(&w, SIZE_MAX, 150);
    assert_int_equal(w.alone, 1);
    watch_free(&w.watch);
    (void)close(w.fd);
    w.fd = -1;
    run(&w, SIZE_MAX, 2000);
    assert_int_equal(w.alone, 2); /* from its loss on */
    world_end(&w);
}

static void settings_change_what_is_followed(void **state)
{
    struct world w;
    char path[2 * FOLDER_ROOM];

    (void)state;
    world_init(&w);
    (void)snprintf(path, sizeof(path), "%s/b*", w.folder);
    w.path = path;
    assert_int_equal(reader_settings(w.reader, &w.set, NULL), ERR_OK);
    begin_peer(&w);
    append(&w, "a", SPAN_LIT("no\n"));
    append(&w, "b", SPAN_LIT("yes\n"));
    run(&w, 4, 2000);
    check_span("pattern", buf_span(&w.records), "yes\n");
    w.path = w.folder;
    assert_int_equal(reader_settings(w.reader, &w.set, NULL), ERR_OK);
    run(&w, 7, 2000);
    check_span("all", buf_span(&w.records), "yes\nno\n");
    world_end(&w);
}

static void the_sandbox_is_told_folders(void **state)
{
    const char *files[] = { "/tmp", "/tmp/x.log", "/var/log/*.log", "/x", "here" };
    static const char *const want[] = { "/tmp", "/tmp", "/var/log", "/", "." };
    struct settings s = { .files = { files, COUNT_OF(files) }, .journal = true };
    char *paths[16];
    int n = reader_sandbox(&s, paths, COUNT_OF(paths), NULL);

    (void)state;
    assert_in_range(n, COUNT_OF(want), COUNT_OF(want) + 3);
    for (size_t i = 0; i < COUNT_OF(want); i++)
        assert_string_equal(paths[i], want[i]);
    for (int i = 0; i < n; i++) {
        /* Of the journal's folders only those that are there: others cannot be allowed. */
        assert_true(i < (int)COUNT_OF(want) || access(paths[i], F_OK) == 0);
        free(paths[i]);
    }
    assert_int_equal(reader_sandbox(&s, paths, 7, NULL), ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_passed_at_once),
        cmocka_unit_test(a_collector_that_acknowledges_nothing_gets_a_window_full),
        cmocka_unit_test(a_new_collector_goes_on_from_what_is_durable),
        cmocka_unit_test(nothing_is_passed_before_the_collector_says_start),
        cmocka_unit_test(a_collector_that_breaks_the_form_is_left),
        cmocka_unit_test(a_folder_that_is_never_quiet_is_read_all_the_same),
        cmocka_unit_test(a_reader_without_a_collector_says_so),
        cmocka_unit_test(settings_change_what_is_followed),
        cmocka_unit_test(the_sandbox_is_told_folders),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
