/*
 * removed.c - GET /ledger/removed: what retention took in the newest days of the ledger, record by
 * record, each with its note as it was signed (seal/removed.h): for who audits.
 *
 *   {"days":31,"records":[{"lane","months","record","checkpoint","time","why","from","to","blocks",
 *   "note"},...]}
 *
 * Read on a thread beside the loop: a day of the ledger is some 7 MB.
 */
#include "seal/removed.h"

#include <stdlib.h>

#include "base/time.h"
#include "console/console_own.h"
#include "os/io.h"
#include "scan/finding.h"
#include "scan/put.h"

const struct view_row removed_row = { .name = "ledger.removed", .roles = ROLES_SEE };

static void put_record(struct buf *out, const struct removed_record *r)
{
    uint8_t room[TIME_TEXT_MAX];

    buf_fmt(out,
            "{\"lane\":%u,\"months\":%u,\"record\":%llu,\"checkpoint\":%llu,\"why\":\"%s\","
            "\"from\":%llu,\"to\":%llu,\"blocks\":%u,\"time\":",
            r->lane, r->months, (unsigned long long)r->number, (unsigned long long)r->checkpoint,
            removed_why(r->why), (unsigned long long)r->begin, (unsigned long long)r->end,
            r->blocks);
    put_json_text(out, time_text(r->time_ns, room));
    buf_text(out, ",\"note\":");
    put_json_text(out, buf_span(&r->note));
    buf_byte(out, '}');
}

/* On a thread: reads.c. The database is not asked. `state` is the data folder's path. */
static int read_removed(struct reading *r, struct err *e)
{
    struct removed_record *all = calloc(REMOVED_RECORDS, sizeof(*all));
    uint32_t count = 0;
    int rc = all == NULL ? err_set(e, ERR_NOMEM, 0, "There is no memory to read the ledger.")
                         : removed_list(&io_system, (const char *)r->state.p, all, &count, e);

    buf_fmt(r->call.body, "{\"days\":%u,\"records\":[", REMOVED_DAYS);
    for (uint32_t i = 0; i < count && rc == ERR_OK; i++) {
        buf_text(r->call.body, i > 0 ? "," : "");
        put_record(r->call.body, &all[i]);
    }
    buf_text(r->call.body, "]}\n");
    removed_release(all, count);
    free(all);
    return rc;
}

void removed_route(void *arg, struct serve_call *call)
{
    const struct console *c = arg;
    const struct view_row *row = call->route->own;
    struct caller who;
    const struct read_from from = { .fn = read_removed,
                                    .lane = READ_LONG,
                                    .who = &who.who.actor,
                                    .row = row,
                                    .state = span_of(c->from.data) };

    if (!caller_find(arg, call, &who))
        ask_refuse(call, 401, "This needs somebody who is known here.");
    else if ((who.who.actor.roles & row->roles) == 0)
        ask_refuse(call, 403, "Who asks may not see what was removed.");
    else
        (void)reads_put(c->reads, call, &from); /* it is answered either way */
}
