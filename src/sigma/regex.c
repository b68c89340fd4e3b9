/*
 * regex.c - one place for the flags and limits of PCRE2.
 */
#include "sigma/regex.h"

#define REGEX_BYTES_MAX 65536u
#define MATCH_LIMIT     1000000u /* steps; a field of 1 MiB with a sane pattern stays below */
#define DEPTH_LIMIT     1000u
#define HEAP_KIB_LIMIT  16384u
#define PARENS_MAX      100u

int sigma_regex_compile(const struct sigma_test *t, pcre2_code **out, struct err *e)
{
    uint32_t flags = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C;
    pcre2_compile_context *context;
    PCRE2_UCHAR why[160];
    PCRE2_SIZE at = 0;
    int code = 0;

    MUST(t->op == SIGMA_RE && out != NULL);
    *out = NULL;
    if (t->text.n > REGEX_BYTES_MAX)
        return err_set(e, ERR_LIMIT, 0, "The regular expression is longer than %u bytes.",
                       REGEX_BYTES_MAX);
    flags |= t->re_i ? PCRE2_CASELESS : 0;
    flags |= t->re_m ? PCRE2_MULTILINE : 0;
    flags |= t->re_s ? PCRE2_DOTALL : 0;
    context = pcre2_compile_context_create(NULL);
    if (context == NULL)
        return err_set(e, ERR_NOMEM, 0, "There is no memory for a regular expression.");
    (void)pcre2_set_parens_nest_limit(context, PARENS_MAX); /* always 0 */
    *out = pcre2_compile(t->text.n > 0 ? t->text.p : (const uint8_t *)"", t->text.n, flags, &code,
                         &at, context);
    pcre2_compile_context_free(context);
    if (*out != NULL)
        return ERR_OK;
    if (pcre2_get_error_message(code, why, sizeof(why)) < 0)
        why[0] = 0;
    return err_set(e, code == PCRE2_ERROR_NOMEMORY ? ERR_NOMEM : ERR_SYNTAX, at,
                   "The regular expression is wrong at character %zu: %s.", at + 1,
                   (const char *)why);
}

void sigma_regex_limits(pcre2_match_context *context)
{
    (void)pcre2_set_match_limit(context, MATCH_LIMIT); /* all three always give 0 */
    (void)pcre2_set_depth_limit(context, DEPTH_LIMIT);
    (void)pcre2_set_heap_limit(context, HEAP_KIB_LIMIT);
}
