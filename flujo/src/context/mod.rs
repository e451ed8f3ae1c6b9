//! State that lives as long as one run: contexts, their parts, and how parallel branches merge.

mod contains;
#[doc(hidden)]
pub mod field;
mod list;
pub mod rules;
mod scratch;

pub use contains::Contains;
pub use field::Field;
pub use list::List;
pub use scratch::Scratch;

use crate::codec::{CodecError, Json};
use crate::durable::Durable;

/// One declared part of a context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The field's name.
    pub name: &'static str,
    /// The name of the merge rule, `None` where parallel branches may not both write it.
    pub merge: Option<&'static str>,
}

/// A merge rule could not be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergeConflict {
    /// The part's name.
    pub part: &'static str,
    /// The first arm or item that does not fit, from 0.
    pub arm: usize,
    /// The reason, in words.
    pub message: String,
}

/// The result of one parallel branch: its copy of the context and the parts that it wrote.
#[derive(Clone, Debug)]
pub struct ArmState<C> {
    /// The branch's copy.
    pub context: C,
    /// The bits of the parts that the branch wrote, changed or not; [`REST`] for the fields that are no part.
    pub written: u64,
}

/// The bit of the fields that are no part: together they count as one part without a merge rule.
pub const REST: u32 = 63;
/// The bits of all parts and of the rest.
pub const ALL: u64 = u64::MAX;

/// The state of a run; implemented by `#[context]`.
///
/// ```
/// use flujo::context::{self, ArmState, Context, MergeConflict, Part};
/// use flujo::prelude::*;
///
/// #[context]
/// #[derive(Debug, PartialEq)]
/// struct Research {
///     #[context(part, merge = append)]
///     sources: Vec<String>,
///     note: String,
/// }
///
/// // What the attribute has made of it: parts in their order, and the fields that are no part.
/// assert_eq!(Research::PARTS, [Part { name: "sources", merge: Some("append") }]);
/// assert!(Research::HAS_REST);
/// assert_eq!(context::part_bit::<Research>("sources"), Some(0));
/// assert_eq!(context::part_name::<Research>(context::REST), "(rest)");
/// assert_eq!(context::bits::<Research>(context::ALL).collect::<Vec<_>>(), [0, context::REST]);
///
/// // Two branches that both wrote part 0.
/// # let of = |source: &str| Research { sources: vec![source.to_owned()], note: String::new() };
/// let mut research = Research { sources: vec![], note: String::new() };
/// let arm = |source| ArmState { context: of(source), written: 1 };
/// research.merge(&[arm("the web"), arm("papers")])?;
/// assert_eq!(research.sources, ["the web", "papers"]);
///
/// let mut restored = of("nothing");
/// restored.restore(0, &research.save(0).unwrap()).unwrap();
/// assert_eq!(restored, research);
/// # Ok::<(), MergeConflict>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a context [not_a_context]",
    label = "this type is used as a context",
    note = "add `#[flujo::context]` to `{Self}`"
)]
pub trait Context: Durable {
    /// The parts in declaration order, at most 63.
    const PARTS: &'static [Part];
    /// True if there are fields that are no part.
    const HAS_REST: bool;
    /// `Self`. `pipeline!` names its context as `<C as Context>::Itself`: if the type is no context, this projection
    /// does not resolve, so rustc reports that once and no errors that would follow from it.
    #[doc(hidden)]
    type Itself: Context;

    /// Merges the parts that each arm wrote, in declaration order. `self` is the context that the arms started from.
    ///
    /// # Errors
    /// A rule that cannot be applied, naming the part and the arm. `self` is then unchanged.
    fn merge(&mut self, arms: &[ArmState<Self>]) -> Result<(), MergeConflict>;

    /// Encodes one part, or the rest.
    ///
    /// # Errors
    /// The part holds a value that JSON cannot hold.
    fn save(&self, part: u32) -> Result<Json, CodecError>;

    /// Replaces one part, or the rest, by a recorded value.
    ///
    /// # Errors
    /// The record does not decode into the part's type.
    fn restore(&mut self, part: u32, json: &Json) -> Result<(), CodecError>;

    /// Returns a part whose type implements [`List`], for appending.
    #[doc(hidden)]
    fn list(&mut self, part: u32) -> Option<&mut dyn List> {
        let _ = part;
        None
    }
}

impl Context for () {
    const PARTS: &'static [Part] = &[];
    const HAS_REST: bool = false;
    type Itself = Self;
    fn merge(&mut self, _: &[ArmState<Self>]) -> Result<(), MergeConflict> {
        Ok(())
    }
    fn save(&self, _: u32) -> Result<Json, CodecError> {
        Ok(Json::null())
    }
    fn restore(&mut self, _: u32, _: &Json) -> Result<(), CodecError> {
        Ok(())
    }
}

/// Returns the name of a part by its bit, `"(rest)"` for the fields that are no part.
pub fn part_name<C: Context>(bit: u32) -> &'static str {
    usize::try_from(bit).ok().and_then(|i| C::PARTS.get(i)).map_or("(rest)", |p| p.name)
}

/// Returns the bit of a part by its name.
pub fn part_bit<C: Context>(name: &str) -> Option<u32> {
    if name == "(rest)" {
        return C::HAS_REST.then_some(REST);
    }
    C::PARTS.iter().position(|p| p.name == name).and_then(|i| u32::try_from(i).ok())
}

/// Iterates over the bits in `mask` that belong to a part of `C`, or to its rest.
pub fn bits<C: Context>(mask: u64) -> impl Iterator<Item = u32> {
    let parts = u32::try_from(C::PARTS.len()).unwrap_or(REST);
    (0..parts).chain(C::HAS_REST.then_some(REST)).filter(move |bit| mask >> bit & 1 == 1)
}
