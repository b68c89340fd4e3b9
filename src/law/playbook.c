/*
 * playbook.c - see playbook.h.
 */
#include "law/playbook.h"

#include <stdlib.h>

#include "law/law_own.h"

#define PLAYBOOKS_MAGIC 0x506c6179u

struct playbooks {
    uint32_t magic;
    struct arena mem;
    struct playbook book[PLAYBOOKS_MAX];
    uint32_t count;
};

int playbooks_new(struct playbooks **out, struct err *e)
{
    struct playbooks *p = calloc(1, sizeof(*p));

    *out = p;
    if (p == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the playbooks.");
    p->magic = PLAYBOOKS_MAGIC;
    arena_init(&p->mem, LAW_ROOM_BYTES);
    return ERR_OK;
}

void playbooks_free(struct playbooks **pp)
{
    struct playbooks *p = *pp;

    *pp = NULL;
    if (p == NULL)
        return;
    MUST(p->magic == PLAYBOOKS_MAGIC);
    arena_release(&p->mem);
    p->magic = 0;
    free(p);
}

/* --- Reading -----------------------------------------------------------------------------------
 */

static int read_book(struct playbooks *p, struct law_read *rd, const struct yaml_node *root,
                     struct playbook *b)
{
    static const char *const keys[] = { "id", "vi", "en", "types", "usual_for", "tasks" };
    const struct yaml_node *node[COUNT_OF(keys)];
    struct law_rows rows;
    int rc = law_read_keys(rd, root, keys, COUNT_OF(keys));

    for (size_t i = 0; rc == ERR_OK && i < COUNT_OF(keys); i++) {
        node[i] = yaml_get(root, keys[i]);
        if (node[i] == NULL && i != 4)
            rc = law_fail(rd, 1, ERR_SYNTAX, "The file needs '%s'.", keys[i]);
    }
    if (rc == ERR_OK)
        rc = law_read_code(rd, node[0], &b->id);
    if (rc == ERR_OK && playbook_find(p, span_of(b->id)) != NULL)
        rc = law_fail(rd, node[0]->line, ERR_SYNTAX, "There are two playbooks '%.40s'.", b->id);
    if (rc == ERR_OK)
        rc = law_read_text(rd, node[1], &b->vi);
    if (rc == ERR_OK)
        rc = law_read_text(rd, node[2], &b->en);
    if (rc == ERR_OK)
        rc = law_read_texts(rd, node[3], true, &b->types);
    if (rc == ERR_OK && node[4] != NULL)
        rc = law_read_texts(rd, node[4], true, &b->usual_for);
    if (rc == ERR_OK)
        rc = law_read_rows(rd, root, &law_task_cells, &rows);
    if (rc == ERR_OK && rows.count == 0)
        rc = law_fail(rd, node[5]->line, ERR_SYNTAX, "A playbook has tasks.");
    if (rc == ERR_OK) {
        b->task = rows.row;
        b->task_count = rows.count;
    }
    return rc;
}

int playbooks_add(struct playbooks *p, struct span yaml, const char *name, struct err *e)
{
    struct arena nodes;
    struct law_read rd = { .mem = &p->mem, .nodes = &nodes, .e = e };
    struct playbook b = { 0 };
    struct yaml_node *root;
    int rc;

    MUST(p->magic == PLAYBOOKS_MAGIC);
    rd.file = b.file = (const char *)arena_span(&p->mem, span_of(name)).p;
    if (rd.file == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for the playbooks.");
    if (p->count == PLAYBOOKS_MAX)
        return law_fail(&rd, 1, ERR_LIMIT, "There are more than %u playbooks.", PLAYBOOKS_MAX);
    arena_init(&nodes, LAW_ROOM_BYTES);
    rc = law_read_file(&rd, yaml, &root);
    if (rc == ERR_OK)
        rc = read_book(p, &rd, root, &b);
    arena_release(&nodes);
    if (rc == ERR_OK)
        p->book[p->count++] = b;
    return rc;
}

/* --- Checking ----------------------------------------------------------------------------------
 */

static bool has(const struct law_texts *t, const char *code)
{
    for (uint32_t i = 0; i < t->count; i++) {
        if (strcmp(t->value[i], code) == 0)
            return true;
    }
    return false;
}

static int check_usual(const struct playbooks *p, uint32_t at, struct err *e)
{
    const struct playbook *b = &p->book[at];
    struct law_read rd = { .file = b->file, .e = e };

    for (uint32_t i = 0; i < b->usual_for.count; i++) {
        if (!has(&b->types, b->usual_for.value[i]))
            return law_fail(&rd, 1, ERR_SYNTAX, "It is usual for '%.40s', but not for that type.",
                            b->usual_for.value[i]);
        for (uint32_t k = 0; k < at; k++) {
            if (has(&p->book[k].usual_for, b->usual_for.value[i]))
                return law_fail(&rd, 1, ERR_SYNTAX, "For '%.40s' the playbook %.40s is usual, too.",
                                b->usual_for.value[i], p->book[k].id);
        }
    }
    return ERR_OK;
}

static bool is_form(const struct law *l, const char *code)
{
    const struct law_profile *p;

    for (uint32_t i = 0; (p = law_profile(l, i)) != NULL; i++) {
        if (law_form_find(p, span_of(code)) != NULL)
            return true;
    }
    return false;
}

static int check_names(const struct playbook *b, const struct law *law, struct err *e)
{
    struct law_read rd = { .file = b->file, .e = e };
    const struct law_profile *p;

    for (uint32_t k = 0; (p = law_profile(law, k)) != NULL; k++) {
        for (uint32_t i = 0; i < b->types.count; i++) {
            if (law_type_find(p, span_of(b->types.value[i])) == NULL)
                return law_fail(&rd, 1, ERR_SYNTAX, "The profile %.40s has no type '%.40s'.", p->id,
                                b->types.value[i]);
        }
    }
    for (uint32_t i = 0; i < b->task_count; i++) {
        const struct law_texts *forms = &b->task[i].forms;

        for (uint32_t k = 0; k < forms->count; k++) {
            if (!is_form(law, forms->value[k]))
                return law_fail(&rd, b->task[i].line, ERR_SYNTAX, "There is no form '%.40s'.",
                                forms->value[k]);
        }
    }
    return ERR_OK;
}

int playbooks_check(struct playbooks *p, const struct law *law, struct err *e)
{
    int rc = ERR_OK;

    MUST(p->magic == PLAYBOOKS_MAGIC);
    for (uint32_t i = 0; rc == ERR_OK && i < p->count; i++) {
        rc = check_usual(p, i, e);
        if (rc == ERR_OK && law != NULL)
            rc = check_names(&p->book[i], law, e);
    }
    return rc;
}

static int each_book(void *arg, struct span yaml, const char *name, struct err *e)
{
    return playbooks_add(arg, yaml, name, e);
}

int playbooks_open(struct playbooks **out, const char *folder, const struct law *law, struct err *e)
{
    struct playbooks *p;
    int rc = playbooks_new(&p, e);

    *out = NULL;
    if (rc == ERR_OK)
        rc = law_each_file(folder, each_book, p, e);
    if (rc == ERR_OK)
        rc = playbooks_check(p, law, e);
    if (rc == ERR_OK)
        *out = p;
    else
        playbooks_free(&p);
    return rc;
}

/* --- Lookups -----------------------------------------------------------------------------------
 */

const struct playbook *playbook(const struct playbooks *p, uint32_t i)
{
    return i < p->count ? &p->book[i] : NULL;
}

const struct playbook *playbook_find(const struct playbooks *p, struct span id)
{
    for (uint32_t i = 0; i < p->count; i++) {
        if (span_eq(id, span_of(p->book[i].id)))
            return &p->book[i];
    }
    return NULL;
}

const struct playbook *playbook_for(const struct playbooks *p, struct span type)
{
    for (uint32_t i = 0; i < p->count; i++) {
        const struct law_texts *usual = &p->book[i].usual_for;

        for (uint32_t k = 0; k < usual->count; k++) {
            if (span_eq(type, span_of(usual->value[k])))
                return &p->book[i];
        }
    }
    return NULL;
}

int64_t playbook_task_due(const struct law *law, const struct law_task *task, int64_t detected_ns)
{
    return task->due.is ? law_term_end(law, detected_ns, task->due.v, NULL) : INT64_MIN;
}

void playbook_put(const struct playbook *p, struct buf *out)
{
    struct law_rows rows = { p->task, p->task_count };

    buf_text(out, "{\"id\":");
    law_put_text(p->id, out);
    buf_text(out, ",\"vi\":");
    law_put_text(p->vi, out);
    buf_text(out, ",\"en\":");
    law_put_text(p->en, out);
    buf_text(out, ",\"types\":");
    law_put_texts(&p->types, out);
    buf_text(out, ",\"usual_for\":");
    law_put_texts(&p->usual_for, out);
    buf_text(out, ",\"tasks\":");
    law_put_rows(&law_task_cells, &rows, out);
    buf_byte(out, '}');
}
