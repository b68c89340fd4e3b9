/*
 * xlsx_date.c - formats and days.
 *
 * 1900 system: 1 is 1900-01-01, 59 is 1900-02-28, 60 is a day that never was, 61 is 1900-03-01.
 * 1904 system: 0 is 1904-01-01.
 */
#include "sheet/xlsx_date.h"

#include <math.h>

#include "base/ascii.h"

#define DAYS_1899_12_30 (-25569)
#define DAYS_1904_01_01 (-24107)
#define DAYS_9999_12_31 2932896
#define DAY_SECONDS     86400u
#define BUG_DAY         60

int xlsx_formats_init(struct xlsx_formats *f, struct arena *mem, struct err *e)
{
    *f = (struct xlsx_formats){ .known = arena_array(mem, XLSX_FORMATS_MAX, 1),
                                .is_date = arena_array(mem, XLSX_STYLES_MAX, 1) };
    if (arena_failed(mem))
        return err_set(e, ERR_NOMEM, 0, "There is no memory to read the book.");
    return ERR_OK;
}

/* 18.8.30: 14 to 22 and 45 to 47 in all languages, 27 to 36 and 50 to 58 in Chinese, Japanese and
 * Korean, 71 to 81 in Thai. 46 is [h]:mm:ss. */
static bool builtin_is_date(uint32_t id)
{
    static const struct {
        uint8_t first, last;
    } dates[] = { { 14, 22 }, { 27, 36 }, { 45, 45 }, { 47, 47 }, { 50, 58 }, { 71, 81 } };

    for (size_t i = 0; i < COUNT_OF(dates); i++) {
        if (id >= dates[i].first && id <= dates[i].last)
            return true;
    }
    return false;
}

/* Behind a "quoted text", a [bracket], an escaped, padded or repeated character at `i`; i when
 * there is none. */
static size_t skip_literal(struct span code, size_t i)
{
    uint8_t c = code.p[i], end = c == '"' ? '"' : ']';

    if (c == '\\' || c == '_' || c == '*')
        return i + 2;
    if (c != '"' && c != '[')
        return i;
    for (i++; i < code.n && code.p[i] != end; i++)
        ;
    return i + 1;
}

/* [h], [mm], [s]: a duration. */
static bool is_elapsed(struct span code, size_t i)
{
    size_t from = ++i;
    uint8_t letter = i < code.n ? ascii_lower(code.p[i]) : 0;

    if (letter != 'h' && letter != 'm' && letter != 's')
        return false;
    while (i < code.n && ascii_lower(code.p[i]) == letter)
        i++;
    return i > from && i < code.n && code.p[i] == ']';
}

bool xlsx_code_is_date(struct span code)
{
    struct span general = SPAN_LIT("general");

    if (code.n >= general.n && span_eq_nocase((struct span){ code.p, general.n }, general))
        return false;
    for (size_t i = 0; i < code.n;) {
        size_t behind = skip_literal(code, i);

        if (code.p[i] == '[' && is_elapsed(code, i))
            return false;
        if (behind != i) {
            i = behind;
            continue;
        }
        if (code.p[i] == ';') /* the further sections are for negative numbers, zero and texts */
            return false;
        switch (ascii_lower(code.p[i])) {
        case 'd':
        case 'm':
        case 'y':
        case 'h':
        case 's':
            return true;
        default:
            i++;
        }
    }
    return false;
}

void xlsx_format_add(struct xlsx_formats *f, uint32_t id, struct span code)
{
    if (id < XLSX_FORMATS_MAX)
        f->known[id] = xlsx_code_is_date(code) ? 2 : 1;
}

void xlsx_style_add(struct xlsx_formats *f, uint32_t format_id)
{
    uint8_t known = format_id < XLSX_FORMATS_MAX ? f->known[format_id] : 1;

    if (f->style_count < XLSX_STYLES_MAX)
        f->is_date[f->style_count++] = known != 0 ? known == 2 : builtin_is_date(format_id);
}

bool xlsx_style_is_date(const struct xlsx_formats *f, uint32_t style)
{
    return style < f->style_count && f->is_date[style] != 0;
}

bool xlsx_date(double serial, bool since_1904, int64_t *days, uint32_t *seconds)
{
    int64_t day, second;

    if (!(serial >= 0.0 && serial < 4e6))
        return false;
    day = (int64_t)serial;
    second = llround((serial - (double)day) * DAY_SECONDS);
    if (second == DAY_SECONDS) {
        second = 0;
        day++;
    }
    if (!since_1904 && day == BUG_DAY)
        return false;
    *seconds = (uint32_t)second;
    if (since_1904)
        *days = DAYS_1904_01_01 + day;
    else
        *days = DAYS_1899_12_30 + day + (day < BUG_DAY ? 1 : 0);
    return *days <= DAYS_9999_12_31;
}

double xlsx_serial(int64_t days, uint32_t seconds)
{
    MUST(days >= XLSX_DAYS_FIRST && days <= DAYS_9999_12_31 && seconds < DAY_SECONDS);
    return (double)(days - DAYS_1899_12_30) + (double)seconds / DAY_SECONDS;
}
