/*
 * views.c - see house.h.
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
