/*
 * vi.h - numbers and dates as Vietnamese official documents write them (Decree 30/2020/NĐ-CP, Annex
 * I; law on accounting, article 11: thousands by a point, decimals by a comma).
 *
 * Each puts its text at the end of `to`. Times are shown at UTC+7, all year. Pure functions.
 */
#ifndef VI_H
#define VI_H

#include "base/base.h"
#include "base/buf.h"
#include "base/time.h"

#define VI_OFFSET_S 25200 /* of Asia/Ho_Chi_Minh */

void vi_int(struct buf *to, int64_t v);                     /* 1.234.567 */
void vi_count(struct buf *to, int64_t v);                   /* 05; 12; 1.234: before a unit */
void vi_decimal(struct buf *to, double v, unsigned digits); /* 12,5: at most so many (<= 6) */
void vi_percent(struct buf *to, double v);                  /* 12.5: 12,5%; at most two digits */

/* 1.250.000 đồng; from ten million on 12,5 triệu đồng, from a billion 1,25 tỷ đồng, where three
 * digits behind the comma say it exactly. */
void vi_money(struct buf *to, int64_t dong);

void vi_roman(struct buf *to, uint32_t v);  /* 1..3999; beyond, and 0, as 0 is written: digits */
void vi_letter(struct buf *to, uint32_t v); /* from 1: a b c d đ e g h i k ... y, then aa bb */

/* Text as time.h reads it, or a date alone (which stands for that day here), into the parts here.
 * A time without a zone is taken as one here. False: it is none. */
bool vi_read(struct span s, struct time_parts *here);

/* A leading zero for days 1-9 and months 1, 2 only. */
void vi_date(struct buf *to, const struct time_parts *t);     /* ngày 05 tháng 01 năm 2026 */
void vi_day(struct buf *to, const struct time_parts *t);      /* 05/01/2026; 08/6/2024 */
void vi_datetime(struct buf *to, const struct time_parts *t); /* 08 giờ 30 phút, ngày 05/01/2026 */
void vi_time(struct buf *to, const struct time_parts *t);     /* 08:30 */
void vi_weekday(struct buf *to, const struct time_parts *t); /* thứ Hai; Chủ nhật */
void vi_month(struct buf *to, const struct time_parts *t);   /* tháng 01/2026; tháng 3/2026 */
void vi_quarter(struct buf *to, const struct time_parts *t); /* Quý I/2026 */
void vi_week(struct buf *to, const struct time_parts *t); /* tuần 47 (từ ngày ... đến ngày ...) */

/* In capitals, Vietnamese letters too. */
void vi_upper(struct buf *to, struct span s);

#endif
