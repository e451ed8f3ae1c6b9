//! The reasons why a command ends early.

use crate::exit::Exit;
use flujo::ErrorKind;
use std::fmt::Display;
use std::io;

/// The result of a command.
pub(crate) type CliResult<T = Exit> = Result<T, Stop>;

/// The reason why a command ends early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The reader of the output is gone: `flujo list | head` has seen enough.
    Closed,
    /// An error: what is wrong, and the next step on a line of its own. Text from anywhere in them is escaped, line
    /// breaks too.
    Error(Exit, String, Option<String>),
}

impl Stop {
    pub(crate) fn failed(what: impl Display) -> Self {
        Self::Error(Exit::Failed, what.to_string(), None)
    }

    pub(crate) fn usage(what: impl Display) -> Self {
        Self::Error(Exit::Usage, what.to_string(), None)
    }

    pub(crate) fn nothing(what: impl Display) -> Self {
        Self::Error(Exit::Nothing, what.to_string(), None)
    }

    /// The error of something that another build of this crate has.
    #[cfg(any(not(feature = "server"), all(feature = "sqlite", not(feature = "remote"))))]
    pub(crate) fn feature(what: &str, feature: &str) -> Self {
        Self::usage(format_args!("{what} needs the feature `{feature}` of `flujo-cli`"))
            .next(format_args!("build with it: `cargo add flujo-cli --features {feature}`"))
    }

    /// Adds the next step.
    pub(crate) fn next(self, step: impl Display) -> Self {
        match self {
            Self::Error(exit, what, _) => Self::Error(exit, what, Some(step.to_string())),
            Self::Closed => Self::Closed,
        }
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::failed(format_args!("the output cannot be written: {error}")),
        }
    }
}

impl From<serde_json::Error> for Stop {
    fn from(error: serde_json::Error) -> Self {
        Self::failed(format_args!("the answer cannot be written as JSON: {error}"))
    }
}

impl From<flujo::Error> for Stop {
    fn from(error: flujo::Error) -> Self {
        match error.kind() {
            ErrorKind::UnknownRun(id) => {
                Self::nothing(format_args!("there is no run `{id}`; `list` shows the runs"))
            }
            ErrorKind::UnknownNode { .. } => Self::nothing(error).next("`show` lists the nodes of a run"),
            _ => Self::failed(error),
        }
    }
}
