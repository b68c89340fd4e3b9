/*
 * Goal: an honest store has no faults; one in which anything was changed, taken away, put in or
 * moved has, and they are named where they are. Method: stores sealed out of real lanes; each kind
 * of change, by hands that know the format and make all checks good again that they can.
 */
#include "../check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

#include "../event/laid.h"
#include "base/bytes.h"
#include "collect/source.h"
#include "lane_files.h"
#include "ledger/leaf.h"
#include "os/file.h"
#include "seal/pack.h"
#include "seal/sign.h"
#include "seal/table.h"
#include "seal/verify.h"
#include "seal/words.h"
#include "store/block.h"

#define NOW    INT64_C(1795046400000000000)
#define EVENTS 2000u
#define SEALED 1500u /* at least: the rest is in the lane */

struct store {
    struct lane_files files;
    char data[64];
    int sealed, ledger, keys;
    uint8_t root[KEY_BYTES];
    uint64_t other; /* number of an event that says something else; 0: none */
};

/* --- an honest store ------------------------------------------------------------------------ */

static void tell_sources(void *arg, struct lane *l)
{
    struct buf out;

    (void)arg;
    buf_init(&out, 4096);
    for (uint32_t i = 0; i < 2; i++) {
        struct source_record r = { i, INPUT_RELP, true, (uint8_t)(i == 0 ? 12 : 3),
                                   SPAN_LIT("src") };

        buf_clear(&out);
        source_record_put(&out, &r);
        assert_true(lane_record(l, LANE_SOURCES, buf_span(&out)));
    }
    buf_release(&out);
}

static struct tallier *tallier; /* of who seals and who verifies; NULL: there is none */

static struct span raw_of(const struct store *s, uint64_t n, char *room, size_t bytes)
{
    int len = snprintf(room, bytes, "%s %llu of user%llu", n == s->other ? "EVENT" : "event",
                       (unsigned long long)n, (unsigned long long)(n % 17));

    if (tallier != NULL) /* some have times */
        len = snprintf(room, bytes, "{\"n\":%llu,\"at\":\"2026-11-19T00:00:%02lluZ\"}",
                       (unsigned long long)n, (unsigned long long)(n % 17 + 10));
    return (struct span){ (uint8_t *)room, (size_t)len };
}

static void make_lane(struct store *s)
{
    struct lane_settings set = lane_files_settings(&s->files, 16384);
    struct lane *l;
    struct err e;

    set.lane = 0;
    set.sequence = set.matched = 1;
    set.state = tell_sources;
    assert_int_equal(lane_new(&l, &set, &e), ERR_OK);
    for (uint64_t n = 1; n <= EVENTS; n++) {
        char room[64];
        const struct lane_event ev = { n % 5 == 0, 0, 1, NOW + (int64_t)n * 100000000000 };
        uint64_t got;

        assert_true(lane_event(l, &ev, raw_of(s, n, room, sizeof(room)), &got).p != NULL);
        if (n % 20 == 0)
            assert_int_equal(lane_test_commit(l), LANE_GOOD);
    }
    lane_free(&l);
}

static const uint8_t store_id[16] =
    "\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef";

/* A checkpoint of what was read. */
static void sign(struct sign *to, struct pack *p)
{
    static int64_t time_ns = NOW;
    const struct sign_also also = { .time_ns = time_ns, .clock_ns = (uint64_t)(time_ns - NOW) };
    struct tip tip = { 0 };
    struct err e;

    time_ns += 1000000000;
    assert_int_equal(pack_tip(p, &tip, &e), ERR_OK);
    assert_int_equal(sign_lane(to, 0, pack_base(p), &tip, &e), ERR_OK);
    if (sign_checkpoint(to, &also, &e) != ERR_OK)
        fail_msg("%s", e.why);
    tip_release(&tip);
}

/* As a server does: SEALED events into files, all of them signed. `to` may be NULL. */
static void seal(struct store *s, struct sign *to)
{
    struct pack_from from = { .io = &io_system,
                              .lane_dir = s->files.dir,
                              .sealed_dir = s->sealed,
                              .run_bytes = 20000,
                              .months = 12 };
    struct catalog c;
    struct pack *p;
    struct err e;

    from.tallier = tallier;
    memcpy(from.store, store_id, sizeof(from.store));
    catalog_init(&c);
    assert_int_equal(catalog_read(&c, s->sealed, &e), ERR_OK);
    assert_int_equal(pack_new(&p, &from, &c, &e), ERR_OK);
    while (pack_turn(p, NULL, 4000, &e) > 0) {
        if (pack_next(p) >= SEALED)
            pack_run_bytes(p, UINT64_MAX);
        if (to != NULL)
            sign(to, p);
    }
    assert_true(pack_next(p) >= SEALED && pack_next(p) <= EVENTS);
    pack_free(&p);
    catalog_release(&c);
}

static void make_ledger(struct store *s)
{
    struct sign_from from = {
        .io = &io_system, .ledger_dir = s->ledger, .keys_dir = s->keys, .time_ns = NOW
    };
    struct sign *to;
    struct err e;

    memcpy(from.store, store_id, sizeof(from.store));
    assert_int_equal(sign_open(&to, &from, &e), ERR_OK);
    memcpy(s->root, sign_root(to), KEY_BYTES);
    seal(s, to);
    sign_free(&to);
}

static int make_folder(const struct store *s, const char *name)
{
    char path[160];

    (void)snprintf(path, sizeof(path), "%s/%s", s->data, name);
    assert_int_equal(mkdir(path, 0700), 0);
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void init_with(struct store *s, uint64_t other)
{
    char path[160];
    int fd;

    s->other = other;
    lane_files_init(&s->files, &io_system, false);
    (void)snprintf(s->data, sizeof(s->data), "/dev/shm/canh-verify.XXXXXX");
    assert_non_null(mkdtemp(s->data));
    (void)snprintf(path, sizeof(path), "%s/store", s->data);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(file_write_all(fd, SPAN_LIT("0123456789abcdef0123456789abcdef\n")) &&
                close(fd) == 0);
    s->sealed = make_folder(s, "sealed");
    s->ledger = make_folder(s, "ledger");
    s->keys = make_folder(s, "keys");
    (void)close(make_folder(s, "lanes"));
    (void)snprintf(path, sizeof(path), "%s/lanes/00", s->data);
    assert_int_equal(symlink(s->files.path, path), 0);
    make_lane(s);
    make_ledger(s);
}

static void init(struct store *s)
{
    init_with(s, 0);
}

static void release(struct store *s)
{
    char command[128];

    (void)close(s->sealed);
    (void)close(s->ledger);
    (void)close(s->keys);
    (void)snprintf(command, sizeof(command), "rm -rf %s", s->data);
    assert_int_equal(system(command), 0);
    lane_files_release(&s->files);
}

/* --- looking -------------------------------------------------------------------------------- */

static char told[65536];

static void tell(void *arg, const char *name, const char *where, const char *what)
{
    size_t n = strlen(told);

    (void)arg;
    (void)snprintf(told + n, sizeof(told) - n, "%s: %s: %s\n", where, name, what);
}

static struct verify_counts verify(const struct store *s)
{
    struct verify_from from = {
        .io = &io_system, .data = s->data, .fault = tell, .tallier = tallier
    };
    struct verify_counts counts;
    struct err e;

    memcpy(from.root, s->root, KEY_BYTES);
    told[0] = 0;
    if (verify_store(&from, &counts, &e) != ERR_OK)
        fail_msg("%s", e.why);
    return counts;
}

static void an_honest_store_has_no_faults(void **state)
{
    struct verify_counts c;
    struct store s;

    (void)state;
    init(&s);
    c = verify(&s);
    if (c.faults > 0)
        fail_msg("%s", told);
    assert_int_equal(c.events + c.lane_events, EVENTS);
    assert_true(c.files >= 6 && c.events >= SEALED - 1);
    assert_true(c.checkpoints >= 10 && c.not_signed == 0);
    /* Segments that are sealed may be gone. */
    (void)unlinkat(s.files.dir, "00000001.lane", 0);
    c = verify(&s);
    if (c.faults > 0)
        fail_msg("%s", told);
    release(&s);
}

/* --- beside a server that seals ------------------------------------------------------------- */

struct beside {
    struct store s;
    struct verify_counts at_first;
    bool sealed;
};

/* Files of the second half of what is sealed are there, or (their name begins with a dot) not yet.
 */
static void show_second_half(const struct store *s, bool shown)
{
    char command[512];

    (void)snprintf(
        command, sizeof(command),
        "cd %s/sealed && for f in */%s00-*; do n=${f#*/}; r=${n#.}; IFS=- read l a o <<E\n"
        "$r\nE\n[ $a -le %u ] || mv $f ${f%%%%/*}/%s$r; done",
        s->data, shown ? "." : "", SEALED / 2, shown ? "" : ".");
    assert_int_equal(system(command), 0);
}

/* Segments of which all is sealed; the newest run ends with `to`. */
static void remove_sealed_segments(const struct store *s, uint64_t to)
{
    for (uint32_t n = s->files.newest; n > 0; n--) {
        char name[LANE_NAME_BYTES];
        uint8_t first[8];
        int fd;

        lane_segment_name(name, n);
        fd = openat(s->files.dir, name, O_RDONLY | O_CLOEXEC);
        assert_int_equal(pread(fd, first, sizeof(first), 40), sizeof(first));
        (void)close(fd);
        if (bytes_u64(first) > to)
            continue;
        while (--n > 0) {
            lane_segment_name(name, n);
            assert_int_equal(unlinkat(s->files.dir, name, 0), 0);
        }
        return;
    }
}

static bool seal_beside(void *arg, const struct verify_counts *c)
{
    struct beside *b = arg;

    assert_true(c->files <= c->files_all && c->bytes <= c->bytes_all);
    if (!b->sealed) {
        b->at_first = *c;
        show_second_half(&b->s, true);
    }
    b->sealed = true;
    return true;
}

static void what_is_sealed_while_it_is_read_is_counted_with_the_rest(void **state)
{
    struct beside b = { .sealed = false };
    struct verify_from from = {
        .io = &io_system, .data = b.s.data, .fault = tell, .go_on = seal_beside, .arg = &b
    };
    struct verify_counts c;
    struct catalog catalog;
    struct err e;

    (void)state;
    init(&b.s);
    catalog_init(&catalog);
    assert_int_equal(catalog_read(&catalog, b.s.sealed, &e), ERR_OK);
    remove_sealed_segments(&b.s, catalog_next(&catalog, 0));
    show_second_half(&b.s, false);
    memcpy(from.root, b.s.root, KEY_BYTES);
    told[0] = 0;
    assert_int_equal(verify_store(&from, &c, &e), ERR_OK);
    if (c.faults > 0)
        fail_msg("%s", told);
    assert_true(b.at_first.files_all < catalog.count);
    assert_int_equal(c.files, catalog.count);
    assert_int_equal(c.files_all, c.files);
    assert_true(c.bytes_all > b.at_first.bytes_all && c.bytes <= c.bytes_all);
    assert_int_equal(c.events + c.lane_events, EVENTS);
    catalog_release(&catalog);
    release(&b.s);
}

/* --- changing ------------------------------------------------------------------------------- */

/* The n-th sealed file. */
static struct catalog_file nth(const struct store *s, uint32_t n, uint32_t *count)
{
    struct catalog c;
    struct catalog_file f;
    struct err e;

    catalog_init(&c);
    assert_int_equal(catalog_read(&c, s->sealed, &e), ERR_OK);
    f = c.file[n % c.count];
    if (count != NULL)
        *count = c.count;
    catalog_release(&c);
    return f;
}

static void path_of(const struct catalog_file *f, char *path, size_t bytes)
{
    char folder[SEALED_NAME_BYTES], name[SEALED_NAME_BYTES];

    sealed_folder_name(folder, f->day, f->months);
    sealed_file_name(name, &f->name);
    (void)snprintf(path, bytes, "%s/%s", folder, name);
}

enum forge { FORGE_RAW, FORGE_ROOTS, FORGE_TREE, FORGE_DROP, FORGE_WORDS, FORGE_SOURCE };

static void add_word(void *arg, uint64_t hash)
{
    word_index_add(arg, hash);
}

/* What the forger makes good again of one block. */
static void forge_block(struct sealed_file *f, uint32_t i, struct sealed_writer *w, enum forge how,
                        struct merkle_hasher *h, struct merkle_range *tree, struct words *words)
{
    struct sealed_block b = *sealed_block(f, i);
    struct block_writer *bw;
    struct merkle_range leaves;
    struct span body, frame, roots;
    struct sealed_parts parts;
    struct buf out, records, table;
    struct block *in;
    struct err e;

    buf_init(&out, 1u << 24);
    buf_init(&records, 1u << 23);
    buf_init(&table, 1u << 20);
    assert_int_equal(sealed_body(f, i, true, &body, &e), ERR_OK);
    assert_int_equal(sealed_sources(f, i, &frame, &e), ERR_OK);
    assert_int_equal(sealed_roots(f, i, &roots, &e), ERR_OK);
    assert_int_equal(block_open(&in, body, &e), ERR_OK);
    assert_int_equal(block_writer_new(&bw, &e), ERR_OK);
    merkle_begin(&leaves, b.place);
    for (uint32_t row = 0; row < block_events(in); row++) {
        struct block_event ev = block_event(in, row);
        struct leaf l;
        struct merkle_hash hash;
        char raw[64] = "";

        memcpy(raw, ev.raw.p, ev.raw.n);
        if (i == 0 && row == 3 && how == FORGE_DROP)
            continue;
        if (i == 0 && row == 3 && how != FORGE_WORDS && how != FORGE_SOURCE)
            raw[0] = 'E';
        ev.raw.p = (uint8_t *)raw;
        assert_true(block_add(bw, &ev));
        if (i != 0 || row != 3 || how != FORGE_WORDS)
            assert_true(words_of(words, ev.raw, add_word, sealed_words(w)));
        l = (struct leaf){ .lane = 0,
                           .sequence = ev.sequence,
                           .receipt_ns = ev.receipt_ns,
                           .flags = ev.flags,
                           .lines = ev.lines,
                           .input = INPUT_RELP,
                           .authenticated = true,
                           .source = SPAN_LIT("src"),
                           .raw = ev.raw };
        memcpy(l.store, sealed_about(f)->store, 16);
        leaf_hash(h, &l, &hash);
        merkle_append(h, &leaves, &hash);
    }
    b.events = block_count(bw);
    assert_int_equal(block_put(bw, &out, &e), ERR_OK);
    if (how == FORGE_SOURCE && i == 0) {
        struct lane_sources sources = { .version = 0 };
        struct block_sources numbers;
        struct source_record r = { 0, INPUT_RELP, true, 12, SPAN_LIT("sRc") };

        block_sources_init(&numbers);
        source_record_put(&table, &r);
        assert_true(lane_sources_take(&sources, buf_span(&table), 12));
        buf_clear(&table);
        (void)block_sources_number(&numbers, &sources, 0);
        assert_int_equal(block_sources_put(&numbers, &table, &e), ERR_OK);
        frame = buf_span(&table);
        lane_sources_clear(&sources);
        block_sources_release(&numbers);
    }
    if (how == FORGE_ROOTS || how == FORGE_TREE)
        roots = (struct span){ (uint8_t *)leaves.node, leaves.count * sizeof(*leaves.node) };
    parts = (struct sealed_parts){ roots, frame, buf_span(&out) };
    assert_int_equal(sealed_add(w, &b, &parts, &e), ERR_OK);
    if (tree->end == leaves.begin)
        merkle_join(h, tree, &leaves);
    block_writer_free(&bw);
    block_free(&in);
    buf_release(&out);
    buf_release(&records);
    buf_release(&table);
}

/* The n-th file made anew with a change in it, and all checks of the file good. */
static void forge(const struct store *s, uint32_t n, enum forge how)
{
    struct catalog_file at = nth(s, n, NULL);
    char name[SEALED_NAME_BYTES];
    int dir = catalog_folder(s->sealed, at.day, at.months);
    struct merkle_hasher *h;
    struct merkle_range tree;
    struct sealed_writer *w;
    struct sealed_file *f;
    struct words *words;
    struct buf stream;
    struct err e;

    sealed_file_name(name, &at.name);
    assert_int_equal(sealed_open(&f, dir, name, &e), ERR_OK);
    assert_int_equal(merkle_hasher_new(&h, &e), ERR_OK);
    assert_int_equal(words_new(&words, &e), ERR_OK);
    assert_int_equal(sealed_create(&w, &io_system, dir, sealed_about(f), &e), ERR_OK);
    merkle_begin(&tree, 0); /* right for the first file of a folder */
    for (uint32_t i = 0; i < sealed_block_count(f); i++)
        forge_block(f, i, w, how, h, &tree, words);
    buf_init(&stream, 1u << 20);
    if (how == FORGE_TREE)
        tree_put(&tree, &stream);
    else
        buf_add(&stream, sealed_stream(f));
    assert_int_equal(sealed_close(w, sealed_about(f), buf_span(&stream), &e), ERR_OK);
    assert_int_equal(sealed_publish(w, &e), ERR_OK);
    sealed_writer_free(&w);
    sealed_free(&f);
    merkle_hasher_free(&h);
    words_free(&words);
    buf_release(&stream);
    (void)close(dir);
}

static void a_forged_file_is_found_out_whatever_is_made_good_again(void **state)
{
    static const struct {
        enum forge how;
        const char *says;
    } rows[] = { { FORGE_RAW, "not those that its roots were made of" },
                 { FORGE_ROOTS, "The tree that it says is not" },
                 { FORGE_TREE, "not those that were signed with checkpoint 0" },
                 { FORGE_DROP, "not those that its roots|holds|hold " },
                 { FORGE_WORDS, "leaves out" },
                 { FORGE_SOURCE, "not those that its roots were made of" } };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct store s;
        char path[160];
        bool said = false;
        struct catalog_file at;

        init(&s);
        forge(&s, 0, rows[i].how);
        at = nth(&s, 0, NULL);
        path_of(&at, path, sizeof(path));
        CHECK_ROW(rows[i].says, verify(&s).faults > 0);
        for (struct span rest = span_of(rows[i].says); rest.n > 0;) {
            size_t n = span_find(rest, '|');

            said |= memmem(told, strlen(told), rest.p, n) != NULL;
            rest = span_from(rest, n < rest.n ? n + 1 : n);
        }
        if (!said)
            fail_msg("'%s': %s", rows[i].says, told);
        CHECK_ROW(rows[i].says, strstr(told, path) != NULL || strstr(told, "lane 00") != NULL);
        release(&s);
    }
}

/* --- tallies -------------------------------------------------------------------------------- */

enum count { COUNT_SAME, COUNT_HOST, COUNT_SOURCE, COUNT_ALL, COUNT_NOTHING, COUNT_TIMES, COUNTS };

static struct span counted_as(const struct tally *of, uint32_t row, enum count how)
{
    return how == COUNT_SOURCE && span_eq(of->name, SPAN_LIT("source")) ? SPAN_LIT("another")
                                                                        : of->value[row];
}

/* The tallies of a file with something else in them, and all that they say fits together. */
static void recount(struct span bytes, enum count how, struct buf *out)
{
    struct tallies *t;
    struct tally_writer *w;
    struct err e;

    buf_init(out, 1u << 20);
    if (how == COUNT_NOTHING) {
        buf_text(out, "nothing that can be read");
        return;
    }
    assert_int_equal(tally_open(&t, bytes, &e), ERR_OK);
    assert_true(tally_about(t)->count == TALLY_NAMES && tally_about(t)->timed);
    assert_int_equal(tally_writer_new(&w, tally_names, TALLY_NAMES, &e), ERR_OK);
    for (uint32_t i = 0; i < TALLY_NAMES; i++) {
        const struct tally *of = tally_find(t, tally_names[i]);
        const bool hides = how == COUNT_HOST && i == TALLY_HOST;

        for (uint32_t k = 0; k < of->count; k++)
            (void)tally_add(w, i, counted_as(of, k, how), of->times[k] - (hides && k == 0));
        (void)tally_add(w, i, SPAN_LIT("elsewhere"), hides || how == COUNT_ALL);
    }
    tally_events(w, tally_about(t)->events + (how == COUNT_ALL));
    if (how == COUNT_TIMES)
        tally_times(w, tally_about(t)->least, tally_about(t)->least);
    else
        tally_times(w, tally_about(t)->least, tally_about(t)->greatest);
    assert_int_equal(tally_put(w, tally_about(t)->reading, out, &e), ERR_OK);
    tally_writer_free(&w);
    tally_free(&t);
}

static void add_padded(struct buf *b, struct span s)
{
    buf_add(b, s);
    while (b->n % 8 != 0)
        buf_byte(b, 0);
}

static void forge_tallies(const struct store *s, enum count how)
{
    struct catalog_file at = nth(s, 0, NULL);
    char path[320], where[160];
    uint64_t words_at, words, tallies;
    struct buf all, out, put;
    uint8_t *foot;
    struct err e;
    FILE *f;

    path_of(&at, where, sizeof(where));
    (void)snprintf(path, sizeof(path), "%s/sealed/%s", s->data, where);
    buf_init(&all, 1u << 24);
    buf_init(&out, 1u << 24);
    assert_int_equal(file_read(path, 1u << 24, &all, &e), ERR_OK);
    foot = all.p + all.n - 96;
    words_at = bytes_u64(foot + 32);
    words = words_at + (bytes_u64(foot + 8) + 7) / 8 * 8;
    tallies = bytes_u32(foot + 68);
    recount((struct span){ all.p + words, tallies }, how, &put);
    bytes_put_u32(foot + 68, (uint32_t)put.n);
    bytes_put_u64(foot + 72, XXH3_64bits(put.p, put.n));
    bytes_put_u64(foot + 88, XXH3_64bits(foot, 88));
    add_padded(&out, (struct span){ all.p, words });
    add_padded(&out, buf_span(&put));
    add_padded(&out, span_from(buf_span(&all), words + (tallies + 7) / 8 * 8));
    f = fopen(path, "we");
    assert_true(f != NULL && fwrite(out.p, 1, out.n, f) == out.n && fclose(f) == 0);
    buf_release(&all);
    buf_release(&out);
    buf_release(&put);
}

/* Sources, all events and what cannot be read by anyone, the rest by who reads as it was read. */
static void counts_that_are_none_of_the_events_are_found_out(void **state)
{
    static const bool always[COUNTS] = {
        [COUNT_SOURCE] = true, [COUNT_ALL] = true, [COUNT_NOTHING] = true
    };
    struct laid laid;
    struct err e;

    (void)state;
    laid_init(&laid,
              "source: t\nproduct: t\nrows:\n  - when: { n: { exists: true } }\n    time: at\n",
              "Image");
    for (enum count how = COUNT_SAME; how < COUNTS; how++) {
        struct tallier *all;
        struct store s;

        assert_int_equal(tallier_new(&tallier, laid.taxonomy, &laid.names, &e), ERR_OK);
        tallier_alone(tallier, 1);
        all = tallier;
        init(&s);
        forge_tallies(&s, how);
        (void)verify(&s);
        if ((how != COUNT_SAME) != (strstr(told, ": TALLY: ") != NULL) ||
            (how == COUNT_SAME && told[0] != 0))
            fail_msg("row %d: %s", how, told);
        tallier = NULL;
        (void)verify(&s);
        if (always[how] != (strstr(told, ": TALLY: ") != NULL) || (!always[how] && told[0] != 0))
            fail_msg("row %d, without a tallier: %s", how, told);
        tallier_free(&all);
        release(&s);
    }
    laid_release(&laid);
}

/* In DATA/sealed; $f is the third file, $g the fourth, $r the parts of the third's run, $z one
 * of the newest; $l the last segment but one of the lane, $m the last. */
static const char *const changes[] = {
    "rm $f",                                          /* a file */
    "rm $r",                                          /* a run */
    "truncate -s -8 $f",                              /* cut short */
    "cp $f $(dirname $f)/00-99999-99999-1.seal",      /* put in again, as a run of its own */
    "mkdir -p 20260101-12 && mv $f 20260101-12/",     /* into another day */
    "mv $f x && mv $g $f && mv x $g",                 /* two changed places */
    "cp $f $(dirname $f)/$(basename $f .seal)0.seal", /* another number of parts */
    "rm -r $(ls | head -n 1 | cut -c 1-8)-*",         /* a day */
    "rm ../lanes/00/$l",                              /* not sealed yet */
    "rm ../lanes/00/$m",                              /* the end */
    "rm ../lanes/00/* $z",                            /* ... and the newest run */
    "rm -r ../ledger",                                /* what was signed */
    "rm ../ledger/*.chain",
};

/* Everything made anew as the server makes it, with another event in it. */
static void a_store_that_was_made_anew_is_not_the_one_that_was_signed(void **state)
{
    static const uint64_t others[] = { 1, 700, SEALED + 100, EVENTS };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        struct store s, forged;
        char command[512];

        init(&s);
        init_with(&forged, others[i]);
        (void)snprintf(command, sizeof(command),
                       "cd %s && rm -r sealed lanes/00/* && cp -r %s/sealed . && cp %s/lanes/00/* "
                       "lanes/00/",
                       s.data, forged.data, forged.data);
        assert_int_equal(system(command), 0);
        (void)verify(&s);
        if (strstr(told, "are not those that were signed with checkpoint") == NULL)
            fail_msg("event %llu: %s", (unsigned long long)others[i], told);
        /* With the forger's own ledger: its first certificate is not of the root key. */
        (void)snprintf(command, sizeof(command), "cd %s && rm -r ledger && cp -r %s/ledger .",
                       s.data, forged.data);
        assert_int_equal(system(command), 0);
        (void)verify(&s);
        if (strstr(told, "KEY: ") == NULL && strstr(told, "FORGED: ") == NULL)
            fail_msg("event %llu: %s", (unsigned long long)others[i], told);
        release(&s);
        release(&forged);
    }
}

static void what_is_taken_away_moved_or_put_in_is_missed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        char f[160], g[160], command[1024];
        struct catalog_file a, b;
        struct store s;

        init(&s);
        a = nth(&s, 2, NULL);
        b = nth(&s, 3, NULL);
        path_of(&a, f, sizeof(f));
        path_of(&b, g, sizeof(g));
        (void)snprintf(
            command, sizeof(command),
            "cd %s/sealed && f=%s && g=%s && l=%08u.lane && m=%08u.lane && r=$(ls */00-%llu-*.seal) && "
            "z=$(ls */*.seal | sort -t- -k3n | tail -n 1) && %s",
            s.data, f, g, s.files.newest - 1, s.files.newest, (unsigned long long)a.name.from,
            changes[i]);
        assert_int_equal(system(command), 0);
        if (verify(&s).faults == 0)
            fail_msg("'%s' was not seen", changes[i]);
        release(&s);
    }
}

/* A file once more under another run's name, in the folder of the file $d of the newest run, $a to
 * $b in $p parts: the copy is named, also where no file is read because of it. */
static void a_copy_under_a_name_that_is_not_its_own_is_named(void **state)
{
    static const struct {
        const char *says, *name;
    } rows[] = {
        { "a longer run that is not whole, and so hides it", "00-$a-$((b + 7))-$((p + 1))" },
        { "a longer run", "00-$a-$((b + 1))-1" },
        { "a shorter run, which is left over", "00-$a-$((b - 1))-$p" },
        { "a later first event", "00-$((a + 1))-$b-$p" },
        { "an earlier first event", "00-$((a - 1))-$b-$((p + 1))" },
        { "other parts", "00-$a-$b-$((p + 1))" },
        { "merged", "00-$a-$b-0" },
        { "a run that has just begun", "00-$((b + 1))-$((b + 9))-9" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char command[1024], path[192], *end;
        struct store s;
        FILE *out;

        init(&s);
        (void)snprintf(command, sizeof(command),
                       "cd %s/sealed && z=$(ls */*.seal | sort -t- -k3n | tail -n 1) && "
                       "IFS=- read l a b p <<E\n$(basename $z .seal)\nE\n"
                       "f=$(dirname $z)/%s.seal && cp -n $z $f && echo sealed/$f: FILE",
                       s.data, rows[i].name);
        out = popen(command, "r");
        assert_non_null(out);
        CHECK_ROW(rows[i].says, fgets(path, sizeof(path), out) != NULL);
        (void)pclose(out);
        end = strchr(path, '\n');
        CHECK_ROW(rows[i].says, end != NULL);
        *end = 0;
        (void)verify(&s);
        if (strstr(told, path) == NULL)
            fail_msg("%s: %s is not named: %s", rows[i].says, path, told);
        release(&s);
    }
}

/* Every byte of a file in turn: seen, and its file named. */
static void any_byte_that_was_changed_is_named(void **state)
{
    struct store s;
    struct catalog_file at;
    char path[160];
    struct stat st;
    int fd;

    (void)state;
    init(&s);
    at = nth(&s, 1, NULL);
    path_of(&at, path, sizeof(path));
    assert_int_equal(fstatat(s.sealed, path, &st, 0), 0);
    fd = openat(s.sealed, path, O_RDWR | O_CLOEXEC);
    for (off_t i = 0; i < st.st_size; i += 7) {
        uint8_t byte;

        assert_int_equal(pread(fd, &byte, 1, i), 1);
        byte ^= (uint8_t)(1u << i % 8);
        assert_int_equal(pwrite(fd, &byte, 1, i), 1);
        if (verify(&s).faults == 0 || strstr(told, path) == NULL)
            fail_msg("byte %lld: %s", (long long)i, told);
        byte ^= (uint8_t)(1u << i % 8);
        assert_int_equal(pwrite(fd, &byte, 1, i), 1);
    }
    (void)close(fd);
    assert_int_equal(verify(&s).faults, 0);
    release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_honest_store_has_no_faults),
        cmocka_unit_test(what_is_sealed_while_it_is_read_is_counted_with_the_rest),
        cmocka_unit_test(a_forged_file_is_found_out_whatever_is_made_good_again),
        cmocka_unit_test(counts_that_are_none_of_the_events_are_found_out),
        cmocka_unit_test(a_store_that_was_made_anew_is_not_the_one_that_was_signed),
        cmocka_unit_test(what_is_taken_away_moved_or_put_in_is_missed),
        cmocka_unit_test(a_copy_under_a_name_that_is_not_its_own_is_named),
        cmocka_unit_test(any_byte_that_was_changed_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
