/*
 * rows.c - see rows.h.
 */
#include "rows.h"

#include <stdlib.h>

#include "base/buf.h"
#include "guard.h"
#include "rec_check.h"

#define ROW_BYTES_MAX 65536u

struct trial {
    const struct rows_codec *codec;
    struct guard guard;
    struct rec r;
    struct buf text;
    size_t failed;
};

/* Every row is tried, so that one look shows all that is wrong. */
#define FAIL(t, row, ...)                                                                          \
    do {                                                                                           \
        printf("FAIL %s: ", (row)->name);                                                          \
        printf(__VA_ARGS__);                                                                       \
        printf("\n");                                                                              \
        (t)->failed++;                                                                             \
    } while (0)

/* ---- fields as text ---- */

static void put_path(struct buf *b, const struct rec *r, uint16_t i)
{
    if (r->fields[i].parent != REC_ROOT) {
        put_path(b, r, r->fields[i].parent);
        buf_byte(b, '.');
    }
    buf_add(b, r->fields[i].name);
}

static void put_fields(struct buf *b, struct rec *r)
{
    buf_clear(b);
    for (uint32_t i = 0; i < r->count; i++) {
        put_path(b, r, (uint16_t)i);
        if (r->fields[i].kind != REC_NONE) {
            buf_byte(b, '=');
            buf_add(b, rec_text(&r->fields[i], &r->mem));
        }
        buf_byte(b, '\n');
    }
}

/* ---- one line ---- */

/* As the outer codec, and as the inner one of a record that has a field already. */
static int64_t try_both(struct trial *t, struct span in)
{
    const struct rows_codec *c = t->codec;
    int64_t inner;

    in = guard_put(&t->guard, in);
    rec_clear(&t->r);
    t->r.codec = CODEC_SYSLOG;
    t->r.raw = SPAN_LIT("<1>outer");
    (void)rec_add_text(&t->r, SPAN_LIT("message"), SPAN_LIT("outer"));
    inner = rec_check_codec(c->read, c->is, in, &t->r);
    MUST(inner <= 0 || (t->r.inner == c->id && t->r.codec == CODEC_SYSLOG && t->r.raw.n == 8));

    rec_clear(&t->r);
    MUST(rec_check_codec(c->read, c->is, in, &t->r) == inner);
    MUST(inner <= 0 || (t->r.codec == c->id && t->r.inner == CODEC_NONE));
    return inner;
}

static void check_row(struct trial *t, const struct row *row)
{
    struct span in = span_of(row->in);
    int64_t used = try_both(t, in);

    if (row->want == NULL) {
        if (used > 0 || (used == ERR_MORE && !t->codec->cut_is_more))
            FAIL(t, row, "not refused: %lld", (long long)used);
        return;
    }
    put_fields(&t->text, &t->r);
    if (used != (int64_t)in.n || t->r.flags != 0)
        FAIL(t, row, "used %lld of %zu bytes, flags %x", (long long)used, in.n, t->r.flags);
    else if (!span_eq(buf_span(&t->text), span_of(row->want)))
        FAIL(t, row, "\n%.*swant:\n%s", SPAN_ARG(buf_span(&t->text)), row->want);
}

static void check_cuts(struct trial *t, const struct row *row)
{
    struct span in = span_of(row->in);

    for (size_t n = 0; n < in.n; n++) {
        int64_t used = try_both(t, (struct span){ in.p, n });

        if (row->want != NULL && t->codec->cut_is_more && used != ERR_MORE)
            FAIL(t, row, "cut at %zu: %lld", n, (long long)used);
    }
}

static void check_bytes(struct trial *t, const struct row *row)
{
    static const uint8_t bytes[] = { '"', '\\', ' ', '=', '<', ']', '|', ',', '\n', 0x00, 0xff };
    struct span in = span_of(row->in);
    uint8_t *copy = malloc(in.n + 1);

    MUST(copy != NULL);
    for (size_t at = 0; at < in.n; at++) {
        memcpy(copy, in.p, in.n);
        for (size_t k = 0; k < COUNT_OF(bytes); k++) {
            copy[at] = bytes[k];
            (void)try_both(t, (struct span){ copy, in.n });
        }
    }
    free(copy);
}

static void write_seed(const struct rows_codec *c, const struct row *row, size_t index)
{
    const char *dir = getenv("CANH_SEEDS");
    struct span in = span_of(row->in);
    char path[512];
    FILE *out;

    if (dir == NULL)
        return;
    (void)snprintf(path, sizeof(path), "%s/%s/%02zu", dir, codec_name(c->id), index);
    out = fopen(path, "wb");
    assert_true(out != NULL && fwrite(in.p, 1, in.n, out) == in.n && fclose(out) == 0);
}

void rows_check(const struct rows_codec *c, const struct row *rows, size_t count)
{
    struct trial t = { .codec = c };

    guard_init(&t.guard, ROW_BYTES_MAX);
    MUST(rec_init(&t.r));
    buf_init(&t.text, 1u << 24);
    for (size_t i = 0; i < count; i++) {
        check_row(&t, &rows[i]);
        check_cuts(&t, &rows[i]);
        check_bytes(&t, &rows[i]);
        write_seed(c, &rows[i], i);
    }
    buf_release(&t.text);
    rec_release(&t.r);
    guard_release(&t.guard);
    assert_int_equal(t.failed, 0);
}

struct rows_codec rows_codec_of(enum codec_id id)
{
    for (size_t i = 0; i < codec_row_count; i++) {
        if (codec_rows[i].id == id)
            return (struct rows_codec){ id, codec_rows[i].read, codec_rows[i].is, false };
    }
    MUST(false);
}

void rows_read(const struct rows_codec *c, struct span in, struct rec *r)
{
    rec_clear(r);
    assert_int_equal(rec_check_codec(c->read, c->is, in, r), in.n);
}

int64_t rows_repeat(const struct rows_codec *c, const char *head, const char *many, size_t times,
                    const char *tail, struct rec *r)
{
    struct buf b;
    int64_t used;

    buf_init(&b, 1u << 28);
    buf_text(&b, head);
    for (size_t i = 0; i < times; i++)
        buf_text(&b, many);
    buf_text(&b, tail);
    assert_false(buf_failed(&b));
    rec_clear(r);
    used = rec_check_codec(c->read, c->is, buf_span(&b), r);
    buf_release(&b); /* the fields' counts and flags may be asked for, their bytes no more */
    return used;
}
