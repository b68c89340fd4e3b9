/*
 * steps.h - the small functions that a taxonomy row may lay over a value, one row each.
 *
 *   IntegrityLevel: { from: MandatoryLabel, map: { S-1-16-4096: Low } }
 *                                           ^^^ a step and its argument
 *
 * A step takes a text and gives a text, or nothing (the value is then as if absent). Steps are
 * applied in the order in which they are written. Outputs are slices of the input, of the
 * argument, or lie in the arena.
 */
#ifndef STEPS_H
#define STEPS_H

#include "base/arena.h"
#include "base/base.h"

#define STEP_PAIRS_MAX 256u

/*    name         argument  what it does */
#define STEP_TABLE(X)                                                                              \
    X(map, PAIRS, "replace a whole value (case is ignored); others stay as they are")              \
    X(pick, PAIRS, "as map, but a value without a row is dropped")                                 \
    X(starts, PAIRS, "replace a whole value that begins so, first row that fits; else drop")       \
    X(contains, PAIRS, "replace a whole value that has this in it, first row; else drop")          \
    X(prefix, PAIRS, "replace the beginning (case is ignored), first row that fits")               \
    X(suffix, PAIRS, "replace the end (case is ignored), first row that fits")                     \
    X(replace, PAIRS, "replace every occurrence, all rows in one pass")                            \
    X(key, TEXT, "of lines Key=value (or Key: value) the value of this key")                       \
    X(pair, TEXT, "of KEY=value,KEY=value (or KEY: value) the value of this key")                  \
    X(after, TEXT, "what follows the first occurrence; without it the value is dropped")           \
    X(after_last, TEXT, "what follows the last occurrence; without it the value is dropped")       \
    X(before, TEXT, "what precedes the first occurrence; without it the whole value")              \
    X(before_last, TEXT, "what precedes the last occurrence; without it the value is dropped")     \
    X(drop, TEXTS, "drop the value when it is one of these (\"-\")")                               \
    X(lower, NONE, "lower case (ASCII)")                                                           \
    X(upper, NONE, "upper case (ASCII)")                                                           \
    X(decimal, NONE, "0x hexadecimal to decimal; others stay as they are")                         \
    X(dword, NONE, "a number as Sysmon writes a REG_DWORD: DWORD (0x0000000a)")                    \
    X(qword, NONE, "a number as Sysmon writes a REG_QWORD: QWORD (0x00000000-0x0000000a)")         \
    X(basename, NONE, "after the last slash or backslash")                                         \
    X(trim, NONE, "without blanks at both ends")                                                   \
    X(unquote, NONE, "without a pair of double quotes around it")

enum step_arg { STEP_NONE, STEP_TEXT, STEP_TEXTS, STEP_PAIRS };

enum step_id {
#define X(name, arg, help) STEP_ID_##name,
    STEP_TABLE(X)
#undef X
        STEP_IDS
};

/* `from` and `to` have `count` entries; TEXT and TEXTS use `from` only. */
struct step {
    enum step_id id;
    uint32_t count;
    struct span *from, *to;
};

/* The step of this name and what argument it takes; false when there is none. */
bool step_find(struct span name, enum step_id *id, enum step_arg *arg);

/* Apply it: false when the value is dropped (also when the arena has failed). */
bool step_apply(const struct step *s, struct span in, struct arena *mem, struct span *out);

#endif
