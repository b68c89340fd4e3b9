/*
 * columns.h - a form: the columns of a register as a table, and what each must hold.
 *
 * A row of the table is all there is to a column: its name, what people call it in both languages,
 * its type, whether it must be there, how large it may be, and a sentence of help. Reading,
 * writing, the empty book and its page of explanations (form_read.h, form_write.h) come from it.
 *
 *     static const struct choice layers[] = {
 *         { "device", "Thiết bị", "Device" }, ...
 *     };
 *     static const struct column columns[] = {
 *         { .name = "system", .vi = "Tên hệ thống", .en = "System", .type = COLUMN_TEXT,
 *           .required = true, .max = 200, .help_vi = "...", .help_en = "..." }, ...
 *     };
 *
 * A value is read from a cell in the form that people type:
 *   text      NFC, blanks at the ends taken off, blanks within made one; max: characters
 *   int       a whole number from 0 to max; 1.234 and 1,234 are 1234
 *   number    1.234,5 as well as 1,234.5 and 1234,5. One point with three digits behind it is
 *             Vietnamese (1.234 is 1234), one comma is a decimal comma; in an XLSX numbers are
 *             numbers and nothing is guessed. max: the largest, 0: none
 *   date      dd/mm/yyyy, d/m/yyyy, yyyy-mm-dd, or a date of the spreadsheet; days that there are,
 *             of the years 1900 to 2199
 *   time      a date, a blank and hh:mm or hh:mm:ss, or a date of the spreadsheet, whose time of
 * day may be midnight; of the years 1970 to 2199, of no time zone: whoever asks says which level 1
 * to 5 (protection level of a system; "cấp độ 3" as well) choice    one of the list: its name or
 * either language email local@domain (RFC 5321, 4.1.2, without quotes); the domain in lower case
 * phone     3 to 15 digits, perhaps a + in front; blanks, points, brackets and dashes are taken off
 * network   an IP address, or one and a number of bits (addr.h)
 *
 * Cases, marks and blanks do not matter where names are compared: see fold_name().
 */
#ifndef COLUMNS_H
#define COLUMNS_H

#include "base/arena.h"
#include "base/base.h"
#include "sheet/fault.h"
#include "sheet/sheet.h"

/* id, Vietnamese, English (the page of explanations), width in characters */
#define COLUMN_TYPE_TABLE(X)                                                                       \
    X(TEXT, "Chữ", "Text", 30)                                                                     \
    X(INT, "Số nguyên", "Whole number", 14)                                                        \
    X(NUMBER, "Số", "Number", 14)                                                                  \
    X(DATE, "Ngày (ngày/tháng/năm)", "Date (day/month/year)", 14)                                  \
    X(TIME, "Ngày giờ (ngày/tháng/năm giờ:phút)", "Date and time (day/month/year hour:minute)",    \
      20)                                                                                          \
    X(LEVEL, "Cấp độ 1 đến 5", "Level 1 to 5", 10)                                                 \
    X(CHOICE, "Chọn trong danh mục", "One of the list", 24)                                        \
    X(EMAIL, "Thư điện tử", "E-mail address", 30)                                                  \
    X(PHONE, "Số điện thoại", "Telephone number", 18)                                              \
    X(NETWORK, "Địa chỉ IP hoặc dải mạng", "IP address or network", 24)

enum column_type {
#define X(id, vi, en, width) COLUMN_##id,
    COLUMN_TYPE_TABLE(X)
#undef X
        COLUMN_TYPE_COUNT
};

struct choice {
    const char *name; /* ASCII; what programs call it */
    const char *vi, *en;
};

struct column {
    const char *name; /* ASCII; what programs call it */
    const char *vi, *en;
    enum column_type type;
    bool required;
    uint32_t max; /* 0: 1,000 characters, or the largest number there is */
    const struct choice *choices;
    uint32_t choice_count;
    const char *help_vi, *help_en; /* NULL: none */
};

#define FORM_TEXT_MAX    1000u /* characters, where max is 0 */
#define FORM_COLUMNS_MAX 128u

struct form {
    const char *name;    /* ASCII */
    const char *vi, *en; /* names of its sheet: at most 31 characters */
    const struct column *columns;
    uint32_t column_count; /* 1 .. FORM_COLUMNS_MAX */
};

/* What a cell held. Which members count, the column's type says; texts live as long as the arena
 * that they were read into. */
struct value {
    bool present;
    struct span text; /* TEXT, EMAIL, PHONE, NETWORK */
    int64_t whole;    /* INT, LEVEL; DATE: days since 1970-01-01; TIME: seconds; CHOICE: index */
    double number;    /* NUMBER */
    uint8_t address[16], bits; /* NETWORK, as addr_net_parse() gives them */
};

/* The value of a cell. FAULT_NONE, or what is wrong and its words, out of `mem` as the value's
 * text. An empty cell is no value; whether one is required, the caller asks. Without memory the
 * fault is FAULT_NONE and arena_failed(mem). */
enum fault value_read(const struct column *c, const struct cell *cell, struct arena *mem,
                      struct value *v, struct fault_words *words);

/* How a name is compared: letters and digits only, lower case, without marks, đ as d. "" on no
 * memory, too. */
struct span fold_name(struct arena *mem, struct span s);

/* Text as it is kept: NFC, trimmed, blanks within made one, without invisible characters. */
struct span clean_text(struct arena *mem, struct span s);

const char *column_title(const struct column *c, enum form_language l);
const char *choice_title(const struct choice *c, enum form_language l);
const char *form_title(const struct form *f, enum form_language l);
const char *column_type_title(enum column_type t, enum form_language l);
uint32_t column_type_width(enum column_type t);

/* Whether the table is right: names not empty, no two of one folding, lists where they belong. For
 * a test of each form; *why says what is not. */
bool form_is_right(const struct form *f, const char **why);

#endif
