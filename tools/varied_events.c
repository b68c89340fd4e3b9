/*
 * varied_events.c - the made set of events that sizes and searches are measured over, in bench/ and
 * docs/block.md: firewalls, sshd, nginx, Windows Security, DNS of 400 hosts; 60,000 addresses,
 * random ports and numbers; some 405 bytes each, JSON, a line each, in the order of their times.
 *
 *   varied_events COUNT [START [STEP]]      START: s since 1970 of the first event's time,
 *                                           1795046400 when not given; STEP: ns to the next,
 * 1000000
 *
 * The same COUNT, START and STEP give the same bytes everywhere, so what is drawn by chance is
 * drawn one statement after the other. One of RARE_OF events is of a kind of its own, with the word
 * "quasarfenster", which is nowhere else.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/base.h"

#define HOSTS   400u
#define ADDRS   60000u
#define USERS   304u
#define DOMAINS 5000u
#define PATHS   4000u
#define AGENTS  200u
#define RARE_OF 1000000u

static uint32_t addrs[ADDRS];
static char users[USERS][16], domains[DOMAINS][24], paths[PATHS][40], agents[AGENTS][128];

/* splitmix64, by Sebastiano Vigna (public domain). */
static uint64_t state = 7;

static uint64_t next(void)
{
    uint64_t z = (state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* low <= n < end */
static uint32_t from(uint32_t low, uint32_t end)
{
    return low + (uint32_t)((next() >> 32) * (end - low) >> 32);
}

#define ONE_OF(list) (list)[from(0, COUNT_OF(list))]

/* --- what the events are made of ------------------------------------------------------------ */

static void make_addrs(void)
{
    for (uint32_t i = 0; i < ADDRS; i++) {
        addrs[i] = from(1, 224);
        for (uint32_t k = 1; k < 4; k++)
            addrs[i] = addrs[i] << 8 | from(k / 3, 256 - k / 3);
    }
}

static void make_users(void)
{
    static const char *const named[] = { "root", "admin", "nguyen.van.a", "tran.thi.b" };

    for (uint32_t i = 0; i < USERS; i++) {
        if (i < COUNT_OF(named))
            (void)snprintf(users[i], sizeof(users[i]), "%s", named[i]);
        else
            (void)snprintf(users[i], sizeof(users[i]), "user%03u", i - (uint32_t)COUNT_OF(named));
    }
}

static void make_domains(void)
{
    static const char *const tops[] = { "com", "vn", "net", "org" };

    for (uint32_t i = 0; i < DOMAINS; i++) {
        uint32_t n = from(5, 14);

        for (uint32_t k = 0; k < n; k++)
            domains[i][k] = (char)('a' + from(0, 26));
        (void)snprintf(domains[i] + n, sizeof(domains[i]) - n, ".%s", ONE_OF(tops));
    }
}

static void make_paths(void)
{
    static const char *const parts[] = { "api",   "v1",    "static", "img",
                                         "login", "admin", "data",   "report" };

    for (uint32_t i = 0; i < PATHS; i++) {
        size_t at = 0;

        for (uint32_t n = from(1, 4); n > 0; n--)
            at += (size_t)snprintf(paths[i] + at, sizeof(paths[i]) - at, "/%s", ONE_OF(parts));
        (void)snprintf(paths[i] + at, sizeof(paths[i]) - at, "/%u", from(0, 2000));
    }
}

static void make_agents(void)
{
    for (uint32_t i = 0; i < AGENTS; i++) {
        uint32_t major = from(90, 130), build = from(1000, 6000), patch = from(0, 200);

        (void)snprintf(agents[i], sizeof(agents[i]),
                       "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like "
                       "Gecko) Chrome/%u.0.%u.%u Safari/537.36",
                       major, build, patch);
    }
}

/* --- an event -------------------------------------------------------------------------------- */

/* What most kinds of them have. */
struct about {
    uint64_t number;
    struct tm at;
    uint32_t host;
    char ip[16];
};

static void put_addr(char text[16], uint32_t a)
{
    (void)snprintf(text, 16, "%u.%u.%u.%u", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
}

static void firewall(const struct about *a)
{
    static const char *const actions[] = { "accept", "accept", "deny" };
    static const uint32_t known[] = { 80, 443, 22, 53, 3389, 445 };
    const char *action = ONE_OF(actions);
    uint32_t sport = from(1024, 65536), pick = from(0, COUNT_OF(known) + 1);
    uint32_t dport = pick < COUNT_OF(known) ? known[pick] : from(0, 65536);
    uint32_t bytes = from(60, 200000), session = (uint32_t)next(), policy = from(0, 60);
    char to[16];

    put_addr(to, addrs[from(0, ADDRS)]);
    printf("\"app\":\"fortigate\",\"type\":\"traffic\",\"action\":\"%s\",\"srcip\":\"%s\","
           "\"dstip\":\"%s\",\"srcport\":%u,\"dstport\":%u,\"proto\":6,\"sentbyte\":%u,"
           "\"sessionid\":%u,\"policyid\":%u,\"message\":\"action=%s srcip=%s srcport=%u dstip=%s "
           "dstport=%u proto=6 sentbyte=%u policy %u session closed\"",
           action, a->ip, to, sport, dport, bytes, session, policy, action, a->ip, sport, to, dport,
           bytes, policy);
}

static void sshd(const struct about *a)
{
    static const char *const said[] = { "Failed password for", "Accepted publickey for",
                                        "Failed password for invalid user" };
    const char *what = ONE_OF(said), *user = ONE_OF(users);
    uint32_t port = from(1024, 65536), pid = from(300, 99999);
    char text[128], at[32];

    (void)snprintf(text, sizeof(text), "%s %s from %s port %u ssh2", what, user, a->ip, port);
    (void)strftime(at, sizeof(at), "%b %e %H:%M:%S", &a->at);
    printf("\"app\":\"sshd\",\"pid\":%u,\"severity\":\"info\",\"facility\":\"authpriv\","
           "\"message\":\"%s\",\"program\":\"sshd\",\"raw\":\"<86>%s srv-%03u sshd[%u]: %s\"",
           pid, text, at, a->host, pid, text);
}

static void nginx(const struct about *a)
{
    static const char *const methods[] = { "GET", "GET", "POST" };
    static const uint32_t codes[] = { 200, 200, 200, 304, 404, 403, 500 };
    const char *path = ONE_OF(paths), *method = ONE_OF(methods), *agent = ONE_OF(agents);
    uint32_t code = ONE_OF(codes), bytes = from(100, 100000), took = from(0, 1000);

    printf("\"app\":\"nginx\",\"remote_addr\":\"%s\",\"method\":\"%s\",\"uri\":\"%s\","
           "\"status\":%u,\"bytes\":%u,\"request_time\":\"0.%03u\",\"user_agent\":\"%s\","
           "\"message\":\"%s - - \\\"GET %s HTTP/1.1\\\" %u %u\"",
           a->ip, method, path, code, bytes, took, agent, a->ip, path, code, bytes);
}

static void windows(const struct about *a)
{
    static const uint32_t events[] = { 4624, 4625, 4634, 4672 }, types[] = { 2, 3, 3, 3, 10 };
    const char *user = ONE_OF(users);
    uint32_t event = ONE_OF(events), type = ONE_OF(types), process = from(4, 20000);
    uint32_t logon = from(0, 1u << 28), port = from(1024, 65536);

    printf("\"Channel\":\"Security\",\"EventID\":%u,\"Computer\":\"srv-%03u.tinh.gov.vn\","
           "\"RecordNumber\":%" PRIu64 ",\"TargetUserName\":\"%s\",\"TargetDomainName\":\"TINH\","
           "\"TargetLogonId\":\"0x%x\",\"LogonType\":%u,\"IpAddress\":\"%s\",\"IpPort\":\"%u\","
           "\"ProcessId\":\"0x%x\",\"message\":\"An account was logged on.\\r\\n\\r\\nSubject:"
           "\\r\\n\\tAccount Name:\\t\\t%s\\r\\n\\tLogon ID:\\t\\t0x%x\\r\\n\\r\\nNetwork "
           "Information:\\r\\n\\tSource Network Address:\\t%s\\r\\n\\tSource Port:\\t\\t%u\"",
           event, a->host, 1000000 + a->number, user, logon, type, a->ip, port, process, user,
           logon, a->ip, port);
}

static void dns(const struct about *a)
{
    static const char *const types[] = { "A", "A", "AAAA", "MX", "TXT" };
    const char *domain = ONE_OF(domains), *type = ONE_OF(types);
    uint32_t port = from(1024, 65536), id = from(0, 65536);
    uint64_t client = next() >> 24;
    char name[64];

    if (from(0, 10) < 3)
        (void)snprintf(name, sizeof(name), "%08x.%s", (uint32_t)next(), domain);
    else
        (void)snprintf(name, sizeof(name), "%s", domain);
    printf("\"app\":\"named\",\"client\":\"%s\",\"client_port\":%u,\"query\":\"%s\","
           "\"qtype\":\"%s\",\"qid\":%u,\"rcode\":\"NOERROR\",\"message\":\"client "
           "@0x7f%010" PRIx64 " %s query: %s IN A + (10.0.0.53)\"",
           a->ip, port, name, type, id, client, a->ip, name);
}

static void rare(const struct about *a)
{
    printf("\"app\":\"agent\",\"message\":\"quasarfenster %" PRIu64 " opened\"", a->number);
}

/* Of every hundred events. */
static const struct kind {
    void (*put)(const struct about *a);
    uint32_t below;
} kinds[] = { { firewall, 40 }, { sshd, 55 }, { nginx, 75 }, { windows, 90 }, { dns, 100 } };

/* The event's time: somewhere from `at_ns` on, before the next event's. */
static void put_event(uint64_t number, int64_t at_ns, uint32_t step)
{
    int64_t then = at_ns + (step > 0 ? from(0, step) : 0);
    struct about a = { .number = number, .host = from(0, HOSTS) };
    time_t s = (time_t)(then / 1000000000);
    uint32_t of_hundred = from(0, 100);
    const struct kind *k = kinds;
    char at[32];

    MUST(gmtime_r(&s, &a.at) != NULL);
    (void)strftime(at, sizeof(at), "%Y-%m-%dT%H:%M:%S", &a.at);
    put_addr(a.ip, addrs[from(0, ADDRS)]);
    while (of_hundred >= k->below)
        k++;
    printf("{\"@timestamp\":\"%s.%03uZ\",\"host\":\"srv-%03u.tinh.gov.vn\",", at,
           (uint32_t)(then / 1000000 % 1000), a.host);
    (number % RARE_OF == RARE_OF / 2 ? rare : k->put)(&a);
    fputs("}\n", stdout);
}

int main(int argc, char **argv)
{
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
    int64_t at = (argc > 2 ? strtoll(argv[2], NULL, 10) : INT64_C(1795046400)) * 1000000000;
    uint32_t step = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 1000000;

    if (count == 0) {
        fputs("varied_events COUNT [START [STEP]]\n", stderr);
        return 1;
    }
    make_addrs();
    make_users();
    make_domains();
    make_paths();
    make_agents();
    for (uint64_t i = 0; i < count; i++)
        put_event(i, at + (int64_t)i * step, step);
    return fflush(stdout) == 0 ? 0 : 1;
}
