/*
 * Goal: rights are given by who may, never beyond what is said; there is always an administrator;
 * tokens and who is on the host are known, once, and nobody else; the trail tells it all.
 * Method: acts as JSON upon a database; views as texts; every field of what is signed changed.
 */
#include "../check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "people_bench.h"

#define PASSWORD "hoa sen trong ao"

static void users_are_made_as_they_must_be(void **state)
{
    static const struct {
        const char *request;
        int code;
        const char *words;
    } rows[] = {
        { "{'act':'user.add','user':'a','display':'A','roles':['lead']}", ERR_USAGE,
          "user: A name" },
        { "{'act':'user.add','user':'local:x','display':'A','roles':['lead']}", ERR_USAGE,
          "user: A name" },
        { "{'act':'user.add','user':'7seven','display':'A','roles':['lead']}", ERR_USAGE,
          "a letter first" },
        { "{'act':'user.add','user':'nguy\xe1\xbb\x85n','display':'A','roles':['lead']}", ERR_USAGE,
          "user: A name" },
        { "{'act':'user.add','user':'abcdefghijklmnopqrstuvwxyz0123456','display':'A',"
          "'roles':['lead']}",
          ERR_USAGE, "user: A name" },
        { "{'act':'user.add','user':'binh','display':'A','roles':[]}", ERR_USAGE, "roles: " },
        { "{'act':'user.add','user':'binh','display':'A','roles':['king']}", ERR_USAGE, "roles: " },
        { "{'act':'user.add','user':'binh','display':'A','roles':['contact']}", ERR_USAGE,
          "agency: A contact belongs to one" },
        { "{'act':'user.add','user':'binh','display':'A','roles':['contact','lead'],'agency':7}",
          ERR_USAGE, "no other role" },
        { "{'act':'user.add','user':'binh','display':'A','roles':['lead'],'agency':7}", ERR_USAGE,
          "Only a contact" },
        { "{'act':'user.add','user':'AN','display':'A','roles':['lead']}", ERR_CONFLICT,
          "There is a user an" },
        { "{'act':'user.change','user':'chi','display':'C'}", ERR_NOTFOUND, "no user chi" },
        { "{'act':'user.change','user':'an','roles':['contact']}", ERR_USAGE, "belongs to one" },
        { "{'act':'user.enable','user':'an','reason':'x'}", ERR_CONFLICT, "not disabled" },
        { "{'act':'totp.remove','user':'an'}", ERR_CONFLICT, "an has no second factor" },
        { "{'act':'totp.begin'}", ERR_DENIED, "may not do totp.begin" },
    };
    struct act_bench b;
    char once[32];

    (void)state;
    act_bench_init(&b);
    user_made(&b, "an", "'analyst'", once);
    assert_int_equal(act_number(&b, "user"), 1);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        act_bad(&b, rows[i].request, rows[i].code, rows[i].words);
    act_good(&b, "{'act':'user.change','user':'an','display':'Nguy\xe1\xbb\x85n V\xc4\x83n An'}");
    assert_int_equal(act_sql(&b, "SELECT roles = '[\"analyst\"]' FROM user"), 1);
    act_good(&b, "{'act':'user.change','user':'an','roles':['contact'],'agency':7}");
    assert_int_equal(act_sql(&b, "SELECT agency FROM user"), 7);
    act_good(&b, "{'act':'user.change','user':'an','roles':['officer','lead']}");
    assert_int_equal(act_sql(&b, "SELECT agency IS NULL AND roles = '[\"lead\",\"officer\"]' AND"
                                 " display LIKE 'Nguy%An' FROM user"),
                     1);
    act_bad(&b, "{'act':'act.undo','undoes':3}", ERR_CONFLICT, "cannot be undone");
    /* The password that was told is in no line; the user's row is under the ledger. */
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM act WHERE parameters LIKE '%password%'"), 0);
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM record WHERE kind = 'user' AND key = '1'"),
                     4);
    act_bench_release(&b);
}

/* Some value of each type; what it is does not matter to who may not. */
static void put_param(const struct act_param *p, struct buf *out)
{
    switch (p->type) {
    case ACT_ID:
    case ACT_INTEGER:
        buf_text(out, "1");
        return;
    case ACT_IDS:
        buf_text(out, "[1]");
        return;
    case ACT_BOOL:
        buf_text(out, "true");
        return;
    case ACT_TIME:
        buf_text(out, "'2025-12-01T00:00:00Z'");
        return;
    case ACT_CHOICE:
        buf_fmt(out, "'%s'", p->choice[0]);
        return;
    case ACT_CHOICES:
        buf_fmt(out, "['%s']", p->choice[0]);
        return;
    case ACT_FIELDS:
        buf_text(out, "{}");
        return;
    default:
        buf_text(out, "'eA=='");
    }
}

static void put_whole(const struct act_row *row, struct buf *out)
{
    buf_clear(out);
    buf_fmt(out, "{'act':'%s'", row->name);
    for (size_t i = 0; i < ACT_PARAMS_MAX && row->param[i].name != NULL; i++) {
        if (!row->param[i].required)
            continue;
        buf_fmt(out, ",'%s':", row->param[i].name);
        put_param(&row->param[i], out);
    }
    buf_text(out, "}");
    buf_byte(out, 0);
}

/* Every act of every area, each role, nobody, and who has but a session of his own. */
static void who_may_not_is_denied(void **state)
{
    unsigned roles[USER_ROLES + 2], judged = 0;
    const struct act_row *row;
    struct act_bench b;
    struct buf request;

    (void)state;
    act_bench_init(&b);
    buf_init(&request, 1 << 16);
    for (unsigned i = 0; i < USER_ROLES; i++)
        roles[i] = 1u << i;
    roles[USER_ROLES] = ROLE_LOGIN;
    roles[USER_ROLES + 1] = ROLE_SELF;
    for (size_t k = 0; k < COUNT_OF(roles); k++) {
        b.who.roles = roles[k];
        for (size_t i = 0; (row = act_at(&office_acts, i)) != NULL; i++) {
            int rc;

            put_whole(row, &request);
            rc = act_ask(&b, (const char *)request.p);
            if ((rc == ERR_DENIED && strstr(b.e.why, " may not do ") != NULL) !=
                ((row->roles & roles[k]) == 0))
                fail_msg("%s of roles %x gave %d: %s", row->name, roles[k], rc, b.e.why);
            judged += (row->roles & roles[k]) == 0;
        }
    }
    assert_true(judged > 100);
    buf_release(&request);
    act_bench_release(&b);
}

static void there_is_always_an_administrator(void **state)
{
    struct act_bench b;
    char once[32];

    (void)state;
    act_bench_init(&b);
    user_made(&b, "root1", "'administrator','lead'", once);
    act_bad(&b, "{'act':'user.disable','user':'root1','reason':'x'}", ERR_CONFLICT,
            "root1 is the last administrator");
    act_bad(&b, "{'act':'user.change','user':'root1','roles':['lead']}", ERR_CONFLICT, "the last");
    act_good(&b, "{'act':'user.change','user':'root1','roles':['administrator']}");
    user_made(&b, "root2", "'administrator'", once);
    act_good(&b, "{'act':'user.disable','user':'root1','reason':'x'}");
    act_bad(&b, "{'act':'user.change','user':'root2','roles':['lead']}", ERR_CONFLICT, "the last");
    act_good(&b, "{'act':'user.change','user':'root1','roles':['lead']}"); /* he is none any more */
    act_good(&b, "{'act':'user.enable','user':'root1','reason':'x'}");
    act_bad(&b, "{'act':'user.disable','user':'root2','reason':'x'}", ERR_CONFLICT, "the last");
    act_bench_release(&b);
}

static void an_administrator_needs_a_second_factor(void **state)
{
    uint8_t totp[TOTP_SECRET_BYTES];
    struct people_who who, first;
    struct act_bench b;
    char secret[64], once[32];

    (void)state;
    act_bench_init(&b);
    user_ready(&b, "sep", "'administrator','lead'", PASSWORD, &first);
    assert_true(first.needs_second);
    assert_int_equal(b.who.roles, ROLE_SELF | ROLE_BIT(LEAD));
    act_bad(&b, "{'act':'user.add','user':'an','display':'A','roles':['lead']}", ERR_DENIED,
            "may not do");
    act_bad(&b, "{'act':'totp.confirm','code':'123456'}", ERR_CONFLICT,
            "No second factor was begun");
    act_good(&b, "{'act':'totp.begin'}");
    act_bad(&b, "{'act':'totp.confirm','code':'x'}", ERR_CONFLICT, "not the code of now");
    login(&b, "sep", PASSWORD, "", secret); /* what was begun is not needed yet */
    b.who = first.actor;
    second_made(&b, totp);
    as_session(&b, secret, &who); /* this one was made without */
    assert_true(who.needs_second);
    b.now_ns += MINUTE;
    login(&b, "sep", PASSWORD, code_of(&b, totp, 0), secret);
    as_session(&b, secret, &who);
    assert_false(who.needs_second);
    act_good(&b, "{'act':'user.add','user':'an','display':'A','roles':['lead']}");
    (void)snprintf(once, sizeof(once), "%s", answer_text(&b, "password"));
    login(&b, "an", once, "", secret);
    as_session(&b, secret, &who);
    act_bad(&b, "{'act':'totp.remove','user':'sep'}", ERR_DENIED, "Only an administrator");
    as_admin(&b); /* he lost it, and his codes */
    act_good(&b, "{'act':'totp.remove','user':'sep'}");
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM session WHERE user = 1"), 0);
    login(&b, "sep", PASSWORD, "", secret);
    act_bench_release(&b);
}

/* With a second factor eight characters are enough, for as long as there is one. */
static void a_short_password_needs_a_second_factor(void **state)
{
    uint8_t totp[TOTP_SECRET_BYTES];
    struct people_who who;
    struct act_bench b;
    char request[96];

    (void)state;
    act_bench_init(&b);
    user_ready(&b, "an", "'lead'", PASSWORD, &who);
    second_made(&b, totp);
    assert_int_equal(password_change(&b, "an", PASSWORD, "hoa sen!", "short"), ERR_OK);
    b.now_ns += MINUTE;
    (void)snprintf(request, sizeof(request), "{'act':'totp.remove','code':'%s'}",
                   code_of(&b, totp, 0));
    act_bad(&b, request, ERR_CONFLICT, "at least 14 characters");
    as_admin(&b);
    act_good(&b, "{'act':'totp.remove','user':'an'}");
    assert_int_equal(act_sql(&b, "SELECT must_change FROM user"), 1);
    act_bench_release(&b);
}

/* --- tokens --------------------------------------------------------------------------------- */

static int token(struct act_bench *b, const char *secret, struct people_who *who)
{
    return people_token(b->db, span_of(secret), SPAN_LIT("10.0.0.2"), b->now_ns, who, &b->e);
}

static void a_token_may_what_it_was_given(void **state)
{
    struct people_who who;
    struct act_bench b;
    char secret[64], service[64];

    (void)state;
    act_bench_init(&b); /* it is 2025-11-24T16:00:00Z */
    user_ready(&b, "an", "'analyst','lead'", PASSWORD, &who);
    act_bad(&b,
            "{'act':'token.add','name':'x','roles':['officer'],'expires':'2025-12-01T00:00:00Z'}",
            ERR_DENIED, "Nobody gives what he has not");
    act_bad(&b, "{'act':'token.add','name':'x','roles':['lead'],'expires':'2025-11-24T16:00:00Z'}",
            ERR_USAGE, "expires: ");
    act_bad(&b, "{'act':'token.add','name':'x','roles':['lead'],'expires':'2027-11-24T16:00:00Z'}",
            ERR_USAGE, "within the next 366 days");
    act_bad(&b,
            "{'act':'token.add','name':'x','roles':['lead'],'expires':'2025-12-01T00:00:00Z',"
            "'service':'grafana'}",
            ERR_DENIED, "Only an administrator");
    act_good(&b,
             "{'act':'token.add','name':'x','roles':['lead'],'expires':'2025-12-01T00:00:00Z'}");
    assert_int_equal(act_number(&b, "token"), 1);
    (void)snprintf(secret, sizeof(secret), "%s", answer_text(&b, "secret"));
    assert_int_equal(token(&b, secret, &who), ERR_OK);
    assert_int_equal(who.actor.roles, ROLE_BIT(LEAD)); /* and nothing that is his own */
    assert_int_equal(who.actor.user, 1);
    assert_int_equal(people_touch(b.db, &who, b.now_ns, &b.e), ERR_OK);
    assert_int_equal(act_sql(&b, "SELECT used = 1764000000000000000 FROM token"), 1);
    b.who = who.actor;
    act_bad(&b, "{'act':'token.add','name':'x','roles':['lead'],'expires':'2025-12-01T00:00:00Z'}",
            ERR_DENIED, "may not do token.add");
    as_admin(&b);
    act_bad(&b,
            "{'act':'token.add','name':'x','roles':['lead'],'expires':'2025-12-01T00:00:00Z',"
            "'service':'An'}",
            ERR_CONFLICT, "There is a user an");
    act_bad(&b,
            "{'act':'token.add','name':'x','roles':['contact'],'expires':'2025-12-01T00:00:00Z',"
            "'service':'grafana'}",
            ERR_USAGE, "no contact");
    act_bad(&b, "{'act':'token.add','name':'x','roles':['lead'],'expires':'2025-12-01T00:00:00Z'}",
            ERR_DENIED, "a session of their own");
    act_good(&b, "{'act':'token.add','name':'x','roles':['administrator'],"
                 "'expires':'2025-12-01T00:00:00Z','service':'grafana'}");
    (void)snprintf(service, sizeof(service), "%s", answer_text(&b, "secret"));
    assert_int_equal(token(&b, service, &who), ERR_OK);
    assert_true(span_eq(who.actor.name, SPAN_LIT("service:grafana")));
    assert_int_equal(who.actor.user, 0);
    b.who = who.actor;
    act_bad(&b,
            "{'act':'token.add','name':'x','roles':['lead'],'expires':'2025-12-01T00:00:00Z',"
            "'service':'more'}",
            ERR_DENIED, "A token makes no tokens");
    as_admin(&b);
    /* What its user has not any more, it has not. */
    act_good(&b, "{'act':'user.change','user':'an','roles':['analyst']}");
    assert_int_equal(token(&b, secret, &who), ERR_OK);
    assert_int_equal(who.actor.roles, 0);
    act_good(&b, "{'act':'user.disable','user':'an','reason':'x'}");
    assert_int_equal(token(&b, secret, &who), ERR_DENIED);
    assert_int_equal(token(&b, service, &who), ERR_OK);
    act_good(&b, "{'act':'token.end','token':2}");
    act_bad(&b, "{'act':'token.end','token':2}", ERR_CONFLICT, "Token 2 is over");
    act_bad(&b, "{'act':'token.end','token':9}", ERR_NOTFOUND, "no token 9");
    assert_int_equal(token(&b, service, &who), ERR_DENIED);
    act_good(&b, "{'act':'user.enable','user':'an','reason':'x'}");
    assert_int_equal(token(&b, secret, &who), ERR_OK);
    b.now_ns += 8 * 24 * 60 * MINUTE;
    assert_int_equal(token(&b, secret, &who), ERR_DENIED); /* it expired */
    assert_int_equal(act_sql(&b, "SELECT count(*) FROM token WHERE length(secret) = 32"), 2);
    act_bench_release(&b);
}

static void a_contacts_rights_are_its_agencys(void **state)
{
    struct people_who who;
    struct act_bench b;
    char secret[64];

    (void)state;
    act_bench_init(&b);
    user_ready(&b, "xa.tan.lap", "'contact'", PASSWORD, &who);
    assert_int_equal(who.actor.agency, 7);
    assert_int_equal(who.actor.roles, ROLE_SELF | ROLE_BIT(CONTACT));
    act_good(&b,
             "{'act':'token.add','name':'x','roles':['contact'],'expires':'2025-12-01T00:00:00Z'}");
    (void)snprintf(secret, sizeof(secret), "%s", answer_text(&b, "secret"));
    assert_int_equal(token(&b, secret, &who), ERR_OK);
    assert_int_equal(who.actor.agency, 7);
    assert_int_equal(who.actor.roles, ROLE_BIT(CONTACT));
    act_bench_release(&b);
}

/* --- on the host ---------------------------------------------------------------------------- */

static int keys_of(struct act_bench *b)
{
    int dir = open(b->folder.path, O_RDONLY | O_DIRECTORY);

    assert_true(dir >= 0);
    return dir;
}

static int local(struct act_bench *b, const char *credential, const char *request,
                 struct people_who *who)
{
    return people_local(b->people, span_of(credential), span_of(request), SPAN_NONE, b->now_ns, who,
                        &b->e);
}

static void who_is_on_the_host_is_known_once(void **state)
{
    static const char request[] = "{\"act\":\"user.add\"}";
    char good[PEOPLE_LOCAL_MAX], wrong[PEOPLE_LOCAL_MAX], later[PEOPLE_LOCAL_MAX];
    struct people_who who;
    struct act_bench b;
    struct stat st;
    int dir;

    (void)state;
    act_bench_init(&b);
    dir = keys_of(&b);
    assert_int_equal(fstatat(dir, "local.key", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(fstatat(dir, "desk.key", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(
        people_local_sign(dir, SPAN_LIT("root"), SPAN_LIT(request), b.now_ns, good, &b.e), ERR_OK);
    for (size_t i = 0; i < strlen(good); i++) { /* each letter, another */
        memcpy(wrong, good, sizeof(good));
        wrong[i] = wrong[i] == 'A' ? 'B' : 'A';
        assert_int_equal(local(&b, wrong, request, &who), ERR_DENIED);
        wrong[i] = '\0';
        assert_int_equal(local(&b, wrong, request, &who), ERR_DENIED);
    }
    assert_int_equal(local(&b, good, "{\"act\":\"user.adD\"}", &who), ERR_DENIED);
    b.now_ns += 61 * INT64_C(1000000000);
    assert_int_equal(local(&b, good, request, &who), ERR_DENIED);
    b.now_ns -= 122 * INT64_C(1000000000);
    assert_int_equal(local(&b, good, request, &who), ERR_DENIED);
    b.now_ns += 61 * INT64_C(1000000000);
    assert_int_equal(local(&b, good, request, &who), ERR_OK);
    assert_true(span_eq(who.actor.name, SPAN_LIT("local:root")));
    assert_int_equal(who.actor.roles, ROLES_ALL);
    assert_string_equal(who.actor.via, "local");
    assert_int_equal(local(&b, good, request, &who), ERR_DENIED); /* again */
    /* What was signed before this process began may have been used in the one before it. */
    assert_int_equal(
        people_local_sign(dir, SPAN_LIT("root"), SPAN_LIT(request), b.now_ns - 1, later, &b.e),
        ERR_OK);
    assert_int_equal(local(&b, later, request, &who), ERR_DENIED);
    assert_int_equal(
        people_local_sign(dir, SPAN_LIT("ro:ot"), SPAN_LIT(request), b.now_ns, later, &b.e),
        ERR_USAGE);
    (void)close(dir);
    act_bench_release(&b);
}

static void the_keys_are_made_once(void **state)
{
    char secret[PEOPLE_LOCAL_MAX];
    struct people_who who;
    struct people *again;
    struct act_bench b;
    int dir;

    (void)state;
    act_bench_init(&b);
    dir = keys_of(&b);
    assert_int_equal(
        people_local_sign(dir, SPAN_LIT("root"), SPAN_LIT("x"), b.now_ns, secret, &b.e), ERR_OK);
    assert_int_equal(people_new(&again, dir, NULL, b.now_ns, &b.e), ERR_OK);
    people_free(&b.people);
    b.people = again;
    assert_int_equal(local(&b, secret, "x", &who), ERR_OK);
    assert_int_equal(
        truncate((snprintf(secret, sizeof(secret), "%s/desk.key", b.folder.path), secret), 31), 0);
    assert_int_equal(people_new(&again, dir, NULL, b.now_ns, &b.e), ERR_CORRUPT);
    assert_null(again);
    assert_non_null(strstr(b.e.why, "keys/desk.key"));
    (void)close(dir);
    act_bench_release(&b);
}

/* --- what is read --------------------------------------------------------------------------- */

static void users_and_sessions_are_seen(void **state)
{
    struct people_who an, binh;
    struct act_bench b;
    uint8_t totp[TOTP_SECRET_BYTES];

    (void)state;
    act_bench_init(&b);
    user_ready(&b, "binh", "'officer'", PASSWORD, &binh);
    user_ready(&b, "an", "'analyst'", PASSWORD, &an);
    second_made(&b, totp);
    act_good(&b,
             "{'act':'token.add','name':'x','roles':['analyst'],'expires':'2025-12-01T00:00:00Z'}");
    assert_int_equal(view_lines(&b, "user.list", ""), 2);
    assert_int_equal(view_lines(&b, "user.list", "role=officer"), 1);
    assert_int_equal(view_lines(&b, "user.list", "state=disabled"), 0);
    assert_int_equal(view_lines(&b, "user.show", "user=BINH"), 1);
    assert_null(strstr((char *)b.answer.p, "salt"));
    assert_int_equal(view_lines(&b, "user.me", ""), 1);
    assert_non_null(strstr((char *)b.answer.p, "\"name\":\"an\""));
    assert_non_null(strstr((char *)b.answer.p, "\"second\":true"));
    assert_non_null(strstr((char *)b.answer.p, "\"recovery\":10"));
    assert_int_equal(view_lines(&b, "session.mine", ""), 1);
    assert_int_equal(view_lines(&b, "token.mine", ""), 1);
    b.who = binh.actor;
    assert_int_equal(view_lines(&b, "token.mine", ""), 0);
    as_admin(&b);
    assert_int_equal(view_lines(&b, "session.list", ""), 2);
    assert_int_equal(view_lines(&b, "token.list", ""), 1);
    assert_non_null(strstr((char *)b.answer.p, "\"author\":\"an\""));
    b.now_ns += 31 * MINUTE;
    assert_int_equal(view_lines(&b, "session.list", ""), 0);
    act_bench_release(&b);
}

static void the_trail_tells_who_did_what(void **state)
{
    static const struct {
        const char *text;
        unsigned rows;
    } rows[] = {
        { "", 7 },
        { "limit=2", 2 },
        { "name=an", 4 }, /* two logins' worth: password, note, denied */
        { "name=local:root", 3 },
        { "did=user.add", 2 },
        { "did=user.add&name=an", 0 },
        { "thing=user:1", 4 },
        { "thing=user:1&name=an", 2 },
        { "thing=alert:1", 1 },
        { "thing=alert:1&name=local:root", 0 },
        { "thing=alert", 0 },
        { "thing=alert:x", 0 },
        { "name=an&did=note.add", 1 },
        { "name=an&outcome=done", 3 },
        { "outcome=denied", 1 },
        { "outcome=denied&name=an", 1 },
        { "before=2025-11-24T16:00:00Z", 0 },
        { "since=1s", 7 },
        { "before=2025-11-24T16:00:00Z&below=3", 2 },
    };
    struct people_who who;
    struct act_bench b;
    char once[32];

    (void)state;
    act_bench_init(&b);
    user_ready(&b, "an", "'analyst'", PASSWORD, &who); /* add, prove, password */
    (void)act_alert_made(&b, "r", "one");
    act_good(&b, "{'act':'note.add','alert':1,'text':'x'}");
    assert_int_equal(act_ask(&b, "{'act':'shift.cancel','shift':1,'reason':'x'}"), ERR_DENIED);
    user_made(&b, "binh", "'lead'", once);
    act_good(&b, "{'act':'user.change','user':'an','display':'An'}");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        unsigned n = view_lines(&b, "act.list", rows[i].text);

        if (n != rows[i].rows)
            fail_msg("%s gave %u: %s", rows[i].text, n, (char *)b.answer.p);
    }
    (void)view_lines(&b, "act.list", "did=note.add");
    assert_non_null(strstr((char *)b.answer.p, "\"parameters\":{\"alert\":1,\"text\":\"x\"}"));
    assert_non_null(strstr((char *)b.answer.p, "\"on\":[{\"kind\":\"alert\",\"key\":1}]"));
    assert_int_equal(view_lines(&b, "act.of", "kind=user&key=1"), 4);
    act_bench_release(&b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(users_are_made_as_they_must_be),
        cmocka_unit_test(who_may_not_is_denied),
        cmocka_unit_test(there_is_always_an_administrator),
        cmocka_unit_test(an_administrator_needs_a_second_factor),
        cmocka_unit_test(a_short_password_needs_a_second_factor),
        cmocka_unit_test(a_token_may_what_it_was_given),
        cmocka_unit_test(a_contacts_rights_are_its_agencys),
        cmocka_unit_test(who_is_on_the_host_is_known_once),
        cmocka_unit_test(the_keys_are_made_once),
        cmocka_unit_test(users_and_sessions_are_seen),
        cmocka_unit_test(the_trail_tells_who_did_what),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
