//! What is promised outside of the code: the book, the README, the dependencies, what an editor shows, and what a macro
//! prints of itself.
#![allow(missing_docs, reason = "a test binary has no readers of its docs")]

mod anchors;
mod architecture;
mod book;
mod dependencies;
mod editor;
mod errors;
mod events;
mod expansion;
mod forms;
mod layers;
mod limits;
mod markdown;
mod readme;
mod run_options;
mod snippets;
mod source;
mod summaries;
