-- The work behind findings is done the later the larger a candidate is, so that what is counted again and again costs
-- no more than a share of the time.

-- stale, parts: when it is due, ns; 0: it is not.
DROP INDEX candidate_stale;
CREATE INDEX candidate_stale ON candidate(stale) WHERE stale;
DROP INDEX candidate_link_parts;
CREATE INDEX candidate_link_parts ON candidate_link(parts) WHERE parts;
CREATE INDEX candidate_link_parts_of ON candidate_link(candidate) WHERE parts;
ALTER TABLE entity_stale ADD COLUMN due INTEGER NOT NULL DEFAULT 0;
CREATE INDEX entity_stale_due ON entity_stale(due);

-- common: its rule came on many hosts, day after day (group.h).
ALTER TABLE candidate_alert ADD COLUMN common INTEGER NOT NULL DEFAULT 0;
