/*
 * account.h - what a checkpoint says beside the trees, as texts: the rules and the settings in
 * force, and the counts. A checkpoint holds their SHA-256; the texts are kept, so that years later
 * it can be shown what was in force, and counted.
 *
 *   DATA/ledger/texts/HEX       a text, by its SHA-256: written whole before it is first signed
 *
 * Rules and settings: each text. Counts, which are others in every checkpoint: the text of the
 * first checkpoint of an hour (UTC, by its own time; account_is_hourly()).
 *
 *   canh/rules/v1                           the settings are the bytes of the settings file
 *   generation 7
 *   HEX  rules.image                        as sha256sum writes it: each file below
 *   HEX  taxonomy/01-windows.yaml           DATA/rules/7, by name
 *
 *   canh/counts/v1                          as of the collectors' start
 *   {"lane":0,"input":"relp","source":"fw-01","received":12,"stored":12}    what is not 0
 */
#ifndef ACCOUNT_H
#define ACCOUNT_H

#include "base/buf.h"
#include "collect/ledger.h"
#include "ledger/merkle.h"
#include "os/io.h"

#define ACCOUNT_FOLDER    "texts"
#define ACCOUNT_BYTES_MAX ((size_t)16 << 20)
#define ACCOUNT_NAME      (2 * MERKLE_HASH_BYTES + 1)

/* The text about the rules in `folder`. ERR_IO, ERR_NOMEM. */
int account_rules(struct buf *out, const char *folder, uint64_t generation, struct err *e);

/* Begin a text of counts; then each collector's. */
void account_counts(struct buf *out);
void account_count(struct buf *out, const struct ledger *g);

/* Keep a text in `dir`, DATA/ledger/texts, unless it is there; *hash is its own. ERR_IO, ERR_LIMIT
 * (the disk is full), ERR_NOMEM when the text is not whole. */
int account_keep(const struct io *io, int dir, const struct buf *text, struct merkle_hash *hash,
                 struct err *e);
/* Its hash alone. */
int account_hash(const struct buf *text, struct merkle_hash *hash, struct err *e);

/* Are the counts of a checkpoint of this time kept? `last_ns`: that of the one before, -1: none. */
bool account_is_hourly(int64_t last_ns, int64_t time_ns);

/* The text of this hash. ERR_NOTFOUND, ERR_CORRUPT when it is another, ERR_IO, ERR_NOMEM. */
int account_read(const struct io *io, int dir, const struct merkle_hash *hash, struct buf *out,
                 struct err *e);

/* Is the folder of rules (DATA/rules) as a text about them says? ERR_OK; ERR_MORE: that generation
 * is not there any more, a later one is; ERR_NOTFOUND: nor is a later one; ERR_CORRUPT: its files
 * are others; ERR_SYNTAX: it is no such text. */
int account_rules_are(struct span text, const char *rules, struct err *e);

void account_name(const struct merkle_hash *hash, char name[ACCOUNT_NAME]);

#endif
