/*
 * office_ask.c - see office_ask.h.
 */
#include "cmd/office_ask.h"

void office_path(struct buf *out, const char *name)
{
    buf_byte(out, '/');
    for (const char *p = name; *p != '\0'; p++)
        buf_byte(out, *p == '.' ? '/' : (uint8_t)*p);
}

int office_open(struct client *c, const char *data, struct err *e)
{
    char room[CLIENT_PATH_BYTES];

    data = client_folder(data, room, e);
    return data != NULL ? client_open(c, data, e) : ERR_USAGE;
}

static int sign(const struct act_row *row, const char *data, struct span sent, struct buf *fields,
                struct err *e)
{
    char room[CLIENT_PATH_BYTES];
    struct buf request;
    int rc;

    data = client_folder(data, room, e);
    if (data == NULL)
        return ERR_USAGE;
    buf_init(&request, ACT_REQUEST_MAX + 256);
    rc = act_request_put(&request, row, sent) && !buf_failed(&request)
             ? client_sign(data, buf_span(&request), fields, e)
             : err_set(e, ERR_USAGE, 0, "This is too much for one request.");
    buf_release(&request);
    return rc;
}

/* What was answered, appended; or what refused it. */
static int take_answer(struct client *c, struct buf *answer, struct err *e)
{
    struct span body;
    int rc = c->answer.status != 200 ? client_refusal(c, e) : client_body(c, &body, e);

    if (rc == ERR_OK)
        buf_add(answer, body);
    return rc == ERR_OK && buf_failed(answer)
               ? err_set(e, ERR_LIMIT, 0, "What was answered is too long.")
               : rc;
}

int office_do(const char *data, const struct act_row *row, struct span sent, struct buf *answer,
              struct err *e)
{
    struct client c;
    struct buf path, fields;
    int rc = office_open(&c, data, e);

    if (rc != ERR_OK)
        return rc;
    buf_init(&path, 256);
    buf_init(&fields, 1024);
    office_path(&path, row->name);
    buf_byte(&path, 0);
    rc = sign(row, data, sent, &fields, e);
    buf_byte(&fields, 0);
    if (rc == ERR_OK)
        rc = client_post(&c, (const char *)path.p, (const char *)fields.p, sent, e);
    if (rc == ERR_OK)
        rc = take_answer(&c, answer, e);
    client_close(&c);
    buf_release(&path);
    buf_release(&fields);
    return rc;
}

int office_see(const char *data, const char *view, const char *param, const char *value,
               struct buf *row, struct err *e)
{
    struct client c;
    struct buf target;
    int rc = office_open(&c, data, e);

    if (rc != ERR_OK)
        return rc;
    buf_init(&target, HTTP_TARGET_MAX);
    office_path(&target, view);
    buf_text(&target, "?format=ndjson");
    client_query(&target, param, value);
    buf_byte(&target, 0);
    rc = buf_failed(&target) ? err_set(e, ERR_LIMIT, 0, "What was asked for is too long.")
                             : client_get(&c, (const char *)target.p, e);
    if (rc == ERR_OK)
        rc = take_answer(&c, row, e);
    client_close(&c);
    buf_release(&target);
    if (rc == ERR_OK && row->n == 0)
        rc = err_set(e, ERR_NOTFOUND, 0, "There is no %s %.60s.", param, value);
    return rc;
}
