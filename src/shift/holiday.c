/*
 * holiday.c - the law's calendar, as the roster asks for it.
 */
#include "shift/shift.h"

#include "base/time.h"
#include "law/law.h"

#define DAY_S INT64_C(86400)

static int put_days(struct db *db, const struct law_days *h, struct err *e)
{
    int32_t to = h->to == LAW_NO_DATE ? h->from : h->to;
    int rc = ERR_OK;

    for (int32_t day = h->from; day <= to && rc == ERR_OK; day++) {
        struct db_row *r = db_use(db, DB_HOLIDAY_ADD);

        db_int(r, 1, day * DAY_S);
        db_text(r, 2, span_of(h->vi));
        db_text(r, 3, span_of(h->en));
        rc = db_run(db, r, e);
    }
    return rc;
}

static int put_all(struct db *db, const void *arg, struct err *e)
{
    const struct law *law = arg;
    const struct law_days *h;
    int rc = db_run(db, db_use(db, DB_HOLIDAY_DROP), e);

    for (uint32_t i = 0; rc == ERR_OK && (h = law_holiday(law, i)) != NULL; i++)
        rc = put_days(db, h, e);
    return rc;
}

int shift_holidays(struct db *db, const struct law *law, struct err *e)
{
    return db_whole(db, put_all, law, e);
}
