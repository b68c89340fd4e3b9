/*
 * audit.c - Linux auditd: the lines of one id become one record.
 *
 *   type=SYSCALL msg=audit(1364481363.243:24287): arch=c000003e syscall=59 a0=55d5 comm="cat"
 *   type=EXECVE msg=audit(1364481363.243:24287): argc=2 a0="cat" a1=2F6574632F66
 *   node=h type=USER_AUTH msg=audit(...): pid=1 msg='op=PAM:x acct="root" res=success' \x1d UID="r"
 *   type=SYSCALL msg=audit(03/01/2026 10:00:00.243:24287) : arch=x86_64 syscall=execve a0=0x55d5
 *
 * Names are auditd's own; every line gives its `type`, so that an event has several. Strings that
 * a user may choose stand in quotes, or, when they hold a blank or a quote, as upper-case hex
 * without quotes: kind HEX for the names of hex_names and for EXECVE's arguments. SYSCALL's a0..a3
 * are hex numbers and stay text. Both call themselves a0: SigmaHQ's rules mean the arguments where
 * an event has them and the numbers where it does not (a0 of syslog(2)), so that SYSCALL's become
 * SYSCALL.a0 .. SYSCALL.a3 in an event with an EXECVE line, and keep their names in all others.
 *
 * Added: audit_id, timestamp (of the first line); SYSCALL, the call's name, for x86_64,
 * i386 and aarch64 when auditd itself has not written it (enriched logs do, behind a byte 0x1d,
 * which is a blank here); execve_cmdline, the arguments with blanks between them; created_path, for
 * each PATH line of a name that came into being, joined to cwd when it is relative; saddr_fam,
 * laddr and lport out of a raw socket address, as enriched logs write them.
 *
 * An argument that the kernel split (a1[0]=, a1[1]=) is joined to a1. Words without '=' before the
 * first pair (AVC, PAM) are `message`. "(null)" and "?" are absent values. What ausearch -i has
 * interpreted (the last line above) has its date, names of calls, and texts without quotes: words
 * behind an argument, proctitle= or op= belong to it.
 *
 * Limits: LIMIT_JOINED_RECORDS lines; CMDLINE_BYTES_MAX of a joined text, what is longer is cut
 * and REC_CUT_BYTES set; behind a cwd over FOLDER_BYTES_MAX, created_path stays relative.
 */
#include <arpa/inet.h>

#include "base/num.h"
#include "wire/line.h"
#include "wire/sniff.h"

#define CMDLINE_BYTES_MAX 262144u
#define FOLDER_BYTES_MAX  8192u /* PATH_MAX in hex: the kernel knows no longer one */

struct syscall_name {
    uint32_t number;
    struct span name;
};

#define SYSCALL_ROW(n, s) { n, { (const uint8_t *)(s), sizeof(s) - 1 } },

static const struct syscall_name names_x86_64[] = {
#include "wire/syscalls_x86_64.tbl"
};

static const struct syscall_name names_aarch64[] = {
#include "wire/syscalls_aarch64.tbl"
};

static const struct syscall_name names_i386[] = {
#include "wire/syscalls_i386.tbl"
};

#define SPAN_ROW(s)                                                                                \
    {                                                                                              \
        (const uint8_t *)(s), sizeof(s) - 1                                                        \
    }

/* Values that the kernel and the audit library write as hex when they need to. */
static const struct span hex_names[] = {
    SPAN_ROW("acct"), SPAN_ROW("cmd"),       SPAN_ROW("comm"), SPAN_ROW("cwd"),  SPAN_ROW("data"),
    SPAN_ROW("exe"),  SPAN_ROW("key"),       SPAN_ROW("name"), SPAN_ROW("path"), SPAN_ROW("ocomm"),
    SPAN_ROW("grp"),  SPAN_ROW("proctitle"), SPAN_ROW("vm"),
};

/* One line: where its parts are. */
struct head {
    struct span node, type, id;
    size_t body; /* behind "): " */
};

/* What the lines of one event say together. */
struct group {
    struct rec *r;
    struct span id;
    struct span arch, call; /* of the SYSCALL line */
    bool named;             /* an enriched line has given SYSCALL */
    bool execve;            /* has an EXECVE line */
    uint32_t call_arg[4];   /* fields + 1 of SYSCALL's a0..a3 */
    uint32_t cwd;           /* field + 1 */
    uint32_t saddr;         /* field + 1; 0 when an enriched line has broken it out */
    uint32_t mark;          /* first field of the event */
};

/* --- lines and groups ---------------------------------------------------------------------- */

/* The line at `at` without its end; *next is where the one behind it starts. */
static struct span line_of(struct span in, size_t at, size_t *next)
{
    size_t end = line_find(in, at, '\n');

    *next = end < in.n ? end + 1 : end;
    if (end > at && in.p[end - 1] == '\r')
        end--;
    return line_cut(in, at, end);
}

/* "1364481363.243:24287"; interpreted "03/01/2026 10:00:00.243:24287". */
static bool is_id_byte(uint8_t c)
{
    return ascii_is_digit(c) || c == '.' || c == ':' || c == '/' || c == '-' || c == ' ';
}

/* The id without the serial number behind its last colon. */
static struct span id_time(struct span id)
{
    size_t n = id.n;

    while (n > 0 && id.p[n - 1] != ':')
        n--;
    return n > 0 ? line_cut(id, 0, n - 1) : id;
}

static bool head_read(struct span s, struct head *h)
{
    size_t at = 0, end;

    h->node = SPAN_NONE;
    if (line_has(s, 0, SPAN_LIT("node="))) {
        end = line_find(line_cut(s, 0, s.n < SNIFF_BYTES ? s.n : SNIFF_BYTES), 5, ' ');
        h->node = line_cut(s, 5, end);
        at = end < s.n ? end + 1 : end;
    }
    if (!line_has(s, at, SPAN_LIT("type=")))
        return false;
    end = line_find(line_cut(s, 0, s.n - at < 64 ? s.n : at + 64), at + 5, ' ');
    h->type = line_cut(s, at + 5, end);
    if (line_has(s, end, SPAN_LIT(" msg=audit(")))
        at = end + 11;
    else if (line_has(s, end, SPAN_LIT(" audit("))) /* as the kernel's own log has it */
        at = end + 7;
    else
        return false;
    end = at;
    while (end < s.n && end - at < 64 && is_id_byte(s.p[end]))
        end++;
    if (h->type.n == 0 || end == at || !line_at(s, end, ')'))
        return false;
    h->id = line_cut(s, at, end);
    at = line_skip(s, end + 1, ' ');
    h->body = line_at(s, at, ':') ? at + 1 : end + 1;
    return true;
}

bool audit_is(struct span line)
{
    struct head h;

    return head_read(line, &h);
}

size_t audit_extent(struct span in, bool at_end)
{
    struct head first = { .body = 0 }, h;
    size_t at = 0, next, lines = 0;

    while (at < in.n) {
        struct span line = line_of(in, at, &next);

        if (next == in.n && in.p[in.n - 1] != '\n' && !at_end)
            return 0; /* half a line */
        if (!head_read(line, &h))
            return at;
        if (lines == 0)
            first = h;
        else if (!span_eq(first.id, h.id) || !span_eq(first.node, h.node))
            return at;
        at = next;
        lines++;
        if (span_eq(h.type, SPAN_LIT("EOE")) || lines == LIMIT_JOINED_RECORDS)
            return at;
    }
    return at_end ? at : 0;
}

/* --- fields of one line -------------------------------------------------------------------- */

static bool is_upper_hex(struct span s)
{
    if (s.n < 2 || s.n % 2 != 0)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (!ascii_is_digit(s.p[i]) && !(s.p[i] >= 'A' && s.p[i] <= 'F'))
            return false;
    }
    return true;
}

/* "a12" or "a12[3]": the digits behind the 'a', or 0 bytes. */
static size_t arg_digits(struct span name)
{
    size_t i = 1;

    if (!line_at(name, 0, 'a'))
        return 0;
    while (i < name.n && ascii_is_digit(name.p[i]))
        i++;
    return i > 1 && (i == name.n || name.p[i] == '[') ? i - 1 : 0;
}

static bool may_be_hex(struct span name, bool execve)
{
    if (execve && arg_digits(name) > 0)
        return true;
    for (size_t i = 0; i < COUNT_OF(hex_names); i++) {
        if (span_eq(name, hex_names[i]))
            return true;
    }
    return false;
}

static bool is_absent(struct span v)
{
    return span_eq(v, SPAN_LIT("?")) || span_eq(v, SPAN_LIT("(null)"));
}

static void value_add(struct group *g, const struct head *h, struct span name, struct span v,
                      bool quoted)
{
    bool execve = span_eq(h->type, SPAN_LIT("EXECVE"));
    enum rec_kind kind = REC_TEXT;

    if (!quoted && is_absent(v))
        kind = REC_NONE;
    else if (!quoted && may_be_hex(name, execve) && is_upper_hex(v))
        kind = REC_HEX;
    if (!rec_add(g->r, REC_ROOT, name, kind, v))
        return;
    if (span_eq(name, SPAN_LIT("cwd")))
        g->cwd = g->r->count;
    else if (span_eq(name, SPAN_LIT("saddr")))
        g->saddr = g->r->count;
    else if (span_eq(name, SPAN_LIT("saddr_fam")))
        g->saddr = 0;
    if (!span_eq(h->type, SPAN_LIT("SYSCALL")))
        return;
    if (span_eq(name, SPAN_LIT("arch")))
        g->arch = v;
    else if (span_eq(name, SPAN_LIT("syscall")))
        g->call = v;
    else if (span_eq(name, SPAN_LIT("SYSCALL")))
        g->named = true;
    else if (name.n == 2 && name.p[0] == 'a' && name.p[1] >= '0' && name.p[1] <= '3')
        g->call_arg[name.p[1] - '0'] = g->r->count;
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == 0x1d || c == '\t';
}

/* End of the name at `at`: its '=', or a blank, or the end. */
static size_t name_end(struct span s, size_t at)
{
    while (at < s.n && s.p[at] != '=' && !is_space(s.p[at]))
        at++;
    return at;
}

/* The value at `at`: "...", '...' or a word; *v without quotes; returns the index behind it. */
static size_t value_read(struct span s, size_t at, struct span *v)
{
    size_t end = at;

    if (line_at(s, at, '"') || line_at(s, at, '\'')) {
        end = line_find(s, at + 1, s.p[at]);
        *v = line_cut(s, at + 1, end);
        return end < s.n ? end + 1 : end;
    }
    while (end < s.n && !is_space(s.p[end]))
        end++;
    *v = line_cut(s, at, end);
    return end;
}

/* What a run of pairs is being read into. */
struct run {
    struct span lead;   /* words before the first pair */
    struct span inside; /* text of msg='...' */
    uint32_t open;      /* field + 1 of a value that the next words belong to */
    bool pairs;
};

/* Values that ausearch -i writes without quotes, and the kernel's op=, may be several words. */
static bool takes_words(struct span name, const struct head *h)
{
    return span_eq(name, SPAN_LIT("op")) || span_eq(name, SPAN_LIT("proctitle")) ||
           (span_eq(h->type, SPAN_LIT("EXECVE")) && arg_digits(name) > 0);
}

/* "name=value" whose '=' is at `eq`; the index behind it. */
static size_t pair_read(struct group *g, const struct head *h, struct span s, size_t at, size_t eq,
                        struct run *run)
{
    bool quoted = line_at(s, eq + 1, '"') || line_at(s, eq + 1, '\'');
    struct span name = line_cut(s, at, eq), v;
    uint32_t count = g->r->count;

    at = value_read(s, eq + 1, &v);
    value_add(g, h, name, v, quoted);
    run->pairs = true;
    run->open = !quoted && g->r->count > count && takes_words(name, h) ? count + 1 : 0;
    if (quoted && span_eq(name, SPAN_LIT("msg")))
        run->inside = v;
    return at;
}

/* A word without '='; the index behind it. */
static size_t word_read(struct group *g, struct span s, size_t at, struct run *run)
{
    size_t end = at;

    while (end < s.n && !is_space(s.p[end]))
        end++;
    if (run->open > 0) {
        struct rec_field *f = &g->r->fields[run->open - 1];

        f->kind = REC_TEXT;
        f->value_bytes = (uint32_t)(s.p + end - f->value);
    } else if (!run->pairs) {
        const uint8_t *from = run->lead.p != NULL ? run->lead.p : s.p + at;

        run->lead = (struct span){ from, (size_t)(s.p + end - from) };
    }
    return end;
}

/*
 * All pairs of `s`; returns the text of msg='...'. Words without '=' before the first pair are
 * `message`; behind a value that takes_words() they belong to it ("op=adding user to group").
 */
static struct span pairs_read(struct group *g, const struct head *h, struct span s)
{
    struct run run = { .open = 0 };
    size_t at = 0, eq;

    while (at < s.n) {
        if (is_space(s.p[at])) {
            at++;
            continue;
        }
        eq = name_end(s, at);
        at = line_at(s, eq, '=') && eq > at ? pair_read(g, h, s, at, eq, &run)
                                            : word_read(g, s, at, &run);
    }
    if (run.lead.n > 0)
        (void)rec_add_text(g->r, SPAN_LIT("message"), run.lead); /* full: flagged by rec_add */
    return run.inside;
}

/* --- what the lines say together ----------------------------------------------------------- */

/* Binary search: the tables are in order of number. */
static struct span call_name(const struct syscall_name *t, size_t count, uint64_t number)
{
    size_t lo = 0, hi = count;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (t[mid].number < number)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < count && t[lo].number == number ? t[lo].name : SPAN_NONE;
}

static void add_call_name(struct group *g)
{
    struct span name = SPAN_NONE;
    uint64_t number;

    if (g->named || g->call.n == 0)
        return;
    if (!num_u64(g->call, UINT32_MAX, &number))
        name = g->call; /* interpreted */
    else if (span_eq(g->arch, SPAN_LIT("c000003e")))
        name = call_name(names_x86_64, COUNT_OF(names_x86_64), number);
    else if (span_eq(g->arch, SPAN_LIT("c00000b7")))
        name = call_name(names_aarch64, COUNT_OF(names_aarch64), number);
    else if (span_eq(g->arch, SPAN_LIT("40000003")))
        name = call_name(names_i386, COUNT_OF(names_i386), number);
    if (name.n > 0)
        (void)rec_add_text(g->r, SPAN_LIT("SYSCALL"), name); /* full: flagged by rec_add */
}

/* "a1[0]": its part before the bracket; else SPAN_NONE. */
static struct span piece_base(const struct rec_field *f)
{
    size_t digits = arg_digits(f->name);

    return digits > 0 && digits + 1 < f->name.n ? line_cut(f->name, 0, digits + 1) : SPAN_NONE;
}

/* Texts of a run of pieces [from, to) of `base`, in scratch, into the first; the others get no
 * name, which is how they are taken out afterwards. */
static void join_run(struct rec *r, struct span base, uint32_t from, uint32_t to)
{
    size_t room = 0, n = 0;
    uint8_t *p;

    for (uint32_t i = from; i < to; i++)
        room += span_eq(piece_base(&r->fields[i]), base) ? rec_text_room(&r->fields[i]) : 0;
    p = room > 0 && room <= LIMIT_EVENT_BYTES ? arena_bytes(&r->mem, room) : NULL;
    if (p == NULL) {
        r->flags |= REC_CUT_BYTES; /* the pieces stay under their own names */
        return;
    }
    for (uint32_t i = from; i < to; i++) {
        struct rec_field *f = &r->fields[i];

        if (!span_eq(piece_base(f), base))
            continue;
        n += rec_text_put(f, p + n);
        if (i > from)
            f->name = SPAN_NONE;
    }
    arena_shrink(&r->mem, room - n);
    r->fields[from].name = base;
    r->fields[from].kind = REC_TEXT;
    r->fields[from].value = p;
    r->fields[from].value_bytes = (uint32_t)n;
}

/* Join split arguments and close the gaps that this leaves. */
static void join_pieces(struct group *g)
{
    struct rec *r = g->r;
    uint32_t kept = g->mark;

    for (uint32_t i = g->mark; i < r->count; i++) {
        struct span base = piece_base(&r->fields[i]);
        uint32_t to = i + 1, last = i + 1;

        if (base.p == NULL)
            continue;
        for (; to < r->count; to++) {
            struct span other = piece_base(&r->fields[to]);

            if (other.p != NULL && !span_eq(other, base))
                break;
            if (other.p != NULL)
                last = to + 1;
            else if (arg_digits(r->fields[to].name) > 0)
                break;
        }
        join_run(r, base, i, last);
        i = to - 1;
    }
    for (uint32_t i = g->mark; i < r->count; i++) {
        if (r->fields[i].name.p != NULL)
            r->fields[kept++] = r->fields[i];
    }
    r->count = kept;
}

static bool is_arg(const struct rec_field *f)
{
    size_t digits = arg_digits(f->name);

    return digits > 0 && digits + 1 == f->name.n && f->kind != REC_NONE;
}

/* execve_cmdline: the arguments in their order, a blank between. */
static void add_cmdline(struct group *g)
{
    struct rec *r = g->r;
    size_t room = 0, n = 0;
    uint8_t *p;

    for (uint32_t i = g->mark; i < r->count; i++)
        room += is_arg(&r->fields[i]) ? rec_text_room(&r->fields[i]) + 1 : 0;
    if (room > CMDLINE_BYTES_MAX)
        room = CMDLINE_BYTES_MAX;
    p = room > 0 ? arena_bytes(&r->mem, room) : NULL;
    if (p == NULL)
        return;
    for (uint32_t i = g->mark; i < r->count; i++) {
        if (!is_arg(&r->fields[i]))
            continue;
        if (rec_text_room(&r->fields[i]) + 1 > room - n) {
            r->flags |= REC_CUT_BYTES;
            break;
        }
        if (n > 0)
            p[n++] = ' ';
        n += rec_text_put(&r->fields[i], p + n);
    }
    arena_shrink(&r->mem, room - n);
    (void)rec_add_text(r, SPAN_LIT("execve_cmdline"), (struct span){ p, n }); /* full: flagged */
}

/* The field's text behind the folder that a relative one lies in, in scratch: a copy of the folder
 * for each of many names, hence the bound. */
static struct span absolute_path(struct group *g, const struct rec_field *name)
{
    const struct rec_field *cwd = g->cwd > 0 ? &g->r->fields[g->cwd - 1] : NULL;
    struct span path = rec_text(name, &g->r->mem), folder = SPAN_NONE;
    uint8_t *p;

    if (path.n == 0 || path.p[0] == '/' || cwd == NULL || cwd->value_bytes > FOLDER_BYTES_MAX)
        return path;
    folder = rec_text(cwd, &g->r->mem);
    while (folder.n > 0 && folder.p[folder.n - 1] == '/')
        folder.n--;
    p = arena_bytes(&g->r->mem, folder.n + 1 + path.n);
    if (folder.p == NULL || p == NULL)
        return path;
    memcpy(p, folder.p, folder.n);
    p[folder.n] = '/';
    memcpy(p + folder.n + 1, path.p, path.n);
    return (struct span){ p, folder.n + 1 + path.n };
}

/* created_path, for each nametype=CREATE: the name stands before it in its line. */
static void add_created(struct group *g)
{
    const struct rec_field *name = NULL;
    uint32_t count = g->r->count;

    for (uint32_t i = g->mark; i < count; i++) {
        const struct rec_field *f = &g->r->fields[i];

        if (span_eq(f->name, SPAN_LIT("type")))
            name = NULL;
        else if (span_eq(f->name, SPAN_LIT("name")))
            name = f;
        else if (name != NULL && name->kind != REC_NONE && span_eq(f->name, SPAN_LIT("nametype")) &&
                 span_eq((struct span){ f->value, f->value_bytes }, SPAN_LIT("CREATE")))
            (void)rec_add_text(g->r, SPAN_LIT("created_path"),
                               absolute_path(g, name)); /* full: flagged by rec_add */
    }
}

/* The bytes of a hex text, as many as `out` holds; returns how many. */
static size_t hex_bytes(struct span s, uint8_t *out, size_t max)
{
    size_t n = 0;

    while (n < max && 2 * n + 1 < s.n && ascii_hex(s.p[2 * n]) >= 0 &&
           ascii_hex(s.p[2 * n + 1]) >= 0) {
        out[n] = (uint8_t)(ascii_hex(s.p[2 * n]) * 16 + ascii_hex(s.p[2 * n + 1]));
        n++;
    }
    return n;
}

/* A struct sockaddr in hex: family in little-endian order, then port and address in that of the
 * network. Sockets of other kinds (local, netlink) add nothing. */
static void add_address(struct group *g)
{
    const struct rec_field *f = &g->r->fields[g->saddr - 1];
    uint8_t bytes[24] = { 0 }, *port = arena_bytes(&g->r->mem, 8);
    char *text = arena_alloc(&g->r->mem, INET6_ADDRSTRLEN);
    size_t n = hex_bytes((struct span){ f->value, f->value_bytes }, bytes, sizeof(bytes));
    bool four = bytes[0] == 2 && bytes[1] == 0 && n >= 8;
    bool six = bytes[0] == 10 && bytes[1] == 0 && n == sizeof(bytes);

    if ((!four && !six) || port == NULL || text == NULL ||
        inet_ntop(four ? AF_INET : AF_INET6, bytes + (four ? 4 : 8), text, INET6_ADDRSTRLEN) ==
            NULL)
        return;
    n = num_put_u64(port, (uint64_t)bytes[2] << 8 | bytes[3]);
    (void)rec_add_text(g->r, SPAN_LIT("saddr_fam"), four ? SPAN_LIT("inet") : SPAN_LIT("inet6"));
    (void)rec_add_text(g->r, SPAN_LIT("laddr"), span_of(text)); /* full: flagged, all three */
    (void)rec_add_text(g->r, SPAN_LIT("lport"), (struct span){ port, n });
}

static void finish(struct group *g)
{
    static const struct span call_args[] = { SPAN_ROW("SYSCALL.a0"), SPAN_ROW("SYSCALL.a1"),
                                             SPAN_ROW("SYSCALL.a2"), SPAN_ROW("SYSCALL.a3") };

    add_call_name(g);
    add_created(g);
    if (g->saddr > 0)
        add_address(g);
    if (!g->execve)
        return;
    for (size_t i = 0; i < COUNT_OF(call_args); i++) {
        if (g->call_arg[i] > 0)
            g->r->fields[g->call_arg[i] - 1].name = call_args[i];
    }
    join_pieces(g);
    add_cmdline(g);
}

static void line_read(struct group *g, const struct head *h, struct span line, bool first)
{
    struct span inside;

    if (first) {
        if (h->node.n > 0)
            (void)rec_add_text(g->r, SPAN_LIT("node"), h->node); /* full: flagged, all of these */
        (void)rec_add_text(g->r, SPAN_LIT("audit_id"), h->id);
        (void)rec_add_text(g->r, SPAN_LIT("timestamp"), id_time(h->id));
    }
    (void)rec_add_text(g->r, SPAN_LIT("type"), h->type);
    if (span_eq(h->type, SPAN_LIT("EXECVE")))
        g->execve = true;
    inside = pairs_read(g, h, span_from(line, h->body));
    if (inside.n > 0)
        (void)pairs_read(g, h, inside); /* an inner msg= is not opened again */
}

int64_t audit_read(struct span in, struct rec *r, struct err *e)
{
    struct group g = { .r = r, .mark = r->count };
    size_t used = audit_extent(in, true);
    uint32_t lines = 0;
    struct head h;

    if (used == 0)
        return err_set(e, ERR_SYNTAX, 0, "an audit line starts with \"type=... msg=audit(\"");
    for (size_t at = 0, next; at < used; at = next, lines++) {
        struct span line = line_of(in, at, &next);

        if (!head_read(line, &h))
            break; /* cannot be: audit_extent() has read it */
        line_read(&g, &h, line, lines == 0);
    }
    finish(&g);
    r->lines = r->codec == CODEC_NONE ? lines : r->lines;
    (void)line_claim(r, CODEC_AUDIT, line_cut(in, 0, used));
    return (int64_t)used;
}
