/*
 * registry_own.h - what the files of the registry share.
 *
 *   an act's parameters ┐
 *                       ├▶ edit: values, as they are kept ─▶ checked whole ─▶ one row put
 *   a row of a table    ┘     (over those that are there)
 *
 * What is wrong with a value is a row of a table in both languages: told in English as the error
 * of an act, in both as a row of an import that was refused.
 */
#ifndef REGISTRY_OWN_H
#define REGISTRY_OWN_H

#include "base/arena.h"
#include "registry/fields.h"
#include "registry/registry.h"

/* Who keeps the registers; contacts keep their own contact points. */
#define ROLES_REGISTRY (ROLE_BIT(OFFICER) | ROLE_BIT(ADMINISTRATOR))

/* --- what is wrong ---------------------------------------------------------------------------- */

/* id, code, Vietnamese, English; $1 and $2 are filled in */
#define WRONG_TABLE(X)                                                                             \
    X(MISSING, USAGE, "Bắt buộc phải có giá trị.", "This is missing.")                             \
    X(NOT_CODE, USAGE, "Mã “$1” chỉ được có chữ không dấu, chữ số và . _ - / ở giữa.",             \
      "“$1” is no code of letters, digits, and . _ - / within.")                                   \
    X(NOT_CLASS, USAGE, "“$1” không phải là loại thông tin.", "“$1” is no class of information.")  \
    X(NOT_DOMAIN, USAGE, "“$1” không phải là tên miền.", "“$1” is no domain name.")                \
    X(NOT_ADDRESS, USAGE, "“$1” không phải là địa chỉ IP.", "“$1” is no IP address.")              \
    X(NOT_NETWORK, USAGE, "“$1” không phải là địa chỉ IP hoặc dải mạng.",                          \
      "“$1” is no IP address or network.")                                                         \
    X(NOT_MAC, USAGE, "“$1” không phải là địa chỉ MAC.", "“$1” is no MAC address.")                \
    X(TOO_MANY, USAGE, "Chỉ được tối đa $1 giá trị.", "There are more than $1.")                   \
    X(NOT_ONE, USAGE, "Phải lớn hơn 0.", "This must be more than 0.")                              \
    X(NO_AGENCY, NOTFOUND, "Không có cơ quan “$1”.", "There is no agency $1.")                     \
    X(NO_SYSTEM, NOTFOUND, "Không có hệ thống “$1”.", "There is no system $1.")                    \
    X(TAKEN, CONFLICT, "“$1” đã có (số $2).", "“$1” is there already (number $2).")                \
    X(OVER_ITSELF, CONFLICT, "Cơ quan “$1” sẽ nằm trên chính nó.",                                 \
      "Agency $1 would be above itself.")                                                          \
    X(AGENCY_ENDED, CONFLICT, "Cơ quan “$1” đã kết thúc từ ngày $2.",                              \
      "Agency $1 is no more since $2.")                                                            \
    X(AGENCY_LATER, CONFLICT, "Cơ quan “$1” chỉ có từ ngày $2.",                                   \
      "Agency $1 is there only from $2.")                                                          \
    X(SYSTEM_RETIRED, CONFLICT, "Hệ thống “$1” đã ngừng từ ngày $2.",                              \
      "System $1 is no more since $2.")                                                            \
    X(TO_COME, USAGE, "Ngày $1 chưa đến.", "$1 is still to come.")                                 \
    X(BEFORE, USAGE, "Phải sau ngày $1.", "This must be later than $1.")                           \
    X(END_MISSING, USAGE, "Có cơ quan kế thừa thì phải có ngày kết thúc.",                         \
      "With a successor there must be the day on which it ended.")                                 \
    X(NO_WAY, USAGE, "Phải có điện thoại hoặc thư điện tử.",                                       \
      "A phone number or an e-mail address is needed.")                                            \
    X(DECISION_MISSING, USAGE, "Có ngày quyết định thì phải có số quyết định.",                    \
      "With its day there must be the number of the decision.")                                    \
    X(LEVEL_MISSING, USAGE, "Có quyết định phê duyệt thì phải có cấp độ.",                         \
      "With a decision there must be a level.")                                                    \
    X(TOO_SHORT, USAGE, "Cấp độ $1 phải lưu ít nhất $2 tháng.",                                    \
      "Level $1 needs at least $2 months.")                                                        \
    X(SINCE_ALONE, USAGE, "Chủ quản và đơn vị vận hành không đổi.",                                \
      "Neither owner nor operator is another.")                                                    \
    X(NOT_RETIRED, USAGE, "Hệ thống chưa ở trạng thái “Đã ngừng”.", "The system is not retired.")  \
    X(TWICE, CONFLICT, "Đã có ở dòng $1.", "This is in row $1 already.")

enum wrong {
#define X(id, code, vi, en) WRONG_##id,
    WRONG_TABLE(X)
#undef X
        WRONGS
};

struct complaint {
    uint32_t field;
    char text[FORM_LANGUAGES][320];
};

/* --- things ----------------------------------------------------------------------------------- */

/* A value as it is kept. */
struct kept {
    bool is, number;
    struct span text;
    int64_t n;
};

struct edit;

struct thing {
    const char *kind;        /* as in table act_on */
    const struct form *form; /* its columns are the fields, in the order of statements */
    const enum field_type *type;
    uint32_t by_acts;       /* fields of acts: the first */
    uint32_t aside;         /* is no field of its own, says of others from when on */
    uint32_t key[2], keys;  /* fields that tell it apart */
    enum db_statement load; /* ?1 id; a column a field */
    enum db_statement find; /* ?1.. the keys: id */
    enum db_statement put;  /* ?1 id or NULL, ?2.. the fields */
    enum db_statement rows; /* ?1 agency or NULL, ?2 behind this id, ?3 limit: id, fields */
    const struct act_kind *undo;
    int (*check)(struct edit *x, struct err *e);  /* all values; may complete them */
    int (*behind)(struct edit *x, struct err *e); /* the row is there; may be NULL */
};

extern const struct thing registry_things[REGISTRY_FORMS];

/* One thing that is made or changed. */
struct edit {
    const struct thing *thing;
    struct db *db;
    struct arena mem;
    int64_t now_ns;
    bool of_table; /* what was long ago may be written down, too */
    int64_t id;    /* 0: it is made */
    struct kept old[REGISTRY_FIELDS_MAX], value[REGISTRY_FIELDS_MAX];
    char today[REGISTRY_DAY_MAX + 1];
    struct complaint wrong;
    bool is_wrong;
};

/* A day as it is kept: 2025-07-01. */
struct time_parts;
void registry_day(const struct time_parts *p, char out[REGISTRY_DAY_MAX + 1]);

void edit_init(struct edit *x, const struct thing *t, struct db *db, int64_t now_ns);
void edit_release(struct edit *x);

/* --- edit.c: one thing --------------------------------------------------------------------------
 */

/* It is there: its values, old and new. ERR_NOTFOUND with a sentence. */
int edit_load(struct edit *x, int64_t id, struct err *e);
/* The thing with the values of its keys: 0 when there is none. */
int edit_find(struct edit *x, int64_t *id, struct err *e);
/* Is the value another than it was? */
bool edit_is_new(const struct edit *x, uint32_t field);
/* Is any? */
bool edit_is_changed(const struct edit *x);
/* Checked whole and put; x->id is its number. ERR_USAGE, ERR_NOTFOUND, ERR_CONFLICT with x->wrong:
 * nothing was done. */
int edit_put(struct edit *x, struct err *e);

/* Say what is wrong with a field; its code. */
int edit_wrong(struct edit *x, uint32_t field, enum wrong w, struct span first, struct span second,
               struct err *e);
int edit_no_memory(struct err *e);
struct span edit_number(struct edit *x, int64_t n); /* its digits */

/* --- value.c: values, as they are kept ---------------------------------------------------------
 */

/* Out of what form_read() gives; nothing there: it stays as it was. The same codes. */
int edit_take_value(struct edit *x, uint32_t field, const struct value *v, struct err *e);
/* Out of the act's parameter of the field's name. */
int edit_take_param(struct act_call *c, struct edit *x, uint32_t field, struct err *e);

/* --- list.c
 * --------------------------------------------------------------------------------------- */

/* An item in its one form, appended; false: it is none. */
typedef bool list_item_fn(struct span item, struct buf *out);
list_item_fn list_domain, list_network, list_address, list_mac;

/* Items parted by blanks, commas and semicolons as a JSON array, each once. LIST_BAD: *bad is none;
 * LIST_MANY: more than LIST_ITEMS_MAX; what `out` holds is then of no use. Pure. */
#define LIST_ITEMS_MAX 64u
enum list_fault { LIST_GOOD, LIST_BAD, LIST_MANY };
enum list_fault list_put(struct span text, list_item_fn *item, struct buf *out, struct span *bad);

/* --- act_edit.c: acts over edits ----------------------------------------------------------------
 */

/* A thing is made, from the parameters of its fields; or changed, which one parameter `kind` says.
 */
int registry_add(struct act_call *c, enum registry_form f, struct err *e);
int registry_change(struct act_call *c, enum registry_form f, struct err *e);
/* The edit is put as part of the act. */
int registry_put(struct act_call *c, struct edit *x, struct err *e);
/* May who acts, as far as he is only a contact, act on what is this agency's? Else ERR_NOTFOUND:
 * there is no `kind` `id`. */
act_fn registry_describe; /* describe.c: act system.describe */

int registry_may(struct act_call *c, int64_t agency, const char *kind, int64_t id, struct err *e);

/* --- checks
 * --------------------------------------------------------------------------------------- */

/* Field `field` is an agency that is there on `day`. */
int agency_is_valid(struct edit *x, uint32_t field, struct span day, struct err *e);

/* Field `field` is a system that is there. */
int registry_system_is_there(struct edit *x, uint32_t field, struct err *e);

int agency_check(struct edit *x, struct err *e);
int contact_check(struct edit *x, struct err *e);
int system_check(struct edit *x, struct err *e);
int system_behind(struct edit *x, struct err *e);
int machine_check(struct edit *x, struct err *e);
int source_check(struct edit *x, struct err *e);

#endif
