//! The description of a server, checked.

use crate::secrets::Secrets;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// A description of a server that was checked.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) name: String,
    pub(crate) reach: Reach,
    /// The environment of the process, or the headers of every request.
    pub(crate) secrets: Secrets,
    pub(crate) bounds: Bounds,
}

/// The way to a server.
pub(crate) enum Reach {
    Process(Program),
    Http(String),
}

/// Without the query of a URL, which may hold a key.
impl fmt::Debug for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process(program) => program.fmt(f),
            Self::Http(url) => f.debug_tuple("Http").field(&url.split(['?', '#']).next()).finish(),
        }
    }
}

/// A program that is started. Its arguments are not shown: they may hold keys.
pub(crate) struct Program {
    pub(crate) command: OsString,
    pub(crate) args: Vec<OsString>,
    pub(crate) dir: Option<PathBuf>,
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program")
            .field("command", &self.command)
            .field("dir", &self.dir)
            .finish_non_exhaustive()
    }
}

/// What is taken from a server at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) connect: Duration,
    pub(crate) call: Duration,
    /// Bytes of one message.
    pub(crate) answer: usize,
    pub(crate) tools: usize,
    /// Bytes of names, descriptions and schemas of all tools.
    pub(crate) list: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            call: Duration::from_secs(60),
            answer: 1 << 20,
            tools: 256,
            list: 1 << 20,
        }
    }
}
