/*
 * What strangers send to show who they are, of any bytes: codes that are used once are read as they
 * are written, and nothing that was not signed is known.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "people/once.h"
#include "people/people.h"
#include "people/totp.h"

static struct people *people;

static void begin(void)
{
    char keys[] = "/tmp/canh-people-keys-XXXXXX";
    int dir = mkdtemp(keys) != NULL ? open(keys, O_RDONLY | O_DIRECTORY) : -1;

    MUST(dir >= 0 && people_new(&people, dir, NULL, 0, NULL) == ERR_OK && close(dir) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t secret[TOTP_SECRET_BYTES] = "12345678901234567890", salt[16] = { 0 };
    struct span in = { data, size };
    uint8_t raw[ONCE_BYTES], again[ONCE_BYTES], key[PASSWORD_KEY_BYTES];
    char text[ONCE_TEXT + 1];
    struct people_who who;
    int64_t step = 0;

    if (people == NULL)
        begin();
    if (once_read(in, raw)) {
        once_put(raw, text);
        MUST(once_read(span_of(text), again) && memcmp(raw, again, sizeof(raw)) == 0);
        MUST(people_password_good(in, SPAN_LIT("an"), true, NULL) == ERR_USAGE);
    }
    if (totp_find(secret, in, INT64_C(1234567890000000000), 0, &step))
        MUST(step >= 41152262 && step <= 41152264);
    if (people_password_good(in, SPAN_LIT("an"), false, NULL) == ERR_OK)
        MUST(!people_password_short(in));
    if (size <= 64 && people_password_key(in, salt, (struct password_cost){ 1, 8 }, key, NULL) == 0)
        MUST(size > 0 || key[0] != 0 || key[1] != 0);
    MUST(people_local(people, in, SPAN_LIT("{}"), SPAN_NONE, 1, &who, NULL) == ERR_DENIED);
    return 0;
}
