/*
 * output_table.c - lines for people: when, how bad, where, what, and why.
 *
 *   TIME (UTC+07)        LEVEL     HOST          RULE                            WHERE, WHY
 *   2020-08-06 13:43:15  high      WORKSTATION5  Suspicious Encoded PowerShell   a.json:17
 * CommandLine=...
 *
 * On a terminal lines are cut at its width and levels have colours; anywhere else nothing is cut.
 * Nothing out of a log reaches the terminal but printable characters (put_column).
 */
#include "scan/output.h"

#include "base/time.h"
#include "scan/put.h"

#define TIME_COLUMNS  19u
#define LEVEL_COLUMNS 13u
#define HOST_COLUMNS  16u
#define RULE_COLUMNS  48u
#define WHY_COLUMNS   400u /* where nothing else limits the line */
#define RULE_LEAST    16u
#define NUMBER_BYTES  9u /* a colon, a record's number, a blank */

static const char *const colours[] = {
    [LEVEL_NONE] = "",         [LEVEL_INFORMATIONAL] = "\033[2m",
    [LEVEL_LOW] = "\033[36m",  [LEVEL_MEDIUM] = "\033[33m",
    [LEVEL_HIGH] = "\033[31m", [LEVEL_CRITICAL] = "\033[1;97;41m",
};

/* What the columns before the rule take, blanks included. */
#define BEFORE_RULE (TIME_COLUMNS + 2 + LEVEL_COLUMNS + 2 + HOST_COLUMNS + 2)

/* On a terminal the rule gets something less than half of what is left. */
static size_t rule_columns(const struct output *o)
{
    size_t left = o->width > BEFORE_RULE ? (o->width - BEFORE_RULE) * 45 / 100 : 0;

    if (o->width == 0 || left > RULE_COLUMNS)
        return RULE_COLUMNS;
    return left > RULE_LEAST ? left : RULE_LEAST;
}

static size_t why_columns(const struct output *o)
{
    size_t before = BEFORE_RULE + rule_columns(o) + 2;

    if (o->width == 0)
        return WHY_COLUMNS;
    return o->width > before ? o->width - before : 0;
}

static void put_time(const struct output *o, bool has_time, int64_t ns, struct buf *out)
{
    struct time_parts p;

    if (!has_time) {
        put_column(out, SPAN_LIT("-"), TIME_COLUMNS, true);
        return;
    }
    time_split(ns + (int64_t)o->offset_s * TIME_SECOND, &p);
    buf_fmt(out, "%04d-%02u-%02u %02u:%02u:%02u", p.year, p.month, p.day, p.hour, p.minute,
            p.second);
}

static void put_level(const struct output *o, enum sigma_level level, struct buf *out)
{
    struct span name = span_of(level_name(level));

    buf_text(out, "  ");
    if (o->colour)
        buf_text(out, colours[level]);
    buf_add(out, name);
    if (o->colour)
        buf_text(out, "\033[0m");
    put_column(out, SPAN_NONE, LEVEL_COLUMNS - name.n, true);
    buf_text(out, "  ");
}

static void table_head(const struct output *o, struct buf *out)
{
    char label[24];
    int32_t hours = o->offset_s / 3600, minutes = o->offset_s / 60 % 60;
    struct buf text;

    buf_init(&text, sizeof(label));
    buf_fmt(&text, "TIME (UTC%+03d", hours);
    if (minutes != 0)
        buf_fmt(&text, ":%02d", minutes < 0 ? -minutes : minutes);
    buf_byte(&text, ')');
    if (o->colour)
        buf_text(out, "\033[1m");
    put_column(out, buf_span(&text), TIME_COLUMNS, true);
    buf_text(out, "  ");
    put_column(out, SPAN_LIT("LEVEL"), LEVEL_COLUMNS, true);
    buf_text(out, "  ");
    put_column(out, SPAN_LIT("HOST"), HOST_COLUMNS, true);
    buf_text(out, "  ");
    put_column(out, SPAN_LIT("RULE"), rule_columns(o), true);
    buf_text(out, "  WHERE, WHY\n");
    if (o->colour)
        buf_text(out, "\033[0m");
    buf_release(&text);
}

static void put_start(const struct output *o, bool has_time, int64_t ns, enum sigma_level level,
                      struct span host, struct buf *out)
{
    put_time(o, has_time, ns, out);
    put_level(o, level, out);
    put_column(out, host.n > 0 ? host : SPAN_LIT("-"), HOST_COLUMNS, true);
    buf_text(out, "  ");
}

static struct span last_part(struct span path)
{
    size_t n = path.n;

    while (n > 0 && path.p[n - 1] != '/')
        n--;
    return span_from(path, n);
}

static void table_finding(const struct output *o, const struct finding *f, struct buf *out,
                          size_t *record_at)
{
    struct span file = o->width > 0 ? last_part(f->seen->file) : f->seen->file;
    size_t left = why_columns(o), used;
    size_t room = o->width > 0 && file.n > left * 2 / 5 ? left * 2 / 5 : file.n;

    put_start(o, f->seen->has_time, f->seen->time_ns, f->level, f->seen->host, out);
    put_column(out, f->rule->title, rule_columns(o), true);
    buf_text(out, "  ");
    put_column(out, file, room, false);
    buf_byte(out, ':');
    *record_at = out->n;
    used = room + NUMBER_BYTES;
    for (uint32_t i = 0; i < f->because_count && used + 6 < left; i++) {
        const struct because *b = &f->because[i];
        struct span field = b->field.n > 0 ? b->field : SPAN_LIT("text");

        buf_byte(out, ' ');
        put_column(out, field, left - used, false);
        buf_byte(out, '=');
        used += field.n + 2;
        put_column(out, b->value, used < left ? left - used : 0, false);
        used += b->value.n;
    }
    buf_byte(out, '\n');
}

static void table_correlated(const struct output *o, const struct correlated *c, struct buf *out)
{
    size_t left = why_columns(o), used;
    struct buf why;

    put_start(o, true, c->time_ns, c->level, SPAN_NONE, out);
    put_column(out, c->rule->title, rule_columns(o), true);
    buf_init(&why, 512);
    buf_fmt(&why, "  %s %g", c->type, c->value);
    used = why.n;
    buf_add(out, buf_span(&why));
    buf_release(&why);
    for (uint32_t i = 0; i < c->group_count && used + 12 < left; i++) {
        buf_byte(out, ' ');
        put_column(out, c->group_names[i], left - used, false);
        buf_byte(out, '=');
        used += c->group_names[i].n + 2;
        put_column(out, c->group_values[i], used < left ? left - used : 0, false);
        used += c->group_values[i].n;
    }
    buf_byte(out, '\n');
}

const struct output_row output_table = {
    .name = "table",
    .help = "lines for people",
    .head = table_head,
    .finding = table_finding,
    .correlated = table_correlated,
};
