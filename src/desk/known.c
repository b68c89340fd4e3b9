/*
 * known.c - see known.h.
 */
#include "desk/known.h"

#include "base/ascii.h"
#include "base/buf.h"
#include "scan/put.h"

#define TEXT_MAX ((size_t)1 << 20)

/* What an array takes of a tag; SPAN_NONE: nothing. */
typedef struct span pick_fn(struct span tag);

static struct span all_of(struct span tag)
{
    return tag;
}

static struct span behind_attack(struct span tag)
{
    const struct span before = SPAN_LIT("attack.");

    return tag.n > before.n && span_eq_nocase((struct span){ tag.p, before.n }, before)
               ? span_from(tag, before.n)
               : SPAN_NONE;
}

/* "t1059.001", "g0007", "s0002" */
static bool is_numbered(struct span s)
{
    return s.n > 1 && ascii_is_digit(s.p[1]);
}

static struct span technique_of(struct span tag)
{
    struct span s = behind_attack(tag);

    return is_numbered(s) && (s.p[0] == 't' || s.p[0] == 'T') ? s : SPAN_NONE;
}

static struct span tactic_of(struct span tag)
{
    struct span s = behind_attack(tag);

    return s.n > 0 && !is_numbered(s) ? s : SPAN_NONE;
}

/* An array of texts, in upper or lower ASCII case, or as they are. */
enum letters { AS_IT_IS, UPPER, LOWER };

static void put_array(struct buf *out, const struct span *text, uint32_t count, pick_fn *pick,
                      enum letters letters)
{
    bool any = false;

    buf_byte(out, '[');
    for (uint32_t i = 0; i < count; i++) {
        const struct span s = pick(text[i]);
        const size_t from = out->n;

        if (s.n == 0)
            continue;
        buf_text(out, any ? "," : "");
        put_json_text(out, s);
        any = true;
        for (size_t k = from; k < out->n && letters != AS_IT_IS; k++) {
            const bool low = out->p[k] >= 'a' && out->p[k] <= 'z',
                       high = out->p[k] >= 'A' && out->p[k] <= 'Z';

            if ((low && letters == UPPER) || (high && letters == LOWER))
                out->p[k] ^= 0x20;
        }
    }
    buf_byte(out, ']');
}

struct arrays {
    struct buf techniques, tactics, tags, refs, false_positives;
};

static void make_arrays(struct arrays *a, const struct sigma_head *h)
{
    struct buf *all[] = { &a->techniques, &a->tactics, &a->tags, &a->refs, &a->false_positives };

    for (size_t i = 0; i < COUNT_OF(all); i++)
        buf_clear(all[i]);
    put_array(&a->techniques, h->tags, h->tag_count, technique_of, UPPER);
    put_array(&a->tactics, h->tags, h->tag_count, tactic_of, LOWER);
    put_array(&a->tags, h->tags, h->tag_count, all_of, AS_IT_IS);
    put_array(&a->refs, h->references, h->reference_count, all_of, AS_IT_IS);
    put_array(&a->false_positives, h->falsepositives, h->falsepositive_count, all_of, AS_IT_IS);
}

static int put(struct db *db, const struct sigma_head *h, const struct sigma_logsource *ls,
               bool emit, struct arrays *a, struct err *e)
{
    const struct span none = SPAN_LIT("");
    struct db_row *r = db_use(db, DB_RULE_PUT);
    const struct span texts[] = { h->status,
                                  h->author,
                                  h->date,
                                  h->modified,
                                  h->license,
                                  h->description,
                                  ls != NULL ? ls->product : none,
                                  ls != NULL ? ls->category : none,
                                  ls != NULL ? ls->service : none };

    make_arrays(a, h);
    db_u64(r, 1, h->hash);
    db_text(r, 2, h->id);
    db_text(r, 3, ls != NULL ? SPAN_LIT("detection") : SPAN_LIT("correlation"));
    db_text(r, 4, h->title);
    db_int(r, 5, h->level);
    for (int i = 0; i < (int)COUNT_OF(texts); i++)
        db_text(r, 6 + i, texts[i]);
    db_text(r, 15, h->file);
    db_int(r, 16, h->line);
    db_int(r, 17, emit);
    db_text(r, 18, buf_span(&a->techniques));
    db_text(r, 19, buf_span(&a->tactics));
    db_text(r, 20, buf_span(&a->tags));
    db_text(r, 21, buf_span(&a->refs));
    db_text(r, 22, buf_span(&a->false_positives));
    return db_run(db, r, e);
}

static int put_refused(struct db *db, const struct ruleset *rs, struct err *e)
{
    int rc = db_run(db, db_use(db, DB_RULE_REFUSED_CLEAR), e);

    for (uint32_t i = 0; i < ruleset_refusal_count(rs) && rc == ERR_OK; i++) {
        const struct sigma_refusal *is = ruleset_refusal(rs, i);
        struct db_row *r = db_use(db, DB_RULE_REFUSED_PUT);

        db_int(r, 1, i + 1);
        db_text(r, 2, is->file);
        db_int(r, 3, is->line);
        db_text(r, 4, is->title);
        db_text(r, 5, is->why);
        rc = db_run(db, r, e);
    }
    return rc;
}

int known_rules(struct db *db, const struct ruleset *rs, struct err *e)
{
    struct arrays a;
    struct buf *all[] = { &a.techniques, &a.tactics, &a.tags, &a.refs, &a.false_positives };
    int rc = db_run(db, db_use(db, DB_RULE_CLEAR), e);

    for (size_t i = 0; i < COUNT_OF(all); i++)
        buf_init(all[i], TEXT_MAX);
    for (uint32_t i = 0; i < ruleset_rule_count(rs) && rc == ERR_OK; i++) {
        const struct sigma_rule *r = ruleset_rule(rs, i);

        rc = put(db, &r->head, &r->logsource, r->emit, &a, e);
    }
    for (uint32_t i = 0; i < ruleset_correlation_count(rs) && rc == ERR_OK; i++) {
        const struct sigma_correlation *c = ruleset_correlation(rs, i);

        rc = put(db, &c->head, NULL, c->emit, &a, e);
    }
    for (size_t i = 0; i < COUNT_OF(all); i++)
        buf_release(all[i]);
    return rc == ERR_OK ? put_refused(db, rs, e) : rc;
}
