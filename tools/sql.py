#!/usr/bin/env python3
"""Statements and schema as C: `sql.py enum|texts FILE...` on standard output.

    src/db/schema/N-AREA.sql   step N of the schema; never change one that was shipped
    src/db/sql/AREA.sql        statements, each below a line with its name: -- ALERT_FIND

A line that begins with --! is for this program:

    --! define NAME text        {NAME} is that text from here on, in this file and those after it
    --! record TABLE: key: a, b in a schema: TABLE is under the ledger (db/record.h) from this step on,
                                with these columns; key is an expression over the columns, in which a
                                column is written {of}a

Of a table that is recorded in several steps the last counts.
"""
import os
import re
import sys

INTO = "INSERT INTO record(kind, key, digest) "


class Recorded:
    def __init__(self, table, key, columns):
        self.table, self.key = table, key
        self.columns = [c.strip() for c in columns.split(",")]

    def key_of(self, of):
        return self.key.replace("{of}", of)

    def digest(self, of):
        return "canh_digest('%s', %s)" % (self.table, ", ".join(of + c for c in self.columns))

    def differs(self):
        return " OR ".join("NEW.%s IS NOT OLD.%s" % (c, c) for c in self.columns)

    def begin(self):
        """A line for each row that is there, and triggers for all that will be."""
        new = "VALUES('%s', %s, %s); END;" % (self.table, self.key_of("NEW."), self.digest("NEW."))
        return [
            INTO + "SELECT '%s', %s, %s FROM %s ORDER BY 2;"
            % (self.table, self.key_of(""), self.digest(""), self.table),
            "CREATE TRIGGER record_%s_made AFTER INSERT ON %s BEGIN " % (self.table, self.table) + INTO + new,
            # columns are compared, for a digest costs more than all the rest of a change
            "CREATE TRIGGER record_%s_changed AFTER UPDATE OF %s ON %s WHEN %s BEGIN "
            % (self.table, ", ".join(self.columns), self.table, self.differs()) + INTO + new,
            "CREATE TRIGGER record_%s_removed AFTER DELETE ON %s BEGIN " % (self.table, self.table) + INTO
            + "VALUES('%s', %s, zeroblob(32)); END;" % (self.table, self.key_of("OLD.")),
        ]


class Reader:
    def __init__(self):
        self.defined, self.recorded = {}, {}
        self.steps, self.statements = [], []

    def fill(self, text, where):
        def put(m):
            if m.group(1) not in self.defined:
                sys.exit("%s: {%s} is not defined" % (where, m.group(1)))
            return self.defined[m.group(1)]
        return re.sub(r"\{([A-Z_]+)\}", put, text)

    def directive(self, line, where):
        """What a line beginning with --! adds to a step."""
        word, _, rest = line.strip().partition(" ")
        if word == "define":
            name, _, text = rest.partition(" ")
            self.defined[name] = self.fill(text.strip(), where)
            return []
        if word != "record" or rest.count(":") != 2:
            sys.exit("%s: not understood: %s" % (where, line))
        table, key, columns = (p.strip() for p in rest.split(":"))
        self.recorded[table] = Recorded(table, key, columns)
        return self.recorded[table].begin()

    def lines(self, path):
        """(number, line), comments left out, a directive with its further lines as one."""
        with open(path, encoding="utf-8") as f:
            lines = f.read().split("\n")
        i = 0
        while i < len(lines):
            line, at = lines[i], i + 1
            i += 1
            if line.startswith("--!"):
                while i < len(lines) and re.match(r"--!\s{3,}\S", lines[i]):
                    line += " " + lines[i][3:].strip()
                    i += 1
            yield at, line

    def schema(self, path):
        step, sql = [], ""
        for at, line in self.lines(path):
            where = "%s:%d" % (path, at)
            if line.startswith("--!"):
                step += self.directive(line[3:], where)
            elif not line.lstrip().startswith("--"):
                sql += " " + self.fill(line.strip(), where)
                # a trigger has several statements and ends with END;
                if sql.endswith(";") and ("CREATE TRIGGER" not in sql or re.search(r"\bEND;$", sql)):
                    step.append(sql.strip())
                    sql = ""
        if sql.strip():
            sys.exit("%s: the last statement has no end" % path)
        number = int(os.path.basename(path).split("-")[0])
        if number != len(self.steps) + 1:
            sys.exit("%s: step %d is missing" % (path, len(self.steps) + 1))
        self.steps.append("\n".join(step))

    def sql(self, path):
        name = None
        for at, line in self.lines(path):
            where = "%s:%d" % (path, at)
            m = re.fullmatch(r"-- ([A-Z][A-Z0-9_]*)", line)
            if line.startswith("--!"):
                self.directive(line[3:], where)
            elif m:
                name = m.group(1)
                if any(n == name for n, _ in self.statements):
                    sys.exit("%s: %s is there twice" % (where, name))
                self.statements.append((name, ""))
            elif line.strip() and not line.lstrip().startswith("--"):
                if name is None:
                    sys.exit("%s: a statement without a name" % where)
                text = (self.statements[-1][1] + " " + self.fill(line.strip(), where)).strip()
                self.statements[-1] = (name, text)

    def faults(self):
        """Each row of a recorded table that is not as its last line says, each line whose row is gone."""
        present = "".join(" UNION ALL SELECT '%s', %s, NULL, %s FROM %s" % (r.table, r.key_of(""), r.digest(""), r.table)
                          for r in self.recorded.values())
        # A join of the two would look at all rows for each line: it is sorted once.
        return ("WITH both(kind, key, line, row) AS (SELECT kind, key, digest, NULL FROM"
                " (SELECT kind, key, digest, max(number) FROM record GROUP BY kind, key)" + present + "),"
                " one(kind, key, line, row) AS (SELECT kind, key, max(line), max(row) FROM both GROUP BY kind, key)"
                " SELECT kind, key, CASE WHEN line IS NULL THEN 'put in' WHEN row IS NULL THEN 'removed' ELSE 'changed' END"
                " FROM one WHERE row IS NOT nullif(line, zeroblob(32))")


def array(name, text):
    """No string: C17 promises room for literals of 4095 bytes only."""
    data = ",".join(str(b - 256 if b > 127 else b) for b in text.encode())
    return "static const char %s[] = {%s,0};\n" % (name, re.sub(r"((?:-?\d+,){30})", r"\1\n", data))


def main():
    r = Reader()
    for path in sorted(sys.argv[2:], key=lambda p: ("/schema/" not in p, int(re.sub(r"\D.*", "", os.path.basename(p)) or 0), p)):
        (r.schema if "/schema/" in path else r.sql)(path)
    r.statements.append(("RECORD_FAULTS", r.faults()))
    print("/* Made from src/db/schema and src/db/sql by tools/sql.py. */")
    if sys.argv[1] == "enum":
        print("enum db_statement {")
        for name, _ in r.statements:
            print("    DB_%s," % name)
        print("    DB_STATEMENTS\n};")
        return
    for i, text in enumerate(r.steps):
        print(array("step_%d" % (i + 1), text), end="")
    print("static const char *const steps[] = { %s };" % ", ".join("step_%d" % (i + 1) for i in range(len(r.steps))))
    for name, text in r.statements:
        print(array("text_" + name, text), end="")
    print("static const char *const texts[] = { %s };" % ", ".join("text_" + n for n, _ in r.statements))


if __name__ == "__main__":
    main()
