/*
 * base.h - what every file of Canh may use: spans, errors, assertions.
 *
 * A span is a borrowed run of bytes: never owned, never terminated by a zero. Borrowing is the
 * default everywhere in this tree; what owns memory says so with a lifetime word (_init/_release,
 * _new/_free, _take).
 *
 * Three kinds of fault are never mixed:
 *   our mistake -> MUST, the process dies and says where;
 *   the world (disk, memory, peer) -> a negative enum err_code and a sentence in struct err;
 *   the input (log line, packet, rule) -> a negative code too, and the caller counts it.
 *
 * A parser returns the bytes that it used (> 0) or a negative code. ERR_MORE is not a fault.
 * struct err is always the last argument and may be NULL. libc only.
 */
#ifndef BASE_H
#define BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define CHECK_FORMAT(a, b) __attribute__((format(printf, a, b)))
#define CHECK_RESULT       __attribute__((warn_unused_result))

struct span {
    const uint8_t *p;
    size_t n;
};

#define SPAN_LIT(s) ((struct span){ (const uint8_t *)(s), sizeof(s) - 1 })
#define SPAN_NONE   ((struct span){ NULL, 0 })
/* For printf("%.*s", SPAN_ARG(s)). */
#define SPAN_ARG(s) (int)(s).n, (const char *)(s).p

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

static inline struct span span_of(const char *s)
{
    return (struct span){ (const uint8_t *)s, strlen(s) };
}

static inline bool span_eq(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool span_starts(struct span a, struct span head)
{
    return a.n >= head.n && (head.n == 0 || memcmp(a.p, head.p, head.n) == 0);
}

static inline bool span_ends(struct span a, struct span tail)
{
    return a.n >= tail.n && (tail.n == 0 || memcmp(a.p + (a.n - tail.n), tail.p, tail.n) == 0);
}

/* The bytes of `a` from `at` on; `at` must not be past the end. */
static inline struct span span_from(struct span a, size_t at)
{
    return (struct span){ a.p + at, a.n - at };
}

/* Equal without regard to ASCII case. */
bool span_eq_nocase(struct span a, struct span b);

/* Index of the first `byte`, or a.n. */
size_t span_find(struct span a, uint8_t byte);

/* Without the blanks (space, tab, CR, LF) at both ends. */
struct span span_trim(struct span a);

/* memcmp order, the shorter first: <0, 0, >0. */
int span_cmp(struct span a, struct span b);

#define ERR_TABLE(X)                                                                               \
    X(OK, 0, "ok")                                                                                 \
    X(MORE, -1, "need more input")                                                                 \
    X(SYNTAX, -2, "malformed input")                                                               \
    X(LIMIT, -3, "over a limit")                                                                   \
    X(NOMEM, -4, "out of memory")                                                                  \
    X(IO, -5, "input/output error")                                                                \
    X(CORRUPT, -6, "data failed its check")                                                        \
    X(UNSUPPORTED, -7, "not supported")                                                            \
    X(NOTFOUND, -8, "not found")                                                                   \
    X(USAGE, -9, "unusable arguments")                                                             \
    X(DENIED, -10, "not allowed")                                                                  \
    X(CONFLICT, -11, "does not fit what is there")

enum err_code {
#define X(name, value, text) ERR_##name = value,
    ERR_TABLE(X)
#undef X
};

#define ERR_WHY_MAX 224u /* bytes of its sentence, with the zero */

/* Filled by the function that first saw the fault; callers add only a prefix, at a border. */
struct err {
    enum err_code code;
    size_t at;             /* byte offset in the input, or line number for rules and settings */
    char why[ERR_WHY_MAX]; /* a whole sentence that a person can act on; no newline */
};

const char *err_text(enum err_code code);

/* Fill *e (may be NULL) and return `code`. */
int err_set(struct err *e, enum err_code code, size_t at, const char *fmt, ...) CHECK_FORMAT(4, 5);

/* Put "prefix: " before e->why, at a border (file, rule, peer). */
void err_prefix(struct err *e, const char *fmt, ...) CHECK_FORMAT(2, 3);

_Noreturn void must_fail(const char *func, const char *file, int line, const char *cond);
#define MUST(c) ((c) ? (void)0 : must_fail(__func__, __FILE__, __LINE__, #c))

#endif
