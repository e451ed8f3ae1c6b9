use crate::lock_holder::LockHolder;
use flujo::error::{EngineError, Error, ErrorKind, Signal};
use rusqlite::ErrorCode;
use std::fmt;
use std::path::Path;

/// The error of a read or a write.
#[derive(Clone, Debug)]
pub(crate) enum StorageError {
    /// Another process owns the run now.
    OwnershipLost,
    /// Another process has locked the database.
    Locked(EngineError),
    /// The storage failed; the message says what to do.
    Failed(EngineError),
    /// An invariant of this crate is broken.
    Internal(String),
}

/// The advice for a damaged file.
const RESTORE: &str = "restore it from a backup, or see what `sqlite3 <file> .recover` still reads";

impl StorageError {
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::Failed(EngineError::new(message))
    }

    /// Returns the error of a failed system call.
    pub(crate) fn io(what: &str, error: std::io::Error) -> Self {
        Self::Failed(EngineError::new(format!("{what}: {error}")).with_source(error))
    }

    /// Returns the error of a damaged file.
    pub(crate) fn damaged(what: impl fmt::Display) -> Self {
        Self::failed(format!("the database is damaged: {what}; {RESTORE}"))
    }

    /// Returns the error of a call after the engine was dropped.
    pub(crate) fn closed() -> Self {
        Self::failed("the database was closed")
    }

    /// Adds the process that has locked the database, if the system tells which.
    pub(crate) fn with_lock_holder(self, database: Option<&Path>) -> Self {
        match (self, database.and_then(LockHolder::find)) {
            (Self::Locked(error), Some(holder)) => {
                Self::Locked(error.with_message(format!("the database is locked by {holder}")))
            }
            (other, _) => other,
        }
    }

    /// Converts the error for users, with the path of the file.
    pub(crate) fn of_file(self, path: &Path) -> Error {
        match self {
            Self::OwnershipLost => Signal::OwnershipLost.into(),
            Self::Locked(error) | Self::Failed(error) => {
                let message = format!("{}: {error}", path.display());
                error.with_message(message).into()
            }
            Self::Internal(what) => Error::new(ErrorKind::Internal(what)),
        }
    }
}

impl From<rusqlite::Error> for StorageError {
    fn from(error: rusqlite::Error) -> Self {
        let message = match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => {
                format!("the database cannot grow: {error}; make room on the disk and go on")
            }
            Some(ErrorCode::ReadOnly) => {
                format!("the database cannot be written: {error}; make the file and its folder writable")
            }
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => damage(&error),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                let locked = EngineError::new("the database is locked by another process");
                return Self::Locked(locked.with_source(error));
            }
            Some(ErrorCode::CannotOpen) => {
                format!(
                    "the database cannot be opened: {error}; its folder must exist, and this process may write to it"
                )
            }
            Some(ErrorCode::SystemIoFailure) => {
                format!("the disk failed: {error}; what was written before is safe")
            }
            _ => match &error {
                rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::Utf8Error(..)
                | rusqlite::Error::InvalidColumnType(..) => damage(&error),
                _ => format!("the database failed: {error}"),
            },
        };
        Self::Failed(EngineError::new(message).with_source(error))
    }
}

fn damage(error: &rusqlite::Error) -> String {
    format!("the database is damaged: {error}; {RESTORE}")
}

impl From<StorageError> for Signal {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::OwnershipLost => Self::OwnershipLost,
            StorageError::Locked(error) | StorageError::Failed(error) => Self::Engine(error),
            StorageError::Internal(what) => Self::Internal(what),
        }
    }
}
