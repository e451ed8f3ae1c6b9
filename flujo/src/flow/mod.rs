//! The forms of `pipeline!`, as documented items: what an editor shows when it points at one.
//!
//! Inside `pipeline!` these words are part of the language. Called anywhere else they do nothing useful,
//! so that each of them says so.

mod ask;
mod counts;
mod critique;
mod fail;
mod form;
mod gate;
mod join;
mod map;
mod refine;
mod repeat;
mod rounds;
mod route;
mod settled;
mod value;
mod wait;

pub use ask::ask;
#[doc(hidden)]
pub use counts::{assert_concurrency, assert_items, assert_rounds};
pub use critique::{Critique, Feedback};
pub use fail::fail;
pub use form::Form;
#[doc(hidden)]
pub use gate::GatePlugins;
pub use gate::gate;
pub use join::join;
pub use map::map;
pub use refine::refine;
pub use repeat::repeat;
#[doc(hidden)]
pub use route::ALL_AT_ONCE;
pub use route::route;
pub use settled::{Arms, Each, Tuple, Whole};
pub use value::value;
pub use wait::{WaitFor, wait};
