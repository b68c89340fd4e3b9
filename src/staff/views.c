/*
 * views.c - staff, places, certificates, drills, plans, as they are read.
 */
#include "staff/staff.h"

#define NOW                                                                                        \
    {                                                                                              \
        "now", VIEW_NOW, false, 0, NULL, NULL                                                      \
    }
#define LIMIT                                                                                      \
    {                                                                                              \
        "limit", VIEW_LIMIT, false, 500, NULL, "at most so many"                                   \
    }
#define STAFF                                                                                      \
    {                                                                                              \
        "staff", VIEW_ID, false, 0, NULL, "of this one: his number as staff"                       \
    }

const struct view_row staff_views[] = {
    { "staff.list",
      ROLES_SEE,
      "Who can be called, and how; certificates: those that are good.",
      DB_STAFF_LIST,
      NULL,
      { NOW, { "person", VIEW_TEXT, false, STAFF_PERSON_MAX, NULL, "this one" }, LIMIT },
      { { "id", VIEW_AS_INTEGER },
        { "person", VIEW_AS_TEXT },
        { "outside", VIEW_AS_FLAG },
        { "name", VIEW_AS_TEXT },
        { "title", VIEW_AS_TEXT },
        { "phone", VIEW_AS_TEXT },
        { "email", VIEW_AS_TEXT },
        { "systems", VIEW_AS_INTEGER },
        { "certificates", VIEW_AS_INTEGER } } },
    { "onsite.list",
      ROLES_SEE,
      "Who is on the spot of which system.",
      DB_ONSITE_LIST,
      NULL,
      { { "system", VIEW_ID, false, 0, NULL, "of this one: its number" }, STAFF, LIMIT },
      { { "id", VIEW_AS_INTEGER },
        { "system", VIEW_AS_INTEGER },
        { "code", VIEW_AS_TEXT },
        { "system_name", VIEW_AS_TEXT },
        { "staff", VIEW_AS_INTEGER },
        { "person", VIEW_AS_TEXT },
        { "name", VIEW_AS_TEXT },
        { "phone", VIEW_AS_TEXT },
        { "email", VIEW_AS_TEXT },
        { "place", VIEW_AS_TEXT },
        { "hours", VIEW_AS_TEXT } } },
    { "certificate.list",
      ROLES_SEE,
      "Certificates, those that expire first before the others; days: that are left.",
      DB_CERTIFICATE_LIST,
      NULL,
      { NOW,
        STAFF,
        { "within", VIEW_INTEGER, false, 36500, NULL,
          "those that have expired or will within so many days" },
        LIMIT },
      { { "id", VIEW_AS_INTEGER },
        { "staff", VIEW_AS_INTEGER },
        { "person", VIEW_AS_TEXT },
        { "holder", VIEW_AS_TEXT },
        { "name", VIEW_AS_TEXT },
        { "number", VIEW_AS_TEXT },
        { "issuer", VIEW_AS_TEXT },
        { "issued", VIEW_AS_TEXT },
        { "expires", VIEW_AS_TEXT },
        { "days", VIEW_AS_INTEGER },
        { "expired", VIEW_AS_FLAG } } },
    { "drill.list",
      ROLES_SEE,
      "The drills, the newest first.",
      DB_DRILL_LIST,
      NULL,
      { { "year", VIEW_INTEGER, false, 2199, NULL, "of this year" }, LIMIT },
      { { "id", VIEW_AS_INTEGER },
        { "day", VIEW_AS_TEXT },
        { "title", VIEW_AS_TEXT },
        { "scope", VIEW_AS_TEXT },
        { "participants", VIEW_AS_TEXT },
        { "result", VIEW_AS_TEXT } } },
    { "plan.list",
      ROLES_SEE,
      "The yearly plans of response, the newest first.",
      DB_PLAN_LIST,
      NULL,
      { { "year", VIEW_INTEGER, false, 2199, NULL, "of this year" }, LIMIT },
      { { "id", VIEW_AS_INTEGER },
        { "year", VIEW_AS_INTEGER },
        { "number", VIEW_AS_TEXT },
        { "day", VIEW_AS_TEXT },
        { "approved_by", VIEW_AS_TEXT },
        { "sha256", VIEW_AS_TEXT } } },
};
