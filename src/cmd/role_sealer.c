/*
 * role_sealer.c - the role that seals and signs: reads the lanes, the rules and the database,
 * writes sealed files and the ledger, and is the last to be given the processor. It may write below
 * DATA/sealed, DATA/ledger and DATA/keys, and nowhere else.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cmd/reading.h"
#include "cmd/roles.h"
#include "cmd/sealer_account.h"
#include "os/file.h"
#include "os/host.h"
#include "os/process.h"
#include "os/sandbox.h"
#include "store/store_id.h"

#define IDLE_MS 500u
#define NICE    10
#define KEPT    (32 << 20) /* bytes of memory for the next block: what most take */

struct role_sealer {
    struct role_self *self;
    struct sealer *sealer;
    struct sealer_account account;
    struct reading reading;
    struct watch *round;
    int lanes, sealed, ledger, keys;
    uint32_t done[SEALER_LANES]; /* what the keeper was told */
};

static void on_sealer_notice(void *arg, const char *text)
{
    role_notice(((struct role_sealer *)arg)->self, "%s", text);
}

static int on_also(void *arg, const struct checkpoint *last, struct sign_also *also, struct err *e)
{
    return sealer_account_say(&((struct role_sealer *)arg)->account, last, also, e);
}

/* --- Start ---------------------------------------------------------------------------------- */

static int open_folder(const char *data, const char *name, int *dir, struct err *e)
{
    char path[FILE_PATH_BYTES];

    if (data_path(path, sizeof(path), data, "%s", name) != ERR_OK)
        return err_set(e, ERR_USAGE, 0, "The data folder's path is too long.");
    *dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *dir >= 0 ? ERR_OK
                     : err_set(e, ERR_IO, 0, "%.200s cannot be opened: %s.", path, strerror(errno));
}

static int enter_sandbox(const struct role_self *self, char *level, struct err *e)
{
    char lanes[FILE_PATH_BYTES], sealed[FILE_PATH_BYTES], ledger[FILE_PATH_BYTES],
        keys[FILE_PATH_BYTES], rules[FILE_PATH_BYTES], desk[FILE_PATH_BYTES];
    const char *read[] = { lanes, rules, desk, NULL }, *write[] = { sealed, ledger, keys, NULL };
    const struct sandbox box = { SANDBOX_FILES_READ | SANDBOX_FILES_WRITE, read, write };

    if (data_path(lanes, sizeof(lanes), self->data, "lanes") != ERR_OK ||
        data_path(sealed, sizeof(sealed), self->data, "sealed") != ERR_OK ||
        data_path(ledger, sizeof(ledger), self->data, "ledger") != ERR_OK ||
        data_path(keys, sizeof(keys), self->data, "keys") != ERR_OK ||
        data_path(rules, sizeof(rules), self->data, "rules") != ERR_OK ||
        data_path(desk, sizeof(desk), self->data, "desk") != ERR_OK)
        return err_set(e, ERR_USAGE, 0, "The data folder's path is too long.");
    return role_sandbox(self, &box, level, e);
}

/* Files are sealed without it as well, and are slower to count. */
static void open_reading(struct role_sealer *r, uint64_t generation)
{
    char path[FILE_PATH_BYTES];
    struct err e = { 0 };
    int rc = role_generation_path(r->self, generation, path, sizeof(path), &e);

    if (rc == ERR_OK)
        rc = reading_open(&r->reading, path, &e);
    if (rc != ERR_OK)
        role_notice(r->self, "Events are sealed without being counted: %s", e.why);
}

static void say_done(struct role_sealer *r)
{
    for (uint32_t i = 0; i < SEALER_LANES; i++) {
        uint32_t segment = sealer_needs(r->sealer, i);

        if (segment > r->done[i])
            role_done(r->self, i, segment);
        r->done[i] = segment;
    }
}

static struct sealer_now now(const struct role_sealer *r)
{
    return (struct sealer_now){ .time_ns = loop_now_ns(r->self->loop),
                                .ms = loop_ms(r->self->loop),
                                .clock_ns = host_boot_ns() };
}

static void turn(void *arg, unsigned ready)
{
    struct role_sealer *r = arg;
    const struct sealer_now at = now(r);
    bool more = sealer_round(r->sealer, &at);

    (void)ready;
    say_done(r);
    watch_after(r->round, more ? 0 : IDLE_MS);
    if (sealer_is_stuck(r->sealer))
        role_exit(r->self, 1);
}

static int sealer_open(struct role_self *self, struct err *e)
{
    struct role_sealer *r = self->own;
    struct sealer_from from = { .io = &io_system,
                                .settings = &self->settings,
                                .notice = on_sealer_notice,
                                .also = on_also,
                                .arg = r };
    char level[SANDBOX_LEVEL_MAX] = "";
    int rc;

    r->self = self;
    (void)setpriority(PRIO_PROCESS, 0, NICE); /* else it takes its turn like the others */
    /* A block takes some 20 MiB and gives them back; to have the system clear new pages for the
     * next one costs a tenth of sealing it. */
    (void)mallopt(M_MMAP_THRESHOLD, KEPT);
    (void)mallopt(M_TRIM_THRESHOLD, KEPT);
    rc = store_id_read(self->data, from.store, e);
    if (rc == ERR_OK)
        rc = open_folder(self->data, "lanes", &r->lanes, e);
    if (rc == ERR_OK)
        rc = open_folder(self->data, "sealed", &r->sealed, e);
    if (rc == ERR_OK)
        rc = open_folder(self->data, "ledger", &r->ledger, e);
    if (rc == ERR_OK)
        rc = open_folder(self->data, "keys", &r->keys, e);
    if (rc == ERR_OK)
        rc = host_boot(from.boot, e);
    if (rc == ERR_OK)
        rc = enter_sandbox(self, level, e);
    if (rc == ERR_OK)
        rc = sealer_account_open(&r->account, self, r->ledger, e);
    from.lanes_dir = r->lanes;
    from.sealed_dir = r->sealed;
    from.ledger_dir = r->ledger;
    from.keys_dir = r->keys;
    if (rc == ERR_OK)
        open_reading(r, self->generation);
    from.tallier = r->reading.tallier;
    if (rc == ERR_OK)
        rc = sealer_new(&r->sealer, &from, e);
    if (rc == ERR_OK) {
        r->round = loop_timer(self->loop, turn, r);
        rc = r->round != NULL
                 ? ERR_OK
                 : err_set(e, ERR_NOMEM, 0, "There is no memory for the sealer's clock.");
    }
    if (rc != ERR_OK)
        return rc;
    watch_after(r->round, 0);
    role_ready(self, level);
    return ERR_OK;
}

static void sealer_close(struct role_self *self)
{
    struct role_sealer *r = self->own;
    const int dirs[] = { r->lanes, r->sealed, r->ledger, r->keys };

    watch_free(&r->round);
    if (r->sealer != NULL) {
        const struct sealer_now at = now(r);

        sealer_end(r->sealer, &at);
    }
    sealer_free(&r->sealer);
    reading_close(&r->reading);
    sealer_account_close(&r->account);
    for (size_t i = 0; i < COUNT_OF(dirs); i++) {
        if (dirs[i] >= 0)
            (void)close(dirs[i]); /* folders */
    }
}

/* --- Messages ------------------------------------------------------------------------------- */

static int on_ledger(struct role_self *self, const struct ledger *g, uint32_t lane, struct err *e)
{
    struct role_sealer *r = self->own;

    if (r->sealer == NULL)
        return ERR_OK;
    if (lane < SEALER_LANES)
        r->account.ledger[lane] = g;
    return sealer_ledger(r->sealer, g, lane, e);
}

static int on_reload(struct role_self *self, const struct settings *next, uint64_t generation,
                     struct err *e)
{
    struct role_sealer *r = self->own;

    (void)e;
    if (r->sealer == NULL)
        return ERR_OK;
    sealer_settings(r->sealer, next);
    if (generation == self->generation) /* the next checkpoint looks at it, too */
        return ERR_OK;
    sealer_tallier(r->sealer, NULL);
    reading_close(&r->reading);
    open_reading(r, generation);
    sealer_tallier(r->sealer, r->reading.tallier);
    return ERR_OK;
}

int role_sealer(int argc, char **argv)
{
    static const struct role_handlers handlers = {
        .open = sealer_open, .on_reload = on_reload, .on_ledger = on_ledger, .close = sealer_close
    };
    struct role_sealer own = {
        .account = { .dir = -1 }, .lanes = -1, .sealed = -1, .ledger = -1, .keys = -1
    };

    return role_main(ROLE_SEALER, &handlers, &own, argc, argv);
}
