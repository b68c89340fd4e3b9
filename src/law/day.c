/*
 * day.c - days of Viet Nam, the working ones, terms, and the periods of reports.
 */
#include "law/law_own.h"

#include "base/time.h"

#define DAY_NS      (INT64_C(86400) * TIME_SECOND)
#define OFFSET_NS   (LAW_OFFSET_S * TIME_SECOND)
#define SATURDAY    5u
#define MONTHS_YEAR 12

/* Days that 64 bits of nanoseconds hold, with room to count on (1680 to 2255). */
#define DAY_MIN (-105000)
#define DAY_MAX 104000

static int32_t clamp_day(int64_t day)
{
    return day < DAY_MIN ? DAY_MIN : day > DAY_MAX ? DAY_MAX : (int32_t)day;
}

int32_t law_day(int64_t ns)
{
    int64_t day = ns / DAY_NS, rest = ns % DAY_NS;

    if (rest < 0) {
        day--;
        rest += DAY_NS;
    }
    return clamp_day(day + (rest + OFFSET_NS >= DAY_NS ? 1 : 0));
}

int64_t law_day_begin(int32_t day)
{
    return clamp_day(day) * DAY_NS - OFFSET_NS;
}

static int64_t day_end(int32_t day)
{
    return law_day_begin(day) + DAY_NS - TIME_SECOND;
}

static bool is_in(const struct law_rows *rows, int32_t day)
{
    const struct law_days *row = rows->row;

    for (uint32_t i = 0; i < rows->count; i++) {
        int32_t to = row[i].to == LAW_NO_DATE ? row[i].from : row[i].to;

        if (day >= row[i].from && day <= to)
            return true;
    }
    return false;
}

const struct law_days *law_holiday(const struct law *l, uint32_t i)
{
    return i < l->holidays.count ? (const struct law_days *)l->holidays.row + i : NULL;
}

bool law_is_working(const struct law *l, int32_t day, bool *known)
{
    if (known != NULL)
        *known =
            l->calendar_from != LAW_NO_DATE && day >= l->calendar_from && day <= l->calendar_to;
    if (is_in(&l->working, day))
        return true;
    return time_weekday(day) < SATURDAY && !is_in(&l->holidays, day);
}

int32_t law_working_days_after(const struct law *l, int32_t day, uint32_t count, bool *known)
{
    bool sure = true, here;

    while (count > 0 && day < DAY_MAX) {
        day++;
        if (law_is_working(l, day, &here))
            count--;
        sure = sure && here;
    }
    if (known != NULL)
        *known = sure;
    return day;
}

/* The same day of the month `months` later, or that month's last (Civil Code Đ148.3). */
static int32_t months_after(int32_t day, uint32_t months)
{
    struct time_parts p, q;
    int64_t index;
    int32_t year, to;
    unsigned month;

    time_date(day, &p);
    index = (int64_t)p.year * MONTHS_YEAR + p.month - 1 + months;
    year = (int32_t)(index / MONTHS_YEAR);
    month = (unsigned)(index % MONTHS_YEAR) + 1;
    for (unsigned d = p.day;; d--) {
        to = (int32_t)time_days(year, month, d);
        time_date(to, &q);
        if (q.month == month)
            return to;
    }
}

int64_t law_term_end(const struct law *l, int64_t ns, struct law_after after, bool *known)
{
    int32_t day = law_day(ns);
    bool sure = true;

    if (known == NULL)
        known = &sure;
    *known = true;
    switch (after.unit) {
    case LAW_DAYS:
        return day_end(clamp_day((int64_t)day + after.count));
    case LAW_WORKING_DAYS:
        return day_end(law_working_days_after(l, day, after.count, known));
    case LAW_MONTHS:
        return day_end(clamp_day(months_after(day, after.count)));
    default:
        return ns > INT64_MAX - after.count * INT64_C(3600) * TIME_SECOND
                   ? INT64_MAX
                   : ns + after.count * INT64_C(3600) * TIME_SECOND;
    }
}

/* --- Reports -----------------------------------------------------------------------------------
 */

/* The beginning of what follows month `month` (0: of the year before, December). */
static int64_t edge(enum law_rule rule, int32_t year, unsigned month)
{
    if (rule == LAW_RULE_DAY15 && month == 0)
        return law_day_begin((int32_t)time_days(year - 1, 12, 15));
    if (rule == LAW_RULE_DAY15)
        return law_day_begin((int32_t)time_days(year, month, 15));
    return law_day_begin(month == 12 ? (int32_t)time_days(year + 1, 1, 1)
                                     : (int32_t)time_days(year, month + 1, 1));
}

struct law_period law_period(enum law_rule rule, int32_t year, enum law_which which)
{
    static const struct {
        uint8_t from, to;
    } months[] = {
#define X(id, code, from, to) { from, to },
        LAW_PERIOD_TABLE(X)
#undef X
    };

    MUST(which < LAW_PERIODS && year >= 1700 && year <= 2250);
    return (struct law_period){ edge(rule, year, months[which].from),
                                edge(rule, year, months[which].to) };
}

/* "before" is a day of the year in which the period ends, or of the next when it is past then. */
static int32_t due_before(const struct law_due *due, int64_t cut_off)
{
    int32_t end = law_day(cut_off - 1), day;
    struct time_parts p;

    time_date(end, &p);
    day = (int32_t)time_days(p.year, due->month, due->day);
    return day > end ? day : (int32_t)time_days(p.year + 1, due->month, due->day);
}

int law_report_due(const struct law *l, const struct law_regime *r, int32_t year,
                   enum law_which which, int64_t *due_ns, bool *known, struct err *e)
{
    const struct law_due *due = &r->due.of[which];
    struct law_period period = law_period((enum law_rule)r->rule, year, which);

    if (!due->is)
        return err_set(e, ERR_NOTFOUND, 0, "The regime %s has no report for %s.", r->id,
                       law_which_words[which]);
    if (known != NULL)
        *known = true;
    if (due->before)
        *due_ns = law_day_begin(due_before(due, period.to_ns)) - TIME_SECOND;
    else /* the last day of the period does not count */
        *due_ns = law_term_end(l, period.to_ns - 1, due->after, known);
    return ERR_OK;
}
