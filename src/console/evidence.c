/*
 * evidence.c - GET /evidence?for=&id=&q=&from=&to=&limit=: events with all that somebody without
 * this program needs to see that they are what was stored (seal/evidence.h), as a tar file:
 *
 *   id=0:12,0:17                    these
 *   q=, from=, to=                  those that a search finds, the newest `limit`
 *   neither, and for=incident:3     those that were kept as evidence of the incident
 *
 *   call ─▶ the desk writes it down (act evidence.export), or refuses ─▶ a thread: search, proofs,
 *     tar ──pipe──▶ loop ─▶ stream
 *
 * One at a time. Its memory is bounded: EVIDENCE_TAKEN events of EVIDENCE_RECORDS bytes together
 * and twice that of the text that shows them; one part of the ledger (a day); and EVIDENCE_PIPE
 * between the thread and who reads, for whom it waits. The file as a whole is as long as the ledger
 * is. What is wrong before the first byte is a refusal; after it, the stream ends without its end.
 *
 * A search that did not look at everything, or found more than was asked for where nobody said how
 * many, gives nothing: who reads the evidence could not know.
 */
#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/num.h"
#include "base/time.h"
#include "console/console_own.h"
#include "incident/incident.h"
#include "os/host.h"
#include "os/workers.h"
#include "seal/evidence.h"
#include "seal/evidence_tar.h"

#define EVIDENCE_TAKEN   1000u
#define EVIDENCE_RECORDS ((size_t)32 << 20)
#define EVIDENCE_PIPE    ((size_t)1 << 20)
#define EVIDENCE_PUT     ((size_t)256 << 10) /* into a stream at once */
#define EVIDENCE_SECONDS 60u                 /* of the search */
#define EVIDENCE_TURN_MS 20u
#define EVIDENCE_LATE_MS 20000u /* then the stream begins, so that who waits is not given up */

enum choice { BY_ID, BY_SEARCH, BY_INCIDENT };

struct taker {
    struct job job; /* the first */
    struct console *console;
    struct serve_later *later; /* until the stream begins */
    struct serve_stream *stream;
    struct asked *asked;
    bool taken, running; /* the place; by the thread */
    atomic_bool gone;    /* nobody wants it any more */
    uint64_t began_ms;

    enum choice choice;
    uint64_t incident;
    bool limited; /* somebody said how many */
    char query[SERVE_VALUE_MAX];
    struct search_from from;
    struct lane_place ends[WALK_LANES];
    struct evidence_event event[EVIDENCE_TAKEN];
    uint32_t count;

    /* between the thread and the loop, under the lock */
    pthread_mutex_t lock;
    pthread_cond_t moved;
    struct buf pipe;
    bool searching; /* with the rules' names */
    atomic_bool stop;

    /* the loop's */
    struct buf sending;
    size_t sent;

    /* the thread's, while it runs */
    int rc;
    struct err e;
};

struct takers {
    struct workers *workers; /* NULL: made when first needed */
    struct watch *turn;
    struct taker taker;
};

/* --- the place ------------------------------------------------------------------------------ */

/* Not while the thread has it. */
static void release(struct taker *t)
{
    MUST(!t->running);
    if (t->asked != NULL)
        t->asked->arg = NULL; /* its place stays taken until the desk has answered */
    t->asked = NULL;
    t->later = NULL;
    t->stream = NULL;
    buf_release(&t->pipe);
    buf_release(&t->sending);
    t->taken = false;
}

static void on_gone(void *arg)
{
    struct taker *t = arg;

    t->later = NULL;
    t->stream = NULL;
    (void)pthread_mutex_lock(&t->lock);
    atomic_store(&t->gone, true);
    (void)pthread_cond_broadcast(&t->moved); /* the thread may wait for him */
    (void)pthread_mutex_unlock(&t->lock);
    if (!t->running)
        release(t);
}

static void answer_why(struct taker *t, unsigned status, const char *why)
{
    struct serve_later *later = t->later;
    struct buf body;
    struct serve_call call = { .status = 200, .type = "application/json", .body = &body };

    buf_init(&body, 4096);
    ask_refuse(&call, status, why);
    release(t);
    serve_answer(later, call.status, "application/json", buf_span(&body));
    buf_release(&body);
}

/* --- on the thread: which ------------------------------------------------------------------- */

static bool is_over(struct taker *t)
{
    return atomic_load(&t->gone) || atomic_load(&t->stop);
}

static int no_more(struct err *e)
{
    return err_set(e, ERR_LIMIT, 0, "The rules are changed just now: ask again.");
}

static int take_hits(struct taker *t, struct search *found, struct err *e)
{
    for (uint32_t i = 0; i < search_lines(found); i++) {
        struct span line;
        int rc = search_line(found, i, &line, e);
        json_t *ev = rc == ERR_OK ? json_loadb((const char *)line.p, line.n,
                                               JSON_ALLOW_NUL | JSON_DISABLE_EOF_CHECK, NULL)
                                  : NULL;
        const json_t *sequence = json_object_get(ev, "sequence");
        const bool good = json_is_integer(sequence) && t->count < EVIDENCE_TAKEN;

        if (good)
            t->event[t->count++] =
                (struct evidence_event){ (uint32_t)json_integer_value(json_object_get(ev, "lane")),
                                         (uint64_t)json_integer_value(sequence) };
        json_decref(ev);
        if (!good)
            return rc != ERR_OK ? rc
                                : err_set(e, ERR_NOMEM, 0, "There is no memory to choose events.");
    }
    return ERR_OK;
}

static int check_whole(const struct taker *t, const struct search_counts *n, struct err *e)
{
    if (n->partial)
        return err_set(e, ERR_LIMIT, 0,
                       "Not all was looked at, so this would be no evidence: %.150s.", n->why);
    if ((n->more || n->found > n->shown) && !t->limited)
        return err_set(e, ERR_LIMIT, 0,
                       "There are more than %u; narrow the query, or say limit: then the newest "
                       "are taken.",
                       EVIDENCE_TAKEN);
    return ERR_OK;
}

static int search_events(struct taker *t, struct err *e)
{
    struct search *found = NULL;
    struct search_counts n;
    int rc = is_over(t) ? no_more(e) : search_new(&found, &t->from, e);

    while (rc == ERR_OK && (rc = search_step(found, e)) > 0)
        rc = is_over(t) ? no_more(e) : ERR_OK;
    if (rc == ERR_OK) {
        n = search_counts(found);
        rc = check_whole(t, &n, e);
    }
    if (rc == ERR_OK)
        rc = take_hits(t, found, e);
    search_free(&found);
    return rc;
}

/* Sorted, each once. */
static void put_in_order(struct taker *t)
{
    uint32_t n = 0;

    qsort(t->event, t->count, sizeof(*t->event), evidence_order);
    for (uint32_t i = 0; i < t->count; i++) {
        if (n == 0 || evidence_order(&t->event[n - 1], &t->event[i]) != 0)
            t->event[n++] = t->event[i];
    }
    t->count = n;
}

/* --- on the thread: the file ---------------------------------------------------------------- */

/* Waits until who reads has taken enough. */
static int on_write(void *arg, struct span bytes, struct err *e)
{
    struct taker *t = arg;
    bool good;

    (void)pthread_mutex_lock(&t->lock); /* of a mutex that is sound these have no fault */
    while (t->pipe.n + bytes.n > EVIDENCE_PIPE && t->pipe.n > 0 && !atomic_load(&t->gone))
        (void)pthread_cond_wait(&t->moved, &t->lock);
    buf_add(&t->pipe, bytes);
    good = !buf_failed(&t->pipe) && !atomic_load(&t->gone);
    (void)pthread_mutex_unlock(&t->lock);
    return good ? ERR_OK : err_set(e, ERR_IO, 0, "Nobody takes the evidence any more.");
}

static int make(struct taker *t, struct err *e)
{
    const struct console_from *c = &t->console->from;
    struct evidence_from from = { .io = c->io,
                                  .data = c->data,
                                  .event = t->event,
                                  .count = t->count,
                                  .only_signed = t->choice == BY_SEARCH,
                                  .bytes_max = EVIDENCE_RECORDS,
                                  .file = c->beside,
                                  .file_count = c->beside_count,
                                  .put = evidence_tar_put };
    struct evidence_tar *tar = NULL;
    struct evidence_made made;
    int rc = evidence_tar_new(&tar, host_now_ns(), on_write, t, e);

    memcpy(from.root, t->console->root, sizeof(from.root));
    from.arg = tar;
    if (rc == ERR_OK)
        rc = evidence_make(&from, &made, e);
    if (rc == ERR_OK)
        rc = evidence_tar_end(tar, e);
    evidence_tar_free(&tar);
    return rc;
}

static void run(struct job *j)
{
    struct taker *t = (struct taker *)j;

    t->rc = t->choice == BY_SEARCH ? search_events(t, &t->e) : ERR_OK;
    (void)pthread_mutex_lock(&t->lock);
    t->searching = false;
    (void)pthread_cond_broadcast(&t->moved);
    (void)pthread_mutex_unlock(&t->lock);
    put_in_order(t);
    if (t->rc == ERR_OK && t->count == 0)
        t->rc = err_set(&t->e, ERR_NOTFOUND, 0, "There is no such event.");
    if (t->rc == ERR_OK)
        t->rc = make(t, &t->e);
}

/* --- the loop ------------------------------------------------------------------------------- */

static bool begin_stream(struct taker *t)
{
    const time_t now = (time_t)(host_now_ns() / TIME_SECOND);
    struct tm utc;
    char fields[256], name[32];

    MUST(gmtime_r(&now, &utc) != NULL && strftime(name, sizeof(name), "%Y%m%dT%H%M%SZ", &utc) > 0);
    (void)snprintf(fields, sizeof(fields),
                   "Content-Disposition: attachment; filename=\"canh-evidence-%s.tar\"; "
                   "filename*=UTF-8''canh-evidence-%s.tar\r\n",
                   name, name);
    t->stream = serve_begin_later_with(t->later, "application/x-tar", fields, on_gone, t);
    if (t->stream != NULL)
        t->later = NULL;
    return t->stream != NULL;
}

/* What has come from the thread, when all of before is with the stream. */
static void refill(struct taker *t)
{
    struct buf empty = t->sending;

    if (t->sent < t->sending.n)
        return;
    buf_clear(&empty);
    (void)pthread_mutex_lock(&t->lock);
    t->sending = t->pipe;
    t->pipe = empty;
    (void)pthread_cond_broadcast(&t->moved);
    (void)pthread_mutex_unlock(&t->lock);
    t->sent = 0;
}

/* True when nothing is left that could be sent now or ever. */
static bool send_some(struct taker *t)
{
    for (;;) {
        refill(t);
        if (t->sending.n == 0)
            return true;
        while (t->sent < t->sending.n) {
            const size_t left = t->sending.n - t->sent,
                         n = left < EVIDENCE_PUT ? left : EVIDENCE_PUT;

            if (!serve_put(t->stream, (struct span){ t->sending.p + t->sent, n }))
                return false;
            t->sent += n;
        }
    }
}

static void end(struct taker *t)
{
    struct serve_stream *stream = t->stream;
    const bool good = t->rc == ERR_OK;

    release(t);
    if (good)
        serve_end(stream);
    else
        serve_cut(stream);
}

static void go_on(struct taker *t)
{
    const bool late = loop_ms(t->console->from.loop) - t->began_ms > EVIDENCE_LATE_MS;
    bool any, empty;

    (void)pthread_mutex_lock(&t->lock);
    any = t->pipe.n > 0;
    (void)pthread_mutex_unlock(&t->lock);
    if (!t->running && t->rc != ERR_OK) {
        if (t->stream != NULL)
            end(t);
        else if (t->later != NULL)
            answer_why(t, ask_status(t->rc), t->e.why);
        return;
    }
    if (t->stream == NULL && t->later != NULL && (any || late) && !begin_stream(t))
        return; /* memory is out: again at the next turn */
    empty = t->stream != NULL && send_some(t);
    if (empty && !t->running)
        end(t);
}

static void on_turn(void *arg, unsigned ready)
{
    struct taker *t = &((struct console *)arg)->takers->taker;

    (void)ready;
    if (t->taken && (t->stream != NULL || t->later != NULL))
        go_on(t);
    if (t->taken && (t->stream != NULL || t->later != NULL))
        watch_after(t->console->takers->turn, EVIDENCE_TURN_MS);
}

static void done(struct job *j)
{
    struct taker *t = (struct taker *)j;

    t->running = false;
    if (t->stream == NULL && t->later == NULL)
        release(t);
    else
        on_turn(t->console, 0);
}

/* --- the desk ------------------------------------------------------------------------------- */

/* "0.12" or "0:12". */
static bool read_id(struct span s, struct evidence_event *id)
{
    size_t n = span_find(s, ':');
    uint64_t lane;

    if (n == s.n)
        n = span_find(s, '.');
    if (n == s.n || !num_u64((struct span){ s.p, n }, UINT32_MAX, &lane) ||
        !num_u64(span_from(s, n + 1), UINT64_MAX - 1, &id->sequence))
        return false;
    id->lane = (uint32_t)lane;
    return true;
}

/* Those that were kept as evidence of the incident. */
static int read_kept(struct taker *t, struct err *e)
{
    struct db *db = console_db(t->console);
    struct db_row *r;
    int rc;

    if (db == NULL)
        return err_set(e, ERR_IO, 0, "%s", t->console->db_why);
    r = db_use(db, DB_EVIDENCE_EVENTS);
    db_int(r, 1, (int64_t)t->incident);
    db_int(r, 2, EVIDENCE_TAKEN + 1);
    while ((rc = db_next(db, r, e)) == 1 && t->count < EVIDENCE_TAKEN) {
        if (read_id(db_get_text(r, 0), &t->event[t->count]))
            t->count++;
    }
    db_end(r);
    if (rc < 0) {
        console_db_fault(t->console);
        return rc;
    }
    if (rc == 1)
        return err_set(e, ERR_LIMIT, 0, "More than %u events are its evidence; use canh export.",
                       EVIDENCE_TAKEN);
    return t->count > 0
               ? ERR_OK
               : err_set(e, ERR_NOTFOUND, 0, "No events were kept as evidence of this incident.");
}

static int prepare(struct taker *t, struct err *e)
{
    struct console *c = t->console;

    if (t->choice == BY_INCIDENT)
        return read_kept(t, e);
    if (t->choice == BY_ID)
        return ERR_OK;
    if (c->shown == NULL)
        return err_set(e, ERR_LIMIT, 0, "There are no rules at hand.");
    console_ends(c);
    memcpy(t->ends, c->ends, sizeof(t->ends));
    t->from.taxonomy = c->rules.taxonomy;
    t->from.names = c->rules.names;
    t->searching = true;
    return ERR_OK;
}

static void begin(struct console *c, struct taker *t)
{
    struct takers *all = c->takers;
    struct err e = { 0 };
    int rc = prepare(t, &e);

    if (rc != ERR_OK) {
        answer_why(t, ask_status(rc), e.why);
        return;
    }
    if (all->workers == NULL)
        (void)workers_new(&all->workers, c->from.loop, 1, &e);
    if (all->turn == NULL)
        all->turn = loop_timer(c->from.loop, on_turn, c);
    if (all->workers == NULL || all->turn == NULL ||
        workers_put(all->workers, &t->job, &e) != ERR_OK) {
        t->searching = false;
        answer_why(t, 503, "There is no memory for the evidence.");
        return;
    }
    t->running = true;
    t->began_ms = loop_ms(c->from.loop);
    watch_after(all->turn, EVIDENCE_TURN_MS);
}

static void on_told(struct console *c, void *arg, const struct line_tell *told)
{
    struct taker *t = arg;
    char why[ERR_WHY_MAX];

    if (t == NULL)
        return;
    t->asked = NULL;
    if (told == NULL) {
        answer_why(t, 503, "The desk ended before it answered: ask again.");
    } else if (told->code != ERR_OK) {
        ask_why(told, why);
        answer_why(t, ask_status(told->code), why);
    } else {
        begin(c, t);
    }
}

static void write_down(struct taker *t, struct serve_call *call, struct span events,
                       struct span is_for)
{
    struct caller who;
    struct buf request;
    const char *why = "Who asks is not known here.";

    buf_init(&request, 16 * SERVE_VALUE_MAX);
    incident_export_request(&request, t->from.query, events, is_for);
    if (caller_find_any(t->console, call, &who) && !buf_failed(&request)) {
        const struct line_ask a = { .by = who.by,
                                    .address = who.address,
                                    .credential = who.credential,
                                    .request = buf_span(&request) };

        t->asked = ask_desk(t->console, &a, on_told, t, &why);
    }
    buf_release(&request);
    if (t->asked != NULL) {
        t->later = serve_later(call, on_gone, t);
        return;
    }
    release(t);
    ask_refuse(call, 503, why);
}

/* --- asking --------------------------------------------------------------------------------- */

static int bad(struct err *e, const char *why)
{
    return err_set(e, ERR_SYNTAX, 0, "%s", why);
}

static int read_ids(struct taker *t, struct span ids, struct err *e)
{
    while (ids.n > 0) {
        const size_t n = span_find(ids, ',');

        if (t->count == EVIDENCE_TAKEN)
            return err_set(e, ERR_SYNTAX, 0, "id: At most %u events can be taken.", EVIDENCE_TAKEN);
        if (!read_id((struct span){ ids.p, n }, &t->event[t->count++]))
            return bad(e, "id: These are no numbers of events, as 0:12,0:17.");
        ids = span_from(ids, n < ids.n ? n + 1 : n);
    }
    return ERR_OK;
}

static int read_search(struct taker *t, const struct serve_call *call, struct span query,
                       struct err *e)
{
    uint8_t room[SERVE_VALUE_MAX];
    struct span limit;
    uint64_t n;
    int rc = find_number(call, "limit", EVIDENCE_TAKEN, EVIDENCE_TAKEN, &n, e);

    t->limited = serve_query(call, "limit", room, &limit) == 1 && limit.n > 0;
    if (rc == ERR_OK)
        rc = find_time(call, "from", INT64_MIN / 2, &t->from.from_ns, e);
    if (rc == ERR_OK)
        rc = find_time(call, "to", INT64_MAX / 2, &t->from.to_ns, e);
    t->from.limit = (uint32_t)n;
    t->from.query = (struct span){ (const uint8_t *)t->query, query.n };
    if (query.n > 0)
        memcpy(t->query, query.p, query.n);
    return rc;
}

/* Of which; one way of three. */
static int read_choice(struct taker *t, const struct serve_call *call, struct span *ids,
                       uint8_t *ids_room, struct span is_for, struct err *e)
{
    uint8_t room[SERVE_VALUE_MAX], other[SERVE_VALUE_MAX];
    const struct span incident = SPAN_LIT("incident:");
    struct span query = SPAN_NONE, any = SPAN_NONE;
    const int q = serve_query(call, "q", room, &query), id = serve_query(call, "id", ids_room, ids);
    const bool searched = (q == 1 && query.n > 0) || serve_query(call, "from", other, &any) != 0 ||
                          serve_query(call, "to", other, &any) != 0;

    if (q < 0 || id < 0)
        return bad(e, "q or id cannot be decoded.");
    if (id == 1 && ids->n > 0) {
        t->choice = BY_ID;
        return searched ? bad(e, "Events are chosen by id, or by q, from and to.")
                        : read_ids(t, *ids, e);
    }
    *ids = SPAN_NONE;
    if (searched) {
        t->choice = BY_SEARCH;
        return read_search(t, call, query, e);
    }
    t->choice = BY_INCIDENT;
    return span_starts(is_for, incident) &&
                   num_u64(span_from(is_for, incident.n), INT64_MAX, &t->incident)
               ? ERR_OK
               : bad(e, "Which events: id, or q, from and to; or for=incident:3, its evidence.");
}

static bool take(struct console *c, struct taker *t)
{
    if (t->taken)
        return false;
    t->job = (struct job){ .run = run, .done = done };
    t->console = c;
    t->later = NULL;
    t->stream = NULL;
    t->asked = NULL;
    t->taken = true;
    t->running = t->limited = t->searching = false;
    t->count = 0;
    t->sent = 0;
    t->incident = 0;
    t->rc = ERR_OK;
    atomic_store(&t->gone, false);
    atomic_store(&t->stop, false);
    t->e = (struct err){ 0 };
    t->from = (struct search_from){ .io = c->from.io,
                                    .data = c->from.data,
                                    .ends = t->ends,
                                    .filter_only = true,
                                    .clock = { host_now_ns(), QUERY_VIETNAM_S },
                                    .skew_ns = c->skew_ns,
                                    .budget_ms = EVIDENCE_SECONDS * 1000 };
    buf_init(&t->pipe, 2 * EVIDENCE_PIPE);
    buf_init(&t->sending, 2 * EVIDENCE_PIPE);
    return true;
}

void evidence_route(void *arg, struct serve_call *call)
{
    struct console *c = arg;
    struct taker *t = &c->takers->taker;
    uint8_t case_room[SERVE_VALUE_MAX], ids_room[SERVE_VALUE_MAX];
    struct span is_for = SPAN_NONE, ids = SPAN_NONE;
    struct err e = { 0 };
    int rc;

    if (!c->has_root || c->from.beside_count == 0) {
        ask_refuse(call, 503, "Nothing of this store is signed yet: ask again in a minute.");
        return;
    }
    if (!take(c, t)) {
        ask_refuse(call, 503, "Other evidence is being made: ask again.");
        return;
    }
    rc = serve_query(call, "for", case_room, &is_for) < 0
             ? bad(&e, "for cannot be decoded.")
             : read_choice(t, call, &ids, ids_room, is_for, &e);
    if (rc == ERR_OK) {
        write_down(t, call, ids, is_for);
        return;
    }
    release(t);
    serve_refuse(call, 400, &e);
}

/* --- the whole ------------------------------------------------------------------------------ */

void console_root(struct console *c, const uint8_t key[KEY_BYTES])
{
    memcpy(c->root, key, sizeof(c->root));
    c->has_root = true;
}

int takers_new(struct takers **out, struct err *e)
{
    struct takers *all = calloc(1, sizeof(*all));

    *out = all;
    if (all == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the console.");
    MUST(pthread_mutex_init(&all->taker.lock, NULL) == 0); /* neither has a fault in glibc */
    MUST(pthread_cond_init(&all->taker.moved, NULL) == 0);
    return ERR_OK;
}

/* Its search ends; comes back when the thread looks at the rules no more. */
void takers_rules(struct takers *all)
{
    struct taker *t = all != NULL ? &all->taker : NULL;

    if (t == NULL || !t->running)
        return;
    atomic_store(&t->stop, true);
    (void)pthread_mutex_lock(&t->lock);
    while (t->searching)
        (void)pthread_cond_wait(&t->moved, &t->lock);
    (void)pthread_mutex_unlock(&t->lock);
}

void takers_free(struct takers **pa)
{
    struct takers *all = *pa;
    struct taker *t;

    *pa = NULL;
    if (all == NULL)
        return;
    t = &all->taker;
    (void)pthread_mutex_lock(&t->lock);
    atomic_store(&t->gone, true);
    (void)pthread_cond_broadcast(&t->moved);
    (void)pthread_mutex_unlock(&t->lock);
    workers_free(&all->workers);
    watch_free(&all->turn);
    t->running = false;
    if (t->taken)
        release(t);
    (void)pthread_mutex_destroy(&t->lock);
    (void)pthread_cond_destroy(&t->moved);
    free(all);
}
