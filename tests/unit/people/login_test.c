/*
 * Goal: never more passwords are judged than the limits say, in whatever order attempts are begun
 * and proved; each attempt, step and code is good once; a refusal says nothing; sessions end when
 * they must. Method: logging in as a console does, over a database; a model that counts.
 */
#include "../check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "people_bench.h"

#define PASSWORD "hoa sen trong ao"
#define WRONG    "The name, the password or the code is wrong."

static void a_user_logs_in_for_the_first_time(void **state)
{
    struct people_who who;
    struct act_bench b;
    char once[32], secret[64];

    (void)state;
    act_bench_init(&b);
    user_made(&b, "an", "'analyst','lead'", once);
    assert_int_equal(strlen(once), 23);
    login(&b, "AN", once, "", secret); /* case does not matter */
    assert_non_null(strstr((char *)b.answer.p, "\"must_change\":true"));
    assert_string_equal(answer_text(&b, "name"), "an");
    as_session(&b, secret, &who);
    assert_true(who.must_change);
    assert_int_equal(who.actor.roles, ROLE_SELF); /* nothing but what is his own */
    act_bad(&b, "{'act':'note.add','alert':1,'text':'x'}", ERR_DENIED, "an may not do note.add");
    assert_int_equal(password_change(&b, "an", once, PASSWORD, "short"), ERR_CONFLICT);
    assert_int_equal(password_change(&b, "an", "khong phai", PASSWORD, "long"), ERR_DENIED);
    assert_int_equal(password_change(&b, "an", once, PASSWORD, "long"), ERR_OK);
    as_session(&b, secret, &who);
    assert_int_equal(who.actor.roles, ROLE_SELF | ROLE_BIT(ANALYST) | ROLE_BIT(LEAD));
    assert_int_equal(who.actor.user, 1);
    assert_string_equal(who.actor.via, "session");
    login(&b, "an", PASSWORD, "", secret);
    assert_non_null(strstr((char *)b.answer.p, "\"must_change\":false"));
    /* Who did what stands there; no secret does. */
    assert_int_equal(act_sql(&b,
                             "SELECT count(*) FROM act WHERE act = 'session.prove' AND name = 'an'"
                             " AND user = 1 AND via = 'login' AND address = '10.0.0.1' AND"
                             " parameters = '{\"agent\":\"test\",\"attempt\":null,\"key\":null}'"),
                     2);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM act WHERE act = 'session.begin'"), 0);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM act_on WHERE kind = 'user' AND key = 1"), 4);
    act_bench_release(&b);
}

static void a_refusal_says_nothing(void **state)
{
    char once[32], salt[32], key[600];
    struct begun known, unknown;
    struct people_who who;
    struct act_bench b;
    uint8_t totp[TOTP_SECRET_BYTES];

    (void)state;
    act_bench_init(&b);
    user_made(&b, "off", "'lead'", once);
    act_good(&b, "{'act':'user.disable','user':'off','reason':'x'}");
    user_ready(&b, "an", "'analyst'", PASSWORD, &who);
    second_made(&b, totp);
    as_nobody(&b);
    /* Of the same form, and the same each time. */
    assert_true(login_begin(&b, "an", &known));
    assert_non_null(strstr((char *)b.answer.p, "\"passes\":1,\"kib\":8,"));
    assert_true(login_begin(&b, "nobody.here", &unknown));
    assert_non_null(strstr((char *)b.answer.p, "\"passes\":1,\"kib\":8,"));
    assert_int_equal(strlen(known.salt), strlen(unknown.salt));
    assert_int_equal(strlen(known.attempt), strlen(unknown.attempt));
    memcpy(salt, unknown.salt, sizeof(salt));
    assert_true(login_begin(&b, "Nobody.Here", &unknown));
    assert_string_equal(salt, unknown.salt);
    assert_true(login_begin(&b, "nobody.there", &unknown));
    assert_string_not_equal(salt, unknown.salt);
    /* Whatever is wrong. */
    assert_int_equal(login_prove(&b, &unknown, PASSWORD, ""), ERR_DENIED);
    assert_string_equal(b.e.why, WRONG);
    assert_int_equal(login_prove(&b, &known, PASSWORD, ""), ERR_DENIED); /* no code */
    assert_string_equal(b.e.why, WRONG);
    assert_true(login_begin(&b, "an", &known));
    assert_int_equal(login_prove(&b, &known, PASSWORD, "000000"), ERR_DENIED);
    assert_string_equal(b.e.why, WRONG);
    assert_true(login_begin(&b, "an", &known));
    assert_int_equal(login_prove(&b, &known, "hoa sen trong ho", code_of(&b, totp, 1)), ERR_DENIED);
    assert_string_equal(b.e.why, WRONG);
    assert_true(login_begin(&b, "off", &known));
    assert_int_equal(login_prove(&b, &known, once, ""), ERR_DENIED);
    assert_string_equal(b.e.why, WRONG);
    assert_true(login_begin(&b, "an", &known));
    (void)snprintf(key, sizeof(key), "{'act':'session.prove','attempt':'%s','key':'AAAA'}",
                   known.attempt);
    act_bad(&b, key, ERR_DENIED, WRONG); /* no key at all: an attempt all the same */
    act_bad(&b, key, ERR_DENIED, "attempt is over");
    /* The names that people typed are not kept, those that there are, are. */
    assert_int_equal(
        act_sql(&b, "SELECT count(*) FROM act WHERE outcome = 'denied' AND name = 'an'"), 4);
    assert_int_equal(
        act_sql(&b, "SELECT count(*) FROM act WHERE outcome = 'denied' AND name = '-'"), 1);
    act_bench_release(&b);
}

static void an_attempt_is_good_once_and_not_for_long(void **state)
{
    struct people_who who;
    struct begun begun;
    struct act_bench b;

    (void)state;
    act_bench_init(&b);
    user_ready(&b, "an", "'analyst'", PASSWORD, &who);
    as_nobody(&b);
    assert_true(login_begin(&b, "an", &begun));
    assert_int_equal(login_prove(&b, &begun, PASSWORD, ""), ERR_OK);
    assert_int_equal(login_prove(&b, &begun, PASSWORD, ""), ERR_DENIED); /* given back */
    assert_true(login_begin(&b, "an", &begun));
    assert_int_equal(login_prove(&b, &begun, "sai mat khau", ""), ERR_DENIED);
    assert_int_equal(login_prove(&b, &begun, PASSWORD, ""), ERR_DENIED); /* used up */
    assert_string_equal(b.e.why, "This attempt is over: begin again.");
    assert_true(login_begin(&b, "an", &begun));
    b.now_ns += 121 * INT64_C(1000000000);
    assert_int_equal(login_prove(&b, &begun, PASSWORD, ""), ERR_DENIED);
    begun.attempt[0] ^= 1;
    assert_int_equal(login_prove(&b, &begun, PASSWORD, ""), ERR_DENIED);
    act_bench_release(&b);
}

/* --- limits --------------------------------------------------------------------------------- */

static uint64_t seed = 7;

static uint32_t random_below(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % n;
}

/* 500 at once, from addresses without number: begun and proved in any order, some never proved. */
static void five_hundred_at_once_are_five(void **state)
{
    static struct begun open[500];

    (void)state;
    for (int round = 0; round < 4; round++) {
        size_t count = 0, begun = 0, judged = 0, refused = 0;
        struct people_who who;
        struct act_bench b;
        char address[32];

        act_bench_init(&b);
        user_ready(&b, "an", "'analyst'", PASSWORD, &who);
        as_nobody(&b);
        while (begun < 500 || count > 0) {
            if (begun < 500 && (count == 0 || random_below(2) == 0)) {
                (void)snprintf(address, sizeof(address), "10.%u.%u.%u", random_below(250),
                               random_below(250), random_below(250));
                b.who.address = span_of(address);
                begun++;
                if (login_begin(&b, random_below(2) == 0 ? "an" : "An", &open[count]))
                    count++;
                else
                    refused++;
            } else {
                size_t i = random_below((uint32_t)count);
                struct begun take = open[i];

                open[i] = open[--count];
                if (random_below(8) == 0)
                    continue; /* left */
                assert_int_equal(login_prove(&b, &take, "sai mat khau", ""), ERR_DENIED);
                judged += strcmp(b.e.why, WRONG) == 0;
                assert_int_equal(login_prove(&b, &take, PASSWORD, ""), ERR_DENIED); /* again */
            }
            b.now_ns += 1000000;
        }
        assert_true(judged <= 5);
        assert_int_equal(refused, 495);
        /* Nor does he himself pass, until the window is over. */
        assert_false(login_begin(&b, "an", &open[0]));
        assert_in_range(open[0].wait, 890, 900);
        b.now_ns += open[0].wait * INT64_C(1000000000);
        assert_true(login_begin(&b, "an", &open[0]));
        assert_int_equal(login_prove(&b, &open[0], PASSWORD, ""), ERR_OK);
        act_bench_release(&b);
    }
}

static unsigned begin_many(struct act_bench *b, const char *address, unsigned names)
{
    struct begun begun;
    char name[32];
    unsigned good = 0;

    b->who.address = span_of(address);
    for (unsigned i = 0; i < names; i++) {
        (void)snprintf(name, sizeof(name), "u%s%u", address[0] == '2' ? "six" : "four", i);
        good += login_begin(b, name, &begun);
    }
    return good;
}

static void an_address_has_a_limit_of_its_own(void **state)
{
    struct act_bench b;
    struct begun begun;

    (void)state;
    act_bench_init(&b);
    as_nobody(&b);
    assert_int_equal(begin_many(&b, "10.9.9.9", 50), 30);
    b.who.address = SPAN_LIT("10.9.9.8");
    assert_true(login_begin(&b, "other", &begun));
    assert_int_equal(begin_many(&b, "2001:db8::1", 50), 30);
    assert_int_equal(begin_many(&b, "2001:db8::ffff:2", 50), 0); /* of the same /64 */
    b.who.address = SPAN_LIT("2001:db8:0:1::1");
    assert_true(login_begin(&b, "another", &begun));
    act_bench_release(&b);
}

static void a_good_login_does_not_count(void **state)
{
    struct people_who who;
    struct begun begun;
    struct act_bench b;
    char secret[64];

    (void)state;
    act_bench_init(&b);
    user_ready(&b, "an", "'analyst'", PASSWORD, &who);
    for (int i = 0; i < 40; i++)
        login(&b, "an", PASSWORD, "", secret);
    for (int i = 0; i < 4; i++) {
        assert_true(login_begin(&b, "an", &begun));
        assert_int_equal(login_prove(&b, &begun, "sai", ""), ERR_DENIED);
    }
    login(&b, "an", PASSWORD, "", secret);
    assert_true(login_begin(&b, "an", &begun)); /* but it forgives nothing: the fifth */
    assert_false(login_begin(&b, "an", &begun));
    /* A clock that is set back makes no room. */
    b.now_ns -= 10 * MINUTE;
    assert_false(login_begin(&b, "an", &begun));
    b.now_ns -= 100 * MINUTE; /* so far that they can be from no window: one is as good as lost */
    assert_true(login_begin(&b, "an", &begun));
    act_bench_release(&b);
}

/* One's own password is no easier to guess from within. */
static void a_stolen_session_guesses_no_password(void **state)
{
    struct people_who who;
    struct act_bench b;
    int judged = 0, rc = ERR_OK;
    uint8_t totp[TOTP_SECRET_BYTES];

    (void)state;
    act_bench_init(&b);
    user_ready(&b, "an", "'analyst'", PASSWORD, &who);
    second_made(&b, totp);
    for (int i = 0; i < 20 && rc != ERR_LIMIT; i++) {
        rc = password_change(&b, "an", "sai mat khau", "moi toanh mot minh", "long");
        judged += rc == ERR_DENIED;
    }
    assert_int_equal(judged, 5);
    assert_int_equal(act_ask(&b, "{'act':'totp.remove','code':'000000'}"), ERR_LIMIT);
    b.now_ns += 16 * MINUTE;
    for (int i = 0; i < 5; i++)
        assert_int_equal(act_ask(&b, "{'act':'totp.remove','code':'000000'}"), ERR_DENIED);
    assert_int_equal(act_ask(&b, "{'act':'totp.remove','code':'000000'}"), ERR_LIMIT);
    act_bench_release(&b);
}

/* --- the second factor ---------------------------------------------------------------------- */

static int try_code(struct act_bench *b, const char *code)
{
    struct begun begun;

    as_nobody(b);
    assert_true(login_begin(b, "an", &begun));
    return login_prove(b, &begun, PASSWORD, code);
}

static void a_step_and_a_recovery_code_are_good_once(void **state)
{
    uint8_t totp[TOTP_SECRET_BYTES];
    struct people_who who;
    struct act_bench b;
    char code[16], first[32], request[128];

    (void)state;
    act_bench_init(&b);
    user_ready(&b, "an", "'analyst'", PASSWORD, &who);
    second_made(&b, totp);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM recovery_code"), 10);
    (void)snprintf(first, sizeof(first), "%.23s",
                   strstr((char *)b.answer.p, "\"recovery\":[\"") + strlen("\"recovery\":[\""));
    (void)snprintf(code, sizeof(code), "%s", code_of(&b, totp, 0));
    assert_int_equal(try_code(&b, code), ERR_DENIED); /* it confirmed the factor */
    b.now_ns += MINUTE;
    (void)snprintf(code, sizeof(code), "%s", code_of(&b, totp, 0));
    assert_int_equal(try_code(&b, code), ERR_OK);
    assert_int_equal(try_code(&b, code), ERR_DENIED); /* used */
    assert_int_equal(try_code(&b, code_of(&b, totp, 1)), ERR_OK);
    b.now_ns -= MINUTE; /* set back: what was used stays used */
    assert_int_equal(try_code(&b, code_of(&b, totp, 1)), ERR_DENIED);
    assert_int_equal(try_code(&b, first), ERR_OK);
    assert_int_equal(try_code(&b, first), ERR_DENIED);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM recovery_code WHERE used IS NULL"), 9);
    b.now_ns += 20 * MINUTE;
    assert_int_equal(try_code(&b, code_of(&b, totp, 0)), ERR_OK);
    as_session(&b, answer_text(&b, "session"), &who);
    b.now_ns += MINUTE;
    (void)snprintf(request, sizeof(request), "{'act':'totp.remove','code':'%s'}",
                   code_of(&b, totp, 0));
    act_good(&b, request);
    assert_int_equal(try_code(&b, ""), ERR_OK);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM recovery_code"), 0);
    act_bench_release(&b);
}

static void copy_totp(struct act_bench *b, int64_t from, int64_t to)
{
    uint8_t sealed[60];
    struct db_row *r = db_use(b->db, DB_USER_AT);

    db_int(r, 1, from);
    assert_int_equal(db_next(b->db, r, &b->e), 1);
    assert_int_equal(db_get_blob(r, 11).n, sizeof(sealed));
    memcpy(sealed, db_get_blob(r, 11).p, sizeof(sealed));
    db_end(r);
    r = db_use(b->db, DB_TOTP_NEW);
    db_blob(r, 1, (struct span){ sealed, sizeof(sealed) });
    db_int(r, 2, to);
    assert_int_equal(db_run(b->db, r, &b->e), ERR_OK);
    r = db_use(b->db, DB_TOTP_CONFIRM);
    db_int(r, 1, 0);
    db_int(r, 2, to);
    assert_int_equal(db_run(b->db, r, &b->e), ERR_OK);
}

/* Sealed for its user with the desk's key: copied to another row it does not open. */
static void a_second_factor_is_its_users(void **state)
{
    uint8_t totp[TOTP_SECRET_BYTES];
    struct people_who who;
    struct begun begun;
    struct act_bench b;

    (void)state;
    act_bench_init(&b);
    user_ready(&b, "binh", "'analyst'", PASSWORD, &who);
    user_ready(&b, "an", "'analyst'", PASSWORD, &who);
    second_made(&b, totp);
    copy_totp(&b, 2, 1);
    b.now_ns += MINUTE;
    as_nobody(&b);
    assert_true(login_begin(&b, "binh", &begun));
    assert_int_equal(login_prove(&b, &begun, PASSWORD, code_of(&b, totp, 0)), ERR_CORRUPT);
    act_bench_release(&b);
}

/* --- sessions ------------------------------------------------------------------------------- */

static bool is_known(struct act_bench *b, const char *secret)
{
    struct people_who who;

    return people_session(b->db, span_of(secret), SPAN_NONE, b->now_ns, &who, &b->e) == ERR_OK;
}

static void use(struct act_bench *b, const char *secret)
{
    struct people_who who;

    as_session(b, secret, &who);
    assert_int_equal(people_touch(b->db, &who, b->now_ns, &b->e), ERR_OK);
}

static void a_session_is_over_in_time(void **state)
{
    struct people_who who;
    struct act_bench b;
    char secret[64];
    int64_t made;

    (void)state;
    act_bench_init(&b);
    user_ready(&b, "an", "'analyst'", PASSWORD, &who);
    login(&b, "an", PASSWORD, "", secret);
    made = b.now_ns;
    b.now_ns = made + 30 * MINUTE;
    assert_true(is_known(&b, secret));
    b.now_ns = made + 30 * MINUTE + 1;
    assert_false(is_known(&b, secret));
    assert_string_equal(b.e.why, "Who asks is not known here.");
    for (b.now_ns = made; b.now_ns < made + 720 * MINUTE; b.now_ns += 29 * MINUTE)
        use(&b, secret); /* who uses it keeps it */
    b.now_ns = made + 720 * MINUTE - 1;
    assert_true(is_known(&b, secret));
    b.now_ns = made + 720 * MINUTE; /* but not for ever */
    assert_false(is_known(&b, secret));
    /* The clock is set right by a little, and set back by much. */
    login(&b, "an", PASSWORD, "", secret);
    b.now_ns -= 4 * MINUTE;
    use(&b, secret);
    b.now_ns -= 2 * MINUTE;
    assert_false(is_known(&b, secret));
    b.now_ns += 6 * MINUTE;
    assert_true(is_known(&b, secret));
    secret[5] = (char)(secret[5] == 'A' ? 'B' : 'A');
    assert_false(is_known(&b, secret));
    assert_false(is_known(&b, ""));
    assert_false(is_known(&b, "AAAA"));
    act_bench_release(&b);
}

static void a_user_has_five_sessions_and_ends_them(void **state)
{
    struct people_who who;
    char secret[7][64], request[64], once[32];
    struct act_bench b;

    (void)state;
    act_bench_init(&b);
    user_ready(&b, "an", "'analyst'", PASSWORD, &who);
    user_made(&b, "binh", "'analyst'", once);
    for (int i = 0; i < 7; i++) {
        login(&b, "an", PASSWORD, "", secret[i]);
        b.now_ns += 1000000000;
    }
    for (int i = 0; i < 7; i++)
        assert_int_equal(is_known(&b, secret[i]), i >= 2);
    as_session(&b, secret[6], &who);
    act_good(&b, "{'act':'session.end'}"); /* this one */
    assert_false(is_known(&b, secret[6]));
    as_session(&b, secret[5], &who);
    (void)snprintf(request, sizeof(request), "{'act':'session.end','session':%lld}",
                   (long long)who.actor.session - 1);
    act_good(&b, request);
    assert_false(is_known(&b, secret[4]));
    /* A new password ends all others. */
    assert_int_equal(password_change(&b, "an", PASSWORD, "mot bong hoa khac", "long"), ERR_OK);
    assert_true(is_known(&b, secret[5]));
    assert_false(is_known(&b, secret[3]));
    login(&b, "binh", once, "", secret[0]); /* what is somebody else's is not there */
    as_session(&b, secret[0], &who);
    (void)snprintf(request, sizeof(request), "{'act':'session.end','session':%lld}",
                   (long long)who.actor.session - 1);
    act_bad(&b, request, ERR_NOTFOUND, "There is no session");
    act_bad(&b, "{'act':'session.end_all','user':'an'}", ERR_DENIED, "somebody else's");
    as_admin(&b);
    act_good(&b, "{'act':'session.end_all','user':'an'}");
    assert_false(is_known(&b, secret[5]));
    assert_true(is_known(&b, secret[0]));
    act_good(&b, "{'act':'user.disable','user':'binh','reason':'x'}");
    assert_false(is_known(&b, secret[0]));
    act_bench_release(&b);
}

/* Nobody is told, nobody fills the trail. */
static void a_flood_is_no_record(void **state)
{
    struct act_bench b;
    struct begun begun;
    char address[32];
    int64_t lines;

    (void)state;
    act_bench_init(&b);
    as_nobody(&b);
    for (unsigned i = 0; i < 500; i++) {
        char name[16];

        (void)snprintf(address, sizeof(address), "10.1.%u.%u", i / 250, i % 250);
        (void)snprintf(name, sizeof(name), "n%u", i);
        b.who.address = span_of(address);
        assert_true(login_begin(&b, name, &begun));
        assert_int_equal(login_prove(&b, &begun, "x", ""), ERR_DENIED);
    }
    lines = act_sql(&b, "SELECT count(*) FROM act");
    assert_int_equal(lines, 100);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM attempt"), 500);
    b.now_ns += 16 * MINUTE;
    assert_true(login_begin(&b, "n", &begun));
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM attempt"), 1); /* and the others are gone */
    act_bench_release(&b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_logs_in_for_the_first_time),
        cmocka_unit_test(a_refusal_says_nothing),
        cmocka_unit_test(an_attempt_is_good_once_and_not_for_long),
        cmocka_unit_test(five_hundred_at_once_are_five),
        cmocka_unit_test(an_address_has_a_limit_of_its_own),
        cmocka_unit_test(a_good_login_does_not_count),
        cmocka_unit_test(a_stolen_session_guesses_no_password),
        cmocka_unit_test(a_step_and_a_recovery_code_are_good_once),
        cmocka_unit_test(a_second_factor_is_its_users),
        cmocka_unit_test(a_session_is_over_in_time),
        cmocka_unit_test(a_user_has_five_sessions_and_ends_them),
        cmocka_unit_test(a_flood_is_no_record),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
