/*
 * fault.h - what can be wrong with a table that is read against a form, in both languages.
 *
 * A row of the table is all there is to a fault. $1 and $2 stand for words that the reader gives;
 * a note is told and stops nothing.
 */
#ifndef FAULT_H
#define FAULT_H

#include "base/buf.h"

enum form_language { FORM_VI, FORM_EN, FORM_LANGUAGES };

/* id, note, Vietnamese, English */
#define FAULT_TABLE(X)                                                                              \
    X(NO_HEADER, false, "Không tìm thấy dòng tiêu đề có các cột của mẫu này.",                      \
      "There is no row with the columns of this form.")                                             \
    X(COLUMN_MISSING, false, "Thiếu cột bắt buộc “$1”.", "The required column “$1” is missing.")    \
    X(COLUMN_TWICE, false, "Cột này đã có ở cột $1.", "This column is in column $1 already.")       \
    X(COLUMN_UNKNOWN, true, "Mẫu không có cột này; các giá trị của cột không được đọc.",            \
      "The form has no such column; its values are not read.")                                      \
    X(COLUMN_NAMELESS, true, "Cột này không có tiêu đề; các giá trị của cột không được đọc.",       \
      "This column has no header; its values are not read.")                                        \
    X(SHEET_UNREAD, true, "Trang tính này không được đọc.", "This sheet is not read.")              \
    X(SHEET_HIDDEN, true, "Trang tính này bị ẩn, không được đọc.",                                  \
      "This sheet is hidden and not read.")                                                         \
    X(REQUIRED, false, "Bắt buộc phải có giá trị.", "A value is required.")                         \
    X(CELL_ERROR, false, "Ô bị lỗi: $1.", "The cell has an error: $1.")                             \
    X(TOO_LONG, false, "Dài $1 ký tự, chỉ được tối đa $2.",                                         \
      "It has $1 characters, $2 are allowed.")                                                      \
    X(CONTROL, false, "Có ký tự điều khiển $1, hãy nhập lại.",                                      \
      "It has the control character $1; type it anew.")                                             \
    X(MADE_DATE, false, "Đã bị đổi thành ngày; hãy định dạng ô là văn bản và nhập lại.",            \
      "It was made a date; format the cell as text and type it anew.")                              \
    X(NOT_INT, false, "“$1” không phải là số nguyên từ 0 trở lên.",                                 \
      "“$1” is not a whole number from 0 on.")                                                      \
    X(NOT_NUMBER, false, "“$1” không phải là số.", "“$1” is not a number.")                         \
    X(TOO_LARGE, false, "“$1” lớn hơn $2.", "“$1” is larger than $2.")                              \
    X(NOT_DATE, false, "“$1” không phải là ngày; ghi ngày/tháng/năm, ví dụ 05/01/2026.",            \
      "“$1” is not a date; write day/month/year, for instance 05/01/2026.")                         \
    X(NOT_TIME, false,                                                                              \
      "“$1” không phải là ngày giờ; ghi ngày/tháng/năm giờ:phút, ví dụ 05/01/2026 08:00.",          \
      "“$1” is not a date and time; write day/month/year hour:minute, for instance 05/01/2026 " \
      "08:00.")                                                                                     \
    X(NOT_LEVEL, false, "“$1” không phải là cấp độ từ 1 đến 5.", "“$1” is not a level 1 to 5.")     \
    X(NOT_CHOICE, false, "“$1” không có trong danh mục: $2.", "“$1” is not in the list: $2.")       \
    X(NOT_EMAIL, false, "“$1” không phải là địa chỉ thư điện tử.",                                  \
      "“$1” is not an e-mail address.")                                                             \
    X(NOT_PHONE, false, "“$1” không phải là số điện thoại.", "“$1” is not a telephone number.")     \
    X(PHONE_ZERO, false, "“$1” bị mất số 0 ở đầu; hãy định dạng ô là văn bản và nhập lại.",         \
      "“$1” has lost the 0 in front; format the cell as text and type it anew.")                    \
    X(NOT_NETWORK, false, "“$1” không phải là địa chỉ IP hoặc dải mạng, ví dụ 10.0.0.0/8.",         \
      "“$1” is not an IP address or network, for instance 10.0.0.0/8.")

enum fault {
    FAULT_NONE,
#define X(id, note, vi, en) FAULT_##id,
    FAULT_TABLE(X)
#undef X
        FAULT_COUNT
};

struct fault_row {
    const char *name; /* "NOT_DATE" */
    bool note;
    const char *text[FORM_LANGUAGES];
};

const struct fault_row *fault_row(enum fault f);

/* $1 and $2 of a fault, in the languages in which they differ. */
struct fault_words {
    struct span first[FORM_LANGUAGES], second[FORM_LANGUAGES];
};

/* The sentence. */
void fault_put(struct buf *out, enum fault f, const struct fault_words *words,
               enum form_language l);

#endif
