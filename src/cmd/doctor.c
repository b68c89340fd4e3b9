/*
 * doctor.c - canh doctor: what is wrong with this installation, in sentences, each with what to do
 * about it. Looks, and changes nothing.
 *
 * A check is a row of `checks` and a function that tells what it found. Those that look at the
 * running server ask it; without a server they say so once.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "base/num.h"
#include "base/time.h"
#include "cmd/client.h"
#include "cmd/command.h"
#include "collect/ledger.h"
#include "conf/settings.h"
#include "keep/role.h"
#include "ledger/chain.h"
#include "ledger/checkpoint.h"
#include "os/file.h"
#include "os/host.h"
#include "os/socket.h"

#define SYNCS          16u
#define SYNC_SLOW_MS   20.0
#define ROOM_LOW       0.10 /* of the disk */
#define DAYS_SOON      30
#define TMPFS          0x01021994
#define CLOCK_OFF_NS   INT64_C(1000000000)
#define BEHIND_EVENTS  100000
#define SIGNED_SECONDS 30
#define MESSAGE_NS     (3600 * TIME_SECOND)

enum grave { FINE, ADVICE, WRONG };

struct doctor {
    const char *config, *data;
    bool json;
    char data_room[CLIENT_PATH_BYTES];
    struct settings settings;
    bool has_settings;
    json_t *stat; /* of the running server, or NULL */
    json_t *found;
    uint32_t wrong, advice, fine;
    const char *check; /* the one at hand */
};

static const struct option_row options[] = {
    { "config", OPTION_TEXT, offsetof(struct doctor, config), "FILE", NULL, 0, 0,
      "the server's settings (default: none, as canh serve)" },
    { "data", OPTION_TEXT, offsetof(struct doctor, data), "DIR", NULL, 0, 0,
      "the server's data folder (default: as canh serve)" },
    { "json", OPTION_FLAG, offsetof(struct doctor, json), NULL, NULL, 0, 0,
      "one object for programs" },
};

/* --- Telling -------------------------------------------------------------------------------- */

static void tell(struct doctor *d, enum grave how, const char *fmt, ...) CHECK_FORMAT(3, 4);

/* One sentence or two: what is so, and what to do. */
static void tell(struct doctor *d, enum grave how, const char *fmt, ...)
{
    static const char *const names[] = { "fine", "advice", "wrong" };
    char text[512];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    d->wrong += how == WRONG;
    d->advice += how == ADVICE;
    d->fine += how == FINE;
    (void)json_array_append_new(
        d->found, json_pack("{ssssss}", "check", d->check, "state", names[how], "text", text));
}

static const char *text_of(const json_t *o, const char *name)
{
    const char *v = json_string_value(json_object_get(o, name));

    return v != NULL ? v : "";
}

static int64_t number(const json_t *o, const char *name)
{
    return json_integer_value(json_object_get(o, name));
}

/* --- The machine ---------------------------------------------------------------------------- */

static void check_settings(struct doctor *d)
{
    struct buf text;
    struct err e;
    int rc = ERR_OK;

    buf_init(&text, SETTINGS_BYTES_MAX + 65536);
    if (d->config != NULL)
        rc = file_read(d->config, SETTINGS_BYTES_MAX, &text, &e);
    if (rc == ERR_OK)
        rc = settings_read(&d->settings, buf_span(&text), d->config != NULL ? d->config : "", &e);
    d->has_settings = rc == ERR_OK;
    if (rc != ERR_OK)
        tell(d, WRONG, "The settings cannot be used: %s", e.why);
    else if (d->config == NULL)
        tell(d, FINE, "No settings file was given: every setting has its default.");
    else
        tell(d, FINE, "%.200s can be used.", d->config);
    buf_release(&text);
}

static void check_user(struct doctor *d)
{
    if (!d->has_settings || d->settings.user[0] == 0) {
        if (geteuid() == 0)
            tell(d, ADVICE, "Roles run as root: set `user` to an account that owns nothing else.");
        return;
    }
    if (getpwnam(d->settings.user) == NULL)
        tell(d, WRONG, "There is no account '%.60s': make it, or change `user`.", d->settings.user);
    else
        tell(d, FINE, "Roles run as %.60s.", d->settings.user);
}

static void check_clock(struct doctor *d)
{
    struct timex t = { 0 };
    int state = adjtimex(&t);

    if (state < 0)
        tell(d, ADVICE, "The kernel does not tell whether the clock is set by NTP.");
    else if (state == TIME_ERROR || (t.status & STA_UNSYNC) != 0)
        tell(d, WRONG,
             "The clock is not set by NTP: correlations and reports need the time. Start "
             "chrony or systemd-timesyncd.");
    else if (llabs((long long)t.offset) * (t.status & STA_NANO ? 1 : 1000) > CLOCK_OFF_NS)
        tell(d, WRONG, "The clock is off by more than a second.");
    else
        tell(d, FINE, "The clock is set by NTP.");
}

static bool read_number(const char *path, uint64_t *v)
{
    struct buf text;
    bool good;

    buf_init(&text, 65536 + 64);
    good = file_read(path, 64, &text, NULL) == ERR_OK &&
           num_u64(span_trim(buf_span(&text)), UINT64_MAX, v);
    buf_release(&text);
    return good;
}

/* A receive buffer that the kernel cuts loses datagrams in a burst. */
static void check_datagrams(struct doctor *d)
{
    uint64_t max;

    if (!d->has_settings || d->settings.syslog_udp.count == 0)
        return;
    if (geteuid() == 0 || !read_number("/proc/sys/net/core/rmem_max", &max))
        return; /* root may take more than the limit */
    if (max < d->settings.udp_buffer)
        tell(d, ADVICE,
             "The kernel gives UDP sockets at most %llu KiB (net.core.rmem_max), `udp-buffer` asks "
             "for %llu KiB: datagrams are dropped sooner in a burst.",
             (unsigned long long)(max >> 10), (unsigned long long)(d->settings.udp_buffer >> 10));
    else
        tell(d, FINE, "UDP sockets get the buffer that the settings ask for.");
}

static void check_descriptors(struct doctor *d)
{
    struct rlimit l;

    if (!d->has_settings || getrlimit(RLIMIT_NOFILE, &l) != 0)
        return;
    if (l.rlim_max < d->settings.connections + 256)
        tell(d, WRONG,
             "A process may have %llu files open here, `connections` is %llu: raise LimitNOFILE or "
             "`ulimit -n`, or lower `connections`.",
             (unsigned long long)l.rlim_max, (unsigned long long)d->settings.connections);
    else
        tell(d, FINE, "Enough files may be open for %llu connections.",
             (unsigned long long)d->settings.connections);
}

/* --- The data folder ------------------------------------------------------------------------ */

static void check_room(struct doctor *d, int dir)
{
    struct statvfs v;
    double left;

    if (fstatvfs(dir, &v) != 0 || v.f_blocks == 0)
        return;
    left = (double)v.f_bavail / (double)v.f_blocks;
    tell(d, left < ROOM_LOW ? WRONG : FINE,
         "%.1f GB of the data folder's disk are free (%.0f %%).%s",
         (double)v.f_bavail * (double)v.f_frsize / 1e9, left * 100,
         left < ROOM_LOW ? " Make room, or shorten `retention`." : "");
    if (v.f_files > 0 && (double)v.f_favail / (double)v.f_files < 0.01)
        tell(d, WRONG, "The data folder's disk has hardly any inodes left.");
}

static int order_double(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* What an acknowledgement costs here: the median of some small synced writes. */
static void check_sync(struct doctor *d, int dir)
{
    double ms[SYNCS];
    uint32_t n = 0;
    int fd = openat(dir, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

    if (fd < 0) {
        if (errno != EOPNOTSUPP && errno != EISDIR)
            tell(d, ADVICE, "The data folder was not tried: %s. Run this as the server's account.",
                 strerror(errno));
        return;
    }
    for (; n < SYNCS; n++) {
        double began = host_seconds();

        if (write(fd, "canh doctor", 11) != 11 || fdatasync(fd) != 0)
            break;
        ms[n] = (host_seconds() - began) * 1e3;
    }
    (void)close(fd); /* it has no name */
    if (n < SYNCS) {
        tell(d, WRONG, "Writing to the data folder's disk failed: %s.", strerror(errno));
        return;
    }
    qsort(ms, n, sizeof(*ms), order_double);
    tell(d, ms[n / 2] > SYNC_SLOW_MS ? ADVICE : FINE,
         "A write is on the disk after %.1f ms (median of %u)%s", ms[n / 2], n,
         ms[n / 2] > SYNC_SLOW_MS ? ": senders that wait for each answer will be slow." : ".");
}

static void check_data(struct doctor *d)
{
    struct statfs fs;
    struct stat st;
    int dir = open(d->data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (dir < 0) {
        tell(d, errno == ENOENT ? ADVICE : WRONG, "The data folder %.200s cannot be opened: %s.%s",
             d->data, strerror(errno),
             errno == ENOENT ? " canh serve makes it." : " Run this as root or as its account.");
        return;
    }
    if (fstat(dir, &st) == 0 && (st.st_mode & 0007) != 0)
        tell(d, WRONG, "Everybody may look into %.200s: chmod o-rwx.", d->data);
    if (fstatfs(dir, &fs) == 0 && fs.f_type == TMPFS)
        tell(d, WRONG, "%.200s is in memory: everything is lost with the machine's power.",
             d->data);
    check_room(d, dir);
    check_sync(d, dir);
    (void)close(dir); /* only looked at */
}

/* --- Certificates --------------------------------------------------------------------------- */

static X509 *read_certificate(const char *path)
{
    FILE *f = fopen(path, "re");
    X509 *x = f != NULL ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;

    if (f != NULL)
        (void)fclose(f); /* only read */
    return x;
}

static void check_dates(struct doctor *d, const char *path, const X509 *x)
{
    int days = 0, seconds = 0;

    if (ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(x)) != 1)
        tell(d, WRONG, "%.200s has an end that cannot be read.", path);
    else if (days < 0 || seconds < 0)
        tell(d, WRONG, "The certificate %.200s has expired: senders refuse it.", path);
    else if (X509_cmp_current_time(X509_get0_notBefore(x)) > 0)
        tell(d, WRONG, "The certificate %.200s is not valid yet.", path);
    else
        tell(d, days < DAYS_SOON ? ADVICE : FINE,
             "The certificate %.200s is valid for %d more days.", path, days);
}

static void check_key(struct doctor *d, const char *path, X509 *x)
{
    FILE *f = fopen(path, "re");
    EVP_PKEY *key = f != NULL ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;
    struct stat st;

    if (f == NULL)
        tell(d, WRONG, "The key %.200s cannot be opened: %s.", path, strerror(errno));
    else if (key == NULL)
        tell(d, WRONG, "%.200s holds no key in PEM form without a password.", path);
    else if (X509_check_private_key(x, key) != 1)
        tell(d, WRONG, "The key %.200s is not the certificate's.", path);
    if (f != NULL && fstat(fileno(f), &st) == 0 && (st.st_mode & 0077) != 0)
        tell(d, ADVICE, "Others may read the key %.200s: chmod 600.", path);
    EVP_PKEY_free(key);
    if (f != NULL)
        (void)fclose(f); /* only read */
}

static void check_certificates(struct doctor *d)
{
    const struct settings *s = &d->settings;
    X509 *x;

    if (!d->has_settings || s->tls_certificate[0] == 0)
        return;
    x = read_certificate(s->tls_certificate);
    if (x == NULL) {
        tell(d, WRONG, "%.200s holds no certificate in PEM form, or cannot be opened.",
             s->tls_certificate);
        return;
    }
    check_dates(d, s->tls_certificate, x);
    if (s->tls_key[0] != 0)
        check_key(d, s->tls_key, x);
    X509_free(x);
}

/* --- What is followed ----------------------------------------------------------------------- */

static void check_files(struct doctor *d)
{
    for (uint32_t i = 0; d->has_settings && i < d->settings.files.count; i++) {
        const char *path = d->settings.files.value[i];

        if (strpbrk(path, "*?") != NULL)
            continue; /* a pattern may match later */
        if (access(path, F_OK) != 0)
            tell(d, ADVICE, "%.200s, which is to be followed, is not there (%s).", path,
                 strerror(errno));
        else if (access(path, R_OK) != 0)
            tell(d, WRONG, "%.200s, which is to be followed, may not be read.", path);
        else
            tell(d, FINE, "%.200s can be followed.", path);
    }
}

static void check_open_inputs(struct doctor *d)
{
    const struct settings *s = &d->settings;

    if (d->has_settings && s->http_open)
        tell(d, ADVICE, "`http-open` takes events from anybody: give senders tokens (canh token).");
    for (uint32_t i = 0; d->has_settings && i < s->syslog_udp.count; i++) {
        struct socket_address a;

        if (socket_address_read(span_of(s->syslog_udp.value[i]), &a, NULL) == ERR_OK &&
            !socket_is_loopback(&a))
            tell(d, ADVICE,
                 "Nobody vouches for who sends to syslog-udp %.60s: what comes there is "
                 "marked so for ever.",
                 s->syslog_udp.value[i]);
    }
}

/* Of `what` that the sender reads. */
static void check_sender_file(struct doctor *d, const char *what, const char *path, bool secret)
{
    struct stat st;

    if (path[0] == 0)
        return;
    if (access(path, R_OK) != 0 || stat(path, &st) != 0)
        tell(d, WRONG, "The %.60s cannot be used: %.150s cannot be read (%s).", what, path,
             strerror(errno));
    else if (secret && (st.st_mode & 0007) != 0)
        tell(d, ADVICE, "Everybody may read the secret of the %.60s: chmod o-r %.150s.", what,
             path);
}

/* Can the sender ask whoever says who logs in? */
static void check_issuer(struct doctor *d)
{
    const struct settings *s = &d->settings;

    if (!d->has_settings || s->oidc_issuer[0] == 0)
        return;
    check_sender_file(d, "issuer", s->oidc_secret, true);
    check_sender_file(d, "issuer", s->oidc_ca, false);
    if (s->oidc_second && s->oidc_amr.count == 0 && s->oidc_acr.count == 0)
        tell(d, ADVICE,
             "`oidc-second` believes a second factor that no token has to show: see `oidc-amr` and "
             "`oidc-acr` of the settings.");
}

/* Does anybody hear of an alert who is not at the console? */
static void check_channels(struct doctor *d)
{
    const struct settings *s = &d->settings;
    bool high = false;
    char what[64];

    for (uint32_t i = 0; d->has_settings && i < s->channel_count; i++) {
        const struct channel_settings *c = &s->channels[i];

        high |= strcmp(c->level, "critical") != 0;
        (void)snprintf(what, sizeof(what), "channel %.40s", c->name);
        check_sender_file(d, what, c->secret, true);
        check_sender_file(d, what, c->ca, false);
    }
    if (d->has_settings && !high)
        tell(d, ADVICE,
             "No channel takes alerts of level high: who does not look at them hears of none. See "
             "`channels` of the settings.");
    else if (d->has_settings)
        tell(d, FINE, "Alerts of level high leave the house. Try it: canh notice test.");
}

/* --- The running server --------------------------------------------------------------------- */

static void ask_server(struct doctor *d)
{
    struct client c;
    struct span body;
    struct err e = { 0 };
    int rc = client_open(&c, d->data, &e);

    if (rc == ERR_OK)
        rc = client_get(&c, "/stat", &e);
    if (rc == ERR_OK)
        rc = client_body(&c, &body, &e);
    if (rc == ERR_OK)
        d->stat = json_loadb((const char *)body.p, body.n, 0, NULL);
    client_close(&c);
    if (d->stat == NULL)
        tell(d, WRONG, "No answer from a server: %s", rc == ERR_OK ? "it is no JSON." : e.why);
    else
        tell(d, FINE, "The server runs, version %.40s.", text_of(d->stat, "version"));
}

static void check_balance(struct doctor *d)
{
    const json_t *b = json_object_get(d->stat, "balance");

    if (d->stat == NULL)
        return;
    if (strcmp(text_of(b, "state"), "balanced") == 0)
        tell(d, FINE, "Every record that was received is accounted for.");
    else
        tell(d, WRONG,
             "The counts do not add up (%.40s): %lld records missing, %lld not matched. "
             "See canh stat.",
             text_of(b, "state"), (long long)number(b, "missing"),
             (long long)number(b, "unmatched"));
}

static void check_roles(struct doctor *d)
{
    const json_t *desk = json_object_get(d->stat, "desk"), *row;
    size_t i;

    if (d->stat == NULL)
        return;
    json_array_foreach(json_object_get(d->stat, "collectors"), i, row)
    {
        const char *state = text_of(row, "state");

        if (strcmp(state, "running") != 0)
            tell(d, strcmp(state, "starting") == 0 ? ADVICE : WRONG, "Collector %lld: %.40s.",
                 (long long)number(row, "lane"), state);
    }
    if (json_is_object(desk) && number(desk, "behind_events") > BEHIND_EVENTS)
        tell(d, ADVICE, "The desk is %lld events behind.",
             (long long)number(desk, "behind_events"));
    if (text_of(d->stat, "database")[0] != 0)
        tell(d, WRONG, "The database cannot be read: %.200s", text_of(d->stat, "database"));
}

static void check_drops(struct doctor *d)
{
    int64_t drops = number(json_object_get(d->stat, "kernel"), "drops");
    const json_t *totals = json_object_get(d->stat, "totals");

    if (d->stat == NULL)
        return;
    if (drops > 0)
        tell(d, ADVICE,
             "The kernel dropped %lld datagrams: raise `udp-buffer` and "
             "net.core.rmem_max, or let senders use TCP.",
             (long long)drops);
    if (number(totals, "dropped") > 0)
        tell(d, ADVICE, "%lld records were dropped; canh stat says by whom and why.",
             (long long)number(totals, "dropped"));
}

static void check_sources(struct doctor *d)
{
    const json_t *row;
    uint32_t silent = 0, all = 0;
    char first[64] = "";
    size_t i;

    if (d->stat == NULL)
        return;
    json_array_foreach(json_object_get(d->stat, "sources"), i, row)
    {
        all++;
        if (strcmp(text_of(row, "state"), "silent") != 0)
            continue;
        if (silent++ == 0)
            (void)snprintf(first, sizeof(first), "%.60s", text_of(row, "source"));
    }
    if (silent > 0)
        tell(d, WRONG, "%u of %u sources are silent, among them %s.", silent, all, first);
    else if (all > 0)
        tell(d, FINE, "No source is silent.");
    if (number(json_object_get(d->stat, "totals"), "received") == 0)
        tell(d, ADVICE, "Nothing was received since the server started.");
}

/* A row of channel.list. */
static void check_messages_of(struct doctor *d, const json_t *row)
{
    const char *name = text_of(row, "name");
    int64_t now = host_now_ns(), oldest = now;

    (void)time_parse(span_of(text_of(row, "oldest")), now, &oldest); /* nothing waits: now */
    if (now - oldest > MESSAGE_NS)
        tell(d, WRONG,
             "A message waits for channel %.40s for more than an hour: canh message list --channel "
             "%.40s says why.",
             name, name);
    if (number(row, "void") > 0)
        tell(d, WRONG,
             "%lld messages of channel %.40s came to nobody: canh message list says which, canh "
             "notice retry sends one again.",
             (long long)number(row, "void"), name);
}

static void check_messages(struct doctor *d)
{
    struct client c;
    struct span line;
    struct err e = { 0 };
    int rc = d->stat == NULL ? ERR_NOTFOUND : client_open(&c, d->data, &e);

    if (rc != ERR_OK)
        return; /* said already */
    rc = client_get(&c, "/channel/list", &e);
    while (rc == ERR_OK && (rc = client_line(&c, -1, &line, &e)) == 1) {
        json_t *row = json_loadb((const char *)line.p, line.n, 0, NULL);

        rc = ERR_OK;
        check_messages_of(d, row);
        json_decref(row);
    }
    if (rc < 0)
        tell(d, WRONG, "What became of notices cannot be asked: %.200s", e.why);
    client_close(&c);
}

static void check_rules(struct doctor *d)
{
    const json_t *r = json_object_get(d->stat, "rules");

    if (d->stat == NULL)
        return;
    if (number(r, "rules") + number(r, "correlations") == 0)
        tell(d, WRONG, "No rules are in force: nothing will be found.");
}

/* --- What is signed ------------------------------------------------------------------------- */

static bool on_checkpoint(void *arg, const struct note *n, const struct chain_place *at)
{
    int64_t *latest = arg;
    struct span left = n->text, value;

    (void)at;
    if (!checkpoint_is(n->text))
        return true;
    while (left.n > 0 && !note_field(&left, "time", &value))
        left = span_from(left, span_find(left, '\n') + 1);
    if (left.n > 0)
        (void)note_read_time(value, latest);
    return true;
}

/* When the last checkpoint was made; 0: there is none. */
static int64_t last_signed(int dir, struct err *e)
{
    struct chain *chain = NULL;
    int64_t latest = 0;
    int rc = chain_open_reader(&chain, &io_system, dir, e);

    for (uint32_t i = rc == ERR_OK ? chain_parts(chain) : 0; i > 0 && latest == 0 && rc == ERR_OK;)
        rc = chain_read_part(chain, --i, &(struct chain_reader){ on_checkpoint, NULL, &latest },
                             NULL, e);
    chain_free(&chain);
    return rc == ERR_OK ? latest : -1;
}

static int open_part(const struct doctor *d, const char *name)
{
    char path[FILE_PATH_BYTES];

    return data_path(path, sizeof(path), d->data, "%s", name) == ERR_OK
               ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
               : -1;
}

static void check_signed(struct doctor *d, int dir)
{
    struct err e = { 0 };
    int64_t latest = last_signed(dir, &e), age = (host_now_ns() - latest) / TIME_SECOND;

    if (latest < 0)
        tell(d, WRONG, "The ledger cannot be read: %s", e.why);
    else if (latest == 0)
        tell(d, WRONG, "Nothing was signed yet: what is stored could be changed unseen.");
    else if (d->stat != NULL && age > SIGNED_SECONDS)
        tell(d, WRONG,
             "Nothing was signed for %lld s: what came since could be changed unseen. canh serve "
             "says why on standard error.",
             (long long)age);
    else if (d->stat != NULL)
        tell(d, FINE, "What is stored was signed %lld s ago.", (long long)(age < 0 ? 0 : age));
}

static void check_ledger(struct doctor *d)
{
    int dir = open_part(d, "ledger"), keys = open_part(d, "keys");

    if (dir >= 0)
        check_signed(d, dir);
    if (keys >= 0 && faccessat(keys, "root.key", F_OK, 0) == 0)
        tell(d, ADVICE,
             "The root key lies on this machine (%.200s/keys/root.key): who is root here can begin "
             "the ledger anew. Move it onto paper or a medium in a safe, and give root.pub to the "
             "auditor.",
             d->data);
    if (dir >= 0)
        (void)close(dir); /* only read */
    if (keys >= 0)
        (void)close(keys);
}

/* --- The whole ------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    void (*check)(struct doctor *d);
} checks[] = {
    { "settings", check_settings },
    { "account", check_user },
    { "clock", check_clock },
    { "udp", check_datagrams },
    { "descriptors", check_descriptors },
    { "data", check_data },
    { "certificates", check_certificates },
    { "files", check_files },
    { "open inputs", check_open_inputs },
    { "channels", check_channels },
    { "issuer", check_issuer },
    { "server", ask_server },
    { "balance", check_balance },
    { "roles", check_roles },
    { "drops", check_drops },
    { "sources", check_sources },
    { "messages", check_messages },
    { "rules", check_rules },
    { "ledger", check_ledger },
};

static void put_rows(const struct doctor *d, const char *state, const char *mark, struct buf *out)
{
    const json_t *row;
    size_t i;

    json_array_foreach(d->found, i, row)
    {
        if (strcmp(text_of(row, "state"), state) == 0)
            buf_fmt(out, "%s %-12s %s\n", mark, text_of(row, "check"), text_of(row, "text"));
    }
}

/* The gravest last, where a terminal leaves the eye. */
static void put_report(const struct doctor *d, struct buf *out)
{
    put_rows(d, "fine", "  ok    ", out);
    put_rows(d, "advice", "  advice", out);
    put_rows(d, "wrong", "  WRONG ", out);
    if (d->wrong + d->advice == 0)
        buf_fmt(out, "\nNothing is wrong.\n");
    else
        buf_fmt(out, "\n%u wrong, %u to consider, %u fine.\n", d->wrong, d->advice, d->fine);
}

static void put_json(const struct doctor *d, struct buf *out)
{
    json_t *all = json_pack("{sisisisO}", "wrong", (int)d->wrong, "advice", (int)d->advice, "fine",
                            (int)d->fine, "checks", d->found);
    char *text = json_dumps(all, JSON_COMPACT);

    buf_text(out, text != NULL ? text : "{}");
    buf_byte(out, '\n');
    free(text);
    json_decref(all);
}

int cmd_doctor(int argc, char **argv)
{
    static const struct command_line line = {
        options, COUNT_OF(options), "canh doctor [--config FILE] [--data DIR]",
        "What is wrong with this installation, in sentences. Changes nothing. Exit code 1 when\n"
        "something is wrong."
    };
    struct doctor d = { .found = json_array() };
    int operands, code;
    struct buf out;
    struct err e;

    if (!command_options(&line, &d, argc, argv, &operands, &code)) {
        json_decref(d.found);
        return code;
    }
    d.data = client_folder(d.data, d.data_room, &e);
    if (operands > 0 || d.data == NULL) {
        json_decref(d.found);
        return operands > 0 ? command_surplus("doctor", argv[0]) : command_fault(&e);
    }
    for (size_t i = 0; i < COUNT_OF(checks); i++) {
        d.check = checks[i].name;
        checks[i].check(&d);
    }
    buf_init(&out, 1u << 20);
    (d.json ? put_json : put_report)(&d, &out);
    json_decref(d.stat);
    json_decref(d.found);
    if (d.has_settings)
        settings_release(&d.settings);
    code = command_show(&out);
    return code != EXIT_RAN ? code : d.wrong > 0 ? EXIT_FOUND : EXIT_RAN;
}
