//! The support desk of the tutorial.

pub mod desk;
pub mod offline;
