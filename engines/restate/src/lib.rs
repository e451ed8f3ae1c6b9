//! An engine of [flujo] on [Restate](https://restate.dev): runs, and the arms of one run, spread over many machines.
//!
//! A Restate server keeps the journals of runs and calls the processes that have the code, the *workers*. A worker that dies
//! loses nothing that a step has finished: the server calls another one, which gets the journal.
//!
//! ```no_run
//! use flujo::prelude::*;
//! use flujo_restate::Restate;
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
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
//! let engine = Restate::connect("http://127.0.0.1:8080", "http://127.0.0.1:9070")?;
//! let flujo = Flujo::builder().engine(engine).pipeline::<welcome>().build()?;
//!
//! // In a worker: serve, and tell the server where.
//! let worker = flujo.clone();
//! tokio::spawn(async move { flujo_restate::serve(&worker, "0.0.0.0:9080").register("http://worker-1:9080").await });
//!
//! // Here, or in any other process.
//! let result = flujo.run(welcome("Ada".to_owned())).id("hello-1").await;
//! assert_eq!(result.into_output()?, "Hello, Ada!");
//! # Ok(())
//! # }
//! ```
//!
//! | item | what it is |
//! |---|---|
//! | [`Restate`] | the engine, in every process that starts, answers or looks at runs |
//! | [`serve`], [`Serve`] | a worker, which has the code of pipelines and is called by the server |
//! | [`RestateError`] | why the server could not be used |
//!
//! The book's chapter [Many machines](https://github.com/flujo-rs/flujo/blob/main/docs/book/how-to/many-machines.md) begins with the server;
//! [the example](https://github.com/flujo-rs/flujo/blob/main/engines/restate/examples/cluster/main.rs) kills one of two workers. The crate has no features.
//!
//! # What is where
//!
//! | in Restate | is |
//! |---|---|
//! | service `shop.refund`, a workflow | the pipeline of that durable name |
//! | service `shop.refund.arms-` and the fingerprint, a workflow | the arms of one build of it: they run the code that their run began with |
//! | an invocation with the key `r-1~1` | the first execution of run `r-1`; a retry is `r-1~2` |
//! | an invocation with the key `r-1~1/shop.refund/join.1[0]` | arm 0 of a fork: a run of the body from the beginning, on what was recorded before |
//! | an entry `shop.refund/pay step 1` of a journal | the record of an attempt |
//! | object `flujo.Run` with the key `r-1` | everything else of the run: its input, questions, limits, the state |
//! | object `flujo.Graph` | the graph of a pipeline, once for all runs of a build |
//!
//! # What differs from other engines
//!
//! The sentences of the engine contract (`flujo_testing::conformance`) that are otherwise here. All others hold, in the tests of
//! this crate.
//!
//! | sentence | here |
//! |---|---|
//! | `attempt/signal-leaves-no-record` | if the storage fails in the body of an attempt, the server makes the attempt again until it works |
//! | `replay/kind` | the server itself refuses other commands under a running execution: the worker serves other code at the same address |
//! | `replay/question` | an execution that waits for a reply waits on: that its question is now another one is found when it goes on |
//! | `fork/signal-drops-siblings` | as for an attempt: a failure of the storage in an arm is tried again, and ends nothing |
//! | `ledger/settle-once` | as for an attempt |
//! | `ledger/unsettled-is-charged` | what a dead worker had reserved is charged when its attempt reserves again or ends, not before |
//! | `ownership/five-takeovers-crash` | which worker works is the server's decision: no death of one is counted as a takeover |
//! | `cancel/at-the-next-command` | a command that is on its way while its run is cancelled may be executed; one that reserves is refused |
//! | `cancel/charges-reservations` | the body of an attempt that is under way when its run is cancelled goes to its end |
//! | `outcome/signals-are-none` | as for an attempt |
//! | `control/active-time` | the active time is known when an execution ends, and is all the time since it began |
//! | `list/paused-runs` | a run goes on when its reply is there, and is not paused any more |
//! | `summary/times` | a run has ended when the last thing that is on record had: nothing asks for the time after it |
//! | `summary/last-change-first` | as for a paused run |
//! | `process/takeovers-survive` | as for takeovers |
//!
//! A run whose invocation is refused by the code at its address, by a worker without its pipeline, or by the server for the
//! size of what is sent, waits until that is put right. A caller that waits for it gets an error after some seconds, and a view
//! has it in `RunView::stopped`.
//!
//! Whatever the server is sent is one message: a value above [`Restate::value_limit`] ends its step, or its run, with an
//! error. An arm is given the records of all that came before its fork, so those together have that limit too.
//!
//! Workers of one build may share an address. The server fills a connection before it opens another one, so a balancer of
//! connections shares the work more evenly if a connection takes few calls: set
//! `worker.invoker.http2-streams-per-connection-limit` of the server to 8 or so, or use a balancer of requests.
//!
//! A cluster goes on without one of its nodes. A [`Restate`] talks to one address, though: give it that of a balancer.
//!
//! The server is software of its own, under BSL 1.1: whoever runs it accepts that licence.

mod account;
mod arm;
mod client;
mod engine;
mod entry;
mod error;
mod graphs;
mod handle;
mod hosted;
mod journal;
mod limit;
mod object;
mod register;
mod request;
mod serve;
mod service;
mod state;
mod trouble;
mod wire;
mod worker;
mod workflow;

pub use engine::Restate;
pub use error::RestateError;
pub use serve::{Address, Serve, serve};

/// The chapter of the book, whose examples compile.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/book/how-to/many-machines.md")]
struct Chapter;

/// The page of the crate on crates.io, whose example compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
