/*
 * role_desk.c - the role that judges: opens the database, its rules and the lanes, enters its
 * sandbox, and turns src/desk round.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/load_law.h"
#include "cmd/roles.h"
#include "desk/desk.h"
#include "house/house.h"
#include "keep/generation.h"
#include "incident/legal_law.h"
#include "office/clockwork.h"
#include "office/counter.h"
#include "office/office.h"
#include "office/outbox.h"
#include "office/porter.h"
#include "office/prover.h"
#include "office/publisher.h"
#include "os/file.h"
#include "os/process.h"
#include "os/sandbox.h"
#include "shift/shift.h"

struct role_desk {
    struct role_self *self;
    struct desk *desk;
    struct people *people;
    struct acts *acts;
    struct counter *counter;
    struct clockwork *clockwork;
    struct law *law;
    struct playbooks *playbooks;
    struct law_folders law_folders;
    struct legal_law legal_law;
    struct legal legal;
    struct err law_why; /* that there is none */
    bool has_law;
    struct notify *notify;
    struct outbox *outbox;
    struct prover *prover;
    struct porter *porter;
    struct publisher *publisher;
    struct watch *round;
    struct ruleset *rules;
    struct taxonomy *taxonomy;
    struct names names;
    struct correlate_plan *plan;
    bool has_rules;
    uint32_t lane_count;
    uint32_t done[LIVE_LANES_MAX]; /* what the keeper was told */
};

/* --- rules ---------------------------------------------------------------------------------- */

static void close_rules(struct role_desk *r)
{
    correlate_plan_free(&r->plan);
    if (!r->has_rules)
        return;
    ruleset_free(&r->rules);
    taxonomy_free(&r->taxonomy);
    names_release(&r->names);
    r->has_rules = false;
}

static int open_rules(struct role_desk *r, uint64_t generation, struct live_rules *to,
                      struct err *e)
{
    char path[FILE_PATH_BYTES];
    int rc = role_generation_path(r->self, generation, path, sizeof(path), e);

    if (rc == ERR_OK)
        rc = generation_open(path, &r->rules, &r->taxonomy, &r->names, e);
    r->has_rules = rc == ERR_OK;
    if (rc == ERR_OK)
        rc = correlate_plan_of(&r->plan, r->rules, &r->names, e);
    if (rc == ERR_OK)
        *to = live_rules_of(r->rules, r->plan);
    else
        close_rules(r);
    return rc;
}

/* --- start ---------------------------------------------------------------------------------- */

static void on_desk_notice(void *arg, const char *text)
{
    role_notice(((struct role_desk *)arg)->self, "%s", text);
}

static int enter_sandbox(struct role_desk *r, char *level, struct err *e)
{
    char lanes[FILE_PATH_BYTES], rules[FILE_PATH_BYTES], desk[FILE_PATH_BYTES];
    const char *read[] = { lanes, rules, r->has_law ? r->law_folders.law : NULL,
                           r->has_law ? r->law_folders.playbooks : NULL, NULL };
    const char *write[] = { desk, NULL };
    const struct sandbox box = { SANDBOX_FILES_READ | SANDBOX_FILES_WRITE, read, write };
    const char *data = r->self->data;

    if (data_path(lanes, sizeof(lanes), data, "lanes") != ERR_OK ||
        data_path(rules, sizeof(rules), data, "rules") != ERR_OK ||
        data_path(desk, sizeof(desk), data, "desk") != ERR_OK)
        return err_set(e, ERR_USAGE, 0, "The data folder's path is too long.");
    return role_sandbox(r->self, &box, level, e);
}

/* Which segments are not needed any more. */
static void say_done(struct role_desk *r)
{
    for (uint32_t i = 0; i < r->lane_count; i++) {
        uint32_t segment = desk_needs(r->desk, i);

        if (segment > r->done[i])
            role_done(r->self, i, segment);
        r->done[i] = segment;
    }
}

static void turn(void *arg, unsigned ready)
{
    struct role_desk *r = arg;
    bool more = desk_round(r->desk, loop_now_ns(r->self->loop), loop_ms(r->self->loop));

    (void)ready;
    say_done(r);
    watch_after(r->round, more ? 0 : DESK_ROUND_MS);
}

/* The keeper runs a collector for every lane that there is. */
static uint32_t count_lanes(const struct role_desk *r)
{
    char path[FILE_PATH_BYTES];
    uint32_t count = 0;

    for (uint32_t i = 0; i < LIVE_LANES_MAX; i++) {
        if (data_path(path, sizeof(path), r->self->data, "lanes/%02u", i) == ERR_OK &&
            access(path, F_OK) == 0)
            count = i + 1;
    }
    return count;
}

static int give_sight(struct role_desk *r, uint64_t generation, struct err *e)
{
    const struct unseen_from from = { r->rules, r->taxonomy, &r->names };

    return desk_sight(r->desk, &from, generation, e);
}

static void on_alerts_changed(void *arg)
{
    desk_alerts_changed(((struct role_desk *)arg)->desk);
}

/* Everything else goes on without: those that were there stay. */
static void give_law(struct role_desk *r)
{
    struct err e;

    if (shift_holidays(desk_db(r->desk), r->law, &e) != ERR_OK)
        role_notice(r->self, "The roster keeps the holidays that were: %s", e.why);
    if (house_bases(desk_db(r->desk), r->law, &e) != ERR_OK)
        role_notice(r->self, "Sheets are based on the law that was: %s", e.why);
}

/* What people ask for, as soon as the keeper brings the line to the console. */
static int take_requests(struct role_desk *r, struct err *e)
{
    const struct acts_from acts = { &office_acts,      desk_db(r->desk),
                                    on_alerts_changed, r,
                                    r->people,         r->law != NULL ? &r->legal : NULL };
    int rc = acts_new(&r->acts, &acts, e);
    const struct counter_from counter = { .loop = r->self->loop,
                                          .acts = r->acts,
                                          .people = r->people,
                                          .db = desk_db(r->desk),
                                          .settings = &r->self->settings,
                                          .notice = on_desk_notice,
                                          .arg = r };

    const struct clockwork_from clockwork = { .loop = r->self->loop,
                                              .db = desk_db(r->desk),
                                              .alerts = desk_alerts(r->desk),
                                              .acts = r->acts,
                                              .notice = on_desk_notice,
                                              .arg = r };

    if (rc == ERR_OK)
        rc = counter_new(&r->counter, &counter, e);
    if (rc == ERR_OK)
        rc = clockwork_new(&r->clockwork, &clockwork, e);
    if (rc == ERR_OK)
        clockwork_settings(r->clockwork, &r->self->settings);
    if (rc == ERR_OK && r->law == NULL)
        clockwork_law(r->clockwork, r->law_why.why);
    if (rc == ERR_OK && r->law != NULL)
        give_law(r);
    return rc;
}

/* What is told outside, as soon as the keeper brings the line to the sender. */
static int take_notices(struct role_desk *r, struct err *e)
{
    struct outbox_from from = { .loop = r->self->loop, .notice = on_desk_notice, .arg = r };
    int rc = notify_new(&r->notify, desk_db(r->desk), desk_alerts(r->desk), e);

    if (rc == ERR_OK)
        rc = notify_settings(r->notify, &r->self->settings, e);
    from.notify = r->notify;
    return rc == ERR_OK ? outbox_new(&r->outbox, &from, e) : rc;
}

/* What is verified, as soon as the keeper brings the line to the verifier. */
static int take_proofs(struct role_desk *r, struct err *e)
{
    const struct prover_from from = {
        .loop = r->self->loop, .db = desk_db(r->desk), .notice = on_desk_notice, .arg = r
    };

    return prover_new(&r->prover, &from, e);
}

static void on_rules_changed(void *arg)
{
    role_say(((struct role_desk *)arg)->self, SAY_RULES, SPAN_NONE);
}

/* Rules that people publish, for who compiles. */
static int publish_rules(struct role_desk *r, struct err *e)
{
    char folder[FILE_PATH_BYTES];
    const struct publisher_from from = { .loop = r->self->loop,
                                         .db = desk_db(r->desk),
                                         .folder = folder,
                                         .changed = on_rules_changed,
                                         .notice = on_desk_notice,
                                         .arg = r };

    if (data_path(folder, sizeof(folder), r->self->data, "desk/rules") != ERR_OK)
        return err_set(e, ERR_USAGE, 0, "The data folder's path is too long.");
    return publisher_new(&r->publisher, &from, e);
}

/* Logins by an issuer, over the same line. */
static int take_logins(struct role_desk *r, struct err *e)
{
    const struct porter_from from = { .loop = r->self->loop,
                                      .people = r->people,
                                      .db = desk_db(r->desk),
                                      .outbox = r->outbox,
                                      .notice = on_desk_notice,
                                      .arg = r };
    int rc = porter_new(&r->porter, &from, e);

    if (rc == ERR_OK)
        porter_settings(r->porter, &r->self->settings);
    return rc;
}

static int start(struct role_desk *r, const struct live_rules *rules, struct err *e)
{
    const struct desk_from from = { .io = &io_system,
                                    .data = r->self->data,
                                    .settings = &r->self->settings,
                                    .rules = rules,
                                    .collectors = r->lane_count,
                                    .notice = on_desk_notice,
                                    .arg = r };
    int rc = desk_new(&r->desk, &from, e);

    if (rc == ERR_OK)
        rc = give_sight(r, r->self->generation, e);
    if (rc == ERR_OK)
        rc = take_requests(r, e);
    if (rc == ERR_OK)
        rc = take_notices(r, e);
    if (rc == ERR_OK)
        rc = take_proofs(r, e);
    if (rc == ERR_OK)
        rc = take_logins(r, e);
    if (rc == ERR_OK)
        rc = publish_rules(r, e);
    if (rc != ERR_OK)
        return rc;
    r->round = loop_timer(r->self->loop, turn, r);
    if (r->round == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the desk's clock.");
    watch_after(r->round, 0);
    return ERR_OK;
}

/* The keys of users, before the sandbox, in which DATA/keys is not there. */
static int open_people(struct role_desk *r, struct err *e)
{
    char keys[FILE_PATH_BYTES];
    int dir, rc;

    if (data_path(keys, sizeof(keys), r->self->data, "keys") != ERR_OK)
        return err_set(e, ERR_USAGE, 0, "The data folder's path is too long.");
    dir = open(keys, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return err_set(e, ERR_IO, 0, "%.150s cannot be opened: %s.", keys, strerror(errno));
    rc = people_new(&r->people, dir, NULL, loop_now_ns(r->self->loop), e);
    (void)close(dir);
    return rc;
}

/* What the law asks: before the sandbox, which has these folders for when it is read again. */
static int open_law(struct role_desk *r, struct err *e)
{
    struct law *law;
    struct playbooks *playbooks;
    int rc = load_law(&law, &playbooks, &r->law_folders, e);

    if (rc != ERR_OK)
        return rc;
    playbooks_free(&r->playbooks);
    law_free(&r->law);
    r->law = law;
    r->playbooks = playbooks;
    r->legal_law = (struct legal_law){ law, playbooks };
    r->legal = legal_of_law(&r->legal_law);
    return ERR_OK;
}

/* No byte of a lane is read before the sandbox is entered. */
static int desk_open(struct role_self *self, struct err *e)
{
    struct role_desk *r = self->own;
    char level[SANDBOX_LEVEL_MAX] = "";
    struct live_rules rules;
    int rc;

    r->self = self;
    r->lane_count = count_lanes(r);
    rc = open_people(r, e);
    if (rc == ERR_OK) /* findings are judged without it, too */
        r->has_law = load_law_find(&r->law_folders, self->settings.law, &r->law_why) == ERR_OK &&
                     open_law(r, &r->law_why) == ERR_OK;
    if (rc == ERR_OK)
        rc = enter_sandbox(r, level, e);
    if (rc == ERR_OK)
        rc = open_rules(r, self->generation, &rules, e);
    if (rc == ERR_OK)
        rc = start(r, &rules, e);
    if (rc == ERR_OK)
        role_ready(self, level);
    return rc;
}

static void desk_close(struct role_self *self)
{
    struct role_desk *r = self->own;

    watch_free(&r->round);
    publisher_free(&r->publisher);
    prover_free(&r->prover);
    porter_free(&r->porter);
    outbox_free(&r->outbox);
    notify_free(&r->notify);
    clockwork_free(&r->clockwork);
    counter_free(&r->counter);
    acts_free(&r->acts);
    people_free(&r->people);
    desk_free(&r->desk);
    playbooks_free(&r->playbooks);
    law_free(&r->law);
    close_rules(r);
}

/* --- messages ------------------------------------------------------------------------------- */

static void on_peer(struct role_self *self, int fd, enum role other)
{
    struct role_desk *r = self->own;

    if (r->counter != NULL && other == ROLE_CONSOLE)
        counter_line(r->counter, fd);
    else if (r->outbox != NULL && other == ROLE_SENDER)
        outbox_line(r->outbox, fd);
    else if (r->prover != NULL && other == ROLE_VERIFIER)
        prover_line(r->prover, fd);
    else
        (void)close(fd);
}

static int on_ledger(struct role_self *self, const struct ledger *g, uint32_t lane, struct err *e)
{
    struct role_desk *r = self->own;

    return r->desk != NULL ? desk_ledger(r->desk, g, lane, e) : ERR_OK;
}

static void on_stop(struct role_self *self)
{
    struct role_desk *r = self->own;
    struct err e;

    if (r->desk != NULL &&
        desk_save(r->desk, loop_now_ns(self->loop), loop_ms(self->loop), &e) != ERR_OK)
        role_notice(self, "The state of correlations was not saved: %s", e.why);
    role_exit(self, 0);
}

/* The new rules, or the old ones again. Not even these: the role ends and starts anew. */
static int change_rules(struct role_desk *r, uint64_t generation, struct err *e)
{
    struct live_rules rules;
    int rc, back;

    (void)desk_sight(r->desk, NULL, 0, NULL); /* which cannot fail */
    rc = desk_unload(r->desk, e);
    if (rc != ERR_OK) {
        role_exit(r->self, 1);
        return rc;
    }
    close_rules(r);
    rc = open_rules(r, generation, &rules, e);
    back = rc == ERR_OK ? ERR_OK : open_rules(r, r->self->generation, &rules, NULL);
    if (back == ERR_OK)
        back = desk_load(r->desk, &rules, rc == ERR_OK ? e : NULL);
    if (back == ERR_OK)
        back = give_sight(r, rc == ERR_OK ? generation : r->self->generation, NULL);
    if (back != ERR_OK) {
        watch_stop(r->round);
        role_exit(r->self, 1);
        return rc == ERR_OK ? back : rc;
    }
    return rc;
}

/* The new one, or the old stays in force. Where there was none a restart is needed: the sandbox has
 * no folder for it. */
static void renew_law(struct role_desk *r)
{
    struct err e;

    if (!r->has_law)
        return;
    if (open_law(r, &e) != ERR_OK)
        role_notice(r->self, "The law that was stays in force: %s", e.why);
    else
        give_law(r);
}

static int on_reload(struct role_self *self, const struct settings *next, uint64_t generation,
                     struct err *e)
{
    struct role_desk *r = self->own;
    int rc = r->desk == NULL ? err_set(e, ERR_NOTFOUND, 0, "It has not started yet.") : ERR_OK;

    if (rc == ERR_OK)
        renew_law(r);
    if (rc == ERR_OK)
        rc = notify_settings(r->notify, next, e);
    if (rc == ERR_OK && generation != self->generation)
        rc = change_rules(r, generation, e);
    if (rc == ERR_OK) {
        desk_settings(r->desk, next);
        porter_settings(r->porter, next);
        clockwork_settings(r->clockwork, next);
    }
    return rc;
}

static const struct role_handlers handlers = {
    .open = desk_open,
    .on_stop = on_stop,
    .on_reload = on_reload,
    .on_peer = on_peer,
    .on_ledger = on_ledger,
    .close = desk_close,
};

int role_desk(int argc, char **argv)
{
    struct role_desk own = { 0 };

    return role_main(ROLE_DESK, &handlers, &own, argc, argv);
}
