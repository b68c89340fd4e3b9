/*
 * output.c - the table of outputs.
 */
#include "scan/output.h"

static const struct output_row *const rows[] = { &output_table, &output_json, &output_csv,
                                                 &output_html };

const struct output_row *output_row(size_t index)
{
    return index < COUNT_OF(rows) ? rows[index] : NULL;
}
