-- Whose the instance was when a line was written. Lines from before have none, and their MACs hold.
ALTER TABLE journal ADD COLUMN account TEXT;
ALTER TABLE journal ADD COLUMN account_label TEXT;
