/*
 * search.c - see search.h.
 */
#include "query/search.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "os/host.h"
#include "query/source_names.h"
#include "seal/table.h"
#include "store/block.h"
#include "store/catalog.h"

#define STEP_EVENTS 4096u
#define RECORDS_MAX ((size_t)8 << 20)
#define FOLDED_MAX  ((size_t)64 << 20)
#define LINES_MAX   ((size_t)256 << 20) /* of all hits together */

/* A hit that will be shown unless newer ones push it out. */
struct hit {
    int64_t receipt_ns;
    uint32_t lane;
    uint64_t sequence;
    uint8_t *text;
    size_t bytes;
};

struct unit {
    int64_t receipt_to; /* of its newest event */
    uint32_t lane, block;
    const struct catalog_file *file; /* NULL: what the lane holds beyond */
};

struct lane_rest {
    int dir; /* -1: there is none */
    struct lane_reader *reader;
    uint64_t next; /* the first event that is not sealed */
    bool begun;    /* it was seen */
};

struct search {
    struct search_from from;
    struct filter *filter;
    struct shown *shown;
    struct catalog catalog;
    int sealed_dir;
    struct unit *unit;
    uint32_t units, at;
    struct lane_rest lane[SEARCH_LANES];
    struct sealed_file *file; /* open, of `of` */
    const struct catalog_file *of;
    struct block *block; /* being looked at */
    uint32_t row;
    uint32_t block_lane;
    struct source_names *names;
    struct buf records, folded;
    struct hit *hit; /* a heap, the oldest first */
    uint32_t hits;
    size_t text_bytes;
    bool sorted;
    double began;
    struct search_counts counts;
};

static int no_memory(struct err *e)
{
    return err_set(e, ERR_NOMEM, 0, "There is no memory for the search.");
}

static void is_partial(struct search *s, const char *why)
{
    if (!s->counts.partial)
        (void)snprintf(s->counts.why, sizeof(s->counts.why), "%s", why);
    s->counts.partial = true;
}

/* --- Hits ----------------------------------------------------------------------------------- */

/* <0: a is older. */
static int order(const struct hit *a, const struct hit *b)
{
    if (a->receipt_ns != b->receipt_ns)
        return a->receipt_ns < b->receipt_ns ? -1 : 1;
    if (a->lane != b->lane)
        return a->lane < b->lane ? -1 : 1;
    return (a->sequence > b->sequence) - (a->sequence < b->sequence);
}

static void swap(struct hit *a, struct hit *b)
{
    struct hit t = *a;

    *a = *b;
    *b = t;
}

static void sift_down(struct search *s, uint32_t i)
{
    for (;;) {
        uint32_t least = i;

        for (uint32_t child = 2 * i + 1; child <= 2 * i + 2 && child < s->hits; child++) {
            if (order(&s->hit[child], &s->hit[least]) < 0)
                least = child;
        }
        if (least == i)
            return;
        swap(&s->hit[i], &s->hit[least]);
        i = least;
    }
}

static void sift_up(struct search *s, uint32_t i)
{
    for (; i > 0 && order(&s->hit[i], &s->hit[(i - 1) / 2]) < 0; i = (i - 1) / 2)
        swap(&s->hit[i], &s->hit[(i - 1) / 2]);
}

static void drop_oldest(struct search *s)
{
    s->text_bytes -= s->hit[0].bytes;
    free(s->hit[0].text);
    s->hit[0] = s->hit[--s->hits];
    sift_down(s, 0);
}

static bool is_full(const struct search *s)
{
    return s->hits == s->from.limit;
}

static int keep(struct search *s, const struct hit *h, struct err *e)
{
    struct span line = shown_json(s->shown);
    uint8_t *text = line.p != NULL ? malloc(line.n) : NULL;

    if (text == NULL)
        return no_memory(e);
    memcpy(text, line.p, line.n);
    if (is_full(s))
        drop_oldest(s);
    s->hit[s->hits] = *h;
    s->hit[s->hits].text = text;
    s->hit[s->hits].bytes = line.n;
    s->text_bytes += line.n;
    sift_up(s, s->hits++);
    while (s->text_bytes > LINES_MAX && s->hits > 1) {
        drop_oldest(s);
        is_partial(s, "the events found are too large to be shown together");
    }
    return ERR_OK;
}

/* One event: does it hold, and is it among the newest? */
static int look(struct search *s, const struct shown_about *a, struct err *e)
{
    const struct hit h = { .receipt_ns = a->ev.receipt_ns,
                           .lane = a->lane,
                           .sequence = a->ev.sequence };
    int64_t time;

    s->counts.events++;
    if ((a->ev.flags & LANE_TRACER) != 0)
        return ERR_OK; /* our own */
    if (filter_wants_folded(s->filter)) {
        buf_clear(&s->folded);
        search_fold(a->ev.raw, &s->folded);
        if (!buf_failed(&s->folded) && !filter_may_hold(s->filter, buf_span(&s->folded)))
            return ERR_OK;
    }
    shown_take(s->shown, a);
    if (!shown_holds(s->shown, s->filter))
        return ERR_OK;
    time = shown_time(s->shown, s->from.skew_ns);
    if (time < s->from.from_ns || time >= s->from.to_ns)
        return ERR_OK;
    s->counts.found++;
    return is_full(s) && order(&h, &s->hit[0]) < 0 ? ERR_OK : keep(s, &h, e);
}

/* --- Units ---------------------------------------------------------------------------------- */

static int open_file(struct search *s, const struct catalog_file *f, struct err *e)
{
    char name[SEALED_NAME_BYTES];
    int dir, rc;

    if (s->of == f)
        return s->file != NULL ? ERR_OK : ERR_CORRUPT;
    sealed_free(&s->file);
    s->of = f;
    sealed_file_name(name, &f->name);
    dir = catalog_folder(s->sealed_dir, f->day, f->months);
    rc = dir < 0 ? err_set(e, ERR_NOTFOUND, 0, "%s is gone.", name)
                 : sealed_open(&s->file, dir, name, e);
    if (dir >= 0)
        (void)close(dir); /* only a folder */
    return rc;
}

struct masking {
    struct sealed_file *file;
    uint64_t blocks;
};

static void mask_word(void *arg, struct span word)
{
    struct masking *m = arg;

    m->blocks &= sealed_find(m->file, word_hash(word));
}

static bool in_time(const struct search *s, int64_t receipt_from, int64_t receipt_to)
{
    return receipt_to >= s->from.from_ns - s->from.skew_ns &&
           receipt_from < s->from.to_ns + s->from.skew_ns;
}

static int add_unit(struct search *s, const struct unit *u, struct err *e)
{
    if ((s->units & (s->units - 1)) == 0) {
        uint32_t room = s->units == 0 ? 1 : 2 * s->units;
        struct unit *more = realloc(s->unit, room * sizeof(*more));

        if (more == NULL)
            return no_memory(e);
        s->unit = more;
    }
    s->unit[s->units++] = *u;
    return ERR_OK;
}

/* The blocks of a file that may hold anything. */
static int add_blocks(struct search *s, const struct catalog_file *f, struct err *e)
{
    struct masking m = { .blocks = UINT64_MAX };
    int rc = open_file(s, f, e);

    if (rc == ERR_NOTFOUND) /* removed or merged since the list was made */
        return ERR_OK;
    if (rc == ERR_NOMEM)
        return rc;
    if (rc != ERR_OK) {
        s->counts.damaged++;
        is_partial(s, "a sealed file is damaged");
        return ERR_OK;
    }
    m.file = s->file;
    if (!s->from.no_index)
        filter_words(s->filter, mask_word, &m);
    for (uint32_t i = 0; i < sealed_block_count(s->file) && rc == ERR_OK; i++) {
        const struct sealed_block *b = sealed_block(s->file, i);

        if (!in_time(s, b->receipt_from, b->receipt_to))
            continue;
        s->counts.blocks++;
        if ((m.blocks >> i & 1) == 0)
            s->counts.passed++;
        else
            rc = add_unit(s, &(struct unit){ b->receipt_to, f->name.lane, i, f }, e);
    }
    return rc;
}

static bool day_in_time(const struct search *s, int32_t day)
{
    return in_time(s, day * SEALED_DAY_NS, (day + INT64_C(1)) * SEALED_DAY_NS - 1);
}

static int list_sealed(struct search *s, struct err *e)
{
    char path[4096];
    int n = snprintf(path, sizeof(path), "%s/sealed", s->from.data), rc = ERR_OK;

    if (n < 0 || (size_t)n >= sizeof(path))
        return err_set(e, ERR_USAGE, 0, "The data folder's path is too long.");
    s->sealed_dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->sealed_dir < 0 && errno != ENOENT)
        return err_set(e, ERR_IO, 0, "%.150s cannot be opened: %s.", path, strerror(errno));
    if (s->sealed_dir < 0)
        return ERR_OK; /* of a server that never sealed */
    rc = catalog_read(&s->catalog, s->sealed_dir, e);
    for (uint32_t i = 0; i < s->catalog.count && rc == ERR_OK; i++) {
        const struct catalog_file *f = &s->catalog.file[i];

        if (f->state == CATALOG_COUNTS && day_in_time(s, f->day))
            rc = add_blocks(s, f, e);
    }
    return rc;
}

/* Beyond what is sealed: one unit a lane, and the first to be looked at. */
static int add_rest(struct search *s, uint32_t lane, struct err *e)
{
    struct lane_rest *l = &s->lane[lane];
    const struct lane_place *end = s->from.ends != NULL ? &s->from.ends[lane] : NULL;
    char path[4096];
    int n = snprintf(path, sizeof(path), "%s/lanes/%02u", s->from.data, lane), rc;

    if (n < 0 || (size_t)n >= sizeof(path))
        return err_set(e, ERR_USAGE, 0, "The data folder's path is too long.");
    if (end != NULL && end->segment == 0)
        return ERR_OK;
    l->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (l->dir < 0)
        return errno == ENOENT
                   ? ERR_OK
                   : err_set(e, ERR_IO, 0, "%.150s cannot be opened: %s.", path, strerror(errno));
    l->next = catalog_next(&s->catalog, lane);
    rc = lane_reader_new(&l->reader, s->from.io, l->dir, 1u << LANE_EVENTS | 1u << LANE_SOURCES, e);
    if (rc == ERR_OK)
        rc = lane_reader_seek(l->reader, (struct lane_place){ 0 }, e);
    if (rc == ERR_OK && end != NULL)
        lane_reader_limit(l->reader, *end);
    return rc == ERR_OK ? add_unit(s, &(struct unit){ INT64_MAX, lane, 0, NULL }, e) : rc;
}

static int unit_order(const void *a, const void *b)
{
    const struct unit *x = a, *y = b;

    if (x->receipt_to != y->receipt_to)
        return x->receipt_to > y->receipt_to ? -1 : 1;
    if (x->lane != y->lane)
        return x->lane > y->lane ? -1 : 1;
    return x->block > y->block ? -1 : x->block < y->block;
}

/* --- Looking -------------------------------------------------------------------------------- */

/* Open the block of a unit; one that is damaged is counted and passed over. */
static int open_block(struct search *s, const struct unit *u, struct err *e)
{
    struct span body, frame;
    int rc = open_file(s, u->file, e);

    if (rc == ERR_OK)
        rc = sealed_body(s->file, u->block, true, &body, e);
    if (rc == ERR_OK)
        rc = sealed_sources(s->file, u->block, &frame, e);
    if (rc == ERR_OK)
        rc = block_sources_read(frame, &s->records, e);
    if (rc == ERR_OK)
        rc = block_open(&s->block, body, e);
    if (rc == ERR_NOMEM)
        return rc;
    if (rc != ERR_OK) {
        s->counts.damaged++;
        is_partial(s, "a sealed block is damaged");
        s->at++;
        return ERR_OK;
    }
    source_names_block(s->names, buf_span(&s->records));
    s->row = 0;
    s->block_lane = u->lane;
    return ERR_OK;
}

static int look_at_block(struct search *s, struct err *e)
{
    int rc = ERR_OK;

    for (uint32_t n = 0; n < STEP_EVENTS && s->row < block_events(s->block) && rc == ERR_OK; n++) {
        const struct block_event ev = block_event(s->block, s->row++);
        struct shown_about a = { .lane = s->block_lane,
                                 .ev = { ev.sequence, ev.source, ev.flags, ev.lines, ev.receipt_ns,
                                         ev.raw } };

        (void)source_names_find(s->names, ev.source, &a.source, &a.input); /* null when unknown */
        rc = look(s, &a, e);
    }
    if (s->row == block_events(s->block)) {
        block_free(&s->block);
        s->at++;
    }
    return rc;
}

static int look_at_rest(struct search *s, const struct unit *u, struct err *e)
{
    struct lane_rest *l = &s->lane[u->lane];
    struct shown_about a = { .lane = u->lane };
    struct lane_frame f;
    int rc;

    for (uint32_t n = 0; n < STEP_EVENTS;) {
        rc = lane_reader_next(l->reader, &f, e);
        if (rc == ERR_CORRUPT || rc == 0) {
            if (rc != 0)
                is_partial(s, "a lane is damaged");
            source_names_clear(s->names);
            s->at++;
            return ERR_OK;
        }
        if (rc < 0)
            return rc;
        if (f.kind == LANE_SOURCES) {
            source_names_take(s->names, &f);
            continue;
        }
        while (lane_next_event(&f, &a.ev)) {
            n++;
            if (a.ev.sequence < l->next)
                continue; /* sealed */
            if (!l->begun && a.ev.sequence > (l->next > 0 ? l->next : 1))
                is_partial(s, "events are missing between what is sealed and its lane");
            l->begun = true;
            a.source = a.input = SPAN_NONE;
            (void)source_names_find(s->names, a.ev.source, &a.source, &a.input);
            rc = look(s, &a, e);
            if (rc < 0)
                return rc;
        }
    }
    return ERR_OK;
}

int search_step(struct search *s, struct err *e)
{
    const struct unit *u = &s->unit[s->at];
    int rc;

    s->counts.ms = (uint64_t)((host_seconds() - s->began) * 1e3);
    if (s->at == s->units)
        return 0;
    if (s->from.budget_ms > 0 && s->counts.ms > s->from.budget_ms) {
        is_partial(s, "its time was over");
        return 0;
    }
    /* Nothing that is left is newer than all that was found. */
    if (s->block == NULL && is_full(s) && u->receipt_to < s->hit[0].receipt_ns) {
        s->counts.more = true;
        return 0;
    }
    if (u->file == NULL)
        rc = look_at_rest(s, u, e);
    else if (s->block == NULL)
        rc = open_block(s, u, e);
    else
        rc = look_at_block(s, e);
    return rc == ERR_OK ? 1 : rc;
}

/* --- Beginning and end ---------------------------------------------------------------------- */

static int prepare(struct search *s, struct err *e)
{
    const struct search_from *from = &s->from;
    int rc = filter_read(&s->filter, from->filter, from->names, e);

    if (rc != ERR_OK)
        return rc;
    s->hit = calloc(from->limit, sizeof(*s->hit));
    s->names = source_names_new();
    if (s->hit == NULL || s->names == NULL)
        return no_memory(e);
    rc = shown_new(&s->shown, from->taxonomy, from->names, e);
    if (rc == ERR_OK)
        rc = list_sealed(s, e);
    for (uint32_t i = 0; i < SEARCH_LANES && rc == ERR_OK; i++)
        rc = add_rest(s, i, e);
    if (rc == ERR_OK && s->units > 0)
        qsort(s->unit, s->units, sizeof(*s->unit), unit_order);
    return rc;
}

int search_new(struct search **out, const struct search_from *from, struct err *e)
{
    struct search *s = calloc(1, sizeof(*s));
    int rc;

    MUST(from->limit > 0 && from->limit <= SEARCH_LIMIT_MAX);
    *out = s;
    if (s == NULL)
        return no_memory(e);
    s->from = *from;
    s->began = host_seconds();
    s->sealed_dir = -1;
    for (uint32_t i = 0; i < SEARCH_LANES; i++)
        s->lane[i].dir = -1;
    catalog_init(&s->catalog);
    buf_init(&s->records, RECORDS_MAX);
    buf_init(&s->folded, FOLDED_MAX);
    rc = prepare(s, e);
    if (rc != ERR_OK)
        search_free(out);
    return rc;
}

void search_free(struct search **out)
{
    struct search *s = *out;

    *out = NULL;
    if (s == NULL)
        return;
    for (uint32_t i = 0; i < SEARCH_LANES; i++) {
        lane_reader_free(&s->lane[i].reader);
        if (s->lane[i].dir >= 0)
            (void)close(s->lane[i].dir); /* only read */
    }
    for (uint32_t i = 0; i < s->hits; i++)
        free(s->hit[i].text);
    free(s->hit);
    block_free(&s->block);
    sealed_free(&s->file);
    if (s->sealed_dir >= 0)
        (void)close(s->sealed_dir); /* only read */
    catalog_release(&s->catalog);
    source_names_free(&s->names);
    shown_free(&s->shown);
    filter_free(&s->filter);
    buf_release(&s->records);
    buf_release(&s->folded);
    free(s->unit);
    free(s);
}

static int newest_first(const void *a, const void *b)
{
    return order(b, a);
}

uint32_t search_hits(struct search *s)
{
    if (s->hits > 0 && !s->sorted)
        qsort(s->hit, s->hits, sizeof(*s->hit), newest_first);
    s->sorted = true; /* no heap any more */
    return s->hits;
}

struct span search_line(const struct search *s, uint32_t i)
{
    MUST(s->sorted && i < s->hits);
    return (struct span){ s->hit[i].text, s->hit[i].bytes };
}

struct search_counts search_counts(const struct search *s)
{
    return s->counts;
}
