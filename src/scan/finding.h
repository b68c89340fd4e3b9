/*
 * finding.h - what was found, and its parts as JSON: what all outputs are made from.
 *
 *   rule   {"id","title","level","author","tags"}
 *   event  {"time","file","record","host","tags","normal":{...},"fields":{...}}
 *
 * `time` is source time, UTC, null when the event has none; `tags` are the taxonomy's, as
 * "product:windows"; `fields` are the event's own, nested names dotted, a name with several values
 * as a list; `normal` is what it is about by the names of event/about.h, where the source calls that
 * something else (at most 8 values of a name; left out when empty). An event's number in its file is not known while its block is read (blocks are read by
 * several threads), so it is left out of the text and *record_at says where it belongs.
 */
#ifndef FINDING_H
#define FINDING_H

#include "base/buf.h"
#include "event/event.h"
#include "sigma/match.h"

/* The text of an event, made for the first finding about it and used again for the others. */
struct event_text {
    struct buf json; /* "fields":{...} and what follows */
    bool made;
    struct field_names *names; /* scratch */
};

bool event_text_init(struct event_text *t);
void event_text_release(struct event_text *t);

/* One event as findings speak of it. Borrowed. */
struct sighting {
    struct event_text *text;
    struct event *event;
    const struct view *view;
    struct span file, host;
    bool has_time;
    int64_t time_ns;
    struct span time; /* as text, or an empty span */
};

struct finding {
    const struct sigma_head *rule;
    enum sigma_level level; /* the rule's own, or one less: see filter_unavailable */
    const struct sighting *seen;
    const struct because *because;
    uint32_t because_count;
    bool filter_unavailable; /* a filter of the rule asks for a field that this source never has */
};

/* A correlation that was satisfied. `events` are texts of put_event() with their numbers. */
struct correlated {
    const struct sigma_head *rule;
    enum sigma_level level;
    const char *type;
    int64_t time_ns;
    const struct span *group_names, *group_values;
    uint32_t group_count;
    double value;         /* what the condition judged: a count, a sum, ... */
    uint64_t event_total; /* how many there were; not all are kept */
    const struct span *events;
    uint32_t event_count;
};

void put_rule(struct buf *out, const struct sigma_head *rule);
void put_event(struct buf *out, const struct sighting *s, size_t *record_at);
void put_because(struct buf *out, const struct because *rows, uint32_t count);

/* The members of the object that a correlation is, but for `rule` and `events`. */
void put_correlation(struct buf *out, const struct correlated *c);

/* A time as text, in `room` (TIME_TEXT_MAX). */
struct span time_text(int64_t ns, uint8_t *room);

#endif
