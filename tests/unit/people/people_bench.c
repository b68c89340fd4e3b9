/*
 * people_bench.c - see people_bench.h.
 */
#include "people_bench.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "../check.h"

const char *answer_text(const struct act_bench *b, const char *name)
{
    static char text[64];
    char key[64];
    const char *at;

    (void)snprintf(key, sizeof(key), "\"%s\":\"", name);
    at = strstr((const char *)b->answer.p, key);
    (void)snprintf(text, sizeof(text), "%.*s",
                   at != NULL ? (int)strcspn(at + strlen(key), "\"") : 0,
                   at != NULL ? at + strlen(key) : "");
    return text;
}

void as_admin(struct act_bench *b)
{
    b->who = (struct actor){
        .name = SPAN_LIT("local:root"), .roles = ROLES_ALL, .via = "local", .address = SPAN_LIT("")
    };
}

void as_nobody(struct act_bench *b)
{
    static struct people_who who;

    people_nobody(SPAN_LIT("10.0.0.1"), &who);
    b->who = who.actor;
}

void as_session(struct act_bench *b, const char *secret, struct people_who *who)
{
    assert_int_equal(
        people_session(b->db, span_of(secret), SPAN_LIT("10.0.0.1"), b->now_ns, who, &b->e),
        ERR_OK);
    b->who = who->actor;
}

void user_made(struct act_bench *b, const char *name, const char *roles, char once[32])
{
    char request[256];

    as_admin(b);
    (void)snprintf(request, sizeof(request),
                   "{'act':'user.add','user':'%s','display':'X','roles':[%s]%s}", name, roles,
                   strcmp(roles, "'contact'") == 0 ? ",'agency':7" : "");
    act_good(b, request);
    (void)snprintf(once, 32, "%s", answer_text(b, "password"));
}

bool login_begin(struct act_bench *b, const char *name, struct begun *to)
{
    char request[256];

    (void)snprintf(request, sizeof(request), "{'act':'session.begin','name':'%s'}", name);
    act_good(b, request);
    *to = (struct begun){ 0 };
    (void)snprintf(to->attempt, sizeof(to->attempt), "%s", answer_text(b, "attempt"));
    (void)snprintf(to->salt, sizeof(to->salt), "%s", answer_text(b, "salt"));
    if (to->attempt[0] == '\0')
        to->wait = act_number(b, "wait");
    return to->wait == 0;
}

static void key_of_password(const char *salt, const char *password, char key[64])
{
    uint8_t raw[PASSWORD_SALT_BYTES], k[PASSWORD_KEY_BYTES];

    assert_int_equal(sodium_base642bin(raw, sizeof(raw), salt, strlen(salt), NULL, NULL, NULL,
                                       sodium_base64_VARIANT_URLSAFE_NO_PADDING),
                     0);
    assert_int_equal(
        people_password_key(span_of(password), raw, (struct password_cost){ 1, 8 }, k, NULL),
        ERR_OK);
    (void)sodium_bin2base64(key, 64, k, sizeof(k), sodium_base64_VARIANT_ORIGINAL);
}

int login_prove(struct act_bench *b, const struct begun *from, const char *password,
                const char *code)
{
    char request[512], key[64];

    key_of_password(from->salt, password, key);
    (void)snprintf(request, sizeof(request),
                   "{'act':'session.prove','attempt':'%s','key':'%s','agent':'test'%s%s%s}",
                   from->attempt, key, code[0] != '\0' ? ",'code':'" : "", code,
                   code[0] != '\0' ? "'" : "");
    return act_ask(b, request);
}

void login(struct act_bench *b, const char *name, const char *password, const char *code,
           char secret[64])
{
    struct begun begun;

    as_nobody(b);
    assert_true(login_begin(b, name, &begun));
    if (login_prove(b, &begun, password, code) != ERR_OK)
        fail_msg("%s cannot log in: %s", name, b->e.why);
    (void)snprintf(secret, 64, "%s", answer_text(b, "session"));
}

int password_change(struct act_bench *b, const char *name, const char *old, const char *new,
                    const char *length)
{
    char request[1024], old_key[64], new_key[64], salt[64];
    uint8_t raw[PASSWORD_SALT_BYTES];
    struct begun begun;

    if (!login_begin(b, name, &begun))
        return ERR_LIMIT;
    randombytes_buf(raw, sizeof(raw));
    (void)sodium_bin2base64(salt, sizeof(salt), raw, sizeof(raw),
                            sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    key_of_password(begun.salt, old, old_key);
    key_of_password(salt, new, new_key);
    (void)snprintf(request, sizeof(request),
                   "{'act':'user.password','attempt':'%s','key':'%s','new_key':'%s','salt':'%s',"
                   "'passes':1,'kib':8,'length':'%s'}",
                   begun.attempt, old_key, new_key, salt, length);
    return act_ask(b, request);
}

void user_ready(struct act_bench *b, const char *name, const char *roles, const char *password,
                struct people_who *who)
{
    char once[32], secret[64];

    user_made(b, name, roles, once);
    login(b, name, once, "", secret);
    as_session(b, secret, who);
    if (password_change(b, name, once, password, "long") != ERR_OK)
        fail_msg("%s", b->e.why);
    as_session(b, secret, who);
}

static int letter(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' : c - '2' + 26;
}

void second_made(struct act_bench *b, uint8_t secret[TOTP_SECRET_BYTES])
{
    char request[128];
    const char *text;

    act_good(b, "{'act':'totp.begin'}");
    text = answer_text(b, "secret");
    assert_int_equal(strlen(text), 32);
    memset(secret, 0, TOTP_SECRET_BYTES);
    for (int bit = 0; bit < 160; bit++) {
        if ((letter(text[bit / 5]) >> (4 - bit % 5) & 1) != 0)
            secret[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
    }
    (void)snprintf(request, sizeof(request), "{'act':'totp.confirm','code':'%s'}",
                   code_of(b, secret, 0));
    act_good(b, request);
}

const char *code_of(const struct act_bench *b, const uint8_t secret[TOTP_SECRET_BYTES], int steps)
{
    static char text[8];

    (void)snprintf(text, sizeof(text), "%06u",
                   totp_code(secret, (uint64_t)(b->now_ns / INT64_C(30000000000) + steps)));
    return text;
}
