/*
 * Goal: what the machine tells is what it is, whatever lay in the room before.
 */
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"

#include "os/host.h"

static void the_folder_of_the_program(void **state)
{
    static const char before[] = { '/', 'x', 0 };
    char room[PATH_MAX], exe[PATH_MAX];

    (void)state;
    assert_non_null(realpath("/proc/self/exe", exe));
    *strrchr(exe, '/') = 0;
    for (size_t i = 0; i < COUNT_OF(before); i++) {
        memset(room, before[i], sizeof(room));
        assert_true(host_program_folder(room, sizeof(room)));
        assert_string_equal(room, exe);
    }
    assert_false(host_program_folder(room, strlen(exe)));
}

static void the_account(void **state)
{
    char room[64], small[16];
    struct span name = host_account(room, sizeof(room));

    (void)state;
    assert_true(name.n > 0 && name.n < sizeof(room));
    if (geteuid() == 0)
        assert_string_equal(room, "root");
    (void)host_account(small, sizeof(small));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_folder_of_the_program),
        cmocka_unit_test(the_account),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
