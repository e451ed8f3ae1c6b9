//! Real models, behind the feature `models`: OpenAI, Anthropic, Gemini, OpenRouter, Ollama, and whatever speaks
//! one of their languages.
//!
//! ```no_run
//! use flujo::models::Models;
//! use flujo::prelude::*;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Keys come from `OPENAI_API_KEY`, `ANTHROPIC_API_KEY`, ...
//! let flujo = Flujo::builder().models(Models::from_env()?).build()?;
//! # Ok(())
//! # }
//! ```
//!
//! A model is named `provider:model`. An unknown provider and a missing key are refused when the engine is built,
//! or when a run of an unregistered pipeline starts, with the name of the variable that is missing.
//!
//! One call is one request: nothing is tried again here, the step's `retries` are the only ones. An answer that
//! breaks off is an error, never a short answer.

mod builder;
mod capability;
mod client;
mod convert;
mod failure;
mod prices;
mod provider;
mod quiet;
mod secret;
mod stream;
mod tools;

pub use builder::{Compatible, ModelsBuilder};
pub use capability::{Capabilities, Structured};
pub use client::Models;
pub use prices::PriceList;
pub use provider::{Provider, Wire};
