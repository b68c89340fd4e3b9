/*
 * people_bench.h - what tests of users share: logging in as a console does it, and acting as who
 * logged in.
 */
#ifndef PEOPLE_BENCH_H
#define PEOPLE_BENCH_H

#include "../act/act_bench.h"
#include "people/totp.h"

#define MINUTE INT64_C(60000000000)

/* Text `name` out of the answer, or "". */
const char *answer_text(const struct act_bench *b, const char *name);

/* Who asks from now on. */
void as_admin(struct act_bench *b);  /* local:root, with all roles */
void as_nobody(struct act_bench *b); /* at the login, from 10.0.0.1 */
/* With this secret; it must be good. The texts live in *who. */
void as_session(struct act_bench *b, const char *secret, struct people_who *who);

/* A user of these roles ("'analyst'"), made by local:root; his one-time password. */
void user_made(struct act_bench *b, const char *name, const char *roles, char once[32]);

/* session.begin. False: wait so many seconds. */
struct begun {
    char attempt[32];
    char salt[32];
    int64_t wait;
};
bool login_begin(struct act_bench *b, const char *name, struct begun *to);
/* session.prove with a password and a code ("" for none): its code; the secret is "session" of the
 * answer. */
int login_prove(struct act_bench *b, const struct begun *from, const char *password,
                const char *code);
/* Both; it must go well. */
void login(struct act_bench *b, const char *name, const char *password, const char *code,
           char secret[64]);

/* user.password as who asks now. */
int password_change(struct act_bench *b, const char *name, const char *old, const char *new,
                    const char *length);
/* A user who has logged in and has this password of his own; asks from now on. */
void user_ready(struct act_bench *b, const char *name, const char *roles, const char *password,
                struct people_who *who);
/* He has a second factor from now on: its secret. */
void second_made(struct act_bench *b, uint8_t secret[TOTP_SECRET_BYTES]);
/* The code of `steps` from now. */
const char *code_of(const struct act_bench *b, const uint8_t secret[TOTP_SECRET_BYTES], int steps);

#endif
