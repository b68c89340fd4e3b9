/*
 * Goal: every setting has its default, takes what its row allows and refuses all else with the
 * line; nothing in the file is ignored; the page about settings is what the table says. Method: the
 * rows themselves are gone through by type; texts of YAML with what must come of them.
 */
#include "check.h"
#include "guard.h"

#include "base/num.h"
#include "conf/settings.h"
#include "os/file.h"

static const char *page; /* docs/settings.md */

/* The settings of `yaml`, which must be good. */
static void good(struct settings *s, const char *yaml)
{
    struct err e = { 0 };

    if (settings_read(s, span_of(yaml), "f", &e) != ERR_OK)
        fail_msg("'%s': %s", yaml, e.why);
}

/* `yaml` is refused with this code at this line, and the sentence has `part` in it. */
static void bad(const char *name, const char *yaml, enum err_code code, size_t line,
                const char *part)
{
    struct settings s;
    struct err e = { 0 };
    int rc = settings_read(&s, span_of(yaml), "f", &e);

    if (rc == ERR_OK)
        settings_release(&s);
    if (rc != (int)code || e.code != code || e.at != line || strstr(e.why, part) == NULL ||
        strncmp(e.why, "f:", 2) != 0)
        fail_msg("row '%s': %d at %zu: '%s', want %d at %zu: '%s'", name, rc, e.at, e.why, code,
                 line, part);
}

/* --- Every row ------------------------------------------------------------------------------ */

/* Per type: a value that every row of it takes (NULL: made from its range), one that none does. */
static const struct {
    const char *type, *good, *bad;
} values[] = {
    { "text", "some text", "\"a\\nb\"" },
    { "list", "[one, two]", "{ a: b }" },
    { "addresses", "[\"127.0.0.1:1\", \"[::1]:65535\"]", "127.0.0.1" },
    { "networks", "[10.0.0.0/8, \"::1\"]", "10.0.0.0/33" },
    { "number", NULL, "many" },
    { "size", NULL, "12XB" },
    { "time", NULL, "1week" },
    { "digest", "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF", "0011" },
    { "flag", "true", "yes" },
};

static size_t value_row(const char *type)
{
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        if (strcmp(values[i].type, type) == 0)
            return i;
    }
    fail_msg("no row for the type '%s'", type);
    return 0;
}

static const char *unit_of(const char *type)
{
    return strcmp(type, "time") == 0 ? "ms" : "";
}

typedef bool row_fn(uint32_t i, struct setting_row *row);

/* A row's line, alone or within a source that is otherwise good. */
static const char *place(bool source, const struct setting_row *row, const char *value)
{
    static char text[512];

    if (!source)
        snprintf(text, sizeof(text), "%s: %s\n", row->name, value);
    else if (strcmp(row->name, "name") == 0)
        snprintf(text, sizeof(text), "sources:\n- certificate: c\n  name: %s\n", value);
    else if (strcmp(row->name, "certificate") == 0)
        snprintf(text, sizeof(text), "sources:\n- name: s\n  certificate: %s\n", value);
    else
        snprintf(text, sizeof(text),
                 "sources:\n- {name: s, certificate: c}\n- name: t\n"
                 "  certificate: d\n  %s: %s\n",
                 row->name, value);
    return text;
}

static size_t place_line(bool source, const struct setting_row *row)
{
    bool own = strcmp(row->name, "name") == 0 || strcmp(row->name, "certificate") == 0;

    return !source ? 1 : own ? 3 : 5;
}

static bool needs_others(const struct setting_row *row)
{
    return strcmp(row->name, "syslog-tls") == 0 || strcmp(row->name, "https") == 0 ||
           strcmp(row->name, "tls-mutual") == 0 || strcmp(row->name, "console-url") == 0 ||
           strcmp(row->name, "oidc-issuer") == 0 || strcmp(row->name, "console-plain") == 0;
}

static void check_range(bool source, const struct setting_row *row)
{
    struct settings s;
    char text[64];

    for (int i = 0; i < 2; i++) {
        snprintf(text, sizeof(text), "%llu%s", (unsigned long long)(i == 0 ? row->min : row->max),
                 unit_of(row->type));
        good(&s, place(source, row, text));
        settings_release(&s);
    }
    snprintf(text, sizeof(text), "%llu%s", (unsigned long long)row->max + 1, unit_of(row->type));
    bad(row->name, place(source, row, text), ERR_LIMIT, place_line(source, row), row->name);
    if (row->min == 0)
        return;
    snprintf(text, sizeof(text), "%llu%s", (unsigned long long)row->min - 1, unit_of(row->type));
    bad(row->name, place(source, row, text), ERR_LIMIT, place_line(source, row), row->name);
}

static void check_rows(row_fn *get, bool source)
{
    struct setting_row row;
    struct settings s;
    uint32_t i = 0;

    for (; get(i, &row); i++) {
        size_t v = value_row(row.type);
        char twice[1024];

        assert_true(row.help[0] != 0);
        bad(row.name, place(source, &row, values[v].bad), ERR_SYNTAX, place_line(source, &row),
            row.name);
        if (values[v].good == NULL) {
            check_range(source, &row);
        } else if (source || !needs_others(&row)) {
            good(&s, place(source, &row, values[v].good));
            settings_release(&s);
        }
        if (source)
            continue;
        snprintf(twice, sizeof(twice), "%s: %s\n\n%s: %s\n", row.name,
                 values[v].good != NULL ? values[v].good : row.initial, row.name,
                 values[v].good != NULL ? values[v].good : row.initial);
        bad(row.name, twice, ERR_SYNTAX, 3, "given twice");
    }
    assert_true(i > 5);
}

static void every_row_takes_what_it_allows_and_refuses_all_else(void **state)
{
    (void)state;
    check_rows(settings_row, false);
    check_rows(settings_source_row, true);
}

static void check_default(const char *name, const struct settings *s)
{
#define AS_TEXT(m)      snprintf(got, sizeof(got), "%s", s->m)
#define AS_LIST(m)      snprintf(got, sizeof(got), "%s", s->m.count == 0 ? "" : s->m.value[0])
#define AS_ADDRESSES(m) AS_LIST(m)
#define AS_NUMBER(m)    snprintf(got, sizeof(got), "%llu", (unsigned long long)s->m)
#define AS_BYTES(m)     AS_NUMBER(m)
#define AS_TIME(m)      AS_NUMBER(m)
#define AS_FLAG(m)      snprintf(got, sizeof(got), "%s", s->m ? "true" : "false")
#define X(member, type, row, initial, min, max, reload, help)                                      \
    if (strcmp(name, row) == 0) {                                                                  \
        AS_##type(member);                                                                         \
        snprintf(want, sizeof(want), "%s", initial);                                               \
    }
    char got[256] = "?", want[256] = "";

    SETTING_TABLE(X)
#undef X
    /* "20ms" is stored as 20, "64MiB" as bytes: those are told by a table of their own below. */
    if (strspn(got, "0123456789") != strlen(got) || strspn(want, "0123456789") == strlen(want))
        assert_string_equal(got, want);
}

static void defaults_need_no_file(void **state)
{
    struct setting_row row;
    struct settings s;

    (void)state;
    good(&s, "");
    for (uint32_t i = 0; settings_row(i, &row); i++)
        check_default(row.name, &s);
    assert_int_equal(s.rules.count, 0);
    assert_int_equal(s.syslog_udp.count, 1);
    assert_int_equal(s.idle, 600000);
    assert_int_equal(s.begin, 10000);
    assert_int_equal(s.udp_buffer, 64 << 20);
    assert_int_equal(s.commit_wait, 20);
    assert_int_equal(s.segment_bytes, 256 << 20);
    assert_int_equal(s.alert_window, 3600000);
    assert_int_equal(s.silence, 0);
    assert_int_equal(s.source_count, 0);
    settings_release(&s);
    good(&s, "# nothing\n");
    settings_release(&s);
    good(&s, "---\n");
    settings_release(&s);
    good(&s, "{}\n");
    settings_release(&s);
}

/* --- Values --------------------------------------------------------------------------------- */

static void sizes_and_times_have_units(void **state)
{
    static const struct {
        const char *yaml;
        uint64_t size, time;
    } rows[] = {
        { "udp-buffer: 65536\nidle: 5000ms", 65536, 5000 },
        { "udp-buffer: 64KiB\nidle: 5s", 65536, 5000 },
        { "udp-buffer: 2MiB\nidle: 3m", 2 << 20, 180000 },
        { "udp-buffer: 1GiB\nidle: 2h", 1 << 30, 7200000 },
        { "udp-buffer: \"00064KiB\"\nidle: 1d", 65536, 86400000 },
    };
    static const char *const refused[] = {
        "idle: 5",     "idle: 5 s",        "idle: -5s",           "idle: s",
        "idle: 1.5s",  "idle: 5S",         "idle: 5s5",           "idle: 99999999999999999999d",
        "idle: ''",    "udp-buffer: kb",   "udp-buffer: 1KB",     "udp-buffer: 0x10000",
        "udp-buffer:", "udp-buffer: 1kib", "idle: 213503982335d",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct settings s;

        good(&s, rows[i].yaml);
        CHECK_ROW(rows[i].yaml, s.udp_buffer == rows[i].size && s.idle == rows[i].time);
        settings_release(&s);
    }
    for (size_t i = 0; i < COUNT_OF(refused); i++)
        bad(refused[i], refused[i], ERR_SYNTAX, 1, "takes");
}

static void a_list_is_one_text_or_many(void **state)
{
    struct settings s;
    char many[512] = "rules:\n";

    (void)state;
    good(&s, "rules: /a\nfiles: []\nsyslog-udp:\nsyslog-tcp: ~\nrelp: ''\nhttp: [\"[::]:80\"]");
    assert_int_equal(s.rules.count, 1);
    assert_string_equal(s.rules.value[0], "/a");
    assert_int_equal(s.syslog_udp.count + s.syslog_tcp.count + s.relp.count + s.files.count, 0);
    assert_string_equal(s.http.value[0], "[::]:80");
    settings_release(&s);
    for (int i = 0; i < 30; i++)
        snprintf(many + strlen(many), sizeof(many) - strlen(many), "- r%d\n", i);
    good(&s, many);
    assert_int_equal(s.rules.count, 30);
    assert_string_equal(s.rules.value[0], "r0");
    assert_string_equal(s.rules.value[29], "r29");
    settings_release(&s);
    bad("inner", "rules: [a, [b]]", ERR_SYNTAX, 1, "list of texts");
    bad("map", "rules:\n- a: b", ERR_SYNTAX, 2, "list of texts");
    bad("empty", "rules: ['']", ERR_SYNTAX, 1, "takes");
    bad("for one", "user: [a]", ERR_SYNTAX, 1, "takes");
    bad("line", "rules:\n- a\n- \"\\x01\"\n", ERR_SYNTAX, 3, "takes");
}

static void addresses_are_numbers(void **state)
{
    static const char *const refused[] = {
        "localhost:1", "127.0.0.1:65536", "127.0.0.1:",  ":1",          "::1:5", "[::1]",
        "[]:1",        "1.2.3:4",         "127.0.0.1:x", "[127.0.0.1:5"
    };
    char yaml[128];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        snprintf(yaml, sizeof(yaml), "relp: [\"%s\"]", refused[i]);
        bad(refused[i], yaml, ERR_SYNTAX, 1, "addresses like");
    }
}

/* --- Sources -------------------------------------------------------------------------------- */

static void sources_are_rows(void **state)
{
    struct settings s;

    (void)state;
    good(&s, "sources:\n"
             "  - name: fw\n    address: [192.0.2.1, 10.0.0.0/8]\n    interval: 5m\n"
             "  - { name: web, disabled: true, system: portal, token-sha256: "
             "ABCDEF0000000000000000000000000000000000000000000000000000000000 }\n"
             "silence: 1h\n");
    assert_int_equal(s.source_count, 2);
    assert_string_equal(s.sources[0].name, "fw");
    assert_int_equal(s.sources[0].address.count, 2);
    assert_string_equal(s.sources[0].address.value[1], "10.0.0.0/8");
    assert_int_equal(s.sources[0].interval, 300000);
    assert_false(s.sources[0].disabled);
    assert_string_equal(s.sources[0].token_sha256, "");
    assert_true(s.sources[1].disabled);
    assert_string_equal(s.sources[1].system, "portal");
    assert_memory_equal(s.sources[1].token_sha256, "abcdef00", 8);
    assert_int_equal(s.silence, 3600000);
    settings_release(&s);
    good(&s, "sources:\n");
    settings_release(&s);
    good(&s, "sources: []\n");
    settings_release(&s);
}

#define HEX "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void tokens_are_rows(void **state)
{
    struct settings s;
    struct err e;

    (void)state;
    assert_int_equal(settings_read(&s,
                                   SPAN_LIT("tokens:\n- name: a\n  token-sha256: " HEX
                                            "\n  may: search\nidle: 5s\n"),
                                   "f", &e),
                     ERR_OK);
    assert_int_equal(s.token_count, 1);
    assert_string_equal(s.tokens[0].name, "a");
    assert_string_equal(s.tokens[0].sha256, HEX);
    assert_int_equal(s.tokens[0].may.count, 1);
    assert_true(s.idle == 5000);
    settings_release(&s);
}

static void channels_are_rows(void **state)
{
    struct settings s;

    (void)state;
    good(
        &s,
        "channels:\n"
        "- { name: mail, kind: smtp, url: 'smtp://mail.example.vn:587', user: canh, secret: /s,\n"
        "    from: canh@example.vn, to: [an@example.vn, binh@example.vn], second: sms }\n"
        "- { name: sms, kind: gateway, url: 'https://sms.example.vn/v1', to: '+84912345678',\n"
        "    level: critical, body: '{\"to\":\"{phone}\",\"n\":{number}}' }\n"
        "- { name: hook, kind: webhook, url: 'http://127.0.0.1:80/x', secret: /k, second: sms }\n");
    assert_int_equal(s.channel_count, 3);
    assert_string_equal(s.channels[0].level, "high");
    assert_int_equal(s.channels[0].to.count, 2);
    assert_string_equal(s.channels[1].to.value[0], "+84912345678");
    assert_string_equal(s.channels[2].second, "sms");
    settings_release(&s);
}

static void bad_channels_are_refused_with_their_line(void **state)
{
#define MAIL "kind: smtp, url: 'smtp://h', from: a@b, to: c@d"
#define SMS  "kind: gateway, url: 'https://h/', to: '123', body: '{phone}'"
    static const struct {
        const char *row, *part;
    } rows[] = {
        { "{ " MAIL " }", "needs a 'name'" },
        { "{ name: a b, " MAIL " }", "needs a 'name'" },
        { "{ name: a, kind: pigeon }", "needs a 'kind'" },
        { "{ name: a, kind: smtp, url: 'ftp://h', from: a@b, to: c@d }", "smtp:// or smtps://" },
        { "{ name: a, kind: smtp, url: 'h:25', from: a@b, to: c@d }", "needs a 'url'" },
        { "{ name: a, kind: smtp, url: 'smtp://h', to: c@d }", "as 'from'" },
        { "{ name: a, kind: smtp, url: 'smtp://h', from: a@b }", "needs 'to'" },
        { "{ name: a, kind: smtp, url: 'smtp://h', from: a@b, to: [c@d, c@d] }", "'to' twice" },
        { "{ name: a, kind: smtp, url: 'smtp://h', from: a@b, to: 'c@d e' }", "mail addresses" },
        { "{ name: a, user: u, " MAIL " }", "'user' and 'secret'" },
        { "{ name: a, level: grave, " MAIL " }", "level of rules" },
        { "{ name: a, body: x, " MAIL " }", "takes no 'body'" },
        { "{ name: a, header: X-Key, " MAIL " }", "this 'header'" },
        { "{ name: a, expect: ok, " MAIL " }", "takes no 'expect'" },
        { "{ name: a, second: b, " MAIL " }", "'second' that is no channel" },
        { "{ name: a, second: a, " MAIL " }", "comes back to itself" },
        { "{ name: a, kind: webhook, url: 'https://h/' }", "needs a 'secret'" },
        { "{ name: a, kind: webhook, url: 'http://h/', secret: /k }", "to this machine only" },
        { "{ name: a, kind: webhook, url: 'https://h/', secret: /k, to: x }", "takes no 'to'" },
        { "{ name: a, kind: webhook, url: 'https://h/', secret: /k, people: '+84' }",
          "takes no 'people'" },
        { "{ name: a, kind: smtp, url: 'smtp://h', from: a@b, to: c@d, people: example.vn }",
          "takes ends of mail addresses as 'people'" },
        { "{ name: a, kind: smtp, url: 'smtp://h', from: a@b, to: c@d, people: '@' }",
          "takes ends of mail addresses as 'people'" },
        { "{ name: a, kind: gateway, url: 'https://h/', to: '113', body: '{phone}', people: '+' }",
          "takes beginnings of phone numbers as 'people'" },
        { "{ name: a, kind: gateway, url: 'https://h/', to: '113', body: '{phone}', people: '8 4' }",
          "takes beginnings of phone numbers as 'people'" },
        { "{ name: a, kind: gateway, url: 'https://h/', to: c@d, body: '{phone}' }",
          "phone numbers" },
        { "{ name: a, kind: gateway, url: 'https://h/', to: '123', body: x }", "{phone} in it" },
        { "{ name: a, kind: gateway, url: 'https://h/', to: '123', body: '{phone} {title}' }",
          "nothing else" },
        { "{ name: a, user: u, " SMS " }", "needs a 'secret'" },
    };
    char yaml[512];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        bool together = strstr(rows[i].row, "second") != NULL;

        snprintf(yaml, sizeof(yaml), "channels:\n- %s\n", rows[i].row);
        bad(rows[i].row, yaml, ERR_SYNTAX, together ? 1 : 2, rows[i].part);
    }
    bad("two", "channels:\n- { name: a, " MAIL " }\n- { name: a, " SMS " }\n", ERR_SYNTAX, 1,
        "two channels");
    bad("circle",
        "channels:\n- { name: a, second: b, " MAIL " }\n- { name: b, second: c, " SMS
        " }\n- { name: c, second: b, " SMS " }\n",
        ERR_SYNTAX, 1, "comes back to itself");
    bad("unknown", "channels:\n- { name: a, tos: x }\n", ERR_NOTFOUND, 2, "of a channel");
}

static void what_was_read_is_kept_as_it_was(void **state)
{
    static const char yaml[] = "# why\nidle:   5s\n";
    struct settings s;
    struct err e;

    (void)state;
    assert_int_equal(settings_read(&s, span_of(yaml), "f", &e), ERR_OK);
    assert_true(span_eq(s.yaml, span_of(yaml)));
    settings_release(&s);
    assert_int_equal(settings_read(&s, SPAN_NONE, "f", &e), ERR_OK);
    assert_true(s.yaml.n == 0);
    settings_release(&s);
}

static void bad_sources_are_refused_with_their_line(void **state)
{
    static const struct {
        const char *yaml;
        enum err_code code;
        size_t line;
        const char *part;
    } rows[] = {
        { "sources: x", ERR_SYNTAX, 1, "list of sources" },
        { "sources: { name: x }", ERR_SYNTAX, 1, "list of sources" },
        { "sources:\n- x", ERR_SYNTAX, 2, "names and values" },
        { "sources:\n- name: a", ERR_SYNTAX, 2, "needs one of" },
        { "sources:\n- name: a\n  address: []", ERR_SYNTAX, 2, "needs one of" },
        { "sources:\n- address: 1.2.3.4", ERR_SYNTAX, 2, "needs a 'name'" },
        { "sources:\n- name: a\n  certificate: c\n- name: a\n  certificate: d", ERR_SYNTAX, 4,
          "two sources 'a'" },
        { "sources:\n- name: a\n  name: b", ERR_SYNTAX, 3, "given twice" },
        { "sources:\n- name: a\n  idle: 5s", ERR_NOTFOUND, 3, "no setting 'idle' of a source" },
        { "sources:\n- name: a\n  [b]: c", ERR_SYNTAX, 3, "names and values" },
        { "sources: []\nsources: []", ERR_SYNTAX, 2, "given twice" },
        { "tokens: x", ERR_SYNTAX, 1, "list of tokens" },
        { "tokens:\n- name: a", ERR_SYNTAX, 2, "needs a 'name' and a 'token-sha256'" },
        { "tokens:\n- token-sha256: " HEX, ERR_SYNTAX, 2, "needs a 'name' and a 'token-sha256'" },
        { "tokens:\n- name: a\n  token-sha256: 12", ERR_SYNTAX, 3, "64 hex digits" },
        { "tokens:\n- name: a\n  token-sha256: " HEX "\n  may: [stat, all]", ERR_SYNTAX, 2,
          "may not 'all'" },
        { "tokens:\n- name: a\n  token-sha256: " HEX "\n- name: b\n  token-sha256: " HEX,
          ERR_SYNTAX, 4, "two tokens" },
        { "tokens:\n- name: a\n  idle: 5s", ERR_NOTFOUND, 3, "no setting 'idle' of a token" },
        { "tokens: []\ntokens: []", ERR_SYNTAX, 2, "given twice" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        bad(rows[i].yaml, rows[i].yaml, rows[i].code, rows[i].line, rows[i].part);
}

/* --- What is no settings file --------------------------------------------------------------- */

static void what_is_not_known_is_refused_with_its_line(void **state)
{
    static const struct {
        const char *yaml;
        enum err_code code;
        size_t line;
        const char *part;
    } rows[] = {
        { "idle: 5s\nrule: x", ERR_NOTFOUND, 2, "no setting 'rule'." },
        { "Idle: 5s", ERR_NOTFOUND, 1, "no setting 'Idle'" },
        { "\"a\\nb\": 5s", ERR_NOTFOUND, 1, "no setting 'a?b'" },
        { "<<: { idle: 5s }", ERR_NOTFOUND, 1, "no setting '<<'" },
        { "- idle", ERR_SYNTAX, 1, "names and values" },
        { "idle", ERR_SYNTAX, 1, "names and values" },
        { "[a]: b", ERR_SYNTAX, 1, "name and a value" },
        { "idle: 5s\n---\nidle: 6s", ERR_SYNTAX, 2, "second document" },
        { "idle: 5s\n\tx", ERR_SYNTAX, 2, "not YAML" },
        { "idle: [", ERR_SYNTAX, 1, "takes" },
        { "rules: [", ERR_SYNTAX, 2, "not YAML" },
        { "idle: &a 5s", ERR_UNSUPPORTED, 1, "Anchors" },
        { "\n&a idle: 5s", ERR_UNSUPPORTED, 2, "Anchors" },
        { "rules: &a [x]", ERR_UNSUPPORTED, 1, "Anchors" },
        { "rules: [&a x, *a]", ERR_UNSUPPORTED, 1, "Anchors" },
        { "rules: *a", ERR_UNSUPPORTED, 1, "Anchors" },
        { "&a { idle: 5s }", ERR_UNSUPPORTED, 1, "Anchors" },
        { "idle: !!str 5s", ERR_UNSUPPORTED, 1, "Anchors" },
        { "idle: ! 5s", ERR_UNSUPPORTED, 1, "Anchors" },
        { "sources:\n- !x { name: a }", ERR_UNSUPPORTED, 2, "Anchors" },
        { "user: \"a\\0b\"", ERR_SYNTAX, 1, "control" },
        { "user: \xff\xfe", ERR_SYNTAX, 1, "not YAML" },
        { "https: \"127.0.0.1:1\"", ERR_SYNTAX, 1, "need 'tls-certificate'" },
        { "syslog-tls: \"127.0.0.1:1\"\ntls-key: k", ERR_SYNTAX, 1, "need 'tls-certificate'" },
        { "tls-mutual: true", ERR_SYNTAX, 1, "needs 'tls-ca'" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        bad(rows[i].yaml, rows[i].yaml, rows[i].code, rows[i].line, rows[i].part);
}

static void http_for_people_stays_on_this_machine(void **state)
{
    struct settings s;

    (void)state;
    good(&s, "console-plain: ['127.0.0.1:8080', '[::1]:8080', '127.9.9.9:1']");
    assert_int_equal(s.console_plain.count, 3);
    settings_release(&s);
    bad("beyond", "console-plain: ['127.0.0.1:1', '192.0.2.1:8080']", ERR_SYNTAX, 1,
        "loopback only, not on 192.0.2.1:8080");
    bad("all", "console-plain: '0.0.0.0:8080'", ERR_SYNTAX, 1, "loopback only");
    bad("all", "console-plain: '[::]:8080'", ERR_SYNTAX, 1, "loopback only");
}

#define ISSUER "console-url: https://c.vn:8443\noidc-client: canh\noidc-issuer: "

static void an_issuer_needs_what_it_needs(void **state)
{
    static const char *const good_ones[] = {
        ISSUER "https://sso.vn/realms/x",
        ISSUER "http://127.0.0.1:80",
        ISSUER "https://sso.vn\noidc-scopes: [email, openid]\noidc-amr: [mfa, 'pwd+otp']",
        "console-url: https://c.vn",
        "oidc-client: canh", /* waits for an issuer */
    };
    static const struct {
        const char *yaml, *part;
    } rows[] = {
        { ISSUER "http://sso.vn", "'oidc-issuer' is an https" },
        { ISSUER "https://sso.vn/?x=1", "'oidc-issuer' is an https" },
        { ISSUER "smtp://localhost", "'oidc-issuer' is an https" },
        { ISSUER "https://user@sso.vn", "'oidc-issuer' is an https" },
        { "oidc-client: canh\noidc-issuer: https://sso.vn", "needs 'console-url'" },
        { "console-url: https://c.vn\noidc-issuer: https://sso.vn", "needs 'oidc-client'" },
        { "console-url: https://c.vn/", "'console-url' is" },
        { "console-url: http://localhost", "'console-url' is" },
        { "console-url: https://c.vn/canh", "'console-url' is" },
        { ISSUER "https://sso.vn\noidc-scopes: email", "one of them openid" },
        { ISSUER "https://sso.vn\noidc-scopes: [openid, 'a b']", "one of them openid" },
        { ISSUER "https://sso.vn\noidc-acr: ['\"']", "'oidc-acr' are words" },
        { ISSUER "https://sso.vn\noidc-claim: ''", "'oidc-claim' is" },
        { "console-url: https://c.vn\noidc-client: 'a b'\noidc-issuer: https://sso.vn",
          "needs 'oidc-client'" },
    };
    struct settings s;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(good_ones); i++) {
        good(&s, good_ones[i]);
        settings_release(&s);
    }
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        bad(rows[i].yaml, rows[i].yaml, ERR_SYNTAX, 1, rows[i].part);
}

static void a_file_of_64_kib_is_read_and_one_byte_more_is_not(void **state)
{
    static char text[SETTINGS_BYTES_MAX + 1];
    struct settings s;
    struct err e;

    (void)state;
    memset(text, '#', sizeof(text));
    memcpy(text, "idle: 7s\n", 9);
    assert_int_equal(
        settings_read(&s, (struct span){ (uint8_t *)text, SETTINGS_BYTES_MAX }, "f", &e), ERR_OK);
    assert_int_equal(s.idle, 7000);
    settings_release(&s);
    assert_int_equal(settings_read(&s, (struct span){ (uint8_t *)text, sizeof(text) }, "f", &e),
                     ERR_LIMIT);
    assert_non_null(strstr(e.why, "larger than 65536"));
}

static void a_file_cut_anywhere_is_read_or_refused(void **state)
{
    static const char whole[] = "rules: [a, \"b\"]\nidle: 5s\nsources:\n- name: x\n"
                                "  address: [10.0.0.0/8]\n- {name: y, certificate: 'é'}\n";
    struct guard g;
    struct err e;

    (void)state;
    guard_init(&g, sizeof(whole));
    for (size_t n = 0; n < sizeof(whole); n++) {
        struct settings s;
        int rc =
            settings_read(&s, guard_put(&g, (struct span){ (const uint8_t *)whole, n }), "f", &e);

        if (rc == ERR_OK)
            settings_release(&s);
        else
            assert_true(e.at >= 1 && strncmp(e.why, "f:", 2) == 0);
    }
    guard_release(&g);
}

/* --- Texts ---------------------------------------------------------------------------------- */

static void what_needs_a_restart_is_told(void **state)
{
    struct settings a, b;
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    good(&a, "");
    good(&b, "idle: 5s\nrules: x\nhttp-open: true\n");
    settings_restart(&a, &b, &out);
    assert_int_equal(out.n, 0);
    settings_release(&b);
    good(&b, "relp: []\ncollectors: 3\njournal: true\nuser: u\nsyslog-udp: \"127.0.0.1:9\"");
    settings_restart(&a, &b, &out);
    check_span("restart", buf_span(&out), "collectors, user, syslog-udp, relp, journal");
    settings_release(&a);
    settings_release(&b);
    buf_release(&out);
}

static void help_names_every_setting(void **state)
{
    struct setting_row row;
    struct buf out;

    (void)state;
    buf_init(&out, 65536);
    settings_help(&out);
    buf_byte(&out, 0);
    assert_false(buf_failed(&out));
    for (uint32_t i = 0; settings_row(i, &row); i++)
        CHECK_ROW(row.name, strstr((char *)out.p, row.name) != NULL);
    for (uint32_t i = 0; settings_source_row(i, &row); i++)
        CHECK_ROW(row.name, strstr((char *)out.p, row.name) != NULL);
    for (uint32_t i = 0; settings_channel_row(i, &row); i++)
        CHECK_ROW(row.name, strstr((char *)out.p, row.name) != NULL);
    for (char *p = (char *)out.p, *end; (end = strchr(p, '\n')) != NULL; p = end + 1)
        CHECK_ROW(p, end - p <= 100);
    buf_release(&out);
}

static void the_page_about_settings_is_what_the_table_says(void **state)
{
    struct buf want, have;
    struct err e = { 0 };

    (void)state;
    if (page == NULL)
        skip();
    buf_init(&want, 65536);
    buf_init(&have, 1 << 20);
    settings_markdown(&want);
    if (file_read(page, 65536, &have, &e) != ERR_OK)
        fail_msg("%s", e.why);
    if (!span_eq(buf_span(&want), buf_span(&have)))
        fail_msg("%s is stale: run tools/settings.sh", page);
    buf_release(&want);
    buf_release(&have);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_takes_what_it_allows_and_refuses_all_else),
        cmocka_unit_test(defaults_need_no_file),
        cmocka_unit_test(sizes_and_times_have_units),
        cmocka_unit_test(a_list_is_one_text_or_many),
        cmocka_unit_test(addresses_are_numbers),
        cmocka_unit_test(sources_are_rows),
        cmocka_unit_test(tokens_are_rows),
        cmocka_unit_test(channels_are_rows),
        cmocka_unit_test(bad_channels_are_refused_with_their_line),
        cmocka_unit_test(what_was_read_is_kept_as_it_was),
        cmocka_unit_test(bad_sources_are_refused_with_their_line),
        cmocka_unit_test(what_is_not_known_is_refused_with_its_line),
        cmocka_unit_test(http_for_people_stays_on_this_machine),
        cmocka_unit_test(an_issuer_needs_what_it_needs),
        cmocka_unit_test(a_file_of_64_kib_is_read_and_one_byte_more_is_not),
        cmocka_unit_test(a_file_cut_anywhere_is_read_or_refused),
        cmocka_unit_test(what_needs_a_restart_is_told),
        cmocka_unit_test(help_names_every_setting),
        cmocka_unit_test(the_page_about_settings_is_what_the_table_says),
    };

    page = argc > 1 ? argv[1] : NULL;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
