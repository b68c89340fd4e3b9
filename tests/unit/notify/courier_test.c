/*
 * Goal: a letter goes to whom the settings name and to nobody else, and each answer of a mail or
 * web server comes out as what it means. Method: rows of what a server says, given by a thread at a
 * loopback socket; a loop that runs until there is a result.
 */
#include "../check.h"

#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "notify/courier.h"
#include "os/socket.h"

/* --- a server ------------------------------------------------------------------------------- */

struct server {
    pthread_t thread;
    int fd;
    const char *verb, *says; /* instead of the usual; SMTP: to this verb, "TEXT" behind the mail */
    const char *body;        /* of an answer over HTTP; NULL: none */
    bool smtp, endless;
    uint32_t mails, connections;
    uint16_t port;
};

static void say(int fd, const char *text)
{
    (void)!write(fd, text, strlen(text));
    (void)!write(fd, "\r\n", 2);
}

/* Up to LF; false at the end. */
static bool read_line(int fd, char *line, size_t bytes)
{
    size_t n = 0;
    char c = 0;

    while (n + 1 < bytes && c != '\n') {
        if (read(fd, &c, 1) != 1)
            return false;
        line[n++] = c;
    }
    line[n] = '\0';
    return true;
}

static void answer(struct server *s, int fd, const char *verb, const char *usual)
{
    say(fd, s->verb != NULL && strcmp(s->verb, verb) == 0 ? s->says : usual);
}

static void serve_mail(struct server *s, int fd)
{
    char line[2048], verb[5];

    answer(s, fd, "", "220 ready");
    while (read_line(fd, line, sizeof(line))) {
        (void)snprintf(verb, sizeof(verb), "%.4s", line);
        answer(s, fd, verb,
               strcmp(verb, "DATA") == 0   ? "354 go on"
               : strcmp(verb, "QUIT") == 0 ? "221 bye"
                                           : "250 ok");
        if (strcmp(verb, "DATA") == 0 && (s->verb == NULL || strcmp(s->verb, "DATA") != 0)) {
            while (strcmp(line, ".\r\n") != 0 && read_line(fd, line, sizeof(line)))
                continue;
            s->mails++;
            answer(s, fd, "TEXT", "250 taken");
        }
        if (strcmp(verb, "QUIT") == 0)
            return;
    }
}

static void serve_web(struct server *s, int fd)
{
    char line[8192];
    size_t bytes = 0;

    while (read_line(fd, line, sizeof(line)) && strcmp(line, "\r\n") != 0) {
        if (strncmp(line, "Content-Length: ", 16) == 0)
            bytes = (size_t)atoi(line + 16);
    }
    for (size_t i = 0; i < bytes; i++)
        (void)!read(fd, line, 1);
    say(fd, s->says);
    if (!s->endless) {
        (void)snprintf(line, sizeof(line),
                       "Location: http://127.0.0.1:%u/\r\nContent-Length: %zu\r\n\r\n%s", s->port,
                       s->body != NULL ? strlen(s->body) : 0, s->body != NULL ? s->body : "");
        (void)!write(fd, line, strlen(line));
        return;
    }
    say(fd, "");
    memset(line, 'x', sizeof(line));
    while (write(fd, line, sizeof(line)) > 0)
        continue;
}

static void *serve(void *arg)
{
    struct server *s = arg;
    int fd;

    while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
        s->connections++;
        (s->smtp ? serve_mail : serve_web)(s, fd);
        close(fd);
    }
    return NULL;
}

static uint16_t start(struct server *s, bool smtp)
{
    struct sockaddr_in a = { .sin_family = AF_INET };
    socklen_t n = sizeof(a);

    *s = (struct server){ .smtp = smtp, .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(s->fd, (struct sockaddr *)&a, n), 0);
    assert_int_equal(listen(s->fd, 16), 0);
    assert_int_equal(getsockname(s->fd, (struct sockaddr *)&a, &n), 0);
    s->port = ntohs(a.sin_port);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
    return s->port;
}

static void stop(struct server *s)
{
    (void)shutdown(s->fd, SHUT_RDWR);
    (void)pthread_join(s->thread, NULL);
    close(s->fd);
}

/* --- a courier ------------------------------------------------------------------------------ */

struct bench {
    struct loop *loop;
    struct courier *courier;
    struct settings settings;
    uint32_t done, notices, want;
    int64_t id;
    int code;
    char why[256];
    struct err e;
};

static void on_done(void *arg, int64_t id, int code, const char *why)
{
    struct bench *b = arg;

    b->id = id;
    b->code = code;
    (void)snprintf(b->why, sizeof(b->why), "%s", why);
    if (++b->done == b->want)
        loop_stop(b->loop);
}

static void on_notice(void *arg, const char *text)
{
    (void)text;
    ((struct bench *)arg)->notices++;
}

static void on_late(void *arg, unsigned ready)
{
    (void)arg;
    (void)ready;
    fail_msg("nothing came of it");
}

static void begin(struct bench *b, const char *yaml)
{
    struct courier_from from = {
        .store = SPAN_LIT("00ff"), .done = on_done, .notice = on_notice, .arg = b
    };

    *b = (struct bench){ .want = 1 };
    assert_int_equal(loop_new(&b->loop, &b->e), ERR_OK);
    if (settings_read(&b->settings, span_of(yaml), "f", &b->e) != ERR_OK)
        fail_msg("%s", b->e.why);
    from.loop = b->loop;
    from.settings = &b->settings;
    assert_int_equal(courier_new(&b->courier, &from, &b->e), ERR_OK);
}

static void end(struct bench *b)
{
    courier_free(&b->courier);
    settings_release(&b->settings);
    loop_free(&b->loop);
}

static int take(struct bench *b, int64_t id, const char *channel, const char *recipient)
{
    const struct letter l = { .id = id,
                              .level = LEVEL_HIGH,
                              .channel = span_of(channel),
                              .recipient = span_of(recipient),
                              .kind = SPAN_LIT("alert"),
                              .subject = SPAN_LIT("Tiêu đề"),
                              .text = SPAN_LIT("text\n") };

    return courier_take(b->courier, &l, &b->e);
}

/* Until `want` results are there. */
static void wait_for(struct bench *b, uint32_t want)
{
    struct watch *late = loop_timer(b->loop, on_late, b);

    b->want = want;
    watch_after(late, 15000);
    assert_int_equal(loop_run(b->loop, &b->e), ERR_OK);
    watch_free(&late);
}

static char secret_file[64];

static const char *channels(uint16_t mail, uint16_t web)
{
    static char yaml[1024];

    (void)snprintf(
        yaml, sizeof(yaml),
        "channels:\n"
        "- {name: mail, kind: smtp, url: 'smtp://127.0.0.1:%u', from: c@x, to: [a@x, b@x]}\n"
        "- {name: hook, kind: webhook, url: 'http://127.0.0.1:%u/', secret: %s}\n"
        "- {name: bad, kind: webhook, url: 'http://127.0.0.1:%u/', secret: /nowhere/x}\n"
        "- {name: sms, kind: gateway, url: 'http://127.0.0.1:%u/', to: '113', body: '{phone}', expect: '\"error\":0'}\n",
        mail, web, secret_file, web, web);
    return yaml;
}

/* --- tests ---------------------------------------------------------------------------------- */

static void what_a_mail_server_says_comes_out_as_what_it_means(void **state)
{
    static const struct {
        const char *verb, *says;
        int code;
    } rows[] = {
        { NULL, NULL, ERR_OK },
        { "", "554 no service", ERR_IO },
        { "", "421 busy", ERR_IO },
        { "", "what", ERR_IO },
        { "EHLO", "550 go away", ERR_OK }, /* HELO does */
        { "MAIL", "451 later", ERR_IO },
        { "MAIL", "530 authentication required", ERR_IO },
        { "MAIL", "553 not from there", ERR_DENIED },
        { "RCPT", "450 mailbox busy", ERR_IO },
        { "RCPT", "550 5.1.1 no such user", ERR_DENIED },
        { "RCPT", "552-one\r\n552 two", ERR_DENIED },
        { "DATA", "451 later", ERR_IO },
        { "DATA", "554 no valid recipients", ERR_DENIED },
        { "TEXT", "452 disk full", ERR_IO },
        { "TEXT", "554 looks like spam", ERR_DENIED },
    };
    struct server mail;
    uint16_t port = start(&mail, true);
    struct bench b;

    (void)state;
    begin(&b, channels(port, 1));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        mail.verb = rows[i].verb;
        mail.says = rows[i].says;
        assert_int_equal(take(&b, (int64_t)i + 1, "mail", "a@x"), ERR_OK);
        wait_for(&b, (uint32_t)i + 1);
        if (b.code != rows[i].code || b.id != (int64_t)i + 1)
            fail_msg("%s %s: %d: %s", rows[i].verb, rows[i].says, b.code, b.why);
        assert_true((b.code == ERR_OK) == (b.why[0] == '\0'));
        if (b.code != ERR_OK && strchr(rows[i].says, ' ') != NULL)
            CHECK_ROW(b.why, strstr(b.why, strrchr(rows[i].says, ' ')) != NULL);
        for (const char *p = b.why; *p != '\0'; p++)
            assert_true(*p >= 0x20);
    }
    assert_true(courier_is_idle(b.courier));
    assert_int_equal(mail.mails, 4); /* twice taken, twice refused */
    end(&b);
    stop(&mail);
}

static void what_a_web_server_says_comes_out_as_what_it_means(void **state)
{
    static const struct {
        const char *says;
        int code;
        bool endless;
    } rows[] = {
        { "HTTP/1.1 200 OK", ERR_OK, false },        { "HTTP/1.1 204 nothing", ERR_OK, false },
        { "HTTP/1.1 200 OK", ERR_OK, true },         { "HTTP/1.1 301 there", ERR_IO, false },
        { "HTTP/1.1 307 there", ERR_IO, false },     { "HTTP/1.1 400 what", ERR_DENIED, false },
        { "HTTP/1.1 401 who", ERR_IO, false },       { "HTTP/1.1 403 no", ERR_IO, false },
        { "HTTP/1.1 404 where", ERR_DENIED, false }, { "HTTP/1.1 408 slow", ERR_IO, false },
        { "HTTP/1.1 410 gone", ERR_DENIED, false },  { "HTTP/1.1 422 not so", ERR_DENIED, true },
        { "HTTP/1.1 429 enough", ERR_IO, false },    { "HTTP/1.1 500 oh", ERR_IO, false },
        { "HTTP/1.1 503 later", ERR_IO, true },      { "SSH-2.0-x", ERR_IO, false },
    };
    struct server web;
    uint16_t port = start(&web, false);
    struct bench b;

    (void)state;
    begin(&b, channels(1, port));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        web.says = rows[i].says;
        web.endless = rows[i].endless;
        assert_int_equal(take(&b, (int64_t)i + 1, "hook", ""), ERR_OK);
        wait_for(&b, (uint32_t)i + 1);
        if (b.code != rows[i].code)
            fail_msg("%s: %d: %s", rows[i].says, b.code, b.why);
    }
    assert_int_equal(web.connections, COUNT_OF(rows)); /* no redirect was followed, none twice */
    end(&b);
    stop(&web);
}

static void a_gateway_that_says_no_with_200_has_said_no(void **state)
{
    static const struct {
        const char *says, *body;
        int code;
    } rows[] = {
        { "HTTP/1.1 200 OK", "{\"error\":0,\"message\":\"Success\"}", ERR_OK },
        { "HTTP/1.1 200 OK", "\"error\":0", ERR_OK },
        { "HTTP/1.1 200 OK", "{\"error\":-124,\"message\":\"Access token is invalid\"}", ERR_IO },
        { "HTTP/1.1 200 OK", "\"error\":", ERR_IO },
        { "HTTP/1.1 200 OK", NULL, ERR_IO },
        { "HTTP/1.1 500 oh", "\"error\":0", ERR_IO },
        { "HTTP/1.1 400 what", "\"error\":0", ERR_DENIED },
    };
    struct server web;
    uint16_t port = start(&web, false);
    struct bench b;

    (void)state;
    begin(&b, channels(1, port));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        web.says = rows[i].says;
        web.body = rows[i].body;
        assert_int_equal(take(&b, (int64_t)i + 1, "sms", "113"), ERR_OK);
        wait_for(&b, (uint32_t)i + 1);
        if (b.code != rows[i].code)
            fail_msg("%s %s: %d: %s", rows[i].says, rows[i].body, b.code, b.why);
        assert_true((strstr(b.why, "expect") != NULL) == (b.code == ERR_IO && i < 5));
    }
    web.says = rows[0].says; /* and beyond what is read nothing is looked for */
    web.endless = true;
    assert_int_equal(take(&b, 99, "sms", "113"), ERR_OK);
    wait_for(&b, COUNT_OF(rows) + 1);
    assert_int_equal(b.code, ERR_IO);
    end(&b);
    stop(&web);
}

static void nobody_else_is_reached(void **state)
{
    static const struct {
        const char *channel, *recipient;
        int code;
    } rows[] = {
        { "mail", "eve@x", ERR_DENIED },
        { "mail", "", ERR_DENIED },
        { "mail", "a@x>,<eve@x", ERR_DENIED },
        { "hook", "a@x", ERR_DENIED },
        { "none", "", ERR_DENIED },
        { "", "", ERR_DENIED },
        { "bad", "", ERR_IO }, /* its secret cannot be read */
    };
    struct bench b;

    (void)state;
    begin(&b, channels(1, 1));
    assert_int_equal(b.notices, 1);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(take(&b, 1, rows[i].channel, rows[i].recipient), rows[i].code);
    assert_true(courier_is_idle(b.courier));
    end(&b);
}

static void a_letter_that_is_under_way_goes_once_and_there_is_an_end_to_many(void **state)
{
    struct bench b;

    (void)state;
    begin(&b, channels(1, 1)); /* nobody listens there */
    for (uint32_t i = 0; i < COURIER_TRIPS; i++)
        assert_int_equal(take(&b, i + 1, "mail", "a@x"), ERR_OK);
    assert_int_equal(take(&b, 7, "mail", "a@x"), ERR_OK);
    assert_int_equal(take(&b, 99, "mail", "a@x"), ERR_MORE);
    wait_for(&b, COURIER_TRIPS);
    assert_int_equal(b.code, ERR_IO);
    assert_true(courier_is_idle(b.courier));
    assert_int_equal(take(&b, 7, "hook", ""), ERR_OK); /* and may go again */
    end(&b);                                           /* with one under way */
}

static int put_secret(void **state)
{
    int fd;

    (void)state;
    (void)signal(SIGPIPE, SIG_IGN);
    strcpy(secret_file, "/tmp/canh-courier-XXXXXX");
    fd = mkstemp(secret_file);
    return fd >= 0 && write(fd, "secret\n", 7) == 7 ? close(fd) : -1;
}

static int remove_secret(void **state)
{
    (void)state;
    return unlink(secret_file);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_mail_server_says_comes_out_as_what_it_means),
        cmocka_unit_test(what_a_web_server_says_comes_out_as_what_it_means),
        cmocka_unit_test(a_gateway_that_says_no_with_200_has_said_no),
        cmocka_unit_test(nobody_else_is_reached),
        cmocka_unit_test(a_letter_that_is_under_way_goes_once_and_there_is_an_end_to_many),
    };

    return cmocka_run_group_tests(tests, put_secret, remove_secret);
}
