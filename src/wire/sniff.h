/*
 * sniff.h - which codec is this line for? One row per codec, the most decisive first.
 *
 *   for (size_t i = 0; i < codec_row_count; i++)
 *       if (codec_rows[i].is(line) && codec_rows[i].read != NULL && codec_rows[i].read(...) > 0)
 *           break;
 *
 * A sniff looks at the first bytes only (SNIFF_BYTES at most), never reads past the line and never
 * fails. It may say yes to a line that its codec then refuses with ERR_SYNTAX, which is quick as
 * well; it says no to nothing that its codec would take. `plain` says yes to everything, and is
 * last. A byte order mark is not skipped here: it belongs to the file, not to its lines.
 *
 * Promise of the readers in this table: on an error the record has the fields, the codec and the
 * flags that it had before, so that the next row may be tried without clearing it. Who wants what
 * could be read of a damaged JSON object calls json_read() itself.
 *
 * Syslog carries others: after syslog_read() the last field is always `message`; the rows with
 * `inner` set are those worth trying on it (in table order), and none of them is `plain`.
 */
#ifndef SNIFF_H
#define SNIFF_H

#include "wire/codec.h"

#define SNIFF_BYTES 1024u

typedef bool sniff_fn(struct span line);

/* Where the end of a record is. */
enum codec_extent {
    EXTENT_LINE,     /* one line */
    EXTENT_LINES,    /* consecutive lines of one id: audit_extent() */
    EXTENT_DOCUMENT, /* the codec finds its own end over any number of lines: json, xml */
    EXTENT_HEADER,   /* a header line that rules the lines after it: w3c.h */
};

struct codec_row {
    enum codec_id id;
    const char *name;
    sniff_fn *is;
    codec_fn *read; /* NULL for EXTENT_HEADER: w3c_header() and w3c_read() of w3c.h */
    enum codec_extent extent;
    bool inner; /* may be what a syslog message holds */
};

extern const struct codec_row codec_rows[];
extern const size_t codec_row_count;

/* A format that its first bytes leave no doubt of: to be refused by its codec is damage. */
bool codec_is_decisive(enum codec_id id);

bool json_is(struct span line);   /* '{' and then a blank, '"', '}' or nothing */
bool xml_is(struct span line);    /* "<Event" or "<EPOEvent", with any prefix */
bool audit_is(struct span line);  /* "type=... msg=audit(", or "node=..." before it */
bool w3c_is(struct span line);    /* "#Fields:", "#Software:", ...; Zeek's "#path\t", ... */
bool cef_is(struct span line);    /* "CEF:0|" */
bool leef_is(struct span line);   /* "LEEF:1.0|" */
bool access_is(struct span line); /* " [11/Oct/2026:22:14:15 " in it, or Squid's own format */
bool syslog_is(struct span line); /* "<PRI>", or a timestamp and a space */
bool kv_is(struct span line);     /* two words with '=' behind them */
bool csv_is(struct span line);    /* five commas or more, few of them followed by a blank */
bool plain_is(struct span line);  /* always */

/*
 * The bytes of the lines at the front of `in` that are one audit event, line ends included; 0 when
 * the last line of the group is the last of `in`, more input may come (!at_end) and that line does
 * not itself close the event. The first line must satisfy audit_is(). audit_read() takes exactly
 * these bytes of whatever it is given, as if at_end.
 */
size_t audit_extent(struct span in, bool at_end);

/*
 * The bytes at the front of `in` that lie between Windows events and carry nothing: blanks, a byte
 * order mark, "<?xml ...?>", comments, "<Events ...>" and "</Events>". Stops at the first other
 * thing, which should be "<Event".
 */
size_t xml_lead(struct span in);

#endif
