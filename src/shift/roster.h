/*
 * roster.h - the roster as a table: its columns, for those that read and write it.
 */
#ifndef ROSTER_H
#define ROSTER_H

#include "sheet/columns.h"
#include "shift/shift_own.h"

#define ROSTER_SECOND_NS INT64_C(1000000000)
#define ROSTER_VIETNAM_S INT64_C(25200) /* UTC+7, all year */

/* The order of ROSTER_TABLE (src/db/sql/shift.sql). */
enum roster_column { PERSON, KIND, POST, START, END, INSTEAD_OF, HOLIDAY, REASON, COLUMNS };

/*    id         name       Vietnamese        English */
#define ROSTER_KIND_TABLE(X)                                                                       \
    X(DUTY, "duty", "Trực", "Duty")                                                                \
    X(ON_CALL, "on-call", "Trực dự phòng", "On call")                                              \
    X(LEAVE, "leave", "Nghỉ", "Leave")                                                             \
    X(SWAP, "swap", "Trực thay", "Swap")

#define ROSTER_POST_TABLE(X)                                                                       \
    X(WATCH, "watch", "Trực giám sát", "Watch")                                                    \
    X(LEAD, "lead", "Trưởng ca", "Lead")                                                           \
    X(ON_CALL, "on-call", "Dự phòng", "On call")

enum roster_kind {
#define X(id, name, vi, en) KIND_##id,
    ROSTER_KIND_TABLE(X)
#undef X
        KINDS
};
enum roster_post {
#define X(id, name, vi, en) POST_##id,
    ROSTER_POST_TABLE(X)
#undef X
        POSTS
};

extern const struct choice roster_kinds[KINDS], roster_posts[POSTS];
extern const struct column roster_columns[COLUMNS];
extern const struct form roster_form;

#endif
