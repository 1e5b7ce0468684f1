//! Errors the window can act on.
//!
//! The detail is logged where it is known and nobody matches on a text. A variant is added only
//! when the window does something different for it.

use patchbay_core::ports::records::RecordsError;
use serde::Serialize;
use ts_rs::TS;

/// Why a command failed, as the window sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(
    tag = "code",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
#[ts(export)]
pub enum IpcError {
    /// The data directory cannot be used; nothing can be shown or changed until it can.
    DataDirectoryUnusable {
        /// What is wrong with it and what to do, in English.
        why: String,
    },
    /// A newer Patchbay wrote the data directory; this one must be updated.
    DataDirectoryNewer,
    /// Anything the window can only show; the details are in the log.
    Internal,
}

impl From<&RecordsError> for IpcError {
    fn from(error: &RecordsError) -> Self {
        match error {
            RecordsError::Unusable { why } => Self::DataDirectoryUnusable { why: why.clone() },
            RecordsError::Newer { .. } => Self::DataDirectoryNewer,
            RecordsError::NameTaken { .. }
            | RecordsError::InUse { .. }
            | RecordsError::Failed { .. } => Self::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_inside_the_records_keeps_its_detail_to_the_log() {
        let failed = RecordsError::Failed {
            detail: "disk image is malformed at page 7".into(),
        };
        let json = serde_json::to_string(&IpcError::from(&failed)).unwrap();
        assert_eq!(json, r#"{"code":"internal"}"#);
    }

    #[test]
    fn an_unusable_data_directory_says_why() {
        let unusable = RecordsError::Unusable {
            why: "it is a symbolic link".into(),
        };
        let json = serde_json::to_string(&IpcError::from(&unusable)).unwrap();
        assert_eq!(
            json,
            r#"{"code":"dataDirectoryUnusable","why":"it is a symbolic link"}"#
        );
    }
}
