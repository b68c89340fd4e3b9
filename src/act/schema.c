/*
 * schema.c - see schema.h.
 */
#include "act/schema.h"

#include "scan/put.h"

static void put_choices(struct buf *out, const char *const *choice)
{
    buf_text(out, "\"enum\":[");
    for (size_t i = 0; choice[i] != NULL; i++) {
        buf_text(out, i > 0 ? "," : "");
        put_json_text(out, span_of(choice[i]));
    }
    buf_byte(out, ']');
}

static void put_type(struct buf *out, const struct act_param *p)
{
    switch (p->type) {
    case ACT_TEXT:
        buf_fmt(out, "\"type\":\"string\",\"maxLength\":%lld", (long long)p->max);
        return;
    case ACT_SECRET:
        buf_text(out, "\"type\":\"string\",\"writeOnly\":true");
        return;
    case ACT_ID:
        buf_text(out, "\"type\":\"integer\",\"minimum\":1");
        return;
    case ACT_IDS:
        buf_fmt(out,
                "\"type\":\"array\",\"items\":{\"type\":\"integer\",\"minimum\":1},\"minItems\":1,"
                "\"maxItems\":%u,\"uniqueItems\":true",
                ACT_IDS_MAX);
        return;
    case ACT_INTEGER:
        buf_fmt(out, "\"type\":\"integer\",\"minimum\":0,\"maximum\":%lld", (long long)p->max);
        return;
    case ACT_BOOL:
        buf_text(out, "\"type\":\"boolean\"");
        return;
    case ACT_TIME:
        buf_text(out, "\"type\":\"string\",\"format\":\"date-time\"");
        return;
    case ACT_CHOICE:
        buf_text(out, "\"type\":\"string\",");
        put_choices(out, p->choice);
        return;
    case ACT_CHOICES:
        buf_text(out, "\"type\":\"array\",\"uniqueItems\":true,\"items\":{\"type\":\"string\",");
        put_choices(out, p->choice);
        buf_byte(out, '}');
        return;
    case ACT_FIELDS:
        buf_text(out, "\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\"}");
        return;
    default:
        buf_text(out, "\"type\":\"string\",\"contentEncoding\":\"base64\"");
    }
}

void schema_act(struct buf *out, const struct act_row *row)
{
    const char *before = "\"required\":[";
    size_t i;

    buf_text(out, "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{");
    for (i = 0; i < ACT_PARAMS_MAX && row->param[i].name != NULL; i++) {
        buf_fmt(out, "%s\"%s\":{", i > 0 ? "," : "", row->param[i].name);
        put_type(out, &row->param[i]);
        buf_text(out, ",\"description\":");
        put_json_text(out, span_of(row->param[i].help));
        buf_byte(out, '}');
    }
    buf_text(out, "}");
    for (i = 0; i < ACT_PARAMS_MAX && row->param[i].name != NULL; i++) {
        if (!row->param[i].required)
            continue;
        buf_fmt(out, "%s%s\"%s\"", before[0] == '"' ? "," : "", before, row->param[i].name);
        before = ",";
    }
    buf_text(out, before[0] == ',' ? "]}" : "}");
}

void schema_view_param(struct buf *out, const struct view_param *p)
{
    switch (p->type) {
    case VIEW_ID:
        buf_text(out, "{\"type\":\"integer\",\"minimum\":1}");
        return;
    case VIEW_INTEGER:
        buf_fmt(out, "{\"type\":\"integer\",\"minimum\":0,\"maximum\":%lld}", (long long)p->max);
        return;
    case VIEW_LIMIT:
        buf_fmt(out, "{\"type\":\"integer\",\"minimum\":1,\"maximum\":%d,\"default\":%lld}",
                VIEW_ROWS_MAX, (long long)p->max);
        return;
    case VIEW_CHOICE:
        buf_text(out, "{\"type\":\"string\",");
        put_choices(out, p->choice);
        buf_byte(out, '}');
        return;
    case VIEW_LEVEL:
        buf_text(out, "{\"type\":\"string\",\"enum\":[\"informational\",\"low\",\"medium\","
                      "\"high\",\"critical\"]}");
        return;
    default:
        buf_text(out, "{\"type\":\"string\"}");
    }
}

void schema_view(struct buf *out, const struct view_row *row)
{
    static const char *const types[] = {
        [VIEW_AS_TEXT] = "{\"type\":\"string\"}",
        [VIEW_AS_INTEGER] = "{\"type\":\"integer\"}",
        [VIEW_AS_SECONDS] = "{\"type\":\"integer\"}",
        [VIEW_AS_TIME] = "{\"type\":\"string\",\"format\":\"date-time\"}",
        [VIEW_AS_LEVEL] = "{\"type\":\"string\"}",
        [VIEW_AS_FLAG] = "{\"type\":\"boolean\"}",
        [VIEW_AS_JSON] = "{}",
    };

    buf_text(out, "{\"type\":\"object\",\"properties\":{");
    for (size_t i = 0; i < VIEW_COLUMNS_MAX && row->column[i].name != NULL; i++)
        buf_fmt(out, "%s\"%s\":%s", i > 0 ? "," : "", row->column[i].name,
                types[view_as(&row->column[i])]);
    buf_text(out, "}}");
}
