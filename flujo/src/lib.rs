//! AI workflows as ordinary Rust: rustc proves that they fit together, and a small runtime runs them so
//! that nothing finished is lost, repeated or overspent.
//!
//! Annotate async functions with [`macro@step`], write a [`pipeline!`], run it with [`Flujo`].

// The macros write `::flujo::..`, in doc tests and in this crate alike.
#[allow(unused_extern_crates, reason = "generated code names the crate from inside it too")]
extern crate self as flujo;

pub mod agent;
pub mod cache;
pub mod clock;
pub mod codec;
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

/// What implementations of [`model::ModelClient`] and of the engine traits are annotated with.
pub use async_trait::async_trait;
pub use cache::{Cache, CachePolicy, MemoryCache};
pub use context::Contains;
pub use durable::{Durable, Reply, assert_durable, assert_reply};
pub use error::{Error, ErrorKind, Failure, Result, StepError};
pub use exec::{Cx, Pipeline, graph_of};
pub use flow::{Critique, Feedback};
pub use flujo_macros::{context, pipeline, resources, step};
pub use model::{Estimate, Prompt};
pub use resources::Provides;
pub use run::{Flujo, Outcome, PipelineResult, StepResult};
pub use secret::Secret;
pub use step::{
    Findings, KeptFinding, Plugin, PluginResult, Priority, RunInfo, StepCall, ValidationResult, Validator,
};
pub use usage::{Cost, Costed, LimitExceeded, SharedBudget, Usage, UsageLimits};
pub use {schemars, serde, serde_json};

/// What a file with steps and pipelines needs.
pub mod prelude {
    pub use crate::flow::{ask, fail, gate, join, map, refine, repeat, route, value, wait};
    pub use crate::{
        Costed, Critique, Failure, Feedback, Flujo, Outcome, PipelineResult, Plugin, PluginResult, Priority,
        Prompt, Result, RunInfo, SharedBudget, StepError, UsageLimits, ValidationResult, Validator, context,
        pipeline, resources, step,
    };
}
