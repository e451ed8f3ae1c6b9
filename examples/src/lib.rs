//! What the examples share: arguments, the terminal, files of JSON lines, and who answers. Nothing else here is about
//! flujo, so that the examples themselves read as stories.

pub mod answers;
pub mod args;
pub mod jsonl;
#[cfg(feature = "serve")]
pub mod signals;
pub mod terminal;
