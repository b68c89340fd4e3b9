/*
 * law_own.h - what the files of src/law share: cells (columns of rows.h as data), the reader, the
 * predicates.
 */
#ifndef LAW_OWN_H
#define LAW_OWN_H

#include "base/arena.h"
#include "conf/yaml_tree.h"
#include "law/law.h"
#include "law/when.h"

#define LAW_ROOM_BYTES ((size_t)32 << 20) /* of a law, or of all playbooks */

/* --- Cells -------------------------------------------------------------------------------------
 */

#define LAW_CELL_TABLE(X)                                                                          \
    X(CODE)                                                                                        \
    X(TEXT)                                                                                        \
    X(TEXTS)                                                                                       \
    X(CODES)                                                                                       \
    X(BASE)                                                                                        \
    X(FORM)                                                                                        \
    X(RECIPIENTS)                                                                                  \
    X(DATE)                                                                                        \
    X(FLAG)                                                                                        \
    X(NUMBER)                                                                                      \
    X(WORD)                                                                                        \
    X(AFTER)                                                                                       \
    X(DUES)                                                                                        \
    X(LEVELS)                                                                                      \
    X(WHEN)

#define X(name) LAW_CELL_##name,
enum law_cell_type { LAW_CELL_TABLE(X) };
#undef X

struct law_cell {
    const char *name;
    enum law_cell_type type;
    bool need;
    size_t offset;
    const char *const *words;
};

/* A table of rows.h. */
struct law_cells {
    const char *name; /* of the list */
    const struct law_cell *cell;
    size_t count;
    size_t row_bytes, line_offset;
    bool named;    /* the first cell is a code, given once */
    uint32_t room; /* rows at most */
};

enum law_section {
#define X(member, name, NAME, room) LAW_SECTION_##NAME,
    LAW_SECTION_TABLE(X)
#undef X
        LAW_SECTIONS
};
extern const struct law_cells law_section_cells[LAW_SECTIONS];
extern const struct law_cells law_recipient_cells, law_holiday_cells, law_working_cells,
    law_task_cells;

/* The list of a section. */
struct law_rows {
    void *row;
    uint32_t count;
};
struct law_rows law_rows_of(const struct law_profile *p, enum law_section s);

/* --- Reading -----------------------------------------------------------------------------------
 */

struct law_read {
    struct arena *mem, *nodes; /* what stays; what dies with the file */
    const char *file;
    struct err *e;
};

int law_fail(const struct law_read *rd, uint32_t line, enum err_code code, const char *fmt, ...)
    CHECK_FORMAT(4, 5);

/* The one document of a file, a map. */
int law_read_file(struct law_read *rd, struct span yaml, struct yaml_node **root);
/* No key but these, none twice. */
int law_read_keys(struct law_read *rd, const struct yaml_node *map, const char *const *keys,
                  size_t count);
int law_read_code(struct law_read *rd, const struct yaml_node *n, const char **out);
int law_read_text(struct law_read *rd, const struct yaml_node *n, const char **out);
int law_read_texts(struct law_read *rd, const struct yaml_node *n, bool codes,
                   struct law_texts *out);
int law_read_date(struct law_read *rd, const struct yaml_node *n, int32_t *day);
/* `map` may have no such list: no rows. */
int law_read_rows(struct law_read *rd, const struct yaml_node *map, const struct law_cells *cells,
                  struct law_rows *out);
/* A row of cells out of a map. */
int law_read_row(struct law_read *rd, const struct yaml_node *n, const struct law_cells *cells,
                 void *row);

/* By code; NULL: none. */
const void *law_row_find(const struct law_rows *rows, const struct law_cells *cells,
                         struct span code);
static inline const void *law_row_at(const struct law_rows *rows, const struct law_cells *cells,
                                     uint32_t i)
{
    return (const uint8_t *)rows->row + (size_t)i * cells->row_bytes;
}

/* "2026-07-01" into days since 1970; `dst` holds 12 bytes. */
bool law_day_read(struct span s, int32_t *day);
void law_day_put(int32_t day, char dst[12]);

/* --- JSON --------------------------------------------------------------------------------------
 */

void law_put_row(const struct law_cells *cells, const void *row, struct buf *out);
void law_put_rows(const struct law_cells *cells, const struct law_rows *rows, struct buf *out);
void law_put_text(const char *s, struct buf *out); /* null when NULL */
void law_put_texts(const struct law_texts *t, struct buf *out);

/* --- The law -----------------------------------------------------------------------------------
 */

#define LAW_MAGIC 0x4c61774cu

struct law {
    uint32_t magic;
    struct arena mem;
    struct law_profile profile[LAW_PROFILES];
    uint32_t profile_count;
    struct law_rows recipients, holidays, working;
    int32_t calendar_from, calendar_to; /* LAW_NO_DATE: no calendar */
};

int law_check_profile(struct law *l, const struct law_profile *p, struct err *e);
/* Of a profile whose dates are sound. */
int law_check_citations(struct law *l, const struct law_profile *p, struct err *e);

/* Every *.yaml in a folder, sorted, given to `add`; ERR_NOTFOUND when there is none. */
int law_each_file(const char *folder,
                  int (*add)(void *arg, struct span yaml, const char *name, struct err *e),
                  void *arg, struct err *e);

#endif
