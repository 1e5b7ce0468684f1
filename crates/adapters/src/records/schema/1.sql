-- Nothing in here is secret: private keys and the chain's key lie in the keychain, and these rows
-- hold the random names under which they lie there. Times are milliseconds since 1970, but
-- `expires` is in seconds, as tokens have it.

CREATE TABLE own (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
    id           TEXT PRIMARY KEY,
    label        TEXT NOT NULL UNIQUE,
    mage_id      TEXT,
    organisation TEXT,
    created_at   INTEGER NOT NULL
) STRICT;

CREATE TABLE key_pairs (
    id            TEXT PRIMARY KEY,
    account       TEXT NOT NULL REFERENCES accounts (id),
    purpose       TEXT NOT NULL,
    name          TEXT NOT NULL,
    api_key       TEXT,
    identity      TEXT,
    exact         TEXT,
    api_key_exact TEXT,
    origin        TEXT NOT NULL,
    state         TEXT NOT NULL,
    export        TEXT NOT NULL,
    item          TEXT NOT NULL,
    ticket        TEXT,
    created_at    INTEGER NOT NULL,
    accepted_at   INTEGER,
    note          TEXT NOT NULL,
    UNIQUE (account, purpose, name)
) STRICT;

CREATE TABLE instances (
    id            TEXT PRIMARY KEY,
    name          TEXT NOT NULL UNIQUE,
    account       TEXT NOT NULL REFERENCES accounts (id),
    role          TEXT NOT NULL,
    way           TEXT NOT NULL,
    target        TEXT,
    port          INTEGER,
    identity_file TEXT,
    root          TEXT,
    php           TEXT,
    run_as        TEXT,
    container     TEXT,
    url           TEXT,
    tags          TEXT NOT NULL,
    pin_identity  TEXT,
    pin_server    TEXT,
    pin_base_url  TEXT,
    answers       TEXT NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT;

CREATE INDEX instances_by_account ON instances (account);

CREATE TABLE assignments (
    instance        TEXT PRIMARY KEY REFERENCES instances (id) ON DELETE CASCADE,
    sandbox         TEXT REFERENCES key_pairs (id),
    production      TEXT REFERENCES key_pairs (id),
    data_space      TEXT NOT NULL,
    data_space_name TEXT NOT NULL,
    data_space_type TEXT NOT NULL,
    project         TEXT NOT NULL,
    project_name    TEXT NOT NULL,
    mage_id         TEXT,
    organisation    TEXT,
    features        TEXT NOT NULL,
    cloud_id        TEXT,
    assigned_at     INTEGER NOT NULL
) STRICT;

CREATE INDEX assignments_by_sandbox ON assignments (sandbox);
CREATE INDEX assignments_by_production ON assignments (production);

CREATE TABLE evidence (
    instance TEXT PRIMARY KEY REFERENCES instances (id) ON DELETE CASCADE,
    body     TEXT NOT NULL
) STRICT;

CREATE TABLE tokens (
    digest  TEXT PRIMARY KEY,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX tokens_by_expiry ON tokens (expires);

CREATE TABLE token_expiry (
    instance TEXT PRIMARY KEY,
    expires  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- No references: the journal outlives what it tells of.
CREATE TABLE journal (
    seq           INTEGER PRIMARY KEY,
    entry         TEXT NOT NULL,
    push          TEXT NOT NULL,
    at            INTEGER NOT NULL,
    person        TEXT NOT NULL,
    phase         TEXT NOT NULL,
    action        TEXT NOT NULL,
    instance      TEXT NOT NULL,
    instance_name TEXT NOT NULL,
    changes       TEXT NOT NULL,
    outcome       TEXT,
    error_code    TEXT,
    error_text    TEXT,
    link          TEXT NOT NULL
) STRICT;

CREATE TABLE blobs (
    entry    TEXT PRIMARY KEY,
    instance TEXT NOT NULL,
    at       INTEGER NOT NULL,
    blob     BLOB NOT NULL
) STRICT;

CREATE INDEX blobs_by_time ON blobs (at);
