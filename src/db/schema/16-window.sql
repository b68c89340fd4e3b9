-- When what is left of an alert was seen last.
DROP INDEX result_alert;
CREATE INDEX result_alert ON result(alert, coalesce(final, provisional));
