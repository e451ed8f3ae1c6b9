//! A context without its type: what the executor records of it and puts back.

use crate::codec::{CodecError, Json};
use crate::context::{Context, Part, REST};
use crate::error::Signal;
use crate::path::Path;

/// A [`Context`] behind a pointer.
pub(crate) trait AnyContext: Send + Sync {
    /// See [`Context::PARTS`].
    fn parts(&self) -> &'static [Part];
    /// See [`Context::HAS_REST`].
    fn has_rest(&self) -> bool;
    /// See [`Context::save`].
    fn save_part(&self, bit: u32) -> Result<Json, CodecError>;
    /// See [`Context::restore`].
    fn restore_part(&mut self, bit: u32, json: &Json) -> Result<(), CodecError>;
}

impl<C: Context> AnyContext for C {
    fn parts(&self) -> &'static [Part] {
        C::PARTS
    }
    fn has_rest(&self) -> bool {
        C::HAS_REST
    }
    fn save_part(&self, bit: u32) -> Result<Json, CodecError> {
        self.save(bit)
    }
    fn restore_part(&mut self, bit: u32, json: &Json) -> Result<(), CodecError> {
        self.restore(bit, json)
    }
}

impl dyn AnyContext + '_ {
    /// The name of a part by its bit, `"(rest)"` for the fields that are no part.
    pub(super) fn part_name(&self, bit: u32) -> &'static str {
        usize::try_from(bit).ok().and_then(|i| self.parts().get(i)).map_or("(rest)", |p| p.name)
    }

    /// The bit of a part by its name.
    fn part_bit(&self, name: &str) -> Option<u32> {
        if name == "(rest)" {
            return self.has_rest().then_some(REST);
        }
        self.parts().iter().position(|p| p.name == name).and_then(|i| u32::try_from(i).ok())
    }

    /// The bits of `mask` that stand for something in this context.
    pub(super) fn bits(&self, mask: u64) -> impl Iterator<Item = u32> + use<> {
        let parts = u32::try_from(self.parts().len()).unwrap_or(REST);
        let rest = self.has_rest().then_some(REST);
        (0..parts).chain(rest).filter(move |bit| mask >> bit & 1 == 1)
    }

    /// The parts of `mask`, encoded, by name.
    pub(super) fn save_named(&self, mask: u64) -> Result<Vec<(String, Json)>, CodecError> {
        self.bits(mask).map(|bit| Ok((self.part_name(bit).to_owned(), self.save_part(bit)?))).collect()
    }

    /// The parts of `mask`, encoded, by bit.
    pub(super) fn save_bits(&self, mask: u64) -> Result<Vec<(u32, Json)>, CodecError> {
        self.bits(mask).map(|bit| Ok((bit, self.save_part(bit)?))).collect()
    }

    /// Puts back what [`save_bits`](Self::save_bits) gave.
    pub(super) fn restore_bits(&mut self, parts: &[(u32, Json)]) -> Result<(), CodecError> {
        parts.iter().try_for_each(|(bit, json)| self.restore_part(*bit, json))
    }

    /// Puts recorded parts in place; a part that is gone or changed its type is a mismatch. Gives their bits.
    pub(super) fn restore_named(&mut self, path: &Path, parts: &[(String, Json)]) -> Result<u64, Signal> {
        let mut mask = 0;
        for (name, json) in parts {
            let Some(bit) = self.part_bit(name) else {
                return Err(Signal::mismatch(path.clone(), format_args!("context part `{name}` is gone")));
            };
            self.restore_part(bit, json).map_err(|e| {
                let what = format!("context part `{name}` does not decode any more: {e}");
                Signal::mismatch(path.clone(), what)
            })?;
            mask |= 1 << bit;
        }
        Ok(mask)
    }
}
