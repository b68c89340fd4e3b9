/*
 * settings.c - the reader of settings.h's tables, and the texts made from them.
 *
 * libyaml gives events; each function here takes the events of one shape (a value, a list, a row of
 * sources, the file) and refuses whatever else comes. There is no tree and no recursion, so depth
 * needs no limit. A type is one row of `types`: how it is called, and the function that reads one
 * text of it; lists are read text by text.
 */
#include "conf/settings.h"

#include <stdarg.h>
#include <stdio.h>
#include <yaml.h>

#include "base/addr.h"
#include "base/ascii.h"
#include "base/num.h"
#include "base/utf.h"
#include "conf/channel.h"
#include "os/socket.h"

#define LIST_MAX     1024u /* values of one list */
#define SOURCES_MAX  4096u
#define TOKENS_MAX   256u
#define ROOM_BYTES   ((size_t)8 << 20)
#define HELP_COLUMNS 96u
#define HELP_NAME    18u

/* --- Tables --------------------------------------------------------------------------------- */

enum type {
    TYPE_TEXT,
    TYPE_LIST,
    TYPE_ADDRESSES,
    TYPE_NETWORKS,
    TYPE_NUMBER,
    TYPE_BYTES,
    TYPE_TIME,
    TYPE_DIGEST,
    TYPE_FLAG,
};

struct row {
    const char *name;
    enum type type;
    bool reload;
    size_t offset; /* of the member in its struct */
    const char *initial;
    uint64_t min, max;
    const char *help;
};

static const struct row rows[] = {
#define X(member, type, name, initial, min, max, reload, help)                                     \
    { name, TYPE_##type, reload, offsetof(struct settings, member), initial, min, max, help },
    SETTING_TABLE(X)
#undef X
};

static const struct row source_rows[] = {
#define X(member, type, name, initial, min, max, help)                                             \
    { name, TYPE_##type, true, offsetof(struct source_settings, member), initial, min, max, help },
    SOURCE_TABLE(X)
#undef X
};

static const struct row token_rows[] = {
#define X(member, type, name, initial, min, max, help)                                             \
    { name, TYPE_##type, true, offsetof(struct token_settings, member), initial, min, max, help },
    TOKEN_TABLE(X)
#undef X
};

static const struct row channel_rows[] = {
#define X(member, type, name, initial, min, max, help)                                             \
    { name, TYPE_##type, true, offsetof(struct channel_settings, member), initial, min, max, help },
    CHANNEL_TABLE(X)
#undef X
};

/* Which rows were given is a bit each. */
_Static_assert(COUNT_OF(rows) <= 64 && COUNT_OF(source_rows) <= 64 && COUNT_OF(token_rows) <= 64 &&
                   COUNT_OF(channel_rows) <= 64,
               "too many rows");

struct unit {
    const char *name;
    uint64_t worth;
};

static const struct unit size_units[] = {
    { "GiB", (uint64_t)1 << 30 }, { "MiB", 1048576 }, { "KiB", 1024 }, { "", 1 }
};

static const struct unit time_units[] = {
    { "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 },
};

/* --- One text of a type --------------------------------------------------------------------- */

struct reader {
    struct settings *to;
    const char *file;
    struct err *e;
    yaml_parser_t parser;
    yaml_event_t event; /* the one at hand; its memory is the reader's */
    bool has_event;
};

static uint32_t here(const struct reader *r)
{
    return (uint32_t)r->event.start_mark.line + 1;
}

/* Sets the error, with its place in front; returns `code`. */
static int fault(struct reader *r, enum err_code code, uint32_t line, const char *fmt, ...)
    CHECK_FORMAT(4, 5);

static int fault(struct reader *r, enum err_code code, uint32_t line, const char *fmt, ...)
{
    char why[sizeof(r->e->why)];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(why, sizeof(why), fmt, args);
    va_end(args);
    for (char *p = why; *p != 0; p++)
        *p = (unsigned char)*p < 0x20 || *p == 0x7f ? '?' : *p; /* it quotes what was written */
    return err_set(r->e, code, line, "%.90s:%u: %s", r->file, line, why);
}

/* A text as a message may show it: short, cut between characters. */
#define SHOWN(s) SPAN_ARG(utf8_cut(s, 60))

/* digits and one of the units; the sum is at most `max`. */
static bool read_units(struct span s, const struct unit *units, size_t count, uint64_t *out)
{
    size_t n = 0;

    while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
        n++;
    for (size_t i = 0; i < count; i++) {
        uint64_t v;

        if (!span_eq(span_from(s, n), span_of(units[i].name)))
            continue;
        if (!num_u64((struct span){ s.p, n }, UINT64_MAX / units[i].worth, &v))
            return false;
        *out = v * units[i].worth;
        return true;
    }
    return false;
}

static void put_units(struct buf *out, uint64_t v, const struct unit *units, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (v % units[i].worth == 0 && (v > 0 || units[i].worth == 1 || i + 1 == count)) {
            buf_fmt(out, "%llu%s", (unsigned long long)(v / units[i].worth), units[i].name);
            return;
        }
    }
}

static bool read_number(struct span s, uint64_t *out)
{
    return num_u64(s, UINT64_MAX, out);
}

static bool read_bytes(struct span s, uint64_t *out)
{
    return read_units(s, size_units, COUNT_OF(size_units), out);
}

static bool read_time(struct span s, uint64_t *out)
{
    return read_units(s, time_units, COUNT_OF(time_units), out);
}

static void put_number(struct buf *out, uint64_t v)
{
    buf_fmt(out, "%llu", (unsigned long long)v);
}

static void put_bytes(struct buf *out, uint64_t v)
{
    put_units(out, v, size_units, COUNT_OF(size_units));
}

static void put_time(struct buf *out, uint64_t v)
{
    put_units(out, v, time_units, COUNT_OF(time_units));
}

static bool is_text(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < 0x20 || s.p[i] == 0x7f)
            return false;
    }
    return true;
}

static bool is_list_text(struct span s)
{
    return s.n > 0 && is_text(s);
}

static bool is_address(struct span s)
{
    struct socket_address address;

    return socket_address_read(s, &address, NULL) == ERR_OK;
}

static bool is_network(struct span s)
{
    uint8_t address[16], bits;

    return addr_net_parse(s, address, &bits);
}

static bool is_digest(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (ascii_hex(s.p[i]) < 0)
            return false;
    }
    return s.n == 64 || s.n == 0;
}

/* What a text of the type must be. A number of some unit has `read` and `put`, all others `is`. */
static const struct {
    const char *name, *wants;
    bool list;
    bool (*is)(struct span s);
    bool (*read)(struct span s, uint64_t *out);
    void (*put)(struct buf *out, uint64_t v);
} types[] = {
    [TYPE_TEXT] = { "text", "text without control characters", false, is_text, NULL, NULL },
    [TYPE_LIST] = { "list", "texts without control characters", true, is_list_text, NULL, NULL },
    [TYPE_ADDRESSES] = { "addresses", "addresses like 127.0.0.1:514 or [::1]:514", true, is_address,
                         NULL, NULL },
    [TYPE_NETWORKS] = { "networks", "addresses or networks like 10.0.0.0/8", true, is_network, NULL,
                        NULL },
    [TYPE_NUMBER] = { "number", "a number", false, NULL, read_number, put_number },
    [TYPE_BYTES] = { "size", "a size like 4096, 256KiB, 64MiB or 1GiB", false, NULL, read_bytes,
                     put_bytes },
    [TYPE_TIME] = { "time", "a time like 20ms, 5s, 10m, 2h or 3d", false, NULL, read_time,
                    put_time },
    [TYPE_DIGEST] = { "digest", "64 hex digits", false, is_digest, NULL, NULL },
    [TYPE_FLAG] = { "flag", "true or false", false, NULL, NULL, NULL },
};

static int set_number(struct reader *r, const struct row *row, struct span text, uint32_t line,
                      void *at)
{
    struct buf range;
    uint64_t v;
    int rc = ERR_OK;

    if (!types[row->type].read(text, &v))
        return fault(r, ERR_SYNTAX, line, "'%s' takes %s, not '%.*s'.", row->name,
                     types[row->type].wants, SHOWN(text));
    if (v < row->min || v > row->max) {
        buf_init(&range, 128);
        types[row->type].put(&range, row->min);
        buf_text(&range, " to ");
        types[row->type].put(&range, row->max);
        rc = fault(r, ERR_LIMIT, line, "'%s' takes %.*s, not '%.*s'.", row->name,
                   SPAN_ARG(buf_span(&range)), SHOWN(text));
        buf_release(&range);
        return rc;
    }
    *(uint64_t *)at = v;
    return rc;
}

static int set_flag(struct reader *r, const struct row *row, struct span text, uint32_t line,
                    void *at)
{
    bool yes = span_eq(text, SPAN_LIT("true"));

    if (!yes && !span_eq(text, SPAN_LIT("false")))
        return fault(r, ERR_SYNTAX, line, "'%s' takes true or false, not '%.*s'.", row->name,
                     SHOWN(text));
    *(bool *)at = yes;
    return ERR_OK;
}

/* A checked copy of the text. */
static int set_text(struct reader *r, const struct row *row, struct span text, uint32_t line,
                    const char **at)
{
    struct span copy;

    if (!types[row->type].is(text))
        return fault(r, ERR_SYNTAX, line, "'%s' takes %s, not '%.*s'.", row->name,
                     types[row->type].wants, SHOWN(text));
    copy = arena_span(&r->to->mem, text);
    if (copy.p == NULL)
        return fault(r, ERR_NOMEM, line, "There is no memory for the settings.");
    for (size_t i = 0; i < copy.n && row->type == TYPE_DIGEST; i++)
        ((char *)(uintptr_t)copy.p)[i] = (char)ascii_lower(copy.p[i]);
    *at = (const char *)copy.p;
    return ERR_OK;
}

/* A value of one text; a list becomes a list of one, or of none when there is no text. */
static int set_one(struct reader *r, const struct row *row, struct span text, uint32_t line,
                   void *at)
{
    struct text_list *list = at;

    if (types[row->type].read != NULL)
        return set_number(r, row, text, line, at);
    if (row->type == TYPE_FLAG)
        return set_flag(r, row, text, line, at);
    if (!types[row->type].list)
        return set_text(r, row, text, line, at);
    *list = (struct text_list){ 0 };
    if (text.n == 0)
        return ERR_OK;
    list->value = arena_alloc(&r->to->mem, sizeof(*list->value));
    if (list->value == NULL)
        return fault(r, ERR_NOMEM, line, "There is no memory for the settings.");
    list->count = 1;
    return set_text(r, row, text, line, &list->value[0]);
}

static int set_defaults(struct reader *r, const struct row *row, size_t count, void *to)
{
    int rc = ERR_OK;

    for (size_t i = 0; i < count && rc == ERR_OK; i++)
        rc = set_one(r, &row[i], span_of(row[i].initial), 0, (uint8_t *)to + row[i].offset);
    return rc;
}

/* --- YAML ----------------------------------------------------------------------------------- */

static int parser_fault(struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    const char *problem = p->problem != NULL ? p->problem : "malformed";

    if (p->error == YAML_MEMORY_ERROR)
        return fault(r, ERR_NOMEM, 1, "There is no memory for the settings.");
    return fault(r, ERR_SYNTAX, (uint32_t)p->problem_mark.line + 1, "This is not YAML: %s%s%s.",
                 p->context != NULL ? p->context : "", p->context != NULL ? ", " : "", problem);
}

static bool is_marked(const yaml_event_t *ev)
{
    switch (ev->type) {
    case YAML_ALIAS_EVENT:
        return true;
    case YAML_SCALAR_EVENT:
        return ev->data.scalar.anchor != NULL || ev->data.scalar.tag != NULL;
    case YAML_SEQUENCE_START_EVENT:
        return ev->data.sequence_start.anchor != NULL || ev->data.sequence_start.tag != NULL;
    case YAML_MAPPING_START_EVENT:
        return ev->data.mapping_start.anchor != NULL || ev->data.mapping_start.tag != NULL;
    default:
        return false;
    }
}

/* The next event into r->event. */
static int next(struct reader *r)
{
    if (r->has_event)
        yaml_event_delete(&r->event);
    r->has_event = yaml_parser_parse(&r->parser, &r->event) != 0;
    if (!r->has_event)
        return parser_fault(r);
    if (is_marked(&r->event))
        return fault(r, ERR_UNSUPPORTED, here(r),
                     "Anchors, aliases and tags of YAML are not read in settings.");
    return ERR_OK;
}

/* The text of the scalar at hand; "null" in YAML's plain forms is an empty one. */
static struct span scalar(const struct reader *r)
{
    struct span s = { r->event.data.scalar.value, r->event.data.scalar.length };
    bool plain = r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;

    return plain && (span_eq(s, SPAN_LIT("~")) || span_eq(s, SPAN_LIT("null"))) ? SPAN_LIT("") : s;
}

/* The texts up to the end of the list that has just begun. */
static int read_list(struct reader *r, const struct row *row, struct text_list *list)
{
    uint32_t cap = 0;
    int rc;

    *list = (struct text_list){ 0 };
    while ((rc = next(r)) == ERR_OK && r->event.type == YAML_SCALAR_EVENT) {
        if (list->count == LIST_MAX)
            return fault(r, ERR_LIMIT, here(r), "'%s' has more than %u values.", row->name,
                         LIST_MAX);
        if (list->count == cap) {
            uint32_t more = cap == 0 ? 8 : cap * 2;
            const char **room = arena_array(&r->to->mem, more, sizeof(*room));

            if (room == NULL)
                return fault(r, ERR_NOMEM, here(r), "There is no memory for the settings.");
            if (cap > 0)
                memcpy(room, list->value, cap * sizeof(*room));
            list->value = room;
            cap = more;
        }
        rc = set_text(r, row, scalar(r), here(r), &list->value[list->count]);
        if (rc != ERR_OK)
            return rc;
        list->count++;
    }
    if (rc == ERR_OK && r->event.type != YAML_SEQUENCE_END_EVENT)
        return fault(r, ERR_SYNTAX, here(r), "'%s' takes a list of texts.", row->name);
    return rc;
}

static int read_value(struct reader *r, const struct row *row, void *at)
{
    int rc = next(r);

    if (rc != ERR_OK)
        return rc;
    if (r->event.type == YAML_SCALAR_EVENT)
        return set_one(r, row, scalar(r), here(r), at);
    if (r->event.type == YAML_SEQUENCE_START_EVENT && types[row->type].list)
        return read_list(r, row, at);
    return fault(r, ERR_SYNTAX, here(r), "'%s' takes %s.", row->name, types[row->type].wants);
}

/* Which row does the key at hand name? Its index, or a fault when unknown or given before. */
static int find_row(struct reader *r, const struct row *row, size_t count, uint64_t *given)
{
    struct span key = { r->event.data.scalar.value, r->event.data.scalar.length };

    for (size_t i = 0; i < count; i++) {
        if (!span_eq(key, span_of(row[i].name)))
            continue;
        if ((*given >> i & 1) != 0)
            return fault(r, ERR_SYNTAX, here(r), "'%s' is given twice.", row[i].name);
        *given |= (uint64_t)1 << i;
        return (int)i;
    }
    return fault(r, ERR_NOTFOUND, here(r), "There is no setting '%.*s'%s.", SHOWN(key),
                 row == rows          ? ""
                 : row == source_rows ? " of a source"
                 : row == token_rows  ? " of a token"
                                      : " of a channel");
}

/* --- Sources, tokens, channels -------------------------------------------------------------- */

static int check_source(struct reader *r, const void *row, uint32_t line)
{
    const struct source_settings *s = row;
    const struct settings *all = r->to;

    if (s->name[0] == 0)
        return fault(r, ERR_SYNTAX, line, "A source needs a 'name'.");
    if (s->token_sha256[0] == 0 && s->certificate[0] == 0 && s->address.count == 0)
        return fault(r, ERR_SYNTAX, line,
                     "The source '%.60s' needs one of token-sha256, certificate, address.",
                     s->name);
    for (uint32_t i = 0; i < all->source_count; i++) {
        if (strcmp(all->sources[i].name, s->name) == 0)
            return fault(r, ERR_SYNTAX, line, "There are two sources '%.60s'.", s->name);
    }
    return ERR_OK;
}

bool may_find(struct span name, enum may *m)
{
    static const char *const names[] = {
#define X(id, text) text,
        MAY_TABLE(X)
#undef X
    };

    for (unsigned i = 0; i < MAYS; i++) {
        if (!span_eq(name, span_of(names[i])))
            continue;
        *m = (enum may)i;
        return true;
    }
    return false;
}

static int check_token(struct reader *r, const void *row, uint32_t line)
{
    const struct token_settings *t = row;
    const struct settings *all = r->to;
    enum may may;

    if (t->name[0] == 0 || t->sha256[0] == 0)
        return fault(r, ERR_SYNTAX, line, "A token needs a 'name' and a 'token-sha256'.");
    for (uint32_t i = 0; i < all->token_count; i++) {
        if (strcmp(all->tokens[i].name, t->name) == 0 ||
            strcmp(all->tokens[i].sha256, t->sha256) == 0)
            return fault(r, ERR_SYNTAX, line, "There are two tokens '%.60s'.", t->name);
    }
    for (uint32_t i = 0; i < t->may.count; i++) {
        if (!may_find(span_of(t->may.value[i]), &may))
            return fault(r, ERR_SYNTAX, line, "A token may not '%.60s': there is no such thing.",
                         t->may.value[i]);
    }
    return ERR_OK;
}

static int check_channel(struct reader *r, const void *row, uint32_t line)
{
    struct err e = { 0 };

    return channel_check(row, &e) == ERR_OK ? ERR_OK : fault(r, e.code, line, "%s", e.why);
}

/* A list of rows with settings of their own. */
struct table {
    const char *name, *one;
    const struct row *row;
    size_t rows, bytes; /* of a struct */
    uint32_t max;
    size_t at, count_at; /* in struct settings */
    int (*check)(struct reader *r, const void *row, uint32_t line);
};

static const struct table tables[] = {
    { "sources", "source", source_rows, COUNT_OF(source_rows), sizeof(struct source_settings),
      SOURCES_MAX, offsetof(struct settings, sources), offsetof(struct settings, source_count),
      check_source },
    { "tokens", "token", token_rows, COUNT_OF(token_rows), sizeof(struct token_settings),
      TOKENS_MAX, offsetof(struct settings, tokens), offsetof(struct settings, token_count),
      check_token },
    { "channels", "channel", channel_rows, COUNT_OF(channel_rows), sizeof(struct channel_settings),
      CHANNELS_MAX, offsetof(struct settings, channels), offsetof(struct settings, channel_count),
      check_channel },
};

static const struct table *find_table(struct span name)
{
    for (size_t i = 0; i < COUNT_OF(tables); i++) {
        if (span_eq(name, span_of(tables[i].name)))
            return &tables[i];
    }
    return NULL;
}

/* The row whose mapping has just begun, into `to`. */
static int read_row(struct reader *r, const struct table *t, uint8_t *to)
{
    uint32_t line = here(r);
    uint64_t given = 0;
    int rc = set_defaults(r, t->row, t->rows, to);

    if (rc == ERR_OK)
        rc = next(r);
    while (rc == ERR_OK && r->event.type == YAML_SCALAR_EVENT) {
        int i = find_row(r, t->row, t->rows, &given);

        if (i < 0)
            return i;
        rc = read_value(r, &t->row[i], to + t->row[i].offset);
        if (rc == ERR_OK)
            rc = next(r);
    }
    if (rc == ERR_OK && r->event.type != YAML_MAPPING_END_EVENT)
        rc = fault(r, ERR_SYNTAX, here(r), "A %s is names and values.", t->one);
    return rc == ERR_OK ? t->check(r, to, line) : rc;
}

static int read_table(struct reader *r, const struct table *t)
{
    uint8_t *s = (uint8_t *)r->to, *list = NULL;
    uint32_t *count = (void *)(s + t->count_at);
    int rc = next(r);

    if (rc == ERR_OK && r->event.type == YAML_SCALAR_EVENT && scalar(r).n == 0)
        return ERR_OK;
    if (rc == ERR_OK && r->event.type != YAML_SEQUENCE_START_EVENT)
        return fault(r, ERR_SYNTAX, here(r), "'%s' takes a list of %s.", t->name, t->name);
    if (rc == ERR_OK)
        list = arena_array(&r->to->mem, t->max, t->bytes);
    if (rc == ERR_OK && list == NULL)
        return fault(r, ERR_NOMEM, here(r), "There is no memory for the settings.");
    memcpy(s + t->at, &list, sizeof(list));
    if (rc == ERR_OK)
        rc = next(r);
    while (rc == ERR_OK && r->event.type == YAML_MAPPING_START_EVENT) {
        if (*count == t->max)
            return fault(r, ERR_LIMIT, here(r), "There are more than %u %s.", t->max, t->name);
        rc = read_row(r, t, list + *count * t->bytes);
        if (rc == ERR_OK) {
            ++*count;
            rc = next(r);
        }
    }
    if (rc == ERR_OK && r->event.type != YAML_SEQUENCE_END_EVENT)
        rc = fault(r, ERR_SYNTAX, here(r), "A %s is names and values.", t->one);
    return rc;
}

/* --- The file ------------------------------------------------------------------------------- */

static int read_pairs(struct reader *r)
{
    uint64_t given = 0;
    unsigned lists = 0;
    int rc = next(r);

    while (rc == ERR_OK && r->event.type == YAML_SCALAR_EVENT) {
        struct span key = { r->event.data.scalar.value, r->event.data.scalar.length };
        const struct table *t = find_table(key);
        int i = 0;

        if (t != NULL) {
            if ((lists >> (t - tables) & 1) != 0)
                return fault(r, ERR_SYNTAX, here(r), "'%s' is given twice.", t->name);
            lists |= 1u << (t - tables);
            rc = read_table(r, t);
        } else {
            i = find_row(r, rows, COUNT_OF(rows), &given);
            rc = i < 0 ? i : read_value(r, &rows[i], (uint8_t *)r->to + rows[i].offset);
        }
        if (rc == ERR_OK)
            rc = next(r);
    }
    if (rc == ERR_OK && r->event.type != YAML_MAPPING_END_EVENT)
        rc = fault(r, ERR_SYNTAX, here(r), "A setting is a name and a value.");
    return rc;
}

/* Nothing, or one document that is a map. */
static int read_stream(struct reader *r)
{
    int rc = next(r); /* the start of the stream */

    if (rc == ERR_OK)
        rc = next(r);
    if (rc != ERR_OK || r->event.type == YAML_STREAM_END_EVENT)
        return rc;
    rc = next(r); /* behind the start of the document */
    if (rc == ERR_OK && r->event.type == YAML_MAPPING_START_EVENT)
        rc = read_pairs(r);
    else if (rc == ERR_OK && (r->event.type != YAML_SCALAR_EVENT || scalar(r).n > 0))
        rc = fault(r, ERR_SYNTAX, here(r), "Settings are names and values: 'name: value'.");
    if (rc == ERR_OK)
        rc = next(r); /* the end of the document */
    if (rc == ERR_OK)
        rc = next(r);
    if (rc == ERR_OK && r->event.type != YAML_STREAM_END_EVENT)
        rc = fault(r, ERR_SYNTAX, here(r), "There is a second document in the file.");
    return rc;
}

/* Passwords go over it. */
static int plain_check(const struct text_list *addresses, struct err *e)
{
    for (uint32_t i = 0; i < addresses->count; i++) {
        struct socket_address at;

        if (socket_address_read(span_of(addresses->value[i]), &at, e) != ERR_OK)
            return ERR_SYNTAX;
        if (!socket_is_loopback(&at))
            return err_set(e, ERR_SYNTAX, 0,
                           "'console-plain' is HTTP without TLS: it listens on addresses of "
                           "loopback only, not on %s.",
                           addresses->value[i]);
    }
    return ERR_OK;
}

/* What one row asks of another. */
static int check_together(struct reader *r)
{
    const struct settings *s = r->to;
    struct err e = { 0 };

    if ((s->syslog_tls.count > 0 || s->https.count > 0) &&
        (s->tls_certificate[0] == 0 || s->tls_key[0] == 0))
        return fault(r, ERR_SYNTAX, 1,
                     "'syslog-tls' and 'https' need 'tls-certificate' and 'tls-key'.");
    if (s->tls_mutual && s->tls_ca[0] == 0)
        return fault(r, ERR_SYNTAX, 1, "'tls-mutual' needs 'tls-ca'.");
    if (plain_check(&s->console_plain, &e) != ERR_OK ||
        channels_check(s->channels, s->channel_count, &e) != ERR_OK ||
        issuer_check(s, &e) != ERR_OK)
        return fault(r, e.code, 1, "%s", e.why);
    return ERR_OK;
}

int settings_read(struct settings *s, struct span yaml, const char *file, struct err *e)
{
    struct reader r = { .to = s, .file = file, .e = e };
    int rc;

    *s = (struct settings){ 0 };
    if (yaml.n > SETTINGS_BYTES_MAX)
        return fault(&r, ERR_LIMIT, 1, "The settings are larger than %u bytes.",
                     SETTINGS_BYTES_MAX);
    if (!yaml_parser_initialize(&r.parser))
        return fault(&r, ERR_NOMEM, 1, "There is no memory for the settings.");
    arena_init(&s->mem, ROOM_BYTES);
    yaml_parser_set_input_string(&r.parser, yaml.n > 0 ? yaml.p : (const uint8_t *)"", yaml.n);
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    rc = set_defaults(&r, rows, COUNT_OF(rows), s);
    if (rc == ERR_OK)
        rc = read_stream(&r);
    if (rc == ERR_OK)
        rc = check_together(&r);
    s->yaml = arena_span(&s->mem, yaml);
    if (rc == ERR_OK && arena_failed(&s->mem))
        rc = fault(&r, ERR_NOMEM, 1, "There is no memory for the settings.");
    if (r.has_event)
        yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    if (rc != ERR_OK)
        settings_release(s);
    return rc;
}

void settings_release(struct settings *s)
{
    arena_release(&s->mem);
    *s = (struct settings){ 0 };
}

/* --- Differences ---------------------------------------------------------------------------- */

static bool same_list(const struct text_list *a, const struct text_list *b)
{
    for (uint32_t i = 0; i < a->count && a->count == b->count; i++) {
        if (strcmp(a->value[i], b->value[i]) != 0)
            return false;
    }
    return a->count == b->count;
}

static bool same_value(const struct row *row, const void *a, const void *b)
{
    if (types[row->type].list)
        return same_list(a, b);
    if (types[row->type].read != NULL)
        return *(const uint64_t *)a == *(const uint64_t *)b;
    if (row->type == TYPE_FLAG)
        return *(const bool *)a == *(const bool *)b;
    return strcmp(*(const char *const *)a, *(const char *const *)b) == 0;
}

void settings_restart(const struct settings *old, const struct settings *new_, struct buf *out)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (rows[i].reload || same_value(&rows[i], (const uint8_t *)old + rows[i].offset,
                                         (const uint8_t *)new_ + rows[i].offset))
            continue;
        buf_fmt(out, "%s%s", out->n > 0 ? ", " : "", rows[i].name);
    }
}

/* --- Texts ---------------------------------------------------------------------------------- */

static bool tell_row(const struct row *row, size_t count, uint32_t i, struct setting_row *out)
{
    if (i >= count)
        return false;
    row += i;
    *out = (struct setting_row){
        row->name, types[row->type].name, row->initial, row->help, row->min, row->max, row->reload
    };
    return true;
}

bool settings_row(uint32_t i, struct setting_row *row)
{
    return tell_row(rows, COUNT_OF(rows), i, row);
}

bool settings_source_row(uint32_t i, struct setting_row *row)
{
    return tell_row(source_rows, COUNT_OF(source_rows), i, row);
}

bool settings_token_row(uint32_t i, struct setting_row *row)
{
    return tell_row(token_rows, COUNT_OF(token_rows), i, row);
}

bool settings_channel_row(uint32_t i, struct setting_row *row)
{
    return tell_row(channel_rows, COUNT_OF(channel_rows), i, row);
}

/* "1s to 1d", or nothing where there is no range. */
static void put_range(const struct row *row, struct buf *out, const char *between)
{
    if (types[row->type].put == NULL)
        return;
    types[row->type].put(out, row->min);
    buf_text(out, between);
    types[row->type].put(out, row->max);
}

/* Words of `text` from column `at` on, lines at most HELP_COLUMNS wide. */
static void put_wrapped(struct buf *out, struct span text, size_t at)
{
    size_t column = at;

    for (size_t n; text.n > 0; text = span_from(text, n < text.n ? n + 1 : n)) {
        n = span_find(text, ' ');
        if (column > at && column + 1 + n > HELP_COLUMNS) {
            buf_fmt(out, "\n%*s", (int)at, "");
            column = at;
        } else if (column > at) {
            buf_byte(out, ' ');
            column++;
        }
        buf_add(out, (struct span){ text.p, n });
        column += n;
    }
    buf_byte(out, '\n');
}

static void help_rows(const struct row *row, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        struct buf text;

        buf_init(&text, 4096);
        buf_text(&text, row[i].help);
        buf_fmt(&text, " (%s", types[row[i].type].name);
        if (types[row[i].type].put != NULL) {
            buf_byte(&text, ' ');
            put_range(&row[i], &text, " to ");
        }
        if (row[i].initial[0] != 0)
            buf_fmt(&text, "; default %s", row[i].initial);
        buf_fmt(&text, ")%s", row[i].reload ? "" : " *");
        buf_fmt(out, "  %-*s ", (int)HELP_NAME - 3, row[i].name);
        put_wrapped(out, buf_span(&text), HELP_NAME);
        buf_release(&text);
    }
}

void settings_help(struct buf *out)
{
    buf_text(out,
             "Settings, in the file as `name: value` (* takes a restart, all others SIGHUP):\n");
    help_rows(rows, COUNT_OF(rows), out);
    buf_text(out, "\nA row of the list `sources`, what is known about one sender:\n");
    help_rows(source_rows, COUNT_OF(source_rows), out);
    buf_text(out, "\nA row of the list `tokens`, who may ask over the API:\n");
    help_rows(token_rows, COUNT_OF(token_rows), out);
    buf_text(out, "\nA row of the list `channels`, where notices go:\n");
    help_rows(channel_rows, COUNT_OF(channel_rows), out);
}

static void markdown_rows(const struct row *row, size_t count, struct buf *out)
{
    buf_text(out, "| name | type | default | range | taken at | meaning |\n"
                  "|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < count; i++) {
        buf_fmt(out, "| `%s` | %s | %s%s%s | ", row[i].name, types[row[i].type].name,
                row[i].initial[0] != 0 ? "`" : "", row[i].initial,
                row[i].initial[0] != 0 ? "`" : "");
        put_range(&row[i], out, " – ");
        buf_fmt(out, " | %s | %s |\n", row[i].reload ? "SIGHUP" : "restart", row[i].help);
    }
}

void settings_markdown(struct buf *out)
{
    buf_text(
        out,
        "# Settings\n\n"
        "<!-- Made by tools/settings.sh from src/conf/settings.h: change it there. -->\n\n"
        "`canh serve --config FILE` reads this file; without one every setting has its default.\n"
        "The file is YAML: `name: value`, where a row is a list also `name: [value, value]`.\n"
        "An unknown name, a value that cannot be read or is out of range, a name given twice: the\n"
        "server does not start, or keeps what it has when it was told to read the file again\n"
        "(SIGHUP, `systemctl reload`), and says which line is wrong.\n\n"
        "Sizes are written `4096`, `256KiB`, `64MiB`, `1GiB`; times `20ms`, `5s`, `10m`, `2h`,\n"
        "`3d`; addresses `127.0.0.1:514`, `[::1]:514`, without names; flags `true`, `false`.\n"
        "An empty list (`[]`) closes an input that is open by default.\n\n");
    markdown_rows(rows, COUNT_OF(rows), out);
    buf_text(out,
             "\n## Sources\n\n"
             "`sources:` is a list; each row says what is known about one sender. A row needs\n"
             "a `name` and at least one of `token-sha256`, `certificate`, `address`.\n\n");
    markdown_rows(source_rows, COUNT_OF(source_rows), out);
    buf_text(out, "\n## Tokens\n\n"
                  "`tokens:` is a list; each row is one who may ask over the API (`console`).\n"
                  "`name` and `token-sha256` are needed.\n\n");
    markdown_rows(token_rows, COUNT_OF(token_rows), out);
    buf_text(out,
             "\n## Channels\n\n"
             "`channels:` is a list; each row is a way by which notices of alerts leave the\n"
             "house, through the role `sender` ([notices.md](notices.md)). `name`, `kind` and\n"
             "`url` are needed, and what the kind asks for: of smtp `from` and `to`, of a\n"
             "webhook `secret`, of a gateway `to` and `body`.\n\n");
    markdown_rows(channel_rows, COUNT_OF(channel_rows), out);
    buf_text(out,
             "\n## An example\n\n"
             "```yaml\n"
             "syslog-udp: [\"0.0.0.0:514\", \"[::]:514\"]\n"
             "tls-certificate: /etc/canh/server.pem\n"
             "tls-key: /etc/canh/server.key\n"
             "syslog-tls: \"0.0.0.0:6514\"\n"
             "files: [/var/log/nginx/*.log]\n"
             "sources:\n"
             "  - name: firewall-1\n"
             "    address: [192.0.2.1, \"2001:db8::/64\"]\n"
             "    interval: 5m\n"
             "channels:\n"
             "  - name: mail\n"
             "    kind: smtp\n"
             "    url: smtp://mail.example.vn:587\n"
             "    user: canh\n"
             "    secret: /etc/canh/mail.secret\n"
             "    from: canh@example.vn\n"
             "    to: [truc@example.vn]\n"
             "    second: sms\n"
             "  - name: sms\n"
             "    kind: gateway\n"
             "    url: https://sms.example.vn/send\n"
             "    secret: /etc/canh/sms.secret\n"
             "    to: [\"+84912345678\"]\n"
             "    level: critical\n"
             "    body: '{\"to\":\"{phone}\",\"text\":\"Canh: canh bao {number}, muc {level}\"}'\n"
             "```\n");
}
