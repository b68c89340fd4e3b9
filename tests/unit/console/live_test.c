/*
 * Goal: what changes is told to every page that is open, once and whole; a contact hears that
 * something has changed and no figure; who is no longer who he was hears nothing more; who never
 * reads costs a bounded room, loses his stream, and holds up nobody.
 * Method: a console over its local socket, whose ticks are the test's own.
 */
#include "../check.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../src/console/live.c"

#include "../desk/desk_lane.h"
#include "../turns.h"

#define TURNS 2000 /* of 1 ms, at most */

struct bench {
    struct desk_folder folder;
    char db_path[128], socket[128];
    struct db *db;
    struct loop *loop;
    struct watch *tick;
    struct ledger *ledger;
    struct console *console;
    struct buf got;
};

static void turn(struct bench *b)
{
    turns_turn(b->loop, b->tick);
}

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));
    struct console_from from = { .io = &io_system };
    char desk[96];
    struct err e;
    int fd;

    assert_non_null(b);
    desk_folder_init(&b->folder);
    (void)snprintf(desk, sizeof(desk), "%s/desk", b->folder.path);
    (void)snprintf(b->db_path, sizeof(b->db_path), "%s/canh.db", desk);
    (void)snprintf(b->socket, sizeof(b->socket), "%s/sock", b->folder.path);
    assert_int_equal(mkdir(desk, 0700), 0);
    assert_int_equal(db_open(&b->db, b->db_path, &e), ERR_OK);
    assert_int_equal(loop_new(&b->loop, &e), ERR_OK);
    b->tick = turns_new(b->loop);
    b->ledger = calloc(1, sizeof(*b->ledger));
    assert_non_null(b->ledger);
    assert_int_equal(ledger_begin(b->ledger, 0, &e), ERR_OK);
    from.loop = b->loop;
    from.data = b->folder.path;
    assert_int_equal(console_new(&b->console, &from, &e), ERR_OK);
    assert_int_equal(console_ledger(b->console, b->ledger, 0, &e), ERR_OK);
    assert_int_equal(socket_listen_path(b->socket, &fd, &e), ERR_OK);
    assert_int_equal(console_listen(b->console, fd, DOOR_LOCAL, &e), ERR_OK);
    buf_init(&b->got, (size_t)16 << 20);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;

    console_free(&b->console);
    watch_free(&b->tick);
    loop_free(&b->loop);
    db_close(&b->db);
    (void)unlink(b->socket);
    desk_folder_release(&b->folder);
    buf_release(&b->got);
    free(b->ledger);
    free(b);
    return 0;
}

/* --- pages ---------------------------------------------------------------------------------- */

static int page(struct bench *b)
{
    static const char ask[] = "GET /live HTTP/1.1\r\nHost: x\r\n\r\n";
    uint32_t before = live_count(b->console);
    struct err e;
    int fd;

    assert_int_equal(socket_connect_path(b->socket, &fd, &e), ERR_OK);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(send(fd, ask, sizeof(ask) - 1, MSG_NOSIGNAL), sizeof(ask) - 1);
    for (int i = 0; i < TURNS && live_count(b->console) == before; i++) {
        char peek;

        turn(b);
        if (recv(fd, &peek, 1, MSG_PEEK) == 1)
            break;
    }
    watch_stop(b->console->live->tick); /* the test ticks */
    return fd;
}

/* All that has come; false: and its end. */
static bool hear(struct bench *b, int fd)
{
    ssize_t n;

    buf_clear(&b->got);
    for (int i = 0; i < 5; i++) {
        turn(b);
        do {
            assert_true(buf_reserve(&b->got, 65536));
            n = recv(fd, b->got.p + b->got.n, 65535, 0);
            b->got.n += n > 0 ? (size_t)n : 0;
        } while (n > 0);
        if (n == 0)
            break;
    }
    b->got.p[b->got.n] = '\0';
    return n != 0;
}

static unsigned count(const struct bench *b, const char *word)
{
    unsigned n = 0;

    for (const char *p = (const char *)b->got.p; (p = strstr(p, word)) != NULL; p++)
        n++;
    return n;
}

static void change(struct bench *b)
{
    sqlite3 *raw;

    assert_int_equal(sqlite3_open(b->db_path, &raw), SQLITE_OK);
    assert_int_equal(sqlite3_exec(raw, "INSERT OR REPLACE INTO counter VALUES('x', random(), 1)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(raw), SQLITE_OK);
}

static void tick(struct bench *b)
{
    on_tick(b->console, 0);
    watch_stop(b->console->live->tick);
}

static struct listener *last(struct bench *b)
{
    struct listener *l = NULL;

    for (uint32_t i = 0; i < CONSOLE_LIVE; i++) {
        if (b->console->live->listener[i].stream != NULL)
            l = &b->console->live->listener[i];
    }
    assert_non_null(l);
    return l;
}

/* --- rows ----------------------------------------------------------------------------------- */

static void all_hear_each_change_once(void **state)
{
    struct bench *b = *state;
    int fd[8];
    char first[256] = "";

    for (size_t i = 0; i < COUNT_OF(fd); i++) {
        fd[i] = page(b);
        assert_true(hear(b, fd[i]));
        assert_int_equal(count(b, "event: desk\n"), 1); /* states: who comes late has missed none */
        assert_int_equal(count(b, "event: flow\n"), 1);
    }
    for (int round = 0; round < 3; round++) {
        change(b);
        tick(b);
        for (size_t i = 0; i < COUNT_OF(fd); i++) {
            const char *event;

            assert_true(hear(b, fd[i]));
            assert_int_equal(count(b, "event: desk\n"), 1);
            event = strstr((const char *)b->got.p, "data: {\"version\":");
            assert_non_null(event);
            if (i == 0)
                assert_true(strncmp(event, first, 30) != 0); /* another than before */
            if (i == 0)
                (void)snprintf(first, sizeof(first), "%.*s", (int)strcspn(event, "\n"), event);
            assert_int_equal(strncmp(event, first, strlen(first)), 0); /* the same for all */
        }
    }
    for (int i = 0; i < 4; i++)
        tick(b);
    assert_true(hear(b, fd[3]));
    assert_int_equal(count(b, "event: desk\n"), 0); /* nothing changed */
    assert_int_equal(count(b, "event: flow\n"), 2);
    for (size_t i = 0; i < COUNT_OF(fd); i++)
        (void)close(fd[i]);
    for (int i = 0; i < TURNS && live_count(b->console) > 0; i++)
        turn(b);
    assert_int_equal(live_count(b->console), 0);
}

static void a_contact_hears_that_and_not_what(void **state)
{
    struct bench *b = *state;
    int fd = page(b);

    assert_true(hear(b, fd));
    last(b)->contact = true;
    change(b);
    for (int i = 0; i < 6; i++)
        tick(b);
    assert_true(hear(b, fd));
    assert_int_equal(count(b, "event: desk\n"), 1);
    assert_int_equal(count(b, "event: "), 1);
    assert_int_equal(count(b, "open"), 0);
    assert_int_equal(count(b, "newest_alert"), 0);
    assert_int_equal(count(b, "}"), 1);
    (void)close(fd);
}

static void who_is_no_longer_known_is_let_go(void **state)
{
    struct bench *b = *state;
    static const enum line_by lines[] = { LINE_SESSION, LINE_TOKEN };

    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        int other = page(b), fd;
        struct listener *l;

        fd = page(b);
        assert_true(hear(b, fd));
        assert_true(hear(b, other));
        l = last(b);
        l->by = lines[i]; /* with a secret that nobody has */
        memcpy(l->secret, "nobody's", 9);
        while (l->ticks < PROVE_TICKS - 1)
            tick(b);
        assert_true(hear(b, fd));
        assert_int_equal(live_count(b->console), 2);
        change(b);
        tick(b);
        assert_false(hear(b, fd));
        assert_int_equal(count(b, "event: "), 0); /* not what changed in the same breath */
        assert_int_equal(live_count(b->console), 1);
        for (size_t k = 0; k < sizeof(l->secret); k++)
            assert_int_equal(l->secret[k], 0);
        assert_true(hear(b, other));
        assert_int_equal(count(b, "event: desk\n"), 1);
        (void)close(fd);
        (void)close(other);
        for (int t = 0; t < TURNS && live_count(b->console) > 0; t++)
            turn(b);
    }
}

static void who_never_reads_costs_little_and_is_let_go(void **state)
{
    struct bench *b = *state;
    int reads = page(b), never = page(b);
    const struct listener *l = last(b);
    size_t most = 0;
    unsigned ticks = 0;

    assert_true(hear(b, reads));
    for (; l->stream != NULL && ticks < 100000; ticks++) {
        change(b);
        tick(b);
        if (l->stream != NULL && serve_waits(l->stream) > most)
            most = serve_waits(l->stream);
        if (ticks % 16 == 0) {
            assert_true(hear(b, reads));
            assert_true(count(b, "event: desk\n") >= 1);
        }
    }
    assert_null(l->stream);
    assert_true(ticks > 16); /* who only pauses stays */
    assert_true(most > 0 && most <= LIVE_WAITS_MAX);
    assert_true(hear(b, reads));
    assert_int_equal(live_count(b->console), 1);
    (void)close(reads);
    (void)close(never);
}

/* Nobody knows just now who he is: he stays, and hears again when it can be read. */
static void without_a_database_nobody_is_let_go(void **state)
{
    struct bench *b = *state;
    int fd = page(b);
    char aside[160];

    assert_true(hear(b, fd));
    last(b)->by = LINE_SESSION;
    console_db_fault(b->console);
    (void)snprintf(aside, sizeof(aside), "%s.aside", b->db_path);
    assert_int_equal(rename(b->db_path, aside), 0);
    for (unsigned i = 0; i < 2 * PROVE_TICKS; i++)
        tick(b);
    assert_true(hear(b, fd));
    assert_int_equal(count(b, "event: desk\n"), 0);
    assert_true(count(b, "event: flow\n") > 0);
    assert_int_equal(rename(aside, b->db_path), 0);
    last(b)->by = LINE_LOCAL;
    tick(b);
    assert_true(hear(b, fd));
    assert_int_equal(count(b, "event: desk\n"), 1);
    (void)close(fd);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(all_hear_each_change_once),           T(a_contact_hears_that_and_not_what),
        T(who_is_no_longer_known_is_let_go),    T(who_never_reads_costs_little_and_is_let_go),
        T(without_a_database_nobody_is_let_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
