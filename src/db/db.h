/*
 * db.h - the database of the desk: DATA/desk/canh.db.
 *
 * The desk is its only writer, with one connection: WAL, synchronous=FULL, so that what was
 * committed survives a power cut. Only this connection checkpoints (in SQLite before 3.51.3 two
 * that do can damage the file); nothing is mapped. Others open it for reading with
 * db_open_reader(), and keep their transactions short: a reader that stays holds the log back.
 *
 * The schema is a table of steps; PRAGMA user_version says how many were taken. Statements are rows
 * of a file of src/db/sql, prepared when first used; the schema is src/db/schema. A value is bound
 * by its place in the text. Numbers without sign are stored as the signed ones of the same bits;
 * times are ns.
 *
 *   db_begin()  ... db_use(), db_int(), db_text(), db_run() ...  db_commit() or db_rollback()
 *
 * A full disk is ERR_LIMIT; the transaction is to be rolled back and tried again later. What must
 * be once and is there already, and what refers to nothing, is ERR_CONFLICT with a sentence for
 * people; whoever knows what it is about says more. Not thread-safe.
 */
#ifndef DB_H
#define DB_H

#include "base/base.h"
#include "statement_names.h" /* enum db_statement: DB_ALERT_FIND, ... */

struct db;

/* Made when it is not there; the folder must be. ERR_UNSUPPORTED when a later program made it. */
int db_open(struct db **out, const char *path, struct err *e);
int db_open_reader(struct db **out, const char *path, struct err *e);
void db_close(struct db **db);

int db_begin(struct db *db, struct err *e);
int db_commit(struct db *db, struct err *e);
void db_rollback(struct db *db);
/* A transaction of its own: all that `fn` does, or nothing. */
int db_whole(struct db *db, int (*fn)(struct db *db, const void *arg, struct err *e),
             const void *arg, struct err *e);
bool db_in_transaction(const struct db *db);

/* Asked again and again while a statement runs, some ten milliseconds apart: false ends it, and it
 * is ERR_MORE. May take its time; uses nothing of `db`. NULL: nobody is asked. */
void db_asks(struct db *db, bool (*go_on)(void *arg), void *arg);

/* --- statements --------------------------------------------------------------------------- */

/* Ready to be bound and run, nothing bound. NULL: see what db_run() says. */
struct db_row;
struct db_row *db_use(struct db *db, enum db_statement s);

/* Parameters count from 1. Texts and blobs must live until the statement was run. */
void db_int(struct db_row *r, int at, int64_t v);
void db_u64(struct db_row *r, int at, uint64_t v);
void db_text(struct db_row *r, int at, struct span s);
void db_blob(struct db_row *r, int at, struct span s);
void db_null(struct db_row *r, int at);

/* 1 with a row, 0 when there is none (more), or a negative code. */
int db_next(struct db *db, struct db_row *r, struct err *e);

/* No more rows are wanted. */
void db_end(struct db_row *r);

/* For what gives no rows, and for one row that is of no interest. ERR_OK or a negative code. */
int db_run(struct db *db, struct db_row *r, struct err *e);

/* Rows that the last statement changed; the key that it made. */
uint64_t db_changed(const struct db *db);
uint64_t db_changes(const struct db *db); /* all since it was opened, those by triggers too */
int64_t db_key(const struct db *db);

/* How many parameters and columns it has. */
int db_places(struct db_row *r);
int db_columns(struct db_row *r);

/* Columns count from 0. Spans live until the statement is stepped or used again. */
int64_t db_get_int(struct db_row *r, int column);
uint64_t db_get_u64(struct db_row *r, int column);
struct span db_get_text(struct db_row *r, int column);
struct span db_get_blob(struct db_row *r, int column);
bool db_get_null(struct db_row *r, int column);

/* --- care --------------------------------------------------------------------------------- */

/* Move the log into the file as far as readers let it. When nothing else is to do. */
void db_checkpoint(struct db *db);

/* PRAGMA integrity_check and foreign_key_check: ERR_CORRUPT with what is wrong. */
int db_check(struct db *db, struct err *e);

#endif
