//! The HTTP interface of [`flujo`]: `/api/v1` for programs, pages for people, and events as they happen.
//!
//! ```
//! use flujo::prelude::*;
//! use flujo_server::{Live, Role, Server};
//!
//! # #[step]
//! # async fn greet(name: String) -> Result<String> { Ok(format!("Hello, {name}!")) }
//! pipeline! {
//!     fn welcome(name: String) -> String { greet(name) }
//! }
//!
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! let live = Live::new();
//! let flujo = Flujo::builder().pipeline::<welcome>().observer(live.clone()).build()?;
//! Server::new(flujo).live(live).serve("127.0.0.1:8080".parse()?).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Who may do what
//!
//! Without tokens only this machine is served, and whoever asks is an [admin](Role::Admin). With
//! [tokens](Server::token) or an [`Authorizer`] each caller has a [`Role`], and what a caller changes is recorded with
//! the caller's name.

mod access;
mod api;
mod button;
pub mod comparison;
mod console;
mod data;
pub mod drawing;
mod events;
mod fields;
mod lists;
mod live;
mod mounted;
mod places;
mod problem;
#[cfg(test)]
mod problem_book;
mod serve;
mod server;
mod settings;
mod state;
mod time;

pub use access::{Authorizer, Caller, ParseRoleError, Role};
pub use live::Live;
pub use serve::ServeError;
pub use server::Server;

/// The page of the crate on crates.io, whose example compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// Pages of the book, whose examples compile.
#[cfg(doctest)]
mod book {
    #[doc = include_str!("../../../docs/book/how-to/streaming-to-a-page.md")]
    struct StreamingToAPage;
    #[doc = include_str!("../../../docs/book/how-to/deploying.md")]
    struct Deploying;
}
