//! Boxed futures, as object-safe traits return them.

use std::future::Future;
use std::pin::Pin;

/// A boxed future that can move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// `Box::pin`, but the future is put together where it stays. `Box::pin` does so on the stack and copies all of it, also
/// the room for what it will hold later.
macro_rules! boxed {
    ($future:expr) => {{
        let room = Box::new_uninit();
        let future = Box::into_pin(Box::write(room, $future));
        future
    }};
}
pub(crate) use boxed;
