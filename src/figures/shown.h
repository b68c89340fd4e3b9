/*
 * shown.h - one stored event, read again from its raw bytes and put as a line of JSON:
 *
 *   {"time","receipt","lane","sequence","source","input","host","tags":[...],"normal":{...},
 *    "fields":{...},"flags":[...],"marks":[...],"raw"}
 *
 * time, host, tags, normal, fields and flags are as `canh scan` has them (scan/finding.h); time is source
 * time, null when the event has none; receipt, lane and sequence are the store's. `marks` says what
 * the lane knows of it: unauthenticated, resend, tracer, cut, evtx. Nothing that a log says can
 * break the line: texts are escaped, raw bytes that are no UTF-8 become U+FFFD.
 *
 * One thread; used for one event after another, without allocating but where buffers grow.
 */
#ifndef SHOWN_H
#define SHOWN_H

#include "query/eval.h"
#include "store/lane_read.h"

struct shown;

struct shown_about {
    uint32_t lane;
    struct lane_read_event ev;
    struct span source, input;
};

/* Taxonomy and names are borrowed. A source's time that is further than `skew_ns` from the time of
 * receipt is not believed: the time of receipt stands in. */
int shown_new(struct shown **out, const struct taxonomy *t, const struct names *n, int64_t skew_ns,
              struct err *e);
void shown_free(struct shown **s);

/* `w` has what is seen of each event from then on (event_watch). */
void shown_watch(struct shown *s, struct event_watch *w);

/* Read this event. What is borrowed must stay until the next one. */
void shown_take(struct shown *s, const struct shown_about *a);

/* Of the event at hand. The line ends with "\n" and is made when first asked for; SPAN_NONE when
 * memory is out. */
bool shown_holds(struct shown *s, const struct query_eval *filter);
struct span shown_json(struct shown *s);
/* Its time: the source's, or when it was received where that is missing or not believed. */
int64_t shown_time(struct shown *s);
/* For values of its fields (query/value.h). */
struct query_subject *shown_subject(struct shown *s);

#endif
