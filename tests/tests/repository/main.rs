//! What is promised outside of the code: the book, the README, the dependencies, what an editor shows, and what a macro
//! prints of itself.
#![allow(missing_docs, reason = "a test binary has no readers of its docs")]

mod architecture;
mod assistants;
mod book;
mod dependencies;
mod editor;
mod expansion;
mod forms;
mod from_python;
mod layers;
mod llms;
mod markdown;
mod readme;
mod snippets;
mod summaries;
