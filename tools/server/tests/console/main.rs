//! The pages for people, asked as a browser asks.

mod acts;
mod hostile;
mod html;
mod inbox;
mod pipelines;
mod runs;
mod site;
mod texts;
