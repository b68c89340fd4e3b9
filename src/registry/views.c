/*
 * views.c - the registers as they are read. A contact sees what is its own: the first parameter of
 * every statement.
 */
#include "registry/registry_own.h"

static const char *const validities[] = { "valid", "ended", "all", NULL };
static const char *const belongings[] = { "assigned", "none", NULL };

static enum db_statement choose_machines(const struct view_call *c)
{
    return view_has(c, "system") ? DB_MACHINES_OF : DB_MACHINES;
}

#define MINE                                                                                       \
    {                                                                                              \
        "mine", VIEW_MY_AGENCY, false, 0, NULL, NULL                                               \
    }
#define BELOW(help)                                                                                \
    {                                                                                              \
        "agency", VIEW_ID, false, 0, NULL, help                                                    \
    }
#define TEXT(help)                                                                                 \
    {                                                                                              \
        "text", VIEW_TEXT, false, 200, NULL, help                                                  \
    }
#define LIMIT(usual)                                                                               \
    {                                                                                              \
        "limit", VIEW_LIMIT, false, usual, NULL, "at most so many"                                 \
    }
#define AFTER                                                                                      \
    {                                                                                              \
        "after", VIEW_ID, false, 0, NULL, "numbered above: the last of those that are there"       \
    }

/* As the columns of tables: names of fields, codes for numbers (fields.h). */
#define COLUMN_OF_FIELD(name, type, ...) { #name, VIEW_AS_ROW_##type },
#define VIEW_AS_ROW_TEXT                 VIEW_AS_TEXT
#define VIEW_AS_ROW_CODE                 VIEW_AS_TEXT
#define VIEW_AS_ROW_CHOICE               VIEW_AS_TEXT
#define VIEW_AS_ROW_CLASSES              VIEW_AS_TEXT
#define VIEW_AS_ROW_FLAG                 VIEW_AS_TEXT
#define VIEW_AS_ROW_DATE                 VIEW_AS_TEXT
#define VIEW_AS_ROW_LEVEL                VIEW_AS_INTEGER
#define VIEW_AS_ROW_COUNT                VIEW_AS_INTEGER
#define VIEW_AS_ROW_EMAIL                VIEW_AS_TEXT
#define VIEW_AS_ROW_PHONE                VIEW_AS_TEXT
#define VIEW_AS_ROW_AGENCY               VIEW_AS_TEXT
#define VIEW_AS_ROW_SYSTEM               VIEW_AS_TEXT
#define VIEW_AS_ROW_DOMAINS              VIEW_AS_TEXT
#define VIEW_AS_ROW_NETWORKS             VIEW_AS_TEXT
#define VIEW_AS_ROW_ADDRESSES            VIEW_AS_TEXT
#define VIEW_AS_ROW_MACS                 VIEW_AS_TEXT

#define ROWS(thing, THING, FIELDS, MORE)                                                           \
    {                                                                                              \
#thing ".rows", ROLES_ALL, "The register as a table that can be taken back in.",           \
            DB_##THING##_ROWS, NULL, { MINE, AFTER, LIMIT(VIEW_ROWS_MAX) },                        \
        {                                                                                          \
            { "id", VIEW_AS_INTEGER }, FIELDS(COLUMN_OF_FIELD) MORE(COLUMN_OF_FIELD)               \
        }                                                                                          \
    }

const struct view_row registry_views[] = {
    { "agency.list",
      ROLES_ALL,
      "The agencies as a tree: what is below one stands behind it, one deeper.",
      DB_AGENCIES,
      NULL,
      { MINE,
        BELOW("this one and what is below it"),
        TEXT("in its name or code"),
        { "state", VIEW_CHOICE, false, 0, validities, "without it those that are there today" },
        LIMIT(VIEW_ROWS_MAX) },
      { { "id", VIEW_AS_INTEGER },
        { "code", VIEW_AS_TEXT },
        { "name", VIEW_AS_TEXT },
        { "kind", VIEW_AS_TEXT },
        { "depth", VIEW_AS_INTEGER },
        { "parent", VIEW_AS_INTEGER },
        { "valid_from", VIEW_AS_TEXT },
        { "valid_to", VIEW_AS_TEXT },
        { "successor", VIEW_AS_INTEGER },
        { "abbreviation", VIEW_AS_TEXT },
        { "address", VIEW_AS_TEXT },
        { "phone", VIEW_AS_TEXT },
        { "email", VIEW_AS_TEXT },
        { "systems", VIEW_AS_INTEGER } } },
    { "agency.show",
      ROLES_ALL,
      "An agency: what it is, what it was made from, who answers for it, its systems.",
      DB_AGENCY_SHOW,
      NULL,
      { MINE, { "agency", VIEW_ID, true, 0, NULL, "its number" }, LIMIT(1) },
      { { "id", VIEW_AS_INTEGER },
        { "code", VIEW_AS_TEXT },
        { "name", VIEW_AS_TEXT },
        { "kind", VIEW_AS_TEXT },
        { "parent", VIEW_AS_INTEGER },
        { "parent_name", VIEW_AS_TEXT },
        { "valid_from", VIEW_AS_TEXT },
        { "valid_to", VIEW_AS_TEXT },
        { "successor", VIEW_AS_INTEGER },
        { "successor_name", VIEW_AS_TEXT },
        { "heir", VIEW_AS_INTEGER },
        { "abbreviation", VIEW_AS_TEXT },
        { "address", VIEW_AS_TEXT },
        { "phone", VIEW_AS_TEXT },
        { "email", VIEW_AS_TEXT },
        { "forerunners", VIEW_AS_JSON },
        { "contacts", VIEW_AS_JSON },
        { "systems", VIEW_AS_JSON } } },
    { "contact.list",
      ROLES_ALL,
      "Who answers for the agencies, and when that was last confirmed.",
      DB_CONTACTS,
      NULL,
      { MINE, BELOW("of this agency and what is below it"), TEXT("in the name"), LIMIT(1000) },
      { { "id", VIEW_AS_INTEGER },
        { "agency", VIEW_AS_INTEGER },
        { "agency_code", VIEW_AS_TEXT },
        { "agency_name", VIEW_AS_TEXT },
        { "name", VIEW_AS_TEXT },
        { "title", VIEW_AS_TEXT },
        { "phone", VIEW_AS_TEXT },
        { "email", VIEW_AS_TEXT },
        { "all_hours", VIEW_AS_FLAG },
        { "confirmed", VIEW_AS_TIME } } },
    { "system.list",
      ROLES_ALL,
      "The systems, with whose they are, and whose they are by now: the heirs.",
      DB_SYSTEMS,
      NULL,
      { MINE,
        BELOW("of this agency, what is below it, and their forerunners"),
        TEXT("in its name or code"),
        { "level", VIEW_INTEGER, false, 5, NULL, "of this level" },
        { "status", VIEW_CHOICE, false, 0, system_statuses_names,
          "without it those that are not retired" },
        LIMIT(1000) },
      { { "id", VIEW_AS_INTEGER },
        { "code", VIEW_AS_TEXT },
        { "name", VIEW_AS_TEXT },
        { "type", VIEW_AS_TEXT },
        { "level", VIEW_AS_INTEGER },
        { "status", VIEW_AS_TEXT },
        { "decision", VIEW_AS_TEXT },
        { "decided", VIEW_AS_TEXT },
        { "owner", VIEW_AS_INTEGER },
        { "owner_name", VIEW_AS_TEXT },
        { "owner_heir", VIEW_AS_INTEGER },
        { "operator", VIEW_AS_INTEGER },
        { "operator_name", VIEW_AS_TEXT },
        { "operator_heir", VIEW_AS_INTEGER },
        { "retention", VIEW_AS_INTEGER },
        { "machines", VIEW_AS_INTEGER },
        { "sources", VIEW_AS_INTEGER } } },
    { "system.show",
      ROLES_ALL,
      "A system: what it is, who had it when, its sources.",
      DB_SYSTEM_SHOW,
      NULL,
      { MINE, { "system", VIEW_ID, true, 0, NULL, "its number" }, LIMIT(1) },
      { { "id", VIEW_AS_INTEGER },
        { "code", VIEW_AS_TEXT },
        { "name", VIEW_AS_TEXT },
        { "type", VIEW_AS_TEXT },
        { "information", VIEW_AS_JSON },
        { "level", VIEW_AS_INTEGER },
        { "status", VIEW_AS_TEXT },
        { "retired", VIEW_AS_TEXT },
        { "decision", VIEW_AS_TEXT },
        { "decided", VIEW_AS_TEXT },
        { "retention", VIEW_AS_INTEGER },
        { "domains", VIEW_AS_JSON },
        { "networks", VIEW_AS_JSON },
        { "provider", VIEW_AS_TEXT },
        { "agencies", VIEW_AS_JSON },
        { "sources", VIEW_AS_JSON },
        { "machines", VIEW_AS_INTEGER },
        { "described", VIEW_AS_JSON } } },
    { "machine.list",
      ROLES_ALL,
      "The machines, in the order in which they were written down.",
      DB_MACHINES,
      choose_machines,
      { MINE,
        { "system", VIEW_ID, false, 0, NULL, "of this system" },
        TEXT("in its name, or as it stands in its addresses"),
        AFTER,
        LIMIT(1000) },
      { { "id", VIEW_AS_INTEGER },
        { "system", VIEW_AS_INTEGER },
        { "system_code", VIEW_AS_TEXT },
        { "name", VIEW_AS_TEXT },
        { "kind", VIEW_AS_TEXT },
        { "addresses", VIEW_AS_JSON },
        { "macs", VIEW_AS_JSON },
        { "os", VIEW_AS_TEXT },
        { "importance", VIEW_AS_TEXT } } },
    { "source.list",
      ROLES_ALL,
      "The sources that were heard or given to a system, and whose they are.",
      DB_SOURCES,
      NULL,
      { MINE,
        { "system", VIEW_ID, false, 0, NULL, "of this system" },
        { "of", VIEW_CHOICE, false, 0, belongings, "those of a system, or of none" },
        LIMIT(1000) },
      { { "id", VIEW_AS_INTEGER },
        { "source", VIEW_AS_TEXT },
        { "system", VIEW_AS_INTEGER },
        { "system_code", VIEW_AS_TEXT },
        { "system_name", VIEW_AS_TEXT },
        { "state", VIEW_AS_TEXT },
        { "last", VIEW_AS_TIME } } },
    ROWS(agency, AGENCY, AGENCY_FIELDS, AGENCY_END_FIELDS),
    ROWS(contact, CONTACT, CONTACT_FIELDS, NO_FIELDS),
    ROWS(system, SYSTEM, SYSTEM_FIELDS, SYSTEM_END_FIELDS),
    ROWS(machine, MACHINE, MACHINE_FIELDS, NO_FIELDS),
    ROWS(source, SOURCE, SOURCE_FIELDS, NO_FIELDS),
};
