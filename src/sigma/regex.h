/*
 * regex.h - the regular expressions of rules, compiled the same way wherever they are used.
 *
 * Reading compiles each once to refuse a bad one with its place; the matcher and the oracle
 * compile their own. All use these functions, so that the three agree on what a pattern means:
 * UTF-8 with damaged bytes tolerated, no \C, no callouts; `re_s` is the s flag, `re_m` the m flag.
 * Matching is bounded: regex_limits() makes PCRE2 give up (PCRE2_ERROR_MATCHLIMIT and the like,
 * to be taken as "no match" and counted) instead of hanging on a catastrophic pattern.
 */
#ifndef SIGMA_REGEX_H
#define SIGMA_REGEX_H

#ifndef PCRE2_CODE_UNIT_WIDTH
#define PCRE2_CODE_UNIT_WIDTH 8
#endif
#include <pcre2.h>

#include "sigma/rule.h"

/* The caller frees *out with pcre2_code_free(). ERR_SYNTAX with e->at the byte in the pattern. */
int sigma_regex_compile(const struct sigma_test *t, pcre2_code **out, struct err *e);

/* Set the match, depth and heap limits that all evaluators share. */
void sigma_regex_limits(pcre2_match_context *context);

#endif
