//! The forms of `pipeline!`: loops, parallel branches, guardrails, human in the loop, timers.
//!
//! | form | purpose |
//! |---|---|
//! | [`repeat`] | a body that runs again until a condition holds |
//! | [`refine`] | a generator and a critic: reflection |
//! | [`join`] | arms that run concurrently: fan-out |
//! | [`map`] | one body for each item of a list: fan-out over data |
//! | [`route`] | the arms of a `match` that a set selects |
//! | [`gate`] | validators of a value: guardrails |
//! | [`ask`] | a question to a person: human in the loop |
//! | [`wait`] | a durable timer |
//! | [`fail`] | the end of the pipeline as failed |
//! | [`value`] | a plain expression that looks like a call |
//!
//! Branches are Rust's own `if` and `match`. These functions are the documentation of the forms, which an editor shows
//! inside `pipeline!`, where the words are part of the language; called anywhere else they run no step.
//!
//! ```
//! use flujo::prelude::*;
//!
//! #[step]
//! async fn classify(text: String) -> Result<bool> {
//!     Ok(text.contains("refund"))
//! }
//!
//! #[step]
//! async fn answer(text: String) -> Result<String> {
//!     Ok(format!("about {text}: yes"))
//! }
//!
//! #[step]
//! async fn translate(text: String, language: String) -> Result<String> {
//!     Ok(format!("{language}: {text}"))
//! }
//!
//! pipeline! {
//!     fn reply(letter: String) -> Vec<String> {
//!         let (is_refund, text) = join(classify(letter.clone()), answer(letter));
//!         if is_refund {
//!             fail("refunds are for people")
//!         } else {
//!             map(["de", "fr"], |language| translate(text.clone(), language.to_string()))
//!         }
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), flujo::Error> {
//! let flujo = Flujo::builder().build()?;
//! let replies = flujo.run(reply("opening hours".to_string())).await.into_output()?;
//! assert_eq!(replies, ["de: about opening hours: yes", "fr: about opening hours: yes"]);
//! # Ok(())
//! # }
//! ```

mod ask;
mod counts;
mod critique;
mod fail;
mod form;
mod gate;
mod join;
mod map;
mod refine;
mod repeat;
mod rounds;
mod route;
mod settled;
mod value;
mod wait;

pub use ask::ask;
#[doc(hidden)]
pub use counts::{assert_concurrency, assert_items, assert_rounds};
pub use critique::{Critique, Feedback};
pub use fail::fail;
pub use form::Form;
#[doc(hidden)]
pub use gate::GatePlugins;
pub use gate::gate;
pub use join::join;
pub use map::map;
pub use refine::refine;
pub use repeat::repeat;
#[doc(hidden)]
pub use route::ALL_AT_ONCE;
pub use route::route;
pub use settled::{Arms, Each, Tuple, Whole};
pub use value::value;
pub use wait::{WaitFor, wait};
