-- The one copy of a created key: who is at it, and how and when it was made.
ALTER TABLE key_pairs ADD COLUMN export_claim TEXT;
ALTER TABLE key_pairs ADD COLUMN export_way TEXT;
ALTER TABLE key_pairs ADD COLUMN export_at INTEGER;
