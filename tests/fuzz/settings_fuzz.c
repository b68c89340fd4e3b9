/*
 * settings_read(): whatever the bytes, settings or a sentence with a line; what is read is whole.
 */
#include "conf/settings.h"

static void check_list(const struct text_list *l)
{
    for (uint32_t i = 0; i < l->count; i++)
        MUST(l->value[i] != NULL && l->value[i][0] != 0);
}

static void check_settings(const struct settings *s)
{
    check_list(&s->rules);
    check_list(&s->syslog_udp);
    check_list(&s->files);
    MUST(s->user != NULL && s->tls_key != NULL);
    MUST(s->connections >= 1 && s->connections <= 65536 && s->collectors <= 16);
    for (uint32_t i = 0; i < s->source_count; i++) {
        const struct source_settings *row = &s->sources[i];

        MUST(row->name[0] != 0);
        MUST(row->token_sha256[0] == 0 || strlen(row->token_sha256) == 64);
        check_list(&row->address);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct settings s;
    struct err e = { 0 };
    int rc = settings_read(&s, (struct span){ data, size }, "f", &e);

    if (rc != ERR_OK) {
        MUST(e.code == rc && e.at >= 1 && strncmp(e.why, "f:", 2) == 0);
        return 0;
    }
    check_settings(&s);
    settings_release(&s);
    return 0;
}
