/*
 * db.c - SQLite behind a small face.
 *
 * The first fault of a statement (preparing, binding) is kept by SQLite and told when it is run, so
 * callers bind without asking. A struct db_row is the prepared statement itself.
 */
#include "db/db.h"

#include <openssl/evp.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/time.h"
#include "db/instrument.h"
#include "event/search_text.h"
#include "statement_texts.h" /* steps, texts */

#define LOG_BYTES_MAX  (64 << 20) /* the log is cut to it after a checkpoint */
#define BUSY_MS        1000
#define FOLD_BYTES_MAX ((size_t)1 << 20)
#define ASK_STEPS      100000 /* of SQLite's machine */
#define AGAIN_MAX      10u

struct db {
    sqlite3 *conn;
    sqlite3_stmt *statement[DB_STATEMENTS];
    bool in_transaction, writes;
    bool (*go_on)(void *arg);
    void *go_on_arg;
};

static sqlite3_stmt *stmt(struct db_row *r)
{
    return (sqlite3_stmt *)r;
}

/* What is asked of it does not fit what is there; a check of the schema that fails is our bug. */
static int misfit(const struct db *db, struct err *e)
{
    switch (sqlite3_extended_errcode(db->conn)) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
        return err_set(e, ERR_CONFLICT, 0, "There is one like it already.");
    case SQLITE_CONSTRAINT_FOREIGNKEY:
        return err_set(e, ERR_CONFLICT, 0,
                       "It refers to what is not there, or something there refers to it.");
    default:
        return err_set(e, ERR_IO, 0, "The database: %s.", sqlite3_errmsg(db->conn));
    }
}

static int fault(const struct db *db, struct err *e)
{
    int code = sqlite3_errcode(db->conn);
    const char *why = sqlite3_errmsg(db->conn);

    switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
        return misfit(db, e);
    case SQLITE_FULL:
        return err_set(e, ERR_LIMIT, 0, "The disk is full: the database cannot be written.");
    case SQLITE_INTERRUPT: /* only who db_asks() does */
        return err_set(e, ERR_MORE, 0, "It was ended before all was read.");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return err_set(e, ERR_CORRUPT, 0, "The database is damaged: %s.", why);
    case SQLITE_NOMEM:
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the database.");
    default:
        return err_set(e, ERR_IO, 0, "The database: %s.", why);
    }
}

static int execute(struct db *db, const char *sql, struct err *e)
{
    return sqlite3_exec(db->conn, sql, NULL, NULL, NULL) == SQLITE_OK ? ERR_OK : fault(db, e);
}

/* A reader that may only read the log's index, as in the sandbox, and comes while its head is
 * written takes it for one that somebody left half done (SQLITE_READONLY_RECOVERY). Where nobody
 * did it is whole already. */
static int step(sqlite3_stmt *s)
{
    int code = sqlite3_step(s);

    for (unsigned i = 0; i < AGAIN_MAX && code == SQLITE_READONLY_RECOVERY; i++) {
        (void)sqlite3_reset(s); /* repeats the fault */
        code = sqlite3_step(s);
    }
    return code;
}

static int prepare(struct db *db, const char *sql, unsigned flags, sqlite3_stmt **out)
{
    int code = sqlite3_prepare_v3(db->conn, sql, -1, flags, out, NULL);

    for (unsigned i = 0; i < AGAIN_MAX && code == SQLITE_READONLY_RECOVERY; i++)
        code = sqlite3_prepare_v3(db->conn, sql, -1, flags, out, NULL);
    return code;
}

/* --- opening -------------------------------------------------------------------------------- */

static int user_version(struct db *db, size_t *version, struct err *e)
{
    sqlite3_stmt *s = NULL;
    int rc = ERR_OK;

    if (prepare(db, "PRAGMA user_version", 0, &s) != SQLITE_OK || step(s) != SQLITE_ROW)
        rc = fault(db, e);
    else
        *version = (size_t)sqlite3_column_int(s, 0);
    (void)sqlite3_finalize(s); /* repeats the fault */
    return rc;
}

static int take_steps(struct db *db, struct err *e)
{
    char version_sql[64];
    size_t version = 0;
    int rc = user_version(db, &version, e);

    if (rc == ERR_OK && version > COUNT_OF(steps))
        return err_set(e, ERR_UNSUPPORTED, 0,
                       "The database was made by a later version of this program.");
    for (; rc == ERR_OK && version < COUNT_OF(steps); version++) {
        (void)sqlite3_snprintf(sizeof(version_sql), version_sql, "PRAGMA user_version = %d",
                               (int)version + 1);
        rc = db_begin(db, e);
        if (rc == ERR_OK)
            rc = execute(db, steps[version], e);
        if (rc == ERR_OK)
            rc = execute(db, version_sql, e);
        if (rc == ERR_OK)
            rc = db_commit(db, e);
        if (rc != ERR_OK)
            db_rollback(db);
    }
    return rc;
}

static int defend(struct db *db, struct err *e)
{
    if (sqlite3_db_config(db->conn, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL) != SQLITE_OK ||
        sqlite3_db_config(db->conn, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL) != SQLITE_OK ||
        sqlite3_busy_timeout(db->conn, BUSY_MS) != SQLITE_OK)
        return fault(db, e);
    (void)sqlite3_limit(db->conn, SQLITE_LIMIT_ATTACHED, 0); /* returns the old one */
    return execute(db, "PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;", e);
}

static void digest_value(EVP_MD_CTX *sha, sqlite3_value *v, bool *good)
{
    uint8_t head[9] = { 'n' }, number[8];
    struct span bytes = SPAN_NONE;

    switch (sqlite3_value_type(v)) {
    case SQLITE_NULL:
        break;
    case SQLITE_INTEGER:
        head[0] = 'i';
        bytes_put_u64(number, (uint64_t)sqlite3_value_int64(v));
        bytes = (struct span){ number, sizeof(number) };
        break;
    default: /* there are no others; a REAL that somebody put in is its text */
        head[0] = sqlite3_value_type(v) == SQLITE_BLOB ? 'b' : 't';
        bytes.p =
            sqlite3_value_type(v) == SQLITE_BLOB ? sqlite3_value_blob(v) : sqlite3_value_text(v);
        bytes.n = (size_t)sqlite3_value_bytes(v);
        break;
    }
    bytes_put_u64(head + 1, bytes.n);
    *good = *good && (bytes.n == 0 || bytes.p != NULL) &&
            EVP_DigestUpdate(sha, head, sizeof(head)) == 1 &&
            (bytes.n == 0 || EVP_DigestUpdate(sha, bytes.p, bytes.n) == 1);
}

/* canh_digest(value, ...): see record.h. */
static void digest(sqlite3_context *c, int count, sqlite3_value **values)
{
    EVP_MD_CTX *sha = EVP_MD_CTX_new();
    uint8_t out[32];
    bool good = sha != NULL && EVP_DigestInit_ex(sha, EVP_sha256(), NULL) == 1;

    for (int i = 0; i < count && good; i++)
        digest_value(sha, values[i], &good);
    if (good && EVP_DigestFinal_ex(sha, out, NULL) == 1)
        sqlite3_result_blob(c, out, sizeof(out), SQLITE_TRANSIENT);
    else
        sqlite3_result_error_nomem(c);
    EVP_MD_CTX_free(sha);
}

/* canh_fold(text): without case and marks, as search_text.h says. */
static void fold(sqlite3_context *c, int count, sqlite3_value **values)
{
    struct buf out;

    (void)count; /* 1 */
    if (sqlite3_value_type(values[0]) == SQLITE_NULL)
        return;
    buf_init(&out, FOLD_BYTES_MAX);
    search_fold_add(
        (struct span){ sqlite3_value_text(values[0]), (size_t)sqlite3_value_bytes(values[0]) },
        false, &out);
    if (buf_failed(&out))
        sqlite3_result_error_toobig(c);
    else
        sqlite3_result_text64(c, out.n > 0 ? (const char *)out.p : "", out.n, SQLITE_TRANSIENT,
                              SQLITE_UTF8);
    buf_release(&out);
}

/* canh_instrument(text): the number of the legal instrument that it cites (instrument.h), or NULL.
 */
static void instrument(sqlite3_context *c, int count, sqlite3_value **values)
{
    struct buf out;
    struct span number;

    (void)count; /* 1 */
    buf_init(&out, FOLD_BYTES_MAX);
    search_fold_add(
        (struct span){ sqlite3_value_text(values[0]), (size_t)sqlite3_value_bytes(values[0]) },
        false, &out);
    number = instrument_number(buf_span(&out));
    if (buf_failed(&out))
        sqlite3_result_error_toobig(c);
    else if (number.n > 0)
        sqlite3_result_text64(c, (const char *)number.p, number.n, SQLITE_TRANSIENT, SQLITE_UTF8);
    buf_release(&out);
}

/* canh_time(ns): RFC 3339, UTC; NULL of NULL. For JSON that a statement makes. */
static void time_text(sqlite3_context *c, int count, sqlite3_value **values)
{
    uint8_t room[TIME_TEXT_MAX];
    size_t n;

    (void)count; /* SQLite has seen to it that it is one */
    if (sqlite3_value_type(values[0]) == SQLITE_NULL)
        return;
    n = time_put(room, sqlite3_value_int64(values[0]));
    sqlite3_result_text(c, (const char *)room, (int)n, SQLITE_TRANSIENT);
}

/* canh_base64(blob): RFC 4648, as files come in acts; NULL of NULL. */
static void base64_text(sqlite3_context *c, int count, sqlite3_value **values)
{
    const void *p = sqlite3_value_blob(values[0]);
    int n = sqlite3_value_bytes(values[0]);
    unsigned char *text;

    (void)count; /* SQLite has seen to it that it is one */
    if (sqlite3_value_type(values[0]) == SQLITE_NULL)
        return;
    text = sqlite3_malloc64(((uint64_t)n + 2) / 3 * 4 + 1);
    if (text == NULL) {
        sqlite3_result_error_nomem(c);
        return;
    }
    n = EVP_EncodeBlock(text, p, n);
    sqlite3_result_text(c, (const char *)text, n, sqlite3_free);
}

#define FUNCTION_TABLE(X)                                                                          \
    X("canh_digest", -1, digest)                                                                   \
    X("canh_fold", 1, fold)                                                                        \
    X("canh_instrument", 1, instrument)                                                            \
    X("canh_time", 1, time_text)                                                                   \
    X("canh_base64", 1, base64_text)

static int add_functions(struct db *db, struct err *e)
{
    int rc = SQLITE_OK;

#define X(name, count, fn)                                                                         \
    rc = rc != SQLITE_OK                                                                           \
             ? rc                                                                                  \
             : sqlite3_create_function_v2(db->conn, name, count,                                   \
                                          SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS,   \
                                          NULL, fn, NULL, NULL, NULL);
    FUNCTION_TABLE(X)
#undef X
    return rc == SQLITE_OK ? ERR_OK : fault(db, e);
}

static int open_with(struct db **out, const char *path, int flags, struct err *e)
{
    struct db *db = calloc(1, sizeof(*db));
    int rc;

    *out = db;
    if (db == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the database.");
    flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW;
    if (sqlite3_open_v2(path, &db->conn, flags, NULL) != SQLITE_OK) {
        rc = db->conn == NULL ? err_set(e, ERR_NOMEM, 0, "There is no memory for the database.")
                              : fault(db, e);
        err_prefix(e, "%s", path);
        return rc;
    }
    rc = add_functions(db, e);
    if (rc == ERR_OK)
        rc = defend(db, e);
    if (rc != ERR_OK)
        err_prefix(e, "%s", path);
    return rc;
}

#ifdef CANH_BROKEN_LAZYACT /* meson_options.txt: a commit returns before it is on the disk */
#define SYNCHRONOUS "OFF"
#else
#define SYNCHRONOUS "FULL"
#endif

int db_open(struct db **out, const char *path, struct err *e)
{
    char pragmas[256];
    int rc = open_with(out, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, e);

    (void)sqlite3_snprintf(sizeof(pragmas), pragmas,
                           "PRAGMA journal_mode = WAL; PRAGMA synchronous = " SYNCHRONOUS ";"
                           "PRAGMA foreign_keys = OFF; PRAGMA wal_autocheckpoint = 1000;"
                           "PRAGMA cache_size = -16384; PRAGMA journal_size_limit = %d;",
                           LOG_BYTES_MAX);
    if (rc == ERR_OK)
        rc = execute(*out, pragmas, e);
    if (rc == ERR_OK)
        rc = take_steps(*out, e);
    if (rc == ERR_OK)
        rc = execute(*out, "PRAGMA foreign_keys = ON", e);
    if (rc == ERR_OK)
        (*out)->writes = true;
    if (rc != ERR_OK)
        db_close(out);
    return rc;
}

int db_open_reader(struct db **out, const char *path, struct err *e)
{
    size_t version = 0;
    int rc = open_with(out, path, SQLITE_OPEN_READONLY, e);

    if (rc == ERR_OK)
        rc = execute(*out, "PRAGMA query_only = ON; PRAGMA wal_autocheckpoint = 0;", e);
    if (rc == ERR_OK)
        rc = user_version(*out, &version, e);
    if (rc == ERR_OK && version != COUNT_OF(steps))
        rc = err_set(e, ERR_UNSUPPORTED, 0, "The database is of another version of this program.");
    if (rc != ERR_OK)
        db_close(out);
    return rc;
}

void db_close(struct db **db)
{
    if (*db == NULL)
        return;
    for (size_t i = 0; i < DB_STATEMENTS; i++)
        (void)sqlite3_finalize((*db)->statement[i]); /* repeats the last fault */
    if ((*db)->writes) /* what lies in the log, for who copies the file alone; readers may stay */
        (void)sqlite3_wal_checkpoint_v2((*db)->conn, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    (void)sqlite3_close((*db)->conn); /* no statement is left: cannot fail */
    free(*db);
    *db = NULL;
}

static int is_ended(void *arg)
{
    const struct db *db = arg;

    return db->go_on(db->go_on_arg) ? 0 : 1;
}

void db_asks(struct db *db, bool (*go_on)(void *arg), void *arg)
{
    db->go_on = go_on;
    db->go_on_arg = arg;
    sqlite3_progress_handler(db->conn, go_on != NULL ? ASK_STEPS : 0,
                             go_on != NULL ? is_ended : NULL, db);
}

/* --- transactions --------------------------------------------------------------------------- */

int db_begin(struct db *db, struct err *e)
{
    int rc;

    MUST(!db->in_transaction);
    rc = execute(db, "BEGIN IMMEDIATE", e);
    db->in_transaction = rc == ERR_OK;
    return rc;
}

int db_commit(struct db *db, struct err *e)
{
    int rc;

    MUST(db->in_transaction);
    rc = execute(db, "COMMIT", e);
    if (rc == ERR_OK)
        db->in_transaction = false;
    return rc;
}

void db_rollback(struct db *db)
{
    if (!db->in_transaction)
        return;
    db->in_transaction = false;
    for (size_t i = 0; i < DB_STATEMENTS; i++) {
        db_end((struct db_row *)db->statement[i]);
    }
    if (sqlite3_get_autocommit(db->conn) == 0) /* a full disk may have rolled back already */
        (void)execute(db, "ROLLBACK", NULL);   /* what cannot be undone now is undone at opening */
}

int db_whole(struct db *db, int (*fn)(struct db *db, const void *arg, struct err *e),
             const void *arg, struct err *e)
{
    int rc = db_begin(db, e);

    if (rc == ERR_OK)
        rc = fn(db, arg, e);
    if (rc == ERR_OK)
        rc = db_commit(db, e);
    if (rc != ERR_OK)
        db_rollback(db);
    return rc;
}

bool db_in_transaction(const struct db *db)
{
    return db->in_transaction;
}

/* --- statements ----------------------------------------------------------------------------- */

struct db_row *db_use(struct db *db, enum db_statement s)
{
    sqlite3_stmt **at = &db->statement[s];

    MUST(s < DB_STATEMENTS);
    if (*at == NULL && prepare(db, texts[s], SQLITE_PREPARE_PERSISTENT, at) != SQLITE_OK)
        return NULL;
    (void)sqlite3_reset(*at);          /* repeats the last fault */
    (void)sqlite3_clear_bindings(*at); /* cannot fail */
    return (struct db_row *)*at;
}

/* A bind fails for want of memory, or for a place that the text has not. */
static void bound(struct db_row *r, int code)
{
    MUST(r == NULL || code == SQLITE_OK || code == SQLITE_NOMEM || code == SQLITE_TOOBIG);
}

void db_int(struct db_row *r, int at, int64_t v)
{
    if (r != NULL)
        bound(r, sqlite3_bind_int64(stmt(r), at, v));
}

void db_u64(struct db_row *r, int at, uint64_t v)
{
    db_int(r, at, (int64_t)v);
}

void db_text(struct db_row *r, int at, struct span s)
{
    if (r != NULL)
        bound(r, sqlite3_bind_text64(stmt(r), at, s.n > 0 ? (const char *)s.p : "", s.n,
                                     SQLITE_STATIC, SQLITE_UTF8));
}

void db_blob(struct db_row *r, int at, struct span s)
{
    if (r != NULL)
        bound(r, s.n > 0 ? sqlite3_bind_blob64(stmt(r), at, s.p, s.n, SQLITE_STATIC)
                         : sqlite3_bind_zeroblob(stmt(r), at, 0));
}

void db_null(struct db_row *r, int at)
{
    if (r != NULL)
        bound(r, sqlite3_bind_null(stmt(r), at));
}

int db_next(struct db *db, struct db_row *r, struct err *e)
{
    int code;

    if (r == NULL)
        return fault(db, e);
    code = step(stmt(r));
    if (code == SQLITE_ROW)
        return 1;
    if (code != SQLITE_DONE) {
        int rc = fault(db, e);

        (void)sqlite3_reset(stmt(r)); /* repeats the fault */
        return rc;
    }
    (void)sqlite3_reset(stmt(r)); /* after DONE: cannot fail */
    return 0;
}

void db_end(struct db_row *r)
{
    if (r != NULL)
        (void)sqlite3_reset(stmt(r)); /* repeats the last fault */
}

int db_run(struct db *db, struct db_row *r, struct err *e)
{
    int rc = db_next(db, r, e);

    if (rc == 1)
        db_end(r);
    return rc < 0 ? rc : ERR_OK;
}

uint64_t db_changed(const struct db *db)
{
    return (uint64_t)sqlite3_changes64(db->conn);
}

uint64_t db_changes(const struct db *db)
{
    return (uint64_t)sqlite3_total_changes64(db->conn);
}

int64_t db_key(const struct db *db)
{
    return sqlite3_last_insert_rowid(db->conn);
}

int db_places(struct db_row *r)
{
    return sqlite3_bind_parameter_count(stmt(r));
}

int db_columns(struct db_row *r)
{
    return sqlite3_column_count(stmt(r));
}

int64_t db_get_int(struct db_row *r, int column)
{
    return sqlite3_column_int64(stmt(r), column);
}

uint64_t db_get_u64(struct db_row *r, int column)
{
    return (uint64_t)sqlite3_column_int64(stmt(r), column);
}

struct span db_get_text(struct db_row *r, int column)
{
    const uint8_t *p = sqlite3_column_text(stmt(r), column);

    return p == NULL ? SPAN_NONE
                     : (struct span){ p, (size_t)sqlite3_column_bytes(stmt(r), column) };
}

struct span db_get_blob(struct db_row *r, int column)
{
    const uint8_t *p = sqlite3_column_blob(stmt(r), column);

    return p == NULL ? SPAN_NONE
                     : (struct span){ p, (size_t)sqlite3_column_bytes(stmt(r), column) };
}

bool db_get_null(struct db_row *r, int column)
{
    return sqlite3_column_type(stmt(r), column) == SQLITE_NULL;
}

/* --- care ----------------------------------------------------------------------------------- */

void db_checkpoint(struct db *db)
{
    /* What it could not move now it moves the next time. */
    (void)sqlite3_wal_checkpoint_v2(db->conn, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

static int check_with(struct db *db, const char *sql, bool one_ok_row, struct err *e)
{
    sqlite3_stmt *s = NULL;
    int rc = ERR_OK;

    if (sqlite3_prepare_v2(db->conn, sql, -1, &s, NULL) != SQLITE_OK) {
        rc = fault(db, e);
    } else if (sqlite3_step(s) == SQLITE_ROW) {
        const char *what = (const char *)sqlite3_column_text(s, 0);

        if (!one_ok_row || what == NULL || strcmp(what, "ok") != 0)
            rc = err_set(e, ERR_CORRUPT, 0, "The database is damaged: %s.",
                         what == NULL ? "no answer" : what);
    } else if (one_ok_row) {
        rc = fault(db, e);
    }
    (void)sqlite3_finalize(s); /* repeats the fault */
    return rc;
}

int db_check(struct db *db, struct err *e)
{
    int rc = check_with(db, "PRAGMA integrity_check", true, e);

    return rc == ERR_OK ? check_with(db, "PRAGMA foreign_key_check", false, e) : rc;
}
