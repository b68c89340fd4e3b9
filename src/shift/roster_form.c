/*
 * roster_form.c - the columns of the roster's table, and the roster written out in them.
 */
#include "shift/roster.h"

#include "sheet/form_write.h"

const struct choice roster_kinds[KINDS] = {
#define X(id, name, vi, en) { name, vi, en },
    ROSTER_KIND_TABLE(X)
#undef X
};
const struct choice roster_posts[POSTS] = {
#define X(id, name, vi, en) { name, vi, en },
    ROSTER_POST_TABLE(X)
#undef X
};
static const struct choice yes_no[] = { { "no", "Không", "No" }, { "yes", "Có", "Yes" } };

#define LIST(list) .choices = list, .choice_count = COUNT_OF(list)

const struct column roster_columns[COLUMNS] = {
    [PERSON] = { .name = "person",
                 .vi = "Người trực",
                 .en = "Person",
                 .type = COLUMN_TEXT,
                 .required = true,
                 .max = STAFF_PERSON_MAX,
                 .help_vi =
                     "Tên tài khoản; người không có tài khoản phải có trong danh sách nhân sự",
                 .help_en = "the user's name; who has none must be on the list of staff" },
    [KIND] = { .name = "kind",
               .vi = "Loại",
               .en = "Kind",
               .type = COLUMN_CHOICE,
               .required = true,
               LIST(roster_kinds),
               .help_vi = "Trực thay: ca đã có của người khác, người đó ghi ở cột “Thay cho”",
               .help_en = "swap: a shift of somebody else, who stands in “Instead of”" },
    [POST] = { .name = "post",
               .vi = "Vị trí",
               .en = "Post",
               .type = COLUMN_CHOICE,
               LIST(roster_posts),
               .help_vi = "Để trống: trực giám sát",
               .help_en = "without it: watch" },
    [START] = { .name = "start",
                .vi = "Bắt đầu",
                .en = "Start",
                .type = COLUMN_TIME,
                .required = true,
                .help_vi = "Giờ Việt Nam",
                .help_en = "time of Viet Nam" },
    [END] = { .name = "end",
              .vi = "Kết thúc",
              .en = "End",
              .type = COLUMN_TIME,
              .required = true,
              .help_vi = "Ca trực: trong vòng 2 ngày; nghỉ: trong vòng 366 ngày",
              .help_en = "of a shift within 2 days, of leave within 366" },
    [INSTEAD_OF] = { .name = "instead_of",
                     .vi = "Thay cho",
                     .en = "Instead of",
                     .type = COLUMN_TEXT,
                     .max = STAFF_PERSON_MAX,
                     .help_vi = "Chỉ với trực thay: người có ca trước đó",
                     .help_en = "of a swap: whose shift it was" },
    [HOLIDAY] = { .name = "holiday",
                  .vi = "Ngày lễ, Tết",
                  .en = "Holiday",
                  .type = COLUMN_CHOICE,
                  LIST(yes_no),
                  .help_vi = "Để trống: theo lịch nghỉ lễ, Tết",
                  .help_en = "without it: as the calendar says" },
    [REASON] = { .name = "reason",
                 .vi = "Lý do",
                 .en = "Reason",
                 .type = COLUMN_TEXT,
                 .max = 1000,
                 .help_vi = "Bắt buộc khi nghỉ",
                 .help_en = "must be there of leave" },
};
const struct form roster_form = { .name = "roster",
                                  .vi = "Lịch trực",
                                  .en = "Roster",
                                  .columns = roster_columns,
                                  .column_count = COLUMNS };

/* --- out ------------------------------------------------------------------------------------- */

static int64_t choice_of(const struct column *c, struct span name)
{
    for (uint32_t i = 0; i < c->choice_count; i++) {
        if (span_eq(name, span_of(c->choices[i].name)))
            return i;
    }
    MUST(false); /* CHECK of the schema */
    return 0;
}

static int export_row(struct db_row *r, struct form_writer *w, struct err *e)
{
    struct value values[COLUMNS] = { 0 };

    for (int i = 0; i < COLUMNS; i++) {
        struct value *v = &values[i];

        v->present = !db_get_null(r, i);
        if (!v->present)
            continue;
        if (roster_columns[i].type == COLUMN_TIME)
            v->whole = db_get_int(r, i) / ROSTER_SECOND_NS + ROSTER_VIETNAM_S;
        else if (roster_columns[i].type == COLUMN_CHOICE)
            v->whole = choice_of(&roster_columns[i], db_get_text(r, i));
        else
            v->text = db_get_text(r, i);
    }
    return form_write_row(w, values, e);
}

static int export_rows(struct db *reader, int64_t from_ns, int64_t to_ns, struct form_writer *w,
                       struct err *e)
{
    struct db_row *r = db_use(reader, DB_ROSTER_TABLE);
    int rc;

    db_int(r, 1, from_ns);
    db_int(r, 2, to_ns);
    db_int(r, 4, INT64_MAX);
    while ((rc = db_next(reader, r, e)) == 1) {
        rc = export_row(r, w, e);
        if (rc != ERR_OK)
            break;
    }
    db_end(r);
    return rc;
}

int shift_export(struct db *reader, int64_t from_ns, int64_t to_ns, bool english,
                 enum book_format format, struct buf *out, struct err *e)
{
    struct form_writer *w;
    int rc = form_write_new(&w, &roster_form, english ? FORM_EN : FORM_VI, format, out, e);

    if (rc == ERR_OK)
        rc = export_rows(reader, from_ns, to_ns, w, e);
    if (rc == ERR_OK)
        rc = form_write_end(w, e);
    form_write_free(&w);
    return rc;
}

int shift_template(bool english, struct buf *out, struct err *e)
{
    struct form_writer *w;
    int rc = form_write_new(&w, &roster_form, english ? FORM_EN : FORM_VI, BOOK_XLSX, out, e);

    if (rc == ERR_OK)
        rc = form_write_end(w, e);
    form_write_free(&w);
    return rc;
}
