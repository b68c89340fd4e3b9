/*
 * frame.h - what every role does in the same way, so that a role's file has only what it does
 * differently.
 *
 *   int role_thing(int argc, char **argv)      the words behind `canh role NAME`
 *   {
 *       struct thing t = { 0 };
 *       return role_main(ROLE_THING, &handlers, &t, argc, argv);
 *   }
 *
 * role_main() gives up root (settings.user), reads the settings, makes the loop, and calls open(),
 * which opens what the role needs, enters the sandbox and calls role_ready() - or calls it later,
 * from the loop, when it has to wait for something. From then on messages reach the handlers, and
 * the keeper hears once a second that the loop turns. A message without a handler is dropped and
 * its descriptor closed. The end of the channel is the end of the role.
 *
 * One thread: handlers run in the loop. A handler that takes a descriptor owns it.
 */
#ifndef FRAME_H
#define FRAME_H

#include "collect/ledger.h"
#include "conf/settings.h"
#include "keep/role.h"
#include "os/loop.h"

struct role_handlers;

struct role_self {
    enum role role;
    uint32_t number;     /* of the collector; else 0 */
    uint64_t generation; /* of rules, whose folder is DATA/rules/GENERATION */
    const char *data;    /* path of the data folder */
    struct settings settings;
    struct loop *loop;
    int channel;
    void *own; /* what role_main() was given */

    /* role.c's */
    const struct role_handlers *handlers;
    struct watch *watch, *beat;
    struct channel_message *in, *out;
    uint64_t beaten_ms;
    bool ready;    /* READY was said */
    bool stopping; /* STOP was heard */
    bool leaving;  /* role_exit() was called */
    int code;
};

struct role_handlers {
    /* Open everything, enter the sandbox, role_ready(). On an error the role ends, the sentence is
     * told, and the keeper starts it again. */
    int (*open)(struct role_self *self, struct err *e);
    /* Finish what is at hand, then role_exit(). NULL: at once. */
    void (*on_stop)(struct role_self *self);
    /*
     * Take the new settings and rules, or say why not; then the old ones stay in force. On ERR_OK
     * self->settings becomes *next and self->generation becomes `generation` behind this call: keep
     * no pointer into the old settings. NULL: always taken.
     */
    int (*on_reload)(struct role_self *self, const struct settings *next, uint64_t generation,
                     struct err *e);
    void (*on_connection)(struct role_self *self, int fd, const struct say_connection *c);
    void (*on_datagrams)(struct role_self *self, int fd, const struct say_connection *c);
    /* The counts of one more collector, mapped for reading, for good. What cannot be taken is told.
     */
    int (*on_ledger)(struct role_self *self, const struct ledger *g, uint32_t lane, struct err *e);
    void (*on_peer)(struct role_self *self, int fd, enum role other); /* who is at its other end */
    void (*on_listen)(struct role_self *self, int fd, const struct say_connection *c);
    /* The answer to role_ask_segment(): an append-only descriptor and the segment's number, or -1,
     * 0, the errno, and the sentence. */
    void (*on_segment)(struct role_self *self, int fd, uint32_t number, int error, struct span why);
    void (*on_notice)(struct role_self *self, struct span text);
    void (*on_root)(struct role_self *self, const uint8_t key[ROLE_ROOT_BYTES]);
    /* Release everything; also called when open() failed half-way. NULL: nothing to release. */
    void (*close)(struct role_self *self);
};

/* The exit code of the process. argv: NUMBER DATA GENERATION. */
int role_main(enum role role, const struct role_handlers *handlers, void *own, int argc,
              char **argv);

struct sandbox;

/* Enter the sandbox; `level` (SANDBOX_LEVEL_MAX bytes) is what it came to. Where it cannot be had
 * in full, settings.sandbox decides whether the role may run all the same. */
int role_sandbox(const struct role_self *self, const struct sandbox *box, char *level,
                 struct err *e);

/* Say READY; `level` is what the sandbox came to. */
void role_ready(struct role_self *self, const char *level);

/* Tell the keeper something; `body` is at most CHANNEL_BYTES_MAX. A channel that is full for
 * longer than a second means a keeper that is stuck: the role ends. */
void role_say(struct role_self *self, enum say what, struct span body);
void role_notice(struct role_self *self, const char *fmt, ...) CHECK_FORMAT(2, 3);
void role_closed(struct role_self *self, uint32_t connections); /* CLOSED */
void role_ask_segment(struct role_self *self);
void role_done(struct role_self *self, uint32_t lane, uint32_t segment); /* DONE */

/* Long work outside the loop (opening, reloading) says with this that it lives; cheap. */
void role_beat(struct role_self *self);

/* Leave the loop after this round, with this exit code. */
void role_exit(struct role_self *self, int code);

/* Path of the folder of `generation` below self->data. */
int role_generation_path(const struct role_self *self, uint64_t generation, char *room,
                         size_t bytes, struct err *e);

#endif
