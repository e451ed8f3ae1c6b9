//! What every form does in every case, on every engine. `docs/semantics.md` lists the rows and the tests
//! that show them; `rows.rs` holds the two together.
#![allow(missing_docs, reason = "a test binary has no readers of its docs")]

mod engines;
mod kill;
mod kills;
mod rows;
mod world;

mod attempts;
mod contexts;
mod contract;
mod control_flow;
mod forks;
mod identity;
mod limits;
mod pauses;
mod recording;
