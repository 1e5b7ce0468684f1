-- Assignments beside the instances' own. Key pairs are not referred to: one that was removed since
-- leaves a row that cannot be gone back to, and is told so.
CREATE TABLE assignments_aside (
    instance        TEXT NOT NULL REFERENCES instances (id) ON DELETE CASCADE,
    kind            TEXT NOT NULL,
    sandbox         TEXT,
    production      TEXT,
    data_space      TEXT NOT NULL,
    data_space_name TEXT NOT NULL,
    data_space_type TEXT NOT NULL,
    project         TEXT NOT NULL,
    project_name    TEXT NOT NULL,
    mage_id         TEXT,
    organisation    TEXT,
    features        TEXT NOT NULL,
    cloud_id        TEXT,
    assigned_at     INTEGER NOT NULL,
    PRIMARY KEY (instance, kind)
) STRICT, WITHOUT ROWID;

-- Instances whose catalogue has to be sent again; `sent` has the feeds that were, as JSON.
CREATE TABLE resyncs (
    instance TEXT PRIMARY KEY REFERENCES instances (id) ON DELETE CASCADE,
    since    INTEGER NOT NULL,
    sent     TEXT NOT NULL
) STRICT, WITHOUT ROWID;
