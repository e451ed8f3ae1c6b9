//! The documents of `--json`: fields may be added, and those that are there keep their meaning.

pub(crate) mod attempt;
pub(crate) mod export;
pub(crate) mod pipeline;
pub(crate) mod question;
pub(crate) mod raw;
pub(crate) mod run;
pub(crate) mod sarif;
pub(crate) mod state;
pub(crate) mod usage;
