/*
 * fields.h - what is written down of agencies, contacts, systems, machines and sources: a row a
 * field. From the rows come the parameters of acts, the columns of tables that are read and
 * written (sheet/columns.h), and the order in which statements are bound.
 */
#ifndef REGISTRY_FIELDS_H
#define REGISTRY_FIELDS_H

#include "act/act.h"
#include "sheet/columns.h"

/* --- words to choose from: name, Vietnamese, English ------------------------------------------ */

#define AGENCY_KINDS(X)                                                                            \
    X("province", "UBND tỉnh, thành phố", "People's Committee of a province")                      \
    X("department", "Sở, ban, ngành", "Provincial department")                                     \
    X("unit", "Đơn vị trực thuộc", "Unit of a department")                                         \
    X("district", "Cấp huyện (đến 30/6/2025)", "District (until 30 June 2025)")                    \
    X("commune", "Xã", "Commune")                                                                  \
    X("ward", "Phường", "Ward")                                                                    \
    X("township", "Thị trấn (đến 30/6/2025)", "Township (until 30 June 2025)")                     \
    X("zone", "Đặc khu", "Special zone")                                                           \
    X("party", "Cơ quan Đảng", "Party body")                                                       \
    X("front", "Mặt trận, đoàn thể", "Fatherland Front, mass organisation")                        \
    X("police", "Công an", "Police")                                                               \
    X("military", "Quân sự, biên phòng", "Military, border guard")                                 \
    X("court", "Tòa án, viện kiểm sát, thi hành án", "Court, procuracy, enforcement")              \
    X("school", "Cơ sở giáo dục", "School")                                                        \
    X("health", "Cơ sở y tế", "Health facility")                                                   \
    X("enterprise", "Doanh nghiệp", "Enterprise")                                                  \
    X("other", "Khác", "Other")

/* ND 331/2026, article 9.2. */
#define SYSTEM_TYPES(X)                                                                            \
    X("internal", "Nội bộ", "Internal")                                                            \
    X("public", "Phục vụ người dân, doanh nghiệp", "Serves citizens and businesses")               \
    X("infrastructure", "Cơ sở hạ tầng thông tin", "Information infrastructure")                   \
    X("industrial", "Điều khiển công nghiệp", "Industrial control")                                \
    X("other", "Khác", "Other")

#define INFORMATION_CLASSES(X)                                                                     \
    X("public", "Công cộng", "Public")                                                             \
    X("private", "Riêng", "Private")                                                               \
    X("personal", "Cá nhân", "Personal")                                                           \
    X("confidential", "Bí mật nhà nước: Mật", "State secret: confidential")                        \
    X("secret", "Bí mật nhà nước: Tối mật", "State secret: secret")                                \
    X("top-secret", "Bí mật nhà nước: Tuyệt mật", "State secret: top secret")

#define SYSTEM_STATUSES(X)                                                                         \
    X("building", "Đang xây dựng", "Being built")                                                  \
    X("operating", "Đang vận hành", "Operating")                                                   \
    X("retired", "Đã ngừng", "Retired")

#define MACHINE_KINDS(X)                                                                           \
    X("server", "Máy chủ", "Server")                                                               \
    X("virtual", "Máy chủ ảo", "Virtual server")                                                   \
    X("workstation", "Máy trạm", "Workstation")                                                    \
    X("network", "Thiết bị mạng", "Network device")                                                \
    X("security", "Thiết bị bảo mật", "Security device")                                           \
    X("storage", "Thiết bị lưu trữ", "Storage")                                                    \
    X("camera", "Camera", "Camera")                                                                \
    X("speaker", "Loa truyền thanh", "Loudspeaker")                                                \
    X("other", "Khác", "Other")

#define IMPORTANCES(X)                                                                             \
    X("low", "Thấp", "Low")                                                                        \
    X("medium", "Trung bình", "Medium")                                                            \
    X("high", "Cao", "High")                                                                       \
    X("critical", "Rất cao", "Critical")

/* What reports of incidents have boxes for (form 03 of Circular 20/2017): src/registry/describe.c.
 */
#define SYSTEM_SERVICES(X)                                                                         \
    X("web", "Web", "Web")                                                                         \
    X("mail", "Thư điện tử", "Mail")                                                               \
    X("database", "Cơ sở dữ liệu", "Database")                                                     \
    X("ftp", "FTP", "FTP")                                                                         \
    X("proxy", "Proxy", "Proxy")                                                                   \
    X("application", "Ứng dụng", "Application")                                                    \
    X("other", "Khác", "Other")

#define SYSTEM_PROTECTIONS(X)                                                                      \
    X("antivirus", "Phòng chống mã độc", "Against malware")                                        \
    X("firewall", "Tường lửa", "Firewall")                                                         \
    X("ids", "Phát hiện xâm nhập", "Intrusion detection")                                          \
    X("other", "Khác", "Other")

#define YES_NO(X)                                                                                  \
    X("no", "Không", "No")                                                                         \
    X("yes", "Có", "Yes")

/* Each list as the names alone, NULL behind the last, and with both languages. */
#define REGISTRY_LIST_TABLE(X)                                                                     \
    X(agency_kinds, AGENCY_KINDS)                                                                  \
    X(system_types, SYSTEM_TYPES)                                                                  \
    X(information_classes, INFORMATION_CLASSES)                                                    \
    X(system_statuses, SYSTEM_STATUSES)                                                            \
    X(machine_kinds, MACHINE_KINDS)                                                                \
    X(importances, IMPORTANCES)                                                                    \
    X(system_services, SYSTEM_SERVICES)                                                            \
    X(system_protections, SYSTEM_PROTECTIONS)                                                      \
    X(yes_no, YES_NO)

#define REGISTRY_ONE(name, vi, en) +1
#define X(list, ROWS)                                                                              \
    enum { list##_count = 0 ROWS(REGISTRY_ONE) };                                                  \
    extern const char *const list##_names[list##_count + 1];                                       \
    extern const struct choice list##_choices[list##_count];
REGISTRY_LIST_TABLE(X)
#undef X

/* --- types of fields -------------------------------------------------------------------------- */

/*    type        in tables  what it is; in the database it is a text, unless it says otherwise */
#define FIELD_TYPE_TABLE(X)                                                                        \
    X(TEXT, TEXT)                                                                                  \
    X(CODE, TEXT)     /* letters, digits and . _ - / within: one without regard to case */         \
    X(CHOICE, CHOICE) /* the name */                                                               \
    X(CLASSES, TEXT)  /* several of a list; an array of names, in its order */                     \
    X(FLAG, CHOICE)   /* 0 or 1 */                                                                 \
    X(DATE, DATE)     /* 2025-07-01 */                                                             \
    X(LEVEL, LEVEL)   /* number */                                                                 \
    X(COUNT, INT)     /* number, at least 1 */                                                     \
    X(EMAIL, EMAIL)                                                                                \
    X(PHONE, PHONE)                                                                                \
    X(AGENCY, TEXT)    /* number; in tables its code */                                            \
    X(SYSTEM, TEXT)    /* the same */                                                              \
    X(DOMAINS, TEXT)   /* names of hosts; an array */                                              \
    X(NETWORKS, TEXT)  /* addresses, or networks as 10.0.0.0/8; an array */                        \
    X(ADDRESSES, TEXT) /* addresses; an array */                                                   \
    X(MACS, TEXT)      /* 00:11:22:aa:bb:cc; an array */

enum field_type {
#define X(id, column) FIELD_##id,
    FIELD_TYPE_TABLE(X)
#undef X
        FIELD_TYPES
};

#define REGISTRY_CODE_MAX 40u
#define REGISTRY_DAY_MAX  10u /* characters of a day */

/* --- fields: name, type, required, max (characters), list, Vietnamese, English, help in both ---
 */

#define AGENCY_FIELDS(X)                                                                           \
    X(code, CODE, true, 40, none, "Mã cơ quan", "Code",                                            \
      "Mã định danh hoặc mã viết tắt, không trùng: chữ không dấu, số, dấu . _ - /",                \
      "what it is known by: letters, digits, . _ - /")                                             \
    X(name, TEXT, true, 200, none, "Tên cơ quan", "Name", "Tên đầy đủ", "its full name")           \
    X(kind, CHOICE, true, 0, agency_kinds, "Loại cơ quan", "Kind", "Chọn trong danh mục",          \
      "what it is")                                                                                \
    X(parent, AGENCY, false, 40, none, "Mã cơ quan cấp trên", "Parent",                            \
      "Mã của cơ quan quản lý trực tiếp", "the agency that it is a part of")                       \
    X(valid_from, DATE, false, 10, none, "Hoạt động từ ngày", "Valid from",                        \
      "Ngày thành lập; để trống nếu không rõ", "the day from which it is there, as 2025-07-01")    \
    X(abbreviation, TEXT, false, 30, none, "Tên viết tắt", "Abbreviation",                         \
      "Chữ viết tắt dùng trong số, ký hiệu văn bản", "as in the numbers of its documents")         \
    X(address, TEXT, false, 300, none, "Địa chỉ", "Address", "Trụ sở", "its seat")                 \
    X(phone, PHONE, false, 30, none, "Điện thoại", "Phone", "Số điện thoại chung",                 \
      "its telephone number")                                                                      \
    X(email, EMAIL, false, 254, none, "Thư điện tử", "E-mail", "Hộp thư công vụ",                  \
      "its e-mail address")

/* Of tables only: acts end an agency. */
#define AGENCY_END_FIELDS(X)                                                                       \
    X(valid_to, DATE, false, 10, none, "Kết thúc từ ngày", "Valid to",                             \
      "Ngày đầu tiên không còn hoạt động; để trống nếu đang hoạt động",                            \
      "the first day on which it is no more")                                                      \
    X(successor, AGENCY, false, 40, none, "Mã cơ quan kế thừa", "Successor",                       \
      "Mã của cơ quan tiếp nhận sau sáp nhập, giải thể", "the agency that took it over")

#define CONTACT_FIELDS(X)                                                                          \
    X(agency, AGENCY, true, 40, none, "Mã cơ quan", "Agency", "Mã trong danh mục cơ quan",         \
      "the agency whose it is")                                                                    \
    X(name, TEXT, true, 100, none, "Họ và tên", "Name", "Cán bộ đầu mối", "who answers for it")    \
    X(title, TEXT, false, 100, none, "Chức vụ", "Title", "Chức vụ, phòng", "office held")          \
    X(phone, PHONE, false, 30, none, "Điện thoại", "Phone", "Số gọi được khi có sự cố",            \
      "the telephone number")                                                                      \
    X(email, EMAIL, false, 254, none, "Thư điện tử", "E-mail", "Hộp thư công vụ",                  \
      "the e-mail address")                                                                        \
    X(all_hours, FLAG, false, 0, yes_no, "Trực 24/7", "All hours", "Có: gọi được cả ngày đêm",     \
      "can be reached day and night")

/* `owner`, `operator` and `since` go into system_agency. */
#define SYSTEM_FIELDS(X)                                                                           \
    X(code, CODE, true, 40, none, "Mã hệ thống", "Code",                                           \
      "Không trùng: chữ không dấu, số, dấu . _ - /",                                               \
      "what it is known by: letters, digits, . _ - /")                                             \
    X(name, TEXT, true, 200, none, "Tên hệ thống", "Name", "Tên theo quyết định phê duyệt",        \
      "its name, as in the decision on its level")                                                 \
    X(owner, AGENCY, true, 40, none, "Mã cơ quan chủ quản", "Owner",                               \
      "Chủ quản hệ thống thông tin", "the agency that owns it")                                    \
    X(operator, AGENCY, true, 40, none, "Mã đơn vị vận hành", "Operator", "Đơn vị vận hành",       \
      "the agency that runs it")                                                                   \
    X(since, DATE, false, 10, none, "Chủ quản, vận hành từ ngày", "Since",                         \
      "Ngày chủ quản hoặc đơn vị vận hành này bắt đầu",                                            \
      "the day from which owner and operator are so, as 2025-07-01")                               \
    X(type, CHOICE, true, 0, system_types, "Loại hình", "Type", "Điều 9 Nghị định 331/2026",       \
      "what it is for")                                                                            \
    X(information, CLASSES, true, 200, information_classes, "Loại thông tin", "Information",       \
      "Một hoặc nhiều loại, cách nhau bằng dấu chấm phẩy", "what it processes")                    \
    X(level, LEVEL, false, 0, none, "Cấp độ", "Level", "1 đến 5; để trống nếu chưa xác định",      \
      "its level, 1 to 5")                                                                         \
    X(decision, TEXT, false, 60, none, "Số quyết định phê duyệt", "Decision",                      \
      "Số, ký hiệu quyết định phê duyệt cấp độ", "number of the decision on its level")            \
    X(decided, DATE, false, 10, none, "Ngày quyết định", "Decided", "Ngày ký",                     \
      "the day of the decision, as 2025-07-01")                                                    \
    X(status, CHOICE, false, 0, system_statuses, "Trạng thái", "Status",                           \
      "Để trống: đang vận hành", "building, operating or retired")                                 \
    X(retention, COUNT, false, 240, none, "Lưu nhật ký (tháng)", "Retention",                      \
      "Số tháng lưu nhật ký riêng của hệ thống; không thấp hơn mức của cấp độ",                    \
      "months for which its logs are kept, where they are not the level's")                        \
    X(domains, DOMAINS, false, 1000, none, "Tên miền", "Domains",                                  \
      "Cách nhau bằng dấu phẩy hoặc khoảng trắng", "its domain names, with blanks between them")   \
    X(networks, NETWORKS, false, 1000, none, "Dải mạng", "Networks",                               \
      "Địa chỉ IP hoặc dải mạng, ví dụ 10.1.0.0/16", "its networks, as 10.1.0.0/16")               \
    X(provider, TEXT, false, 200, none, "Nhà cung cấp", "Provider",                                \
      "Đơn vị cho thuê dịch vụ, hạ tầng", "who supplies it")

#define SYSTEM_END_FIELDS(X)                                                                       \
    X(retired, DATE, false, 10, none, "Ngừng từ ngày", "Retired",                                  \
      "Ngày đầu tiên không còn vận hành", "the first day on which it is no more")

#define MACHINE_FIELDS(X)                                                                          \
    X(system, SYSTEM, true, 40, none, "Mã hệ thống", "System", "Mã trong danh mục hệ thống",       \
      "the system that it belongs to")                                                             \
    X(name, TEXT, true, 100, none, "Tên máy", "Name", "Tên máy như trong nhật ký (hostname)",      \
      "its name, as in its logs")                                                                  \
    X(kind, CHOICE, true, 0, machine_kinds, "Loại máy", "Kind", "Chọn trong danh mục",             \
      "what it is")                                                                                \
    X(addresses, ADDRESSES, false, 500, none, "Địa chỉ IP", "Addresses",                           \
      "Cách nhau bằng dấu phẩy hoặc khoảng trắng", "its addresses, with blanks between them")      \
    X(macs, MACS, false, 500, none, "Địa chỉ MAC", "MACs", "Ví dụ 00:11:22:aa:bb:cc",              \
      "its MAC addresses")                                                                         \
    X(os, TEXT, false, 100, none, "Hệ điều hành", "OS", "Tên và phiên bản",                        \
      "its operating system")                                                                      \
    X(importance, CHOICE, false, 0, importances, "Mức quan trọng", "Importance",                   \
      "Để trống: trung bình", "how much depends on it")

#define SOURCE_FIELDS(X)                                                                           \
    X(source, TEXT, true, 200, none, "Nguồn nhật ký", "Source", "Tên nguồn như trong canh",        \
      "the source's name")                                                                         \
    X(system, SYSTEM, false, 40, none, "Mã hệ thống", "System", "Mã trong danh mục hệ thống",      \
      "the system that it belongs to; without it: to none")

/* Places of the fields: AGENCY_code, AGENCY_name, ... */
#define FIELD_PLACES(THING, FIELDS, MORE)                                                          \
    enum { FIELDS(FIELD_PLACE_##THING) MORE(FIELD_PLACE_##THING) THING##_FIELD_COUNT };
#define NO_FIELDS(X)
#define FIELD_PLACE_AGENCY(name, ...)  AGENCY_##name,
#define FIELD_PLACE_CONTACT(name, ...) CONTACT_##name,
#define FIELD_PLACE_SYSTEM(name, ...)  SYSTEM_##name,
#define FIELD_PLACE_MACHINE(name, ...) MACHINE_##name,
#define FIELD_PLACE_SOURCE(name, ...)  SOURCE_##name,
FIELD_PLACES(AGENCY, AGENCY_FIELDS, AGENCY_END_FIELDS)
FIELD_PLACES(CONTACT, CONTACT_FIELDS, NO_FIELDS)
FIELD_PLACES(SYSTEM, SYSTEM_FIELDS, SYSTEM_END_FIELDS)
FIELD_PLACES(MACHINE, MACHINE_FIELDS, NO_FIELDS)
FIELD_PLACES(SOURCE, SOURCE_FIELDS, NO_FIELDS)

#define REGISTRY_FIELDS_MAX 16u

/* --- as parameters of acts -------------------------------------------------------------------- */

#define FIELD_PARAM(name, type, required, max, list, vi, en, help_vi, help)                        \
    PARAM_##type(#name, required, max, list, help),
#define FIELD_PARAM_OF_CHANGE(name, type, required, max, list, vi, en, help_vi, help)              \
    PARAM_##type(#name, false, max, list, help),

/* Bytes of a text of so many characters. */
#define PARAM_TEXT(n, r, m, l, h)                                                                  \
    {                                                                                              \
        n, ACT_TEXT, r, 4 * (m), NULL, h                                                           \
    }
#define PARAM_CODE      PARAM_TEXT
#define PARAM_DATE      PARAM_TEXT
#define PARAM_EMAIL     PARAM_TEXT
#define PARAM_PHONE     PARAM_TEXT
#define PARAM_DOMAINS   PARAM_TEXT
#define PARAM_NETWORKS  PARAM_TEXT
#define PARAM_ADDRESSES PARAM_TEXT
#define PARAM_MACS      PARAM_TEXT
#define PARAM_CHOICE(n, r, m, l, h)                                                                \
    {                                                                                              \
        n, ACT_CHOICE, r, 0, l##_names, h                                                          \
    }
#define PARAM_CLASSES(n, r, m, l, h)                                                               \
    {                                                                                              \
        n, ACT_CHOICES, r, 0, l##_names, h                                                         \
    }
#define PARAM_FLAG(n, r, m, l, h)                                                                  \
    {                                                                                              \
        n, ACT_BOOL, r, 0, NULL, h                                                                 \
    }
#define PARAM_LEVEL(n, r, m, l, h)                                                                 \
    {                                                                                              \
        n, ACT_INTEGER, r, 5, NULL, h                                                              \
    }
#define PARAM_COUNT(n, r, m, l, h)                                                                 \
    {                                                                                              \
        n, ACT_INTEGER, r, m, NULL, h                                                              \
    }
#define PARAM_AGENCY(n, r, m, l, h)                                                                \
    {                                                                                              \
        n, ACT_ID, r, 0, NULL, h                                                                   \
    }
#define PARAM_SYSTEM PARAM_AGENCY

#endif
