-- How many findings of the frame that begins at a place are taken: a transaction may end inside a frame.
ALTER TABLE place ADD COLUMN within INTEGER NOT NULL DEFAULT 0;
