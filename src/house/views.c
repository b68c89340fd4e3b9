/*
 * views.c - the house, and the data of each sheet.
 */
#include "house/house.h"

#define AS_TEXT   VIEW_AS_TEXT
#define AS_EMAIL  VIEW_AS_TEXT
#define AS_PHONE  VIEW_AS_TEXT
#define AS_SYMBOL VIEW_AS_TEXT
#define AS_LINES  VIEW_AS_JSON
#define AS_BEHALF VIEW_AS_JSON

const struct view_row house_views[] = {
    { "house.show",
      ROLES_ALL,
      "Whose documents are printed, and who signs them.",
      DB_HOUSE_SHOW,
      NULL,
      { { "limit", VIEW_LIMIT, false, 1, NULL, "at most so many" } },
      {
#define X(name, type, max, help) { #name, AS_##type },
          HOUSE_FIELD_TABLE(X)
#undef X
      } },
};

#define PARAM_ID(name)                                                                             \
    {                                                                                              \
        name, VIEW_ID, true, 0, NULL, "its number"                                                 \
    }
#define PARAM_TEXT(name)                                                                           \
    {                                                                                              \
        name, VIEW_TEXT, true, 7, NULL, "which, as 2026-12"                                        \
    }

const struct view_row form_views[] = {
#define X(name, statement, param, type, act, title, help)                                          \
    { "form." name,                                                                                \
      ROLES_SEE,                                                                                   \
      help,                                                                                        \
      DB_##statement,                                                                              \
      NULL,                                                                                        \
      { PARAM_##type(param),                                                                       \
        { "now", VIEW_NOW, false, 0, NULL, NULL },                                                 \
        { "limit", VIEW_LIMIT, false, 1, NULL, "at most so many" } },                              \
      { { "data", VIEW_AS_JSON } } },
    FORM_TABLE(X)
#undef X
};
