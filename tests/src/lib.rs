//! Nothing here: the tests are in `tests/`, what they compile in `ui/`.

/// Chapters of the book whose examples compile and run.
#[cfg(doctest)]
mod book {
    #[doc = include_str!("../../docs/book/tools.md")]
    struct Tools;
    #[doc = include_str!("../../docs/book/agents.md")]
    struct Agents;
}
