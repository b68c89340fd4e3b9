/*
 * Requests of any bytes to a desk with one alert: done whole or refused with a sentence, and the
 * database stays whole.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "office/office.h"
#include "people/people.h"

static struct db *db;
static struct acts *acts;
static struct people *people;

static void begin(void)
{
    static char path[64] = "/tmp/canh-act-fuzz-XXXXXX", keys[64] = "/tmp/canh-act-keys-XXXXXX";
    int fd = mkstemp(path), dir = mkdtemp(keys) != NULL ? open(keys, O_RDONLY | O_DIRECTORY) : -1;
    struct acts_from from;

    MUST(fd >= 0 && close(fd) == 0);
    MUST(db_open(&db, path, NULL) == ERR_OK);
    MUST(dir >= 0 && people_new(&people, dir, NULL, 0, NULL) == ERR_OK && close(dir) == 0);
    from = (struct acts_from){ &office_acts, db, NULL, NULL, people };
    MUST(acts_new(&acts, &from, NULL) == ERR_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int64_t now = INT64_C(1764000000000000000);
    const struct actor who = { 0, SPAN_LIT("an"), ROLES_ALL | ROLE_LOGIN | ROLE_SELF,
                               0, "session",      SPAN_LIT(""),
                               0 };
    struct err e = { 0 };
    struct buf answer;
    int rc;

    if (acts == NULL)
        begin();
    buf_init(&answer, ACT_ANSWER_MAX);
    rc = acts_do(acts, &who, (struct span){ data, size }, now++, &answer, &e);
    MUST(rc == ERR_OK ? answer.n > 2 && answer.p[answer.n - 1] == '}' : e.why[0] != '\0');
    MUST(!db_in_transaction(db));
    buf_release(&answer);
    return 0;
}
