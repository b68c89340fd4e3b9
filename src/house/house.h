/*
 * house.h - who reports: the agency whose documents these are, and who signs them; and the data of
 * each sheet that is printed, out of all that is recorded.
 *
 *   house.set ─▶ one row: letterhead, signer, telephone, usual recipients
 *   form.NAME ─▶ what template NAME (data/templates) asks for, as one JSON object: the house, the
 *                register, the incident, the roster joined by one statement (src/db/sql/form.sql)
 *
 * A new field of the house is a row of HOUSE_FIELD_TABLE, a column in a new step of the schema, and
 * its place in the statements of src/db/sql/house.sql. A new sheet is a row of FORM_TABLE with its
 * statement, and a template of the same name.
 */
#ifndef HOUSE_H
#define HOUSE_H

#include "act/act.h"
#include "act/view.h"

/* Types: TEXT, EMAIL, PHONE as in tables (sheet/columns.h); SYMBOL: no blank, no "/"; LINES: a line
 * each, kept as a JSON array; BEHALF: the same, each with a sign of authority in front.
 *    name          type    max   what it is (max: characters; of LINES of each line) */
#define HOUSE_FIELD_TABLE(X)                                                                       \
    X(parent, LINES, 200, "the agency above, at the upper left; a line each")                      \
    X(name, TEXT, 200, "whose documents these are, below it in bold")                              \
    X(code, SYMBOL, 30, "its abbreviation, as SKHCN")                                              \
    X(symbol, SYMBOL, 60,                                                                          \
      "what stands behind the kind in the symbol of its documents, as SKHCN in BC-SKHCN; "         \
      "without it: code")                                                                          \
    X(unit, SYMBOL, 30,                                                                            \
      "abbreviation of the unit that drafts, in its letters' symbols and at Lưu")                  \
    X(place, TEXT, 60, "where documents are dated, as Huế")                                        \
    X(address, TEXT, 300, "its seat")                                                              \
    X(phone, PHONE, 30, "its telephone number")                                                    \
    X(email, EMAIL, 254, "its official mail address")                                              \
    X(duty_phone, PHONE, 30, "the telephone that is answered day and night; without it: phone")    \
    X(duty_room, TEXT, 200, "where the shifts are, and are handed over")                           \
    X(signer, TEXT, 100, "who signs, without academic titles")                                     \
    X(signer_title, TEXT, 100, "office of who signs, as Phó Giám đốc")                             \
    X(signs_for, BEHALF, 100,                                                                      \
      "for whom it is signed, as KT. Giám đốc; two lines: TM. Ủy ban nhân dân, KT. Chủ tịch")      \
    X(recipients, LINES, 200, "who else gets its documents (Nơi nhận); a line each")               \
    X(reports_to, LINES, 200, "to whom a quick report goes (Kính gửi); a line each")               \
    X(bases, LINES, 500,                                                                           \
      "its own decisions and rules that its sheets are based on (căn cứ), a line each; laws come "   \
      "from data/law")

/* Decree 30/2020, article 13: with what authority somebody signs for another. Q. (quyền) is part of
 * an office: it is for nobody else. */
#define HOUSE_BEHALF_TABLE(X)                                                                      \
    X("TM.", "thay mặt tập thể")                                                                   \
    X("KT.", "ký thay cấp trưởng")                                                                 \
    X("TL.", "thừa lệnh")                                                                          \
    X("TUQ.", "thừa ủy quyền")

enum house_field {
#define X(name, type, max, help) HOUSE_##name,
    HOUSE_FIELD_TABLE(X)
#undef X
        HOUSE_FIELDS
};

#define HOUSE_LINES_MAX 20u /* of one field */

enum { HOUSE_ACTS = 1 };
extern const struct act_row house_acts[HOUSE_ACTS];
extern const struct act_kind house_kind;

enum { HOUSE_VIEWS = 1 };
extern const struct view_row house_views[HOUSE_VIEWS];

struct law;

/* Make what data/law bases sheets on known to their statements: citations of all profiles. In no
 * transaction. On an error that which was stays. */
int house_bases(struct db *db, const struct law *law, struct err *e);

/* Sheets: the name of its template and of its view (form.NAME), statement, what is asked for, its
 * type, an act whose answer is needed beside it (what no statement can know), what a file of it is
 * called, a sentence. */
#define FORM_TABLE(X)                                                                              \
    X("mau-03", SHEET_FIRST, "incident", ID, NULL, "Báo cáo ban đầu sự cố",                        \
      "The first report of an incident.")                                                          \
    X("mau-04", SHEET_LAST, "incident", ID, NULL, "Báo cáo kết thúc sự cố",                        \
      "The last report of an incident.")                                                           \
    X("bao-cao-nhanh", SHEET_QUICK, "incident", ID, "incident.quick", "Báo cáo nhanh sự cố",       \
      "The quick report of an incident.")                                                          \
    X("phieu", SHEET_PHIEU, "phieu", ID, NULL, "Phiếu", "A warning or request to an agency.")      \
    X("cong-van", SHEET_LETTER, "letter", ID, NULL, "Công văn", "An official letter.")             \
    X("bien-ban-chung-cu", SHEET_HAND_OVER, "hand_over", ID, NULL, "Biên bản bàn giao chứng cứ",   \
      "Evidence that was handed over.")                                                            \
    X("bien-ban-ban-giao-ca", SHEET_SHIFT, "handover", ID, NULL, "Biên bản bàn giao ca",           \
      "A shift that was handed over.")                                                             \
    X("lich-truc", SHEET_ROSTER, "month", TEXT, NULL, "Lịch trực", "Who is on duty in a month.")

/* What no record has and a pen fills in: on which sheet ("": on all), what, why. */
#define FORM_PEN_TABLE(X)                                                                          \
    X("", "number, date", "given by the clerk when it was signed (Decree 30/2020, article 15)")    \
    X("", "signature, seal", "put on paper, or by the system of official letters")                 \
    X("mau-03", "secret", "who signs decides whether what it says is to be kept secret")           \
    X("phieu", "answer", "the annex is for the agency, where it has not answered here already")    \
    X("lich-truc", "note", "room for what is written on the wall")

#define X(name, statement, param, type, act, title, help) +1
enum { FORM_VIEWS = 0 FORM_TABLE(X) };
#undef X
extern const struct view_row form_views[FORM_VIEWS];

#endif
