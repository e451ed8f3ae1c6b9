//! The place of an output without its type.

use super::any_step::missing;
use crate::codec::{CodecError, Json};
use crate::durable::Recorded;
use std::any::Any;

/// Where a step leaves its output: compiled once for each type of output, however many steps have it.
pub(crate) trait AnySlot: Send {
    /// The output, if there is one.
    fn value(&mut self) -> Option<&mut (dyn Any + Send + Sync)>;
    /// Removes the output.
    fn clear(&mut self);
    /// The record of the output.
    fn record(&self) -> Result<Json, CodecError>;
    /// Takes the output from a record.
    fn recall(&mut self, json: &Json) -> Result<(), CodecError>;
    /// Takes the output from a stub; `false` if it is of another type.
    fn accept(&mut self, output: Box<dyn Any + Send>) -> bool;
    /// Moves the output into `to`, an `Option` of its type.
    fn give(&mut self, to: &mut dyn Any);
}

impl<T: Recorded> AnySlot for Option<T> {
    fn value(&mut self) -> Option<&mut (dyn Any + Send + Sync)> {
        match self {
            Some(output) => Some(output),
            None => None,
        }
    }

    fn clear(&mut self) {
        *self = None;
    }

    fn record(&self) -> Result<Json, CodecError> {
        match self {
            Some(output) => output.record(),
            None => Err(missing("output")),
        }
    }

    fn recall(&mut self, json: &Json) -> Result<(), CodecError> {
        *self = Some(T::recall(json)?);
        Ok(())
    }

    fn accept(&mut self, output: Box<dyn Any + Send>) -> bool {
        match output.downcast() {
            Ok(output) => {
                *self = Some(*output);
                true
            }
            Err(_) => false,
        }
    }

    fn give(&mut self, to: &mut dyn Any) {
        if let Some(to) = to.downcast_mut() {
            *to = self.take();
        }
    }
}
