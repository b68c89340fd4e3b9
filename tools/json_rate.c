/*
 * json_rate - how fast json_read() goes: events/s over a file of one object a line, best of 3.
 *
 * usage: json_rate FILE [KERNEL]
 *
 * The whole file is read first. Objects are taken off the front of what is left, as simdjson's
 * iterate_many() does, so that the figure stands beside that of a simdjson walk. A second figure is
 * for lines that are cut first. KERNEL (0 portable, 1 AVX2, 2 AVX-512) forces a slower one.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/ascii.h"
#include "wire/codec.h"
#include "wire/json_scan.h"

static double now_s(void)
{
    struct timespec t;

    MUST(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static bool file_read(const char *path, struct span *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    uint8_t *p;
    size_t n = 0;

    if (fd < 0 || fstat(fd, &st) != 0)
        return false;
    p = malloc((size_t)st.st_size + 1);
    MUST(p != NULL);
    while (n < (size_t)st.st_size) {
        ssize_t got = read(fd, p + n, (size_t)st.st_size - n);

        if (got <= 0)
            break;
        n += (size_t)got;
    }
    close(fd);
    *out = (struct span){ p, n };
    return true;
}

struct totals {
    size_t events, fields, broken;
};

static double run(const struct json_kernel *k, struct span in, bool cut, struct rec *r,
                  struct totals *t)
{
    double from = now_s();

    *t = (struct totals){ 0, 0, 0 };
    while (in.n > 0) {
        size_t line = cut ? span_find(in, '\n') : in.n;
        int64_t used = json_read_by(k, (struct span){ in.p, line }, r, NULL);

        if (used > 0) {
            t->events++;
            t->fields += r->count;
        } else {
            t->broken++;
            used = (int64_t)(cut ? line : span_find(in, '\n'));
        }
        rec_clear(r);
        in = span_from(in, (size_t)used);
        while (in.n > 0 && ascii_is_blank(in.p[0]))
            in = span_from(in, 1);
    }
    return (double)t->events / (now_s() - from);
}

int main(int argc, char **argv)
{
    const struct json_kernel *k = json_kernel();
    struct totals t;
    struct span in;
    struct rec r;

    if (argc == 3)
        k = json_kernel_at((size_t)(argv[2][0] - '0'));
    if (argc < 2 || k == NULL || !file_read(argv[1], &in) || !rec_init(&r)) {
        fputs("usage: json_rate FILE [KERNEL]\n", stderr);
        return 2;
    }
    for (int cut = 0; cut < 2; cut++) {
        double best = 0;

        for (int i = 0; i < 3; i++) {
            double rate = run(k, in, cut != 0, &r, &t);

            best = rate > best ? rate : best;
        }
        printf("%s%.0f", cut != 0 ? " lines " : "", best);
    }
    printf(" %s %zu events %zu fields %zu broken\n", k->name, t.events, t.fields, t.broken);
    rec_release(&r);
    free((void *)(uintptr_t)in.p);
    return 0;
}
