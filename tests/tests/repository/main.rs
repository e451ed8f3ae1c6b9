//! What is promised outside of the code: the book, the README, the dependencies, what an editor shows, and what a macro
//! prints of itself.
#![allow(missing_docs, reason = "a test binary has no readers of its docs")]

mod architecture;
mod book;
mod dependencies;
mod editor;
mod expansion;
mod explanation;
mod forms;
mod layers;
mod markdown;
mod readme;
mod snippets;
mod summaries;
