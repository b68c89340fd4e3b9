/*
 * records.c - see records.h.
 *
 *   '{'       JSON, over as many lines as it takes     refused: up to the next line that may
 *   '<'Event  XML                                               begin a record, as plain text
 *   '#'       a header of W3C or Zeek logs: rules the lines after it
 *   else      the rows of codec_rows, in order; plain takes what is left
 */
#include "scan/records.h"

#include <stdlib.h>

#include "base/ascii.h"
#include "base/limits.h"
#include "wire/codec.h"
#include "wire/evtx.h"
#include "wire/sniff.h"

struct records {
    struct span block;
    size_t at;
    bool list; /* ARRAY: commas stand between records */
    bool chunks;
    struct w3c w3c;
    struct evtx *evtx; /* made when first needed */
    size_t chunk_at;   /* of the chunk at hand */
    bool in_chunk;
};

int records_new(struct records **out, struct err *e)
{
    *out = calloc(1, sizeof(**out));
    return *out != NULL ? ERR_OK : err_set(e, ERR_NOMEM, 0, "There is no memory to read records.");
}

void records_free(struct records **rs)
{
    if (*rs != NULL)
        evtx_free(&(*rs)->evtx);
    free(*rs);
    *rs = NULL;
}

void records_begin(struct records *rs, struct span block, const struct cut *cut, bool header)
{
    rs->block = block;
    rs->at = header ? (block.n < EVTX_HEADER_BYTES ? block.n : EVTX_HEADER_BYTES) : 0;
    rs->list = cut->mode == CUT_ARRAY;
    rs->chunks = cut->mode == CUT_CHUNKS;
    rs->in_chunk = false;
    if (rs->w3c.count > 0 || cut->w3c.count > 0)
        rs->w3c = cut->w3c;
}

/* --- Windows event logs --------------------------------------------------------------------- */

/* Opens the next chunk that has something in it: 1, 0 at the end; a fault of the chunk is told and
 * its records are read all the same. */
static int chunk_open(struct records *rs, struct err *why)
{
    while (rs->at < rs->block.n) {
        size_t n = rs->block.n - rs->at;
        int rc;

        n = n < EVTX_CHUNK_BYTES ? n : EVTX_CHUNK_BYTES;
        rc = evtx_chunk(rs->evtx, (struct span){ rs->block.p + rs->at, n }, why);
        rs->at += n;
        if (rc == ERR_NOTFOUND)
            continue;
        rs->in_chunk = true;
        return rc == ERR_OK ? 1 : rc;
    }
    return 0;
}

static int chunk_next(struct records *rs, struct rec *r, enum record_state *state, struct err *why)
{
    if (rs->evtx == NULL && (rs->evtx = evtx_new(0)) == NULL) {
        (void)err_set(why, ERR_NOMEM, 0, "There is no memory for a reader of event logs.");
        rs->at = rs->block.n;
        rec_clear(r);
        *state = RECORD_NONE;
        return 1;
    }
    for (;;) {
        int64_t used;
        int rc;

        if (rs->in_chunk) {
            used = evtx_next(rs->evtx, r, why);
            if (used != 0) {
                *state = used > 0 ? RECORD_WHOLE : RECORD_DAMAGED;
                return 1;
            }
            rs->in_chunk = false;
        }
        rc = chunk_open(rs, why);
        if (rc == 0)
            return 0;
        if (rc < 0) {
            rec_clear(r);
            *state = RECORD_NONE;
            return 1;
        }
    }
}

/* --- Text ---------------------------------------------------------------------------------- */

static struct span line_here(const struct records *rs)
{
    struct span rest = span_from(rs->block, rs->at);
    size_t n = span_find(rest, '\n');

    return (struct span){ rest.p, n };
}

static struct span without_cr(struct span line)
{
    while (line.n > 0 && line.p[line.n - 1] == '\r')
        line.n--;
    return line;
}

/* The rest of the block is one record that is no more than text. */
static void take_plain(struct records *rs, struct rec *r, size_t bytes)
{
    struct span text = { rs->block.p + rs->at, bytes };

    rec_clear(r);
    (void)plain_read(span_trim(text), r, NULL); /* takes everything */
    rs->at += bytes;
}

/* A document that could not be read: all lines until one that may begin a record. */
static void take_damaged(struct records *rs, struct rec *r)
{
    size_t from = rs->at, to = from + line_here(rs).n;

    while (to < rs->block.n) {
        rs->at = to + 1;
        if (rs->at >= rs->block.n || cut_starts_record(line_here(rs)))
            break;
        to = rs->at + line_here(rs).n;
    }
    rs->at = from;
    take_plain(rs, r, to - from);
    r->flags |= REC_DAMAGED;
}

/* One row on one line (audit: on its group of lines). The bytes of the block that it took, or 0. */
static size_t try_row(struct records *rs, const struct codec_row *row, struct span line,
                      struct rec *r, struct err *why)
{
    struct span in = line;
    size_t whole = line_here(rs).n;

    if (row->extent == EXTENT_LINES) {
        struct span rest = span_from(rs->block, rs->at);

        in = (struct span){ rest.p, audit_extent(rest, true) };
        whole = in.n;
    }
    if (in.n == 0 || row->read(in, r, why) <= 0)
        return 0;
    if (row->id == CODEC_SYSLOG)
        rec_open_message(r, false);
    return whole;
}

static void line_next(struct records *rs, struct rec *r, enum record_state *state, struct err *why)
{
    struct span line = without_cr(line_here(rs));
    size_t used = 0;

    *state = RECORD_WHOLE;
    if (rs->w3c.count > 0 && w3c_read(&rs->w3c, line, r, why) > 0) {
        rs->at += line_here(rs).n;
        return;
    }
    for (size_t i = 0; i < codec_row_count && used == 0; i++) {
        const struct codec_row *row = &codec_rows[i];

        if (row->id == CODEC_PLAIN || row->extent == EXTENT_DOCUMENT ||
            row->extent == EXTENT_HEADER || !row->is(line))
            continue;
        used = try_row(rs, row, line, r, why);
        if (used == 0 && codec_is_decisive(row->id))
            *state = RECORD_DAMAGED;
    }
    if (used > 0) {
        rs->at += used;
        *state = RECORD_WHOLE;
        return;
    }
    if (*state == RECORD_WHOLE)
        *state = RECORD_PLAIN;
    take_plain(rs, r, line_here(rs).n);
    if (*state == RECORD_DAMAGED)
        r->flags |= REC_DAMAGED;
}

static bool document_next(struct records *rs, struct rec *r, enum record_state *state,
                          struct err *why)
{
    struct span rest = span_from(rs->block, rs->at);
    int64_t used = 0;

    if (json_is(rest))
        used = json_read(rest, r, why);
    else if (rest.p[0] == '<' && xml_is(line_here(rs)))
        used = xml_read(rest, r, why);
    else
        return false;
    *state = RECORD_WHOLE;
    if (used > 0) {
        rs->at += (size_t)used;
        return true;
    }
    *state = RECORD_DAMAGED;
    take_damaged(rs, r);
    return true;
}

/* What is left of a list behind its last object: brackets and commas to the line's end. */
static bool only_brackets(struct span line)
{
    size_t i = 0;

    while (i < line.n &&
           (line.p[i] == '}' || line.p[i] == ']' || line.p[i] == ',' || ascii_is_blank(line.p[i])))
        i++;
    return i == line.n;
}

/* Header lines, blank lines, the punctuation of lists: nothing that is a record. */
static void skip_between(struct records *rs)
{
    while (rs->at < rs->block.n) {
        uint8_t c = rs->block.p[rs->at];

        if (ascii_is_blank(c) || c == 0 || (rs->list && (c == ',' || c == ']'))) {
            rs->at++;
        } else if ((c == '}' || c == ']') && only_brackets(line_here(rs))) {
            rs->at += line_here(rs).n;
        } else if (c == '#' && w3c_is(without_cr(line_here(rs))) &&
                   w3c_header(&rs->w3c, without_cr(line_here(rs)), NULL) == ERR_OK) {
            rs->at += line_here(rs).n;
        } else if (c == '<' && xml_lead(span_from(rs->block, rs->at)) > 0) {
            rs->at += xml_lead(span_from(rs->block, rs->at));
        } else {
            return;
        }
    }
}

int records_next(struct records *rs, struct rec *r, enum record_state *state, struct err *why)
{
    if (rs->chunks)
        return chunk_next(rs, r, state, why);
    skip_between(rs);
    if (rs->at >= rs->block.n)
        return 0;
    rec_clear(r);
    if (!document_next(rs, r, state, why))
        line_next(rs, r, state, why);
    return 1;
}

/* --- Records that came by themselves -------------------------------------------------------- */

void records_one(struct records *rs, struct span record, struct rec *r, enum record_state *state,
                 struct err *why)
{
    (void)rs; /* no state of a file has a say here */
    *state = rec_read_one(r, record, NULL, why);
}
