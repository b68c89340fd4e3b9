/*
 * sniff.c - the table of codecs, the most decisive sniff first. Each sniff lies with its codec;
 * JSON's is here because json.c is about speed and nothing else.
 */
#include "wire/sniff.h"

#include "base/ascii.h"
#include "wire/line.h"

bool json_is(struct span line)
{
    size_t i = 0;

    while (i < line.n && i < SNIFF_BYTES && ascii_is_blank(line.p[i]))
        i++;
    if (i == line.n || line.p[i] != '{')
        return i == SNIFF_BYTES; /* blanks only, so far */
    i++;
    return i == line.n || line.p[i] == '"' || line.p[i] == '}' || ascii_is_blank(line.p[i]);
}

/* json_read() keeps what it could read of a damaged object; here the table's promise holds. */
static int64_t json_read_whole(struct span in, struct rec *r, struct err *e)
{
    struct line_mark mark = line_mark(r);
    int64_t used = json_read(in, r, e);

    if (used < 0)
        line_undo(r, mark);
    return used;
}

const struct codec_row codec_rows[] = {
    { CODEC_JSON, "json", json_is, json_read_whole, EXTENT_DOCUMENT, true },
    { CODEC_XML, "xml", xml_is, xml_read, EXTENT_DOCUMENT, true },
    { CODEC_AUDIT, "audit", audit_is, audit_read, EXTENT_LINES, true },
    { CODEC_W3C, "w3c", w3c_is, NULL, EXTENT_HEADER, false },
    { CODEC_CEF, "cef", cef_is, cef_read, EXTENT_LINE, true },
    { CODEC_LEEF, "leef", leef_is, leef_read, EXTENT_LINE, true },
    { CODEC_SYSLOG, "syslog", syslog_is, syslog_read, EXTENT_LINE, false },
    { CODEC_ACCESS, "access", access_is, access_read, EXTENT_LINE, true },
    { CODEC_KV, "kv", kv_is, kv_read, EXTENT_LINE, true },
    { CODEC_CSV, "csv", csv_is, csv_read, EXTENT_LINE, true },
    { CODEC_PLAIN, "plain", plain_is, plain_read, EXTENT_LINE, false },
};

const size_t codec_row_count = COUNT_OF(codec_rows);

bool codec_is_decisive(enum codec_id id)
{
    return id == CODEC_AUDIT || id == CODEC_CEF || id == CODEC_LEEF;
}
