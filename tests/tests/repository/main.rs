//! What is promised outside of the code: the book, the README, the dependencies, what an editor shows, and what a macro
//! prints of itself.
#![allow(missing_docs, reason = "a test binary has no readers of its docs")]

mod anchors;
mod architecture;
mod assistants;
mod dependencies;
mod editor;
mod errors;
mod events;
mod expansion;
mod explanation;
mod forms;
mod from_python;
mod layers;
mod limits;
mod llms;
mod markdown;
mod messages;
mod packages;
mod readme;
mod release;
mod run_options;
mod snippets;
mod source;
mod summaries;
mod workflows;
