#include "desk_lane.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../store/lane_files.h"

void desk_folder_init(struct desk_folder *f)
{
    (void)snprintf(f->path, sizeof(f->path), "/dev/shm/canh-desk-XXXXXX");
    if (mkdtemp(f->path) == NULL) {
        (void)snprintf(f->path, sizeof(f->path), "/tmp/canh-desk-XXXXXX");
        MUST(mkdtemp(f->path) != NULL);
    }
    (void)snprintf(f->db, sizeof(f->db), "%s/canh.db", f->path);
}

static void empty_folder(const char *path)
{
    DIR *d = opendir(path);
    char name[512];

    MUST(d != NULL);
    for (struct dirent *at = readdir(d); at != NULL; at = readdir(d)) {
        if (at->d_name[0] == '.')
            continue;
        (void)snprintf(name, sizeof(name), "%s/%s", path, at->d_name);
        if (unlink(name) != 0) {
            empty_folder(name);
            MUST(rmdir(name) == 0);
        }
    }
    MUST(closedir(d) == 0);
}

void desk_folder_release(struct desk_folder *f)
{
    empty_folder(f->path);
    MUST(rmdir(f->path) == 0);
}

static sqlite3_stmt *ask(const struct desk_folder *f, const char *sql, sqlite3 **conn)
{
    sqlite3_stmt *s = NULL;

    MUST(sqlite3_open_v2(f->db, conn, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK);
    MUST(sqlite3_busy_timeout(*conn, 10000) == SQLITE_OK);
    if (sqlite3_prepare_v2(*conn, sql, -1, &s, NULL) != SQLITE_OK)
        (void)fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(*conn));
    return s;
}

int64_t desk_number(const struct desk_folder *f, const char *sql)
{
    sqlite3 *conn;
    sqlite3_stmt *s = ask(f, sql, &conn);
    int64_t v;

    MUST(sqlite3_step(s) == SQLITE_ROW);
    v = sqlite3_column_int64(s, 0);
    MUST(sqlite3_finalize(s) == SQLITE_OK && sqlite3_close(conn) == SQLITE_OK);
    return v;
}

void desk_texts(const struct desk_folder *f, const char *sql, struct buf *out)
{
    sqlite3 *conn;
    sqlite3_stmt *s = ask(f, sql, &conn);

    while (sqlite3_step(s) == SQLITE_ROW) {
        const uint8_t *text = sqlite3_column_text(s, 0);

        buf_add(out, (struct span){ text, (size_t)sqlite3_column_bytes(s, 0) });
        buf_byte(out, '\n');
    }
    MUST(sqlite3_finalize(s) == SQLITE_OK && sqlite3_close(conn) == SQLITE_OK);
}

/* --- lanes ---------------------------------------------------------------------------------- */

static int segment_open(void *arg, uint32_t *number, struct err *e)
{
    struct desk_lane *l = arg;
    char name[LANE_NAME_BYTES];
    int fd;

    (void)e;
    lane_segment_name(name, l->newest + 1);
    fd = openat(l->dir, name, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    MUST(fd >= 0);
    *number = ++l->newest;
    return fd;
}

static void lane_start(struct desk_lane *l)
{
    const struct lane_settings s = { .io = &io_system,
                                     .lane = l->number,
                                     .store = "0123456789abcde",
                                     .segment_bytes = (uint64_t)1 << 20,
                                     .sequence = l->sequence,
                                     .matched = l->matched,
                                     .before = l->before,
                                     .open_segment = segment_open,
                                     .arg = l };
    struct err e;

    MUST(lane_new(&l->lane, &s, &e) == ERR_OK);
}

void desk_lane_init_at(struct desk_lane *l, const char *lanes, uint32_t number)
{
    *l = (struct desk_lane){ .number = number };
    (void)snprintf(l->path, sizeof(l->path), "%s/%02u", lanes, number);
    MUST(mkdir(l->path, 0700) == 0);
    l->dir = open(l->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    MUST(l->dir >= 0);
    buf_init(&l->record, (size_t)64 << 20);
    lane_start(l);
}

void desk_lane_init(struct desk_lane *l, const struct desk_folder *f, uint32_t number)
{
    desk_lane_init_at(l, f->path, number);
}

void desk_lane_release(struct desk_lane *l)
{
    lane_free(&l->lane);
    buf_release(&l->record);
    MUST(close(l->dir) == 0);
}

uint64_t desk_lane_event(struct desk_lane *l, int64_t receipt_ns)
{
    const struct lane_event ev = { .lines = 1, .receipt_ns = receipt_ns };
    uint64_t sequence;

    MUST(lane_event(l->lane, &ev, SPAN_LIT("event"), &sequence).p != NULL);
    l->sequence = sequence + 1;
    return sequence;
}

void desk_lane_finding(struct desk_lane *l, const struct stored_finding *f)
{
    buf_clear(&l->record);
    stored_finding_put(&l->record, f);
    MUST(lane_record(l->lane, LANE_FINDINGS, buf_span(&l->record)));
}

void desk_lane_input(struct desk_lane *l, uint64_t plan, uint64_t event, struct span record)
{
    buf_clear(&l->record);
    buf_add(&l->record, (struct span){ (const uint8_t *)&plan, sizeof(plan) });
    buf_add(&l->record, (struct span){ (const uint8_t *)&event, sizeof(event) });
    buf_add(&l->record, record);
    MUST(lane_record(l->lane, LANE_INPUTS, buf_span(&l->record)));
}

struct lane_place desk_lane_commit(struct desk_lane *l, int64_t now_ns)
{
    struct err e;

    lane_matched(l->lane);
    if (lane_filling(l->lane) == 0)
        return lane_place(l->lane);
    l->before = lane_place(l->lane); /* of the group before: for desk_lane_crash() */
    MUST(lane_submit(l->lane, now_ns));
    while (lane_in_flight(l->lane)) {
        struct pollfd p = { lane_fd(l->lane), POLLIN, 0 };

        MUST(poll(&p, 1, 10000) == 1);
        MUST(lane_poll(l->lane, &e) == LANE_GOOD);
    }
    return lane_place(l->lane);
}

uint64_t desk_lane_crash(struct desk_lane *l, uint32_t frames, bool alone)
{
    struct lane_reader *r;
    struct lane_frame f;
    struct lane_place cut = l->before;
    char name[LANE_NAME_BYTES];
    struct err e;
    int fd;

    lane_free(&l->lane);
    if (alone)
        lane_files_ungroup(&(struct lane_files){ .dir = l->dir }, l->newest,
                           cut.segment == l->newest ? cut.bytes : LANE_HEAD_BYTES);
    MUST(lane_reader_new(&r, &io_system, l->dir, LANE_READ_ALL, &e) == ERR_OK);
    if (cut.segment != 0)
        MUST(lane_reader_seek(r, cut, &e) == ERR_OK);
    for (uint32_t i = 0; i < frames && lane_reader_next(r, &f, &e) == 1; i++)
        ;
    cut = lane_reader_place(r);
    lane_reader_free(&r);
    MUST(cut.segment == l->newest);
    lane_segment_name(name, cut.segment);
    fd = openat(l->dir, name, O_WRONLY | O_CLOEXEC);
    MUST(fd >= 0 && ftruncate(fd, (off_t)cut.bytes + 7) == 0 && close(fd) == 0);
    /* What recovery finds out. */
    MUST(lane_reader_new(&r, &io_system, l->dir, LANE_READ_ALL, &e) == ERR_OK);
    l->matched = 0;
    while (lane_reader_next(r, &f, &e) == 1)
        l->matched = f.matched > l->matched ? f.matched : l->matched;
    l->before = lane_reader_place(r);
    l->sequence = l->before.sequence;
    lane_reader_free(&r);
    lane_start(l);
    return l->matched;
}
