/*
 * progress.c - see progress.h. Standard error only; whoever asks for it knows that it is a
 * terminal.
 */
#include "scan/progress.h"

#include <stdio.h>
#include <stdlib.h>

#include "os/host.h"

#define DRAW_SECONDS 0.1
#define BAR_COLUMNS  24u

struct progress {
    double begun, drawn;
    uint64_t events;
    bool shown;
};

int progress_new(struct progress **out, struct err *e)
{
    struct progress *p = calloc(1, sizeof(*p));

    *out = p;
    if (p == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for a progress line.");
    p->begun = p->drawn = host_seconds();
    return ERR_OK;
}

void progress_free(struct progress **p)
{
    if (*p != NULL)
        progress_clear(*p);
    free(*p);
    *p = NULL;
}

/* 602113 as 602,113. */
static void put_thousands(uint64_t v, char *out, size_t room)
{
    char digits[24];
    int n = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)v);
    size_t used = 0;

    for (int i = 0; i < n && used + 2 < room; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            out[used++] = ',';
        out[used++] = digits[i];
    }
    out[used] = 0;
}

static void draw(struct progress *p, double now, double part)
{
    char bar[BAR_COLUMNS + 1], rate[32];
    double took = now - p->begun;
    unsigned left = 0;

    put_thousands((uint64_t)((double)p->events / (took > 0 ? took : 1)), rate, sizeof(rate));
    if (part < 0) {
        fprintf(stderr, "\r\033[K%s events/s", rate);
        return;
    }
    for (unsigned i = 0; i < BAR_COLUMNS; i++)
        bar[i] = (double)i < part * BAR_COLUMNS ? '#' : '.';
    bar[BAR_COLUMNS] = 0;
    if (part > 0 && part < 1)
        left = (unsigned)(took / part * (1 - part));
    fprintf(stderr, "\r\033[K[%s] %3u%%  %s events/s  %02u:%02u left", bar, (unsigned)(part * 100),
            rate, left / 60, left % 60);
}

void progress_add(struct progress *p, uint64_t events, uint64_t done, uint64_t all)
{
    double now = host_seconds();

    p->events += events;
    if (now - p->drawn < DRAW_SECONDS)
        return;
    p->drawn = now;
    p->shown = true;
    draw(p, now, all > 0 ? (double)done / (double)all : -1);
    (void)fflush(stderr); /* nobody is left to tell */
}

void progress_clear(struct progress *p)
{
    if (!p->shown)
        return;
    fputs("\r\033[K", stderr);
    p->shown = false;
}
