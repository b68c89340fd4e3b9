/*
 * event.c - canh event: one stored event of a running server with all that is known of it, from
 * GET /event.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cmd/client.h"
#include "cmd/command.h"
#include "scan/put.h"

#define NAME_COLUMNS 28u
#define TEXT_COLUMNS 65536u

struct event_options {
    const char *data;
    bool json;
};

static const struct option_row options[] = {
    { "json", OPTION_FLAG, offsetof(struct event_options, json), NULL, NULL, 0, 0,
      "the object as the server has it" },
    { "data", OPTION_TEXT, offsetof(struct event_options, data), "DIR", NULL, 0, 0,
      "the server's data folder (default: as canh serve)" },
};

/* A value as one line; texts as they are, everything else as JSON. */
static void put_value(struct buf *out, const json_t *v)
{
    char *text = json_is_string(v) ? NULL : json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);

    if (json_is_string(v))
        put_column(out,
                   (struct span){ (const uint8_t *)json_string_value(v), json_string_length(v) },
                   TEXT_COLUMNS, false);
    else if (text != NULL)
        put_column(out, span_of(text), TEXT_COLUMNS, false);
    free(text);
}

static void put_member(struct buf *out, const char *indent, const char *name, const json_t *v)
{
    if (v == NULL || json_is_null(v) || (json_is_array(v) && json_array_size(v) == 0))
        return;
    buf_text(out, indent);
    put_column(out, span_of(name), NAME_COLUMNS - strlen(indent), true);
    buf_byte(out, ' ');
    put_value(out, v);
    buf_byte(out, '\n');
}

static void put_members(struct buf *out, const char *title, json_t *object)
{
    const char *name;
    json_t *v;

    if (json_object_size(object) > 0)
        buf_fmt(out, "%s\n", title);
    json_object_foreach(object, name, v) put_member(out, "  ", name, v);
}

static void put_rules(struct buf *out, const json_t *rules)
{
    size_t i;
    json_t *hit;

    if (json_array_size(rules) > 0)
        buf_text(out, "rules\n");
    json_array_foreach(rules, i, hit)
    {
        const json_t *rule = json_object_get(hit, "rule");

        buf_text(out, "  ");
        put_value(out, json_object_get(rule, "level"));
        buf_text(out, "  ");
        put_value(out, json_object_get(rule, "title"));
        buf_text(out, "  ");
        put_value(out, json_object_get(rule, "id"));
        buf_text(out, "\n    because ");
        put_value(out, json_object_get(hit, "because"));
        buf_byte(out, '\n');
    }
}

static void people(struct buf *out, json_t *doc)
{
    static const char *const first[] = { "id",   "time", "receipt", "source", "input",
                                         "host", "tags", "flags",   "marks" };

    for (size_t i = 0; i < COUNT_OF(first); i++)
        put_member(out, "", first[i], json_object_get(doc, first[i]));
    put_members(out, "normal", json_object_get(doc, "normal"));
    put_members(out, "fields", json_object_get(doc, "fields"));
    put_rules(out, json_object_get(doc, "rules"));
    put_member(out, "", "alerts", json_object_get(doc, "alerts"));
    put_member(out, "", "stored", json_object_get(doc, "stored"));
    put_member(out, "", "raw", json_object_get(doc, "raw"));
}

static int get(const struct event_options *o, const char *id, struct buf *out, struct err *e)
{
    struct client c;
    struct buf target;
    struct span body;
    json_t *doc = NULL;
    int rc = client_open(&c, o->data, e);

    buf_init(&target, HTTP_TARGET_MAX);
    buf_text(&target, "/event?");
    client_query(&target, "id", id);
    buf_byte(&target, 0);
    if (rc == ERR_OK && buf_failed(&target))
        rc = err_set(e, ERR_USAGE, 0, "This is no event.");
    if (rc == ERR_OK)
        rc = client_get(&c, (const char *)target.p, e);
    buf_release(&target);
    if (rc == ERR_OK && c.answer.status != 200)
        rc = client_refusal(&c, e);
    if (rc == ERR_OK)
        rc = client_body(&c, &body, e);
    if (rc == ERR_OK && o->json) {
        buf_add(out, body);
    } else if (rc == ERR_OK) {
        doc = json_loadb((const char *)body.p, body.n, JSON_ALLOW_NUL, NULL);
        if (doc == NULL)
            rc = err_set(e, ERR_SYNTAX, 0, "The server's answer is no JSON.");
        else
            people(out, doc);
    }
    json_decref(doc);
    client_close(&c);
    return rc;
}

int cmd_event(int argc, char **argv)
{
    static const struct command_line line = {
        options, COUNT_OF(options), "canh event [OPTIONS] LANE:SEQUENCE",
        "One stored event of the running server, by the lane and sequence that canh search --json\n"
        "has: its fields, its bytes, where it lies, the rules in force that hold for it, and why."
    };
    struct event_options o = { 0 };
    char room[CLIENT_PATH_BYTES];
    struct err e = { 0 };
    struct buf out;
    int operands, code, rc = ERR_OK;

    if (!command_options(&line, &o, argc, argv, &operands, &code))
        return code;
    if (operands != 1)
        rc = err_set(&e, ERR_USAGE, 0, "canh event takes one event, as 0:1234.");
    if (rc == ERR_OK && (o.data = client_folder(o.data, room, &e)) == NULL)
        rc = e.code;
    buf_init(&out, CLIENT_BODY_MAX);
    if (rc == ERR_OK)
        rc = get(&o, argv[0], &out, &e);
    if (rc == ERR_OK)
        return command_show(&out);
    buf_release(&out);
    return command_fault(&e);
}
