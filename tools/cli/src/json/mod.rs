//! The documents of `--json`: fields may be added, and those that are there keep their meaning.

pub(crate) mod attempt;
#[cfg(feature = "server")]
pub(crate) mod compare;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod pipeline;
pub(crate) mod question;
pub(crate) mod raw;
pub(crate) mod run;
pub(crate) mod sarif;
pub(crate) mod usage;
