//! A context without its type: what the executor records of it and puts back.

use crate::codec::list::{count, extended};
use crate::codec::{CodecError, Json};
use crate::context::{ALL, Context, List, Part, REST};
use crate::engine::PartChange;
use crate::error::Signal;
use crate::path::Path;
use std::any::Any;
use std::fmt;

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
    /// See [`Context::list`].
    fn list_part(&mut self, bit: u32) -> Option<&mut dyn List>;
    /// The context itself.
    fn any(&mut self) -> &mut (dyn Any + Send + Sync);
}

/// A recorded change does not fit the part.
#[derive(Debug)]
pub(super) enum Misfit {
    /// It does not decode into the part's type.
    Codec(CodecError),
    /// It was appended to a list of another length.
    Length { from: usize, now: Option<usize> },
}

impl From<CodecError> for Misfit {
    fn from(error: CodecError) -> Self {
        Self::Codec(error)
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Codec(error) => write!(f, "no longer decodes: {error}"),
            Self::Length { from, now: Some(now) } => {
                write!(f, "has length {now}, but the record appends to length {from}")
            }
            Self::Length { from, now: None } => {
                write!(f, "is no list, but the record appends to length {from}")
            }
        }
    }
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
    fn list_part(&mut self, bit: u32) -> Option<&mut dyn List> {
        self.list(bit)
    }
    fn any(&mut self) -> &mut (dyn Any + Send + Sync) {
        self
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

    /// The parts of `mask`, encoded, by bit; an error names the part.
    pub(super) fn save_bits(&self, mask: u64) -> Result<Vec<(u32, Json)>, CodecError> {
        let named = |bit, error| in_part(self.part_name(bit), &error);
        self.bits(mask).map(|bit| Ok((bit, self.save_part(bit).map_err(|e| named(bit, e))?))).collect()
    }

    /// The parts whose encoding is a list, encoded, by bit: those that can be.
    pub(super) fn lists(&self) -> Vec<(u32, Json)> {
        let saved = self.bits(ALL).filter_map(|bit| Some((bit, self.save_part(bit).ok()?)));
        saved.filter(|(_, json)| json.as_str().starts_with('[')).collect()
    }

    /// Puts back what [`save_bits`](Self::save_bits) gave.
    pub(super) fn restore_bits(&mut self, parts: &[(u32, Json)]) -> Result<(), CodecError> {
        parts.iter().try_for_each(|(bit, json)| self.restore_part(*bit, json))
    }

    /// Changes a part as it is recorded.
    ///
    /// The one way in which a part changes, in the attempt that is recorded and in every replay: both start with the
    /// same value, and so they come to the same one.
    pub(super) fn change_part(&mut self, bit: u32, change: &PartChange) -> Result<(), Misfit> {
        let (from, items) = match change {
            PartChange::Whole(json) => return Ok(self.restore_part(bit, json)?),
            PartChange::Appended { from, items } => (*from, items),
        };
        let fits = |now: Option<usize>| {
            if now == Some(from) { Ok(()) } else { Err(Misfit::Length { from, now }) }
        };
        if let Some(list) = self.list_part(bit) {
            fits(Some(list.count()))?;
            return Ok(list.append(items)?);
        }
        let base = self.save_part(bit)?;
        fits(count(&base))?;
        let whole = extended(&base, items).ok_or(Misfit::Length { from, now: None })?;
        Ok(self.restore_part(bit, &whole)?)
    }

    /// Returns the number of elements of a part whose encoding is a list.
    pub(super) fn count(&mut self, bit: u32, encoded: &Json) -> Option<usize> {
        match self.list_part(bit) {
            Some(list) => Some(list.count()),
            None => count(encoded),
        }
    }

    /// Changes parts as they are recorded. A part that is gone, changed its type, or is a list of another length than
    /// the one that was appended to, is a mismatch.
    pub(super) fn replay(&mut self, path: &Path, parts: &[(String, PartChange)]) -> Result<(), Signal> {
        for (name, change) in parts {
            let bit = self.named(path, name)?;
            self.change_part(bit, change).map_err(|misfit| misfitting(path, name, &misfit))?;
        }
        Ok(())
    }

    /// Puts whole parts in place, as [`replay`](Self::replay) does.
    pub(super) fn restore_whole(&mut self, path: &Path, parts: &[(String, Json)]) -> Result<(), Signal> {
        for (name, json) in parts {
            let bit = self.named(path, name)?;
            self.restore_part(bit, json).map_err(|e| misfitting(path, name, &Misfit::Codec(e)))?;
        }
        Ok(())
    }

    fn named(&self, path: &Path, name: &str) -> Result<u32, Signal> {
        let gone = || Signal::mismatch(path.clone(), format_args!("context part `{name}` is gone"));
        self.part_bit(name).ok_or_else(gone)
    }
}

#[cold]
fn misfitting(path: &Path, name: &str, misfit: &Misfit) -> Signal {
    Signal::mismatch(path.clone(), format_args!("context part `{name}` {misfit}"))
}

/// Names the part that something is wrong with.
#[cold]
pub(super) fn in_part(part: &str, error: &dyn fmt::Display) -> CodecError {
    CodecError::new(format_args!("context part `{part}`: {error}"))
}
