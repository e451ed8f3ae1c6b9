//! A command line on the runs of [`flujo`]: lists, questions, replies, forks, usage, findings, drawings.
//!
//! [`run`] makes any binary with pipelines one. The binary `flujo` of this crate does the same without code, for a database
//! (`flujo --db runs.db list`) and for a server (`flujo --server http://127.0.0.1:8080 list`).
//!
//! ```no_run
//! use flujo::prelude::*;
//! use flujo_sqlite::Sqlite;
//! use std::process::ExitCode;
//!
//! #[step]
//! async fn greet(name: String) -> Result<String> {
//!     Ok(format!("Hello, {name}!"))
//! }
//!
//! pipeline! {
//!     fn welcome(name: String) -> String { greet(name) }
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<ExitCode, flujo::Error> {
//!     let engine = Sqlite::open("runs.db")?;
//!     let flujo = Flujo::builder().engine(engine).pipeline::<welcome>().build()?;
//!     Ok(flujo_cli::run(flujo).await)
//! }
//! ```
//!
//! `app start welcome --input '"Ada"' --wait` starts a run, and `app list --state failed --json` is for other programs.
//!
//! | item | what it is |
//! |---|---|
//! | [`run`], [`is_command`] | the command line of a binary with pipelines |
//! | [`Cli`] | the same with settings, such as those of its server |
//! | [`Console`] | where a command reads and writes: tests make their own |
//! | [`Exit`] | the exit codes |
//!
//! The book's chapter [Operating](https://github.com/flujo-rs/flujo/blob/main/docs/book/how-to/operating.md) shows the commands at work.
//!
//! # Pages and an interface for programs
//!
//! `app serve` serves the runs at `http://127.0.0.1:8080`: pages for people, and `/api/v1` for programs. `--work` goes on
//! with runs too, such as those whose reply has arrived, and Ctrl-C or `SIGTERM` ends it without loss. Without tokens only
//! this machine is answered. `--token-file FILE`, or the variable `FLUJO_TOKENS`, lists who else may ask, a caller on each
//! line: a name, a role and a token.
//!
//! ```text
//! ops    operator  c5f7e0...
//! board  viewer    91d2aa...
//! ```
//!
//! [`Cli`] takes the other settings of a server, such as the observer that makes its pages live.
//!
//! `flujo --server URL` asks such a server. What it changes is recorded in the name that belongs to the token in the variable
//! `FLUJO_TOKEN`, or in that which `--token-env` names; the token itself is never printed.
//!
//! # Features
//!
//! All are on by default. `server` is `serve` and `graph --format svg`; `sqlite` is the binary `flujo`, and `remote` its
//! `--server`. Without them, a command line on a [`Flujo`](flujo::Flujo) is light: nothing that serves, and no C.
//!
//! # Messages of the compiler
//!
//! `flujo explain join_conflict` shows a program with the mistake whose name ends a message, and the message. It needs no
//! database, and `app explain` is there too. `flujo explain` lists the names.
//!
//! # What is printed
//!
//! Tables fit the terminal; colours are for terminals only, and not if `NO_COLOR` is set. With `--json` every answer is
//! one JSON value on one line, and `watch --json` prints one for each event. Times are in UTC, money is in whole
//! nano-dollars (`cost_nanos`). New fields may be added to these documents; those that are there keep their meaning.
//! Characters that would control the terminal, or turn the direction of text around, are shown as `\u{1b}`.
//!
//! # Exit codes
//!
//! [`Exit`] lists them: 0 ok, 1 failed, 2 usage, 3 nothing found, 4 findings, 130 interrupted.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod args;
#[cfg(test)]
#[cfg(all(feature = "remote", feature = "server", feature = "sqlite"))]
mod book;
mod by;
mod cli;
mod commands;
mod console;
mod exit;
mod explain;
mod host;
#[cfg(feature = "sqlite")]
mod installed;
mod json;
mod parse;
mod place;
#[cfg(feature = "remote")]
mod remote;
mod run;
mod runs;
mod signals;
mod stop;
mod terminal;
mod text;
#[cfg(feature = "server")]
mod tokens;

pub use self::console::Console;
pub use cli::Cli;
pub use exit::Exit;
#[cfg(feature = "sqlite")]
pub use installed::run_installed;
pub use run::{is_command, run};

/// The code of the chapter on operating.
#[cfg(all(doctest, feature = "server", feature = "sqlite"))]
#[doc = include_str!("../../../docs/book/how-to/operating.md")]
struct Operating;

/// The page of the crate on crates.io, whose example compiles.
#[cfg(all(doctest, feature = "sqlite"))]
#[doc = include_str!("../README.md")]
struct Readme;
