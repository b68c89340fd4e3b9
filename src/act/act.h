/*
 * act.h - what people do: whoever changes something asks for an act, a row of a table.
 *
 *   {"act":"alert.close","alerts":[7,9],"verdict":"false-positive","reason":"scanner"}   and who
 * asks ─▶ the row: may this role? ─▶ its parameters: known, typed, within bounds ─▶ one transaction
 * { line in table `act`; the row's function; what it was done to } ─▶ {"act":41,...}
 *
 * An act is whole or has not happened, and when its answer is there it is on the disk. Its line
 * says who, when, from where and with which parameters (secrets are left out), and is kept for ever
 * under the ledger (db/record.h). Who may not is told so, and that has a line, too.
 *
 * From the rows come: the API and its description, the commands, the matrix of rights that is
 * tested. A new act is a row and a function in the file of its area; a new area is a file, and a
 * line of src/office.
 *
 * Whoever reads has no act: views are in view.h. One thread: the desk's.
 */
#ifndef ACT_H
#define ACT_H

#include "act/actor.h"
#include "base/buf.h"
#include "db/db.h"

#define ACT_PARAMS_MAX  20u
#define ACT_IDS_MAX     1000u              /* things in one act */
#define ACT_TEXT_MAX    20000u             /* bytes of a text, whatever its row says */
#define ACT_REQUEST_MAX ((size_t)16 << 20) /* a request: files come in it */
#define ACT_ANSWER_MAX  ((size_t)1 << 20)
#define ACT_UNDO_S      3600 /* how long an act can be undone by who did it */
#define ACT_UNDO_SLICE  100u /* things put back in one turn of the desk, of an act in slices */

/*    type      in JSON                     what is checked beyond the bounds of the row */
#define ACT_TYPE_TABLE(X)                                                                          \
    X(TEXT)   /* string                     UTF-8, made NFC and trimmed; no control characters but \
                                            newline and tab; not empty */                          \
    X(SECRET) /* string                     as it is; never kept, never told */                    \
    X(ID)     /* number                     at least 1 */                                          \
    X(IDS)    /* array of numbers           at least one, each once, ACT_IDS_MAX at most */        \
    X(INTEGER) /* number                     0 to `max` */                                         \
    X(BOOL)    /* true, false */                                                                   \
    X(TIME)    /* string, RFC 3339           1970 to 2261; ns */                                   \
    X(CHOICE)  /* string                     one of `choice` */                                    \
    X(CHOICES) /* array of strings           of `choice`, each once */                             \
    X(FIELDS)  /* object of strings          each as TEXT, but may be empty */                     \
    X(FILE)    /* string, base64 */

enum act_type {
#define X(name) ACT_##name,
    ACT_TYPE_TABLE(X)
#undef X
        ACT_TYPES
};

struct act_param {
    const char *name;
    enum act_type type;
    bool required;
    int64_t max;               /* bytes of TEXT, SECRET, FILE, of each of FIELDS; of INTEGER */
    const char *const *choice; /* NULL behind the last */
    const char *help;          /* what it is, without a period */
};

struct act_call;
typedef int act_fn(struct act_call *c, struct err *e);

struct act_row {
    const char *name; /* "alert.close": area, verb */
    unsigned roles;   /* who may: ROLES(...) of actor.h; the function looks at what it is done to */
    const char *help; /* a sentence */
    act_fn *fn;
    struct act_param param[ACT_PARAMS_MAX]; /* up to the first without a name */
};

/* A thing whose acts can be undone: its state as text, and put back from that. */
struct act_kind {
    const char *name;           /* as in table act_on */
    enum db_statement get, put; /* id ─▶ text; id, text ─▶ */
};

/* Who goes on with an act that left something: act_rest(). One that is undone in slices, too, says
 * of which kind it changes very many, and of which kind those are that are busy meanwhile; NULL: it
 * is undone at once, or never. */
struct act_rest_row {
    const char *act;
    act_fn *fn;
    const char *many, *busy;
};

struct act_area {
    const struct act_row *row;
    size_t count;
};

/* All acts there are (src/office). */
struct act_table {
    const struct act_area *area;
    size_t area_count;
    const struct act_kind *const *kind;
    size_t kind_count;
    const struct act_rest_row *rest;
    size_t rest_count;
};

const struct act_row *act_find(const struct act_table *t, struct span name); /* NULL: none */

/* A request as acts_do() takes it, out of the row and the object with its parameters (or nothing).
 * False: that is no object. */
bool act_request_put(struct buf *out, const struct act_row *row, struct span sent);
const struct act_row *act_at(const struct act_table *t, size_t i); /* NULL behind the last */

/* --- doing ---------------------------------------------------------------------------------- */

struct acts;
struct people;

struct legal; /* what the law says (incident/legal.h) */

struct acts_from {
    const struct act_table *table;
    struct db *db;              /* in no transaction between acts */
    void (*changed)(void *arg); /* alerts were changed: the cache of who counts them is old */
    void *arg;
    struct people *people; /* borrowed: of src/people; NULL where none of its acts is asked for */
    const struct legal *legal; /* NULL: nothing is known of it */
};

int acts_new(struct acts **out, const struct acts_from *from, struct err *e);
void acts_free(struct acts **a);

/*
 * Do what `request` (JSON) says. ERR_OK with the answer, one object, appended to `answer`; or what
 * is wrong: ERR_SYNTAX, ERR_USAGE (a parameter; e->why begins with its name), ERR_LIMIT,
 * ERR_DENIED, ERR_NOTFOUND, ERR_CONFLICT; ERR_IO, ERR_NOMEM, ERR_CORRUPT: of the database. Then
 * nothing was done.
 */
int acts_do(struct acts *a, const struct actor *who, struct span request, int64_t now_ns,
            struct buf *answer, struct err *e);

/* A slice of what acts have left to do (act_rest()). *more: there is still something. ERR_OK, or
 * what the database says: it can be tried again. */
int acts_rest(struct acts *a, bool *more, struct err *e);

/* --- for the functions of acts --------------------------------------------------------------- */

struct act_call {
    struct db *db;
    const struct actor *who;
    int64_t now_ns;
    int64_t id;         /* of its line; 0: it has none yet */
    struct buf *answer; /* members, each with a comma before it: ,"alert":7 */
    struct people *people;
    struct act_own *own;
    const struct legal *legal; /* may be NULL */
};

/* Parameters by name, which is one of the row's. Not given: SPAN_NONE, false, 0. */
bool act_has(const struct act_call *c, const char *name);
struct span act_text(const struct act_call *c, const char *name); /* TEXT, SECRET, CHOICE, FILE */
int64_t act_int(const struct act_call *c, const char *name);      /* ID, INTEGER, BOOL, TIME */
const int64_t *act_ids(const struct act_call *c, const char *name, size_t *count);
size_t act_count(const struct act_call *c, const char *name); /* FIELDS, CHOICES */
struct span act_member(const struct act_call *c, const char *name, size_t i, struct span *key);

/* The act is about this thing (each once): part of its history. */
int act_on(struct act_call *c, const char *kind, int64_t key, struct err *e);
/* The act makes a thing: run this insert, answer its number as a member called `kind`, and be about
 * it. */
int act_made(struct act_call *c, struct db_row *insert, const char *kind, struct err *e);
/* The same, before it is changed, of a kind that can be undone; the state behind it is taken when
 * the function has returned. */
int act_changes(struct act_call *c, const struct act_kind *kind, int64_t key, struct err *e);
/* Act "act.undo": put back what another changed, unless that was changed since; and a slice of it.
 */
act_fn act_undo, act_undo_rest;
/* Take back what was done so far, for what was only tried: the act goes on with its line alone, and
 * nothing that it was done to. Not of acts that undo. */
int act_take_back(struct act_call *c, struct err *e);
/* Whoever counts alerts must look again. */
void act_touches_alerts(struct act_call *c);

/*
 * What is too much for one turn of the desk is done in slices, each in a transaction of its own
 * with other acts between them; to people it is one act. Its function does what decides it, and
 * one slice, and says here that there is more; the act's act_rest_row goes on with the same
 * parameters,
 * author and time, and says it again as long as there is more (acts_rest()). That it is to be done
 * is durable with the act itself, so that a kill puts it off, no more. The thing is busy until
 * then: acts on it, or on what the slices are about, ask act_free() first. What a slice was done to
 * is told of the act (act_changes(), or lines of act_on that it puts itself). Not of acts whose
 * parameters are secrets or files.
 */
void act_rest(struct act_call *c, const char *kind, int64_t key);
/* ERR_CONFLICT when another act has still to be finished on it. */
int act_free(const struct act_call *c, const char *kind, int64_t key, struct err *e);

/*
 * Acts of ROLE_LOGIN: their function finds out who it is, and a flood of them is no record. They
 * have no line, and what they are done to is not told, unless the function says:
 *   act_by()      it is done, by this one: before the first member of the answer
 *   act_refuse()  ERR_DENIED with a sentence, of this one; what was changed *stays*. Its line is
 * one of those of which there are only so many
 */
int act_by(struct act_call *c, const struct actor *who, struct err *e);
int act_refuse(struct act_call *c, const struct actor *who, struct err *e, const char *why);

/*
 * A thing by its number, which statement `s` takes as ?1. act_find_row(): the row, to be ended when
 * it was read; of what is not there NULL, and ERR_NOTFOUND with "There is no KIND 7.", which
 * act_none() says where it is found out otherwise.
 */
int act_find_row(struct db *db, enum db_statement s, const char *kind, int64_t id,
                 struct db_row **row, struct err *e);
int act_is_there(struct db *db, enum db_statement s, const char *kind, int64_t id, struct err *e);
int act_none(struct err *e, const char *kind, int64_t id);

/* What was asked does not fit what is there: ERR_CONFLICT with a sentence. */
int act_conflict(struct err *e, const char *fmt, ...) CHECK_FORMAT(2, 3);
int act_no_memory(struct err *e);

#endif
