/*
 * Goal: what takes long to read holds up nothing but its like: not the loop, not what is short; for
 * who is gone nothing is begun; a connection that is no good is opened anew.
 * Method: routes whose readings wait until the test lets them go on, asked over a local socket in
 * the same thread as the loop.
 */
#include "../check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "../desk/desk_lane.h"
#include "console/console_own.h"
#include "os/socket.h"
#include "../turns.h"

#define TURNS 5000 /* of 1 ms, at most */
#define MANY  6u   /* readings that wait: more than there are threads */

struct bench {
    struct desk_folder folder;
    char socket[128];
    struct db *db;
    struct loop *loop;
    struct watch *tick;
    struct serve *serve;
    struct reads *reads;
    struct actor who;
    struct buf got;
};

/* What readings, on their threads, and the test share. */
static atomic_bool held;
static atomic_uint begun, ended, faults;

/* --- readings ------------------------------------------------------------------------------- */

static int64_t answer_of(struct db *db, struct err *e)
{
    struct db_row *r = db_use(db, DB_ACT_REST_NEXT);
    int rc = db_next(db, r, e);

    db_end(r);
    return rc;
}

static int read_short(struct reading *r, struct err *e)
{
    uint8_t room[SERVE_VALUE_MAX];
    struct span v = SPAN_NONE;

    if (serve_query(&r->call, "v", room, &v) < 0)
        return err_set(e, ERR_USAGE, 0, "v cannot be decoded.");
    buf_fmt(r->call.body, "%.*s asks %.*s: %lld\n", SPAN_ARG(r->who.name), SPAN_ARG(v),
            (long long)answer_of(r->db, e));
    r->call.type = "text/plain";
    return ERR_OK;
}

static int read_held(struct reading *r, struct err *e)
{
    const struct timespec ms = { 0, 1000000 };

    atomic_fetch_add(&begun, 1);
    while (atomic_load(&held))
        (void)nanosleep(&ms, NULL);
    atomic_fetch_add(&ended, 1);
    return read_short(r, e);
}

static int read_large(struct reading *r, struct err *e)
{
    (void)e;
    for (size_t i = 0; i < SERVE_ANSWER_MAX / 1000 + 10; i++)
        buf_fmt(r->call.body, "%0999d\n", 1);
    return ERR_OK;
}

/* The first time the database is no good. */
static int read_fault(struct reading *r, struct err *e)
{
    if (atomic_fetch_add(&faults, 1) == 0)
        return err_set(e, ERR_CORRUPT, 0, "The database is damaged.");
    return read_short(r, e);
}

/* --- routes --------------------------------------------------------------------------------- */

static void put(struct bench *b, struct serve_call *call, read_fn *fn, enum read_lane lane)
{
    char name[] = "an"; /* gone when this returns */
    struct actor who = b->who;
    const struct read_from from = { .fn = fn, .lane = lane, .who = &who };

    who.name = span_of(name);
    reads_put(b->reads, call, &from);
    memset(name, 'x', sizeof(name) - 1);
}

#define READING_TABLE(X)                                                                           \
    X(short, READ_SHORT)                                                                           \
    X(held, READ_LONG)                                                                             \
    X(large, READ_SHORT)                                                                           \
    X(fault, READ_SHORT)

#define X(name, lane)                                                                              \
    static void route_##name(void *arg, struct serve_call *call)                                   \
    {                                                                                              \
        put(arg, call, read_##name, lane);                                                         \
    }
READING_TABLE(X)
#undef X

static const struct serve_route routes[] = {
#define X(name, lane)                                                                              \
    { .method = "GET",                                                                             \
      .path = "/" #name,                                                                           \
      .doors = DOOR_LOCAL,                                                                         \
      .scope = SERVE_OPEN,                                                                         \
      .fn = route_##name,                                                                          \
      .type = "application/json",                                                                  \
      .help = "reads" },
    READING_TABLE(X)
#undef X
};

/* --- the bench ------------------------------------------------------------------------------ */

static void turn(struct bench *b)
{
    turns_turn(b->loop, b->tick);
}

static void bench_init(struct bench *b)
{
    struct err e;
    int fd;

    *b = (struct bench){ .who = { .roles = ROLES_ALL, .via = "local" } };
    atomic_store(&held, true);
    atomic_store(&begun, 0);
    atomic_store(&ended, 0);
    atomic_store(&faults, 0);
    desk_folder_init(&b->folder);
    (void)snprintf(b->socket, sizeof(b->socket), "%s/console.sock", b->folder.path);
    assert_int_equal(db_open(&b->db, b->folder.db, &e), ERR_OK);
    assert_int_equal(loop_new(&b->loop, &e), ERR_OK);
    b->tick = turns_new(b->loop);
    assert_non_null(b->tick);
    assert_int_equal(serve_new(&b->serve, b->loop, routes, COUNT_OF(routes), b, &e), ERR_OK);
    assert_int_equal(reads_new(&b->reads, b->loop, b->folder.db, &e), ERR_OK);
    assert_int_equal(socket_listen_path(b->socket, &fd, &e), ERR_OK);
    assert_int_equal(serve_listen(b->serve, fd, DOOR_LOCAL, &e), ERR_OK);
    buf_init(&b->got, 2 * SERVE_ANSWER_MAX);
}

static void bench_release(struct bench *b)
{
    serve_free(&b->serve);
    reads_free(&b->reads);
    watch_free(&b->tick);
    loop_free(&b->loop);
    db_close(&b->db);
    buf_release(&b->got);
    (void)unlink(b->socket);
    desk_folder_release(&b->folder);
}

static int peer(struct bench *b, const char *target)
{
    char text[512];
    struct err e;
    int fd, n = snprintf(text, sizeof(text),
                         "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", target);

    assert_int_equal(socket_connect_path(b->socket, &fd, &e), ERR_OK);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(send(fd, text, (size_t)n, MSG_NOSIGNAL), n);
    return fd;
}

/* The whole answer, in b->got. */
static void hear(struct bench *b, int fd, const char *words)
{
    ssize_t n = -1;

    buf_clear(&b->got);
    for (int i = 0; i < TURNS && n != 0; i++) {
        turn(b);
        do {
            assert_true(buf_reserve(&b->got, 65536));
            n = recv(fd, b->got.p + b->got.n, 65536, 0);
            b->got.n += n > 0 ? (size_t)n : 0;
        } while (n > 0);
    }
    (void)close(fd);
    if (memmem(b->got.p, b->got.n, words, strlen(words)) == NULL)
        fail_msg("'%s' did not come, but '%.*s'", words, (int)(b->got.n < 300 ? b->got.n : 300),
                 (const char *)b->got.p);
}

static void until(struct bench *b, atomic_uint *count, unsigned n)
{
    for (int i = 0; i < TURNS && atomic_load(count) < n; i++)
        turn(b);
    assert_int_equal(atomic_load(count), n);
}

/* --- rows ----------------------------------------------------------------------------------- */

static void a_call_is_answered_with_what_it_asked(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    hear(&b, peer(&b, "/short?v=a%20b"), "an asks a b: 0\n");
    assert_non_null(memmem(b.got.p, b.got.n, "text/plain", 10));
    hear(&b, peer(&b, "/short?v=%zz"), "400 ");
    hear(&b, peer(&b, "/large"), "500 ");
    hear(&b, peer(&b, "/short?v=again"), "an asks again: 0\n");
    bench_release(&b);
}

static void what_is_long_holds_up_nothing_else(void **state)
{
    struct bench b;
    int fd[MANY];

    (void)state;
    bench_init(&b);
    for (size_t i = 0; i < MANY; i++)
        fd[i] = peer(&b, "/held?v=long");
    until(&b, &begun, 2);
    for (unsigned i = 0; i < SERVE_CONNS + 100; i++) /* more than there are places */
        hear(&b, peer(&b, "/short?v=short"), "an asks short: 0\n");
    assert_int_equal(atomic_load(&ended), 0);
    assert_int_equal(atomic_load(&begun), 2);
    atomic_store(&held, false);
    for (size_t i = 0; i < MANY; i++)
        hear(&b, fd[i], "an asks long: 0\n");
    bench_release(&b);
}

/* As the server ends them: what waits still is not even begun. */
static void nobody_is_read_for_who_is_gone(void **state)
{
    struct bench b;
    int fd[MANY];

    (void)state;
    bench_init(&b);
    for (size_t i = 0; i < MANY; i++)
        fd[i] = peer(&b, "/held");
    until(&b, &begun, 2);
    serve_free(&b.serve);
    atomic_store(&held, false);
    until(&b, &ended, 2);
    for (int i = 0; i < 50; i++)
        turn(&b);
    assert_int_equal(atomic_load(&begun), 2);
    bench_release(&b);
    for (size_t i = 0; i < MANY; i++)
        (void)close(fd[i]);
}

static void a_connection_that_is_no_good_is_opened_anew(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    hear(&b, peer(&b, "/fault"), "503 ");
    for (int i = 0; i < 4; i++)
        hear(&b, peer(&b, "/fault?v=1"), "an asks 1: 0\n");
    bench_release(&b);
}

static void without_a_database_it_is_refused(void **state)
{
    struct bench b;

    (void)state;
    bench_init(&b);
    db_close(&b.db);
    assert_int_equal(unlink(b.folder.db), 0);
    hear(&b, peer(&b, "/short"), "503 ");
    bench_release(&b);
}

/* What is read just now is waited for; what waits is let go. */
static void it_ends_with_readings_under_way(void **state)
{
    struct bench b;
    int fd[MANY];

    (void)state;
    bench_init(&b);
    for (size_t i = 0; i < MANY; i++)
        fd[i] = peer(&b, "/held");
    until(&b, &begun, 2);
    atomic_store(&held, false);
    bench_release(&b);
    for (size_t i = 0; i < MANY; i++)
        (void)close(fd[i]);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_is_answered_with_what_it_asked),
        cmocka_unit_test(what_is_long_holds_up_nothing_else),
        cmocka_unit_test(nobody_is_read_for_who_is_gone),
        cmocka_unit_test(a_connection_that_is_no_good_is_opened_anew),
        cmocka_unit_test(without_a_database_it_is_refused),
        cmocka_unit_test(it_ends_with_readings_under_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
