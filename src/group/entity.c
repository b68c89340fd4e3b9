/*
 * entity.c - fields of an event, a row each, and what is left out of them.
 */
#include "group/entity.h"

#include <jansson.h>
#include <stdio.h>

#include "act/key.h"
#include "base/addr.h"
#include "event/about.h"

const struct entity_row entity_rows[ENTITY_KINDS] = {
#define X(id, name, gap, common, risk) { name, gap, common, risk },
    ENTITY_TABLE(X)
#undef X
};

enum entity_kind entity_kind_of(struct span name)
{
    for (uint32_t i = 0; i < ENTITY_KINDS; i++) {
        if (span_eq(name, span_of(entity_rows[i].name)))
            return (enum entity_kind)i;
    }
    return ENTITY_KINDS;
}

void entities_init(struct entities *x)
{
    memset(x, 0, sizeof(*x));
    buf_init(&x->text, ENTITIES_MAX * (KEY_BYTES_MAX + 64) * 2);
}

void entities_release(struct entities *x)
{
    buf_release(&x->text);
}

struct span entities_key(const struct entities *x, uint32_t i)
{
    MUST(i < x->count);
    return (struct span){ x->text.p + x->of[i].at, x->of[i].bytes };
}

/* --- putting -------------------------------------------------------------------------------- */

/* Is the new one there? Somebody who was tried and came in came in. */
static bool is_there(struct entities *x)
{
    const struct entity *last = &x->of[x->count];
    struct span key = { x->text.p + last->at, last->bytes };

    for (uint32_t i = 0; i < x->count; i++) {
        if (x->of[i].kind == last->kind && span_eq(entities_key(x, i), key)) {
            x->of[i].tried &= last->tried;
            return true;
        }
    }
    return false;
}

static void add(struct entities *x, enum entity_kind kind, bool tried, struct span value)
{
    size_t at = x->text.n;

    if (x->count >= ENTITIES_MAX || value.n == 0)
        return;
    key_put(value, &x->text);
    if (x->text.failed)
        return;
    x->of[x->count] = (struct entity){ kind, tried, (uint32_t)at, (uint32_t)(x->text.n - at) };
    if (is_there(x))
        x->text.n = at;
    else
        x->count++;
}

#define VALUE_MAX 256u

/* Two texts with a byte between them. */
static void add_two(struct entities *x, enum entity_kind kind, bool tried, struct span a,
                    uint8_t between, struct span b)
{
    uint8_t room[2 * VALUE_MAX + 1];

    if (a.n > VALUE_MAX || b.n > VALUE_MAX || b.n == 0)
        return;
    if (a.n > 0)
        memcpy(room, a.p, a.n);
    room[a.n] = between;
    memcpy(room + a.n + 1, b.p, b.n);
    add(x, kind, tried, (struct span){ room, a.n + 1 + b.n });
}

/* --- values --------------------------------------------------------------------------------- */

static struct span text_of(const json_t *fields, const char *name)
{
    const json_t *v = json_object_get(fields, name);

    if (json_is_array(v))
        v = json_array_get(v, 0);
    return json_is_string(v) ? span_trim((struct span){ (const uint8_t *)json_string_value(v),
                                                        json_string_length(v) })
                             : SPAN_NONE;
}

static bool is_one_of(struct span s, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (span_eq_nocase(s, span_of(*list)))
            return true;
    }
    return false;
}

static bool starts_nocase(struct span s, const char *head)
{
    struct span h = span_of(head);

    return s.n >= h.n && span_eq_nocase((struct span){ s.p, h.n }, h);
}

static struct span first_label(struct span s)
{
    return (struct span){ s.p, span_find(s, '.') };
}

/* --- hosts ---------------------------------------------------------------------------------- */

static void add_host(struct entities *x, struct span own, struct span named)
{
    static const char *const none[] = { "-", "localhost", NULL };
    size_t dot = span_find(own, '.'), cut = span_find(named, '.');
    uint8_t addr[16];

    if (named.n == 0 || named.n > VALUE_MAX || is_one_of(named, none))
        return;
    while (named.n > 0 && named.p[0] == '\\')
        named = span_from(named, 1);
    if (addr_parse(named, addr))
        return;
    cut = span_find(named, '.');
    if (dot == own.n && cut < named.n && own.n > 0)
        add(x, ENTITY_HOST, false, first_label(named));
    else if (dot < own.n && cut == named.n)
        add_two(x, ENTITY_HOST, false, named, '.', span_from(own, dot + 1));
    else
        add(x, ENTITY_HOST, false, named);
}

/* --- users ---------------------------------------------------------------------------------- */

static bool is_nobody(struct span domain, struct span name)
{
    static const char *const names[] = { "-",
                                         "system",
                                         "local service",
                                         "network service",
                                         "anonymous logon",
                                         "localsystem",
                                         "n/a",
                                         "(null)",
                                         NULL };
    static const char *const domains[] = {
        "nt authority",       "nt service", "window manager", "font driver host", "iis apppool",
        "nt virtual machine", NULL
    };

    return name.n == 0 || name.p[name.n - 1] == '$' || is_one_of(name, names) ||
           is_one_of(domain, domains) || starts_nocase(name, "dwm-") ||
           starts_nocase(name, "umfd-") || starts_nocase(name, "S-1-5-");
}

static void add_user(struct entities *x, bool tried, struct span own, struct span domain,
                     struct span name)
{
    static const char *const local[] = { "-", ".", "workgroup", "builtin", NULL };
    size_t at = span_find(name, '\\');

    if (at < name.n) {
        domain = (struct span){ name.p, at };
        name = span_from(name, at + 1);
    } else if ((at = span_find(name, '@')) < name.n) {
        domain = span_from(name, at + 1);
        name.n = at;
    }
    if (is_nobody(domain, name))
        return;
    domain = first_label(domain);
    if (domain.n == 0 || is_one_of(domain, local) || span_eq_nocase(domain, first_label(own)))
        domain = own;
    add_two(x, ENTITY_USER, tried, domain, '\\', name);
}

/* A rule that goes on finding on a host is one matter, however many use that host. */
static void add_rule(struct entities *x, struct span own, const json_t *rule)
{
    struct span id = text_of(rule, "id");

    if (own.n > 0)
        add_two(x, ENTITY_RULE, false, own, '\\', id.n > 0 ? id : text_of(rule, "title"));
}

/* --- addresses, files, sessions ------------------------------------------------------------- */

static bool is_nowhere(const uint8_t a[16])
{
    static const uint8_t v4[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

    if (memcmp(a, v4, sizeof(v4)) == 0)
        return a[12] == 0 || a[12] == 127 || a[12] >= 224 || (a[12] == 169 && a[13] == 254);
    return a[0] == 0xff || (a[0] == 0xfe && (a[1] & 0xc0) == 0x80) ||
           (memcmp(a, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 15) == 0 && a[15] <= 1);
}

static void add_address(struct entities *x, struct span s)
{
    uint8_t a[16];
    char text[40];

    if (!addr_parse(s, a) || is_nowhere(a))
        return;
    for (int i = 0; i < 16; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", (unsigned)a[i]);
    if (memcmp(text, "00000000000000000000ffff", 24) == 0)
        (void)snprintf(text, sizeof(text), "%u.%u.%u.%u", (unsigned)a[12], (unsigned)a[13],
                       (unsigned)a[14], (unsigned)a[15]);
    add(x, ENTITY_ADDRESS, false, span_of(text));
}

/* --- what an event says ---------------------------------------------------------------------- */

static const struct {
    const char *name, *with;
    enum about_kind kind;
} about[] = {
#define X(name, kind, with) { name, with, kind },
    ABOUT_TABLE(X)
#undef X
};

static const struct {
    const char *name, *value, *unless, *has, *who;
} tries[] = {
#define X(name, value, unless, has, who) { name, value, unless, has, who },
    ABOUT_TRY_TABLE(X)
#undef X
};

/* By its normal name, or by the source's own where that is the same. */
struct said {
    const json_t *normal, *fields;
    const char *tried; /* the field that names who was only tried; or NULL */
};

static struct span said_of(const struct said *s, const char *name)
{
    struct span text = name != NULL ? text_of(s->normal, name) : SPAN_NONE;

    return text.n > 0 || name == NULL ? text : text_of(s->fields, name);
}

/* Numbers of events are numbers in some formats. */
static bool says(const struct said *s, const char *name, const char *value)
{
    const json_t *number = json_object_get(s->fields, name);
    char text[24];

    if (!json_is_number(number))
        return span_eq_nocase(said_of(s, name), span_of(value));
    (void)snprintf(text, sizeof(text), "%.0f", json_number_value(number));
    return strcmp(text, value) == 0;
}

static const char *who_was_tried(const struct said *s)
{
    for (size_t i = 0; i < COUNT_OF(tries); i++) {
        if (says(s, tries[i].name, tries[i].value) &&
            (tries[i].unless == NULL || !says(s, tries[i].unless, tries[i].has)) &&
            said_of(s, tries[i].who).n > 0)
            return tries[i].who;
    }
    return NULL;
}

/* What the system brings, or was installed for all, says nothing about who uses it; nor do files
 * that nobody ran. */
static bool is_of_all(const struct said *s)
{
    static const char *const folders[] = { ":\\Windows\\", ":\\Program Files\\",
                                           ":\\Program Files (x86)\\", NULL };
    static const char *const roots[] = { "/usr/", "/bin/", "/sbin/", "/lib", NULL };
    struct span path = SPAN_NONE;

    for (size_t i = 0; i < COUNT_OF(about); i++) {
        if (about[i].kind == ABOUT_FILE && path.n == 0)
            path = said_of(s, about[i].name);
        if (about[i].kind == ABOUT_WRITTEN && said_of(s, about[i].name).n > 0)
            return true;
    }
    for (int i = 0; path.n > 0 && folders[i] != NULL; i++) {
        if (starts_nocase(span_from(path, 1), folders[i]))
            return true;
    }
    for (int i = 0; path.n > 0 && roots[i] != NULL; i++) {
        if (starts_nocase(path, roots[i]))
            return true;
    }
    return false;
}

/* SHA1=...,MD5=...,SHA256=...: the strongest. */
static void add_hashes(struct entities *x, struct span s)
{
    static const char *const names[] = { "SHA256=", "SHA1=", "MD5=" };

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        for (struct span rest = s; rest.n > 0;) {
            size_t end = span_find(rest, ',');
            struct span one = span_trim((struct span){ rest.p, end });

            if (starts_nocase(one, names[i])) {
                add(x, ENTITY_HASH, false, span_from(one, strlen(names[i])));
                return;
            }
            rest = span_from(rest, end < rest.n ? end + 1 : end);
        }
    }
}

static bool is_guid(struct span s)
{
    bool any = false;

    for (size_t i = 0; i < s.n; i++)
        any |= s.p[i] != '0' && s.p[i] != '-' && s.p[i] != '{' && s.p[i] != '}';
    return any && s.n >= 32 && s.n <= 40;
}

/* Those that Sysmon makes are a machine's; those of Windows are the same on both ends of a logon
 * over the network. */
static void add_guid(struct entities *x, enum entity_kind kind, struct span own, struct span s)
{
    if (is_guid(s) && own.n > 0)
        add_two(x, kind, false, own, '\\', s);
    else if (is_guid(s))
        add(x, kind, false, s);
}

/* Numbers of logons are a host's; the first thousand are those of the system. */
static void add_logon(struct entities *x, struct span own, struct span s)
{
    static const char *const none[] = { "-", "0x0", "0x3e7", "0x3e4", "0x3e5", NULL };

    if (s.n > 2 && own.n > 0 && !is_one_of(s, none))
        add_two(x, ENTITY_LOGON, false, own, '\\', s);
}

static void add_domain(struct entities *x, struct span s)
{
    uint8_t a[16];

    if (span_find(s, '.') < s.n && !addr_parse(s, a))
        add(x, ENTITY_DOMAIN, false, s);
}

/* --- fields --------------------------------------------------------------------------------- */

/* What correlations group by. Not an event's `host`, `hostname`: where it was passed on they are
 * whoever did that. */
static const char *const group_hosts[] = { "Computer", "host", "hostname", "host.name", NULL };

static void read_one(struct entities *x, struct span own, const struct said *s, size_t i)
{
    struct span value = said_of(s, about[i].name);

    if (value.n == 0)
        return;
    switch (about[i].kind) {
    case ABOUT_HOST:
        add_host(x, own, value);
        break;
    case ABOUT_USER:
        add_user(x, s->tried != NULL && strcmp(s->tried, about[i].name) == 0, own,
                 said_of(s, about[i].with), value);
        break;
    case ABOUT_ADDRESS:
        add_address(x, value);
        break;
    case ABOUT_DOMAIN:
        add_domain(x, value);
        break;
    case ABOUT_SESSION:
        add_guid(x, ENTITY_LOGON, said_of(s, "ProcessGuid").n > 0 ? own : SPAN_NONE, value);
        break;
    case ABOUT_LOGON:
        add_logon(x, own, value);
        break;
    case ABOUT_PROCESS:
        add_guid(x, ENTITY_PROCESS, own, value);
        break;
    case ABOUT_HASHES:
        if (!is_of_all(s))
            add_hashes(x, value);
        break;
    case ABOUT_HASH:
        if (!is_of_all(s))
            add(x, ENTITY_HASH, false, value);
        break;
    case ABOUT_WITH:
    case ABOUT_FILE:
    case ABOUT_WRITTEN:
    case ABOUT_RESULT:
        break;
    }
}

/* Who sees what others do: the machine that says it is not what it is about. */
static bool is_observer(const json_t *tags)
{
    static const char *const watching[] = { "category:firewall", "category:ids", "category:proxy",
                                            "category:dns", NULL };
    static const char *const own[] = { "product:windows", "product:linux", "product:macos", NULL };
    bool watches = false;
    const json_t *tag;
    size_t i;

    json_array_foreach(tags, i, tag)
    {
        struct span text = json_is_string(tag) ? span_of(json_string_value(tag)) : SPAN_NONE;

        if (is_one_of(text, own))
            return false;
        watches |= is_one_of(text, watching);
    }
    return watches;
}

/* --- tactics and techniques ----------------------------------------------------------------- */

/* In the order of ATT&CK (Enterprise v17; v18's names of what was defense evasion beside it). */
static const struct {
    const char *name;
    uint8_t place;
} tactics[] = {
    { "reconnaissance", 1 },     { "resource-development", 2 },
    { "initial-access", 3 },     { "execution", 4 },
    { "persistence", 5 },        { "privilege-escalation", 6 },
    { "defense-evasion", 7 },    { "stealth", 7 },
    { "defense-impairment", 7 }, { "credential-access", 8 },
    { "discovery", 9 },          { "lateral-movement", 10 },
    { "collection", 11 },        { "command-and-control", 12 },
    { "exfiltration", 13 },      { "impact", 14 },
};

static void add_tactic(struct entities *x, uint8_t place, struct span technique)
{
    struct tactic *t = &x->tactic[x->tactic_count];

    if (x->tactic_count >= TACTICS_MAX || technique.n >= sizeof(t->technique))
        return;
    *t = (struct tactic){ .tactic = place };
    for (size_t i = 0; i < technique.n; i++)
        t->technique[i] = (char)(technique.p[i] == 't' ? 'T' : technique.p[i]);
    x->tactic_count++;
}

static void read_tag(struct entities *x, struct span tag)
{
    if (!starts_nocase(tag, "attack."))
        return;
    tag = span_from(tag, 7);
    for (size_t i = 0; i < COUNT_OF(tactics); i++) {
        if (span_eq_nocase(tag, span_of(tactics[i].name))) {
            add_tactic(x, tactics[i].place, SPAN_NONE);
            return;
        }
    }
    if (tag.n > 1 && (tag.p[0] == 't' || tag.p[0] == 'T') && tag.p[1] >= '0' && tag.p[1] <= '9')
        add_tactic(x, 0, tag);
}

static void read_tags(struct entities *x, const json_t *tags)
{
    const json_t *tag;
    size_t i;

    json_array_foreach(tags, i, tag)
    {
        if (json_is_string(tag))
            read_tag(x, (struct span){ (const uint8_t *)json_string_value(tag),
                                       json_string_length(tag) });
    }
}

static void read_correlation(struct entities *x, struct span host, const json_t *all)
{
    const struct said said = { NULL, json_object_get(all, "group"), NULL };

    add_host(x, SPAN_NONE, host);
    read_tags(x, json_object_get(all, "tags"));
    for (int i = 0; group_hosts[i] != NULL; i++)
        add_host(x, SPAN_NONE, text_of(said.fields, group_hosts[i]));
    for (size_t i = 0; i < COUNT_OF(about); i++)
        read_one(x, SPAN_NONE, &said, i);
}

static void read_event(struct entities *x, struct span own, const json_t *event, const json_t *rule)
{
    struct said said = { json_object_get(event, "normal"), json_object_get(event, "fields"), NULL };

    read_tags(x, json_object_get(rule, "tags"));
    if (is_observer(json_object_get(event, "tags")))
        own = SPAN_NONE;
    said.tried = who_was_tried(&said);
    add_host(x, SPAN_NONE, own);
    for (size_t i = 0; i < COUNT_OF(about); i++)
        read_one(x, own, &said, i);
    add_rule(x, own, rule);
}

void entities_read(struct entities *x, struct span host, struct span json)
{
    json_t *all = NULL, *event, *rule;

    x->count = x->tactic_count = 0;
    buf_clear(&x->text);
    if (json.n > 0)
        all = json_loadb((const char *)json.p, json.n, JSON_DECODE_INT_AS_REAL, NULL);
    event = json_object_get(all, "event");
    rule = json_object_get(all, "rule");
    if (event != NULL || rule != NULL)
        read_event(x, host, event, rule);
    else
        read_correlation(x, host, all);
    json_decref(all);
}
