/*
 * fields.h - what is written down of staff: a row a field, from which come the parameters of acts
 * and the order in which statements are bound (src/db/sql/staff.sql).
 */
#ifndef STAFF_FIELDS_H
#define STAFF_FIELDS_H

#include "staff/staff.h"

/*    type     act    what is checked beyond the parameter's type */
#define STAFF_TYPE_TABLE(X)                                                                        \
    X(TEXT, TEXT)                                                                                  \
    X(DAY, TEXT)   /* 2025-07-01, a day that there is */                                           \
    X(PHONE, TEXT) /* as channels take them (conf/channel.h) */                                    \
    X(EMAIL, TEXT) /* the same */                                                                  \
    X(HASH, TEXT)  /* SHA-256, 64 hex digits */                                                    \
    X(FLAG, BOOL)                                                                                  \
    X(YEAR, INTEGER) /* 2000 to 2199 */                                                            \
    X(STAFF, ID)     /* is there */                                                                \
    X(SYSTEM, ID)    /* is there, and not retired */

enum staff_type {
#define X(type, act) STAFF_##type,
    STAFF_TYPE_TABLE(X)
#undef X
        STAFF_TYPES
};

/* --- name, type, required, max, help ------------------------------------------------------------
 */

#define STAFF_FIELDS(X)                                                                            \
    X(person, TEXT, true, STAFF_PERSON_MAX, "the user's name; of who has none: what he is called") \
    X(outside, FLAG, false, 0, "he has no account here")                                           \
    X(name, TEXT, true, 100, "the name as people say it")                                          \
    X(title, TEXT, false, 100, "office held")                                                      \
    X(phone, PHONE, false, 30, "where he is called at night")                                      \
    X(email, EMAIL, false, 254, "his mail address")

#define ONSITE_FIELDS(X)                                                                           \
    X(staff, STAFF, true, 0, "who it is: his number as staff")                                     \
    X(system, SYSTEM, true, 0, "the system's number")                                              \
    X(place, TEXT, false, 200, "where")                                                            \
    X(hours, TEXT, false, 200, "when he is there")

#define CERTIFICATE_FIELDS(X)                                                                      \
    X(staff, STAFF, true, 0, "whose it is: his number as staff")                                   \
    X(name, TEXT, true, 200, "what it certifies")                                                  \
    X(number, TEXT, true, 100, "its number")                                                       \
    X(issuer, TEXT, false, 200, "who issued it")                                                   \
    X(issued, DAY, true, 10, "the day of issue, as 2025-07-01")                                    \
    X(expires, DAY, false, 10, "the first day on which it is no longer good; without it: never")

#define DRILL_FIELDS(X)                                                                            \
    X(day, DAY, true, 10, "the day, as 2025-07-01")                                                \
    X(title, TEXT, true, 200, "what was played")                                                   \
    X(scope, TEXT, true, 1000, "agencies and systems that took part")                              \
    X(participants, TEXT, true, 4000, "who took part")                                             \
    X(result, TEXT, false, 10000, "what came of it, what is to be mended")

#define PLAN_FIELDS(X)                                                                             \
    X(year, YEAR, true, 2199, "the year that it is for")                                           \
    X(number, TEXT, true, 100, "number and symbol of the document")                                \
    X(day, DAY, true, 10, "the day on which it was signed, as 2025-07-01")                         \
    X(approved_by, TEXT, true, 200, "who approved it")                                             \
    X(sha256, HASH, true, 64, "SHA-256 of the signed file")

#define STAFF_FIELDS_MAX 6u

#endif
