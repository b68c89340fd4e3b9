/*
 * Goal: every line of every followed file becomes durable once, whatever is done to the files and
 * whenever reader or collector die. Method: real files in a folder of the test, a follower that is
 * told the time, and a collector that knows only what a collector knows: the blocks it was given in
 * order, and of these the ones that are durable.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "data.h"

#include "collect/follow.h"
#include "collect/ledger.h"
#include "os/file.h"
#include "scan/records.h"

#define OUT_MAX     ((size_t)64 << 20)
#define PENDING_MAX 1024u
#define KEYS_MAX    4096u
#define PATH_ROOM   512u
#define NO_KILL     UINT32_MAX

/* --- a collector ------------------------------------------------------------------------------ */

struct kept {
    uint8_t checkpoint[PASS_CHECKPOINT_MAX];
    size_t checkpoint_n;
    uint8_t *records;
    size_t n;
    uint64_t number;
};

struct world {
    char folder[128], path[PATH_ROOM];
    struct follow *f;
    uint64_t now_ms, number;
    struct kept *pending; /* passed, not durable */
    size_t pending_n;
    struct kept *known; /* durable checkpoints, one a key */
    size_t known_n;
    struct buf out;        /* durable records */
    char last_source[128]; /* of the last block with records */
    char last_w3c[4096];
    struct pass_block last; /* ... what it was; its texts are gone */
    unsigned notices;
    char last_notice[512];
    size_t lag;               /* so many blocks are not durable until more come */
    uint32_t events, kill_at; /* die at this event */
    const char *paths[4];
    uint32_t path_count;
};

static void notice(void *arg, const char *sentence)
{
    struct world *w = arg;

    w->notices++;
    (void)snprintf(w->last_notice, sizeof(w->last_notice), "%s", sentence);
}

static void reader_new(struct world *w)
{
    struct text_list l = { w->paths, w->path_count };

    assert_int_equal(follow_new(&w->f, notice, w, NULL), ERR_OK);
    assert_int_equal(follow_paths(w->f, &l, NULL), ERR_OK);
}

/* What a collector says to one who connects. */
static void collector_begin(struct world *w)
{
    follow_reset(w->f);
    for (size_t i = 0; i < w->known_n; i++)
        follow_checkpoint(w->f, (struct span){ w->known[i].checkpoint, w->known[i].checkpoint_n });
    follow_start(w->f, w->now_ms);
}

static void drop_pending(struct world *w)
{
    for (size_t i = 0; i < w->pending_n; i++)
        free(w->pending[i].records);
    w->pending_n = 0;
}

static void kill_reader(struct world *w)
{
    drop_pending(w);
    follow_free(&w->f);
    reader_new(w);
    collector_begin(w);
}

static void kill_collector(struct world *w)
{
    drop_pending(w);
    collector_begin(w);
}

/* Something that a death may follow. True when it did. */
static bool event(struct world *w)
{
    if (w->events++ != w->kill_at)
        return false;
    if (w->kill_at % 2 == 0)
        kill_reader(w);
    else
        kill_collector(w);
    return true;
}

static void known_set(struct world *w, const struct kept *k)
{
    size_t i = 0;

    while (i < w->known_n && memcmp(w->known[i].checkpoint, k->checkpoint, PASS_KEY_BYTES) != 0)
        i++;
    if (k->checkpoint_n == PASS_KEY_BYTES) { /* forgotten */
        if (i < w->known_n)
            w->known[i] = w->known[--w->known_n];
        return;
    }
    assert_true(i < KEYS_MAX);
    if (i == w->known_n)
        w->known_n++;
    memcpy(w->known[i].checkpoint, k->checkpoint, k->checkpoint_n);
    w->known[i].checkpoint_n = k->checkpoint_n;
}

/* The oldest blocks become durable until `leave` are left. */
static void make_durable(struct world *w, size_t leave)
{
    size_t n = w->pending_n > leave ? w->pending_n - leave : 0;

    for (size_t i = 0; i < n; i++) {
        buf_add(&w->out, (struct span){ w->pending[i].records, w->pending[i].n });
        known_set(w, &w->pending[i]);
        free(w->pending[i].records);
    }
    if (n > 0) {
        uint64_t number = w->pending[n - 1].number;

        memmove(w->pending, w->pending + n, (w->pending_n - n) * sizeof(*w->pending));
        w->pending_n -= n;
        follow_durable(w->f, number);
    }
}

static void take(struct world *w, const struct pass_block *b)
{
    struct kept *k = &w->pending[w->pending_n++];

    assert_true(w->pending_n < PENDING_MAX);
    assert_true(b->source.n <= FOLLOW_SOURCE_MAX && b->checkpoint.n <= PASS_CHECKPOINT_MAX);
    assert_int_equal(b->input, INPUT_FILES);
    k->number = w->number;
    k->checkpoint_n = b->checkpoint.n;
    memcpy(k->checkpoint, b->checkpoint.p, b->checkpoint.n);
    k->n = b->records.n;
    k->records = malloc(k->n + 1);
    assert_non_null(k->records);
    if (k->n > 0)
        memcpy(k->records, b->records.p, k->n);
    if (b->records.n == 0)
        return;
    w->last = *b;
    (void)snprintf(w->last_source, sizeof(w->last_source), "%.*s", SPAN_ARG(b->source));
    (void)snprintf(w->last_w3c, sizeof(w->last_w3c), "%.*s", SPAN_ARG(b->w3c));
}

/* All that is ready now. */
static void pump(struct world *w)
{
    struct pass_block b;

    follow_look(w->f, w->now_ms);
    while (follow_next(w->f, w->now_ms, w->number + 1, &b) == 1) {
        w->number++;
        take(w, &b);
        if (event(w))
            continue;
        make_durable(w, w->lag);
        (void)event(w);
    }
}

static void scan(struct world *w)
{
    follow_scan(w->f, w->now_ms);
    (void)event(w);
    pump(w);
}

static void wait_ms(struct world *w, uint64_t ms)
{
    w->now_ms += ms;
    pump(w);
}

/* Until nothing more can come, and all is durable. */
static void settle(struct world *w)
{
    for (unsigned i = 0; i < 8; i++) {
        scan(w);
        wait_ms(w, 300);
        wait_ms(w, 1000);
        wait_ms(w, 5000);
    }
    make_durable(w, 0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static void world_begin(struct world *w)
{
    *w = (struct world){ .now_ms = 1000, .kill_at = NO_KILL };
    (void)snprintf(w->folder, sizeof(w->folder), "%s/canh-follow-XXXXXX",
                   getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
    assert_non_null(mkdtemp(w->folder));
    buf_init(&w->out, OUT_MAX);
    w->pending = calloc(PENDING_MAX, sizeof(*w->pending));
    w->known = calloc(KEYS_MAX, sizeof(*w->known));
    assert_true(w->pending != NULL && w->known != NULL);
    w->path_count = 1;
}

static void world_end(struct world *w)
{
    drop_pending(w);
    follow_free(&w->f);
    buf_release(&w->out);
    free(w->pending);
    free(w->known);
    assert_int_equal(nftw(w->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* The folder itself is followed. */
static void world_init(struct world *w)
{
    world_begin(w);
    w->paths[0] = w->folder;
    reader_new(w);
    collector_begin(w);
}

/* One path in it is. */
static void world_init_path(struct world *w, const char *name)
{
    world_begin(w);
    (void)snprintf(w->path, sizeof(w->path), "%s/%s", w->folder, name);
    w->paths[0] = w->path;
    reader_new(w);
    collector_begin(w);
}

/* --- files ------------------------------------------------------------------------------------ */

static const char *in_folder(const struct world *w, const char *name, char *room)
{
    (void)snprintf(room, 2 * PATH_ROOM, "%s/%s", w->folder, name);
    return room;
}

static void put_bytes(const struct world *w, const char *name, struct span s, int flags)
{
    char path[2 * PATH_ROOM];
    int fd = open(in_folder(w, name, path), O_WRONLY | O_CREAT | flags, 0600);

    assert_true(fd >= 0);
    assert_true(file_write_all(fd, s));
    (void)close(fd);
}

static void append(const struct world *w, const char *name, const char *text)
{
    put_bytes(w, name, span_of(text), O_APPEND);
}

static void replace(const struct world *w, const char *name, const char *text)
{
    put_bytes(w, name, span_of(text), O_TRUNC);
}

static void rename_to(const struct world *w, const char *from, const char *to)
{
    char a[2 * PATH_ROOM], b[2 * PATH_ROOM];

    assert_int_equal(rename(in_folder(w, from, a), in_folder(w, to, b)), 0);
}

static void remove_file(const struct world *w, const char *name)
{
    char a[2 * PATH_ROOM];

    assert_int_equal(unlink(in_folder(w, name, a)), 0);
}

static uint64_t inode_of(const struct world *w, const char *name)
{
    char a[2 * PATH_ROOM];
    struct stat st;

    assert_int_equal(stat(in_folder(w, name, a), &st), 0);
    return st.st_ino;
}

static void expect(const struct world *w, const char *want)
{
    check_span("durable", buf_span(&w->out), want);
}

/* How often the line stands in the output. */
static size_t times_of(const struct world *w, const char *line)
{
    struct span rest = buf_span(&w->out);
    size_t n = 0;

    while (rest.n > 0) {
        size_t end = span_find(rest, '\n');

        n += span_eq((struct span){ rest.p, end }, span_of(line));
        rest = span_from(rest, end < rest.n ? end + 1 : end);
    }
    return n;
}

/* "log N" for each N below `count`, once. */
static void expect_numbered(const struct world *w, const char *log, size_t count)
{
    uint8_t *seen = calloc(count, 1);
    struct span rest = buf_span(&w->out);
    size_t lost = 0;

    assert_non_null(seen);
    while (rest.n > 0) {
        size_t end = span_find(rest, '\n'), name = strlen(log);
        struct span line = { rest.p, end };

        if (line.n > name && memcmp(line.p, log, name) == 0) {
            size_t n = strtoul((const char *)line.p + name, NULL, 10);

            assert_true(n < count);
            if (seen[n]++ != 0)
                fail_msg("%s%zu is there twice", log, n);
        }
        rest = span_from(rest, end < rest.n ? end + 1 : end);
    }
    for (size_t i = 0; i < count; i++)
        lost += seen[i] == 0;
    free(seen);
    if (lost > 0)
        fail_msg("%zu of %zu lines of %s are lost", lost, count, log);
}

/* --- growth ----------------------------------------------------------------------------------- */

static void a_file_that_grows_is_passed_line_by_line(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    append(&w, "a", "one\ntwo\n");
    scan(&w);
    expect(&w, "one\n"); /* whether "two" goes on is not known yet */
    wait_ms(&w, 250);
    expect(&w, "one\ntwo\n");
    append(&w, "a", "three\nfo");
    wait_ms(&w, 10);
    wait_ms(&w, 60000);
    expect(&w, "one\ntwo\nthree\n");
    append(&w, "a", "ur\n");
    wait_ms(&w, 0);
    wait_ms(&w, 250);
    expect(&w, "one\ntwo\nthree\nfour\n");
    assert_string_equal(w.last_source + strlen(w.last_source) - 2, "/a");
    assert_int_equal(w.notices, 0);
    world_end(&w);
}

static void growth_between_look_and_read_is_no_truncation(void **state)
{
    struct world w;
    struct pass_block b;

    (void)state;
    world_init(&w);
    append(&w, "a", "1\n2\n");
    follow_scan(w.f, w.now_ms);
    follow_look(w.f, w.now_ms);
    append(&w, "a", "3\n4\n");
    assert_int_equal(follow_next(w.f, w.now_ms, 1, &b), 1);
    check_span("all that is there", b.records, "1\n2\n3\n");
    assert_int_equal(follow_next(w.f, w.now_ms, 2, &b), 0);
    assert_int_equal(follow_counts(w.f)->fault[FOLLOW_TRUNCATED], 0);
    world_end(&w);
}

static void a_file_that_appears_empty_is_read_when_it_grows(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    append(&w, "a", "");
    scan(&w);
    wait_ms(&w, 5000);
    append(&w, "a", "x\n");
    settle(&w);
    expect(&w, "x\n");
    world_end(&w);
}

static void files_of_the_same_content_are_files_of_their_own(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    append(&w, "a", "same\n");
    append(&w, "b", "same\n");
    settle(&w);
    expect(&w, "same\nsame\n");
    assert_int_equal(w.known_n, 2);
    kill_reader(&w);
    settle(&w);
    expect(&w, "same\nsame\n");
    append(&w, "b", "more\n");
    settle(&w);
    expect(&w, "same\nsame\nmore\n");
    world_end(&w);
}

/* The fingerprint gets longer up to 1,024 bytes: a death behind every block of it. */
static void a_fingerprint_grows_without_a_line_lost_or_twice(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    for (unsigned i = 0; i < 120; i++) {
        char line[64];

        (void)snprintf(line, sizeof(line), "grow %u\n", i);
        append(&w, "a", line);
        wait_ms(&w, 0);
        scan(&w);
        wait_ms(&w, 250);
        if (i % 3 == 0)
            kill_reader(&w);
        if (i % 3 == 1)
            kill_collector(&w);
        assert_int_equal(w.known_n, 1);
    }
    settle(&w);
    expect_numbered(&w, "grow ", 120);
    world_end(&w);
}

static void a_json_text_over_lines_waits_until_it_is_whole(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    append(&w, "a", "{\n \"a\": 1,\n");
    settle(&w);
    expect(&w, "");
    append(&w, "a", " \"b\": 2\n}\n");
    settle(&w);
    expect(&w, "{\n \"a\": 1,\n \"b\": 2\n}\n");
    world_end(&w);
}

static void a_json_list_is_passed_object_by_object(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    append(&w, "a", "[\n");
    scan(&w);
    append(&w, "a", "{\"a\":1},\n{\"a\":");
    wait_ms(&w, 0);
    wait_ms(&w, 1000);
    expect(&w, "\n{\"a\":1}");
    assert_int_equal(w.last.mode, CUT_ARRAY);
    kill_reader(&w);
    append(&w, "a", "2}\n]\n");
    settle(&w);
    expect(&w, "\n{\"a\":1},\n{\"a\":2}\n]\n");
    world_end(&w);
}

static void events_as_xml_are_passed_whole(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    append(&w, "a", "<Event xmlns='x'>\n<System/></Event>\n<Event xmlns='x'><Sys");
    settle(&w);
    expect(&w, "<Event xmlns='x'>\n<System/></Event>");
    assert_int_equal(w.last.mode, CUT_XML);
    append(&w, "a", "tem/></Event>");
    settle(&w);
    expect(&w, "<Event xmlns='x'>\n<System/></Event>\n<Event xmlns='x'><System/></Event>");
    world_end(&w);
}

static void header_lines_go_along_also_after_a_restart(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    append(&w, "a", "#Software: x\n#Fields: date \"user agent\" c-ip\n1 2 3\n");
    settle(&w);
    kill_reader(&w);
    append(&w, "a", "4 5 6\n");
    settle(&w);
    assert_string_equal(w.last_w3c, "#Fields: date \"user agent\" c-ip");
    append(&w, "b", "#separator \\x09\n#path\tconn\n#fields\tts\tuid\n1\t2\n");
    settle(&w);
    kill_reader(&w);
    append(&w, "b", "3\t4\n");
    settle(&w);
    assert_string_equal(w.last_w3c, "#separator \\x09\n#path\tconn\n#fields\tts\tuid");
    world_end(&w);
}

static void a_record_over_the_limit_is_cut_and_told(void **state)
{
    struct world w;
    char *big = malloc(17u << 20);

    (void)state;
    assert_non_null(big);
    memset(big, 'x', 17u << 20);
    world_init(&w);
    put_bytes(&w, "a", (struct span){ (uint8_t *)big, 17u << 20 }, O_APPEND);
    append(&w, "a", "\nnext\n");
    settle(&w);
    assert_int_equal(w.out.n, (17u << 20) + 6);
    assert_int_equal(follow_counts(w.f)->fault[FOLLOW_LONG], 1);
    assert_non_null(strstr(w.last_notice, "larger than"));
    free(big);
    world_end(&w);
}

static void a_byte_order_mark_is_no_part_of_the_first_record(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    append(&w, "a",
           "\xEF\xBB\xBF"
           "one\n");
    settle(&w);
    kill_reader(&w);
    settle(&w);
    expect(&w, "one\n");
    world_end(&w);
}

/* --- rotation --------------------------------------------------------------------------------- */

static void a_renamed_file_is_read_to_its_end(void **state)
{
    struct world w;

    (void)state;
    world_init_path(&w, "log");
    append(&w, "log", "1\n");
    scan(&w);
    append(&w, "log", "2\n");
    rename_to(&w, "log", "old");
    append(&w, "log", "4\n");
    scan(&w);
    append(&w, "old", "3\nunfinished");
    settle(&w);
    assert_int_equal(follow_open(w.f), 2);
    assert_int_equal(times_of(&w, "1") + times_of(&w, "2") + times_of(&w, "3"), 3);
    assert_int_equal(times_of(&w, "4"), 1);
    assert_int_equal(times_of(&w, "unfinished"), 0);
    wait_ms(&w, 60000);
    scan(&w);
    make_durable(&w, 0);
    pump(&w);
    assert_int_equal(times_of(&w, "unfinished"), 1);
    assert_int_equal(follow_open(w.f), 1);
    world_end(&w);
}

static void a_removed_file_gives_its_last_line_and_is_forgotten(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    append(&w, "a", "1\nlast");
    scan(&w);
    remove_file(&w, "a");
    scan(&w);
    wait_ms(&w, 60000);
    make_durable(&w, 0);
    expect(&w, "1\nlast");
    assert_int_equal(w.known_n, 1);
    pump(&w);
    pump(&w);
    assert_int_equal(follow_open(w.f), 0);
    assert_int_equal(w.known_n, 0);
    world_end(&w);
}

static void a_file_rotated_while_nobody_looked_is_read_to_its_end(void **state)
{
    struct world w;

    (void)state;
    world_init_path(&w, "log");
    append(&w, "log", "1\n");
    settle(&w);
    append(&w, "log", "2\n");
    rename_to(&w, "log", "log.2");
    append(&w, "log", "3\n");
    rename_to(&w, "log", "log.1");
    append(&w, "log", "4\n");
    replace(&w, "other", "no log of ours\n");
    kill_reader(&w);
    settle(&w);
    assert_int_equal(w.out.n, 8);
    for (unsigned i = 1; i <= 4; i++) {
        char line[16];

        (void)snprintf(line, sizeof(line), "%u", i);
        assert_int_equal(times_of(&w, line), 1);
    }
    world_end(&w);
}

static void a_file_that_came_and_was_rotated_between_two_looks_is_read(void **state)
{
    struct world w;

    (void)state;
    world_init_path(&w, "log");
    append(&w, "log.0", "history of before\n");
    scan(&w);
    kill_reader(&w); /* for which nothing is at the path, and log.0 is there */
    usleep(20000);   /* times of files are told apart by a clock's tick */
    append(&w, "log", "1\n");
    rename_to(&w, "log", "log.1");
    append(&w, "log.err", "another log\n");
    append(&w, "log", "2\n");
    settle(&w);
    assert_int_equal(times_of(&w, "1"), 1);
    assert_int_equal(times_of(&w, "2"), 1);
    assert_int_equal(w.out.n, 4);
    world_end(&w);
}

static void a_file_renamed_within_the_folder_is_not_read_again(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    append(&w, "log", "1\n2\n");
    settle(&w);
    rename_to(&w, "log", "log.1");
    append(&w, "log", "3\n");
    settle(&w);
    rename_to(&w, "log.1", "log.2");
    rename_to(&w, "log", "log.1");
    kill_reader(&w);
    settle(&w);
    expect(&w, "1\n2\n3\n");
    world_end(&w);
}

static void a_truncated_file_is_read_from_its_start(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    append(&w, "a", "1\n2\n");
    settle(&w);
    replace(&w, "a", "");
    settle(&w);
    append(&w, "a", "3\n");
    settle(&w);
    expect(&w, "1\n2\n3\n");
    assert_int_equal(follow_counts(w.f)->fault[FOLLOW_TRUNCATED], 1);
    replace(&w, "a", "4\n5\n6\n"); /* longer than before when it is looked at */
    settle(&w);
    expect(&w, "1\n2\n3\n4\n5\n6\n");
    kill_reader(&w);
    replace(&w, "a", "7\n8\n9\n"); /* of the same length */
    append(&w, "a", "10\n");
    settle(&w);
    expect(&w, "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n");
    replace(&w, "a", "A\nB\nC\nDE\n"); /* of the same length, and nobody died */
    settle(&w);
    expect(&w, "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\nA\nB\nC\nDE\n");
    world_end(&w);
}

static void other_content_behind_the_same_head_is_seen_by_its_tail(void **state)
{
    struct world w;
    char head[1100];

    (void)state;
    memset(head, 'h', sizeof(head));
    head[1098] = '\n';
    head[1099] = 0;
    world_init(&w);
    append(&w, "a", head);
    append(&w, "a", "old\n");
    settle(&w);
    replace(&w, "a", head);
    append(&w, "a", "new\nmore\n");
    settle(&w);
    assert_int_equal(times_of(&w, "old"), 1);
    assert_int_equal(times_of(&w, "new"), 1);
    assert_int_equal(times_of(&w, "more"), 1);
    world_end(&w);
}

static void an_inode_that_is_used_again_is_a_new_file(void **state)
{
    struct world w;
    uint64_t ino;
    bool again = false;

    (void)state;
    world_init(&w);
    append(&w, "a", "1\n");
    settle(&w);
    ino = inode_of(&w, "a");
    follow_free(&w.f); /* the descriptor keeps the inode from being used again */
    remove_file(&w, "a");
    for (unsigned i = 0; i < 256 && !again; i++) {
        append(&w, "a", "2\n");
        again = inode_of(&w, "a") == ino;
        if (!again)
            rename_to(&w, "a", "unlike");
    }
    reader_new(&w);
    collector_begin(&w);
    settle(&w);
    assert_int_equal(times_of(&w, "2") >= 1, 1);
    assert_int_equal(times_of(&w, "1"), 1);
    assert_int_equal(follow_counts(w.f)->fault[FOLLOW_TRUNCATED], 0);
    if (!again)
        print_message("this file system did not use the inode again\n");
    world_end(&w);
}

static void a_copy_that_is_left_by_truncation_is_not_read_again(void **state)
{
    struct world w;
    char big[2048];

    (void)state;
    for (size_t i = 0; i < 2040; i += 8)
        (void)snprintf(big + i, 9, "%07zu\n", i);
    big[2040] = 0;
    world_init(&w);
    append(&w, "log", big);
    settle(&w);
    append(&w, "log", "unseen\n"); /* and truncated before anyone looks: only the copy has it */
    append(&w, "log.1", big);
    append(&w, "log.1", "unseen\n");
    replace(&w, "log", "after\n");
    settle(&w);
    assert_int_equal(w.out.n, 2040 + 7 + 6);
    assert_int_equal(times_of(&w, "unseen"), 1);
    assert_int_equal(follow_counts(w.f)->copies, 1);
    kill_reader(&w);
    settle(&w);
    assert_int_equal(w.out.n, 2040 + 7 + 6);
    world_end(&w);
}

static void a_backup_of_a_followed_file_is_not_read(void **state)
{
    struct world w;
    char big[2048];

    (void)state;
    for (size_t i = 0; i < 2040; i += 8)
        (void)snprintf(big + i, 9, "%07zu\n", i);
    big[2040] = 0;
    world_init(&w);
    append(&w, "log", big);
    settle(&w);
    append(&w, "log.bak", big);
    settle(&w);
    append(&w, "log", "more\n");
    settle(&w);
    assert_int_equal(w.out.n, 2040 + 5);
    world_end(&w);
}

/* --- a thousand rotations --------------------------------------------------------------------- */

#define ROTATIONS      1000u
#define LINES_ROTATION 20u

struct writer {
    const struct world *w;
    _Atomic bool done;
};

static void *write_and_rotate(void *arg)
{
    struct writer *me = arg;
    unsigned n = 0;

    for (unsigned i = 0; i < ROTATIONS; i++) {
        char name[32];

        for (unsigned k = 0; k < LINES_ROTATION; k++) {
            char line[64];

            (void)snprintf(line, sizeof(line), "line %u\n", n++);
            append(me->w, "log", line);
        }
        (void)snprintf(name, sizeof(name), "log.%u", i);
        rename_to(me->w, "log", name);
    }
    me->done = true;
    return NULL;
}

static void rotate_at_speed(struct world *w)
{
    struct writer writer = { .w = w };
    pthread_t thread;

    w->lag = 3;
    assert_int_equal(pthread_create(&thread, NULL, write_and_rotate, &writer), 0);
    while (!writer.done) {
        w->now_ms += 3;
        scan(w);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    settle(w);
    expect_numbered(w, "line ", (size_t)ROTATIONS * LINES_ROTATION);
}

static void a_thousand_rotations_at_speed_lose_nothing(void **state)
{
    struct world w;

    (void)state;
    world_init(&w);
    rotate_at_speed(&w);
    world_end(&w);
}

static void a_thousand_rotations_of_a_single_path_lose_nothing(void **state)
{
    struct world w;

    (void)state;
    world_init_path(&w, "log");
    append(&w, "log", "");
    scan(&w);
    rotate_at_speed(&w);
    world_end(&w);
}

/* --- deaths ----------------------------------------------------------------------------------- */

/* Growth, half lines, rotation, a second file, a growing fingerprint, header lines. */
static void story(struct world *w)
{
    char line[400];
    unsigned n = 0;

    for (unsigned round = 0; round < 6; round++) {
        char name[32];

        for (unsigned k = 0; k < 3; k++) {
            (void)snprintf(line, sizeof(line), "line %u\nline %u\nli", n, n + 1);
            append(w, "log", line);
            scan(w);
            (void)snprintf(line, sizeof(line), "ne %u\n", n + 2);
            append(w, "log", line);
            n += 3;
            wait_ms(w, k == 1 ? 300 : 20);
        }
        (void)snprintf(line, sizeof(line), "line %u %0300d\n", n++, 7);
        append(w, "second", line);
        wait_ms(w, 20);
        (void)snprintf(name, sizeof(name), "log.%u", round);
        rename_to(w, "log", name);
        (void)snprintf(line, sizeof(line), "line %u\n", n++);
        append(w, name, line); /* whoever writes has not heard of it yet */
        scan(w);
    }
    settle(w);
    expect_numbered(w, "line ", n);
}

static void every_line_is_durable_once_whenever_one_dies(void **state)
{
    uint32_t events = 1, deaths = 0;

    (void)state;
    for (size_t lag = 0; lag < 4; lag++) {
        for (uint32_t at = 0; at < events; at++) {
            struct world w;

            world_init(&w);
            w.lag = lag;
            w.kill_at = at;
            story(&w);
            events = w.events;
            deaths++;
            world_end(&w);
        }
    }
    print_message("%u deaths\n", deaths);
    assert_true(deaths > 100);
}

static void a_checkpoint_that_is_none_is_passed_over(void **state)
{
    struct world w;
    uint8_t checkpoint[PASS_CHECKPOINT_MAX];
    size_t n;

    (void)state;
    world_init(&w);
    append(&w, "a", "1\n");
    settle(&w);
    n = w.known[0].checkpoint_n;
    memcpy(checkpoint, w.known[0].checkpoint, n);
    for (size_t i = 0; i < n; i++) { /* cut, then with another byte */
        follow_reset(w.f);
        follow_checkpoint(w.f, (struct span){ checkpoint, i });
        checkpoint[i] ^= 0x5a;
        follow_checkpoint(w.f, (struct span){ checkpoint, n });
        checkpoint[i] ^= 0x5a;
        follow_start(w.f, w.now_ms);
    }
    kill_reader(&w);
    settle(&w);
    expect(&w, "1\n");
    world_end(&w);
}

/* --- folders, patterns, faults ---------------------------------------------------------------- */

static void a_folder_is_followed_below_and_not_through_links(void **state)
{
    struct world w;
    char path[2 * PATH_ROOM], to[2 * PATH_ROOM];

    (void)state;
    world_init(&w);
    assert_int_equal(mkdir(in_folder(&w, "d", path), 0700), 0);
    append(&w, "d/a", "1\n");
    assert_int_equal(symlink(in_folder(&w, "", to), in_folder(&w, "d/loop", path)), 0);
    assert_int_equal(symlink(in_folder(&w, "d/a", to), in_folder(&w, "d/same", path)), 0);
    assert_int_equal(mkfifo(in_folder(&w, "fifo", path), 0600), 0);
    settle(&w);
    expect(&w, "1\n");
    assert_int_equal(follow_open(w.f), 1);
    world_end(&w);
}

static void patterns_match_names(void **state)
{
    static const struct {
        const char *pattern, *name;
        bool want;
    } rows[] = {
        { "*", "", true },          { "*", "x", true },         { "?", "", false },
        { "?", "x", true },         { "a*c", "abbc", true },    { "a*c", "abcb", false },
        { "*.log", "a.log", true }, { "*.log", "alog", false }, { "*a*b*", "xaxxbx", true },
        { "a?c", "abc", true },     { "a?c", "ac", false },     { "**", "x", true },
        { "a", "a", true },         { "a", "ab", false },       { "[a]", "a", false },
        { "*ab", "aab", true },     { "x*", "", false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        CHECK_ROW(rows[i].pattern, follow_matches(rows[i].pattern, rows[i].name) == rows[i].want);
}

static void a_pattern_follows_what_matches(void **state)
{
    struct world w;

    (void)state;
    world_init_path(&w, "*.log");
    append(&w, "a.log", "1\n");
    append(&w, "b.txt", "no\n");
    append(&w, ".c.log", "no\n");
    settle(&w);
    append(&w, "d.log", "2\n");
    settle(&w);
    expect(&w, "1\n2\n");
    world_end(&w);
}

static void a_path_that_is_no_longer_followed_is_let_go(void **state)
{
    struct world w;
    struct text_list none = { 0 };

    (void)state;
    world_init(&w);
    append(&w, "a", "1\n");
    settle(&w);
    assert_int_equal(follow_paths(w.f, &none, NULL), ERR_OK);
    append(&w, "a", "2\n");
    settle(&w);
    wait_ms(&w, 60000);
    pump(&w);
    assert_int_equal(follow_open(w.f), 0);
    expect(&w, "1\n2\n");
    world_end(&w);
}

static void what_is_not_read_is_told_once(void **state)
{
    struct world w;
    uint8_t zeros[64] = { 1, 2, 3, 0, 5 };
    char path[2 * PATH_ROOM];

    (void)state;
    world_init(&w);
    put_bytes(&w, "binary", (struct span){ zeros, sizeof(zeros) }, 0);
    put_bytes(&w, "wide",
              SPAN_LIT("\xFF\xFE"
                       "a\0\n\0"),
              0);
    append(&w, "a.gz", "x");
    append(&w, "b.zst", "x");
    settle(&w);
    settle(&w);
    expect(&w, "");
    assert_int_equal(follow_counts(w.f)->fault[FOLLOW_BINARY], 1);
    assert_int_equal(follow_counts(w.f)->fault[FOLLOW_WIDE], 1);
    assert_int_equal(follow_counts(w.f)->fault[FOLLOW_COMPRESSED], 2);
    assert_int_equal(w.notices, 3);
    if (geteuid() != 0) {
        append(&w, "secret", "x\n");
        assert_int_equal(chmod(in_folder(&w, "secret", path), 0), 0);
        settle(&w);
        assert_int_equal(follow_counts(w.f)->fault[FOLLOW_UNREADABLE], 1);
    }
    world_end(&w);
}

static void a_long_path_keeps_its_tail_as_source(void **state)
{
    struct world w;
    char name[201], room[2 * PATH_ROOM];

    (void)state;
    memset(name, 'n', sizeof(name));
    memcpy(name + 190,
           "\xC4\x91"
           "the-end",
           9);
    name[199] = 0;
    world_init(&w);
    append(&w, name, "1\n");
    settle(&w);
    assert_int_equal(strlen(w.last_source), FOLLOW_SOURCE_MAX);
    assert_true(strncmp(w.last_source, "file:\xE2\x80\xA6", 8) == 0);
    assert_non_null(strstr(w.last_source, "the-end"));
    (void)in_folder(&w, "", room);
    world_end(&w);
}

static void files_take_turns(void **state)
{
    struct world w;
    struct pass_block b;
    char *big = malloc(1u << 20);
    unsigned of_b = 0;

    (void)state;
    assert_non_null(big);
    for (size_t i = 0; i < 1u << 20; i++)
        big[i] = i % 64 == 63 ? '\n' : 'x';
    world_init(&w);
    put_bytes(&w, "a", (struct span){ (uint8_t *)big, 1u << 20 }, 0);
    put_bytes(&w, "b", (struct span){ (uint8_t *)big, 1u << 20 }, 0);
    follow_scan(w.f, w.now_ms);
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(follow_next(w.f, w.now_ms, i + 1, &b), 1);
        of_b += b.source.p[b.source.n - 1] == 'b';
    }
    assert_int_equal(of_b, 3);
    free(big);
    world_end(&w);
}

/* --- event logs ------------------------------------------------------------------------------- */

static void event_logs_that_are_dropped_in_are_read_whole(void **state)
{
    struct world w;
    char dir[DATA_PATH];
    struct data_list list;
    struct buf b;
    size_t all = 0, used = 0;

    (void)state;
    if (!data_unpack("evtx-attack-samples.tar.xz", dir))
        skip();
    data_list(dir, ".evtx", &list);
    buf_init(&b, (size_t)64 << 20);
    world_init(&w);
    for (size_t i = 0; i < list.count && used < 5; i++) {
        char name[32];

        assert_true(data_load(list.paths[i], &b));
        if (b.n > 4u << 20)
            continue;
        (void)snprintf(name, sizeof(name), "%zu.evtx", i);
        put_bytes(&w, name, (struct span){ b.p, b.n / 2 }, 0); /* a copy that is under way */
        scan(&w);
        wait_ms(&w, 1000);
        assert_int_equal(w.out.n, all);
        put_bytes(&w, name, span_from(buf_span(&b), b.n / 2), O_APPEND);
        settle(&w);
        all += b.n;
        used++;
        assert_int_equal(w.out.n, all);
        assert_int_equal(w.last.mode, CUT_CHUNKS);
        kill_reader(&w);
    }
    settle(&w);
    assert_true(used == 5 && w.out.n == all);
    data_list_release(&list);
    buf_release(&b);
    world_end(&w);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_that_grows_is_passed_line_by_line),
        cmocka_unit_test(growth_between_look_and_read_is_no_truncation),
        cmocka_unit_test(a_file_that_appears_empty_is_read_when_it_grows),
        cmocka_unit_test(files_of_the_same_content_are_files_of_their_own),
        cmocka_unit_test(a_fingerprint_grows_without_a_line_lost_or_twice),
        cmocka_unit_test(a_json_text_over_lines_waits_until_it_is_whole),
        cmocka_unit_test(a_json_list_is_passed_object_by_object),
        cmocka_unit_test(events_as_xml_are_passed_whole),
        cmocka_unit_test(header_lines_go_along_also_after_a_restart),
        cmocka_unit_test(a_record_over_the_limit_is_cut_and_told),
        cmocka_unit_test(a_byte_order_mark_is_no_part_of_the_first_record),
        cmocka_unit_test(a_renamed_file_is_read_to_its_end),
        cmocka_unit_test(a_removed_file_gives_its_last_line_and_is_forgotten),
        cmocka_unit_test(a_file_rotated_while_nobody_looked_is_read_to_its_end),
        cmocka_unit_test(a_file_that_came_and_was_rotated_between_two_looks_is_read),
        cmocka_unit_test(a_file_renamed_within_the_folder_is_not_read_again),
        cmocka_unit_test(a_truncated_file_is_read_from_its_start),
        cmocka_unit_test(other_content_behind_the_same_head_is_seen_by_its_tail),
        cmocka_unit_test(an_inode_that_is_used_again_is_a_new_file),
        cmocka_unit_test(a_copy_that_is_left_by_truncation_is_not_read_again),
        cmocka_unit_test(a_backup_of_a_followed_file_is_not_read),
        cmocka_unit_test(a_thousand_rotations_at_speed_lose_nothing),
        cmocka_unit_test(a_thousand_rotations_of_a_single_path_lose_nothing),
        cmocka_unit_test(every_line_is_durable_once_whenever_one_dies),
        cmocka_unit_test(a_checkpoint_that_is_none_is_passed_over),
        cmocka_unit_test(a_folder_is_followed_below_and_not_through_links),
        cmocka_unit_test(patterns_match_names),
        cmocka_unit_test(a_pattern_follows_what_matches),
        cmocka_unit_test(a_path_that_is_no_longer_followed_is_let_go),
        cmocka_unit_test(what_is_not_read_is_told_once),
        cmocka_unit_test(a_long_path_keeps_its_tail_as_source),
        cmocka_unit_test(files_take_turns),
        cmocka_unit_test(event_logs_that_are_dropped_in_are_read_whole),
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
