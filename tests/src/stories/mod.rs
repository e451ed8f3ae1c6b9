//! A pipeline for every form, to be killed.

mod checks;
mod contexts;
mod findings;
mod joins;
mod limits;
mod loops;
mod plain;
mod questions;
mod recipes;
mod routing;
mod timeouts;

pub use checks::*;
pub use contexts::*;
pub use findings::*;
pub use joins::*;
pub use limits::*;
pub use loops::*;
pub use plain::*;
pub use questions::*;
pub use recipes::*;
pub use routing::*;
pub use timeouts::*;
