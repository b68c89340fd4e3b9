/*
 * settings_doc.c - docs/settings.md on standard output; see settings.sh.
 */
#include <stdio.h>

#include "conf/settings.h"

int main(void)
{
    struct buf out;
    bool good;

    buf_init(&out, 1 << 20);
    settings_markdown(&out);
    good = !buf_failed(&out) && fwrite(out.p, 1, out.n, stdout) == out.n && fflush(stdout) == 0;
    buf_release(&out);
    return good ? 0 : 1;
}
