//! Merge rules: how one context part is merged after several parallel branches have written it.
//!
//! A rule is `fn(base: &T, arms: &[T]) -> Result<T, (usize, String)>`: `base` is the value the branches started from,
//! `arms` are the values of the branches that wrote it, in declaration or item order. An error names the arm, by its
//! index in `arms`, and the reason. Every rule sees `base`, so that a value from before the fork counts once.
//! `#[context(part, merge = append)]` names one of these; `merge = my_module::my_rule` names a function of your own.
//!
//! ```
//! use flujo::context::rules::{MergeRule, Merged, append, sum};
//! use flujo::prelude::*;
//!
//! /// Takes the longest note.
//! fn longest(base: &String, arms: &[String]) -> Merged<String> {
//!     Ok(arms.iter().max_by_key(|note| note.len()).unwrap_or(base).clone())
//! }
//!
//! #[context]
//! struct Research {
//!     #[context(part, merge = append)]
//!     sources: Vec<String>,
//!     #[context(part, merge = sum)]
//!     pages: u32,
//!     #[context(part, merge = self::longest)]
//!     note: String,
//! }
//!
//! // A rule is a function, and can be tested as one.
//! fn merged<T>(rule: impl MergeRule<T>, base: T, arms: [T; 2]) -> Merged<T> {
//!     rule(&base, &arms)
//! }
//! # fn main() {
//! assert_eq!(merged(append, vec!["a"], [vec!["a", "b"], vec!["a", "c"]]), Ok(vec!["a", "b", "c"]));
//! assert_eq!(merged(sum, 10, [12, 11]), Ok(13));
//! assert_eq!(merged(longest, String::new(), ["one".to_owned(), "three".to_owned()]), Ok("three".to_owned()));
//! // The arm that does not fit, from 0, and the reason.
//! assert_eq!(merged(append, vec![1], [vec![1], vec![2]]).map_err(|(arm, _)| arm), Err(1));
//! # }
//! ```

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, Hash};
use std::ops::{Add, Sub};

/// The result of a merge rule.
pub type Merged<T> = Result<T, (usize, String)>;

/// A function that merges parts of the type `T`.
#[diagnostic::on_unimplemented(
    message = "this is not a merge rule for a `{T}` [merge_rule_of_another_shape]",
    label = "it is `{Self}`",
    note = "a merge rule is `fn(base: &{T}, arms: &[{T}]) -> Result<{T}, (usize, String)>`, with the arm that does not fit in its error"
)]
pub trait MergeRule<T>: Fn(&T, &[T]) -> Merged<T> {}
#[diagnostic::do_not_recommend]
impl<T, F: Fn(&T, &[T]) -> Merged<T>> MergeRule<T> for F {}

/// Keeps `base` and adds the elements that every arm appended to it.
///
/// # Errors
/// An arm removed or changed an element of `base`.
pub fn append<T: Append>(base: &T, arms: &[T]) -> Merged<T> {
    T::append(base, arms)
}

/// Lists that [`append`] can lengthen.
///
/// ```
/// use flujo::context::rules::{Append, Merged, append};
///
/// /// A list of your own.
/// #[derive(Debug, PartialEq)]
/// struct Sources(Vec<String>);
///
/// impl Append for Sources {
///     fn append(base: &Self, arms: &[Self]) -> Merged<Self> {
///         let arms: Vec<_> = arms.iter().map(|arm| arm.0.clone()).collect();
///         append(&base.0, &arms).map(Sources)
///     }
/// }
/// # let of = |text: &str| Sources(text.split(' ').map(str::to_owned).collect());
/// assert_eq!(append(&of("a"), &[of("a b"), of("a c")]), Ok(of("a b c")));
/// ```
#[diagnostic::on_unimplemented(
    message = "`append` cannot merge a `{Self}` [merge_rule_does_not_fit]",
    label = "not a rule for `{Self}`",
    note = "`append` is for a `Vec` of values that derive `Clone` and `PartialEq`"
)]
pub trait Append: Sized {
    /// Merges by the rule [`append`].
    ///
    /// # Errors
    /// See [`append`].
    fn append(base: &Self, arms: &[Self]) -> Merged<Self>;
}

#[diagnostic::do_not_recommend]
impl<T: Clone + PartialEq> Append for Vec<T> {
    fn append(base: &Self, arms: &[Self]) -> Merged<Self> {
        let mut out = base.clone();
        for (i, arm) in arms.iter().enumerate() {
            let Some(added) = arm.strip_prefix(base.as_slice()) else {
                return Err((i, "`append` needs what was there before to stay as it was".to_owned()));
            };
            out.extend_from_slice(added);
        }
        Ok(out)
    }
}

/// Numbers that `sum` can add without overflow.
///
/// ```
/// use flujo::context::rules::{Checked, sum};
///
/// #[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
/// struct Cents(u32);
///
/// impl Checked for Cents {
///     fn plus(self, other: Self) -> Option<Self> {
///         self.0.checked_add(other.0).map(Cents)
///     }
///     fn minus(self, other: Self) -> Option<Self> {
///         self.0.checked_sub(other.0).map(Cents)
///     }
/// }
/// assert_eq!(sum(&Cents(5), &[Cents(7), Cents(6)]), Ok(Cents(8)));
/// ```
#[diagnostic::on_unimplemented(
    message = "`sum` cannot merge a `{Self}` [merge_rule_does_not_fit]",
    label = "not a rule for `{Self}`",
    note = "`sum` is for integers and floats; for another type, implement `flujo::context::rules::Checked`"
)]
pub trait Checked: Copy + PartialOrd {
    /// Returns `self + other`, `None` when it does not fit.
    fn plus(self, other: Self) -> Option<Self>;
    /// Returns `self - other`, `None` when it does not fit.
    fn minus(self, other: Self) -> Option<Self>;
}
macro_rules! checked {
    ($($t:ty)*) => { $(#[diagnostic::do_not_recommend]
    impl Checked for $t {
        fn plus(self, other: Self) -> Option<Self> { self.checked_add(other) }
        fn minus(self, other: Self) -> Option<Self> { self.checked_sub(other) }
    })* };
}
checked!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);
macro_rules! checked_float {
    ($($t:ty)*) => { $(#[diagnostic::do_not_recommend]
    impl Checked for $t {
        fn plus(self, other: Self) -> Option<Self> { Some(self.add(other)).filter(|x| x.is_finite()) }
        fn minus(self, other: Self) -> Option<Self> { Some(self.sub(other)).filter(|x| x.is_finite()) }
    })* };
}
checked_float!(f32 f64);

/// Adds to `base` the difference that every arm made. Only the total must fit: an arm may go below `base`.
///
/// # Errors
/// The result does not fit the type.
pub fn sum<T: Checked>(base: &T, arms: &[T]) -> Merged<T> {
    let mut total = *base;
    for (i, arm) in arms.iter().enumerate() {
        // Unsigned numbers cannot hold a negative difference, so the smaller side is subtracted.
        let next = if arm >= base {
            arm.minus(*base).and_then(|d| total.plus(d))
        } else {
            base.minus(*arm).and_then(|d| total.minus(d))
        };
        total = next.ok_or_else(|| (i, "the sum does not fit the type".to_owned()))?;
    }
    Ok(total)
}

/// Returns the smallest of `base` and all arms.
///
/// # Errors
/// Two values cannot be compared.
pub fn min<T: Ordered>(base: &T, arms: &[T]) -> Merged<T> {
    pick(base, arms, Ordering::Less)
}

/// Returns the largest of `base` and all arms.
///
/// # Errors
/// Two values cannot be compared.
pub fn max<T: Ordered>(base: &T, arms: &[T]) -> Merged<T> {
    pick(base, arms, Ordering::Greater)
}

/// Values that [`min`] and [`max`] can compare.
///
/// ```
/// use flujo::context::rules::{Ordered, max};
///
/// fn best<T: Ordered>(of: &[T]) -> Option<T> {
///     max(of.first()?, of).ok()
/// }
/// assert_eq!(best(&[0.4, 0.9, 0.7]), Some(0.9));
/// assert_eq!(best(&[0.4, f64::NAN]), None);
/// ```
#[diagnostic::on_unimplemented(
    message = "`min` and `max` cannot merge a `{Self}` [merge_rule_does_not_fit]",
    label = "not a rule for `{Self}`",
    note = "add `#[derive(Clone, PartialEq, PartialOrd)]` to `{Self}`"
)]
pub trait Ordered: Clone + PartialOrd {}
#[diagnostic::do_not_recommend]
impl<T: Clone + PartialOrd> Ordered for T {}

fn pick<T: Ordered>(base: &T, arms: &[T], wanted: Ordering) -> Merged<T> {
    let mut best = base;
    for (i, arm) in arms.iter().enumerate() {
        match arm.partial_cmp(best) {
            None => return Err((i, "the values cannot be compared".to_owned())),
            Some(found) if found == wanted => best = arm,
            Some(_) => {}
        }
    }
    Ok(best.clone())
}

/// Returns the value of the last arm that wrote the part.
///
/// # Errors
/// None.
pub fn last<T: Clone>(base: &T, arms: &[T]) -> Merged<T> {
    Ok(arms.last().unwrap_or(base).clone())
}

/// Returns all elements of `base` and of the arms; for maps, a key that two arms changed differently is a conflict.
///
/// # Errors
/// Two arms changed one key to different values, or an arm removed an element of `base`.
pub fn union<T: Union>(base: &T, arms: &[T]) -> Merged<T> {
    T::union(base, arms)
}

/// Collections that [`union`] can merge.
///
/// ```
/// use flujo::context::rules::{Merged, Union, union};
/// use std::collections::BTreeMap;
///
/// /// A map of your own.
/// #[derive(Debug, PartialEq)]
/// struct Notes(BTreeMap<&'static str, u32>);
///
/// impl Union for Notes {
///     fn union(base: &Self, arms: &[Self]) -> Merged<Self> {
///         let arms: Vec<_> = arms.iter().map(|arm| arm.0.clone()).collect();
///         BTreeMap::union(&base.0, &arms).map(Notes)
///     }
/// }
/// # let of = |notes: &[(&'static str, u32)]| Notes(notes.iter().copied().collect());
/// let merged = union(&of(&[]), &[of(&[("a", 1)]), of(&[("b", 2)])]);
/// assert_eq!(merged, Ok(of(&[("a", 1), ("b", 2)])));
/// assert!(union(&of(&[]), &[of(&[("a", 1)]), of(&[("a", 2)])]).is_err());
/// ```
#[diagnostic::on_unimplemented(
    message = "`union` cannot merge a `{Self}` [merge_rule_does_not_fit]",
    label = "not a rule for `{Self}`",
    note = "`union` is for sets, and for maps whose values derive `Clone` and `PartialEq`"
)]
pub trait Union: Sized {
    /// Merges by the rule [`union`].
    ///
    /// # Errors
    /// See [`union`].
    fn union(base: &Self, arms: &[Self]) -> Merged<Self>;
}

const REMOVED: &str = "`union` needs what was there before to stay";

#[diagnostic::do_not_recommend]
impl<T: Clone + Ord> Union for BTreeSet<T> {
    fn union(base: &Self, arms: &[Self]) -> Merged<Self> {
        let mut out = base.clone();
        for (i, arm) in arms.iter().enumerate() {
            if !base.is_subset(arm) {
                return Err((i, REMOVED.to_owned()));
            }
            out.extend(arm.iter().cloned());
        }
        Ok(out)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Clone + Eq + Hash, S: BuildHasher + Clone> Union for HashSet<T, S> {
    fn union(base: &Self, arms: &[Self]) -> Merged<Self> {
        let mut out = base.clone();
        for (i, arm) in arms.iter().enumerate() {
            if !base.is_subset(arm) {
                return Err((i, REMOVED.to_owned()));
            }
            out.extend(arm.iter().cloned());
        }
        Ok(out)
    }
}

macro_rules! union_map {
    ($([$($bound:tt)+] $map:ty;)+) => { $(
        #[diagnostic::do_not_recommend]
        impl<$($bound)+> Union for $map {
            fn union(base: &Self, arms: &[Self]) -> Merged<Self> {
                let mut out = base.clone();
                for (i, arm) in arms.iter().enumerate() {
                    if base.keys().any(|k| !arm.contains_key(k)) {
                        return Err((i, REMOVED.to_owned()));
                    }
                    for (k, v) in arm {
                        if base.get(k) == Some(v) {
                            continue;
                        }
                        if out.get(k).is_some_and(|seen| seen != v && base.get(k) != Some(seen)) {
                            return Err((i, "two branches changed one key to different values".to_owned()));
                        }
                        out.insert(k.clone(), v.clone());
                    }
                }
                Ok(out)
            }
        }
    )+ };
}
union_map! {
    [K: Clone + Ord, V: Clone + PartialEq] BTreeMap<K, V>;
    [K: Clone + Eq + Hash, V: Clone + PartialEq, S: BuildHasher + Clone] HashMap<K, V, S>;
}
