//! What the compiler tells users: the names of mistakes, and what is made of the fixtures in `ui/`.
//!
//! `FLUJO_BOOK=overwrite cargo test -p flujo-tests --test repository` writes the pages of the book in
//! `docs/book/compiler`, and what `flujo explain` prints in `tools/cli/src/explain`.

mod book;
mod explain;
mod fixtures;
mod names;
mod pages;
mod written;

pub(super) use fixtures::{Fixture, all as fixtures, headlines};
pub(super) use names::all as names;
