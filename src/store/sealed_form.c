/*
 * sealed_form.c - see sealed_form.h, and sealed.h for the layout.
 */
#include "store/sealed_form.h"

#include <stdio.h>
#include <time.h>

#include <xxhash.h>

#include "base/bytes.h"
#include "base/num.h"

#define FILE_MARK  "canhseal"
#define BLOCK_MARK "CBLK"
#define FOOT_MARK  "CFTR"

uint64_t sealed_hash(struct span s)
{
    return XXH3_64bits(s.p, s.n);
}

/* The hash of all before it stands in the last 8 of `n` bytes. */
static void seal_bytes(uint8_t *p, size_t n)
{
    bytes_put_u64(p + n - 8, XXH3_64bits(p, n - 8));
}

static bool bytes_check(const uint8_t *p, size_t n)
{
    return bytes_u64(p + n - 8) == XXH3_64bits(p, n - 8);
}

/* --- Head ----------------------------------------------------------------------------------- */

void sealed_head_put(uint8_t p[SEALED_HEAD_BYTES], const struct sealed_about *a)
{
    memset(p, 0, SEALED_HEAD_BYTES);
    memcpy(p, FILE_MARK, 8);
    bytes_put_u32(p + 8, SEALED_VERSION);
    bytes_put_u32(p + 12, a->lane);
    memcpy(p + 16, a->store, sizeof(a->store));
    bytes_put_u32(p + 32, (uint32_t)a->day);
    bytes_put_u16(p + 36, a->months);
    bytes_put_u64(p + 40, a->from);
    seal_bytes(p, SEALED_HEAD_BYTES);
}

int sealed_head_read(const uint8_t p[SEALED_HEAD_BYTES], struct sealed_about *a, struct err *e)
{
    if (memcmp(p, FILE_MARK, 8) != 0 || !bytes_check(p, SEALED_HEAD_BYTES))
        return err_set(e, ERR_CORRUPT, 0, "The head of a sealed file does not check.");
    if (bytes_u32(p + 8) == 0 || bytes_u32(p + 8) > SEALED_VERSION)
        return err_set(e, ERR_UNSUPPORTED, 8,
                       "A sealed file is of version %u; this program reads up to %u.",
                       bytes_u32(p + 8), SEALED_VERSION);
    a->lane = bytes_u32(p + 12);
    memcpy(a->store, p + 16, sizeof(a->store));
    a->day = (int32_t)bytes_u32(p + 32);
    a->months = bytes_u16(p + 36);
    a->from = bytes_u64(p + 40);
    return ERR_OK;
}

/* --- Block ---------------------------------------------------------------------------------- */

void sealed_block_put(uint8_t p[SEALED_BLOCK_HEAD_BYTES], const struct sealed_block *b)
{
    memset(p, 0, SEALED_BLOCK_HEAD_BYTES);
    memcpy(p, BLOCK_MARK, 4);
    bytes_put_u32(p + 4, b->events);
    bytes_put_u64(p + 8, b->from);
    bytes_put_u64(p + 16, b->to);
    bytes_put_u64(p + 24, (uint64_t)b->receipt_from);
    bytes_put_u64(p + 32, (uint64_t)b->receipt_to);
    bytes_put_u64(p + 40, b->place);
    bytes_put_u64(p + 48, b->bytes);
    bytes_put_u32(p + 56, b->roots);
    bytes_put_u32(p + 60, b->sources);
    bytes_put_u64(p + 64, b->roots_hash);
    bytes_put_u64(p + 72, b->hash);
    bytes_put_u64(p + 80, b->sources_hash);
    seal_bytes(p, SEALED_BLOCK_HEAD_BYTES);
}

bool sealed_block_read(const uint8_t p[SEALED_BLOCK_HEAD_BYTES], struct sealed_block *b)
{
    if (memcmp(p, BLOCK_MARK, 4) != 0 || !bytes_check(p, SEALED_BLOCK_HEAD_BYTES))
        return false;
    b->events = bytes_u32(p + 4);
    b->from = bytes_u64(p + 8);
    b->to = bytes_u64(p + 16);
    b->receipt_from = (int64_t)bytes_u64(p + 24);
    b->receipt_to = (int64_t)bytes_u64(p + 32);
    b->place = bytes_u64(p + 40);
    b->bytes = bytes_u64(p + 48);
    b->roots = bytes_u32(p + 56);
    b->sources = bytes_u32(p + 60);
    b->roots_hash = bytes_u64(p + 64);
    b->hash = bytes_u64(p + 72);
    b->sources_hash = bytes_u64(p + 80);
    return b->events > 0 && b->from <= b->to && b->to - b->from >= b->events - 1 &&
           b->receipt_from <= b->receipt_to && b->bytes > 0 && b->bytes <= SEALED_BODY_MAX &&
           b->roots <= SEALED_ROOTS_MAX && b->sources <= SEALED_SOURCES_MAX;
}

/* --- Foot ----------------------------------------------------------------------------------- */

void sealed_foot_put(uint8_t p[SEALED_FOOT_BYTES], const struct sealed_foot *f)
{
    memset(p, 0, SEALED_FOOT_BYTES);
    memcpy(p, FOOT_MARK, 4);
    bytes_put_u32(p + 4, f->blocks);
    bytes_put_u64(p + 8, f->words_bytes);
    bytes_put_u64(p + 16, f->stream_bytes);
    bytes_put_u64(p + 24, f->directory_bytes);
    bytes_put_u64(p + 32, f->words_at);
    bytes_put_u64(p + 40, f->stream_hash);
    bytes_put_u64(p + 48, f->directory_hash);
    bytes_put_u64(p + 56, f->to);
    bytes_put_u16(p + 64, f->part);
    bytes_put_u16(p + 66, f->parts);
    bytes_put_u32(p + 68, f->tally_bytes);
    bytes_put_u64(p + 72, f->tally_hash);
    seal_bytes(p, SEALED_FOOT_BYTES);
}

bool sealed_foot_read(const uint8_t p[SEALED_FOOT_BYTES], struct sealed_foot *f)
{
    if (memcmp(p, FOOT_MARK, 4) != 0 || !bytes_check(p, SEALED_FOOT_BYTES))
        return false;
    f->blocks = bytes_u32(p + 4);
    f->words_bytes = bytes_u64(p + 8);
    f->stream_bytes = bytes_u64(p + 16);
    f->directory_bytes = bytes_u64(p + 24);
    f->words_at = bytes_u64(p + 32);
    f->stream_hash = bytes_u64(p + 40);
    f->directory_hash = bytes_u64(p + 48);
    f->to = bytes_u64(p + 56);
    f->part = bytes_u16(p + 64);
    f->parts = bytes_u16(p + 66);
    f->tally_bytes = bytes_u32(p + 68);
    f->tally_hash = bytes_u64(p + 72);
    return f->blocks > 0 && f->blocks <= SEALED_BLOCKS && (f->part < f->parts || f->parts == 0) &&
           f->directory_bytes == f->blocks * (uint64_t)SEALED_BLOCK_HEAD_BYTES;
}

/* --- Names ---------------------------------------------------------------------------------- */

void sealed_folder_name(char *name, int32_t day, uint16_t months)
{
    const time_t at = (time_t)day * 86400;
    struct tm tm;

    (void)gmtime_r(&at, &tm);
    (void)snprintf(name, SEALED_NAME_BYTES, "%04d%02d%02d-%u", tm.tm_year + 1900, tm.tm_mon + 1,
                   tm.tm_mday, months);
}

bool sealed_folder_read(struct span name, int32_t *day, uint16_t *months)
{
    char again[SEALED_NAME_BYTES];
    uint64_t date, kept;
    struct tm tm = { 0 };

    if (name.n < 10 || name.p[8] != '-' || !num_u64((struct span){ name.p, 8 }, 99991231, &date) ||
        !num_u64(span_from(name, 9), UINT16_MAX, &kept))
        return false;
    tm.tm_year = (int)(date / 10000) - 1900;
    tm.tm_mon = (int)(date / 100 % 100) - 1;
    tm.tm_mday = (int)(date % 100);
    *day = (int32_t)(timegm(&tm) / 86400);
    *months = (uint16_t)kept;
    sealed_folder_name(again, *day, *months); /* one spelling only */
    return span_eq(name, span_of(again));
}

void sealed_file_name(char *name, const struct sealed_name *of)
{
    (void)snprintf(name, SEALED_NAME_BYTES, "%02u-%llu-%llu-%u.seal", of->lane,
                   (unsigned long long)of->from, (unsigned long long)of->to, of->parts);
}

bool sealed_file_read(struct span name, struct sealed_name *of)
{
    static const uint64_t max[] = { UINT32_MAX, UINT64_MAX, UINT64_MAX, UINT16_MAX };
    char again[SEALED_NAME_BYTES];
    struct span rest = name;
    uint64_t part[COUNT_OF(max)];

    if (!span_ends(name, SPAN_LIT(".seal")))
        return false;
    rest.n -= 5;
    for (size_t i = 0; i < COUNT_OF(max); i++) {
        size_t n = i + 1 < COUNT_OF(max) ? span_find(rest, '-') : rest.n;

        if (!num_u64((struct span){ rest.p, n }, max[i], &part[i]))
            return false;
        rest = span_from(rest, n < rest.n ? n + 1 : n);
    }
    *of = (struct sealed_name){ (uint32_t)part[0], part[1], part[2], (uint16_t)part[3] };
    sealed_file_name(again, of); /* one spelling only */
    return of->from <= of->to && span_eq(name, span_of(again));
}
