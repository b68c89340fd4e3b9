/*
 * evidence_beside.h - texts of ours that every evidence has beside its events: README.txt and the
 * verifier.
 */
#ifndef EVIDENCE_BESIDE_H
#define EVIDENCE_BESIDE_H

#include "seal/evidence.h"

#define EVIDENCE_BESIDE 2u
extern const struct evidence_file evidence_beside[EVIDENCE_BESIDE];

#endif
