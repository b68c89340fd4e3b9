/*
 * rules_grow.c - many times the rules: every rule file copied TIMES times, each copy with ids,
 * names and literals of its own. For measuring what more rules cost.
 *
 *   rules_grow RULES OUT TIMES          OUT/0/... is as it was, OUT/1/... and so on are variants
 *
 * The variants must cost what that many different rules would. So what is common stays common: a
 * literal that COMMON_USES rules ask for (\powershell.exe), numbers, networks and short texts stay;
 * the others get other letters, vowels for vowels and consonants for consonants, but for what
 * looks like the type of a file (.exe). The same literal becomes the same text wherever it stands
 * in one variant, and another one in the next. The same rules give the same bytes on every machine.
 *
 * What a rule's filters take out is kept as it is: with other literals they would take out nothing,
 * and the variant would find what no rule that people use finds. A variant in which no literal
 * could be changed is the same rule again, and is left out.
 *
 * The documents are read and written as libyaml's events, so that nothing about their layout has
 * to be guessed. Placeholders stay; expressions keep what is behind a backslash and short words.
 */
#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>
#include <yaml.h>

#include "base/ascii.h"
#include "base/num.h"

#define COMMON_USES    20u
#define LETTERS_MIN    4u /* a text with fewer is not changed */
#define USES_SLOTS     (1u << 20)
#define DEPTH_MAX      64u
#define PATH_BYTES_MAX 4096u
#define VARIANTS_MAX   1000u

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "rules_grow: %s: %s\n", what, errno != 0 ? strerror(errno) : "bad YAML");
    exit(1);
}

/* --- where in a document we are --------------------------------------------------------------- */

enum place { PLACE_OTHER, PLACE_ID, PLACE_NAME, PLACE_TITLE, PLACE_LITERAL, PLACE_REGEX };

struct level {
    bool map, has_key;
    enum place place; /* of what stands below the key at hand */
};

struct walk {
    struct level level[DEPTH_MAX];
    unsigned depth;
};

static bool has_modifier(struct span key, const char *modifier)
{
    size_t bar = span_find(key, '|');

    while (bar < key.n) {
        struct span rest = span_from(key, bar + 1);
        size_t n = span_find(rest, '|');

        if (span_eq((struct span){ rest.p, n }, span_of(modifier)))
            return true;
        bar += 1 + n;
    }
    return false;
}

/* What a key in a detection says about its values. */
static enum place place_of_item(struct span key)
{
    static const char *const kept[] = { "cidr", "exists", "expand", "fieldref",
                                        "lt",   "lte",    "gt",     "gte" };

    for (size_t i = 0; i < COUNT_OF(kept); i++) {
        if (has_modifier(key, kept[i]))
            return PLACE_OTHER;
    }
    return has_modifier(key, "re") ? PLACE_REGEX : PLACE_LITERAL;
}

static enum place place_of_key(const struct walk *w, struct span key)
{
    static const struct {
        const char *key;
        enum place place;
    } top[] = { { "id", PLACE_ID },
                { "name", PLACE_NAME },
                { "title", PLACE_TITLE },
                { "detection", PLACE_LITERAL } };

    for (size_t i = 0; w->depth == 1 && i < COUNT_OF(top); i++) {
        if (span_eq(key, span_of(top[i].key)))
            return top[i].place;
    }
    if (w->depth < 2 || w->level[w->depth - 2].place != PLACE_LITERAL)
        return PLACE_OTHER;
    if (span_eq(key, SPAN_LIT("condition")) ||
        (w->depth == 2 && span_starts(key, SPAN_LIT("filter"))))
        return PLACE_OTHER;
    return place_of_item(key);
}

/* Where a scalar stands; keys are remembered and change nothing. */
static enum place walk_scalar(struct walk *w, struct span text)
{
    struct level *l = &w->level[w->depth > 0 ? w->depth - 1 : 0];

    if (w->depth == 0)
        return PLACE_OTHER;
    if (l->map && !l->has_key) {
        l->has_key = true;
        l->place = place_of_key(w, text);
        return PLACE_OTHER;
    }
    l->has_key = false;
    return l->place;
}

static void walk_open(struct walk *w, bool map)
{
    enum place place = w->depth > 0 ? w->level[w->depth - 1].place : PLACE_OTHER;

    if (w->depth == DEPTH_MAX)
        die("nested too deep");
    if (w->depth > 0)
        w->level[w->depth - 1].has_key = false;
    w->level[w->depth++] = (struct level){ .map = map, .place = place };
}

static enum place walk_event(struct walk *w, const yaml_event_t *ev)
{
    switch (ev->type) {
    case YAML_SCALAR_EVENT:
        return walk_scalar(w, (struct span){ ev->data.scalar.value, ev->data.scalar.length });
    case YAML_MAPPING_START_EVENT:
    case YAML_SEQUENCE_START_EVENT:
        walk_open(w, ev->type == YAML_MAPPING_START_EVENT);
        return PLACE_OTHER;
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        w->depth--;
        return PLACE_OTHER;
    default:
        return PLACE_OTHER;
    }
}

/* --- how often a literal is used -------------------------------------------------------------- */

struct uses {
    uint64_t hash[USES_SLOTS]; /* 0: free */
    uint32_t count[USES_SLOTS];
};

static uint32_t *uses_of(struct uses *u, struct span text)
{
    uint64_t h = XXH3_64bits(text.p, text.n) | 1;
    uint32_t at = (uint32_t)(h >> 20) % USES_SLOTS;

    while (u->hash[at] != 0 && u->hash[at] != h)
        at = (at + 1) % USES_SLOTS;
    u->hash[at] = h;
    return &u->count[at];
}

/* --- other letters ---------------------------------------------------------------------------- */

static uint8_t other_letter(uint8_t c, uint64_t dice)
{
    static const char vowels[] = "aeiou", consonants[] = "bcdfghjklmnpqrstvwxyz";
    bool vowel = memchr(vowels, ascii_lower(c), 5) != NULL;
    uint8_t to = (uint8_t)(vowel ? vowels[dice % 5] : consonants[dice % 21]);

    return c == ascii_lower(c) ? to : (uint8_t)(to - 32);
}

/* The end of the run of letters at `at`. */
static size_t word_end(struct span s, size_t at)
{
    while (at < s.n && ascii_is_alpha(s.p[at]))
        at++;
    return at;
}

static void change_words(uint8_t *p, size_t n, uint64_t variant, bool regex)
{
    struct span s = { p, n };
    uint64_t seed = XXH3_64bits_withSeed(p, n, variant);

    for (size_t at = 0; at < n;) {
        size_t end = word_end(s, at);
        uint8_t before = at > 0 ? p[at - 1] : 0;
        bool keep = (before == '.' && end - at < LETTERS_MIN) ||
                    (regex && (before == '\\' || end - at < LETTERS_MIN));

        for (size_t i = at; i < end && !keep; i++)
            p[i] = other_letter(p[i], XXH3_64bits_withSeed(&i, sizeof(i), seed));
        at = end > at ? end : at + 1;
    }
}

static size_t count_letters(struct span s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += ascii_is_alpha(s.p[i]);
    return n;
}

/* "12345678-..." gets other first digits. */
static void change_id(uint8_t *p, size_t n, uint64_t variant)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t h = XXH3_64bits_withSeed(p, n, variant);

    for (size_t i = 0; i < n && i < 8; i++, h >>= 4)
        p[i] = (uint8_t)digits[h & 15];
}

/* The scalar is replaced by itself with a number behind it. */
static void add_number(yaml_event_t *ev, uint64_t variant)
{
    size_t n = ev->data.scalar.length;
    yaml_char_t *p = realloc(ev->data.scalar.value, n + 32);
    int more;

    if (p == NULL)
        die("memory");
    more = snprintf((char *)p + n, 32, " %llu", (unsigned long long)variant);
    ev->data.scalar.value = p;
    ev->data.scalar.length = n + (size_t)more;
}

/* Whether a literal was changed. */
static bool change(yaml_event_t *ev, enum place place, uint64_t variant, struct uses *uses)
{
    struct span s = { ev->data.scalar.value, ev->data.scalar.length };

    if (place == PLACE_TITLE || place == PLACE_NAME) {
        add_number(ev, variant);
    } else if (place == PLACE_ID) {
        change_id(ev->data.scalar.value, s.n, variant);
    } else if ((place == PLACE_LITERAL || place == PLACE_REGEX) &&
               count_letters(s) >= LETTERS_MIN && *uses_of(uses, s) < COMMON_USES) {
        change_words(ev->data.scalar.value, s.n, variant, place == PLACE_REGEX);
        return true;
    }
    return false;
}

/* --- files ------------------------------------------------------------------------------------ */

/* Count the literals (`out` NULL), or write the variant; returns how many literals were changed. */
static unsigned rule_file(const char *path, FILE *out, uint64_t variant, struct uses *uses)
{
    FILE *in = fopen(path, "rb");
    struct walk w = { .depth = 0 };
    yaml_parser_t parser;
    yaml_emitter_t emitter;
    yaml_event_t ev;
    bool end = false;
    unsigned changed = 0;

    if (in == NULL || !yaml_parser_initialize(&parser) || !yaml_emitter_initialize(&emitter))
        die(path);
    yaml_parser_set_input_file(&parser, in);
    if (out != NULL)
        yaml_emitter_set_output_file(&emitter, out);
    yaml_emitter_set_unicode(&emitter, 1);
    yaml_emitter_set_width(&emitter, -1);
    while (!end) {
        enum place place;

        errno = 0;
        if (!yaml_parser_parse(&parser, &ev))
            die(path);
        end = ev.type == YAML_STREAM_END_EVENT;
        place = walk_event(&w, &ev);
        if (out == NULL && (place == PLACE_LITERAL || place == PLACE_REGEX))
            ++*uses_of(uses, (struct span){ ev.data.scalar.value, ev.data.scalar.length });
        if (out != NULL && variant > 0 && place != PLACE_OTHER)
            changed += change(&ev, place, variant, uses);
        if (out == NULL)
            yaml_event_delete(&ev);
        else if (!yaml_emitter_emit(&emitter, &ev)) /* takes the event */
            die(path);
    }
    yaml_emitter_delete(&emitter);
    yaml_parser_delete(&parser);
    (void)fclose(in); /* only read */
    return changed;
}

static void make_folders(char *path)
{
    for (char *p = path + 1; *p != 0; p++) {
        if (*p != '/')
            continue;
        *p = 0;
        if (mkdir(path, 0755) != 0 && errno != EEXIST)
            die(path);
        *p = '/';
    }
}

/* Whether it was written: the rule itself, or a variant that differs. */
static bool write_variant(const char *from, const char *below, const char *out, uint64_t variant,
                          struct uses *uses)
{
    bool differs;
    char path[PATH_BYTES_MAX];
    int n = snprintf(path, sizeof(path), "%s/%llu/%s", out, (unsigned long long)variant, below);
    FILE *f;

    if (n < 0 || (size_t)n >= sizeof(path))
        die(below);
    make_folders(path);
    f = fopen(path, "wb");
    if (f == NULL)
        die(path);
    differs = rule_file(from, f, variant, uses) > 0;
    if (fclose(f) != 0 || (!differs && variant > 0 && unlink(path) != 0))
        die(path);
    return differs || variant == 0;
}

/* Every rule file below `dir`: its literals counted when `times` is 0, else written as often as
   that gives different rules; returns the files written. */
static unsigned walk_rules(char *dir, const char *out, uint64_t times, struct uses *uses)
{
    char *roots[] = { dir, NULL };
    FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    unsigned files = 0;
    FTSENT *at;

    if (fts == NULL)
        die(dir);
    while ((at = fts_read(fts)) != NULL) {
        const char *below = at->fts_path + strlen(dir);

        if (at->fts_info != FTS_F || !span_ends(span_of(at->fts_path), SPAN_LIT(".yml")))
            continue;
        if (times == 0)
            (void)rule_file(at->fts_path, NULL, 0, uses);
        for (uint64_t i = 0; i < times; i++)
            files += write_variant(at->fts_path, below + (*below == '/'), out, i, uses);
    }
    (void)fts_close(fts); /* only read */
    return files;
}

int main(int argc, char **argv)
{
    struct uses *uses = calloc(1, sizeof(*uses));
    uint64_t times;

    if (argc != 4 || !num_u64(span_of(argv[3]), VARIANTS_MAX, &times) || times == 0) {
        fprintf(stderr, "usage: rules_grow RULES OUT TIMES (1 to %u)\n", VARIANTS_MAX);
        return 2;
    }
    if (uses == NULL)
        die("memory");
    (void)walk_rules(argv[1], argv[2], 0, uses); /* counts */
    printf("%u files\n", walk_rules(argv[1], argv[2], times, uses));
    free(uses);
    return 0;
}
