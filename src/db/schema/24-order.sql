-- What findings in another order would make otherwise.

-- result: kept for this one, which is provisional; what is kept for others has none.
ALTER TABLE alert_event ADD COLUMN result INTEGER;
-- A hash of what was kept for it while it was provisional.
ALTER TABLE result ADD COLUMN evidence INTEGER;
-- Alerts of a rule about an entity in their order, whatever the rule's version.
DROP INDEX alert_of;
CREATE INDEX alert_of ON alert(rule, entity_key, until);
