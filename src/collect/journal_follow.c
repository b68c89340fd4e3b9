/*
 * journal_follow.c - see journal_follow.h.
 */
#include "collect/journal_follow.h"

#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

#include "base/limits.h"
#include "collect/ledger.h"
#include "scan/cut.h"
#include "scan/feed.h"
#include "scan/journal.h"

#define MARK_VERSION 1u
#define MARK_HEAD    (PASS_KEY_BYTES + 1u)
#define LINES_MAX    ((size_t)BLOCK_BYTES_USUAL + LIMIT_RECORD_BYTES)

struct journal_follow {
    journal_notice_fn *notice;
    void *arg;
    char *folder;
    struct journal *journal; /* NULL: not open */
    int fd;
    bool started, more; /* there may be entries that were not read */
    bool told;          /* that it cannot be opened or read */
    struct buf lines, cursor, checkpoint;
    struct buf from; /* cursor to go on behind; empty: the boot's first entry */
    struct journal_follow_counts counts;
};

static void mark_key(uint8_t key[PASS_KEY_BYTES])
{
    static const char word[] = "journal";
    XXH128_canonical_t c;

    XXH128_canonicalFromHash(&c, XXH3_128bits(word, sizeof(word) - 1));
    memcpy(key, c.digest, PASS_KEY_BYTES);
}

int journal_follow_new(struct journal_follow **out, const char *folder, journal_notice_fn *notice,
                       void *arg, struct err *e)
{
    struct journal_follow *j = calloc(1, sizeof(*j));

    *out = j;
    if (j != NULL)
        j->folder = strdup(folder);
    if (j == NULL || j->folder == NULL) {
        journal_follow_free(out);
        return err_set(e, ERR_NOMEM, 0, "There is no memory to follow the journal.");
    }
    j->notice = notice;
    j->arg = arg;
    j->fd = -1;
    buf_init(&j->lines, LINES_MAX);
    buf_init(&j->cursor, JOURNAL_CURSOR_MAX);
    buf_init(&j->from, JOURNAL_CURSOR_MAX);
    buf_init(&j->checkpoint, PASS_CHECKPOINT_MAX);
    return ERR_OK;
}

static void shut(struct journal_follow *j)
{
    if (j->journal != NULL)
        journal_close(&j->journal);
    j->fd = -1;
}

void journal_follow_free(struct journal_follow **pj)
{
    struct journal_follow *j = *pj;

    *pj = NULL;
    if (j == NULL)
        return;
    shut(j);
    buf_release(&j->lines);
    buf_release(&j->cursor);
    buf_release(&j->from);
    buf_release(&j->checkpoint);
    free(j->folder);
    free(j);
}

/* --- where it goes on ------------------------------------------------------------------------- */

void journal_follow_reset(struct journal_follow *j)
{
    j->started = false;
    buf_clear(&j->from);
}

void journal_follow_checkpoint(struct journal_follow *j, struct span checkpoint)
{
    uint8_t key[PASS_KEY_BYTES];

    mark_key(key);
    if (checkpoint.n <= MARK_HEAD || checkpoint.n > MARK_HEAD + JOURNAL_CURSOR_MAX ||
        memcmp(checkpoint.p, key, sizeof(key)) != 0 ||
        checkpoint.p[PASS_KEY_BYTES] != MARK_VERSION ||
        memchr(checkpoint.p + MARK_HEAD, 0, checkpoint.n - MARK_HEAD) != NULL)
        return; /* of a file */
    buf_clear(&j->from);
    buf_add(&j->from, span_from(checkpoint, MARK_HEAD));
}

/* It is closed, and opened again at the next retry behind what was passed. */
static void broken(struct journal_follow *j, const struct err *why)
{
    shut(j);
    j->counts.faults++;
    if (!j->told)
        j->notice(j->arg, why->why);
    j->told = true;
}

static int seek(struct journal_follow *j, struct err *e)
{
    int rc;

    if (j->from.n == 0)
        return journal_seek_boot(j->journal, e);
    rc = journal_seek_behind(j->journal, buf_span(&j->from), e);
    if (rc == 0) {
        j->counts.gaps++;
        j->notice(j->arg, "The journal no longer holds the entry that was read last: entries "
                          "behind it may be missing.");
    }
    return rc < 0 ? rc : ERR_OK;
}

static void begin(struct journal_follow *j)
{
    struct err e = { 0 };
    int rc = j->journal != NULL ? ERR_OK : journal_open(&j->journal, j->folder, &e);

    if (rc == ERR_OK) {
        j->fd = journal_fd(j->journal, &e);
        rc = j->fd < 0 ? j->fd : ERR_OK;
    }
    if (rc == ERR_OK)
        rc = seek(j, &e);
    if (rc != ERR_OK) {
        broken(j, &e);
        return;
    }
    j->told = false;
    j->more = true;
}

void journal_follow_start(struct journal_follow *j)
{
    j->started = true;
    begin(j);
}

void journal_follow_retry(struct journal_follow *j)
{
    if (j->started && j->journal == NULL)
        begin(j);
}

int journal_follow_fd(const struct journal_follow *j)
{
    return j->fd;
}

void journal_follow_heard(struct journal_follow *j)
{
    if (j->journal != NULL)
        journal_heard(j->journal);
    j->more = true;
}

/* --- blocks ----------------------------------------------------------------------------------- */

/* One entry more: 1, 0 at the end, or a negative code. One that is too large is passed over. */
static int entry(struct journal_follow *j, struct err *e)
{
    size_t before = j->lines.n;
    int rc = journal_next(j->journal, &j->lines, e);

    if (rc <= 0)
        return rc;
    rc = journal_cursor(j->journal, &j->cursor, e);
    if (rc != ERR_OK || buf_failed(&j->cursor))
        return rc != ERR_OK ? rc : err_set(e, ERR_LIMIT, 0, "A place in the journal is too long.");
    if (!buf_failed(&j->lines)) {
        j->counts.entries++;
        return 1;
    }
    j->lines.n = before;
    j->lines.failed = false;
    if (j->counts.dropped++ == 0)
        j->notice(j->arg, "An entry of the journal is larger than a record may be: it is dropped.");
    return 1;
}

static void put_block(struct journal_follow *j, struct pass_block *b)
{
    uint8_t head[MARK_HEAD];

    mark_key(head);
    head[PASS_KEY_BYTES] = MARK_VERSION;
    buf_clear(&j->checkpoint);
    buf_add(&j->checkpoint, (struct span){ head, sizeof(head) });
    buf_add(&j->checkpoint, buf_span(&j->cursor));
    buf_clear(&j->from);
    buf_add(&j->from, buf_span(&j->cursor));
    *b = (struct pass_block){ .input = INPUT_JOURNAL, .mode = CUT_LINES };
    b->source = SPAN_LIT("journal");
    b->checkpoint = buf_span(&j->checkpoint);
    b->records = buf_span(&j->lines);
    j->counts.blocks++;
    j->counts.bytes += j->lines.n;
}

int journal_follow_next(struct journal_follow *j, struct pass_block *b)
{
    struct err e = { 0 };
    bool some = false;
    int rc = 1;

    if (!j->started || j->journal == NULL || !j->more)
        return 0;
    buf_clear(&j->lines);
    while (rc == 1 && j->lines.n < BLOCK_BYTES_USUAL) {
        rc = entry(j, &e);
        some = some || rc == 1;
    }
    if (rc == 0)
        j->more = false;
    if (rc < 0)
        broken(j, &e); /* what was read before it is good; the rest is read once it is open again */
    if (some)
        put_block(j, b);
    return some;
}

const struct journal_follow_counts *journal_follow_counts(const struct journal_follow *j)
{
    return &j->counts;
}
