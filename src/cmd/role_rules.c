/*
 * role_rules.c - the role RULES: compiles one generation of rules, says what it holds or why there
 * is none, and ends. What it says is RELOADED with the number of the generation that is good: its
 * own, or an earlier one of this program, or 0.
 */
#include <stdio.h>
#include <unistd.h>

#include "cmd/load.h"
#include "cmd/roles.h"
#include "keep/generation.h"
#include "os/file.h"
#include "os/host.h"
#include "os/sandbox.h"

#define NICE 10 /* while collectors collect; alone it makes no difference */

static void answer(struct role_self *self, uint64_t number, const char *text)
{
    uint8_t body[8 + 256];
    size_t n = strlen(text);

    MUST(n <= 256);
    memcpy(body, &number, sizeof(number));
    memcpy(body + 8, text, n);
    role_say(self, SAY_RELOADED, (struct span){ body, 8 + n });
}

/* The settings' paths, or those of what ships. */
static int find_sources(const struct settings *s, struct load_options *o, struct load_room *room,
                        struct ruleset_sources *from, struct err *e)
{
    int rc;

    o->taxonomy = s->taxonomy[0] != 0 ? s->taxonomy : NULL;
    o->placeholders = s->placeholders[0] != 0 ? s->placeholders : NULL;
    if (s->rules.count > OPTION_LIST_MAX)
        return err_set(e, ERR_LIMIT, 0, "'rules' has more than %u paths.", OPTION_LIST_MAX);
    for (uint32_t i = 0; i < s->rules.count; i++)
        o->rules.value[o->rules.count++] = s->rules.value[i];
    rc = load_defaults(o, room, e);
    if (rc == ERR_OK)
        *from = (struct ruleset_sources){ .taxonomy = o->taxonomy, .rules = load_from(o) };
    return rc;
}

/* The rules come from their authors: what reads them may do no more than read them and write the
 * generation. */
static int enter_sandbox(struct role_self *self, const struct ruleset_sources *from,
                         const char *rules, struct err *e)
{
    const char *read[OPTION_LIST_MAX + 5], *write[] = { rules, NULL };
    struct sandbox box = { SANDBOX_FILES_READ | SANDBOX_FILES_WRITE | SANDBOX_THREADS, read,
                           write };
    char level[SANDBOX_LEVEL_MAX];
    size_t n = 0;

    read[n++] = from->taxonomy;
    for (uint32_t i = 0; i < from->rules.count; i++)
        read[n++] = from->rules.paths[i];
    if (from->rules.placeholders != NULL)
        read[n++] = from->rules.placeholders;
    if (from->rules.house != NULL)
        read[n++] = from->rules.house;
    read[n] = NULL;
    return role_sandbox(self, &box, level, e);
}

static int make(struct role_self *self, uint64_t *earlier, char text[256], struct err *e)
{
    struct load_options o = { 0 };
    struct load_room room;
    struct ruleset_sources from;
    struct generation_made made;
    char rules[FILE_PATH_BYTES], folder[FILE_PATH_BYTES], before[FILE_PATH_BYTES];
    char house[FILE_PATH_BYTES];
    double begun = host_seconds();
    int rc = role_generation_path(self, self->generation, folder, sizeof(folder), e);

    if (rc != ERR_OK || data_path(rules, sizeof(rules), self->data, "rules") != ERR_OK)
        return rc != ERR_OK ? rc : err_set(e, ERR_USAGE, 0, "The data folder's path is too long.");
    *earlier = generation_before(rules, self->generation);
    rc = role_generation_path(self, *earlier, before, sizeof(before), e);
    if (rc == ERR_OK)
        rc = find_sources(&self->settings, &o, &room, &from, e);
    /* What the desk wrote out of what people published. */
    if (rc == ERR_OK && data_path(house, sizeof(house), self->data, "desk/rules") == ERR_OK &&
        access(house, R_OK) == 0)
        from.rules.house = house;
    if (rc == ERR_OK)
        rc = enter_sandbox(self, &from, rules, e);
    if (rc == ERR_OK)
        rc = generation_make(folder, *earlier > 0 ? before : NULL, &from, &made, e);
    /* Some refused rules are named and left out; when nothing is left, something else is wrong. */
    if (rc == ERR_OK && made.rule_count == 0 && made.refusal_count > 0)
        rc = err_set(e, ERR_SYNTAX, 0, "All %u rules are refused; see `canh rules check`.",
                     made.refusal_count);
    if (rc == ERR_OK)
        (void)snprintf(text, 256, "%u rules and correlations, %u refused, %s in %.1f s",
                       made.rule_count, made.refusal_count, made.same ? "unchanged" : "compiled",
                       host_seconds() - begun);
    return rc;
}

static int rules_open(struct role_self *self, struct err *e)
{
    uint64_t earlier = 0;
    char text[256];

    if (nice(NICE) < 0)
        role_notice(self, "Compiling takes part of the collectors' time.");
    if (make(self, &earlier, text, e) == ERR_OK) {
        answer(self, self->generation, text);
        role_exit(self, 0);
    } else {
        answer(self, earlier, e->why);
        role_exit(self, 1);
    }
    return ERR_OK;
}

int role_rules(int argc, char **argv)
{
    static const struct role_handlers handlers = { .open = rules_open };

    return role_main(ROLE_RULES, &handlers, NULL, argc, argv);
}
