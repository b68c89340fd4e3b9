/*
 * rules_list.c - canh rules list: what loads, one line each; and canh rules coverage: the same by
 * technique, as a layer for the ATT&CK Navigator.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "cmd/command.h"
#include "cmd/load.h"
#include "os/host.h"
#include "scan/correlations.h"
#include "scan/finding.h"
#include "scan/put.h"

#define OUT_BYTES_MAX   ((size_t)256 << 20)
#define TECHNIQUES_MAX  2048u
#define COMMENT_BYTES   600u
#define TECHNIQUE_BYTES 16u

struct settings {
    struct load_options load;
    int format;
};

static const struct option_row options[] = {
    LOAD_OPTIONS(struct settings, load),
    { "format", OPTION_CHOICE, offsetof(struct settings, format), "table|json", "table", 0, 0,
      "table, or one JSON object a line" },
};

static const struct command_line list_command = {
    options, COUNT_OF(options), "canh rules list [OPTIONS] [PATH...]",
    "Lists the rules that load (default: those that ship): level, log source, id, title."
};

/* The same but for --format, which is the last row. */
static const struct command_line coverage_command = {
    options, COUNT_OF(options) - 1, "canh rules coverage [OPTIONS] [PATH...]",
    "Writes a layer for the ATT&CK Navigator: for each technique how many rules look for it."
};

/* Options and loading; *code is the exit code when false. */
static bool begin(const struct command_line *line, struct settings *s, struct load *l, int argc,
                  char **argv, int *code)
{
    struct err e;
    int operands;

    *l = (struct load){ 0 };
    if (!command_options(line, s, argc, argv, &operands, code))
        return false;
    load_operands(&s->load, argv, operands);
    if (load_open(l, &s->load, &e) != ERR_OK) {
        *code = command_fault(&e);
        return false;
    }
    return true;
}

/* --- list ----------------------------------------------------------------------------------- */

static void put_source(struct buf *out, const struct sigma_logsource *ls)
{
    const struct span part[] = { ls->product, ls->category, ls->service };

    for (size_t i = 0; i < COUNT_OF(part); i++) {
        if (i > 0)
            buf_byte(out, '/');
        buf_add(out, part[i].n > 0 ? part[i] : SPAN_LIT("-"));
    }
}

static void list_one(struct buf *out, bool json, const struct sigma_head *h, struct span source)
{
    if (!json) {
        put_column(out, span_of(level_name(h->level)), 13, true);
        buf_text(out, "  ");
        put_column(out, source, 40, true);
        buf_text(out, "  ");
        put_column(out, h->id.n > 0 ? h->id : SPAN_LIT("-"), 36, true);
        buf_text(out, "  ");
        put_column(out, h->title, 400, false);
        buf_byte(out, '\n');
        return;
    }
    buf_text(out, "{\"rule\":");
    put_rule(out, h);
    buf_text(out, ",\"source\":");
    put_json_text(out, source);
    buf_text(out, ",\"file\":");
    put_json_text(out, h->file);
    buf_fmt(out, ",\"line\":%u}\n", h->line);
}

int rules_list(int argc, char **argv)
{
    struct settings s = { 0 };
    struct load l;
    struct buf out, source;
    int code = EXIT_RAN;

    if (!begin(&list_command, &s, &l, argc, argv, &code)) {
        load_close(&l);
        return code;
    }
    load_tell_refusals(&l);
    buf_init(&out, OUT_BYTES_MAX);
    buf_init(&source, 65536);
    for (uint32_t i = 0; i < ruleset_rule_count(l.rules); i++) {
        const struct sigma_rule *r = ruleset_rule(l.rules, i);

        buf_clear(&source);
        put_source(&source, &r->logsource);
        list_one(&out, s.format == 1, &r->head, buf_span(&source));
    }
    for (uint32_t i = 0; i < ruleset_correlation_count(l.rules); i++) {
        const struct sigma_correlation *c = ruleset_correlation(l.rules, i);

        list_one(&out, s.format == 1, &c->head, span_of(correlation_type_name(c->type)));
    }
    buf_release(&source);
    load_close(&l);
    return command_show(&out);
}

/* --- coverage ------------------------------------------------------------------------------- */

struct technique {
    char id[TECHNIQUE_BYTES]; /* "T1059.001" */
    uint32_t rules;
    struct buf comment; /* titles */
};

/* "attack.t1059.001" to "T1059.001"; false for tactics, groups and software. */
static bool technique_of(struct span tag, char out[TECHNIQUE_BYTES])
{
    static const struct span prefix = { (const uint8_t *)"attack.t", 8 };
    size_t n = tag.n - (tag.n > 7 ? 7 : 0);

    if (!span_starts(tag, prefix) || n >= TECHNIQUE_BYTES || n < 5)
        return false;
    for (size_t i = 1; i < n; i++) {
        uint8_t c = tag.p[7 + i];

        if (!ascii_is_digit(c) && !(c == '.' && i == 5))
            return false;
        out[i] = (char)c;
    }
    out[0] = 'T';
    out[n] = 0;
    return true;
}

static void count_head(struct technique *t, uint32_t *count, const struct sigma_head *h)
{
    for (uint32_t i = 0; i < h->tag_count; i++) {
        char id[TECHNIQUE_BYTES];
        uint32_t k = 0;

        if (!technique_of(h->tags[i], id))
            continue;
        while (k < *count && strcmp(t[k].id, id) != 0)
            k++;
        if (k == TECHNIQUES_MAX)
            return;
        if (k == *count) {
            memcpy(t[k].id, id, sizeof(id));
            t[k].rules = 0;
            buf_init(&t[k].comment, COMMENT_BYTES);
            ++*count;
        }
        t[k].rules++;
        if (t[k].comment.n + h->title.n + 2 < COMMENT_BYTES) {
            buf_text(&t[k].comment, t[k].comment.n > 0 ? "\n" : "");
            buf_add(&t[k].comment, h->title);
        }
    }
}

static int by_id(const void *a, const void *b)
{
    const struct technique *x = a, *y = b;

    return strcmp(x->id, y->id);
}

static void put_layer(struct buf *out, const struct technique *t, uint32_t count)
{
    uint32_t most = 1;

    for (uint32_t i = 0; i < count; i++)
        most = t[i].rules > most ? t[i].rules : most;
    buf_fmt(out,
            "{\"name\":\"Canh\",\"versions\":{\"attack\":\"17\",\"navigator\":\"5.1.0\","
            "\"layer\":\"4.5\"},\"domain\":\"enterprise-attack\",\"description\":\"Rules by "
            "technique\",\"gradient\":{\"colors\":[\"#e8f0fa\",\"#1f4fa3\"],\"minValue\":0,"
            "\"maxValue\":%u},\"techniques\":[",
            most);
    for (uint32_t i = 0; i < count; i++) {
        buf_fmt(out, "%s\n{\"techniqueID\":\"%s\",\"score\":%u,\"comment\":", i > 0 ? "," : "",
                t[i].id, t[i].rules);
        put_json_text(out, buf_span(&t[i].comment));
        buf_byte(out, '}');
    }
    buf_text(out, "\n]}\n");
}

int rules_coverage(int argc, char **argv)
{
    struct settings s = { 0 };
    struct load l;
    struct technique *t = NULL;
    struct buf out;
    uint32_t count = 0;
    int code = EXIT_RAN;

    if (!begin(&coverage_command, &s, &l, argc, argv, &code))
        goto out;
    t = calloc(TECHNIQUES_MAX, sizeof(*t));
    MUST(t != NULL);
    for (uint32_t i = 0; i < ruleset_rule_count(l.rules); i++)
        count_head(t, &count, &ruleset_rule(l.rules, i)->head);
    for (uint32_t i = 0; i < ruleset_correlation_count(l.rules); i++)
        count_head(t, &count, &ruleset_correlation(l.rules, i)->head);
    qsort(t, count, sizeof(*t), by_id);
    buf_init(&out, OUT_BYTES_MAX);
    put_layer(&out, t, count);
    for (uint32_t i = 0; i < count; i++)
        buf_release(&t[i].comment);
    code = command_show(&out);
out:
    free(t);
    load_close(&l);
    return code;
}
