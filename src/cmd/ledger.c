/*
 * ledger.c - canh ledger: verify the signed checkpoints of a store, which says whether what it has
 * is what it had; and begin again with a new key where one was lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/anchors.h"
#include "cmd/command.h"
#include "cmd/push.h"
#include "ledger/signer.h"
#include "ledger/verdict.h"
#include "os/file.h"
#include "os/host.h"

static int open_folder(const char *path, int *dir, struct err *e)
{
    *dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *dir >= 0 ? ERR_OK
                     : err_set(e, ERR_IO, 0, "The folder %.150s cannot be opened: %s.", path,
                               strerror(errno));
}

/* --- check ---------------------------------------------------------------------------------- */

struct check_options {
    const char *root;
    struct option_list anchors;
};

static const struct option_row check_rows[] = {
    { "root", OPTION_TEXT, offsetof(struct check_options, root), "FILE", NULL, 0, 0,
      "root.pub of the store, kept elsewhere: what is beside the ledger may have been changed" },
    { "anchor", OPTION_LIST, offsetof(struct check_options, anchors), "NUMBER:HASH", NULL, 0, 0,
      "a checkpoint that is known from elsewhere: a witness, an export, a printed report" },
};

static int check(const struct check_options *o, const char *folder, struct verdict *v,
                 struct err *e)
{
    struct links_anchor anchors[LINKS_ANCHORS];
    uint8_t store[NOTE_STORE_BYTES], root[KEY_BYTES];
    int dir = -1, rc = ledger_anchors(&o->anchors, anchors, e);

    if (rc == ERR_OK)
        rc = ledger_root(o->root, store, root, e);
    if (rc == ERR_OK)
        rc = open_folder(folder, &dir, e);
    if (rc == ERR_OK)
        rc = verdict_find(v, &io_system, dir, root, anchors, o->anchors.count, e);
    if (dir >= 0)
        (void)close(dir);
    return rc;
}

static int ledger_check(int argc, char **argv)
{
    static const struct command_line line = {
        check_rows, COUNT_OF(check_rows), "canh ledger check --root FILE [OPTIONS] FOLDER",
        "Verifies the signed checkpoints in FOLDER (DATA/ledger, or a copy) from the first to the last.\n"
        "Exit code: 0 they are sound, 1 they are not, 2 they could not be verified."
    };
    struct check_options o = { 0 };
    struct verdict v;
    struct buf text;
    struct err e = { 0 };
    int operands, code;

    if (!command_options(&line, &o, argc, argv, &operands, &code))
        return code;
    if (operands != 1 || o.root == NULL)
        (void)err_set(&e, ERR_USAGE, 0, "canh ledger check takes --root and one folder.");
    if (e.code != ERR_OK || check(&o, argv[0], &v, &e) != ERR_OK)
        return command_fault(&e);
    buf_init(&text, 4096);
    verdict_put(&text, &v);
    code = command_show(&text);
    return code == EXIT_RAN && v.fault != LINKS_NONE ? EXIT_FOUND : code;
}

/* --- certify -------------------------------------------------------------------------------- */

struct certify_options {
    const char *keys;
};

static const struct option_row certify_rows[] = {
    { "keys", OPTION_TEXT, offsetof(struct certify_options, keys), "FOLDER", NULL, 0, 0,
      "folder of the keys, with root.key and root.pub" },
};

static int certify(const struct certify_options *o, const char *folder, struct err *e)
{
    struct signer_settings set = { .io = &io_system, .dir = -1, .keys = -1 };
    uint8_t root[KEY_BYTES];
    char path[FILE_PATH_BYTES];
    int n = snprintf(path, sizeof(path), "%s/root.pub", o->keys), rc;

    rc = n > 0 && (size_t)n < sizeof(path) ? ledger_root(path, set.store, root, e)
                                           : err_set(e, ERR_USAGE, 0, "The path is too long.");
    if (rc == ERR_OK)
        rc = open_folder(folder, &set.dir, e);
    if (rc == ERR_OK)
        rc = open_folder(o->keys, &set.keys, e);
    set.time_ns = host_now_ns();
    if (rc == ERR_OK)
        rc = signer_certify(&set, e);
    if (set.dir >= 0)
        (void)close(set.dir);
    if (set.keys >= 0)
        (void)close(set.keys);
    return rc;
}

static int ledger_certify(int argc, char **argv)
{
    static const struct command_line line = {
        certify_rows, COUNT_OF(certify_rows), "canh ledger certify --keys FOLDER FOLDER",
        "Goes on behind the last checkpoint in FOLDER with a new key, certified by the root key: when\n"
        "the key of an epoch was lost, and a person has looked why. No server may run."
    };
    struct certify_options o = { 0 };
    struct err e = { 0 };
    int operands, code;

    if (!command_options(&line, &o, argc, argv, &operands, &code))
        return code;
    if (operands != 1 || o.keys == NULL)
        (void)err_set(&e, ERR_USAGE, 0, "canh ledger certify takes --keys and one folder.");
    if (e.code != ERR_OK || certify(&o, argv[0], &e) != ERR_OK)
        return command_fault(&e);
    return EXIT_RAN;
}

/* -------------------------------------------------------------------------------------------- */

int cmd_ledger(int argc, char **argv)
{
    static const struct command_row rows[] = {
        { "check", "verify the signed checkpoints of a store", ledger_check },
        { "certify", "go on with a new key where one was lost", ledger_certify },
        { "push", "send a witness what it has not seen yet", ledger_push },
    };

    return command_run(rows, COUNT_OF(rows), "canh ledger", argc, argv);
}
