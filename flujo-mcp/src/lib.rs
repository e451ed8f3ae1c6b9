//! Tools of MCP servers for [`flujo`]: a model's step offers them, and a step calls them with types.
//!
//! ```
//! use flujo::prelude::*;
//! use flujo_mcp::McpServer;
//!
//! flujo_mcp::server!(
//!     /// The files that a model may read.
//!     pub struct Files
//! );
//!
//! #[resources]
//! struct App {
//!     files: Files,
//! }
//!
//! # fn main() -> Result<(), flujo::Error> {
//! let files = McpServer::stdio("files", "npx", ["-y", "@modelcontextprotocol/server-filesystem", "/data"]).build()?;
//! // Nothing is started before a tool is needed.
//! let flujo = Flujo::builder().resources(App { files: files.into() }).build()?;
//! # drop(flujo);
//! # Ok(())
//! # }
//! ```
//!
//! [`McpServer::call_as`] shows a tool as a typed step.
//!
//! | item | what it is |
//! |---|---|
//! | [`McpServer`] | a server: [`stdio`](McpServer::stdio) starts a process, [`http`](McpServer::http) reaches an address |
//! | [`ServerBuilder`] | its description: environment or headers, timeouts and bounds |
//! | [`server!`] | a type for each server, so that resources tell them apart |
//!
//! The book's chapter [MCP servers](https://github.com/flujo-rs/flujo/blob/main/docs/book/how-to/mcp.md) has whole programs. The crate has no features.
//!
//! # What is retried
//!
//! One call is one request: this crate never retries, the step's `retries` are the only ones. A server that cannot be reached, does
//! not answer in time or breaks off is an error that may be tried again; it is connected to again at the next use. A tool that
//! fails, an unknown tool and arguments that are refused are errors that stay.
//!
//! # What a server can do
//!
//! A server is not trusted: its answers, its list of tools and the time that it takes are bounded, and what it writes is quoted in
//! errors only in part. Values of headers and of the environment are never shown.
//!
//! # Runtime
//!
//! A server is used within a tokio runtime with I/O and time, such as `#[tokio::main]` makes. Its connection ends with the runtime that
//! it was opened in, and is opened again in another one.
//!
//! # TLS
//!
//! TLS is rustls with the root certificates of the system. Building it takes a C compiler, for `ring`. A crypto provider that
//! the program has installed with `CryptoProvider::install_default` is used in place of `ring`; this crate installs none.

mod answer;
mod builder;
mod config;
mod connection;
mod failure;
mod http;
mod listing;
mod message;
mod newtype;
mod secrets;
mod server;
mod stdio;
mod trouble;

pub use builder::{Http, ServerBuilder, Stdio};
pub use server::McpServer;

/// The chapter of the book, whose examples compile and run.
#[cfg(doctest)]
#[doc = include_str!("../../docs/book/how-to/mcp.md")]
struct Chapter;

/// Names for [`server!`].
#[doc(hidden)]
pub mod __private {
    pub use flujo::codec::Json;
    pub use flujo::model::{ToolServer, ToolSpec};
    pub use flujo::{StepError, async_trait};
}

/// The page of the crate on crates.io, whose example compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
