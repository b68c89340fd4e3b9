/*
 * registry.h - whose a thing is: agencies with their successors, who answers for them, their
 * systems and machines, and which system a source's events are of.
 *
 * Acts and views (act/act.h, act/view.h), tables in and out, and what others ask:
 *
 *   an event's source, host, address ─▶ registry_system_of() ─▶ system, level
 *   a contact's agency, a system     ─▶ registry_covers()    ─▶ may it see that?
 *
 * Agencies are a tree at any time: one that ended is found through its successor, every other
 * through what it is a part of. What is below an agency in that tree is its own; the successor has
 * what its forerunners had, and not the other way round. A system keeps who had it when (table
 * system_agency), so what happened on a day is of the agency of that day.
 */
#ifndef REGISTRY_H
#define REGISTRY_H

#include "act/act.h"
#include "act/view.h"
#include "sheet/sheet.h"

/* A table knows its length where it is declared: X(area, rows). */
#define REGISTRY_TABLE(X)                                                                          \
    X(agency, 4)                                                                                   \
    X(contact, 4)                                                                                  \
    X(system, 4)                                                                                   \
    X(machine, 3)                                                                                  \
    X(source, 1)                                                                                   \
    X(tables, 1)

#define X(area, rows)                                                                              \
    enum { REGISTRY_##area##_ROWS = rows };                                                        \
    extern const struct act_row registry_##area[rows];
REGISTRY_TABLE(X)
#undef X

/* Whose acts can be undone. */
#define REGISTRY_KIND_TABLE(X)                                                                     \
    X(agency, AGENCY)                                                                              \
    X(contact, CONTACT)                                                                            \
    X(system, SYSTEM)                                                                              \
    X(machine, MACHINE)                                                                            \
    X(source, SOURCE)

/* What reports say of a system beyond the register (describe.c). */
extern const struct act_kind registry_described_kind;

#define X(thing, ID) extern const struct act_kind registry_##thing##_kind;
REGISTRY_KIND_TABLE(X)
#undef X

enum { REGISTRY_VIEWS = 12 };
extern const struct view_row registry_views[REGISTRY_VIEWS];

enum registry_form {
#define X(thing, ID) REGISTRY_##ID,
    REGISTRY_KIND_TABLE(X)
#undef X
        REGISTRY_FORMS
};

/* --- whose is it ------------------------------------------------------------------------------ */

/* How it was found; what comes first in the list is tried first. */
#define REGISTRY_BY_TABLE(X)                                                                       \
    X(HOST, "host")       /* a machine has that name */                                            \
    X(ADDRESS, "address") /* a machine or system has exactly that address */                       \
    X(DOMAIN, "domain")   /* the host's name is a system's domain, or below one */                 \
    X(SOURCE, "source")   /* the source was given to a system */                                   \
    X(NETWORK, "network") /* the narrowest network of a machine or system that it is in */

enum registry_by {
#define X(id, name) REGISTRY_BY_##id,
    REGISTRY_BY_TABLE(X)
#undef X
        REGISTRY_BYS
};
const char *registry_by_name(enum registry_by by);

struct registry_system {
    int64_t id;    /* 0: none is known, or several */
    int64_t level; /* 1 to 5; 0: not known */
    enum registry_by by;
};

/*
 * The system that an event of this source, about this host and address, belongs to; each may be
 * empty, and a host may be an address. Names are compared without case and marks; a host with a
 * domain is also looked for without it. Where several systems have the same name or address, it is
 * the source's if that is one of them, else it is left open: an alert is never shown to the wrong
 * agency for a guess. Retired systems and machines are not found. ERR_OK, or what the database
 * says.
 */
int registry_system_of(struct db *db, struct span source, struct span host, struct span address,
                       struct registry_system *out, struct err *e);

/* Is `other` the agency itself, below it, or a forerunner of one of these? */
int registry_within(struct db *db, int64_t agency, int64_t other, bool *is, struct err *e);

/* Does the agency have a say in the system: is its owner or its operator of today within it? */
int registry_covers(struct db *db, int64_t agency, int64_t system, bool *covers, struct err *e);

/* --- tables ----------------------------------------------------------------------------------- */

/* All rows of a register as a book that act registry.import takes back unchanged, in the headers'
 * language; `agency`: only what is that agency's own (0: all). Over a reader's connection. */
int registry_export(struct db *reader, enum registry_form form, bool english,
                    enum book_format format, int64_t agency, struct buf *out, struct err *e);
/* The empty book to fill in, with lists to choose from and explanations. */
int registry_template(enum registry_form form, bool english, struct buf *out, struct err *e);
bool registry_form_of(struct span name, enum registry_form *form);

#endif
