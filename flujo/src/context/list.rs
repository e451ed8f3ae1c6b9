use crate::codec::{CodecError, Json};
use crate::durable::Durable;

/// A context part that is a list: appended elements are restored from a record without decoding the others.
///
/// A part of any other type is encoded and decoded as a whole.
#[doc(hidden)]
pub trait List {
    /// Returns the number of elements.
    fn count(&self) -> usize;
    /// Appends recorded elements.
    ///
    /// # Errors
    /// The elements do not decode into the list's type. Nothing was appended.
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
