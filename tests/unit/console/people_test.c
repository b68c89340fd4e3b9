/*
 * Goal: what people see is as wide as it may be, and says what it means at every size.
 * Method: rows, over the file itself: it belongs to the program and to no library.
 */
#include "../check.h"

#include <stdlib.h>

#include "../../../src/cmd/client.c"

static void test_numbers_have_six_columns(void **state)
{
    static const struct {
        uint64_t v;
        const char *want;
    } rows[] = {
        { 0, "0" },
        { 999999, "999999" },
        { 1000000, "1.00M" },
        { 1234567, "1.23M" },
        { 9994999, "9.99M" },
        { 9995000, "10.0M" },
        { 99949999, "99.9M" },
        { 99950000, "100M" },
        { 999499999, "999M" },
        { 999500000, "1.00G" },
        { 1000000000000, "1.00T" },
        { UINT64_MAX, "18.4E" },
    };
    struct buf out;

    (void)state;
    buf_init(&out, 64);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        buf_clear(&out);
        put_short(&out, rows[i].v);
        check_span(rows[i].want, buf_span(&out), rows[i].want);
        assert_true(out.n <= 6);
    }
    buf_release(&out);
}

static void test_ages_have_five_columns(void **state)
{
    static const struct {
        int64_t age;
        const char *want;
    } rows[] = {
        { -5, "now" },    { 1, "now" },
        { 2, "2s" },      { 119, "119s" },
        { 120, "2m" },    { 7199, "119m" },
        { 7200, "2h" },   { 172799, "47h" },
        { 172800, "2d" }, { 9999 * 86400LL, "9999d" },
    };
    struct buf out;

    (void)state;
    buf_init(&out, 64);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        buf_clear(&out);
        put_age(&out, (2000000000 - rows[i].age) * TIME_SECOND, 2000000000 * TIME_SECOND);
        check_span(rows[i].want, buf_span(&out), rows[i].want);
    }
    buf_clear(&out);
    put_age(&out, 0, 5);
    check_span("never", buf_span(&out), "never");
    buf_release(&out);
}

static void test_clocks_are_of_the_zone(void **state)
{
    const struct screen here = { .offset_s = VIETNAM_OFFSET_S }, utc = { 0 };
    struct buf out;

    (void)state;
    buf_init(&out, 64);
    put_clock(&out, &here, 1772359200 * TIME_SECOND, true);
    check_span("here", buf_span(&out), "2026-03-01 17:00:00");
    buf_clear(&out);
    put_clock(&out, &utc, 1772359200 * TIME_SECOND, false);
    check_span("utc", buf_span(&out), "10:00:00");
    buf_release(&out);
}

static void test_colours_are_for_terminals_only(void **state)
{
    const struct screen colours = { .colour = true }, none = { 0 };
    struct buf out;

    (void)state;
    buf_init(&out, 256);
    put_colour(&out, &none, "31", SPAN_LIT("a"));
    put_colour(&out, &colours, "", SPAN_LIT("b"));
    put_colour(&out, &colours, level_colour("high"), SPAN_LIT("c"));
    check_span("colours", buf_span(&out), "ab\033[31mc\033[0m");
    assert_string_equal(level_colour("unknown"), "");
    assert_int_equal(screen_of(-1, false).width, 0);
    assert_false(screen_of(-1, false).colour);
    buf_release(&out);
}

static void test_values_of_a_query_are_encoded(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 256);
    buf_text(&out, "/tail");
    client_query(&out, "filter", "a:\"b&c\" \xc3\xa1%");
    client_query(&out, "none", NULL);
    client_query(&out, "x", "1-._~Z");
    check_span("query", buf_span(&out), "/tail?filter=a%3A%22b%26c%22%20%C3%A1%25&x=1-._~Z");
    buf_release(&out);
}

/* --- a server's answers, from a thread-less peer: all of it is sent before it is read --------- */

static void answered(struct client *c, int *peer, const char *answer)
{
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    *c = (struct client){ .fd = fds[0] };
    *peer = fds[1];
    buf_init(&c->in, CLIENT_LINE_MAX);
    buf_init(&c->body, CLIENT_LINE_MAX);
    assert_int_equal(send(fds[1], answer, strlen(answer), 0), strlen(answer));
    assert_int_equal(shutdown(fds[1], SHUT_WR), 0);
}

static void test_lines_come_whole_whatever_the_chunks(void **state)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                 "3\r\none\r\n1\r\n\n\r\n9\r\ntwo\nthree\r\n5\r\n\nlast\r\n"
                                 "0\r\n\r\n";
    static const char *const want[] = { "one", "two", "three", "last" };
    struct client c;
    struct span line;
    struct err e = { 0 };
    int peer;

    (void)state;
    answered(&c, &peer, answer);
    assert_int_equal(client_get(&c, "/x", &e), ERR_OK);
    for (size_t i = 0; i < COUNT_OF(want); i++) {
        assert_int_equal(client_line(&c, -1, &line, &e), 1);
        check_span(want[i], line, want[i]);
    }
    assert_int_equal(client_line(&c, -1, &line, &e), 0);
    client_close(&c);
    (void)close(peer);
}

static void test_an_answer_that_breaks_off_is_a_fault(void **state)
{
    static const struct {
        const char *answer;
        int lines;
    } rows[] = {
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none\n\r\n", 1 },
        { "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\none\n", 1 },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 0 },
        { "HTTP/1.1 200 OK\r\nContent-Le", -1 },
        { "SSH-2.0-OpenSSH_9.2\r\n", -1 },
        { "", -1 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct client c;
        struct span line;
        struct err e = { 0 };
        int peer, rc;

        answered(&c, &peer, rows[i].answer);
        rc = client_get(&c, "/x", &e);
        CHECK_ROW(rows[i].answer, (rc == ERR_OK) == (rows[i].lines >= 0));
        for (int k = 0; k < rows[i].lines; k++)
            CHECK_ROW(rows[i].answer, client_line(&c, -1, &line, &e) == 1);
        if (rc == ERR_OK)
            rc = client_line(&c, -1, &line, &e);
        CHECK_ROW(rows[i].answer, rc < 0 && e.why[0] != 0);
        client_close(&c);
        (void)close(peer);
    }
}

static void test_a_refusal_is_its_sentence_and_place(void **state)
{
    struct client c;
    struct err e = { 0 };
    int peer;

    (void)state;
    answered(
        &c, &peer,
        "HTTP/1.1 400 Bad Request\r\nContent-Length: 29\r\n\r\n{\"error\":\"Not so.\",\"at\":7}\n\n\n");
    assert_int_equal(client_get(&c, "/x", &e), ERR_OK);
    assert_int_equal(c.answer.status, 400);
    assert_int_equal(client_refusal(&c, &e), ERR_USAGE);
    assert_string_equal(e.why, "Not so.");
    assert_int_equal(e.at, 7);
    client_close(&c);
    (void)close(peer);
    answered(&c, &peer, "HTTP/1.1 503 x\r\nContent-Length: 4\r\n\r\noops");
    assert_int_equal(client_get(&c, "/x", &e), ERR_OK);
    assert_int_equal(client_refusal(&c, &e), ERR_IO);
    assert_true(e.why[0] != 0);
    client_close(&c);
    (void)close(peer);
}

static void test_no_server_is_told_from_one_that_cannot_be_reached(void **state)
{
    char folder[] = "/tmp/canh-people-XXXXXX", path[128];
    struct client c;
    struct err e = { 0 };
    int fd;

    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(client_open(&c, folder, &e), ERR_NOTFOUND);
    client_close(&c);
    assert_int_equal(client_open(&c, "/nonexistent", &e), ERR_NOTFOUND);
    client_close(&c);
    /* A socket whose server has died. */
    (void)snprintf(path, sizeof(path), "%s/run", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    (void)snprintf(path, sizeof(path), "%s/run/canh.sock", folder);
    assert_int_equal(socket_listen_path(path, &fd, &e), ERR_OK);
    assert_int_equal(client_open(&c, folder, &e), ERR_OK);
    client_close(&c);
    (void)close(fd);
    assert_int_equal(client_open(&c, folder, &e), ERR_NOTFOUND);
    client_close(&c);
    (void)unlink(path);
    (void)snprintf(path, sizeof(path), "%s/run", folder);
    (void)rmdir(path);
    (void)rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_have_six_columns),
        cmocka_unit_test(test_ages_have_five_columns),
        cmocka_unit_test(test_clocks_are_of_the_zone),
        cmocka_unit_test(test_colours_are_for_terminals_only),
        cmocka_unit_test(test_values_of_a_query_are_encoded),
        cmocka_unit_test(test_lines_come_whole_whatever_the_chunks),
        cmocka_unit_test(test_an_answer_that_breaks_off_is_a_fault),
        cmocka_unit_test(test_a_refusal_is_its_sentence_and_place),
        cmocka_unit_test(test_no_server_is_told_from_one_that_cannot_be_reached),
    };

    return cmocka_run_group_tests_name("people", tests, NULL, NULL);
}
