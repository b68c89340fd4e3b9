/*
 * text.c - what a message says: a row a kind.
 */
#include <stdlib.h>
#include <utf8proc.h>

#include "base/time.h"
#include "base/utf.h"
#include "notify/notify.h"

#define VIETNAM_NS (INT64_C(25200) * TIME_SECOND) /* UTC+7, all year */

static const char *const levels[] = {
    [LEVEL_NONE] = "KHÔNG RÕ", [LEVEL_INFORMATIONAL] = "THÔNG TIN",
    [LEVEL_LOW] = "THẤP",      [LEVEL_MEDIUM] = "TRUNG BÌNH",
    [LEVEL_HIGH] = "CAO",      [LEVEL_CRITICAL] = "NGHIÊM TRỌNG",
};

const char *notice_level(enum sigma_level level)
{
    MUST((size_t)level < COUNT_OF(levels));
    return levels[level];
}

/* What rules and senders wrote: NFC, one line, cut; nothing that a reader takes for the message's
 * own lines, or that turns the order of letters round. */
static void put_clean(struct buf *out, struct span s)
{
    utf8proc_uint8_t *whole = NULL;
    utf8proc_ssize_t n =
        utf8proc_map(s.p, (utf8proc_ssize_t)s.n, &whole, UTF8PROC_COMPOSE | UTF8PROC_STABLE);
    struct span left = n >= 0 ? (struct span){ whole, (size_t)n } : s;
    bool cut = left.n > NOTIFY_TITLE_MAX;
    size_t used;

    for (left = utf8_cut(left, NOTIFY_TITLE_MAX); left.n > 0; left = span_from(left, used)) {
        uint32_t cp = utf8_get(left, &used);
        utf8proc_category_t c = utf8proc_category((utf8proc_int32_t)cp);
        uint8_t put[4];

        if (c == UTF8PROC_CATEGORY_CC || c == UTF8PROC_CATEGORY_CF || c == UTF8PROC_CATEGORY_ZL ||
            c == UTF8PROC_CATEGORY_ZP)
            cp = ' ';
        buf_add(out, (struct span){ put, utf8_put(put, cp) });
    }
    if (cut)
        buf_text(out, "…");
    free(whole);
}

/* 08:30 ngày 05/01/2026 */
static void put_time(struct buf *out, int64_t ns)
{
    struct time_parts t;

    time_split(ns + VIETNAM_NS, &t);
    buf_fmt(out, "%02u:%02u ngày %02u/%02u/%04d", t.hour, t.minute, t.day, t.month, (int)t.year);
}

static void alert_subject(const struct notice *n, struct buf *out)
{
    buf_fmt(out, "[Canh] %s: ", notice_level(n->level));
    put_clean(out, n->title);
}

static void alert_text(const struct notice *n, struct buf *out)
{
    buf_fmt(out, "Mức độ: %s\nCảnh báo số: %lld\nNội dung: ", notice_level(n->level),
            (long long)n->key);
    put_clean(out, n->title);
    buf_text(out, "\nĐối tượng: ");
    put_clean(out, n->entity);
    buf_text(out, "\nThời gian: ");
    put_time(out, n->time_ns);
    buf_fmt(out, " (giờ Việt Nam)\n\nXem trong Canh: cảnh báo số %lld.\n", (long long)n->key);
}

static void digest_subject(const struct notice *n, struct buf *out)
{
    buf_fmt(out, "[Canh] %s: thêm %lld cảnh báo", notice_level(n->level), (long long)n->count);
}

static void digest_text(const struct notice *n, struct buf *out)
{
    buf_fmt(out, "Có quá nhiều cảnh báo cùng lúc. Từ ");
    put_time(out, n->time_ns);
    buf_fmt(out,
            " (giờ Việt Nam) có thêm %lld cảnh báo không được gửi riêng từng tin.\n"
            "Mức độ cao nhất: %s, cảnh báo số %lld.\n\nXem tất cả trong Canh.\n",
            (long long)n->count, notice_level(n->level), (long long)n->gravest);
}

static void test_subject(const struct notice *n, struct buf *out)
{
    buf_text(out, "[Canh] Tin thử kênh ");
    put_clean(out, n->entity);
}

static void test_text(const struct notice *n, struct buf *out)
{
    buf_text(out, "Đây là tin thử, gửi lúc ");
    put_time(out, n->time_ns);
    buf_text(out, " (giờ Việt Nam). Nhận được tin này nghĩa là kênh ");
    put_clean(out, n->entity);
    buf_text(out, " hoạt động.\n");
}

static void call_subject(const struct notice *n, struct buf *out)
{
    buf_fmt(out, "[Canh] CHƯA AI XỬ LÝ, %s: ", notice_level(n->level));
    put_clean(out, n->title);
}

static void call_text(const struct notice *n, struct buf *out)
{
    buf_fmt(out, "Sau %lld phút chưa có ai nhận cảnh báo này. Đề nghị anh/chị xem ngay.\n\n",
            (long long)n->count);
    alert_text(n, out);
}

static const struct {
    const char *name;
    void (*subject)(const struct notice *n, struct buf *out);
    void (*text)(const struct notice *n, struct buf *out);
} kinds[] = {
#define X(id, name) { #name, name##_subject, name##_text },
    NOTICE_KIND_TABLE(X)
#undef X
};

const char *notice_kind_name(enum notice_kind k)
{
    MUST(k < NOTICE_KINDS);
    return kinds[k].name;
}

void notice_subject(const struct notice *n, struct buf *out)
{
    kinds[n->kind].subject(n, out);
}

void notice_text(const struct notice *n, struct buf *out)
{
    kinds[n->kind].text(n, out);
}
