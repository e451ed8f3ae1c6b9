//! What the tests of several suites are told with: engines, steps, stories, and how they are killed. The tests
//! are in `tests/`, what they compile in `ui/`.
#![allow(missing_docs, missing_debug_implementations, reason = "only tests read it")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::len_without_is_empty,
    clippy::missing_panics_doc,
    clippy::new_without_default,
    clippy::print_stdout,
    clippy::wildcard_imports,
    reason = "a test that goes wrong panics, and people read what it prints"
)]

pub mod clerks;
pub mod engines;
#[cfg(feature = "sqlite")]
pub mod files;
mod forms;
pub mod kill;
pub mod library;
pub mod lines;
pub mod pieces;
pub mod servants;
pub mod stories;
pub mod world;

/// Chapters of the book whose examples compile and run.
#[cfg(doctest)]
mod book {
    #[doc = include_str!("../../docs/book/how-to/tools.md")]
    struct Tools;
    #[doc = include_str!("../../docs/book/how-to/agents.md")]
    struct Agents;
    #[doc = include_str!("../../docs/book/how-to/tuning.md")]
    struct Tuning;
    #[doc = include_str!("../../docs/book/how-to/streaming.md")]
    struct Streaming;
    #[doc = include_str!("../../docs/book/how-to/cost.md")]
    struct Cost;
    #[doc = include_str!("../../docs/book/how-to/caching.md")]
    struct Caching;
    #[doc = include_str!("../../docs/book/how-to/writing-an-engine.md")]
    struct Engines;
    #[cfg(feature = "sqlite")]
    #[doc = include_str!("../../docs/book/how-to/durable-runs.md")]
    struct DurableRuns;
}

/// Features of the Python predecessor, and what takes their place.
#[cfg(doctest)]
mod book_from_python {
    #[doc = include_str!("../../docs/book/from-python/overview.md")]
    struct Overview;
    #[doc = include_str!("../../docs/book/from-python/steps.md")]
    struct Steps;
    #[doc = include_str!("../../docs/book/from-python/control-flow.md")]
    struct ControlFlow;
    #[doc = include_str!("../../docs/book/from-python/context.md")]
    struct Context;
    #[doc = include_str!("../../docs/book/from-python/agents.md")]
    struct Agents;
    #[doc = include_str!("../../docs/book/from-python/people.md")]
    struct People;
    #[doc = include_str!("../../docs/book/from-python/cost.md")]
    struct Cost;
    #[doc = include_str!("../../docs/book/from-python/operations.md")]
    struct Operations;
    #[doc = include_str!("../../docs/book/from-python/testing.md")]
    struct Testing;
    #[doc = include_str!("../../docs/book/from-python/not-here.md")]
    struct NotHere;
}

/// The language on one page.
#[cfg(doctest)]
#[doc = include_str!("../../docs/book/assistants.md")]
struct Assistants;

/// And those of what it takes to ask real models.
#[cfg(all(doctest, feature = "models"))]
mod book_of_models {
    #[doc = include_str!("../../docs/book/how-to/models.md")]
    struct Models;
    #[doc = include_str!("../../docs/book/reference/settings.md")]
    struct Settings;
}
