/*
 * describe.c - what reports of incidents say of a system beyond the register: what it is for, what
 * it offers, who connects and who watches it. In a table of its own, for most systems have none of
 * it.
 */
#include "registry/registry_own.h"

#include <stdio.h>

#define WORDS_BYTES 256u

const struct act_kind registry_described_kind = { "described", DB_SYSTEM_DESCRIBED_STATE,
                                                  DB_SYSTEM_DESCRIBED_STATE_PUT };

static const struct field {
    const char *name;
    const char *const *words; /* NULL: a text */
} fields[] = {
    { "purpose", NULL },
    { "services", system_services_names },
    { "protection", system_protections_names },
    { "connection", NULL },
    { "security", NULL },
};

/* The array of the words that were given, in the order of their list. */
static struct span put_words(struct act_call *c, const struct field *f, char room[WORDS_BYTES])
{
    size_t n = 1;

    room[0] = '[';
    for (size_t i = 0; f->words[i] != NULL; i++) {
        for (size_t k = 0; k < act_count(c, f->name); k++) {
            if (span_eq(act_member(c, f->name, k, NULL), span_of(f->words[i])))
                n += (size_t)snprintf(room + n, WORDS_BYTES - n, "%s\"%s\"", n > 1 ? "," : "",
                                      f->words[i]);
            MUST(n + 1 < WORDS_BYTES); /* they are few */
        }
    }
    room[n++] = ']';
    return (struct span){ (const uint8_t *)room, n };
}

static bool is_cleared(struct act_call *c, const struct field *f)
{
    for (size_t i = 0; i < act_count(c, "clear"); i++) {
        if (span_eq(act_member(c, "clear", i, NULL), span_of(f->name)))
            return true;
    }
    return false;
}

/* NULL leaves what is there. `room` lives until the statement has run. */
static void bind_field(struct act_call *c, const struct field *f, struct db_row *r, int at,
                       char room[WORDS_BYTES])
{
    if (is_cleared(c, f))
        db_text(r, at, SPAN_LIT(""));
    else if (act_has(c, f->name))
        db_text(r, at, f->words == NULL ? act_text(c, f->name) : put_words(c, f, room));
}

/* Something is named, and nothing both ways. */
static int check_named(struct act_call *c, struct err *e)
{
    size_t named = act_count(c, "clear");

    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        if (act_has(c, fields[i].name) && is_cleared(c, &fields[i]))
            return err_set(e, ERR_USAGE, 0, "clear: %s is given, too.", fields[i].name);
        named += act_has(c, fields[i].name);
    }
    return named > 0 ? ERR_OK
                     : err_set(e, ERR_USAGE, 0, "purpose: Nothing is given that shall be changed.");
}

int registry_describe(struct act_call *c, struct err *e)
{
    struct db_row *r;
    int64_t id = act_int(c, "system");
    char words[COUNT_OF(fields)][WORDS_BYTES];
    int rc = act_is_there(c->db, DB_SYSTEM_IS, "system", id, e);

    if (rc == ERR_OK)
        rc = check_named(c, e);
    if (rc == ERR_OK)
        rc = act_changes(c, &registry_described_kind, id, e);
    if (rc != ERR_OK)
        return rc;
    r = db_use(c->db, DB_SYSTEM_DESCRIBED_PUT);
    db_int(r, 1, id);
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        bind_field(c, &fields[i], r, (int)i + 2, words[i]);
    return db_run(c->db, r, e);
}
