/*
 * act_bench.h - what tests of acts share: a database, and acts asked for as JSON with ' for ".
 */
#ifndef ACT_BENCH_H
#define ACT_BENCH_H

#include "../desk/desk_lane.h"
#include "desk/alerts.h"
#include "office/office.h"
#include "people/people.h"

#define NOW INT64_C(1764000000000000000) /* 2025-11-24T16:00:00Z */

struct act_bench {
    struct desk_folder folder;
    struct db *db;
    struct people *people; /* with the least that Argon2id can cost */
    struct acts *acts;
    struct actor who;
    int64_t now_ns;
    struct buf answer;
    struct err e;
    uint32_t changed; /* how often the cache was called old */
};

/* An analyst called "an". */
void act_bench_init(struct act_bench *b);
void act_bench_init_law(struct act_bench *b, const struct legal *legal); /* the same, with a law */
void act_bench_release(struct act_bench *b);

/* The code that acts_do() gave; the answer is b->answer, zero-terminated, the fault b->e. */
int act_ask(struct act_bench *b, const char *request);
/* It went well. */
void act_good(struct act_bench *b, const char *request);
/* It was refused with this code, and these words are in the sentence. Nothing was left. */
void act_bad(struct act_bench *b, const char *request, int code, const char *words);
/* Number `name` out of the answer. */
int64_t act_number(const struct act_bench *b, const char *name);

/* An alert of the desk's, of a rule about an entity; its number. */
int64_t act_alert_made(struct act_bench *b, const char *rule, const char *entity);

/* A user with these roles, as JSON: ["lead"]. It is no act. */
void act_user_made(struct act_bench *b, const char *name, const char *roles);
/* Analysts, names with blanks between them. */
void act_users_made(struct act_bench *b, const char *names);

/* A view, with parameters as "a=1&b=2"; the lines are b->answer, zero-terminated. */
int view_ask(struct act_bench *b, const char *view, const char *text);
int view_ask_as(struct act_bench *b, const char *view, const char *text, enum view_format format);
/* It went well; how many lines. */
uint32_t view_lines(struct act_bench *b, const char *view, const char *text);
bool view_says(const struct act_bench *b, const char *text);

int64_t act_sql(const struct act_bench *b, const char *sql);

#endif
