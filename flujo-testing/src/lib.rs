//! Tools for testing [`flujo`] pipelines: models and people that answer from a script, clocks that do not wait, processes that
//! die on command.
//!
//! ```
//! use flujo::prelude::*;
//! use flujo_testing::{Replies, StubAgent, assert_done, assert_paths};
//!
//! #[step(model = "openai:gpt-4o-mini", max_tokens = 50)]
//! fn label(post: String) -> Prompt<String> {
//!     Prompt::system("Name the tone of this post.").user(post)
//! }
//!
//! pipeline! {
//!     fn moderate(post: String) -> String {
//!         let tone = label(post.clone());
//!         let publish: bool = ask("Publish it?").showing(&tone);
//!         value(if publish { post } else { "withheld".to_owned() })
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), flujo::Error> {
//! // No model is called, and the reply is there at once.
//! let model = StubAgent::of(label, ["ironic".to_owned()]);
//! let mut people = Replies::new().reply("moderate/publish", true);
//! let flujo = Flujo::builder().stub(&model).build()?;
//!
//! let result = people.run(flujo.run(moderate("Great, rain again.".to_owned()))).await?;
//! assert_done(&result, &"Great, rain again.".to_owned());
//! assert_paths(&result, ["moderate/label"]);
//! assert_eq!(model.calls(), [("Great, rain again.".to_owned(),)]);
//! # Ok(())
//! # }
//! ```
//!
//! # What there is
//!
//! | for | there is |
//! |---|---|
//! | scripted steps, above all model steps | [`StubAgent`], typed by the step that it replaces: outputs and failures in order, how long each takes, what it costs |
//! | people | [`Replies`], by the paths of the questions |
//! | time | [`PausedClock`], moved by sleeps or by the test |
//! | a process that dies | [`Crash`], around any engine, at a chosen command |
//! | an engine of your own | [`conformance`]: the engine contract as checks that name what is broken |
//! | another engine | [`OrderedLog`], which behaves like an ordered log, and refuses what such an engine refuses |
//! | events and results | [`EventLog`], and assertions that show a diff: [`assert_done`], [`assert_failed`], [`assert_asks`], [`assert_paths`], [`assert_context`], [`assert_usage`], [`assert_events`], [`assert_events_at`] |
//!
//! The example [`testing`](https://github.com/flujo-rs/flujo/blob/main/examples/testing/main.rs) is a small project that uses most of it. An engine of your own is tested
//! as [Writing an engine](https://github.com/flujo-rs/flujo/blob/main/docs/book/how-to/writing-an-engine.md) says.

mod assertions;
mod clock;
pub mod conformance;
mod crash;
mod event_log;
mod gather;
mod ordered_log;
mod replies;
mod stub;

pub use assertions::{
    assert_asks, assert_context, assert_done, assert_events, assert_events_at, assert_failed, assert_paths,
    assert_usage,
};
pub use clock::PausedClock;
pub use crash::{Crash, Moment};
pub use event_log::EventLog;
pub use gather::gather_result;
pub use ordered_log::OrderedLog;
pub use replies::Replies;
pub use stub::StubAgent;

/// The page of the crate on crates.io, whose example compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
