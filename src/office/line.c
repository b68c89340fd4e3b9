/*
 * line.c - see line.h.
 */
#include "office/line.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"

#define HEAD_BYTES  4u
#define ASK_BYTES   13u /* kind, id, by, lengths */
#define TELL_BYTES  13u /* kind, id, code */
#define READ_BYTES  65536u
#define FRAMES_TURN 16u /* before others in the loop have their turn */

enum { KIND_ASK = 1, KIND_TELL = 2 };

struct line {
    struct line_from from;
    struct watch *watch, *more;
    struct buf in, out;
    size_t taken, written;
    bool *freed; /* set when it is freed in a callback */
};

const char *line_by_name(enum line_by b)
{
    static const char *const names[] = {
#define X(id, name) name,
        LINE_BY_TABLE(X)
#undef X
    };

    MUST(b < LINE_BYS);
    return names[b];
}

/* --- frames --------------------------------------------------------------------------------- */

static bool read_ask(struct span s, struct line_ask *a)
{
    size_t address, credential;

    if (s.n < ASK_BYTES)
        return false;
    address = s.p[10];
    credential = bytes_u16(s.p + 11);
    *a = (struct line_ask){ .id = bytes_u64(s.p + 1), .by = (enum line_by)s.p[9] };
    s = span_from(s, ASK_BYTES);
    if (a->by >= LINE_BYS || s.n < address + credential)
        return false;
    a->address = (struct span){ s.p, address };
    a->credential = (struct span){ s.p + address, credential };
    a->request = span_from(s, address + credential);
    return true;
}

static bool read_tell(struct span s, struct line_tell *t)
{
    if (s.n < TELL_BYTES)
        return false;
    *t = (struct line_tell){ bytes_u64(s.p + 1), (int32_t)bytes_u32(s.p + 9),
                             span_from(s, TELL_BYTES) };
    return t->code <= 0;
}

int64_t line_read(struct span in, struct line_ask *a, struct line_tell *t, bool *is_ask)
{
    struct span s;
    uint32_t bytes;

    if (in.n < HEAD_BYTES)
        return ERR_MORE;
    bytes = bytes_u32(in.p);
    if (bytes == 0 || bytes > LINE_FRAME_MAX)
        return ERR_SYNTAX;
    if (in.n - HEAD_BYTES < bytes)
        return ERR_MORE;
    s = (struct span){ in.p + HEAD_BYTES, bytes };
    *is_ask = s.p[0] == KIND_ASK;
    if (*is_ask ? !read_ask(s, a) : s.p[0] != KIND_TELL || !read_tell(s, t))
        return ERR_SYNTAX;
    return (int64_t)HEAD_BYTES + bytes;
}

/* --- writing -------------------------------------------------------------------------------- */

static void hang_up(struct line *l)
{
    watch_free(&l->watch);
    l->from.gone(l->from.arg); /* may free it */
}

/* False when the other end is gone. */
static bool flush(struct line *l)
{
    while (l->written < l->out.n) {
        ssize_t n = send(l->from.fd, l->out.p + l->written, l->out.n - l->written, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN)
            return false;
        if (n < 0)
            break;
        l->written += (size_t)n;
    }
    if (l->written == l->out.n) {
        if (l->out.cap > READ_BYTES)
            buf_release(&l->out); /* keeps its limit */
        buf_clear(&l->out);
        l->written = 0;
    }
    watch_want(l->watch, LOOP_READ | (l->out.n > 0 ? LOOP_WRITE : 0u));
    return true;
}

/* Room for so many bytes more, and a frame's head. */
static bool begin(struct line *l, size_t bytes)
{
    uint8_t head[HEAD_BYTES];

    if (l->watch == NULL || bytes > LINE_FRAME_MAX || l->out.n - l->written > LINE_FRAME_MAX)
        return false;
    if (l->written > 0) {
        memmove(l->out.p, l->out.p + l->written, l->out.n - l->written);
        l->out.n -= l->written;
        l->written = 0;
    }
    if (!buf_reserve(&l->out, HEAD_BYTES + bytes))
        return false;
    bytes_put_u32(head, (uint32_t)bytes);
    buf_add(&l->out, (struct span){ head, sizeof(head) });
    return true;
}

/* What cannot be sent now goes when the loop turns; a peer that is gone is told there, too. */
static void end(struct line *l)
{
    watch_want(l->watch, LOOP_READ | LOOP_WRITE);
}

bool line_ask(struct line *l, const struct line_ask *a)
{
    uint8_t head[ASK_BYTES] = { KIND_ASK };

    if (a->address.n > UINT8_MAX || a->credential.n > UINT16_MAX ||
        !begin(l, ASK_BYTES + a->address.n + a->credential.n + a->request.n))
        return false;
    bytes_put_u64(head + 1, a->id);
    head[9] = (uint8_t)a->by;
    head[10] = (uint8_t)a->address.n;
    bytes_put_u16(head + 11, (uint16_t)a->credential.n);
    buf_add(&l->out, (struct span){ head, sizeof(head) });
    buf_add(&l->out, a->address);
    buf_add(&l->out, a->credential);
    buf_add(&l->out, a->request);
    end(l);
    return true;
}

bool line_tell(struct line *l, const struct line_tell *t)
{
    uint8_t head[TELL_BYTES] = { KIND_TELL };

    if (!begin(l, TELL_BYTES + t->text.n))
        return false;
    bytes_put_u64(head + 1, t->id);
    bytes_put_u32(head + 9, (uint32_t)t->code);
    buf_add(&l->out, (struct span){ head, sizeof(head) });
    buf_add(&l->out, t->text);
    end(l);
    return true;
}

/* --- reading -------------------------------------------------------------------------------- */

/* 1: a frame was handed out; 0: there is none; -1: it is no frame, or not of this end. */
static int hand_out(struct line *l)
{
    struct span in = { l->in.p + l->taken, l->in.n - l->taken };
    struct line_ask a;
    struct line_tell t;
    bool is_ask;
    int64_t used = line_read(in, &a, &t, &is_ask);

    if (used < 0)
        return used == ERR_MORE ? 0 : -1;
    if (is_ask ? l->from.ask == NULL : l->from.tell == NULL)
        return -1;
    l->taken += (size_t)used;
    if (is_ask)
        l->from.ask(l->from.arg, &a);
    else
        l->from.tell(l->from.arg, &t);
    return 1;
}

/* Up to FRAMES_TURN of them; the rest when the loop comes round. */
static void hand_out_some(struct line *l)
{
    bool freed = false;
    int rc = 1;

    l->freed = &freed;
    for (uint32_t i = 0; i < FRAMES_TURN && rc == 1; i++) {
        rc = hand_out(l);
        if (freed)
            return;
    }
    l->freed = NULL;
    if (rc < 0) {
        hang_up(l);
        return;
    }
    if (l->taken == l->in.n) {
        if (l->in.cap > 4 * READ_BYTES)
            buf_release(&l->in); /* keeps its limit */
        buf_clear(&l->in);
        l->taken = 0;
    }
    if (rc == 1)
        watch_after(l->more, 0);
}

static void on_more(void *arg, unsigned ready)
{
    (void)ready;
    hand_out_some(arg);
}

static void on_ready(void *arg, unsigned ready)
{
    struct line *l = arg;
    ssize_t n = -1;

    if ((ready & LOOP_WRITE) != 0 && !flush(l)) {
        hang_up(l);
        return;
    }
    if ((ready & LOOP_READ) == 0)
        return;
    if (l->taken > 0) {
        memmove(l->in.p, l->in.p + l->taken, l->in.n - l->taken);
        l->in.n -= l->taken;
        l->taken = 0;
    }
    /* More than a frame waits in here only for its turn. */
    if (l->in.n > LINE_FRAME_MAX) {
        watch_after(l->more, 0);
        return;
    }
    if (buf_reserve(&l->in, READ_BYTES))
        n = recv(l->from.fd, l->in.p + l->in.n, READ_BYTES, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        hang_up(l);
        return;
    }
    l->in.n += (size_t)n;
    hand_out_some(l);
}

int line_new(struct line **out, const struct line_from *from, struct err *e)
{
    struct line *l = calloc(1, sizeof(*l));

    *out = l;
    if (l == NULL) {
        (void)close(from->fd);
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the line to the other role.");
    }
    l->from = *from;
    buf_init(&l->in, LINE_FRAME_MAX + HEAD_BYTES + 2 * (size_t)READ_BYTES);
    buf_init(&l->out, LINE_OUT_MAX + (size_t)READ_BYTES);
    l->watch = loop_fd(from->loop, from->fd, LOOP_READ, on_ready, l);
    l->more = loop_timer(from->loop, on_more, l);
    if (l->watch != NULL && l->more != NULL)
        return ERR_OK;
    line_free(out);
    return err_set(e, ERR_NOMEM, 0, "There is no memory for the line to the other role.");
}

void line_free(struct line **pl)
{
    struct line *l = *pl;

    *pl = NULL;
    if (l == NULL)
        return;
    if (l->freed != NULL)
        *l->freed = true;
    watch_free(&l->watch);
    watch_free(&l->more);
    (void)close(l->from.fd);
    buf_release(&l->in);
    buf_release(&l->out);
    free(l);
}
