use crate::codec::{CodecError, Json};
use crate::durable::Durable;

/// A context part that is a list: what a record says was appended is appended, and what is there stays as it is.
///
/// Of any other part, all of it is encoded and decoded again.
#[doc(hidden)]
pub trait List {
    /// Returns the number of elements.
    fn count(&self) -> usize;
    /// Appends recorded elements.
    ///
    /// # Errors
    /// They do not decode into the type of the elements. Nothing was appended.
    fn append(&mut self, items: &Json) -> Result<(), CodecError>;
}

impl<T: Durable> List for Vec<T> {
    fn count(&self) -> usize {
        self.len()
    }
    fn append(&mut self, items: &Json) -> Result<(), CodecError> {
        match items.decode::<Self>() {
            Ok(mut items) => {
                Self::append(self, &mut items);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}
