//! Streams of what happens, which a viewer takes up again where it left off.
//!
//! A viewer has a place: how much of what is recorded was sent to it. The place is the id of each event, so that it
//! survives the connection and the server. What is sent follows from the place and the records alone, and so each event
//! is sent once. Nothing is queued for a viewer: one who is slow holds the last view of the run, and gets the rest
//! when it goes on. Only what is not recorded is lost then, and the event `dropped` says how much.

mod all;
mod cursor;
mod feed;
mod past;
mod run;
mod stream_event;
mod viewer;
mod watched;

pub(crate) use cursor::CURSOR;
use cursor::Cursor;
pub(crate) use stream_event::{EVENT_NAMES, event_schema};
pub(crate) use watched::Watching;
