// What ClickHouse makes of the varied set: bytes an event on the disk, without any index but that of the sorting key.
//
//   node clickhouse.mjs MODULES FOLDER FILE      libchdb in this process, from MODULES (npm: chdb)
//
// Printed: events, bytes, version, between tabs. The events are columns of their own types, as somebody who knows them
// would lay them out; so the raw bytes are not kept, as they are by us.
import { createRequire } from "node:module";

const [modules, folder, file] = process.argv.slice(2);
const { Session } = createRequire(modules + "/")("chdb");
const texts = ["app", "type", "action", "srcip", "dstip", "message", "severity", "facility", "program", "raw",
  "remote_addr", "method", "uri", "request_time", "user_agent", "Channel", "Computer", "TargetUserName",
  "TargetDomainName", "TargetLogonId", "IpAddress", "IpPort", "ProcessId", "client", "query", "qtype", "rcode"];
const numbers = ["srcport", "dstport", "proto", "sentbyte", "sessionid", "policyid", "pid", "status", "bytes",
  "EventID", "RecordNumber", "LogonType", "client_port", "qid"];
const columns = ["host String", "`@timestamp` DateTime64(3)", ...texts.map((n) => n + " String"),
  ...numbers.map((n) => n + " UInt32")];

const session = new Session(folder);
session.query("CREATE DATABASE IF NOT EXISTS bench");
session.query(`CREATE TABLE bench.events (${columns.map((c) => c + " CODEC(ZSTD(1))").join(", ")})
  ENGINE = MergeTree ORDER BY (host, \`@timestamp\`)`);
session.query(`INSERT INTO bench.events SELECT * FROM file('${file}', JSONEachRow, '${columns.join(", ")}')
  SETTINGS date_time_input_format = 'best_effort', input_format_skip_unknown_fields = 1`);
session.query("OPTIMIZE TABLE bench.events FINAL");
const said = session.query(`SELECT (SELECT count() FROM bench.events), sum(bytes_on_disk), version() FROM system.parts
  WHERE database = 'bench' AND table = 'events' AND active`, "TSV");
process.stdout.write(said);
session.close();
