/*
 * Goal: whoever comes back from the issuer is let in once, within his time, as the user that his
 * subject is tied to, and with no more rights than a password gives him; whatever else he is, he
 * hears the same. Method: acts over a database; the sender's part is played by the test.
 */
#include "../check.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "people_bench.h"

#define PASSWORD "hoa sen trong ao"
#define FAILED   "Logging in there did not end well."
#define OVER     "This login is over"
#define SECOND   INT64_C(1000000000)
#define ISSUER   "https://i.example"

struct browser {
    char cookie[64], state[64], nonce[64], challenge[64];
};

static void configure(struct act_bench *b, const char *more)
{
    struct settings s;
    char yaml[512];

    (void)snprintf(yaml, sizeof(yaml),
                   "console-url: https://c.example:8443\noidc-issuer: " ISSUER
                   "\noidc-client: 'canh/a&b'\noidc-scopes: [openid, email]\n%s",
                   more);
    if (settings_read(&s, span_of(yaml), "s", &b->e) != ERR_OK)
        fail_msg("%s", b->e.why);
    people_oidc(b->people, &s);
    settings_release(&s);
}

static void init(struct act_bench *b)
{
    char once[32];

    act_bench_init(b);
    configure(b, "");
    assert_true(people_oidc_learned(b->people, SPAN_LIT(ISSUER "/auth?x=1"), false));
    user_made(b, "root", "'administrator'", once);
    user_made(b, "an", "'analyst','administrator'", once);
    act_good(b, "{'act':'user.link','user':'an','subject':'s-1'}");
    as_nobody(b);
}

static void part(const struct act_bench *b, const char *name, const char *stop, char to[64])
{
    const char *at = strstr((const char *)b->answer.p, name);

    assert_non_null(at);
    at += strlen(name);
    (void)snprintf(to, 64, "%.*s", (int)strcspn(at, stop), at);
}

static void begin(struct act_bench *b, struct browser *w)
{
    act_good(b, "{'act':'session.oidc_begin'}");
    part(b, "\"cookie\":\"", "\"", w->cookie);
    part(b, "&state=", "&", w->state);
    part(b, "&nonce=", "&", w->nonce);
    part(b, "&code_challenge=", "&", w->challenge);
}

static int come_back(struct act_bench *b, const struct browser *w, const char *more)
{
    char request[3000];

    (void)snprintf(request, sizeof(request),
                   "{'act':'session.oidc_ask','cookie':'%s','state':'%s'%s}", w->cookie, w->state,
                   more);
    return act_ask(b, request);
}

static int prove(struct act_bench *b, const struct browser *w, const char *code)
{
    char request[512];

    (void)snprintf(request, sizeof(request),
                   "{'act':'session.oidc_prove','cookie':'%s','agent':'test'%s%s%s}", w->cookie,
                   code[0] != '\0' ? ",'code':'" : "", code, code[0] != '\0' ? "'" : "");
    return act_ask(b, request);
}

/* The sender's part: one code, and what the issuer says. */
static void exchange(struct act_bench *b, const struct browser *w, const char *subject)
{
    struct people_exchange x;
    uint8_t digest[32];
    char challenge[64];

    assert_int_equal(people_oidc_due(b->people, b->db, &x, &b->e), 1);
    assert_string_equal(x.nonce, w->nonce);
    (void)crypto_hash_sha256(digest, (const uint8_t *)x.verifier, strlen(x.verifier));
    (void)sodium_bin2base64(challenge, sizeof(challenge), digest, sizeof(digest),
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    assert_string_equal(challenge, w->challenge);
    assert_int_equal(people_oidc_result(b->people, b->db, x.id, span_of(subject), &b->e), ERR_OK);
    assert_int_equal(people_oidc_due(b->people, b->db, &x, &b->e), 0);
}

static void through(struct act_bench *b, struct browser *w, const char *subject)
{
    begin(b, w);
    assert_int_equal(come_back(b, w, ",'code':'c'"), ERR_OK);
    exchange(b, w, subject);
}

static int64_t logins(const struct act_bench *b)
{
    return act_sql(b, "SELECT count(*) FROM oidc_login");
}

/* --- tests ---------------------------------------------------------------------------------- */

static void a_user_is_let_in_once(void **state)
{
    struct people_who who;
    struct browser w, other;
    struct act_bench b;
    char secret[64];

    (void)state;
    init(&b);
    begin(&b, &w);
    assert_non_null(strstr((char *)b.answer.p,
                           "\"location\":\"" ISSUER
                           "/auth?x=1&response_type=code&client_id=canh%2Fa"
                           "%26b&redirect_uri=https%3A%2F%2Fc.example%3A8443%2Fapi%2Foidc%2Fdone"
                           "&scope=openid%20email&state="));
    begin(&b, &other);
    assert_string_not_equal(w.nonce, other.nonce);
    assert_string_not_equal(w.challenge, other.challenge);
    assert_int_equal(prove(&b, &w, ""), ERR_CONFLICT); /* not yet */
    assert_int_equal(come_back(&b, &w, ",'code':'c','iss':'" ISSUER "'"), ERR_OK);
    assert_int_equal(come_back(&b, &w, ",'code':'c'"), ERR_DENIED);
    assert_int_equal(prove(&b, &w, ""), ERR_CONFLICT);
    exchange(&b, &w, "s-1");
    assert_int_equal(prove(&b, &w, ""), ERR_OK);
    part(&b, "\"session\":\"", "\"", secret);
    assert_non_null(strstr((char *)b.answer.p, "\"must_change\":false,\"needs_second\":true"));
    act_bad(&b, "{'act':'session.oidc_prove','cookie':'x'}", ERR_DENIED, OVER);
    assert_int_equal(prove(&b, &w, ""), ERR_DENIED); /* once */
    as_session(&b, secret, &who);
    assert_string_equal(who.name, "an");
    /* His one-time password was not shown; an administrator he is only with a second factor. */
    assert_false(who.must_change);
    assert_int_equal(who.actor.roles, ROLE_SELF | ROLE_BIT(ANALYST));
    assert_int_equal(logins(&b), 1);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM attempt"), 1); /* the other's */
    assert_int_equal(
        act_sql(&b, "SELECT count(*) FROM act WHERE act = 'session.oidc_prove' AND name = 'an' AND "
                    "via = 'login' AND address = '10.0.0.1' AND outcome = 'done' AND parameters = "
                    "'{\"agent\":\"test\",\"cookie\":null}'"),
        1);
    act_bench_release(&b);
}

static void a_refusal_says_nothing(void **state)
{
    static const char *const rows[] = { "", ",'iss':'https://evil.example','code':'c'",
                                        ",'iss':'" ISSUER "/','code':'c'" };
    struct browser w, other;
    struct act_bench b;

    (void)state;
    init(&b);
    /* At once: no code, another issuer. */
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        begin(&b, &w);
        assert_int_equal(come_back(&b, &w, rows[i]), ERR_DENIED);
        assert_string_equal(b.e.why, FAILED);
        assert_int_equal(logins(&b), 0);
    }
    assert_true(people_oidc_learned(b.people, SPAN_LIT(ISSUER "/auth"), true));
    begin(&b, &w);
    assert_int_equal(come_back(&b, &w, ",'code':'c'"), ERR_DENIED); /* he always says who he is */
    assert_string_equal(b.e.why, FAILED);
    assert_true(people_oidc_learned(b.people, SPAN_LIT(ISSUER "/auth"), false));
    /* Another's state, or cookie. */
    begin(&b, &w);
    begin(&b, &other);
    memcpy(other.state, w.state, sizeof(w.state));
    assert_int_equal(come_back(&b, &other, ",'code':'c'"), ERR_DENIED);
    assert_int_equal(logins(&b), 2);
    /* A subject of nobody, the issuer's no, and a user who is disabled. */
    through(&b, &w, "s-2");
    assert_int_equal(prove(&b, &w, ""), ERR_DENIED);
    assert_string_equal(b.e.why, FAILED);
    through(&b, &w, "");
    assert_int_equal(prove(&b, &w, ""), ERR_DENIED);
    assert_string_equal(b.e.why, FAILED);
    through(&b, &w, "S-1");
    assert_int_equal(prove(&b, &w, ""), ERR_DENIED);
    as_admin(&b);
    act_good(&b, "{'act':'user.disable','user':'an','reason':'x'}");
    as_nobody(&b);
    through(&b, &w, "s-1");
    assert_int_equal(prove(&b, &w, ""), ERR_DENIED);
    assert_string_equal(b.e.why, FAILED);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM session"), 0);
    assert_int_equal(
        act_sql(&b, "SELECT count(*) FROM act WHERE outcome = 'denied' AND name <> '-'"), 0);
    act_bench_release(&b);
}

static void what_is_late_is_over(void **state)
{
    struct browser w;
    struct act_bench b;
    int64_t lives = people_limits_usual.oidc_s * SECOND;

    (void)state;
    assert_true(people_limits_usual.oidc_s < people_limits_usual.window_s);
    init(&b);
    begin(&b, &w);
    b.now_ns += lives;
    assert_int_equal(come_back(&b, &w, ",'code':'c'"), ERR_DENIED);
    through(&b, &w, "s-1");
    b.now_ns += lives;
    assert_int_equal(prove(&b, &w, ""), ERR_DENIED);
    begin(&b, &w); /* what is over goes */
    assert_int_equal(logins(&b), 1);
    /* A desk that starts anew knows of none that was under way. */
    assert_int_equal(come_back(&b, &w, ",'code':'c'"), ERR_OK);
    assert_int_equal(people_oidc_lost(b.db, &b.e), ERR_OK);
    assert_int_equal(prove(&b, &w, ""), ERR_DENIED);
    assert_string_equal(b.e.why, FAILED);
    act_bench_release(&b);
}

static void our_second_factor_is_wanted_where_there_is_one(void **state)
{
    uint8_t totp[TOTP_SECRET_BYTES];
    struct people_who who;
    struct browser w;
    struct act_bench b;
    char secret[64];

    (void)state;
    init(&b);
    user_ready(&b, "binh", "'administrator'", PASSWORD, &who);
    second_made(&b, totp);
    as_admin(&b);
    act_good(&b, "{'act':'user.link','user':'binh','subject':'s-2'}");
    as_nobody(&b);
    through(&b, &w, "s-2");
    assert_int_equal(prove(&b, &w, ""), ERR_OK);
    assert_non_null(strstr((char *)b.answer.p, "\"needs_code\":true"));
    assert_null(strstr((char *)b.answer.p, "session"));
    assert_int_equal(prove(&b, &w, "000000"), ERR_DENIED);
    assert_int_equal(prove(&b, &w, code_of(&b, totp, 1)), ERR_OK);
    part(&b, "\"session\":\"", "\"", secret);
    as_session(&b, secret, &who);
    assert_true((who.actor.roles & ROLE_BIT(ADMINISTRATOR)) != 0);
    /* Where the issuer's is believed, it is not. */
    configure(&b, "oidc-second: true\n");
    as_nobody(&b);
    through(&b, &w, "s-2");
    assert_int_equal(prove(&b, &w, ""), ERR_OK);
    part(&b, "\"session\":\"", "\"", secret);
    as_session(&b, secret, &who);
    assert_true((who.actor.roles & ROLE_BIT(ADMINISTRATOR)) != 0);
    act_bench_release(&b);
}

/* Five wrong ones, of whatever kind, and he waits, whatever the issuer says. */
static void limits_are_those_of_passwords(void **state)
{
    struct people_who who;
    struct begun begun;
    struct browser w;
    struct act_bench b;

    (void)state;
    init(&b);
    user_ready(&b, "binh", "'analyst'", PASSWORD, &who);
    as_admin(&b);
    act_good(&b, "{'act':'user.link','user':'binh','subject':'s-2'}");
    as_nobody(&b);
    for (int i = 0; i < 5; i++) {
        assert_true(login_begin(&b, "binh", &begun));
        assert_int_equal(login_prove(&b, &begun, "sai mat khau", ""), ERR_DENIED);
    }
    through(&b, &w, "s-2");
    assert_int_equal(prove(&b, &w, ""), ERR_OK);
    assert_true(act_number(&b, "wait") > 0);
    assert_null(strstr((char *)b.answer.p, "session"));
    /* From one address no more than so many are begun. */
    for (int i = 0; i < 100 && (i == 0 || strstr((char *)b.answer.p, "wait") == NULL); i++)
        act_good(&b, "{'act':'session.oidc_begin'}");
    assert_true(act_number(&b, "wait") > 0);
    assert_true(act_sql(&b, "SELECT count(*) FROM attempt") <=
                people_limits_usual.address_attempts);
    act_bench_release(&b);
}

static void a_subject_is_one_users(void **state)
{
    struct people_who who;
    struct browser w;
    struct act_bench b;
    char secret[64], undo[96];
    struct settings none;
    int64_t id;

    (void)state;
    init(&b);
    user_ready(&b, "binh", "'analyst'", PASSWORD, &who);
    act_bad(&b, "{'act':'user.link','user':'binh','subject':'x'}", ERR_DENIED, "may not");
    as_admin(&b);
    act_bad(&b, "{'act':'user.link','user':'binh','subject':'s-1'}", ERR_CONFLICT, "tied to an");
    act_bad(&b, "{'act':'user.link','user':'nobody','subject':'s-3'}", ERR_NOTFOUND, "no user");
    act_bad(&b, "{'act':'user.unlink','user':'binh','subject':'s-1'}", ERR_NOTFOUND,
            "none of binh");
    assert_int_equal(view_lines(&b, "user.links", ""), 1);
    as_nobody(&b);
    through(&b, &w, "s-1");
    assert_int_equal(prove(&b, &w, ""), ERR_OK);
    part(&b, "\"session\":\"", "\"", secret);
    /* Undone, and what it let in is out. */
    as_admin(&b);
    act_good(&b, "{'act':'user.unlink','user':'an','subject':'s-1'}");
    id = act_number(&b, "act");
    assert_int_equal(people_session(b.db, span_of(secret), SPAN_NONE, b.now_ns, &who, &b.e),
                     ERR_DENIED);
    (void)snprintf(undo, sizeof(undo), "{'act':'act.undo','undoes':%lld}", (long long)id);
    act_good(&b, undo);
    act_bad(&b, "{'act':'user.link','user':'binh','subject':'s-1'}", ERR_CONFLICT, "tied to an");
    act_good(&b, "{'act':'user.unlink','user':'an','subject':'s-1'}");
    id = act_number(&b, "act");
    act_good(&b, "{'act':'user.link','user':'binh','subject':'s-1'}");
    (void)snprintf(undo, sizeof(undo), "{'act':'act.undo','undoes':%lld}", (long long)id);
    act_bad(&b, undo, ERR_CONFLICT, "was changed since");
    /* Another issuer's subjects are others. */
    assert_int_equal(settings_read(&none, SPAN_NONE, "s", &b.e), ERR_OK);
    people_oidc(b.people, &none);
    act_bad(&b, "{'act':'user.link','user':'an','subject':'s-9'}", ERR_CONFLICT, "name no issuer");
    as_nobody(&b);
    act_bad(&b, "{'act':'session.oidc_begin'}", ERR_NOTFOUND, "no issuer");
    settings_release(&none);
    act_bench_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_is_let_in_once),
        cmocka_unit_test(a_refusal_says_nothing),
        cmocka_unit_test(what_is_late_is_over),
        cmocka_unit_test(our_second_factor_is_wanted_where_there_is_one),
        cmocka_unit_test(limits_are_those_of_passwords),
        cmocka_unit_test(a_subject_is_one_users),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
