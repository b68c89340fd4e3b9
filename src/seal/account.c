/*
 * account.c - see account.h.
 */
#include "seal/account.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ledger/note.h"
#include "os/file.h"
#include "scan/put.h"

#define RULES_MAGIC  "canh/rules/v1\n"
#define COUNTS_MAGIC "canh/counts/v1\n"
#define FILE_MAX     ((size_t)1 << 30)
#define HOUR_NS      INT64_C(3600000000000)
#define FRESH        "text.new"

void account_name(const struct merkle_hash *hash, char name[ACCOUNT_NAME])
{
    for (size_t i = 0; i < sizeof(hash->bytes); i++)
        (void)snprintf(name + 2 * i, 3, "%02x", hash->bytes[i]);
}

/* --- Rules ---------------------------------------------------------------------------------- */

static int put_file(struct buf *out, struct buf *room, const char *path, const char *name,
                    struct err *e)
{
    char hex[ACCOUNT_NAME];
    struct merkle_hash hash;
    int rc = file_read(path, FILE_MAX, room, e);

    if (rc != ERR_OK)
        return rc;
    note_hash(buf_span(room), &hash);
    account_name(&hash, hex);
    buf_fmt(out, "%s  %s\n", hex, name);
    return ERR_OK;
}

int account_rules(struct buf *out, const char *folder, uint64_t generation, struct err *e)
{
    static const struct file_walk all = { 0 };
    const size_t head = strlen(folder) + 1;
    struct file_list files;
    struct buf room;
    int rc;

    files_init(&files);
    buf_init(&room, FILE_MAX);
    rc = files_add(&files, folder, &all, e);
    buf_text(out, RULES_MAGIC);
    buf_fmt(out, "generation %llu\n", (unsigned long long)generation);
    for (size_t i = 0; i < files.count && rc == ERR_OK; i++)
        rc = put_file(out, &room, files_path(&files, i), files_path(&files, i) + head, e);
    buf_release(&room);
    files_release(&files);
    if (rc == ERR_OK && buf_failed(out))
        rc = err_set(e, ERR_NOMEM, 0, "There is no memory to name the rules.");
    return rc;
}

/* Is there a folder of a later generation? */
static bool has_later(const char *rules, uint64_t generation)
{
    DIR *dir = opendir(rules);
    const struct dirent *d;
    bool has = false;

    while (dir != NULL && !has && (d = readdir(dir)) != NULL) {
        uint64_t n;

        has = note_read_u64(span_of(d->d_name), UINT64_MAX, &n) && n > generation;
    }
    if (dir != NULL)
        (void)closedir(dir); /* only read */
    return has;
}

int account_rules_are(struct span text, const char *rules, struct err *e)
{
    struct span left = text, value;
    char folder[FILE_PATH_BYTES];
    uint64_t generation = 0;
    struct buf is;
    int rc;

    if (!span_starts(text, SPAN_LIT(RULES_MAGIC)))
        return err_set(e, ERR_SYNTAX, 0, "It is no text about rules.");
    left = span_from(left, strlen(RULES_MAGIC));
    if (!note_field(&left, "generation", &value) || !note_read_u64(value, UINT64_MAX, &generation))
        return err_set(e, ERR_SYNTAX, 0, "It is no text about rules.");
    if (snprintf(folder, sizeof(folder), "%s/%llu", rules, (unsigned long long)generation) >=
        (int)sizeof(folder))
        return err_set(e, ERR_USAGE, 0, "The data folder's path is too long.");
    if (access(folder, F_OK) != 0)
        return err_set(e, has_later(rules, generation) ? ERR_MORE : ERR_NOTFOUND, 0,
                       "Generation %llu of the rules is not there.",
                       (unsigned long long)generation);
    buf_init(&is, ACCOUNT_BYTES_MAX);
    rc = account_rules(&is, folder, generation, e);
    if (rc == ERR_OK && !span_eq(buf_span(&is), text))
        rc = err_set(e, ERR_CORRUPT, 0, "The files of generation %llu are others.",
                     (unsigned long long)generation);
    buf_release(&is);
    return rc;
}

/* --- Counts --------------------------------------------------------------------------------- */

void account_counts(struct buf *out)
{
    buf_text(out, COUNTS_MAGIC);
}

void account_count(struct buf *out, const struct ledger *g)
{
    for (uint32_t row = 0; row < LEDGER_ROWS; row++) {
        struct ledger_copy c;

        if (!ledger_copy(g, row, &c))
            continue;
        buf_fmt(out, "{\"lane\":%u,\"input\":\"%s\",\"source\":", g->lane, input_name(c.input));
        put_json_text(out, span_of(c.name));
        for (enum ledger_counter i = 0; i < LEDGER_COUNTERS; i++) {
            if (c.count[i] != 0)
                buf_fmt(out, ",\"%s\":%llu", ledger_counter_name(i),
                        (unsigned long long)c.count[i]);
        }
        buf_text(out, "}\n");
    }
}

bool account_is_hourly(int64_t last_ns, int64_t time_ns)
{
    return last_ns < 0 || last_ns / HOUR_NS != time_ns / HOUR_NS;
}

/* --- Texts ---------------------------------------------------------------------------------- */

int account_hash(const struct buf *text, struct merkle_hash *hash, struct err *e)
{
    if (buf_failed(text))
        return err_set(e, ERR_NOMEM, 0, "There is no memory for what a checkpoint says.");
    note_hash(buf_span(text), hash);
    return ERR_OK;
}

int account_keep(const struct io *io, int dir, const struct buf *text, struct merkle_hash *hash,
                 struct err *e)
{
    int rc = account_hash(text, hash, e);
    char name[ACCOUNT_NAME];
    int fd;

    if (rc != ERR_OK)
        return rc;
    account_name(hash, name);
    fd = io->open(io->arg, dir, name, O_RDONLY, 0);
    if (fd >= 0) {
        (void)close(fd); /* nothing was read; it is whole, for it has its name */
        return ERR_OK;
    }
    if (io_replace(io, dir, FRESH, name, buf_span(text)))
        return ERR_OK;
    return err_set(e, errno == ENOSPC || errno == EDQUOT ? ERR_LIMIT : ERR_IO, 0,
                   "What a checkpoint says cannot be written: %s.", strerror(errno));
}

int account_read(const struct io *io, int dir, const struct merkle_hash *hash, struct buf *out,
                 struct err *e)
{
    struct merkle_hash is;
    char name[ACCOUNT_NAME];
    int rc;

    account_name(hash, name);
    buf_clear(out);
    rc = io_read(io, dir, name, out, e);
    if (rc != ERR_OK)
        return rc;
    note_hash(buf_span(out), &is);
    return memcmp(&is, hash, sizeof(is)) == 0
               ? ERR_OK
               : err_set(e, ERR_CORRUPT, 0, "It is not the text that was signed.");
}
