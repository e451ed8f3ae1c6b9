use std::any::Any;
use std::fmt;

/// What a call holds while it is under way: its place among those that may be. Dropped, the place is free.
pub struct Permit {
    _held: Option<Box<dyn Any + Send>>,
}

impl Permit {
    /// Of a call that waits for nothing.
    pub const fn none() -> Self {
        Self { _held: None }
    }

    /// Holds whatever keeps the place.
    pub fn holding(place: impl Any + Send) -> Self {
        Self { _held: Some(Box::new(place)) }
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").finish_non_exhaustive()
    }
}
