/*
 * Requests of any bytes to a desk with one alert: done whole or refused with a sentence, and the
 * database stays whole.
 */
#include <stdlib.h>
#include <unistd.h>

#include "office/office.h"

static struct db *db;
static struct acts *acts;

static void begin(void)
{
    static char path[64] = "/tmp/canh-act-fuzz-XXXXXX";
    int fd = mkstemp(path);
    struct acts_from from;

    MUST(fd >= 0 && close(fd) == 0);
    MUST(db_open(&db, path, NULL) == ERR_OK);
    from = (struct acts_from){ &office_acts, db, NULL, NULL };
    MUST(acts_new(&acts, &from, NULL) == ERR_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int64_t now = INT64_C(1764000000000000000);
    const struct actor who = { 0, SPAN_LIT("an"), ROLES_ALL, 0, "session", SPAN_LIT(""), 0 };
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
