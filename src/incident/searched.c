/*
 * searched.c - who searched what: an act before each search, so that it stands in the trail. One
 * that looks for the records of one person needs the alert or incident for which it is done
 * (query/person.h), and stands in the history of that, too.
 */
#include "incident/incident_own.h"

#include "base/num.h"
#include "base/utf.h"
#include "query/person.h"
#include "scan/put.h"

#define VIETNAM_OFFSET_S 25200

/* "alert:12", "incident:3": it must be there. */
static int on_case(struct act_call *c, struct err *e)
{
    static const struct {
        struct span before;
        const char *kind;
        enum db_statement is;
    } rows[] = { { { (const uint8_t *)"alert:", 6 }, "alert", DB_ALERT_IS },
                 { { (const uint8_t *)"incident:", 9 }, "incident", DB_INCIDENT_IS } };
    struct span text = act_text(c, "for");

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint64_t id = 0;
        int rc;

        if (!span_starts(text, rows[i].before))
            continue;
        if (!num_u64(span_from(text, rows[i].before.n), INT64_MAX, &id))
            break;
        rc = act_is_there(c->db, rows[i].is, rows[i].kind, (int64_t)id, e);
        return rc == ERR_OK ? act_on(c, rows[i].kind, (int64_t)id, e) : rc;
    }
    return err_set(e, ERR_USAGE, 0, "for: This is no case as alert:12 or incident:3.");
}

int incident_search_person(struct span text, bool has_case, int64_t now_ns, struct err *e)
{
    const struct query_clock clock = { now_ns, VIETNAM_OFFSET_S };
    struct query *q = NULL;
    struct span field;
    int rc = query_read(&q, text, &clock, QUERY_WHOLE, e);

    if (rc == ERR_OK && !has_case && query_person(q, &field))
        rc = err_set(e, ERR_DENIED, 0,
                     "This looks for one person's records (%.*s): give the alert or incident that "
                     "it is for, as for=incident:3 (--for incident:3); it is written down.",
                     (int)(field.n < 40 ? field.n : 40), (const char *)field.p);
    query_free(&q);
    return rc;
}

static int run(struct act_call *c, struct err *e)
{
    int rc = incident_search_person(act_text(c, "query"), act_has(c, "for"), c->now_ns, e);

    return rc == ERR_OK && act_has(c, "for") ? on_case(c, e) : rc;
}

void incident_hunt_request(struct buf *out, struct span rules, struct span is_for)
{
    buf_text(out, "{\"act\":\"search.run\",\"kind\":\"hunt\",\"rule\":");
    put_json_text(out, utf8_cut(rules, INCIDENT_HUNT_BYTES));
    if (is_for.n > 0) {
        buf_text(out, ",\"for\":");
        put_json_text(out, is_for);
    }
    buf_byte(out, '}');
}

static void put_parameters(struct buf *out, struct span query, struct span is_for,
                           const char *comma)
{
    if (span_trim(query).n > 0) {
        buf_fmt(out, "%s\"query\":", comma);
        put_json_text(out, query);
        comma = ",";
    }
    if (is_for.n > 0) {
        buf_fmt(out, "%s\"for\":", comma);
        put_json_text(out, is_for);
    }
    buf_byte(out, '}');
}

void incident_search_request(struct buf *out, struct span query, struct span is_for)
{
    buf_text(out, "{\"act\":\"search.run\"");
    put_parameters(out, query, is_for, ",");
}

void incident_search_parameters(struct buf *out, struct span query, struct span is_for)
{
    buf_byte(out, '{');
    put_parameters(out, query, is_for, "");
}

void incident_export_request(struct buf *out, struct span query, struct span events,
                             struct span is_for)
{
    buf_text(out, "{\"act\":\"evidence.export\"");
    if (events.n > 0) {
        buf_text(out, ",\"events\":");
        put_json_text(out, events);
    }
    put_parameters(out, query, is_for, ",");
}

static const char *const kinds[] = { "search", "hunt", NULL };

const struct act_row incident_search[] = {
    { "search.run",
      ROLES_SEE | ROLE_SEARCH,
      "Write down that somebody searches or hunts, and what for; that itself is GET /search, /hunt.",
      run,
      { { "query", ACT_TEXT, false, QUERY_BYTES_MAX, NULL, "the query; without it: everything" },
        { "for", ACT_TEXT, false, 40, NULL,
          "the case, as alert:12 or incident:3; needed to look for one person's records" },
        { "kind", ACT_CHOICE, false, 0, kinds, "search, or hunt: rules over what is stored" },
        { "rule", ACT_TEXT, false, INCIDENT_HUNT_BYTES, NULL,
          "of a hunt: ids of rules, or the text of those that were brought along" } } },
    { "evidence.export",
      ROLES_SEE | ROLE_SEARCH,
      "Write down that somebody takes events with him as evidence; that itself is GET /evidence.",
      run,
      { { "query", ACT_TEXT, false, QUERY_BYTES_MAX, NULL, "those that it finds" },
        { "events", ACT_TEXT, false, INCIDENT_EXPORT_BYTES, NULL,
          "their numbers, as 0:12,0:17; without these two: those kept as evidence of the incident" },
        { "for", ACT_TEXT, false, 40, NULL,
          "the case, as alert:12 or incident:3; needed to look for one person's records" } } },
};
