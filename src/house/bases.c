/*
 * bases.c - on what the law bases each sheet, as statements ask for it.
 */
#include "house/house.h"

#include "base/buf.h"
#include "law/law.h"

#define LINE_BYTES 8192u

static int put_line(struct db *db, const char *sheet, int64_t number, const int32_t days[2],
                    struct span line, struct err *e)
{
    struct db_row *r = db_use(db, DB_CITATION_ADD);

    db_text(r, 1, span_of(sheet));
    db_int(r, 2, number);
    db_int(r, 3, law_day_begin(days[0]));
    if (days[1] != LAW_NO_DATE)
        db_int(r, 4, law_day_begin(days[1] + 1));
    db_text(r, 5, line);
    return db_run(db, r, e);
}

/* A line for each of its sheets; numbers go on from *number. */
static int put_citation(struct db *db, const struct law_profile *p, const struct law_citation *c,
                        int64_t *number, struct err *e)
{
    int32_t days[2];
    struct buf line;
    int rc = ERR_OK;

    if (!law_citation_days(p, c, &days[0], &days[1]))
        return ERR_OK;
    buf_init(&line, LINE_BYTES);
    law_put_cited(law_base_find(p, span_of(c->law)), &line);
    if (buf_failed(&line))
        rc = act_no_memory(e);
    for (uint32_t i = 0; i < c->sheets.count && rc == ERR_OK; i++)
        rc = put_line(db, c->sheets.value[i], ++*number, days, buf_span(&line), e);
    buf_release(&line);
    return rc;
}

static int put_all(struct db *db, const void *arg, struct err *e)
{
    const struct law *law = arg;
    const struct law_profile *p;
    int64_t number = 0;
    int rc = db_run(db, db_use(db, DB_CITATION_DROP), e);

    for (uint32_t i = 0; rc == ERR_OK && (p = law_profile(law, i)) != NULL; i++) {
        for (uint32_t k = 0; rc == ERR_OK && k < p->citations.count; k++)
            rc = put_citation(db, p, &p->citations.row[k], &number, e);
    }
    return rc;
}

int house_bases(struct db *db, const struct law *law, struct err *e)
{
    return db_whole(db, put_all, law, e);
}
