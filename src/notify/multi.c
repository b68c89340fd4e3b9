/*
 * multi.c - see multi.h.
 */
#include "notify/multi.h"

#include "base/base.h"

void multi_turn(CURLM *multi, void (*done)(void *of, CURLcode code))
{
    int running, left;
    const CURLMsg *m;

    (void)curl_multi_perform(multi, &running); /* what fails is told by each transfer */
    while ((m = curl_multi_info_read(multi, &left)) != NULL) {
        CURLcode code = m->data.result;
        char *of = NULL;

        if (m->msg != CURLMSG_DONE)
            continue;
        MUST(curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &of) == CURLE_OK);
        done(of, code);
    }
}
