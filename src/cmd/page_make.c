/*
 * page_make.c - see page_make.h.
 */
#include "cmd/page_make.h"

#include "os/file.h"

int page_template(const char *path, struct template *t, struct err *e)
{
    struct buf yaml;
    int rc;

    buf_init(&yaml, TEMPLATE_BYTES_MAX);
    rc = file_read(path, TEMPLATE_BYTES_MAX, &yaml, e);
    *t = (struct template){ 0 };
    if (rc == ERR_OK)
        rc = template_read(t, buf_span(&yaml), path, e);
    buf_release(&yaml);
    return rc;
}

int page_make(const struct template *t, json_t *value, const struct page_how *how, struct buf *out,
              struct template_gaps *gaps, struct err *e)
{
    struct page p;
    int rc;

    page_init(&p, page_layout(how->layout));
    rc = template_fill(t, value, &p, gaps, e);
    if (how->created != NULL)
        p.created = page_copy(&p, span_of(how->created));
    if (rc == ERR_OK)
        rc = how->pdf ? page_pdf(&p, out, e) : page_docx(&p, out, e);
    page_release(&p);
    return rc;
}
