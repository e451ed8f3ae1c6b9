//! Which context parts a step may write, as masks that the compiler compares.

use crate::const_text::{Text, fail};
use crate::context::{ALL, Contains, Context, REST};
use std::marker::PhantomData;

/// The parts of `C` that a step may write. Implemented by `#[step]` and `pipeline!`.
pub trait WritesIn<C> {
    /// Bits of the parts of `C`, those that its tools may write included.
    #[doc(hidden)]
    const MASK: u64 = 0;
    /// Bits of the parts that its own attempts write.
    #[doc(hidden)]
    const OWN: u64 = Self::MASK;
}

/// Bits in terms of the caller's context, from bits in terms of the callee's: `bit` is where the callee's
/// context sits in the caller's, `None` when it is the same one.
pub const fn project(bit: Option<u32>, own: u64) -> u64 {
    match bit {
        None => own,
        Some(_) if own == 0 => 0,
        Some(bit) => 1 << bit,
    }
}

/// The mask of a step that asks to write several parts.
pub const fn mask(bits: &[Option<u32>]) -> u64 {
    let mut mask = 0;
    let mut i = 0;
    while i < bits.len() {
        mask |= project(*at(bits, i), ALL);
        i += 1;
    }
    mask
}

/// `Within::<A, P>::IS` says whether `A` is a context that holds a `P`; where it is not, it is that of
/// [`NotWithin`].
#[derive(Debug)]
pub struct Within<A, P>(PhantomData<(A, P)>);

impl<A: Contains<P>, P> Within<A, P> {
    /// True: the part lies within.
    pub const IS: bool = true;
}

/// The fallback of [`Within`].
pub trait NotWithin {
    /// False: the part does not lie within.
    const IS: bool = false;
}
impl<T> NotWithin for T {}

/// A context and a part of it cannot be handed out side by side: each would be a copy, and the one written
/// back last would undo the other.
#[track_caller]
pub const fn assert_apart(step: &str, whole: &str, part: &str, within: bool) {
    if within {
        let text = Text::new()
            .push("step `")
            .push(step)
            .push("` asks for `")
            .push(whole)
            .push("` and for its part `")
            .push(part)
            .push("`: the whole is enough");
        fail(text, " [part_within_its_context]");
    }
}

/// `Probe::<C, S>::MASK` is the inherent constant when `S` fits `C`, else that of [`NoFit`]: a missing
/// part is reported by the call, and must not be reported again by the evaluation of constants.
#[derive(Debug)]
pub struct Probe<C, S>(PhantomData<(C, S)>);

/// The parts of `C` that the fallback and redirect of a step's attribute may write. Steps without one have none.
pub trait FallbackWrites<C> {
    /// Their names, with the bits of the parts of `C`.
    const LIST: &'static [(&'static str, u64)];
}

impl<C, S: FallbackWrites<C>> Probe<C, S> {
    /// The fallback and redirect of a callee that fits, with their masks.
    pub const FALLBACKS: &'static [(&'static str, u64)] = S::LIST;
}

impl<C, S: WritesIn<C>> Probe<C, S> {
    /// The mask of a callee that fits.
    pub const MASK: u64 = S::MASK;
}

/// The fallback of [`Probe`].
pub trait NoFit {
    /// Nothing.
    const MASK: u64 = 0;
    /// Nothing.
    const FALLBACKS: &'static [(&'static str, u64)] = &[];
}
impl<T> NoFit for T {}

/// A node with what its step may write, and with what may write in place of the step: the fallback and redirect of its
/// attribute, with their names.
type Writer<'a> = (&'a str, u64, &'a [(&'a str, u64)]);

/// The bits of everything that a node may write.
pub const fn all_of(own: u64, stand_ins: &[(&str, u64)]) -> u64 {
    let (mut mask, mut i) = (own, 0);
    while i < stand_ins.len() {
        mask |= at(stand_ins, i).1;
        i += 1;
    }
    mask
}

/// Adds the name of what writes at a node: `triage`, or `triage!guess` where its fallback does.
const fn push_writer(text: Text, (node, own, stand_ins): Writer<'_>, bit: u32) -> Text {
    let text = text.push(node);
    let mut i = 0;
    while i < stand_ins.len() && own & (1 << bit) == 0 {
        let (name, mask) = *at(stand_ins, i);
        if mask & (1 << bit) != 0 {
            return text.push("!").push(name);
        }
        i += 1;
    }
    text
}

/// No two arms may write one part that has no merge rule. Each arm lists its nodes with what they write,
/// so that the message can name the step.
#[track_caller]
pub const fn assert_disjoint<C: Context>(arms: &[&[Writer<'_>]]) {
    let mut i = 0;
    while i < arms.len() {
        let mut j = i + 1;
        while j < arms.len() {
            compare::<C>(at::<&[_]>(arms, i), at::<&[_]>(arms, j));
            j += 1;
        }
        i += 1;
    }
}

#[track_caller]
const fn compare<C: Context>(left: &[Writer<'_>], right: &[Writer<'_>]) {
    let mut i = 0;
    while i < left.len() {
        let mut j = 0;
        while j < right.len() {
            let (one, other) = (*at(left, i), *at(right, j));
            let both = all_of(one.1, one.2) & all_of(other.1, other.2);
            let both = both & existing::<C>() & !mergeable::<C>();
            if both != 0 {
                conflict::<C>(one, other, both.trailing_zeros());
            }
            j += 1;
        }
        i += 1;
    }
}

/// The items of a `map` run the same body concurrently.
#[track_caller]
pub const fn assert_mergeable<C: Context>(nodes: &[Writer<'_>]) {
    let mut i = 0;
    while i < nodes.len() {
        let node = *at(nodes, i);
        let bad = all_of(node.1, node.2) & existing::<C>() & !mergeable::<C>();
        if bad != 0 {
            let bit = bad.trailing_zeros();
            let text = Text::new().push("every item of this `map` writes ");
            let text = if bit == REST {
                push_writer(text.push("the fields of the context that are no part (in `"), node, bit)
                    .push("`): make what it writes a part with a merge rule, `#[context(part, merge = ..)]`")
            } else {
                let text = text.push("context part `").push(part_name::<C>(bit)).push("` (in `");
                push_writer(text, node, bit)
                    .push("`), which has no merge rule: add `#[context(part, merge = ..)]`")
            };
            let text = text.push(", or return the value instead");
            fail(text, " [map_conflict]");
        }
        i += 1;
    }
}

/// A pipeline that takes its context as `#[ctx]` calls nothing that writes it.
#[track_caller]
pub const fn assert_reads(node: Writer<'_>) {
    let mask = all_of(node.1, node.2);
    if mask != 0 {
        let text = push_writer(Text::new().push("`"), node, mask.trailing_zeros())
            .push("` may write the context, which this pipeline only reads: take the context as `&mut`, without `#[ctx]`");
        fail(text, " [context_only_read]");
    }
}

#[track_caller]
const fn conflict<C: Context>(one: Writer<'_>, other: Writer<'_>, bit: u32) {
    let text = push_writer(Text::new().push("parallel branches `"), one, bit).push("` and `");
    let text = push_writer(text, other, bit);
    let text = if bit == REST {
        text.push("` both write the fields of the context that are no part: make what they write a part with a merge rule, ")
            .push("`#[context(part, merge = ..)]`, or run them one after the other")
    } else {
        text.push("` both write context part `").push(part_name::<C>(bit)).push(
            "`: give the part a merge rule, `#[context(part, merge = ..)]`, or run them one after the other",
        )
    };
    fail(text, " [join_conflict]");
}

/// Bits of those parts in `mask` that only one of several arms may write: they have no merge rule.
pub(crate) const fn exclusive<C: Context>(mask: u64) -> u64 {
    mask & existing::<C>() & !mergeable::<C>()
}

/// Bits of everything that there is in a context.
pub(crate) const fn existing<C: Context>() -> u64 {
    let parts = C::PARTS.len();
    let own = if parts >= 63 { u64::MAX >> 1 } else { (1 << parts) - 1 };
    if C::HAS_REST { own | 1 << REST } else { own }
}

const fn mergeable<C: Context>() -> u64 {
    let mut mask = 0;
    let mut i = 0;
    while i < C::PARTS.len() {
        if at(C::PARTS, i).merge.is_some() {
            mask |= 1 << i;
        }
        i += 1;
    }
    mask
}

const fn part_name<C: Context>(bit: u32) -> &'static str {
    if (bit as usize) < C::PARTS.len() { at(C::PARTS, bit as usize).name } else { "(rest)" }
}

/// `list[i]` for const code: `get` is not const.
#[allow(clippy::indexing_slicing, reason = "every caller compares the index with the length first")]
const fn at<T>(list: &[T], i: usize) -> &T {
    &list[i]
}
