-- Alerts and incidents by when they came, for what is counted over a stretch of time.
CREATE INDEX alert_made ON alert(made);
CREATE INDEX incident_detected ON incident(detected);
