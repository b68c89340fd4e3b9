/*
 * Goal: a key is that of its password, salt and cost and of nothing else; what may be chosen is
 * long enough and none of the commonest. Method: rows; libsodium asked directly beside it.
 */
#include "../check.h"

#include <sodium.h>
#include <stdio.h>

#include "people/once.h"
#include "people/password.h"

static const struct password_cost least = { 1, 8 };
static const uint8_t salt[PASSWORD_SALT_BYTES] = "0123456789abcdef";

static void what_may_be_chosen(void **state)
{
    static const struct {
        const char *password, *name;
        bool second, good;
        const char *words;
    } rows[] = {
        { "tim hoa sen", "an", true, true, "" },
        { "tim hoa sen", "an", false, false, "shorter than 14" },
        { "tim hoa sen trang", "an", false, true, "" },
        { "tr\xe1\xba\xafng x\xc3\xb3", "an", true, true, "" },               /* 8 letters */
        { "tr\xe1\xba\xafngx\xc3\xb3", "an", true, false, "shorter than 8" }, /* 7, 10 bytes */
        { "", "an", true, false, "shorter than 8" },
        { "P@ssw0rd", "an", true, false, "commonest" },
        { "MatKhau@123", "an", true, false, "commonest" },
        { "12345678901234", "an", false, false, "commonest" },
        { "zyxwvutsrqponml", "an", false, false, "commonest" },
        { "aaaaaaaaaaaaaaaa", "an", false, false, "commonest" },
        { "Nguyen.Van.An1", "nguyen.van.an", true, false, "the name" },
        { "Nguyen.Van.An va hoa sen", "nguyen.van.an", true, true, "" },
        { "tim hoa\tsen", "an", true, false, "control" },
        { "\xff\xff\xff\xff\xff\xff\xff\xff", "an", true, false, "UTF-8" },
    };
    char once[ONCE_TEXT + 1];
    uint8_t raw[ONCE_BYTES];
    char *longest = malloc(PASSWORD_BYTES_MAX + 1);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct err e = { 0 };
        int rc = people_password_good(span_of(rows[i].password), span_of(rows[i].name),
                                      rows[i].second, &e);

        if (rc != (rows[i].good ? ERR_OK : ERR_USAGE) || strstr(e.why, rows[i].words) == NULL)
            fail_msg("%s gave %d: %s", rows[i].password, rc, e.why);
    }
    once_new(raw);
    once_put(raw, once);
    assert_int_equal(people_password_good(span_of(once), SPAN_LIT("an"), true, NULL), ERR_USAGE);
    assert_non_null(longest);
    for (size_t i = 0; i <= PASSWORD_BYTES_MAX; i++)
        longest[i] = (char)('a' + i * i % 23);
    assert_int_equal(people_password_good((struct span){ (uint8_t *)longest, PASSWORD_BYTES_MAX },
                                          SPAN_LIT("an"), true, NULL),
                     ERR_OK);
    assert_int_equal(
        people_password_good((struct span){ (uint8_t *)longest, PASSWORD_BYTES_MAX + 1 },
                             SPAN_LIT("an"), true, NULL),
        ERR_USAGE);
    free(longest);
    assert_true(people_password_short(SPAN_LIT("thirteen char")));
    assert_false(people_password_short(SPAN_LIT("fourteen chars")));
}

static void a_key_is_argon2id_of_the_composed_text(void **state)
{
    uint8_t key[PASSWORD_KEY_BYTES], same[PASSWORD_KEY_BYTES];

    (void)state;
    assert_true(sodium_init() >= 0);
    assert_int_equal(people_password_key(SPAN_LIT("H\xc3\xa0 N\xe1\xbb\x99i m\xc3\xb9"
                                                  "a thu"),
                                         salt, least, key, NULL),
                     ERR_OK);
    assert_int_equal(crypto_pwhash(same, sizeof(same),
                                   "H\xc3\xa0 N\xe1\xbb\x99i m\xc3\xb9"
                                   "a thu",
                                   18, salt, 1, 8192, crypto_pwhash_ALG_ARGON2ID13),
                     0);
    assert_memory_equal(key, same, sizeof(key));
    /* Typed with marks of their own. */
    assert_int_equal(people_password_key(SPAN_LIT("Ha\xcc\x80 No\xcc\xa3\xcc\x82i mu\xcc\x80"
                                                  "a thu"),
                                         salt, least, same, NULL),
                     ERR_OK);
    assert_memory_equal(key, same, sizeof(key));
    assert_int_equal(people_password_key(SPAN_LIT("H\xc3\xa0 N\xe1\xbb\x99i m\xc3\xb9"
                                                  "a thu"),
                                         salt, (struct password_cost){ 2, 8 }, same, NULL),
                     ERR_OK);
    assert_memory_not_equal(key, same, sizeof(key));
    assert_int_equal(people_password_key(SPAN_LIT("\xff"), salt, least, key, NULL), ERR_USAGE);
}

/* However its letters are typed; the cost plays no part, the salt does. */
static void a_one_time_password_has_its_key_at_once(void **state)
{
    uint8_t raw[ONCE_BYTES] = "canh-once", key[32], same[32], other[PASSWORD_SALT_BYTES] = { 0 };
    char text[ONCE_TEXT + 1], upper[ONCE_TEXT + 1];

    (void)state;
    once_put(raw, text);
    for (size_t i = 0; i <= ONCE_TEXT; i++)
        upper[i] = text[i] >= 'a' && text[i] <= 'z' ? (char)(text[i] - 0x20) : text[i];
    assert_int_equal(people_password_key(span_of(text), salt, least, key, NULL), ERR_OK);
    assert_int_equal(people_password_key(span_of(upper), salt,
                                         (struct password_cost){ 1000000, 1u << 31 }, same, NULL),
                     ERR_OK);
    assert_memory_equal(key, same, sizeof(key));
    assert_int_equal(people_password_key(span_of(text), other, least, same, NULL), ERR_OK);
    assert_memory_not_equal(key, same, sizeof(key));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_may_be_chosen),
        cmocka_unit_test(a_key_is_argon2id_of_the_composed_text),
        cmocka_unit_test(a_one_time_password_has_its_key_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
