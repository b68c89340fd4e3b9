/*
 * sealer_account.c - see sealer_account.h.
 */
#include "cmd/sealer_account.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/file.h"

#define LINES 100000u /* of the record in one go: the rest comes with the next checkpoint */

int sealer_account_open(struct sealer_account *a, struct role_self *self, int ledger_dir,
                        struct err *e)
{
    *a = (struct sealer_account){ .self = self, .dir = -1 };
    if (mkdirat(ledger_dir, ACCOUNT_FOLDER, 0750) != 0 && errno != EEXIST)
        return err_set(e, ERR_IO, 0, "The folder of texts beside the ledger cannot be made: %s.",
                       strerror(errno));
    a->dir = openat(ledger_dir, ACCOUNT_FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return a->dir >= 0 && fsync(ledger_dir) == 0
               ? ERR_OK
               : err_set(e, ERR_IO, 0, "The texts beside the ledger cannot be opened: %s.",
                         strerror(errno));
}

void sealer_account_close(struct sealer_account *a)
{
    db_close(&a->db);
    if (a->dir >= 0)
        (void)close(a->dir); /* a folder */
    a->dir = -1;
}

/* --- Each of them --------------------------------------------------------------------------- */

static int say_rules(struct sealer_account *a, struct merkle_hash *hash, struct err *e)
{
    char path[FILE_PATH_BYTES];
    struct buf text;
    int rc = ERR_OK;

    if (a->generation != a->self->generation) {
        buf_init(&text, ACCOUNT_BYTES_MAX);
        rc = role_generation_path(a->self, a->self->generation, path, sizeof(path), e);
        if (rc == ERR_OK)
            rc = account_rules(&text, path, a->self->generation, e);
        if (rc == ERR_OK)
            rc = account_keep(&io_system, a->dir, &text, &a->rules, e);
        buf_release(&text);
    }
    if (rc != ERR_OK)
        return rc;
    a->generation = a->self->generation;
    *hash = a->rules;
    return ERR_OK;
}

static int say_settings(const struct sealer_account *a, struct merkle_hash *hash, struct err *e)
{
    struct buf text;
    int rc;

    buf_init(&text, SETTINGS_BYTES_MAX);
    buf_add(&text, a->self->settings.yaml);
    rc = account_keep(&io_system, a->dir, &text, hash, e);
    buf_release(&text);
    return rc;
}

static int say_counts(const struct sealer_account *a, const struct checkpoint *last,
                      int64_t time_ns, struct merkle_hash *hash, struct err *e)
{
    struct buf text;
    int rc;

    buf_init(&text, ACCOUNT_BYTES_MAX);
    account_counts(&text);
    for (uint32_t i = 0; i < SEALER_LANES; i++) {
        if (a->ledger[i] != NULL)
            account_count(&text, a->ledger[i]);
    }
    rc = account_is_hourly(last != NULL ? last->time_ns : -1, time_ns)
             ? account_keep(&io_system, a->dir, &text, hash, e)
             : account_hash(&text, hash, e);
    buf_release(&text);
    return rc;
}

static bool is_zero(const struct merkle_hash *h)
{
    static const struct merkle_hash zero;

    return memcmp(h, &zero, sizeof(zero)) == 0;
}

/* Lines one by one until what was signed is met: at a start only. */
static int64_t follow(struct sealer_account *a, const struct merkle_hash *was, struct err *e)
{
    int64_t n = 1, all = 0;

    while (!a->met && n > 0 && all < LINES) {
        n = record_follow(a->db, &a->chain, 1, e);
        all += n > 0;
        a->met = n > 0 && memcmp(&a->chain.hash, was, sizeof(*was)) == 0;
    }
    return a->met && n >= 0 ? record_follow(a->db, &a->chain, LINES, e) : n;
}

static void say_record(struct sealer_account *a, const struct checkpoint *last,
                       struct merkle_hash *hash)
{
    char path[FILE_PATH_BYTES];
    struct err e = { 0 };
    int64_t n = 0;

    if (last != NULL)
        *hash = last->audit;
    if (a->db == NULL && (data_path(path, sizeof(path), a->self->data, "desk/canh.db") != ERR_OK ||
                          db_open_reader(&a->db, path, &e) != ERR_OK))
        return; /* the desk is not there yet, or says itself what is wrong */
    a->met = a->met || is_zero(hash);
    n = follow(a, hash, &e);
    if (n < 0 && n != ERR_CORRUPT) {
        db_close(&a->db); /* the desk has not brought it in order yet, or the disk fails */
        return;
    }
    if ((n < 0 || (n == 0 && !a->met)) && !a->told) {
        a->told = true;
        role_notice(a->self,
                    "The desk's record is not what was signed of it: %s canh verify says "
                    "more.",
                    n < 0 ? e.why : "it was changed, or is another database.");
    }
    if (a->met && n >= 0)
        *hash = a->chain.hash;
}

int sealer_account_say(struct sealer_account *a, const struct checkpoint *last,
                       struct sign_also *also, struct err *e)
{
    int rc = say_rules(a, &also->rules, e);

    if (rc == ERR_OK)
        rc = say_settings(a, &also->settings, e);
    if (rc == ERR_OK)
        rc = say_counts(a, last, also->time_ns, &also->counts, e);
    if (rc == ERR_OK)
        say_record(a, last, &also->audit);
    return rc;
}
