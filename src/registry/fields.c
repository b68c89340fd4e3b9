/*
 * fields.c - the rows of fields.h as lists of words, forms, and things.
 */
#include "registry/registry_own.h"

#define NAME_OF(name, vi, en)   name,
#define CHOICE_OF(name, vi, en) { name, vi, en },
#define X(list, ROWS)                                                                              \
    const char *const list##_names[list##_count + 1] = { ROWS(NAME_OF) NULL };                     \
    const struct choice list##_choices[list##_count] = { ROWS(CHOICE_OF) };
REGISTRY_LIST_TABLE(X)
#undef X

/* --- columns ---------------------------------------------------------------------------------- */

#define LIST_OF_CHOICE(list) .choices = list##_choices, .choice_count = list##_count,
#define LIST_OF_FLAG         LIST_OF_CHOICE
#define LIST_OF_TEXT(list)
#define LIST_OF_CODE      LIST_OF_TEXT
#define LIST_OF_CLASSES   LIST_OF_TEXT
#define LIST_OF_DATE      LIST_OF_TEXT
#define LIST_OF_LEVEL     LIST_OF_TEXT
#define LIST_OF_COUNT     LIST_OF_TEXT
#define LIST_OF_EMAIL     LIST_OF_TEXT
#define LIST_OF_PHONE     LIST_OF_TEXT
#define LIST_OF_AGENCY    LIST_OF_TEXT
#define LIST_OF_SYSTEM    LIST_OF_TEXT
#define LIST_OF_DOMAINS   LIST_OF_TEXT
#define LIST_OF_NETWORKS  LIST_OF_TEXT
#define LIST_OF_ADDRESSES LIST_OF_TEXT
#define LIST_OF_MACS      LIST_OF_TEXT

enum {
#define X(id, column) COLUMN_OF_##id = COLUMN_##column,
    FIELD_TYPE_TABLE(X)
#undef X
};

#define COLUMN_ROW(name_, type_, required_, max_, list_, vi_, en_, help_vi_, help_en_)             \
    { .name = #name_,                                                                              \
      .vi = vi_,                                                                                   \
      .en = en_,                                                                                   \
      .type = (enum column_type)COLUMN_OF_##type_,                                                 \
      .required = required_,                                                                       \
      .max = max_,                                                                                 \
      LIST_OF_##type_(list_).help_vi = help_vi_,                                                   \
      .help_en = help_en_ },
#define TYPE_ROW(name_, type_, ...) FIELD_##type_,

#define FORM(thing, ID, FIELDS, MORE, vi_, en_)                                                    \
    static const struct column thing##_columns[ID##_FIELD_COUNT] = { FIELDS(COLUMN_ROW)            \
                                                                         MORE(COLUMN_ROW) };       \
    static const enum field_type thing##_fields[ID##_FIELD_COUNT] = { FIELDS(TYPE_ROW)             \
                                                                          MORE(TYPE_ROW) };        \
    static const struct form thing##_form = { .name = #thing,                                      \
                                              .vi = vi_,                                           \
                                              .en = en_,                                           \
                                              .columns = thing##_columns,                          \
                                              .column_count = ID##_FIELD_COUNT };
FORM(agency, AGENCY, AGENCY_FIELDS, AGENCY_END_FIELDS, "Cơ quan", "Agencies")
FORM(contact, CONTACT, CONTACT_FIELDS, NO_FIELDS, "Đầu mối", "Contacts")
FORM(system, SYSTEM, SYSTEM_FIELDS, SYSTEM_END_FIELDS, "Hệ thống", "Systems")
FORM(machine, MACHINE, MACHINE_FIELDS, NO_FIELDS, "Máy", "Machines")
FORM(source, SOURCE, SOURCE_FIELDS, NO_FIELDS, "Nguồn nhật ký", "Sources")

const struct thing registry_things[REGISTRY_FORMS] = {
    [REGISTRY_AGENCY] = { .kind = "agency",
                          .form = &agency_form,
                          .type = agency_fields,
                          .by_acts = AGENCY_valid_to,
                          .aside = REGISTRY_FIELDS_MAX,
                          .key = { AGENCY_code },
                          .keys = 1,
                          .load = DB_AGENCY_LOAD,
                          .find = DB_AGENCY_FIND,
                          .put = DB_AGENCY_PUT,
                          .rows = DB_AGENCY_ROWS,
                          .undo = &registry_agency_kind,
                          .check = agency_check },
    [REGISTRY_CONTACT] = { .kind = "contact",
                           .form = &contact_form,
                           .type = contact_fields,
                           .by_acts = CONTACT_FIELD_COUNT,
                           .aside = REGISTRY_FIELDS_MAX,
                           .key = { CONTACT_agency, CONTACT_name },
                           .keys = 2,
                           .load = DB_CONTACT_LOAD,
                           .find = DB_CONTACT_FIND,
                           .put = DB_CONTACT_PUT,
                           .rows = DB_CONTACT_ROWS,
                           .undo = &registry_contact_kind,
                           .check = contact_check },
    [REGISTRY_SYSTEM] = { .kind = "system",
                          .form = &system_form,
                          .type = system_fields,
                          .by_acts = SYSTEM_retired,
                          .aside = SYSTEM_since,
                          .key = { SYSTEM_code },
                          .keys = 1,
                          .load = DB_SYSTEM_LOAD,
                          .find = DB_SYSTEM_FIND,
                          .put = DB_SYSTEM_PUT,
                          .rows = DB_SYSTEM_ROWS,
                          .undo = &registry_system_kind,
                          .check = system_check,
                          .behind = system_behind },
    [REGISTRY_MACHINE] = { .kind = "machine",
                           .form = &machine_form,
                           .type = machine_fields,
                           .by_acts = MACHINE_FIELD_COUNT,
                           .aside = REGISTRY_FIELDS_MAX,
                           .key = { MACHINE_system, MACHINE_name },
                           .keys = 2,
                           .load = DB_MACHINE_LOAD,
                           .find = DB_MACHINE_FIND,
                           .put = DB_MACHINE_PUT,
                           .rows = DB_MACHINE_ROWS,
                           .undo = &registry_machine_kind,
                           .check = machine_check },
    [REGISTRY_SOURCE] = { .kind = "source",
                          .form = &source_form,
                          .type = source_fields,
                          .by_acts = SOURCE_FIELD_COUNT,
                          .aside = REGISTRY_FIELDS_MAX,
                          .key = { SOURCE_source },
                          .keys = 1,
                          .load = DB_SOURCE_LOAD,
                          .find = DB_SOURCE_FIND,
                          .put = DB_SOURCE_OF_PUT,
                          .rows = DB_SOURCE_ROWS,
                          .undo = &registry_source_kind,
                          .check = source_check },
};

bool registry_form_of(struct span name, enum registry_form *form)
{
    for (int i = 0; i < REGISTRY_FORMS; i++) {
        if (span_eq(name, span_of(registry_things[i].kind))) {
            *form = (enum registry_form)i;
            return true;
        }
    }
    return false;
}
