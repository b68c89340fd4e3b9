-- The registers: agencies, contacts, systems, machines, sources. Fields stand in the order of
-- src/registry/fields.h.

-- --- one thing: ?1 its number, then its fields

-- AGENCY_LOAD
SELECT code, name, kind, parent, valid_from, abbreviation, address, phone, email, valid_to, successor
    FROM agency WHERE id = ?

-- AGENCY_FIND
SELECT id FROM agency WHERE code = ?

-- AGENCY_PUT
INSERT INTO agency(id, code, name, name_key, kind, parent, valid_from, abbreviation, address, phone, email,
    valid_to, successor) VALUES(?1, ?2, ?3, canh_fold(?3), ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
    ON CONFLICT(id) DO UPDATE SET code = excluded.code, name = excluded.name, name_key = excluded.name_key,
    kind = excluded.kind, parent = excluded.parent, valid_from = excluded.valid_from,
    abbreviation = excluded.abbreviation, address = excluded.address, phone = excluded.phone,
    email = excluded.email, valid_to = excluded.valid_to, successor = excluded.successor

-- AGENCY_STATE
SELECT json_array(code, name, kind, parent, valid_from, valid_to, successor, abbreviation, address, phone, email)
    FROM agency WHERE id = ?

-- AGENCY_STATE_PUT
UPDATE agency SET code = ?2 ->> 0, name = ?2 ->> 1, name_key = canh_fold(?2 ->> 1), kind = ?2 ->> 2,
    parent = ?2 ->> 3, valid_from = ?2 ->> 4, valid_to = ?2 ->> 5, successor = ?2 ->> 6,
    abbreviation = ?2 ->> 7, address = ?2 ->> 8, phone = ?2 ->> 9, email = ?2 ->> 10 WHERE id = ?1

-- AGENCY_IS
SELECT code, valid_from, valid_to FROM agency WHERE id = ?

-- AGENCY_WITHIN
WITH RECURSIVE up(agency) AS (SELECT ?2 UNION SELECT {AGENCY_UP} FROM up JOIN agency a ON a.id = up.agency)
    SELECT 1 FROM up WHERE agency = ?1 LIMIT 1

-- CONTACT_LOAD
SELECT agency, name, title, phone, email, all_hours FROM contact WHERE id = ? AND ended IS NULL

-- CONTACT_FIND
SELECT id FROM contact WHERE agency = ? AND name_key = canh_fold(?) AND ended IS NULL

-- CONTACT_PUT
INSERT INTO contact(id, agency, name, name_key, title, phone, email, all_hours)
    VALUES(?1, ?2, ?3, canh_fold(?3), ?4, ?5, ?6, ?7)
    ON CONFLICT(id) DO UPDATE SET agency = excluded.agency, name = excluded.name, name_key = excluded.name_key,
    title = excluded.title, phone = excluded.phone, email = excluded.email, all_hours = excluded.all_hours

-- CONTACT_CONFIRM
UPDATE contact SET confirmed = ? WHERE id = ?

-- CONTACT_END
UPDATE contact SET ended = ? WHERE id = ?

-- CONTACT_STATE
SELECT json_array(agency, name, title, phone, email, all_hours, confirmed, ended) FROM contact WHERE id = ?

-- CONTACT_STATE_PUT
UPDATE contact SET agency = ?2 ->> 0, name = ?2 ->> 1, name_key = canh_fold(?2 ->> 1), title = ?2 ->> 2,
    phone = ?2 ->> 3, email = ?2 ->> 4, all_hours = ?2 ->> 5, confirmed = ?2 ->> 6, ended = ?2 ->> 7 WHERE id = ?1

-- SYSTEM_LOAD
SELECT code, name, (SELECT agency FROM system_agency WHERE system = s.id AND role = 'owner' AND valid_to IS NULL),
    (SELECT agency FROM system_agency WHERE system = s.id AND role = 'operator' AND valid_to IS NULL), NULL,
    type, information, level, decision, decided, status, retention, nullif(domains, '[]'),
    nullif(networks, '[]'), provider, retired FROM system s WHERE id = ?

-- SYSTEM_FIND
SELECT id FROM system WHERE code = ?

-- SYSTEM_PUT
INSERT INTO system(id, code, name, name_key, type, information, level, decision, decided, status, retention,
    domains, networks, provider, retired)
    VALUES(?1, ?2, ?3, canh_fold(?3), ?7, ?8, ?9, ?10, ?11, ?12, ?13, coalesce(?14, '[]'), coalesce(?15, '[]'),
    ?16, ?17)
    ON CONFLICT(id) DO UPDATE SET code = excluded.code, name = excluded.name, name_key = excluded.name_key,
    type = excluded.type, information = excluded.information, level = excluded.level,
    decision = excluded.decision, decided = excluded.decided, status = excluded.status,
    retention = excluded.retention, domains = excluded.domains, networks = excluded.networks,
    provider = excluded.provider, retired = excluded.retired

-- SYSTEM_STATE
SELECT json_array(code, name, type, information, level, decision, decided, status, retired, retention, domains,
    networks, provider, (SELECT json_group_array(json_array(role, agency, valid_from, valid_to)) FROM system_agency
    WHERE system = s.id)) FROM system s WHERE id = ?

-- SYSTEM_STATE_PUT
UPDATE system_state SET code = ?2 ->> 0, name = ?2 ->> 1, name_key = canh_fold(?2 ->> 1), type = ?2 ->> 2,
    information = ?2 ->> 3, level = ?2 ->> 4, decision = ?2 ->> 5, decided = ?2 ->> 6, status = ?2 ->> 7,
    retired = ?2 ->> 8, retention = ?2 ->> 9, domains = ?2 ->> 10, networks = ?2 ->> 11, provider = ?2 ->> 12,
    agencies = ?2 ->> 13 WHERE id = ?1

-- Of what reports say: ?1 the system, ?2.. purpose, services, protection, connection, security; NULL stays, '' is taken away
-- SYSTEM_DESCRIBED_PUT
INSERT INTO system_described(system, purpose, services, protection, connection, security)
    VALUES(?1, nullif(?2, ''), nullif(?3, ''), nullif(?4, ''), nullif(?5, ''), nullif(?6, ''))
    ON CONFLICT(system) DO UPDATE SET purpose = nullif(coalesce(?2, purpose), ''),
    services = nullif(coalesce(?3, services), ''), protection = nullif(coalesce(?4, protection), ''),
    connection = nullif(coalesce(?5, connection), ''), security = nullif(coalesce(?6, security), '')

-- SYSTEM_DESCRIBED_STATE
SELECT json_array(purpose, services, protection, connection, security) FROM (SELECT ? AS wanted)
    LEFT JOIN system_described ON system = wanted

-- SYSTEM_DESCRIBED_STATE_PUT
UPDATE system_described SET purpose = ?2 ->> 0, services = ?2 ->> 1, protection = ?2 ->> 2, connection = ?2 ->> 3,
    security = ?2 ->> 4 WHERE system = ?1

-- SYSTEM_IS
SELECT code, retired FROM system WHERE id = ?

-- SYSTEM_HOLDER
SELECT agency, valid_from FROM system_agency WHERE system = ? AND role = ? AND valid_to IS NULL

-- SYSTEM_HOLDER_ADD
INSERT INTO system_agency(system, role, agency, valid_from) VALUES(?, ?, ?, ?)

-- SYSTEM_HOLDER_END
UPDATE system_agency SET valid_to = ?3 WHERE system = ?1 AND role = ?2 AND valid_to IS NULL

-- SYSTEM_HOLDER_PUT
UPDATE system_agency SET agency = ?3 WHERE system = ?1 AND role = ?2 AND valid_to IS NULL

-- MACHINE_LOAD
SELECT system, name, kind, nullif(addresses, '[]'), nullif(macs, '[]'), os, importance FROM machine
    WHERE id = ? AND retired IS NULL

-- MACHINE_FIND
SELECT id FROM machine WHERE system = ? AND name_key = canh_fold(?) AND retired IS NULL

-- MACHINE_PUT
INSERT INTO machine(id, system, name, name_key, kind, addresses, macs, os, importance)
    VALUES(?1, ?2, ?3, canh_fold(?3), ?4, coalesce(?5, '[]'), coalesce(?6, '[]'), ?7, ?8)
    ON CONFLICT(id) DO UPDATE SET system = excluded.system, name = excluded.name, name_key = excluded.name_key,
    kind = excluded.kind, addresses = excluded.addresses, macs = excluded.macs, os = excluded.os,
    importance = excluded.importance

-- MACHINE_RETIRE
UPDATE machine SET retired = ? WHERE id = ?

-- MACHINE_STATE
SELECT json_array(system, name, kind, addresses, macs, os, importance, retired) FROM machine WHERE id = ?

-- MACHINE_STATE_PUT
UPDATE machine SET system = ?2 ->> 0, name = ?2 ->> 1, name_key = canh_fold(?2 ->> 1), kind = ?2 ->> 2,
    addresses = ?2 ->> 3, macs = ?2 ->> 4, os = ?2 ->> 5, importance = ?2 ->> 6, retired = ?2 ->> 7 WHERE id = ?1

-- SOURCE_LOAD
SELECT source, system FROM source_of WHERE id = ?

-- SOURCE_FIND
SELECT id FROM source_of WHERE source = ?

-- SOURCE_OF_PUT
INSERT INTO source_of(id, source, system) VALUES(?1, ?2, ?3) ON CONFLICT(id) DO UPDATE SET system = excluded.system

-- SOURCE_STATE
SELECT json_array(source, system) FROM source_of WHERE id = ?

-- SOURCE_STATE_PUT
UPDATE source_of SET source = ?2 ->> 0, system = ?2 ->> 1 WHERE id = ?1

-- --- whose is it

-- SYSTEM_OF_SOURCE
SELECT s.id, s.level FROM source_of o JOIN system s ON s.id = o.system WHERE o.source = ? AND s.retired IS NULL

-- Of those that have the key: the one of ?4, else the only one.
-- SYSTEM_OF_KEY
SELECT min(k.system), max(k.system), max(k.system = ?4), max(s.level) FROM system_key k JOIN system s ON s.id = k.system
    WHERE k.kind = ?1 AND k.key = ?2 AND k.bits = ?3 AND s.retired IS NULL

-- SYSTEM_LEVEL
SELECT level FROM system WHERE id = ?

-- SYSTEM_NET_BITS
SELECT max(bits) FROM system_key WHERE kind = ? AND bits < ?

-- SYSTEM_COVERED
{MY_AGENCIES} SELECT 1 FROM system_agency WHERE system = ?2 AND valid_to IS NULL AND agency IN mine LIMIT 1

-- --- views: ?1 is the agency of a contact, else NULL

--! define MY_SYSTEM s.id IN (SELECT h.system FROM system_agency h WHERE h.valid_to IS NULL AND h.agency IN mine)
--! define HEIR (WITH RECURSIVE heir(id) AS (SELECT a.successor UNION SELECT h.successor FROM heir JOIN agency h
--!     ON h.id = heir.id) SELECT h.id FROM heir JOIN agency h ON h.id = heir.id WHERE h.successor IS NULL)
--! define HAS_TEXT (?3 IS NULL OR instr(name_key, canh_fold(?3)) OR instr(lower(code), lower(?3)))

-- The tree from its tops on, or from an agency: an ended one stands below its successor. Its order is that in which
-- it is walked: of what is found and not walked yet the first path comes next (without a LIMIT there SQLite leaves that
-- order out). Systems are counted once for all.
-- AGENCIES
{MY_AGENCIES}, tree(id, depth, path) AS (
    SELECT id, 0, code FROM agency WHERE CASE WHEN ?2 IS NOT NULL THEN id = ?2 AND (?1 IS NULL OR id IN mine)
        WHEN ?1 IS NOT NULL THEN id = ?1 ELSE {AGENCY_UP} IS NULL END
    UNION ALL SELECT a.id, tree.depth + 1, tree.path || char(1) || a.code
        FROM tree JOIN agency a ON {AGENCY_UP} = +tree.id ORDER BY 3 COLLATE NOCASE LIMIT -1),
    held(agency, n) AS MATERIALIZED (SELECT agency, count(DISTINCT system) FROM system_agency WHERE valid_to IS NULL
        GROUP BY agency)
    SELECT a.id, a.code, a.name, a.kind, tree.depth, a.parent, a.valid_from, a.valid_to, a.successor,
    a.abbreviation, a.address, a.phone, a.email, coalesce(held.n, 0)
    FROM tree CROSS JOIN agency a ON a.id = tree.id LEFT JOIN held ON held.agency = a.id
    WHERE (?3 IS NULL OR instr(a.name_key, canh_fold(?3)) OR instr(lower(a.code), lower(?3)))
    AND CASE ?4 WHEN 'all' THEN 1 WHEN 'ended' THEN valid_to IS NOT NULL ELSE valid_to IS NULL END LIMIT ?5

-- AGENCY_SHOW
{MY_AGENCIES} SELECT id, code, name, kind, parent, (SELECT name FROM agency p WHERE p.id = a.parent), valid_from,
    valid_to, successor, (SELECT name FROM agency p WHERE p.id = a.successor), {HEIR}, abbreviation, address, phone,
    email,
    (SELECT json_group_array(json_object('id', id, 'code', code, 'name', name, 'valid_to', valid_to))
        FROM (SELECT id, code, name, valid_to FROM agency f WHERE f.successor = a.id ORDER BY code)),
    (SELECT json_group_array(json_object('id', id, 'name', name, 'title', title, 'phone', phone, 'email', email,
        'all_hours', json(iif(all_hours, 'true', 'false'))))
        FROM (SELECT * FROM contact c WHERE c.agency = a.id AND c.ended IS NULL ORDER BY name_key)),
    (SELECT json_group_array(json_object('id', id, 'code', code, 'name', name, 'level', level, 'role', role))
        FROM (SELECT s.id, s.code, s.name, s.level, h.role FROM system_agency h JOIN system s ON s.id = h.system
        WHERE h.agency = a.id AND h.valid_to IS NULL AND s.retired IS NULL ORDER BY s.code, h.role))
    FROM agency a WHERE id = ?2 AND (?1 IS NULL OR id IN mine) LIMIT ?3

-- CONTACTS
{MY_AGENCIES}, below(agency) AS (SELECT ?2 WHERE ?2 IS NOT NULL
    UNION SELECT id FROM below JOIN agency ON {AGENCY_UP} = +below.agency)
    SELECT c.id, c.agency, a.code, a.name, c.name, c.title, c.phone, c.email, c.all_hours, c.confirmed
    FROM contact c JOIN agency a ON a.id = c.agency WHERE c.ended IS NULL AND (?1 IS NULL OR c.agency IN mine)
    AND (?2 IS NULL OR c.agency IN below) AND (?3 IS NULL OR instr(c.name_key, canh_fold(?3)))
    ORDER BY a.code, c.name_key LIMIT ?4

-- Below an agency: what its own, those below it and their forerunners have.
-- SYSTEMS
{MY_AGENCIES}, below(agency) AS (SELECT ?2 WHERE ?2 IS NOT NULL
    UNION SELECT id FROM below JOIN agency ON {AGENCY_UP} = +below.agency)
    SELECT s.id, s.code, s.name, s.type, s.level, s.status, s.decision, s.decided,
    o.agency, (SELECT name FROM agency a WHERE a.id = o.agency),
    (SELECT iif(a.successor IS NULL, a.id, coalesce({HEIR}, a.id)) FROM agency a WHERE a.id = o.agency),
    p.agency, (SELECT name FROM agency a WHERE a.id = p.agency),
    (SELECT iif(a.successor IS NULL, a.id, coalesce({HEIR}, a.id)) FROM agency a WHERE a.id = p.agency),
    s.retention, (SELECT count(*) FROM machine m WHERE m.system = s.id AND m.retired IS NULL),
    (SELECT count(*) FROM source_of f WHERE f.system = s.id)
    FROM system s LEFT JOIN system_agency o ON o.system = s.id AND o.role = 'owner' AND o.valid_to IS NULL
    LEFT JOIN system_agency p ON p.system = s.id AND p.role = 'operator' AND p.valid_to IS NULL
    WHERE (?1 IS NULL OR o.agency IN mine OR p.agency IN mine)
    AND (?2 IS NULL OR o.agency IN below OR p.agency IN below) AND {HAS_TEXT}
    AND (?4 IS NULL OR s.level = ?4) AND CASE WHEN ?5 IS NULL THEN s.retired IS NULL ELSE s.status = ?5 END
    ORDER BY s.code LIMIT ?6

-- SYSTEM_SHOW
{MY_AGENCIES} SELECT id, code, name, type, json(information), level, status, retired, decision, decided, retention,
    json(domains), json(networks), provider,
    (SELECT json_group_array(json_object('role', role, 'agency', agency, 'code', code, 'name', name, 'valid_from',
        nullif(valid_from, ''), 'valid_to', valid_to, 'heir', heir)) FROM (SELECT h.role, h.agency, a.code, a.name,
        h.valid_from, h.valid_to, {HEIR} AS heir FROM system_agency h JOIN agency a ON a.id = h.agency
        WHERE h.system = s.id ORDER BY h.valid_from DESC, h.role DESC)),
    (SELECT json_group_array(source) FROM source_of f WHERE f.system = s.id),
    (SELECT count(*) FROM machine m WHERE m.system = s.id AND m.retired IS NULL),
    (SELECT json_object('purpose', purpose, 'services', json(services), 'protection', json(protection), 'connection',
        connection, 'security', security) FROM system_described d WHERE d.system = s.id)
    FROM system s WHERE id = ?2 AND (?1 IS NULL OR {MY_SYSTEM}) LIMIT ?3

-- MACHINES
{MY_AGENCIES} SELECT m.id, m.system, s.code, m.name, m.kind, m.addresses, m.macs, m.os, m.importance
    FROM machine m JOIN system s ON s.id = m.system WHERE m.id > coalesce(?4, 0) AND m.retired IS NULL
    AND (?1 IS NULL OR {MY_SYSTEM}) AND (?2 IS NULL OR m.system = ?2)
    AND (?3 IS NULL OR instr(m.name_key, canh_fold(?3)) OR instr(m.addresses, ?3) OR instr(m.macs, lower(?3)))
    ORDER BY m.id LIMIT ?5

-- MACHINES_OF
{MY_AGENCIES} SELECT m.id, m.system, s.code, m.name, m.kind, m.addresses, m.macs, m.os, m.importance
    FROM machine m INDEXED BY machine_of JOIN system s ON s.id = m.system WHERE m.id > coalesce(?4, 0)
    AND m.retired IS NULL AND (?1 IS NULL OR {MY_SYSTEM}) AND m.system = ?2
    AND (?3 IS NULL OR instr(m.name_key, canh_fold(?3)) OR instr(m.addresses, ?3) OR instr(m.macs, lower(?3)))
    ORDER BY m.id LIMIT ?5

-- Also those that were heard and belong to none.
-- SOURCES
{MY_AGENCIES}, named(name) AS (SELECT source FROM source_of UNION SELECT name FROM source)
    SELECT o.id, n.name, o.system, s.code, s.name, h.state, nullif(h.last, 0) * 1000000 FROM named n LEFT JOIN source_of o ON o.source = n.name
    LEFT JOIN system s ON s.id = o.system LEFT JOIN source h ON h.name = n.name
    WHERE (?1 IS NULL OR {MY_SYSTEM}) AND (?2 IS NULL OR o.system = ?2)
    AND CASE ?3 WHEN 'none' THEN o.system IS NULL WHEN 'assigned' THEN o.system IS NOT NULL ELSE 1 END
    ORDER BY n.name LIMIT ?4

-- --- rows of tables: a column a field, codes for numbers; ?2 behind this one. What would be refused where there
-- is nothing yet (what belongs to what is no more) is left out.

-- AGENCY_ROWS
{MY_AGENCIES} SELECT id, code, name, kind, (SELECT code FROM agency p WHERE p.id = a.parent), valid_from,
    abbreviation, address, phone, email, valid_to, (SELECT code FROM agency p WHERE p.id = a.successor)
    FROM agency a WHERE id > coalesce(?2, 0) AND (?1 IS NULL OR id IN mine) ORDER BY id LIMIT ?3

-- CONTACT_ROWS
{MY_AGENCIES} SELECT c.id, a.code, c.name, c.title, c.phone, c.email, iif(c.all_hours, 'yes', 'no')
    FROM contact c JOIN agency a ON a.id = c.agency WHERE c.id > coalesce(?2, 0) AND c.ended IS NULL AND a.valid_to IS NULL
    AND (?1 IS NULL OR c.agency IN mine) ORDER BY c.id LIMIT ?3

-- SYSTEM_ROWS
{MY_AGENCIES} SELECT id, code, name,
    (SELECT a.code FROM system_agency h JOIN agency a ON a.id = h.agency
        WHERE h.system = s.id AND h.role = 'owner' AND h.valid_to IS NULL),
    (SELECT a.code FROM system_agency h JOIN agency a ON a.id = h.agency
        WHERE h.system = s.id AND h.role = 'operator' AND h.valid_to IS NULL),
    (SELECT nullif(max(h.valid_from), '') FROM system_agency h WHERE h.system = s.id AND h.valid_to IS NULL),
    type, (SELECT group_concat(value, '; ') FROM json_each(information)), level, decision, decided, status,
    retention, (SELECT group_concat(value, ', ') FROM json_each(domains)),
    (SELECT group_concat(value, ', ') FROM json_each(networks)), provider, retired
    FROM system s WHERE id > coalesce(?2, 0) AND (?1 IS NULL OR {MY_SYSTEM}) ORDER BY id LIMIT ?3

-- MACHINE_ROWS
{MY_AGENCIES} SELECT m.id, s.code, m.name, m.kind, (SELECT group_concat(value, ', ') FROM json_each(m.addresses)),
    (SELECT group_concat(value, ', ') FROM json_each(m.macs)), m.os, m.importance FROM machine m
    JOIN system s ON s.id = m.system WHERE m.id > coalesce(?2, 0) AND m.retired IS NULL AND s.retired IS NULL
    AND (?1 IS NULL OR {MY_SYSTEM}) ORDER BY m.id LIMIT ?3

-- SOURCE_ROWS
{MY_AGENCIES} SELECT o.id, o.source, s.code FROM source_of o LEFT JOIN system s ON s.id = o.system AND s.retired IS NULL
    WHERE o.id > coalesce(?2, 0) AND (?1 IS NULL OR {MY_SYSTEM}) ORDER BY o.id LIMIT ?3
