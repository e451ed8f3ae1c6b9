//! Text for people: escaped, aligned, coloured.

pub(crate) mod colour;
pub(crate) mod escape;
pub(crate) mod example;
pub(crate) mod help;
pub(crate) mod misfit;
pub(crate) mod places;
pub(crate) mod shell;
pub(crate) mod state;
pub(crate) mod table;
pub(crate) mod time;
pub(crate) mod usage;
pub(crate) mod wrap;
