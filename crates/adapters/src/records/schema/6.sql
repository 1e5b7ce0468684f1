-- Replacing keys, and handing them over. `old` and `new` are key pairs; `members` is a JSON list of
-- instances in the order they are worked on. A hand-over outlives the pairs it tells of.

CREATE TABLE replacements (
    id       TEXT PRIMARY KEY,
    account  TEXT NOT NULL,
    purpose  TEXT NOT NULL,
    old      TEXT NOT NULL UNIQUE REFERENCES key_pairs (id) ON DELETE CASCADE,
    new      TEXT REFERENCES key_pairs (id) ON DELETE SET NULL,
    members  TEXT NOT NULL,
    old_pair TEXT NOT NULL,
    began_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;

CREATE INDEX replacements_by_new ON replacements (new);

CREATE TABLE key_requests (
    id         TEXT PRIMARY KEY,
    account    TEXT REFERENCES accounts (id) ON DELETE CASCADE,
    purposes   TEXT NOT NULL,
    moving     INTEGER NOT NULL,
    who        TEXT NOT NULL,
    public     BLOB NOT NULL,
    item       TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX key_requests_by_account ON key_requests (account);

CREATE TABLE hand_overs (
    id              TEXT PRIMARY KEY,
    direction       TEXT NOT NULL,
    peer            TEXT NOT NULL,
    moving          INTEGER NOT NULL,
    at              INTEGER NOT NULL,
    receipt         TEXT NOT NULL,
    acknowledged_at INTEGER,
    keys            TEXT NOT NULL
) STRICT;
