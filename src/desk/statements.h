/*
 * statements.h - every SQL statement of the desk, by name, and the schema's steps. No SQL is put
 * together from texts at run time.
 */
#ifndef STATEMENTS_H
#define STATEMENTS_H

/* --- what table `record` is about (record.h); part of step 3: never change a row, add one ---- */

#define RECORD_ALERT(of)                                                                           \
    of "id, " of "kind, " of "rule, " of "rule_hash, " of "title, " of "level, " of                \
       "entity, " of "entity_key, " of "state, " of "made, " of "closed"
#define RECORD_ALERT_EVENT(of)                                                                     \
    of "alert, " of "number, " of "lane, " of "sequence, " of "time, " of "json"

/*    table          its key                              its columns */
#define RECORD_TABLE(X)                                                                            \
    X("alert", RECORD_ALERT_KEY, RECORD_ALERT)                                                     \
    X("alert_event", RECORD_ALERT_EVENT_KEY, RECORD_ALERT_EVENT)
#define RECORD_ALERT_KEY(of)       "CAST(" of "id AS TEXT)"
#define RECORD_ALERT_EVENT_KEY(of) of "alert || '.' || " of "number"

#define RECORD_DIGEST(table, columns, of) "canh_digest('" table "', " columns(of) ")"
#define RECORD_INTO                       "INSERT INTO record(kind, key, digest) "
#define RECORD_BEGIN(table, key, columns)                                                          \
    RECORD_INTO "SELECT '" table "', " key("") ", " RECORD_DIGEST(table, columns, "") " FROM "     \
        table " ORDER BY 2;"                                                                       \
    "CREATE TRIGGER record_" table "_made AFTER INSERT ON " table " BEGIN " RECORD_INTO            \
    "VALUES('" table "', " key("NEW.") ", " RECORD_DIGEST(table, columns, "NEW.") "); END;"        \
    "CREATE TRIGGER record_" table "_changed AFTER UPDATE ON " table                               \
    " WHEN " RECORD_DIGEST(table, columns, "NEW.") " <> " RECORD_DIGEST(table, columns, "OLD.")    \
    " BEGIN " RECORD_INTO                                                                          \
    "VALUES('" table "', " key("NEW.") ", " RECORD_DIGEST(table, columns, "NEW.") "); END;"        \
    "CREATE TRIGGER record_" table "_removed AFTER DELETE ON " table " BEGIN " RECORD_INTO         \
    "VALUES('" table "', " key("OLD.") ", zeroblob(32)); END;"

/* Each row of a recorded table that is not as its last line says, and each line whose row is not
 * there: kind, key. */
#define RECORD_ROWS(table, key, columns)                                                           \
    " UNION ALL SELECT '" table "', " key("") ", " RECORD_DIGEST(table, columns, "") " FROM " table
#define RECORD_DIFFERENT                                                                           \
    "WITH line AS (SELECT kind, key, digest, max(number) FROM record GROUP BY kind, key),"         \
    " present(kind, key, digest) AS (SELECT NULL, NULL, NULL WHERE 0" RECORD_TABLE(RECORD_ROWS)    \
    ") SELECT p.kind, p.key, CASE WHEN l.digest IS NULL THEN 'put in' ELSE 'changed' END"          \
    " FROM present p LEFT JOIN line l USING(kind, key) WHERE p.digest IS NOT l.digest"             \
    " UNION ALL SELECT l.kind, l.key, 'removed' FROM line l LEFT JOIN present p USING(kind, key)"  \
    " WHERE p.digest IS NULL AND l.digest <> zeroblob(32)"

/* --- the schema: never change a step that was shipped; add one ------------------------------- */

#define DB_STEP_TABLE(X)                                                                           \
    /* 1: where each lane was read up to, for whom */                                              \
    X("CREATE TABLE place(lane INTEGER NOT NULL, purpose TEXT NOT NULL, segment INTEGER NOT NULL," \
      " bytes INTEGER NOT NULL, sequence INTEGER NOT NULL, PRIMARY KEY(lane, purpose))"            \
      " WITHOUT ROWID;"                                                                            \
      "CREATE TABLE lane(lane INTEGER PRIMARY KEY, matched INTEGER NOT NULL,"                      \
      " findings INTEGER NOT NULL, repeated INTEGER NOT NULL, odd INTEGER NOT NULL);" /* findings  \
                                                                                         that may  \
                                                                                         come      \
                                                                                         again:    \
                                                                                         see       \
                                                                                         pull.h */ \
      "CREATE TABLE finding(lane INTEGER NOT NULL, sequence INTEGER NOT NULL,"                     \
      " rule TEXT NOT NULL, rule_hash INTEGER NOT NULL,"                                           \
      " PRIMARY KEY(lane, sequence, rule, rule_hash)) WITHOUT ROWID;"                              \
      "CREATE TABLE alert(id INTEGER PRIMARY KEY, kind TEXT NOT NULL"                              \
      "  CHECK(kind IN ('detection', 'correlation', 'system')),"                                   \
      " rule TEXT NOT NULL, rule_hash INTEGER NOT NULL, title TEXT NOT NULL,"                      \
      " level INTEGER NOT NULL, entity TEXT NOT NULL, entity_key TEXT NOT NULL,"                   \
      " first INTEGER NOT NULL, last INTEGER NOT NULL, until INTEGER NOT NULL,"                    \
      " count INTEGER NOT NULL, events INTEGER NOT NULL,"                                          \
      " state TEXT NOT NULL CHECK(state IN ('new', 'closed', 'withdrawn')),"                       \
      " provisional INTEGER NOT NULL, made INTEGER NOT NULL, closed INTEGER,"                      \
      " linked INTEGER REFERENCES alert(id));"                                                     \
      "CREATE INDEX alert_of ON alert(rule, entity_key, rule_hash, until);"                        \
      "CREATE INDEX alert_last ON alert(last);"                                                    \
      "CREATE INDEX alert_linked ON alert(linked) WHERE linked IS NOT NULL;"                       \
      "CREATE TABLE alert_event(alert INTEGER NOT NULL REFERENCES alert(id) ON DELETE CASCADE,"    \
      " number INTEGER NOT NULL, lane INTEGER, sequence INTEGER, time INTEGER NOT NULL,"           \
      " json TEXT, PRIMARY KEY(alert, number)) WITHOUT ROWID;" /* of correlations; provisional and \
                                                                  final are times */               \
      "CREATE TABLE result(id INTEGER PRIMARY KEY, rule TEXT NOT NULL, rule_hash INTEGER NOT"      \
      " NULL, grp TEXT NOT NULL, provisional INTEGER, final INTEGER, span INTEGER NOT NULL,"       \
      " state TEXT NOT NULL"                                                                       \
      "  CHECK(state IN ('provisional', 'confirmed', 'final', 'withdrawn')),"                      \
      " plan INTEGER NOT NULL, alert INTEGER REFERENCES alert(id) ON DELETE SET NULL,"             \
      " CHECK(provisional IS NOT NULL OR final IS NOT NULL));"                                     \
      "CREATE UNIQUE INDEX result_provisional ON result(rule, rule_hash, grp, provisional);"       \
      "CREATE UNIQUE INDEX result_final ON result(rule, rule_hash, grp, final);"                   \
      "CREATE INDEX result_open ON result(plan, provisional + span) WHERE state = 'provisional';"  \
      "CREATE INDEX result_alert ON result(alert);"                                                \
      "CREATE INDEX result_time ON result(coalesce(final, provisional));"                          \
      "CREATE TABLE live(id INTEGER PRIMARY KEY CHECK(id = 1), plan INTEGER NOT NULL,"             \
      " time INTEGER NOT NULL, state BLOB NOT NULL);"                                              \
      "CREATE TABLE late(rule TEXT PRIMARY KEY, title TEXT NOT NULL, count INTEGER NOT NULL,"      \
      " last INTEGER NOT NULL) WITHOUT ROWID;"                                                     \
      "CREATE TABLE tracer(source TEXT NOT NULL, lane INTEGER NOT NULL, time INTEGER NOT NULL,"    \
      " receipt INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY(source, lane))"              \
      " WITHOUT ROWID;"                                                                            \
      "CREATE TABLE source(name TEXT PRIMARY KEY, input TEXT NOT NULL, state TEXT NOT NULL"        \
      "  CHECK(state IN ('never', 'active', 'late', 'silent')),"                                   \
      " since INTEGER NOT NULL, interval INTEGER NOT NULL, last INTEGER NOT NULL) WITHOUT ROWID;"  \
      "CREATE TABLE notice(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, text TEXT NOT NULL,"        \
      " time INTEGER NOT NULL);" /* of the desk that runs, since it started */                     \
      "CREATE TABLE counter(name TEXT PRIMARY KEY, value INTEGER NOT NULL, time INTEGER NOT NULL)" \
      " WITHOUT ROWID;")                                                                           \
    /* 2: what came of each kind of event, and which rules see nothing */                          \
    X("CREATE TABLE view(key INTEGER PRIMARY KEY, last INTEGER NOT NULL);"                         \
      "CREATE TABLE blind(hash INTEGER PRIMARY KEY, rule TEXT NOT NULL, title TEXT NOT NULL,"      \
      " level INTEGER NOT NULL, reason TEXT NOT NULL, field TEXT NOT NULL,"                        \
      " since INTEGER NOT NULL);")                                                              \
    /* 3: what people rely on, line by line (record.h) */                                          \
    X("CREATE TABLE record(number INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL,"     \
      " digest BLOB NOT NULL);" RECORD_TABLE(RECORD_BEGIN))

/* --- statements ------------------------------------------------------------------------------ */

#define DB_ALERT_COLUMNS                                                                           \
    "id, kind, rule, title, level, entity, first, last, count, state, provisional, made, closed,"  \
    " linked"

#define DB_STATEMENT_TABLE(X)                                                                      \
    X(PLACE_GET, "SELECT segment, bytes, sequence FROM place WHERE lane = ? AND purpose = ?")      \
    X(PLACE_PUT,                                                                                   \
      "INSERT INTO place(lane, purpose, segment, bytes, sequence) VALUES(?, ?, ?, ?, ?)"           \
      " ON CONFLICT DO UPDATE SET segment = excluded.segment, bytes = excluded.bytes,"             \
      " sequence = excluded.sequence")                                                             \
    X(LANE_GET, "SELECT matched, findings, repeated, odd FROM lane WHERE lane = ?")                \
    X(LANE_PUT, "INSERT OR REPLACE INTO lane(lane, matched, findings, repeated, odd)"              \
                " VALUES(?, ?, ?, ?, ?)")                                                          \
    X(FINDING_ADD, "INSERT OR IGNORE INTO finding(lane, sequence, rule, rule_hash)"                \
                   " VALUES(?, ?, ?, ?)")                                                          \
    X(FINDING_DROP, "DELETE FROM finding WHERE lane = ? AND sequence < ?")                         \
    X(FINDING_ALL, "SELECT sequence, rule, rule_hash FROM finding WHERE lane = ?")                 \
    X(ALERT_FIND, "SELECT id, first, last, until, count, events, provisional FROM alert"           \
                  " WHERE rule = ? AND entity_key = ? AND rule_hash = ? AND until > ?"             \
                  " AND until <= ? AND state = 'new' AND kind = ? ORDER BY until LIMIT 1")         \
    X(ALERT_LATEST, "SELECT id FROM alert WHERE rule = ? AND entity_key = ? AND kind = ?"          \
                    " ORDER BY id DESC LIMIT 1")                                                   \
    X(ALERT_ADD,                                                                                   \
      "INSERT INTO alert(kind, rule, rule_hash, title, level, entity, entity_key, first, last,"    \
      " until, count, events, state, provisional, made, linked)"                                   \
      " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 'new', ?, ?, ?)")                               \
    X(ALERT_PUT, "UPDATE alert SET first = ?, last = ?, count = ?, events = ?, provisional = ?"    \
                 " WHERE id = ?")                                                                  \
    X(ALERT_CONFIRM, "UPDATE alert SET provisional = 0, last = max(last, ?) WHERE id = ?")         \
    X(ALERT_UNCOUNT,                                                                               \
      "UPDATE alert SET count = count - 1,"                                                        \
      " state = CASE WHEN count <= 1 AND state = 'new' THEN 'withdrawn' ELSE state END,"           \
      " closed = CASE WHEN count <= 1 AND state = 'new' THEN ? ELSE closed END WHERE id = ?")      \
    X(ALERT_OPEN, "SELECT id FROM alert WHERE rule = ? AND entity_key = ? AND kind = 'system'"     \
                  " AND state = 'new' LIMIT 1")                                                    \
    X(ALERT_CLOSE, "UPDATE alert SET state = 'closed', closed = ?, last = ? WHERE rule = ?"        \
                   " AND entity_key = ? AND kind = 'system' AND state = 'new'")                    \
    X(EVENT_ADD, "INSERT INTO alert_event(alert, number, lane, sequence, time, json)"              \
                 " VALUES(?, ?, ?, ?, ?, ?)")                                                      \
    X(TRACER_PUT, "INSERT INTO tracer(source, lane, time, receipt, count) VALUES(?, ?, ?, ?, 1)"   \
                  " ON CONFLICT DO UPDATE SET time = max(time, excluded.time),"                    \
                  " receipt = max(receipt, excluded.receipt), count = count + 1")                  \
    X(TRACER_ALL, "SELECT source, sum(count), max(receipt) FROM tracer GROUP BY source")           \
    X(RESULT_PROVISIONAL,                                                                          \
      "INSERT OR IGNORE INTO result(rule, rule_hash, grp, provisional, span, state, plan)"         \
      " VALUES(?, ?, ?, ?, ?, 'provisional', ?)")                                                  \
    X(RESULT_FINAL, "INSERT OR IGNORE INTO result(rule, rule_hash, grp, final, span, state, plan)" \
                    " VALUES(?, ?, ?, ?, ?, 'final', ?)")                                          \
    X(RESULT_KNOWN, "SELECT id FROM result WHERE rule = ? AND rule_hash = ? AND grp = ?"           \
                    " AND final = ?")                                                              \
    X(RESULT_FIND, "SELECT id, alert FROM result WHERE rule = ? AND rule_hash = ? AND grp = ?"     \
                   " AND provisional > ? AND provisional < ? AND state = 'provisional'"            \
                   " ORDER BY abs(provisional - ?) LIMIT 1")                                       \
    X(RESULT_CONFIRM, "UPDATE result SET final = ?, state = 'confirmed' WHERE id = ?")             \
    X(RESULT_ALERT, "UPDATE result SET alert = ? WHERE id = ?")                                    \
    X(RESULT_DUE, "SELECT id, alert FROM result WHERE plan = ? AND state = 'provisional'"          \
                  " AND provisional + span < ? LIMIT 1000")                                        \
    X(RESULT_WITHDRAW, "UPDATE result SET state = 'withdrawn' WHERE id = ?")                       \
    X(RESULT_PRUNE, "DELETE FROM result WHERE coalesce(final, provisional) < ?"                    \
                    " AND state <> 'provisional'")                                                 \
    X(RESULT_FINALS, "SELECT rule, grp, final FROM result WHERE final IS NOT NULL")                \
    X(LIVE_GET, "SELECT plan, state FROM live")                                                    \
    X(LIVE_PUT, "INSERT OR REPLACE INTO live(id, plan, time, state) VALUES(1, ?, ?, ?)")           \
    X(LATE_PUT, "INSERT INTO late(rule, title, count, last) VALUES(?, ?, ?, ?)"                    \
                " ON CONFLICT DO UPDATE SET count = count + excluded.count,"                       \
                " title = excluded.title, last = excluded.last")                                   \
    X(SOURCE_ALL, "SELECT name, input, state, since, interval, last FROM source")                  \
    X(SOURCE_PUT, "INSERT OR REPLACE INTO source(name, input, state, since, interval, last)"       \
                  " VALUES(?, ?, ?, ?, ?, ?)")                                                     \
    X(NOTICE_ADD, "INSERT INTO notice(kind, text, time) VALUES(?, ?, ?)")                          \
    X(NOTICE_PRUNE, "DELETE FROM notice WHERE id <= (SELECT max(id) FROM notice) - ?")             \
    X(COUNTER_PUT, "INSERT OR REPLACE INTO counter(name, value, time) VALUES(?, ?, ?)")            \
    X(VIEW_ALL, "SELECT key, last FROM view")                                                      \
    X(VIEW_PUT, "INSERT OR REPLACE INTO view(key, last) VALUES(?, ?)")                             \
    X(VIEW_PRUNE, "DELETE FROM view WHERE last < ?")                                               \
    X(BLIND_ALL, "SELECT hash, since FROM blind")                                                  \
    X(BLIND_CLEAR, "DELETE FROM blind")                                                            \
    X(BLIND_PUT, "INSERT OR REPLACE INTO blind(hash, rule, title, level, reason, field, since)"    \
                 " VALUES(?, ?, ?, ?, ?, ?, ?)")                                                   \
    X(LIST_BLIND, "SELECT rule, title, level, reason, field, since FROM blind"                     \
                  " ORDER BY level DESC, title, rule LIMIT ?")                                     \
    X(LIST_COUNTERS, "SELECT name, value, time FROM counter")                                      \
    X(LIST_ALERTS, "SELECT " DB_ALERT_COLUMNS " FROM alert WHERE level >= ? AND last >= ?"         \
                   " AND (? = '' OR rule = ? OR title = ? COLLATE NOCASE)"                         \
                   " ORDER BY last DESC, id DESC LIMIT ?")                                         \
    X(LIST_EVENTS, "SELECT lane, sequence, time, json FROM alert_event WHERE alert = ?"            \
                   " ORDER BY number LIMIT ?")                                                     \
    X(RECORD_LINES, "SELECT number, kind, key, digest FROM record WHERE number > ?"                \
                    " ORDER BY number LIMIT ?")                                                    \
    X(RECORD_FAULTS, RECORD_DIFFERENT)                                                             \
    X(LIST_NOTICES, "SELECT kind, text, time FROM notice WHERE time >= ? ORDER BY id DESC LIMIT ?")

enum db_statement {
#define X(name, sql) DB_##name,
    DB_STATEMENT_TABLE(X)
#undef X
        DB_STATEMENTS
};

#endif
