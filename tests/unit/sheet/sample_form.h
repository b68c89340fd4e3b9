/*
 * sample_form.h - a form with a column of each type, for tests and the fuzzer.
 */
#ifndef SAMPLE_FORM_H
#define SAMPLE_FORM_H

#include "sheet/columns.h"

static const struct choice sample_kinds[] = {
    { "server", "Máy chủ, thiết bị", "Server" },
    { "client", "Máy trạm", "Workstation" },
};

static const struct column sample_columns[] = {
    { .name = "name",
      .vi = "Tên hệ thống",
      .en = "System",
      .type = COLUMN_TEXT,
      .required = true,
      .max = 50,
      .help_vi = "Tên đầy đủ.",
      .help_en = "In full." },
    { .name = "machines", .vi = "Số máy", .en = "Machines", .type = COLUMN_INT, .max = 1000000 },
    { .name = "share", .vi = "Tỷ lệ", .en = "Share", .type = COLUMN_NUMBER },
    { .name = "approved", .vi = "Ngày phê duyệt", .en = "Approved on", .type = COLUMN_DATE },
    { .name = "level", .vi = "Cấp độ", .en = "Level", .type = COLUMN_LEVEL, .required = true },
    { .name = "kind",
      .vi = "Loại",
      .en = "Kind",
      .type = COLUMN_CHOICE,
      .choices = sample_kinds,
      .choice_count = COUNT_OF(sample_kinds) },
    { .name = "mail", .vi = "Thư điện tử", .en = "E-mail", .type = COLUMN_EMAIL },
    { .name = "phone", .vi = "Điện thoại", .en = "Telephone", .type = COLUMN_PHONE },
    { .name = "network", .vi = "Dải mạng", .en = "Network", .type = COLUMN_NETWORK },
    { .name = "checked", .vi = "Kiểm tra lúc", .en = "Checked at", .type = COLUMN_TIME },
};

static const struct form sample_form = { "systems", "Hệ thống", "Systems", sample_columns,
                                         COUNT_OF(sample_columns) };

#endif
