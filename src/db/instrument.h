/*
 * instrument.h - which legal instrument a line of bases cites: its number, so that two lines about
 * the same one are known, however they are worded.
 *
 *   [căn cứ] nghị định [số] 09/2019/NĐ-CP ngày ...        ─▶ 9/2019/nd-cp
 *   [căn cứ] luật An ninh mạng số 116/2025/QH15 ...       ─▶ 116/2025/qh15
 *
 * Kind, number, year and symbol as Decree 30/2020 (Annex I) has them; kind and symbol must agree,
 * and but for laws nothing stands between them, so that a regulation that names the decree it is
 * made under is not that decree. Numbers without a year (9/QĐ-SM) say nothing without their date,
 * and are none here. Pure; the text is folded (event/search_text.h).
 */
#ifndef INSTRUMENT_H
#define INSTRUMENT_H

#include "base/base.h"

/* A part of `folded`, without leading zeros; SPAN_NONE: it cites none. */
struct span instrument_number(struct span folded);

#endif
