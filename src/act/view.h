/*
 * view.h - what can be read of the database: a row of a table each, of one statement.
 *
 *   GET /api/incidents?state=open&limit=50 ─▶ the row: may this role? ─▶ parameters, as of acts
 *      ─▶ bound to ?1, ?2, ... in their order, NULL where not given ─▶ a line of JSON for each row
 *
 * From the rows come: the API and its description, the commands (`canh incident list`), and what a
 * table for people shows. A statement has its columns in the order of the row's, and ends with
 * LIMIT. Over a reader's connection, in one short transaction.
 *
 * Some parameters nobody gives: they are what is known of who asks.
 */
#ifndef VIEW_H
#define VIEW_H

#include "act/act.h"
#include "sigma/rule.h"

#define VIEW_PARAMS_MAX  14u
#define VIEW_COLUMNS_MAX 32u
#define VIEW_ROWS_MAX    5000

/*    type       given as                       bound as */
#define VIEW_PARAM_TABLE(X)                                                                        \
    X(TEXT)      /* text, `max` bytes             text */                                          \
    X(KEY)       /* text                          its folding: act/key.h */                        \
    X(ID)        /* number                        integer */                                       \
    X(INTEGER)   /* number, 0 to `max`            integer */                                       \
    X(TIME)      /* RFC 3339, or "2h" ago         ns */                                            \
    X(CHOICE)    /* one of `choice`               text */                                          \
    X(LEVEL)     /* a level's name                its number */                                    \
    X(LIMIT)     /* number, 1 to VIEW_ROWS_MAX    integer; `max` when it is not given */           \
    X(MY_NAME)   /* nobody gives these            who asks */                                      \
    X(MY_AGENCY) /*                              of a contact; NULL of all others, who see all */  \
    X(NOW)       /*                               ns */

enum view_param_type {
#define X(name) VIEW_##name,
    VIEW_PARAM_TABLE(X)
#undef X
        VIEW_PARAM_TYPES
};

struct view_param {
    const char *name; /* of those that nobody gives: any */
    enum view_param_type type;
    bool required;
    int64_t max;
    const char *const *choice;
    const char *help;
};

/*    type       in JSON, when it is not null */
#define VIEW_COLUMN_TABLE(X)                                                                       \
    X(TEXT)    /* string */                                                                        \
    X(INTEGER) /* number */                                                                        \
    X(SECONDS) /* number; for people as 23h05 */                                                   \
    X(TIME)    /* string, RFC 3339, of ns */                                                       \
    X(LEVEL)   /* string, of its number */                                                         \
    X(FLAG)    /* true, false */                                                                   \
    X(JSON)    /* as it stands: the statement makes it with json_object(), json_group_array() */

enum view_column_type {
#define X(name) VIEW_AS_##name,
    VIEW_COLUMN_TABLE(X)
#undef X
        VIEW_COLUMN_TYPES,
    /* With a type: for programs. A table of several rows for people leaves the column out. */
    VIEW_ASIDE = 32,
};

struct view_column {
    const char *name;
    enum view_column_type type;
};

struct view_call;

struct view_row {
    const char *name; /* "incident.list": area, verb; the path is /incident/list */
    unsigned roles;
    const char *help;
    enum db_statement statement;
    /* Where the best index depends on what was given; NULL: `statement` always. */
    enum db_statement (*choose)(const struct view_call *c);
    struct view_param param[VIEW_PARAMS_MAX];
    struct view_column column[VIEW_COLUMNS_MAX];
};

struct view_area {
    const struct view_row *row;
    size_t count;
    bool is_long; /* to read them may take long: nothing else waits for them */
};

struct view_table { /* all there are (src/office) */
    const struct view_area *area;
    size_t area_count;
};

const struct view_row *view_find(const struct view_table *t, struct span name);
const struct view_row *view_at(const struct view_table *t, size_t i); /* NULL behind the last */
bool view_is_long(const struct view_table *t, const struct view_row *row);

/* The type of a column alone; is it for programs? */
static inline enum view_column_type view_as(const struct view_column *c)
{
    return (enum view_column_type)((unsigned)c->type & (VIEW_ASIDE - 1u));
}
static inline bool view_is_aside(const struct view_column *c)
{
    return ((unsigned)c->type & VIEW_ASIDE) != 0;
}

/* Whose things alone he sees: the agency of a contact; 0: all, for he is more than that; -1, which
 * is none: a contact of no agency. */
int64_t view_agency(const struct actor *who);

/* Does somebody give parameters of this type? */
bool view_is_given(enum view_param_type t);

/* Was this parameter given? For choose(). */
bool view_has(const struct view_call *c, const char *name);
struct span view_text(const struct view_call *c, const char *name);

#define VIEW_FORMAT_TABLE(X)                                                                       \
    X(NDJSON, "ndjson") /* an object a line */                                                     \
    X(JSON, "json")     /* an array of them */                                                     \
    X(CSV, "csv")       /* a line of names first */

enum view_format {
#define X(id, name) VIEW_##id,
    VIEW_FORMAT_TABLE(X)
#undef X
        VIEW_FORMATS
};

/* The value of a parameter as it was given, or SPAN_NONE; what it gives lives until it is called
 * again. */
typedef struct span view_given_fn(void *arg, const char *name);

struct view_from {
    const struct view_row *row;
    const struct actor *who;
    int64_t now_ns;
    enum view_format format;
    view_given_fn *given;
    void *arg;
};

/* Appended to `out`. ERR_DENIED, ERR_USAGE (e->why begins with the parameter's name), and what the
 * database says. */
int view_put(struct db *reader, const struct view_from *from, struct buf *out, struct err *e);

#endif
