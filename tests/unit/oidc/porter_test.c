/*
 * Goal: each code goes to the sender once, and what came of it is in the database once, whatever
 * becomes of the sender; the desk learns where browsers go. Method: a loop with a line whose other
 * end is the test, over a database.
 */
#include "../check.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../notify/notify_bench.h"
#include "office/porter.h"
#include "oidc/ticket.h"

#define SETTINGS                                                                                   \
    "console-url: https://c.example\noidc-issuer: https://i.example\noidc-client: canh\n"

struct post {
    struct notify_bench w;
    struct settings settings;
    struct loop *loop;
    struct outbox *outbox;
    struct porter *porter;
    struct line *line; /* the sender's end */
    struct watch *turn;
    const char *authorize, *subject; /* what it answers; NULL: nothing */
    int code;
    uint32_t discoveries, exchanges, turns;
    char seen[3][64]; /* of the last exchange */
    char cookie[64], state[64];
    bool (*enough)(struct post *p);
};

static void on_ask(void *arg, const struct line_ask *a)
{
    struct post *p = arg;
    struct ticket t = { .answers = false }, back = { .answers = true };
    struct line_tell tell = { .id = a->id, .code = p->code };
    const char *said;
    struct buf out;

    assert_true((a->id & TICKET_ID) != 0 && ticket_read(a->request, &t));
    back.kind = t.kind;
    back.flag = true;
    said = t.kind == TICKET_DISCOVER ? p->authorize : p->subject;
    p->discoveries += t.kind == TICKET_DISCOVER;
    p->exchanges += t.kind == TICKET_EXCHANGE;
    for (size_t i = 0; i < 3 && t.kind == TICKET_EXCHANGE; i++)
        (void)snprintf(p->seen[i], 64, "%.*s", SPAN_ARG(t.text[i]));
    if (said == NULL)
        return;
    buf_init(&out, TICKET_MAX);
    back.text[0] = span_of(said);
    assert_true(ticket_put(&back, &out));
    tell.text = buf_span(&out);
    assert_true(line_tell(p->line, &tell));
    buf_release(&out);
}

static void on_gone(void *arg)
{
    line_free(&((struct post *)arg)->line);
}

static void on_notice(void *arg, const char *text)
{
    (void)arg;
    (void)text;
}

static void on_turn(void *arg, unsigned ready)
{
    struct post *p = arg;

    (void)ready;
    assert_true(++p->turns < 1000); /* 20 s */
    if (p->enough(p))
        loop_stop(p->loop);
}

static void go(struct post *p, bool (*enough)(struct post *p))
{
    p->enough = enough;
    p->turns = 0;
    assert_int_equal(loop_run(p->loop, &p->w.b.e), ERR_OK);
}

static void connect_line(struct post *p)
{
    struct line_from from = { .loop = p->loop, .ask = on_ask, .gone = on_gone, .arg = p };
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    from.fd = fds[0];
    line_free(&p->line);
    assert_int_equal(line_new(&p->line, &from, &p->w.b.e), ERR_OK);
    outbox_line(p->outbox, fds[1]);
}

static void begin(struct post *p)
{
    struct outbox_from outbox = { .notice = on_notice };
    struct porter_from porter = { .notice = on_notice };
    char request[256];

    *p = (struct post){ .authorize = "https://i.example/auth", .subject = "s-1" };
    notify_bench_init(&p->w);
    assert_int_equal(settings_read(&p->settings, SPAN_LIT(SETTINGS), "s", &p->w.b.e), ERR_OK);
    assert_int_equal(loop_new(&p->loop, &p->w.b.e), ERR_OK);
    p->w.b.now_ns = loop_now_ns(p->loop);
    outbox.loop = porter.loop = p->loop;
    outbox.notify = p->w.notify;
    assert_int_equal(outbox_new(&p->outbox, &outbox, &p->w.b.e), ERR_OK);
    porter.people = p->w.b.people;
    porter.db = p->w.b.db;
    porter.outbox = p->outbox;
    assert_int_equal(porter_new(&p->porter, &porter, &p->w.b.e), ERR_OK);
    porter_settings(p->porter, &p->settings);
    p->turn = loop_timer(p->loop, on_turn, p);
    watch_every(p->turn, 20);
    act_user_made(&p->w.b, "binh", "[\"analyst\"]");
    p->w.b.who = (struct actor){
        .name = SPAN_LIT("local:root"), .roles = ROLES_ALL, .via = "local", .address = SPAN_LIT("")
    };
    (void)snprintf(request, sizeof(request), "{'act':'user.link','user':'binh','subject':'s-1'}");
    act_good(&p->w.b, request);
    p->w.b.who.roles |= ROLE_LOGIN;
}

static void end(struct post *p)
{
    watch_free(&p->turn);
    porter_free(&p->porter);
    outbox_free(&p->outbox);
    line_free(&p->line);
    loop_free(&p->loop);
    settings_release(&p->settings);
    notify_bench_release(&p->w);
}

static bool is_learned(struct post *p)
{
    return act_ask(&p->w.b, "{'act':'session.oidc_begin'}") == ERR_OK;
}

/* Between `name` and `end` of the answer. */
static void part(const struct post *p, const char *name, const char *stop, char to[64])
{
    const char *at = strstr((const char *)p->w.b.answer.p, name);

    assert_non_null(at);
    at += strlen(name);
    (void)snprintf(to, 64, "%.*s", (int)strcspn(at, stop), at);
}

/* A browser that has come back with a code. */
static void come_back(struct post *p)
{
    char request[512];

    act_good(&p->w.b, "{'act':'session.oidc_begin'}");
    part(p, "\"cookie\":\"", "\"", p->cookie);
    part(p, "&state=", "&", p->state);
    (void)snprintf(request, sizeof(request),
                   "{'act':'session.oidc_ask','cookie':'%s','state':'%s','code':'the code',"
                   "'iss':'https://i.example'}",
                   p->cookie, p->state);
    act_good(&p->w.b, request);
}

static bool is_answered(struct post *p)
{
    return act_sql(&p->w.b, "SELECT count(*) FROM oidc_login WHERE phase IN ('asked','sent')") == 0;
}

static bool is_with_the_sender(struct post *p)
{
    return p->exchanges > 0;
}

static void a_code_goes_out_once_and_comes_back_as_a_user(void **state)
{
    struct post p;

    (void)state;
    begin(&p);
    act_bad(&p.w.b, "{'act':'session.oidc_begin'}", ERR_IO, "not been reached");
    connect_line(&p);
    go(&p, is_learned);
    come_back(&p);
    go(&p, is_answered);
    assert_int_equal(p.exchanges, 1);
    assert_int_equal(p.discoveries, 1);
    assert_string_equal(p.seen[0], "the code");
    assert_int_equal(strlen(p.seen[1]), 43);
    assert_int_equal(strlen(p.seen[2]), 43);
    assert_string_not_equal(p.seen[1], p.seen[2]);
    assert_int_equal(act_sql(&p.w.b, "SELECT count(*) FROM oidc_login WHERE phase = 'known'"), 1);
    p.subject = "s-2"; /* nobody's */
    come_back(&p);
    go(&p, is_answered);
    assert_int_equal(act_sql(&p.w.b, "SELECT count(*) FROM oidc_login WHERE phase = 'refused'"), 1);
    p.subject = ""; /* he refused */
    come_back(&p);
    go(&p, is_answered);
    p.subject = "s-1";
    p.code = ERR_MORE; /* too many are under way there: who waits begins again */
    come_back(&p);
    go(&p, is_answered);
    assert_int_equal(act_sql(&p.w.b, "SELECT count(*) FROM oidc_login WHERE phase = 'refused'"), 3);
    end(&p);
}

static void a_sender_that_ends_leaves_nobody_waiting(void **state)
{
    struct post p;

    (void)state;
    begin(&p);
    connect_line(&p);
    go(&p, is_learned);
    p.subject = NULL; /* it says nothing */
    come_back(&p);
    go(&p, is_with_the_sender);
    line_free(&p.line);
    go(&p, is_answered);
    assert_int_equal(act_sql(&p.w.b, "SELECT count(*) FROM oidc_login WHERE phase = 'refused'"), 1);
    come_back(&p); /* without a sender */
    go(&p, is_answered);
    assert_int_equal(act_sql(&p.w.b, "SELECT count(*) FROM oidc_login WHERE phase = 'refused'"), 2);
    p.subject = "s-1";
    connect_line(&p);
    come_back(&p);
    go(&p, is_answered);
    assert_int_equal(act_sql(&p.w.b, "SELECT count(*) FROM oidc_login WHERE phase = 'known'"), 1);
    assert_int_equal(p.discoveries, 2); /* each sender is asked */
    end(&p);
}

static void an_address_that_is_none_is_not_learned(void **state)
{
    static const char *const rows[] = { "https://i.example/\r\nSet-Cookie: a=b", "",
                                        "http://i.example/", "https://i.example/\"",
                                        "javascript:alert(1)" };
    struct act_bench b;

    (void)state;
    act_bench_init(&b);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        CHECK_ROW(rows[i], !people_oidc_learned(b.people, span_of(rows[i]), false));
    act_bench_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_goes_out_once_and_comes_back_as_a_user),
        cmocka_unit_test(a_sender_that_ends_leaves_nobody_waiting),
        cmocka_unit_test(an_address_that_is_none_is_not_learned),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
