/*
 * correlate_record.h - reading what correlate_put() wrote. Private to correlate.c.
 *
 * Each function takes its part off the front of `rest`; false when it is not there.
 */
#ifndef CORRELATE_RECORD_H
#define CORRELATE_RECORD_H

#include "sigma/correlate_own.h"

enum input_state { INPUT_WHOLE, INPUT_NO_GROUP, INPUT_NO_VALUE };

bool record_head(struct span *rest, struct correlate_event *hit);
bool record_input(struct span *rest, enum input_state *state);
bool record_text(struct span *rest, struct span *text, struct span *folded);

#endif
