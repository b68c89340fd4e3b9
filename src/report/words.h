/*
 * words.h - what a document says that is the layout's, not the writer's: the same in PDF and DOCX.
 */
#ifndef WORDS_H
#define WORDS_H

#include "report/page.h"

#define WORDS_NATION "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
#define WORDS_MOTTO  "Độc lập - Tự do - Hạnh phúc"
#define WORDS_FOR    "Kính gửi:"
#define WORDS_COPIES "Nơi nhận:"
#define WORDS_BLANK  "…………………"

/* Blanks that no line is broken at: room to write a number in. */
#define WORDS_ROOM      "\u00a0\u00a0\u00a0\u00a0\u00a0\u00a0\u00a0\u00a0"

#define WORDS_BYTES_MAX 4096u

/* "Số: 05/BC-SKHCN"; room where the number will be written. */
void words_number(const struct page *p, struct buf *to);

/* "Huế, ngày 05 tháng 01 năm 2026"; room where the date will be written. */
void words_date(const struct page *p, struct buf *to);

/* "☒ " or "☐ ", kept with the word behind it. */
const char *words_box(bool on);

#endif
