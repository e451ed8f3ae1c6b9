use std::any::Any;
use std::fmt;

/// A rate-limit slot that a call holds while it is in flight. Dropping it frees the slot.
pub struct Permit {
    _held: Option<Box<dyn Any + Send>>,
}

impl Permit {
    /// Returns a permit that holds no slot.
    ///
    /// ```
    /// use flujo::model::Permit;
    /// let permit = Permit::none();
    /// drop(permit);
    /// ```
    pub const fn none() -> Self {
        Self { _held: None }
    }

    /// Returns a permit that holds `place`, and drops it when the call ends.
    pub fn holding(place: impl Any + Send) -> Self {
        Self { _held: Some(Box::new(place)) }
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").finish_non_exhaustive()
    }
}
