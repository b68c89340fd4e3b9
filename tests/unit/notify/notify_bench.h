/*
 * notify_bench.h - what tests of notices share: a database with channels, a made clock, and a post
 * office that takes what is due and answers what the test says.
 */
#ifndef NOTIFY_BENCH_H
#define NOTIFY_BENCH_H

#include "../act/act_bench.h"
#include "notify/notify.h"

#define MINUTE NOTIFY_MINUTE

struct notify_bench {
    struct act_bench b;
    struct alerts *alerts;
    struct notify *notify;
    struct settings settings;
    uint32_t entities; /* each alert is about another */
    /* What was handed out last, and of which channels answers are what. */
    int64_t taken[64];
    char channel[64][48];
    uint32_t count;
};

/* mail: a@x and b@x, from high on, second sms; sms: 113, critical only; hook: from medium on. */
#define BENCH_CHANNELS                                                                             \
    "channels:\n"                                                                                  \
    "- {name: mail, kind: smtp, url: 'smtp://h', from: c@x, to: [a@x, b@x], second: sms}\n"        \
    "- {name: sms, kind: gateway, url: 'https://h/', to: '113', level: critical, body: "           \
    "'{phone}'}\n"                                                                                 \
    "- {name: hook, kind: webhook, url: 'https://h/', secret: /k, level: medium}\n"

void notify_bench_init(struct notify_bench *w);
void notify_bench_release(struct notify_bench *w);
void notify_configure(struct notify_bench *w, const char *yaml);

/* An alert of this level; its number. */
int64_t notify_alert(struct notify_bench *w, enum sigma_level level);

void notify_go(struct notify_bench *w, int64_t after_ns); /* the clock goes on, then a round */

/* What is due of each channel is taken, and comes out so: `bad` names the channel that does not
 * work. How many there were. */
uint32_t notify_deliver(struct notify_bench *w, const char *bad, enum notify_outcome outcome);

#endif
