-- Agencies, who answers for them, their systems, the machines of those, and whose a source's events are.
--
-- A day is a text, 2025-07-01, of the calendar of Viet Nam. What has a valid_to is no more from that day on.

-- An agency that ended is found through its successor, every other through what it is a part of: a tree.
-- Of these texts ?1 is an agency, or NULL: those that it has a say in, itself among them.
--! define AGENCY_UP coalesce(successor, parent)
--! define MY_AGENCIES WITH RECURSIVE mine(agency) AS (SELECT ?1 WHERE ?1 IS NOT NULL
--!     UNION SELECT id FROM mine JOIN agency ON {AGENCY_UP} = +mine.agency)

CREATE TABLE agency(
    id INTEGER PRIMARY KEY,
    code TEXT NOT NULL UNIQUE COLLATE NOCASE,
    name TEXT NOT NULL, name_key TEXT NOT NULL,
    kind TEXT NOT NULL,
    parent INTEGER REFERENCES agency(id),
    valid_from TEXT CHECK(valid_from GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'),
    valid_to TEXT CHECK(valid_to GLOB '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'),
    successor INTEGER REFERENCES agency(id),
    abbreviation TEXT, address TEXT, phone TEXT, email TEXT,
    CHECK(valid_from < valid_to), CHECK(successor IS NULL OR valid_to IS NOT NULL),
    CHECK(parent <> id), CHECK(successor <> id));
CREATE INDEX agency_up ON agency({AGENCY_UP});
CREATE INDEX agency_successor ON agency(successor) WHERE successor IS NOT NULL;

-- confirmed, ended: ns.
CREATE TABLE contact(
    id INTEGER PRIMARY KEY,
    agency INTEGER NOT NULL REFERENCES agency(id),
    name TEXT NOT NULL, name_key TEXT NOT NULL, title TEXT, phone TEXT, email TEXT,
    all_hours INTEGER NOT NULL CHECK(all_hours IN (0, 1)),
    confirmed INTEGER, ended INTEGER,
    CHECK(phone IS NOT NULL OR email IS NOT NULL));
CREATE UNIQUE INDEX contact_of ON contact(agency, name_key) WHERE ended IS NULL;

-- information, domains, networks: arrays.
CREATE TABLE system(
    id INTEGER PRIMARY KEY,
    code TEXT NOT NULL UNIQUE COLLATE NOCASE,
    name TEXT NOT NULL, name_key TEXT NOT NULL,
    type TEXT NOT NULL, information TEXT NOT NULL,
    level INTEGER CHECK(level BETWEEN 1 AND 5), decision TEXT, decided TEXT,
    status TEXT NOT NULL CHECK(status IN ('building', 'operating', 'retired')),
    retired TEXT CHECK((retired IS NULL) = (status <> 'retired')),
    retention INTEGER CHECK(retention > 0),
    domains TEXT NOT NULL, networks TEXT NOT NULL,
    provider TEXT, CHECK(decided IS NULL OR decision IS NOT NULL));

-- Who had it when: an empty valid_from is as long as it is known.
CREATE TABLE system_agency(
    system INTEGER NOT NULL REFERENCES system(id),
    role TEXT NOT NULL CHECK(role IN ('owner', 'operator')),
    agency INTEGER NOT NULL REFERENCES agency(id),
    valid_from TEXT NOT NULL, valid_to TEXT CHECK(valid_from < valid_to),
    PRIMARY KEY(system, role, valid_from)) WITHOUT ROWID;
CREATE UNIQUE INDEX system_agency_now ON system_agency(system, role) WHERE valid_to IS NULL;
CREATE INDEX system_agency_of ON system_agency(agency, system) WHERE valid_to IS NULL;

CREATE TABLE machine(
    id INTEGER PRIMARY KEY,
    system INTEGER NOT NULL REFERENCES system(id),
    name TEXT NOT NULL, name_key TEXT NOT NULL, kind TEXT NOT NULL,
    addresses TEXT NOT NULL, macs TEXT NOT NULL,
    os TEXT, importance TEXT NOT NULL CHECK(importance IN ('low', 'medium', 'high', 'critical')),
    retired TEXT);
CREATE UNIQUE INDEX machine_of ON machine(system, name_key) WHERE retired IS NULL;

-- Without a system: it was taken from one.
CREATE TABLE source_of(id INTEGER PRIMARY KEY, source TEXT NOT NULL UNIQUE, system INTEGER REFERENCES system(id));
CREATE INDEX source_of_system ON source_of(system) WHERE system IS NOT NULL;

-- What an event's host or address is looked up in: made from machines and systems, by triggers. An address
-- alone has all bits; a host or domain none.
CREATE TABLE system_key(
    kind TEXT NOT NULL CHECK(kind IN ('host', 'domain', 'net4', 'net6')),
    key TEXT NOT NULL, bits INTEGER NOT NULL,
    system INTEGER NOT NULL REFERENCES system(id), machine INTEGER NOT NULL,
    PRIMARY KEY(kind, key, bits, system, machine)) WITHOUT ROWID;
CREATE INDEX system_key_bits ON system_key(kind, bits);
CREATE INDEX system_key_of ON system_key(system, machine);
--! define NET_KEY SELECT CASE WHEN instr(value, ':') THEN 'net6' ELSE 'net4' END,
--!     substr(value, 1, instr(value || '/', '/') - 1),
--!     CASE WHEN instr(value, '/') THEN CAST(substr(value, instr(value, '/') + 1) AS INTEGER)
--!     WHEN instr(value, ':') THEN 128 ELSE 32 END
CREATE TRIGGER machine_keys_made AFTER INSERT ON machine BEGIN
    INSERT INTO system_key VALUES('host', NEW.name_key, 0, NEW.system, NEW.id);
    INSERT INTO system_key {NET_KEY}, NEW.system, NEW.id FROM json_each(NEW.addresses);
    END;
CREATE TRIGGER machine_keys_changed AFTER UPDATE ON machine BEGIN
    DELETE FROM system_key WHERE system = OLD.system AND machine = OLD.id;
    INSERT INTO system_key SELECT 'host', NEW.name_key, 0, NEW.system, NEW.id WHERE NEW.retired IS NULL;
    INSERT INTO system_key {NET_KEY}, NEW.system, NEW.id FROM json_each(NEW.addresses)
        WHERE NEW.retired IS NULL;
    END;
CREATE TRIGGER system_keys_made AFTER INSERT ON system BEGIN
    INSERT INTO system_key SELECT 'domain', value, 0, NEW.id, 0 FROM json_each(NEW.domains);
    INSERT INTO system_key {NET_KEY}, NEW.id, 0 FROM json_each(NEW.networks);
    END;
CREATE TRIGGER system_keys_changed AFTER UPDATE OF domains, networks ON system BEGIN
    DELETE FROM system_key WHERE system = NEW.id AND machine = 0;
    INSERT INTO system_key SELECT 'domain', value, 0, NEW.id, 0 FROM json_each(NEW.domains);
    INSERT INTO system_key {NET_KEY}, NEW.id, 0 FROM json_each(NEW.networks);
    END;

-- A system with who had it, to be put back as it was: agencies is an array of arrays.
CREATE VIEW system_state(id, code, name, name_key, type, information, level, decision, decided, status, retired,
    retention, domains, networks, provider, agencies) AS SELECT id, code, name, name_key, type, information, level,
    decision, decided, status, retired, retention, domains, networks, provider, NULL FROM system;
CREATE TRIGGER system_state_put INSTEAD OF UPDATE ON system_state BEGIN
    UPDATE system SET code = NEW.code, name = NEW.name, name_key = NEW.name_key, type = NEW.type,
        information = NEW.information, level = NEW.level, decision = NEW.decision, decided = NEW.decided,
        status = NEW.status, retired = NEW.retired, retention = NEW.retention, domains = NEW.domains,
        networks = NEW.networks, provider = NEW.provider WHERE id = NEW.id;
    DELETE FROM system_agency WHERE system = NEW.id;
    INSERT INTO system_agency SELECT NEW.id, max(iif(k.key = 0, k.value, NULL)), max(iif(k.key = 1, k.value, NULL)),
        max(iif(k.key = 2, k.value, NULL)), max(iif(k.key = 3, k.value, NULL))
        FROM json_each(NEW.agencies) j, json_each(j.value) k GROUP BY j.key;
    END;

--! record agency: CAST({of}id AS TEXT): id, code, name, kind, parent, valid_from, valid_to, successor, abbreviation,
--!     address, phone, email
--! record contact: CAST({of}id AS TEXT): id, agency, name, title, phone, email, all_hours, confirmed, ended
--! record system: CAST({of}id AS TEXT): id, code, name, type, information, level, decision, decided, status, retired,
--!     retention, domains, networks, provider
--! record system_agency: {of}system || '.' || {of}role || '.' || {of}valid_from: system, role, agency, valid_from,
--!     valid_to
--! record machine: CAST({of}id AS TEXT): id, system, name, kind, addresses, macs, os, importance, retired
--! record source_of: CAST({of}id AS TEXT): id, source, system
