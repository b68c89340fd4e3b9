/*
 * anchors.h - what commands that verify a ledger are given from elsewhere.
 */
#ifndef CMD_ANCHORS_H
#define CMD_ANCHORS_H

#include "cmd/command.h"
#include "ledger/links.h"

/* The file root.pub of a store. */
int ledger_root(const char *path, uint8_t store[NOTE_STORE_BYTES], uint8_t root[KEY_BYTES],
                struct err *e);

/* The one that was given, or, NULL, the one in this data folder. */
int ledger_root_of(const char *given, const char *data, uint8_t store[NOTE_STORE_BYTES],
                   uint8_t root[KEY_BYTES], struct err *e);

/* --anchor NUMBER:HASH, some times. */
int ledger_anchors(const struct option_list *from, struct links_anchor to[LINKS_ANCHORS],
                   struct err *e);

#endif
