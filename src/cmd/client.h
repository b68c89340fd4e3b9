/*
 * client.h - how commands talk to a running server: HTTP over the socket in its data folder, and
 * what the commands that show things to people have in common.
 *
 * Everything blocks. Bounded: a line of an answer CLIENT_LINE_MAX, a whole one CLIENT_BODY_MAX.
 */
#ifndef CLIENT_H
#define CLIENT_H

#include "base/buf.h"
#include "wire/http.h"

#define CLIENT_LINE_MAX   ((size_t)80 << 20)
#define CLIENT_BODY_MAX   ((size_t)64 << 20)

#define ROOT_DATA         "/var/lib/canh"

#define CLIENT_PATH_BYTES 4096u

/* The data folder that was given; else, in `room`, the system's place for root, or one below the
 * home. NULL and ERR_USAGE in *e when there is none. */
const char *client_folder(const char *given, char room[CLIENT_PATH_BYTES], struct err *e);

struct client {
    int fd;
    struct buf in;   /* bytes of the answer, not looked at yet */
    size_t at;       /* in it */
    struct buf body; /* without the framing, from `taken` on not handed out yet */
    size_t taken;
    struct http_answer answer;
    struct http_body framing;
    bool ended;
};

/* ERR_NOTFOUND when no server runs there; ERR_IO when one does that we may not talk to. */
int client_open(struct client *c, const char *data, struct err *e);
void client_close(struct client *c);

/* GET target (which is encoded). The head of the answer is read: c->answer.status. One request a
 * client. */
int client_get(struct client *c, const char *target, struct err *e);

/* The same with more fields ("Name: value\r\n"...) in the head. */
int client_get_with(struct client *c, const char *target, const char *fields, struct err *e);

/* Such a field, appended: that the owner of the data folder asks for this act (people/people.h).
 * ERR_IO when who runs this cannot read its key. */
int client_sign(const char *data, struct span request, struct buf *fields, struct err *e);

/* POST it, as JSON, the same way, with more fields ("Name: value\r\n"...) in the head. */
int client_post(struct client *c, const char *target, const char *fields, struct span body,
                struct err *e);

/* The next line of the body, without its end: 1, 0 at the end, or ERR_IO, ERR_SYNTAX. The span
 * lives until the next call. `wait_ms` < 0: as long as it takes; else ERR_MORE after so long. */
int client_line(struct client *c, int wait_ms, struct span *line, struct err *e);

/* The rest of the body, whole. */
int client_body(struct client *c, struct span *body, struct err *e);

/* The sentence of an answer that refuses (status >= 400), into *e; e->at is its place. */
int client_refusal(struct client *c, struct err *e);

/* "&name=value", the value percent-encoded; nothing when it is NULL. */
void client_query(struct buf *target, const char *name, const char *value);

/* --- texts for people ------------------------------------------------------------------------ */

#define VIETNAM_OFFSET_S (7 * 3600)

struct screen {
    bool colour;
    uint32_t width;   /* columns, at least 60; 0: not a terminal, nothing is cut */
    int32_t offset_s; /* of times, seconds east of UTC */
};
struct screen screen_of(int fd, bool utc);

/* 2026-03-01 10:00:00 (19 columns), or 10:00:00 (8), or "-" padded. */
void put_clock(struct buf *out, const struct screen *s, int64_t ns, bool date);
/* "now", "12s", "5m", "3h", "2d" since then; "never" for 0: at most 5 columns. */
void put_age(struct buf *out, int64_t then_ns, int64_t now_ns);
/* 999999 as it is, then 1.23M, 12.3M, 123M, 1.23G ...: at most 6 columns. */
void put_short(struct buf *out, uint64_t v);
/* Text of a colour when the screen has colours; `colour` is an SGR number as text. */
void put_colour(struct buf *out, const struct screen *s, const char *colour, struct span text);
const char *level_colour(const char *level);

#endif
