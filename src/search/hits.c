/*
 * hits.c - see hits.h.
 */
#include "search/hits.h"

#include <stdlib.h>

bool hits_init(struct hits *h, uint32_t max, size_t bytes_max)
{
    *h = (struct hits){ .max = max, .bytes_max = bytes_max };
    h->hit = calloc(max, sizeof(*h->hit));
    return h->hit != NULL;
}

void hits_release(struct hits *h)
{
    for (uint32_t i = 0; i < h->count; i++)
        free(h->hit[i].text);
    free(h->hit);
    *h = (struct hits){ 0 };
}

/* <0: a is older. */
static int order(const struct shown_about *a, const struct shown_about *b)
{
    if (a->ev.receipt_ns != b->ev.receipt_ns)
        return a->ev.receipt_ns < b->ev.receipt_ns ? -1 : 1;
    if (a->lane != b->lane)
        return a->lane < b->lane ? -1 : 1;
    return (a->ev.sequence > b->ev.sequence) - (a->ev.sequence < b->ev.sequence);
}

static int hit_order(const struct hits *h, uint32_t a, uint32_t b)
{
    return order(&h->hit[a].about, &h->hit[b].about);
}

static void swap(struct hits *h, uint32_t a, uint32_t b)
{
    struct found t = h->hit[a];

    h->hit[a] = h->hit[b];
    h->hit[b] = t;
}

static void sift_down(struct hits *h, uint32_t i)
{
    for (;;) {
        uint32_t least = i;

        for (uint32_t child = 2 * i + 1; child <= 2 * i + 2 && child < h->count; child++) {
            if (hit_order(h, child, least) < 0)
                least = child;
        }
        if (least == i)
            return;
        swap(h, i, least);
        i = least;
    }
}

static void sift_up(struct hits *h, uint32_t i)
{
    for (; i > 0 && hit_order(h, i, (i - 1) / 2) < 0; i = (i - 1) / 2)
        swap(h, i, (i - 1) / 2);
}

static void drop_oldest(struct hits *h)
{
    h->bytes -= h->hit[0].bytes;
    free(h->hit[0].text);
    h->hit[0] = h->hit[--h->count];
    sift_down(h, 0);
}

bool hits_full(const struct hits *h)
{
    return h->count == h->max;
}

int64_t hits_oldest(const struct hits *h)
{
    return hits_full(h) ? h->hit[0].about.ev.receipt_ns : INT64_MIN;
}

static struct span put(uint8_t **to, struct span text)
{
    struct span copy = { *to, text.n };

    if (text.p == NULL)
        return SPAN_NONE;
    if (text.n > 0)
        memcpy(*to, text.p, text.n);
    *to += text.n;
    return copy;
}

static bool copy(struct found *h, const struct shown_about *a)
{
    uint8_t *at;

    h->about = *a;
    h->bytes = a->source.n + a->input.n + a->ev.raw.n;
    h->text = at = malloc(h->bytes + 1);
    if (h->text == NULL)
        return false;
    h->about.source = put(&at, a->source);
    h->about.input = put(&at, a->input);
    h->about.ev.raw = put(&at, a->ev.raw);
    return true;
}

bool hits_add(struct hits *h, const struct shown_about *a)
{
    struct found next;

    if (hits_full(h) && order(a, &h->hit[0].about) < 0)
        return true;
    if (!copy(&next, a))
        return false;
    if (hits_full(h))
        drop_oldest(h);
    h->hit[h->count] = next;
    h->bytes += next.bytes;
    sift_up(h, h->count++);
    while (h->bytes > h->bytes_max && h->count > 1) {
        drop_oldest(h);
        h->crowded = true;
    }
    return true;
}

static int newest_first(const void *a, const void *b)
{
    return order(&((const struct found *)b)->about, &((const struct found *)a)->about);
}

void hits_sort(struct hits *h)
{
    if (h->count > 0)
        qsort(h->hit, h->count, sizeof(*h->hit), newest_first);
}
