use crate::error::{Error, ErrorKind, Signal};
use rusqlite::ErrorCode;
use std::fmt;

/// Why something is not written, or not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Somebody else works on the run now.
    Lost,
    /// Another process holds the database; the message says so.
    Busy(String),
    /// The storage failed; the message says what to do.
    Storage(String),
}

impl Fault {
    /// What is stored cannot be what was written.
    pub(super) fn damaged(what: impl fmt::Display) -> Self {
        Self::Storage(format!("the database is damaged: {what}; {RESTORE}"))
    }

    /// The thread that writes is gone: the engine was closed.
    pub(super) fn closed() -> Self {
        Self::Storage("the database was closed".to_owned())
    }
}

/// What to do about a damaged file.
const RESTORE: &str = "restore it from a backup, or see what `sqlite3 <file> .recover` still reads";

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        let what = match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => {
                format!("the database cannot grow: {error}; make room on the disk and go on")
            }
            Some(ErrorCode::ReadOnly) => {
                format!("the database cannot be written: {error}; make the file and its folder writable")
            }
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => return Self::damaged(error),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                let what = "another process holds the database and does not let go of it";
                return Self::Busy(format!("{what}: {error}"));
            }
            Some(ErrorCode::CannotOpen) => format!("the database cannot be opened: {error}"),
            Some(ErrorCode::SystemIoFailure) => {
                format!("the disk failed: {error}; what was written before is safe")
            }
            _ => match &error {
                rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::Utf8Error(..)
                | rusqlite::Error::InvalidColumnType(..) => return Self::damaged(error),
                _ => format!("the database failed: {error}"),
            },
        };
        Self::Storage(what)
    }
}

impl From<Fault> for Signal {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Lost => Self::OwnershipLost,
            Fault::Busy(what) | Fault::Storage(what) => Self::Engine(what.into()),
        }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Lost => Signal::OwnershipLost.into(),
            Fault::Busy(what) | Fault::Storage(what) => Self::new(ErrorKind::Engine(what.into())),
        }
    }
}
