-- What runs out is told once. The desk asks each second what is to be told, and what is over: these find it without a
-- look at all that was told before.

CREATE INDEX clock_untold ON clock(due, id) WHERE dispatch IS NULL AND ended IS NULL AND told < 100;
CREATE INDEX clock_over ON clock(id) WHERE told > 0 AND (dispatch IS NOT NULL OR ended IS NOT NULL);
CREATE INDEX task_untold ON task(due, id) WHERE state IN ('todo', 'doing') AND told = 0;
CREATE INDEX task_over ON task(id) WHERE told > 0 AND state NOT IN ('todo', 'doing');
DROP INDEX clock_told;
DROP INDEX task_told;
