//! Real models for [`flujo`]: OpenAI, Anthropic, Gemini, OpenRouter, Ollama, and every server that is
//! compatible with one of them, with the prices of some two thousand models.
//!
//! ```no_run
//! use flujo::prelude::*;
//! use flujo_models::{Models, PriceList};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Keys come from `OPENAI_API_KEY`, `ANTHROPIC_API_KEY`, ...
//! let flujo = Flujo::builder().models(Models::from_env()?).prices(PriceList::bundled()).build()?;
//! # Ok(())
//! # }
//! ```
//!
//! With the feature `settings`, `Models::from_settings` reads providers, keys and timeouts from the `Settings` of `flujo`, and
//! `PriceList::from_settings` the path of a price file.
//!
//! A model is named `provider:model`. An unknown provider and a missing key are refused when the engine is
//! built, or when a run of an unregistered pipeline starts; the message names the missing variable.
//!
//! One call is one request: this crate never retries, the step's `retries` are the only ones. An answer that
//! is cut off is an error, never a short answer.
//!
//! # TLS
//!
//! TLS is rustls with the root certificates of the system. Building it takes a C compiler, for `ring`. A crypto provider that
//! the program has installed with `CryptoProvider::install_default` is used in place of `ring`; this crate installs none.
//! Programs that use rustls themselves with another provider install that one, or name it: with two providers compiled in,
//! `rustls::ClientConfig::builder()` cannot choose.

mod address;
mod builder;
mod capability;
mod client;
mod config;
mod ending;
mod failure;
mod heard;
mod http;
mod prices;
mod provider;
mod request;
mod schema;
mod secret;
#[cfg(feature = "settings")]
mod settings;
mod tool_names;
mod wire;

pub use builder::{Compatible, ModelsBuilder};
pub use capability::{Capabilities, PromptCache, Structured};
pub use client::Models;
pub use prices::PriceList;
pub use provider::{Provider, Wire};

use flujo::error::{Error, ErrorKind};

/// Returns the error of an invalid client or price list.
fn setup(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Setup(message.into()))
}

/// The page of the crate on crates.io, whose example compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
