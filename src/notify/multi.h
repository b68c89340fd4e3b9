/*
 * multi.h - what libcurl's transfers on a loop have in common. For canh-sender alone.
 */
#ifndef MULTI_H
#define MULTI_H

#include <curl/curl.h>

/* Goes on with all transfers, and tells of each that is over: `of` is its CURLOPT_PRIVATE. */
void multi_turn(CURLM *multi, void (*done)(void *of, CURLcode code));

#endif
