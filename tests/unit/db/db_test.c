/*
 * Goal: the database holds what was committed, refuses what it must, and says when it is full.
 * Method: db.c is included, to reach the connection: a page limit makes a full disk.
 */
#include "../check.h"

#include "db/db.c"
#include "desk_lane.h"

static int put(struct db *db, uint32_t lane, const char *purpose)
{
    struct db_row *r = db_use(db, DB_PLACE_PUT);

    db_int(r, 1, lane);
    db_text(r, 2, span_of(purpose));
    db_int(r, 3, 1);
    db_u64(r, 4, UINT64_MAX);
    db_u64(r, 5, 3);
    return db_run(db, r, NULL);
}

static void what_was_committed_is_there_after_opening_again(void **state)
{
    struct desk_folder f;
    struct db_row *r;
    struct db *db;
    struct err e;

    (void)state;
    desk_folder_init(&f);
    assert_int_equal(db_open(&db, f.db, &e), ERR_OK);
    assert_int_equal(db_begin(db, &e), ERR_OK);
    assert_int_equal(put(db, 1, "findings"), ERR_OK);
    assert_int_equal(db_commit(db, &e), ERR_OK);
    assert_int_equal(db_begin(db, &e), ERR_OK);
    assert_int_equal(put(db, 2, "findings"), ERR_OK);
    db_rollback(db);
    db_close(&db);
    assert_int_equal(db_open(&db, f.db, &e), ERR_OK);
    r = db_use(db, DB_PLACE_GET);
    db_int(r, 1, 1);
    db_text(r, 2, SPAN_LIT("findings"));
    assert_int_equal(db_next(db, r, &e), 1);
    assert_true(db_get_u64(r, 1) == UINT64_MAX);
    assert_int_equal(db_next(db, r, &e), 0);
    assert_int_equal(db_check(db, &e), ERR_OK);
    assert_int_equal(desk_number(&f, "SELECT count(*) FROM place"), 1);
    db_close(&db);
    desk_folder_release(&f);
}

static void it_writes_ahead_and_waits_for_the_disk(void **state)
{
    struct desk_folder f;
    struct db *db;
    sqlite3_stmt *s;
    struct err e;

    (void)state;
    desk_folder_init(&f);
    assert_int_equal(db_open(&db, f.db, &e), ERR_OK);
    assert_int_equal(sqlite3_prepare_v2(db->conn, "PRAGMA synchronous", -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(s, 0), 2);
    assert_int_equal(sqlite3_finalize(s), SQLITE_OK);
    assert_int_equal(desk_number(&f, "SELECT count(*) FROM pragma_journal_mode"
                                     " WHERE journal_mode = 'wal'"),
                     1);
    db_close(&db);
    desk_folder_release(&f);
}

static void every_statement_is_sound(void **state)
{
    struct desk_folder f;
    struct db *db;
    struct err e;

    (void)state;
    desk_folder_init(&f);
    assert_int_equal(db_open(&db, f.db, &e), ERR_OK);
    for (unsigned i = 0; i < DB_STATEMENTS; i++) {
        if (db_use(db, (enum db_statement)i) == NULL)
            fail_msg("%s: %s", texts[i], sqlite3_errmsg(db->conn));
    }
    db_close(&db);
    desk_folder_release(&f);
}

static void a_full_disk_is_told_and_nothing_is_half_done(void **state)
{
    struct desk_folder f;
    struct db *db;
    struct err e;
    int rc = ERR_OK;
    uint32_t n = 0;

    (void)state;
    desk_folder_init(&f);
    assert_int_equal(db_open(&db, f.db, &e), ERR_OK);
    assert_int_equal(execute(db, "PRAGMA max_page_count = 60", &e), ERR_OK);
    assert_int_equal(db_begin(db, &e), ERR_OK);
    while (rc == ERR_OK && n < 1000000)
        rc = put(db, n++, "findings");
    assert_int_equal(rc, ERR_LIMIT);
    db_rollback(db);
    assert_int_equal(db_begin(db, &e), ERR_OK);
    assert_int_equal(put(db, 1, "findings"), ERR_OK);
    assert_int_equal(db_commit(db, &e), ERR_OK);
    assert_int_equal(db_check(db, &e), ERR_OK);
    assert_int_equal(desk_number(&f, "SELECT count(*) FROM place"), 1);
    db_close(&db);
    desk_folder_release(&f);
}

static void a_reader_reads_and_cannot_write(void **state)
{
    struct desk_folder f;
    struct db *db, *reader;
    struct err e;

    (void)state;
    desk_folder_init(&f);
    assert_int_equal(db_open_reader(&reader, f.db, &e), ERR_IO); /* there is none yet */
    assert_null(reader);
    assert_int_equal(db_open(&db, f.db, &e), ERR_OK);
    assert_int_equal(db_open_reader(&reader, f.db, &e), ERR_OK);
    assert_true(db_begin(reader, &e) != ERR_OK || put(reader, 1, "x") != ERR_OK);
    db_rollback(reader);
    assert_int_equal(put(db, 1, "x"), ERR_OK);
    assert_int_equal(db_next(reader, db_use(reader, DB_SOURCE_ALL), &e), 0);
    db_close(&reader);
    db_close(&db);
    desk_folder_release(&f);
}

/* A file system on which a reader may only read the log's index. Its head is half written when
 * `head` is set, and whole as soon as somebody looks whether that is being done. */
static struct {
    sqlite3_io_methods methods;
    const sqlite3_io_methods *real;
    volatile uint8_t *index, *head;
} shared;

static int map_for_reading(sqlite3_file *f, int region, int bytes, int extend, void volatile **out)
{
    int code = shared.real->xShmMap(f, region, bytes, extend, out);

    if (region == 0 && code == SQLITE_OK)
        shared.index = *out;
    return code == SQLITE_OK ? SQLITE_READONLY : code;
}

static int look_for_writer(sqlite3_file *f, int at, int count, int flags)
{
    if (at == 0 && shared.head != NULL && (flags & SQLITE_SHM_LOCK) != 0) {
        *shared.head ^= 1;
        shared.head = NULL;
    }
    return shared.real->xShmLock(f, at, count, flags);
}

static int open_for_reading(sqlite3_vfs *v, const char *path, sqlite3_file *f, int flags, int *out)
{
    int code = sqlite3_vfs_find("unix")->xOpen(v, path, f, flags, out);

    if (code == SQLITE_OK && (flags & SQLITE_OPEN_MAIN_DB) != 0) {
        shared.real = f->pMethods;
        shared.methods = *f->pMethods;
        shared.methods.xShmMap = map_for_reading;
        shared.methods.xShmLock = look_for_writer;
        f->pMethods = &shared.methods;
    }
    return code;
}

static void half_write_head(void)
{
    assert_non_null(shared.index);
    shared.head = shared.index + 8; /* of the first of its two copies */
    *shared.head ^= 1;
}

static void a_reader_does_not_mind_a_head_half_written(void **state)
{
    static sqlite3_vfs vfs;
    struct desk_folder f;
    struct db *db, *reader;
    struct err e;

    (void)state;
    desk_folder_init(&f);
    assert_int_equal(db_open(&db, f.db, &e), ERR_OK);
    vfs = *sqlite3_vfs_find("unix");
    vfs.zName = "reading";
    vfs.xOpen = open_for_reading;
    assert_int_equal(sqlite3_vfs_register(&vfs, 1), SQLITE_OK);
    assert_int_equal(db_open_reader(&reader, f.db, &e), ERR_OK);
    for (int i = 0; i < 2; i++) { /* when it is prepared, and when it is there */
        half_write_head();
        if (db_next(reader, db_use(reader, DB_SOURCE_ALL), &e) != 0)
            fail_msg("%s", e.why);
        assert_null(shared.head);
    }
    db_close(&reader);
    assert_int_equal(sqlite3_vfs_unregister(&vfs), SQLITE_OK);
    db_close(&db);
    desk_folder_release(&f);
}

static void a_later_or_a_damaged_database_is_refused(void **state)
{
    struct desk_folder f;
    struct db *db;
    struct err e;
    FILE *file;

    (void)state;
    desk_folder_init(&f);
    assert_int_equal(db_open(&db, f.db, &e), ERR_OK);
    assert_int_equal(execute(db, "PRAGMA user_version = 99", &e), ERR_OK);
    db_close(&db);
    assert_int_equal(db_open(&db, f.db, &e), ERR_UNSUPPORTED);
    assert_int_equal(db_open_reader(&db, f.db, &e), ERR_UNSUPPORTED);
    file = fopen(f.db, "w");
    assert_non_null(file);
    for (unsigned i = 0; i < 10000; i++)
        assert_true(fputs("no database ", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(db_open(&db, f.db, &e), ERR_CORRUPT);
    assert_null(db);
    desk_folder_release(&f);
}

/* As an earlier program left it, up to step `version`. */
static void make_old(const struct desk_folder *f, size_t version)
{
    sqlite3 *conn;
    char sql[64];

    assert_int_equal(sqlite3_open(f->db, &conn), SQLITE_OK);
    assert_int_equal(sqlite3_create_function(conn, "canh_digest", -1,
                                             SQLITE_UTF8 | SQLITE_INNOCUOUS, NULL, digest, NULL,
                                             NULL),
                     SQLITE_OK);
    for (size_t i = 0; i < version; i++)
        assert_int_equal(sqlite3_exec(conn, steps[i], NULL, NULL, NULL), SQLITE_OK);
    (void)snprintf(sql, sizeof(sql), "PRAGMA user_version = %zu", version);
    assert_int_equal(sqlite3_exec(conn, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(conn,
                     "INSERT INTO alert(id, kind, rule, rule_hash, title, level, entity,"
                     " entity_key, first, last, until, count, events, state, provisional, made,"
                     " linked) VALUES(1, 'detection', 'r', 7, 't', 3, 'Srv', 'srv', 1, 2, 3, 4, 1,"
                     " 'new', 0, 5, NULL), (2, 'system', 'r', 7, 't', 3, 'Srv', 'srv', 1, 2, 3, 4,"
                     " 0, 'closed', 0, 5, 1);"
                     "INSERT INTO alert_event VALUES(1, 1, 0, 9, 1, '{}');",
                     NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_close(conn), SQLITE_OK);
}

static void a_database_of_an_earlier_program_keeps_what_is_in_it(void **state)
{
    struct desk_folder f;
    struct db *db;
    struct err e;

    (void)state;
    desk_folder_init(&f);
    make_old(&f, 3);
    assert_int_equal(db_open(&db, f.db, &e), ERR_OK);
    assert_int_equal(db_check(db, &e), ERR_OK);
    assert_int_equal(desk_number(&f, "SELECT count(*) FROM alert WHERE assignee IS NULL"), 2);
    assert_int_equal(desk_number(&f, "SELECT linked FROM alert WHERE id = 2"), 1);
    assert_int_equal(desk_number(&f, "SELECT sequence FROM alert_event WHERE alert = 1"), 9);
    assert_int_equal(desk_number(&f, "SELECT count FROM alert_count WHERE state = 'closed'"), 1);
    db_close(&db);
    desk_folder_release(&f);
}

/* More of it, as it was at step 10. */
static void make_old_office(const struct desk_folder *f)
{
    sqlite3 *conn;

    make_old(f, 10);
    assert_int_equal(sqlite3_open(f->db, &conn), SQLITE_OK);
    assert_int_equal(sqlite3_create_function(conn, "canh_digest", -1,
                                             SQLITE_UTF8 | SQLITE_INNOCUOUS, NULL, digest, NULL,
                                             NULL),
                     SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(
            conn,
            "INSERT INTO act VALUES(1, 1, NULL, 'an', 'local', '', 'shift.plan', '{}', 'done',"
            " NULL);"
            "INSERT INTO duty VALUES(1, 'an', 'watch', 10, 20, 1, NULL, NULL),"
            " (2, 'binh', 'lead', 10, 20, 1, NULL, 1);"
            "INSERT INTO channel VALUES('mail', 'smtp', 4, '', '[\"a@x\"]', 1, 0, 0, 0, 0, 0);"
            "INSERT INTO message VALUES(3, 1, 'alert', 1, 'mail', 'a@x', 4, 's', 't',"
            " 'waiting', 2, 5, 9, 'e', NULL, NULL, 0, NULL);",
            NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_close(conn), SQLITE_OK);
}

/* Duty has a column more and messages were put into another table: all is still recorded, by lines
 * that are added. Nobody is called for what was there. */
static void the_step_of_staff_keeps_rosters_and_messages(void **state)
{
    struct desk_folder f;
    struct db *db;
    struct err e;
    struct db_row *r;

    (void)state;
    desk_folder_init(&f);
    make_old_office(&f);
    assert_int_equal(desk_number(&f, "SELECT count(*) FROM record WHERE kind = 'duty'"), 2);
    if (db_open(&db, f.db, &e) != ERR_OK)
        fail_msg("%s", e.why);
    assert_int_equal(db_check(db, &e), ERR_OK);
    assert_int_equal(desk_number(&f, "SELECT count(*) FROM duty WHERE holiday = 0"), 2);
    assert_int_equal(desk_number(&f, "SELECT instead FROM duty WHERE person = 'binh'"), 1);
    assert_int_equal(desk_number(&f,
                                 "SELECT id = 3 AND recipient = 'a@x' AND attempts = 2 AND due = 5"
                                 " AND until = 9 AND error = 'e' FROM message"),
                     1);
    assert_int_equal(desk_number(&f, "SELECT people = '[]' FROM channel"), 1);
    assert_int_equal(
        desk_number(&f, "SELECT sum(called * (id = 1)) = 5 AND sum(called) = 5 FROM alert"), 1);
    assert_int_equal(desk_number(&f, "SELECT count(*) FROM record WHERE kind = 'duty'"), 4);
    assert_int_equal(desk_number(&f, "SELECT count(*) FROM record WHERE kind = 'message'"), 2);
    /* and goes on being it */
    assert_int_equal(db_begin(db, &e), ERR_OK);
    r = db_use(db, DB_DUTY_HOLIDAY);
    db_int(r, 1, 1);
    db_int(r, 2, 1);
    assert_int_equal(db_run(db, r, &e), ERR_OK);
    r = db_use(db, DB_MESSAGE_SENT);
    db_int(r, 1, 3);
    db_int(r, 2, 7);
    assert_int_equal(db_run(db, r, &e), ERR_OK);
    assert_int_equal(db_commit(db, &e), ERR_OK);
    assert_int_equal(desk_number(&f, "SELECT count(*) FROM record WHERE kind = 'duty'"), 5);
    assert_int_equal(desk_number(&f, "SELECT count(*) FROM record WHERE kind = 'message'"), 3);
    db_close(&db);
    desk_folder_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_committed_is_there_after_opening_again),
        cmocka_unit_test(it_writes_ahead_and_waits_for_the_disk),
        cmocka_unit_test(every_statement_is_sound),
        cmocka_unit_test(the_step_of_staff_keeps_rosters_and_messages),
        cmocka_unit_test(a_full_disk_is_told_and_nothing_is_half_done),
        cmocka_unit_test(a_reader_reads_and_cannot_write),
        cmocka_unit_test(a_reader_does_not_mind_a_head_half_written),
        cmocka_unit_test(a_later_or_a_damaged_database_is_refused),
        cmocka_unit_test(a_database_of_an_earlier_program_keeps_what_is_in_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
