-- Which parts a push was allowed to touch, so that trying again touches no others; empty in lines
-- from before.
ALTER TABLE journal ADD COLUMN parts TEXT NOT NULL DEFAULT '';
