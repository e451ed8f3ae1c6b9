//! What the examples share: arguments, the terminal, files of JSON lines. Nothing here is about flujo, so
//! that the examples themselves read as stories.

pub mod args;
pub mod jsonl;
pub mod terminal;
