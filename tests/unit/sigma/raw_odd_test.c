/*
 * Goal: every kernel sees what the slow one sees, whatever stands where. Method: rows, at every place
 * around the ends of vectors and against a guard page; random texts of the bytes that matter.
 */
#include "../check.h"
#include "../guard.h"

#include "generate.h"
#include "sigma/raw_odd.h"

#define TEXT_MAX 300u
#define KERNELS  3u
#define ROUNDS   20000u

static const struct {
    const char *text;
    bool escapes, letters;
} rows[] = {
    { "", false, false },
    { "\\u", true, false },
    { "\\/", true, false },
    { "\\\\u", false, false },
    { "\\\\\\u0041", true, false },
    { "C:\\\\users\\\\unit", false, false },
    { "\\n/u", false, false },
    { "\xC5\xBF", false, true },
    { "\xE2\x84\xAA", false, true },
    { "\xE2\x84\xA2", false, false },
    { "\xC5\xBE", false, false },
    { "\\/ \xE2\x84\xAA", true, true },
    { "\\", false, false },
    { "\xE2\x84", false, false },
};

static void check_all(struct span text, const char *row, bool escapes, bool letters)
{
    for (size_t k = 0; k < KERNELS; k++) {
        struct raw_odd odd;

        if (!raw_odd_by(k, text, &odd))
            continue;
        if (odd.letters != letters || (!letters && odd.escapes != escapes))
            fail_msg("kernel %zu, '%s' of %zu bytes", k, row, text.n);
    }
}

static void every_kernel_sees_it_at_every_place(void **state)
{
    struct guard g;

    (void)state;
    guard_init(&g, TEXT_MAX);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span what = span_of(rows[i].text);

        for (size_t before = 0; before < 140; before++) {
            for (size_t behind = 0; behind < 70; behind += 23) {
                uint8_t text[TEXT_MAX];

                memset(text, 'x', sizeof(text));
                memcpy(text + before, what.p, what.n);
                check_all(guard_put(&g, (struct span){ text, before + what.n + behind }),
                          rows[i].text, rows[i].escapes, rows[i].letters);
            }
        }
    }
    guard_release(&g);
}

static void kernels_agree_on_random_texts(void **state)
{
    static const char bytes[] = "\\\\\\u//\xC5\xBF\xE2\x84\xAA\"axxxxxxxxxxxxxxxxxxxxxxxx";
    struct generate g;
    struct guard guard;

    (void)state;
    generate_init(&g, 11);
    guard_init(&guard, TEXT_MAX);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint8_t text[TEXT_MAX];
        uint32_t n = generate_below(&g, TEXT_MAX), few = 1 + generate_below(&g, sizeof(bytes) - 1);
        struct raw_odd slow;
        struct span s;

        for (uint32_t i = 0; i < n; i++)
            text[i] = (uint8_t)bytes[sizeof(bytes) - 2 - generate_below(&g, few)];
        s = guard_put(&guard, (struct span){ text, n });
        assert_true(raw_odd_by(0, s, &slow));
        check_all(s, "random", slow.escapes, slow.letters);
    }
    guard_release(&guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kernel_sees_it_at_every_place),
        cmocka_unit_test(kernels_agree_on_random_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
