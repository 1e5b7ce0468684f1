//! What went wrong while working on the database, before it is said in the port's words.

use patchbay_core::ports::records::RecordsError;
use rusqlite::ErrorCode;

/// An error of SQLite or of ours.
#[derive(Debug)]
pub(super) enum Fault {
    /// SQLite's.
    Sql(rusqlite::Error),
    /// Ours.
    Told(RecordsError),
}

impl Fault {
    /// The data directory cannot be used.
    pub(super) fn unusable(why: impl Into<String>) -> Self {
        Self::Told(RecordsError::Unusable { why: why.into() })
    }

    /// The records failed.
    pub(super) fn failed(detail: impl Into<String>) -> Self {
        Self::Told(RecordsError::Failed {
            detail: detail.into(),
        })
    }

    /// A row that no Patchbay wrote so.
    pub(super) fn unreadable(what: &str) -> Self {
        Self::failed(format!(
            "{what} cannot be read; the database was changed by something else, so restore a copy \
             from the folder \"backups\" in the data directory"
        ))
    }

    /// A name that is taken.
    pub(super) fn taken(what: &'static str, name: &str) -> Self {
        Self::Told(RecordsError::NameTaken {
            what,
            name: name.to_owned(),
        })
    }

    /// Something that is still referred to.
    pub(super) fn in_use(what: &'static str, by: String) -> Self {
        Self::Told(RecordsError::InUse { what, by })
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<RecordsError> for Fault {
    fn from(error: RecordsError) -> Self {
        Self::Told(error)
    }
}

impl From<Fault> for RecordsError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Told(error) => error,
            Fault::Sql(error) => said(&error),
        }
    }
}

/// SQLite's error in words that say what to do. Its own text never holds values, only names of
/// tables and columns; a constraint's is left out all the same.
fn said(error: &rusqlite::Error) -> RecordsError {
    let unusable = |why: &str| RecordsError::Unusable {
        why: why.to_owned(),
    };
    let failed = |detail: &str| RecordsError::Failed {
        detail: detail.to_owned(),
    };
    match error.sqlite_error_code() {
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            unusable("it is read-only; allow writing to it or choose another one with --data-dir")
        }
        Some(ErrorCode::CannotOpen) => unusable(
            "the database in it cannot be opened; see to its permissions or choose another \
             one with --data-dir",
        ),
        Some(ErrorCode::DiskFull) => unusable("there is no space left on its disk; make some"),
        Some(ErrorCode::SystemIoFailure) => {
            unusable("its disk does not read or write; look at the disk")
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => failed(
            "another Patchbay has kept the database busy for too long; wait for it or end it, \
             then try again",
        ),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => failed(
            "the database is damaged; restore a copy from the folder \"backups\" in the data \
             directory",
        ),
        Some(ErrorCode::ConstraintViolation) => failed(
            "it refers to something that is not there, or was there already; another Patchbay may \
             have changed it meanwhile, so look again",
        ),
        _ => match error {
            rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::Utf8Error(..) => {
                RecordsError::from(Fault::unreadable("a row of the database"))
            }
            _ => failed(&patchbay_core::text::outside(&error.to_string(), 200)),
        },
    }
}
