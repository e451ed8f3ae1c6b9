//! Real models for [`flujo`]: OpenAI, Anthropic, Gemini, OpenRouter, Ollama, and every server that is
//! compatible with one of them, with the prices of some two thousand models.
//!
//! ```
//! use flujo::prelude::*;
//! use flujo_models::{Models, PriceList};
//!
//! #[step(model = "openai:gpt-4o-mini", max_tokens = 50)]
//! fn label(post: String) -> Prompt<String> {
//!     Prompt::system("Name the tone of this post.").user(post)
//! }
//!
//! pipeline! {
//!     fn moderate(post: String) -> String { label(post) }
//! }
//!
//! # fn main() -> Result<(), flujo::Error> {
//! // `Models::from_env()` takes keys from `OPENAI_API_KEY`, `ANTHROPIC_API_KEY` and the like.
//! let models = Models::builder().key("openai", "sk-..").build()?;
//! let flujo = Flujo::builder().models(models).prices(PriceList::bundled()).pipeline::<moderate>().build()?;
//! # drop(flujo);
//!
//! // What could never be answered is refused before anything runs.
//! let without_key = Flujo::builder().models(Models::builder().build()?).pipeline::<moderate>().build();
//! assert!(without_key.unwrap_err().to_string().contains("OPENAI_API_KEY"));
//! # Ok(())
//! # }
//! ```
//!
//! A model is named `provider:model`. An unknown provider and a missing key are refused when the engine is
//! built, or when a run of an unregistered pipeline starts; the message names the missing variable.
//!
//! | type | what it is |
//! |---|---|
//! | [`Models`], [`ModelsBuilder`] | the client, and which providers it knows and how they are reached |
//! | [`Provider`], [`Wire`], [`Capabilities`] | the known providers, their protocols, and what each can do |
//! | [`Compatible`] | a server that speaks one of the protocols: a gateway, or models of your own |
//! | [`PriceList`] | prices of models, bundled or from a file |
//!
//! # What is retried
//!
//! One call is one request: this crate never retries, the step's `retries` are the only ones. An answer that
//! is cut off is an error, never a short answer.
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `settings` | `Models::from_settings` and `PriceList::from_settings`: providers, keys, timeouts and prices from the `Settings` of `flujo` |
//! | `http2` | many calls over one connection |
//!
//! The book says more: [Models](https://github.com/flujo-rs/flujo/blob/main/docs/book/how-to/models.md), [Tuning](https://github.com/flujo-rs/flujo/blob/main/docs/book/how-to/tuning.md),
//! [Cost and budgets](https://github.com/flujo-rs/flujo/blob/main/docs/book/how-to/cost.md), [Settings](https://github.com/flujo-rs/flujo/blob/main/docs/book/reference/settings.md).
//!
//! # TLS
//!
//! TLS is rustls with the root certificates of the system. Building it takes a C compiler, for `ring`. A crypto provider that
//! the program has installed with `CryptoProvider::install_default` is used in place of `ring`; this crate installs none.
//! Programs that use rustls themselves with another provider install that one, or name it: with two providers compiled in,
//! `rustls::ClientConfig::builder()` cannot choose.

#![cfg_attr(docsrs, feature(doc_cfg))]

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
