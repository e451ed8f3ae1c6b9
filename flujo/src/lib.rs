//! AI workflows as ordinary Rust: rustc proves that they fit together, and a small runtime runs them so
//! that nothing finished is lost, repeated or overspent.
//!
//! ```
//! use flujo::model::Script;
//! use flujo::prelude::*;
//!
//! #[step(model = "openai:gpt-4o-mini", retries = 2)]
//! fn translate(text: String) -> Prompt<String> {
//!     Prompt::ask(format!("Translate into French: {text}"))
//! }
//!
//! pipeline! {
//!     fn hello(name: String) -> String {
//!         translate(format!("Good morning, {name}!"))
//!     }
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), flujo::Error> {
//!     let flujo = Flujo::builder().models(Script::new().then("Bonjour, Ada !")).build()?;
//!     let greeting = flujo.run(hello("Ada".to_owned())).await.into_output()?;
//!     assert_eq!(greeting, "Bonjour, Ada !");
//!     Ok(())
//! }
//! ```
//!
//! A [`macro@step`] is a function; with a model in its attribute it returns the prompt, and its output is what the model
//! answers. A [`pipeline!`] calls steps. The [`Script`](model::Script) answers offline; `Models` of the crate `flujo-models`
//! asks OpenAI, Anthropic, Gemini, Ollama and others. Hand a step what it does not take, and rustc says so, in the pipeline,
//! at the argument.
//!
//! [`Flujo`] records every step as it finishes, so a run that failed or paused goes on where it stopped and nothing finished
//! runs twice. Branches are `if` and `match`, and a person is one more thing to call: [`ask`](flow::ask) pauses the run, from
//! any place, until the reply comes.
//!
//! ```
//! use flujo::model::Script;
//! use flujo::prelude::*;
//!
//! #[derive(Clone, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
//! struct Label {
//!     tone: String,
//!     confidence: f64,
//! }
//!
//! impl Label {
//!     fn is_sure(&self) -> bool {
//!         self.confidence > 0.65
//!     }
//! }
//!
//! /// Asks a model; the answer is a `Label`, checked against its JSON Schema.
//! #[step(model = "openai:gpt-4o-mini", retries = 2)]
//! async fn label_tone(post: String) -> Prompt<Label> {
//!     Prompt::ask(format!("What is the tone of this post?\n{post}"))
//! }
//!
//! #[step]
//! async fn judge(tone: String) -> Result<String> {
//!     Ok(if tone == "angry" { "hide" } else { "publish" }.to_string())
//! }
//!
//! pipeline! {
//!     /// Decides what happens to one post.
//!     fn moderate(post: String) -> String {
//!         let label = label_tone(post.clone());
//!         if label.is_sure() {
//!             judge(label.tone)
//!         } else {
//!             let human: String = ask("How does this post sound to you?").showing(&post);
//!             judge(human).named("judge_human")
//!         }
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), flujo::Error> {
//! let models = Script::new().then(r#"{"tone": "ironic", "confidence": 0.4}"#);
//! let flujo = Flujo::builder().models(models).build()?;
//!
//! let paused = flujo.run(moderate("Great, rain again.".to_string())).id("post-1").await;
//! assert_eq!(paused.questions()[0].path, "moderate/human");
//!
//! // In another process too, and next week, with an engine that keeps runs in a file.
//! let result = flujo.resume::<moderate>("post-1").reply("angry").by("moderator").await?;
//! assert_eq!(result.into_output()?, "hide");
//! # Ok(())
//! # }
//! ```
//!
//! # Where to look
//!
//! | for | see |
//! |---|---|
//! | the forms of a pipeline: `repeat`, `join`, `map`, `ask` .. | [`flow`] |
//! | the options of a step | [`macro@step`], and [`StepCall`] for those of a call |
//! | state of a run, and services that steps use | [`macro@context`], [`macro@resources`] |
//! | the result of a run, and operating many of them | [`PipelineResult`], [`run::Control`] |
//! | models, prompts, answers | [`model`], [`agent`] |
//! | limits of cost | [`UsageLimits`], [`SharedBudget`] |
//! | runs in a file, or on many machines | [`engine`], the crates `flujo-sqlite` and `flujo-restate` |
//! | observers, spans, OpenTelemetry | [`events`], the feature `otel` |
//!
//! # Features
//!
//! | feature | for |
//! |---|---|
//! | `settings` | keys, models, times and limits from the environment, `.env` and `flujo.toml` |
//! | `rate-limits` | calls of models that wait for their turn |
//! | `otel` | spans sent by OpenTelemetry's protocol; turns on `settings` |
//!
//! None is on by default.

#![cfg_attr(docsrs, feature(doc_cfg))]

// The macros write `::flujo::..`, in doc tests and in this crate alike.
#[allow(unused_extern_crates, reason = "generated code names the crate from inside it too")]
extern crate self as flujo;

pub mod agent;
pub mod cache;
pub mod clock;
pub mod codec;
mod const_text;
pub mod context;
mod durable;
pub mod engine;
pub mod error;
pub mod events;
mod exec;
pub mod flow;
mod future;
pub mod graph;
pub mod model;
mod panic;
pub mod path;
pub mod question;
#[cfg(test)]
mod random;
#[cfg(feature = "rate-limits")]
pub mod rate_limits;
pub mod recipes;
mod redact;
mod resources;
pub mod run;
mod secret;
#[cfg(feature = "settings")]
pub mod settings;
pub mod step;
#[cfg(feature = "otel")]
pub mod telemetry;
pub mod usage;

#[doc(hidden)]
pub mod __private;

/// The attribute of implementations of [`model::ModelClient`] and of the engine traits.
pub use async_trait::async_trait;
pub use cache::{Cache, CachePolicy, MemoryCache};
pub use context::Contains;
pub use durable::{Durable, Reply, assert_durable, assert_reply};
pub use error::{Error, ErrorKind, Failure, Result, StepError};
pub use exec::{Cx, Pipeline, graph_of};
pub use flow::{Critique, Feedback};
pub use flujo_macros::{context, pipeline, resources, step};
pub use model::{Estimate, Prompt};
pub use question::Approval;
pub use resources::Provides;
pub use run::{Flujo, Outcome, PipelineResult, StepResult};
pub use secret::Secret;
pub use step::{
    Findings, KeptFinding, Plugin, PluginResult, Priority, RunInfo, StepCall, ValidationResult, Validator,
};
pub use usage::{Cost, Costed, LimitExceeded, SharedBudget, Usage, UsageLimits};
pub use {schemars, serde, serde_json};

/// The imports of a file with steps and pipelines.
pub mod prelude {
    pub use crate::flow::{ask, fail, gate, join, map, refine, repeat, route, value, wait};
    pub use crate::{
        Approval, Costed, Critique, Failure, Feedback, Flujo, Outcome, PipelineResult, Plugin, PluginResult,
        Priority, Prompt, Result, RunInfo, SharedBudget, StepError, UsageLimits, ValidationResult, Validator,
        context, pipeline, resources, step,
    };
}

/// The page of the crate on crates.io, whose example compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
