//! Building blocks of engines.
//!
//! [`Memory`](super::Memory), `flujo_testing::OrderedLog` and `flujo_sqlite::Sqlite` are made of them, so an engine
//! for other storage needs only the parts that depend on its storage.
//!
//! | to write | needs |
//! |---|---|
//! | an engine of one process | a [`Journal`], which writes each [`Change`] of a run; [`LocalEngine`] is the rest. It loads what was written with [`SavedRun`] |
//! | an engine whose storage several processes share | the [`Journal`] too, and its own [`Engine`](super::Engine): it decides in a transaction who owns a run, answers and cancels it there, and works on a loaded run with [`Entry::load`], [`Entry::take_over`] and [`Ownership::execute`] |
//! | an engine that numbers commands | its own [`Handle`](super::Handle) over [`Entry`] and [`Ownership`] |
//!
//! # An engine in a file
//!
//! Each change is a line of JSON. A change is durable when its line is on the disk; a process that opens the file
//! again replays the lines.
//!
//! ```
//! use flujo::clock::SystemClock;
//! use flujo::engine::RunId;
//! use flujo::engine::kit::{Change, Journal, LocalEngine, SavedRuns};
//! use flujo::error::{EngineError, Signal};
//! use flujo::prelude::*;
//! use std::fs::File;
//! use std::io::{Error, Read, Write};
//! use std::path::Path;
//! use std::sync::{Arc, Mutex};
//!
//! /// The journal of one run, in the file of all runs.
//! struct Lines {
//!     run: RunId,
//!     file: Arc<Mutex<Option<File>>>,
//! }
//!
//! impl Journal for Lines {
//!     type Ack = Result<(), Error>;
//!
//!     fn write(&mut self, change: Change<'_>) -> Self::Ack {
//!         let mut line = serde_json::to_vec(&(&self.run, change))?;
//!         line.push(b'\n');
//!         let mut file = self.file.lock().map_err(|_| Error::other("a write panicked"))?;
//!         // A write that fails closes the journal: nothing may follow a gap.
//!         let mut open = file.take().ok_or_else(|| Error::other("an earlier write failed"))?;
//!         open.write_all(&line)?;
//!         open.sync_data()?;
//!         *file = Some(open);
//!         Ok(())
//!     }
//!
//!     async fn durable(written: Self::Ack) -> Result<(), Signal> {
//!         written.map_err(|error| Signal::Engine(EngineError::new("the file cannot be written").with_source(error)))
//!     }
//! }
//!
//! fn open(path: &Path) -> Result<LocalEngine<Lines>, Box<dyn std::error::Error>> {
//!     let mut file = File::options().create(true).read(true).append(true).open(path)?;
//!     let mut text = String::new();
//!     file.read_to_string(&mut text)?;
//!     // A line without an end was never durable: its process died while it wrote.
//!     text.truncate(text.rfind('\n').map_or(0, |end| end + 1));
//!     file.set_len(text.len() as u64)?;
//!     let mut runs = SavedRuns::default();
//!     for line in text.lines() {
//!         let (run, change) = serde_json::from_str::<(RunId, Change<'static>)>(line)?;
//!         runs.apply(&run, change)?;
//!     }
//!     let file = Arc::new(Mutex::new(Some(file)));
//!     let journal = move |run: &RunId| Lines { run: run.clone(), file: Arc::clone(&file) };
//!     let engine = LocalEngine::new(Arc::new(SystemClock::new()), journal);
//!     runs.into_iter().for_each(|run| engine.load(run));
//!     Ok(engine)
//! }
//!
//! #[step]
//! async fn draft(topic: String) -> Result<String> {
//!     Ok(format!("On {topic}."))
//! }
//!
//! pipeline! {
//!     fn publish(topic: String) -> String {
//!         let text = draft(topic);
//!         let title: String = ask("Which title?").showing(&text);
//!         value(format!("{title}: {text}"))
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let path = std::env::temp_dir().join(format!("flujo-kit-{}.jsonl", std::process::id()));
//! # let _ = std::fs::remove_file(&path);
//! let flujo = Flujo::builder().engine(open(&path)?).build()?;
//! let paused = flujo.run(publish("tides".to_owned())).id("r").await;
//! assert!(matches!(paused.outcome, Outcome::Paused(_)));
//! drop(flujo);
//!
//! // Another process, another day.
//! let flujo = Flujo::builder().engine(open(&path)?).build()?;
//! let done = flujo.resume::<publish>("r").reply("The sea".to_owned()).await?;
//! assert_eq!(done.into_output()?, "The sea: On tides.");
//! # std::fs::remove_file(&path)?;
//! # Ok(())
//! # }
//! ```

mod activity;
mod by_path;
mod change;
mod drive_arms;
mod entry;
mod ephemeral_account;
mod journal;
mod ledger;
mod lifecycle;
mod local;
mod ownership;
mod question;
mod records;
mod saved_run;
mod table;
#[cfg(test)]
mod tests;

pub use activity::{Activity, WorkGuard};
pub use by_path::ByPath;
pub use change::Change;
pub(crate) use drive_arms::drive_on_copies;
pub use drive_arms::{Arms, drive_arms};
pub use entry::Entry;
pub(crate) use ephemeral_account::EphemeralAccount;
pub use journal::Journal;
pub use ledger::Ledger;
pub use lifecycle::Lifecycle;
pub use local::LocalEngine;
pub use ownership::Ownership;
pub use question::{OpenQuestion, check_reply};
pub use records::Records;
pub use saved_run::{SavedRun, SavedRuns};
pub use table::Table;
