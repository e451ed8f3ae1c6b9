//! Outputs of older versions of a step.

use crate::codec::{CodecError, Json};
use crate::engine::unmigrated;
use serde::de::DeserializeOwned;

/// The output of an older version of a step, as `migrate` takes it: it only has to be read.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from a record [older_output_not_readable]",
    label = "this function takes the output of an older version",
    note = "add `#[derive(serde::Deserialize)]` to `{Self}`"
)]
pub trait Older: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// The recorded output does not fit.
    fn older(json: &Json) -> Result<Self, CodecError>;
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> Older for T {
    fn older(json: &Json) -> Result<Self, CodecError> {
        json.decode()
    }
}

/// The error of a version that no function takes.
pub fn untaken(was: u32, now: u32) -> CodecError {
    CodecError::new(unmigrated(was, now))
}
