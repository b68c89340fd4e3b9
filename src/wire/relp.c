/*
 * relp.c - see relp.h. As strict as librelp's own reader: at most nine digits to a number, letters
 * only in a command, one blank between the parts, and no blank behind a length of 0.
 */
#include "wire/relp.h"

#include "base/ascii.h"
#include "base/num.h"

#define NUMBER_DIGITS_MAX 9u
#define COMMAND_MAX       32u
#define ANSWER_TEXT_MAX   80u /* the protocol's own limit of what is for people */

static int broken(struct err *e, size_t at, const char *what)
{
    return err_set(e, ERR_SYNTAX, at, "This is no RELP frame: %s.", what);
}

static int unfinished(struct err *e, size_t at)
{
    return err_set(e, ERR_MORE, at, "The RELP frame does not end here.");
}

/* Digits at *at, which moves to the byte behind them. That byte is in the input. */
static int take_number(struct span in, size_t *at, uint32_t *out, struct err *e)
{
    size_t from = *at;
    uint32_t v = 0;

    for (; *at < in.n && ascii_is_digit(in.p[*at]); (*at)++) {
        if (*at - from == NUMBER_DIGITS_MAX)
            return broken(e, *at, "a number has more than nine digits");
        v = v * 10 + (uint32_t)(in.p[*at] - '0');
    }
    if (*at == in.n)
        return unfinished(e, *at);
    if (*at == from)
        return broken(e, *at, "a number is missing");
    *out = v;
    return ERR_OK;
}

static int take_command(struct span in, size_t *at, struct span *out, struct err *e)
{
    size_t from = *at;

    for (; *at < in.n && ascii_is_alpha(in.p[*at]); (*at)++) {
        if (*at - from == COMMAND_MAX)
            return broken(e, *at, "the command has more than 32 letters");
    }
    if (*at == in.n)
        return unfinished(e, *at);
    if (*at == from)
        return broken(e, *at, "the command is missing");
    *out = (struct span){ in.p + from, *at - from };
    return ERR_OK;
}

/* "TXNR SP COMMAND SP DATALEN"; *at is behind it, and the byte there is in the input. */
static int take_header(struct span in, size_t *at, struct relp_frame *f, uint32_t *bytes,
                       struct err *e)
{
    int rc = take_number(in, at, &f->txnr, e);

    if (rc != ERR_OK)
        return rc;
    if (f->txnr == 0)
        return broken(e, 0, "its number is 0, which is a server's");
    if (in.p[(*at)++] != ' ')
        return broken(e, *at - 1, "the number is not followed by a blank");
    rc = take_command(in, at, &f->command, e);
    if (rc != ERR_OK)
        return rc;
    if (in.p[(*at)++] != ' ')
        return broken(e, *at - 1, "the command is not followed by a blank");
    rc = take_number(in, at, bytes, e);
    if (rc == ERR_OK && in.p[*at] != (*bytes == 0 ? '\n' : ' '))
        return broken(e, *at, "the length is not followed by data");
    return rc;
}

int64_t relp_frame(struct span in, size_t data_max, struct relp_frame *f, uint64_t *skip,
                   struct err *e)
{
    uint32_t bytes = 0;
    size_t at = 0;
    int rc = take_header(in, &at, f, &bytes, e);

    if (rc != ERR_OK)
        return rc;
    at++; /* the LF of a frame without data, or the blank before data */
    f->data = (struct span){ in.p + at, 0 };
    if (bytes == 0)
        return (int64_t)at;
    if (bytes > data_max) {
        *skip = (uint64_t)at + bytes + 1;
        return err_set(e, ERR_LIMIT, 0, "A RELP frame of %u bytes is over the limit of %zu.", bytes,
                       data_max);
    }
    if (in.n - at <= bytes)
        return unfinished(e, in.n);
    f->data.n = bytes;
    at += bytes;
    if (in.p[at] != '\n')
        return broken(e, at, "its data is not followed by a line end");
    return (int64_t)at + 1;
}

/* ---- offers ---- */

/* The next of the parts between `by`, taken off the front of *rest. */
static struct span part_next(struct span *rest, uint8_t by)
{
    size_t n = span_find(*rest, by);
    struct span part = { rest->p, n };

    *rest = span_from(*rest, n < rest->n ? n + 1 : n);
    return part;
}

static bool among(struct span list, struct span want)
{
    while (list.n > 0) {
        if (span_eq(span_trim(part_next(&list, ',')), want))
            return true;
    }
    return false;
}

bool relp_open_good(struct span data, struct err *e)
{
    bool version = false, syslog = false;

    while (data.n > 0) {
        struct span value = span_trim(part_next(&data, '\n')), name = part_next(&value, '=');

        if (span_eq(name, SPAN_LIT("relp_version")))
            version |= among(value, SPAN_LIT("0")) || among(value, SPAN_LIT("1"));
        else if (span_eq(name, SPAN_LIT("commands")))
            syslog |= among(value, SPAN_LIT("syslog"));
    }
    if (!version)
        (void)err_set(e, ERR_UNSUPPORTED, 0, "The sender offers no RELP version 0 or 1.");
    else if (!syslog)
        (void)err_set(e, ERR_UNSUPPORTED, 0, "The sender does not offer the command syslog.");
    return version && syslog;
}

/* ---- answers ---- */

/* "TXNR rsp LEN CODE TEXT MORE\n"; `more` begins with its own LF. */
static void put_rsp(struct buf *out, uint32_t txnr, unsigned code, struct span text,
                    const char *more)
{
    MUST(code >= 100 && code <= 999);
    text.n = text.n < ANSWER_TEXT_MAX ? text.n : ANSWER_TEXT_MAX;
    buf_fmt(out, "%u rsp %zu %u ", txnr, 4 + text.n + strlen(more), code);
    for (size_t i = 0; i < text.n; i++)
        buf_byte(out, text.p[i] >= 0x20 && text.p[i] < 0x7f ? text.p[i] : '?');
    buf_text(out, more);
    buf_byte(out, '\n');
}

void relp_put_open(struct buf *out, uint32_t txnr)
{
    put_rsp(out, txnr, 200, SPAN_LIT("OK"),
            "\nrelp_version=0\nrelp_software=canh\ncommands=syslog");
}

/* The answer to nearly every frame: put together without printf. */
void relp_put_answer(struct buf *out, uint32_t txnr, unsigned code, const char *text)
{
    uint8_t number[24];

    if (code != 200 || strcmp(text, "OK") != 0) {
        put_rsp(out, txnr, code, span_of(text), "");
        return;
    }
    buf_add(out, (struct span){ number, num_put_u64(number, txnr) });
    buf_add(out, SPAN_LIT(" rsp 6 200 OK\n"));
}

void relp_put_close(struct buf *out, uint32_t txnr)
{
    buf_fmt(out, "%u rsp 0\n0 serverclose 0\n", txnr);
}
