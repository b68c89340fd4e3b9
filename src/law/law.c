/*
 * law.c - the files of data/law into one struct, and its lookups.
 */
#include "law/law_own.h"

#include <stdio.h>
#include <stdlib.h>

#include "os/file.h"

int law_new(struct law **out, struct err *e)
{
    struct law *l = calloc(1, sizeof(*l));

    *out = l;
    if (l == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the law.");
    l->magic = LAW_MAGIC;
    arena_init(&l->mem, LAW_ROOM_BYTES);
    l->calendar_from = l->calendar_to = LAW_NO_DATE;
    return ERR_OK;
}

void law_free(struct law **lp)
{
    struct law *l = *lp;

    *lp = NULL;
    if (l == NULL)
        return;
    MUST(l->magic == LAW_MAGIC);
    arena_release(&l->mem);
    l->magic = 0;
    free(l);
}

/* --- Files -------------------------------------------------------------------------------------
 */

/* Keys of a file that are no lists. */
struct head {
    const char *key;
    bool code, day, need;
    void *to;
};

static int read_head(struct law_read *rd, const struct yaml_node *root, const struct head *head,
                     size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *n = yaml_get(root, head[i].key);
        int rc;

        if (n == NULL && !head[i].need)
            continue;
        if (n == NULL)
            return law_fail(rd, 1, ERR_SYNTAX, "The file needs '%s'.", head[i].key);
        rc = head[i].day    ? law_read_date(rd, n, head[i].to)
             : head[i].code ? law_read_code(rd, n, head[i].to)
                            : law_read_text(rd, n, head[i].to);
        if (rc != ERR_OK)
            return rc;
    }
    return ERR_OK;
}

static int add_profile(struct law *l, struct law_read *rd, const struct yaml_node *root)
{
    static const char *const keys[] = {
#define X(member, name, NAME, room) #member,
        LAW_SECTION_TABLE(X)
#undef X
            "id",
        "vi", "en", "from", "to"
    };
    struct law_profile p = { .from = LAW_NO_DATE, .to = LAW_NO_DATE, .file = rd->file };
    const struct head head[] = { { "id", true, false, true, &p.id },
                                 { "vi", false, false, true, &p.vi },
                                 { "en", false, false, true, &p.en },
                                 { "from", false, true, true, &p.from },
                                 { "to", false, true, false, &p.to } };
    struct law_rows rows;
    int rc;

    if (l->profile_count == LAW_PROFILES)
        return law_fail(rd, 1, ERR_LIMIT, "There are more than %u profiles.", LAW_PROFILES);
    rc = law_read_keys(rd, root, keys, COUNT_OF(keys));
    if (rc == ERR_OK)
        rc = read_head(rd, root, head, COUNT_OF(head));
#define X(member, name, NAME, room)                                                                \
    if (rc == ERR_OK) {                                                                            \
        rc = law_read_rows(rd, root, &law_section_cells[LAW_SECTION_##NAME], &rows);               \
        p.member.row = rows.row;                                                                   \
        p.member.count = rows.count;                                                               \
    }
    LAW_SECTION_TABLE(X)
#undef X
    if (rc == ERR_OK)
        l->profile[l->profile_count++] = p;
    return rc;
}

static int add_recipients(struct law *l, struct law_read *rd, const struct yaml_node *root)
{
    static const char *const keys[] = { "recipients" };
    int rc = law_read_keys(rd, root, keys, COUNT_OF(keys));

    if (rc == ERR_OK && l->recipients.count > 0)
        rc = law_fail(rd, 1, ERR_SYNTAX, "Recipients were read already.");
    return rc == ERR_OK ? law_read_rows(rd, root, &law_recipient_cells, &l->recipients) : rc;
}

static int check_days(struct law_read *rd, const struct law *l, const struct law_rows *rows)
{
    const struct law_days *row = rows->row;

    for (uint32_t i = 0; i < rows->count; i++) {
        int32_t to = row[i].to == LAW_NO_DATE ? row[i].from : row[i].to;

        if (row[i].from > to || row[i].from < l->calendar_from || to > l->calendar_to)
            return law_fail(rd, row[i].line, ERR_SYNTAX,
                            "The days end before they begin, or lie outside the calendar.");
    }
    return ERR_OK;
}

static int add_calendar(struct law *l, struct law_read *rd, const struct yaml_node *root)
{
    static const char *const keys[] = { "from", "to", "holidays", "working" };
    int32_t from, to;
    const struct head head[] = { { "from", false, true, true, &from },
                                 { "to", false, true, true, &to } };
    int rc = law_read_keys(rd, root, keys, COUNT_OF(keys));

    if (rc == ERR_OK && l->calendar_from != LAW_NO_DATE)
        rc = law_fail(rd, 1, ERR_SYNTAX, "A calendar was read already.");
    if (rc == ERR_OK)
        rc = read_head(rd, root, head, COUNT_OF(head));
    if (rc != ERR_OK)
        return rc;
    if (from > to)
        return law_fail(rd, 1, ERR_SYNTAX, "The calendar ends before it begins.");
    l->calendar_from = from;
    l->calendar_to = to;
    rc = law_read_rows(rd, root, &law_holiday_cells, &l->holidays);
    if (rc == ERR_OK)
        rc = law_read_rows(rd, root, &law_working_cells, &l->working);
    if (rc == ERR_OK)
        rc = check_days(rd, l, &l->holidays);
    return rc == ERR_OK ? check_days(rd, l, &l->working) : rc;
}

int law_add(struct law *l, enum law_file kind, struct span yaml, const char *name, struct err *e)
{
    struct arena nodes;
    struct law_read rd = { .mem = &l->mem, .nodes = &nodes, .e = e };
    struct yaml_node *root;
    int rc;

    MUST(l->magic == LAW_MAGIC);
    rd.file = (const char *)arena_span(&l->mem, span_of(name)).p;
    if (rd.file == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the law.");
    arena_init(&nodes, LAW_ROOM_BYTES);
    rc = law_read_file(&rd, yaml, &root);
    if (rc == ERR_OK)
        rc = kind == LAW_PROFILE      ? add_profile(l, &rd, root)
             : kind == LAW_RECIPIENTS ? add_recipients(l, &rd, root)
                                      : add_calendar(l, &rd, root);
    arena_release(&nodes);
    return rc;
}

/* --- Folders -----------------------------------------------------------------------------------
 */

static bool is_yaml(struct span name)
{
    return span_ends(name, SPAN_LIT(".yaml"));
}

int law_each_file(const char *folder,
                  int (*add)(void *arg, struct span yaml, const char *name, struct err *e),
                  void *arg, struct err *e)
{
    struct file_walk walk = { .wanted = is_yaml };
    struct file_list list;
    struct buf text;
    int rc;

    files_init(&list);
    buf_init(&text, LAW_FILE_BYTES);
    rc = files_add(&list, folder, &walk, e);
    if (rc == ERR_OK && list.count == 0)
        rc = err_set(e, ERR_NOTFOUND, 0, "There is no .yaml in %.150s.", folder);
    for (size_t i = 0; rc == ERR_OK && i < list.count; i++) {
        rc = file_read(files_path(&list, i), LAW_FILE_BYTES, &text, e);
        if (rc == ERR_OK)
            rc = add(arg, buf_span(&text), files_path(&list, i), e);
    }
    buf_release(&text);
    files_release(&list);
    return rc;
}

static int each_profile(void *arg, struct span yaml, const char *name, struct err *e)
{
    return law_add(arg, LAW_PROFILE, yaml, name, e);
}

static int open_file(struct law *l, enum law_file kind, const char *folder, const char *name,
                     struct err *e)
{
    char path[FILE_PATH_BYTES];
    int n = snprintf(path, sizeof(path), "%s/%s", folder, name), rc;
    struct buf text;

    if (n < 0 || (size_t)n >= sizeof(path))
        return err_set(e, ERR_USAGE, 0, "The path of the law is too long.");
    if (kind == LAW_PROFILE)
        return law_each_file(path, each_profile, l, e);
    buf_init(&text, LAW_FILE_BYTES);
    rc = file_read(path, LAW_FILE_BYTES, &text, e);
    if (rc == ERR_OK)
        rc = law_add(l, kind, buf_span(&text), path, e);
    buf_release(&text);
    return rc;
}

int law_open(struct law **out, const char *folder, struct err *e)
{
    struct law *l;
    int rc = law_new(&l, e);

    *out = NULL;
    if (rc == ERR_OK)
        rc = open_file(l, LAW_RECIPIENTS, folder, "recipients.yaml", e);
    if (rc == ERR_OK)
        rc = open_file(l, LAW_CALENDAR, folder, "calendar.yaml", e);
    if (rc == ERR_OK)
        rc = open_file(l, LAW_PROFILE, folder, "profiles", e);
    if (rc == ERR_OK)
        rc = law_check(l, e);
    if (rc == ERR_OK)
        *out = l;
    else
        law_free(&l);
    return rc;
}

/* --- Profiles ----------------------------------------------------------------------------------
 */

static int by_date(const void *a, const void *b)
{
    const struct law_profile *x = a, *y = b;

    return (x->from > y->from) - (x->from < y->from);
}

/* Sorted, none twice, none at the time of another. */
static int check_dates(struct law *l, struct err *e)
{
    qsort(l->profile, l->profile_count, sizeof(l->profile[0]), by_date);
    for (uint32_t i = 0; i < l->profile_count; i++) {
        const struct law_profile *p = &l->profile[i], *next = p + 1;
        struct law_read rd = { .file = p->file, .e = e };

        if (p->to != LAW_NO_DATE && p->to < p->from)
            return law_fail(&rd, 1, ERR_SYNTAX, "The profile ends before it begins.");
        for (uint32_t k = 0; k < i; k++) {
            if (strcmp(l->profile[k].id, p->id) == 0)
                return law_fail(&rd, 1, ERR_SYNTAX, "There are two profiles '%.40s'.", p->id);
        }
        if (i + 1 < l->profile_count && (p->to == LAW_NO_DATE || p->to >= next->from))
            return law_fail(&rd, 1, ERR_SYNTAX, "The profile %.40s still holds when %.40s begins.",
                            p->id, next->id);
    }
    return ERR_OK;
}

int law_check(struct law *l, struct err *e)
{
    int rc = ERR_OK;

    MUST(l->magic == LAW_MAGIC);
    if (l->profile_count == 0)
        return err_set(e, ERR_NOTFOUND, 0, "There is no profile of the law.");
    for (uint32_t i = 0; rc == ERR_OK && i < l->profile_count; i++)
        rc = law_check_profile(l, &l->profile[i], e);
    if (rc == ERR_OK)
        rc = check_dates(l, e);
    for (uint32_t i = 0; rc == ERR_OK && i < l->profile_count; i++)
        rc = law_check_citations(l, &l->profile[i], e);
    return rc;
}

const struct law_profile *law_profile(const struct law *l, uint32_t i)
{
    return i < l->profile_count ? &l->profile[i] : NULL;
}

const struct law_profile *law_profile_at(const struct law *l, int64_t ns)
{
    int32_t day = law_day(ns);

    for (uint32_t i = l->profile_count; i > 0; i--) {
        const struct law_profile *p = &l->profile[i - 1];

        if (day >= p->from)
            return p->to == LAW_NO_DATE || day <= p->to ? p : NULL;
    }
    return NULL;
}

const struct law_profile *law_profile_find(const struct law *l, struct span id)
{
    for (uint32_t i = 0; i < l->profile_count; i++) {
        if (span_eq(id, span_of(l->profile[i].id)))
            return &l->profile[i];
    }
    return NULL;
}

const struct law_recipient *law_recipient_find(const struct law *l, struct span code)
{
    return law_row_find(&l->recipients, &law_recipient_cells, code);
}

const struct law_recipient *law_recipient(const struct law *l, uint32_t i)
{
    return i < l->recipients.count ? law_row_at(&l->recipients, &law_recipient_cells, i) : NULL;
}
