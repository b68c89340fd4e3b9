/*
 * limits.h - every limit on what comes from outside, in one place. A row is: name, value, what
 * happens beyond it. Limits are part of the behaviour: a change here is a change of the product.
 */
#ifndef LIMITS_H
#define LIMITS_H

#define LIMIT_TABLE(X)                                                                             \
    X(EVENT_BYTES, 1048576, "fields are cut, the event is flagged")                                \
    X(RECORD_BYTES, 16777216, "the record is refused and counted")                                 \
    X(RECEIVED_BYTES, 4194304, "what a sender sends as one record is refused, counted")             \
    X(FIELDS, 2048, "further fields stay in the raw bytes, flagged")                               \
    X(NAME_BYTES, 512, "a longer field name is not named, its value is kept")                      \
    X(NUMBER_BYTES, 64, "a longer text is no number")                                              \
    X(DEPTH, 64, "what is nested deeper stays one raw value")                                      \
    X(JOINED_RECORDS, 256, "an audit event is closed, the rest starts another")                    \
    X(RULE_FILE_BYTES, 4194304, "the file is refused")                                             \
    X(RULE_DEPTH, 64, "the rule is refused")                                                       \
    X(RULE_VALUES, 65536, "the rule is refused")                                                   \
    X(CONDITION_BYTES, 65536, "the rule is refused")                                               \
    X(CORRELATION_DEPTH, 10, "the correlation is refused")                                         \
    X(CORRELATION_STEPS, 64, "the correlation is refused")                                         \
    X(CORRELATION_BYTES, 67108864, "groups idle longest are forgotten, counted")                   \
    X(RULES, 262144, "further rules are refused")                                                  \
    X(FINDING_VALUE_BYTES, 65536, "a value is cut in findings, which say so")                      \
    X(ARCHIVE_RATIO, 500, "the archive is given up as a bomb")                                     \
    X(ARCHIVE_DEPTH, 3, "the inner archive is not opened, and counted")                            \
    X(BOOK_BYTES, 33554432, "the book is refused")                                                 \
    X(BOOK_UNPACKED_BYTES, 268435456, "the book is refused as a bomb")                             \
    X(BOOK_PARTS, 4096, "the book is refused")                                                     \
    X(BOOK_SHEETS, 256, "the book is refused")                                                     \
    X(SHEET_ROWS, 262144, "the book is refused")                                                   \
    X(SHEET_COLUMNS, 512, "the book is refused")                                                   \
    X(SHEET_TEXT_BYTES, 268435456, "the book is refused")                                          \
    X(SHARED_TEXT_BYTES, 67108864, "the book is refused")                                          \
    X(CELL_BYTES, 131072, "the book is refused")

enum limit {
#define X(name, value, beyond) LIMIT_##name = value,
    LIMIT_TABLE(X)
#undef X
};

#endif
