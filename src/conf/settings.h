/*
 * settings.h - the server's settings: one table row each, from which the file's reader, --help and
 * docs/settings.md come. The file is YAML: `name: value`, lists where a row says so, and
 * `sources:`, `tokens:` and `channels:`, lists of what is known about senders, of who may ask, and
 * of where notices go (rows of their own). An unknown name, a value out of range or given twice is
 * an error with its line: a setting is never ignored.
 *
 * Everything has a default: no file is needed. Texts live as long as the struct. The reader keeps
 * to a small part of YAML: one document, no anchors, aliases or tags, at most SETTINGS_BYTES_MAX.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"

#define SETTINGS_BYTES_MAX 65536u

struct text_list {
    const char **value;
    uint32_t count;
};

/*  X(member, type, name, default, min, max, reload, help)
 *  types: TEXT, LIST of texts, ADDRESSES (list of "127.0.0.1:514", "[::1]:514"), NETWORKS (list of
 *  "10.0.0.0/8"), NUMBER, BYTES ("64MiB"), TIME ("20ms", "5s", "10m", "2h", "3d"; stored in ms),
 *  DIGEST (64 hex digits), FLAG (true, false). One text will do for a list of one.
 *  reload: 1 when SIGHUP takes a new value, 0 when it needs a restart. */
#define SETTING_TABLE(X)                                                                           \
    X(rules, LIST, "rules", "", 0, 0, 1,                                                           \
      "files and folders of Sigma rules (default: those that ship)")                               \
    X(taxonomy, TEXT, "taxonomy", "", 0, 0, 1,                                                     \
      "folder: how sources name things (default: what ships)")                                     \
    X(placeholders, TEXT, "placeholders", "", 0, 0, 1,                                             \
      "YAML of name: [values] for rules with %name%")                                              \
    X(law, TEXT, "law", "", 0, 0, 0,                                                               \
      "folder with law/ and playbooks/, read again with SIGHUP (default: what ships)")             \
    X(collectors, NUMBER, "collectors", "0", 0, 16, 0, "collector processes (0: one a core)")      \
    X(user, TEXT, "user", "", 0, 0, 0, "account that roles run as when started by root")           \
    X(syslog_udp, ADDRESSES, "syslog-udp", "127.0.0.1:5514", 0, 0, 0,                              \
      "syslog over UDP (RFC 5426): addresses")                                                     \
    X(syslog_tcp, ADDRESSES, "syslog-tcp", "127.0.0.1:5514", 0, 0, 0,                              \
      "syslog over TCP (RFC 6587, both framings)")                                                 \
    X(syslog_tls, ADDRESSES, "syslog-tls", "", 0, 0, 0,                                            \
      "syslog over TLS (RFC 5425); needs tls-certificate and tls-key")                             \
    X(relp, ADDRESSES, "relp", "127.0.0.1:2514", 0, 0, 0,                                          \
      "RELP, which rsyslog speaks: acknowledged once on the disk")                                 \
    X(http, ADDRESSES, "http", "127.0.0.1:9200", 0, 0, 0,                                          \
      "HTTP: Elasticsearch _bulk, NDJSON, Splunk HEC, OTLP, Loki push")                            \
    X(https, ADDRESSES, "https", "", 0, 0, 0,                                                      \
      "the same over TLS; needs tls-certificate and tls-key")                                      \
    X(metrics, ADDRESSES, "metrics", "127.0.0.1:9464", 0, 0, 0, "HTTP: /metrics for Prometheus")   \
    X(console, ADDRESSES, "console", "127.0.0.1:8443", 0, 0, 0,                                    \
      "HTTPS: the API (/api), for who has a token of `tokens`; a certificate is made where "       \
      "tls-certificate names none")                                                                \
    X(console_plain, ADDRESSES, "console-plain", "", 0, 0, 0,                                      \
      "the same over HTTP, for a browser on this machine: addresses of loopback only")             \
    X(sample, FLAG, "sample", "false", 0, 0, 1,                                                    \
      "the province is a made-up one: every page of the console says so")                          \
    X(console_url, TEXT, "console-url", "", 0, 0, 1,                                               \
      "https:// address by which browsers reach the console, without a path")                      \
    X(oidc_issuer, TEXT, "oidc-issuer", "", 0, 0, 1,                                               \
      "OpenID Connect: whose word on who logs in is taken, https:// (none: nobody's)")             \
    X(oidc_client, TEXT, "oidc-client", "", 0, 0, 1, "what we are called there")                   \
    X(oidc_secret, TEXT, "oidc-secret", "", 0, 0, 1,                                               \
      "file: our secret there, read by the role sender (none: a public client)")                   \
    X(oidc_scopes, LIST, "oidc-scopes", "openid", 0, 0, 1, "what is asked for; with openid")       \
    X(oidc_claim, TEXT, "oidc-claim", "sub", 0, 0, 1,                                              \
      "the claim that says who it is; see canh user link")                                         \
    X(oidc_second, FLAG, "oidc-second", "false", 0, 0, 1,                                          \
      "who comes from there has shown a second factor; else ours is asked for")                    \
    X(oidc_amr, LIST, "oidc-amr", "", 0, 0, 1,                                                     \
      "how he must have shown there who he is: claim amr has one of these")                        \
    X(oidc_acr, LIST, "oidc-acr", "", 0, 0, 1, "claim acr is one of these")                        \
    X(oidc_ca, TEXT, "oidc-ca", "", 0, 0, 1,                                                       \
      "file: authorities whose certificates are believed there, PEM (default: the system's)")      \
    X(tls_certificate, TEXT, "tls-certificate", "", 0, 0, 1,                                       \
      "file: the server's certificate and its chain, PEM")                                         \
    X(tls_key, TEXT, "tls-key", "", 0, 0, 1, "file: its private key, PEM")                         \
    X(tls_ca, TEXT, "tls-ca", "", 0, 0, 1,                                                         \
      "file: authorities whose client certificates are believed, PEM")                             \
    X(tls_mutual, FLAG, "tls-mutual", "false", 0, 0, 1,                                            \
      "refuse TLS senders without a certificate of tls-ca")                                        \
    X(http_open, FLAG, "http-open", "false", 0, 0, 1,                                              \
      "take HTTP from senders without a token also beyond loopback")                               \
    X(files, LIST, "files", "", 0, 0, 1,                                                           \
      "files and folders to follow, through rotation; * and ? in the last part")                   \
    X(journal, FLAG, "journal", "false", 0, 0, 0, "follow this machine's journal")                 \
    X(elastic_version, TEXT, "elastic-version", "8.11.0", 0, 0, 1,                                 \
      "the version that HTTP senders are told")                                                    \
    X(connections, NUMBER, "connections", "8192", 1, 65536, 1,                                     \
      "open at one time; more are closed at once, counted")                                        \
    X(idle, TIME, "idle", "10m", 1000, 86400000, 1,                                                \
      "a connection that sends nothing for so long is closed")                                     \
    X(begin, TIME, "begin", "10s", 100, 600000, 1,                                                 \
      "a sender that has begun a message, a request or a handshake must end it in this time")      \
    X(udp_buffer, BYTES, "udp-buffer", "64MiB", 65536, 1073741824, 0,                              \
      "receive buffer of a UDP socket")                                                            \
    X(commit_wait, TIME, "commit-wait", "20ms", 0, 1000, 1,                                        \
      "how long what nobody waits for may lie in memory")                                          \
    X(commit_bytes, BYTES, "commit-bytes", "256KiB", 4096, 8388608, 1,                             \
      "written to the disk at the latest with so much")                                            \
    X(segment_bytes, BYTES, "segment-bytes", "256MiB", 1048576, 4294967296, 0,                     \
      "size of a lane's file")                                                                     \
    X(reserve_bytes, BYTES, "reserve-bytes", "64MiB", 0, 1073741824, 0,                            \
      "kept free for alarms when the disk is full (0: nothing)")                                   \
    X(skew, TIME, "skew", "10m", 0, 86400000, 1,                                                   \
      "a source's clock may be so far off; beyond, receipt time stands in")                        \
    X(lateness, TIME, "lateness", "30s", 0, 3600000, 1,                                            \
      "how long correlations wait for events that come late")                                      \
    X(correlation_bytes, BYTES, "correlation-bytes", "32MiB", 1048576, 4294967296, 0,              \
      "memory of live correlations, twice: beyond it those idle longest are forgotten, counted")   \
    X(alert_window, TIME, "alert-window", "1h", 1000, 604800000, 1,                                \
      "findings of one rule about one entity within it are one alert")                             \
    X(escalate_high, TIME, "escalate-high", "30m", 0, 604800000, 1,                                \
      "an alert of level high that nobody acknowledged for so long: who is on duty is called, "    \
      "after as long again the next (0: nobody is)")                                               \
    X(escalate_critical, TIME, "escalate-critical", "10m", 0, 604800000, 1,                        \
      "the same of level critical")                                                                \
    X(silence, TIME, "silence", "0s", 0, 604800000, 1,                                             \
      "a source without a row that says nothing for so long is silent (0: never)")                 \
    X(seal_bytes, BYTES, "seal-bytes", "64MiB", 65536, 1073741824, 1,                              \
      "a lane's events are sealed when they have so much")                                         \
    X(retention, NUMBER, "retention", "12", 1, 240, 1,                                             \
      "months that events are kept, of sources whose row does not say")                            \
    X(sandbox, FLAG, "sandbox", "true", 0, 0, 0, "start only when roles can be confined")

/*  A row of `sources:`. `name` is required, unlike any other, and at least one of
 *  token-sha256, certificate, address. */
#define SOURCE_TABLE(X)                                                                            \
    X(name, TEXT, "name", "", 0, 0, "what it is called everywhere")                                \
    X(token_sha256, DIGEST, "token-sha256", "", 0, 0,                                              \
      "SHA-256 of its token, hex (see canh token)")                                                \
    X(certificate, TEXT, "certificate", "", 0, 0,                                                  \
      "its client certificate: SHA-256, or common name")                                           \
    X(address, NETWORKS, "address", "", 0, 0, "addresses or networks that it sends from")          \
    X(interval, TIME, "interval", "0s", 0, 604800000,                                              \
      "it says something at least so often (0: unknown)")                                          \
    X(system, TEXT, "system", "", 0, 0, "the information system that it belongs to")               \
    X(retention, NUMBER, "retention", "0", 0, 240,                                                 \
      "months that its events are kept from now on (0: as `retention`)")                           \
    X(disabled, FLAG, "disabled", "false", 0, 0, "what it sends is refused")

/*  A row of `tokens:`: who may ask over the API. `name` and `token-sha256` are required. */
#define TOKEN_TABLE(X)                                                                             \
    X(name, TEXT, "name", "", 0, 0, "whose it is")                                                 \
    X(sha256, DIGEST, "token-sha256", "", 0, 0, "SHA-256 of the token, hex (see canh token)")      \
    X(may, LIST, "may", "", 0, 0, "what it may ask: stat, alerts, search, verify (default: all)")

/*  A row of `channels:`: a way by which notices leave the house. channel.h says what it must be. */
#define CHANNEL_TABLE(X)                                                                           \
    X(name, TEXT, "name", "", 0, 0, "what it is called everywhere")                                \
    X(kind, TEXT, "kind", "", 0, 0, "smtp, webhook, or gateway (of SMS, of Zalo OA)")              \
    X(url, TEXT, "url", "", 0, 0,                                                                  \
      "smtp:// (with STARTTLS), smtps://, https://; without TLS to this machine only")             \
    X(user, TEXT, "user", "", 0, 0, "its name there")                                              \
    X(secret, TEXT, "secret", "", 0, 0,                                                            \
      "file: its password; of a webhook the key of HMAC-SHA-256; of a gateway without a user "     \
      "what `header` carries")                                                                     \
    X(header, TEXT, "header", "", 0, 0,                                                            \
      "gateway: the header that carries its secret (default: Authorization, as a bearer)")         \
    X(from, TEXT, "from", "", 0, 0, "smtp: whom mail is from")                                     \
    X(to, LIST, "to", "", 0, 0, "smtp: mail addresses; gateway: phone numbers")                    \
    X(people, LIST, "people", "", 0, 0,                                                            \
      "who of the roster may be called beside `to`: ends of mail addresses, beginnings of phone "  \
      "numbers")                                                                                   \
    X(level, TEXT, "level", "high", 0, 0, "alerts that are at least so grave")                     \
    X(second, TEXT, "second", "", 0, 0, "the channel that takes over what this one cannot send")   \
    X(body, TEXT, "body", "", 0, 0,                                                                \
      "gateway: what is sent, with {number}, {level}, {phone} in it")                              \
    X(expect, TEXT, "expect", "", 0, 0,                                                            \
      "webhook, gateway: what a good answer has in it (default: any answer 2xx is good)")          \
    X(ca, TEXT, "ca", "", 0, 0,                                                                    \
      "file: authorities whose certificates are believed, PEM (default: the system's)")

/*  What a token may be limited to. */
#define MAY_TABLE(X)                                                                               \
    X(STAT, "stat")                                                                                \
    X(ALERTS, "alerts")                                                                            \
    X(SEARCH, "search")                                                                            \
    X(VERIFY, "verify")

enum may {
#define X(id, name) MAY_##id,
    MAY_TABLE(X)
#undef X
        MAYS
};
bool may_find(struct span name, enum may *m);

#define SETTING_TEXT      const char *
#define SETTING_LIST      struct text_list
#define SETTING_NUMBER    uint64_t
#define SETTING_BYTES     uint64_t
#define SETTING_TIME      uint64_t /* ms */
#define SETTING_FLAG      bool
#define SETTING_DIGEST    const char * /* lower case */
#define SETTING_ADDRESSES struct text_list
#define SETTING_NETWORKS  struct text_list

struct source_settings {
#define X(member, type, name, initial, min, max, help) SETTING_##type member;
    SOURCE_TABLE(X)
#undef X
};

struct token_settings {
#define X(member, type, name, initial, min, max, help) SETTING_##type member;
    TOKEN_TABLE(X)
#undef X
};

struct channel_settings {
#define X(member, type, name, initial, min, max, help) SETTING_##type member;
    CHANNEL_TABLE(X)
#undef X
};

struct settings {
    struct arena mem;
#define X(member, type, name, initial, min, max, reload, help) SETTING_##type member;
    SETTING_TABLE(X)
#undef X
    struct source_settings *sources;
    uint32_t source_count;
    struct token_settings *tokens;
    uint32_t token_count;
    struct channel_settings *channels;
    uint32_t channel_count;
    struct span yaml; /* what was read, as it was */
};

/* The defaults, then the YAML (may be empty). `file` is for sentences, which begin "file:line: ";
 * e->at is the line. On an error there is nothing to release. */
int settings_read(struct settings *s, struct span yaml, const char *file, struct err *e);
void settings_release(struct settings *s);

/* What differs in rows that need a restart, as text; an empty buffer when nothing does. */
void settings_restart(const struct settings *old, const struct settings *new_, struct buf *out);

/* The tables as rows, for whoever goes through all of them. */
struct setting_row {
    const char *name, *type, *initial, *help;
    uint64_t min, max;
    bool reload;
};
/* Row `i` of SETTING_TABLE, of SOURCE_TABLE, of TOKEN_TABLE, of CHANNEL_TABLE; false behind the
 * last. */
bool settings_row(uint32_t i, struct setting_row *row);
bool settings_source_row(uint32_t i, struct setting_row *row);
bool settings_token_row(uint32_t i, struct setting_row *row);
bool settings_channel_row(uint32_t i, struct setting_row *row);

void settings_help(struct buf *out);     /* for --help */
void settings_markdown(struct buf *out); /* docs/settings.md */

#endif
